"""What a reader asks to see of the programme: read from an address, searched for, and written back into one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from conference.texts import clean_line
from sessions.programme.search import holds_all, words_of
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSession, ReleasedSlot
from sessions.schedule.nights import bearable

LONGEST_SEARCH = 200  # characters
NAMES = ("q", "track", "type", "room", "spoken", "hours")
"""What filters are called in addresses."""

Placing = tuple[ReleasedSession, ReleasedSlot]


@dataclass(frozen=True)
class Filters:
    """What the reader asked to see; empty values ask for nothing. All but ``words`` are codes known to the programme.

    ``bearable`` leaves out what is before 07:00 or after 22:00 on the reader's own clock.
    """

    words: str = ""
    track: str = ""
    kind: str = ""
    room: str = ""
    spoken: str = ""
    bearable: bool = False

    def __bool__(self) -> bool:
        return any((self.words, self.track, self.kind, self.room, self.spoken, self.bearable))

    @property
    def count(self) -> int:
        """How many things beside the words are asked for."""
        return sum(map(bool, (self.track, self.kind, self.room, self.spoken, self.bearable)))

    def query(self) -> dict[str, str]:
        """The filters as the address has them."""
        hours = "bearable" if self.bearable else ""
        values = (self.words, self.track, self.kind, self.room, self.spoken, hours)
        return {name: value for name, value in zip(NAMES, values, strict=True) if value}


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
        bearable=query.get("hours", "") == "bearable",
    )


def selected(programme: ReleasedProgramme, filters: Filters, zone: str) -> list[Placing]:
    """The placings that fit, in order of time and room. ``zone`` is the reader's.

    Every word of a search must stand somewhere in the session's title, abstract, parts, speakers, room or track.
    """
    wanted = words_of(filters.words)
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
        if filters.bearable and not bearable(slot.start, slot.end, zone):
            continue
        if wanted and not holds_all(wanted, "\n".join(_searched(programme, session, slot))):
            continue
        found.append((session, slot))
    return found


def broader(programme: ReleasedProgramme, filters: Filters, zone: str) -> list[tuple[str, int]]:
    """What would be found without one of the filters, as (name in the address, number), where that is anything."""
    fields = dict(zip(NAMES, ("words", "track", "kind", "room", "spoken", "bearable"), strict=True))
    asked = filters.query()
    empty = Filters()
    found = []
    for name, field in fields.items():
        if name in asked and len(asked) > 1:
            without = replace(filters, **{field: getattr(empty, field)})
            if count := len(selected(programme, without, zone)):
                found.append((name, count))
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


def address(path: str, query: Mapping[str, str], **changes: str) -> str:
    """``path`` with the query, changed; an empty value leaves its name out."""
    pairs = {name: value for name, value in {**query, **changes}.items() if value}
    return f"{path}?{urlencode(pairs)}" if pairs else path
