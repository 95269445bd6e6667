"""Rules about rooms: adding, changing, ordering and deleting them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from conference import audit, texts
from conference.codes import new_code
from conference.db import locked
from conference.errors import Conflict, NotFound, StaleEdit
from conference.i18n import _, ngettext
from conference.tables import Conference
from conference.texts import LocalText
from conference.viewer import SignedInOrganiser
from sessions.privacy import masked_address, masked_text
from sessions.queries import latest_programme
from sessions.room_hours import OpenHours, decode_hours, encode_hours
from sessions.schedule.draft_changes import touch_draft
from sessions.tables import Room, Slot


class RoomInUse(Conflict):
    """Something is placed in the room, in the draft or in what is published."""


@dataclass(frozen=True)
class RoomFacts:
    """What an organiser says of a room. ``capacity`` None = no limit; ``vendor_url`` is never shown to the public.

    ``open_hours`` are in order, on the conference's clock; none = always open. ``getting_in`` (Markdown) is what people
    are told who cannot get in, ``dial_in`` how those entitled take part by phone.
    """

    name: LocalText = field(default_factory=dict)
    capacity: int | None = None
    vendor_url: str = ""
    open_hours: tuple[OpenHours, ...] = ()
    getting_in: LocalText = field(default_factory=dict)
    dial_in: LocalText = field(default_factory=dict)

    def as_columns(self) -> dict[str, Any]:
        """The facts as the columns of ``Room`` hold them."""
        return {
            "name": texts.encode(self.name),
            "capacity": self.capacity,
            "vendor_url": self.vendor_url,
            "open_hours": encode_hours(self.open_hours),
            "getting_in": texts.encode(self.getting_in),
            "dial_in": texts.encode(self.dial_in),
        }

    def as_recorded(self) -> dict[str, Any]:
        """The facts as the audit log may keep them: what opens the room unreadable, yet a change of it visible."""
        dial_in = {language: masked_text(text) for language, text in self.dial_in.items()}
        return self.as_columns() | {
            "vendor_url": masked_address(self.vendor_url),
            "dial_in": texts.encode(dial_in),
        }


def facts_of(room: Room) -> RoomFacts:
    """The facts a row holds."""
    return RoomFacts(
        texts.decode(room.name),
        room.capacity,
        room.vendor_url,
        decode_hours(room.open_hours),
        texts.decode(room.getting_in),
        texts.decode(room.dial_in),
    )


async def rooms_of(conference_id: int) -> list[Room]:
    """The conference's rooms in their order."""
    return (
        await Room.objects().where(Room.conference == conference_id).order_by(Room.position).order_by(Room.id)
    )


async def room_by_code(conference_id: int, code: str) -> Room:
    """The room of this code. Raises NotFound."""
    room = await Room.objects().where((Room.conference == conference_id) & (Room.code == code[:12])).first()
    if room is None:
        raise NotFound(_("There is no such room. It may have been deleted meanwhile."))
    return room


async def add_room(
    conference: Conference, facts: RoomFacts, *, actor: SignedInOrganiser, now: datetime
) -> Room:
    """Add a room after the others."""
    async with locked(Conference, conference.id):
        others = await rooms_of(conference.id)
        room = Room(
            conference=conference.id,
            code=new_code(),
            position=max((other.position for other in others), default=-1) + 1,
            **facts.as_columns(),
        )
        await room.save()
        await _record("room-added", room, actor=actor, after=facts, now=now)
        await touch_draft(conference.id, actor=actor, now=now)
    return room


async def change_room(
    room_id: int, facts: RoomFacts, *, revision: int, actor: SignedInOrganiser, now: datetime
) -> None:
    """Change the room as seen at ``revision``. Raises StaleEdit, NotFound."""
    async with locked(Room, room_id):
        room = await Room.objects().where(Room.id == room_id).first()
        if room is None:
            raise NotFound(_("There is no such room. It may have been deleted meanwhile."))
        before = facts_of(room)
        if room.revision != revision:
            raise StaleEdit(
                _("Someone else changed this room meanwhile."),
                mine=facts.as_recorded(),
                theirs=before.as_recorded(),
            )
        if facts == before:
            return
        changes: dict[Any, Any] = {**facts.as_columns(), "revision": revision + 1}
        await Room.update(changes).where(Room.id == room_id)
        await _record("room-changed", room, actor=actor, before=before, after=facts, now=now)
        await touch_draft(room.conference, actor=actor, now=now)


async def shift_room(room_id: int, by: int, *, actor: SignedInOrganiser, now: datetime) -> None:
    """Move the room ``by`` places: −1 one up, 1 one down. Nothing happens at the end of the list."""
    room = await Room.objects().where(Room.id == room_id).first()
    if room is None:
        raise NotFound(_("There is no such room. It may have been deleted meanwhile."))
    async with locked(Conference, room.conference):
        order = await rooms_of(room.conference)
        at = next((index for index, other in enumerate(order) if other.id == room_id), None)
        if at is None or not 0 <= at + by < len(order):
            return
        order.insert(at + by, order.pop(at))
        for position, other in enumerate(order):
            if other.position != position:
                await Room.update({Room.position: position}).where(Room.id == other.id)
        await audit.record(
            conference_id=room.conference,
            actor=actor,
            action="room-moved",
            subject=f"room:{room.code}",
            before={"position": at},
            after={"position": at + by},
            now=now,
        )
        await touch_draft(room.conference, actor=actor, now=now)


async def delete_room(
    conference: Conference, room_id: int, *, actor: SignedInOrganiser, now: datetime
) -> None:
    """Delete a room that nothing is placed in. Raises RoomInUse, NotFound."""
    async with locked(Room, room_id), locked(Conference, conference.id):
        room = await Room.objects().where(Room.id == room_id).first()
        if room is None:
            raise NotFound(_("There is no such room. It may have been deleted meanwhile."))
        placed = await Slot.count().where(Slot.room == room_id)
        if placed:
            raise RoomInUse(
                ngettext(
                    "One slot is placed in this room. Move it elsewhere first.",
                    "%(count)d slots are placed in this room. Move them elsewhere first.",
                    placed,
                )
                % {"count": placed}
            )
        fresh = await Conference.objects().where(Conference.id == conference.id).first()
        programme = await latest_programme(fresh) if fresh else None
        if programme and any(slot.room == room.code for _session, slot in programme.placings):
            raise RoomInUse(
                _("The published programme still uses this room. Publish the new programme first.")
            )
        await Room.delete().where(Room.id == room_id)
        await _record("room-deleted", room, actor=actor, before=facts_of(room), now=now)
        await touch_draft(conference.id, actor=actor, now=now)


async def _record(
    action: str,
    room: Room,
    *,
    actor: SignedInOrganiser,
    before: RoomFacts | None = None,
    after: RoomFacts | None = None,
    now: datetime,
) -> None:
    await audit.record(
        conference_id=room.conference,
        actor=actor,
        action=action,
        subject=f"room:{room.code}",
        before=before.as_recorded() if before else None,
        after=after.as_recorded() if after else None,
        now=now,
    )
