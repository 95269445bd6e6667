"""The door of a room: how early it opens and for whom, who went in, who asks for help."""
