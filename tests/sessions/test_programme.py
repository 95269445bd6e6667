"""The released programme on a reader's own clock, filtered, and laid out as a grid."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from sessions.programme.days import Layout, by_day, chosen_day, spans_of, time_view
from sessions.programme.filters import Filters, address, broader, read_filters, selected
from sessions.programme.grid import Cell, Grid, grid_of
from sessions.programme.snapshot import (
    ReleasedAppearance,
    ReleasedProgramme,
    ReleasedRoom,
    ReleasedSession,
    ReleasedSlot,
    ReleasedSpeaker,
    ReleasedTrack,
)

TEN = datetime(2026, 6, 25, 9, tzinfo=UTC)  # 10:00 in London
QUARTER = timedelta(minutes=15)
WALL = (TEN + timedelta(hours=1)).replace(tzinfo=None)  # no matter here
Spec = tuple[str, str, int, int]  # title, room, start and end in quarters of an hour after ten


def programme(*specs: Spec, kind: str = "talk") -> ReleasedProgramme:
    sessions = []
    for number, (title, room, start, end) in enumerate(specs, 1):
        slot = ReleasedSlot(
            number,
            f"slot{number}",
            "",
            room,
            TEN + start * QUARTER,
            TEN + end * QUARTER,
            WALL,
        )
        this = "break" if title in ("Lunch", "Tea") else kind
        sessions.append(ReleasedSession(number, f"ses{number}", "", this, {"en": title}, slots=(slot,)))
    rooms = tuple(ReleasedRoom(code, {"en": code.title()}, position=n) for n, code in enumerate("abc"))
    return ReleasedProgramme(1, TEN, "Europe/London", rooms=rooms, sessions=tuple(sessions))


def grid(of: ReleasedProgramme) -> Grid:
    layout = Layout(of, "Europe/London", "en", ("en",), "/libraries", TEN)
    [day] = layout.days(of.placings)
    return grid_of(day, layout)


def drawn(table: Grid) -> list[list[str]]:
    """The table as a reader sees it: each place filled by the cell that covers it. Fails on gaps and overlaps."""
    width = len(table.rooms)
    places: list[list[str]] = [[""] * width for _line in table.lines]
    for number, line in enumerate(table.lines):
        column = 0
        for cell in line.cells:
            while places[number][column]:
                column += 1
            for down in range(cell.rowspan):
                for across in range(cell.colspan):
                    assert not places[number + down][column + across], "two cells in one place"
                    places[number + down][column + across] = name(cell)
    assert all(all(row) for row in places), "a hole in the table"
    return places


def name(cell: Cell) -> str:
    return "+".join(row.title for row in cell.rows) or "."


def test_the_grid_tiles_rooms_and_times() -> None:
    table = grid(programme(("A", "a", 0, 4), ("B", "b", 2, 4), ("C", "a", 4, 6)))
    assert table.rooms == ("A", "B")
    assert [line.time.start for line in table.lines] == ["10:00", "10:30", "11:00"]
    assert drawn(table) == [["A", "."], ["A", "B"], ["C", "."]]


def test_a_break_alone_goes_right_across_and_one_beside_a_session_does_not() -> None:
    alone = grid(programme(("A", "a", 0, 4), ("B", "b", 0, 4), ("Lunch", "a", 4, 6), ("C", "b", 6, 8)))
    assert drawn(alone) == [["A", "B"], ["Lunch", "Lunch"], [".", "C"]]
    beside = grid(programme(("Lunch", "a", 0, 4), ("B", "b", 2, 6)))
    assert drawn(beside) == [["Lunch", "."], ["Lunch", "B"], [".", "B"]]


def test_slots_that_clash_in_a_room_share_a_cell() -> None:
    assert drawn(grid(programme(("A", "a", 0, 4), ("B", "a", 2, 6), ("C", "b", 0, 6)))) == [["A+B", "C"]]


def test_gaps_between_sessions_are_free_cells() -> None:
    assert drawn(grid(programme(("A", "a", 0, 1), ("B", "a", 3, 4)))) == [["A"], ["."], ["B"]]


def test_two_breaks_at_once_stay_in_their_rooms() -> None:
    assert drawn(grid(programme(("Lunch", "a", 0, 4), ("Tea", "b", 2, 4)))) == [
        ["Lunch", "."],
        ["Lunch", "Tea"],
    ]


def test_days_are_the_readers() -> None:
    late = programme(("Early", "a", 0, 4), ("Late", "a", 20, 24))  # 10:00 and 15:00 in London
    assert list(by_day(late.placings, "Europe/London")) == [date(2026, 6, 25)]
    auckland = by_day(late.placings, "Pacific/Auckland")  # 21:00, and 02:00 the next day
    assert [(day, [session.title["en"] for session, _slot in rows]) for day, rows in auckland.items()] == [
        (date(2026, 6, 25), ["Early"]),
        (date(2026, 6, 26), ["Late"]),
    ]


def test_a_time_after_the_readers_midnight_says_the_conferences_day() -> None:
    start = TEN + timedelta(hours=5)
    view = time_view(start, start + timedelta(hours=1), "Pacific/Auckland", "Europe/London", "en")
    assert (view.day, view.start, view.their_start, view.their_day, view.hour) == (
        "Fri 26 Jun",
        "02:00",
        "15:00",
        "Thu 25 Jun",
        "night",
    )


def test_a_time_over_the_readers_midnight_says_so() -> None:
    view = time_view(
        TEN + timedelta(hours=8, minutes=30),
        TEN + timedelta(hours=10),
        "Asia/Kolkata",
        "Europe/London",
        "en",
    )
    assert (view.start, view.end, view.ends_next_day, view.their_day) == ("23:00", "00:30", "next day", "")


def full() -> ReleasedProgramme:
    slot = ReleasedSlot(1, "slot1", "", "main", TEN, TEN + QUARTER, WALL)
    other = ReleasedSlot(2, "slot2", "", "side", TEN, TEN + QUARTER, WALL)
    return ReleasedProgramme(
        1,
        TEN,
        "Europe/London",
        rooms=(ReleasedRoom("main", {"en": "Main stage"}), ReleasedRoom("side", {"en": "Side"})),
        tracks=(ReleasedTrack("skills", {"en": "Practical skills"}),),
        speakers=(ReleasedSpeaker("zoe", "Zoë Müller", organisation="Köln Libraries"),),
        sessions=(
            ReleasedSession(
                1,
                "ses1",
                "",
                "workshop",
                {"en": "Métadonnées"},
                abstract={"en": "All about cataloguing."},
                language="fr",
                track="skills",
                appearances=(ReleasedAppearance("zoe", "presenter"),),
                slots=(slot,),
            ),
            ReleasedSession(2, "ses2", "", "talk", {"en": "Welcome"}, slots=(other,)),
        ),
    )


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ({}, ["ses1", "ses2"]),
        ({"q": "metadonnees"}, ["ses1"]),
        ({"q": "MÜLLER catalogu"}, ["ses1"]),
        ({"q": "koln"}, ["ses1"]),
        ({"q": "main stage"}, ["ses1"]),
        ({"q": "welcome müller"}, []),
        ({"track": "skills"}, ["ses1"]),
        ({"type": "talk"}, ["ses2"]),
        ({"room": "side"}, ["ses2"]),
        ({"spoken": "fr"}, ["ses1"]),
        ({"type": "talk", "track": "skills"}, []),
        ({"hours": "bearable"}, ["ses1", "ses2"]),
        ({"hours": "no-such"}, ["ses1", "ses2"]),
        ({"track": "no-such", "type": "\x00", "room": "x" * 5000, "spoken": "zz"}, ["ses1", "ses2"]),
    ],
)
def test_filters_show_what_was_asked_for(query: dict[str, str], codes: list[str]) -> None:
    found = selected(full(), read_filters(query, full()), "Europe/London")
    assert [session.code for session, _slot in found] == codes


def test_a_bearable_hour_is_the_readers() -> None:
    filters = Filters(bearable=True)
    assert len(selected(full(), filters, "Europe/London")) == 2
    assert selected(full(), filters, "America/Los_Angeles") == []  # 02:00 there
    assert filters.query() == {"hours": "bearable"}


def test_nothing_found_says_which_filter_stands_in_the_way() -> None:
    filters = Filters(words="welcome", track="skills", kind="talk")
    assert selected(full(), filters, "Europe/London") == []
    assert broader(full(), filters, "Europe/London") == [("track", 1)]
    assert broader(full(), Filters(words="zzz"), "Europe/London") == []


def test_other_times_of_a_session_are_told_while_they_are_still_to_come() -> None:
    hours = [0, 3, 9, 12, 15]
    slots = tuple(
        ReleasedSlot(n, f"slot{n}", "", "a", TEN + timedelta(hours=h), TEN + timedelta(hours=h + 1), WALL)
        for n, h in enumerate(hours)
    )
    off = replace(slots[1], is_cancelled=True)
    session = ReleasedSession(1, "ses1", "", "workshop", {"en": "A"}, slots=(slots[0], off, *slots[2:]))
    repeated = ReleasedProgramme(1, TEN, "Europe/London", sessions=(session,))
    layout = Layout(repeated, "Asia/Kolkata", "en", ("en",), "/libraries", TEN)
    first = layout.row(session, slots[0])
    assert [(other.day, other.start) for other in first.also] == [
        ("", "23:30"),
        ("Fri 26 Jun", "02:30"),
        ("Fri 26 Jun", "05:30"),
    ]
    assert first.also_more == 0
    later = replace(layout, now=TEN + timedelta(hours=30))
    assert later.row(session, slots[4]).also == ()


def test_a_day_is_parted_by_the_hours_of_the_readers_clock() -> None:
    day = programme(("A", "a", 0, 2), ("B", "b", 2, 4), ("C", "a", 4, 6))  # 10:00, 10:30, 11:00 in London
    layout = Layout(day, "Asia/Kolkata", "en", ("en",), "/libraries", TEN)
    [view] = layout.days(day.placings)
    parts = [(hour.label, hour.iso, [row.title for row in hour.rows]) for hour in view.hours]
    assert parts == [
        ("14:00", "2026-06-25T08:30:00Z", ["A"]),
        ("15:00", "2026-06-25T09:30:00Z", ["B", "C"]),
    ]


def test_a_search_is_cut_and_cleaned() -> None:
    filters = read_filters({"q": " a\x00b \n c" + "x" * 100_000}, full())
    assert filters.words.startswith("ab cx")
    assert len(filters.words) == 200
    assert not Filters()


def test_the_day_shown_is_the_one_asked_for_else_today_else_the_first() -> None:
    days = [date(2026, 6, 25), date(2026, 6, 26)]
    assert chosen_day(days, "2026-06-26", date(2026, 1, 1)) == days[1]
    assert chosen_day(days, "2026-06-29", days[1]) == days[1]
    assert chosen_day(days, "junk-value", date(2026, 1, 1)) == days[0]
    assert chosen_day([], "", date(2026, 1, 1)) is None


def test_what_touches_is_one_span_and_what_is_cancelled_none() -> None:
    spans = spans_of(programme(("A", "a", 0, 2), ("B", "b", 2, 4), ("C", "a", 8, 9)).placings)
    assert spans == [(TEN, TEN + 4 * QUARTER), (TEN + 8 * QUARTER, TEN + 9 * QUARTER)]


def test_addresses_keep_what_was_asked_and_drop_what_is_empty() -> None:
    assert address("/x/programme", {"q": "a&b", "view": "grid"}, view="") == "/x/programme?q=a%26b"
    assert address("/x/programme", {}) == "/x/programme"
