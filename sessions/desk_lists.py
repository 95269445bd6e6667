"""What the desk's lists show, each in a fixed number of queries whatever the size of the conference."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any, Generic, TypeVar

from piccolo.query.functions import Count

from conference.conferences import languages_of
from conference.i18n import current_language
from conference.tables import Conference
from conference.texts import pick
from sessions.session_form import Person
from sessions.tables import Appearance, Room, Session, SessionState, Slot, Speaker, Track

PAGE_SIZE = 100

Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """A page of a list: ``number`` counts from 1; ``total`` is how many rows the whole list has."""

    rows: list[Row]
    number: int
    pages: int
    total: int


def page_of(rows: Sequence[Row], number: int) -> Page[Row]:
    """The page of this number; the nearest there is when there is none."""
    pages = max(1, ceil(len(rows) / PAGE_SIZE))
    number = min(max(number, 1), pages)
    return Page(list(rows[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]), number, pages, len(rows))


def matches(words: Sequence[str], *text: str) -> bool:
    """Whether every word (casefolded) stands somewhere in the texts."""
    whole = " ".join(text).casefold()
    return all(word in whole for word in words)


@dataclass(frozen=True)
class RoomLine:
    """A room in its list, and how many slots are placed in it."""

    room: Room
    slots: int


async def room_lines(conference_id: int, rooms: Iterable[Room]) -> list[RoomLine]:
    """The rooms with how much they are used. One query."""
    counts = await _counts(Slot, "room", Slot.conference == conference_id)
    return [RoomLine(room, counts[room.id]) for room in rooms]


@dataclass(frozen=True)
class TrackLine:
    """A track in its list, and how many sessions belong to it."""

    track: Track
    sessions: int


async def track_lines(conference_id: int, tracks: Iterable[Track]) -> list[TrackLine]:
    """The tracks with how much they are used. One query."""
    counts = await _counts(Session, "track", Session.conference == conference_id)
    return [TrackLine(track, counts[track.id]) for track in tracks]


async def people_of(conference_id: int) -> list[Person]:
    """Every speaker, as the form of a session names them. One query."""
    rows = (
        await Speaker.select(Speaker.id, Speaker.code, Speaker.name)
        .where(Speaker.conference == conference_id)
        .order_by(Speaker.name)
    )
    return [Person(row["id"], row["code"], row["name"]) for row in rows]


@dataclass(frozen=True)
class Placing:
    """Where and when one slot of a session is; ``start`` and ``end`` (UTC) are None off the grid."""

    room: str
    start: datetime | None
    end: datetime | None
    length_minutes: int
    seats: int | None
    is_cancelled: bool


@dataclass(frozen=True)
class SessionLine:
    """A session in the list, its texts in the reader's language."""

    code: str
    title: str
    kind: str
    track: str
    track_colour: str
    is_cancelled: bool
    placings: tuple[Placing, ...]
    people: tuple[str, ...]


@dataclass(frozen=True)
class SessionFilter:
    """Which sessions to list: words in titles and names, a kind, a track's code, "unscheduled" or "cancelled"."""

    search: str = ""
    kind: str = ""
    track: str = ""
    state: str = ""


async def session_lines(conference: Conference, wanted: SessionFilter, number: int) -> Page[SessionLine]:
    """A page of the sessions in order of time, those without a time last. Four queries, whatever their number."""
    language, languages = current_language(), languages_of(conference)
    rows = await Session.select(
        Session.id,
        Session.code,
        Session.title,
        Session.kind,
        Session.state,
        Session.track._.code.as_alias("track"),
        Session.track._.name.as_alias("track_name"),
        Session.track._.colour.as_alias("track_colour"),
    ).where(Session.conference == conference.id)
    slots: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for slot in (
        await Slot.select(
            Slot.session,
            Slot.room,
            Slot.start,
            Slot.end,
            Slot.length_minutes,
            Slot.seats,
            Slot.is_cancelled,
        )
        .where(Slot.conference == conference.id)
        .order_by(Slot.position)
        .order_by(Slot.id)
    ):
        slots[slot["session"]].append(slot)
    names: dict[int, list[str]] = defaultdict(list)
    for appearance in (
        await Appearance.select(Appearance.session, Appearance.speaker._.name.as_alias("name"))
        .where(Appearance.session._.conference == conference.id)
        .order_by(Appearance.position)
        .order_by(Appearance.id)
    ):
        if appearance["name"] not in names[appearance["session"]]:
            names[appearance["session"]].append(appearance["name"])
    words = wanted.search.casefold().split()
    found = []
    for row in rows:
        starts = [slot["start"] for slot in slots[row["id"]] if slot["start"]]
        if wanted.kind and row["kind"] != wanted.kind:
            continue
        if wanted.track and row["track"] != wanted.track:
            continue
        if wanted.state == "cancelled" and row["state"] != SessionState.CANCELLED:
            continue
        if wanted.state == "unscheduled" and len(starts) == len(slots[row["id"]]):
            continue
        if words and not matches(words, *json.loads(row["title"]).values(), *names[row["id"]]):
            continue
        title = pick(row["title"], language, languages)
        found.append((not starts, min(starts).timestamp() if starts else 0, title.casefold(), row["id"], row))
    page = page_of([row for *_order, row in sorted(found, key=lambda one: one[:4])], number)
    rooms = {
        room["id"]: pick(room["name"], language, languages)
        for room in await Room.select(Room.id, Room.name).where(Room.conference == conference.id)
    }
    lines = [
        SessionLine(
            code=row["code"],
            title=pick(row["title"], language, languages),
            kind=row["kind"],
            track=pick(row["track_name"], language, languages),
            track_colour=row["track_colour"] or "",
            is_cancelled=row["state"] == SessionState.CANCELLED,
            placings=tuple(
                Placing(
                    rooms.get(slot["room"], ""),
                    slot["start"],
                    slot["end"],
                    slot["length_minutes"],
                    slot["seats"],
                    bool(slot["is_cancelled"]),
                )
                for slot in slots[row["id"]]
            ),
            people=tuple(names[row["id"]]),
        )
        for row in page.rows
    ]
    return Page(lines, page.number, page.pages, page.total)


async def _counts(table: Any, column: str, where: Any) -> Counter[int]:
    """How many rows of the table name each row by the column."""
    rows = await table.select(getattr(table, column), Count()).where(where).group_by(getattr(table, column))
    return Counter({row[column]: row["count"] for row in rows if row[column] is not None})
