"""Places in slots of limited capacity."""
