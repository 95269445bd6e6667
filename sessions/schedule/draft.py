"""Reads of the draft schedule, each a fixed number of queries whatever the size of the conference."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime

from piccolo.columns.combination import Where

from conference.conferences import languages_of
from conference.i18n import current_language
from conference.tables import Conference
from conference.texts import pick, pick_with_language
from sessions.schedule.conflicts import Placement
from sessions.tables import Appearance, Room, SessionState, Slot, SpeakerKind

# Named once: Piccolo follows each reference to another table anew, which costs more than the query.
_PLACED = (
    Slot.id,
    Slot.session,
    Slot.room,
    Slot.local_start,
    Slot.start,
    Slot.end,
    Slot.is_cancelled,
    Slot.session._.state.as_alias("state"),
)
_SHOWN = (
    Slot.id,
    Slot.code,
    Slot.revision,
    Slot.session,
    Slot.length_minutes,
    Slot.room,
    Slot.local_start,
    Slot.start,
    Slot.end,
    Slot.is_cancelled,
    Slot.session._.title.as_alias("title"),
    Slot.session._.kind.as_alias("kind"),
    Slot.session._.state.as_alias("state"),
    Slot.session._.track._.name.as_alias("track"),
    Slot.session._.track._.colour.as_alias("track_colour"),
)
_SPEAKING = (
    Appearance.session,
    Appearance.speaker._.id.as_alias("speaker_id"),
    Appearance.speaker._.name.as_alias("name"),
    Appearance.speaker._.zone.as_alias("zone"),
    Appearance.speaker._.kind.as_alias("kind"),
)


@dataclass(frozen=True)
class DraftRoom:
    """A room, named in the reader's language."""

    id: int
    code: str
    name: str


@dataclass(frozen=True)
class DraftSpeaker:
    """Who speaks. ``zone`` is theirs, "" when unknown; an organisation may be in two places."""

    id: int
    name: str
    zone: str = ""
    is_person: bool = True


@dataclass(frozen=True)
class DraftSlot:
    """A slot with what its card shows. ``room`` (row id), ``local_start``, ``start`` and ``end`` are None off the grid."""

    id: int
    code: str
    revision: int
    title: str
    title_language: str
    kind: str
    length_minutes: int
    room: int | None = None
    local_start: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None
    is_cancelled: bool = False
    track: str = ""
    track_colour: str = ""
    speakers: tuple[DraftSpeaker, ...] = ()
    number: int = 0  # which of its session's slots, from 1; 0 when there is only one


@dataclass(frozen=True)
class Placings:
    """Where everything on the grid stands: for clashes, and for the days. ``day_of`` is the wall-clock day by slot id."""

    placements: list[Placement]
    day_of: dict[int, date] = field(default_factory=dict)


async def rooms_of(conference: Conference) -> list[DraftRoom]:
    """The conference's rooms in their order. One query."""
    rows = (
        await Room.select(Room.id, Room.code, Room.name)
        .where(Room.conference == conference.id)
        .order_by(Room.position)
        .order_by(Room.id)
    )
    languages = languages_of(conference)
    return [
        DraftRoom(row["id"], row["code"], pick(row["name"], current_language(), languages)) for row in rows
    ]


async def placings_of(conference_id: int) -> Placings:
    """Every slot on the grid, as far as clashes go. Two queries."""
    rows = await Slot.select(*_PLACED).where((Slot.conference == conference_id) & Slot.start.is_not_null())
    appearances = await Appearance.select(Appearance.session, Appearance.speaker).where(
        (Appearance.session._.conference == conference_id)
        & (Appearance.speaker._.kind == SpeakerKind.PERSON.value)
    )
    people: dict[int, set[int]] = defaultdict(set)
    for appearance in appearances:
        people[appearance["session"]].add(appearance["speaker"])
    nobody: frozenset[int] = frozenset()
    by_session = {session: frozenset(who) for session, who in people.items()}
    placements = [
        Placement(
            row["id"],
            row["room"],
            row["start"],
            row["end"],
            by_session.get(row["session"], nobody),
            row["is_cancelled"] or row["state"] == SessionState.CANCELLED,
        )
        for row in rows
    ]
    return Placings(placements, {row["id"]: row["local_start"].date() for row in rows})


