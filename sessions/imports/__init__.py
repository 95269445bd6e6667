"""Programme files becoming conferences, and conferences taking in programme files."""
