from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from conference import db
from conference.conferences import versions_of_all
from conference.errors import NotFound, StaleEdit
from conference.filetypes import FILE_TYPES
from conference.storage import Storage, open_storage
from conference.tables import AuditEntry, Conference
from conference.uploads import ReceivedFile, UploadForm
from sessions.packs import pack_views as packs
from sessions.packs import queries, resource_facts, resource_packs, resources
from sessions.packs.held_packs import NotReady
from sessions.packs.resource_facts import Creator, FileDetails, PackFacts, ResourceFacts
from sessions.packs.tables import (
    PackAccess,
    PackItem,
    PackState,
    Resource,
    ResourceFile,
    ResourceKind,
    ResourcePack,
    StoredContent,
)
from tests.makers import NOW, make_conference, make_organiser, make_session

LATER = NOW + timedelta(hours=1)
BOOKLET = PackFacts(title={"en": "Everything"})
OPEN = FileDetails(licence="CC-BY-4.0")
LINK = ResourceFacts(
    kind=ResourceKind.RECORDING,
    title={"en": "The recording"},
    licence="CC-BY-4.0",
    url="https://video.example/watch",
)


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage("", tmp_path / "kept")


def kept_files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "kept").rglob("*") if path.is_file()]


async def received(storage: Storage, filename: str, content: bytes = b"content") -> ReceivedFile:
    async def chunks() -> AsyncIterator[bytes]:
        yield content

    file_type = FILE_TYPES[filename.rpartition(".")[2]]
    return ReceivedFile("file", filename, "", file_type, await storage.put_stream(chunks()))


async def upload(storage: Storage, *names: str) -> UploadForm:
    cue = "WEBVTT\n\n00:01.000 --> 00:02.000\n"
    contents = {name: (cue if name.endswith(".vtt") else "") + name for name in names}
    return UploadForm(files=[await received(storage, name, text.encode()) for name, text in contents.items()])


class Desk:
    """The rules with the same conference, organiser and store each time."""

    def __init__(self, conference: Conference, actor: Any, storage: Storage) -> None:
        self.conference, self.actor, self.storage = conference, actor, storage

    async def pack(self, facts: PackFacts = BOOKLET) -> ResourcePack:
        return await resource_packs.create_pack(self.conference, facts, actor=self.actor, now=NOW)

    async def files(self, code: str, *names: str, details: FileDetails = OPEN) -> list[Resource]:
        form = await upload(self.storage, *names)
        return await resources.add_files(
            self.conference, code, details, form, storage=self.storage, actor=self.actor, now=NOW
        )

    async def link(self, code: str, facts: ResourceFacts = LINK) -> Resource:
        return await resources.add_link(self.conference, code, facts, actor=self.actor, now=NOW)

    async def publish(self, code: str) -> None:
        await resource_packs.publish_pack(self.conference, code, actor=self.actor, now=LATER)

    async def items(self, code: str) -> list[queries.PackedResource]:
        pack = await queries.pack_by_code(self.conference.id, code)
        assert pack is not None
        return await queries.pack_items(pack.id)

    async def state(self, code: str) -> str:
        pack = await queries.pack_by_code(self.conference.id, code)
        assert pack is not None
        return pack.state


async def make_desk(storage: Storage) -> Desk:
    return Desk(await make_conference(), await make_organiser(), storage)


async def public_version(slug: str) -> int:
    return next(one.public for one in await versions_of_all() if one.slug == slug)


