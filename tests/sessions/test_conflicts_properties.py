"""What holds for the clashes of every schedule, whatever it is like."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from sessions.schedule.conflicts import (
    Conflict,
    ConflictKind,
    Level,
    Placement,
    by_slot,
    conflicts_of,
    conflicts_touching,
    find_conflicts,
    patched,
)
from sessions.schedule.limits import (
    RoomLimits,
    RuleFacts,
    SpeakerLimits,
    Stretches,
    Surroundings,
    conference_days,
)
from sessions.schedule.slot_rules import SLOT_RULES

MIDNIGHT = datetime(2026, 6, 25, tzinfo=UTC)
ZONES = ("", "UTC", "Asia/Tokyo", "America/New_York", "Pacific/Auckland")
PEOPLE, ROOMS, TRACKS, SESSIONS = range(6), (1, 2, 3), (1, 2), range(12)


def at(minute: int) -> datetime:
    """An instant, in minutes from the midnight that all of these days begin with."""
    return MIDNIGHT + timedelta(minutes=minute)


@st.composite
def placements(draw: st.DrawFn, slot: int) -> Placement:
    """A slot as it might be anywhere in two days, at quarters of an hour, so that ends often meet beginnings."""
    start = draw(st.integers(0, 120)) * 15
    speakers = draw(st.frozensets(st.sampled_from(PEOPLE), max_size=3))
    some = st.frozensets(st.sampled_from(sorted(speakers)), max_size=1) if speakers else st.just(frozenset())
    kind = draw(st.sampled_from(("talk", "talk", "talk", "break", "blocker")))
    return Placement(
        slot=slot,
        room=draw(st.sampled_from((*ROOMS, None))),
        start=at(start),
        end=at(start + draw(st.integers(0, 8)) * 15),
        speakers=speakers,
        is_cancelled=draw(st.sampled_from((False, False, False, True))),
        session=draw(st.sampled_from((*SESSIONS, None))),
        track=draw(st.sampled_from((*TRACKS, None))),
        seats=draw(st.sampled_from((None, 10, 30))),
        chairs=draw(some),
        interpreters=draw(some),
        is_break=kind == "break",
        is_blocker=kind == "blocker",
    )


@st.composite
def schedules(draw: st.DrawFn) -> list[Placement]:
    """Up to twelve slots."""
    return [draw(placements(slot)) for slot in range(draw(st.integers(0, 12)))]


@st.composite
def surroundings(draw: st.DrawFn) -> Surroundings:
    """Rules, rooms and speakers of any kind."""
    chance = draw(st.randoms(use_true_random=False))
    levels = draw(st.dictionaries(st.sampled_from(ConflictKind), st.sampled_from(Level), max_size=6))
    rules = RuleFacts(
        levels=levels,
        day_starts=chance.choice((0, 8 * 60)),
        day_ends=chance.choice((18 * 60, 24 * 60, 26 * 60)),
        gap_minutes=chance.choice((0, 10, 30)),
    )
    return Surroundings(
        zone="Europe/London",
        rules=rules,
        days=conference_days(date(2026, 6, 25), date(2026, 6, 25), "Europe/London", rules),
        rooms={room: RoomLimits(chance.choice((None, 20)), hours(chance)) for room in ROOMS},
        speakers={person: limits(chance) for person in PEOPLE},
    )


def hours(chance: Random) -> Stretches | None:
    """Some hours, or None."""
    if chance.random() < 0.5:
        return None
    starts = [chance.randrange(120) for _count in range(3)]
    return Stretches.of((at(start * 15), at((start + chance.randrange(60)) * 15)) for start in starts)


def limits(chance: Random) -> SpeakerLimits:
    """Where someone is, and when they can."""
    suits, more = hours(chance), hours(chance)
    if suits is None or more is None:
        return SpeakerLimits(chance.choice(ZONES))
    return SpeakerLimits(chance.choice(ZONES), suits, Stretches.of([*suits, *more]))


def compared(everything: list[Placement], around: Surroundings) -> list[Conflict]:
    """The definition: every pair compared, every slot looked at, without any sweep."""
    rules, found = around.rules, []
    counted = [p for p in everything if not p.is_cancelled and p.start < p.end]
    for a, b in combinations(counted, 2):
        one, other = sorted((a, b), key=lambda p: p.slot)
        at_once = a.start < b.end and b.start < a.end
        kinds: dict[ConflictKind, set[int]] = {}
        if at_once and a.room == b.room is not None and not (a.is_blocker and b.is_blocker):
            kinds[ConflictKind.BLOCKER if a.is_blocker or b.is_blocker else ConflictKind.ROOM] = set()
        in_programme = not any((a.is_break, b.is_break, a.is_blocker, b.is_blocker))
        repeats = a.session is not None and a.session == b.session
        if at_once and in_programme and a.track == b.track is not None and not repeats:
            kinds[ConflictKind.TRACK] = set()
        between = max(a.start - b.end, b.start - a.end)
        stays = a.room == b.room is not None
        for person in a.speakers & b.speakers:
            if at_once and person in a.chairs | b.chairs:
                kinds.setdefault(ConflictKind.CHAIR, set()).add(person)
            elif at_once and person in a.interpreters | b.interpreters:
                kinds.setdefault(ConflictKind.INTERPRETER, set()).add(person)
            elif at_once:
                kinds.setdefault(ConflictKind.SPEAKER, set()).add(person)
            elif between < timedelta(minutes=rules.gap_minutes) and not stays:
                kinds.setdefault(ConflictKind.GAP, set()).add(person)
        found += [
            Conflict(one.slot, other.slot, kind, tuple(sorted(people)), rules.level(kind))
            for kind, people in kinds.items()
        ]
    for placement in counted:
        for kind, rule in SLOT_RULES.items():
            if (people_at_fault := rule(placement, around)) is not None:
                found.append(Conflict(placement.slot, None, kind, people_at_fault, rules.level(kind)))
    return sorted(conflict for conflict in found if conflict.level is not Level.IGNORE)


@settings(max_examples=60)
@given(schedules(), surroundings())
def test_sweeping_finds_what_comparing_everything_finds(
    everything: list[Placement], around: Surroundings
) -> None:
    assert find_conflicts(everything, around) == compared(everything, around)


@settings(max_examples=60)
@given(schedules(), surroundings(), st.randoms(use_true_random=False))
def test_the_order_of_the_slots_does_not_matter(
    everything: list[Placement], around: Surroundings, chance: Random
) -> None:
    shuffled = list(everything)
    chance.shuffle(shuffled)
    assert find_conflicts(shuffled, around) == find_conflicts(everything, around)


@settings(max_examples=60)
@given(schedules(), surroundings())
def test_a_clash_is_shown_by_both_of_its_slots_or_by_none(
    everything: list[Placement], around: Surroundings
) -> None:
    found = find_conflicts(everything, around)
    shown = by_slot(found)
    for slot in range(len(everything)):
        assert sorted(shown.get(slot, [])) == conflicts_of(slot, everything, around)
    for slot, conflicts in shown.items():
        for conflict in conflicts:
            partner = conflict.partner(slot)
            assert partner is None or conflict in shown[partner]
    assert sum(map(len, shown.values())) == sum(len(conflict.slots) for conflict in found)


@settings(max_examples=60)
@given(schedules(), surroundings(), st.data())
def test_a_list_kept_up_to_date_is_the_list_made_anew(
    everything: list[Placement], around: Surroundings, data: st.DataObject
) -> None:
    kept = find_conflicts(everything, around)
    now = {placement.slot: placement for placement in everything}
    for _step in range(6):
        touched = data.draw(st.frozensets(st.integers(0, 16), min_size=1, max_size=4))
        for slot in touched:
            changed = data.draw(st.none() | placements(slot))  # None: taken off the grid
            now.pop(slot, None)
            if changed is not None:
                now[slot] = changed
        kept = patched(kept, touched, now.values(), around)
        assert kept == find_conflicts(now.values(), around)
    assert conflicts_touching(set(now), now.values(), around) == kept


@settings(max_examples=60)
@given(st.lists(st.integers(1, 12), min_size=2, max_size=10), st.sampled_from(ROOMS), surroundings())
def test_back_to_back_is_no_clash_in_one_room(lengths: list[int], room: int, around: Surroundings) -> None:
    everything, start = [], 0
    for slot, length in enumerate(lengths):
        everything.append(
            Placement(slot, room, at(start), at(start + length * 15), frozenset({1}), track=1, session=slot)
        )
        start += length * 15
    assert [conflict for conflict in find_conflicts(everything, around) if conflict.other is not None] == []


@settings(max_examples=60)
@given(schedules(), surroundings())
def test_what_is_cancelled_or_off_the_grid_clashes_with_nothing(
    everything: list[Placement], around: Surroundings
) -> None:
    assert find_conflicts([replace(p, is_cancelled=True) for p in everything], around) == []
    off = [p for p in everything if p.slot % 2]
    assert all(slot % 2 for conflict in find_conflicts(off, around) for slot in conflict.slots)


@settings(max_examples=60)
@given(schedules(), surroundings())
def test_who_ignores_every_rule_hears_of_none(everything: list[Placement], around: Surroundings) -> None:
    deaf = replace(around.rules, levels=dict.fromkeys(ConflictKind, Level.IGNORE))
    assert find_conflicts(everything, replace(around, rules=deaf)) == []
