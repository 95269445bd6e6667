"""Availability: a speaker's half hours as stretches of time, on every clock there is, and the rules that keep them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from conference import db
from conference.errors import NotFound, StaleEdit
from conference.tables import AuditEntry, Conference
from conference.timezones import all_zones, zone
from sessions.schedule.limits import RuleFacts
from sessions.speakers.availability import (
    Given,
    asked_days,
    availability_of,
    give_availability,
    hours_asked,
    take_availability_back,
)
from sessions.speakers.availability_form import RangesForm, read_cells, swept
from sessions.speakers.availability_grid import (
    CELL,
    Stretch,
    Suits,
    cells_of_day,
    days_of,
    instant_of,
    joined,
    painted,
    ranges_of,
    rows_of,
    suits,
    whole,
    without,
)
from sessions.tables import Availability, DraftChange, Speaker
from tests.makers import NOW, make_conference, make_room, make_session, make_slot, make_speaker

zones = some.sampled_from(all_zones()).map(zone)
days = some.dates(date(2005, 1, 1), date(2037, 12, 1))
answers = some.sampled_from(list(Suits))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def stretch(start: str, end: str, kind: Suits = Suits.AVAILABLE) -> Stretch:
    return Stretch(at(start), at(end), kind)


@some.composite
def stretches(draw: some.DrawFn) -> list[Stretch]:
    """Times to the minute, in no order, overlapping at will."""
    begin = datetime.combine(draw(days), time(), tzinfo=UTC)
    found = []
    for _number in range(draw(some.integers(0, 8))):
        start = begin + timedelta(minutes=draw(some.integers(0, 4000)))
        length = timedelta(minutes=draw(some.integers(1, 600)))
        found.append(
            Stretch(start, start + length, draw(some.sampled_from([Suits.AVAILABLE, Suits.IF_NEEDED])))
        )
    return found


# --- the grid: pure -----------------------------------------------------------------------------------------------


@given(days, zones)
def test_a_day_s_cells_are_the_whole_day_without_gap(day: date, where: ZoneInfo) -> None:
    cells = cells_of_day(day, where)
    for one, other in pairwise(cells):
        assert one.end == other.start
    assert all(cell.end - cell.start == CELL for cell in cells)
    assert all(cell.start.astimezone(where).date() == day for cell in cells)
    assert len({(cell.wall, cell.fold) for cell in cells}) == len(cells)
    following = cells_of_day(day + timedelta(days=1), where)
    if cells and following:
        assert cells[-1].end == following[0].start
        assert cells[0].wall <= time(1)
    assert all(instant_of(cell.key) == cell.start for cell in cells)


@pytest.mark.parametrize(
    ("place", "day", "count"),
    [
        ("Europe/London", date(2026, 6, 25), 48),
        ("Europe/London", date(2026, 3, 29), 46),
        ("Europe/London", date(2026, 10, 25), 50),
        ("Australia/Lord_Howe", date(2026, 4, 5), 49),
        ("Australia/Lord_Howe", date(2026, 10, 4), 47),
        ("America/Santiago", date(2026, 9, 6), 46),  # begins at 01:00
        ("Asia/Kathmandu", date(2026, 6, 25), 48),
        ("Pacific/Apia", date(2011, 12, 30), 0),  # never was
    ],
)
def test_a_day_has_as_many_half_hours_as_it_has(place: str, day: date, count: int) -> None:
    assert len(cells_of_day(day, ZoneInfo(place))) == count


def test_a_repeated_hour_has_lines_of_its_own_in_the_order_of_the_clock() -> None:
    london = ZoneInfo("Europe/London")
    two_days = (date(2026, 10, 24), date(2026, 10, 25))
    rows = rows_of(two_days, london, (), every=True)
    told = [(f"{row.wall:%H:%M}", row.fold, [cell is not None for cell in row.cells]) for row in rows[:7]]
    assert told == [
        ("00:00", 0, [True, True]),
        ("00:30", 0, [True, True]),
        ("01:00", 0, [True, True]),
        ("01:30", 0, [True, True]),
        ("01:00", 1, [False, True]),
        ("01:30", 1, [False, True]),
        ("02:00", 0, [True, True]),
    ]
    spring = rows_of((date(2026, 3, 29),), london, (), every=True)
    assert [f"{row.wall:%H:%M}" for row in spring[:4]] == ["00:00", "00:30", "02:00", "02:30"]


@given(days, zones)
def test_the_grid_shows_every_cell_of_its_days_once_and_in_order(day: date, where: ZoneInfo) -> None:
    several = tuple(day + timedelta(days=number) for number in range(3))
    several = tuple(one for one in several if cells_of_day(one, where))
    rows = rows_of(several, where, (), every=True)
    for number, one in enumerate(several):
        column = [row.cells[number] for row in rows if row.cells[number] is not None]
        assert tuple(column) == cells_of_day(one, where)


def test_only_the_hours_that_matter_are_asked_for() -> None:
    """Ten to five in London is the night of two dates in Auckland."""
    auckland = ZoneInfo("Pacific/Auckland")
    spans = [(at("2026-06-25T09:00"), at("2026-06-25T16:00"))]
    assert days_of(spans, auckland) == (date(2026, 6, 25), date(2026, 6, 26))
    rows = rows_of(days_of(spans, auckland), auckland, spans, every=False)
    shown = {
        number: [f"{row.wall:%H:%M}" for row in rows if row.cells[number] is not None] for number in (0, 1)
    }
    assert (shown[0][0], shown[0][-1]) == ("19:00", "23:30")
    assert (shown[1][0], shown[1][-1]) == ("00:00", "05:30")


@given(stretches())
def test_joined_stretches_are_disjoint_ordered_and_say_the_same(given_: list[Stretch]) -> None:
    result = joined(given_)
    for one, other in pairwise(result):
        assert one.end < other.start or (one.end == other.start and one.kind != other.kind)
    assert joined(result) == result
    for minute in {
        edge + timedelta(minutes=shift) for s in given_ for edge in (s.start, s.end) for shift in (-1, 0)
    }:
        kinds = {s.kind for s in given_ if s.start <= minute < s.end}
        best = Suits.AVAILABLE if Suits.AVAILABLE in kinds else Suits.IF_NEEDED if kinds else Suits.NOT
        assert suits(minute, minute + timedelta(minutes=1), result) == best


@given(stretches(), days, zones, some.data())
def test_what_is_painted_is_what_the_grid_shows_then(
    given_: list[Stretch], day: date, where: ZoneInfo, data: some.DataObject
) -> None:
    if given_:
        day = given_[0].start.astimezone(where).date()
    cells = cells_of_day(day, where)
    typed = (
        {
            cell.start: data.draw(answers)
            for cell in data.draw(some.lists(some.sampled_from(cells), max_size=12))
        }
        if cells
        else {}
    )
    after = painted(given_, typed)
    assert joined(after) == after
    for start, answer in typed.items():
        assert suits(start, start + CELL, after) == answer
    # What was not painted stands as it stood.
    for cell in cells:
        if cell.start not in typed:
            assert suits(cell.start, cell.end, after) == suits(cell.start, cell.end, joined(given_))


@given(stretches(), zones, zones)
def test_a_grid_saved_unchanged_changes_nothing_on_whatever_clock(
    given_: list[Stretch], where: ZoneInfo, elsewhere: ZoneInfo
) -> None:
    held = joined(given_)
    for place in (where, elsewhere):
        shown = {
            cell.start: suits(cell.start, cell.end, held)
            for day in days_of([(s.start, s.end) for s in held], place)
            for cell in cells_of_day(day, place)
        }
        assert painted(held, shown) == held


@given(days, zones, some.data())
def test_cells_become_stretches_and_cells_again(day: date, where: ZoneInfo, data: some.DataObject) -> None:
    cells = cells_of_day(day, where)
    typed = {cell.start: data.draw(answers) for cell in cells}
    after = painted((), typed)
    assert {cell.start: suits(cell.start, cell.end, after) for cell in cells} == typed
    assert sum((s.end - s.start for s in after), timedelta()) == CELL * sum(
        a != Suits.NOT for a in typed.values()
    )


@given(stretches(), zones)
def test_typed_hours_sent_back_as_they_stood_change_nothing(given_: list[Stretch], where: ZoneInfo) -> None:
    held = joined(given_)
    several = days_of([(s.start, s.end) for s in held], where)
    form = RangesForm.of(several, where, held)
    again = RangesForm.from_post(form.values, several, where, held)
    assert (again.errors, again.stretches) == ({}, held)


def test_a_stretch_is_cut_where_time_is_taken_out_of_it() -> None:
    day = stretch("2026-06-25T08:00", "2026-06-25T18:00")
    assert without([day], at("2026-06-25T12:00"), at("2026-06-25T13:00")) == [
        stretch("2026-06-25T08:00", "2026-06-25T12:00"),
        stretch("2026-06-25T13:00", "2026-06-25T18:00"),
    ]


def test_any_time_is_every_day_the_conference_touches_there() -> None:
    spans = [(at("2026-06-25T09:00"), at("2026-06-25T16:00"))]
    assert whole(spans, ZoneInfo("Pacific/Auckland")) == (stretch("2026-06-24T12:00", "2026-06-26T12:00"),)
    assert whole(spans, ZoneInfo("Europe/London")) == (stretch("2026-06-24T23:00", "2026-06-25T23:00"),)


# --- forms --------------------------------------------------------------------------------------------------------

THE_DAYS = (date(2026, 6, 25), date(2026, 6, 26))
KOLKATA = ZoneInfo("Asia/Kolkata")


def test_typed_hours_may_run_past_midnight_and_until_it() -> None:
    sent = {
        "from_2026-06-25_0": "22:00",
        "until_2026-06-25_0": "02:30",
        "kind_2026-06-25_0": "if-needed",
        "from_2026-06-26_0": "18:00",
        "until_2026-06-26_0": "00:00",
    }
    form = RangesForm.from_post(sent, THE_DAYS, KOLKATA, ())
    assert form.stretches == (
        stretch("2026-06-25T16:30", "2026-06-25T21:00", Suits.IF_NEEDED),
        stretch("2026-06-26T12:30", "2026-06-26T18:30"),
    )
    shown = ranges_of(cells_of_day(THE_DAYS[0], KOLKATA), KOLKATA, form.stretches)
    assert [(one.start, one.until, one.kind) for one in shown] == [("22:00", "24:00", Suits.IF_NEEDED)]


@pytest.mark.parametrize(
    "junk", ["", "25:00", "1:00", "noon", "10:00:00", "١٠:٠٠", "\0", "10:60", "9" * 4000]
)
def test_a_typed_hour_that_is_none_is_said_beside_it(junk: str) -> None:
    sent = {"from_2026-06-25_0": "10:00", "until_2026-06-25_0": junk}
    form = RangesForm.from_post(sent, THE_DAYS, KOLKATA, ())
    assert form.stretches is None
    assert list(form.errors) == ["until_2026-06-25_0"]


def test_hours_that_clocks_skip_or_repeat_are_never_less_than_typed() -> None:
    london = ZoneInfo("Europe/London")
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    sent = {f"from_{spring}_0": "01:30", f"until_{spring}_0": "04:00"}
    assert RangesForm.from_post(sent, (spring,), london, ()).stretches == (
        stretch("2026-03-29T01:00", "2026-03-29T03:00"),
    )
    sent = {f"from_{autumn}_0": "01:00", f"until_{autumn}_0": "01:30"}
    assert RangesForm.from_post(sent, (autumn,), london, ()).stretches == (
        stretch("2026-10-25T00:00", "2026-10-25T01:30"),
    )


def test_only_cells_of_about_these_days_are_read() -> None:
    cell = cells_of_day(THE_DAYS[0], KOLKATA)[20]
    sent = {
        f"c{cell.key}": "available",
        f"c{cell.key + 30}": "perhaps",
        f"c{cell.key + 7}": "available",
        f"c{cell.key + 1440 * 30}": "available",
        "c": "available",
        "c-15": "available",
        "c" + "9" * 40: "available",
        "c٣٠": "available",
    }
    assert read_cells(sent, THE_DAYS, KOLKATA) == {cell.start: Suits.AVAILABLE}
    assert read_cells(sent, (), KOLKATA) == {}


def test_a_whole_day_or_line_takes_the_brush_s_answer() -> None:
    rows = rows_of(THE_DAYS, KOLKATA, (), every=True)
    day = swept("day-1", Suits.IF_NEEDED, rows, THE_DAYS)
    assert list(day) == [cell.start for cell in cells_of_day(THE_DAYS[1], KOLKATA)]
    line = swept("row-3", Suits.AVAILABLE, rows, THE_DAYS)
    assert [f"{start.astimezone(KOLKATA):%d %H:%M}" for start in line] == ["25 01:30", "26 01:30"]
    for junk in ("row-999", "day-9", "day-", "day--1", "clear", "", "row-٣", "row-" + "9" * 5000):
        assert swept(junk, Suits.AVAILABLE, rows, THE_DAYS) == {}


def test_the_hours_asked_about_follow_rules_then_slots_then_custom() -> None:
    day, zone_name = date(2026, 6, 25), "Europe/London"
    slots = [
        (at("2026-06-25T09:00"), at("2026-06-25T10:00")),
        (at("2026-06-25T15:00"), at("2026-06-25T16:00")),
    ]
    by_slots = asked_days(day, day, zone_name, RuleFacts(), slots)
    assert by_slots == [(at("2026-06-25T09:00"), at("2026-06-25T16:00"))]
    ruled = asked_days(day, day, zone_name, RuleFacts(day_starts=540, day_ends=1200), slots)
    assert ruled == [(at("2026-06-25T08:00"), at("2026-06-25T19:00"))]
    assert asked_days(day, day, zone_name, RuleFacts(), []) == [
        (at("2026-06-25T07:00"), at("2026-06-25T19:00"))
    ]


# --- rules --------------------------------------------------------------------------------------------------------


async def reread(speaker: Speaker) -> Speaker:
    found = await Speaker.objects().where(Speaker.id == speaker.id).first()
    assert found is not None
    return found


async def test_availability_is_kept_as_disjoint_stretches_and_told_to_the_draft(
    each_database: db.Database,
) -> None:
    conference = await make_conference()
    speaker = await make_speaker(conference)
    slot = await make_slot(
        conference, await make_session(conference, speakers=(speaker,)), await make_room(conference)
    )
    before = await availability_of(speaker)
    assert before == Given(None)
    wanted = (
        stretch("2026-06-25T10:00", "2026-06-25T12:00"),
        stretch("2026-06-25T11:00", "2026-06-25T13:00", Suits.IF_NEEDED),
    )
    await give_availability(speaker.id, wanted, seen=before.mark, actor="Ruth", now=NOW)
    given_now = await availability_of(await reread(speaker))
    assert given_now == Given(
        NOW,
        (
            stretch("2026-06-25T10:00", "2026-06-25T12:00"),
            stretch("2026-06-25T12:00", "2026-06-25T13:00", Suits.IF_NEEDED),
        ),
    )
    changed = await DraftChange.select(DraftChange.slots).where(DraftChange.conference == conference.id)
    assert [row["slots"] for row in changed] == [f'["{slot.code}"]']
    entry = await AuditEntry.objects().where(AuditEntry.action == "availability-given").first()
    assert entry is not None
    assert (entry.actor, entry.subject) == ("Ruth", f"speaker:{speaker.code}")
    # The same once more (a form sent twice) is no change.
    await give_availability(
        speaker.id, wanted, seen=before.mark, actor="Ruth", now=NOW + timedelta(minutes=1)
    )
    assert await AuditEntry.count().where(AuditEntry.subject == f"speaker:{speaker.code}") == 1
    fresh = await Conference.objects().where(Conference.id == conference.id).first()
    assert fresh is not None
    assert fresh.draft_version == conference.draft_version + 1


async def test_an_old_page_does_not_replace_what_was_saved_meanwhile(each_database: db.Database) -> None:
    speaker = await make_speaker(await make_conference())
    old = (await availability_of(speaker)).mark
    await give_availability(
        speaker.id, (stretch("2026-06-25T10:00", "2026-06-25T12:00"),), seen=old, actor="Ruth", now=NOW
    )
    with pytest.raises(StaleEdit) as refused:
        await give_availability(speaker.id, (), seen=old, actor="Ruth", now=NOW)
    assert refused.value.theirs == {"times": ["2026-06-25T10:00Z/2026-06-25T12:00Z"]}
    with pytest.raises(StaleEdit):
        await take_availability_back(speaker.id, seen=old, actor="Ruth", now=NOW)
    assert await Availability.count() == 1


async def test_no_time_at_all_is_an_answer_and_taking_it_back_is_none(each_database: db.Database) -> None:
    speaker = await make_speaker(await make_conference())
    await give_availability(speaker.id, (), seen=Given(None).mark, actor="Ruth", now=NOW)
    nothing = await availability_of(await reread(speaker))
    assert nothing == Given(NOW)
    assert nothing.mark != Given(None).mark
    await take_availability_back(speaker.id, seen=nothing.mark, actor="Ruth", now=NOW)
    assert await availability_of(await reread(speaker)) == Given(None)
    with pytest.raises(NotFound):
        await give_availability(0, (), seen="", actor="Ruth", now=NOW)


async def test_a_cancelled_slot_does_not_widen_the_hours_asked_about(database: db.Database) -> None:
    conference = await make_conference()
    room, session = await make_room(conference), await make_session(conference)
    await make_slot(conference, session, room, "11:00", minutes=60)
    off = await make_slot(conference, session, room, "20:00", minutes=60)
    off.is_cancelled = True
    await off.save()
    assert await hours_asked(conference) == ((at("2026-06-25T10:00"), at("2026-06-25T11:00")),)
