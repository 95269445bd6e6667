"""What readers find in files of any kind, before it is brought together: nothing is checked, cut or joined yet."""

from __future__ import annotations

from dataclasses import dataclass, field

from conference.texts import LocalText
from sessions.interchange.model import LinkFacts
from sessions.interchange.written_times import Moment
from sessions.tables import AppearanceRole, SpeakerKind

MOST_SESSIONS = 20_000
MOST_PEOPLE = 40_000
DEFAULT = ""  # the language of a text by language that stands for the conference's
Text = str | LocalText  # a plain text is in the language of what it belongs to


@dataclass(slots=True)
class FoundRoom:
    """A room. ``ids`` are what placings call it, beside its name."""

    name: Text
    ids: tuple[str, ...] = ()
    capacity: int | None = None


@dataclass(slots=True)
class FoundTrack:
    """A track; ``colour`` as the file writes it."""

    name: Text
    ids: tuple[str, ...] = ()
    colour: str = ""


@dataclass(slots=True)
class FoundPerson:
    """A person, or in a session the mention of one: then ``ids`` or ``name`` alone are enough, and ``role`` may be set."""

    where: str
    name: Text = ""
    ids: tuple[str, ...] = ()
    kind: SpeakerKind = SpeakerKind.PERSON
    role: AppearanceRole | None = None
    pronouns: str = ""
    job_title: str = ""
    organisation: str = ""
    country: str = ""
    zone: str = ""
    orcid: str = ""
    email: str = ""
    biography: Text = ""
    language: str = ""  # of mails to them
    access_needs: str = ""
    technical_needs: str = ""
    notes: str = ""
    links: list[LinkFacts] = field(default_factory=list)


@dataclass(slots=True)
class FoundTime:
    """A placing. ``room`` is a room's id or name; ``end`` serves where ``minutes`` is None."""

    where: str
    start: Moment | None = None
    end: Moment | None = None
    minutes: int | None = None
    room: str = ""
    seats: int | None = None


@dataclass(slots=True)
class FoundSession:
    """A session. ``kind`` is what the file calls it, ``track`` a track's id or name.

    ``is_placing`` marks an entry that only says where and when the session of that id, told elsewhere, is held.
    """

    where: str
    title: Text = ""
    ids: tuple[str, ...] = ()
    subtitle: Text = ""
    abstract: Text = ""
    description: Text = ""
    kind: str = ""
    track: str = ""
    language: str = ""
    people: list[FoundPerson] = field(default_factory=list)
    times: list[FoundTime] = field(default_factory=list)
    links: list[LinkFacts] = field(default_factory=list)
    url: str = ""
    guid: str = ""
    licence: str = ""
    do_not_record: bool = False
    is_break: bool = False
    is_placing: bool = False
    is_cancelled: bool = False
    file_language: str = ""  # of files that are translations of each other


@dataclass(slots=True)
class Found:
    """Everything one file says. ``days`` are those of the conference itself, where the file names them."""

    kind: str  # what the file is, in the reader's language
    name: Text = ""
    slug: str = ""
    zone: str = ""
    description: Text = ""
    tagline: Text = ""
    url: str = ""
    language: str = ""
    tells_people: bool = True  # whether files of this kind name speakers at all
    days: list[Moment] = field(default_factory=list)
    rooms: list[FoundRoom] = field(default_factory=list)
    tracks: list[FoundTrack] = field(default_factory=list)
    people: list[FoundPerson] = field(default_factory=list)
    sessions: list[FoundSession] = field(default_factory=list)


def joined(found: list[Found]) -> Found:
    """Several files as one. Of the facts about the conference the first that names one holds."""
    whole = Found(kind=", ".join(dict.fromkeys(one.kind for one in found)))
    whole.tells_people = any(one.tells_people for one in found)
    for one in found:
        for fact in ("name", "slug", "zone", "description", "tagline", "url", "language"):
            if not getattr(whole, fact):
                setattr(whole, fact, getattr(one, fact))
        whole.days.extend(one.days)
        whole.rooms.extend(one.rooms)
        whole.tracks.extend(one.tracks)
        whole.people.extend(one.people)
        for session in one.sessions:
            session.file_language = one.language
        whole.sessions.extend(one.sessions)
    return whole
