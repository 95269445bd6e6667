"""Real data shared by everyone on the project, read in place and never copied."""

from pathlib import Path

import pytest

_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def data_path(relative: str) -> Path:
    """The path of a file or folder of the shared data; skips the test where the data is not at hand."""
    path = _DATA / relative
    if not path.exists():
        pytest.skip(f"needs the project's shared data ({relative})")
    return path
