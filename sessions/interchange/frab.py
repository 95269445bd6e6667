"""frab/Pentabarf schedule XML, the format of conference apps: ``read`` and ``write``."""

from sessions.interchange.frab_reader import read
from sessions.interchange.frab_writer import write

__all__ = ["read", "write"]
