"""The schedule editor's page, its plain form, and what it answers its script."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from conference import db
from conference.tables import Conference, Role
from conference.viewer import SignedInOrganiser
from sessions.imports.from_files import import_files
from sessions.schedule import editor_cards
from sessions.schedule import editor_day as editor
from sessions.schedule.conflicts import Conflict, ConflictKind, Level
from sessions.schedule.draft import DraftRoom, DraftSlot, DraftSpeaker
from sessions.schedule.draft_changes import touch_draft
from sessions.schedule.editor_cards import Facts
from sessions.tables import Room, SessionKind, Slot
from tests.makers import (
    NOW,
    THE_DAY,
    make_conference,
    make_member,
    make_organiser,
    make_room,
    make_session,
    make_slot,
    make_speaker,
    make_track,
)
from tests.pages import Browser, make_settings, open_browser, sign_in_as, text_of
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE
from tests.shared import data_path

LONDON = Facts(
    "Europe/London", {1: DraftRoom(1, "main", "Main stage"), 2: DraftRoom(2, "work", "Workshop")}, "en"
)
RUTH = DraftSpeaker(7, "Ruth Okafor", "America/New_York")
WIREMU = DraftSpeaker(8, "Wiremu Tāne", "Pacific/Auckland")
UNION = DraftSpeaker(9, "The Union", "Europe/London", is_person=False)


def slot(number: int, at: str | None, minutes: int = 45, room: int = 1, *speakers: DraftSpeaker) -> DraftSlot:
    """A slot of the day at a time of London's clock (an hour ahead of UTC then)."""
    bare = DraftSlot(number, f"s{number}", 1, f"Session {number}", "en", "talk", minutes, speakers=speakers)
    if at is None:
        return bare
    wall = datetime.fromisoformat(f"2026-06-25T{at}")
    start = wall.replace(tzinfo=UTC) - timedelta(hours=1)
    placed: dict[str, Any] = {
        "room": room,
        "local_start": wall,
        "start": start,
        "end": start + timedelta(minutes=minutes),
    }
    return DraftSlot(**{**vars(bare), **placed})


# --- the pure view ---------------------------------------------------------------------------------------------------


def test_a_card_tells_what_hour_it_is_for_its_speakers() -> None:
    notes = editor_cards.hour_notes(slot(1, "10:00", 45, 1, RUTH, WIREMU, UNION), LONDON)
    assert [(note.time, note.place, note.kind, note.word, note.shift, note.who) for note in notes] == [
        ("05:00", "New York", "night", "night", "", "Ruth Okafor"),
        ("21:00", "Auckland", "edge", "late", "", "Wiremu Tāne"),
    ]
    [note] = editor_cards.hour_notes(slot(1, "23:30", 45, 1, UNION), LONDON)
    assert (note.kind, note.word) == ("night", "night")
    [note] = editor_cards.hour_notes(slot(1, "15:00", 45, 1, WIREMU), LONDON)
    assert (note.time, note.shift) == ("02:00", "next day")
    assert editor_cards.hour_notes(slot(1, None, 45, 1, WIREMU), LONDON) == ()


def test_a_clash_is_told_from_both_sides() -> None:
    one, other = slot(1, "10:00", 45, 1, RUTH, UNION), slot(2, "10:30", 30, 2, RUTH, UNION)
    conflict = Conflict(1, 2, ConflictKind.SPEAKER, (RUTH.id,))
    both = {1: one, 2: other}
    assert editor_cards.card(one, [conflict], both, LONDON).clashes == (
        editor_cards.Clash(
            "speaker",
            "Speaker clash",
            "Ruth Okafor also speaks in “Session 2”, Workshop, 10:30–11:00",
            "warn",
            "Warning",
        ),
    )
    assert editor_cards.card(other, [conflict], both, LONDON).clashes[0].text == (
        "Ruth Okafor also speaks in “Session 1”, Main stage, 10:00–10:45"
    )
    assert editor_cards.clash_of(one, Conflict(1, 2, ConflictKind.ROOM), other, LONDON).text == (
        "Workshop is taken by “Session 2”, 10:30–11:00"
    )


def test_cards_find_their_place_by_classes() -> None:
    wall = datetime.fromisoformat("2026-06-25T09:05")
    assert editor_cards.position_classes(wall, 90, (1, 2)) == "h9 m5 lh1 lm30 lane1 of2"
    assert editor_cards.position_classes(None, 30, (0, 1)) == "lh0 lm30"
    assert editor_cards.position_classes(wall, 5, (9, 12)) == "h9 m5 lh0 lm5 lane5 of6"


