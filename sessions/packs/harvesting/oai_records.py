"""Records for harvesters, read page by page: of every resource that anyone may open, and of every one that they once could.

A page takes the same number of queries whatever is in it. It goes on behind the last record it told (datestamp, source, row id):
nothing is told twice or left out because something else changed meanwhile, and what changes comes again at the end.
"""
# ruff: noqa: S608  # every value is a parameter; what is put together are conditions of our own

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from conference import texts
from conference.conferences import languages_of
from conference.tables import Conference
from conference.texts import LocalText
from sessions.packs.describing.records import records_of
from sessions.packs.describing.resource_record import ResourceRecord
from sessions.packs.describing.standing import Standing, stand_of
from sessions.packs.harvesting.oai_asked import Place, Selection
from sessions.packs.tables import Resource

RESOURCE, TOMBSTONE = 0, 1


@dataclass(frozen=True)
class Entry:
    """A record's header: ``code`` is the resource's, ``conference`` a slug. ``record`` is what is said of it, where that was
    asked for and anyone may still be told."""

    source: int
    row: int
    code: str
    kind: str
    conference: str
    datestamp: datetime
    is_deleted: bool
    record: ResourceRecord | None = None


@dataclass(frozen=True)
class Harvest:
    """A page of a list. ``following`` is where it goes on, None at its end; ``size`` how many records the whole list has."""

    entries: list[Entry]
    size: int
    cursor: int
    following: Place | None


# Resources as they are, and what remains of those that are gone; a code that is there again is told as it is.
_SOURCES = (
    (
        "SELECT 0 AS source, r.id AS row_id, r.code AS code, r.kind AS kind, c.slug AS conference,"
        " r.datestamp AS datestamp, r.is_open AS is_open FROM resource r JOIN conference c ON c.id = r.conference"
        " WHERE r.is_open IS NOT NULL",
        {"stamp": "r.datestamp", "row": "r.id", "kind": "r.kind", "conference": "c.slug", "code": "r.code"},
    ),
    (
        "SELECT 1 AS source, t.id AS row_id, t.code AS code, t.kind AS kind, t.conference_slug AS conference,"
        " t.datestamp AS datestamp, (1 = 0) AS is_open FROM tombstone t"
        " WHERE t.subject = 'resource' AND t.was_open"
        " AND NOT EXISTS (SELECT 1 FROM resource r WHERE r.code = t.code)",
        {
            "stamp": "t.datestamp",
            "row": "t.id",
            "kind": "t.kind",
            "conference": "t.conference_slug",
            "code": "t.code",
        },
    ),
)


async def harvest(
    selection: Selection,
    place: Place | None,
    *,
    length: int,
    base_url: str,
    now: datetime,
    with_records: bool,
) -> Harvest:
    """The page of the list behind ``place`` (None: the first), of at most ``length`` records."""
    rows = await _rows(selection, place, length + 1)
    has_more = len(rows) > length
    entries = [_entry(row) for row in rows[:length]]
    cursor = place.cursor if place else 0
    size = place.size if place else await _count(selection) if has_more else len(entries)
    following = None
    if has_more:
        last = entries[-1]
        following = Place(last.datestamp, last.source, last.row, cursor + len(entries), size)
    if with_records:
        entries = await _with_records(entries, base_url, now)
    return Harvest(entries, size, cursor, following)


async def entry_of(code: str, *, base_url: str, now: datetime, with_record: bool) -> Entry | None:
    """The record of the resource of this code; None where nobody was ever told of one."""
    for sql, names in _SOURCES:
        rows = await Resource.raw(f"{sql} AND {names['code']} = {{}}", code)
        if rows:
            entry = _entry(rows[0])
            return (await _with_records([entry], base_url, now))[0] if with_record else entry
    return None


async def earliest_datestamp() -> datetime | None:
    """The oldest datestamp of all records; None where there is none."""
    rows = await Resource.raw(
        "SELECT min(datestamp) AS first FROM (SELECT datestamp FROM resource WHERE is_open IS NOT NULL"
        " UNION ALL SELECT datestamp FROM tombstone WHERE was_open) AS stamps"
    )
    return _instant(rows[0]["first"]) if rows[0]["first"] else None