async def test_a_pack_is_filled_published_and_taken_back(each_database: object, storage: Storage) -> None:
    desk = await make_desk(storage)
    pack = await desk.pack()
    version = await public_version("libraries")
    await desk.files(pack.code, "Slides.pptx", "Notes.txt")
    await desk.link(pack.code)
    assert await queries.published_packs(desk.conference.id, LATER) == []
    await desk.publish(pack.code)
    (shown,) = await queries.published_packs(desk.conference.id, LATER)
    assert (shown.code, shown.title, shown.resources, shown.octets) == (
        pack.code,
        {"en": "Everything"},
        3,
        len("Slides.pptxNotes.txt"),
    )
    assert (shown.session, shown.is_public, shown.changed_at) == ("", True, LATER)
    assert await public_version("libraries") > version
    await resource_packs.unpublish_pack(desk.conference, pack.code, actor=desk.actor, now=LATER)
    assert await queries.published_packs(desk.conference.id, LATER) == []
    assert len(await desk.items(pack.code)) == 3
    actions = [row["action"] for row in await AuditEntry.select(AuditEntry.action).order_by(AuditEntry.id)]
    assert actions[-6:] == [
        "pack-created",
        *["resource-added"] * 3,
        "pack-published",
        "pack-unpublished",
    ]


async def test_files_become_resources_named_and_sorted_like_the_files(
    database: object, storage: Storage
) -> None:
    desk = await make_desk(storage)
    pack = await desk.pack()
    details = FileDetails(
        title={"en": "For one file only"},
        languages=("fr",),
        creators=(Creator("Zoë Müller"),),
        licence="CC0-1.0",
    )
    names = ["Opening_talk.pptx", "Captions.vtt", "Figures.csv", "Talk.mp4", "Handout.pdf"]
    await desk.files(pack.code, *names, details=details)
    items = await desk.items(pack.code)
    assert [(item.title["en"], item.kind) for item in items] == [
        ("Opening talk", "slides"),
        ("Captions", "captions"),
        ("Figures", "dataset"),
        ("Talk", "recording"),
        ("Handout", "handout"),
    ]
    assert {(item.languages, item.creators, item.licence) for item in items} == {
        (("fr",), (Creator("Zoë Müller"),), "CC0-1.0")
    }
    file = items[0].file
    assert file is not None
    assert b"".join([chunk async for chunk in storage.stream(file.key)]) == b"Opening_talk.pptx"
    assert (file.filename, file.size) == ("Opening_talk.pptx", 17)
    await desk.files(
        pack.code, "one.pdf", details=FileDetails(kind=ResourceKind.TEMPLATE, title={"en": "A form"})
    )
    last = (await desk.items(pack.code))[-1]
    assert (last.title, last.kind) == ({"en": "A form"}, "template")


async def test_a_pack_is_not_published_empty_or_without_licences(database: object, storage: Storage) -> None:
    desk = await make_desk(storage)
    pack = await desk.pack()
    with pytest.raises(NotReady, match="nothing in this pack"):
        await desk.publish(pack.code)
    await desk.files(pack.code, "Notes.txt", details=FileDetails())
    with pytest.raises(NotReady, match="“Notes”"):
        await desk.publish(pack.code)
    assert await desk.state(pack.code) == PackState.COLLECTING


async def test_nothing_without_licence_enters_a_published_pack(
    database: object, storage: Storage, tmp_path: Path
) -> None:
    desk = await make_desk(storage)
    pack = await desk.pack()
    link = await desk.link(pack.code)
    await desk.publish(pack.code)
    unlicensed = ResourceFacts(kind=ResourceKind.LINK, title={"en": "?"}, url="https://example.org")
    with pytest.raises(NotReady):
        await desk.files(pack.code, "Notes.txt", details=FileDetails())
    with pytest.raises(NotReady):
        await desk.link(pack.code, unlicensed)
    with pytest.raises(NotReady):
        await resources.change_resource(
            desk.conference, pack.code, link.code, unlicensed, revision=1, actor=desk.actor, now=LATER
        )
    assert [item.title for item in await desk.items(pack.code)] == [{"en": "The recording"}]
    assert kept_files(tmp_path) == []


async def test_files_are_removed_when_their_rows_cannot_be_written(
    each_database: object, storage: Storage, tmp_path: Path
) -> None:
    desk = await make_desk(storage)
    with pytest.raises(NotFound):
        await desk.files("nowhere", "Notes.txt", "More.txt")
    assert kept_files(tmp_path) == []
    assert await StoredContent.count() == 0