def test_what_overlaps_stands_side_by_side() -> None:
    slots = [slot(1, "10:00", 60), slot(2, "10:30", 60), slot(3, "11:00", 30), slot(4, "12:00", 30)]
    assert editor.lanes_of(slots) == {1: (0, 2), 2: (1, 2), 3: (0, 2), 4: (0, 1)}


def test_the_grid_grows_to_hold_what_stands_on_the_day() -> None:
    assert editor.hours_shown([]) == (8, 20)
    assert editor.hours_shown([slot(1, "06:45"), slot(2, "19:30", 45)]) == (6, 21)
    assert editor.hours_shown([slot(1, "23:00", 180)]) == (8, 26)
    assert editor.hours_shown([slot(1, "23:00", 1440)]) == (8, 30)
    assert editor.hours_shown([], whole_day=True) == (0, 24)


def test_days_are_those_of_the_conference_and_wherever_something_stands() -> None:
    first, last, outside = date(2026, 6, 25), date(2026, 6, 26), date(2026, 7, 1)
    clashes = [
        Conflict(1, 2, ConflictKind.ROOM, level=Level.BLOCK_RELEASE),
        Conflict(3, None, ConflictKind.GAP),
    ]
    tabs = editor.day_tabs(first, last, {1: first, 2: first, 3: outside}, clashes, "en")
    assert [(tab.label, tab.slots, tab.clashes, tab.warnings, tab.is_outside) for tab in tabs] == [
        ("Thu 25 Jun", 2, 1, 0, False),
        ("Fri 26 Jun", 0, 0, 0, False),
        ("Wed 1 Jul", 1, 0, 1, True),
    ]
    assert editor.chosen_day("2026-06-26", tabs) == last
    assert editor.chosen_day("nonsense", tabs) == first


def test_the_script_learns_how_far_clocks_are_ahead_and_when_that_changes() -> None:
    plain = editor.differences(["America/New_York", "Asia/Kolkata"], THE_DAY, "Europe/London")
    assert plain == {"America/New_York": ((0, -300),), "Asia/Kolkata": ((0, 270),)}
    # London's clocks go back at 02:00; Kolkata's do not.
    turned = editor.differences(["Asia/Kolkata"], date(2026, 10, 25), "Europe/London")
    assert turned == {"Asia/Kolkata": ((0, 270), (120, 330))}


# --- the pages -------------------------------------------------------------------------------------------------------


class Desk:
    """A conference with two rooms and three sessions; Petra is signed in."""

    browser: Browser
    conference: Conference
    petra: SignedInOrganiser
    main: Room
    workshop: Room
    opening: Slot
    panel: Slot
    waiting: Slot
    path = "/organise/libraries/schedule"

    async def move(self, which: Slot, **body: Any) -> Any:
        """Move a slot as the script does, on the page of the day."""
        sent = {"length": 45, "revision": 1, "day": "2026-06-25", **body}
        return await self.browser.post_json(f"{self.path}/slots/{which.code}", sent)

    async def stands(self, which: Slot) -> tuple[int | None, str, int]:
        """Room, wall clock and revision of a slot."""
        row = await Slot.select(Slot.room, Slot.local_start, Slot.revision).where(Slot.id == which.id).first()
        assert row is not None
        return row["room"], str(row["local_start"] or "")[:16], row["revision"]


@pytest.fixture
async def desk(database: db.Database, tmp_path: Path) -> AsyncIterator[Desk]:
    scene = Desk()
    scene.petra = await make_organiser()
    scene.conference = await make_conference(owner=scene.petra)
    scene.main = await make_room(scene.conference, "Main stage", position=1)
    scene.workshop = await make_room(scene.conference, "Workshop room B", position=2)
    ruth = await make_speaker(scene.conference)
    opening = await make_session(scene.conference, "Opening", kind=SessionKind.KEYNOTE, speakers=(ruth,))
    panel = await make_session(scene.conference, "Panel <b>bold</b>", kind=SessionKind.PANEL)
    fundraising = await make_session(scene.conference, "Fundraising", speakers=(ruth,))
    scene.opening = await make_slot(scene.conference, opening, scene.main, "10:00")
    scene.panel = await make_slot(scene.conference, panel, scene.main, "14:00")
    scene.waiting = await make_slot(scene.conference, fundraising, None, None)
    async with open_browser(make_settings(tmp_path / "data")) as scene.browser:
        await sign_in_as(scene.browser, scene.petra)
        yield scene


