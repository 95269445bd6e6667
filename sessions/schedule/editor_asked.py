"""What an organiser asks to see in the schedule editor, as it stands in the address: a day or all, rooms, size, the list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from sessions.schedule.waiting import LENGTHS, Sort, WaitingFilter

WHOLE = "all"
"""In place of a day: every day, one under the other."""

ZOOMS = (1, 2, 3)
"""Small, usual, large."""

USUAL_ZOOM = 2

MOST_ROOMS = 400
"""Rooms that an address may name; more than these are not read."""


@dataclass(frozen=True)
class Asked:
    """What to show. ``day`` is ISO, WHOLE, or "" for the first with anything on it; ``rooms`` empty means all of them."""

    day: str = ""
    is_whole_day: bool = False
    zoom: int = USUAL_ZOOM
    rooms: frozenset[str] = frozenset()
    waiting: WaitingFilter = field(default_factory=WaitingFilter)

    @classmethod
    def from_query(cls, pairs: Iterable[tuple[str, str]]) -> Asked:
        """From an address; what makes no sense there asks for nothing."""
        every = list(pairs)
        last = dict(every)
        sort, zoom = last.get("sort", ""), last.get("zoom", "")
        length = last.get("length", "")
        return cls(
            day=last.get("day", "")[:10],
            is_whole_day=last.get("hours") == "all",
            zoom=int(zoom) if zoom in {str(size) for size in ZOOMS} else USUAL_ZOOM,
            rooms=frozenset(value for name, value in every[:MOST_ROOMS] if name == "room" and value),
            waiting=WaitingFilter(
                search=last.get("q", "")[:100],
                sort=Sort(sort) if sort in set(Sort) else Sort.TITLE,
                track=last.get("track", "")[:12],
                kind=last.get("kind", "")[:20],
                length=length if length in LENGTHS else "",
                language=last.get("language", "")[:16],
                is_unconfirmed=last.get("unconfirmed") == "yes",
            ),
        )

    @property
    def is_whole(self) -> bool:
        """Whether the whole conference is asked for."""
        return self.day == WHOLE

    def shows(self, room: str) -> bool:
        """Whether the room of this code is to be seen."""
        return not self.rooms or room in self.rooms

    def only(self, codes: Sequence[str]) -> Asked:
        """The same with only those rooms that there are; when none of them is left, all."""
        known = self.rooms & set(codes)
        return replace(self, rooms=frozenset() if len(known) == len(codes) else known)

    def pairs(self, **instead: Any) -> list[tuple[str, str]]:
        """What stands in an address for this, without what goes without saying; ``instead`` replaces fields."""
        asked = replace(self, **instead)
        wanted = asked.waiting
        found = [
            ("day", asked.day),
            ("hours", "all" if asked.is_whole_day else ""),
            ("zoom", str(asked.zoom) if asked.zoom != USUAL_ZOOM else ""),
            *(("room", room) for room in sorted(asked.rooms)),
            ("q", wanted.search),
            ("sort", wanted.sort.value if wanted.sort is not Sort.TITLE else ""),
            ("track", wanted.track),
            ("kind", wanted.kind),
            ("length", wanted.length),
            ("language", wanted.language),
            ("unconfirmed", "yes" if wanted.is_unconfirmed else ""),
        ]
        return [(name, value) for name, value in found if value]

    def query(self, **instead: Any) -> str:
        """The same as the end of an address: "?day=…", or "" when there is nothing to say."""
        pairs = self.pairs(**instead)
        return f"?{urlencode(pairs)}" if pairs else ""
