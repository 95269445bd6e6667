"""Previews, earlier releases, comparing, restoring and the feed of changes, as organisers and readers meet them."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from conference import clock, db
from conference.db import count_queries
from conference.tables import Conference, Role
from sessions.releases.kept_drafts import kept_drafts
from sessions.releases.publishing import release_programme
from sessions.schedule.draft_changes import touch_draft
from sessions.tables import Release, Session, SessionState, Slot, Speaker
from tests.makers import NOW, make_conference, make_member, make_room, make_session, make_slot, make_speaker
from tests.pages import Browser, make_settings, open_browser, sign_in_as, text_of
from tests.people import AUCKLAND_ATTENDEE, BERLIN_ORGANISER, STRANGER

LATER = NOW + timedelta(days=1)
DESK = "/organise/libraries/releases"


@pytest.fixture
async def browser(database: db.Database, data_dir: Path) -> AsyncIterator[Browser]:
    with clock.fixed_at(NOW):
        async with open_browser(make_settings(data_dir)) as opened:
            yield opened


async def conference_with_talk() -> tuple[Conference, Speaker, Slot]:
    conference = await make_conference(languages=("en", "fr"))
    speaker = await make_speaker(conference, email="ruth@example.org")
    talk = await make_session(
        conference, "Bridges", speakers=(speaker,), abstract='{"en": "About *bridges*."}'
    )
    return conference, speaker, await make_slot(conference, talk, await make_room(conference), "10:00")


async def publish(conference: Conference, note: str = "") -> Release:
    row = await Conference.objects().where(Conference.id == conference.id).first()
    assert row is not None
    return await release_programme(row, note, actor="test", now=NOW, despite_clashes=True)


async def move(slot: Slot, hours: int) -> None:
    """Move the slot in the draft."""
    by = timedelta(hours=hours)
    await Slot.update(
        {Slot.start: slot.start + by, Slot.end: slot.end + by, Slot.local_start: slot.local_start + by}
    ).where(Slot.id == slot.id)
    await touch_draft(slot.conference, slots=[slot.code], actor=None, now=NOW)


async def owner(browser: Browser, conference: Conference) -> None:
    await sign_in_as(browser, await make_member(conference, BERLIN_ORGANISER, Role.OWNER))


async def test_the_preview_shows_the_draft_in_the_public_pages_in_any_zone(browser: Browser) -> None:
    conference, speaker, slot = await conference_with_talk()
    await publish(conference)
    await move(slot, 3)
    await owner(browser, conference)
    start = await browser.get(f"{DESK}/preview")
    assert (start.status_code, start.headers["location"]) == (303, f"{DESK}/preview/programme")
    answer = await browser.get(f"{DESK}/preview/programme?tz=Asia/Kolkata")
    page = text_of(answer.text)
    assert "Preview of release 2: the draft as the public would see it." in page
    assert "17:30 – 18:15" in page  # 13:00 in London
    assert "no-store" in answer.headers["cache-control"]
    assert "10:00" in text_of((await browser.get("/libraries/programme?tz=Europe/London")).text)
    [session] = set(re.findall(rf'href="({DESK}/preview/sessions/[a-z0-9]+)"', answer.text))
    shown = await browser.get(session)
    assert "About <em>bridges</em>." in shown.text
    assert f"{DESK}/preview/speakers/{speaker.code}" in shown.text
    assert "Ruth Okafor" in (await browser.get(f"{DESK}/preview/speakers")).text
    assert "Bridges" in (await browser.get(f"{DESK}/preview/speakers/{speaker.code}")).text
    grid = await browser.get(f"{DESK}/preview/programme?view=grid&tz=Europe/London")
    assert "13:00" in text_of(grid.text)


async def test_the_preview_can_be_read_in_each_language_of_the_conference(browser: Browser) -> None:
    conference, _speaker, _slot = await conference_with_talk()
    await owner(browser, conference)
    page = (await browser.get(f"{DESK}/preview/programme?view=grid")).text
    assert 'href="/organise/libraries/releases/preview/programme?view=grid&amp;lang=fr"' in page
    french = await browser.get(f"{DESK}/preview/programme?lang=fr")
    assert '<html lang="fr"' in french.text


async def test_what_a_preview_has_not_says_so_and_what_is_not_there_is_404(browser: Browser) -> None:
    conference, _speaker, _slot = await conference_with_talk()
    await owner(browser, conference)
    page = await browser.get(f"{DESK}/preview/programme.ics")
    assert page.status_code == 200
    assert "Not part of the preview" in page.text
    assert 'href="/libraries/programme.ics"' in page.text
    page = await browser.get(f"{DESK}/preview/sessions/whichever.ics")
    assert 'href="/libraries/sessions/whichever.ics"' in page.text
    for path in (
        "preview/sessions/nothing",
        "preview/speakers/nothing",
        "7",
        "7/programme",
        "draft/programme",
    ):
        assert (await browser.get(f"{DESK}/{path}")).status_code == 404, path
    for path in ("x/programme", "00001", "1e3", "kept-nothing", "kept-nothing/restore", "7/restore"):
        assert (await browser.get(f"{DESK}/{path}")).status_code == 404, path


async def test_nobody_else_sees_previews_or_earlier_releases(browser: Browser) -> None:
    conference, _speaker, _slot = await conference_with_talk()
    await publish(conference)
    paths = ("preview/programme", "1", "1/programme", "compare", "1/restore")
    for path in paths:
        assert (await browser.get(f"{DESK}/{path}")).status_code == 303, path  # to the sign-in
    await sign_in_as(browser, await make_member(await make_conference("other"), STRANGER, Role.OWNER))
    for path in paths:
        assert (await browser.get(f"{DESK}/{path}")).status_code in (403, 404), path


async def test_a_release_stays_to_be_seen_as_it_was(browser: Browser) -> None:
    conference, _speaker, slot = await conference_with_talk()
    await publish(conference, "Here <it> is")
    await move(slot, 3)
    await publish(conference)
    await owner(browser, conference)
    page = text_of((await browser.get(f"{DESK}/1")).text)
    assert "Release 1, as it was published on Friday 1 May 2026, 10:00." in page
    assert "Here &lt;it&gt; is" in page
    old = text_of((await browser.get(f"{DESK}/1/programme?tz=Europe/London")).text)
    new = text_of((await browser.get(f"{DESK}/2/programme?tz=Europe/London")).text)
    assert "10:00 – 10:45" in old
    assert "13:00 – 13:45" in new
    assert "This is what the public sees now." in text_of((await browser.get(f"{DESK}/2")).text)


async def test_any_two_can_be_compared_in_either_direction(browser: Browser) -> None:
    conference, _speaker, slot = await conference_with_talk()
    await publish(conference)
    await move(slot, 3)
    await publish(conference)
    await make_slot(conference, await make_session(conference, "Roads"), await make_room(conference), "15:00")
    await owner(browser, conference)

    async def compared(query: str) -> str:
        return text_of((await browser.get(f"{DESK}/compare?{query}&tz=Europe/London")).text)

    assert "Moved from Thu 25 Jun, 10:00 to Thu 25 Jun, 13:00." in await compared("from=1&to=2")
    assert "Moved from Thu 25 Jun, 13:00 to Thu 25 Jun, 10:00." in await compared("from=2&to=1")
    assert "New: Thu 25 Jun, 15:00." in await compared("from=2&to=draft")
    assert "Taken off the programme (was Thu 25 Jun, 15:00)." in await compared("from=draft&to=2")
    assert "Both say the same." in await compared("from=2&to=2")
    assert "Nothing to compare" in await compared("from=9&to=<script>")


async def test_restoring_asks_first_says_what_it_overwrites_and_can_be_taken_back(browser: Browser) -> None:
    conference, _speaker, slot = await conference_with_talk()
    await publish(conference)
    await move(slot, 3)
    await owner(browser, conference)
    page = await browser.get(f"{DESK}/1/restore?tz=Europe/London")
    assert "Moved from Thu 25 Jun, 13:00 to Thu 25 Jun, 10:00." in text_of(page.text)
    [seen] = re.findall(r'name="seen" value="(\d+)"', page.text)
    await move(slot, 5)
    refused = await browser.post_form(f"{DESK}/1/restore", {"seen": seen})
    assert refused.status_code == 409
    assert "The draft has changed since you looked at it." in text_of(refused.text)
    assert "Moved from Thu 25 Jun, 15:00 to Thu 25 Jun, 10:00." in text_of(refused.text)
    [seen] = re.findall(r'name="seen" value="(\d+)"', refused.text)
    done = await browser.post_form(f"{DESK}/1/restore", {"seen": seen})
    assert done.status_code == 303
    found = await Slot.objects().where(Slot.id == slot.id).first()
    assert found is not None
    assert found.start == slot.start

    desk = (await browser.get(DESK)).text
    assert "The draft now says what release 1 says." in desk
    [kept] = await kept_drafts(conference.id)
    assert f"{DESK}/kept-{kept.code}" in desk
    page = await browser.get(f"{DESK}/kept-{kept.code}/restore")
    [seen] = re.findall(r'name="seen" value="(\d+)"', page.text)
    assert (await browser.post_form(f"{DESK}/kept-{kept.code}/restore", {"seen": seen})).status_code == 303
    found = await Slot.objects().where(Slot.id == slot.id).first()
    assert found is not None
    assert found.start == slot.start + timedelta(hours=5)
    assert "15:00" in text_of((await browser.get(f"{DESK}/kept-{kept.code}/programme?tz=Europe/London")).text)


async def test_only_those_who_make_the_programme_restore(browser: Browser) -> None:
    conference, _speaker, _slot = await conference_with_talk()
    await publish(conference)
    await sign_in_as(browser, await make_member(conference, STRANGER, Role.VIEWER))
    assert (await browser.get(f"{DESK}/1")).status_code == 200
    assert "restore" not in (await browser.get(f"{DESK}/1")).text.casefold()
    assert (await browser.get(f"{DESK}/1/restore")).status_code == 403
    assert (await browser.post_form(f"{DESK}/1/restore", {"seen": "1"})).status_code == 403


async def test_the_desk_names_who_will_be_told_before_publishing(browser: Browser) -> None:
    conference, _speaker, slot = await conference_with_talk()
    silent = await make_speaker(conference, "Omar Haddad", email="", zone="Africa/Nairobi")
    talk = await make_session(conference, "Roads", speakers=(silent,))
    await make_slot(conference, talk, await make_room(conference, "Side room"), "12:00")
    await publish(conference)
    await owner(browser, conference)
    await move(slot, 3)
    page = text_of((await browser.get(DESK)).text)
    assert "1 speaker is told by mail" in page
    assert "Ruth Okafor New York, EDT, UTC−4 “Bridges”: another time" in page
    assert "Omar Haddad" not in page
    await Session.update({Session.state: SessionState.CANCELLED.value}).where(Session.id == talk.id)
    page = text_of((await browser.get(DESK)).text)
    assert "Omar Haddad Nairobi, EAT, UTC+3 No e-mail address: cannot be told “Roads”: cancelled" in page
    answer = await browser.post_form(DESK, {"note": "", "after": "1"})
    assert answer.status_code == 303
    [told] = await Release.select(Release.tells_speakers).where(Release.number == 2)
    assert told["tells_speakers"]


async def test_the_desk_asks_as_much_for_one_session_as_for_many(browser: Browser) -> None:
    conference, _speaker, _slot = await conference_with_talk()
    await publish(conference)
    await owner(browser, conference)
    await browser.get(DESK)  # from here on the release is at hand
    totals: dict[str, list[int]] = {}
    for hour in (11, 12, 13):
        speaker = await make_speaker(conference, f"Speaker {hour}")
        talk = await make_session(conference, f"Session {hour}", speakers=(speaker,))
        await make_slot(conference, talk, await make_room(conference, f"Room {hour}"), f"{hour}:00")
        for path in ("", "/preview/programme", "/1", "/compare?from=1&to=draft", "/1/restore"):
            with count_queries() as queries:
                assert (await browser.get(DESK + path)).status_code == 200
            totals.setdefault(path, []).append(queries.total)
    assert {path: set(counts) for path, counts in totals.items()} == {
        path: {counts[0]} for path, counts in totals.items()
    }


async def test_the_feed_of_changes_is_atom_with_ids_that_stay(browser: Browser) -> None:
    conference, _speaker, slot = await conference_with_talk()
    await publish(conference, "First & <foremost>")
    before = (await browser.get("/libraries/changes.atom")).content
    await move(slot, 3)
    await Session.update({Session.title: json.dumps({"en": "Tunnels"})}).where(Session.id == slot.session)
    await publish(conference)
    await touch_versions(browser)
    answer = await browser.get(f"/libraries/changes.atom?tz={AUCKLAND_ATTENDEE.zone}")
    names = {"a": "http://www.w3.org/2005/Atom"}
    old, feed = ElementTree.fromstring(before), ElementTree.fromstring(answer.content)

    def one(parent: ElementTree.Element, tag: str) -> str:
        [found] = parent.findall(f"a:{tag}", names)
        return found.text or ""

    # RFC 4287 4.1.1, 4.1.2: exactly one id, title and updated each; an author of the feed; a link to itself.
    assert one(feed, "id") == one(old, "id")
    assert one(feed, "title") == "Working Internationally: changes to the programme"
    assert one(feed, "updated") == "2026-05-01T09:00:00Z"
    assert feed.findtext("a:author/a:name", namespaces=names) == "The Library Association"
    rels = {link.get("rel"): link.get("href") for link in feed.findall("a:link", names)}
    assert rels == {
        "self": "http://conf.example.org/libraries/changes.atom",
        "alternate": "http://conf.example.org/libraries/changes",
    }
    entries = feed.findall("a:entry", names)
    assert [one(entry, "title") for entry in entries] == [
        "Release 2: 2 changes",
        "Release 1: The programme was published with 1 session.",
    ]
    assert one(entries[1], "id") == one(old.findall("a:entry", names)[0], "id")
    assert one(entries[1], "content") == "First & <foremost>"
    assert len({one(entry, "id") for entry in entries}) == 2
    for entry in entries:
        assert one(entry, "updated") == "2026-05-01T09:00:00Z"
        assert one(entry, "published") == "2026-05-01T09:00:00Z"
    content = one(entries[0], "content")
    assert "Tunnels: Was called “Bridges”." in content
    assert "Moved from Thu 25 Jun, 21:00 to Fri 26 Jun, 00:00." in content  # on the clock in Auckland
    assert [c.get("term") for c in entries[0].findall("a:category", names)] == ["retitled", "moved"]


async def touch_versions(browser: Browser) -> None:
    """A release made behind the pages' back is seen as soon as anything is posted."""
    await browser.post_form("/organise/sign-out")
