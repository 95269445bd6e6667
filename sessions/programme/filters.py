"""What a reader asks to see of the programme: read from an address, searched for, and written back into one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlencode

from conference.texts import clean_line
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSession, ReleasedSlot

LONGEST_SEARCH = 200  # characters

Placing = tuple[ReleasedSession, ReleasedSlot]


@dataclass(frozen=True)
class Filters:
    """What the reader asked to see; empty strings ask for nothing. All but ``words`` are codes known to the programme."""

    words: str = ""
    track: str = ""
    kind: str = ""
    room: str = ""
    spoken: str = ""

    def __bool__(self) -> bool:
        return bool(self.words or self.track or self.kind or self.room or self.spoken)

    def query(self) -> dict[str, str]:
        """The filters as the address has them."""
        pairs = {
            "q": self.words,
            "track": self.track,
            "type": self.kind,
            "room": self.room,
            "spoken": self.spoken,
        }
        return {name: value for name, value in pairs.items() if value}


def read_filters(query: Mapping[str, str], programme: ReleasedProgramme) -> Filters:
    """The filters in an address. What the programme does not know is passed over: an old link still shows something."""

    def one_of(name: str, known: Iterable[str]) -> str:
        value = query.get(name, "")
        return value if value in known else ""

    return Filters(
        words=clean_line(query.get("q", "")[: LONGEST_SEARCH * 4])[:LONGEST_SEARCH],
        track=one_of("track", programme.track_by_code),
        kind=one_of("type", {session.kind for session in programme.sessions}),
        room=one_of("room", programme.room_by_code),
        spoken=one_of("spoken", {session.language for session in programme.sessions}),
    )


def selected(programme: ReleasedProgramme, filters: Filters) -> list[Placing]:
    """The placings that fit, in order of time and room. Every word of a search must stand somewhere in the session's
    title, abstract, parts, speakers, room or track, whatever its accents and case."""
    wanted = _bare(filters.words).split()
    found = []
    for session, slot in programme.placings:
        if filters.track and session.track != filters.track:
            continue
        if filters.kind and session.kind != filters.kind:
            continue
        if filters.room and slot.room != filters.room:
            continue
        if filters.spoken and session.language != filters.spoken:
            continue
        if wanted:
            text = _bare(" ".join(_searched(programme, session, slot)))
            if not all(word in text for word in wanted):
                continue
        found.append((session, slot))
    return found


def _searched(programme: ReleasedProgramme, session: ReleasedSession, slot: ReleasedSlot) -> Iterable[str]:
    yield from session.title.values()
    yield from session.abstract.values()
    for part in session.parts:
        yield from part.values()
    for appearance in session.appearances:
        if speaker := programme.speaker_by_code.get(appearance.speaker):
            yield speaker.name
            yield speaker.organisation
    if room := programme.room_by_code.get(slot.room):
        yield from room.name.values()
    if track := programme.track_by_code.get(session.track or ""):
        yield from track.name.values()


@lru_cache(maxsize=2048)
def _bare(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark))


def address(path: str, query: Mapping[str, str], **changes: str) -> str:
    """``path`` with the query, changed; an empty value leaves its name out."""
    pairs = {name: value for name, value in {**query, **changes}.items() if value}
    return f"{path}?{urlencode(pairs)}" if pairs else path
