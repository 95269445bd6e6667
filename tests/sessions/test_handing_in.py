"""Speakers hand in files on their own page; nobody but the team sees them before they are accepted."""

from __future__ import annotations

import base64
import json

import pytest

from conference import clock
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from sessions.packs.queries import pack_items
from sessions.packs.tables import Resource, ResourcePack, Upload
from sessions.speakers.links import ensure_link, speak_path
from sessions.tables import Appearance, Session, Speaker
from tests.makers import make_conference, make_organiser, make_session, make_speaker
from tests.pages import Browser, sign_in_as, text_of

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n" + b" " * 9000


class Scene:
    """A speaker in one session, and on their own page."""

    def __init__(
        self, conference: Conference, owner: SignedInOrganiser, session: Session, speaker: Speaker
    ) -> None:
        self.conference, self.owner, self.session, self.speaker = conference, owner, session, speaker
        self.path = ""

    async def pack(self) -> ResourcePack:
        pack = await ResourcePack.objects().get(ResourcePack.session == self.session.id)
        assert pack is not None
        return pack


@pytest.fixture
async def scene(browser: Browser) -> Scene:
    owner = await make_organiser()
    conference = await make_conference(owner=owner)
    session = await make_session(conference, "Sourdough")
    speaker = await make_speaker(conference, "Zoë Müller")
    await Appearance(session=session.id, speaker=speaker.id).save()
    scene = Scene(conference, owner, session, speaker)
    scene.path = speak_path(await ensure_link(speaker.id, clock.now()))
    return scene


async def send(browser: Browser, scene: Scene, name: str, content: bytes, **fields: str) -> object:
    parts = [("_csrf_token", (None, await browser.csrf()))]
    parts += [(key, (None, value)) for key, value in fields.items()]
    return await browser.post(
        f"{scene.path}/files/{scene.session.code}/files", files=[*parts, ("file", (name, content))]
    )


async def test_what_is_handed_in_waits_for_the_team_and_is_then_seen(browser: Browser, scene: Scene) -> None:
    page = await browser.get(scene.path)
    assert f'href="{scene.path}/files?session={scene.session.code}#s-{scene.session.code}"' in page.text
    page = await browser.get(f"{scene.path}/files")
    assert "Sourdough" in page.text
    fields = {f"by_{scene.speaker.code}": "yes", "licence": "CC-BY-4.0", "lang_en": "yes"}
    await send(browser, scene, "Slides.pdf", PDF, **fields)
    page = await browser.get(f"{scene.path}/files")
    assert "Thank you! The file is with the team" in page.text
    assert "With the team" in page.text
    pack = await scene.pack()
    assert await pack_items(pack.id) == []
    (item,) = await pack_items(pack.id, for_team=True)
    assert [person.name for person in item.creators] == ["Zoë Müller"]
    await sign_in_as(browser, scene.owner)
    desk = f"/organise/libraries/resources/{pack.code}"
    assert "1 handed in, to look at" in (await browser.get("/organise/libraries/resources")).text
    assert "Handed in, not looked at yet" in (await browser.get(desk)).text
    await browser.post_form(f"{desk}/item/{item.code}/accept")
    assert [one.code for one in await pack_items(pack.id)] == [item.code]
    assert "to look at" not in (await browser.get("/organise/libraries/resources")).text
    assert "Accepted" in (await browser.get(f"{scene.path}/files")).text


async def test_a_speakers_browser_goes_on_where_the_line_broke(browser: Browser, scene: Scene) -> None:
    token = await browser.csrf()
    files = json.dumps([{"name": "Slides.pdf", "size": len(PDF), "modified": 1}])
    sent = {"session": scene.session.code, "files": files, "licence": "CC0-1.0"}
    answer = await browser.post_form(f"{scene.path}/uploads/begin", sent)
    url = answer.json()["uploads"][0]["url"]
    headers = {
        "tus-resumable": "1.0.0",
        "x-csrftoken": token,
        "content-type": "application/offset+octet-stream",
    }
    await browser.request("PATCH", url, headers={**headers, "upload-offset": "0"}, content=PDF[:8500])
    assert "have arrived" in (await browser.get(f"{scene.path}/files")).text
    again = (await browser.post_form(f"{scene.path}/uploads/begin", sent)).json()["uploads"]
    assert again == [{"url": url, "received": 8500}]
    await browser.request("PATCH", url, headers={**headers, "upload-offset": "8500"}, content=PDF[8500:])
    told = (await browser.post(f"{url}/finish", headers={"x-csrftoken": token})).json()
    assert told == {"state": "kept", "message": ""}
    (row,) = await Resource.objects()
    assert (row.state, row.speaker, row.licence) == ("offered", scene.speaker.id, "CC0-1.0")


async def test_links_can_be_handed_in_and_junk_is_refused_in_words(browser: Browser, scene: Scene) -> None:
    link = f"{scene.path}/files/{scene.session.code}/link"
    refused = await browser.post_form(
        link, {"url": "javascript:alert(1)", "title_en": "Film", "kind": "recording"}
    )
    assert await Resource.count() == 0
    assert refused.status_code == 422
    assert "web address that begins with https" in refused.text
    assert 'value="javascript:alert(1)"' in refused.text  # what was typed stays, to be mended
    assert 'value="Film"' in refused.text
    assert '<option value="recording" selected>' in refused.text
    await browser.post_form(link, {"url": "https://video.example/x", "title_en": "Film", "kind": "recording"})
    assert await Resource.count() == 1
    await send(browser, scene, "page.jpg", b"<!doctype html><script>1</script>")
    assert await Resource.count() == 1


async def test_another_speakers_session_and_uploads_are_out_of_reach(browser: Browser, scene: Scene) -> None:
    other = await make_session(scene.conference, "Theirs")
    elsewhere = f"{scene.path}/files/{other.code}/link"
    answer = await browser.post_form(elsewhere, {"url": "https://x.example", "title_en": "x", "kind": "link"})
    assert answer.status_code == 404
    told = ",".join(
        f"{key} {base64.b64encode(text.encode()).decode()}"
        for key, text in {"filename": "a.pdf", "session": scene.session.code}.items()
    )
    headers = {"tus-resumable": "1.0.0", "x-csrftoken": await browser.csrf()}
    made = await browser.post(
        f"{scene.path}/uploads", headers={**headers, "upload-length": "10", "upload-metadata": told}
    )
    assert made.status_code == 201
    stranger = await make_speaker(scene.conference, "Somebody else")
    row = await ensure_link(stranger.id, clock.now())
    code = made.headers["location"].rpartition("/")[2]
    answer = await browser.request("HEAD", f"{speak_path(row)}/uploads/{code}", headers=headers)
    assert answer.status_code == 404
    assert await Upload.count() == 1
    assert "Sourdough" not in text_of((await browser.get(f"{speak_path(row)}/files")).text)
