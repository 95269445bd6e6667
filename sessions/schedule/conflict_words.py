"""A clash in a sentence, as each of its slots tells it, with the hour it is for the people it is about. Plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from conference import dates
from conference.i18n import _, ngettext
from conference.timezones import wall_time
from sessions.schedule.conflict_kinds import GRAVITY, LEVEL_ORDER, ConflictKind, Level
from sessions.schedule.draft import DraftRoom, DraftSlot, DraftSpeaker
from sessions.schedule.limits import WHOLE_DAY, Surroundings, day_on_the_wall
from sessions.schedule.placements import Conflict
from sessions.schedule.slot_rules import is_antisocial
from sessions.tables import SessionKind

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Facts:
    """What cards and clashes are told with: the conference's zone, its rooms, the reader's language, its limits."""

    zone: str
    rooms: Mapping[int, DraftRoom]
    language: str
    surroundings: Surroundings = field(default_factory=Surroundings)


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
    if other is None:
        text = _ALONE[conflict.kind](slot, conflict, facts)
    else:
        text = _with_another(slot, conflict, other, facts)
    return Clash(
        conflict.kind.value,
        badge_words(conflict.kind),
        text,
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


def _with_another(slot: DraftSlot, conflict: Conflict, other: DraftSlot, facts: Facts) -> str:
    people = _people(slot, conflict)
    words = {
        "title": other.title,
        "times": _times(other, facts),
        "room": _room(other, facts),
        "who": ", ".join(speaker.name for speaker in people),
        "track": other.track,
    }
    match conflict.kind:
        case ConflictKind.ROOM:
            text = _("%(room)s is taken by “%(title)s”, %(times)s")
        case ConflictKind.BLOCKER if slot.kind == SessionKind.BLOCKER:
            text = _("%(room)s is kept free here, and “%(title)s” stands in it, %(times)s")
        case ConflictKind.BLOCKER:
            text = _("%(room)s is kept free for “%(title)s”, %(times)s")
        case ConflictKind.CHAIR:
            text = _("A chair is needed twice: %(who)s also in “%(title)s”, %(room)s, %(times)s")
        case ConflictKind.INTERPRETER:
            text = _("An interpreter is needed twice: %(who)s also in “%(title)s”, %(room)s, %(times)s")
        case ConflictKind.GAP:
            return _gap_words(slot, other, words, len(people), facts)
        case ConflictKind.TRACK:
            text = _("Same track, %(track)s, at the same time: “%(title)s”, %(room)s, %(times)s")
        case _:
            text = ngettext(
                "%(who)s also speaks in “%(title)s”, %(room)s, %(times)s",
                "%(who)s also speak in “%(title)s”, %(room)s, %(times)s",
                len(people),
            )
    return text % words


def _gap_words(slot: DraftSlot, other: DraftSlot, words: dict[str, str], people: int, facts: Facts) -> str:
    between = timedelta()
    if slot.start and slot.end and other.start and other.end:
        between = max(slot.start - other.end, other.start - slot.end)
    minutes = int(between.total_seconds()) // 60
    if minutes <= 0:
        text = ngettext(
            "%(who)s has no time between this and “%(title)s”, %(room)s, %(times)s",
            "%(who)s have no time between this and “%(title)s”, %(room)s, %(times)s",
            people,
        )
        return text % words
    text = ngettext(
        "%(who)s has only %(gap)s between this and “%(title)s”, %(room)s, %(times)s",
        "%(who)s have only %(gap)s between this and “%(title)s”, %(room)s, %(times)s",
        people,
    )
    return text % (words | {"gap": dates.duration_words(minutes, facts.language)})


def _room_closed(slot: DraftSlot, _conflict: Conflict, facts: Facts) -> str:
    limits = facts.surroundings.rooms.get(slot.room) if slot.room is not None else None
    hours = []
    if slot.start is not None and limits is not None and limits.open is not None:
        day = dates.local_date(slot.start, facts.zone)
        hours = [
            dates.time_range(start, end, facts.zone, facts.language)
            for start, end in limits.open
            if dates.local_date(start, facts.zone) <= day <= dates.local_date(end, facts.zone)
        ]
    words = {"room": _room(slot, facts), "hours": ", ".join(hours)}
    if not hours:
        return _("%(room)s is not open that day") % words
    return _("%(room)s is closed for some of this time: that day it is open %(hours)s") % words


def _unavailable(slot: DraftSlot, conflict: Conflict, facts: Facts) -> str:
    return _("This time does not suit %(who)s") % {"who": _with_local_hours(slot, conflict, facts)}


def _if_needed(slot: DraftSlot, conflict: Conflict, facts: Facts) -> str:
    return _("This time suits %(who)s only if needed") % {"who": _with_local_hours(slot, conflict, facts)}


def _outside_day(slot: DraftSlot, _conflict: Conflict, facts: Facts) -> str:
    around = facts.surroundings
    if slot.start is None or slot.end is None or around.days is None:
        return _("This is outside the conference’s day")
    day = wall_time(slot.start, facts.zone).date()
    rules = around.rules
    if not around.days.meet(slot.start, slot.end) and (rules.day_starts, rules.day_ends) == (0, WHOLE_DAY):
        return _("%(day)s is not a day of the conference") % {"day": dates.short_day(day, facts.language)}
    if (rules.day_starts, rules.day_ends) == (0, WHOLE_DAY):
        return _("Some of this is on a day that is not the conference’s")
    return _("This is outside the conference’s day, %(hours)s") % {"hours": day_hours(facts)}


def day_hours(facts: Facts) -> str:
    """The hours of the conference's day on its clock: ``09:00–18:00``."""
    # Any day of winter serves to write a wall-clock time the way the language writes it.
    start, end = (
        wall.replace(tzinfo=UTC) for wall in day_on_the_wall(date(2026, 1, 5), facts.surroundings.rules)
    )
    return dates.time_range(start, end, "UTC", facts.language)


