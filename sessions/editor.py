"""What the schedule editor shows, as plain values: one day's grid, cards, clashes in words, hours of the speakers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from conference import dates
from conference.errors import DomainError
from conference.i18n import _, ngettext
from conference.timezones import HourKind, hour_kind, offset_at, to_utc, wall_time, zone
from sessions.conflicts import Conflict, ConflictKind
from sessions.draft import DraftRoom, DraftSlot

DAY_FROM, DAY_TO = 8, 20
"""Hours every day's grid shows, even an empty one."""
MOST_HOURS = 30
"""A grid goes on to 06:00 of the next day at most, for what runs past midnight."""
MOST_LANES = 6
"""Cards side by side in one room; more than that lie over each other."""

Moment = tuple[int, int]
Differences = tuple[Moment, ...]


@dataclass(frozen=True)
class HourNote:
    """What hour a session is for speakers in one place. ``word`` is "" by day; ``who`` names them."""

    time: str
    place: str
    kind: HourKind
    word: str
    shift: str
    who: str


@dataclass(frozen=True)
class Clash:
    """A clash as one of its cards shows it: ``badge`` in two words, ``text`` in a sentence."""

    kind: str
    badge: str
    text: str


@dataclass(frozen=True)
class Card:
    """A slot as it stands in the grid or in the list beside it.

    ``start`` is the ISO wall clock and ``times`` the same in words, both "" off the grid. ``classes`` places the card:
    hour, minute and length, and which lane of how many.
    """

    id: int
    code: str
    revision: int
    title: str
    title_language: str
    kind: str
    is_cancelled: bool
    room: str
    start: str
    times: str
    length_minutes: int
    length_words: str
    number: int
    track: str
    track_colour: str
    people: str
    speaker_ids: str
    speaker_zones: str
    hours: tuple[HourNote, ...]
    clashes: tuple[Clash, ...]
    classes: str

    @property
    def badges(self) -> tuple[str, ...]:
        """Each kind of clash once."""
        return tuple(dict.fromkeys(clash.badge for clash in self.clashes))


@dataclass(frozen=True)
class Column:
    """A room of the grid with its cards in order of time."""

    code: str
    name: str
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class DayTab:
    """A day one may go to: how much is on, and how many clashes there are. ``is_outside`` the conference's dates."""

    day: date
    label: str
    slots: int
    clashes: int
    is_outside: bool


@dataclass(frozen=True)
class ClashLine:
    """A clash in the day's list: of the slot ``code`` at ``time``."""

    code: str
    time: str
    title: str
    text: str


@dataclass(frozen=True)
class Facts:
    """What cards are made from: the conference's zone, its rooms, the language of the reader."""

    zone: str
    rooms: Mapping[int, DraftRoom]
    language: str


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
    for conflict in conflicts:
        for day in {day_of[conflict.one], day_of[conflict.other]}:
            clashes[day] += 1
    days = {first + timedelta(days=count) for count in range(min((last - first).days, 366) + 1)} | set(slots)
    return [
        DayTab(day, dates.short_day(day, language), slots[day], clashes[day], not first <= day <= last)
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
) -> list[Column]:
    """The grid of a day: ``slots`` are those of the day, ``others`` also holds what they clash with."""
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
        found.append(Column(room.code, room.name, cards))
    return found


def card(
    slot: DraftSlot,
    conflicts: Iterable[Conflict],
    others: Mapping[int, DraftSlot],
    facts: Facts,
    lane: tuple[int, int] = (0, 1),
) -> Card:
    """The slot as a card. ``others`` holds the slots its ``conflicts`` are with."""
    room = facts.rooms.get(slot.room) if slot.room is not None else None
    times = ""
    if slot.start is not None and slot.end is not None:
        times = dates.time_range(slot.start, slot.end, facts.zone, facts.language)
    return Card(
        id=slot.id,
        code=slot.code,
        revision=slot.revision,
        title=slot.title,
        title_language=slot.title_language,
        kind=slot.kind,
        is_cancelled=slot.is_cancelled,
        room=room.code if room else "",
        start=slot.local_start.isoformat(timespec="minutes") if slot.local_start else "",
        times=times,
        length_minutes=slot.length_minutes,
        length_words=dates.duration_words(slot.length_minutes, facts.language),
        number=slot.number,
        track=slot.track,
        track_colour=slot.track_colour,
        people=", ".join(speaker.name for speaker in slot.speakers),
        speaker_ids=" ".join(str(speaker.id) for speaker in slot.speakers if speaker.is_person),
        speaker_zones=" ".join(dict.fromkeys(speaker.zone for speaker in slot.speakers if speaker.zone)),
        hours=hour_notes(slot, facts),
        clashes=tuple(
            clash_of(slot, conflict, others[conflict.partner(slot.id)], facts)
            for conflict in conflicts
            if conflict.partner(slot.id) in others
        ),
        classes=position_classes(slot.local_start, slot.length_minutes, lane),
    )


