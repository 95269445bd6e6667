"""What every rule of the schedule editor does with slots: hold them, and work out where they shall stand."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from conference import texts
from conference.db import keep, locking
from conference.errors import DomainError, NotFound, StaleEdit
from conference.i18n import _, current_language
from conference.tables import Conference
from conference.texts import LocalText
from conference.timezones import LocalTimeError, to_utc, wall_time
from sessions.schedule.moves import SlotState
from sessions.tables import Release, Room, Session, Slot

SHORTEST = 1  # minutes
LONGEST = 24 * 60  # minutes


class PlacingRefused(DomainError):
    """The placing cannot be; ``field`` names what is at fault: "room", "length", "time" or "slots"."""

    http_status: ClassVar[int] = 422

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class StaleSlot(StaleEdit):
    """Someone else changed the slot of this code since it was read."""

    def __init__(self, message: str, *, code: str, mine: dict[str, Any], theirs: dict[str, Any]) -> None:
        super().__init__(message, mine=mine, theirs=theirs)
        self.code = code


@dataclass(frozen=True)
class Held:
    """A slot that nobody else may change until the transaction ends, with its session's code, kind and title."""

    slot: Slot
    session_code: str
    kind: str
    title: LocalText

    @property
    def state(self) -> SlotState:
        """Where it stands."""
        return state_of(self.slot)


@dataclass(frozen=True)
class Move:
    """A slot that shall stand elsewhere. ``start`` is UTC, None off the grid."""

    held: Held
    after: SlotState
    start: datetime | None


def state_of(slot: Slot) -> SlotState:
    """Where a slot stands."""
    return SlotState(
        slot.room,
        slot.local_start.isoformat(timespec="minutes") if slot.local_start else None,
        wall_time(slot.start, slot.zone).fold if slot.start else 0,
        slot.length_minutes,
    )


def check_length(length_minutes: int) -> None:
    """Raises PlacingRefused."""
    if not SHORTEST <= length_minutes <= LONGEST:
        raise PlacingRefused(
            "length",
            _("The length must be from %(least)s to %(most)s minutes.")
            % {"least": SHORTEST, "most": LONGEST},
        )


def move_to(held: Held, wanted: SlotState, zone: str, fold: int | None = None) -> Move:
    """The slot with its instant worked out on the zone's clock. Raises LocalTimeError."""
    if wanted.local_start is None:
        return Move(held, replace(wanted, fold=0), None)
    start = to_utc(datetime.fromisoformat(wanted.local_start), zone, fold)
    return Move(held, replace(wanted, fold=wall_time(start, zone).fold), start)


def move_by(held: Held, wanted: SlotState, zone: str) -> Move:
    """Like ``move_to`` for one slot of several: an error names it, and of two equal hours it stays in its own.

    Raises PlacingRefused.
    """
    slot = held.slot
    stands_in_one_of_two = slot.local_start is not None and slot.zone == zone and is_repeated(slot)
    try:
        return move_to(held, wanted, zone, held.state.fold if stands_in_one_of_two else None)
    except LocalTimeError as error:
        raise refused_for(held, "time", error.message) from None


def is_repeated(slot: Slot) -> bool:
    """Whether the clocks of its zone show the slot's start twice."""
    if slot.local_start is None:
        return False
    try:
        to_utc(slot.local_start, slot.zone)
    except LocalTimeError:
        return True
    return False


def refused_for(held: Held, field: str, reason: str) -> PlacingRefused:
    """A refusal of one slot of several, which it names."""
    return PlacingRefused(
        field,
        _("“%(title)s”: %(reason)s")
        % {"title": texts.pick(held.title, current_language()), "reason": reason},
    )


async def hold(ids: Collection[int]) -> dict[int, Held]:
    """Inside a transaction: the slots of these ids that exist, by id, kept from others. Locked in order of id."""
    if not ids:
        return {}
    slots = await locking(Slot.objects().where(Slot.id.is_in(sorted(ids))).order_by(Slot.id))
    if not slots:  # deleted while we waited for them
        return {}
    rows = await Session.select(Session.id, Session.code, Session.kind, Session.title).where(
        Session.id.is_in(sorted({slot.session for slot in slots}))
    )
    sessions = {row["id"]: row for row in rows}
    return {
        slot.id: Held(
            slot,
            sessions[slot.session]["code"],
            sessions[slot.session]["kind"],
            texts.decode(sessions[slot.session]["title"]),
        )
        for slot in slots
    }


async def hold_one(slot_id: int) -> tuple[Held, Conference]:
    """Like ``hold`` for one slot, with its conference. Raises NotFound."""
    held = (await hold([slot_id])).get(slot_id)
    if held is None:
        raise slot_gone()
    return held, await conference_now(held.slot.conference)


async def conference_now(conference_id: int) -> Conference:
    """The conference as it stands inside the transaction. Raises NotFound."""
    conference = await Conference.objects().where(Conference.id == conference_id).first()
    if conference is None:
        raise NotFound(_("There is no such conference."))
    return conference


async def ids_of(conference_id: int, codes: Iterable[str]) -> dict[str, int]:
    """The ids of those of these slots that exist, by code."""
    wanted = sorted({code[:12] for code in codes})
    if not wanted:
        return {}
    rows = await Slot.select(Slot.id, Slot.code).where(
        (Slot.conference == conference_id) & Slot.code.is_in(wanted)
    )
    return {row["code"]: row["id"] for row in rows}


def slot_gone() -> NotFound:
    """For a slot that is not there."""
    return NotFound(_("There is no such slot in this conference. It may have been deleted meanwhile."))


async def keep_rooms(conference_id: int, room_ids: Iterable[int | None]) -> dict[int | None, LocalText]:
    """Inside a transaction: the names of these rooms, which nobody may delete until it ends. Raises PlacingRefused."""
    wanted = sorted({room for room in room_ids if room is not None})
    if not wanted:
        return {}
    # Before the conference's row, which writing the step refers to: delete_room locks them in the same order.
    for room in wanted:
        await keep(Room, room)
    rows = await Room.select(Room.id, Room.name).where(
        (Room.conference == conference_id) & Room.id.is_in(wanted)
    )
    if len(rows) < len(wanted):
        raise PlacingRefused("room", _("This room is not there any more."))
    return {row["id"]: texts.decode(row["name"]) for row in rows}


async def refuse_stale(held: Held, revision: int, wanted: SlotState) -> None:
    """Raises StaleSlot when the slot has changed since ``revision``."""
    if held.slot.revision == revision:
        return
    names = await room_names([wanted.room, held.slot.room])
    raise StaleSlot(
        _("Someone else has changed this slot meanwhile."),
        code=held.slot.code,
        mine=wanted.as_words(names),
        theirs=held.state.as_words(names) | {"revision": held.slot.revision},
    )


async def room_names(room_ids: Iterable[int | None]) -> dict[int | None, str]:
    """Rooms' names in the reader's language, by id."""
    wanted = sorted({room for room in room_ids if room is not None})
    if not wanted:
        return {}
    rows = await Room.select(Room.id, Room.name).where(Room.id.is_in(wanted))
    return {row["id"]: texts.pick(row["name"], current_language()) for row in rows}


async def was_released(conference_id: int, code: str) -> bool:
    """Whether a session or slot of this code stands in any release.

    Asked of the stored text: codes are random and stand there as ``"code":"…"``.
    """
    return await Release.exists().where(
        (Release.conference == conference_id) & Release.snapshot.like(f'%"code":"{code}"%')
    )
