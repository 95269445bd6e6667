"""Meridian's own YAML, a programme that people write by hand as the demo conference is: ``read`` and ``write``."""

from sessions.interchange.own_yaml_reader import read
from sessions.interchange.own_yaml_writer import write

__all__ = ["read", "write"]
