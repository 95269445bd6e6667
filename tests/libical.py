"""libical, the reader inside GNOME's, KDE's and many phones' calendars, asked through ctypes.

``python -m tests.libical`` says whether it is there; ``.ci/libical.sh`` gets it. libical keeps what it saw of zones in
the process: our files define none.
"""

from __future__ import annotations

import ctypes
import sys
from ctypes.util import find_library
from functools import cache
from pathlib import Path
from typing import Any

UNPACKED = Path(__file__).parents[1] / ".venv" / "libical"
_NAMES = (
    "libical.so.3",
    "libical.3.dylib",
    "/opt/homebrew/lib/libical.3.dylib",
    "/usr/local/lib/libical.3.dylib",
)


class _Time(ctypes.Structure):
    """``icaltimetype`` of libical 3."""

    _fields_ = [
        *[(name, ctypes.c_int) for name in ("year", "month", "day", "hour", "minute", "second", "is_date", "is_daylight")],
        ("zone", ctypes.c_void_p),
    ]  # fmt: skip


@cache
def library() -> ctypes.CDLL:
    """libical 3. Raises OSError, saying how to get it, where it is missing."""
    if folders := sorted(UNPACKED.glob("usr/lib/*/")):
        _load_all(sorted(folders[0].glob("libicu*.so.*")))
    unpacked = [str(path) for folder in folders for path in folder.glob("libical.so.3")]
    found = find_library("ical")
    for name in (*unpacked, *_NAMES, *([found] if found else [])):
        try:
            loaded = ctypes.CDLL(name)
        except OSError:
            continue
        return _declared(loaded)
    raise OSError("libical 3 is not here; `sh .ci/libical.sh` gets it, as `make test` does")


def _load_all(paths: list[Path]) -> None:
    """Load libraries that need each other, whatever their order."""
    waiting = paths
    while waiting:
        left = []
        for path in waiting:
            try:
                ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
            except OSError:
                left.append(path)
        if len(left) == len(waiting):
            return
        waiting = left


_POINTER, _TEXT, _NUMBER = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "icalparser_parse_string": (_POINTER, [_TEXT]),
    "icalcomponent_free": (None, [_POINTER]),
    "icalrestriction_check": (_NUMBER, [_POINTER]),
    "icalcomponent_count_errors": (_NUMBER, [_POINTER]),
    "icalcomponent_string_to_kind": (_NUMBER, [_TEXT]),
    "icalcomponent_get_first_component": (_POINTER, [_POINTER, _NUMBER]),
    "icalcomponent_get_next_component": (_POINTER, [_POINTER, _NUMBER]),
    "icalcomponent_get_uid": (_TEXT, [_POINTER]),
    "icalcomponent_get_summary": (_TEXT, [_POINTER]),
    "icalcomponent_get_description": (_TEXT, [_POINTER]),
    "icalcomponent_get_location": (_TEXT, [_POINTER]),
    "icalcomponent_get_sequence": (_NUMBER, [_POINTER]),
    "icalcomponent_get_status": (_NUMBER, [_POINTER]),
    "icalcomponent_get_dtstart": (_Time, [_POINTER]),
    "icalcomponent_get_dtend": (_Time, [_POINTER]),
    "icalcomponent_as_ical_string_r": (_POINTER, [_POINTER]),
    "icalproperty_status_to_string": (_TEXT, [_NUMBER]),
    "icaltime_as_timet_with_zone": (ctypes.c_long, [_Time, _POINTER]),
    "icalmemory_free_buffer": (None, [_POINTER]),
}


def _declared(loaded: ctypes.CDLL) -> ctypes.CDLL:
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(loaded, name)
        function.restype, function.argtypes = result, arguments
    return loaded


class Calendar:
    """A file as libical reads it."""

    def __init__(self, body: bytes) -> None:
        self._library = library()
        self._whole = self._library.icalparser_parse_string(body)
        if not self._whole:
            raise ValueError("libical reads no calendar in it")

    def faults(self) -> list[str]:
        """What libical refuses of it: lines it cannot read, and what RFC 5545 and, by METHOD, RFC 5546 do not allow."""
        is_allowed = self._library.icalrestriction_check(
            self._whole
        )  # notes each fault in the calendar itself
        if is_allowed and not self._library.icalcomponent_count_errors(self._whole):
            return []
        written = self._library.icalcomponent_as_ical_string_r(self._whole)
        text = ctypes.string_at(written).decode("utf-8", "replace").replace("\r\n ", "")
        self._library.icalmemory_free_buffer(written)
        return [line for line in text.splitlines() if line.startswith("X-LIC-ERROR")] or ["not allowed"]

    def events(self) -> list[tuple[str, int, int, str, str, int, str]]:
        """UID, start and end in seconds since 1970, SUMMARY, DESCRIPTION, SEQUENCE, STATUS ("" without) of each event."""
        lib, found = self._library, []
        kind = lib.icalcomponent_string_to_kind(b"VEVENT")
        event = lib.icalcomponent_get_first_component(self._whole, kind)
        while event:
            start, end = lib.icalcomponent_get_dtstart(event), lib.icalcomponent_get_dtend(event)
            found.append(
                (
                    _text(lib.icalcomponent_get_uid(event)),
                    lib.icaltime_as_timet_with_zone(start, start.zone),
                    lib.icaltime_as_timet_with_zone(end, end.zone),
                    _text(lib.icalcomponent_get_summary(event)),
                    _text(lib.icalcomponent_get_description(event)),
                    lib.icalcomponent_get_sequence(event),
                    _text(lib.icalproperty_status_to_string(lib.icalcomponent_get_status(event))),
                )
            )
            event = lib.icalcomponent_get_next_component(self._whole, kind)
        return found

    def __del__(self) -> None:
        if getattr(self, "_whole", None):
            self._library.icalcomponent_free(self._whole)


def _text(value: bytes | None) -> str:
    return value.decode("utf-8") if value else ""


if __name__ == "__main__":
    try:
        library()
    except OSError as error:
        sys.exit(str(error))
