"""The slots that wait for a place: found by words, kind, track, language and length, in the order that was asked for."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from conference.conferences import languages_of
from conference.i18n import current_language
from conference.tables import Conference
from conference.texts import pick
from sessions.schedule.draft import DraftSlot, slots_by_id
from sessions.tables import Appearance, AppearanceState, Slot, Track

MOST_WAITING = 80
"""Cards in the list of unscheduled slots; the rest is found by searching."""


class Sort(StrEnum):
    """In which order the list stands."""

    TITLE = "title"
    LENGTH = "length"  # the longest first: they are the hardest to fit in later
    TRACK = "track"
    KIND = "kind"
    CONSTRAINED = "constrained"  # the fewest minutes at which it could start come first


LENGTHS: dict[str, tuple[int, int]] = {"short": (0, 30), "hour": (31, 60), "long": (61, 24 * 60)}
"""Lengths to choose from, in minutes, both ends included."""

_UNANSWERED = frozenset({AppearanceState.PLANNED.value, AppearanceState.INVITED.value})


@dataclass(frozen=True)
class WaitingFilter:
    """What the list shall hold. "" or False asks for nothing; ``track`` is a track's code, or "none"."""

    search: str = ""
    sort: Sort = Sort.TITLE
    track: str = ""
    kind: str = ""
    length: str = ""
    language: str = ""
    is_unconfirmed: bool = False

    @property
    def narrows(self) -> bool:
        """Whether anything beside the search words is asked for."""
        return bool(self.track or self.kind or self.length or self.language or self.is_unconfirmed)


@dataclass(frozen=True)
class WaitingSlot:
    """A waiting slot as far as finding and ordering it goes. ``language`` is the spoken one, never ""."""

    id: int
    title: str
    text: str  # every title and every speaker's name, folded
    session: int
    position: int
    kind: str
    track: str
    track_place: tuple[int, int]
    language: str
    length_minutes: int
    speakers: frozenset[int]
    is_unconfirmed: bool


@dataclass(frozen=True)
class Waiting:
    """The first of the slots that were found, how many there are, how many wait in all, and what one may choose from."""

    slots: list[DraftSlot]
    count: int
    total: int
    asked: WaitingFilter
    tracks: list[tuple[str, str]] = field(default_factory=list)  # (code, name)
    kinds: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)


def matches(slot: WaitingSlot, asked: WaitingFilter) -> bool:
    """Whether the slot is one that was asked for. Every word of the search must occur somewhere."""
    least, most = LENGTHS.get(asked.length, (0, slot.length_minutes))
    return (
        least <= slot.length_minutes <= most
        and (not asked.track or (slot.track or "none") == asked.track)
        and (not asked.kind or slot.kind == asked.kind)
        and (not asked.language or slot.language == asked.language)
        and (not asked.is_unconfirmed or slot.is_unconfirmed)
        and all(word in slot.text for word in asked.search.casefold().split())
    )


def in_order(slots: Iterable[WaitingSlot], sort: Sort, room_to_start: Mapping[int, int]) -> list[WaitingSlot]:
    """The slots in the order asked for, and by title where that says nothing.

    ``room_to_start`` says for Sort.CONSTRAINED at how many minutes each slot could start.
    """
    keys: dict[Sort, Callable[[WaitingSlot], tuple[int | str, ...]]] = {
        Sort.TITLE: lambda slot: (),
        Sort.LENGTH: lambda slot: (-slot.length_minutes,),
        Sort.TRACK: lambda slot: slot.track_place,
        Sort.KIND: lambda slot: (slot.kind,),
        Sort.CONSTRAINED: lambda slot: (room_to_start.get(slot.id, 0), -len(slot.speakers)),
    }
    key = keys[sort]
    return sorted(
        slots, key=lambda slot: (*key(slot), slot.title.casefold(), slot.session, slot.position, slot.id)
    )


RoomToStart = Callable[[Collection[WaitingSlot]], Mapping[int, int]]
"""At how many minutes of the conference each slot could start, by id."""


async def waiting_of(
    conference: Conference, asked: WaitingFilter, room_to_start: RoomToStart, *, most: int = MOST_WAITING
) -> Waiting:
    """The slots off the grid that were asked for, at most ``most`` of them. Six queries at most."""
    slots = await _waiting_slots(conference)
    found = [slot for slot in slots if matches(slot, asked)]
    minutes = room_to_start(found) if asked.sort is Sort.CONSTRAINED else {}
    ordered = [slot.id for slot in in_order(found, asked.sort, minutes)]
    shown = {slot.id: slot for slot in await slots_by_id(conference, ordered[:most])}
    tracks = {slot.track_place: slot.track for slot in slots}
    names = await _track_names(conference) if tracks else {}
    return Waiting(
        [shown[slot_id] for slot_id in ordered[:most]],
        len(found),
        len(slots),
        asked,
        [(code, names.get(code, code)) for _place, code in sorted(tracks.items()) if code],
        sorted({slot.kind for slot in slots}),
        sorted({slot.language for slot in slots}),
    )


async def _waiting_slots(conference: Conference) -> list[WaitingSlot]:
    rows = await Slot.select(
        Slot.id,
        Slot.session,
        Slot.position,
        Slot.length_minutes,
        Slot.session._.title.as_alias("title"),
        Slot.session._.kind.as_alias("kind"),
        Slot.session._.language.as_alias("language"),
        Slot.session._.track._.code.as_alias("track"),
        Slot.session._.track._.position.as_alias("track_position"),
        Slot.session._.track._.id.as_alias("track_id"),
    ).where((Slot.conference == conference.id) & Slot.start.is_null())
    if not rows:
        return []
    appearances = await Appearance.select(
        Appearance.session,
        Appearance.speaker,
        Appearance.state,
        Appearance.speaker._.name.as_alias("name"),
    ).where(Appearance.session._.conference == conference.id)
    people: dict[int, list[dict[str, object]]] = defaultdict(list)
    for appearance in appearances:
        people[appearance["session"]].append(appearance)
    languages = languages_of(conference)
    found = []
    for row in rows:
        who = people[row["session"]]
        words = [*json.loads(row["title"]).values(), *(str(one["name"]) for one in who)]
        found.append(
            WaitingSlot(
                id=row["id"],
                title=pick(row["title"], current_language(), languages),
                text=" ".join(words).casefold(),
                session=row["session"],
                position=row["position"],
                kind=row["kind"],
                track=row["track"] or "",
                track_place=(row["track_position"], row["track_id"]) if row["track"] else (1 << 30, 0),
                language=row["language"] or languages[0],
                length_minutes=row["length_minutes"],
                speakers=frozenset(int(str(one["speaker"])) for one in who),
                is_unconfirmed=any(one["state"] in _UNANSWERED for one in who),
            )
        )
    return found


async def _track_names(conference: Conference) -> dict[str, str]:
    rows = await Track.select(Track.code, Track.name).where(Track.conference == conference.id)
    return {row["code"]: pick(row["name"], current_language(), languages_of(conference)) for row in rows}
