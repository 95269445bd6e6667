"""Where everything stands and what clashes, kept in memory from one version of the draft to the next.

Every change of a draft moves its version and says which slots it touched (``touch_draft``), so any number of processes
may each keep their own: the version decides whether what is kept still holds. When only a few slots have changed since,
those are read again and the clashes they have a part in worked out anew; else everything is.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from weakref import WeakKeyDictionary

from conference.db import Database, current_engine
from conference.tables import Conference
from sessions.schedule.conflicts import Conflict, find_conflicts, patched
from sessions.schedule.draft import Placings, placings_of
from sessions.schedule.surroundings import Surroundings, surroundings_of, with_fresh_speakers
from sessions.tables import DraftChange

MOST_CONFERENCES = 20
"""Conferences kept in memory: those looked at last."""

MOST_PATCHED = 200
"""Slots that are read again one by one; beyond that reading everything costs no more."""


@dataclass(frozen=True)
class Standing:
    """How the draft stands at a version: where everything is, what it is measured against, and what clashes, sorted."""

    version: int
    dates: tuple[str, date, date]
    placings: Placings
    surroundings: Surroundings
    conflicts: list[Conflict]


# Of each database: a test has one of its own, a process only ever one.
_kept: WeakKeyDictionary[Database, OrderedDict[int, Standing]] = WeakKeyDictionary()


async def standing(conference: Conference, *, version: int | None = None) -> Standing:
    """How the conference's draft stands. One query when nothing has changed, six at most after a step.

    ``version`` is the draft's, when the caller has read it just before: then nothing is asked at all while that is kept.
    """
    engine = current_engine()
    if version is None:
        rows = await Conference.select(Conference.draft_version).where(Conference.id == conference.id)
        version = int(rows[0]["draft_version"]) if rows else 0
    dates = (conference.zone, conference.starts_on, conference.ends_on)
    if engine.transaction_exists():
        # What a transaction sees may never come to be.
        return await _read(conference, version, dates)
    mine = _kept.setdefault(engine, OrderedDict())
    kept = mine.get(conference.id)
    if kept is None or kept.dates != dates:
        found = await _read(conference, version, dates)
    elif kept.version >= version:
        found = kept
    else:
        touched = await _touched(conference.id, kept.version, version)
        if touched is None:
            found = await _read(conference, version, dates)
        else:
            found = await _patch(conference.id, kept, version, touched)
    # Another request may have kept a later version meanwhile.
    latest = mine.get(conference.id)
    if latest is None or latest.dates != dates or latest.version <= found.version:
        mine[conference.id] = found
    mine.move_to_end(conference.id)
    while len(mine) > MOST_CONFERENCES:
        mine.popitem(last=False)
    return found


async def _read(conference: Conference, version: int, dates: tuple[str, date, date]) -> Standing:
    # The version was read before the rest: what changes in between is read once more later, never missed.
    placings = await placings_of(conference.id)
    surroundings = await surroundings_of(conference)
    return Standing(version, dates, placings, surroundings, find_conflicts(placings.placements, surroundings))


async def _touched(conference_id: int, since: int, version: int) -> frozenset[str] | None:
    """The slots changed after ``since`` up to ``version``; None when that may be anything."""
    rows = await DraftChange.select(DraftChange.slots).where(
        (DraftChange.conference == conference_id)
        & (DraftChange.version > since)
        & (DraftChange.version <= version)
    )
    changes = [json.loads(row["slots"]) for row in rows]
    touched = frozenset(code for codes in changes for code in codes)
    if len(changes) != version - since or not all(changes) or len(touched) > MOST_PATCHED:
        return None
    return touched


async def _patch(conference_id: int, kept: Standing, version: int, codes: Collection[str]) -> Standing:
    fresh = await placings_of(conference_id, codes)
    old = kept.placings
    ids = {old.id_of[code] for code in codes if code in old.id_of} | set(fresh.id_of.values())
    placings = Placings(
        [placement for placement in old.placements if placement.slot not in ids] + fresh.placements,
        {slot: day for slot, day in old.day_of.items() if slot not in ids} | fresh.day_of,
        {code: slot for code, slot in old.id_of.items() if slot not in ids} | fresh.id_of,
    )
    # What touches only these slots may be what their speakers say of their time and place.
    speakers = {speaker for placement in fresh.placements for speaker in placement.speakers}
    surroundings = await with_fresh_speakers(kept.surroundings, speakers)
    conflicts = patched(kept.conflicts, ids, placings.placements, surroundings)
    return Standing(version, kept.dates, placings, surroundings, conflicts)
