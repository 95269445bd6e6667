"""What the pages of this package show, made ready: times on the reader's clock and the conference's. Pure but for words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import groupby

from markupsafe import Markup

from conference import dates, texts, timezones
from conference.i18n import _
from conference.zone_choices import zone_groups, zone_label
from registration.asking.forms import NO_SEAT, seat_field, wait_value
from registration.seating.allocation import Placing, overlap
from registration.seating.offers import SeatChoice
from registration.seating.seats import placing
from registration.seating.waitlist import Waiting
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSession, ReleasedSlot
from sessions.schedule.nights import bearable


@dataclass(frozen=True)
class When:
    """A time in words: ``here`` with the day and ``hours`` without it, on the reader's clock.

    ``home`` is on the conference's; ``there`` too, but empty where both clocks show the same.
    """

    start: datetime
    end: datetime
    here: str
    hours: str
    home: str
    there: str


def when(start: datetime, end: datetime, zone: str, home: str, language: str) -> When:
    """``Thu 25 Jun, 14:30–15:15`` in the reader's ``zone``, and the like in the conference's (``home``)."""
    day = "" if dates.day_shift(start, zone, home) == 0 else _short_day(start, home, language) + ", "
    told = f"{day}{dates.time_range(start, end, home, language)} {dates.city_name(home, language)}"
    hours = dates.time_range(start, end, zone, language)
    return When(
        start,
        end,
        here=dates.day_and_time(_short_day(start, zone, language), hours, language),
        hours=hours,
        home=told,
        there=told if timezones.offset_at(start, zone) != timezones.offset_at(start, home) else "",
    )


def _short_day(instant: datetime, zone: str, language: str) -> str:
    return dates.short_day(dates.local_date(instant, zone), language)


@dataclass(frozen=True)
class OptionView:
    """A slot to choose; ``value`` is what the form sends. ``is_kinder``: by day for the reader, while another of its times is not."""

    value: str
    when: When
    left: int
    is_full: bool
    is_kinder: bool = False


@dataclass(frozen=True)
class SeatView:
    """A session with seats: ``name`` is the form's field, ``chosen`` the value of the option picked."""

    name: str
    title: str
    title_language: str
    kind: str
    url: str
    chosen: str
    options: tuple[OptionView, ...]


def seat_views(
    choices: Sequence[SeatChoice],
    values: Mapping[str, str],
    *,
    slug: str,
    zone: str,
    home: str,
    language: str,
) -> list[SeatView]:
    """The seats of the form with what has been chosen so far; of several times those at a bearable hour first."""
    views = []
    for choice in choices:
        kinder = kinder_slots([option.slot for option in choice.options], zone)
        name = seat_field(choice)
        ticked = [
            option.slot.code
            for option in choice.options
            if values.get(f"seat_{option.slot.code}", "") not in ("", NO_SEAT)
        ]
        title, title_language = texts.pick_with_language(choice.session.title, language)
        views.append(
            SeatView(
                name,
                title,
                title_language,
                choice.session.kind,
                f"/{slug}/sessions/{choice.session.code}",
                (ticked or [values.get(name, "")])[0] or NO_SEAT,
                tuple(
                    OptionView(
                        wait_value(option.slot.code) if option.is_full else option.slot.code,
                        when(option.slot.start, option.slot.end, zone, home, language),
                        option.left,
                        option.is_full,
                        option.slot.code in kinder,
                    )
                    for option in sorted(choice.options, key=lambda option: option.slot.code not in kinder)
                ),
            )
        )
    return views


def kinder_slots(slots: Sequence[ReleasedSlot], zone: str) -> frozenset[str]:
    """The codes of those slots that lie in the waking hours of ``zone``, while another of them does not.

    Empty where the hour is no reason to prefer one: all are bearable, or none.
    """
    if len(slots) < 2:
        return frozenset()
    good = frozenset(slot.code for slot in slots if bearable(slot.start, slot.end, zone))
    return good if len(good) < len(slots) else frozenset()


@lru_cache(maxsize=64)
def _every_zone(instant: datetime, language: str) -> Markup:
    parts = []
    for region, zones in zone_groups(instant, language):
        options = Markup("").join(
            Markup('<option value="{}" data-country="{}">{}</option>').format(
                name, timezones.country_of_zone(name) or "", label
            )
            for name, label in zones
        )
        parts.append(
            Markup('<optgroup label="{}">{}</optgroup>').format(region, options) if region else options
        )
    return Markup("").join(parts)


def zone_select(country: str, chosen: str, instant: datetime, language: str) -> Markup:
    """The options of a zone field: the country's zones first, then every other by part of the world.

    ``instant`` (aware) is when the offsets hold: the conference's days, not today.
    """
    own = timezones.zones_of_country(country)
    first = Markup("")
    if own:
        options = Markup("").join(
            Markup('<option value="{}" data-country="{}"{}>{}</option>').format(
                name,
                country,
                Markup(" selected") if name == chosen else "",
                zone_label(name, instant, language),
            )
            for name in own
        )
        name = dict(timezones.countries(language))[country]
        first = Markup('<optgroup label="{}" data-own>{}</optgroup>').format(name, options)
    every = _every_zone(instant, language)
    if chosen and chosen not in own:
        wanted = Markup('<option value="{}"').format(chosen)
        every = every.replace(wanted, wanted + Markup(" selected"), 1)
    return first + every


