"""What a speaker says of herself on her own page."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator

import httpx
import pytest
from PIL import Image

from conference.tables import AuditEntry
from sessions.tables import (
    Appearance,
    Speaker,
    SpeakerRequest,
)
from tests.pages import Browser, text_of
from tests.sessions.speaking import NAUGHTY, Scene, fields, speaking


@pytest.fixture
async def scene(browser: Browser) -> AsyncIterator[Scene]:
    """Ruth and her page, in front of the whole application."""
    async with speaking() as made:
        yield made


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
