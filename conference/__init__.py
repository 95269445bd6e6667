"""The event, the team that runs it, and the ground every part of Meridian stands on."""

import os

os.environ.setdefault("PICCOLO_CONF", "conference.piccolo_conf")

__version__ = "0.1.0"