async def test_the_page_shows_the_day_and_what_waits(desk: Desk) -> None:
    answer = await desk.browser.get(desk.path)
    assert answer.status_code == 200
    text = text_of(answer.text)
    assert "Draft, by the clock of London, BST, UTC+1." in text
    assert "Thu 25 Jun 2" in text
    assert "1 session waits for a place. 45 minutes Fundraising" in text
    assert (
        "Main stage 10:00–10:45 △ Warning: Antisocial hour Opening 05:00 New York night Ruth Okafor" in text
    )
    assert "Panel &lt;b&gt;bold&lt;/b&gt;" in answer.text
    assert "1 warning △ Warning: 10:00 Opening : It is 05:00 for Ruth Okafor (New York)" in text
    assert f'href="{desk.path}/slots/{desk.waiting.code}"' in answer.text
    assert "style=" not in answer.text


async def test_a_move_by_the_plain_form_names_its_clashes_at_once(desk: Desk) -> None:
    address = f"{desk.path}/slots/{desk.waiting.code}"
    form = await desk.browser.get(address)
    assert form.status_code == 200
    assert "Not on the schedule yet." in form.text
    typed = {"day": "2026-06-25", "time": "10:15", "room": desk.main.code, "length": "30", "revision": "1"}
    answer = await desk.browser.post_form(address, typed)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{desk.path}?day=2026-06-25")
    text = text_of((await desk.browser.get(answer.headers["location"])).text)
    assert (
        "“Fundraising” is in Main stage, Thu 25 Jun, 10:15–10:45. 3 clashes: "
        "Main stage is taken by “Opening”, 10:00–10:45; "
        "Ruth Okafor also speaks in “Opening”, Main stage, 10:00–10:45; "
        "It is 05:15 for Ruth Okafor (New York)." in text
    )
    badges = "■ Blocks the release: Room clash ■ Blocks the release: Speaker clash △ Warning: Antisocial hour"
    assert f"10:15–10:45 {badges} Fundraising" in text
    assert f"10:00–10:45 {badges} Opening" in text
    assert "2 clashes to solve, 2 warnings" in text
    off = await desk.browser.post_form(
        address, {"revision": "2", "unschedule": "yes", "from_day": "2026-06-25"}
    )
    assert off.status_code == 303
    text = text_of((await desk.browser.get(off.headers["location"])).text)
    assert "“Fundraising” is off the schedule." in text
    assert "1 warning △ Warning: 10:00 Opening" in text


async def test_undo_by_its_button_names_what_was_undone(desk: Desk) -> None:
    await desk.move(desk.panel, room=desk.workshop.code, start="2026-06-25T14:00")
    page = await desk.browser.get(desk.path)
    assert "Moved “Panel &lt;b&gt;bold&lt;/b&gt;” to Workshop room B, 14:00" in page.text
    answer = await desk.browser.post_form(f"{desk.path}/undo", {"day": "2026-06-25", "step": ""})
    assert answer.status_code == 303
    page = await desk.browser.get(answer.headers["location"])
    assert "Undone: Moved “Panel &lt;b&gt;bold&lt;/b&gt;” to Workshop room B, 14:00" in page.text
    assert await desk.stands(desk.panel) == (desk.main.id, "2026-06-25 14:00", 3)
    again = await desk.browser.post_form(f"{desk.path}/undo", {"day": "2026-06-25", "step": ""})
    assert "There is nothing to undo any more." in (await desk.browser.get(again.headers["location"])).text


async def test_mistakes_come_back_beside_their_fields(desk: Desk) -> None:
    address = f"{desk.path}/slots/{desk.waiting.code}"
    typed = {"day": "25 June", "time": "26:00", "room": "attic", "length": "0", "revision": "1"}
    answer = await desk.browser.post_form(address, typed)
    assert answer.status_code == 422
    for message in (
        "Please give a date, such as 2026-06-25.",
        "Please give a time of day, such as 14:30.",
        "Please choose one of the options.",
        "Please give a whole number from 1 to 1440.",
    ):
        assert message in answer.text
    assert 'value="25 June"' in answer.text
    assert await desk.stands(desk.waiting) == (None, "", 1)


