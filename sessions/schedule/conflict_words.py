"""A clash as a card, a list and a page show it: two words, a sentence, what it does. Plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from conference import dates
from conference.i18n import _
from sessions.schedule.conflict_kinds import GRAVITY, LEVEL_ORDER, ConflictKind, Level
from sessions.schedule.conflict_sentences import Facts, sentence
from sessions.schedule.draft import DraftSlot
from sessions.schedule.placements import Conflict

__all__ = [
    "Clash",
    "ClashLine",
    "Facts",
    "all_clash_lines",
    "badge_words",
    "clash_lines",
    "clash_of",
    "clashes_of",
    "level_words",
]

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Clash:
    """A clash as one of its cards shows it: ``badge`` in two words, ``text`` in a sentence without its full stop.

    ``level`` is a Level's value, and ``level_words`` what it means, so that gravity is never told by colour alone.
    """

    kind: str
    badge: str
    text: str
    level: str = Level.WARN.value
    level_words: str = ""


@dataclass(frozen=True)
class ClashLine:
    """A clash in a list: of the slot ``code`` at ``time`` of ``day``, which are the conference's.

    ``other`` is the code of the slot it clashes with, "" when it breaks a rule by itself.
    """

    code: str
    time: str
    title: str
    text: str
    level: str = Level.WARN.value
    level_words: str = ""
    badge: str = ""
    other: str = ""
    day: date | None = None


def badge_words(kind: ConflictKind) -> str:
    """The kind of clash in two words."""
    return {
        ConflictKind.ROOM: _("Room clash"),
        ConflictKind.CHAIR: _("Chair clash"),
        ConflictKind.INTERPRETER: _("Interpreter clash"),
        ConflictKind.SPEAKER: _("Speaker clash"),
        ConflictKind.ROOM_CLOSED: _("Room closed"),
        ConflictKind.BLOCKER: _("Kept free"),
        ConflictKind.UNAVAILABLE: _("Not available"),
        ConflictKind.OUTSIDE_DAY: _("Outside the day"),
        ConflictKind.CAPACITY: _("Room too small"),
        ConflictKind.ANTISOCIAL: _("Antisocial hour"),
        ConflictKind.GAP: _("Short gap"),
        ConflictKind.TRACK: _("Track clash"),
        ConflictKind.IF_NEEDED: _("Only if needed"),
    }[kind]


def level_words(level: Level) -> str:
    """What a clash of this level does, in words."""
    return {
        Level.BLOCK: _("Not allowed"),
        Level.BLOCK_RELEASE: _("Blocks the release"),
        Level.WARN: _("Warning"),
        Level.IGNORE: _("Ignored"),
    }[level]


def clash_of(slot: DraftSlot, conflict: Conflict, other: DraftSlot | None, facts: Facts) -> Clash:
    """The clash as the slot's card tells it. ``other`` is the slot it clashes with, None when it breaks a rule by itself."""
    return Clash(
        conflict.kind.value,
        badge_words(conflict.kind),
        sentence(slot, conflict, other, facts),
        conflict.level.value,
        level_words(conflict.level),
    )


def clashes_of(
    slot: DraftSlot, conflicts: Iterable[Conflict], others: Mapping[int, DraftSlot], facts: Facts
) -> tuple[Clash, ...]:
    """The slot's clashes in words, the gravest first. ``others`` holds the slots they are with; one not there is left out."""
    found = []
    for conflict in sorted(conflicts, key=_gravity):
        partner = conflict.partner(slot.id)
        if partner is None or partner in others:
            found.append(clash_of(slot, conflict, others[partner] if partner is not None else None, facts))
    return tuple(found)


def clash_lines(
    day: date,
    day_of: Mapping[int, date],
    conflicts: Iterable[Conflict],
    slots: Mapping[int, DraftSlot],
    facts: Facts,
) -> list[ClashLine]:
    """The day's clashes, each once: the gravest level first, then in order of time."""
    today = [conflict for conflict in conflicts if day in {day_of.get(slot) for slot in conflict.slots}]
    return all_clash_lines(today, slots, facts)


def all_clash_lines(
    conflicts: Iterable[Conflict], slots: Mapping[int, DraftSlot], facts: Facts
) -> list[ClashLine]:
    """Clashes of any day, each once, told of the later of its slots: the gravest level first, then in order of time."""
    found = []
    for conflict in conflicts:
        *earlier, later = sorted(
            (slots[one] for one in conflict.slots), key=lambda slot: (slot.start or _NEVER, slot.id)
        )
        other = earlier[0] if earlier else None
        clash = clash_of(later, conflict, other, facts)
        start = later.start or _NEVER
        line = ClashLine(
            code=later.code,
            time=dates.clock_time(start, facts.zone, facts.language),
            title=later.title,
            text=clash.text,
            level=clash.level,
            level_words=clash.level_words,
            badge=clash.badge,
            other=other.code if other else "",
            day=dates.local_date(start, facts.zone) if later.start else None,
        )
        found.append((LEVEL_ORDER[conflict.level], start, GRAVITY[conflict.kind], later.code, line))
    return [line for *_order, line in sorted(found, key=lambda row: (*row[:4], row[4].text))]


def _gravity(conflict: Conflict) -> tuple[int, int, Conflict]:
    return LEVEL_ORDER[conflict.level], GRAVITY[conflict.kind], conflict
