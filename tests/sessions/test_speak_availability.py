"""A speaker marks the hours that suit her, on her own clock."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import date

import pytest

from conference.tables import Conference
from sessions.speakers.availability import availability_of
from sessions.speakers.availability_grid import Suits
from tests.makers import (
    NOW,
    THE_DAY,
)
from tests.pages import Browser, text_of
from tests.sessions.speaking import Scene, fields, speaking


@pytest.fixture
async def scene(browser: Browser) -> AsyncIterator[Scene]:
    """Ruth and her page, in front of the whole application."""
    async with speaking() as made:
        yield made


async def test_the_grid_asks_for_the_hours_around_the_conference(browser: Browser, scene: Scene) -> None:
    page = (await browser.get(f"{scene.here}/availability")).text
    labels = re.findall(r'halves__line" name="do" value="row-\d+"><bdi>([\d:]+)', page)
    assert (labels[0], labels[-1]) == ("03:00", "07:30")  # 10:00–10:45 in London and two hours around it
    every = (await browser.get(f"{scene.here}/availability?hours=all")).text
    assert len(re.findall(r"<td data-cell", every)) == 48
    assert 'data-hour="night"' in every


async def test_painted_half_hours_are_saved_as_stretches(browser: Browser, scene: Scene) -> None:
    path = f"{scene.here}/availability"
    page = (await browser.get(path)).text
    keys = sorted({int(key) for key in re.findall(r'name="c(\d+)"', page)})
    sent = {f"c{key}": "not" for key in keys}
    sent |= {f"c{keys[4]}": "available", f"c{keys[5]}": "available", f"c{keys[6]}": "if-needed"}
    answer = await browser.post_form(path, {**sent, **fields(page, "Save my hours"), "do": "save"})
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    given = await availability_of(await scene.speaker())
    assert [(f"{s.start:%H:%M}", f"{s.end:%H:%M}", s.kind) for s in given.stretches] == [
        ("09:00", "10:00", Suits.AVAILABLE),
        ("10:00", "10:30", Suits.IF_NEEDED),
    ]
    assert given.at == NOW
    shown = text_of((await browser.get(scene.here)).text)
    assert "Thu 25 Jun, 05:00–06:00" in shown
    # Hours that this page does not ask for stay as they are.
    whole = (await browser.get(path)).text
    await browser.post_form(path, {**fields(whole, "Save my hours"), "do": "any"})
    narrow = (await browser.get(path)).text
    nothing = {f"c{key}": "not" for key in keys}
    await browser.post_form(path, {**nothing, **fields(narrow, "Save my hours"), "do": "save"})
    left = (await availability_of(await scene.speaker())).stretches
    assert [(f"{s.start:%d %H:%M}", f"{s.end:%d %H:%M}") for s in left] == [
        ("25 04:00", "25 07:00"),
        ("25 12:00", "26 04:00"),
    ]


async def test_without_script_whole_days_and_lines_are_one_press(browser: Browser, scene: Scene) -> None:
    path = f"{scene.here}/availability"
    page = (await browser.get(path)).text
    sent = {**fields(page, "Save my hours"), "brush": "if-needed", "do": "day-0"}
    assert (await browser.post_form(path, sent)).status_code == 303
    given = await availability_of(await scene.speaker())
    assert [(f"{s.start:%H:%M}", f"{s.end:%H:%M}", s.kind) for s in given.stretches] == [
        ("07:00", "12:00", Suits.IF_NEEDED)
    ]
    sent = {"seen": given.mark, "brush": "not", "do": "row-0"}
    await browser.post_form(path, sent)
    given = await availability_of(await scene.speaker())
    assert f"{given.stretches[0].start:%H:%M}" == "07:30"
    await browser.post_form(path, {"seen": given.mark, "do": "clear"})
    assert (await availability_of(await scene.speaker())).at is None


async def test_typed_hours_are_saved_and_what_cannot_be_read_comes_back(
    browser: Browser, scene: Scene
) -> None:
    path, day = f"{scene.here}/availability", THE_DAY.isoformat()
    seen = fields((await browser.get(path)).text, "Save the typed hours")
    bad = {**seen, f"from_{day}_0": "06:00", f"until_{day}_0": "later"}
    answer = await browser.post_form(path, bad)
    assert answer.status_code == 422
    assert f'id="until_{day}_0-error"' in answer.text
    assert 'value="06:00"' in answer.text
    good = {**seen, f"from_{day}_0": "06:00", f"until_{day}_0": "09:15", f"kind_{day}_0": "available"}
    assert (await browser.post_form(path, good)).status_code == 303
    given = await availability_of(await scene.speaker())
    assert [(f"{s.start:%H:%M}", f"{s.end:%H:%M}") for s in given.stretches] == [("10:00", "13:15")]


async def test_a_second_window_s_hours_are_not_lost(browser: Browser, scene: Scene) -> None:
    path = f"{scene.here}/availability"
    old = fields((await browser.get(path)).text, "Save my hours")
    await browser.post_form(path, {**old, "do": "any"})
    for do in ("day-0", "clear", "ranges"):
        stale = await browser.post_form(path, {**old, "brush": "if-needed", "do": do})
        if do == "ranges":  # its fields were empty: it would have cleared the day
            assert stale.status_code == 409
        assert stale.status_code == 409
        assert "saved meanwhile, perhaps in another window" in text_of(stale.text)
        assert "Thu 25 Jun, 00:00–00:00 (next day)" in text_of(stale.text)
    fresh = fields(stale.text, "Save my hours")
    assert (await browser.post_form(path, {**fresh, "brush": "if-needed", "do": "day-0"})).status_code == 303


@pytest.mark.parametrize(
    "query", ["part=0", "part=99", "part=-1", "part=", "part=x", "part=٣", "hours=x", "part=" + "9" * 5000]
)
async def test_a_strange_address_of_the_grid_shows_the_grid(
    browser: Browser, scene: Scene, query: str
) -> None:
    assert (await browser.get(f"{scene.here}/availability?{query}")).status_code == 200


async def test_a_long_conference_is_asked_about_a_week_at_a_time(browser: Browser, scene: Scene) -> None:
    await Conference.update({Conference.ends_on: date(2026, 7, 9)}).where(
        Conference.id == scene.conference.id
    )
    page = (await browser.get(f"{scene.here}/availability?part=2")).text
    assert "Thu 2 Jul" in page
    assert page.count("halves__whole") == 7
    sent = {**fields(page, "Save my hours"), "do": "day-6"}
    answer = await browser.post_form(f"{scene.here}/availability?part=2", sent)
    assert answer.headers["location"] == f"{scene.here}/availability?part=2"
    given = await availability_of(await scene.speaker())
    assert [s.start.date() for s in given.stretches] == [date(2026, 7, 8)]
