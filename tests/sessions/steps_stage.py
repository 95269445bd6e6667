"""A stage for the editor's steps: a conference with rooms, sessions on and off the grid, and two organisers."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Self

from conference.tables import Conference, Role
from conference.viewer import SignedInOrganiser
from sessions.schedule.copies import BreakFacts, add_break, copy_to_free_rooms, remove_in_editor, repeat_slot
from sessions.schedule.placing import place_slot, resize, unschedule_slot
from sessions.schedule.steps import StepDone
from sessions.schedule.together import (
    Distance,
    Seen,
    move_together,
    shift_from,
    swap_two,
    unschedule_together,
)
from sessions.tables import Room, Session, SessionKind, Slot
from tests.makers import (
    NOW,
    THE_DAY,
    make_conference,
    make_member,
    make_organiser,
    make_room,
    make_session,
    make_slot,
    make_speaker,
)
from tests.people import KOLKATA_ATTENDEE

MIDNIGHT = datetime.combine(THE_DAY, datetime.min.time())

Operation = tuple[str, int, int, int]
"""What to do, and three numbers that say with what; every number means something."""

OPERATIONS = (
    "place", "move", "resize", "unschedule", "swap", "shift", "copy", "repeat", "remove", "add", "together", "off",
)  # fmt: skip


class Stage:
    """Four rooms; a keynote, two talks, a break and a workshop on the grid, a panel beside it."""

    conference: Conference
    petra: SignedInOrganiser
    anjali: SignedInOrganiser
    rooms: list[Room]
    slots: list[Slot]

    @classmethod
    async def build(cls) -> Self:
        """The scene in the database."""
        stage = cls()
        stage.petra = await make_organiser()
        stage.conference = await make_conference(owner=stage.petra)
        stage.anjali = await make_member(stage.conference, KOLKATA_ATTENDEE, Role.PROGRAMME)
        stage.rooms = [
            await make_room(stage.conference, name, position=at)
            for at, name in enumerate(("Main stage", "Room A", "Room B", "Room C"))
        ]
        ruth = await make_speaker(stage.conference)
        made = (
            ("Opening", SessionKind.KEYNOTE, 0, "09:00", (ruth,)),
            ("Fundraising", SessionKind.TALK, 0, "10:00", (ruth,)),
            ("Bridges", SessionKind.TALK, 1, "10:00", ()),
            ("Lunch", SessionKind.BREAK, 0, "12:00", ()),
            ("Makers", SessionKind.WORKSHOP, 2, "14:00", ()),
            ("Panel", SessionKind.PANEL, None, None, ()),
        )
        stage.slots = []
        for title, kind, room, at, speakers in made:
            session = await make_session(stage.conference, title, kind=kind, speakers=speakers)
            where = stage.rooms[room] if room is not None else None
            stage.slots.append(await make_slot(stage.conference, session, where, at))
        # As the rules write it: what is off the grid has no zone.
        await Slot.update({Slot.zone: ""}).where(Slot.start.is_null())
        return stage

    async def seen(self, *which: int | str) -> list[Seen]:
        """Slots as they stand now: by their number on this stage, or by code."""
        codes = [one if isinstance(one, str) else self.slots[one].code for one in which]
        rows = await Slot.select(Slot.code, Slot.revision).where(Slot.code.is_in(codes))
        revisions = {row["code"]: row["revision"] for row in rows}
        return [Seen(code, revisions[code]) for code in codes]

    async def place(
        self, which: int, at: str, room: int = 1, *, actor: SignedInOrganiser | None = None, minutes: int = 45
    ) -> StepDone:
        """Place a slot at a time of the day, as it stands now."""
        [seen] = await self.seen(which)
        return await place_slot(
            self.slots[which].id,
            room_id=self.rooms[room].id,
            local_start=datetime.fromisoformat(f"{THE_DAY}T{at}"),
            length_minutes=minutes,
            revision=seen.revision,
            actor=actor or self.petra,
            now=NOW,
        )

    async def stands(self, which: int | str) -> tuple[int | None, str]:
        """A slot's room, by its number, and wall-clock time of the day; (None, "") off the grid."""
        code = which if isinstance(which, str) else self.slots[which].code
        row = await Slot.select(Slot.room, Slot.local_start).where(Slot.code == code).first()
        assert row is not None
        if row["local_start"] is None:
            return None, ""
        return [room.id for room in self.rooms].index(row["room"]), f"{row['local_start']:%H:%M}"

    async def snapshot(self) -> str:
        """Every slot and session of the database as text, but for row ids and revisions."""
        slots = await Slot.select().order_by(Slot.code)
        sessions = await Session.select().order_by(Session.code)
        codes = {row["id"]: row["code"] for row in sessions}
        for row in slots:
            row["session"] = codes[row["session"]]
            del row["id"], row["revision"]
        for row in sessions:
            del row["id"]
        return json.dumps([slots, sessions], default=str, sort_keys=True)

    async def do(self, operation: Operation) -> StepDone:
        """Carry out an operation on whatever stands now. Raises DomainError when it is refused."""
        what, one, two, three = operation
        rows = await Slot.select(Slot.id, Slot.code, Slot.revision).order_by(Slot.code)
        row, other = rows[one % len(rows)], rows[two % len(rows)]
        seen, also = (Seen(each["code"], each["revision"]) for each in (row, other))
        many = [seen] if seen == also else [seen, also]
        conference = self.conference.id
        wall = MIDNIGHT + timedelta(minutes=7 * 60 + (two * 35) % 720)
        signed = (two % 9 - 4) * 15
        match what:
            case "place" | "move":
                room = self.rooms[three % 4].id
                return await place_slot(
                    row["id"], room_id=room, local_start=wall, length_minutes=15 + three % 90,
                    revision=row["revision"], actor=self.petra, now=NOW,
                )  # fmt: skip
            case "resize":
                return await resize(
                    row["id"], length_minutes=5 + two, revision=row["revision"], actor=self.petra, now=NOW
                )
            case "unschedule":
                return await unschedule_slot(row["id"], revision=row["revision"], actor=self.petra, now=NOW)
            case "swap":
                return await swap_two(conference, seen, also, actor=self.petra, now=NOW)
            case "shift":
                room_id = self.rooms[three % 4].id if three % 2 else None
                return await shift_from(conference, wall, signed, room_id=room_id, actor=self.petra, now=NOW)
            case "copy":
                return await copy_to_free_rooms(conference, seen, actor=self.petra, now=NOW)
            case "repeat":
                return await repeat_slot(conference, seen.code, actor=self.petra, now=NOW)
            case "remove":
                return await remove_in_editor(conference, seen, actor=self.petra, now=NOW)
            case "add":
                kind = SessionKind.BREAK if three % 2 else SessionKind.BLOCKER
                rooms = tuple(room.id for room in self.rooms[: 1 + three % 4])
                return await add_break(
                    conference, BreakFacts(kind, "Tea", rooms, wall, 20), actor=self.petra, now=NOW
                )
            case "together":
                return await move_together(
                    conference, many, Distance(signed, 0, three % 3 - 1), actor=self.petra, now=NOW
                )
            case _:
                return await unschedule_together(conference, many, actor=self.petra, now=NOW)
