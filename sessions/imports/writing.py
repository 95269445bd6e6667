"""The rows that a programme file becomes, written in an order in which each finds what it refers to."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from piccolo.table import Table

from conference import conferences, texts, timezones
from conference.codes import new_code
from conference.i18n import _
from conference.tables import Conference
from conference.timezones import LocalTimeError
from sessions.door.tables import DoorRules
from sessions.imports.columns import (
    LARGEST_NUMBER,
    appearance_columns,
    bounded,
    room_columns,
    rules_columns,
    session_columns,
    speaker_columns,
    track_columns,
)
from sessions.imports.matching import Matches
from sessions.interchange.model import (
    AppearanceFacts,
    Doubts,
    ImportRefused,
    ProgrammeFile,
    RoomFacts,
    SessionFacts,
    SlotFacts,
)
from sessions.packs.collecting.owed import EXPECTED_KINDS
from sessions.packs.tables import Expected, PackState, ResourcePack
from sessions.tables import (
    Appearance,
    Availability,
    Room,
    ScheduleRules,
    Session,
    SessionPart,
    Slot,
    Speaker,
    Track,
)

ROWS_AT_ONCE = 200  # databases allow some 32,000 values in one statement
LONGEST_SLOT = timedelta(days=7)
NO_ROOM = "\0"  # key of the room made for slots that name a time and no room; no file can hold it

Row = TypeVar("Row", bound=Table)


class Writing:
    """The rows of one file. Row ids are looked up by code: databases do not promise to return them in order.

    ``known`` says which of the file's things have rows already: nothing is written for them, nor for the slots, parts and
    appearances of such sessions.
    """

    def __init__(
        self,
        file: ProgrammeFile,
        conference: Conference,
        doubts: Doubts,
        now: datetime,
        known: Matches | None = None,
    ) -> None:
        self.conference = conference
        self.doubts = doubts
        self.now = now
        self.file = with_named_rooms(file, conferences.languages_of(conference)[0], doubts)
        self.language = conferences.languages_of(conference)[0]
        self.known = known or Matches()
        self.rooms: dict[str, int] = {}
        self.tracks: dict[str, int] = {}
        self.speakers: dict[str, int] = {}
        self.sessions: dict[str, int] = {}
        self.counts: dict[str, int] = {}
        self._fresh = [facts for facts in self.file.sessions if facts.key not in self.known.sessions]
        self._parts: dict[tuple[int, int], int] = {}

    async def write(self) -> None:
        """Write everything that is not known, inside the caller's transaction."""
        places = await _next_positions(self.conference.id)
        self.rooms = await self._insert_keyed(Room, self._room_rows(places["room"]), self.known.rooms)
        self.tracks = await self._insert_keyed(Track, self._track_rows(places["track"]), self.known.tracks)
        self.speakers = await self._insert_keyed(Speaker, self._speaker_rows(), self.known.speakers)
        self.sessions = await self._insert_keyed(Session, self._session_rows(), self.known.sessions)
        await _insert(SessionPart, self._part_rows())
        if any(session.parts for session in self._fresh):
            rows = await SessionPart.select(SessionPart.id, SessionPart.session, SessionPart.position).where(
                SessionPart.session.conference == self.conference.id
            )
            self._parts = {(row["session"], row["position"]): row["id"] for row in rows}
        await _insert(Appearance, self._appearance_rows())
        await _insert(Availability, self._availability_rows())
        await _insert(Expected, self._expected_rows())
        slots = self._slot_rows()
        await _insert(Slot, slots)
        self.counts["slots"] = len(slots)
        self.counts["unscheduled"] = sum(slot.start is None for slot in slots)
        self.counts["packs"] = await _insert(ResourcePack, await self._pack_rows(places["resource_pack"]))
        if self.file.rules is not None and not self.known.has_rules:
            rules = ScheduleRules(conference=self.conference.id, **rules_columns(self.file.rules))
            await _insert(ScheduleRules, [rules])
        if self.file.doors is not None and not self.known.has_doors:
            doors = DoorRules(conference=self.conference.id, **self.file.doors.as_columns())
            await _insert(DoorRules, [doors])

    async def _insert_keyed(
        self, table: type[Row], rows: Mapping[str, Row], known: Mapping[str, int]
    ) -> dict[str, int]:
        await _insert(table, list(rows.values()))
        columns: Any = table
        found = await columns.select(columns.id, columns.code).where(columns.conference == self.conference.id)
        ids = {row["code"]: row["id"] for row in found}
        self.counts[table._meta.tablename] = len(rows)
        return {**known, **{key: ids[vars(row)["code"]] for key, row in rows.items()}}

    def _room_rows(self, position: int) -> dict[str, Room]:
        fresh = [facts for facts in self.file.rooms if facts.key not in self.known.rooms]
        return {
            facts.key: Room(
                conference=self.conference.id, code=new_code(), position=place, **room_columns(facts)
            )
            for place, facts in enumerate(fresh, start=position)
        }

    def _track_rows(self, position: int) -> dict[str, Track]:
        fresh = [facts for facts in self.file.tracks if facts.key not in self.known.tracks]
        return {
            facts.key: Track(
                conference=self.conference.id, code=new_code(), position=place, **track_columns(facts)
            )
            for place, facts in enumerate(fresh, start=position)
        }

    def _speaker_rows(self) -> dict[str, Speaker]:
        return {
            facts.key: Speaker(
                conference=self.conference.id, code=new_code(), **speaker_columns(facts, self.doubts)
            )
            for facts in self.file.speakers
            if facts.key not in self.known.speakers
        }

    def _availability_rows(self) -> list[Availability]:
        return [
            Availability(
                speaker=self.speakers[facts.key], start=told.starts, end=told.ends, kind=told.kind.value
            )
            for facts in self.file.speakers
            if facts.key not in self.known.speakers
            for told in facts.availability
        ]

    @property
    def _expected(self) -> dict[str, dict[str, None]]:
        """What the file's packs expect of each session (by its key), each once."""
        found: dict[str, dict[str, None]] = {}
        for pack in self.file.packs:
            for key in pack.sessions:
                found.setdefault(key, {}).update(dict.fromkeys(pack.expects))
        return found

    def _expected_rows(self) -> list[Expected]:
        return [
            Expected(session=self.sessions[facts.key], kind=kind)
            for facts in self._fresh
            for kind in self._expected.get(facts.key, ())
            if kind in EXPECTED_KINDS
        ]

    def _session_rows(self) -> dict[str, Session]:
        expected = {
            key: [kind for kind in kinds if kind not in EXPECTED_KINDS]
            for key, kinds in self._expected.items()
        }
        rows = {}
        for facts in self._fresh:
            notes = [facts.internal_notes] if facts.internal_notes else []
            if facts.illustrative:
                notes.append(_("The place in the timetable is illustrative."))
            if expected.get(facts.key):
                notes.append(
                    _("Expected for the resource pack: %(kinds)s.")
                    % {"kinds": ", ".join(expected[facts.key])}
                )
            if facts.licence:
                notes.append(_("Licence in the file: %(licence)s.") % {"licence": facts.licence})
            rows[facts.key] = Session(
                conference=self.conference.id,
                code=new_code(),
                guid=facts.guid or str(uuid.uuid4()),
                track=self.tracks[facts.track] if facts.track is not None else None,
                **{**session_columns(facts), "internal_notes": "\n".join(notes)},
            )
        return rows

    def _part_rows(self) -> list[SessionPart]:
        return [
            SessionPart(session=self.sessions[facts.key], title=texts.encode(title), position=position)
            for facts in self._fresh
            for position, title in enumerate(facts.parts)
        ]

    def _appearance_rows(self) -> list[Appearance]:
        rows: list[Appearance] = []
        for facts in self._fresh:
            session = self.sessions[facts.key]
            for position, told in enumerate(once_each(facts.appearances)):
                rows.append(
                    Appearance(
                        session=session,
                        speaker=self.speakers[told.speaker],
                        part=None if told.part is None else self._parts[session, told.part],
                        position=position,
                        **appearance_columns(told),
                    )
                )
        return rows

    def _slot_rows(self) -> list[Slot]:
        return [
            self.slot(facts, slot, position)
            for facts in self._fresh
            for position, slot in enumerate(facts.slots)
        ]

    async def _pack_rows(self, position: int) -> list[ResourcePack]:
        fresh = [facts for facts in self.file.packs if facts.key not in self.known.packs]
        # The first pack for one session alone is that session's own; one that has its own already keeps it.
        with_own = await ResourcePack.select(ResourcePack.session).where(
            (ResourcePack.conference == self.conference.id) & ResourcePack.is_automatic.eq(True)
        )
        taken = {row["session"] for row in with_own}
        own = set()
        for facts in fresh:
            if len(facts.sessions) == 1 and (session := self.sessions[facts.sessions[0]]) not in taken:
                taken.add(session)
                own.add(facts.key)
        return [
            ResourcePack(
                conference=self.conference.id,
                # A pack for several sessions belongs to the conference.
                session=self.sessions[facts.sessions[0]] if len(facts.sessions) == 1 else None,
                is_automatic=facts.key in own,
                code=new_code(),
                title=texts.encode(facts.title),
                note=texts.encode(facts.note),
                state=PackState.COLLECTING,
                position=place,
                changed_at=self.now,
            )
            for place, facts in enumerate(fresh, start=position)
        ]

    def slot(self, session: SessionFacts, facts: SlotFacts, position: int) -> Slot:
        """The row of a placing. Raises ImportRefused for a length that no session has."""
        placing = placing_of(session, facts, self.conference.zone, self.language, self.doubts)
        row = Slot(
            conference=self.conference.id,
            session=self.sessions[session.key],
            code=new_code(),
            guid=facts.guid or str(uuid.uuid4()),
            zone=self.conference.zone,
            length_minutes=facts.length_minutes,
            seats=bounded(facts.seats),
            is_cancelled=facts.is_cancelled,
            position=position,
        )
        if placing is not None:
            row.room = self.rooms[placing.room]
            row.local_start, row.start, row.end = placing.local_start, placing.start, placing.end
        return row


