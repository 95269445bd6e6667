"""A local folder as a store of files: what its own system must be asked for beside the store's interface. Blocking."""

from __future__ import annotations

import errno
import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

_TURNS = 5
_HALF = re.compile(r"[a-z0-9][a-z0-9_.-]*#[0-9]+")  # as obstore names a file that is not whole yet


def reach_the_disk(folder: Path, key: str) -> None:
    """Flush the file and every folder above it, for the store itself only renames the finished file."""
    path = folder / key
    for place in (path, *path.parents):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        if place == folder:
            return


def folders_in(folder: Path) -> list[str]:
    """The names of the folders right in this one; none where it is not there."""
    return [path.name for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


def remove_tree(folder: Path) -> None:
    """Remove the folder and all in it, also while others remove it too, or are still writing into it. Raises OSError."""
    for turn in range(_TURNS):
        try:
            shutil.rmtree(folder)
        except (
            FileNotFoundError
        ):  # somebody else was faster with a part of it: what is left is looked at again
            if not folder.exists():
                return
        except OSError as error:
            if error.errno != errno.ENOTEMPTY or turn == _TURNS - 1:
                raise
        else:
            return


def half_written(folder: Path, before: float, remove: bool) -> list[str]:
    """Files that are not whole and that nobody has written to since ``before`` (seconds of the epoch), as paths below the
    folder; removed if asked for."""
    found = []
    for place, _folders, names in os.walk(folder):
        for name in names:
            if not _HALF.fullmatch(name):
                continue
            path = Path(place, name)
            with suppress(FileNotFoundError):  # finished meanwhile
                if path.stat().st_mtime < before:
                    if remove:
                        path.unlink()
                    found.append(path.relative_to(folder).as_posix())
    return sorted(found)
