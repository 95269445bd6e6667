"""Uploads from the first octet to the reader's download, on a local folder and on an S3-compatible server alike."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from conference import clock, db
from conference.filetypes import FILE_TYPES
from conference.storage import open_storage
from sessions.packs.jobs import sweeping_uploads
from sessions.packs.tables import ResourceFile, StoredContent, Upload, UploadPart
from tests.makers import make_conference, make_organiser
from tests.pages import make_settings, open_browser, sign_in_as
from tests.sessions.resource_makers import make_pack_row
from tests.sessions.test_uploads import FILM, Client, Stage
from tests.shared import data_path


@pytest.fixture
async def stage(database: db.Database, data_dir: Path, store_url: str) -> AsyncIterator[Stage]:
    async with open_browser(make_settings(data_dir, STORAGE_URL=store_url)) as browser:
        owner = await make_organiser()
        conference = await make_conference(owner=owner)
        await sign_in_as(browser, owner)
        pack = await make_pack_row(conference)
        yield Stage(Client(browser, await browser.csrf()), conference, owner, pack)


async def keys(store_url: str, data_dir: Path) -> set[str]:
    storage = open_storage(store_url, data_dir)
    return {one.key async for page in storage.listed() for one in page}


async def sent(stage: Stage, name: str, content: bytes) -> str:
    """The upload's state in the end, or the status and words that refused it."""
    begun = await stage.client.create(name, len(content), pack=stage.pack.code)
    if begun.status_code != 201:
        return f"{begun.status_code} {begun.text}"
    url = begun.headers["location"]
    answer = await stage.client.patch(url, 0, content)
    if answer.status_code != 204:
        return f"{answer.status_code} {answer.text}"
    outcome = await stage.client.finish(url)
    return f"{outcome['state']} {outcome['message']}".strip()


async def test_a_film_over_a_broken_line_is_downloaded_as_it_was_and_leaves_nothing_when_deleted(
    stage: Stage, data_dir: Path, store_url: str
) -> None:
    film = FILM + bytes(range(251)) * 80_000  # 20 MB: two pieces, the larger of several parts
    url = await stage.client.begun("film.mp4", len(film), pack=stage.pack.code)
    assert (await stage.client.patch(url, 0, film[:17_000_000])).status_code == 204
    assert (await stage.client.patch(url, 0, film[:100])).status_code == 409
    assert (await stage.client.patch(url, 17_000_001, film[17_000_001:])).status_code == 409
    assert await stage.client.offset(url) == 17_000_000
    assert (await stage.client.patch(url, 17_000_000, film[17_000_000:])).status_code == 204
    assert (await stage.client.finish(url))["state"] == "kept"
    assert await keys(store_url, data_dir) == {
        f"sha512/{(digest := hashlib.sha512(film).hexdigest())[:2]}/{digest[2:4]}/{digest}"
    }

    (item,) = await stage.items()
    path = f"/libraries/resources/{stage.pack.code}/{item.code}"
    whole = await stage.client.browser.get(path)
    assert (whole.status_code, whole.content == film) == (200, True)
    part = await stage.client.browser.get(path, headers={"range": "bytes=16999990-17000009"})
    assert (part.status_code, part.content) == (206, film[16_999_990:17_000_010])

    await stage.client.browser.post_form(
        f"/organise/libraries/resources/{stage.pack.code}/item/{item.code}/remove"
    )
    assert (await ResourceFile.count(), await StoredContent.count()) == (0, 0)
    assert await keys(store_url, data_dir) == set()


