"""A release as plain values: what public pages, calendars and exchange files are made from, and nothing else.

A snapshot is complete and immutable. It is stored as JSON in ``Release.snapshot`` and read back into these
dataclasses. Private sessions (blockers) and people who declined are in none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from conference.texts import LocalText
from sessions.tables import SessionState


@dataclass(frozen=True)
class ReleasedRoom:
    """A room without its vendor's link: that never leaves the organiser's tables. ``capacity`` None = no limit."""

    code: str
    name: LocalText
    capacity: int | None = None
    position: int = 0


@dataclass(frozen=True)
class ReleasedTrack:
    """A track; ``colour`` is "#rrggbb" or ""."""

    code: str
    name: LocalText
    colour: str = ""
    position: int = 0


@dataclass(frozen=True)
class ReleasedSpeaker:
    """What the public may know of a speaker. ``zone`` is where they will be; ``orcid`` as 0000-0002-1825-0097 or "";
    ``photo`` is the path of their picture on this site, "" where there is none."""

    code: str
    name: str
    kind: str = "person"
    pronouns: str = ""
    job_title: str = ""
    organisation: str = ""
    country: str = ""
    zone: str = ""
    biography: LocalText = field(default_factory=dict)
    links: tuple[Mapping[str, str], ...] = ()
    orcid: str = ""
    photo: str = ""


@dataclass(frozen=True)
class ReleasedAppearance:
    """A speaker (by code) in a session. ``part`` is an index into the session's parts, None = the whole of it."""

    speaker: str
    role: str
    part: int | None = None


@dataclass(frozen=True)
class ReleasedSlot:
    """A placing. ``start``/``end`` are aware UTC, ``end`` exclusive; ``local_start`` is the naive wall clock promised
    in the conference's zone. ``id`` is the row's, for foreign keys only. ``sequence`` and ``revised_at`` are those of
    RFC 5545 3.8.7.4 and 3.8.7.3: they move when this slot changes from one release to the next."""

    id: int
    code: str
    guid: str
    room: str
    start: datetime
    end: datetime
    local_start: datetime
    seats: int | None = None
    is_cancelled: bool = False
    sequence: int = 0
    revised_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)

    @property
    def minutes(self) -> int:
        """Elapsed length."""
        return int((self.end - self.start).total_seconds() // 60)


@dataclass(frozen=True)
class ReleasedSession:
    """A session with its placings in order of time. ``id`` is the row's, for foreign keys only."""

    id: int
    code: str
    guid: str
    kind: str
    title: LocalText
    abstract: LocalText = field(default_factory=dict)
    language: str = ""
    track: str | None = None
    state: str = SessionState.ACTIVE.value
    appearances: tuple[ReleasedAppearance, ...] = ()
    parts: tuple[LocalText, ...] = ()
    links: tuple[Mapping[str, str], ...] = ()
    is_recorded: bool = True
    slots: tuple[ReleasedSlot, ...] = ()

    @property
    def is_cancelled(self) -> bool:
        """Whether the whole session is off."""
        return self.state == SessionState.CANCELLED


@dataclass(frozen=True)
class ReleasedProgramme:
    """Everything the public knows of a programme. ``zone`` is the conference's."""

    number: int
    released_at: datetime
    zone: str
    rooms: tuple[ReleasedRoom, ...] = ()
    tracks: tuple[ReleasedTrack, ...] = ()
    speakers: tuple[ReleasedSpeaker, ...] = ()
    sessions: tuple[ReleasedSession, ...] = ()

    @cached_property
    def room_by_code(self) -> dict[str, ReleasedRoom]:
        """Rooms by code."""
        return {room.code: room for room in self.rooms}

    @cached_property
    def track_by_code(self) -> dict[str, ReleasedTrack]:
        """Tracks by code."""
        return {track.code: track for track in self.tracks}

    @cached_property
    def speaker_by_code(self) -> dict[str, ReleasedSpeaker]:
        """Speakers by code."""
        return {speaker.code: speaker for speaker in self.speakers}

    @cached_property
    def session_by_code(self) -> dict[str, ReleasedSession]:
        """Sessions by code."""
        return {session.code: session for session in self.sessions}

    @cached_property
    def slot_by_code(self) -> dict[str, tuple[ReleasedSession, ReleasedSlot]]:
        """Each slot with its session, by the slot's code."""
        return {slot.code: (session, slot) for session in self.sessions for slot in session.slots}

    @cached_property
    def slot_by_id(self) -> dict[int, tuple[ReleasedSession, ReleasedSlot]]:
        """Each slot with its session, by the slot's row id."""
        return {slot.id: (session, slot) for session in self.sessions for slot in session.slots}

    @cached_property
    def placings(self) -> tuple[tuple[ReleasedSession, ReleasedSlot], ...]:
        """Every slot with its session, in order of time, then of room."""
        rooms = {room.code: (room.position, index) for index, room in enumerate(self.rooms)}
        pairs = [(session, slot) for session in self.sessions for slot in session.slots]
        last = (len(rooms), len(rooms))
        return tuple(sorted(pairs, key=lambda p: (p[1].start, rooms.get(p[1].room, last), p[1].code)))


def encode(programme: ReleasedProgramme) -> str:
    """The programme as JSON: equal programmes give equal text."""
    return json.dumps(
        asdict(programme), default=_plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a snapshot")


def decode(stored: str) -> ReleasedProgramme:
    """The programme from what ``encode`` wrote, by this version or an earlier one (unknown keys are passed over)."""
    raw: dict[str, Any] = json.loads(stored)
    return ReleasedProgramme(
        number=raw["number"],
        released_at=datetime.fromisoformat(raw["released_at"]),
        zone=raw["zone"],
        rooms=tuple(ReleasedRoom(**_known(ReleasedRoom, row)) for row in raw["rooms"]),
        tracks=tuple(ReleasedTrack(**_known(ReleasedTrack, row)) for row in raw["tracks"]),
        speakers=tuple(
            ReleasedSpeaker(**{**_known(ReleasedSpeaker, row), "links": tuple(row["links"])})
            for row in raw["speakers"]
        ),
        sessions=tuple(_session(row) for row in raw["sessions"]),
    )


def _session(row: dict[str, Any]) -> ReleasedSession:
    return ReleasedSession(
        **{
            **_known(ReleasedSession, row),
            "appearances": tuple(
                ReleasedAppearance(**_known(ReleasedAppearance, item)) for item in row["appearances"]
            ),
            "parts": tuple(row["parts"]),
            "links": tuple(row["links"]),
            "slots": tuple(_slot(item) for item in row["slots"]),
        }
    )


def _slot(row: dict[str, Any]) -> ReleasedSlot:
    times = {
        name: datetime.fromisoformat(row[name]) for name in ("start", "end", "local_start", "revised_at")
    }
    return ReleasedSlot(**{**_known(ReleasedSlot, row), **times})


def _known(shape: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in shape.__dataclass_fields__ if name in row}
