"""What is said of a resource or a pack, to people and to machines: one record, and every form it is told in."""
