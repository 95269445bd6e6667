"""What captions and transcripts say is found by searches, and shown where it stands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from conference import db
from conference.storage import Storage, open_storage
from conference.tables import Conference
from sessions.packs.file_texts import reading_texts, text_of
from sessions.packs.library.library import look_up
from sessions.packs.library.library_asked import Asked
from sessions.packs.library.library_views import rows_of
from sessions.packs.search_words import excerpt_of_long, read_search
from sessions.packs.tables import Resource, ResourceFile, ResourceText, StoredContent
from tests.makers import NOW, make_conference
from tests.sessions.resource_makers import OUT, make_file_row, make_pack_row, shelve

VTT = """WEBVTT

NOTE not said

00:01.000 --> 00:04.000
<v Zoë Müller>We keep <i>seeds</i> &amp; tools.

00:05.000 --> 00:09.000
<v Amina>نحن نعير البذور
"""


@pytest.mark.parametrize(
    ("data", "media_type", "text"),
    [
        (VTT.encode(), "text/vtt", "Zoë Müller: We keep seeds & tools.\nAmina: نحن نعير البذور"),
        (b"\xef\xbb\xbfOne\r\ntwo\x00", "text/plain", "One\ntwo"),
        (b"# One\n| **two** | `three` |", "text/markdown", "One\n   two     three"),
        (b"WEBVTT\n\nnothing", "text/vtt", ""),
        (b"\xff\xfe\x00", "text/plain", ""),
        (b"x" * 300_000, "text/markdown", "x" * 200_000),
    ],
)
def test_a_file_says_what_people_said_without_marks(data: bytes, media_type: str, text: str) -> None:
    assert text_of(data, media_type, "a.vtt") == text


def test_a_long_text_is_shown_where_the_words_stand() -> None:
    text = "\n".join(["Nothing here at all."] * 3000 + ["We lend Sëeds to everyone."] + ["And more."] * 3000)
    assert excerpt_of_long(text, read_search("seed")) == "We lend <mark>Sëeds</mark> to everyone. And more."
    assert excerpt_of_long(text, read_search("absent")) == ""


async def put(storage: Storage, file: ResourceFile, data: bytes, media_type: str) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield data

    stored = await storage.put_stream(chunks())
    await StoredContent.update(
        {StoredContent.key: stored.key, StoredContent.size: stored.size, StoredContent.sha512: stored.sha512}
    ).where(StoredContent.id == file.content)
    await ResourceFile.update({ResourceFile.media_type: media_type}).where(ResourceFile.id == file.id)


async def test_what_was_said_is_found_and_goes_with_its_file(
    each_database: db.Database, tmp_path: Path
) -> None:
    conference: Conference = await make_conference()
    storage = open_storage("", tmp_path / "store")
    pack = await make_pack_row(conference, **OUT)
    captions = await shelve(pack, "Captions of the panel", kind="captions")
    notes = await shelve(pack, "Notes", kind="transcript")
    await put(storage, await make_file_row(captions, "a.vtt"), VTT.encode(), "text/vtt")
    await put(storage, await make_file_row(notes, "b.txt"), b"\xff\xfe", "text/plain")
    work = reading_texts(storage)
    assert (await look_up(Asked("seeds"), NOW)).total == 0
    assert (await work(NOW), await work(NOW)) == (2, 0)
    asked = Asked("seed tool")
    found = await look_up(asked, NOW)
    assert [one.code for one in found.resources] == [captions.code]
    (row,) = rows_of(found, asked)
    assert (
        row.spoken
        == "Zoë Müller: We keep <mark>seeds</mark> &amp; <mark>tools</mark>. Amina: نحن نعير البذور"
    )
    assert (await look_up(Asked("بذور"), NOW)).total == 1
    # Where the title has the words, the text is not shown as well.
    asked = Asked("panel")
    assert [row.spoken for row in rows_of(await look_up(asked, NOW), asked)] == [""]
    # A new file says something else from when it is read, and nothing stays of what is deleted.
    await ResourceFile.update({ResourceFile.is_current: False}).where(ResourceFile.resource == captions.id)
    await put(storage, await make_file_row(captions, "c.txt", key="zz/2"), b"Only bridges", "text/plain")
    assert await work(NOW) == 1
    assert [(await look_up(Asked(word), NOW)).total for word in ("seeds", "bridges")] == [0, 1]
    await Resource.delete().where(Resource.id == captions.id)
    assert await ResourceText.count() == 1
    assert (await look_up(Asked("bridges"), NOW)).total == 0


async def test_a_store_that_is_away_is_asked_again(each_database: db.Database, tmp_path: Path) -> None:
    pack = await make_pack_row(await make_conference(), **OUT)
    made = await shelve(pack, "Captions")
    file = await make_file_row(made, "a.vtt")
    await ResourceFile.update({ResourceFile.media_type: "text/vtt"}).where(ResourceFile.id == file.id)
    assert await reading_texts(open_storage("", tmp_path / "store"))(NOW) == 0
    assert await ResourceText.count() == 0
