"""A recording in a real browser: played from its pieces, with captions and chapters, by keyboard, and without script."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from conference.storage import Storage, open_storage
from sessions.packs import contents
from sessions.packs.tables import Resource, ResourceFile
from tests.browser.conftest import Site
from tests.makers import NOW, make_conference
from tests.sessions.resource_makers import make_pack_row, make_resource_row

FILM = """async () => {
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  let frame = 0;
  const drawing = setInterval(() => { pen.fillStyle = `hsl(${frame++ * 9}, 60%, 40%)`; pen.fillRect(0, 0, 300, 150); }, 50);
  const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: "video/webm;codecs=vp8" });
  const parts = [];
  recorder.ondataavailable = (event) => parts.push(event.data);
  recorder.start(200);
  await new Promise((done) => setTimeout(done, 2500));
  recorder.stop();
  await new Promise((done) => (recorder.onstop = done));
  clearInterval(drawing);
  const octets = new Uint8Array(await new Blob(parts).arrayBuffer());
  return btoa(Array.from(octets, (octet) => String.fromCharCode(octet)).join(""));
}"""


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def put(storage: Storage, resource: Resource, data: bytes, name: str, media_type: str) -> None:
    content = await contents.adopt(storage, await storage.put_stream(chunks(data)), now=NOW)
    await ResourceFile(
        resource=resource.id, content=content.id, filename=name, media_type=media_type, uploaded_at=NOW
    ).save()


async def the_recording(storage: Storage, page: Page) -> str:
    """The address of a recording of two and a half seconds, made by this very browser."""
    await page.goto("about:blank")
    film = base64.b64decode(await page.evaluate(FILM))
    conference = await make_conference()
    pack = await make_pack_row(conference, "Toolkit", state="published", published_at=NOW)
    recording = await make_resource_row(
        conference,
        pack,
        title="The talk",
        kind="recording",
        languages='["en"]',
        licence="CC-BY-4.0",
        chapters=json.dumps([{"at": 0, "title": "Welcome"}, {"at": 1, "title": "Questions"}]),
    )
    await put(storage, recording, film, "talk.webm", "video/webm")
    for language, words in (("en", "Welcome"), ("fr", "Bienvenue")):
        captions = await make_resource_row(
            conference,
            pack,
            title=f"Captions {language}",
            kind="captions",
            languages=json.dumps([language]),
            belongs_to=recording.id,
        )
        cue = f"WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n{words}\n".encode()
        await put(storage, captions, cue, "c.vtt", "text/vtt")
    return f"/resources/{recording.code}"


TRACKS = """() => [...document.querySelector("video").textTracks].map((track) =>
  [track.kind, track.language, track.mode, track.cues ? [...track.cues].map((cue) => cue.text) : null])"""
AT = "() => document.querySelector('video').currentTime"


async def test_a_recording_plays_with_captions_and_chapters(site: Site, data_dir: Path) -> None:
    page = await site.page(permissions=["clipboard-read", "clipboard-write"])
    address = await the_recording(open_storage("", data_dir), page)
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    await page.goto(address)
    await expect(page.locator("video")).to_have_js_property("readyState", 4)
    await page.evaluate(
        """() => { for (const track of document.querySelector("video").textTracks) track.mode = "showing"; }"""
    )
    await page.wait_for_function(
        """() => [...document.querySelector("video").textTracks].every((track) => track.cues?.length)"""
    )
    assert await page.evaluate(TRACKS) == [
        ["captions", "en", "showing", ["Welcome"]],
        ["captions", "fr", "showing", ["Bienvenue"]],
        ["chapters", "", "showing", ["Welcome", "Questions"]],
    ]
    # By keyboard: the chapter is a link like any other.
    await page.get_by_role("link", name="Questions").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_function("() => document.querySelector('video').currentTime >= 1")
    await expect(page.get_by_role("link", name="Questions")).to_have_attribute("aria-current", "true")
    assert page.url.endswith(address)  # nothing was loaded anew
    await page.get_by_role("button", name=re.compile("^Copy.*line of text")).click()
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert troubles == []


@pytest.mark.parametrize("start", [0, 1])
async def test_without_script_a_chapter_is_an_address(site: Site, data_dir: Path, start: int) -> None:
    maker = await site.page()
    address = await the_recording(open_storage("", data_dir), maker)
    page = await site.page(java_script_enabled=False)
    await page.goto(address)
    await page.get_by_role("link", name=("Welcome", "Questions")[start]).click()
    assert page.url.endswith(f"{address}?t={start}#player")
    source = await page.locator("video").get_attribute("src")
    assert source == f"{address}/file?show" + (f"#t={start}" if start else "")
    await expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    await expect(page.get_by_role("link", name="BibTeX")).to_be_visible()
