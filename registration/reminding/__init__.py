"""Reminders before a person’s sessions, and the digest of their day."""