def position_classes(start: datetime | None, length_minutes: int, lane: tuple[int, int]) -> str:
    """Classes the style sheet turns into a place, since pages carry no inline style: "h14 m30 lh0 lm45 lane0 of1"."""
    number, lanes = min(lane[0], MOST_LANES - 1), min(lane[1], MOST_LANES)
    length = f"lh{length_minutes // 60} lm{length_minutes % 60}"
    return f"h{start.hour} m{start.minute} {length} lane{number} of{lanes}" if start else length


def hour_notes(slot: DraftSlot, facts: Facts) -> tuple[HourNote, ...]:
    """What hour the slot is where its speakers are, one note per place; none for the conference's own zone by day."""
    if slot.start is None:
        return ()
    in_zone: dict[str, list[str]] = defaultdict(list)
    for speaker in slot.speakers:
        if speaker.zone:
            in_zone[speaker.zone].append(speaker.name)
    found = []
    for name, who in in_zone.items():
        wall = wall_time(slot.start, name)
        kind = hour_kind(wall)
        if kind == "day" and offset_at(slot.start, name) == offset_at(slot.start, facts.zone):
            continue
        shift = dates.day_shift(slot.start, name, facts.zone)
        found.append(
            HourNote(
                dates.clock_time(slot.start, name, facts.language),
                dates.city_name(name, facts.language),
                kind,
                hour_word(kind, wall.hour),
                dates.day_shift_words(shift, facts.language),
                ", ".join(who),
            )
        )
    return tuple(found)


def hour_word(kind: HourKind, hour: int) -> str:
    """The kind of hour in a word: "night", "early", "late"; "" by day."""
    if kind == "night":
        return _("night")
    if kind == "edge":
        return _("early") if hour < 12 else _("late")
    return ""


def clash_of(slot: DraftSlot, conflict: Conflict, other: DraftSlot, facts: Facts) -> Clash:
    """The clash as the slot's card tells it."""
    times = (
        dates.time_range(other.start, other.end, facts.zone, facts.language)
        if other.start is not None and other.end is not None
        else ""
    )
    room = facts.rooms.get(other.room) if other.room is not None else None
    words = {"title": other.title, "times": times, "room": room.name if room else ""}
    if conflict.kind is ConflictKind.ROOM:
        text = _("%(room)s is taken by “%(title)s”, %(times)s") % words
        return Clash(conflict.kind.value, _("Room clash"), text)
    names = [speaker.name for speaker in slot.speakers if speaker.id in conflict.speakers]
    words["who"] = ", ".join(names)
    text = ngettext(
        "%(who)s also speaks in “%(title)s”, %(room)s, %(times)s",
        "%(who)s also speak in “%(title)s”, %(room)s, %(times)s",
        len(names),
    )
    return Clash(conflict.kind.value, _("Speaker clash"), text % words)


def clash_lines(
    day: date,
    day_of: Mapping[int, date],
    conflicts: Iterable[Conflict],
    slots: Mapping[int, DraftSlot],
    facts: Facts,
) -> list[ClashLine]:
    """The day's clashes, each once, in order of time."""
    found = []
    for conflict in conflicts:
        if day not in (day_of.get(conflict.one), day_of.get(conflict.other)):
            continue
        pair = sorted(
            (slots[one] for one in (conflict.one, conflict.other)),
            key=lambda slot: (slot.start or datetime.max.replace(tzinfo=UTC), slot.id),
        )
        later, earlier = pair[1], pair[0]
        clash = clash_of(later, conflict, earlier, facts)
        start = later.start or datetime.max.replace(tzinfo=UTC)
        found.append(
            (
                start,
                ClashLine(
                    later.code, dates.clock_time(start, facts.zone, facts.language), later.title, clash.text
                ),
            )
        )
    return [line for _start, line in sorted(found, key=lambda pair: (pair[0], pair[1].code, pair[1].text))]


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
        for one in (conflict.one, conflict.other)
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


def placed_words(slot: DraftSlot, clashes: Sequence[Clash], facts: Facts) -> str:
    """Where the slot stands now and what it clashes with, said after each move."""
    if slot.start is None or slot.end is None:
        return _("“%(title)s” is off the schedule.") % {"title": slot.title}
    room = facts.rooms.get(slot.room) if slot.room is not None else None
    said = _("“%(title)s” is in %(room)s, %(day)s, %(times)s.") % {
        "title": slot.title,
        "room": room.name if room else "",
        "day": dates.short_day(dates.local_date(slot.start, facts.zone), facts.language),
        "times": dates.time_range(slot.start, slot.end, facts.zone, facts.language),
    }
    if not clashes:
        return " ".join([said, _("No clashes.")])
    count = ngettext("One clash:", "%(count)d clashes:", len(clashes)) % {"count": len(clashes)}
    return f"{said} {count} {'; '.join(clash.text for clash in clashes)}."