async def sets_in_use() -> tuple[list[tuple[str, LocalText, tuple[str, ...]]], list[str]]:
    """What there are records of: conferences by slug, as (slug, name, languages), and kinds.

    A conference that is gone, or is not listed any more, has no name.
    """
    rows = await Resource.raw(
        "SELECT DISTINCT c.slug AS conference, r.kind AS kind FROM resource r JOIN conference c ON c.id = r.conference"
        " WHERE r.is_open IS NOT NULL UNION SELECT conference_slug, kind FROM tombstone WHERE was_open"
    )
    slugs = sorted({row["conference"] for row in rows} - {""})
    known = {
        one.slug: one
        for one in await Conference.objects().where(
            Conference.slug.is_in([*slugs, ""]) & Conference.is_listed.eq(True)
        )
    }
    conferences = [
        (slug, texts.decode(known[slug].name), languages_of(known[slug])) if slug in known else (slug, {}, ())
        for slug in slugs
    ]
    return conferences, sorted({row["kind"] for row in rows} - {""})


async def _rows(selection: Selection, place: Place | None, length: int) -> list[dict[str, Any]]:
    parts, values = [], list[Any]()
    for number, (sql, names) in enumerate(_SOURCES):
        condition, some = _within(selection, names)
        if place is not None:
            # What has the same datestamp goes by source, then by row.
            after = f"{names['stamp']} > {{}} OR ({names['stamp']} = {{}} AND "
            same = f"{names['row']} > {{}})" if number == place.source else f"{number} > {{}})"
            condition += f" AND {names['stamp']} >= {{}} AND ({after}{same})"
            some += [place.datestamp] * 3 + [place.row if number == place.source else place.source]
        # Each source on its own goes along the index of its datestamps and stops after a page.
        parts.append(
            f"SELECT * FROM ({sql}{condition} ORDER BY {names['stamp']}, {names['row']} LIMIT {{}}) AS s{number}"
        )
        values += [*some, length]
    merged = (
        f"SELECT * FROM ({' UNION ALL '.join(parts)}) AS told ORDER BY datestamp, source, row_id LIMIT {{}}"
    )
    rows: list[dict[str, Any]] = await Resource.raw(merged, *values, length)
    return rows


async def _count(selection: Selection) -> int:
    parts, values = [], list[Any]()
    for sql, names in _SOURCES:
        condition, some = _within(selection, names)
        parts.append(f"SELECT count(*) AS number FROM ({sql}{condition}) AS found")
        values += some
    rows = await Resource.raw(
        f"SELECT sum(number) AS number FROM ({' UNION ALL '.join(parts)}) AS counts", *values
    )
    return int(rows[0]["number"])


def _within(selection: Selection, names: dict[str, str]) -> tuple[str, list[Any]]:
    bounds = (
        (f"{names['stamp']} >= {{}}", selection.since),
        (f"{names['stamp']} <= {{}}", selection.until),
        (f"{names['conference']} = {{}}", selection.conference),
        (f"{names['kind']} = {{}}", selection.kind),
    )
    wanted = [(condition, value) for condition, value in bounds if value]
    return "".join(f" AND {condition}" for condition, _value in wanted), [value for _c, value in wanted]


def _entry(row: dict[str, Any]) -> Entry:
    return Entry(
        source=row["source"],
        row=row["row_id"],
        code=row["code"],
        kind=row["kind"],
        conference=row["conference"],
        datestamp=_instant(row["datestamp"]),
        is_deleted=not row["is_open"],
    )


async def _with_records(entries: Sequence[Entry], base_url: str, now: datetime) -> list[Entry]:
    """The entries with what is said of those that are not deleted. What nobody may be told any more since a moment ago,
    before its datestamp says so, is told as deleted."""
    records = await records_of([one.row for one in entries if not one.is_deleted], base_url=base_url)
    found = []
    for one in entries:
        record = records.get(one.row) if not one.is_deleted else None
        if record is not None and stand_of(record, now).standing is not Standing.OPEN:
            record = None
        found.append(replace(one, record=record, is_deleted=record is None))
    return found


def _instant(stored: datetime | str) -> datetime:
    """SQLite knows no instants where a column is not read from its table directly."""
    return (datetime.fromisoformat(stored) if isinstance(stored, str) else stored).astimezone(UTC)
