"""Which resources anyone may open, as a condition in SQL; and what harvesters were last told of each.

``Resource.is_open`` is None until anyone could open a resource for the first time, then whether anyone can. It moves together
with the datestamp, so that whoever harvests by date learns of every record that appears or goes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from conference import db
from conference.tables import Conference
from sessions.packs.tables import PackAccess, PackState, Resource, ResourceState

_AT_ONCE = 500


Statement = tuple[str, list[Any]]
"""SQL with ``{}`` for each of the values that follow."""


def is_open(now: datetime) -> Statement:
    """The condition that anyone may open the resource ``r`` at ``now``."""
    return (
        "r.state = {} AND EXISTS (SELECT 1 FROM pack_item i JOIN resource_pack p ON p.id = i.pack"
        " WHERE i.resource = r.id AND p.state = {} AND p.access = {} AND (p.published_at IS NULL OR p.published_at <= {})"
        " AND (p.expires_at IS NULL OR p.expires_at > {}) AND (p.embargo_until IS NULL OR p.embargo_until <= {}))",
        [ResourceState.READY.value, PackState.PUBLISHED.value, PackAccess.PUBLIC.value, now, now, now],
    )


def is_out(now: datetime) -> Statement:
    """The condition that anyone may open the resource ``r`` at ``now``, and that its conference is listed."""
    condition, values = is_open(now)
    return "r.conference IN (SELECT id FROM conference WHERE is_listed) AND " + condition, values  # noqa: S608  # ours


async def tell_harvesters(now: datetime) -> int:
    """Note of every resource whether anyone may open it, as dates come and conferences are listed; how many have changed."""
    condition, values = is_out(now)
    sql = (
        "SELECT r.id, r.conference FROM resource r"  # noqa: S608  # conditions of our own
        f" WHERE ((r.is_open IS NULL OR NOT r.is_open) AND {condition}) OR (r.is_open AND NOT ({condition}))"
    )
    found: dict[int, list[int]] = defaultdict(list)
    for row in await Resource.raw(sql, *values, *values):
        found[row["conference"]].append(row["id"])
    changed = 0
    for conference, ids in found.items():
        for start in range(0, len(ids), _AT_ONCE):
            async with db.locked(Conference, conference):  # as every rule that changes what is open
                changed += await note_open(now, ids[start : start + _AT_ONCE])
    return changed


async def note_open(now: datetime, ids: Sequence[int]) -> int:
    """The same of these resources (row ids), inside the transaction that may have changed it."""
    if not ids:
        return 0
    condition, values = is_out(now)
    among = f" AND r.id IN ({', '.join('{}' for _id in ids)})"
    changed = 0
    for value, changed_to in (
        (True, f"(r.is_open IS NULL OR NOT r.is_open) AND {condition}"),
        (False, f"r.is_open AND NOT ({condition})"),
    ):
        sql = f"SELECT r.id FROM resource r WHERE {changed_to}{among}"  # noqa: S608  # conditions of our own
        if found := [row["id"] for row in await Resource.raw(sql, *values, *ids)]:
            await Resource.update(
                {Resource.is_open: value, Resource.datestamp: now.replace(microsecond=0)}
            ).where(Resource.id.is_in(found))
        changed += len(found)
    return changed
