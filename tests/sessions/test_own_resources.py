"""Speakers change, replace and take back what they handed in, also after it is published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from conference import clock, db
from conference.errors import Gone, NotFound
from conference.storage import open_storage
from conference.tables import AuditEntry, OutgoingMail
from sessions.packs.collecting.handing_in import accept_resource
from sessions.packs.collecting.own_resources import own_resource, take_back
from sessions.packs.describing.records import versions_of
from sessions.packs.resource_packs import publish_pack
from sessions.packs.tables import Resource, ResourceFile, ResourcePack, ResourceState, Tombstone
from sessions.tables import Appearance, ConsentState
from tests.makers import NOW, make_conference, make_organiser, make_speaker
from tests.pages import Browser, sign_in_as, text_of
from tests.sessions.resource_makers import make_resource_row
from tests.sessions.test_handing_in import PDF, Scene, scene, send

__all__ = ["scene"]  # the fixture
SRT = b"1\n00:00:01,000 --> 00:00:02,000\nHello & welcome\n"


async def handed_in(browser: Browser, stage: Scene, **fields: str) -> Resource:
    """A file the speaker has handed in."""
    await send(browser, stage, "Slides.pdf", PDF, **{"licence": "CC-BY-4.0", "lang_en": "yes", **fields})
    row = await Resource.objects().order_by(Resource.id, ascending=False).first()
    assert row is not None
    return row


async def published(stage: Scene, row: Resource) -> ResourcePack:
    """The same, accepted and seen by everyone."""
    pack, now = await stage.pack(), clock.now()
    await accept_resource(stage.conference, pack.code, row.code, actor=stage.owner, now=now)
    await publish_pack(stage.conference, pack.code, actor=stage.owner, now=now)
    return pack


async def post_file(browser: Browser, path: str, name: str, content: bytes, **fields: str) -> httpx.Response:
    parts: list[Any] = [("_csrf_token", (None, await browser.csrf()))]
    parts += [(key, (None, value)) for key, value in fields.items()]
    return await browser.post(path, files=[*parts, ("file", (name, content))])


def form_of(row: Resource, **fields: str) -> dict[str, str]:
    """What the page's form would send, with some fields changed."""
    return {
        "revision": str(row.revision),
        "title_en": "Slides",
        "kind": row.kind,
        "licence": row.licence,
        "lang_en": "yes",
        **fields,
    }


async def read(row: Resource) -> Resource:
    found = await Resource.objects().get(Resource.id == row.id)
    assert found is not None
    return found


async def test_what_is_said_is_changed_and_the_team_told_once_readers_see_it(
    browser: Browser, scene: Scene
) -> None:
    row = await handed_in(browser, scene)
    page = f"{scene.path}/files/given/{row.code}"
    assert f'href="{page}"' in (await browser.get(f"{scene.path}/files")).text
    assert (await browser.get(page)).status_code == 200
    fields = form_of(
        row, title_en="Bread & bridges", description_en="All of it.", creator_name_0="Zoë Müller"
    )
    assert (await browser.post_form(page, fields)).status_code == 303
    row = await read(row)
    assert (json.loads(row.title), row.state) == ({"en": "Bread & bridges"}, ResourceState.OFFERED)
    assert json.loads(row.creators)[0]["speaker"] == scene.speaker.code
    assert await OutgoingMail.count() == 0
    await published(scene, row)
    row = await read(row)
    refused = await browser.post_form(page, form_of(row, licence=""))
    assert (refused.status_code, "please choose a licence" in refused.text) == (422, True)
    stale = await browser.post_form(page, form_of(row, revision="1", title_en="Mine"))
    assert stale.status_code == 409
    assert 'value="Mine"' in stale.text
    assert f'name="revision" value="{row.revision}"' in stale.text
    assert (await browser.post_form(page, form_of(row, note="A slip mended."))).status_code == 303
    assert (await versions_of(row.id))[0].note == "A slip mended."
    (mail,) = await OutgoingMail.objects().where(OutgoingMail.kind == "speaker-answered")
    assert json.loads(mail.payload)["what"] == "changed"
    assert "Its history" in (await browser.get(page)).text


