"""Looking after every byte in the store: is each file there that a row needs, as it was, and does anything lie there that
none needs. However many files there are, a page of them is in memory at a time.
"""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from conference.dates import iso_utc
from conference.storage import ARRIVING, FileMissing, Listed, Storage, StorageUnavailable
from conference.stored_files import Claim, Kept, place_of

GRACE = timedelta(days=1)
"""What has lain for less may be about to be needed."""
AT_ONCE = 8
LOOK_SECONDS = 10.0
PIECE = 4 * 1024 * 1024
MOST_NAMED = 1000
"""So many of a kind are named; the others are counted."""

Tell = Callable[[str], None]


class Trouble(StrEnum):
    """What is wrong with a file."""

    MISSING = "missing"
    SIZE = "size"
    DAMAGED = "damaged"


@dataclass(frozen=True)
class Problem:
    """A file that is not as its row says. ``words`` is said of it in one line."""

    trouble: Trouble
    kind: str
    key: str
    name: str
    words: str


@dataclass
class Named:
    """Some of many, and how many those are."""

    count: int = 0
    octets: int = 0
    some: list[Any] = field(default_factory=list)

    def add(self, one: Any, octets: int = 0) -> None:
        """One more; it is named while there is room."""
        self.count += 1
        self.octets += octets
        if len(self.some) < MOST_NAMED:
            self.some.append(one)


@dataclass
class FilesReport:
    """What came of looking. ``strays``: nothing needs them; ``strangers``: they are none of ours and are left alone;
    ``half_written``: paths of what a killed server left. ``is_whole``: every byte was read, and the store looked through."""

    is_whole: bool
    checked: int = 0
    octets: int = 0
    under_way: int = 0
    swept: int = 0
    problems: Named = field(default_factory=Named)
    strays: Named = field(default_factory=Named)
    strangers: Named = field(default_factory=Named)
    half_written: list[str] = field(default_factory=list)

    @property
    def is_fine(self) -> bool:
        """Whether nobody need look."""
        return not self.problems.count and (self.swept > 0 or not (self.strays.count or self.half_written))

    def as_json(self) -> dict[str, Any]:
        """For programs. Names do not change."""
        return {
            "whole": self.is_whole,
            "checked": self.checked,
            "octets": self.octets,
            "under_way": self.under_way,
            "swept": self.swept,
            "problems": {"count": self.problems.count, "named": [asdict(one) for one in self.problems.some]},
            "strays": _listed_json(self.strays),
            "strangers": _listed_json(self.strangers),
            "half_written": self.half_written[:MOST_NAMED],
        }


def _listed_json(named: Named) -> dict[str, Any]:
    some = [{"key": one.key, "size": one.size, "modified_at": iso_utc(one.modified_at)} for one in named.some]
    return {"count": named.count, "octets": named.octets, "named": some}


async def check_files(
    storage: Storage,
    claims: Sequence[Claim],
    *,
    now: datetime,
    whole: bool,
    sweep: bool = False,
    tell: Tell = lambda _line: None,
) -> FilesReport:
    """Whether each file that a row needs is there and has its size; with ``whole`` every byte of it is read, and the store
    is looked through for what nothing needs, which ``sweep`` removes. ``tell`` is given a line of progress now and then.

    Raises StorageUnavailable when the store cannot be used: then nothing can be said of any file.
    """
    if (away := await storage.look(LOOK_SECONDS)) is not None:
        raise StorageUnavailable(away.words)
    report = FilesReport(is_whole=whole)
    for claim in claims:
        async for page in claim.pages():
            turns = asyncio.Semaphore(AT_ONCE)

            async def look(
                kept: Kept, claim: Claim = claim, turns: asyncio.Semaphore = turns
            ) -> Problem | None:
                async with turns:
                    return await _looked_at(storage, claim, kept, whole=whole)

            try:
                async with asyncio.TaskGroup() as group:
                    tasks = [group.create_task(look(kept)) for kept in page]
            except ExceptionGroup as failures:  # the store is away: one says it, and the rest say the same
                raise failures.exceptions[0] from None
            found = [task.result() for task in tasks]
            for problem in (one for one in found if one is not None):
                report.problems.add(problem)
            if whole and claim.note is not None:
                for is_sound in (True, False):
                    rows = [
                        kept.row for kept, one in zip(page, found, strict=True) if (one is None) is is_sound
                    ]
                    if rows:
                        await claim.note(rows, is_sound, now)
            report.checked += len(page)
            report.octets += sum(kept.size or 0 for kept in page)
            tell(f"{report.checked:,} files looked at, {report.octets / 1e9:,.1f} GB")
    if whole:
        await _look_through(storage, claims, report, now=now, sweep=sweep, tell=tell)
    return report