@dataclass(frozen=True)
class AgendaEntry:
    """A session on a person's agenda, or one they could add.

    ``seat``: they have a seat in it. ``clash`` names what else of theirs is at the same time. ``left`` is the number
    of free seats, None where none is needed. ``place`` is where they stand in the slot's line (from 1), 0 = in none;
    ``offer_until`` says until when a seat is kept for them. ``is_kinder`` as in OptionView.
    """

    slot: str
    session: str
    title: str
    title_language: str
    kind: str
    url: str
    when: When
    hour: str
    seat: bool
    is_cancelled: bool
    is_over: bool
    left: int | None
    clash: str = ""
    join: str = ""
    place: int = 0
    offer_until: str = ""
    is_kinder: bool = False


@dataclass(frozen=True)
class AgendaDay:
    """A day on the reader's calendar."""

    heading: str
    entries: tuple[AgendaEntry, ...]


def agenda_entries(
    programme: ReleasedProgramme | None,
    *,
    seats: Collection[int],
    agenda: Collection[int],
    taken: Mapping[int, int],
    slug: str,
    zone: str,
    language: str,
    now: datetime,
    joins: Mapping[str, str] | None = None,
    waits: Mapping[int, Waiting] | None = None,
) -> tuple[list[AgendaEntry], list[AgendaEntry]]:
    """What the person has chosen, and what else there is (what they wait for is in it), both in order of time."""
    if programme is None:
        return [], []
    waits = waits or {}
    kinder = {code for session in programme.sessions for code in _kinder_of(session, zone, now)}
    wanted = {*seats, *agenda}
    chosen_pairs = [pair for pair in programme.placings if pair[1].id in wanted]
    standing = [placing(*pair) for pair in chosen_pairs if not _is_off(*pair)]
    chosen: list[AgendaEntry] = []
    others: list[AgendaEntry] = []
    for session, slot in programme.placings:
        mine = slot.id in wanted
        if not mine and (session.kind == "break" or _is_off(session, slot) or slot.end <= now):
            continue
        title, title_language = texts.pick_with_language(session.title, language)
        entry = AgendaEntry(
            slot=slot.code,
            session=session.code,
            title=title,
            title_language=title_language,
            kind=session.kind,
            url=f"/{slug}/sessions/{session.code}",
            when=when(slot.start, slot.end, zone, programme.zone, language),
            hour=timezones.hour_kind(timezones.wall_time(slot.start, zone)),
            seat=slot.id in seats,
            is_cancelled=_is_off(session, slot),
            is_over=slot.end <= now,
            left=None if slot.seats is None else max(0, slot.seats - taken.get(slot.id, 0)),
            clash=_clash(placing(session, slot), standing, programme, language)
            if not _is_off(session, slot)
            else "",
            join=(joins or {}).get(slot.code, ""),
            place=waits[slot.id].place if slot.id in waits else 0,
            offer_until=_offer_until(waits.get(slot.id), zone, language),
            is_kinder=slot.code in kinder,
        )
        (chosen if mine else others).append(entry)
    return chosen, others


def _kinder_of(session: ReleasedSession, zone: str, now: datetime) -> frozenset[str]:
    return kinder_slots([slot for slot in session.slots if not slot.is_cancelled and slot.start > now], zone)


def _offer_until(waiting: Waiting | None, zone: str, language: str) -> str:
    if waiting is None or waiting.offer_ends_at is None:
        return ""
    end = waiting.offer_ends_at
    return dates.day_and_time(
        _short_day(end, zone, language), dates.clock_time(end, zone, language), language
    )


def _is_off(session: ReleasedSession, slot: ReleasedSlot) -> bool:
    return slot.is_cancelled or session.is_cancelled


def _clash(one: Placing, standing: Sequence[Placing], programme: ReleasedProgramme, language: str) -> str:
    for other in standing:
        if other.slot != one.slot and overlap(one, other):
            return texts.pick(programme.session_by_code[other.session].title, language)
    return ""


def by_day(entries: Sequence[AgendaEntry], zone: str, language: str) -> list[AgendaDay]:
    """The entries under the reader's dates."""
    return [
        AgendaDay(dates.long_day(day, language), tuple(group))
        for day, group in groupby(entries, key=lambda entry: dates.local_date(entry.when.start, zone))
    ]


def countdown_words(entry: AgendaEntry, now: datetime, language: str) -> str:
    """``in 3 hours``, or that it is on."""
    if entry.when.start <= now < entry.when.end:
        return _("on now")
    return dates.relative_words(entry.when.start, now, language)
