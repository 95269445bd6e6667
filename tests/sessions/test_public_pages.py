"""What readers see of a released programme, and how organisers release it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import icalendar
import pytest

from conference import clock, db, texts
from conference.db import count_queries
from conference.pagecache import SHARED
from conference.tables import Conference, Role
from conference.texts import clean_line
from conference.viewer import SignedInOrganiser
from sessions.queries import latest_programme
from sessions.releases.publishing import release_programme
from sessions.tables import Appearance, Session, SessionKind, Slot
from tests.makers import (
    NOW,
    make_conference,
    make_member,
    make_room,
    make_session,
    make_slot,
    make_speaker,
    make_track,
)
from tests.pages import Browser, make_settings, open_browser, sign_in_as, text_of
from tests.people import BERLIN_ORGANISER, STRANGER
from tests.shared import data_path

LATER = NOW + timedelta(days=1)


@pytest.fixture
async def browser(database: db.Database, data_dir: Path) -> AsyncIterator[Browser]:
    with clock.fixed_at(NOW):
        async with open_browser(make_settings(data_dir)) as opened:
            yield opened


async def small_programme(**facts: Any) -> tuple[Conference, list[Session], list[Slot]]:
    """A keynote at 10:00 and a workshop with seats at 15:00, both in London; not yet released."""
    conference = await make_conference(**facts)
    room = await make_room(conference)
    track = await make_track(conference)
    speaker = await make_speaker(conference, biography='{"en": "Runs **five** libraries."}')
    keynote = await make_session(
        conference,
        "Opening <keynote>",
        kind=SessionKind.KEYNOTE,
        speakers=(speaker,),
        abstract='{"en": "About *bridges*. <script>alert(1)</script>"}',
        track=track.id,
    )
    workshop = await make_session(conference, "Hands on", kind=SessionKind.WORKSHOP)
    slots = [
        await make_slot(conference, keynote, room, "10:00"),
        await make_slot(conference, workshop, room, "15:00", seats=20),
    ]
    return conference, [keynote, workshop], slots


async def released(**facts: Any) -> tuple[Conference, list[Session], list[Slot]]:
    conference, sessions, slots = await small_programme(**facts)
    await release_programme(conference, "Here it is", actor="command line", now=NOW)
    return conference, sessions, slots


async def make_owner(conference: Conference) -> SignedInOrganiser:
    return await make_member(conference, BERLIN_ORGANISER, Role.OWNER)


async def until(browser: Browser, path: str, words: str) -> str:
    """The page once it says ``words``: other processes' changes reach the page cache within half a second."""
    for _try in range(200):
        page = (await browser.get(path)).text
        if words in page:
            return page
        await asyncio.sleep(0.1)
    raise AssertionError(f"{path} never said {words!r}")


async def test_pages_of_an_unreleased_conference_are_friendly(browser: Browser) -> None:
    await small_programme()
    for path in ("", "/programme", "/speakers", "/changes"):
        answer = await browser.get(f"/libraries{path}")
        assert answer.status_code == 200, path
        assert "Opening" not in answer.text
        assert "Ruth Okafor" not in answer.text
    assert "The programme will be announced here" in (await browser.get("/libraries/programme")).text
    for path in ("/programme.ics", "/programme.xml", "/programme.json"):
        assert (await browser.get(f"/libraries{path}")).status_code == 404


async def test_the_landing_page_says_when_on_both_clocks(browser: Browser) -> None:
    await released(tagline={"en": "A free day"}, themes=("Design",), description={"en": "Come *along*."})
    page = text_of((await browser.get("/libraries/?tz=Asia/Kolkata")).text)
    assert "Thursday 25 June 2026, 14:30–20:15 Kolkata, IST, UTC+5:30" in page
    assert "Thursday 25 June 2026, 10:00–15:45 London, BST, UTC+1" in page
    assert "A free day" in page
    assert "Registration is not open now." in page
    assert "Ruth Okafor" in page


async def test_registration_is_offered_when_it_is_open(browser: Browser) -> None:
    await released(open_for_registration=True)
    page = (await browser.get("/libraries/")).text
    assert '<a class="button large" href="/libraries/register">' in page


