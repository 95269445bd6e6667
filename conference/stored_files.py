"""Which files in the store belong to which rows: declared once by each package, for looking after every byte there.

Each package declares its own in a ``stored_files.py``; the topmost puts them together. What lies in none of these places is
not ours, and nobody here removes it.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from piccolo.columns import Column
from piccolo.table import Table

from conference.storage import ARRIVING, Listed, Storage

PAGE = 1000

PLACES: Mapping[str, str] = {
    ARRIVING: "has just come, and is on its way elsewhere",
    "sha512": "files of resources, named by their checksum",
    "incoming": "pieces of uploads on their way",
    "answers": "files that answer a question of the registration form",
    "exports": "lists that organisers take away, for an hour",
    "imports": "files of a programme to be imported, for a day",
    "archives": "resources to be taken in, for a week",
    "": "photos of speakers, and what earlier versions stored under a random name",
}
"""The first part of a key, and what lies there; "" is a key that begins with two letters of a random name."""

_RANDOM = re.compile(r"[a-z0-9]{2}/[a-z0-9]{2}/[a-z0-9]{20,}(?:_[a-z0-9]+\.webp)?")


@dataclass(frozen=True)
class Kept:
    """A file as its row tells of it. ``size`` in octets, ``sha512`` and ``crc32``: None and "" where the row does not say.
    ``name`` is what people call it, ``row`` the row's id."""

    row: int
    key: str
    name: str
    size: int | None = None
    sha512: str = ""
    crc32: int | None = None


Pages = Callable[[], AsyncIterator[list[Kept]]]
Claimed = Callable[[Collection[str]], Awaitable[set[str]]]
Remove = Callable[[Storage, Listed, datetime], Awaitable[bool]]
Note = Callable[[Collection[int], bool, datetime], Awaitable[None]]


@dataclass(frozen=True)
class Claim:
    """The files that rows of one kind need. ``claimed`` says which of these keys one of them needs, or may be about to.

    ``place`` is where such files lie when no row needs them any more; there ``remove`` takes one away unless somebody comes
    to need it at this very moment, and says whether it did; None: they may simply be deleted. ``note`` keeps
    of which rows the file was read whole, and whether it was sound.
    """

    name: str
    place: str
    pages: Pages
    claimed: Claimed
    remove: Remove | None = None
    note: Note | None = None


def place_of(key: str) -> str | None:
    """In which of the PLACES a key lies; None for one that is not ours. Pure."""
    first, slash, _rest = key.partition("/")
    if slash and first and first in PLACES:
        return first
    return "" if _RANDOM.fullmatch(key) else None


def by_key(
    name: str,
    place: str,
    table: type[Table],
    key: Column,
    *,
    label: Column | None = None,
    size: Column | None = None,
    crc32: Column | None = None,
    only: Any = None,
) -> Claim:
    """The claim of a table that has one key in each row; ``only`` are the rows whose file must be whole by now."""
    number: Any = table._meta.primary_key
    columns: list[Any] = [number, key, *(column for column in (label, size, crc32) if column is not None)]

    async def pages() -> AsyncIterator[list[Kept]]:
        last = 0
        while True:
            query = table.select(*columns).where(number > last)
            if only is not None:
                query = query.where(only)
            rows = await query.order_by(number).limit(PAGE)
            if not rows:
                return
            last = rows[-1][number._meta.name]
            yield [_kept(row) for row in rows if row[key._meta.name]]

    def _kept(row: dict[str, Any]) -> Kept:
        def of(column: Column | None) -> Any:
            return None if column is None else row[column._meta.name]

        found = of(key)
        return Kept(row[number._meta.name], found, of(label) or found, of(size), crc32=of(crc32))

    async def claimed(keys: Collection[str]) -> set[str]:
        rows = await table.select(key).where(key.is_in(list(keys))) if keys else []
        return {row[key._meta.name] for row in rows}

    return Claim(name, place, pages, claimed)
