"""A whole programme as plain values: what every file format is read into and written from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import ClassVar

from conference.errors import DomainError
from conference.i18n import ngettext
from conference.texts import LocalText
from sessions.tables import AppearanceRole, SessionKind, SpeakerKind

SHOWN_OF_A_KIND = 5
PLAUSIBLE_YEARS = range(1970, 2200)  # computers that hold conferences, and dates all arithmetic stays within


class ImportRefused(DomainError):
    """The file cannot be read as a programme; nothing of it was taken."""

    http_status: ClassVar[int] = 422


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


@dataclass(frozen=True)
class RoomFacts:
    """A room. ``capacity`` None is no limit. ``illustrative`` marks what was made up for the demo, here and below."""

    key: str
    name: LocalText
    capacity: int | None = None
    illustrative: bool = False


@dataclass(frozen=True)
class TrackFacts:
    """A track. ``colour`` is "#rrggbb" or ""."""

    key: str
    name: LocalText
    colour: str = ""


@dataclass(frozen=True)
class SpeakerFacts:
    """A speaker. ``role`` is their job title, ``country`` ISO 3166-1 alpha-2 or "", ``zone`` IANA or ""."""

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


@dataclass(frozen=True)
class AppearanceFacts:
    """A speaker (by key) in a session, or in the part of it with this index."""

    speaker: str
    role: AppearanceRole = AppearanceRole.PRESENTER
    part: int | None = None


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


@dataclass(frozen=True)
class SessionFacts:
    """A session, with at least one slot. Texts are Markdown; ``language`` "" is the conference's first."""

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


@dataclass(frozen=True)
class Doubt:
    """Something the reader had to decide. ``where`` is a place in the file, ``message`` one sentence."""

    where: str
    message: str


@dataclass(frozen=True)
class ReadResult:
    """What a file says, and what was doubtful in it."""

    programme: ProgrammeFile
    doubts: tuple[Doubt, ...]


class Doubts:
    """Doubts as they arise. Of each kind the first few are kept in full and the rest counted."""

    def __init__(self) -> None:
        self._found: dict[str, list[Doubt]] = {}
        self._more: dict[str, int] = {}

    def add(self, kind: str, where: str, message: str) -> None:
        """Note a doubt; ``kind`` groups those that say the same thing."""
        found = self._found.setdefault(kind, [])
        if len(found) < SHOWN_OF_A_KIND:
            found.append(Doubt(where, message))
        else:
            self._more[kind] = self._more.get(kind, 0) + 1

    def listed(self) -> tuple[Doubt, ...]:
        """All of them, kind by kind in order of first appearance."""
        result: list[Doubt] = []
        for kind, found in self._found.items():
            result.extend(found)
            if more := self._more.get(kind):
                words = ngettext("and %(count)d more like it", "and %(count)d more like these", more)
                result.append(Doubt("…", words % {"count": more}))
        return tuple(result)


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