async def test_a_stale_form_comes_back_with_both_versions(desk: Desk) -> None:
    await desk.move(desk.panel, room=desk.workshop.code, start="2026-06-25T16:00")
    address = f"{desk.path}/slots/{desk.panel.code}"
    typed = {"day": "2026-06-25", "time": "11:00", "room": desk.main.code, "length": "45", "revision": "1"}
    answer = await desk.browser.post_form(address, typed)
    assert answer.status_code == 409
    assert "Someone else has changed this meanwhile" in answer.text
    assert "<td>2026-06-25 11:00</td><td>2026-06-25 16:00</td>" in answer.text
    assert "<td>Main stage</td><td>Workshop room B</td>" in answer.text
    assert 'name="revision" value="2"' in answer.text
    assert (await desk.browser.post_form(address, {**typed, "revision": "2"})).status_code == 303
    assert await desk.stands(desk.panel) == (desk.main.id, "2026-06-25 11:00", 3)


async def test_the_form_refuses_and_asks_where_clocks_change(desk: Desk) -> None:
    address = f"{desk.path}/slots/{desk.waiting.code}"
    typed = {"time": "01:30", "room": desk.main.code, "length": "30", "revision": "1"}
    skipped = await desk.browser.post_form(address, {**typed, "day": "2026-03-29"})
    assert skipped.status_code == 422
    assert "2026-03-29 01:30 does not exist in Europe/London" in skipped.text
    twice = await desk.browser.post_form(address, {**typed, "day": "2026-10-25"})
    assert twice.status_code == 422
    assert 'name="fold" value="1"' in twice.text
    answer = await desk.browser.post_form(address, {**typed, "day": "2026-10-25", "fold": "1"})
    assert answer.status_code == 303
    row = await Slot.select(Slot.start).where(Slot.id == desk.waiting.id).first()
    assert row == {"start": datetime(2026, 10, 25, 1, 30, tzinfo=UTC)}


async def test_the_script_is_told_every_card_whose_clashes_came_or_went(desk: Desk) -> None:
    answer = await desk.move(desk.panel, room=desk.main.code, start="2026-06-25T10:30")
    told = answer.json()
    assert answer.status_code == 200
    assert told["conflicts"] == ["Main stage is taken by “Opening”, 10:00–10:45"]
    assert {card["code"] for card in told["changed"]} == {desk.panel.code, desk.opening.code}
    assert all("Room clash" in card["html"] for card in told["changed"])
    assert [card["revision"] for card in told["changed"] if card["code"] == desk.panel.code] == [2]
    assert told["undo"]["label"] == "Moved “Panel <b>bold</b>” to Main stage, 10:30"
    assert "<b>bold" not in json.dumps([card["html"] for card in told["changed"]])
    away = await desk.move(desk.panel, room=None, start=None, revision=2)
    assert {card["code"] for card in away.json()["changed"]} == {desk.panel.code, desk.opening.code}
    assert not any("Room clash" in card["html"] for card in away.json()["changed"])
    undone = await desk.browser.post_json(
        f"{desk.path}/undo", {"day": "2026-06-25", "step": away.json()["undo"]["step"]}
    )
    assert undone.status_code == 200
    starts = {card["code"]: card["start"] for card in undone.json()["changed"]}
    assert starts[desk.panel.code] == "2026-06-25T10:30"
    assert all("Room clash" in card["html"] for card in undone.json()["changed"])


async def test_the_script_of_the_second_of_two_organisers_gets_both_versions(desk: Desk) -> None:
    anjali = await make_member(desk.conference, KOLKATA_ATTENDEE, Role.PROGRAMME)
    await sign_in_as(desk.browser, anjali)
    assert (await desk.move(desk.panel, room=desk.workshop.code, start="2026-06-25T15:00")).status_code == 200
    await sign_in_as(desk.browser, desk.petra)
    late = await desk.move(desk.panel, room=desk.main.code, start="2026-06-25T11:00")
    told = late.json()
    assert late.status_code == 409
    assert told["message"] == "Someone else has changed this slot meanwhile."
    assert told["mine"] == {"room": "Main stage", "start": "2026-06-25 11:00", "length_minutes": 45}
    assert told["theirs"]["start"] == "2026-06-25 15:00"
    assert (told["card"]["room"], told["card"]["revision"]) == (desk.workshop.code, 2)


