"""A whole programme as plain values: what every file format is read into and written from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import ClassVar

from conference.errors import DomainError
from conference.i18n import ngettext
from conference.texts import LocalText
from sessions.door.facts import DoorFacts
from sessions.tables import (
    AppearanceRole,
    AppearanceState,
    AvailabilityKind,
    ConsentState,
    SessionKind,
    SpeakerKind,
)

SHOWN_OF_A_KIND = 5  # where doubts are shortened for a reader
MOST_OF_A_KIND = 1000  # that are kept at all
PLAUSIBLE_YEARS = range(1970, 2200)  # computers that hold conferences, and dates all arithmetic stays within


class ImportRefused(DomainError):
    """The file cannot be read as a programme; nothing of it was taken."""

    http_status: ClassVar[int] = 422


class DatesNeeded(ImportRefused):
    """The file says at what hours, but on no date: whoever imports it must say on which day the conference begins."""


@dataclass(frozen=True)
class LinkFacts:
    """An http(s) address with the words it is shown by (may be "")."""

    url: str
    title: str = ""


@dataclass(frozen=True)
class PartnerFacts:
    """An organisation named beside the conference. ``role`` is "partner" or "funder"."""

    name: str
    url: str = ""
    role: str = "partner"


@dataclass(frozen=True)
class ConferenceFacts:
    """The event. ``starts`` and ``ends`` are naive wall-clock times in ``zone``; the first language is the default."""

    slug: str
    name: LocalText
    zone: str
    starts: datetime
    ends: datetime
    tagline: LocalText = field(default_factory=dict)
    description: LocalText = field(default_factory=dict)
    languages: tuple[str, ...] = ("en",)
    audience: LocalText = field(default_factory=dict)
    themes: tuple[str, ...] = ()
    price: str = ""
    organiser_name: str = ""
    organiser_url: str = ""
    url: str = ""
    partners: tuple[PartnerFacts, ...] = ()
    contact_email: str = ""
    privacy: LocalText = field(default_factory=dict)
    early_entry_minutes: int = 15
    is_listed: bool = True


@dataclass(frozen=True)
class OpenHours:
    """A stretch in which a room is open, as naive wall-clock times in the conference's zone, ``ends`` exclusive."""

    starts: datetime
    ends: datetime


@dataclass(frozen=True)
class RoomFacts:
    """A room. ``capacity`` None is no limit, no ``open_hours`` always open; ``vendor_url``, ``getting_in`` (Markdown: help
    for who cannot get in) and ``dial_in`` are private.

    ``illustrative`` marks what was made up for the demo, here and below.
    """

    key: str
    name: LocalText
    capacity: int | None = None
    illustrative: bool = False
    open_hours: tuple[OpenHours, ...] = ()
    vendor_url: str = ""
    getting_in: LocalText = field(default_factory=dict)
    dial_in: LocalText = field(default_factory=dict)


@dataclass(frozen=True)
class TrackFacts:
    """A track. ``colour`` is "#rrggbb" or ""."""

    key: str
    name: LocalText
    colour: str = ""


@dataclass(frozen=True)
class AvailabilityFacts:
    """A stretch of time that suits a speaker: aware instants in UTC, ``ends`` exclusive."""

    starts: datetime
    ends: datetime
    kind: AvailabilityKind = AvailabilityKind.AVAILABLE


@dataclass(frozen=True)
class SpeakerFacts:
    """A speaker. ``role`` is their job title, ``country`` ISO 3166-1 alpha-2 or "", ``zone`` IANA or "".

    From ``language`` on (that of mails to them) everything is private. ``availability_given_at`` None means that they
    have not said when they can.
    """

    key: str
    name: str
    kind: SpeakerKind = SpeakerKind.PERSON
    role: str = ""
    organisation: str = ""
    country: str = ""
    zone: str = ""
    biography: LocalText = field(default_factory=dict)
    links: tuple[LinkFacts, ...] = ()
    guid: str = ""
    pronouns: str = ""
    orcid: str = ""
    language: str = ""
    email: str = ""
    access_needs: str = ""
    technical_needs: str = ""
    internal_notes: str = ""
    availability: tuple[AvailabilityFacts, ...] = ()
    availability_given_at: datetime | None = None


@dataclass(frozen=True)
class AppearanceFacts:
    """A speaker (by key) in a session, or in the part of it with this index; from ``state`` on it is private.

    Instants are aware UTC.
    """

    speaker: str
    role: AppearanceRole = AppearanceRole.PRESENTER
    part: int | None = None
    state: AppearanceState = AppearanceState.PLANNED
    invited_at: datetime | None = None
    reminded_at: datetime | None = None
    answered_at: datetime | None = None
    answer_note: str = ""
    recording_consent: ConsentState = ConsentState.UNKNOWN
    publishing_consent: ConsentState = ConsentState.UNKNOWN


@dataclass(frozen=True)
class SlotFacts:
    """One placing of a session.

    ``room`` is a room's key, None when the file names none. ``local_start`` is naive wall-clock time in the
    conference's zone (its ``fold`` tells the second of two equal hours), None when unscheduled. ``guid`` is a lower-case
    UUID, or "" for the writers to derive one; ``number`` the positive id of the frab family, if the file gave one.
    """

    room: str | None
    local_start: datetime | None
    length_minutes: int
    seats: int | None = None
    guid: str = ""
    number: int | None = None
    is_cancelled: bool = False


