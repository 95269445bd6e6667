"""The draft in the shape of a release: what publishing, previews and comparisons are made of."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from piccolo.columns.combination import And

from conference import texts
from conference.tables import Conference
from sessions.programme.snapshot import (
    ReleasedAppearance,
    ReleasedProgramme,
    ReleasedRoom,
    ReleasedSession,
    ReleasedSlot,
    ReleasedSpeaker,
    ReleasedTrack,
)
from sessions.tables import (
    Appearance,
    AppearanceState,
    Room,
    Session,
    SessionKind,
    SessionPart,
    Slot,
    Speaker,
    Track,
)


@dataclass(frozen=True)
class Draft:
    """The draft as a programme whose sequences are not counted yet, and how many of its sessions have no place."""

    programme: ReleasedProgramme
    unplaced: int


async def read_draft(conference: Conference, *, number: int, now: datetime, whole: bool = False) -> Draft:
    """The draft as release ``number`` would hold it. Seven queries, whatever its size.

    Read column by column: mail addresses, internal notes and vendors' links are never asked for. Blockers and people who
    declined are left out, unless ``whole`` asks for everything there is (to keep it, not to show it).
    """
    own = conference.id
    rooms = await Room.select(Room.id, Room.code, Room.name, Room.capacity, Room.position).where(
        Room.conference == own
    )
    tracks = await Track.select(Track.id, Track.code, Track.name, Track.colour, Track.position).where(
        Track.conference == own
    )
    speakers = await Speaker.select(
        Speaker.id,
        Speaker.code,
        Speaker.kind,
        Speaker.name,
        Speaker.pronouns,
        Speaker.job_title,
        Speaker.organisation,
        Speaker.country,
        Speaker.zone,
        Speaker.biography,
        Speaker.links,
        Speaker.orcid,
        Speaker.photo_key,
    ).where(Speaker.conference == own)
    sessions = (
        await Session.select(
            Session.id,
            Session.code,
            Session.guid,
            Session.kind,
            Session.state,
            Session.title,
            Session.abstract,
            Session.language,
            Session.track,
            Session.links,
            Session.is_recorded,
        )
        .where((Session.conference == own) if whole else _public_sessions(own))
        .order_by(Session.id)
    )
    parts = (
        await SessionPart.select(SessionPart.id, SessionPart.session, SessionPart.title)
        .where(SessionPart.session.conference == own)
        .order_by(SessionPart.position, SessionPart.id)
    )
    appearances = (
        await Appearance.select(Appearance.session, Appearance.speaker, Appearance.role, Appearance.part)
        .where(
            (Appearance.session.conference == own)
            if whole
            else (Appearance.session.conference == own) & (Appearance.state != AppearanceState.DECLINED.value)
        )
        .order_by(Appearance.position, Appearance.id)
    )
    slots = await Slot.select(
        Slot.id,
        Slot.session,
        Slot.code,
        Slot.guid,
        Slot.room,
        Slot.local_start,
        Slot.start,
        Slot.end,
        Slot.seats,
        Slot.is_cancelled,
    ).where(Slot.conference == own)

    room_codes = {row["id"]: row["code"] for row in rooms}
    track_codes = {row["id"]: row["code"] for row in tracks}
    speaker_codes = {row["id"]: row["code"] for row in speakers}
    parts_of = _grouped(parts)
    appearances_of = _grouped(appearances)
    slots_of: dict[int, list[ReleasedSlot]] = defaultdict(list)
    for row in slots:
        if row["start"] is not None and row["end"] is not None and row["room"] in room_codes:
            slots_of[row["session"]].append(_slot(row, room_codes[row["room"]], now))
    released = []
    for row in sessions:
        part_rows = parts_of.get(row["id"], [])
        part_index = {part["id"]: index for index, part in enumerate(part_rows)}
        released.append(
            ReleasedSession(
                id=row["id"],
                code=row["code"],
                guid=row["guid"],
                kind=row["kind"],
                title=texts.decode(row["title"]),
                abstract=texts.decode(row["abstract"]),
                language=row["language"],
                track=track_codes.get(row["track"]),
                state=row["state"],
                appearances=tuple(
                    ReleasedAppearance(speaker_codes[a["speaker"]], a["role"], part_index.get(a["part"]))
                    for a in appearances_of.get(row["id"], [])
                ),
                parts=tuple(texts.decode(part["title"]) for part in part_rows),
                links=tuple(json.loads(row["links"])),
                is_recorded=bool(row["is_recorded"]),
                slots=tuple(slots_of.get(row["id"], [])),
            )
        )
    programme = ReleasedProgramme(
        number=number,
        released_at=now.astimezone(UTC),
        zone=conference.zone,
        rooms=tuple(
            ReleasedRoom(row["code"], texts.decode(row["name"]), row["capacity"], row["position"])
            for row in rooms
        ),
        tracks=tuple(
            ReleasedTrack(row["code"], texts.decode(row["name"]), row["colour"], row["position"])
            for row in tracks
        ),
        speakers=tuple(_speaker(row, conference.slug) for row in speakers),
        sessions=tuple(released),
    )
    return Draft(programme, sum(not session.slots for session in released))


def _public_sessions(conference_id: int) -> And:
    return (Session.conference == conference_id) & (Session.kind != SessionKind.BLOCKER.value)


def _grouped(rows: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    groups: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["session"]].append(row)
    return groups


def _slot(row: dict[str, Any], room: str, now: datetime) -> ReleasedSlot:
    return ReleasedSlot(
        id=row["id"],
        code=row["code"],
        guid=row["guid"],
        room=room,
        start=row["start"].astimezone(UTC),
        end=row["end"].astimezone(UTC),
        local_start=row["local_start"],
        seats=row["seats"],
        is_cancelled=bool(row["is_cancelled"]),
        revised_at=now.astimezone(UTC),
    )


def _speaker(row: dict[str, Any], slug: str) -> ReleasedSpeaker:
    return ReleasedSpeaker(
        code=row["code"],
        name=row["name"],
        kind=row["kind"],
        pronouns=row["pronouns"],
        job_title=row["job_title"],
        organisation=row["organisation"],
        country=row["country"],
        zone=row["zone"],
        biography=texts.decode(row["biography"]),
        links=tuple(json.loads(row["links"])),
        orcid=row["orcid"],
        photo=f"/{slug}/speakers/{row['code']}/photo" if row["photo_key"] else "",
    )
