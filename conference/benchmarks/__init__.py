"""Measuring a running Meridian: a load generator, and servers started apart on scratch data."""
