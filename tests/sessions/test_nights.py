"""Everyone's night at the desk: the programme weighed, candidate times, and what the editor's script weighs with."""

import json
import re
from datetime import date

from conference.audience import Audience
from conference.db import count_queries
from conference.tables import Conference, Role
from registration.audience import audience_of
from sessions.schedule.night_groups import night_groups
from sessions.tables import (
    Appearance,
    AppearanceRole,
    Room,
    ScheduleRules,
    Session,
    SessionKind,
    Slot,
)
from tests.makers import (
    make_conference,
    make_member,
    make_room,
    make_session,
    make_slot,
    make_speaker,
    make_track,
)
from tests.pages import Browser, sign_in_as, text_of
from tests.people import AUCKLAND_ATTENDEE, BERLIN_ORGANISER, KOLKATA_ATTENDEE
from tests.registration.cast import make_scene

PATH = "/organise/libraries/schedule"


async def at_the_desk(browser: Browser, role: Role = Role.PROGRAMME) -> Conference:
    conference = await make_conference()
    await sign_in_as(browser, await make_member(conference, BERLIN_ORGANISER, role))
    return conference


async def expect(conference: Conference, **shares: int) -> None:
    await ScheduleRules(conference=conference.id, expected_audience=json.dumps(shares)).save()


async def placed(
    conference: Conference, title: str = "Bridges", at: str | None = "10:00"
) -> tuple[Session, Slot]:
    speaker = await make_speaker(conference, "Wiremu Tāne", zone="Pacific/Auckland")
    session = await make_session(conference, title, speakers=(speaker,))
    return session, await make_slot(conference, session, await make_room(conference), at)


def test_people_whose_clocks_agree_are_counted_together() -> None:
    audience = Audience({"Europe/London": 50, "Europe/Lisbon": 10, "Asia/Kolkata": 30, "Asia/Colombo": 10})
    groups = night_groups(audience, date(2026, 6, 25), "Europe/London")
    assert [(group.share, group.zones, group.steps) for group in groups] == [
        (0.6, ("Europe/London", "Europe/Lisbon"), ((0, 0),)),
        (0.4, ("Asia/Kolkata", "Asia/Colombo"), ((0, 270),)),
    ]
    assert night_groups(Audience(), date(2026, 6, 25), "Europe/London") == []


def test_a_clock_change_is_a_step_within_the_day() -> None:
    (group,) = night_groups(Audience({"America/New_York": 1}), date(2026, 11, 1), "Europe/London")
    assert group.steps == ((0, -240), (360, -300))  # New York sets its clocks back at 06:00 UTC


async def test_only_confirmed_registrations_count(each_database: object) -> None:
    scene = await make_scene()
    assert (await audience_of(scene.conference.id)).size == 0
    await scene.register(AUCKLAND_ATTENDEE)
    assert (await audience_of(scene.conference.id)).size == 0  # not confirmed yet
    await scene.confirmed(KOLKATA_ATTENDEE)
    assert await audience_of(scene.conference.id) == Audience({"Asia/Kolkata": 1})


async def test_the_script_gets_the_audience_by_clock(browser: Browser) -> None:
    conference = await at_the_desk(browser, Role.VIEWER)
    told = (await browser.get(f"{PATH}/nights.json?day=2026-06-25")).json()
    assert (told["groups"], told["about"]) == ([], "")
    await expect(conference, GB=3, IN=1)
    told = (await browser.get(f"{PATH}/nights.json?day=2026-06-25")).json()
    assert [(group["share"], group["places"], group["steps"]) for group in told["groups"]] == [
        (0.75, "London", [[0, 0]]),
        (0.25, "Kolkata", [[0, 270]]),
    ]
    assert "expect" in told["about"]
    for day in ("", "x", "2026-13-40", "9999-12-31", "0001-01-01", "%00"):
        assert (await browser.get(f"{PATH}/nights.json?day={day}")).status_code == 200


async def test_the_programme_is_weighed_and_a_repeat_suggested(browser: Browser) -> None:
    conference = await at_the_desk(browser)
    page = text_of((await browser.get(f"{PATH}/fairness")).text)
    assert "Nobody to weigh it by yet" in page
    await expect(conference, GB=1, NZ=1)
    assert "Nothing is on the schedule yet" in text_of((await browser.get(f"{PATH}/fairness")).text)
    session, _slot = await placed(conference, "Fundraising", "16:00")
    lunch = await make_session(conference, "Lunch", kind=SessionKind.BREAK)
    await make_slot(conference, lunch, await make_room(conference, "Foyer"), "03:00")
    page = text_of((await browser.get(f"{PATH}/fairness")).text)
    assert "Auckland" in page
    assert "50% of everything can be had at a bearable hour" in page
    assert "Fundraising" in page
    assert "reaches 50% more" in page
    assert "Lunch" not in page
    await make_slot(conference, session, await make_room(conference, "B"), "08:00")
    page = text_of((await browser.get(f"{PATH}/fairness")).text)
    assert "100% of everything" in page
    assert "Nothing stands out" in page


