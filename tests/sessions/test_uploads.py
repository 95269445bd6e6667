"""Resumable uploads: the protocol as tus 1.0.0 has it, what becomes of a file that arrived, and what of one that never does."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
import tracemalloc
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from conference import clock, db
from conference.storage import Storage, StorageUnavailable, open_storage
from conference.tables import AuditEntry, Conference
from conference.viewer import SignedInOrganiser
from sessions.packs.collecting import receiving, uploads
from sessions.packs.collecting.arriving import arrive, arrive_left_lying
from sessions.packs.collecting.receiving import receive_octets
from sessions.packs.collecting.uploads import LASTS, Announced, Sender, Target, begin_upload
from sessions.packs.queries import PackedResource, pack_items
from sessions.packs.resource_facts import FileDetails
from sessions.packs.tables import (
    PackState,
    Resource,
    ResourceFile,
    ResourcePack,
    ResourceVersion,
    StoredContent,
    Upload,
    UploadPart,
    UploadState,
)
from tests.makers import NOW, make_conference, make_organiser
from tests.pages import Browser, sign_in_as
from tests.sessions.resource_makers import make_file_row, make_pack_row, make_resource_row

DESK = "/organise/libraries/uploads"
FILM = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(range(256)) * 400
OCTETS = {"content-type": "application/offset+octet-stream"}


class Client:
    """A tus client that does one request at a time, and lies where a test wants it to."""

    def __init__(self, browser: Browser, token: str, base: str = DESK) -> None:
        self.browser, self.base = browser, base
        self.headers = {"tus-resumable": "1.0.0", "x-csrftoken": token}

    async def create(self, filename: str, size: int, **metadata: str) -> httpx.Response:
        pairs = {"filename": filename, **metadata}
        told = ",".join(f"{key} {base64.b64encode(text.encode()).decode()}" for key, text in pairs.items())
        return await self.send("POST", self.base, {"upload-length": str(size), "upload-metadata": told})

    async def begun(self, filename: str, size: int, **metadata: str) -> str:
        answer = await self.create(filename, size, **metadata)
        assert answer.status_code == 201, answer.text
        return answer.headers["location"]

    async def patch(self, url: str, offset: int, content: Any, **headers: str) -> httpx.Response:
        return await self.send("PATCH", url, {**OCTETS, "upload-offset": str(offset), **headers}, content)

    async def offset(self, url: str) -> int:
        answer = await self.send("HEAD", url)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        return int(answer.headers["upload-offset"])

    async def send(
        self, method: str, url: str, headers: dict[str, str] | None = None, content: Any = None
    ) -> httpx.Response:
        whole = {name: value for name, value in {**self.headers, **(headers or {})}.items() if value}
        return await self.browser.request(method, url, headers=whole, content=content)

    async def finish(self, url: str) -> dict[str, Any]:
        answer = await self.browser.post(
            f"{url}/finish", headers={"x-csrftoken": self.headers["x-csrftoken"]}
        )
        told: dict[str, Any] = answer.json()
        return told


class Stage:
    """A conference with an empty pack, its owner signed in."""

    def __init__(
        self, client: Client, conference: Conference, organiser: SignedInOrganiser, pack: ResourcePack
    ) -> None:
        self.client, self.conference, self.organiser, self.pack = client, conference, organiser, pack

    async def items(self) -> list[PackedResource]:
        return await pack_items(self.pack.id, for_team=True)


@pytest.fixture
async def stage(browser: Browser) -> Stage:
    owner = await make_organiser()
    conference = await make_conference(owner=owner)
    await sign_in_as(browser, owner)
    pack = await make_pack_row(conference)
    return Stage(Client(browser, await browser.csrf()), conference, owner, pack)


def stored_files(data_dir: Path) -> list[Path]:
    return [path for path in (data_dir / "files").rglob("*") if path.is_file()]


async def in_chunks(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def test_a_file_sent_in_pieces_becomes_a_resource(stage: Stage, data_dir: Path) -> None:
    client = stage.client
    url = await client.begun("The film.mp4", len(FILM), pack=stage.pack.code)
    assert await client.offset(url) == 0
    answer = await client.patch(url, 0, in_chunks(FILM[:50_000]))
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "50000")
    assert "GMT" in answer.headers["upload-expires"]
    assert await client.finish(url) == {"state": "receiving", "received": 50_000}
    assert await Resource.count() == 0
    await client.patch(url, 50_000, FILM[50_000:])
    assert await client.finish(url) == {"state": "kept", "message": ""}
    assert await client.finish(url) == {"state": "kept", "message": ""}
    (item,) = await stage.items()
    assert (item.title, item.kind, item.state) == ({"en": "The film"}, "recording", "ready")
    assert item.file is not None
    assert (item.file.sha512, item.file.size) == (hashlib.sha512(FILM).hexdigest(), len(FILM))
    assert item.file.key.endswith(item.file.sha512)
    assert [path.read_bytes() for path in stored_files(data_dir)] == [FILM]
    assert await UploadPart.count() == 0
    entry = await AuditEntry.select(AuditEntry.action).order_by(AuditEntry.id, ascending=False).first()
    assert entry is not None
    assert entry["action"] == "resource-added"


async def test_what_the_server_offers_is_told_to_anyone_who_asks(stage: Stage) -> None:
    answer = await stage.client.send("OPTIONS", DESK)
    assert answer.status_code == 204
    told = {name: answer.headers[name] for name in ("tus-version", "tus-extension", "tus-checksum-algorithm")}
    assert told == {
        "tus-version": "1.0.0",
        "tus-extension": "creation,expiration,checksum,termination",
        "tus-checksum-algorithm": "sha1,sha256,sha512",
    }
    assert int(answer.headers["tus-max-size"]) > 0


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"tus-resumable": "0.2.2"}, 412),
        ({"tus-resumable": ""}, 412),
        ({"content-type": "application/octet-stream"}, 415),
        ({"upload-offset": "-1"}, 400),
        ({"upload-offset": ""}, 400),
        ({"upload-offset": "7"}, 409),
        ({"x-csrftoken": ""}, 403),
        ({"x-csrftoken": "0" * 128}, 403),
        ({"upload-checksum": "md5 abc="}, 400),
        ({"upload-checksum": "sha1 not base64"}, 400),
        ({"upload-checksum": f"sha1 {base64.b64encode(b'wrong').decode()}"}, 460),
    ],
)
async def test_what_the_protocol_refuses_changes_nothing(
    stage: Stage, data_dir: Path, changes: dict[str, str], status: int
) -> None:
    url = await stage.client.begun("film.mp4", len(FILM), pack=stage.pack.code)
    answer = await stage.client.send("PATCH", url, {**OCTETS, "upload-offset": "0", **changes}, FILM[:20_000])
    assert answer.status_code == status, answer.text
    assert answer.text
    assert (await stage.client.offset(url), stored_files(data_dir)) == (0, [])


@pytest.mark.parametrize(
    ("filename", "size", "metadata", "status", "told"),
    [
        ("film.mp4", 10**14, {}, 413, "too large"),
        ("film.mp4", 0, {}, 422, "is empty"),
        ("page.html", 10, {}, 422, "not accepted"),
        ("noname", 10, {}, 422, "not accepted"),
        ("film.mp4", 10, {"pack": "nowhere"}, 404, "no such resource pack"),
        ("film.mp4", 10, {"pack": "", "replaces": "nowhere"}, 404, "no such file"),
    ],
)
async def test_an_upload_that_cannot_end_well_is_not_begun(
    stage: Stage, filename: str, size: int, metadata: dict[str, str], status: int, told: str
) -> None:
    answer = await stage.client.create(filename, size, **{"pack": stage.pack.code, **metadata})
    assert answer.status_code == status
    assert told in answer.text
    assert await Upload.count() == 0


@pytest.mark.parametrize(
    "value", ["filename", "filename =", "filename a b", "filename YQ==,filename YQ==", "p,ck YQ=="]
)
async def test_metadata_that_says_nothing_is_refused(stage: Stage, value: str) -> None:
    headers = {"upload-length": "10", "upload-metadata": value}
    answer = await stage.client.send("POST", DESK, headers)
    assert answer.status_code == 400
    assert await Upload.count() == 0


async def test_a_checksum_that_fits_is_met_and_a_damaged_part_leaves_nothing(
    stage: Stage, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "PIECE_BYTES", 10_000)
    client = stage.client
    url = await client.begun("film.mp4", len(FILM), pack=stage.pack.code)
    right = f"sha256 {base64.b64encode(hashlib.sha256(FILM[:40_000]).digest()).decode()}"
    damaged = await client.patch(url, 0, FILM[1:40_001], **{"upload-checksum": right})
    assert damaged.status_code in (422, 460)
    assert stored_files(data_dir) == []
    url = await client.begun("film.mp4", len(FILM), pack=stage.pack.code)
    assert (await client.patch(url, 0, FILM[:40_000], **{"upload-checksum": right})).status_code == 204
    assert await client.offset(url) == 40_000
    worse = await client.patch(
        url, 40_000, FILM[:40_000], **{"upload-checksum": right.replace("sha256 ", "sha256 AA")}
    )
    assert worse.status_code in (400, 460)
    assert (await client.offset(url), len(stored_files(data_dir))) == (40_000, 4)


async def test_a_line_that_breaks_loses_nothing_that_arrived(
    stage: Stage, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "PIECE_BYTES", 30_000)
    client = stage.client
    url = await client.begun("film.mp4", len(FILM), pack=stage.pack.code)
    upload = await Upload.objects().get(Upload.code == url.rpartition("/")[2])
    assert upload is not None
    storage = open_storage("", data_dir)
    assert (
        await receive_octets(upload, in_chunks(FILM[:41_500]), offset=0, storage=storage, now=clock.now())
        == 41_500
    )
    assert await client.offset(url) == 41_500
    # Truncated, repeated and shifted chunks: each is told where the upload stands, and nothing is written twice.
    for offset in (0, 30_000, 41_499, 41_501):
        assert (await client.patch(url, offset, FILM[offset:])).status_code == 409
    assert (await client.patch(url, 41_500, FILM[41_500:])).status_code == 204
    assert (await client.finish(url))["state"] == "kept"
    assert [path.read_bytes() for path in stored_files(data_dir)] == [FILM]


async def test_two_that_send_the_same_part_at_once_write_it_once(stage: Stage, data_dir: Path) -> None:
    client = stage.client
    url = await client.begun("film.mp4", len(FILM), pack=stage.pack.code)
    answers = await asyncio.gather(*(client.patch(url, 0, in_chunks(FILM[:60_000])) for _twice in range(3)))
    assert sorted(answer.status_code for answer in answers) == [204, 409, 409]
    assert [path.stat().st_size for path in stored_files(data_dir)] == [60_000]
    await client.patch(url, 60_000, FILM[60_000:])
    outcomes = await asyncio.gather(*(client.finish(url) for _twice in range(3)))
    assert outcomes == [{"state": "kept", "message": ""}] * 3
    assert (await Resource.count(), await ResourceFile.count(), await StoredContent.count()) == (1, 1, 1)


async def test_more_than_was_announced_is_refused_and_nothing_of_it_stays(
    stage: Stage, data_dir: Path
) -> None:
    url = await stage.client.begun("film.mp4", 50_000, pack=stage.pack.code)
    answer = await stage.client.patch(url, 0, FILM)
    assert answer.status_code == 413
    assert (await stage.client.finish(url))["state"] == "receiving"
    assert (await stage.client.offset(url), stored_files(data_dir)) == (0, [])


@pytest.mark.parametrize(
    ("filename", "content", "told"),
    [
        ("page.jpg", b"<!doctype html><script>alert(1)</script>" + b" " * 9000, "does not agree"),
        (
            "drawing.png",
            b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>' + b" " * 9000,
            "does not agree",
        ),
        ("tool.pdf", b"MZ\x90\0" + bytes(9000), "does not agree"),
        ("broken.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1" + bytes(9000), "breaks off"),
        ("words.vtt", b"WEBVTT\n\n00:00:01,000 --> 00:00:02,000\nHello\n", "a comma"),
        ("small.pdf", b"not a pdf", "does not agree"),
    ],
)
async def test_a_file_that_is_not_kept_leaves_only_the_reason(
    stage: Stage, data_dir: Path, filename: str, content: bytes, told: str
) -> None:
    client = stage.client
    url = await client.begun(filename, len(content), pack=stage.pack.code)
    answer = await client.patch(url, 0, content)
    outcome = (
        await client.finish(url)
        if answer.status_code == 204
        else {"state": "refused", "message": answer.text}
    )
    assert outcome["state"] == "refused"
    assert told in outcome["message"]
    assert stored_files(data_dir) == []
    assert (await Resource.count(), await StoredContent.count(), await UploadPart.count()) == (0, 0, 0)
    assert (await client.patch(url, 0, content)).status_code == 409
    page = await client.browser.get(f"/organise/libraries/resources/{stage.pack.code}")
    assert told in page.text
    code = url.rpartition("/")[2]
    await client.browser.post_form(f"{DESK}/{code}/discard")
    assert await Upload.count() == 0


async def test_a_bomb_and_a_climbing_archive_are_refused_whole(stage: Stage, data_dir: Path) -> None:
    climbing, bomb = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(climbing, "w") as archive:
        archive.writestr("../../etc/passwd", "x" * 9000)
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(200 * 1024**2))
    for content, told in ((climbing.getvalue(), "outside its folder"), (bomb.getvalue(), "absurd size")):
        url = await stage.client.begun("a.zip", len(content), pack=stage.pack.code)
        await stage.client.patch(url, 0, content)
        assert told in (await stage.client.finish(url))["message"]
    assert stored_files(data_dir) == []


@pytest.mark.parametrize("name", ['a"b\nc.mp4', "\u202egpm.4pm.mp4", "../../x.mp4", "фильм ❤️ .mp4"])
async def test_names_are_made_harmless(stage: Stage, name: str) -> None:
    url = await stage.client.begun(name, len(FILM), pack=stage.pack.code)
    await stage.client.patch(url, 0, FILM)
    assert (await stage.client.finish(url))["state"] == "kept"
    (item,) = await stage.items()
    assert item.file is not None
    assert not set('"\n\u202e/\\') & set(item.file.filename)
    assert item.file.filename.endswith(".mp4")


async def test_an_upload_given_up_is_gone_and_so_is_one_that_waited_too_long(
    stage: Stage, data_dir: Path
) -> None:
    client = stage.client
    first, second = [await client.begun(f"{name}.mp4", len(FILM), pack=stage.pack.code) for name in "ab"]
    for url in (first, second):
        await client.patch(url, 0, FILM[:20_000])
    assert (await client.send("DELETE", first)).status_code == 204
    assert (await client.send("HEAD", first)).status_code == 404
    assert len(stored_files(data_dir)) == 1
    later = clock.now() + LASTS + timedelta(minutes=1)
    with clock.fixed_at(later):
        answer = await client.patch(second, 20_000, FILM[20_000:])
        assert answer.status_code in (401, 410)  # the sign-in may have ended first
    assert await uploads.sweep_uploads(open_storage("", data_dir), now=later) == 1
    assert (await Upload.count(), stored_files(data_dir)) == (0, [])


async def test_networks_that_let_only_post_through_are_served_too(stage: Stage) -> None:
    url = await stage.client.begun("film.mp4", len(FILM), pack=stage.pack.code)
    headers = {**OCTETS, "upload-offset": "0", "x-http-method-override": "PATCH"}
    answer = await stage.client.send("POST", url, headers, FILM)
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(len(FILM)))
    assert (await stage.client.send("POST", url)).status_code == 400


async def begin(stage: Stage, *files: tuple[str, int], **fields: str) -> httpx.Response:
    told = json.dumps([{"name": name, "size": size, "modified": 5} for name, size in files])
    sent = {"pack": stage.pack.code, "files": told, **fields}
    return await stage.client.browser.post_form(f"{DESK}/begin", sent)


async def test_a_page_announces_files_with_what_is_said_of_them_and_finds_broken_ones_again(
    stage: Stage,
) -> None:
    fields = {
        "licence": "CC-BY-4.0",
        "lang_en": "yes",
        "creators": "Ruth",
        "kind": "slides",
        "issued": "2026",
    }
    answer = await begin(stage, ("a.mp4", len(FILM)), ("b.mp4", len(FILM)), **fields)
    first, second = (one["url"] for one in answer.json()["uploads"])
    await stage.client.patch(first, 0, FILM[:20_000])
    again = await begin(stage, ("a.mp4", len(FILM)), **{**fields, "licence": "CC0-1.0"})
    (found,) = again.json()["uploads"]
    assert (found["url"], found["received"]) == (first, 20_000)
    other = await begin(stage, ("a.mp4", len(FILM) + 1), **fields)
    assert other.json()["uploads"][0]["url"] not in (first, second)
    await stage.client.patch(first, 20_000, FILM[20_000:])
    assert (await stage.client.finish(first))["state"] == "kept"
    (item,) = await stage.items()
    assert (item.licence, item.languages, item.kind) == ("CC0-1.0", ("en",), "slides")
    assert [person.name for person in item.creators] == ["Ruth"]


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"licence": "made-up"}, "licence"),
        ({"issued": "once"}, "issued"),
        ({"files": '[{"name": "a.exe", "size": 5}]'}, "file"),
    ],
)
async def test_what_is_wrong_is_told_before_the_first_octet_leaves(
    stage: Stage, fields: dict[str, str], at: str
) -> None:
    answer = await begin(stage, ("a.mp4", 5), **fields)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [at])
    assert await Upload.count() == 0


@pytest.mark.parametrize(
    "files", ["", "[]", "{}", "[1]", '[{"name": "a.mp4"}]', '[{"name": "a.mp4", "size": -1}]']
)
async def test_announcing_nothing_is_refused(stage: Stage, files: str) -> None:
    answer = await begin(stage, files=files)
    assert answer.status_code == 400
    assert answer.json()["message"]


async def test_a_file_without_licence_waits_outside_a_published_pack(stage: Stage) -> None:
    url = await stage.client.begun("film.mp4", len(FILM), pack=stage.pack.code)
    await stage.client.patch(url, 0, FILM)
    await ResourcePack.update({ResourcePack.state: PackState.PUBLISHED.value}).where(
        ResourcePack.id == stage.pack.id
    )
    outcome = await stage.client.finish(url)
    assert outcome["state"] == "waiting"
    assert "licence" in outcome["message"]
    assert await Resource.count() == 0
    answer = await begin(stage, ("film.mp4", len(FILM)))
    assert list(answer.json()["errors"]) == ["licence"]


async def test_a_new_version_takes_the_place_of_the_old_and_both_are_remembered(
    stage: Stage, data_dir: Path
) -> None:
    resource = await make_resource_row(stage.conference, stage.pack, title="Film", licence="CC0-1.0")
    old = await make_file_row(resource, "old.mp4")
    url = await stage.client.begun("new.mp4", len(FILM), replaces=resource.code)
    await stage.client.patch(url, 0, FILM)
    assert (await stage.client.finish(url))["state"] == "kept"
    (item,) = await stage.items()
    assert item.file is not None
    assert (item.code, item.title, item.file.filename) == (resource.code, {"en": "Film"}, "new.mp4")
    assert await ResourceFile.count() == 2
    assert await ResourceFile.exists().where((ResourceFile.id == old.id) & ResourceFile.is_current.eq(False))
    (version,) = await ResourceVersion.objects()
    assert version.resource == resource.id


async def test_what_a_browser_left_lying_is_taken_in_by_the_job(
    each_database: db.Database, data_dir: Path
) -> None:
    conference, organiser = await make_conference(), await make_organiser()
    pack = await make_pack_row(conference)
    storage = open_storage("", data_dir)
    upload = await sent(conference, organiser, pack, storage)
    assert await arrive_left_lying(storage, now=NOW + timedelta(minutes=1)) == 0
    assert await arrive_left_lying(storage, now=NOW + timedelta(minutes=3)) == 1
    assert await arrive_left_lying(storage, now=NOW + timedelta(minutes=3)) == 0
    (item,) = await pack_items(pack.id)
    assert item.title == {"en": "film"}
    row = await Upload.objects().get(Upload.id == upload.id)
    assert row is not None
    assert row.state == UploadState.KEPT


async def test_a_store_that_fails_midway_leaves_the_upload_to_be_tried_again(
    each_database: db.Database, data_dir: Path
) -> None:
    conference, organiser = await make_conference(), await make_organiser()
    pack = await make_pack_row(conference)
    storage = open_storage("", data_dir)
    upload = await sent(conference, organiser, pack, storage)
    (part,) = stored_files(data_dir)
    hidden = part.with_suffix(".away")
    part.rename(hidden)
    with pytest.raises(StorageUnavailable, match="not in the store as it should be"):
        await arrive(upload.id, storage=storage, now=NOW)
    assert await Resource.count() == 0
    hidden.rename(part)
    assert (await arrive(upload.id, storage=storage, now=NOW)).state == UploadState.KEPT
    assert len(await pack_items(pack.id)) == 1


async def sent(
    conference: Conference, organiser: SignedInOrganiser, pack: ResourcePack, storage: Storage
) -> Upload:
    upload = await begin_upload(
        Sender(conference, organiser=organiser),
        Target(pack=pack.id),
        Announced("film.mp4", len(FILM)),
        FileDetails(),
        storage=storage,
        max_bytes=10**9,
        now=NOW,
    )
    await receive_octets(upload, in_chunks(FILM), offset=0, storage=storage, now=NOW)
    return upload


async def test_memory_stays_flat_while_a_large_file_arrives(stage: Stage) -> None:
    block, blocks = bytes(1024 * 1024), 60
    url = await stage.client.begun("film.mp4", 24 + blocks * len(block), pack=stage.pack.code)

    async def body() -> AsyncIterator[bytes]:
        yield FILM[:24]
        for _number in range(blocks):
            yield block

    tracemalloc.start()
    try:
        assert (await stage.client.patch(url, 0, body())).status_code == 204
        assert (await stage.client.finish(url))["state"] == "kept"
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()


async def test_another_conferences_uploads_are_out_of_reach(stage: Stage) -> None:
    url = await stage.client.begun("film.mp4", len(FILM), pack=stage.pack.code)
    await make_conference("elsewhere", owner=stage.organiser)
    code = url.rpartition("/")[2]
    assert (await stage.client.send("HEAD", f"/organise/elsewhere/uploads/{code}")).status_code == 404
    answer = await Client(
        stage.client.browser, stage.client.headers["x-csrftoken"], "/organise/elsewhere/uploads"
    ).create("film.mp4", len(FILM), pack=stage.pack.code)
    assert answer.status_code == 404
