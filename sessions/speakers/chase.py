"""Who of the speakers still owes what, the longest waiting first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sessions.speakers.audience import Missing, SpeakerRow

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Owing:
    """A speaker who owes something. ``invited_at`` and ``reminded_at`` (UTC) are of what they have not answered:
    the first invitation and the last reminder, None where there was none. ``uninvited`` counts what nobody has asked."""

    row: SpeakerRow
    missing: tuple[Missing, ...]
    invited_at: datetime | None
    reminded_at: datetime | None
    uninvited: int


def owing(rows: Iterable[SpeakerRow]) -> list[Owing]:
    """Those of the speakers who owe something: unanswered invitations first, the oldest at the top, then by name."""
    found = [_owing(row) for row in rows if row.missing]
    return sorted(
        found,
        key=lambda one: (
            Missing.ANSWER not in one.missing,
            one.invited_at or _NEVER,
            one.row.name.casefold(),
        ),
    )


def owed(rows: Iterable[SpeakerRow]) -> dict[str, int]:
    """How many speakers owe each thing, in the order of Missing; what nobody owes is left out."""
    counted = Counter(what for row in rows for what in row.missing)
    return {what.value: counted[what] for what in Missing if counted[what]}


def _owing(row: SpeakerRow) -> Owing:
    invited = [one.invited_at for one in row.waiting if one.invited_at is not None]
    reminded = [one.reminded_at for one in row.waiting if one.reminded_at is not None]
    return Owing(
        row=row,
        missing=tuple(what for what in Missing if what in row.missing),
        invited_at=min(invited, default=None),
        reminded_at=max(reminded, default=None),
        uninvited=sum(one.invited_at is None for one in row.waiting),
    )
