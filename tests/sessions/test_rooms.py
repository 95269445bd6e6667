"""Rules about rooms."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta

import pytest

from conference import db
from conference.errors import NotFound, StaleEdit
from conference.tables import AuditEntry, Conference
from sessions.privacy import host_of, masked_address, masked_text
from sessions.programme import snapshot
from sessions.releases.publishing import release_programme
from sessions.room_hours import hours_in_words
from sessions.rooms import (
    RoomFacts,
    RoomInUse,
    add_room,
    change_room,
    delete_room,
    facts_of,
    room_by_code,
    rooms_of,
    shift_room,
)
from sessions.schedule.limits import Stretches
from sessions.schedule.placing import place_slot
from sessions.schedule.surroundings import surroundings_of
from sessions.tables import Release, Room, Slot
from tests.makers import NOW, THE_DAY, make_conference, make_organiser, make_room, make_session, make_slot

SECRET = "https://zoom.us/j/123?pwd=secret"


async def names(conference: Conference) -> list[str]:
    return [facts_of(room).name["en"] for room in await rooms_of(conference.id)]


async def test_a_room_is_added_after_the_others_and_changed(each_database: db.Database) -> None:
    petra = await make_organiser()
    conference = await make_conference()
    await add_room(conference, RoomFacts({"en": "Main stage"}), actor=petra, now=NOW)
    room = await add_room(conference, RoomFacts({"en": "Room B"}, 30, SECRET), actor=petra, now=NOW)
    assert await names(conference) == ["Main stage", "Room B"]
    changed = RoomFacts({"en": "Room C", "fr": "Salle C"}, None, SECRET)
    await change_room(room.id, changed, revision=1, actor=petra, now=NOW)
    found = await room_by_code(conference.id, room.code)
    assert (facts_of(found), found.revision) == (changed, 2)


async def test_a_rooms_open_hours_are_kept_in_order(each_database: db.Database) -> None:
    petra = await make_organiser()
    conference = await make_conference()
    morning = (datetime.combine(THE_DAY, time(9)), datetime.combine(THE_DAY, time(12)))
    night = (datetime.combine(THE_DAY, time(22)), datetime.combine(THE_DAY, time(2)) + timedelta(days=1))
    facts = RoomFacts({"en": "Room"}, open_hours=(night, morning))
    room = await add_room(conference, facts, actor=petra, now=NOW)
    found = facts_of(await room_by_code(conference.id, room.code))
    assert found.open_hours == (morning, night)
    assert hours_in_words(found.open_hours, "en") == ["Thu 25 Jun, 09:00–12:00, 22:00–02:00 (next day)"]
    around = await surroundings_of(conference)
    london = timedelta(hours=1)
    assert around.rooms[room.id].open == Stretches.of(
        [
            ((start - london).replace(tzinfo=UTC), (end - london).replace(tzinfo=UTC))
            for start, end in (morning, night)
        ]
    )


async def test_whoever_looks_at_the_draft_is_told_of_each_change_of_rooms(each_database: db.Database) -> None:
    petra = await make_organiser()
    conference = await make_conference()

    async def version() -> int:
        row = await Conference.select(Conference.draft_version).where(Conference.id == conference.id).first()
        assert row is not None
        return int(row["draft_version"])

    seen = [await version()]
    rooms = [await add_room(conference, RoomFacts({"en": name}), actor=petra, now=NOW) for name in "AB"]
    seen.append(await version())
    await change_room(rooms[0].id, RoomFacts({"en": "C"}), revision=1, actor=petra, now=NOW)
    seen.append(await version())
    await shift_room(rooms[1].id, -1, actor=petra, now=NOW)
    seen.append(await version())
    await delete_room(conference, rooms[1].id, actor=petra, now=NOW)
    seen.append(await version())
    assert seen == sorted(set(seen))


async def test_saving_what_stands_already_changes_nothing(each_database: db.Database) -> None:
    petra = await make_organiser()
    room = await make_room(await make_conference())
    await change_room(room.id, facts_of(room), revision=1, actor=petra, now=NOW)
    assert (await Room.select(Room.revision).first()) == {"revision": 1}
    assert not await AuditEntry.exists().where(AuditEntry.action == "room-changed")


async def test_of_two_who_change_a_room_at_once_one_gets_both_versions(each_database: db.Database) -> None:
    petra = await make_organiser()
    room = await make_room(await make_conference())
    outcomes = await asyncio.gather(
        *(
            change_room(room.id, RoomFacts({"en": name}), revision=1, actor=petra, now=NOW)
            for name in ("One", "Two")
        ),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "StaleEdit"]
    stale = next(outcome for outcome in outcomes if isinstance(outcome, StaleEdit))
    assert {stale.mine["name"], stale.theirs["name"]} == {'{"en": "One"}', '{"en": "Two"}'}


async def test_the_audit_log_sees_that_a_link_changed_but_not_the_link(each_database: db.Database) -> None:
    petra = await make_organiser()
    conference = await make_conference()
    room = await add_room(conference, RoomFacts({"en": "Room"}, None, SECRET), actor=petra, now=NOW)
    facts = RoomFacts({"en": "Room"}, None, f"{SECRET}2")
    await change_room(room.id, facts, revision=1, actor=petra, now=NOW)
    entries = await AuditEntry.select(AuditEntry.action, AuditEntry.before, AuditEntry.after).where(
        AuditEntry.subject == f"room:{room.code}"
    )
    assert [entry["action"] for entry in entries] == ["room-added", "room-changed"]
    assert "secret" not in str(entries)
    assert "zoom.us #" in entries[1]["before"]
    assert entries[1]["before"] != entries[1]["after"]


async def test_a_room_deleted_while_a_slot_is_placed_in_it_ends_in_a_word_to_one_of_the_two(
    each_database: db.Database,
) -> None:
    petra = await make_organiser()
    conference = await make_conference()
    slot = await make_slot(conference, await make_session(conference), at=None)
    for _time in range(12):
        room = await add_room(conference, RoomFacts({"en": "Room"}), actor=petra, now=NOW)
        fresh = await Slot.objects().where(Slot.id == slot.id).first()
        assert fresh is not None
        placing = place_slot(
            slot.id,
            room_id=room.id,
            local_start=datetime.combine(THE_DAY, time(14)),
            length_minutes=30,
            revision=fresh.revision,
            actor=petra,
            now=NOW,
        )
        placed, deleted = await asyncio.gather(
            placing, delete_room(conference, room.id, actor=petra, now=NOW), return_exceptions=True
        )
        outcome = (type(placed).__name__, type(deleted).__name__)
        assert outcome in {("StepDone", "RoomInUse"), ("PlacingRefused", "NoneType")}


async def test_rooms_are_moved_up_and_down_and_stay_at_the_ends(each_database: db.Database) -> None:
    petra = await make_organiser()
    conference = await make_conference()
    rooms = [await add_room(conference, RoomFacts({"en": n}), actor=petra, now=NOW) for n in "ABC"]
    await shift_room(rooms[2].id, -1, actor=petra, now=NOW)
    assert await names(conference) == ["A", "C", "B"]
    await shift_room(rooms[0].id, -1, actor=petra, now=NOW)
    await shift_room(rooms[1].id, 1, actor=petra, now=NOW)
    assert await names(conference) == ["A", "C", "B"]


async def test_a_room_is_deleted_only_when_neither_draft_nor_release_uses_it(
    each_database: db.Database,
) -> None:
    petra = await make_organiser()
    conference = await make_conference()
    room, other = await make_room(conference), await make_room(conference, "Other")
    slot = await make_slot(conference, await make_session(conference), room)
    with pytest.raises(RoomInUse, match="One slot is placed"):
        await delete_room(conference, room.id, actor=petra, now=NOW)
    await release_programme(conference, "", actor=petra, now=NOW)
    await Slot.update({Slot.room: other.id}).where(Slot.id == slot.id)
    with pytest.raises(RoomInUse, match="published programme"):
        await delete_room(conference, room.id, actor=petra, now=NOW)
    await release_programme(conference, "", actor=petra, now=NOW)
    await delete_room(conference, room.id, actor=petra, now=NOW)
    assert await names(conference) == ["Other"]
    with pytest.raises(NotFound):
        await delete_room(conference, room.id, actor=petra, now=NOW)


async def test_what_is_published_keeps_the_room_as_it_was(database: db.Database) -> None:
    petra = await make_organiser()
    conference = await make_conference()
    room = await make_room(conference)
    await make_slot(conference, await make_session(conference), room)
    await release_programme(conference, "", actor=petra, now=NOW)
    await change_room(room.id, RoomFacts({"en": "Hall"}, 5, SECRET), revision=1, actor=petra, now=NOW)
    stored = (await Release.select(Release.snapshot))[0]["snapshot"]
    assert snapshot.decode(stored).rooms[0].name == {"en": "Main stage"}
    assert "vendor" not in stored


def test_masks_tell_the_vendor_and_that_something_changed_but_not_what() -> None:
    assert host_of("https://zoom.us/j/1") == "zoom.us"
    assert host_of("https://[broken") == ""
    assert masked_address("") == ""
    assert masked_address(SECRET).startswith("zoom.us #")
    assert masked_address(SECRET) != masked_address(SECRET + "x")
    assert masked_text("") == ""
    assert masked_text("a") != masked_text("b")
