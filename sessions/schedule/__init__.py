"""The draft schedule and its editor."""
