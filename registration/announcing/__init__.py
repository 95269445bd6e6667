"""Telling those registered that a pack they care about is out: once, in one mail for all that came out together."""