async def test_the_list_shows_the_readers_time_and_the_conferences(browser: Browser) -> None:
    await released()
    page = (await browser.get("/libraries/programme?tz=Pacific/Auckland")).text
    days = re.findall(r'<h2 id="h\d">(.*?) <small>?', page)
    assert days == ["Thursday 25 June 2026", "Friday 26 June 2026"]
    assert "Friday for you; Thursday afternoon in London." in page
    text = text_of(page)
    assert "21:00 – 21:45 10:00 London Opening &lt;keynote&gt; Ruth Okafor Keynote Main stage" in text
    assert "02:00 – 02:45 15:00 London Thu 25 Jun Hands on Workshop" in text
    assert "night for you" in text
    assert "Registration needed" in text
    assert "Times in Auckland" in text


async def test_the_conferences_own_readers_see_one_clock(browser: Browser) -> None:
    await released()
    page = text_of((await browser.get("/libraries/programme")).text)
    assert "10:00 – 10:45 Opening" in page
    assert "This is the conference’s own time." in page


async def test_the_grid_is_a_table_with_headers(browser: Browser) -> None:
    await released()
    page = (await browser.get("/libraries/programme?view=grid")).text
    assert '<th scope="col"><bdi>Main stage</bdi></th>' in page
    assert page.count('<th scope="row">') == 3  # 10:00, 10:45 (nothing on) and 15:00
    assert "Opening &lt;keynote&gt;" in page


async def test_filters_work_as_a_plain_form(browser: Browser) -> None:
    _conference, [keynote, _workshop], _slots = await released()
    page = (await browser.get("/libraries/programme?q=BRIDGES&type=keynote")).text
    assert "1 of 2 fits." in text_of(page)
    assert "About <mark>bridges</mark>." in page
    assert f"/libraries/sessions/{keynote.code}" in page
    assert "Hands on" not in page
    assert "/libraries/programme.ics?q=BRIDGES&amp;type=keynote" in page
    empty = (await browser.get("/libraries/programme?q=nowhere")).text
    assert "Nothing fits" in empty


@pytest.mark.parametrize("view", ["", "grid"])
@pytest.mark.parametrize(
    "query",
    [
        "tz=junk&view=xx&track=unknown&type=%00&room=zz&spoken=xx&day=2026-99-99",
        "q=%00%ff%fe&tz=../../etc/passwd",
        "q=" + "x" * 20_000,
        "tz=&lang=&q=&day=2026-06-25",
        "lang=xx-junk&lang=en&q=a&q=b&tz=Europe/Kiev&tz=UTC",
        "q=%F0%9F%98%80%E2%80%AE&day=%EF%BC%92",
    ],
)
async def test_odd_addresses_still_show_a_programme(browser: Browser, query: str, view: str) -> None:
    await released()
    for path in (
        "/libraries/programme",
        "/libraries/",
        "/libraries/programme.ics",
        "/libraries/changes.atom",
    ):
        answer = await browser.get(f"{path}?{query}&view={view}" if view else f"{path}?{query}")
        assert answer.status_code == 200, path


async def test_a_session_page_has_its_words_cleaned_and_its_ways_in(browser: Browser) -> None:
    _conference, [keynote, workshop], [slot, _other] = await released()
    page = (await browser.get(f"/libraries/sessions/{keynote.code}?tz=Asia/Kolkata")).text
    assert '<h1 dir="auto">Opening &lt;keynote&gt;</h1>' in page
    assert "About <em>bridges</em>." in page
    assert "<script>alert" not in page
    assert f'href="/join/{slot.code}"' in page
    assert "calendar.google.com" in page
    assert "outlook.live.com" in page
    assert f'href="/libraries/sessions/{keynote.code}.ics"' in page
    assert "14:30" in text_of(page)
    assert "10:00 London" in text_of(page)
    seats = text_of((await browser.get(f"/libraries/sessions/{workshop.code}")).text)
    assert "20 seats, registration needed" in seats


async def test_a_speaker_page_says_what_hour_it_is_for_them(browser: Browser) -> None:
    await released()
    listed = (await browser.get("/libraries/speakers")).text
    [address] = re.findall(r'<h2><a href="(/libraries/speakers/\w+)">', listed)
    page = (await browser.get(address)).text
    assert "Runs <strong>five</strong> libraries." in page
    assert "For Ruth Okafor in New York it is 05:00, at night." in text_of(page)


async def test_vendor_links_and_private_facts_are_on_no_public_page(browser: Browser) -> None:
    _conference, [keynote, _workshop], _slots = await released()
    await Session.update({Session.internal_notes: "secret note"}).where(Session.id == keynote.id)
    for path in (
        "/",
        "/programme",
        "/programme?view=grid",
        "/speakers",
        "/changes",
        "/changes.atom",
        "/programme.ics",
        "/programme.xml",
        "/programme.json",
        f"/sessions/{keynote.code}",
        f"/sessions/{keynote.code}.ics",
    ):
        answer = await browser.get(f"/libraries{path}")
        assert answer.status_code == 200, path
        assert "secret" not in answer.text, path
        assert SHARED not in answer.headers, path