async def sweep_arriving(storage: Storage, *, now: datetime) -> int:
    """Remove what came and went nowhere, and what killed servers left half written; how much. A job. Raises StorageUnavailable."""
    swept = 0
    async for page in storage.listed(ARRIVING):
        for one in page:
            if one.modified_at <= now - GRACE:
                await storage.delete(one.key)
                swept += 1
    return swept + len(await storage.half_written(before=now - GRACE, remove=True))


async def _looked_at(storage: Storage, claim: Claim, kept: Kept, *, whole: bool) -> Problem | None:
    trouble, words = await (_read if whole else _measured)(storage, kept)
    if trouble is not None and kept.key not in await claim.claimed([kept.key]):
        return None  # deleted while we looked
    return Problem(trouble, claim.name, kept.key, kept.name, words) if trouble else None


async def _measured(storage: Storage, kept: Kept) -> tuple[Trouble | None, str]:
    try:
        size = await storage.size(kept.key)
    except FileMissing:
        return Trouble.MISSING, f"{kept.name} is missing"
    if kept.size is not None and size != kept.size:
        return Trouble.SIZE, f"{kept.name} has {size:,} octets instead of {kept.size:,}"
    return None, ""


async def _read(storage: Storage, kept: Kept) -> tuple[Trouble | None, str]:
    """As ``_measured``, and every byte against the checksum its row has."""
    trouble, words = await _measured(storage, kept)
    if trouble is not None:
        return trouble, words
    sha512, crc32 = hashlib.sha512(), 0
    try:
        async for octets in storage.stream(kept.key, 0, kept.size, piece=PIECE):
            if kept.sha512:
                sha512.update(octets)
            elif kept.crc32 is not None:
                crc32 = zlib.crc32(octets, crc32)
    except FileMissing:
        return Trouble.MISSING, f"{kept.name} cannot be read to its end"
    is_same = sha512.hexdigest() == kept.sha512 if kept.sha512 else kept.crc32 in (None, crc32)
    return (None, "") if is_same else (Trouble.DAMAGED, f"{kept.name} is damaged: its checksum differs")


async def _look_through(
    storage: Storage, claims: Sequence[Claim], report: FilesReport, *, now: datetime, sweep: bool, tell: Tell
) -> None:
    seen = 0
    async for page in storage.listed():
        ours = {one.key: place_of(one.key) for one in page}
        needed = await _needed(claims, [key for key, place in ours.items() if place is not None])
        for one in page:
            place = ours[one.key]
            if place is None:
                report.strangers.add(one, one.size)
            elif one.key in needed:
                continue
            elif one.modified_at > now - GRACE:
                report.under_way += 1
            else:
                report.strays.add(one, one.size)
                if sweep:
                    report.swept += await _swept(storage, claims, one, place, now)
        seen += len(page)
        tell(f"{seen:,} files in the store looked through")
    report.half_written = await storage.half_written(before=now - GRACE, remove=sweep)
    report.swept += len(report.half_written) if sweep else 0


async def _needed(claims: Sequence[Claim], keys: list[str]) -> set[str]:
    found: set[str] = set()
    for claim in claims:
        if keys:
            found |= await claim.claimed(keys)
    return found


async def _swept(storage: Storage, claims: Sequence[Claim], one: Listed, place: str, now: datetime) -> bool:
    for claim in claims:
        if claim.place == place and claim.remove is not None:
            return await claim.remove(storage, one, now)
    if await _needed(claims, [one.key]):
        return False
    await storage.delete(one.key)
    return True
