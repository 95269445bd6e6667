"""The sentences that tell a clash, with the hour it is for the people it is about. Plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from conference import dates
from conference.i18n import _, ngettext
from conference.timezones import wall_time
from sessions.schedule.conflict_kinds import ConflictKind
from sessions.schedule.draft import DraftRoom, DraftSlot, DraftSpeaker
from sessions.schedule.limits import WHOLE_DAY, Surroundings, day_on_the_wall
from sessions.schedule.placements import Conflict
from sessions.schedule.slot_rules import is_antisocial
from sessions.tables import SessionKind


@dataclass(frozen=True)
class Facts:
    """What cards and clashes are told with: the conference's zone, its rooms, the reader's language, its limits."""

    zone: str
    rooms: Mapping[int, DraftRoom]
    language: str
    surroundings: Surroundings = field(default_factory=Surroundings)


def sentence(slot: DraftSlot, conflict: Conflict, other: DraftSlot | None, facts: Facts) -> str:
    """The clash as the slot would tell it, without its full stop. ``other`` None: it breaks a rule by itself."""
    if other is None:
        return _ALONE[conflict.kind](slot, conflict, facts)
    return _with_another(slot, conflict, other, facts)


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
    return _("%(room)s is open only %(hours)s that day") % words


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
