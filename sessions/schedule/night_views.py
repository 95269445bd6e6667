"""Everyone's night as pages show it: the whole programme weighed, and the candidate times of one slot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from conference import dates, timezones
from conference.audience import Audience, expected_audience
from conference.conferences import languages_of
from conference.i18n import current_language
from conference.tables import Conference
from conference.texts import pick
from conference.timezones import HourKind, LocalTimeError, to_utc, wall_time
from sessions.schedule.conflict_words import Facts, clashes_of
from sessions.schedule.conflicts import conflicts_of
from sessions.schedule.draft import DraftRoom, DraftSlot, placing_at, placings_of, rooms_of, slots_by_id
from sessions.schedule.editor_cards import HourNote, hour_notes
from sessions.schedule.fairness import CandidateTime, Fairness, PlaceFairness, Weighed, weigh
from sessions.schedule.limits import RuleFacts, day_on_the_wall
from sessions.schedule.shares import Limits, Shares, merged, shares_at, together
from sessions.schedule.slot_changes import slot_gone
from sessions.schedule.surroundings import surroundings_of
from sessions.tables import Appearance, AppearanceState, SessionKind, SessionState, Slot

STEP = 30  # minutes between candidate times
NOT_WEIGHED = (SessionKind.BREAK, SessionKind.BLOCKER)
MOST_REPEATS = 20
MOST_PLACES = 60
MOST_BEST = 3


def weighing(registered: Audience, rules: RuleFacts) -> Audience:
    """Those who have registered; as long as there are none, those who are expected."""
    return registered if registered.size else expected_audience(rules.expected_audience)


@dataclass(frozen=True)
class PlaceLine:
    """What people in a place get, named in the reader's language."""

    name: str
    country: str
    people: int
    facts: PlaceFairness


@dataclass(frozen=True)
class RepeatLine:
    """A session worth repeating, with times in words: on the conference's clock and on its speakers'."""

    title: str
    session: str
    slot: str
    unserved: float
    times: tuple[tuple[str, str, CandidateTime], ...]  # in words, ISO wall clock, facts


@dataclass(frozen=True)
class FairnessView:
    """The whole draft weighed."""

    audience: Audience
    weighed: Fairness
    places: tuple[PlaceLine, ...]
    more_places: int
    repeats: tuple[RepeatLine, ...]
    sessions: int


async def fairness_view(conference: Conference, registered: Audience) -> FairnessView:
    """Who gets how much of the draft at a bearable hour, and what is worth repeating. Six queries."""
    surroundings = await surroundings_of(conference)
    rows = (
        await Slot.select(
            Slot.code,
            Slot.start,
            Slot.end,
            Slot.session._.code.as_alias("session"),
            Slot.session._.title.as_alias("title"),
        )
        .where(
            (Slot.conference == conference.id)
            & Slot.start.is_not_null()
            & Slot.is_cancelled.eq(False)
            & (Slot.session._.state == SessionState.ACTIVE.value)
            & Slot.session._.kind.not_in([kind.value for kind in NOT_WEIGHED])
        )
        .order_by(Slot.start)
        .order_by(Slot.id)
    )
    speaking = await Appearance.select(
        Appearance.session._.code.as_alias("session"), Appearance.speaker._.zone.as_alias("zone")
    ).where(
        (Appearance.session._.conference == conference.id)
        & (Appearance.speaker._.zone != "")
        & (Appearance.state != AppearanceState.DECLINED.value)
    )
    zones: dict[str, dict[str, None]] = {}
    for row in speaking:
        zones.setdefault(row["session"], {})[row["zone"]] = None
    times: dict[str, list[tuple[datetime, datetime]]] = {}
    for row in rows:
        times.setdefault(row["session"], []).append((row["start"], row["end"]))
    sessions = [Weighed(code, tuple(its), tuple(zones.get(code, ()))) for code, its in times.items()]
    audience = weighing(registered, surroundings.rules)
    found = weigh(sessions, audience, surroundings.rules, surroundings.days)
    first = {row["session"]: row for row in reversed(rows)}
    language, languages = current_language(), languages_of(conference)
    countries = dict(timezones.countries(language))
    return FairnessView(
        audience=audience,
        weighed=found,
        places=tuple(_place_line(place, countries, language) for place in found.places[:MOST_PLACES]),
        more_places=max(0, len(found.places) - MOST_PLACES),
        repeats=tuple(
            RepeatLine(
                pick(first[repeat.code]["title"], language, languages),
                repeat.code,
                first[repeat.code]["code"],
                repeat.unserved,
                tuple(
                    (
                        _when(time, conference.zone, language),
                        wall_time(time.start, conference.zone).isoformat(timespec="minutes"),
                        time,
                    )
                    for time in repeat.times
                ),
            )
            for repeat in found.repeats[:MOST_REPEATS]
        ),
        sessions=len(sessions),
    )


