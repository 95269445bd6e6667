"""Restoring a release to the draft: the draft says what the release says, and nothing is lost."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from conference import db, texts
from conference.tables import AuditEntry, Conference
from sessions.programme.snapshot import ReleasedProgramme
from sessions.queries import released_programme
from sessions.releases.differences import compare
from sessions.releases.draft_programme import read_draft
from sessions.releases.kept_drafts import MOST, kept_drafts, read_content
from sessions.releases.publishing import preview_release, release_programme
from sessions.releases.restoring import DraftMoved, restore_kept, restore_release
from sessions.releases.stamping import is_same, stamp
from sessions.schedule.draft_changes import touch_draft
from sessions.tables import (
    Appearance,
    AppearanceRole,
    AppearanceState,
    ConsentState,
    Room,
    Session,
    SessionKind,
    SessionPart,
    SessionState,
    Slot,
    Speaker,
    Track,
)
from tests.makers import (
    NOW,
    make_conference,
    make_organiser,
    make_room,
    make_session,
    make_slot,
    make_speaker,
    make_track,
)

LATER = NOW + timedelta(days=1)


async def fresh(conference: Conference) -> Conference:
    found = await Conference.objects().where(Conference.id == conference.id).first()
    assert found is not None
    return found


async def drafted(conference: Conference) -> ReleasedProgramme:
    return (await read_draft(conference, number=0, now=NOW)).programme


async def publish(conference: Conference, at: datetime = NOW) -> ReleasedProgramme:
    conference = await fresh(conference)
    await release_programme(conference, "", actor="command line", now=at, despite_clashes=True)
    programme = await released_programme(conference.id, conference.release_number)
    assert programme is not None
    return programme


async def differences(conference: Conference, programme: ReleasedProgramme) -> list[object]:
    """What tells the draft from the release, in any way at all."""
    draft = await drafted(await fresh(conference))
    again = stamp(programme, draft).programme
    return [*compare(programme, draft), *([] if is_same(again, programme) else ["not the same"])]


async def restore(conference: Conference, number: int) -> str:
    seen = (await fresh(conference)).draft_version
    return (await restore_release(conference, number, seen=seen, actor="test", now=LATER)).kept


async def whole_conference() -> Conference:
    conference = await make_conference()
    rooms = [await make_room(conference, name) for name in ("Main stage", "Side room")]
    tracks = [await make_track(conference, name) for name in ("Digital", "Community")]
    speakers = [
        await make_speaker(conference, name) for name in ("Ruth Okafor", "Omar Haddad", "Aiko Tanaka")
    ]
    for index, hour in enumerate(("09:00", "10:00", "11:00", "12:00")):
        session = await make_session(
            conference,
            f"Session {index}",
            speakers=(speakers[index % 3], speakers[(index + 1) % 3]),
            track=tracks[index % 2].id,
        )
        await make_slot(conference, session, rooms[index % 2], hour, seats=index or None)
        await make_slot(conference, session, None, None, minutes=20 + index)
    panel = await make_session(conference, "Panel", kind=SessionKind.PANEL)
    part = SessionPart(session=panel.id, title=texts.encode({"en": "Opening"}), position=0)
    await part.save()
    await Appearance(
        session=panel.id, speaker=speakers[0].id, role=AppearanceRole.CHAIR, part=part.id, position=0
    ).save()
    await make_slot(conference, panel, rooms[0], "15:00")
    return conference


async def shake(conference: Conference, dice: random.Random, count: int = 12) -> None:
    """Change the draft at random, as organisers might over a week."""
    rooms = await Room.objects().where(Room.conference == conference.id).order_by(Room.id)
    tracks = await Track.objects().where(Track.conference == conference.id).order_by(Track.id)
    speakers = await Speaker.objects().where(Speaker.conference == conference.id).order_by(Speaker.id)
    for _turn in range(count):
        sessions = await Session.objects().where(Session.conference == conference.id).order_by(Session.id)
        slots = await Slot.objects().where(Slot.conference == conference.id).order_by(Slot.id)
        session, slot, room = dice.choice(sessions), dice.choice(slots), dice.choice(rooms)
        match dice.randrange(13):
            case 0:
                start = NOW + timedelta(minutes=dice.randrange(2000))
                await Slot.update(
                    {
                        Slot.room: room.id,
                        Slot.start: start,
                        Slot.end: start + timedelta(minutes=dice.choice((15, 45, 90))),
                        Slot.local_start: (start + timedelta(hours=1)).replace(tzinfo=None),
                        Slot.zone: conference.zone,
                    }
                ).where(Slot.id == slot.id)
            case 1:
                nowhere: dict[Any, Any] = {
                    Slot.room: None,
                    Slot.start: None,
                    Slot.end: None,
                    Slot.local_start: None,
                }
                await Slot.update(nowhere).where(Slot.id == slot.id)
            case 2:
                await Slot.update({Slot.is_cancelled: not slot.is_cancelled, Slot.seats: 9}).where(
                    Slot.id == slot.id
                )
            case 3:
                state = dice.choice(list(SessionState))
                await Session.update({Session.state: state.value}).where(Session.id == session.id)
            case 4:
                await Session.update(
                    {Session.title: texts.encode({"en": f"Anew {dice.random()}"}), Session.language: "fr"}
                ).where(Session.id == session.id)
            case 5:
                await Session.update({Session.track: dice.choice([None, *tracks])}).where(
                    Session.id == session.id
                )
            case 6:
                await Appearance.delete().where(Appearance.session == session.id)
            case 7:
                taken = await Appearance.select(Appearance.speaker).where(Appearance.session == session.id)
                free = [s for s in speakers if s.id not in {row["speaker"] for row in taken}]
                if free:
                    await Appearance(session=session.id, speaker=dice.choice(free).id, position=7).save()
            case 8:
                await SessionPart.delete().where(SessionPart.session == session.id)
                await SessionPart(session=session.id, title=texts.encode({"en": "Part"}), position=0).save()
            case 9:
                await Room.update({Room.name: texts.encode({"en": f"Room {dice.random()}"})}).where(
                    Room.id == room.id
                )
            case 10:
                await Speaker.update(
                    {Speaker.name: f"Name {dice.random()}", Speaker.zone: "Asia/Tokyo"}
                ).where(Speaker.id == dice.choice(speakers).id)
            case 11:
                added = await make_session(conference, "Added since", speakers=(dice.choice(speakers),))
                await make_slot(conference, added, room, "17:00")
            case _:
                await Session.update({Session.kind: SessionKind.BLOCKER.value}).where(
                    Session.id == session.id
                )
    await touch_draft(conference.id, actor=None, now=NOW)


@pytest.mark.parametrize("seed", range(12))
async def test_after_restoring_the_draft_is_the_release_and_can_be_taken_back(
    database: db.Database, seed: int
) -> None:
    dice = random.Random(seed)
    conference = await whole_conference()
    await shake(conference, dice)
    first = await publish(conference)
    await shake(conference, dice)
    second = await publish(conference, LATER)
    await shake(conference, dice, 20)
    before = await read_content(await fresh(conference), now=NOW)
    assert await differences(conference, first) != []

    kept = await restore(conference, 1)
    assert await differences(conference, first) == []
    seen = (await fresh(conference)).draft_version
    await restore_kept(conference, kept, seen=seen, actor="test", now=LATER)
    after = await read_content(await fresh(conference), now=NOW)
    assert replace(after, programme=before.programme) == before
    assert in_order(after.programme) == in_order(before.programme)
    await restore(conference, 2)
    assert await differences(conference, second) == []


def in_order(programme: ReleasedProgramme) -> ReleasedProgramme:
    """Rows without the order in which the database found them."""
    return replace(
        programme,
        rooms=tuple(sorted(programme.rooms, key=lambda room: room.code)),
        tracks=tuple(sorted(programme.tracks, key=lambda track: track.code)),
        speakers=tuple(sorted(programme.speakers, key=lambda speaker: speaker.code)),
        sessions=tuple(
            replace(session, slots=tuple(sorted(session.slots, key=lambda slot: slot.code)))
            for session in programme.sessions
        ),
    )


async def test_on_each_engine_a_release_comes_back(each_database: db.Database) -> None:
    dice = random.Random(77)
    conference = await whole_conference()
    first = await publish(conference)
    await shake(conference, dice, 30)
    await restore(conference, 1)
    assert await differences(conference, first) == []


async def test_deleted_rows_come_back_under_their_codes(database: db.Database) -> None:
    conference = await whole_conference()
    first = await publish(conference)
    await Session.delete().where(Session.conference == conference.id)
    await Speaker.delete().where(Speaker.conference == conference.id)
    await Track.delete().where(Track.conference == conference.id)
    await Room.delete().where(Room.conference == conference.id)
    await restore(conference, 1)
    assert await differences(conference, first) == []


async def test_what_was_added_since_leaves_the_grid_and_stays_in_the_draft(database: db.Database) -> None:
    conference = await make_conference()
    room = await make_room(conference)
    await make_slot(conference, await make_session(conference, "Old"), room, "10:00")
    await publish(conference)
    added = await make_slot(conference, await make_session(conference, "New"), room, "12:00", minutes=25)
    blocker = await make_session(conference, "Keep free", kind=SessionKind.BLOCKER)
    kept_free = await make_slot(conference, blocker, room, "13:00")
    await restore(conference, 1)
    found = await Slot.objects().where(Slot.id == added.id).first()
    assert found is not None
    assert {found.start, found.room, found.local_start} == {None}
    assert found.length_minutes == 25
    assert found.revision == added.revision + 1
    still = await Slot.objects().where(Slot.id == kept_free.id).first()
    assert still is not None
    assert still.start == kept_free.start


async def test_whoever_declined_since_stays_declined_and_whoever_stays_keeps_their_answers(
    database: db.Database,
) -> None:
    conference = await make_conference()
    ruth, omar = await make_speaker(conference), await make_speaker(conference, "Omar Haddad")
    session = await make_session(conference, "Old", speakers=(ruth, omar))
    await make_slot(conference, session, await make_room(conference), "10:00")
    await publish(conference)
    await Appearance.update({Appearance.state: AppearanceState.DECLINED.value}).where(
        Appearance.speaker == ruth.id
    )
    await Appearance.update(
        {
            Appearance.state: AppearanceState.CONFIRMED.value,
            Appearance.recording_consent: ConsentState.REFUSED.value,
        }
    ).where(Appearance.speaker == omar.id)
    await Session.update({Session.title: texts.encode({"en": "New"})}).where(Session.id == session.id)
    await restore(conference, 1)
    rows = {row.speaker: row for row in await Appearance.objects().where(Appearance.session == session.id)}
    assert rows[ruth.id].state == AppearanceState.DECLINED
    assert (rows[omar.id].state, rows[omar.id].recording_consent) == ("confirmed", "refused")
    draft = await drafted(conference)
    assert [a.speaker for a in draft.sessions[0].appearances] == [omar.code]


async def test_an_appearance_that_was_removed_comes_back_with_its_answers_from_the_kept_draft(
    database: db.Database,
) -> None:
    conference = await make_conference()
    ruth = await make_speaker(conference)
    session = await make_session(conference, "Old")
    await make_slot(conference, session, await make_room(conference), "10:00")
    await publish(conference)
    await Appearance(
        session=session.id,
        speaker=ruth.id,
        role=AppearanceRole.PRESENTER,
        state=AppearanceState.CONFIRMED,
        answered_at=NOW,
        publishing_consent=ConsentState.GIVEN,
    ).save()
    kept = await restore(conference, 1)
    assert await Appearance.count() == 0
    seen = (await fresh(conference)).draft_version
    await restore_kept(conference, kept, seen=seen, actor="test", now=LATER)
    [row] = await Appearance.objects()
    assert (row.state, row.answered_at, row.publishing_consent) == ("confirmed", NOW, "given")


async def test_a_draft_that_moved_since_it_was_looked_at_is_not_overwritten(
    each_database: db.Database,
) -> None:
    conference = await whole_conference()
    await publish(conference)
    [slot, *_rest] = await Slot.objects().where(Slot.start.is_not_null()).order_by(Slot.id)
    seen = (await fresh(conference)).draft_version
    await Slot.update({Slot.seats: 77}).where(Slot.id == slot.id)
    await touch_draft(conference.id, slots=[slot.code], actor=None, now=NOW)
    with pytest.raises(DraftMoved):
        await restore_release(conference, 1, seen=seen, actor="test", now=LATER)
    found = await Slot.objects().where(Slot.id == slot.id).first()
    assert found is not None
    assert found.seats == 77
    assert await kept_drafts(conference.id) == []


async def test_of_two_who_restore_at_once_one_does_and_the_other_is_told(each_database: db.Database) -> None:
    conference = await whole_conference()
    await publish(conference)
    await Session.delete().where(Session.conference == conference.id)
    seen = (await fresh(conference)).draft_version
    outcomes = await asyncio.gather(
        *(restore_release(conference, 1, seen=seen, actor="test", now=LATER) for _twice in range(2)),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["DraftMoved", "Restored"]
    assert len(await kept_drafts(conference.id)) == 1


async def test_restoring_publishes_nothing_leaves_one_entry_and_keeps_the_latest_ten_drafts(
    database: db.Database,
) -> None:
    conference = await whole_conference()
    await publish(conference)
    organiser = await make_organiser()
    for _again in range(MOST + 2):
        seen = (await fresh(conference)).draft_version
        await restore_release(conference, 1, seen=seen, actor=organiser, now=LATER)
    conference = await fresh(conference)
    assert conference.release_number == 1
    assert not (await preview_release(conference, now=LATER)).is_changed
    entries = await AuditEntry.objects().where(AuditEntry.action == "draft-restored")
    assert len(entries) == MOST + 2
    assert {(entry.actor, entry.subject) for entry in entries} == {("Petra Vogel", "release:1")}
    kept = await kept_drafts(conference.id)
    assert len(kept) == MOST
    assert {row.by for row in kept} == {"Petra Vogel"}


async def test_what_is_private_stays_as_it_is(database: db.Database) -> None:
    conference = await make_conference()
    room = await make_room(conference)
    speaker = await make_speaker(conference)
    session = await make_session(conference, "Old", speakers=(speaker,))
    await make_slot(conference, session, room, "10:00")
    await publish(conference)
    await Room.update({Room.vendor_url: "https://vendor.example/new"}).where(Room.id == room.id)
    await Speaker.update({Speaker.email: "new@example.org", Speaker.name: "New name"}).where(
        Speaker.id == speaker.id
    )
    await Session.update({Session.internal_notes: "new note", Session.kind: "panel"}).where(
        Session.id == session.id
    )
    await restore(conference, 1)
    found_room, found, found_session = await Room.objects(), await Speaker.objects(), await Session.objects()
    assert found_room[0].vendor_url == "https://vendor.example/new"
    assert (found[0].email, found[0].name) == ("new@example.org", "Ruth Okafor")
    assert (found_session[0].internal_notes, found_session[0].kind) == ("new note", "talk")