async def slots_by_id(conference: Conference, ids: Collection[int]) -> list[DraftSlot]:
    """The slots of these ids, with their speakers. Three queries, none for no ids."""
    return await _slots(conference, Slot.id.is_in(list(ids))) if ids else []


async def waiting_slots(conference: Conference, search: str, *, most: int) -> tuple[list[DraftSlot], int]:
    """Slots off the grid, by title: at most ``most`` of them, and how many there are in all.

    ``search`` is looked for in titles and in speakers' names, whatever the case. Five queries at most.
    """
    ids = await _waiting_ids(conference, search)
    return await slots_by_id(conference, ids[:most]), len(ids)


async def _waiting_ids(conference: Conference, search: str) -> list[int]:
    rows = await Slot.select(
        Slot.id, Slot.session, Slot.position, Slot.session._.title.as_alias("title")
    ).where((Slot.conference == conference.id) & Slot.start.is_null())
    languages, wanted = languages_of(conference), search.casefold().split()
    named: dict[int, list[str]] = defaultdict(list)
    if wanted:
        appearances = await Appearance.select(
            Appearance.session, Appearance.speaker._.name.as_alias("name")
        ).where(Appearance.session._.conference == conference.id)
        for appearance in appearances:
            named[appearance["session"]].append(appearance["name"])
    found = []
    for row in rows:
        title = pick(row["title"], current_language(), languages)
        text = " ".join([*json.loads(row["title"]).values(), *named[row["session"]]]).casefold()
        if all(word in text for word in wanted):
            found.append((title.casefold(), row["session"], row["position"], row["id"]))
    return [slot_id for *_order, slot_id in sorted(found)]


async def _slots(conference: Conference, which: Where) -> list[DraftSlot]:
    rows = await Slot.select(*_SHOWN).where((Slot.conference == conference.id) & which)
    sessions = list({row["session"] for row in rows})
    speakers = await _speakers(sessions)
    numbers = await _numbers(sessions)
    language, languages = current_language(), languages_of(conference)
    found = []
    for row in rows:
        title, title_language = pick_with_language(row["title"], language, languages)
        found.append(
            DraftSlot(
                id=row["id"],
                code=row["code"],
                revision=row["revision"],
                title=title,
                title_language=title_language,
                kind=row["kind"],
                length_minutes=row["length_minutes"],
                room=row["room"],
                local_start=row["local_start"],
                start=row["start"],
                end=row["end"],
                is_cancelled=row["is_cancelled"] or row["state"] == SessionState.CANCELLED,
                track=pick(row["track"], language, languages),
                track_colour=row["track_colour"] or "",
                speakers=tuple(speakers[row["session"]]),
                number=numbers.get(row["id"], 0),
            )
        )
    return sorted(found, key=lambda slot: (slot.start is None, slot.start or slot.title.casefold(), slot.id))


async def _speakers(sessions: list[int]) -> dict[int, list[DraftSpeaker]]:
    found: dict[int, list[DraftSpeaker]] = defaultdict(list)
    if not sessions:
        return found
    rows = (
        await Appearance.select(*_SPEAKING)
        .where(Appearance.session.is_in(sessions))
        .order_by(Appearance.position)
        .order_by(Appearance.id)
    )
    for row in rows:
        speaker = DraftSpeaker(row["speaker_id"], row["name"], row["zone"], row["kind"] == SpeakerKind.PERSON)
        if speaker not in found[row["session"]]:  # one person may have two roles
            found[row["session"]].append(speaker)
    return found


async def _numbers(sessions: list[int]) -> dict[int, int]:
    """Of sessions with several slots, which each slot is."""
    if not sessions:
        return {}
    rows = (
        await Slot.select(Slot.id, Slot.session)
        .where(Slot.session.is_in(sessions))
        .order_by(Slot.position)
        .order_by(Slot.id)
    )
    of_session: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        of_session[row["session"]].append(row["id"])
    return {
        slot: number
        for slots in of_session.values()
        if len(slots) > 1
        for number, slot in enumerate(slots, start=1)
    }
