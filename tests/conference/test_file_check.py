"""Every byte in the store is looked after: what is missing, cut or damaged is named, and what nothing needs is found."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from piccolo.columns import Varchar
from piccolo.table import Table

from conference import db
from conference.codes import new_code
from conference.file_check import GRACE, FilesReport, Trouble, check_files, sweep_arriving
from conference.storage import Storage, StorageUnavailable, open_storage
from conference.stored_files import PLACES, place_of
from conference.tables import LeavingFile
from registration.asking.tables import Answer, AnswerFile
from registration.desk.tables import ExportKind, RegistrationExport
from registration.rights.everything import HELD, NOT_HELD
from registration.stored_files import CLAIMS
from sessions.doctor import file_findings
from sessions.packs import contents
from sessions.packs.importing.tables import ResourceImport
from sessions.packs.tables import ResourceFile, StoredContent, Upload, UploadPart
from sessions.tables import ProgrammeImport, Speaker
from tests.makers import NOW, make_conference, make_organiser, make_speaker
from tests.s3 import S3Server, aws_variables
from tests.sessions.resource_makers import make_pack_row, make_resource_row

PHOTO = "ph/ot/photophotophotophotophoto"  # where a key of this length begins


@pytest.fixture
def storage(store_url: str, tmp_path: Path) -> Storage:
    return open_storage(store_url, tmp_path / "data")


async def put(storage: Storage, key: str, content: bytes) -> None:
    async def once() -> AsyncIterator[bytes]:
        yield content

    await storage.put_stream(once(), key)


async def keep(storage: Storage, content: bytes, *, name: str = "slides.pdf") -> StoredContent:
    """A resource with this file, in its place."""

    async def once() -> AsyncIterator[bytes]:
        yield content

    arrived = await storage.put_stream(once())
    kept = await contents.adopt(storage, arrived, now=NOW)
    conference = await make_conference(slug=new_code())
    resource = await make_resource_row(conference, await make_pack_row(conference))
    await ResourceFile(
        resource=resource.id, content=kept.id, filename=name, media_type="application/pdf", uploaded_at=NOW
    ).save()
    row = await StoredContent.objects().get(StoredContent.id == kept.id)
    assert row is not None
    return row


async def look(storage: Storage, *, sweep: bool = False, later: timedelta = timedelta()) -> FilesReport:
    return await check_files(storage, CLAIMS, now=datetime.now(UTC) + later, whole=True, sweep=sweep)


async def test_files_that_are_as_they_were_stored_are_fine(
    each_database: db.Database, storage: Storage
) -> None:
    row = await keep(storage, b"x" * 9_000_000)
    speaker = await make_speaker(await make_conference(slug="photos"), photo_key=f"{PHOTO[:30]}_400x300.webp")
    await put(storage, speaker.photo_key, b"large")
    await put(storage, f"{PHOTO[:30]}_small.webp", b"small")
    report = await look(storage, later=2 * GRACE)
    assert (report.checked, report.octets, report.under_way) == (3, 9_000_000, 0)
    assert report.is_fine
    assert [finding.text for finding in file_findings(report)] == [
        "Files: all 3 are as they were stored, 0.01 GB read."
    ]
    again = await StoredContent.objects().get(StoredContent.id == row.id)
    assert again is not None
    assert (again.is_sound, again.verified_at is not None) == (True, True)


async def test_what_is_damaged_cut_or_missing_is_named(each_database: db.Database, storage: Storage) -> None:
    damaged, cut = await keep(storage, b"a" * 5_000_000), await keep(storage, b"bb", name="cut.pdf")
    gone = await keep(storage, b"c", name="gone.pdf")
    await put(storage, damaged.key, b"a" * 4_999_999 + b"b")  # the same length, one bit of five million
    await put(storage, cut.key, b"b")
    await storage.delete(gone.key)
    conference = await make_conference(slug="answers")
    for number, crc in (("one", 0), ("two", 12345)):
        key = f"answers/ab/cd/{number}"
        await put(storage, key, b"")
        await AnswerFile(
            conference=conference.id,
            code=number,
            key=key,
            name=f"{number}.txt",
            size=0,
            crc32=crc,
            is_whole=True,
            kept_until=NOW,
        ).save()
    report = await look(storage)
    assert [(one.trouble, one.key, one.words) for one in report.problems.some] == [
        (Trouble.DAMAGED, damaged.key, "slides.pdf is damaged: its checksum differs"),
        (Trouble.SIZE, cut.key, "cut.pdf has 1 octets instead of 2"),
        (Trouble.MISSING, gone.key, "gone.pdf is missing"),
        (Trouble.DAMAGED, "answers/ab/cd/two", "two.txt is damaged: its checksum differs"),
    ]
    assert not report.is_fine
    unsound = await StoredContent.select(StoredContent.id).where(StoredContent.is_sound.eq(False))
    assert {row["id"] for row in unsound} == {damaged.id, cut.id, gone.id}
    assert json.loads(json.dumps(report.as_json()))["problems"]["count"] == 4


async def test_sending_the_same_file_again_mends_a_damaged_one(
    each_database: db.Database, storage: Storage
) -> None:
    row = await keep(storage, b"the slides")
    await put(storage, row.key, b"THE slides")
    assert (await look(storage)).problems.count == 1
    assert (await keep(storage, b"the slides")).id == row.id
    assert (await look(storage)).is_fine


async def test_what_nothing_needs_is_found_and_swept_and_nothing_else(
    each_database: db.Database, storage: Storage, store_url: str, tmp_path: Path
) -> None:
    row = await keep(storage, b"needed")
    upload = await under_way(storage)
    key = contents.key_of("d" * 128)
    strays = [key, f"{PHOTO[:30]}_10x10.webp", "answers/ab/cd/x", "incoming/nobody/0-x", "arriving/ab/cd/x"]
    for stray in strays:
        await put(storage, stray, b"12345")
    strangers = ["meridian.sqlite", "mail/2026-06-25T100000Z-abc.eml", "sha512x/ab/cd/x", "backups/ab/cd/x"]
    for stranger in strangers:
        await storage._store.put_async(stranger, b"not ours")  # not ours: no key of ours is written so
    young = await look(storage, sweep=True)
    assert (young.under_way, young.strays.count, young.swept) == (5, 0, 0)

    report = await look(storage, later=2 * GRACE)
    assert sorted(one.key for one in report.strays.some) == sorted(strays)
    assert (report.strays.octets, report.swept, report.is_fine) == (25, 0, False)
    assert sorted(one.key for one in report.strangers.some) == sorted(strangers)
    told = [finding for finding in file_findings(report) if not finding.is_fine]
    assert len(told) == 1
    assert told[0].text.startswith("Files: 5 of 0.0 MB that nothing needs: ")

    swept = await look(storage, later=2 * GRACE, sweep=True)
    assert (swept.swept, swept.is_fine) == (5, True)
    left = {one.key async for page in storage.listed() for one in page}
    assert left == {row.key, f"incoming/{upload.code}/0-abc", *strangers}
    assert await StoredContent.count() == 1
    assert (await look(storage, later=2 * GRACE)).strays.count == 0


async def under_way(storage: Storage) -> Upload:
    """An upload with a piece that its row does not speak of yet."""
    conference = await make_conference(slug="uploads")
    upload = Upload(
        conference=conference.id,
        code="u" * 32,
        filename="film.mp4",
        size=10,
        created_at=NOW,
        expires_at=NOW + timedelta(days=7),
    )
    await upload.save()
    await put(storage, f"incoming/{upload.code}/0-abc", b"12345")
    return upload


async def test_a_stray_that_somebody_comes_to_need_is_left(
    each_database: db.Database, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the sweep the same bytes are sent again."""

    async def once() -> AsyncIterator[bytes]:
        yield b"the same bytes"

    first = await contents.adopt(storage, await storage.put_stream(once()), now=NOW)
    await StoredContent.delete().where(StoredContent.id == first.id)
    upload = await under_way(storage)
    arrived = await storage.put_stream(once(), f"incoming/{upload.code}/whole-abc")
    real = contents._remove

    async def slow(storage: Storage, row_id: int, *, touched_until: datetime) -> bool:
        await contents.adopt(storage, arrived, now=datetime.now(UTC) + 2 * GRACE)
        return await real(storage, row_id, touched_until=touched_until)

    monkeypatch.setattr(contents, "_remove", slow)
    report = await look(storage, later=2 * GRACE, sweep=True)
    assert (report.strays.count, report.swept) == (1, 0)
    monkeypatch.undo()
    row = await StoredContent.objects().first()
    assert row is not None
    assert (row.key, row.size, row.crc32) == (first.stored.key, 14, arrived.crc32)
    assert (await look(storage)).is_fine