@dataclass(frozen=True)
class Placing:
    """Where a slot of a file stands: a room's key, the wall clock, and the instants (UTC)."""

    room: str
    local_start: datetime
    start: datetime
    end: datetime


def placing_of(
    session: SessionFacts, facts: SlotFacts, zone: str, language: str, doubts: Doubts
) -> Placing | None:
    """Where the slot stands; None when it has no time, or one that the clocks leave out or show twice (a doubt).

    Raises ImportRefused for a length that no session has.
    """
    length = timedelta(minutes=min(facts.length_minutes, LARGEST_NUMBER))
    title = texts.pick(session.title, language)
    if not timedelta() < length <= LONGEST_SLOT:
        raise ImportRefused(
            _("“%(title)s” lasts %(minutes)d minutes, which no session does.")
            % {"title": title[:80], "minutes": facts.length_minutes}
        )
    if facts.local_start is None or facts.room is None:
        return None
    try:
        start = timezones.to_utc(facts.local_start, zone, fold=facts.local_start.fold)
    except LocalTimeError as error:
        doubts.add("time", title, _("%(reason)s It is not scheduled.") % {"reason": error.message})
        return None
    return Placing(facts.room, facts.local_start.replace(fold=0), start, start + length)


def with_named_rooms(file: ProgrammeFile, language: str, doubts: Doubts) -> ProgrammeFile:
    """The file with a room for what has a time and no room, if there is any such thing (a doubt each)."""
    homeless = {
        session.key
        for session in file.sessions
        if any(slot.room is None and slot.local_start is not None for slot in session.slots)
    }
    if not homeless:
        return file
    sessions = []
    for session in file.sessions:
        if session.key in homeless:
            title = texts.pick(session.title, language)
            doubts.add("room", title, _("It names a time and no room; it stands in “Room not named”."))
            slots = tuple(
                replace(slot, room=NO_ROOM) if slot.room is None and slot.local_start is not None else slot
                for slot in session.slots
            )
            sessions.append(replace(session, slots=slots))
        else:
            sessions.append(session)
    room = RoomFacts(NO_ROOM, {language: _("Room not named")})
    return replace(file, rooms=(*file.rooms, room), sessions=tuple(sessions))


def once_each(appearances: Iterable[AppearanceFacts]) -> list[AppearanceFacts]:
    """One appearance for each speaker and role in a session, the first of each."""
    found: dict[tuple[str, str], AppearanceFacts] = {}
    for told in appearances:
        found.setdefault((told.speaker, told.role), told)
    return list(found.values())


async def _next_positions(conference_id: int) -> dict[str, int]:
    found = {}
    for name, table in (("room", Room), ("track", Track), ("resource_pack", ResourcePack)):
        columns: Any = table
        rows = await columns.select(columns.position).where(columns.conference == conference_id)
        found[name] = max((row["position"] for row in rows), default=-1) + 1
    return found


async def _insert(table: type[Row], rows: Sequence[Row]) -> int:
    for first in range(0, len(rows), ROWS_AT_ONCE):
        await table.insert(*rows[first : first + ROWS_AT_ONCE])
    return len(rows)
