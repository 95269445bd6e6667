"""Pure: what files are called in a bag: as their people called them, in any script, and unpackable on every system."""

from __future__ import annotations

import re
import unicodedata

from conference.filenames import safe_filename

MOST_CHARACTERS = 80
"""Of one name: Windows gives a path 260 in all, and the bag lies in somebody's folder."""
MOST_BYTES = 150
MOST_OF_BAG = 60  # characters of the bag's own name


def bag_name(*words: str) -> str:
    """The words as the name of the bag's folder and of its zip, without spaces; "pack" where nothing is left."""
    joined = "-".join(word for word in words if word)
    name = re.sub(r"[\s_]+", "-", plain_name(re.sub(r"[/\\.]+", "-", joined)))
    name = re.sub(r"-{2,}", "-", name).strip("-")
    short = _shortened(name, "", MOST_OF_BAG)
    # Cut between words, unless the last one is long enough to be most of it.
    whole = short.rpartition("-")[0] if len(short) < len(name) and name[len(short)] != "-" else short
    return (whole if len(whole) > MOST_OF_BAG // 2 else short) or "pack"


def plain_name(words: str) -> str:
    """The words as a name for a file or folder; folders in it become dashes."""
    name = safe_filename(re.sub(r"[/\\]+", "-", words), fallback="")
    # What a shell or a command would take for something else at the beginning.
    return re.sub(r"^[-.~\s]+", "", name)


def numbered(number: int, of: int, name: str) -> str:
    """``name`` with its place in the order in front: a folder sorted by name shows files in the order the organisers chose."""
    return f"{number:0{max(2, len(str(of)))}d}-{name}"


class Places:
    """Gives each file a place of its own. Names count as the same when they differ in case, width or in how their accents are
    composed: some systems cannot keep such two apart."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, folder: str, name: str) -> str:
        """The path of a file that would like to be called ``name`` in ``folder`` ("" for the top)."""
        stem, ending = _parted(plain_name(name) or "file")
        number = 1
        while True:
            suffix = f"-{number}" if number > 1 else ""
            found = f"{_shortened(stem, suffix + ending, MOST_CHARACTERS)}{suffix}{ending}"
            path = f"{folder}/{found}" if folder else found
            if _key(path) not in self._taken:
                self._taken.add(_key(path))
                return path
            number += 1


def _parted(name: str) -> tuple[str, str]:
    """Stem and ending with its dot. ``recording.fr.vtt`` has the ending ``.fr.vtt``."""
    found = re.fullmatch(r"(.+?)((?:\.[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)?\.(?:vtt|srt))", name, re.I)
    if found:
        return found[1], found[2]
    stem, dot, extension = name.rpartition(".")
    return (stem, f".{extension}") if dot and stem and len(extension) <= 12 else (name, "")


def _shortened(stem: str, ending: str, most: int) -> str:
    stem = stem[: max(1, most - len(ending))]
    room = MOST_BYTES - len(ending.encode())
    # Cut bytes may leave half a letter, cut letters their marks: both go.
    stem = stem.encode()[:room].decode(errors="ignore")
    return stem.rstrip(" .-\u200c\u200d")


def _key(path: str) -> str:
    folded = unicodedata.normalize("NFKD", path).casefold()
    return unicodedata.normalize("NFKC", folded)