async def test_two_tabs_that_send_the_same_file_make_one_of_it(
    stage: Stage, data_dir: Path, store_url: str
) -> None:
    """Both find the same upload; each goes on from where it is when the other was faster, as the protocol has it."""
    film = FILM * 10
    step = 100_000

    async def tab() -> None:
        url = await stage.client.begun("film.mp4", len(film), pack=stage.pack.code)
        while (offset := await stage.client.offset(url)) < len(film):
            answer = await stage.client.patch(url, offset, film[offset : offset + step])
            assert answer.status_code in (204, 409), answer.text
        assert (await stage.client.finish(url))["state"] == "kept"

    await asyncio.gather(tab(), tab())
    (item,) = await stage.items()
    assert item.file is not None
    assert item.file.size == len(film)
    assert len(await keys(store_url, data_dir)) == 1
    assert (await UploadPart.count(), await Upload.count()) == (0, 1)


async def test_what_nobody_finishes_is_swept_when_its_time_is_over(
    stage: Stage, data_dir: Path, store_url: str
) -> None:
    url = await stage.client.begun("film.mp4", len(FILM), pack=stage.pack.code)
    await stage.client.patch(url, 0, FILM[:1000])
    storage = open_storage(store_url, data_dir)
    sweep = sweeping_uploads(storage)
    await sweep(clock.now() + timedelta(days=6))
    assert len(await keys(store_url, data_dir)) == 1
    await sweep(clock.now() + timedelta(days=8))
    assert (await keys(store_url, data_dir), await Upload.count()) == (set(), 0)


@pytest.mark.parametrize("folder", ["images", "pdf", "archives", "xml", "email", "strings"])
async def test_hostile_files_are_refused_in_words_or_served_harmlessly(
    stage: Stage, data_dir: Path, store_url: str, folder: str
) -> None:
    outcomes: dict[str, str] = {}
    for path in sorted(data_path(f"adversarial/{folder}").iterdir()):
        outcomes[path.name] = await sent(stage, path.name, path.read_bytes())
    for name, outcome in outcomes.items():
        assert outcome.startswith(("kept", "refused ", "422 ")), (name, outcome)
        assert outcome == "kept" or len(outcome) > 30, (name, outcome)
    for item in await stage.items():
        assert item.file is not None
        answer = await stage.client.browser.get(f"/libraries/resources/{stage.pack.code}/{item.code}")
        headers = answer.headers
        may_show = {kind.media_type for kind in FILE_TYPES.values() if kind.inline_allowed}
        assert (answer.status_code, headers["x-content-type-options"]) == (200, "nosniff")
        assert "sandbox" in headers["content-security-policy"]
        shown = headers["content-disposition"].partition(";")[0]
        assert shown == "attachment" or headers["content-type"] in may_show, item.file.filename
    assert len(await keys(store_url, data_dir)) == await StoredContent.count()


@pytest.fixture
def small_disk(data_dir: Path) -> Iterator[Path]:
    folder = data_dir / "files"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=230m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can make a small disk to fill")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


async def test_a_disk_that_fills_up_meanwhile_is_said_before_it_is_full_and_got_over(
    database: db.Database, data_dir: Path, small_disk: Path
) -> None:
    async with open_browser(make_settings(data_dir)) as browser:
        owner = await make_organiser()
        conference = await make_conference(owner=owner)
        await sign_in_as(browser, owner)
        pack = await make_pack_row(conference)
        stage = Stage(Client(browser, await browser.csrf()), conference, owner, pack)
        url = await stage.client.begun("film.mp4", len(FILM), pack=pack.code)
        assert (await stage.client.patch(url, 0, FILM[:50_000])).status_code == 204
        filler = small_disk / "somebody-else"
        filler.write_bytes(bytes(100_000_000))
        answer = await stage.client.patch(url, 50_000, FILM[50_000:])
        assert (answer.status_code, answer.text) == (
            507,
            "There is no room left for files. Please tell the people who run this site.",
        )
        assert (await stage.client.create("other.mp4", 1000, pack=pack.code)).status_code == 507
        assert await stage.client.offset(url) == 50_000
        filler.unlink()
        assert (await stage.client.patch(url, 50_000, FILM[50_000:])).status_code == 204
        assert (await stage.client.finish(url))["state"] == "kept"
