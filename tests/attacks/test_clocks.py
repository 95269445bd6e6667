"""Clocks that go wrong and zones that are odd: nobody is told a wrong hour, nothing breaks."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from conference import auth, clock, outbox
from conference.db import Database
from conference.tables import MailState, OutgoingMail
from sessions.queries import latest_programme
from sessions.releases.publishing import release_programme
from tests.makers import make_conference, make_organiser, make_room, make_session, make_slot
from tests.pages import make_settings, open_browser, sign_in_as, text_of
from tests.registration.cast import REGISTERED, make_scene

ZONES = (
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Europe/Dublin",
)


@pytest.mark.parametrize("zone", ZONES)
async def test_every_zone_shows_the_hour_its_own_clocks_show(
    database: Database, data_dir: Path, zone: str
) -> None:
    # Through the days on which clocks change in many of them, and across the line where the date does.
    owner = await make_organiser()
    days = [date(2026, 3, 29), date(2026, 4, 5), date(2026, 9, 27), date(2026, 10, 4), date(2026, 10, 25)]
    conference = await make_conference("odd", zone=zone, owner=owner, starts_on=days[0], ends_on=days[-1])
    room = await make_room(conference)
    for number, day in enumerate(days):
        for at in ("00:00", "05:15", "23:45"):
            await make_slot(
                conference, await make_session(conference, f"S{number} {at}"), room, at, day=day, minutes=14
            )
    await release_programme(
        conference, "", actor=owner, now=datetime(2026, 1, 1, tzinfo=UTC), despite_clashes=True
    )
    async with open_browser(make_settings(data_dir)) as browser:
        from conference.conferences import conference_by_slug

        fresh = await conference_by_slug("odd")
        assert fresh is not None
        programme = await latest_programme(fresh)
        assert programme is not None
        assert len(programme.placings) == 15
        for session, slot in programme.placings:
            local = slot.start.astimezone(ZoneInfo(zone))
            assert slot.local_start == local.replace(tzinfo=None)
            for reader in (zone, "Asia/Kathmandu", "Pacific/Apia"):
                page = await browser.get(f"/odd/sessions/{session.code}", params={"tz": reader})
                assert page.status_code == 200
                there = slot.start.astimezone(ZoneInfo(reader))
                shown = text_of(page.text)
                hour = (f"{there:%H:%M}", there.strftime("%I:%M").lstrip("0"))
                assert any(form in shown for form in hour), (zone, reader, hour)
                assert str(there.day) in shown
            assert slot.start.strftime("%Y-%m-%dT%H:%M") in page.text
        for address in (
            "/odd/",
            "/odd/programme",
            "/odd/programme?view=grid",
            "/odd/programme.ics",
            "/odd/programme.xml",
            "/odd/programme.json",
        ):
            for reader in (zone, "UTC"):
                answer = await browser.get(address, params={"tz": reader} if "?" not in address else None)
                assert answer.status_code == 200, address
        starts = re.findall(r"DTSTART[^:]*:(\w+)", (await browser.get("/odd/programme.ics")).text)
        assert len(starts) >= 15


async def test_a_clock_set_back_breaks_nothing(database: Database, data_dir: Path) -> None:
    scene = await make_scene()
    settings = make_settings(data_dir)
    async with open_browser(settings) as browser:
        with clock.fixed_at(REGISTERED):
            await sign_in_as(browser, scene.organiser)
            registration = await scene.confirmed()
            await outbox.mail_job(settings)(clock.now())
            link = await auth.make_sign_in_link(scene.organiser.id, now=clock.now())
        for back in (timedelta(hours=1), timedelta(days=400), timedelta(days=9000)):
            with clock.fixed_at(REGISTERED - back):
                for address in (
                    "/",
                    "/libraries/",
                    "/libraries/programme",
                    "/libraries/me",
                    "/libraries/register",
                    "/organise/",
                    "/organise/libraries/",
                    "/organise/libraries/mail",
                    "/organise/libraries/log",
                    "/organise/libraries/schedule",
                    f"/join/{scene.keynote.code}",
                    "/readyz",
                    "/metrics",
                    "/organise/account",
                    f"/organise/libraries/registrations/{registration.code}",
                ):
                    answer = await browser.get(address)
                    assert answer.status_code < 500, (address, back)
                answer = await browser.post_form(
                    "/organise/libraries/registration-state", {"state": "closed"}
                )
                assert answer.status_code < 500
        with clock.fixed_at(REGISTERED - timedelta(minutes=30)):
            answer = await browser.post_form(f"/organise/sign-in/{link.token}")
            assert answer.status_code == 303
            answer = await browser.post_form(f"/organise/sign-in/{link.token}")
            assert answer.status_code == 410  # spent stays spent
            assert await outbox.mail_job(settings)(clock.now()) == 0  # what was sent is not sent again
        for on in (timedelta(days=4000), timedelta(days=100_000)):
            with clock.fixed_at(REGISTERED + on):
                for address in (
                    "/",
                    "/libraries/",
                    "/libraries/programme",
                    "/libraries/programme.ics",
                    "/libraries/register",
                    f"/join/{scene.keynote.code}",
                ):
                    assert (await browser.get(address)).status_code < 500, (address, on)
        assert await OutgoingMail.count().where(OutgoingMail.state == MailState.SENT.value) > 0
