"""A programme laid out as the frab family wants it: days, rooms, numbered events. Shared by XML and JSON."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from conference import timezones
from conference.texts import LocalText, clean, pick
from sessions.interchange.incoming import is_web_address, slugified
from sessions.interchange.model import LinkFacts, ProgrammeFile, RoomFacts, SessionFacts, SlotFacts
from sessions.tables import AppearanceState, SessionKind

GENERATOR = "Meridian"
_NAMESPACE = uuid.UUID("2d3c0d3e-2c8e-5a0c-8c0e-6a5f1f2f6d10")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LONGEST_EMPTY_SPAN = 60  # days between the first and the last that are listed even without events


@dataclass(frozen=True)
class OutgoingPerson:
    """A person of an event; ``number`` and ``guid`` are the same in every event and release."""

    number: int
    guid: str
    name: str


@dataclass(frozen=True)
class OutgoingEvent:
    """One scheduled slot. ``start`` and ``end`` are aware times in the conference's zone."""

    number: int
    guid: str
    slug: str
    room: str
    start: datetime
    end: datetime
    title: str
    subtitle: str
    kind: str
    track: str
    language: str
    abstract: str
    description: str
    persons: tuple[OutgoingPerson, ...]
    licence: str
    do_not_record: bool
    links: tuple[LinkFacts, ...]
    url: str

    @property
    def length_minutes(self) -> int:
        """Elapsed minutes, also over a clock change."""
        return int((self.end.astimezone(UTC) - self.start.astimezone(UTC)).total_seconds()) // 60


@dataclass(frozen=True)
class OutgoingDay:
    """A calendar day in the conference's zone with its events by room name, in room order. ``index`` begins with 1."""

    index: int
    date: date
    start: datetime
    end: datetime
    rooms: tuple[tuple[str, tuple[OutgoingEvent, ...]], ...]


def outward(programme: ProgrammeFile) -> ProgrammeFile:
    """The programme without blockers and without those who declined: neither is for the public."""
    sessions = tuple(
        replace(
            session,
            appearances=tuple(one for one in session.appearances if one.state != AppearanceState.DECLINED),
        )
        for session in programme.sessions
        if session.kind != SessionKind.BLOCKER
    )
    kept = {session.key for session in sessions}
    packs = tuple(
        replace(pack, sessions=tuple(key for key in pack.sessions if key in kept)) for pack in programme.packs
    )
    return replace(programme, sessions=sessions, packs=packs)