async def test_undo_is_refused_to_the_script_with_the_colleagues_name(desk: Desk) -> None:
    moved = await desk.move(desk.panel, room=desk.workshop.code, start="2026-06-25T15:00")
    anjali = await make_member(desk.conference, KOLKATA_ATTENDEE, Role.PROGRAMME)
    await sign_in_as(desk.browser, anjali)
    await desk.move(desk.panel, room=desk.main.code, start="2026-06-25T16:00", revision=2)
    await sign_in_as(desk.browser, desk.petra)
    sent = {"day": "2026-06-25", "step": moved.json()["undo"]["step"]}
    refused = await desk.browser.post_json(f"{desk.path}/undo", sent)
    assert refused.status_code == 409
    assert refused.json()["message"].startswith("Anjali Menon has changed this since.")


async def test_the_script_is_asked_which_of_two_hours(desk: Desk) -> None:
    twice = await desk.move(desk.waiting, room=desk.main.code, start="2026-10-25T01:30")
    assert twice.status_code == 422
    assert [choice["label"] for choice in twice.json()["choices"]] == [
        "The first, in London, BST, UTC+1",
        "The second, in London, GMT, UTC+0",
    ]
    answer = await desk.move(desk.waiting, room=desk.main.code, start="2026-10-25T01:30", fold=1)
    assert answer.status_code == 200
    assert (await desk.move(desk.opening, room=desk.main.code, start="2026-03-29T01:30")).status_code == 422


MAIN = "the main stage"
"""In a body: the room's code, which is not known before."""


@pytest.mark.parametrize(
    "body",
    [
        [],
        "text",
        {},
        {"room": "nowhere", "start": "2026-06-25T10:00", "length": 30, "revision": 1},
        {"room": ["x"], "start": {"a": 1}, "length": "long", "revision": 1.5},
        {"room": None, "revision": "x" * 5000},
        *[
            {"room": MAIN, "start": f"{year}-01-01T00:00", "length": 30, "revision": 1}
            for year in ("0001", "0026", "9999")
        ],
        {"room": "\x00", "start": "9999-12-31T23:59", "length": 10**30, "revision": -1},
    ],
)
async def test_senseless_bodies_are_refused_and_change_nothing(desk: Desk, body: Any) -> None:
    if isinstance(body, dict) and body.get("room") == MAIN:
        body = body | {"room": desk.main.code}
    answer = await desk.browser.post_json(f"{desk.path}/slots/{desk.panel.code}", body)
    assert answer.status_code == 422
    assert answer.json()["message"]
    assert await desk.stands(desk.panel) == (desk.main.id, "2026-06-25 14:00", 1)


async def test_broken_json_and_unknown_slots_are_refused_kindly(desk: Desk) -> None:
    headers = {
        "x-csrftoken": await desk.browser.csrf(),
        "accept": "application/json",
        "content-type": "application/json",
    }
    broken = await desk.browser.post(f"{desk.path}/undo", content=b"{nonsense", headers=headers)
    assert broken.status_code == 400
    odd = await desk.browser.post_json(f"{desk.path}/undo", {"day": 5, "step": "1 or 1"})
    assert odd.status_code == 409
    for code in ("nothere1", "%00", "x" * 300):
        assert (await desk.browser.get(f"{desk.path}/slots/{code}")).status_code == 404
    without_token = await desk.browser.post(f"{desk.path}/undo", json={})
    assert without_token.status_code == 403


async def test_only_those_who_make_the_programme_may_move_things(desk: Desk) -> None:
    for person, role in ((AUCKLAND_ATTENDEE, Role.VIEWER), (KOLKATA_ATTENDEE, Role.REGISTRATION)):
        await sign_in_as(desk.browser, await make_member(desk.conference, person, role))
        page = await desk.browser.get(desk.path)
        assert page.status_code == 200
        assert "Your role lets you look at the schedule." in page.text
        assert desk.panel.code in page.text
        # Nothing to press: the only forms are those that ask for another view, and signing out.
        forms = re.findall(r"<form[^>]*>", page.text[page.text.index("data-editor") :])
        assert [form for form in forms if 'method="get"' not in form] == []
        assert "/slots/" not in page.text
        state = (await desk.browser.get(f"{desk.path}.json")).json()
        assert not any("/slots/" in card["html"] for card in state["cards"])
        assert (await desk.move(desk.panel, room=None)).status_code == 403
        assert (await desk.browser.get(f"{desk.path}/slots/{desk.panel.code}")).status_code == 403
    assert await desk.stands(desk.panel) == (desk.main.id, "2026-06-25 14:00", 1)


