"""Attacks on the whole application: whatever is sent, it answers like a polite person and loses nothing."""
