"""Resource packs: what a conference leaves behind."""