async def test_equal_files_lie_in_the_store_once_until_nobody_needs_them(
    each_database: object, storage: Storage, tmp_path: Path
) -> None:
    desk = await make_desk(storage)
    pack = await desk.pack()

    async def send(code: str, name: str) -> Resource:
        form = UploadForm(files=[await received(storage, name, b"the same words")])
        (made,) = await resources.add_files(
            desk.conference, code, OPEN, form, storage=storage, actor=desk.actor, now=NOW
        )
        return made

    first, second = await send(pack.code, "one.txt"), await send(pack.code, "two.txt")
    with pytest.raises(NotFound):
        await send("nowhere", "three.txt")
    assert [path.read_bytes() for path in kept_files(tmp_path)] == [b"the same words"]
    assert [item.file.filename for item in await desk.items(pack.code) if item.file] == ["one.txt", "two.txt"]

    async def remove(resource: Resource) -> None:
        await resources.remove_resource(
            desk.conference, pack.code, resource.code, storage=storage, actor=desk.actor, now=LATER
        )

    await remove(first)
    assert len(kept_files(tmp_path)) == 1
    await remove(second)
    assert kept_files(tmp_path) == []
    assert await StoredContent.count() == 0


async def test_removing_takes_the_file_from_the_store(
    each_database: object, storage: Storage, tmp_path: Path
) -> None:
    desk = await make_desk(storage)
    pack = await desk.pack()
    first, _second = await desk.files(pack.code, "first.txt", "second.txt")
    await desk.publish(pack.code)
    await resources.remove_resource(
        desk.conference, pack.code, first.code, storage=storage, actor=desk.actor, now=LATER
    )
    assert [path.read_bytes() for path in kept_files(tmp_path)] == [b"second.txt"]
    assert await desk.state(pack.code) == PackState.PUBLISHED
    await resource_packs.remove_pack(desk.conference, pack.code, storage=storage, actor=desk.actor, now=LATER)
    assert kept_files(tmp_path) == []
    assert await ResourcePack.count() == 0
    assert await ResourceFile.count() == 0


async def test_a_published_pack_left_empty_is_taken_back(database: object, storage: Storage) -> None:
    desk = await make_desk(storage)
    pack = await desk.pack()
    link = await desk.link(pack.code)
    await desk.publish(pack.code)
    await resources.remove_resource(
        desk.conference, pack.code, link.code, storage=storage, actor=desk.actor, now=LATER
    )
    assert await desk.state(pack.code) == PackState.COLLECTING


async def test_a_stale_edit_is_refused_with_both_versions(each_database: object, storage: Storage) -> None:
    desk = await make_desk(storage)
    pack = await desk.pack()
    link = await desk.link(pack.code)
    other = PackFacts(title={"en": "Members only"}, access=PackAccess.REGISTERED)

    async def change(facts: PackFacts) -> None:
        await resource_packs.change_pack(
            desk.conference, pack.code, facts, revision=1, actor=desk.actor, now=LATER
        )

    outcomes = await asyncio.gather(change(other), change(other), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "StaleEdit"]
    with pytest.raises(StaleEdit) as stale:
        await change(PackFacts(title={"en": "Mine"}))
    assert json.loads(stale.value.mine["title"]) == {"en": "Mine"}
    assert json.loads(stale.value.theirs["title"]) == {"en": "Members only"}

    async def rename(title: str) -> None:
        facts = ResourceFacts(kind=ResourceKind.LINK, title={"en": title}, licence="InC", url=LINK.url)
        await resources.change_resource(
            desk.conference, pack.code, link.code, facts, revision=1, actor=desk.actor, now=LATER
        )

    await rename("First")
    with pytest.raises(StaleEdit):
        await rename("Second")
    assert [item.title["en"] for item in await desk.items(pack.code)] == ["First"]


