"""Real files to test with, read in place; a test that needs one is skipped where the folder is absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_BESIDE_THE_PROJECT = Path(__file__).parents[2] / "shared" / "data"


def data_path(name: str) -> Path:
    """The path of a shared test file such as ``ics/conference/pyconuk-2016.ics``.

    They lie beside the project, or where ``MERIDIAN_TEST_DATA`` says.
    """
    folder = Path(os.environ.get("MERIDIAN_TEST_DATA") or _BESIDE_THE_PROJECT)
    path = folder / name
    if not path.exists():
        pytest.skip(f"real test data is not here: {path}")
    return path
