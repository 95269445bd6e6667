"""What is on at a moment, what comes next, and until when that answer holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sessions.programme.filters import Placing
from sessions.programme.snapshot import ReleasedProgramme
from sessions.tables import SessionKind


class Phase(StrEnum):
    """Where a conference stands."""

    UNKNOWN = "unknown"  # nothing is placed, or everything is cancelled
    BEFORE = "before"
    ON = "on"  # something is on at this moment
    BETWEEN = "between"  # nothing is, and more will be
    OVER = "over"


@dataclass(frozen=True)
class NowNext:
    """``on`` is what is on now, ``coming`` what starts next, all that starts at that same instant; where that is
    breaks alone, also what begins after them.

    ``changes_at`` is the next instant at which the answer is another: something starts or ends; None when never again.
    """

    phase: Phase
    on: tuple[Placing, ...]
    coming: tuple[Placing, ...]
    changes_at: datetime | None

    @property
    def next_start(self) -> datetime | None:
        """When the next thing starts."""
        return self.coming[0][1].start if self.coming else None


def now_and_next(programme: ReleasedProgramme, now: datetime) -> NowNext:
    """How things stand at ``now`` (aware). Cancelled slots are on at no time; ends are exclusive."""
    standing = [
        (session, slot)
        for session, slot in programme.placings
        if not slot.is_cancelled and not session.is_cancelled
    ]
    on = tuple(pair for pair in standing if pair[1].start <= now < pair[1].end)
    later = [pair for pair in standing if pair[1].start > now]
    first = min((slot.start for _session, slot in later), default=None)
    coming = [pair for pair in later if pair[1].start == first]
    if all(session.kind == SessionKind.BREAK for session, _slot in coming):
        sessions = [pair for pair in later if pair[0].kind != SessionKind.BREAK]
        coming += [pair for pair in sessions if pair[1].start == sessions[0][1].start]
    edges = [slot.end for _session, slot in on] + ([first] if first else [])
    return NowNext(_phase(standing, on, later), on, tuple(coming), min(edges, default=None))


def _phase(standing: list[Placing], on: tuple[Placing, ...], later: list[Placing]) -> Phase:
    if not standing:
        return Phase.UNKNOWN
    if on:
        return Phase.ON
    if len(later) == len(standing):
        return Phase.BEFORE
    return Phase.BETWEEN if later else Phase.OVER