async def test_packs_and_resources_change_places(each_database: object, storage: Storage) -> None:
    desk = await make_desk(storage)
    codes = [(await desk.pack(PackFacts(title={"en": name}))).code for name in "abc"]

    async def titles() -> list[str]:
        return [pack.title["en"] for pack in await queries.all_packs(desk.conference.id)]

    await resource_packs.move_pack(desk.conference, codes[2], "up", actor=desk.actor, now=NOW)
    assert await titles() == ["a", "c", "b"]
    await resource_packs.move_pack(desk.conference, codes[0], "down", actor=desk.actor, now=NOW)
    assert await titles() == ["c", "a", "b"]
    await resource_packs.move_pack(desk.conference, codes[2], "up", actor=desk.actor, now=NOW)
    assert await titles() == ["c", "a", "b"]
    made = await desk.files(codes[0], "x.txt", "y.txt", "z.txt")
    await resources.move_resource(desk.conference, codes[0], made[0].code, "down", actor=desk.actor, now=NOW)
    assert [item.title["en"] for item in await desk.items(codes[0])] == ["y", "x", "z"]
    with pytest.raises(NotFound):
        await resource_packs.move_pack(desk.conference, "nowhere", "up", actor=desk.actor, now=NOW)


async def test_uploads_at_once_all_arrive_each_at_a_place_of_its_own(
    each_database: object, storage: Storage
) -> None:
    desk = await make_desk(storage)
    pack = await desk.pack()
    await asyncio.gather(*(desk.files(pack.code, f"{n}a.txt", f"{n}b.txt") for n in range(6)))
    rows = await PackItem.select(PackItem.position)
    assert sorted(row["position"] for row in rows) == list(range(12))


async def test_another_conference_is_out_of_reach(database: object, storage: Storage) -> None:
    desk = await make_desk(storage)
    pack = await desk.pack()
    elsewhere = await make_conference("elsewhere")
    session = await make_session(elsewhere)
    with pytest.raises(NotFound):
        await resource_packs.publish_pack(elsewhere, pack.code, actor=desk.actor, now=NOW)
    with pytest.raises(NotFound):
        await desk.pack(PackFacts(title={"en": "Theirs"}, session=session.id))
    assert await queries.pack_by_code(elsewhere.id, pack.code) is None


async def test_lists_cost_the_same_queries_for_one_pack_and_for_many(
    database: object, storage: Storage
) -> None:
    desk = await make_desk(storage)

    async def cost(code: str) -> tuple[int, int]:
        with db.count_queries() as listing:
            await queries.published_packs(desk.conference.id, LATER)
        pack = await queries.pack_by_code(desk.conference.id, code)
        assert pack is not None
        with db.count_queries() as contents:
            await queries.pack_items(pack.id)
        return listing.total, contents.total

    first = await desk.pack()
    await desk.files(first.code, "a.txt")
    few = await cost(first.code)
    for _more in range(3):
        await desk.files((await desk.pack()).code, "b.txt", "c.txt")
    await desk.files(first.code, "d.txt", "e.txt")
    assert await cost(first.code) == few == (3, 2)


async def test_a_pack_of_a_session_names_it(database: object, storage: Storage) -> None:
    desk = await make_desk(storage)
    session = await make_session(desk.conference, "Sourdough")
    pack = await desk.pack(PackFacts(title={"en": "Recipes"}, session=session.id))
    await desk.link(pack.code)
    await desk.publish(pack.code)
    (shown,) = await queries.published_packs(desk.conference.id, LATER)
    assert (shown.session, shown.session_title) == (session.code, {"en": "Sourdough"})


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (0, ""),
        (600_000, ""),
        (1_000_000, "under a minute on a slow line"),
        (15_000_000, "about 2 min on a slow line"),
        (300_000_000, "about 40 min on a slow line"),
        (2_000_000_000, "about 4 hours on a slow line"),
    ],
)
def test_sizes_say_what_they_mean_on_a_slow_line(octets: int, words: str) -> None:
    assert packs.slow_line_words(octets) == words


@pytest.mark.parametrize(
    ("filename", "title"),
    [
        ("Opening_talk.pptx", "Opening talk"),
        ("a  b.c.pdf", "a b.c"),
        (".pdf", ".pdf"),
        ("كتاب.pdf", "كتاب"),
    ],
)
def test_a_file_name_makes_a_first_title(filename: str, title: str) -> None:
    assert resource_facts.title_from_name(filename) == title
