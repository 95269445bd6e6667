"""Large lists made in the background: progress told, made once, begun again after a kill, gone after an hour."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from conference import clock, db
from conference.storage import Storage, open_storage
from conference.tables import AuditEntry, Role
from registration.desk import exports
from registration.desk.exports import KEPT, ask_for, export_by_code, forgetting, making
from registration.desk.filters import Filter
from registration.desk.lists import PAGE_SIZE
from registration.desk.tables import ExportKind, RegistrationExport
from tests.makers import make_member
from tests.pages import Browser, sign_in_as, text_of
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE, NEW_YORK_SPEAKER
from tests.registration.cast import REGISTERED, Scene, make_scene

HOME = "/organise/libraries/registrations"


@pytest.fixture
async def scene(database: db.Database) -> Scene:
    return await make_scene()


def files(folder: Path) -> list[Path]:
    return [path for path in (folder / "files").rglob("*") if path.is_file()]


async def test_a_long_list_is_made_beside_the_pages_and_then_downloaded(
    scene: Scene, browser: Browser, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registration.controllers.desk.AT_ONCE", 1)
    for person in (KOLKATA_ATTENDEE, AUCKLAND_ATTENDEE):
        await scene.confirmed(person)
    await sign_in_as(browser, scene.organiser)
    page = (await browser.get(f"{HOME}?country=NZ")).text
    assert "export.xlsx?country=NZ" in page  # one person: at once
    page = (await browser.get(HOME)).text
    assert f'href="{HOME}/export"' in page
    assert "export.xlsx" not in page
    page = (await browser.get(f"{HOME}/export?country=NZ")).text
    assert "1 registration · New Zealand" in text_of(page)
    answer = await browser.post_form(f"{HOME}/export", {"kind": "csv", "country": "NZ"})
    there = answer.headers["location"]
    waiting = await browser.get(there)
    assert "0 of 1" in text_of(waiting.text)
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in waiting.text
    assert (await browser.get(f"{there}/file")).status_code == 404
    assert await making(open_storage("", data_dir))(clock.now()) == 1
    ready = await browser.get(there)
    assert "The file is ready" in ready.text
    assert "data-going" not in ready.text
    file = await browser.get(f"{there}/file")
    assert file.headers["content-disposition"] == 'attachment; filename="libraries-registrations.csv"'
    assert file.headers["x-content-type-options"] == "nosniff"
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert [row["name"] for row in rows] == [AUCKLAND_ATTENDEE.name]
    assert file.content == (await browser.get(f"{HOME}/export.csv?country=NZ")).content


@pytest.mark.parametrize("kind", list(ExportKind))
async def test_every_kind_is_the_same_file_as_the_one_made_at_once(
    scene: Scene, browser: Browser, data_dir: Path, kind: ExportKind
) -> None:
    await scene.confirmed()
    await sign_in_as(browser, scene.organiser)
    code = await ask_for(scene.conference, Filter(), kind, actor=scene.organiser, now=REGISTERED)
    await making(open_storage("", data_dir))(REGISTERED)
    file = (await browser.get(f"{HOME}/export/{code}/file")).content
    if kind is ExportKind.WORKBOOK:
        assert file.startswith(b"PK")
        return
    raw = "?raw=yes" if kind is ExportKind.RAW else ""
    assert file == (await browser.get(f"{HOME}/export.csv{raw}")).content


async def test_asked_for_twice_it_is_made_once_and_noted_without_names(
    each_database: db.Database, tmp_path: Path
) -> None:
    scene = await make_scene()
    await scene.confirmed()
    wanted = Filter(q=KOLKATA_ATTENDEE.email)
    codes = [
        await ask_for(scene.conference, wanted, ExportKind.CSV, actor=scene.organiser, now=REGISTERED)
        for _time in range(2)
    ]
    assert codes[0] == codes[1]
    job = making(open_storage("", tmp_path))
    assert [await job(REGISTERED), await job(REGISTERED)] == [1, 0]
    export = await export_by_code(scene.conference.id, codes[0])
    assert (export.total, export.done) == (1, 1)
    entry = await AuditEntry.objects().where(AuditEntry.action == "registrations-taken-away").first()
    assert entry is not None
    assert "anjali" not in f"{entry.subject}{entry.after}"
    later = REGISTERED + timedelta(minutes=2)
    again = await ask_for(scene.conference, wanted, ExportKind.CSV, actor=scene.organiser, now=later)
    assert again != codes[0]


async def test_whoever_is_killed_while_making_it_leaves_one_file_to_the_next(
    each_database: db.Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await make_scene()
    await scene.confirmed()
    code = await ask_for(scene.conference, Filter(), ExportKind.CSV, actor=scene.organiser, now=REGISTERED)
    storage = open_storage("", tmp_path)
    row = await export_by_code(scene.conference.id, code)

    async def half() -> AsyncIterator[bytes]:
        yield b"half a"

    await storage.put_stream(half(), row.key)  # what a killed process had written
    await RegistrationExport.update({RegistrationExport.done: 1}).where(RegistrationExport.id == row.id)
    assert await making(storage)(REGISTERED) == 1
    assert [path.read_bytes()[:7] for path in files(tmp_path)] == [b"\xef\xbb\xbfcode"]
    assert await forgetting(storage)(REGISTERED + KEPT - timedelta(seconds=1)) == 0
    assert await forgetting(storage)(REGISTERED + KEPT) == 1
    assert files(tmp_path) == []
    assert await RegistrationExport.count() == 0


async def test_a_list_that_cannot_be_made_says_so_and_holds_up_no_other(
    scene: Scene, browser: Browser, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sign_in_as(browser, scene.organiser)
    broken = await ask_for(scene.conference, Filter(), ExportKind.CSV, actor=scene.organiser, now=REGISTERED)
    fine = await ask_for(
        scene.conference, Filter(country="NZ"), ExportKind.CSV, actor=scene.organiser, now=REGISTERED
    )
    storage = open_storage("", data_dir)

    async def full(*_arguments: object) -> object:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Storage, "put_stream", full)
        with pytest.raises(OSError, match="No space"):
            await making(storage)(REGISTERED)
    assert await making(storage)(REGISTERED) == 1
    assert await making(storage)(REGISTERED) == 0
    page = (await browser.get(f"{HOME}/export/{broken}")).text
    assert "The file could not be made" in page
    assert "The file is ready" in (await browser.get(f"{HOME}/export/{fine}")).text


async def test_a_list_is_for_the_team_that_asked_and_may(
    scene: Scene, browser: Browser, data_dir: Path
) -> None:
    code = await ask_for(scene.conference, Filter(), ExportKind.CSV, actor=scene.organiser, now=REGISTERED)
    await making(open_storage("", data_dir))(REGISTERED)
    assert (await browser.get(f"{HOME}/export/{code}/file")).status_code == 303
    await sign_in_as(browser, await make_member(scene.conference, NEW_YORK_SPEAKER, Role.VIEWER))
    for path in ("", f"/{code}", f"/{code}/file"):
        assert (await browser.get(f"{HOME}/export{path}")).status_code == 403
    await sign_in_as(browser, scene.organiser)
    assert (await browser.get(f"{HOME}/export/nothing")).status_code == 404
    assert exports.AT_ONCE > PAGE_SIZE
    assert re.search(r"kept for an hour", (await browser.get(f"{HOME}/export/nothing")).text)