async def test_a_new_version_takes_the_place_and_the_old_one_stays(browser: Browser, scene: Scene) -> None:
    row = await handed_in(browser, scene)
    await published(scene, row)
    page = f"{scene.path}/files/given/{row.code}"
    answer = await post_file(browser, f"{page}/file", "Slides-2.pdf", PDF + b"\n% two", note="Page 3.")
    assert answer.status_code == 303
    files = await ResourceFile.objects().where(ResourceFile.resource == row.id).order_by(ResourceFile.id)
    assert [(one.filename, one.is_current) for one in files] == [
        ("Slides.pdf", False),
        ("Slides-2.pdf", True),
    ]
    assert (await versions_of(row.id))[0].changes == ("file",)
    token = await browser.csrf()
    third = PDF + b"\n% three"
    told = json.dumps([{"name": "Slides-3.pdf", "size": len(third), "modified": 1}])
    begun = await browser.post_form(f"{scene.path}/uploads/begin", {"replaces": row.code, "files": told})
    url = begun.json()["uploads"][0]["url"]
    headers = {
        "tus-resumable": "1.0.0",
        "x-csrftoken": token,
        "content-type": "application/offset+octet-stream",
    }
    await browser.request("PATCH", url, headers={**headers, "upload-offset": "0"}, content=third)
    kept = await browser.post(f"{url}/finish", headers={"x-csrftoken": token})
    assert kept.json() == {"state": "kept", "message": ""}
    assert await ResourceFile.count().where(ResourceFile.resource == row.id) == 3
    mails = await OutgoingMail.objects().where(OutgoingMail.kind == "speaker-answered")
    assert [json.loads(mail.payload)["what"] for mail in mails] == ["replaced", "replaced"]
    refused = await post_file(browser, f"{page}/file", "page.jpg", b"<!doctype html><script>1</script>")
    assert refused.status_code == 303
    assert await ResourceFile.count().where(ResourceFile.resource == row.id) == 3
    done = await browser.post_form(f"{scene.path}/uploads/done", {"back": page, "count": "1"})
    assert done.headers["location"] == page


async def test_what_is_taken_back_is_gone_for_everyone_and_twice_is_said_kindly(
    browser: Browser, scene: Scene
) -> None:
    unseen, seen = await handed_in(browser, scene), await handed_in(browser, scene)
    await published(scene, seen)
    for row in (unseen, seen):
        page = f"{scene.path}/files/given/{row.code}"
        assert (await browser.post_form(f"{page}/take-back")).status_code == 303
        for again in (await browser.post_form(f"{page}/take-back"), await browser.get(page)):
            assert again.status_code == 410
            assert "Gone already" in again.text
            assert f'href="{scene.path}/files"' in again.text
    assert (await Resource.count(), await ResourceFile.count()) == (0, 0)
    (stone,) = await Tombstone.objects()
    assert (stone.code, stone.reason, json.loads(stone.words)) == (
        seen.code,
        "withdrawn",
        {"en": "Who gave it has taken it back."},
    )
    public = await browser.get(f"/resources/{seen.code}")
    assert public.status_code == 410
    assert "Who gave it has taken it back." in text_of(public.text)
    assert (await browser.get(f"{scene.path}/files/given/neverwas")).status_code == 404
    assert await AuditEntry.count().where(AuditEntry.action == "resource-taken-back") == 2


async def test_what_others_handed_in_is_out_of_reach(browser: Browser, scene: Scene) -> None:
    other = await make_speaker(scene.conference, "Somebody else")
    theirs = await make_resource_row(scene.conference, session=scene.session.id, speaker=other.id)
    page = f"{scene.path}/files/given/{theirs.code}"
    assert (await browser.get(page)).status_code == 404
    for path in ("", "/take-back", "/chapters"):
        assert (await browser.post_form(page + path, {"revision": "1"})).status_code == 404
    assert (await post_file(browser, f"{page}/file", "a.pdf", PDF)).status_code == 404
    told = json.dumps([{"name": "a.pdf", "size": 9, "modified": 1}])
    begun = await browser.post_form(f"{scene.path}/uploads/begin", {"replaces": theirs.code, "files": told})
    assert begun.status_code == 404
    assert await Resource.count() == 1