async def test_what_came_and_went_nowhere_goes_after_a_day(database: db.Database, storage: Storage) -> None:
    row = await keep(storage, b"needed")
    await put(storage, "arriving/ab/cd/x", b"left behind")
    assert await sweep_arriving(storage, now=datetime.now(UTC)) == 0
    assert await sweep_arriving(storage, now=datetime.now(UTC) + 2 * GRACE) == 1
    assert {one.key async for page in storage.listed() for one in page} == {row.key}


async def test_a_store_that_is_away_says_nothing_of_any_file(database: db.Database, tmp_path: Path) -> None:
    storage = open_storage("", tmp_path / "data")
    row = await keep(storage, b"x")
    (tmp_path / "data/files").rename(tmp_path / "away")
    with pytest.raises(StorageUnavailable, match="there is no such bucket or folder"):
        await look(storage)
    again = await StoredContent.objects().get(StoredContent.id == row.id)
    assert again is not None
    assert again.is_sound
    assert again.verified_at is None


async def test_thousands_are_looked_at_a_page_at_a_time(database: db.Database, tmp_path: Path) -> None:
    storage = open_storage("", tmp_path / "data")
    await put(storage, "ab/same", b"x")
    rows = [
        StoredContent(key=f"ab/{number}", sha512="0" * 128, size=1, crc32=0, touched_at=NOW)
        for number in range(2500)
    ]
    for start in range(0, len(rows), 250):
        await StoredContent.insert(*rows[start : start + 250])
    report = await check_files(storage, CLAIMS, now=NOW, whole=False)
    assert (report.checked, report.problems.count, len(report.problems.some)) == (2500, 2500, 1000)
    [line] = file_findings(report)
    assert line.text.endswith("ab/4 is missing and 2,495 more.")


