"""Making a conference out of a programme file: all of it in one transaction, or nothing."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from piccolo.table import Table

from conference import conferences, team, texts, timezones
from conference.addresses import parse_address
from conference.codes import new_code
from conference.db import transaction
from conference.i18n import _, ngettext
from conference.tables import Conference
from conference.texts import LocalText
from conference.timezones import LocalTimeError
from conference.viewer import SignedInOrganiser
from sessions.interchange import frab, own_yaml
from sessions.interchange.incoming import slugified
from sessions.interchange.model import (
    ConferenceFacts,
    Doubt,
    Doubts,
    ImportRefused,
    LinkFacts,
    PackFacts,
    ProgrammeFile,
    ReadResult,
    SessionFacts,
    SlotFacts,
)
from sessions.releases import NothingToRelease, release_programme
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


@dataclass(frozen=True)
class Imported:
    """The conference made, how many rows of each kind, and what was doubtful in placing them."""

    conference: Conference
    counts: Mapping[str, int]
    doubts: tuple[Doubt, ...]


async def import_file(
    path: Path,
    *,
    slug: str | None = None,
    zone: str | None = None,
    owner: str | None = None,
    publish: bool = False,
    uid_host: str,
    now: datetime,
) -> list[str]:
    """Make a conference of the file and return a report, line by line.

    ``owner`` is the e-mail address of the organiser who gets it (an account is made where there is none); ``zone``
    serves files that name none. Raises ImportRefused, SlugTaken or AddressRefused, and then nothing was written.
    """
    result = read_file(path, zone=zone)
    chosen = slug or result.programme.conference.slug
    report = []
    async with transaction():
        organiser = None
        if owner:
            address = parse_address(owner).address
            row = await team.add_organiser(address, "", may_create=False, now=now)
            organiser = SignedInOrganiser(row.id, row.name, row.email, row.may_create)
        imported = await import_programme(
            result.programme, slug=chosen, owner=organiser, uid_host=uid_host, now=now
        )
        conference = imported.conference
        report.append(_summary(imported))
        if publish:
            try:
                release = await release_programme(
                    conference, "", actor=organiser or "command line", now=now, despite_clashes=True
                )
            except NothingToRelease as error:
                report.append(_("Not published: %(reason)s") % {"reason": error.message})
            else:
                report.append(_("Published as release %(number)d.") % {"number": release.number})
    if organiser is None:
        report.append(
            _("Nobody has it on their desk yet: meridian organiser add EMAIL --conference %(slug)s")
            % {"slug": chosen}
        )
    report += [f"{doubt.where}: {doubt.message}" for doubt in (*result.doubts, *imported.doubts)]
    return report


def read_file(path: Path, *, zone: str | None = None) -> ReadResult:
    """What the file says: Meridian's own YAML by its name or first word, anything else as frab XML.

    Raises ImportRefused.
    """
    if zone is not None:
        timezones.zone(zone)  # an unknown one is refused before the file is looked at
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ImportRefused(
            _("%(path)s cannot be read: %(reason)s.") % {"path": path, "reason": error.strerror}
        ) from error
    is_yaml = path.suffix.lower() in {".yaml", ".yml"} or data.lstrip()[:11] in {b"conference:", b"event:"}
    return own_yaml.read(data) if is_yaml else frab.read(data, zone=zone)


async def import_programme(
    file: ProgrammeFile, *, slug: str, owner: SignedInOrganiser | None, uid_host: str, now: datetime
) -> Imported:
    """Make the conference at ``slug`` with everything the file holds, as a draft; joins the caller's transaction.

    A wall-clock time that a clock change leaves out is not guessed: its slot stays unscheduled, with a doubt.
    Raises ImportRefused for values no programme has, and SlugTaken.
    """
    if not slug or slugified(slug) != slug:
        raise ImportRefused(
            _("“%(slug)s” cannot be an address: use small letters, digits and hyphens, 60 at most.")
            % {"slug": slug[:80]}
        )
    doubts = Doubts()
    async with transaction():
        if await Conference.exists().where(Conference.slug == slug):
            raise conferences.SlugTaken(
                _("There is a conference at /%(slug)s/ already. Choose another address for this one.")
                % {"slug": slug}
            )
        facts = _conference(file, slug)
        conference = await conferences.create_conference(facts, actor=owner, uid_host=uid_host, now=now)
        writing = _Writing(file, conference, doubts, now)
        await writing.write()
    return Imported(conference, writing.counts, doubts.listed())


class _Writing:
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


def _conference(file: ProgrammeFile, slug: str) -> conferences.ConferenceFacts:
    facts = file.conference
    first, last = _days(file)
    default = facts.languages[0] if facts.languages else "en"
    description = dict(facts.description)
    if facts.price:
        price = _("Price: %(price)s.") % {"price": facts.price}
        description[default] = "\n\n".join(filter(None, [description.get(default, ""), price]))
    return conferences.ConferenceFacts(
        slug=slug,
        name=facts.name,
        zone=timezones.zone(facts.zone).key,
        starts_on=first,
        ends_on=last,
        languages=facts.languages or ("en",),
        tagline=facts.tagline,
        description=description,
        audience=facts.audience,
        themes=facts.themes,
        organiser_name=facts.organiser_name[:200],
        organiser_url=(facts.organiser_url or facts.url)[:500],
        partners=tuple({"name": p.name, "url": p.url, "role": p.role} for p in facts.partners),
    )


def _days(file: ProgrammeFile) -> tuple[date, date]:
    """First and last day: those the file names, widened to hold every slot. Midnight ends the day before it."""

    def last_day(start: datetime, end: datetime) -> date:
        return max(start, end - timedelta(minutes=1)).date()

    facts: ConferenceFacts = file.conference
    first, last = facts.starts.date(), last_day(facts.starts, facts.ends)
    for session in file.sessions:
        for slot in session.slots:
            if slot.local_start is not None:
                first = min(first, slot.local_start.date())
                # By its start: a party that lasts past midnight does not make another day.
                last = max(last, slot.local_start.date())
    return first, last


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


def _summary(imported: Imported) -> str:
    conference, counts = imported.conference, imported.counts
    parts = [
        ngettext("%(count)d room", "%(count)d rooms", counts["room"]) % {"count": counts["room"]},
        ngettext("%(count)d track", "%(count)d tracks", counts["track"]) % {"count": counts["track"]},
        ngettext("%(count)d speaker", "%(count)d speakers", counts["speaker"]) % {"count": counts["speaker"]},
        ngettext("%(count)d session", "%(count)d sessions", counts["session"]) % {"count": counts["session"]},
    ]
    line = _("Made “%(name)s” at /%(slug)s/: %(parts)s.") % {
        "name": texts.pick(conference.name, conferences.languages_of(conference)[0]),
        "slug": conference.slug,
        "parts": ", ".join(parts),
    }
    if away := counts["unscheduled"]:
        line += " " + ngettext(
            "%(count)d slot is not scheduled.", "%(count)d slots are not scheduled.", away
        ) % {"count": away}
    return line