async def test_every_half_hour_is_weighed_for_a_slot(browser: Browser) -> None:
    conference = await at_the_desk(browser)
    await expect(conference, GB=3, NZ=1)
    _session, slot = await placed(conference, at="10:00")
    other = await make_session(conference, "Maps")
    await make_slot(conference, other, await Room.objects().where(Room.id == slot.room).first(), "08:00")
    answer = await browser.get(f"{PATH}/slots/{slot.code}/times?day=2026-06-25")
    rows = {row[0]: row for row in rows_of(answer.text)}
    assert len(rows) == 48
    assert "stands here" in next(key for key in rows if key.startswith("10:00–10:45"))
    assert rows["03:00–03:45"][1:] == ["14:00 Auckland", "25% day, 75% night", "nothing"]
    assert "04:00 Auckland, night" in rows["17:00–17:45"][1]
    assert "100% day, 0% night" in rows["09:00–09:45"][2]
    assert "Maps" in rows["08:00–08:45"][3]
    assert f"/slots/{slot.code}?day=2026-06-25&amp;time=09:00" in answer.text
    unplaced = await make_slot(conference, other, None, None)
    assert (await browser.get(f"{PATH}/slots/{unplaced.code}/times")).status_code == 200
    assert (await browser.get(f"{PATH}/slots/nosuch/times")).status_code == 404


async def test_a_slot_that_waits_is_weighed_with_its_track_and_its_roles(browser: Browser) -> None:
    conference = await at_the_desk(browser)
    room, track = await make_room(conference), await make_track(conference, "Skills")
    chair = await make_speaker(conference, "Wiremu Tāne", zone="Europe/London")
    maps = await make_session(conference, "Maps", speakers=(chair,), track=track)
    await make_slot(conference, maps, room, "08:00")
    waiting = await make_slot(
        conference, await make_session(conference, "Globes", speakers=(chair,), track=track), None, None
    )
    await Appearance.update({Appearance.role: AppearanceRole.CHAIR.value}).where(
        Appearance.session == maps.id
    )
    unheld = await make_slot(conference, await make_session(conference, "Open"), None, None)
    rows = {row[0]: row for row in rows_of((await browser.get(f"{PATH}/slots/{waiting.code}/times")).text)}
    assert "Same track" in rows["08:00–08:45"][3]
    assert "chair" in rows["08:00–08:45"][3]
    assert rows["09:00–09:45"][3] == "nothing"
    # With nobody whose clock is known, no hour is called theirs.
    rows = {row[0]: row for row in rows_of((await browser.get(f"{PATH}/slots/{unheld.code}/times")).text)}
    assert rows["03:00–03:45"][1] == "not known"


def rows_of(page: str) -> list[list[str]]:
    body = page[page.index("<tbody") : page.index("</tbody>")]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in body.split("<tr")[1:]]
    return [[text_of(cell) for cell in row] for row in cells]


async def test_the_hour_that_the_clocks_leave_out_is_not_offered(browser: Browser) -> None:
    day = date(2027, 3, 28)
    conference = await make_conference(starts_on=day, ends_on=day)
    await sign_in_as(browser, await make_member(conference, BERLIN_ORGANISER, Role.VIEWER))
    _session, slot = await placed(conference, at=None)
    rows = rows_of((await browser.get(f"{PATH}/slots/{slot.code}/times")).text)
    assert len(rows) == 46
    assert not [row for row in rows if row[0].startswith("01:")]


async def test_the_queries_do_not_grow(browser: Browser) -> None:
    conference = await at_the_desk(browser)
    await expect(conference, GB=1, NZ=1)
    _session, slot = await placed(conference)
    counts: list[list[int]] = []
    for _turn in range(2):
        asked = []
        for path in (f"{PATH}/fairness", f"{PATH}/slots/{slot.code}/times", f"{PATH}/nights.json"):
            with count_queries() as counted:
                assert (await browser.get(path)).status_code == 200
            asked.append(counted.total)
        counts.append(asked)
        for number in range(12):
            await placed(conference, f"Session {number}", f"{8 + number}:00")
    assert counts[0] == counts[1]
