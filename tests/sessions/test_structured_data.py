"""What search engines read of the public pages: valid, complete, harmless, and nothing the pages keep to themselves."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conference import clock, db
from conference.tables import Conference
from sessions.packs.tables import PackAccess, PackState, ResourceKind
from sessions.programme.snapshot import (
    ReleasedAppearance,
    ReleasedProgramme,
    ReleasedRoom,
    ReleasedSession,
    ReleasedSlot,
    ReleasedSpeaker,
)
from sessions.programme.structured_data import (
    Known,
    Recording,
    Site,
    as_script,
    conference_data,
    session_data,
    speaker_data,
)
from sessions.releases.publishing import release_programme
from sessions.tables import Session, Slot
from tests.makers import NOW, make_conference, make_room, make_session, make_slot, make_speaker
from tests.pages import Browser, make_settings, open_browser
from tests.sessions.resource_makers import make_pack_row, make_resource_row

TEN = datetime(2026, 6, 25, 9, tzinfo=UTC)  # 10:00 in London
HOUR = timedelta(hours=1)
BASE = "https://conf.example.org"
SITE = Site(
    BASE, f"{BASE}/libraries", "Working Internationally", "en", ("en", "fr"), "Europe/London", is_open=True
)


def slot(code: str, start: datetime, **facts: Any) -> ReleasedSlot:
    return ReleasedSlot(1, code, "", "main", start, start + HOUR, start.replace(tzinfo=None), **facts)


def programme(*sessions: ReleasedSession) -> ReleasedProgramme:
    speakers = (
        ReleasedSpeaker(
            "ruth",
            "Ruth Okafor",
            organisation="City Library",
            orcid="0000-0002-1825-0097",
            photo="/libraries/speakers/ruth/photo",
            links=(
                {"title": "x", "url": "https://ruth.example"},
                {"title": "y", "url": "javascript:alert(1)"},
            ),
        ),
        ReleasedSpeaker("koln", "Köln Libraries", kind="organisation"),
    )
    rooms = (ReleasedRoom("main", {"en": "Main stage"}),)
    return ReleasedProgramme(1, TEN, "Europe/London", rooms=rooms, speakers=speakers, sessions=sessions)


def talk(*slots: ReleasedSlot, **facts: Any) -> ReleasedSession:
    who = (ReleasedAppearance("ruth", "presenter"), ReleasedAppearance("koln", "host"))
    chosen: dict[str, Any] = {"title": {"en": "Bridges"}, "appearances": who, **facts}
    return ReleasedSession(1, "bridges", "", "talk", slots=slots, **chosen)


def test_a_session_says_when_where_and_who() -> None:
    session = talk(slot("one", TEN, seats=20), abstract={"en": "About *bridges*."})
    [event] = session_data(SITE, programme(session), session)["@graph"]
    assert event["@type"] == "EducationEvent"
    assert event["startDate"] == "2026-06-25T10:00:00+01:00"
    assert event["endDate"] == "2026-06-25T11:00:00+01:00"
    assert event["description"] == "About bridges."
    assert event["eventStatus"] == "https://schema.org/EventScheduled"
    assert event["location"] == {"@type": "VirtualLocation", "url": f"{BASE}/join/one"}
    assert event["offers"]["price"] == "0"
    assert event["maximumAttendeeCapacity"] == 20
    ruth, koln = event["performer"]
    assert ruth["@type"] == "Person"
    assert ruth["sameAs"] == ["https://orcid.org/0000-0002-1825-0097", "https://ruth.example"]
    assert ruth["image"] == f"{BASE}/libraries/speakers/ruth/photo"
    assert ruth["worksFor"] == {"@type": "Organization", "name": "City Library"}
    assert (koln["@type"], koln["name"]) == ("Organization", "Köln Libraries")


def test_a_moved_session_says_when_it_was_to_be_and_a_cancelled_one_that_it_is_off() -> None:
    session = talk(slot("one", TEN), slot("two", TEN + 3 * HOUR, is_cancelled=True))
    known = Known(moved_from={"one": TEN - HOUR, "two": TEN})
    moved, off = session_data(SITE, programme(session), session, known)["@graph"]
    assert moved["eventStatus"] == "https://schema.org/EventRescheduled"
    assert moved["previousStartDate"] == "2026-06-25T09:00:00+01:00"
    assert off["eventStatus"] == "https://schema.org/EventCancelled"
    assert off["startDate"] == "2026-06-25T13:00:00+01:00"
    assert "previousStartDate" not in off
    assert "offers" not in off


def test_recordings_that_anyone_may_watch_are_told() -> None:
    session = talk(slot("one", TEN))
    known = Known([Recording("", f"{BASE}/libraries/resources/pack1", TEN, "en")])
    [event] = session_data(SITE, programme(session), session, known)["@graph"]
    [video] = event["recordedIn"]
    assert video["@type"] == "VideoObject"
    assert video["name"] == "Bridges"
    assert video["uploadDate"] == "2026-06-25T09:00:00Z"
    assert video["url"] == f"{BASE}/libraries/resources/pack1"


def test_a_conference_holds_its_sessions_but_no_breaks() -> None:
    lunch = ReleasedSession(2, "lunch", "", "break", {"en": "Lunch"}, slots=(slot("two", TEN + HOUR),))
    last = ReleasedSession(
        3, "party", "", "networking", {"en": "Party"}, slots=(slot("three", TEN + 5 * HOUR),)
    )
    data = conference_data(SITE, programme(talk(slot("one", TEN)), lunch, last), "2026-06-25", "2026-06-25")
    assert [event["name"] for event in data["subEvent"]] == ["Bridges", "Party"]
    assert data["subEvent"][1]["@type"] == "SocialEvent"
    assert data["startDate"] == "2026-06-25T10:00:00+01:00"
    assert data["endDate"] == "2026-06-25T16:00:00+01:00"
    unreleased = conference_data(SITE, programme(), "2026-06-25", "2026-06-26")
    assert (unreleased["startDate"], unreleased["endDate"]) == ("2026-06-25", "2026-06-26")


def test_a_speaker_says_what_they_take_part_in() -> None:
    session = talk(slot("one", TEN))
    data = speaker_data(SITE, programme(session).speakers[0], [(session, session.slots[0])])
    assert data["@context"] == "https://schema.org"
    assert data["performerIn"][0]["url"] == f"{BASE}/libraries/sessions/bridges"


@given(st.text(max_size=80))
def test_no_words_can_end_the_script(text: str) -> None:
    script = as_script({"name": text, "</script><!--": [text]})
    assert not set(script) & set("<>&\u2028\u2029")
    assert json.loads(script)["name"] == text


@pytest.fixture
async def browser(database: db.Database, data_dir: Path) -> AsyncIterator[Browser]:
    with clock.fixed_at(NOW):
        async with open_browser(make_settings(data_dir)) as opened:
            yield opened


def structured(page: str) -> Any:
    [script] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, flags=re.S)
    return json.loads(script)


async def released() -> tuple[Conference, Session, Slot, str]:
    conference = await make_conference(open_for_registration=True, tagline={"en": "A free day"})
    room = await make_room(conference, vendor_url="https://vendor.example/secret-room")
    speaker = await make_speaker(conference, "Ruth </script> Okafor")
    session = await make_session(
        conference,
        "Bridges <b>",
        speakers=(speaker,),
        recording_url="https://vendor.example/secret-recording",
    )
    placed = await make_slot(conference, session, room)
    await release_programme(conference, "", actor="command line", now=NOW)
    return conference, session, placed, speaker.code


async def test_every_public_page_carries_data_that_can_be_read(browser: Browser) -> None:
    _conference, session, placed, speaker = await released()
    landing = structured((await browser.get("/libraries/")).text)
    assert landing["name"] == "Working Internationally"
    assert landing["subEvent"][0]["name"] == "Bridges <b>"
    page = (await browser.get(f"/libraries/sessions/{session.code}")).text
    [event] = structured(page)["@graph"]
    assert event["location"]["url"] == f"http://conf.example.org/join/{placed.code}"
    assert event["performer"][0]["name"] == "Ruth </script> Okafor"
    assert "secret" not in page
    person = structured((await browser.get(f"/libraries/speakers/{speaker}")).text)
    assert person["performerIn"][0]["name"] == "Bridges <b>"


@pytest.mark.parametrize(
    ("access", "state", "count"),
    [
        (PackAccess.PUBLIC, PackState.PUBLISHED, 1),
        (PackAccess.REGISTERED, PackState.PUBLISHED, 0),
        (PackAccess.PUBLIC, PackState.COLLECTING, 0),
    ],
)
async def test_only_public_recordings_are_told(
    browser: Browser, access: PackAccess, state: PackState, count: int
) -> None:
    conference, session, _placed, _speaker = await released()
    pack = await make_pack_row(conference, session=session.id, access=access, state=state)
    await make_resource_row(
        conference,
        pack,
        title="The film",
        kind=ResourceKind.RECORDING,
        url="https://video.example/watch",
    )
    page = (await browser.get(f"/libraries/sessions/{session.code}")).text
    [event] = structured(page)["@graph"]
    videos = event.get("recordedIn", [])
    assert [video["name"] for video in videos] == ["The film"] * count
    assert "vendor.example" not in page


async def test_a_slot_moved_by_a_later_release_is_told_as_rescheduled(browser: Browser) -> None:
    conference, session, placed, _speaker = await released()
    moved: dict[Any, Any] = {
        Slot.start: placed.start + HOUR,
        Slot.end: placed.end + HOUR,
        Slot.local_start: placed.local_start + HOUR,
    }
    await Slot.update(moved).where(Slot.id == placed.id)
    await release_programme(conference, "", actor="command line", now=NOW + HOUR)
    page = (await browser.get(f"/libraries/sessions/{session.code}")).text
    [event] = structured(page)["@graph"]
    assert event["eventStatus"] == "https://schema.org/EventRescheduled"
    assert event["previousStartDate"] == "2026-06-25T10:00:00+01:00"
    assert event["startDate"] == "2026-06-25T11:00:00+01:00"


async def test_canonical_addresses_and_languages_are_named(browser: Browser) -> None:
    await released()
    await Conference.update({Conference.languages: '["en", "fr"]'}).where(Conference.slug == "libraries")
    page = (await browser.get("/libraries/programme?lang=fr&track=nothing")).text
    assert '<link rel="canonical" href="http://conf.example.org/libraries/programme?lang=fr">' in page
    assert 'hreflang="x-default" href="http://conf.example.org/libraries/programme">' in page
    assert '<meta property="og:locale" content="fr">' in page
