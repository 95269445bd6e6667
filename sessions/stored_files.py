"""Which files in the store the programme's rows need: those of resources, uploads on their way, photos, files to import."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection
from datetime import datetime

from piccolo.columns.combination import WhereRaw

from conference.stored_files import PAGE, Claim, Kept, by_key
from sessions.packs import contents
from sessions.packs.collecting.uploads import INCOMING
from sessions.packs.importing.kept import FOLDER
from sessions.packs.importing.tables import ResourceImport
from sessions.packs.tables import ResourceFile, StoredContent, Upload, UploadPart
from sessions.speakers.photos import photo_of
from sessions.tables import ProgrammeImport, Speaker

_BASE = 30  # characters of a photo's key before its size: as Storage.new_key makes them


async def _contents() -> AsyncIterator[list[Kept]]:
    last = 0
    while True:
        rows = (
            await StoredContent.select(
                StoredContent.id,
                StoredContent.key,
                StoredContent.size,
                StoredContent.sha512,
                StoredContent.crc32,
            )
            .where(StoredContent.id > last)
            .order_by(StoredContent.id)
            .limit(PAGE)
        )
        if not rows:
            return
        last = rows[-1]["id"]
        files = await ResourceFile.select(ResourceFile.content, ResourceFile.filename).where(
            ResourceFile.content.is_in([row["id"] for row in rows])
        )
        names = {file["content"]: file["filename"] for file in files}
        yield [
            Kept(
                row["id"],
                row["key"],
                names.get(row["id"], row["key"]),
                row["size"],
                row["sha512"],
                row["crc32"],
            )
            for row in rows
        ]


async def _contents_claimed(keys: Collection[str]) -> set[str]:
    rows = await StoredContent.select(StoredContent.key).where(StoredContent.key.is_in([*keys, ""]))
    return {row["key"] for row in rows}


async def _note_contents(rows: Collection[int], is_sound: bool, now: datetime) -> None:
    await StoredContent.update({StoredContent.verified_at: now, StoredContent.is_sound: is_sound}).where(
        StoredContent.id.is_in(list(rows))
    )


async def _uploads_claimed(keys: Collection[str]) -> set[str]:
    """Everything in the folder of an upload that is there: a piece lies there before its row says so."""
    code_of = {key: key.split("/")[1] for key in keys if key.startswith(f"{INCOMING}/")}
    rows = await Upload.select(Upload.code).where(Upload.code.is_in([*set(code_of.values()), ""]))
    codes = {row["code"] for row in rows}
    return {key for key, code in code_of.items() if code in codes}


async def _photos() -> AsyncIterator[list[Kept]]:
    last = 0
    while True:
        rows = (
            await Speaker.select(Speaker.id, Speaker.name, Speaker.photo_key)
            .where((Speaker.id > last) & (Speaker.photo_key != ""))
            .order_by(Speaker.id)
            .limit(PAGE)
        )
        if not rows:
            return
        last = rows[-1]["id"]
        found = []
        for row in rows:
            if photo := photo_of(row["photo_key"]):
                found += [
                    Kept(row["id"], key, f"photo of {row['name']}") for key in (photo.key, photo.small_key)
                ]
        yield found


async def _photos_claimed(keys: Collection[str]) -> set[str]:
    bases = sorted({key[:_BASE] for key in keys if key.endswith(".webp")})
    if not bases:
        return set()
    marks = ", ".join("{}" for _base in bases)
    rows = await Speaker.select(Speaker.photo_key).where(
        WhereRaw(f"substr(photo_key, 1, {_BASE}) IN ({marks})", *bases)
    )
    photos = [photo_of(row["photo_key"]) for row in rows]
    return {key for photo in photos if photo for key in (photo.key, photo.small_key)} & set(keys)


async def _imports() -> AsyncIterator[list[Kept]]:
    rows = await ProgrammeImport.select(ProgrammeImport.id, ProgrammeImport.files).order_by(
        ProgrammeImport.id
    )
    yield [Kept(row["id"], file["key"], file["name"]) for row in rows for file in json.loads(row["files"])]


async def _archives() -> AsyncIterator[list[Kept]]:
    rows = await ResourceImport.select(
        ResourceImport.id, ResourceImport.key, ResourceImport.name, ResourceImport.size
    ).order_by(ResourceImport.id)
    yield [Kept(row["id"], row["key"], row["name"], row["size"]) for row in rows]


async def _archives_claimed(keys: Collection[str]) -> set[str]:
    rows = await ResourceImport.select(ResourceImport.key).where(ResourceImport.key.is_in([*keys, ""]))
    return {row["key"] for row in rows}


async def _imports_claimed(keys: Collection[str]) -> set[str]:
    return {kept.key async for page in _imports() for kept in page} & set(keys)


_pieces = by_key("pieces of uploads", INCOMING, UploadPart, UploadPart.key, size=UploadPart.size)

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "files of resources",
        "sha512",
        _contents,
        _contents_claimed,
        remove=contents.remove_stray,
        note=_note_contents,
    ),
    Claim(_pieces.name, INCOMING, _pieces.pages, _uploads_claimed),
    Claim("photos", "", _photos, _photos_claimed),
    Claim("files to import", "imports", _imports, _imports_claimed),
    Claim("resources to import", FOLDER, _archives, _archives_claimed),
)
