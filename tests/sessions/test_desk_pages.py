"""The desk's pages about rooms, tracks, speakers and sessions, as an organiser's browser sees them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from conference import db
from conference.db import count_queries
from conference.tables import Conference, Role
from sessions.releases.publishing import release_programme
from sessions.tables import Appearance, Room, Session, SessionPart, SessionState, Slot, Speaker, Track
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
from tests.people import AUCKLAND_ATTENDEE, BERLIN_ORGANISER, STRANGER
from tests.shared import data_path

DESK = "/organise/libraries"
PAGES = ("rooms", "rooms/new", "tracks", "tracks/new", "speakers", "speakers/new", "sessions", "sessions/new")


@pytest.fixture
async def browser(database: db.Database, tmp_path: Path) -> AsyncIterator[Browser]:
    async with open_browser(make_settings(tmp_path / "web")) as browser:
        yield browser


@pytest.fixture
async def conference(browser: Browser) -> Conference:
    """A conference whose programme the signed-in organiser works on."""
    conference = await make_conference()
    await sign_in_as(browser, await make_member(conference, BERLIN_ORGANISER, Role.PROGRAMME))
    return conference


async def fresh(conference: Conference) -> Conference:
    found = await Conference.objects().get(Conference.id == conference.id)
    assert found is not None
    return found


async def only_session() -> Session:
    found = await Session.objects().first()
    assert found is not None
    return found


async def test_each_page_opens_on_an_empty_conference(browser: Browser, conference: Conference) -> None:
    for path in PAGES:
        answer = await browser.get(f"{DESK}/{path}")
        assert answer.status_code == 200, path
        assert "<h1" in answer.text


async def test_who_is_not_in_the_team_sees_no_page_and_a_viewer_changes_nothing(
    browser: Browser, conference: Conference
) -> None:
    room, track, speaker = (
        await make_room(conference),
        await make_track(conference),
        await make_speaker(conference),
    )
    session = await make_session(conference, speakers=(speaker,), recording_url="https://v.example/secret")
    await make_slot(conference, session, room)
    viewer = await make_member(conference, AUCKLAND_ATTENDEE, Role.VIEWER)
    outsider = await make_member(await make_conference("other"), STRANGER, Role.OWNER)
    await browser.post_form("/organise/sign-out")
    await sign_in_as(browser, outsider)
    assert (await browser.get(f"{DESK}/rooms/{room.code}")).status_code == 404
    await browser.post_form("/organise/sign-out")
    await sign_in_as(browser, viewer)
    page = await browser.get(f"{DESK}/rooms/{room.code}")
    assert page.status_code == 200
    assert room.vendor_url not in page.text
    for path in (f"tracks/{track.code}", f"speakers/{speaker.code}", f"sessions/{session.code}"):
        page = await browser.get(f"{DESK}/{path}")
        assert page.status_code == 200
        assert "https://v.example/secret" not in page.text
        assert '<button class="visually-hidden"' not in page.text
        assert "<fieldset disabled>" in page.text
    assert (await browser.get(f"{DESK}/rooms/new")).status_code == 403
    answer = await browser.post_form(f"{DESK}/rooms/{room.code}", {"name_en": "Mine", "revision": "1"})
    assert answer.status_code == 403
    assert "Main stage" in (await browser.get(f"{DESK}/rooms")).text


async def test_a_room_of_another_conference_is_not_found_under_this_one(
    browser: Browser, conference: Conference
) -> None:
    other = await make_room(await make_conference("other"))
    speaker = await make_speaker(await make_conference("third"))
    assert (await browser.get(f"{DESK}/rooms/{other.code}")).status_code == 404
    assert (await browser.post_form(f"{DESK}/rooms/{other.code}/delete")).status_code == 404
    assert (await browser.get(f"{DESK}/speakers/{speaker.code}")).status_code == 404
    assert await Room.exists().where(Room.id == other.id)


async def test_a_room_is_added_listed_with_its_link_masked_moved_and_deleted(
    browser: Browser, conference: Conference
) -> None:
    await make_room(conference, "Main stage")
    typed = {"name_en": "Workshop room", "capacity": "30", "vendor_url": "https://zoom.us/j/123?pwd=secret"}
    assert (await browser.post_form(f"{DESK}/rooms/new", typed)).status_code == 303
    page = await browser.get(f"{DESK}/rooms")
    assert "pwd=secret" not in page.text
    assert "zoom.us" in page.text
    assert page.text.index("Main stage") < page.text.index("Workshop room</bdi>")
    code = (await Room.objects().get(Room.capacity == 30)).code  # type: ignore[union-attr]  # just made
    await browser.post_form(f"{DESK}/rooms/{code}/move", {"to": "up"})
    page = await browser.get(f"{DESK}/rooms")
    assert page.text.index("Workshop room</bdi>") < page.text.index("Main stage</bdi>")
    assert "pwd=secret" in (await browser.get(f"{DESK}/rooms/{code}")).text
    assert (await browser.post_form(f"{DESK}/rooms/{code}/delete")).status_code == 303
    assert await Room.count() == 1


async def test_a_form_comes_back_as_typed_with_an_error_beside_each_field(
    browser: Browser, conference: Conference
) -> None:
    answer = await browser.post_form(
        f"{DESK}/rooms/new", {"name_en": "", "capacity": "many", "vendor_url": "javascript:alert(1)"}
    )
    assert answer.status_code == 422
    for field in ("name_en", "capacity", "vendor_url"):
        assert f'id="{field}-error"' in answer.text
    assert 'value="many"' in answer.text
    assert 'value="javascript:alert(1)"' in answer.text
    answer = await browser.post_form(f"{DESK}/tracks/new", {"name_en": "T", "colour": "red"})
    assert (answer.status_code, 'id="colour-error"' in answer.text) == (422, True)
    answer = await browser.post_form(
        f"{DESK}/speakers/new", {"name": "", "kind": "robot", "email": "nobody@"}
    )
    assert answer.status_code == 422
    for field in ("name", "kind", "email"):
        assert f'id="{field}-error"' in answer.text
    answer = await browser.post_form(f"{DESK}/sessions/new", {"title_en": "", "slot_length": "0"})
    assert answer.status_code == 422
    for field in ("title_en", "kind", "slot_length"):
        assert f'id="{field}-error"' in answer.text
    assert (await Room.count(), await Track.count(), await Speaker.count(), await Session.count()) == (0,) * 4


async def test_a_country_with_several_zones_asks_for_one_and_offers_them_first(
    browser: Browser, conference: Conference
) -> None:
    typed = {"name": "Ana", "kind": "person", "country": "BR"}
    answer = await browser.post_form(f"{DESK}/speakers/new", typed)
    assert answer.status_code == 422
    assert '<optgroup label="Zones of Brazil"><option value="America/Sao_Paulo">' in answer.text
    await browser.post_form(f"{DESK}/speakers/new", typed | {"zone": "America/Manaus"})
    await browser.post_form(f"{DESK}/speakers/new", typed | {"name": "Asha", "country": "IN"})
    rows = await Speaker.select(Speaker.name, Speaker.zone).order_by(Speaker.id)
    assert rows == [
        {"name": "Ana", "zone": "America/Manaus"},
        {"name": "Asha", "zone": "Asia/Kolkata"},
    ]


async def test_a_session_is_added_with_its_people_parts_links_and_one_unscheduled_slot(
    browser: Browser, conference: Conference
) -> None:
    await make_speaker(conference, "Ruth Okafor")
    twin = await make_speaker(conference, "Sam Lee")
    await make_speaker(conference, "Sam Lee")
    track = await make_track(conference)
    typed = {
        "kind": "panel",
        "title_en": "Bridges",
        "abstract_en": "Four *partnerships*.",
        "language": "fr",
        "track": track.code,
        "person_0": "ruth okafor",
        "role_0": "chair",
        "person_3": f"Sam Lee ({twin.code})",
        "role_3": "panellist",
        "in_part_3": "2",
        "part_en_1": "Oxford and Bergen",
        "link_title_0": "Paper",
        "link_url_0": "https://example.org/paper",
        "is_recorded": "yes",
        "slot_length": "90",
        "slot_seats": "30",
    }
    answer = await browser.post_form(f"{DESK}/sessions/new", typed)
    session = await only_session()
    assert answer.headers["location"] == f"{DESK}/sessions/{session.code}"
    assert (session.kind, session.language, session.track) == ("panel", "fr", track.id)
    slots = await Slot.select(Slot.length_minutes, Slot.seats, Slot.start, Slot.room)
    assert slots == [{"length_minutes": 90, "seats": 30, "start": None, "room": None}]
    part = await SessionPart.objects().get(SessionPart.session == session.id)
    assert part is not None
    appearances = await Appearance.select(Appearance.speaker, Appearance.role, Appearance.part).order_by(
        Appearance.position
    )
    assert [(row["role"], row["part"]) for row in appearances] == [("chair", None), ("panellist", part.id)]
    assert appearances[1]["speaker"] == twin.id
    page = await browser.get(f"{DESK}/sessions/{session.code}")
    assert 'value="Ruth Okafor"' in page.text
    assert f'value="Sam Lee ({twin.code})"' in page.text
    assert "1. Oxford and Bergen" in page.text


async def test_a_name_nobody_or_several_have_is_asked_about(browser: Browser, conference: Conference) -> None:
    await make_speaker(conference, "Sam Lee")
    await make_speaker(conference, "Sam Lee")
    typed = {"kind": "talk", "title_en": "T", "slot_length": "30", "person_0": "Sam Lee", "person_1": "Zoe"}
    answer = await browser.post_form(f"{DESK}/sessions/new", typed)
    assert answer.status_code == 422
    assert "Several speakers have this name" in answer.text
    assert "No speaker has this name" in answer.text


async def test_more_rows_and_another_order_come_without_saving(
    browser: Browser, conference: Conference
) -> None:
    typed = {"kind": "talk", "title_en": "Typed", "person_0": "A", "person_1": "B", "slot_length": "30"}
    page = await browser.post_form(f"{DESK}/sessions/new", typed | {"do": "add-person"})
    assert page.status_code == 200
    assert 'name="person_5"' in page.text
    assert 'value="Typed"' in page.text
    assert "error" not in page.text.partition("<main")[2]
    page = await browser.post_form(f"{DESK}/sessions/new", typed | {"do": "up-1"})
    assert page.text.index('value="B"') < page.text.index('value="A"')
    assert await Session.count() == 0


async def test_every_kind_of_session_can_be_made_and_a_workshop_gets_a_second_slot(
    browser: Browser, conference: Conference
) -> None:
    room = await make_room(conference)
    for kind in ("keynote", "plenary", "panel", "workshop", "talk", "networking", "break"):
        typed = {"kind": kind, "title_en": kind.title(), "slot_length": "45", "slot_seats": "30"}
        assert (await browser.post_form(f"{DESK}/sessions/new", typed)).status_code == 303
    workshop = await Session.objects().get(Session.kind == "workshop")
    assert workshop is not None
    second = {
        "slot_length": "45",
        "slot_seats": "20",
        "slot_room": room.code,
        "slot_start": "2026-06-25T06:00",
    }
    answer = await browser.post_form(f"{DESK}/sessions/{workshop.code}/slots", second)
    assert answer.status_code == 303
    slots = (
        await Slot.select(Slot.seats, Slot.start).where(Slot.session == workshop.id).order_by(Slot.position)
    )
    assert [(row["seats"], row["start"] and row["start"].isoformat()) for row in slots] == [
        (30, None),
        (20, "2026-06-25T05:00:00+00:00"),
    ]
    text = text_of((await browser.get(f"{DESK}/sessions")).text)
    assert "Thu 25 Jun, 06:00 – 06:45" in text or "Thu 25 Jun, 06:00–06:45" in text.replace(" – ", "–")


async def test_the_page_says_whose_night_it_is_and_names_a_clash_at_once(
    browser: Browser, conference: Conference
) -> None:
    room = await make_room(conference)
    taken = await make_session(conference, "Already here")
    await make_slot(conference, taken, room, "10:00")
    ruth = await make_speaker(conference, "Ruth Okafor", zone="America/New_York")
    session = await make_session(conference, "Bridges", speakers=(ruth,))
    slot = await make_slot(conference, session, at=None)
    fields = {"length": "30", "seats": "", "room": room.code, "start": "2026-06-25T10:15", "revision": "1"}
    answer = await browser.post_form(
        f"{DESK}/sessions/{session.code}/slots/{slot.code}",
        {f"{slot.code}_{name}": value for name, value in fields.items()},
    )
    assert answer.status_code == 303
    page = text_of((await browser.get(answer.headers["location"])).text)
    assert "Main stage is taken by “Already here”, 10:00–10:45" in page
    assert "05:15" in page
    assert "Ruth Okafor" in page
    assert "night" in page


async def test_a_skipped_hour_is_refused_and_a_repeated_one_asked_about(
    browser: Browser, conference: Conference
) -> None:
    room = await make_room(conference)
    typed = {"kind": "talk", "title_en": "Night", "slot_length": "30", "slot_room": room.code}
    answer = await browser.post_form(f"{DESK}/sessions/new", typed | {"slot_start": "2026-03-29T01:30"})
    assert answer.status_code == 422
    assert "does not exist in Europe/London" in answer.text
    assert 'id="slot_start-error"' in answer.text
    assert await Session.count() == 0
    answer = await browser.post_form(f"{DESK}/sessions/new", typed | {"slot_start": "2026-10-25T01:30"})
    assert answer.status_code == 422
    assert "The first time (London, BST, UTC+1)" in answer.text
    assert "The second time (London, GMT, UTC+0)" in answer.text
    typed |= {"slot_start": "2026-10-25T01:30", "slot_fold": "1"}
    assert (await browser.post_form(f"{DESK}/sessions/new", typed)).status_code == 303
    slot = await Slot.objects().first()
    assert slot is not None
    assert slot.start.isoformat() == "2026-10-25T01:30:00+00:00"
    # Saved again as the page shows it, it stays the second of the two.
    page = (await browser.get(f"{DESK}/sessions/{(await only_session()).code}")).text
    assert f'name="{slot.code}_fold" value="1" checked' in page


async def test_a_stale_edit_shows_both_versions_and_mine_may_be_saved_on_top(
    browser: Browser, conference: Conference
) -> None:
    speaker = await make_speaker(conference, "Ruth Okafor")
    path = f"{DESK}/speakers/{speaker.code}"
    typed = {"kind": "person", "country": "US", "zone": "America/New_York", "revision": "1"}
    assert (await browser.post_form(path, typed | {"name": "Ruth A. Okafor"})).status_code == 303
    answer = await browser.post_form(path, typed | {"name": "Dr Ruth Okafor", "biography_en": "Two\nlines"})
    assert answer.status_code == 409
    assert "Someone else changed this speaker meanwhile." in answer.text
    text = text_of(answer.text)
    assert "Dr Ruth Okafor Ruth A. Okafor" in text
    assert '<input type="hidden" name="revision" value="2">' in answer.text
    assert '<input type="hidden" name="biography_en" value="Two\nlines">' in answer.text
    again = await browser.post_form(path, typed | {"name": "Dr Ruth Okafor", "revision": "2", "do": "edit"})
    assert (again.status_code, 'value="Dr Ruth Okafor"' in again.text) == (200, True)
    assert (
        await browser.post_form(path, typed | {"name": "Dr Ruth Okafor", "revision": "2"})
    ).status_code == 303
    assert (await Speaker.select(Speaker.name))[0]["name"] == "Dr Ruth Okafor"


async def test_of_two_people_who_save_at_once_one_is_told(browser: Browser, conference: Conference) -> None:
    room = await make_room(conference)
    session = await make_session(conference)
    slot = await make_slot(conference, session, at=None)
    track = await make_track(conference)
    await browser.csrf()
    edits = {
        f"rooms/{room.code}": [{"name_en": name, "revision": "1"} for name in "ab"],
        f"tracks/{track.code}": [{"name_en": name, "revision": "1"} for name in "ab"],
        f"sessions/{session.code}": [{"title_en": n, "kind": "talk", "revision": "1"} for n in "ab"],
        f"sessions/{session.code}/slots/{slot.code}": [
            {f"{slot.code}_length": length, f"{slot.code}_revision": "1"} for length in ("10", "20")
        ],
    }
    for path, versions in edits.items():
        answers = await asyncio.gather(*(browser.post_form(f"{DESK}/{path}", data) for data in versions))
        assert sorted(answer.status_code for answer in answers) == [303, 409], path


async def test_what_was_published_is_cancelled_and_restored_not_deleted(
    browser: Browser, conference: Conference
) -> None:
    room = await make_room(conference)
    session = await make_session(conference)
    await make_slot(conference, session, room)
    await release_programme(await fresh(conference), "", actor="test", now=NOW)
    path = f"{DESK}/sessions/{session.code}"
    answer = await browser.post_form(f"{path}/delete")
    assert answer.status_code == 409
    assert "Cancel it instead" in answer.text
    answer = await browser.post_form(f"{DESK}/rooms/{room.code}/delete")
    assert (answer.status_code, "One slot is placed in this room" in answer.text) == (409, True)
    await browser.post_form(f"{path}/state", {"state": "cancelled"})
    assert (await only_session()).state == SessionState.CANCELLED
    assert "Restore this session" in (await browser.get(path)).text
    await browser.post_form(f"{path}/state", {"state": "active"})
    assert (await only_session()).state == SessionState.ACTIVE


async def test_a_draft_change_touches_no_public_page_but_a_recording_does(
    browser: Browser, conference: Conference
) -> None:
    room = await make_room(conference)
    session = await make_session(conference)
    await make_slot(conference, session, room)
    await release_programme(await fresh(conference), "", actor="test", now=NOW)
    version = (await fresh(conference)).public_version
    path = f"{DESK}/sessions/{session.code}"
    await browser.post_form(path, {"title_en": "Renamed", "kind": "talk", "revision": "1"})
    await browser.post_form(f"{DESK}/rooms/{room.code}", {"name_en": "Hall", "revision": "1"})
    assert (await fresh(conference)).public_version == version
    assert "Renamed" not in (await browser.get("/libraries/programme")).text
    typed = {"title_en": "Renamed", "kind": "talk", "revision": "2", "recording_url": "https://v.example/1"}
    assert (await browser.post_form(path, typed)).status_code == 303
    assert (await fresh(conference)).public_version == version + 1


async def test_lists_are_searched_and_paged_at_the_same_cost_for_any_number(
    browser: Browser, conference: Conference
) -> None:
    room = await make_room(conference)
    await make_slot(conference, await make_session(conference, "Number 0"), room)
    costs = []
    for count in (1, 120):
        for number in range(await Session.count(), count):
            speaker = await make_speaker(conference, f"Speaker {number:03}")
            session = await make_session(conference, f"Number {number}", speakers=(speaker,))
            await make_slot(conference, session, room, f"{number % 24:02}:00")
        for path in ("sessions", "speakers", "rooms"):
            with count_queries() as queries:
                assert (await browser.get(f"{DESK}/{path}")).status_code == 200
            costs.append(queries.total)
    assert costs[:3] == costs[3:]
    page = await browser.get(f"{DESK}/sessions?page=2")
    assert page.text.count('<th scope="row">') == 20
    assert "Page 2 of 2" in page.text
    found = await browser.get(f"{DESK}/sessions?q=speaker+007")
    assert found.text.count('<th scope="row">') == 1
    assert "Number 7<" in found.text
    assert (await browser.get(f"{DESK}/sessions?page=99999&kind=nope&q=%00")).status_code == 200
    assert (await browser.get(f"{DESK}/speakers?q=039")).text.count('<th scope="row">') == 1


async def test_naughty_strings_are_stored_and_escaped_or_refused(
    browser: Browser, conference: Conference
) -> None:
    blns = data_path("adversarial/strings/blns.txt").read_text(encoding="utf-8", errors="surrogateescape")
    strings = [line for line in blns.splitlines() if line and not line.startswith("#")]
    strings += ["\x00", "a\x00b", "\x1b[31m", "x" * 5000, "\ufeff", "\u202e", "%", "1e9", "９"]
    strings = [string.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for string in strings]
    texts = {
        "rooms/new": ["name_en"],
        "tracks/new": ["name_en"],
        "speakers/new": [
            *("name", "pronouns", "job_title", "organisation", "biography_en", "internal_notes"),
            *("link_url_rows", "do"),
        ],
        "sessions/new": [
            *("title_en", "abstract_en", "part_en_0", "part_en_1", "internal_notes", "person_rows"),
            *("slot_fold", "do"),
        ],
    }
    checked = {
        "rooms/new": ["capacity", "vendor_url"],
        "tracks/new": ["colour"],
        "speakers/new": ["kind", "country", "zone", "link_title_0", "link_url_0", "email"],
        "sessions/new": [
            *("kind", "language", "track", "person_0", "role_0", "in_part_0", "link_title_0", "link_url_0"),
            *("recording_url", "slot_length", "slot_seats", "slot_room", "slot_start"),
        ],
    }
    good = {"name_en": "N", "name": "N", "title_en": "T", "slot_length": "30"}
    seen: set[int] = set()
    for paths in (texts, checked):
        for path, fields in paths.items():
            kind = "talk" if path.startswith("sessions") else "person"
            # Each field gets another string; over all requests of the long forms each string gets into some field.
            for at in range(0, len(strings), max(len(fields), 8)):
                naughty = dict(zip(fields, strings[at:], strict=False))
                answer = await browser.post_form(f"{DESK}/{path}", good | {"kind": kind} | naughty)
                seen.add(answer.status_code)
                assert answer.status_code in (200, 303, 422), (path, naughty, answer.text[:500])
                assert "<script>alert" not in answer.text
                assert "<img src=x" not in answer.text
    assert seen >= {303, 422}
    for path in ("rooms", "tracks", "speakers", "sessions"):
        page = await browser.get(f"{DESK}/{path}")
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
