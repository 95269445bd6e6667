"""What stands on a certificate of attendance: plain values, made of stays and the programme, kept as JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

from conference.texts import LocalText
from registration.attending.hours import Stay, attended, minutes_by_slot, whole_minutes
from sessions.programme.snapshot import ReleasedProgramme
from sessions.tables import SessionKind

NOT_COUNTED = frozenset({SessionKind.BREAK.value, SessionKind.BLOCKER.value})


@dataclass(frozen=True)
class Attended:
    """A session as the certificate lists it; ``start`` and ``end`` are aware UTC, ``minutes`` those spent in it."""

    title: LocalText
    start: datetime
    end: datetime
    minutes: int


@dataclass(frozen=True)
class Issuer:
    """Who gives the certificate: the organisation, and the person who signs for it."""

    organisation: str = ""
    signed_by: str = ""
    signed_as: LocalText | None = None


@dataclass(frozen=True)
class CertificateFacts:
    """All that a certificate says. ``minutes`` are of the union of the sessions; ``zone`` is the person's, ``home`` the
    conference's."""

    name: str
    conference: LocalText
    starts_on: date
    ends_on: date
    home: str
    zone: str
    issuer: Issuer
    minutes: int
    sessions: tuple[Attended, ...]

    def to_json(self) -> str:
        """As ``Certificate.facts`` keeps them: equal facts are equal texts."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, default=_plain)

    @classmethod
    def from_json(cls, stored: str) -> CertificateFacts:
        """As they were kept."""
        found: dict[str, Any] = json.loads(stored)
        sessions = tuple(
            Attended(
                one["title"],
                datetime.fromisoformat(one["start"]),
                datetime.fromisoformat(one["end"]),
                one["minutes"],
            )
            for one in found["sessions"]
        )
        days = {name: date.fromisoformat(found[name]) for name in ("starts_on", "ends_on")}
        return cls(**{**found, **days, "issuer": Issuer(**found["issuer"]), "sessions": sessions})


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a certificate keeps no {type(value).__name__}")


@dataclass(frozen=True)
class Noted:
    """A stay as it was noted: in which slot (row id), from when, until when (None: until its end)."""

    slot: int
    came: datetime
    left: datetime | None


def stays_in(programme: ReleasedProgramme | None, noted: Iterable[Noted]) -> list[Stay]:
    """The stays that may count, at the times that are published; not those in breaks, or in what did not take place."""
    if programme is None:
        return []
    stays = []
    for one in noted:
        if one.slot not in programme.slot_by_id:
            continue
        session, slot = programme.slot_by_id[one.slot]
        if not (session.is_cancelled or slot.is_cancelled or session.kind in NOT_COUNTED):
            stays.append(Stay(slot.code, slot.start, slot.end, one.came, one.left))
    return stays


def attended_sessions(
    programme: ReleasedProgramme | None, noted: Iterable[Noted]
) -> tuple[list[Attended], int]:
    """The sessions of which something counts, in order of time, and the minutes of all of them, each counted once."""
    stays = stays_in(programme, noted)
    by_slot = minutes_by_slot(stays)
    sessions = [
        Attended(dict(session.title), slot.start, slot.end, by_slot[slot.code])
        for session, slot in (programme.placings if programme else ())
        if by_slot.get(slot.code)
    ]
    return sessions, whole_minutes(attended(stays))


def last_end(programme: ReleasedProgramme | None) -> datetime | None:
    """When the last session that takes place ends (UTC); None while nothing is published."""
    ends = [
        slot.end
        for session, slot in (programme.placings if programme else ())
        if not (session.is_cancelled or slot.is_cancelled)
    ]
    return max(ends, default=None)


def is_over(programme: ReleasedProgramme | None, now: datetime) -> bool:
    """Whether the last session that takes place has ended; never while nothing is published."""
    end = last_end(programme)
    return end is not None and end <= now