def _capacity(slot: DraftSlot, _conflict: Conflict, facts: Facts) -> str:
    limits = facts.surroundings.rooms.get(slot.room) if slot.room is not None else None
    return _("%(seats)s seats, and %(room)s holds %(capacity)s") % {
        "seats": slot.seats,
        "room": _room(slot, facts),
        "capacity": limits.capacity if limits else "",
    }


def _antisocial(slot: DraftSlot, conflict: Conflict, facts: Facts) -> str:
    if slot.start is None or slot.end is None:
        return ""
    told: dict[tuple[bool, str], list[str]] = {}
    for speaker in _people(slot, conflict):
        who = {"who": speaker.name, "place": dates.city_name(speaker.zone, facts.language)}
        hour = _antisocial_hour(slot.start, slot.end, speaker, facts)
        told.setdefault(hour, []).append(_("%(who)s (%(place)s)") % who)
    return "; ".join(
        (_("It ends at %(time)s for %(who)s") if at_end else _("It is %(time)s for %(who)s"))
        % {"time": time, "who": ", ".join(who)}
        for (at_end, time), who in told.items()
    )


def _antisocial_hour(start: datetime, end: datetime, speaker: DraftSpeaker, facts: Facts) -> tuple[bool, str]:
    """What hour it is for the speaker when it begins, or (True) when it ends if only that is too late."""
    at_end = not is_antisocial(start, start + timedelta(minutes=1), speaker.zone, facts.surroundings.rules)
    shown = end if at_end else start
    time = dates.clock_time(shown, speaker.zone, facts.language)
    if shift := dates.day_shift_words(dates.day_shift(shown, speaker.zone, facts.zone), facts.language):
        time = f"{time} ({shift})"
    return at_end, time


def _with_local_hours(slot: DraftSlot, conflict: Conflict, facts: Facts) -> str:
    """``Aiko Tanaka (03:10–03:55 in Tokyo), Ruth Okafor``: with the hours where the zone is known."""
    told = []
    for speaker in _people(slot, conflict):
        if speaker.zone and slot.start is not None and slot.end is not None:
            told.append(
                _("%(who)s (%(times)s in %(place)s)")
                % {
                    "who": speaker.name,
                    "times": dates.time_range(slot.start, slot.end, speaker.zone, facts.language),
                    "place": dates.city_name(speaker.zone, facts.language),
                }
            )
        else:
            told.append(speaker.name)
    return ", ".join(told)


def _people(slot: DraftSlot, conflict: Conflict) -> list[DraftSpeaker]:
    return [speaker for speaker in slot.speakers if speaker.id in conflict.speakers]


def _times(slot: DraftSlot, facts: Facts) -> str:
    if slot.start is None or slot.end is None:
        return ""
    return dates.time_range(slot.start, slot.end, facts.zone, facts.language)


def _room(slot: DraftSlot, facts: Facts) -> str:
    room = facts.rooms.get(slot.room) if slot.room is not None else None
    return room.name if room else ""


_ALONE: Mapping[ConflictKind, Callable[[DraftSlot, Conflict, Facts], str]] = {
    ConflictKind.ROOM_CLOSED: _room_closed,
    ConflictKind.UNAVAILABLE: _unavailable,
    ConflictKind.OUTSIDE_DAY: _outside_day,
    ConflictKind.CAPACITY: _capacity,
    ConflictKind.ANTISOCIAL: _antisocial,
    ConflictKind.IF_NEEDED: _if_needed,
}
