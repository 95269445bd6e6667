"""The desk's page by which resources leave as a whole and come in, as a browser without script sees it."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import bagit

from conference.storage import open_storage
from sessions.packs.importing import taking_in
from sessions.packs.importing.kept import FOLDER
from sessions.packs.importing.sheet_reading import heading_of
from sessions.packs.importing.tables import ResourceImport
from sessions.packs.tables import Resource, ResourcePack
from tests.makers import NOW
from tests.pages import Browser, text_of
from tests.sessions.pack_desk import PDF, desk, make_pack, publish, send
from tests.sessions.test_resource_imports import GOOD, MOST, zipped

PAGE = "/organise/libraries/resources/exchange"


async def post_zip(browser: Browser, content: bytes, name: str = "bag.zip") -> str:
    """Send an archive; where the browser is led, or what the page says."""
    files: list[tuple[str, Any]] = [
        ("_csrf_token", (None, await browser.csrf())),
        ("file", (name, content, "application/zip")),
    ]
    answer = await browser.post(f"{PAGE}/", files=files)
    return answer.headers["location"] if answer.status_code == 303 else text_of(answer.text)


async def work(data_dir: Path) -> None:
    """What the job does meanwhile."""
    while await taking_in.work_on_archives(open_storage("", data_dir), MOST, NOW):
        pass


async def test_an_organiser_sends_looks_and_takes_in(browser: Browser, data_dir: Path) -> None:
    await desk(browser)
    assert "There are no resources yet." in text_of((await browser.get(PAGE)).text)
    address = await post_zip(browser, zipped(GOOD))
    page = await browser.get(address)
    assert "The file is being looked through" in page.text
    assert 'http-equiv="refresh"' in page.text
    await work(data_dir)
    page = await browser.get(address)
    told = text_of(page.text)
    assert "What would become of each resource" in told
    assert "To be added 2" in told
    assert await Resource.count() == 0
    answer = await browser.post_form(address, {"do": "start"})
    assert answer.headers["location"] == address
    again = await browser.post_form(address, {"do": "start"})
    assert again.status_code == 303
    assert "Resources are being taken in" in (await browser.get(address)).text
    await work(data_dir)
    told = text_of((await browser.get(address)).text)
    assert "The file is taken in" in told
    assert "Added 2" in told
    assert await Resource.count() == 2
    (pack,) = await ResourcePack.objects()
    assert f'href="/organise/libraries/resources/{pack.code}"' in (await browser.get(address)).text
    await browser.post_form(address, {"do": "forget"})
    assert (await browser.get(address)).status_code == 404
    assert await ResourceImport.count() == 0
    assert await Resource.count() == 2
    assert list((data_dir / "files" / FOLDER).glob("*")) == []


async def test_a_refused_archive_says_why(browser: Browser, data_dir: Path) -> None:
    await desk(browser)
    address = await post_zip(browser, zipped({**GOOD, "bag/data/b.txt": b"changed"}))
    await work(data_dir)
    told = text_of((await browser.get(address)).text)
    assert "This file cannot be taken in" in told
    assert "“data/b.txt” is not what its checksum says: it was changed or damaged." in told
    assert "Nothing of it was taken in." in told
    climbing = await post_zip(browser, zipped({"../x.txt": b"x"}))
    assert "unpacked outside its folder" in climbing
    nothing = await post_zip(browser, b"", "")
    assert "Choose a zip file." in nothing
    assert "does not agree with “.zip”" in await post_zip(browser, PDF, "x.zip")
    assert await ResourceImport.count() == 1


async def test_the_template_is_read_back_by_its_own_headings(browser: Browser) -> None:
    await desk(browser)
    answer = await browser.get(f"{PAGE}/template.csv")
    headings, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert all(heading_of(heading)[0] for heading in headings)
    assert len(rows) == 2


async def test_everything_is_one_bag_also_what_is_not_published(browser: Browser, tmp_path: Path) -> None:
    await desk(browser)
    first, second = await make_pack(browser, "Public"), await make_pack(browser, "Not yet", access="team")
    await send(browser, first, ("a.pdf", PDF))
    await publish(browser, first)
    await send(browser, second, ("b.txt", b"secret"))
    page = await browser.get(PAGE)
    assert "All 2 packs, published or not" in text_of(page.text)
    answer = await browser.get(f"{PAGE}/everything.zip?lang=en")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(tmp_path / "out")
    (folder,) = (tmp_path / "out").iterdir()
    bag = bagit.Bag(str(folder))
    assert bag.validate()
    assert sorted(path for path in bag.payload_files() if path.startswith("data/files/")) == [
        "data/files/01-Public/01-a.pdf",
        "data/files/02-Not-yet/01-b.txt",
    ]
    part = await browser.get(f"{PAGE}/everything.zip?lang=en", headers={"range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, answer.content[5:10])
    async with Browser(transport=browser._transport, base_url=browser.base_url) as stranger:
        assert (await stranger.get(f"{PAGE}/everything.zip")).status_code in (303, 401, 403)