async def test_taking_back_under_the_rule_says_what_is_gone(
    each_database: db.Database, data_dir: Path
) -> None:
    conference = await make_conference(owner=await make_organiser())
    speaker = await make_speaker(conference)
    row = await make_resource_row(conference, speaker=speaker.id)
    storage = open_storage("", data_dir)
    await take_back(conference, speaker, row.code, storage=storage, now=NOW)
    with pytest.raises(Gone, match="gone already"):
        await take_back(conference, speaker, row.code, storage=storage, now=NOW)
    with pytest.raises(NotFound):
        await own_resource(speaker, "nosuch")
    assert await Tombstone.count() == 0  # nobody had seen it


async def test_captions_and_chapters_stand_beside_a_recording(browser: Browser, scene: Scene) -> None:
    await Appearance.update(
        {
            Appearance.recording_consent: ConsentState.GIVEN.value,
            Appearance.publishing_consent: ConsentState.GIVEN.value,
        }
    ).where(Appearance.session == scene.session.id)
    film = await handed_in(browser, scene, kind="recording")
    pack = await published(scene, film)
    page = f"{scene.path}/files/given/{film.code}"
    assert "captions-heading" in (await browser.get(page)).text
    await post_file(browser, f"{page}/captions", "Opening.srt", SRT.replace(b"-->", b"->"), language="fr")
    await post_file(browser, f"{page}/captions", "Opening.pdf", PDF, language="fr")
    await post_file(browser, f"{page}/captions", "Opening.srt", SRT)  # no language
    assert await Resource.count() == 1
    await post_file(browser, f"{page}/captions", "Opening.srt", SRT, language="fr")
    captions = await Resource.objects().get(Resource.kind == "captions")
    assert captions is not None
    assert (captions.state, captions.belongs_to, captions.licence, json.loads(captions.languages)) == (
        "offered",
        film.id,
        film.licence,
        ["fr"],
    )
    file = await ResourceFile.objects().get(ResourceFile.resource == captions.id)
    assert file is not None
    assert (file.filename, file.media_type) == ("Opening.vtt", "text/vtt")
    film = await read(film)
    wrong = await browser.post_form(
        f"{page}/chapters", {"revision": str(film.revision), "chapters": "0:00 Welcome\nno time"}
    )
    assert wrong.status_code == 422
    assert "In line 2" in wrong.text
    assert "no time</textarea>" in wrong.text
    good = {"revision": str(film.revision), "chapters": "0:00 Welcome\n12:30 Questions"}
    assert (await browser.post_form(f"{page}/chapters", good)).status_code == 303
    chapters = [{"at": 0, "title": "Welcome"}, {"at": 750, "title": "Questions"}]
    assert json.loads((await read(film)).chapters) == chapters
    stale = await browser.post_form(f"{page}/chapters", {**good, "chapters": "0:00 Other"})
    assert stale.status_code == 409
    await sign_in_as(browser, scene.owner)
    desk = f"/organise/libraries/resources/{pack.code}/item/{film.code}"
    assert "12:30 Questions" in (await browser.get(desk)).text
    vtt = b"WEBVTT\n\n00:00.000 --> 00:09.000\nHello\n\n00:09.000 --> 00:10.000\nBye\n"
    assert (await post_file(browser, f"{desk}/chapters-file", "c.vtt", vtt)).status_code == 303
    assert [one["at"] for one in json.loads((await read(film)).chapters)] == [0, 9]
    assert (await post_file(browser, f"{desk}/captions", "en.vtt", vtt, language="en")).status_code == 303
    states = {
        json.loads(one.languages)[0]: one.state
        for one in await Resource.objects().where(Resource.kind == "captions")
    }
    assert states == {"fr": "offered", "en": "ready"}
    bad = await browser.post_form(f"{desk}/chapters", {"revision": "1", "chapters": "x"})
    assert (bad.status_code, "In line 1" in bad.text) == (422, True)