async def test_the_state_for_the_script_is_the_page_of_the_day(desk: Desk) -> None:
    state = (await desk.browser.get(f"{desk.path}.json?day=2026-06-25&q=fund")).json()
    assert [card["code"] for card in state["cards"]] == [desk.opening.code, desk.panel.code]
    assert [card["code"] for card in state["waiting"]] == [desk.waiting.code]
    assert state["differences"] == {"America/New_York": {"place": "New York", "steps": [[0, -300]]}}
    by_speaker = (await desk.browser.get(f"{desk.path}.json?q=okafor")).json()
    assert [card["code"] for card in by_speaker["waiting"]] == [desk.waiting.code]
    nothing = (await desk.browser.get(f"{desk.path}.json?q=zebra")).json()
    assert nothing["waiting"] == []
    assert nothing["waiting_note"] == "Nothing unscheduled has “zebra” in it."


async def test_a_day_costs_the_same_queries_for_one_session_and_for_many(desk: Desk) -> None:
    async def cost() -> tuple[int, int]:
        with db.count_queries() as opening:
            assert (await desk.browser.get(desk.path)).status_code == 200
        row = await desk.stands(desk.panel)
        with db.count_queries() as moving:
            hour = 11 + row[2]
            moved = await desk.move(
                desk.panel, room=desk.main.code, start=f"2026-06-25T{hour}:00", revision=row[2]
            )
            assert moved.status_code == 200
        return opening.total, moving.total

    await desk.move(desk.panel, room=desk.main.code, start="2026-06-25T11:00")
    await touch_draft(desk.conference.id, actor=None, now=NOW)  # anything may have changed: all is read again
    few = await cost()
    for number in range(12):
        speaker = await make_speaker(desk.conference, f"Speaker {number}")
        session = await make_session(desk.conference, f"More {number}", speakers=(speaker,))
        await make_slot(desk.conference, session, desk.workshop, f"{8 + number}:00")
        await make_slot(desk.conference, session, None, None)
    await touch_draft(desk.conference.id, actor=None, now=NOW)
    assert await cost() == few


async def test_a_conference_of_hundreds_opens_one_day_at_a_time(
    database: db.Database, tmp_path: Path
) -> None:
    petra = await make_organiser()
    source = data_path("schedules/fosdem-2020.xml")
    await import_files([source], slug="fosdem", owner=petra.email, uid_host="conf.example.org", now=NOW)
    async with open_browser(make_settings(tmp_path / "data")) as browser:
        await sign_in_as(browser, petra)
        saturday = await browser.get("/organise/fosdem/schedule?day=2020-02-01")
        sunday = await browser.get("/organise/fosdem/schedule?day=2020-02-02")
        cards = [page.text.count(' data-slot="') for page in (saturday, sunday)]
        assert cards == [422, 450]
        assert saturday.text.count(' data-column="') == 35
        keynote = await Slot.select().where(Slot.start.is_not_null()).order_by(Slot.start).first()
        assert keynote is not None
        sent = {"room": None, "length": 25, "revision": 1, "day": "2020-02-01"}
        moved = await browser.post_json(f"/organise/fosdem/schedule/slots/{keynote['code']}", sent)
        assert moved.status_code == 200
        assert len(moved.content) < 20_000  # what changed, not the whole day
        after = await browser.get("/organise/fosdem/schedule?day=2020-02-01")
        assert after.text.count(' data-slot="') == 422  # one of them now in the list
        assert "1 session waits for a place." in after.text


async def test_the_whole_conference_stands_under_one_another_by_days(desk: Desk) -> None:
    await make_slot(desk.conference, await make_session(desk.conference, "Later"), desk.main, "09:15")
    later = await Slot.objects().order_by(Slot.id, ascending=False).first()
    assert later is not None
    await desk.move(later, room=desk.main.code, start="2026-06-26T09:15")
    text = text_of((await desk.browser.get(f"{desk.path}?day=all")).text)
    assert "Whole conference" in text
    assert text.index("Opening 05:00") < text.index("Outside the day Later")
    state = (await desk.browser.get(f"{desk.path}.json?day=all")).json()
    assert [(band["day"], band["first"], band["end"]) for band in state["bands"]] == [
        ("2026-06-25", 8, 20),
        ("2026-06-26", 8, 20),
    ]
    assert len(state["cards"]) == 3
    one_day = (await desk.browser.get(f"{desk.path}.json?day=2026-06-26")).json()
    assert [card["code"] for card in one_day["cards"]] == [later.code]


