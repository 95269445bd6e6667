"""The people and organisations that speak."""
