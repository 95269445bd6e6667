"""The draft as the exchange formats see it, with all that only organisers may know: what an organiser's export is made of."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from conference import conferences, texts, timezones
from conference.forms import is_web_address
from conference.tables import Conference
from sessions.door.rules import door_rules_of
from sessions.interchange.model import (
    AppearanceFacts,
    AvailabilityFacts,
    ConferenceFacts,
    LinkFacts,
    OpenHours,
    PackFacts,
    PartnerFacts,
    ProgrammeFile,
    RoomFacts,
    RulesFacts,
    SessionFacts,
    SlotFacts,
    SpeakerFacts,
    TrackFacts,
)
from sessions.packs.tables import Expected, ResourcePack
from sessions.tables import (
    Appearance,
    AppearanceRole,
    AppearanceState,
    Availability,
    AvailabilityKind,
    ConsentState,
    Room,
    ScheduleRules,
    Session,
    SessionKind,
    SessionPart,
    SessionState,
    Slot,
    Speaker,
    SpeakerKind,
    Track,
)

Row = Mapping[str, Any]


async def draft_programme(conference: Conference, *, home_url: str = "") -> ProgrammeFile:
    """Everything in the draft of the conference, placed or not, blockers and cancelled sessions too.

    Private: for those who organise it, never for a public page. ``home_url`` is its public address, no slash at its
    end. The number of queries does not depend on the programme's size.
    """
    mine = conference.id
    about = conferences.facts_of(conference)
    rooms = await Room.select().where(Room.conference == mine).order_by(Room.position).order_by(Room.id)
    tracks = await Track.select().where(Track.conference == mine).order_by(Track.position).order_by(Track.id)
    people = await Speaker.select().where(Speaker.conference == mine).order_by(Speaker.id)
    free = (
        await Availability.select()
        .where(Availability.speaker._.conference == mine)
        .order_by(Availability.start)
    )
    sessions = await Session.select().where(Session.conference == mine).order_by(Session.id)
    parts = (
        await SessionPart.select()
        .where(SessionPart.session._.conference == mine)
        .order_by(SessionPart.position)
        .order_by(SessionPart.id)
    )
    speaking = (
        await Appearance.select()
        .where(Appearance.session._.conference == mine)
        .order_by(Appearance.position)
        .order_by(Appearance.id)
    )
    slots = await Slot.select().where(Slot.conference == mine).order_by(Slot.position).order_by(Slot.id)
    packs = (
        await ResourcePack.select()
        .where(ResourcePack.conference == mine)
        .order_by(ResourcePack.position)
        .order_by(ResourcePack.id)
    )
    expected = (
        await Expected.select(Expected.session, Expected.kind)
        .where((Expected.session._.conference == mine) & Expected.is_waived.eq(False))
        .order_by(Expected.id)
    )
    rules = await ScheduleRules.select().where(ScheduleRules.conference == mine)
    doors, has_doors = await door_rules_of(mine)
    codes = {
        kind: {row["id"]: row["code"] for row in rows}
        for kind, rows in (("room", rooms), ("track", tracks), ("speaker", people), ("session", sessions))
    }
    drafting = _Drafting(
        codes, about.zone, _by(parts, "session"), _by(speaking, "session"), _by(slots, "session")
    )
    told = tuple(drafting.session(row) for row in sessions)
    of_speaker, owed = _by(free, "speaker"), _by(expected, "session")
    return ProgrammeFile(
        conference=_conference(about, told, home_url),
        rooms=tuple(_room(row) for row in rooms),
        tracks=tuple(TrackFacts(row["code"], texts.decode(row["name"]), row["colour"]) for row in tracks),
        speakers=tuple(_speaker(row, of_speaker[row["id"]]) for row in people),
        sessions=told,
        packs=tuple(
            PackFacts(
                row["code"],
                texts.decode(row["title"]),
                (codes["session"][row["session"]],) if row["session"] in codes["session"] else (),
                tuple(one["kind"] for one in owed[row["session"]]) if row["session"] else (),
                note=texts.decode(row["note"]),
            )
            for row in packs
        ),
        rules=_rules(rules[0]) if rules else None,
        doors=doors if has_doors else None,
    )


class _Drafting:
    """Sessions, with the rows that belong to each of them."""

    def __init__(
        self,
        codes: Mapping[str, Mapping[int, str]],
        zone: str,
        parts: Mapping[int, list[Row]],
        speaking: Mapping[int, list[Row]],
        slots: Mapping[int, list[Row]],
    ) -> None:
        self.codes = codes
        self.zone = zone
        self.parts = parts
        self.speaking = speaking
        self.slots = slots

    def session(self, row: Row) -> SessionFacts:
        """The session; one without a slot gets an unscheduled one, as a file of it must have."""
        parts = self.parts[row["id"]]
        index = {part["id"]: number for number, part in enumerate(parts)}
        slots = tuple(self._slot(slot) for slot in self.slots[row["id"]])
        return SessionFacts(
            key=row["code"],
            kind=SessionKind(row["kind"]),
            title=texts.decode(row["title"]),
            slots=slots or (SlotFacts(None, None, 30, guid=row["guid"]),),
            guid=row["guid"],
            abstract=texts.decode(row["abstract"]),
            language=row["language"],
            track=self.codes["track"].get(row["track"]),
            appearances=tuple(
                AppearanceFacts(
                    self.codes["speaker"][one["speaker"]],
                    AppearanceRole(one["role"]),
                    index.get(one["part"]),
                    AppearanceState(one["state"]),
                    one["invited_at"],
                    one["reminded_at"],
                    one["answered_at"],
                    one["answer_note"],
                    ConsentState(one["recording_consent"]),
                    ConsentState(one["publishing_consent"]),
                )
                for one in self.speaking[row["id"]]
            ),
            parts=tuple(texts.decode(part["title"]) for part in parts),
            do_not_record=not row["is_recorded"],
            links=_links(row["links"]),
            is_cancelled=row["state"] == SessionState.CANCELLED,
            recording_url=row["recording_url"],
            internal_notes=row["internal_notes"],
        )

    def _slot(self, row: Row) -> SlotFacts:
        return SlotFacts(
            room=self.codes["room"].get(row["room"]),
            # From the instant, which knows the second of two equal hours.
            local_start=timezones.wall_time(row["start"], self.zone) if row["start"] else None,
            length_minutes=row["length_minutes"],
            seats=row["seats"],
            guid=row["guid"],
            is_cancelled=row["is_cancelled"],
        )


def _by(rows: list[dict[str, Any]], column: str) -> Mapping[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[column]].append(row)
    return found


def _json(stored: Any) -> Any:
    return json.loads(stored) if isinstance(stored, str) else stored


def _links(stored: Any) -> tuple[LinkFacts, ...]:
    found = ((link.get("url", ""), link.get("title", "")) for link in _json(stored))
    return tuple(LinkFacts(url, title) for url, title in found if is_web_address(url))


def _room(row: Row) -> RoomFacts:
    return RoomFacts(
        row["code"],
        texts.decode(row["name"]),
        row["capacity"],
        open_hours=tuple(
            OpenHours(datetime.fromisoformat(one["from"]), datetime.fromisoformat(one["until"]))
            for one in _json(row["open_hours"])
        ),
        vendor_url=row["vendor_url"] if is_web_address(row["vendor_url"]) else "",
        getting_in=texts.decode(row["getting_in"]),
        dial_in=texts.decode(row["dial_in"]),
    )


def _speaker(row: Row, free: list[Row]) -> SpeakerFacts:
    return SpeakerFacts(
        key=row["code"],
        name=row["name"],
        kind=SpeakerKind(row["kind"]),
        role=row["job_title"],
        organisation=row["organisation"],
        country=row["country"],
        zone=row["zone"],
        biography=texts.decode(row["biography"]),
        links=_links(row["links"]),
        guid=row["guid"],
        pronouns=row["pronouns"],
        orcid=row["orcid"],
        language=row["language"],
        email=row["email"],
        access_needs=row["access_needs"],
        technical_needs=row["technical_needs"],
        internal_notes=row["internal_notes"],
        availability=tuple(
            AvailabilityFacts(one["start"], one["end"], AvailabilityKind(one["kind"])) for one in free
        ),
        availability_given_at=row["availability_given_at"],
    )


def _rules(row: Row) -> RulesFacts:
    numbers = {
        name: row[name]
        for name in (
            "day_starts",
            "day_ends",
            "speaker_earliest",
            "speaker_latest",
            "bearable_from",
            "bearable_until",
            "edge_minutes",
            "gap_minutes",
        )
    }
    shares = {name: float(share) for name, share in _json(row["expected_audience"]).items()}
    return RulesFacts(levels=_json(row["levels"]), expected_audience=shares, **numbers)


def _conference(
    about: conferences.ConferenceFacts, sessions: tuple[SessionFacts, ...], home_url: str
) -> ConferenceFacts:
    placed = [
        (slot.local_start, slot.local_start + timedelta(minutes=slot.length_minutes))
        for session in sessions
        for slot in session.slots
        if slot.local_start is not None
    ]
    starts = min((start for start, _end in placed), default=datetime.combine(about.starts_on, time(9)))
    ends = max((end for _start, end in placed), default=datetime.combine(about.ends_on, time(18)))
    return ConferenceFacts(
        slug=about.slug,
        name=about.name,
        zone=about.zone,
        starts=min(starts, datetime.combine(about.starts_on, starts.time())).replace(fold=0),
        ends=max(ends, datetime.combine(about.ends_on, ends.time())).replace(fold=0),
        tagline=about.tagline,
        description=about.description,
        languages=about.languages,
        audience=about.audience,
        themes=about.themes,
        organiser_name=about.organiser_name,
        organiser_url=about.organiser_url,
        url=home_url,
        partners=tuple(
            PartnerFacts(one.get("name", ""), one.get("url", ""), one.get("role", "partner"))
            for one in about.partners
        ),
        contact_email=about.contact_email,
        privacy=about.privacy,
        early_entry_minutes=about.early_entry_minutes,
        is_listed=about.is_listed,
    )
