"""The schedule's changes over HTTP: what the script is told, and the same by plain forms."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from conference import db
from conference.tables import Role
from sessions.tables import Session, SessionKind, Slot
from tests.makers import make_member
from tests.pages import Browser, make_settings, open_browser, sign_in_as, text_of
from tests.people import AUCKLAND_ATTENDEE
from tests.sessions.steps_stage import Stage

OPENING, FUNDRAISING, BRIDGES, LUNCH, MAKERS, PANEL = range(6)
HERE = "/organise/libraries/schedule"


class Desk(Stage):
    """The stage, with Petra signed in."""

    browser: Browser

    async def together(self, action: str, *which: int, **more: Any) -> Any:
        """Do something with several slots as the script does, on the page of the day."""
        slots = [{"code": one.code, "revision": one.revision} for one in await self.seen(*which)]
        sent = {"action": action, "slots": slots, "day": "2026-06-25", **more}
        return await self.browser.post_json(f"{HERE}/together", sent)

    async def fields(self, *which: int) -> list[str]:
        """Slots as plain forms name them."""
        return [f"{one.code}:{one.revision}" for one in await self.seen(*which)]

    async def after(self, answer: Any) -> str:
        """The text of the page that an answer leads to."""
        assert answer.status_code == 303
        return text_of((await self.browser.get(answer.headers["location"])).text)


@pytest.fixture
async def desk(database: db.Database, tmp_path: Path) -> AsyncIterator[Desk]:
    scene = await Desk.build()
    async with open_browser(make_settings(tmp_path / "data")) as scene.browser:
        await sign_in_as(scene.browser, scene.petra)
        yield scene


async def test_the_script_is_told_all_that_a_step_changed(desk: Desk) -> None:
    answer = await desk.together("move", BRIDGES, FUNDRAISING, minutes=120)
    told = answer.json()
    assert answer.status_code == 200
    codes = [desk.slots[which].code for which in (FUNDRAISING, BRIDGES, LUNCH)]
    assert sorted(card["code"] for card in told["changed"]) == sorted(codes)  # and Lunch, which clashes now
    assert told["said"] == (
        "Moved 2 sessions by 120 minutes. One clash: Main stage is taken by “Lunch”, 12:00–12:45."
    )
    assert (told["removed"], told["redo"]) == ([], None)
    assert told["undo"]["label"] == "Moved 2 sessions by 120 minutes"
    assert [step["undone"] for step in told["history"]] == [False]
    undone = (
        await desk.browser.post_json(f"{HERE}/undo", {"day": "2026-06-25", "step": told["undo"]["step"]})
    ).json()
    assert undone["note"] == "Undone: Moved 2 sessions by 120 minutes"
    assert not any("Room clash" in card["html"] for card in undone["changed"])
    assert sorted(card["code"] for card in undone["changed"]) == sorted(codes)
    assert undone["version"] == told["version"] + 1
    assert undone["undo"] is None
    redone = await desk.browser.post_json(
        f"{HERE}/redo", {"day": "2026-06-25", "step": undone["redo"]["step"]}
    )
    assert redone.json()["note"] == "Redone: Moved 2 sessions by 120 minutes"
    again = await desk.browser.post_json(f"{HERE}/redo", {"step": undone["redo"]["step"]})
    assert (again.status_code, again.json()["message"]) == (409, "There is nothing to redo any more.")


async def test_the_script_is_told_of_slots_made_and_removed(desk: Desk) -> None:
    told = (await desk.together("copy-break", LUNCH)).json()
    assert told["said"] == "Copied “Lunch” to 3 rooms. No clashes."
    assert [card["start"] for card in told["changed"]] == ["2026-06-25T12:00"] * 3
    undone = (await desk.browser.post_json(f"{HERE}/undo", {"day": "2026-06-25"})).json()
    assert sorted(undone["removed"]) == sorted(card["code"] for card in told["changed"])
    assert undone["changed"] == []


async def test_a_stale_slot_among_several_is_shown_with_all_cards_as_they_stand(desk: Desk) -> None:
    seen = await desk.seen(OPENING, BRIDGES)
    await desk.place(BRIDGES, "17:00", 3, actor=desk.anjali)
    slots = [{"code": one.code, "revision": one.revision} for one in seen]
    sent = {"action": "unschedule", "slots": slots, "day": "2026-06-25"}
    answer = await desk.browser.post_json(f"{HERE}/together", sent)
    told = answer.json()
    assert answer.status_code == 409
    assert (told["card"]["code"], told["card"]["start"]) == (seen[1].code, "2026-06-25T17:00")
    assert {card["code"] for card in told["cards"]} == {one.code for one in seen}
    assert (told["mine"]["start"], told["theirs"]["start"]) == ("", "2026-06-25 17:00")
    await Slot.delete().where(Slot.code == seen[0].code)
    gone = await desk.browser.post_json(f"{HERE}/together", sent)
    assert (gone.status_code, gone.json()["removed"]) == (404, [seen[0].code])


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"action": "dance", "slots": []},
        {"action": "move", "slots": "all", "minutes": 5},
        {"action": "move", "slots": [{"code": "x" * 50, "revision": 1}], "minutes": 5},
        {"action": "move", "slots": [{"code": {}, "revision": []}], "minutes": 5},
        {"action": "swap", "slots": [{"code": "abc", "revision": 1}]},
        {"action": "shift", "from": "2026-06-25T99:00", "minutes": 5},
        {"action": "shift", "from": "2026-06-25T09:00", "minutes": "1e9"},
        {"action": "shift", "from": "2026-06-25T09:00", "minutes": 5, "room": "nowhere"},
        {"action": "shift", "from": "9999-12-31T09:00", "minutes": 5},
        {"action": "shift", "from": "2026-06-25T09:00", "minutes": True},
    ],
)
async def test_senseless_wishes_are_refused_and_change_nothing(desk: Desk, body: Any) -> None:
    before = await desk.snapshot()
    answer = await desk.browser.post_json(f"{HERE}/together", body)
    assert answer.status_code == 422
    assert answer.json()["message"]
    assert await desk.snapshot() == before


async def test_a_day_is_shifted_by_a_plain_form(desk: Desk) -> None:
    form = await desk.browser.get(f"{HERE}/shift?day=2026-06-25")
    assert 'value="2026-06-25T09:00"' in form.text
    typed = {"action": "shift", "page": "shift", "from": "2026-06-25T10:00", "minutes": "x", "room": ""}
    wrong = await desk.browser.post_form(f"{HERE}/together", typed)
    assert wrong.status_code == 422
    assert 'name="minutes" type="number" value="x"' in wrong.text
    answer = await desk.browser.post_form(f"{HERE}/together", {**typed, "minutes": "−30"})
    assert "Shifted 4 sessions by −30 minutes from 10:00." in await desk.after(answer)
    assert await desk.stands(FUNDRAISING) == (0, "09:30")


async def test_two_are_swapped_from_the_page_of_one(desk: Desk) -> None:
    [opening, makers] = await desk.fields(OPENING, MAKERS)
    page = await desk.browser.get(f"{HERE}/slots/{desk.slots[OPENING].code}")
    assert f'<option value="{makers}">14:00 Room B: Makers</option>' in page.text
    assert "Copy to all free rooms" not in page.text
    assert "Remove this slot" not in page.text
    typed = {"action": "swap", "page": desk.slots[OPENING].code, "day": "2026-06-25"}
    alone = await desk.browser.post_form(f"{HERE}/together", {**typed, "slot": [opening, ""]})
    assert alone.status_code == 422
    assert "Please choose two sessions." in alone.text
    answer = await desk.browser.post_form(f"{HERE}/together", {**typed, "slot": [opening, makers]})
    assert "Swapped “Opening” and “Makers”." in await desk.after(answer)
    assert await desk.stands(MAKERS) == (0, "09:00")
    stale = await desk.browser.post_form(f"{HERE}/together", {**typed, "slot": [opening, makers]})
    assert stale.status_code == 409
    assert "Someone else has changed this meanwhile" in stale.text


async def test_breaks_are_copied_repeated_and_removed_from_their_page(desk: Desk) -> None:
    address = f"{HERE}/slots/{desk.slots[LUNCH].code}"
    assert "Copy to all free rooms" in (await desk.browser.get(address)).text
    typed = {"page": desk.slots[LUNCH].code, "day": "2026-06-25"}
    for action, said in (
        ("copy-break", "Copied “Lunch” to 3 rooms. No clashes."),
        ("repeat", "Added a repeat of “Lunch”. No clashes."),
    ):
        slot = await desk.fields(LUNCH)
        answer = await desk.browser.post_form(f"{HERE}/together", {**typed, "action": action, "slot": slot})
        assert said in await desk.after(answer)
    slot = await desk.fields(LUNCH)
    gone = await desk.browser.post_form(f"{HERE}/together", {**typed, "action": "remove", "slot": slot})
    assert "Removed “Lunch”" in await desk.after(gone)
    assert await Slot.count() == 9  # six, three copies and a repeat, less one
    opening = await desk.fields(OPENING)
    kept = await desk.browser.post_form(
        f"{HERE}/together", {"page": desk.slots[OPENING].code, "action": "remove", "slot": opening}
    )
    assert kept.status_code == 422
    assert "A session keeps at least one slot." in kept.text


async def test_several_are_chosen_and_moved_without_script(desk: Desk) -> None:
    codes = [desk.slots[which].code for which in (OPENING, BRIDGES)]
    page = await desk.browser.get(f"{HERE}/together?slot={codes[0]}&slot={codes[1]}&slot=nothere")
    assert page.status_code == 200
    hidden = re.findall(r'name="slot" value="([^"]+)"', page.text)
    assert sorted(set(hidden)) == sorted(await desk.fields(OPENING, BRIDGES))
    assert "Swap the two" in page.text
    typed = {
        "action": "move",
        "slot": sorted(set(hidden)),
        "minutes": "",
        "days": "",
        "rooms": "9",
        "day": "",
    }
    wrong = await desk.browser.post_form(f"{HERE}/together", typed)
    assert wrong.status_code == 422
    assert "”: there is no room so far to the right." in wrong.text
    assert 'value="9"' in wrong.text
    answer = await desk.browser.post_form(f"{HERE}/together", {**typed, "rooms": "1"})
    assert "Moved 2 sessions to other rooms." in await desk.after(answer)
    nobody = await desk.browser.post_form(f"{HERE}/together", {"action": "move", "minutes": "5"})
    assert nobody.status_code == 422


async def test_a_break_is_made_by_one_small_form(desk: Desk) -> None:
    form = await desk.browser.get(f"{HERE}/breaks/new?day=2026-06-25&time=16:00&room={desk.rooms[1].code}")
    assert f'value="{desk.rooms[1].code}" checked' in form.text
    typed: dict[str, Any] = {
        "kind": "break",
        "title": "Tea",
        "day": "2026-06-25",
        "time": "16:00",
        "length": "20",
    }
    wrong = await desk.browser.post_form(f"{HERE}/breaks", {**typed, "length": "0"})
    assert wrong.status_code == 422
    assert "Please choose at least one room." in wrong.text
    assert 'value="Tea"' in wrong.text
    rooms = [desk.rooms[1].code, desk.rooms[2].code]
    answer = await desk.browser.post_form(f"{HERE}/breaks", {**typed, "room": rooms})
    assert "Added “Tea” to 2 rooms, 16:00" in await desk.after(answer)
    sent = {
        "kind": "blocker",
        "rooms": [rooms[0]],
        "start": "2026-06-25T16:10",
        "length": 5,
        "day": "2026-06-25",
    }
    told = (await desk.browser.post_json(f"{HERE}/breaks", sent)).json()
    assert told["undo"]["label"] == "Added “Kept free”, 16:10"
    kinds = [session.kind for session in await Session.objects()]
    assert (kinds.count(SessionKind.BLOCKER), kinds.count(SessionKind.BREAK)) == (1, 2)
    skipped = await desk.browser.post_json(f"{HERE}/breaks", {**sent, "start": "2026-03-29T01:30"})
    assert skipped.status_code == 422
    assert "does not exist" in skipped.json()["message"]


async def test_only_those_who_make_the_programme_may_change_it(desk: Desk) -> None:
    await sign_in_as(desk.browser, await make_member(desk.conference, AUCKLAND_ATTENDEE, Role.VIEWER))
    before = await desk.snapshot()
    for path in ("together", "undo", "redo", "breaks"):
        assert (await desk.browser.post_json(f"{HERE}/{path}", {})).status_code == 403
    for path in ("together", "shift", "breaks/new"):
        assert (await desk.browser.get(f"{HERE}/{path}")).status_code == 403
    assert await desk.snapshot() == before
