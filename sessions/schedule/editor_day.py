"""The schedule editor's day, as plain values: days to go to, the grid and its lanes, what clashes with what, clocks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from conference import dates
from conference.errors import DomainError
from conference.timezones import offset_at, to_utc, zone
from sessions.schedule.conflicts import Conflict
from sessions.schedule.draft import DraftRoom, DraftSlot
from sessions.schedule.editor_cards import Card, Facts, card

DAY_FROM, DAY_TO = 8, 20
"""Hours every day's grid shows, even an empty one."""

MOST_HOURS = 30
"""A grid goes on to 06:00 of the next day at most, for what runs past midnight."""

Moment = tuple[int, int]
Differences = tuple[Moment, ...]


@dataclass(frozen=True)
class Column:
    """A room of the grid with its cards in order of time."""

    code: str
    name: str
    cards: tuple[Card, ...]
    is_hidden: bool = False


@dataclass(frozen=True)
class Band:
    """A day of the grid: its hours (``end_hour`` exclusive, up to 30 for 06:00 of the next day) and its rooms."""

    day: date
    label: str
    first_hour: int
    end_hour: int
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class DayTab:
    """A day one may go to: how much is on, and how many clashes and warnings there are.

    A clash blocks a release or should; a warning does not. ``is_outside`` the conference's dates.
    """

    day: date
    label: str
    slots: int
    clashes: int
    is_outside: bool
    warnings: int = 0


def day_tabs(
    first: date,
    last: date,
    day_of: Mapping[int, date],
    conflicts: Iterable[Conflict],
    language: str,
) -> list[DayTab]:
    """Every day of the conference, and every other day that something stands on, in order."""
    slots: dict[date, int] = defaultdict(int)
    for day in day_of.values():
        slots[day] += 1
    clashes: dict[date, int] = defaultdict(int)
    warnings: dict[date, int] = defaultdict(int)
    for conflict in conflicts:
        counts = clashes if conflict.level.blocks_release else warnings
        for day in {day_of[slot] for slot in conflict.slots if slot in day_of}:
            counts[day] += 1
    days = {first + timedelta(days=count) for count in range(min((last - first).days, 366) + 1)} | set(slots)
    return [
        DayTab(
            day,
            dates.short_day(day, language),
            slots[day],
            clashes[day],
            not first <= day <= last,
            warnings[day],
        )
        for day in sorted(days)
    ]


def chosen_day(asked: str, tabs: Sequence[DayTab]) -> date:
    """The day asked for when it is one of the tabs, else the first with anything on it, else the first."""
    by_name = {tab.day.isoformat(): tab.day for tab in tabs}
    if asked in by_name:
        return by_name[asked]
    return next((tab.day for tab in tabs if tab.slots), tabs[0].day)


def hours_shown(slots: Iterable[DraftSlot], *, whole_day: bool = False) -> tuple[int, int]:
    """First hour and end (exclusive, up to 30 for 06:00 the next day) of a day's grid."""
    first, end = (0, 24) if whole_day else (DAY_FROM, DAY_TO)
    for slot in slots:
        if slot.local_start is not None:
            first = min(first, slot.local_start.hour)
            minutes = slot.local_start.hour * 60 + slot.local_start.minute + slot.length_minutes
            end = max(end, min(MOST_HOURS, -(-minutes // 60)))
    return first, end


def lanes_of(slots: Iterable[DraftSlot]) -> dict[int, tuple[int, int]]:
    """Lane and number of lanes by slot id, so that what overlaps in a room stands side by side.

    Slots that touch one another, directly or through others, share the same number of lanes.
    """
    found: dict[int, tuple[int, int]] = {}
    cluster: list[tuple[int, int]] = []  # (slot id, lane)
    ends: list[datetime] = []  # of each lane
    for slot in sorted(slots, key=lambda slot: (slot.start or datetime.min.replace(tzinfo=UTC), slot.id)):
        if slot.start is None or slot.end is None:
            continue
        if cluster and max(ends) <= slot.start:
            found |= {member: (lane, len(ends)) for member, lane in cluster}
            cluster, ends = [], []
        lane = next((number for number, end in enumerate(ends) if end <= slot.start), len(ends))
        if lane == len(ends):
            ends.append(slot.end)
        else:
            ends[lane] = slot.end
        cluster.append((slot.id, lane))
    return found | {member: (lane, len(ends)) for member, lane in cluster}


def columns(
    slots: Sequence[DraftSlot],
    rooms: Sequence[DraftRoom],
    conflicts: Mapping[int, list[Conflict]],
    others: Mapping[int, DraftSlot],
    facts: Facts,
    shown: Callable[[str], bool] = lambda _code: True,
) -> list[Column]:
    """The grid of a day: ``slots`` are those of the day, ``others`` also holds what they clash with.

    ``shown`` says of a room's code whether it is to be seen; the others are there, hidden.
    """
    in_room: dict[int, list[DraftSlot]] = defaultdict(list)
    for slot in slots:
        if slot.room is not None:
            in_room[slot.room].append(slot)
    found = []
    for room in rooms:
        mine = in_room[room.id]
        lanes = lanes_of(mine)
        cards = tuple(
            card(slot, conflicts.get(slot.id, ()), others, facts, lanes.get(slot.id, (0, 1))) for slot in mine
        )
        found.append(Column(room.code, room.name, cards, not shown(room.code)))
    return found


def ids_on(day: date, day_of: Mapping[int, date]) -> set[int]:
    """Slots that start on the day of the conference's calendar."""
    return {slot for slot, its_day in day_of.items() if its_day == day}


def ids_clashing_with(ids: Collection[int], conflicts: Iterable[Conflict]) -> set[int]:
    """Slots that clash with any of ``ids``."""
    wanted = set(ids)
    return {
        one
        for conflict in conflicts
        if conflict.one in wanted or conflict.other in wanted
        for one in conflict.slots
    }


def differences(zones: Iterable[str], day: date, conference_zone: str) -> dict[str, Differences]:
    """By how many minutes each zone is ahead of the conference's clock from which minute of the day on.

    Mostly one pair, ``((0, 330),)``; more on days when either clock changes. For what the script shows while a card is
    held: the browser's own zone table may be a year behind ours.
    """
    midnight = datetime.combine(day, time())
    instants: list[tuple[int, datetime]] = []
    for hour in range(MOST_HOURS):
        try:
            instants.append((hour * 60, to_utc(midnight + timedelta(hours=hour), conference_zone, 0)))
        except DomainError:
            continue  # the hour that the clocks leave out
    found: dict[str, Differences] = {}
    for name in zones:
        where = zone(name)
        steps: list[Moment] = []
        for minute, instant in instants:
            ahead = offset_at(instant, where) - offset_at(instant, conference_zone)
            minutes = int(ahead.total_seconds() // 60)
            if not steps or steps[-1][1] != minutes:
                steps.append((minute, minutes))
        found[name] = tuple(steps)
    return found