@dataclass(frozen=True)
class SessionFacts:
    """A session, with at least one slot. Texts are Markdown; ``language`` "" is the conference's first.

    ``recording_url`` (the vendor's) and ``internal_notes`` are private.
    """

    key: str
    kind: SessionKind
    title: LocalText
    slots: tuple[SlotFacts, ...]
    guid: str = ""
    subtitle: LocalText = field(default_factory=dict)
    abstract: LocalText = field(default_factory=dict)
    description: LocalText = field(default_factory=dict)
    language: str = ""
    track: str | None = None
    appearances: tuple[AppearanceFacts, ...] = ()
    parts: tuple[LocalText, ...] = ()
    do_not_record: bool = False
    licence: str = ""
    links: tuple[LinkFacts, ...] = ()
    url: str = ""
    questions: bool = False
    illustrative: bool = False
    is_cancelled: bool = False
    recording_url: str = ""
    internal_notes: str = ""


@dataclass(frozen=True)
class RulesFacts:
    """What the conference asks of its schedule; fields as in ``sessions.tables.ScheduleRules``. Private."""

    levels: dict[str, str] = field(default_factory=dict)
    day_starts: int = 0
    day_ends: int = 1440
    speaker_earliest: int = 7 * 60
    speaker_latest: int = 22 * 60
    bearable_from: int = 7 * 60
    bearable_until: int = 22 * 60
    edge_minutes: int = 60
    gap_minutes: int = 10
    expected_audience: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class PackFacts:
    """A resource pack to come: of which sessions (keys), and which kinds of resource are expected in it."""

    key: str
    title: LocalText
    sessions: tuple[str, ...] = ()
    expects: tuple[str, ...] = ()
    note: LocalText = field(default_factory=dict)


@dataclass(frozen=True)
class ProgrammeFile:
    """A whole programme. Keys are unique among their kind, and every key referred to is there."""

    conference: ConferenceFacts
    rooms: tuple[RoomFacts, ...] = ()
    tracks: tuple[TrackFacts, ...] = ()
    speakers: tuple[SpeakerFacts, ...] = ()
    sessions: tuple[SessionFacts, ...] = ()
    packs: tuple[PackFacts, ...] = ()
    rules: RulesFacts | None = None  # None: the usual ones
    doors: DoorFacts | None = None  # private; None: the usual ones


@dataclass(frozen=True)
class Doubt:
    """Something the reader had to decide. ``where`` is a place in the file, ``message`` one sentence that says what
    was found and what was assumed; doubts of one ``kind`` say the same thing of different places."""

    where: str
    message: str
    kind: str = ""


@dataclass(frozen=True)
class ReadResult:
    """What a file says, and what was doubtful in it."""

    programme: ProgrammeFile
    doubts: tuple[Doubt, ...]


class Doubts:
    """Doubts as they arise: all of each kind, up to a number that no person reads to its end."""

    def __init__(self) -> None:
        self._found: dict[str, list[Doubt]] = {}
        self._more: dict[str, int] = {}

    def add(self, kind: str, where: str, message: str) -> None:
        """Note a doubt; ``kind`` groups those that say the same thing."""
        found = self._found.setdefault(kind, [])
        if len(found) < MOST_OF_A_KIND:
            found.append(Doubt(where, message, kind))
        else:
            self._more[kind] = self._more.get(kind, 0) + 1

    def listed(self) -> tuple[Doubt, ...]:
        """All of them, kind by kind in order of first appearance."""
        result: list[Doubt] = []
        for kind, found in self._found.items():
            result.extend(found)
            if more := self._more.get(kind):
                result.append(_and_more(kind, more))
        return tuple(result)


def shortened(doubts: Sequence[Doubt], most: int = SHOWN_OF_A_KIND) -> list[Doubt]:
    """The doubts kind by kind, of each the first ``most`` and a count of the others."""
    kinds: dict[str, list[Doubt]] = {}
    for doubt in doubts:
        kinds.setdefault(doubt.kind, []).append(doubt)
    result: list[Doubt] = []
    for kind, found in kinds.items():
        result.extend(found[:most] if kind else found)
        if kind and len(found) > most:
            result.append(_and_more(kind, len(found) - most))
    return result


def _and_more(kind: str, more: int) -> Doubt:
    words = ngettext("and %(count)d more like it", "and %(count)d more like these", more)
    return Doubt("…", words % {"count": more}, kind)


def moved(programme: ProgrammeFile, to_date: date) -> ProgrammeFile:
    """The programme with its first day on ``to_date``: every wall-clock time moves by the same whole days.

    Clock times stay as they were announced, so the instants follow the zone's rules of the new date.
    """
    days = timedelta(days=(to_date - programme.conference.starts.date()).days)

    def moved_slot(slot: SlotFacts) -> SlotFacts:
        return replace(slot, local_start=slot.local_start and slot.local_start + days)

    conference = replace(
        programme.conference, starts=programme.conference.starts + days, ends=programme.conference.ends + days
    )
    sessions = tuple(
        replace(session, slots=tuple(moved_slot(slot) for slot in session.slots))
        for session in programme.sessions
    )
    return replace(programme, conference=conference, sessions=sessions)


def unique_key(wanted: str, taken: Collection[str]) -> str:
    """``wanted``, or ``wanted-2``, ``wanted-3`` … where that is taken. ``taken`` should look up fast (a set or dict)."""
    key, number = wanted, 1
    while key in taken:
        # After a few tries go past all of them: a hostile file may hold one name thousands of times.
        number = number + 1 if number < 20 else max(number, len(taken)) + 1
        key = f"{wanted}-{number}"
    return key