def test_a_place_is_known_by_the_whole_first_part() -> None:
    for key in ("sha512/ab/cd/x", "answers/ab/cd/x", "incoming/x/0-y", "imports/x", "exports/ab/cd/x"):
        assert place_of(key) == key.split("/")[0]
    assert place_of("ab/cd/" + "x" * 24) == ""
    assert place_of("ab/cd/" + "x" * 24 + "_400x300.webp") == ""
    for key in ("sha512", "mail/x", "ab/cd/short", "ab/cd/" + "x" * 24 + ".zip", "sha5123/x", "x"):
        assert place_of(key) is None
    assert {claim.place for claim in CLAIMS} <= set(PLACES)


def test_every_table_that_names_a_file_is_among_the_claims() -> None:
    claimed: set[type[Table]] = {
        StoredContent,
        UploadPart,
        Speaker,
        ProgrammeImport,
        ResourceImport,
        AnswerFile,
        RegistrationExport,
    }
    by_another = {Answer, LeavingFile}  # whose files have rows of their own, or are to go
    tables = {held.table for held in HELD} | {held.table for held in NOT_HELD}
    naming = {
        table
        for table in tables
        for column in table._meta.columns
        if isinstance(column, Varchar)
        and column._meta.name in {"key", "photo_key", "file_key"}
        and (column.length or 0) in (120, 160)
    }
    assert naming - by_another <= claimed
    assert len(CLAIMS) == len(claimed)


async def test_a_store_that_goes_away_midway_ends_the_look(
    database: db.Database, s3_server: S3Server, tmp_path: Path
) -> None:
    with aws_variables(s3_server.endpoint):
        storage = open_storage(s3_server.new_url(), tmp_path)
        row = await keep(storage, b"x")
    with aws_variables("http://127.0.0.1:1"), pytest.raises(StorageUnavailable, match="cannot be reached"):
        await look(open_storage("s3://files/gone", tmp_path))
    assert row.is_sound


async def test_imports_and_lists_are_needed_too(each_database: db.Database, storage: Storage) -> None:
    conference, organiser = await make_conference(), await make_organiser()
    await put(storage, "imports/ab/cd/x", b"<schedule/>")
    await put(storage, "exports/ab/cd/x", b"name")
    files = json.dumps([{"key": "imports/ab/cd/x", "name": "schedule.xml"}])
    await ProgrammeImport(
        conference=conference.id, organiser=organiser.id, code="imp", files=files, at=NOW
    ).save()
    await RegistrationExport(
        conference=conference.id,
        code="exp",
        kind=ExportKind.WORKBOOK,
        key="exports/ab/cd/x",
        size=4,
        at=NOW,
        finished_at=NOW,
    ).save()
    report = await look(storage, later=2 * GRACE)
    assert (report.checked, report.strays.count, report.is_fine) == (2, 0, True)
