"""Publishing: the draft becomes a numbered release that never changes, which public pages and calendars are made of."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from conference import audit, texts
from conference.conferences import touch_public
from conference.db import locked
from conference.errors import Conflict as Refusal
from conference.i18n import _
from conference.tables import Conference
from conference.texts import clean
from conference.viewer import SignedInOrganiser
from sessions.programme import snapshot
from sessions.programme.snapshot import (
    ReleasedAppearance,
    ReleasedProgramme,
    ReleasedRoom,
    ReleasedSession,
    ReleasedSlot,
    ReleasedSpeaker,
    ReleasedTrack,
)
from sessions.queries import released_programme
from sessions.releases import differences
from sessions.releases.differences import Change
from sessions.schedule.conflicts import ConflictKind, Placement, find_conflicts
from sessions.tables import Appearance, Release, Room, Session, SessionPart, Slot, Speaker, SpeakerKind, Track

LONGEST_NOTE = 2000  # characters


class NothingToRelease(Refusal):
    """The draft says what the latest release says, or places nothing at all."""


class ReleasedMeanwhile(Refusal):
    """A colleague published while this release was being looked at."""


@dataclass(frozen=True)
class Clash:
    """Two placings that cannot be at once. ``torn`` names the speakers needed in both; empty where it is about the room."""

    kind: ConflictKind
    one: tuple[ReleasedSession, ReleasedSlot]
    other: tuple[ReleasedSession, ReleasedSlot]
    torn: tuple[str, ...] = ()


class ClashesRemain(Refusal):
    """A room or a speaker is needed twice at one time, and nobody has said to publish anyway."""


@dataclass(frozen=True)
class Preview:
    """What publishing now would do. ``number`` is the number the release would get."""

    number: int
    programme: ReleasedProgramme
    changes: list[Change]
    profiles: list[str]
    clashes: list[Clash]
    is_changed: bool
    unplaced: int


@dataclass(frozen=True)
class PastRelease:
    """A release as lists show it."""

    number: int
    note: str
    released_at: datetime
    changes: list[Change]
    by: str


async def release_programme(
    conference: Conference,
    note: str,
    *,
    actor: SignedInOrganiser | str,
    now: datetime,
    after: int | None = None,
    despite_clashes: bool = False,
) -> Release:
    """Publish the draft as the next release and return it.

    ``after`` is the number of the release the organiser compared with (None: the one ``conference`` was read with).
    Raises ReleasedMeanwhile when another has come since, NothingToRelease, and ClashesRemain unless
    ``despite_clashes``. Two who publish at once are served one after the other, and the second is told.
    """
    seen = conference.release_number if after is None else after
    async with locked(Conference, conference.id):
        row = await Conference.objects().where(Conference.id == conference.id).first()
        if row is None or row.release_number != seen:
            raise ReleasedMeanwhile(
                _("A colleague has published meanwhile. Please look at the changes again.")
            )
        preview = await preview_release(row, now=now)
        if not preview.programme.sessions:
            raise NothingToRelease(_("Nothing is placed in a room and at a time yet."))
        if not preview.is_changed:
            raise NothingToRelease(_("Nothing has changed since the last release."))
        if preview.clashes and not despite_clashes:
            raise ClashesRemain(
                _("Something clashes in the draft. Move it, or say that you publish all the same.")
            )
        release = Release(
            conference=conference.id,
            number=preview.number,
            note=clean(note)[:LONGEST_NOTE],
            snapshot=snapshot.encode(preview.programme),
            changes=json.dumps(preview.changes, ensure_ascii=False),
            released_at=now,
            organiser=actor.id if isinstance(actor, SignedInOrganiser) else None,
        )
        await release.save()
        await Conference.update({Conference.release_number: preview.number}).where(
            Conference.id == conference.id
        )
        await touch_public(conference.id)
        await audit.record(
            conference_id=conference.id,
            actor=actor,
            action="programme-released",
            subject=f"release:{preview.number}",
            after={"number": preview.number, "note": release.note, "changes": len(preview.changes)},
            now=now,
        )
    conference.release_number = preview.number
    return release


async def preview_release(conference: Conference, *, now: datetime) -> Preview:
    """What publishing now would do; nothing is written. The number of queries does not depend on the programme."""
    number = conference.release_number + 1
    draft, unplaced = await _draft(conference, number=number, now=now)
    previous = (
        await released_programme(conference.id, conference.release_number)
        if conference.release_number
        else None
    )
    stamped = differences.stamp(previous, draft)
    return Preview(
        number=number,
        programme=stamped.programme,
        changes=differences.changes_between(previous, stamped),
        profiles=differences.profile_changes(previous, stamped.programme),
        clashes=clashes_of(stamped.programme),
        is_changed=previous is None or not differences.is_same(stamped.programme, previous),
        unplaced=unplaced,
    )


def clashes_of(programme: ReleasedProgramme) -> list[Clash]:
    """What cannot be at once in a programme, in order of time. An organisation may speak in two places, a person not."""
    rooms = {room.code: index for index, room in enumerate(programme.rooms)}
    people = {
        s.code: index for index, s in enumerate(programme.speakers) if s.kind != SpeakerKind.ORGANISATION
    }
    placements = [
        Placement(
            slot=slot.id,
            room=rooms.get(slot.room),
            start=slot.start,
            end=slot.end,
            speakers=frozenset(people[a.speaker] for a in session.appearances if a.speaker in people),
            is_cancelled=slot.is_cancelled,
        )
        for session, slot in programme.placings
    ]
    clashes = [
        Clash(
            kind=conflict.kind,
            one=programme.slot_by_id[conflict.one],
            other=programme.slot_by_id[conflict.other],
            torn=tuple(programme.speakers[index].name for index in conflict.speakers),
        )
        for conflict in find_conflicts(placements)
    ]
    return sorted(clashes, key=lambda clash: (clash.one[1].start, clash.one[1].code, clash.other[1].code))


async def past_releases(conference_id: int) -> list[PastRelease]:
    """Every release, the latest first."""
    rows = (
        await Release.select(
            Release.number,
            Release.note,
            Release.released_at,
            Release.changes,
            Release.organiser._.name.as_alias("organiser_name"),
        )
        .where(Release.conference == conference_id)
        .order_by(Release.number, ascending=False)
    )
    return [
        PastRelease(
            row["number"],
            row["note"],
            row["released_at"],
            json.loads(row["changes"]),
            row["organiser_name"] or "",
        )
        for row in rows
    ]


async def _draft(conference: Conference, *, number: int, now: datetime) -> tuple[ReleasedProgramme, int]:
    """The draft in the shape of a release (sequences not counted yet), and how many sessions have no place in it.

    Read column by column: mail addresses, internal notes and vendors' links are never asked for.
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
        .where(Session.conference == own)
        .order_by(Session.id)
    )
    parts = (
        await SessionPart.select(SessionPart.id, SessionPart.session, SessionPart.title)
        .where(SessionPart.session.conference == own)
        .order_by(SessionPart.position, SessionPart.id)
    )
    appearances = (
        await Appearance.select(Appearance.session, Appearance.speaker, Appearance.role, Appearance.part)
        .where(Appearance.session.conference == own)
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
        speakers=tuple(_speaker(row) for row in speakers),
        sessions=tuple(released),
    )
    return programme, sum(not session.slots for session in released)


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


def _speaker(row: dict[str, Any]) -> ReleasedSpeaker:
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
    )
