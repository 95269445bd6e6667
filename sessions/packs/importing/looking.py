"""Looking through an archive: all of it is read once, and then its rows are written, or it is refused as a whole."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from conference import clock, i18n, texts
from conference.conferences import languages_of
from conference.db import locked
from conference.filetypes import FileRefused, check_ending, sniff
from conference.storage import FileMissing, Storage
from conference.tables import Conference
from sessions.packs.collecting import captions, subrip
from sessions.packs.collecting.file_checks import SRT, VTT
from sessions.packs.importing import bag_reading, sheet_reading
from sessions.packs.importing.archive import Archive, Scanned, opened
from sessions.packs.importing.kept import encoded
from sessions.packs.importing.plans import ItemPlan, Judged, PackPlan, judged, packs_of
from sessions.packs.importing.reasons import Reason, Refused
from sessions.packs.importing.tables import ArchiveState, ImportedResource, ItemOutcome, ResourceImport
from sessions.packs.resource_facts import guessed_kind
from sessions.packs.tables import Resource, ResourceFile, ResourceKind
from sessions.programme.search import fold
from sessions.tables import Session

_BATCH = 200  # rows written in one statement
_NOTES = 20


@dataclass
class Look:
    """What an archive holds. ``checksums`` are the sha512 of its files, by name in the archive."""

    kind: str
    items: list[Judged] = field(default_factory=list)
    packs: list[PackPlan] = field(default_factory=list)
    notes: list[Reason] = field(default_factory=list)
    checksums: dict[str, str] = field(default_factory=dict)


async def look_through(
    archive: ResourceImport, conference: Conference, storage: Storage, most_bytes: int
) -> None:
    """Read the archive and note what is in it. Killed midway, it begins again. Raises StorageUnavailable."""
    seen = [0]

    def passed(octets: int) -> None:
        seen[0] += octets

    language = languages_of(conference)[0]
    file = storage.as_file(archive.key, archive.size)
    with i18n.use_language(archive.language):
        work = asyncio.create_task(
            asyncio.to_thread(look, file, archive.size, archive.name, language, most_bytes, passed)
        )
    while not work.done():
        await asyncio.wait([work], timeout=1)
        await ResourceImport.update({ResourceImport.seen: seen[0]}).where(ResourceImport.id == archive.id)
    try:
        found = work.result()
    except Refused as refusal:
        await _note(archive, ArchiveState.REFUSED, refusal=refusal.reason)
        return
    except FileMissing:  # it will not come back by itself, as a store does that is away
        await _note(archive, ArchiveState.REFUSED, refusal=("no-zip", {}))
        return
    known = await _known(conference.id, found)
    sessions = await sessions_by_name(conference.id)
    async with locked(ResourceImport, archive.id):
        if not await _is_looked_at(archive):
            return
        await ImportedResource.delete().where(ImportedResource.archive == archive.id)
        rows = [
            _row(archive, one.line or place, one, known, sessions)
            for place, one in enumerate(found.items, start=1)
        ]
        refused = {one.item.ref for one in found.items if one.refusals}
        for pack in found.packs:
            pack.items = [(ref, note) for ref, note in pack.items if ref not in refused]
        found.packs = [pack for pack in found.packs if pack.items]
        for first in range(0, len(rows), _BATCH):
            await ImportedResource.insert(*rows[first : first + _BATCH])
        await _note(archive, ArchiveState.LOOKED, found)


def look(
    file: io.RawIOBase,
    size: int,
    name: str,
    language: str,
    most_bytes: int,
    passed: Callable[[int], None],
) -> Look:
    """What is in the archive. Raises Refused. Blocking, for as long as reading all of it takes."""
    with opened(file, size, most_bytes) as archive:
        top = bag_reading.bag_folder(archive)
        if top is not None:
            return _look_at_bag(archive, top, name, language, passed)
        if sheet := sheet_reading.sheet_name(archive):
            return _look_at_sheet(archive, sheet, name, language, passed)
        raise Refused("what")


def _look_at_bag(archive: Archive, top: str, name: str, language: str, passed: Callable[[int], None]) -> Look:
    scanned = bag_reading.verified(archive, top, passed)
    found = Look("bag", checksums={one: found.digests["sha512"] for one, found in scanned.items()})
    said = bag_reading.described(archive, top)
    if said is None:
        title = bag_reading.info(archive, top).get("External-Description") or _stem(name)
        found.notes.append(("foreign", {}))
        found.items = [judged({"code": one}, one, language) for one in scanned]
        items = [(one.item.ref, dict[str, str]()) for one in found.items]
        found.packs = [PackPlan({language: texts.clean_line(title)[:200]}, items=items)]
    else:
        for raw in _dicts(said.get("resources")):
            member = f"{top}data/{raw.get('path')}" if isinstance(raw.get("file"), dict) else ""
            filename = raw["file"].get("filename") if member else ""
            one = judged({**raw, "filename": filename}, member if member in scanned else "", language)
            if member and member not in scanned:
                one.refusals.append(("no-file", {"name": str(raw.get("path"))[:100]}))
            found.items.append(one)
        found.packs = packs_of(said.get("packs", []), language)
    _finish(archive, found, scanned)
    return found


def _look_at_sheet(
    archive: Archive, sheet: str, name: str, language: str, passed: Callable[[int], None]
) -> Look:
    found, top = Look("sheet"), sheet.rpartition("/")[0]
    place = f"{top}/" if top else ""
    packs: dict[str, PackPlan] = {}
    scanned: dict[str, Scanned] = {}
    for row in sheet_reading.sheet_rows(archive, sheet, language):
        member = f"{place}{row.file}" if row.file else ""
        is_there = member in archive and member != sheet
        one = judged(row.raw, member if is_there else "", language)
        one.line = row.line
        if row.file and one.item.link:
            one.refusals.append(("both", {}))
        elif row.file and not is_there:
            one.refusals.append(("no-file", {"name": row.file[:100]}))
        elif not row.file and not one.item.link:
            one.refusals.append(("no-file-no-link", {}))
        if is_there and member not in scanned:
            scanned[member] = archive.scan(member, {"sha512"}, passed)
        found.items.append(one)
        title = row.pack or _stem(name)
        pack = packs.setdefault(fold(title), PackPlan({language: title}))
        pack.items.append((one.item.ref, row.note))
    found.packs = list(packs.values())
    refs: dict[str, str] = {}
    for one in found.items:
        refs.setdefault(one.item.member.removeprefix(place), one.item.ref)
    for one in found.items:  # a sheet calls things by their files
        if one.item.belongs_to:
            one.item.belongs_to = refs.get(one.item.belongs_to, one.item.belongs_to)
    left = [one for one in archive.names if one not in scanned and one != sheet]
    found.notes += [("left", {"name": one}) for one in left[:_NOTES]]
    found.checksums = {one: what.digests["sha512"] for one, what in scanned.items()}
    _finish(archive, found, scanned)
    return found


def _finish(archive: Archive, found: Look, scanned: dict[str, Scanned]) -> None:
    """Look at each file as what it is, and at what belongs to what."""
    refs: set[str] = set()
    for one in found.items:
        item = one.item
        if item.ref in refs:  # one that is there twice is two resources
            item.ref = f"{item.ref} {len(refs)}"
        refs.add(item.ref)
        if item.member:
            _look_at_file(archive, one, scanned[item.member])
        item.kind = item.kind or (ResourceKind.LINK if item.link else ResourceKind.OTHER).value
    for one in found.items:
        for name in ("belongs_to", "translation_of"):
            ref = getattr(one.item, name)
            if ref and ref not in refs:
                one.remarks.append(("belongs", {"value": ref[:100]}))
                setattr(one.item, name, "")


def _look_at_file(archive: Archive, one: Judged, scanned: Scanned) -> None:
    item = one.item
    try:
        file_type = sniff(scanned.head, item.filename)
        check_ending(file_type, item.filename, scanned.tail, scanned.size)
        if file_type in (VTT, SRT) and scanned.size <= captions.MOST_BYTES:
            read = captions.read_captions if file_type == VTT else subrip.to_webvtt
            read(archive.read(item.member, captions.MOST_BYTES), item.filename)
    except FileRefused as refusal:
        one.refusals.append(("file", {"words": refusal.message}))
        return
    item.kind = item.kind or guessed_kind(file_type).value


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _stem(name: str) -> str:
    return texts.clean_line(PurePosixPath(name).stem.replace("_", " "))[:200] or name


def _row(
    archive: ResourceImport, line: int, one: Judged, known: dict[str, int], sessions: dict[str, int]
) -> ImportedResource:
    item, remarks = one.item, list(one.remarks)
    if item.session and find_session(item.session, sessions) is None:
        remarks.append(("session", {"value": item.session[-1][:100]}))
    here = known.get(item.member or item.link)
    if one.refusals:
        outcome, reasons = ItemOutcome.REFUSED, one.refusals
    elif here is not None:
        outcome, reasons = ItemOutcome.KNOWN, [("known", {})]
    else:
        outcome, reasons = ItemOutcome.TO_ADD, remarks
    return ImportedResource(
        archive=archive.id,
        line=line,
        member=item.member,
        facts=encoded(item.as_json()),
        outcome=outcome,
        reasons=encoded(reasons),
        resource=here if outcome == ItemOutcome.KNOWN else None,
    )


async def _known(conference_id: int, found: Look) -> dict[str, int]:
    """The resources (row ids) that the conference has already, by the names of the same files and by links."""
    known: dict[str, int] = {}
    by_checksum: dict[str, list[str]] = {}
    for name, checksum in found.checksums.items():
        by_checksum.setdefault(checksum, []).append(name)
    for some in _batches(by_checksum):
        for row in await ResourceFile.select(
            ResourceFile.resource, ResourceFile.content._.sha512.as_alias("sha512")
        ).where(
            ResourceFile.is_current.eq(True)
            & (ResourceFile.resource._.conference == conference_id)
            & ResourceFile.content._.sha512.is_in(some)
        ):
            known |= dict.fromkeys(by_checksum[row["sha512"]], row["resource"])
    for some in _batches(one.item.link for one in found.items if one.item.link):
        for row in await Resource.select(Resource.id, Resource.url).where(
            (Resource.conference == conference_id) & Resource.url.is_in(some)
        ):
            known[row["url"]] = row["id"]
    return known


def _batches(values: Iterable[str]) -> Iterable[list[str]]:
    every = list(values)
    return [every[first : first + _BATCH] for first in range(0, len(every), _BATCH)]


async def sessions_by_name(conference_id: int) -> dict[str, int]:
    """The conference's sessions (row ids) by code and by title in any language, folded; a title of two is nobody's."""
    rows = await Session.select(Session.id, Session.code, Session.title).where(
        Session.conference == conference_id
    )
    titles: dict[str, set[int]] = {}
    for row in rows:
        for title in texts.decode(row["title"]).values():
            titles.setdefault(fold(title), set()).add(row["id"])
    found = {title: next(iter(ids)) for title, ids in titles.items() if len(ids) == 1}
    return found | {fold(row["code"]): row["id"] for row in rows}


def find_session(names: Iterable[str], sessions: dict[str, int]) -> int | None:
    """The session that is meant by the first of these names which means one."""
    return next((sessions[fold(name)] for name in names if fold(name) in sessions), None)


async def _is_looked_at(archive: ResourceImport) -> bool:
    return await ResourceImport.exists().where(
        (ResourceImport.id == archive.id) & (ResourceImport.state == ArchiveState.LOOKING.value)
    )


async def _note(
    archive: ResourceImport, state: ArchiveState, found: Look | None = None, refusal: Reason | None = None
) -> None:
    changes: dict[Any, Any] = {
        ResourceImport.state: state.value,
        ResourceImport.refusal: encoded(list(refusal) if refusal else []),
    }
    if found is not None:
        changes |= {
            ResourceImport.kind: found.kind,
            ResourceImport.notes: encoded(found.notes),
            ResourceImport.packs: encoded([pack.as_json() for pack in found.packs]),
        }
    if refusal is not None:
        changes[ResourceImport.finished_at] = clock.now()
    await ResourceImport.update(changes).where(
        (ResourceImport.id == archive.id) & (ResourceImport.state == ArchiveState.LOOKING.value)
    )


def item_of(facts: dict[str, Any]) -> ItemPlan:
    """The plan that a row holds."""
    return ItemPlan(**facts)