async def test_calendars_are_files_with_a_validator(browser: Browser) -> None:
    _conference, [keynote, _workshop], [slot, other] = await released()
    answer = await browser.get("/libraries/programme.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="libraries.ics"'
    uids = [str(event["UID"]) for event in icalendar.Calendar.from_ical(answer.content).walk("VEVENT")]
    assert uids == [f"slot-{slot.code}@conf.example.org", f"slot-{other.code}@conf.example.org"]
    again = await browser.get("/libraries/programme.ics", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    only = await browser.get("/libraries/programme.ics?type=workshop")
    assert only.text.count("BEGIN:VEVENT") == 1
    one = await browser.get(f"/libraries/sessions/{keynote.code}.ics")
    assert one.text.count("BEGIN:VEVENT") == 1
    assert one.headers["content-disposition"].startswith("attachment; filename=")


async def test_exchange_files_are_well_formed(browser: Browser) -> None:
    await released()
    xml = await browser.get("/libraries/programme.xml")
    assert xml.headers["content-type"] == "application/xml; charset=utf-8"
    root = ElementTree.fromstring(xml.content)
    assert [event.findtext("title") for event in root.iter("event")] == ["Opening <keynote>", "Hands on"]
    schedule = await browser.get("/libraries/programme.json")
    assert schedule.json()["schedule"]["version"] == "1"
    assert schedule.headers["etag"]


async def test_nothing_at_an_address_is_a_friendly_404(browser: Browser) -> None:
    await released()
    for path in (
        "/nowhere/",
        "/nowhere/programme",
        "/nowhere/programme.ics",
        "/libraries/sessions/zzzzzzzz",
        "/libraries/sessions/zzzzzzzz.ics",
        "/libraries/sessions/%00",
        "/libraries/speakers/zzzzzzzz",
    ):
        answer = await browser.get(path)
        assert answer.status_code == 404, path
        assert "Traceback" not in answer.text
        assert "<h1" in answer.text


async def test_a_draft_change_is_invisible_until_it_is_published(browser: Browser) -> None:
    conference, [keynote, _workshop], [slot, _other] = await released()
    organiser = await make_owner(conference)
    moved: dict[Any, Any] = {
        Slot.start: slot.start + timedelta(hours=1),
        Slot.end: slot.end + timedelta(hours=1),
    }
    await Slot.update(moved).where(Slot.id == slot.id)
    assert "10:00 – 10:45" in text_of((await browser.get("/libraries/programme")).text)
    await sign_in_as(browser, organiser)
    desk = (await browser.get("/organise/libraries/releases")).text
    assert "Moved from Thu 25 Jun, 10:00 to Thu 25 Jun, 11:00." in text_of(desk)
    answer = await browser.post_form("/organise/libraries/releases", {"note": "One move", "after": "1"})
    assert answer.status_code == 303
    page = await until(browser, "/libraries/programme", "11:00")
    assert "11:00 – 11:45" in text_of(page)
    changes = text_of((await browser.get("/libraries/changes?tz=Asia/Kolkata")).text)
    assert "One move" in changes
    assert "Moved from Thu 25 Jun, 14:30 to Thu 25 Jun, 15:30." in changes
    atom = ElementTree.fromstring((await browser.get("/libraries/changes.atom")).content)
    names = {"a": "http://www.w3.org/2005/Atom"}
    assert [entry.findtext("a:title", namespaces=names) for entry in atom.findall("a:entry", names)] == [
        "Release 2: 1 change",
        "Release 1: The programme was published with 2 sessions.",
    ]
    calendar = (await browser.get(f"/libraries/sessions/{keynote.code}.ics")).text
    assert "SEQUENCE:1" in calendar


async def test_a_deleted_session_keeps_its_page_and_says_it_is_cancelled(browser: Browser) -> None:
    conference, [keynote, _workshop], _slots = await released()
    await Session.delete().where(Session.id == keynote.id)
    await release_programme(conference, "", actor="command line", now=LATER)
    page = text_of(await until(browser, f"/libraries/sessions/{keynote.code}", "does not take place"))
    assert "Opening &lt;keynote&gt;" in page
    calendar = (await browser.get(f"/libraries/sessions/{keynote.code}.ics")).text
    assert "STATUS:CANCELLED" in calendar


async def test_publishing_twice_from_one_page_is_told_kindly(browser: Browser) -> None:
    conference, _sessions, _slots = await small_programme()
    await sign_in_as(browser, await make_owner(conference))
    assert "would be the first release" in (await browser.get("/organise/libraries/releases")).text
    odd = await browser.post_form("/organise/libraries/releases", {"note": "x" * 3000, "after": "²"})
    assert odd.status_code == 422
    assert "This is too long" in odd.text
    form = {"note": "", "after": "0"}
    assert (await browser.post_form("/organise/libraries/releases", form)).status_code == 303
    second = await browser.post_form("/organise/libraries/releases", {"note": "again", "after": "0"})
    assert second.status_code == 409
    assert "A colleague has published meanwhile." in second.text
    third = await browser.post_form("/organise/libraries/releases", {"note": "again", "after": "1"})
    assert third.status_code == 409
    assert "Nothing has changed since the last release." in third.text


async def test_a_clash_that_blocks_stands_in_the_way_and_no_box_overrides_it(browser: Browser) -> None:
    conference, [keynote, _workshop], _slots = await small_programme()
    room = await make_room(conference, "Side room")
    later = await make_slot(
        conference, keynote, room, "10:15"
    )  # the same speaker, a quarter of an hour later
    await sign_in_as(browser, await make_owner(conference))
    page = (await browser.get("/organise/libraries/releases")).text
    assert "One clash stands in the way" in text_of(page)
    assert "Ruth Okafor also speaks in" in text_of(page)
    assert f"/organise/libraries/schedule/slots/{later.code}" in page
    assert "Publish release" not in page
    form = {"note": "kept words", "after": "0", "despite_clashes": "yes"}
    refused = await browser.post_form("/organise/libraries/releases", form)
    assert refused.status_code == 409
    assert "Clashes in the draft stand in the way." in refused.text
    assert await latest_programme(conference) is None


async def test_who_may_look_and_who_may_publish(browser: Browser) -> None:
    conference, _sessions, _slots = await small_programme()
    assert (await browser.get("/organise/libraries/releases")).status_code == 303
    viewer = await make_member(conference, STRANGER, Role.VIEWER)
    await sign_in_as(browser, viewer)
    page = (await browser.get("/organise/libraries/releases")).text
    assert "Your role lets you look, but not publish." in page
    assert (await browser.post_form("/organise/libraries/releases", {"note": ""})).status_code == 403


async def test_pages_cost_the_same_queries_for_one_session_and_three(browser: Browser) -> None:
    counts = []
    for number in (1, 3):
        conference = await make_conference(f"size-{number}")
        room = await make_room(conference)
        code = ""
        for hour in range(10, 10 + number):
            session = await make_session(conference, speakers=(await make_speaker(conference),))
            await make_slot(conference, session, room, f"{hour}:00")
            code = session.code
        await release_programme(conference, "", actor="command line", now=NOW)
        home = f"/size-{number}"
        totals = {}
        for path in (
            "/",
            "/programme",
            "/programme?view=grid",
            "/programme?q=bridges&hours=bearable",
            "/programme/starred",
            "/now",
            "/embed",
            "/speakers",
            "/changes",
            "/programme.ics",
            f"/sessions/{code}",
        ):
            with count_queries() as queries:
                assert (await browser.get(home + path)).status_code == 200
            totals[path.partition("/sessions")[0] + ("session" if "sessions" in path else "")] = queries.total
        counts.append(totals)
    assert counts[0] == counts[1]
    assert max(counts[0].values()) <= 3


async def test_a_large_programme_is_shown_a_day_at_a_time(browser: Browser) -> None:
    conference = await make_conference(ends_on=NOW.date() + timedelta(days=60))
    room = await make_room(conference)
    session = await make_session(conference, "Many times")
    day = conference.starts_on
    for number in range(201):
        at = f"{number % 12 + 8:02}:{number // 12 % 4 * 15:02}"
        await make_slot(conference, session, room, at, minutes=5, day=day + timedelta(days=number // 101))
    await release_programme(conference, "", actor="command line", now=NOW, despite_clashes=True)
    page = (await browser.get("/libraries/programme")).text
    assert page.count('<li class="row') == 101
    second = (await browser.get("/libraries/programme?day=2026-06-26")).text
    assert second.count('<li class="row') == 100
    assert "Friday 26 June 2026" in second


async def test_the_front_page_lists_conferences(browser: Browser) -> None:
    empty = await browser.get("/")
    assert "No conference is announced yet" in empty.text
    await make_conference("coming", name={"en": "Coming one"}, open_for_registration=True)
    await make_conference("hidden", name={"en": "Hidden one"}, is_listed=False)
    page = text_of((await browser.get("/")).text)
    assert "Coming one" in page
    assert "Registration is open" in page
    assert "Hidden one" not in page


async def test_texts_of_another_language_say_so(browser: Browser) -> None:
    conference = await make_conference(languages=("fr", "en"), name={"fr": "Rencontres"})
    session = await make_session(conference)
    await Session.update({Session.title: '{"fr": "Ponts"}', Session.language: "fr"}).where(
        Session.id == session.id
    )
    await make_slot(conference, session, await make_room(conference))
    await release_programme(conference, "", actor="command line", now=NOW)
    page = (await browser.get("/libraries/programme")).text
    assert '<h4 lang="fr"><a' in page
    assert (
        '<link rel="alternate" hreflang="fr" href="http://conf.example.org/libraries/programme?lang=fr">'
        in page
    )
    assert '<link rel="canonical" href="http://conf.example.org/libraries/programme">' in page


async def test_no_words_can_break_a_page_or_a_file(browser: Browser) -> None:
    strings = json.loads(data_path("adversarial/strings/blns.json").read_text())
    naughty = [text for text in map(clean_line, strings) if text]
    conference = await make_conference(name={"en": naughty[-1]}, tagline={"en": "<b>&amp;"})
    room = await make_room(conference, "]]> <!-- --> & room")
    speaker = await make_speaker(
        conference, "'\"><img src=x onerror=alert(1)>", biography='{"en": "[x](javascript:alert(1))"}'
    )
    rows = [
        Session(
            conference=conference.id,
            code=f"n{number:05}",
            guid=f"{number:08}-0000-4000-8000-000000000000",
            title=texts.encode({"en": text[:200]}),
            abstract=texts.encode({"en": text}),
        )
        for number, text in enumerate(naughty)
    ]
    await Session.insert(*rows)
    for number, session in enumerate(await Session.objects().where(Session.conference == conference.id)):
        await make_slot(conference, session, room, f"{8 + number // 60 % 12:02}:{number % 60:02}", minutes=1)
    await Appearance.insert(Appearance(session=1, speaker=speaker.id))
    await release_programme(conference, naughty[0], actor="command line", now=NOW)

    for path in (
        "/",
        "/programme",
        "/programme?view=grid",
        "/speakers",
        "/changes",
        "/sessions/n00000",
        f"/speakers/{speaker.code}",
    ):
        answer = await browser.get(f"/libraries{path}")
        assert answer.status_code == 200, path
        scripts = re.findall(r"<script[^>]*>", answer.text)
        ours = r'<script (type="module" src="/static/[^"]+"|defer src="/static/[^"]+"|type="application/ld\+json")>'
        assert all(re.fullmatch(ours, tag) for tag in scripts), path
        assert "<img src=x" not in answer.text
        assert 'href="javascript' not in answer.text
    for text in naughty[::25]:
        answer = await browser.get(
            "/libraries/programme", params={"q": text, "tz": text, "track": text, "day": text}
        )
        assert answer.status_code == 200, text
    assert len(
        icalendar.Calendar.from_ical((await browser.get("/libraries/programme.ics")).content).walk("VEVENT")
    ) == len(rows)
    xml = (await browser.get("/libraries/programme.xml")).content
    assert len(list(ElementTree.fromstring(xml).iter("event"))) == len(rows)
    ElementTree.fromstring((await browser.get("/libraries/changes.atom")).content)
    assert (await browser.get("/libraries/programme.json")).json()


async def test_the_landing_strip_shows_the_whole_conference_day_to_every_reader(browser: Browser) -> None:
    await released()
    page = (await browser.get("/libraries/?tz=Pacific/Auckland")).text
    assert "The conference runs 10:00–15:45 in London." in page
    assert "21:00–02:45 (next day)" in page


async def test_the_conferences_clock_is_named_in_every_language(browser: Browser) -> None:
    await released()
    page = (await browser.get("/libraries/programme?lang=ar&tz=Asia/Kolkata")).text
    assert '<html lang="ar" dir="rtl">' in page
    assert "<bdi>لندن</bdi>" in page
