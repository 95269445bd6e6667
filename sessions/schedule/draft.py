"""Reads of the draft schedule, each a fixed number of queries whatever the size of the conference."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from piccolo.columns.combination import Where

from conference.conferences import languages_of
from conference.i18n import current_language
from conference.tables import Conference
from conference.texts import pick, pick_with_language
from sessions.schedule.conflicts import Placement
from sessions.tables import (
    Appearance,
    AppearanceRole,
    AppearanceState,
    Room,
    SessionKind,
    SessionState,
    Slot,
    SpeakerKind,
)

# Named once: Piccolo follows each reference to another table anew, which costs more than the query.
_PLACED = (
    Slot.id,
    Slot.code,
    Slot.session,
    Slot.room,
    Slot.local_start,
    Slot.start,
    Slot.end,
    Slot.is_cancelled,
    Slot.seats,
    Slot.session._.state.as_alias("state"),
    Slot.session._.kind.as_alias("kind"),
    Slot.session._.track.as_alias("track"),
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
    Slot.seats,
    Slot.session._.code.as_alias("session_code"),
    Slot.session._.language.as_alias("language"),
    Slot.session._.title.as_alias("title"),
    Slot.session._.kind.as_alias("kind"),
    Slot.session._.state.as_alias("state"),
    Slot.session._.track._.name.as_alias("track"),
    Slot.session._.track._.colour.as_alias("track_colour"),
)
_SPEAKING = (
    Appearance.session,
    Appearance.state,
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
    state: str = AppearanceState.PLANNED  # of their appearance in this session


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
    of: int = 0  # how many slots its session has; 0 when there is only one
    session: str = ""  # the session's code
    language: str = ""  # spoken; "" = the conference's first
    seats: int | None = None

    @property
    def coming(self) -> tuple[DraftSpeaker, ...]:
        """Its speakers but for those who have declined."""
        return tuple(speaker for speaker in self.speakers if speaker.state != AppearanceState.DECLINED)


@dataclass(frozen=True)
class Placings:
    """Where everything on the grid stands: for clashes, and for the days.

    ``day_of`` is the wall-clock day by slot id, ``id_of`` the id by code.
    """

    placements: list[Placement]
    day_of: dict[int, date] = field(default_factory=dict)
    id_of: dict[str, int] = field(default_factory=dict)


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


async def placings_of(conference_id: int, codes: Collection[str] | None = None) -> Placings:
    """Every slot on the grid, or those of these codes, as far as clashes go. Two queries."""
    which = (Slot.conference == conference_id) & Slot.start.is_not_null()
    if codes is not None:
        which &= Slot.code.is_in(list(codes))
    rows = await Slot.select(*_PLACED).where(which)
    if codes is not None and not rows:
        return Placings([])
    which_sessions = (
        Appearance.session._.conference == conference_id
        if codes is None
        else Appearance.session.is_in(sorted({row["session"] for row in rows}))
    )
    taking_part = await _taking_part(which_sessions)
    placements = [_placement(row, taking_part, row["room"], row["start"], row["end"]) for row in rows]
    return Placings(
        placements,
        {row["id"]: row["local_start"].date() for row in rows},
        {row["code"]: row["id"] for row in rows},
    )


async def placing_at(slot_id: int, room: int | None, start: datetime, end: datetime) -> Placement | None:
    """The slot as if it stood there, as far as clashes go; None when there is no such slot. Two queries."""
    row = await Slot.select(*_PLACED).where(Slot.id == slot_id).first()
    if row is None:
        return None
    taking_part = await _taking_part(Appearance.session == row["session"])
    return _placement(row, taking_part, room, start, end)


@dataclass(frozen=True)
class _TakingPart:
    """Who cannot be in two places, by session; and who of them chairs or interprets it."""

    people: Mapping[int, set[int]]
    chairs: Mapping[int, set[int]]
    interpreters: Mapping[int, set[int]]


async def _taking_part(which: Where) -> _TakingPart:
    # Who has declined will not be there, and an organisation may be in two places.
    speaking = (Appearance.speaker._.kind == SpeakerKind.PERSON.value) & (
        Appearance.state != AppearanceState.DECLINED.value
    )
    people, chairs, interpreters = (defaultdict[int, set[int]](set) for _role in range(3))
    for appearance in await Appearance.select(Appearance.session, Appearance.speaker, Appearance.role).where(
        speaking & which
    ):
        session, person = appearance["session"], appearance["speaker"]
        people[session].add(person)
        if appearance["role"] == AppearanceRole.CHAIR:
            chairs[session].add(person)
        elif appearance["role"] == AppearanceRole.INTERPRETER:
            interpreters[session].add(person)
    return _TakingPart(people, chairs, interpreters)


def _placement(
    row: Mapping[str, Any], taking_part: _TakingPart, room: int | None, start: datetime, end: datetime
) -> Placement:
    session = row["session"]
    return Placement(
        slot=row["id"],
        room=room,
        start=start,
        end=end,
        speakers=frozenset(taking_part.people.get(session, ())),
        is_cancelled=row["is_cancelled"] or row["state"] == SessionState.CANCELLED,
        session=session,
        track=row["track"],
        seats=row["seats"],
        chairs=frozenset(taking_part.chairs.get(session, ())),
        interpreters=frozenset(taking_part.interpreters.get(session, ())),
        is_break=row["kind"] == SessionKind.BREAK,
        is_blocker=row["kind"] == SessionKind.BLOCKER,
    )


async def slots_by_id(conference: Conference, ids: Collection[int]) -> list[DraftSlot]:
    """The slots of these ids, with their speakers. Three queries, none for no ids."""
    return await _slots(conference, Slot.id.is_in(list(ids))) if ids else []


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
                number=numbers.get(row["id"], (0, 0))[0],
                of=numbers.get(row["id"], (0, 0))[1],
                session=row["session_code"],
                language=row["language"],
                seats=row["seats"],
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
        others = found[row["session"]]
        if all(row["speaker_id"] != other.id for other in others):  # one person may have two roles
            is_person = row["kind"] == SpeakerKind.PERSON
            others.append(DraftSpeaker(row["speaker_id"], row["name"], row["zone"], is_person, row["state"]))
    return found


async def _numbers(sessions: list[int]) -> dict[int, tuple[int, int]]:
    """Of sessions with several slots, which each slot is, and of how many."""
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
        slot: (number, len(slots))
        for slots in of_session.values()
        if len(slots) > 1
        for number, slot in enumerate(slots, start=1)
    }
