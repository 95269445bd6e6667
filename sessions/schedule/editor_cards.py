"""A slot as the schedule editor shows it, as plain values: its card, its clashes in words, the hours of its speakers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from conference import dates
from conference.i18n import _, ngettext
from conference.timezones import HourKind, hour_kind, offset_at, wall_time
from sessions.schedule.conflict_words import Clash, ClashLine, Facts, clash_lines, clash_of, clashes_of
from sessions.schedule.conflicts import Conflict
from sessions.schedule.draft import DraftSlot
from sessions.tables import AppearanceState

__all__ = [
    "MOST_LANES",
    "Card",
    "Clash",
    "ClashLine",
    "Facts",
    "HourNote",
    "card",
    "clash_lines",
    "clash_of",
    "hour_notes",
    "hour_word",
    "placed_words",
    "position_classes",
]

MOST_LANES = 6
"""Cards side by side in one room; more than that lie over each other."""


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
class Card:
    """A slot as it stands in the grid or in the list beside it.

    ``session`` is the session's code, ``number`` and ``of`` say which of its slots this is (0 when it is the only one), and
    ``note`` whom to chase for an answer.

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
    of: int
    session: str
    note: str
    track: str
    track_colour: str
    people: str
    speaker_ids: str
    speaker_zones: str
    hours: tuple[HourNote, ...]
    clashes: tuple[Clash, ...]
    classes: str

    @property
    def badged(self) -> tuple[Clash, ...]:
        """The gravest clash of each kind."""
        return tuple({clash.kind: clash for clash in reversed(self.clashes)}.values())[::-1]


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
    coming = slot.coming
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
        of=slot.of,
        session=slot.session,
        note=answers_note(slot),
        track=slot.track,
        track_colour=slot.track_colour,
        people=", ".join(speaker.name for speaker in coming),
        speaker_ids=" ".join(str(speaker.id) for speaker in coming if speaker.is_person),
        speaker_zones=" ".join(dict.fromkeys(speaker.zone for speaker in coming if speaker.zone)),
        hours=hour_notes(slot, facts),
        clashes=clashes_of(slot, conflicts, others, facts),
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
    for speaker in slot.coming:
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


def answers_note(slot: DraftSlot) -> str:
    """What the speakers have not said yet, or have said no to, in a few words; "" when there is nothing to chase."""
    declined = [speaker.name for speaker in slot.speakers if speaker.state == AppearanceState.DECLINED]
    invited = [speaker.name for speaker in slot.speakers if speaker.state == AppearanceState.INVITED]
    notes = []
    if declined:
        notes.append(_("%(who)s declined") % {"who": ", ".join(declined)})
    if invited:
        notes.append(_("no answer yet from %(who)s") % {"who": ", ".join(invited)})
    return "; ".join(notes)


def hour_word(kind: HourKind, hour: int) -> str:
    """The kind of hour in a word: "night", "early", "late"; "" by day."""
    if kind == "night":
        return _("night")
    if kind == "edge":
        return _("early") if hour < 12 else _("late")
    return ""


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
