"""No page asks the database more often because there is more to show."""

from __future__ import annotations

from conference import clock, db, texts
from conference.codes import new_code
from conference.tables import Conference, Role
from sessions.packs.tables import PackState, ResourcePack
from sessions.queries import forget_programmes
from sessions.releases.publishing import release_programme
from sessions.tables import SessionKind
from tests.attacks.world import World, attend
from tests.makers import (
    make_conference,
    make_member,
    make_room,
    make_session,
    make_slot,
    make_speaker,
    make_track,
)
from tests.people import Person

MORE = 30


async def queries_by_address(world: World) -> dict[str, int]:
    """How many statements each known address takes, with nothing kept from before."""
    found = {}
    for template, addresses in world.addresses.items():
        if template.startswith(("/static", "/schema")):
            continue
        for address in addresses[:1]:
            await world.browser.get(
                address
            )  # what is kept in memory by purpose is there, as most of the time
            world.app.state.page_cache.clear()
            forget_programmes()
            with db.count_queries() as counted:
                answer = await world.browser.get(address)
            assert answer.status_code < 500
            found[f"{template} {address}"] = counted.total
    return found


async def test_queries_do_not_grow_with_what_there_is(world: World) -> None:
    before = await queries_by_address(world)
    assert max(before.values()) > 1
    conference = world.conference
    day = conference.starts_on
    for number in range(MORE):
        room = await make_room(conference, f"Room {number}")
        speaker = await make_speaker(conference, f"Speaker {number}")
        track = await make_track(conference, f"Track {number}")
        session = await make_session(
            conference, f"Session {number}", speakers=(speaker,), kind=SessionKind.WORKSHOP, track=track.id
        )
        await make_slot(conference, session, room, "18:00", seats=30, day=day)
        await make_slot(conference, session, room, "20:00", seats=30, day=day)
        await make_session(conference, f"Waiting {number}")
        person = Person(f"Person {number}", f"person{number}@example.org", "Asia/Kathmandu", "NP")
        await make_member(conference, person, Role.VIEWER)
        pack = ResourcePack(
            conference=conference.id,
            code=new_code(),
            title=texts.encode({"en": f"Pack {number}"}),
            state=PackState.PUBLISHED,
            session=session.id,
            position=number,
            published_at=clock.now(),
            changed_at=clock.now(),
        )
        await pack.save()
        other = await make_conference(f"other-{number}", owner=world.organiser)
        del other
    fresh = await Conference.objects().where(Conference.id == conference.id).first()
    assert fresh is not None
    await release_programme(fresh, "", actor=world.organiser, now=clock.now(), despite_clashes=True)
    fresh = await Conference.objects().where(Conference.id == conference.id).first()
    assert fresh is not None
    for number in range(MORE):
        await attend(fresh, Person(f"Person {number}", f"person{number}@example.org", "Asia/Kathmandu", "NP"))
    after = await queries_by_address(world)
    grown = {
        address: (before[address], after[address]) for address in before if after[address] > before[address]
    }
    assert grown == {}
