"""A speaker's own page by link, as a browser without script sees it, and as somebody who should not see it."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import httpx
import pytest
from PIL import Image

from conference import clock, db
from conference.tables import AuditEntry, Conference, OutgoingMail, Role
from conference.viewer import SignedInOrganiser
from sessions.releases.publishing import release_programme
from sessions.schedule.limits import RuleFacts
from sessions.speakers.availability import availability_of
from sessions.speakers.availability_grid import Suits
from sessions.speakers.links import ensure_link, renew_link, room_path, speak_path
from sessions.speakers.own_words import hardship
from sessions.tables import (
    Appearance,
    AppearanceRole,
    Availability,
    Room,
    Session,
    SessionPart,
    Slot,
    Speaker,
    SpeakerRequest,
)
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
)
from tests.pages import Browser, sign_in_as, text_of
from tests.people import KOLKATA_ATTENDEE, NEW_YORK_SPEAKER

NAUGHTY = (
    "<script>alert(1)</script>",
    "‮gnirts desrever‬",
    "Z̷̡a͢lgo ﷽ 🏳️‍🌈",
    "'; DROP TABLE speaker; --",
    "{{ 7 * 7 }} %(name)s %s {0}",
    '=HYPERLINK("https://evil.example")',
    "line\r\nBcc: everyone@example.org",
    "\0\x1b[31m\ud800".encode("utf-8", "replace").decode(),
)


@dataclass
class Scene:
    """Ruth, in New York, is invited to a panel at 10:00 in London (05:00 for her) with Anjali, and to Bread, unscheduled."""

    petra: SignedInOrganiser
    conference: Conference
    ruth: Speaker
    panel: Session
    bread: Session
    slot: Slot
    room: Room
    here: str

    async def speaker(self) -> Speaker:
        found = await Speaker.objects().where(Speaker.id == self.ruth.id).first()
        assert found is not None
        return found

    async def states(self) -> list[str]:
        rows = (
            await Appearance.select(Appearance.state)
            .where(Appearance.speaker == self.ruth.id)
            .order_by(Appearance.id)
        )
        return [row["state"] for row in rows]

    async def publish(self) -> None:
        fresh = await Conference.objects().where(Conference.id == self.conference.id).first()
        assert fresh is not None
        await release_programme(fresh, "", actor=self.petra, now=NOW, despite_clashes=True)


@pytest.fixture
async def scene(browser: Browser) -> AsyncIterator[Scene]:
    """The application, at NOW."""
    with clock.fixed_at(NOW):
        petra = await make_organiser()
        conference = await make_conference(owner=petra)
        room = await make_room(conference)
        ruth = await make_speaker(
            conference, NEW_YORK_SPEAKER.name, email=NEW_YORK_SPEAKER.email, internal_notes="Prefers tea"
        )
        anjali = await make_speaker(conference, KOLKATA_ATTENDEE.name, zone="Asia/Kolkata")
        panel = await make_session(conference, "Bridges & <Roads>", speakers=(ruth, anjali))
        bread = await make_session(conference, "Bread", speakers=(ruth,))
        await Appearance.update({Appearance.state: "invited", Appearance.invited_at: NOW}).where(
            Appearance.speaker == ruth.id
        )
        slot = await make_slot(conference, panel, room)
        ruth = await ensure_link(ruth.id, NOW)
        yield Scene(petra, conference, ruth, panel, bread, slot, room, speak_path(ruth))


def fields(page: str, button: str) -> dict[str, str]:
    """The hidden fields of the form with this button."""
    form = next(part for part in page.split("<form")[1:] if button in part.split("</form>")[0])
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form.split("</form>")[0]))


# --- what the page shows ------------------------------------------------------------------------------------------


async def test_the_page_tells_each_session_on_the_speaker_s_clock(browser: Browser, scene: Scene) -> None:
    part = SessionPart(session=scene.panel.id, title='{"en": "The long view"}')
    await part.save()
    await Appearance.update({Appearance.part: part.id}).where(
        (Appearance.session == scene.panel.id) & (Appearance.speaker == scene.ruth.id)
    )
    answer = await browser.get(scene.here)
    assert answer.status_code == 200
    shown = text_of(answer.text)
    for words in (
        "Hello Ruth Okafor",
        "Your clock: New York, EDT, UTC−4.",
        "Thursday 25 June 2026 , 05:00–05:45 Conference time: 10:00–10:45",
        "Planned, and may still change",
        "This is early in the morning where you are.",
        "With Anjali Menon",
        "Your part: presenter · The long view",
        "Confirm or decline “Bridges &amp; &lt;Roads&gt;”",
        "Confirm or decline “Bread”",
        "Not scheduled yet.",
        "You have not said yet. Nothing is assumed.",
    ):
        assert words in shown
    assert "Prefers tea" not in answer.text
    assert scene.room.vendor_url not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex"


async def test_a_published_session_links_to_its_page_and_its_calendar(browser: Browser, scene: Scene) -> None:
    assert (await browser.get(f"{scene.here}/talks.ics")).status_code == 404
    await scene.publish()
    page = await browser.get(scene.here)
    assert f'href="/libraries/sessions/{scene.panel.code}"' in page.text
    assert "Published" in text_of(page.text)
    calendar = await browser.get(f"{scene.here}/talks.ics")
    assert calendar.headers["content-type"].startswith("text/calendar")
    assert calendar.headers["cache-control"] == "no-store"
    unfolded = calendar.text.replace("\r\n ", "")
    assert unfolded.count("BEGIN:VEVENT") == 1
    assert "DTSTART:20260625T090000Z" in unfolded
    assert room_path(scene.ruth, scene.slot.code) in unfolded
    assert scene.here not in unfolded
    assert "vendor.example" not in unfolded


async def test_what_was_published_as_cancelled_and_is_back_in_the_draft_is_not_published(
    browser: Browser, scene: Scene
) -> None:
    await scene.publish()
    await Session.update({Session.state: "cancelled"}).where(Session.id == scene.panel.id)
    await scene.publish()
    await Session.update({Session.state: "active"}).where(Session.id == scene.panel.id)
    page = text_of((await browser.get(scene.here)).text)
    assert "Planned, and may still change" in page
    assert "Published" not in page


async def test_the_page_costs_the_same_queries_for_one_session_and_for_many(
    browser: Browser, scene: Scene
) -> None:
    await scene.publish()
    await browser.get(scene.here)
    with db.count_queries() as few:
        await browser.get(scene.here)
    for number in range(8):
        session = await make_session(scene.conference, f"More {number}", speakers=(scene.ruth,))
        for hour in (11, 15):
            await make_slot(scene.conference, session, scene.room, f"{hour}:{number:02}")
        await SpeakerRequest(speaker=scene.ruth.id, session=session.id, text="Please", asked_at=NOW).save()
    with db.count_queries() as many:
        await browser.get(scene.here)
    assert many.total == few.total


async def test_looking_changes_nothing_whoever_looks(browser: Browser, scene: Scene) -> None:
    async def everything() -> str:
        tables = (Speaker, Appearance, Availability, SpeakerRequest, AuditEntry, OutgoingMail, Conference)
        return str([await table.select() for table in tables])

    before = await everything()
    paths = (
        "",
        "/",
        "/profile",
        "/availability",
        "/availability?hours=all",
        "/talks.ics",
        "/answer",
        "/profile/photo",
    )
    for path in paths:
        for method in ("GET", "HEAD", "OPTIONS", "GET"):
            assert (await browser.request(method, f"{scene.here}{path}")).status_code < 500
    await browser.get(room_path(scene.ruth, scene.slot.code))
    assert await everything() == before


# --- answers ------------------------------------------------------------------------------------------------------


async def test_confirming_and_declining_each_with_one_press(browser: Browser, scene: Scene) -> None:
    first = {"session": scene.panel.code, "role": "presenter"}
    answer = await browser.post_form(f"{scene.here}/answer", {**first, "answer": "confirm"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{scene.here}#s-{scene.panel.code}")
    assert answer.headers["referrer-policy"] == "no-referrer"
    declined = {"session": scene.bread.code, "role": "presenter", "answer": "decline", "reason": NAUGHTY[0]}
    await browser.post_form(f"{scene.here}/answer", declined)
    assert await scene.states() == ["confirmed", "declined"]
    page = await browser.get(scene.here)
    assert "You are confirmed" in page.text
    assert "You declined" in page.text
    assert "<script>alert" not in page.text
    # Sent twice, and minds changed.
    await browser.post_form(f"{scene.here}/answer", {**first, "answer": "confirm"})
    await browser.post_form(f"{scene.here}/answer", {**first, "answer": "decline"})
    assert await scene.states() == ["declined", "declined"]
    assert await AuditEntry.count().where(AuditEntry.action == "appearance-confirmed") == 1


async def test_an_organiser_s_move_does_not_take_a_confirmation_back(browser: Browser, scene: Scene) -> None:
    await browser.post_form(
        f"{scene.here}/answer", {"session": scene.panel.code, "role": "presenter", "answer": "confirm"}
    )
    later = scene.slot.start + timedelta(hours=3)
    await Slot.update({Slot.start: later, Slot.end: later + timedelta(minutes=45)}).where(
        Slot.id == scene.slot.id
    )
    page = text_of((await browser.get(scene.here)).text)
    assert "08:00–08:45" in page
    assert "You are confirmed" in page


async def test_junk_in_an_answer_is_refused_in_words(browser: Browser, scene: Scene) -> None:
    base = {"session": scene.panel.code, "role": "presenter", "answer": "decline"}
    for change in (
        {"session": "nothing"},
        {"role": "host"},
        {"session": ""},
        {"session": "x" * 5000},
        {"role": "\0é"},
    ):
        answer = await browser.post_form(f"{scene.here}/answer", {**base, **change})
        assert answer.status_code == 303
        assert "no longer listed in this session" in text_of((await browser.get(scene.here)).text)
    long = await browser.post_form(f"{scene.here}/answer", {**base, "reason": "é" * 3000})
    assert long.status_code == 422
    assert "This is too long: at most 2000 characters." in long.text
    assert "é" * 3000 in long.text
    assert await scene.states() == ["invited", "invited"]
    with clock.fixed_at(scene.slot.start):
        await browser.post_form(f"{scene.here}/answer", {**base, "reason": ""})
        assert "has begun" in text_of((await browser.get(scene.here)).text)


async def test_consents_are_said_and_taken_back(browser: Browser, scene: Scene) -> None:
    path, session = f"{scene.here}/consents", {"session": scene.panel.code}
    await browser.post_form(path, {**session, "recording": "given", "publishing": "refused"})
    assert "recording: yes · publishing: no" in text_of((await browser.get(scene.here)).text)
    await browser.post_form(path, {**session, "recording": "refused", "publishing": "refused"})
    rows = await Appearance.select(Appearance.recording_consent, Appearance.publishing_consent).where(
        (Appearance.session == scene.panel.id) & (Appearance.speaker == scene.ruth.id)
    )
    assert rows == [{"recording_consent": "refused", "publishing_consent": "refused"}]
    assert await AuditEntry.count().where(AuditEntry.action == "speaker-consents-answered") == 2


# --- profile ------------------------------------------------------------------------------------------------------


async def test_the_profile_keeps_what_is_typed_and_never_touches_the_team_s(
    browser: Browser, scene: Scene
) -> None:
    form = {
        "revision": "1",
        "pronouns": "she/her",
        "organisation": "City Library",
        "country": "IN",
        "biography_en": "Ruth *reads* & writes.",
        "orcid": "https://orcid.org/0000-0002-1825-0097",
        "link_title_0": "Blog",
        "link_url_0": "https://example.org/ruth",
        "access_needs": "Captions, please",
        "technical_needs": "Slow line",
        "name": "Somebody Else",
        "email": "thief@example.org",
        "internal_notes": "Erased",
        "kind": "organisation",
    }
    answer = await browser.post_form(f"{scene.here}/profile", form)
    assert (answer.status_code, answer.headers["location"]) == (303, scene.here)
    ruth = await scene.speaker()
    assert (ruth.name, ruth.email, ruth.internal_notes, ruth.kind) == (
        "Ruth Okafor",
        "ruth@example.org",
        "Prefers tea",
        "person",
    )
    assert (ruth.zone, ruth.orcid, ruth.pronouns) == ("Asia/Kolkata", "0000-0002-1825-0097", "she/her")
    assert (ruth.access_needs, ruth.technical_needs) == ("Captions, please", "Slow line")
    entry = await AuditEntry.objects().where(AuditEntry.action == "speaker-changed").first()
    assert entry is not None
    assert (entry.actor, "Captions" in entry.after) == ("Ruth Okafor", False)
    again = await browser.get(f"{scene.here}/profile")
    assert "Captions, please" in again.text
    assert "Prefers tea" not in again.text
    assert "Your clock: Kolkata, IST, UTC+5:30." in text_of(again.text)


async def test_the_language_of_mails_stays_what_it_was_and_is_theirs_to_choose(
    browser: Browser, scene: Scene
) -> None:
    await Speaker.update({Speaker.language: "ar"}).where(Speaker.id == scene.ruth.id)
    page = await browser.get(f"{scene.here}/profile")
    assert '<option value="ar" selected' in page.text  # which the conference itself does not speak
    form = {"revision": str((await scene.speaker()).revision), "language": "fr"}
    await browser.post_form(f"{scene.here}/profile", form)
    assert (await scene.speaker()).language == "fr"


async def test_nothing_more_is_asked_of_somebody_who_declined_it_all(browser: Browser, scene: Scene) -> None:
    assert "What we would still like from you" in (await browser.get(scene.here)).text
    await Appearance.update({Appearance.state: "declined"}).where(Appearance.speaker == scene.ruth.id)
    assert "What we would still like from you" not in (await browser.get(scene.here)).text


async def test_two_windows_show_both_versions_before_one_replaces_the_other(
    browser: Browser, scene: Scene
) -> None:
    await browser.post_form(f"{scene.here}/profile", {"revision": "1", "organisation": "City Library"})
    old = {"revision": "1", "organisation": "Village Library", "biography_en": "Typed for an hour"}
    stale = await browser.post_form(f"{scene.here}/profile", old)
    assert stale.status_code == 409
    shown = text_of(stale.text)
    assert "Organisation Village Library City Library" in shown
    assert "Typed for an hour" in stale.text
    assert (await scene.speaker()).organisation == "City Library"
    once_more = await browser.post_form(
        f"{scene.here}/profile", {**old, **fields(stale.text, 'name="biography_en"')}
    )
    assert once_more.status_code == 303
    assert (await scene.speaker()).organisation == "Village Library"


async def test_what_is_wrong_in_the_profile_is_said_beside_it(browser: Browser, scene: Scene) -> None:
    form = {
        "revision": "1",
        "orcid": "0000-0002-1825-0098",
        "link_url_0": "javascript:alert(1)",
        "country": "BR",
        "pronouns": "x" * 61,
    }
    answer = await browser.post_form(f"{scene.here}/profile", form)
    assert answer.status_code == 422
    for name in ("orcid", "link_url_0", "zone", "pronouns"):
        assert f'id="{name}-error"' in answer.text
    assert (await scene.speaker()).revision == 1
    asked = await browser.post_form(f"{scene.here}/profile", {**form, "do": "show-zones"})
    assert (asked.status_code, "Zones of Brazil" in asked.text) == (200, True)


async def test_naughty_strings_stay_strings(browser: Browser, scene: Scene) -> None:
    for number, text in enumerate(NAUGHTY):
        ruth = await scene.speaker()
        form = {
            "revision": str(ruth.revision),
            "organisation": text,
            "biography_en": text,
            "access_needs": text,
        }
        assert (await browser.post_form(f"{scene.here}/profile", form)).status_code == 303
        await browser.post_form(f"{scene.here}/ask", {"text": f"{number} {text}"})
        for path in ("", "/profile"):
            page = await browser.get(f"{scene.here}{path}")
            assert page.status_code == 200
            assert "<script>alert" not in page.text
            assert "\0" not in page.text
    assert await SpeakerRequest.count() == len(NAUGHTY)


def a_picture() -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (300, 300), "teal").save(held, "PNG")
    return held.getvalue()


async def test_a_photo_is_set_shown_to_its_speaker_and_removed(browser: Browser, scene: Scene) -> None:
    token = {"_csrf_token": await browser.csrf()}

    async def send(data: bytes) -> httpx.Response:
        return await browser.post(f"{scene.here}/profile/photo", data=token, files={"file": ("me.png", data)})

    assert (await browser.get(f"{scene.here}/profile/photo")).status_code == 404
    refused = await send(b"no picture at all")
    assert refused.status_code == 422
    assert "no picture that can be read" in refused.text
    assert (await send(b"")).status_code == 422
    assert (await send(a_picture())).status_code == 303
    shown = await browser.get(f"{scene.here}/profile/photo")
    assert (shown.headers["content-type"], shown.headers["cache-control"]) == ("image/webp", "no-store")
    assert shown.content[:4] == b"RIFF"
    stranger = await browser.get(f"/libraries/speakers/{scene.ruth.code}/photo")
    assert stranger.status_code == 404  # nothing is published yet
    await browser.post_form(f"{scene.here}/profile/photo/remove")
    assert (await scene.speaker()).photo_key == ""


async def test_the_clock_is_chosen_on_any_page(browser: Browser, scene: Scene) -> None:
    await Speaker.update({Speaker.zone: ""}).where(Speaker.id == scene.ruth.id)
    page = await browser.get(scene.here)
    assert "We do not know your time zone yet." in page.text
    assert "times are in London, BST, UTC+1" in text_of(page.text)
    answer = await browser.post_form(f"{scene.here}/zone", {"zone": "Asia/Calcutta", "back": "availability"})
    assert answer.headers["location"] == f"{scene.here}/availability"
    assert (await scene.speaker()).zone == "Asia/Kolkata"
    for junk in ("", "Mars/Olympus", "../../etc/passwd", "x" * 9000):
        assert (await browser.post_form(f"{scene.here}/zone", {"zone": junk})).status_code == 303
    assert (await scene.speaker()).zone == "Asia/Kolkata"


# --- availability -------------------------------------------------------------------------------------------------


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


# --- links --------------------------------------------------------------------------------------------------------


async def test_wrong_old_and_other_people_s_links_open_nothing(browser: Browser, scene: Scene) -> None:
    token = scene.here.removeprefix("/speak/")
    wrong = [
        token[:-1],
        token + "=",
        token.swapcase(),
        scene.ruth.code,
        "%00",
        "é",
        "x" * 5000,
        "..%2f..%2f",
    ]
    for one in wrong:
        for path in ("", "/profile", "/availability", "/talks.ics"):
            answer = await browser.get(f"/speak/{one}{path}")
            assert answer.status_code == 404, one
            assert "Ruth" not in answer.text
        for path in (
            "/answer",
            "/consents",
            "/profile",
            "/availability",
            "/ask",
            "/zone",
            "/profile/photo/remove",
        ):
            assert (await browser.post_form(f"/speak/{one}{path}", {"answer": "confirm"})).status_code == 404
    await renew_link(scene.ruth.id, actor=scene.petra, now=NOW)
    old = await browser.get(scene.here)
    assert (old.status_code, old.headers["cache-control"]) == (404, "no-store")
    assert "Send me the link" in old.text
    with clock.fixed_at(datetime(2026, 8, 25, tzinfo=NOW.tzinfo)):
        late = await browser.get(speak_path(await scene.speaker()))
        assert (late.status_code, "This link no longer works" in late.text) == (410, True)
    other = await make_speaker(scene.conference, "Someone Else")
    theirs = speak_path(await ensure_link(other.id, NOW))
    answer = await browser.post_form(
        f"{theirs}/answer", {"session": scene.panel.code, "role": "presenter", "answer": "decline"}
    )
    assert answer.status_code == 303
    assert await scene.states() == ["invited", "invited"]


async def test_every_change_needs_its_form(browser: Browser, scene: Scene) -> None:
    """Another site that makes the browser post has no CSRF token."""
    for path in (
        "/answer",
        "/consents",
        "/profile",
        "/availability",
        "/ask",
        "/zone",
        "/profile/photo",
        "/profile/photo/remove",
    ):
        assert (await browser.post(f"{scene.here}{path}", data={"answer": "decline"})).status_code == 403
    assert (await browser.post("/speak/link", data={"email": "ruth@example.org"})).status_code == 403


async def test_asking_for_the_link_says_the_same_to_everyone(browser: Browser, scene: Scene) -> None:
    known = await browser.post_form("/speak/link", {"email": "Ruth@Example.org"})
    unknown = await browser.post_form("/speak/link", {"email": "stranger@example.org"})
    assert (known.status_code, known.headers["location"]) == (
        unknown.status_code,
        unknown.headers["location"],
    )
    assert (await browser.get(known.headers["location"])).status_code == 200
    sent = await OutgoingMail.select(OutgoingMail.recipient).where(OutgoingMail.kind == "speaker-link")
    assert sent == [{"recipient": "ruth@example.org"}]
    assert (await browser.post_form("/speak/link", {"email": "no address"})).status_code == 422
    for _try in range(9):
        answer = await browser.post_form("/speak/link", {"email": "ruth@example.org"})
    assert answer.status_code == 429
    assert "Too many tries" in answer.text


async def test_the_room_opens_an_hour_before_for_its_speakers_alone(browser: Browser, scene: Scene) -> None:
    path = room_path(scene.ruth, scene.slot.code)
    early = await browser.get(path)
    assert (early.status_code, "Your room opens" in early.text) == (200, True)
    assert "vendor.example" not in early.text
    with clock.fixed_at(scene.slot.start - timedelta(minutes=60)):
        opened = await browser.get(path)
        assert (opened.status_code, opened.headers["location"]) == (303, scene.room.vendor_url)
        assert opened.headers["referrer-policy"] == "no-referrer"
        elsewhere = await make_slot(
            scene.conference, await make_session(scene.conference, "Other"), scene.room, "11:00"
        )
        assert (await browser.get(room_path(scene.ruth, elsewhere.code))).status_code == 404
        for key in ("", "x", path.partition("key=")[2][:-1]):
            assert (await browser.get(f"/speak/join/{scene.slot.code}?key={key}")).status_code == 404
        await Appearance.update({Appearance.state: "declined"}).where(Appearance.speaker == scene.ruth.id)
        assert "You said that you cannot take part" in text_of((await browser.get(path)).text)
        await Appearance.update({Appearance.state: "confirmed"}).where(Appearance.speaker == scene.ruth.id)
        await Session.update({Session.state: "cancelled"}).where(Session.id == scene.panel.id)
        assert "This session is cancelled" in text_of((await browser.get(path)).text)
        await Session.update({Session.state: "active"}).where(Session.id == scene.panel.id)
        await Room.update({Room.vendor_url: ""}).where(Room.id == scene.room.id)
        assert "The room has no address yet" in text_of((await browser.get(path)).text)
    with clock.fixed_at(scene.slot.end + timedelta(minutes=15)):
        assert "This session is over" in text_of((await browser.get(path)).text)


# --- the desk -----------------------------------------------------------------------------------------------------


async def test_the_desk_invites_one_several_and_again(browser: Browser, scene: Scene) -> None:
    await sign_in_as(browser, scene.petra)
    await Appearance.update({Appearance.state: "planned", Appearance.invited_at: None}).where(
        Appearance.id > 0
    )
    desk = "/organise/libraries/speakers"
    answer = await browser.post_form(f"{desk}/{scene.ruth.code}/invite")
    assert answer.headers["location"] == f"{desk}/{scene.ruth.code}"
    assert await scene.states() == ["invited", "invited"]
    everyone = [row["code"] for row in await Speaker.select(Speaker.code)]
    answer = await browser.post_form(f"{desk}/invite", {"speaker": everyone, "back": "chase"})
    assert answer.headers["location"] == f"{desk}/chase"
    mails = await OutgoingMail.select(OutgoingMail.kind, OutgoingMail.recipient_name).order_by(
        OutgoingMail.id
    )
    assert [tuple(mail.values()) for mail in mails] == [
        ("speaker-invitation", "Ruth Okafor"),
        ("speaker-invitation", "Anjali Menon"),
    ]
    with clock.fixed_at(NOW + timedelta(days=2)):
        await browser.post_form(f"{desk}/invite", {"speaker": everyone, "again": "yes"})
        assert await OutgoingMail.count().where(OutgoingMail.kind == "speaker-reminder") == 2
        told = text_of((await browser.get(desk)).text)
        assert "Reminded 2 speakers: Anjali Menon, Ruth Okafor." in told
    assert (await browser.post_form(f"{desk}/invite")).headers["location"] == desk
    assert (await browser.post_form(f"{desk}/nobody/invite")).status_code == 404


async def test_the_desk_sends_links_and_ends_old_ones(browser: Browser, scene: Scene) -> None:
    await sign_in_as(browser, scene.petra)
    path = f"/organise/libraries/speakers/{scene.ruth.code}/link"
    await browser.post_form(path)
    await browser.post_form(path, {"renew": "yes"})
    assert await OutgoingMail.count().where(OutgoingMail.kind == "speaker-link") == 2
    assert (await browser.get(scene.here)).status_code == 404
    assert (await browser.get(speak_path(await scene.speaker()))).status_code == 200


async def test_a_viewer_may_invite_nobody(browser: Browser, scene: Scene) -> None:
    viewer = await make_member(scene.conference, KOLKATA_ATTENDEE, Role.VIEWER)
    await sign_in_as(browser, viewer)
    for path in ("invite", f"{scene.ruth.code}/invite", f"{scene.ruth.code}/link"):
        assert (await browser.post_form(f"/organise/libraries/speakers/{path}")).status_code == 403


async def test_a_speaker_with_two_parts_answers_each(browser: Browser, scene: Scene) -> None:
    await Appearance(
        session=scene.panel.id, speaker=scene.ruth.id, role=AppearanceRole.CHAIR, state="invited"
    ).save()
    page = text_of((await browser.get(scene.here)).text)
    assert "Your part: presenter" in page
    assert "Your part: chair" in page
    await browser.post_form(
        f"{scene.here}/answer", {"session": scene.panel.code, "role": "chair", "answer": "decline"}
    )
    assert await scene.states() == ["invited", "invited", "declined"]


# --- words --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "minutes", "words"),
    [
        ("07:00", 60, ""),
        ("21:00", 60, ""),
        ("06:30", 60, "early in the morning"),
        ("05:00", 60, "early in the morning"),
        ("04:30", 60, "middle of your night"),
        ("21:30", 60, "late in the evening"),
        ("23:30", 60, "late in the evening"),
        ("23:30", 120, "middle of your night"),
        ("00:00", 30, "middle of your night"),
    ],
)
def test_an_unusual_hour_is_said_kindly(start: str, minutes: int, words: str) -> None:
    begins = datetime.fromisoformat(f"2026-06-25T{start}+05:30")
    told = hardship(begins, begins + timedelta(minutes=minutes), "Asia/Kolkata", RuleFacts())
    assert (words in told) if words else not told


def test_an_unusual_hour_follows_the_conference_s_own_limits() -> None:
    begins = datetime.fromisoformat("2026-06-25T06:30+05:30")
    early_birds = RuleFacts(speaker_earliest=6 * 60)
    assert hardship(begins, begins + timedelta(hours=1), "Asia/Kolkata", early_birds) == ""
