"""Where templates and static files lie: beside the packages in a checkout, inside ``conference`` in a wheel."""

from __future__ import annotations

from pathlib import Path


def asset_folder(name: str) -> Path:
    """The folder ``templates`` or ``static``."""
    here = Path(__file__).parent
    packaged = here / name
    return packaged if packaged.is_dir() else here.parent / name
