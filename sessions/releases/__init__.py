"""Publishing the draft, and what changed."""
