"""Lines for full workshops: who comes first, what is offered, what passes on; on both engines where locks matter."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from conference import db
from registration.entries import withdrawing
from registration.entries.links import feed_hash, page_hash
from registration.seating import seats, waitlist
from registration.seating.offer_ends import LAST_CALL
from registration.seating.passing_on import pass_on_offers
from registration.seating.seats import SeatsClash, SeatsTaken
from registration.seating.tables import Seat, WaitlistEntry, WaitState
from registration.tables import Attendee, Registration, RegistrationRules, RegistrationStatus
from registration.views import agenda_entries
from sessions.tables import Slot
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE, Person
from tests.registration.cast import REGISTERED, Scene, mails, make_scene


def person(number: int) -> Person:
    return Person(f"Person {number}", f"person{number}@example.org", "Asia/Kolkata", "IN")


async def people(scene: Scene, number: int) -> list[Registration]:
    return [await scene.confirmed(person(one)) for one in range(number)]


async def take_or_wait(scene: Scene, who: Registration, slot: Slot) -> bool:
    return await waitlist.take_seat_or_wait(
        who.id, scene.conference, await scene.programme(), slot.code, REGISTERED
    )


async def give_up(scene: Scene, who: Registration, slot: Slot) -> None:
    await seats.give_up_seat(who.id, scene.conference, await scene.programme(), slot.code, REGISTERED)


async def states(slot: Slot) -> list[str]:
    rows = (
        await WaitlistEntry.select(WaitlistEntry.state)
        .where(WaitlistEntry.slot == slot.id)
        .order_by(WaitlistEntry.id)
    )
    return [row["state"] for row in rows]


async def seated(slot: Slot) -> set[int]:
    return {row["registration"] for row in await Seat.select(Seat.registration).where(Seat.slot == slot.id)}


async def crowd(scene: Scene, number: int) -> list[int]:
    """Confirmed registrations written straight into the tables; their row ids."""
    rows = []
    for one in range(number):
        code = f"crowd{one}"
        rows.append(
            Registration(
                conference=scene.conference.id,
                attendee=None,
                code=code,
                status=RegistrationStatus.CONFIRMED,
                name=f"Person {one}",
                email=f"{code}@example.org",
                country="IN",
                zone="Asia/Kolkata",
                language="en",
                link_hash=page_hash(code, 1),
                link_expires_at=REGISTERED + timedelta(days=60),
                feed_hash=feed_hash(code, 1),
                created_at=REGISTERED,
                confirmed_at=REGISTERED,
                changed_at=REGISTERED,
            )
        )
    people = [Attendee(email=row.email, email_key=row.email, created_at=REGISTERED) for row in rows]
    made = await Attendee.insert(*people).returning(Attendee.id)
    for row, attendee in zip(rows, made, strict=True):
        row.attendee = attendee["id"]
    return [row["id"] for row in await Registration.insert(*rows).returning(Registration.id)]


async def test_two_hundred_race_for_thirty_seats_and_the_rest_stand_in_line(
    each_database: db.Database,
) -> None:
    scene = await make_scene(seats=30)
    everyone = await crowd(scene, 200)
    programme = await scene.programme()

    got = await asyncio.gather(
        *(
            waitlist.take_seat_or_wait(one, scene.conference, programme, scene.maps_slot.code, REGISTERED)
            for one in [*everyone, *everyone[:10]]  # some press twice
        )
    )

    sitting = await seated(scene.maps_slot)
    assert len(sitting) == 30
    assert {one for one, has in zip(everyone, got, strict=False) if has} == sitting
    line = [
        row["registration"]
        for row in await WaitlistEntry.select(WaitlistEntry.registration).order_by(WaitlistEntry.id)
    ]
    assert len(line) == len(set(line)) == 170
    assert set(line) == set(everyone) - sitting
    assert await mails("waitlist-offer") == []

    for holder in sorted(sitting)[:5]:
        await seats.give_up_seat(holder, scene.conference, programme, scene.maps_slot.code, REGISTERED)
    offered = (
        await WaitlistEntry.select(WaitlistEntry.registration)
        .where(WaitlistEntry.state == WaitState.OFFERED.value)
        .order_by(WaitlistEntry.id)
    )
    assert [row["registration"] for row in offered] == line[:5]


async def test_those_in_line_are_seated_in_the_order_they_came(each_database: db.Database) -> None:
    scene = await make_scene(seats=1)
    first, *line = await people(scene, 5)
    assert await take_or_wait(scene, first, scene.maps_slot)
    for one in line:
        assert not await take_or_wait(scene, one, scene.maps_slot)
    places = [(await waitlist.waits_of(one.id, REGISTERED))[scene.maps_slot.id].place for one in line]
    assert places == [1, 2, 3, 4]

    holder, order = first, []
    for _turn in line:
        await give_up(scene, holder, scene.maps_slot)
        offered = await WaitlistEntry.objects().where(WaitlistEntry.state == WaitState.OFFERED.value)
        assert len(offered) == 1
        order.append(offered[0].registration)
        holder = next(one for one in line if one.id == order[-1])
        await waitlist.accept_offer(
            holder.id, scene.conference, await scene.programme(), scene.maps_slot.code, REGISTERED
        )
    assert order == [one.id for one in line]
    assert await seated(scene.maps_slot) == {line[-1].id}
    assert [mail.recipient for mail in await mails("waitlist-offer")] == [one.email for one in line]


async def test_a_freed_seat_is_kept_for_the_line_and_not_for_newcomers(each_database: db.Database) -> None:
    scene = await make_scene(seats=1)
    first, second, newcomer = await people(scene, 3)
    await take_or_wait(scene, first, scene.maps_slot)
    await take_or_wait(scene, second, scene.maps_slot)
    await give_up(scene, first, scene.maps_slot)

    with pytest.raises(SeatsTaken):
        await seats.take_seat(
            newcomer.id, scene.conference, await scene.programme(), scene.maps_slot.code, REGISTERED
        )
    with pytest.raises(SeatsTaken):
        await scene.register(person(9), scene.maps_slot)
    with pytest.raises(waitlist.OfferOver):
        await waitlist.accept_offer(
            newcomer.id, scene.conference, await scene.programme(), scene.maps_slot.code, REGISTERED
        )
    assert await seated(scene.maps_slot) == set()


async def test_promotion_under_race_never_oversells(each_database: db.Database) -> None:
    scene = await make_scene(seats=4)
    everyone = await people(scene, 14)
    for one in everyone[:12]:
        await take_or_wait(scene, one, scene.maps_slot)
    programme, code = await scene.programme(), scene.maps_slot.code

    await asyncio.gather(
        *(seats.give_up_seat(one.id, scene.conference, programme, code, REGISTERED) for one in everyone[:4]),
        *(seats.take_seat(one.id, scene.conference, programme, code, REGISTERED) for one in everyone[12:]),
        *(pass_on_offers(REGISTERED) for _run in range(3)),
        return_exceptions=True,
    )
    assert await states(scene.maps_slot) == ["offered"] * 4 + ["waiting"] * 4
    outcomes = await asyncio.gather(
        *(
            waitlist.accept_offer(one.id, scene.conference, programme, code, REGISTERED)
            for one in [*everyone[4:12], *everyone[4:12]]
        ),
        return_exceptions=True,
    )
    assert await seated(scene.maps_slot) == {one.id for one in everyone[4:8]}
    assert [type(one) for one in outcomes] == [
        *([type(None)] * 4 + [waitlist.OfferOver] * 4) * 2,
    ]
    assert len(await mails("waitlist-offer")) == 4


async def test_swaps_in_opposite_directions_do_not_lock_each_other_out(each_database: db.Database) -> None:
    scene = await make_scene(seats=4)
    everyone = await people(scene, 6)
    early, late = scene.bread_early, scene.bread_late
    for number, one in enumerate(everyone):
        await take_or_wait(scene, one, [early, late][number % 2])
    programme = await scene.programme()

    outcomes = await asyncio.gather(
        *(
            seats.take_seat(one.id, scene.conference, programme, [late, early][number % 2].code, REGISTERED)
            for number, one in enumerate(everyone)
        ),
        return_exceptions=True,
    )

    assert {type(one) for one in outcomes} <= {type(None), SeatsTaken}
    assert await Seat.count() == 6
    assert len(await seated(early)) <= 4
    assert len(await seated(late)) <= 4


async def test_a_seat_is_given_up_only_once_the_new_one_is_there(database: db.Database) -> None:
    scene = await make_scene(seats=1)
    mover, holder = await people(scene, 2)
    await take_or_wait(scene, mover, scene.bread_early)
    await take_or_wait(scene, holder, scene.bread_late)
    assert not await take_or_wait(scene, mover, scene.bread_late)
    assert await seated(scene.bread_early) == {mover.id}
    await give_up(scene, holder, scene.bread_late)

    await waitlist.accept_offer(
        mover.id, scene.conference, await scene.programme(), scene.bread_late.code, REGISTERED
    )

    assert await seated(scene.bread_late) == {mover.id}
    assert await seated(scene.bread_early) == set()


async def test_an_offer_lapses_and_passes_on(each_database: db.Database) -> None:
    scene = await make_scene(seats=1)
    rules = RegistrationRules(conference=scene.conference.id, offer_hours=5)
    await rules.save()
    first, second, third = await people(scene, 3)
    for one in (first, second, third):
        await take_or_wait(scene, one, scene.maps_slot)
    await give_up(scene, first, scene.maps_slot)
    hours = timedelta(hours=1)
    # Ten hours from then are half past midnight in Kolkata: the offer stands until nine in the morning there.
    morning = REGISTERED + timedelta(hours=18, minutes=30)

    assert await pass_on_offers(REGISTERED + 4 * hours) == 0
    assert await states(scene.maps_slot) == ["offered", "waiting"]
    with pytest.raises(waitlist.OfferOver):
        await waitlist.accept_offer(
            second.id,
            scene.conference,
            await scene.programme(),
            scene.maps_slot.code,
            REGISTERED + 5 * hours,
        )
    assert await waitlist.waits_of(second.id, REGISTERED + 5 * hours) == {}
    assert await pass_on_offers(REGISTERED + 5 * hours) == 2
    assert await states(scene.maps_slot) == ["expired", "offered"]
    assert (await waitlist.waits_of(third.id, REGISTERED + 6 * hours))[
        scene.maps_slot.id
    ].offer_ends_at == morning
    assert await pass_on_offers(morning) == 1
    assert await states(scene.maps_slot) == ["expired", "expired"]
    assert await take_or_wait(scene, second, scene.maps_slot)  # nobody waits: it is free to all


async def test_shortly_before_a_slot_nobody_waits_any_more(database: db.Database) -> None:
    scene = await make_scene(seats=1)
    first, second = await people(scene, 2)
    await take_or_wait(scene, first, scene.maps_slot)
    await take_or_wait(scene, second, scene.maps_slot)
    programme = await scene.programme()
    late = programme.slot_by_id[scene.maps_slot.id][1].start - LAST_CALL

    assert await pass_on_offers(late) == 1
    assert await states(scene.maps_slot) == ["expired"]
    with pytest.raises(waitlist.NoLine):
        await waitlist.take_seat_or_wait(second.id, scene.conference, programme, scene.maps_slot.code, late)


async def test_a_raised_capacity_is_offered_after_its_release(database: db.Database) -> None:
    scene = await make_scene(seats=1)
    for one in await people(scene, 4):
        await take_or_wait(scene, one, scene.maps_slot)
    assert await pass_on_offers(REGISTERED) == 0
    await Slot.update({Slot.seats: 3}).where(Slot.id == scene.maps_slot.id)
    assert await pass_on_offers(REGISTERED) == 0  # a draft concerns nobody
    await scene.publish(REGISTERED)
    newcomer = await scene.confirmed(person(8))
    assert not await take_or_wait(scene, newcomer, scene.maps_slot)

    assert await pass_on_offers(REGISTERED) == 2

    assert await states(scene.maps_slot) == ["offered", "offered", "waiting", "waiting"]
    assert await pass_on_offers(REGISTERED) == 0


async def test_letting_an_offer_go_and_withdrawing_pass_it_on(each_database: db.Database) -> None:
    scene = await make_scene(seats=1)
    first, second, third, fourth = await people(scene, 4)
    for one in (first, second, third, fourth):
        await take_or_wait(scene, one, scene.maps_slot)
    programme = await scene.programme()

    await withdrawing.withdraw(first.id, scene.conference, programme, REGISTERED)
    assert await states(scene.maps_slot) == ["offered", "waiting", "waiting"]
    assert await waitlist.leave_line(second.id, scene.conference, programme, scene.maps_slot.code, REGISTERED)
    assert await states(scene.maps_slot) == ["left", "offered", "waiting"]
    await withdrawing.withdraw(third.id, scene.conference, programme, REGISTERED)
    assert await states(scene.maps_slot) == ["left", "left", "offered"]
    assert not await waitlist.leave_line(
        second.id, scene.conference, programme, scene.maps_slot.code, REGISTERED
    )


async def test_a_clash_names_both_workshops_and_their_times(database: db.Database) -> None:
    scene = await make_scene(seats=1)
    mine = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    other = await scene.confirmed(AUCKLAND_ATTENDEE, scene.maps_slot)

    with pytest.raises(SeatsClash) as refused:
        await take_or_wait(scene, mine, scene.maps_slot)

    told = refused.value.told("Asia/Kolkata", "en")
    kolkata = {
        slot.id: found.when.hours
        for slot in (scene.maps_slot, scene.bread_early)
        for found in agenda_entries(
            await scene.programme(),
            seats={slot.id},
            agenda=(),
            taken={},
            slug="libraries",
            zone="Asia/Kolkata",
            language="en",
            now=REGISTERED,
        )[0]
    }
    assert f"“Maps” ({kolkata[scene.maps_slot.id]})" in told
    assert f"“Bread & “Butter”” ({kolkata[scene.bread_early.id]})" in told
    assert await WaitlistEntry.count() == 0
    assert await seated(scene.maps_slot) == {other.id}


async def test_a_lowered_capacity_gives_an_offered_seat_to_nobody(database: db.Database) -> None:
    scene = await make_scene(seats=2)
    first, second, third = await people(scene, 3)
    for one in (first, second, third):
        await take_or_wait(scene, one, scene.maps_slot)
    await give_up(scene, first, scene.maps_slot)
    await Slot.update({Slot.seats: 1}).where(Slot.id == scene.maps_slot.id)
    await scene.publish(REGISTERED)

    with pytest.raises(SeatsTaken):
        await waitlist.accept_offer(
            third.id, scene.conference, await scene.programme(), scene.maps_slot.code, REGISTERED
        )
    assert await seated(scene.maps_slot) == {second.id}


async def test_the_job_asks_the_same_number_of_questions_however_many_wait(database: db.Database) -> None:
    scene = await make_scene(seats=1)
    for one in await people(scene, 3):
        await take_or_wait(scene, one, scene.maps_slot)
    await pass_on_offers(REGISTERED)
    with db.count_queries() as few:
        await pass_on_offers(REGISTERED)
    for number in range(10, 16):
        await take_or_wait(scene, await scene.confirmed(person(number)), scene.maps_slot)
    with db.count_queries() as many:
        await pass_on_offers(REGISTERED)
    assert many.total == few.total <= 5
