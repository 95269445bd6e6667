"""Publishing the draft: numbered, complete, once, and without what is private."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from conference import db
from conference.db import count_queries
from conference.tables import AuditEntry, Conference
from sessions.programme import snapshot
from sessions.queries import latest_programme
from sessions.releases.past import past_releases
from sessions.releases.publishing import (
    ClashesRemain,
    NothingToRelease,
    ReleasedMeanwhile,
    preview_release,
    release_programme,
)
from sessions.schedule.conflict_kinds import ConflictKind, Level
from sessions.tables import (
    Appearance,
    AppearanceState,
    Release,
    Room,
    ScheduleRules,
    Session,
    SessionKind,
    SessionPart,
    SessionState,
    Slot,
    Speaker,
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


async def test_a_release_holds_the_whole_programme(each_database: db.Database) -> None:
    conference = await make_conference()
    room = await make_room(conference, capacity=30)
    track = await make_track(conference)
    speaker = await make_speaker(conference)
    session = await make_session(conference, "Bridges", speakers=(speaker,), track=track.id)
    part = SessionPart(session=session.id, title=json.dumps({"en": "Part one"}), position=0)
    await part.save()
    slot = await make_slot(conference, session, room, "10:00", seats=20)
    organiser = await make_organiser()

    release = await release_programme(conference, "First!", actor=organiser, now=NOW)

    conference = await fresh(conference)
    assert (release.number, conference.release_number, conference.public_version) == (1, 1, 2)
    programme = await latest_programme(conference)
    assert programme is not None
    assert programme == snapshot.decode(snapshot.encode(programme))
    [(found, placed)] = programme.placings
    assert (found.code, found.title, found.track) == (session.code, {"en": "Bridges"}, track.code)
    assert found.parts == ({"en": "Part one"},)
    assert [(a.speaker, a.role, a.part) for a in found.appearances] == [(speaker.code, "presenter", None)]
    assert (placed.code, placed.room, placed.seats, placed.sequence) == (slot.code, room.code, 20, 0)
    assert (placed.start, placed.end, placed.local_start) == (slot.start, slot.end, slot.local_start)
    [entry] = await AuditEntry.objects().where(AuditEntry.action == "programme-released")
    assert (entry.actor, entry.subject) == ("Petra Vogel", "release:1")


async def test_private_facts_are_in_no_release(database: db.Database) -> None:
    conference = await make_conference()
    room = await make_room(conference, vendor_url="https://vendor.example/hidden-room")
    speaker = await make_speaker(conference, email="hidden@example.org", internal_notes="hidden note")
    session = await make_session(
        conference,
        speakers=(speaker,),
        internal_notes="hidden note",
        recording_url="https://vendor.example/hidden-recording",
    )
    await make_slot(conference, session, room)
    release = await release_programme(conference, "", actor="command line", now=NOW)
    assert "hidden" not in release.snapshot
    assert "hidden" not in release.changes


async def test_unplaced_sessions_stay_in_the_draft(database: db.Database) -> None:
    conference = await make_conference()
    room = await make_room(conference)
    placed = await make_session(conference, "Placed")
    await make_slot(conference, placed, room)
    await make_slot(conference, placed, None, None)
    waiting = await make_session(conference, "Waiting", speakers=(await make_speaker(conference),))
    await make_slot(conference, waiting, None, None)
    preview = await preview_release(conference, now=NOW)
    assert preview.unplaced == 1
    await release_programme(conference, "", actor="command line", now=NOW)
    programme = await latest_programme(conference)
    assert programme is not None
    assert [(s.code, len(s.slots)) for s in programme.sessions] == [(placed.code, 1)]
    assert programme.speakers == ()


async def test_a_draft_change_waits_for_the_next_release(database: db.Database) -> None:
    conference = await make_conference()
    room = await make_room(conference)
    session = await make_session(conference)
    slot = await make_slot(conference, session, room)
    await release_programme(conference, "", actor="command line", now=NOW)
    first = await latest_programme(conference)
    await Slot.update(
        {Slot.start: slot.start + timedelta(hours=1), Slot.end: slot.end + timedelta(hours=1)}
    ).where(Slot.id == slot.id)
    assert await latest_programme(await fresh(conference)) == first
    await release_programme(conference, "Moved", actor="command line", now=LATER)
    second = await latest_programme(await fresh(conference))
    assert second is not None
    found = second.slot_by_code[slot.code][1]
    assert (found.sequence, found.revised_at, found.start) == (1, LATER, slot.start + timedelta(hours=1))
    releases = await past_releases(conference.id)
    assert [(r.number, r.note, [c["kind"] for c in r.changes]) for r in releases] == [
        (2, "Moved", ["moved"]),
        (1, "", ["new"]),
    ]


async def test_what_was_deleted_stays_published_as_cancelled(database: db.Database) -> None:
    conference = await make_conference()
    room = await make_room(conference)
    speaker = await make_speaker(conference)
    session = await make_session(conference, speakers=(speaker,))
    slot = await make_slot(conference, session, room)
    await release_programme(conference, "", actor="command line", now=NOW)
    await Session.delete().where(Session.id == session.id)
    await Speaker.delete().where(Speaker.id == speaker.id)
    await Room.delete().where(Room.id == room.id)
    await release_programme(conference, "", actor="command line", now=LATER)
    programme = await latest_programme(conference)
    assert programme is not None
    kept, kept_slot = programme.slot_by_code[slot.code]
    assert (kept.state, kept_slot.is_cancelled, kept_slot.sequence) == (SessionState.CANCELLED, True, 1)
    assert speaker.code in programme.speaker_by_code
    assert room.code in programme.room_by_code


async def test_nothing_new_is_not_released(database: db.Database) -> None:
    conference = await make_conference()
    with pytest.raises(NothingToRelease):
        await release_programme(conference, "", actor="command line", now=NOW)
    session = await make_session(conference)
    await make_slot(conference, session, await make_room(conference))
    await release_programme(conference, "", actor="command line", now=NOW)
    with pytest.raises(NothingToRelease):
        await release_programme(conference, "", actor="command line", now=LATER)
    assert await Release.count() == 1
    assert (await fresh(conference)).release_number == 1


async def test_two_organisers_who_publish_at_once_make_one_release(each_database: db.Database) -> None:
    conference = await make_conference()
    session = await make_session(conference)
    await make_slot(conference, session, await make_room(conference))
    seen = [await fresh(conference), await fresh(conference)]
    outcomes = await asyncio.gather(
        *(release_programme(row, "", actor="command line", now=NOW) for row in seen), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Release", "ReleasedMeanwhile"]
    assert await Release.count() == 1


async def test_a_look_that_is_out_of_date_is_refused(database: db.Database) -> None:
    conference = await make_conference()
    room = await make_room(conference)
    await make_slot(conference, await make_session(conference), room)
    await release_programme(conference, "", actor="command line", now=NOW)
    await make_slot(conference, await make_session(conference), room, "12:00")
    with pytest.raises(ReleasedMeanwhile):
        await release_programme(await fresh(conference), "", actor="command line", now=LATER, after=0)


async def test_reading_the_draft_costs_the_same_for_one_session_and_for_five(database: db.Database) -> None:
    conference = await make_conference()
    room = await make_room(conference)
    await preview_release(conference, now=NOW)  # from here on the clashes are at hand
    totals = []
    for hour in range(10, 15):
        speaker = await make_speaker(conference, f"Speaker {hour}")
        session = await make_session(conference, f"Session {hour}", speakers=(speaker,))
        await make_slot(conference, session, room, f"{hour}:00")
        with count_queries() as queries:
            await preview_release(conference, now=NOW)
        totals.append(queries.total)
    assert totals == [totals[0]] * 5


async def test_a_clash_that_blocks_is_published_only_from_the_command_line(database: db.Database) -> None:
    conference = await make_conference()
    room = await make_room(conference)
    await make_slot(conference, await make_session(conference, "One"), room, "10:00")
    later = await make_slot(conference, await make_session(conference, "Two"), room, "10:30")
    [clash] = (await preview_release(conference, now=NOW)).blockers
    assert (clash.code, clash.title) == (later.code, "Two")
    assert "“One”" in clash.text
    with pytest.raises(ClashesRemain):
        await release_programme(conference, "", actor="command line", now=NOW)
    assert await Release.count() == 0
    await release_programme(conference, "", actor="command line", now=NOW, despite_clashes=True)
    assert await Release.count() == 1


async def test_the_level_of_a_rule_decides_what_blocks(database: db.Database) -> None:
    conference = await make_conference()
    room = await make_room(conference)
    await make_slot(conference, await make_session(conference, "One"), room, "10:00")
    await make_slot(conference, await make_session(conference, "Two"), room, "10:30")
    await ScheduleRules(conference=conference.id, levels=json.dumps({ConflictKind.ROOM: Level.WARN})).save()
    assert (await preview_release(conference, now=NOW)).blockers == []
    await release_programme(conference, "", actor="command line", now=NOW)
    assert await Release.count() == 1


async def test_blockers_and_whoever_declined_are_in_no_release(database: db.Database) -> None:
    conference = await make_conference()
    room = await make_room(conference)
    ruth, omar = await make_speaker(conference), await make_speaker(conference, "Omar Haddad")
    talk = await make_session(conference, "Talk", speakers=(ruth, omar))
    await make_slot(conference, talk, room, "10:00")
    private = await make_session(conference, "Secret rehearsal", kind=SessionKind.BLOCKER, speakers=(ruth,))
    await make_slot(conference, private, room, "12:00")
    await Appearance.update(
        {Appearance.state: AppearanceState.DECLINED.value, Appearance.answer_note: "no time"}
    ).where(Appearance.speaker == omar.id)
    release = await release_programme(conference, "", actor="command line", now=NOW)
    programme = snapshot.decode(release.snapshot)
    assert [session.code for session in programme.sessions] == [talk.code]
    assert [speaker.name for speaker in programme.speakers] == ["Ruth Okafor"]
    for private_text in ("Secret rehearsal", "Omar", "no time"):
        assert private_text not in release.snapshot + release.changes


async def test_a_published_session_that_becomes_a_blocker_is_taken_off(database: db.Database) -> None:
    conference = await make_conference()
    talk = await make_session(conference, "Talk")
    await make_slot(conference, talk, await make_room(conference), "10:00")
    await release_programme(conference, "", actor="command line", now=NOW)
    await Session.update({Session.kind: SessionKind.BLOCKER.value}).where(Session.id == talk.id)
    release = await release_programme(await fresh(conference), "", actor="command line", now=LATER)
    assert [change["kind"] for change in json.loads(release.changes)] == ["removed"]
    assert snapshot.decode(release.snapshot).session_by_code[talk.code].is_cancelled


async def test_a_cancelled_session_keeps_its_last_time(database: db.Database) -> None:
    conference = await make_conference()
    talk = await make_session(conference, "Talk")
    slot = await make_slot(conference, talk, await make_room(conference), "10:00")
    await release_programme(conference, "", actor="command line", now=NOW)
    await Session.update({Session.state: SessionState.CANCELLED.value}).where(Session.id == talk.id)
    release = await release_programme(await fresh(conference), "", actor="command line", now=LATER)
    found, placed = snapshot.decode(release.snapshot).slot_by_code[slot.code]
    assert (found.is_cancelled, placed.is_cancelled, placed.start, placed.sequence) == (
        True,
        True,
        slot.start,
        1,
    )


async def test_a_release_says_what_the_public_may_know_of_a_speaker(database: db.Database) -> None:
    conference = await make_conference()
    ruth = await make_speaker(
        conference,
        pronouns="she/her",
        orcid="0000-0002-1825-0097",
        photo_key="photos/hidden-key",
        access_needs="hidden need",
        technical_needs="hidden microphone",
    )
    talk = await make_session(conference, "Talk", speakers=(ruth,))
    await make_slot(conference, talk, await make_room(conference), "10:00")
    release = await release_programme(conference, "", actor="command line", now=NOW)
    [speaker] = snapshot.decode(release.snapshot).speakers
    assert (speaker.pronouns, speaker.orcid) == ("she/her", "0000-0002-1825-0097")
    assert speaker.photo == f"/{conference.slug}/speakers/{ruth.code}/photo"
    assert "hidden" not in release.snapshot


def test_a_release_of_an_earlier_version_still_reads() -> None:
    stored = {
        "number": 1,
        "released_at": "2026-05-01T09:00:00+00:00",
        "zone": "Europe/London",
        "rooms": [{"code": "main", "name": {"en": "Main stage"}}],
        "tracks": [],
        "speakers": [{"code": "ruth", "name": "Ruth Okafor", "links": [], "later": "unknown"}],
        "sessions": [],
    }
    [speaker] = snapshot.decode(json.dumps(stored)).speakers
    assert (speaker.name, speaker.orcid, speaker.photo, speaker.pronouns) == ("Ruth Okafor", "", "", "")