class Layout:
    """Everything both writers ask for, derived once from the programme. ``base_url`` has no trailing slash."""

    def __init__(self, programme: ProgrammeFile, base_url: str) -> None:
        programme = outward(programme)
        self.programme = programme
        self.conference = programme.conference
        self.base_url = base_url.rstrip("/")
        self.zone = timezones.zone(self.conference.zone)
        self.acronym = re.sub(r"[^a-z0-9_]", "_", self.conference.slug.lower()).ljust(4, "_")
        self.room_names = _distinct_names(self, programme.rooms)
        self._track_names = {track.key: self.text(track.name) for track in programme.tracks}
        self._speakers = {speaker.key: speaker for speaker in programme.speakers}
        self.events = tuple(self._events())
        self.days = tuple(self._days())

    def text(self, texts: LocalText) -> str:
        """The text in the conference's first language, else in any of its languages."""
        languages = self.conference.languages or ("en",)
        return clean(pick(texts, languages[0], languages))

    def guid_of(self, *parts: object) -> str:
        """A stable UUID (version 5) of something in this conference."""
        return str(uuid.uuid5(_NAMESPACE, "|".join([self.conference.slug, *map(str, parts)])))

    def instant(self, moment: datetime) -> str:
        """RFC 3339 with an offset in whole minutes, as the schema demands (zones before 1900 have seconds)."""
        offset = moment.utcoffset() or timedelta()
        return (moment if offset.seconds % 60 == 0 else moment.astimezone(UTC)).isoformat(timespec="seconds")

    def _events(self) -> Iterator[OutgoingEvent]:
        wanted = Counter(slot.number for session in self.programme.sessions for slot in session.slots)
        given = {number for number, times in wanted.items() if number and times == 1}
        taken = set(given)
        for session in self.programme.sessions:
            for index, slot in enumerate(session.slots):
                if slot.local_start is None or slot.is_cancelled or session.is_cancelled:
                    continue  # these formats have no word for it, and apps take off what is gone
                guid = slot.guid or self.guid_of("slot", session.key, index)
                number = slot.number or 0
                if number not in given:
                    number = _number(guid)
                    while number in taken:
                        number = number % 0x7FFFFFFE + 1
                    taken.add(number)
                yield self._event(session, slot, slot.local_start, guid, number)

    def _event(
        self, session: SessionFacts, slot: SlotFacts, wall: datetime, guid: str, number: int
    ) -> OutgoingEvent:
        start = wall.replace(tzinfo=self.zone)
        end = (start.astimezone(UTC) + timedelta(minutes=slot.length_minutes)).astimezone(self.zone)
        title = self.text(session.title)
        persons = []
        for key in dict.fromkeys(appearance.speaker for appearance in session.appearances):
            speaker = self._speakers[key]
            # Other systems' names of people need not be UUIDs, which these formats want.
            person_guid = speaker.guid if _UUID.fullmatch(speaker.guid) else self.guid_of("speaker", key)
            persons.append(OutgoingPerson(_number(person_guid), person_guid, clean(speaker.name)))
        # The schema asks for four letters on either side: a title of one letter is not enough.
        name = f"{number}-{slugified(title, 50) or 'session'}"
        slug = f"{self.acronym}-{name.ljust(4, '_')}"
        return OutgoingEvent(
            number=number,
            guid=guid,
            slug=slug,
            room=self.room_names.get(slot.room or "", ""),
            start=start,
            end=end,
            title=title,
            subtitle=self.text(session.subtitle),
            kind=session.kind.value,
            track=self._track_names.get(session.track or "", ""),
            language=session.language or (self.conference.languages or ("en",))[0],
            abstract=self.text(session.abstract),
            description="\n\n".join(filter(None, [self.text(session.description), self._parts(session)])),
            persons=tuple(persons),
            licence=clean(session.licence),
            do_not_record=session.do_not_record,
            links=tuple(link for link in session.links if is_web_address(link.url)),
            url=session.url if is_web_address(session.url) else f"{self.base_url}/sessions/{session.key}",
        )

    def _parts(self, session: SessionFacts) -> str:
        lines = []
        for index, part in enumerate(session.parts):
            names = [self._speakers[a.speaker].name for a in session.appearances if a.part == index]
            lines.append(f"- {self.text(part)}" + (f" ({', '.join(names)})" if names else ""))
        return "\n".join(lines)

    def _days(self) -> Iterator[OutgoingDay]:
        by_day: dict[date, list[OutgoingEvent]] = {}
        first, last = self.conference.starts.date(), self.conference.ends.date()
        span = min(max((last - first).days, 0), _LONGEST_EMPTY_SPAN)
        for offset in range(span + 1):
            by_day[first + timedelta(days=offset)] = []
        for event in self.events:
            by_day.setdefault(event.start.date(), []).append(event)
        for index, day in enumerate(sorted(by_day), 1):
            events = sorted(by_day[day], key=lambda e: (e.start.astimezone(UTC), e.room, e.number))
            by_room: dict[str, list[OutgoingEvent]] = {}
            for event in events:
                by_room.setdefault(event.room, []).append(event)
            morning = datetime(day.year, day.month, day.day, tzinfo=self.zone)
            yield OutgoingDay(
                index=index,
                date=day,
                start=min((e.start for e in events), default=morning),
                end=max((e.end for e in events), key=lambda end: end.astimezone(UTC), default=morning),
                rooms=tuple(
                    (name, tuple(by_room.get(name, ())))
                    for name in (*self.room_names.values(), "")
                    if name in by_room or (name and not events)
                ),
            )


def _distinct_names(layout: Layout, rooms: tuple[RoomFacts, ...]) -> dict[str, str]:
    """Room names by key. Files of this family tell rooms apart by name alone, so equal names get their key."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for room in rooms:
        name = " ".join(layout.text(room.name).split()) or room.key
        names[room.key] = name if name not in taken else f"{name} ({room.key})"
        taken.add(names[room.key])
    return names


def _number(guid: str) -> int:
    """A positive 31-bit number from a UUID: apps keep ids in 32 bits."""
    return uuid.UUID(guid).int % 0x7FFFFFFE + 1
