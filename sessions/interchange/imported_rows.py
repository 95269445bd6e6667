"""The rows that a programme file becomes, written in an order in which each finds what it refers to."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from piccolo.table import Table

from conference import conferences, texts, timezones
from conference.codes import new_code
from conference.i18n import _
from conference.tables import Conference
from conference.texts import LocalText
from conference.timezones import LocalTimeError
from sessions.interchange.model import (
    Doubts,
    ImportRefused,
    LinkFacts,
    PackFacts,
    ProgrammeFile,
    SessionFacts,
    SlotFacts,
)
from sessions.tables import (
    Appearance,
    PackState,
    ResourcePack,
    Room,
    Session,
    SessionPart,
    Slot,
    Speaker,
    Track,
)

ROWS_AT_ONCE = 200  # databases allow some 32,000 values in one statement
LARGEST_NUMBER = 2**31 - 1
LONGEST_SLOT = timedelta(days=7)
NO_ROOM = "\0"  # key of the room made for slots that name a time and no room; no file can hold it

Row = TypeVar("Row", bound=Table)


class Writing:
    """The rows of one file. Row ids are looked up by code: databases do not promise to return them in order."""

    def __init__(self, file: ProgrammeFile, conference: Conference, doubts: Doubts, now: datetime) -> None:
        self.file = file
        self.conference = conference
        self.doubts = doubts
        self.now = now
        self.language = conferences.languages_of(conference)[0]
        self.rooms: dict[str, int] = {}
        self.tracks: dict[str, int] = {}
        self.speakers: dict[str, int] = {}
        self.sessions: dict[str, int] = {}
        self.parts: dict[tuple[int, int], int] = {}
        self.counts: dict[str, int] = {}

    async def write(self) -> None:
        """Write everything, inside the caller's transaction."""
        self.rooms = await self._insert_keyed(Room, self._room_rows())
        self.tracks = await self._insert_keyed(Track, self._track_rows())
        self.speakers = await self._insert_keyed(Speaker, self._speaker_rows())
        self.sessions = await self._insert_keyed(Session, self._session_rows())
        await _insert(SessionPart, self._part_rows())
        if any(session.parts for session in self.file.sessions):
            rows = await SessionPart.select(SessionPart.id, SessionPart.session, SessionPart.position).where(
                SessionPart.session.conference == self.conference.id
            )
            self.parts = {(row["session"], row["position"]): row["id"] for row in rows}
        await _insert(Appearance, self._appearance_rows())
        slots = self._slot_rows()
        await _insert(Slot, slots)
        self.counts["slots"] = len(slots)
        self.counts["unscheduled"] = sum(slot.start is None for slot in slots)
        self.counts["packs"] = await _insert(ResourcePack, self._pack_rows())

    async def _insert_keyed(self, table: type[Row], rows: Mapping[str, Row]) -> dict[str, int]:
        await _insert(table, list(rows.values()))
        columns: Any = table
        found = await columns.select(columns.id, columns.code).where(columns.conference == self.conference.id)
        ids = {row["code"]: row["id"] for row in found}
        self.counts[table._meta.tablename] = len(rows)
        return {key: ids[vars(row)["code"]] for key, row in rows.items()}

    def _room_rows(self) -> dict[str, Room]:
        rows = {
            facts.key: Room(
                conference=self.conference.id,
                code=new_code(),
                name=texts.encode(facts.name),
                capacity=_number(facts.capacity),
                position=position,
            )
            for position, facts in enumerate(self.file.rooms)
        }
        slots = [slot for session in self.file.sessions for slot in session.slots]
        if any(slot.room is None and slot.local_start is not None for slot in slots):
            name = {self.language: _("Room not named")}
            rows[NO_ROOM] = Room(
                conference=self.conference.id, code=new_code(), name=texts.encode(name), position=len(rows)
            )
        return rows

    def _track_rows(self) -> dict[str, Track]:
        return {
            facts.key: Track(
                conference=self.conference.id,
                code=new_code(),
                name=texts.encode(facts.name),
                colour=facts.colour,
                position=position,
            )
            for position, facts in enumerate(self.file.tracks)
        }

    def _speaker_rows(self) -> dict[str, Speaker]:
        rows = {}
        for facts in self.file.speakers:
            zone = timezones.normalise(facts.zone) if facts.zone else ""
            if zone is None:
                self.doubts.add(
                    "zone",
                    facts.name,
                    _("“%(zone)s” is not a time zone we know; it was left out.") % {"zone": facts.zone[:64]},
                )
            rows[facts.key] = Speaker(
                conference=self.conference.id,
                code=new_code(),
                kind=facts.kind,
                name=facts.name[:200],
                job_title=facts.role[:200],
                organisation=facts.organisation[:200],
                country=facts.country[:2],
                zone=zone or "",
                biography=texts.encode(facts.biography),
                links=_links(facts.links),
            )
        return rows

    def _session_rows(self) -> dict[str, Session]:
        expected = {key: pack.expects for pack in self.file.packs for key in pack.sessions if pack.expects}
        rows = {}
        for facts in self.file.sessions:
            notes = [_("The place in the timetable is illustrative.")] if facts.illustrative else []
            if facts.key in expected:
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
                kind=facts.kind,
                title=texts.encode(facts.title),
                abstract=texts.encode(_whole_text(facts)),
                language=facts.language[:16],
                track=self.tracks[facts.track] if facts.track is not None else None,
                links=_links(facts.links),
                is_recorded=not facts.do_not_record,
                internal_notes="\n".join(notes),
            )
        return rows

    def _part_rows(self) -> list[SessionPart]:
        return [
            SessionPart(session=self.sessions[facts.key], title=texts.encode(title), position=position)
            for facts in self.file.sessions
            for position, title in enumerate(facts.parts)
        ]

    def _appearance_rows(self) -> list[Appearance]:
        rows: list[Appearance] = []
        for facts in self.file.sessions:
            session = self.sessions[facts.key]
            seen: set[tuple[str, str]] = set()  # one appearance per speaker and role in a session
            for position, told in enumerate(facts.appearances):
                if (told.speaker, told.role) in seen:
                    continue
                seen.add((told.speaker, told.role))
                rows.append(
                    Appearance(
                        session=session,
                        speaker=self.speakers[told.speaker],
                        role=told.role,
                        part=None if told.part is None else self.parts[session, told.part],
                        position=position,
                    )
                )
        return rows

    def _slot_rows(self) -> list[Slot]:
        return [
            self._slot(facts, slot, position)
            for facts in self.file.sessions
            for position, slot in enumerate(facts.slots)
        ]

    def _slot(self, session: SessionFacts, facts: SlotFacts, position: int) -> Slot:
        length = timedelta(minutes=min(facts.length_minutes, LARGEST_NUMBER))
        title = texts.pick(session.title, self.language)
        if not timedelta() < length <= LONGEST_SLOT:
            raise ImportRefused(
                _("“%(title)s” lasts %(minutes)d minutes, which no session does.")
                % {"title": title[:80], "minutes": facts.length_minutes}
            )
        row = Slot(
            conference=self.conference.id,
            session=self.sessions[session.key],
            code=new_code(),
            guid=facts.guid or str(uuid.uuid4()),
            zone=self.conference.zone,
            length_minutes=facts.length_minutes,
            seats=_number(facts.seats),
            position=position,
        )
        if facts.local_start is None:
            return row
        try:
            start = timezones.to_utc(facts.local_start, self.conference.zone, fold=facts.local_start.fold)
        except LocalTimeError as error:
            self.doubts.add("time", title, _("%(reason)s It is not scheduled.") % {"reason": error.message})
            return row
        if facts.room is None:
            self.doubts.add("room", title, _("It names a time and no room; it stands in “Room not named”."))
        row.room = self.rooms[NO_ROOM if facts.room is None else facts.room]
        row.local_start = facts.local_start.replace(fold=0)
        row.start = start
        row.end = start + length
        return row

    def _pack_rows(self) -> list[ResourcePack]:
        return [self._pack(facts, position) for position, facts in enumerate(self.file.packs)]

    def _pack(self, facts: PackFacts, position: int) -> ResourcePack:
        return ResourcePack(
            conference=self.conference.id,
            # A pack for several sessions belongs to the conference.
            session=self.sessions[facts.sessions[0]] if len(facts.sessions) == 1 else None,
            code=new_code(),
            title=texts.encode(facts.title),
            note=texts.encode(facts.note),
            state=PackState.COLLECTING,
            position=position,
            changed_at=self.now,
        )


async def _insert(table: type[Row], rows: Sequence[Row]) -> int:
    for first in range(0, len(rows), ROWS_AT_ONCE):
        await table.insert(*rows[first : first + ROWS_AT_ONCE])
    return len(rows)


def _whole_text(facts: SessionFacts) -> LocalText:
    """Subtitle, abstract and description as one text per language, without what is said twice."""
    whole: dict[str, list[str]] = {}
    for text in (facts.subtitle, facts.abstract, facts.description):
        for language, words in text.items():
            said = whole.get(language, [])
            if not any(words.strip() in piece for piece in said):
                whole[language] = [*(piece for piece in said if piece not in words), words.strip()]
    return {language: "\n\n".join(pieces) for language, pieces in whole.items()}


def _links(links: Sequence[LinkFacts]) -> str:
    return json.dumps([{"title": link.title, "url": link.url} for link in links], ensure_ascii=False)


def _number(value: int | None) -> int | None:
    return None if value is None else min(value, LARGEST_NUMBER)
