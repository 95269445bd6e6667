"""Writing rooms, tracks, sessions and slots as a programme has them: only what differs is written.

Every function is part of ``restoring`` and runs inside its transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from piccolo.table import Table

from conference import texts
from conference.tables import Conference
from conference.timezones import wall_time
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSession, ReleasedSlot
from sessions.releases.kept_drafts import DraftContent
from sessions.tables import Room, Session, SessionKind, Slot, Track


@dataclass
class Counts:
    """How many rows were changed, were made anew because they had been deleted, and how many slots left the grid."""

    changed: int = 0
    added: int = 0
    unscheduled: int = 0


async def restore_rooms(
    conference: Conference, programme: ReleasedProgramme, counts: Counts
) -> dict[str, int]:
    """Rooms as the programme names them; row ids of all rooms by code. A room that was deleted comes back without its
    meeting link, which no release holds."""
    wanted = {
        room.code: {"name": texts.encode(room.name), "capacity": room.capacity, "position": room.position}
        for room in programme.rooms
    }
    return await write_coded(Room, conference, wanted, counts)


async def restore_tracks(
    conference: Conference, programme: ReleasedProgramme, counts: Counts
) -> dict[str, int]:
    """Tracks as the programme names them; row ids of all tracks by code."""
    wanted = {
        track.code: {"name": texts.encode(track.name), "colour": track.colour, "position": track.position}
        for track in programme.tracks
    }
    return await write_coded(Track, conference, wanted, counts)


async def restore_sessions(
    conference: Conference, programme: ReleasedProgramme, tracks: Mapping[str, int], counts: Counts
) -> dict[str, int]:
    """Sessions as the programme tells them; row ids of all sessions by code. One that was deleted comes back under the
    row id that releases know it by."""
    wanted = {session.code: _session_columns(session, tracks) for session in programme.sessions}
    numbers = {session.code: session.id for session in programme.sessions}
    return await write_coded(Session, conference, wanted, counts, numbers)


async def restore_slots(
    conference: Conference,
    content: DraftContent,
    rooms: Mapping[str, int],
    sessions: Mapping[str, int],
    counts: Counts,
    *,
    is_whole: bool,
) -> None:
    """Slots where the programme has them; everything else leaves the grid and keeps its length. A release knows
    nothing of blockers, so those stay where they are, unless ``is_whole``."""
    programme = content.programme
    wanted = {
        slot.code: _slot_columns(conference, session, slot, rooms, sessions, is_whole=is_whole)
        for session in programme.sessions
        for slot in session.slots
    }
    numbers = {slot.code: slot.id for _session, slot in programme.slot_by_code.values()}
    nowhere = {Slot.room: None, Slot.local_start: None, Slot.start: None, Slot.end: None}
    rows = await Slot.select(
        Slot.id,
        Slot.code,
        Slot.start,
        Slot.length_minutes,
        Slot.revision,
        Slot.session._.kind.as_alias("kind"),
    ).where(Slot.conference == conference.id)
    for row in sorted(rows, key=lambda row: row["id"]):
        if row["code"] in wanted or (row["kind"] == SessionKind.BLOCKER and not is_whole):
            continue
        length = content.lengths.get(row["code"], row["length_minutes"])
        if row["start"] is not None or length != row["length_minutes"]:
            changes: dict[Any, Any] = {
                **nowhere,
                Slot.length_minutes: length,
                Slot.revision: row["revision"] + 1,
            }
            await Slot.update(changes).where(Slot.id == row["id"])
            counts.unscheduled += row["start"] is not None
    await write_coded(Slot, conference, wanted, counts, numbers)


async def write_coded(
    table: type[Table],
    conference: Conference,
    wanted: Mapping[str, dict[str, Any]],
    counts: Counts,
    numbers: Mapping[str, int] | None = None,
) -> dict[str, int]:
    """Give the conference's rows of ``table`` these columns, by code; those that are missing are made, under the row id in
    ``numbers`` where it is free. Row ids of all rows of the conference by code. One query, and one for each row that
    differs."""
    columns = list(next(iter(wanted.values()), {}))
    of_conference = table._meta.get_column_by_name("conference") == conference.id
    texts_in_json = {column._meta.name for column in table._meta.json_columns}
    rows = await table.select("id", "code", "revision", *columns).where(of_conference)
    ids = {row["code"]: row["id"] for row in rows}
    for row in sorted(rows, key=lambda row: row["id"]):
        if row["code"] in wanted:
            values = wanted[row["code"]]
            changed: dict[Any, Any] = {
                name: value
                for name, value in values.items()
                if not _is_same(row[name], value, as_json=name in texts_in_json)
            }
            if changed:
                changed["revision"] = row["revision"] + 1
                await table.update(changed).where(table._meta.primary_key == row["id"])
                counts.changed += 1
    missing = [code for code in wanted if code not in ids]
    free = await _free_numbers(table, [numbers[code] for code in missing] if numbers else [])
    for code in missing:
        values = {**wanted[code], "conference": conference.id, "code": code}
        if numbers and numbers[code] in free:
            values["id"] = numbers[code]
        inserted = await table.insert(table(**values)).returning(table._meta.primary_key)
        ids[code] = inserted[0]["id"]
        counts.added += 1
    return ids


async def _free_numbers(table: type[Table], numbers: Iterable[int]) -> set[int]:
    asked = set(numbers)
    if not asked:
        return set()
    key = table._meta.primary_key
    taken = await table.select(key).where(key.is_in(sorted(asked)))
    return asked - {row["id"] for row in taken}


def _is_same(stored: Any, wanted: Any, *, as_json: bool) -> bool:
    """Whether a column holds the value already. One JSON may be spelt in several ways."""
    return bool(json.loads(stored) == json.loads(wanted) if as_json else stored == wanted)


def _session_columns(session: ReleasedSession, tracks: Mapping[str, int]) -> dict[str, Any]:
    return {
        "guid": session.guid,
        "kind": session.kind,
        "state": session.state,
        "title": texts.encode(session.title),
        "abstract": texts.encode(session.abstract),
        "language": session.language,
        "track": tracks.get(session.track or ""),
        "links": json.dumps([dict(link) for link in session.links], ensure_ascii=False),
        "is_recorded": session.is_recorded,
    }


def _slot_columns(
    conference: Conference,
    session: ReleasedSession,
    slot: ReleasedSlot,
    rooms: Mapping[str, int],
    sessions: Mapping[str, int],
    *,
    is_whole: bool,
) -> dict[str, Any]:
    """The instant is what people were promised: where the conference's zone is another now, its clock follows."""
    wall = wall_time(slot.start, conference.zone).replace(tzinfo=None)
    return {
        "session": sessions[session.code],
        "guid": slot.guid,
        "room": rooms[slot.room],
        "local_start": wall.replace(fold=0),
        "zone": conference.zone,
        "start": slot.start,
        "end": slot.end,
        "length_minutes": slot.minutes,
        "seats": slot.seats,
        # A release marks the slots of a cancelled session too; their own mark is what would outlast it.
        "is_cancelled": slot.is_cancelled and (is_whole or not session.is_cancelled),
    }
