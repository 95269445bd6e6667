"""A conference deleted for good: what goes with it, what stays, and who may do it."""