def _when(time: CandidateTime, zone: str, language: str) -> str:
    """The time on the conference's clock, with its day."""
    day = dates.long_day(dates.local_date(time.start, zone), language)
    return dates.day_and_time(day, dates.time_range(time.start, time.end, zone, language), language)


def _place_line(place: PlaceFairness, countries: dict[str, str], language: str) -> PlaceLine:
    country = countries.get(timezones.country_of_zone(place.zone) or "", "")
    return PlaceLine(dates.city_name(place.zone, language), country, round(place.people), place)


@dataclass(frozen=True)
class TimeLine:
    """A candidate time of a slot: on the conference's clock, on its speakers', for the audience, and what is in the way.

    ``value`` is the wall clock as a form takes it ("14:30"); ``is_now``: the slot stands there already.
    """

    value: str
    words: str
    hours: tuple[HourNote, ...]
    worst: HourKind
    shares: Shares
    clashes: tuple[str, ...]
    is_now: bool


@dataclass(frozen=True)
class TimesView:
    """The candidate times of a slot on one day."""

    slot: DraftSlot
    room: DraftRoom | None
    day: date
    day_label: str
    audience: Audience
    lines: tuple[TimeLine, ...]
    best: tuple[TimeLine, ...]


async def times_view(
    conference: Conference, slot_id: int, *, day: date, room: str, registered: Audience
) -> TimesView:
    """Every half hour of the conference's ``day`` weighed for the slot, in ``room`` (a code; "" = where it stands).

    A fixed number of queries. Raises NotFound.
    """
    surroundings = await surroundings_of(conference)
    rooms = await rooms_of(conference)
    slots = await slots_by_id(conference, [slot_id])
    if not slots:
        raise slot_gone()
    slot = slots[0]
    chosen = next((one.id for one in rooms if one.code == room), slot.room)
    audience = weighing(registered, surroundings.rules)
    limits, language = Limits.of(surroundings.rules), current_language()
    facts = Facts(conference.zone, {one.id: one for one in rooms}, language, surroundings)
    placings = await placings_of(conference.id)
    others = [placing for placing in placings.placements if placing.slot != slot.id]
    mine = next((placing for placing in placings.placements if placing.slot == slot.id), None)
    candidates = []
    for wall in _walls(day, surroundings.rules):
        try:
            start = to_utc(wall, conference.zone, 0)
        except LocalTimeError:
            continue  # the hour that the clocks leave out
        end = start + timedelta(minutes=slot.length_minutes)
        mine = mine or await placing_at(slot.id, chosen, start, end)
        if mine is None:
            raise slot_gone()
        there = replace(slot, room=chosen, local_start=wall, start=start, end=end)
        placing = replace(mine, room=chosen, start=start, end=end)
        candidates.append((there, placing, conflicts_of(slot.id, [*others, placing], surroundings)))
    partners = {number for _there, _placing, found in candidates for one in found for number in one.slots}
    moments = (moment for _there, placing, _found in candidates for moment in (placing.start, placing.end))
    clocks = merged(audience, together(audience.zones, moments))
    near = {one.id: one for one in await slots_by_id(conference, partners - {slot.id})}
    lines = []
    for there, placing, conflicts in candidates:
        hours = hour_notes(there, facts)
        lines.append(
            TimeLine(
                value=f"{there.local_start:%H:%M}",
                words=dates.time_range(placing.start, placing.end, conference.zone, language),
                hours=hours,
                worst=max((note.kind for note in hours), key=_ORDER.index, default="day"),
                shares=shares_at(placing.start, placing.end, clocks, limits),
                clashes=tuple(clash.text for clash in clashes_of(there, conflicts, near, facts)),
                is_now=slot.start == placing.start and slot.room == chosen,
            )
        )
    return TimesView(
        slot=slot,
        room=next((one for one in rooms if one.id == chosen), None),
        day=day,
        day_label=dates.long_day(day, language),
        audience=audience,
        lines=tuple(lines),
        best=_best(lines),
    )


_ORDER: tuple[HourKind, ...] = ("day", "edge", "night")


def _walls(day: date, rules: RuleFacts) -> Iterator[datetime]:
    """The wall-clock times of the conference's day, half an hour apart."""
    wall, closes = day_on_the_wall(day, rules)
    while wall < closes:
        yield wall
        wall += timedelta(minutes=STEP)


def _best(lines: Iterable[TimeLine]) -> tuple[TimeLine, ...]:
    """The few times that suit best: no clash, nobody of its speakers at night, most of the audience by day."""
    free = [line for line in lines if not line.clashes and line.worst != "night"]
    free.sort(key=lambda line: (line.worst != "day", -line.shares.day, -line.shares.bearable, line.value))
    return tuple(free[:MOST_BEST])