async def test_hidden_rooms_stand_in_the_address_and_come_back(desk: Desk) -> None:
    page = await desk.browser.get(f"{desk.path}?room={desk.workshop.code}")
    assert f'data-column="{desk.main.code}" data-name="Main stage" hidden' in page.text
    assert f'data-column="{desk.workshop.code}" data-name="Workshop room B">' in page.text
    assert f'&amp;room={desk.workshop.code}"' in page.text  # links keep it
    nonsense = await desk.browser.get(f"{desk.path}?room=nothere&zoom=7&sort=%00&length=x&day=2026-99-99")
    assert nonsense.status_code == 200
    assert re.findall(r'data-name="[^"]*" hidden', nonsense.text) == []


async def test_the_script_reads_the_slots_it_asks_for_and_those_that_clash(desk: Desk) -> None:
    asked = f"{desk.panel.code},{desk.waiting.code},gone"
    state = (await desk.browser.get(f"{desk.path}.json?day=2026-06-25&slots={asked}")).json()
    # The opening is early for Ruth: a change of another card may bring or take a badge.
    assert [card["code"] for card in state["cards"]] == [desk.opening.code, desk.panel.code]
    assert [card["code"] for card in state["waiting"]] == [desk.waiting.code]
    assert state["removed"] == ["gone"]
    before = state["version"]
    await desk.move(desk.panel, room=desk.workshop.code, start="2026-06-25T14:00")
    after = (await desk.browser.get(f"{desk.path}.json?day=2026-06-25&slots={desk.panel.code}")).json()
    assert after["version"] > before
    assert after["undo"]["label"].startswith("Moved “Panel")
    assert [step["undone"] for step in after["history"]] == [False]
    alone = (await desk.browser.get(f"{desk.path}.json?part=waiting&q=fund")).json()
    assert set(alone) == {"waiting", "waiting_note", "waiting_total"}
    assert [card["code"] for card in alone["waiting"]] == [desk.waiting.code]


async def test_the_list_is_filtered_and_ordered_by_its_form(desk: Desk) -> None:
    track = await make_track(desk.conference, "Rights")
    ruth = await make_speaker(desk.conference, "Anna Berg", zone="Europe/Berlin")
    long = await make_session(
        desk.conference, "Zines", kind=SessionKind.WORKSHOP, speakers=(ruth,), track=track.id
    )
    short = await make_session(desk.conference, "Apples", language="fr")
    await make_slot(desk.conference, long, None, None, minutes=90)
    await make_slot(desk.conference, short, None, None, minutes=20)

    async def listed(query: str) -> list[str]:
        page = (await desk.browser.get(f"{desk.path}?{query}")).text
        tray = page[page.index("tray__cards") : page.index("data-band")]
        return re.findall(r'data-title="([^"]*)"', tray)

    assert await listed("") == ["Apples", "Fundraising", "Zines"]
    assert await listed("sort=length") == ["Zines", "Fundraising", "Apples"]
    assert await listed("sort=track") == ["Zines", "Apples", "Fundraising"]
    assert await listed("sort=kind") == ["Apples", "Fundraising", "Zines"]
    # New York shares few hours with the day's, Berlin most of them; whoever has no speaker can go anywhere.
    assert await listed("sort=constrained") == ["Zines", "Fundraising", "Apples"]
    assert await listed(f"track={track.code}") == ["Zines"]
    assert await listed("track=none") == ["Apples", "Fundraising"]
    assert await listed("kind=workshop") == ["Zines"]
    assert await listed("length=short") == ["Apples"]
    assert await listed("length=hour") == ["Fundraising"]
    assert await listed("language=fr") == ["Apples"]
    assert await listed("unconfirmed=yes") == ["Fundraising", "Zines"]
    assert await listed("unconfirmed=yes&q=berg") == ["Zines"]
    assert await listed("kind=keynote") == []
    page = text_of((await desk.browser.get(f"{desk.path}?kind=workshop")).text)
    assert "1 of the 3 sessions that wait for a place." in page
