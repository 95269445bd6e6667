"""Places at the conference: who gets one, who waits in which order, what is offered and passes on. On both engines."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from conference import db
from conference.errors import NotFound
from conference.tables import AuditEntry
from registration.entries import deciding, registrations, withdrawing
from registration.locks import places_locked
from registration.places.counting import limits_of, places_of
from registration.places.passing_on import chances, pass_on_places
from registration.places.standing import Standing, place_in_line
from registration.places.taking import PlaceOver, accept_place, admit, put_first, wait_again
from registration.seating import passing_on as seats
from registration.seating.offer_ends import LAST_CALL
from registration.seating.tables import Seat, WaitlistEntry, WaitState
from registration.tables import Registration, RegistrationAccess, RegistrationRules, RegistrationStatus
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE
from tests.registration.cast import REGISTERED, Scene, mails, make_scene, the_registration
from tests.registration.lines import category, come, confirm, in_state, line, person, rule, states

HOUR = timedelta(hours=1)
CONFIRMED, WAITING = RegistrationStatus.CONFIRMED, RegistrationStatus.WAITING


async def full_scene(number: int, *, capacity: int = 1) -> tuple[Scene, list[Registration]]:
    """A conference for ``capacity`` people, and so many with confirmed addresses."""
    scene = await make_scene()
    await rule(scene, capacity=capacity)
    return scene, [await scene.confirmed(person(one)) for one in range(number)]


async def withdraw(scene: Scene, who: Registration) -> None:
    await withdrawing.withdraw(who.id, scene.conference, await scene.programme(), REGISTERED)


async def stands(who: Registration) -> Standing | None:
    return await place_in_line(who, await limits_of(who.conference), REGISTERED)


async def test_two_hundred_race_for_thirty_places_and_the_rest_stand_in_the_order_they_came(
    each_database: db.Database,
) -> None:
    scene = await make_scene()
    await rule(scene, capacity=30)
    await scene.programme()
    people = [person(number) for number in range(200)]

    made = await asyncio.gather(*(come(scene, one) for one in [*people, *people[:10]]))  # some press twice

    everyone = await Registration.objects().order_by(Registration.id)
    assert len(everyone) == 200
    waits = {one.code: one.waits for one in made if one.code}
    assert [waits[one.code] for one in everyone] == [False] * 30 + [True] * 170
    assert [registration for registration, _state in await line()] == [one.id for one in everyone[30:]]
    places = await places_of(scene.conference.id, await limits_of(scene.conference.id), REGISTERED)
    assert (places.held, places.tally(None).unconfirmed, places.free) == (30, 170, 0)

    # Confirming in another order than they came changes nothing.
    await asyncio.gather(*(confirm(scene, one) for one in reversed(everyone[20:60])))

    assert [one.id for one in await in_state(CONFIRMED)] == [one.id for one in everyone[20:30]]
    assert [one.id for one in await in_state(WAITING)] == [one.id for one in everyone[30:60]]
    assert len(await mails("waitlist-joined")) == 30
    await withdraw(scene, everyone[0])
    assert (await line())[0] == (everyone[30].id, "offered")


async def test_both_limits_hold_in_a_race(each_database: db.Database) -> None:
    scene = await make_scene()
    await rule(scene, capacity=20)
    students, staff = await category(scene, "Students", 8), await category(scene, "Staff")
    await scene.programme()

    await asyncio.gather(
        *(come(scene, person(number), kind=[students, staff][number % 2]) for number in range(80))
    )

    everyone = await Registration.objects().order_by(Registration.id)
    waiting = {registration for registration, _state in await line()}
    inside = [one for one in everyone if one.id not in waiting]
    assert len(inside) == 20
    assert len([one for one in inside if one.category == students]) == 8
    assert [registration for registration, _state in await line()] == sorted(waiting)
    # Whoever waits came when their own kind, or everything, was full: nobody came in past them.
    for one in everyone:
        before = [other for other in inside if other.id < one.id]
        is_full = len(before) == 20 or (
            one.category == students and len([other for other in before if other.category == students]) == 8
        )
        assert (one.id in waiting) == is_full


async def test_a_place_that_comes_free_is_offered_accepted_and_passed_on(each_database: db.Database) -> None:
    scene, (first, second, third) = await full_scene(3)
    assert [one.status for one in (first, second, third)] == [CONFIRMED, WAITING, WAITING]
    assert ((await stands(second)), (await stands(third))) != (None, None)
    assert [(await stands(one) or Standing("", 0)).place for one in (second, third)] == [1, 2]

    await withdraw(scene, first)

    assert await states() == ["offered", "waiting"]
    (offer,) = await mails("place-offer")
    assert offer.recipient == second.email
    made = await come(scene, person(9))
    assert made.waits  # the place is kept: newcomers stand behind
    programme = await scene.programme()
    with pytest.raises(PlaceOver):
        await accept_place(third.id, scene.conference, programme, REGISTERED)
    for _time in range(2):
        await accept_place(second.id, scene.conference, programme, REGISTERED)
    assert (await the_registration(second.code)).status == CONFIRMED
    assert [mail.recipient for mail in await mails("registration-confirmed")] == [first.email, second.email]
    assert await pass_on_places(REGISTERED) == 0
    await withdraw(scene, await the_registration(second.code))
    assert (await states())[:2] == ["seated", "offered"]


async def test_an_offer_lapses_and_the_next_has_it(each_database: db.Database) -> None:
    scene, (first, second, third) = await full_scene(3)
    await rule(scene, capacity=1, offer_hours=5)
    await withdraw(scene, first)
    standing = await stands(second)
    assert standing is not None
    assert standing.offer_ends_at == REGISTERED + 5 * HOUR
    assert await pass_on_places(REGISTERED + 4 * HOUR) == 0

    late = REGISTERED + 5 * HOUR
    assert sum(await asyncio.gather(*(pass_on_places(late) for _worker in range(3)))) == 2

    assert await states() == ["expired", "offered"]
    assert [mail.recipient for mail in await mails("place-offer")] == [second.email, third.email]
    assert [mail.recipient for mail in await mails("place-lapsed")] == [second.email]
    programme = await scene.programme()
    with pytest.raises(PlaceOver):
        await accept_place(second.id, scene.conference, programme, late)
    assert not await wait_again(second.id, scene.conference, programme, late)
    assert not await wait_again(second.id, scene.conference, programme, late)  # twice is once
    assert await states() == ["expired", "offered", "waiting"]
    await withdrawing.withdraw(third.id, scene.conference, programme, late)
    assert await states() == ["expired", "left", "offered"]
    await accept_place(second.id, scene.conference, programme, late)
    assert [one.id for one in await in_state(CONFIRMED)] == [second.id]


async def test_who_waits_again_while_a_place_is_free_has_it(database: db.Database) -> None:
    scene, (first, second) = await full_scene(2)
    await withdraw(scene, first)
    late = REGISTERED + timedelta(days=3)
    await pass_on_places(late)
    assert await states() == ["expired"]
    assert await wait_again(second.id, scene.conference, await scene.programme(), late)
    assert (await the_registration(second.code)).status == CONFIRMED


async def test_two_workers_offer_one_free_place_once(each_database: db.Database) -> None:
    scene, _people = await full_scene(4)
    await rule(scene, capacity=2)
    assert sum(await asyncio.gather(*(pass_on_places(REGISTERED) for _worker in range(4)))) == 1
    assert await states() == ["offered", "waiting", "waiting"]
    assert len(await mails("place-offer")) == 1


async def test_accepting_withdrawing_registering_and_the_job_at_once_oversell_nothing(
    each_database: db.Database,
) -> None:
    scene, people = await full_scene(12, capacity=4)
    for one in people[:2]:
        await withdraw(scene, one)
    programme = await scene.programme()

    outcomes = await asyncio.gather(
        *(accept_place(one.id, scene.conference, programme, REGISTERED) for one in people[4:8]),
        *(withdraw(scene, one) for one in people[2:4]),
        *(come(scene, person(number)) for number in range(20, 26)),
        *(pass_on_places(REGISTERED) for _worker in range(2)),
        return_exceptions=True,
    )

    assert not [one for one in outcomes if isinstance(one, db.DatabaseBusy)]
    assert {type(one) for one in outcomes if isinstance(one, BaseException)} <= {PlaceOver}
    places = await places_of(scene.conference.id, await limits_of(scene.conference.id), REGISTERED)
    assert places.held == 4
    offered = [registration for registration, state in await line() if state == "offered"]
    seated = [one.id for one in await in_state(CONFIRMED)]
    assert sorted([*offered, *seated]) == [one.id for one in people[4:8]]  # those who came first


async def test_who_has_not_confirmed_keeps_their_place_in_line_and_is_passed_over(
    each_database: db.Database,
) -> None:
    scene, (first,) = await full_scene(1)
    early, late = await scene.register(person(1)), await scene.confirmed(person(2))
    assert late.status == WAITING
    assert (await stands(late) or Standing("", 0)).place == 2  # who came before may still confirm

    await withdraw(scene, first)
    assert await states() == ["waiting", "offered"]

    assert (await confirm(scene, early)).status == WAITING
    await withdraw(scene, late)
    assert await states() == ["offered", "left"]


async def test_who_confirms_while_a_place_is_free_has_it_at_once(each_database: db.Database) -> None:
    scene, (first,) = await full_scene(1)
    waiting = await scene.register(person(1), scene.maps_slot)
    await withdraw(scene, first)
    assert (await confirm(scene, waiting)).status == CONFIRMED
    assert await states() == ["seated"]
    assert [seat.registration for seat in await Seat.objects()] == [waiting.id]
    assert await mails("place-offer") == []


async def test_a_place_is_kept_two_days_for_who_has_yet_to_confirm(each_database: db.Database) -> None:
    scene = await make_scene()
    await rule(scene, capacity=1)
    slow = await scene.register(person(0))
    waiting = await scene.confirmed(person(1))
    assert await pass_on_places(REGISTERED + 47 * HOUR) == 0

    late = REGISTERED + 48 * HOUR
    assert await pass_on_places(late) == 1
    assert await states() == ["offered"]

    # Their link still works, but the place is another's now: they stand in line.
    assert (await confirm(scene, slow, late)).status == WAITING
    assert await line() == [(waiting.id, "offered"), (slow.id, "waiting")]


async def test_the_last_place_asked_for_twice_is_one_registration(each_database: db.Database) -> None:
    scene = await make_scene()
    await rule(scene, capacity=1)
    first, again = [await come(scene, KOLKATA_ATTENDEE) for _time in range(2)]
    assert first.code
    assert (again.code, again.waits) == (None, False)  # the button was pressed twice: they have the place
    assert [mail.kind for mail in await mails()] == ["registration-confirm"]
    stranger = await come(scene, AUCKLAND_ATTENDEE)
    assert stranger.waits
    assert (await come(scene, AUCKLAND_ATTENDEE)).waits


async def test_a_full_conference_tells_nobody_who_is_registered(database: db.Database) -> None:
    scene, _people = await full_scene(1)
    await Registration.update({Registration.created_at: REGISTERED - HOUR}).where(Registration.id > 0)
    assert (await come(scene, person(0))).waits  # as anybody else is told
    assert len(await mails("registration-link")) == 1
    assert await Registration.count() == 1


async def test_wishes_become_seats_where_any_are_free(each_database: db.Database) -> None:
    scene = await make_scene(seats=1)
    await rule(scene, capacity=2)
    holder = await scene.confirmed(person(0), scene.bread_late)
    leaving = await scene.confirmed(person(1))
    waiting = await scene.confirmed(person(2), scene.maps_slot, scene.bread_late)
    assert waiting.status == WAITING
    assert await Seat.count() == 1
    assert (await seats.spoken_for([scene.maps_slot.id]))[scene.maps_slot.id] == 0  # a wish holds nothing

    await withdraw(scene, leaving)
    await accept_place(waiting.id, scene.conference, await scene.programme(), REGISTERED)

    held = {(seat.registration, seat.slot) for seat in await Seat.objects()}
    assert held == {(holder.id, scene.bread_late.id), (waiting.id, scene.maps_slot.id)}
    (left,) = await WaitlistEntry.objects().where(
        (WaitlistEntry.registration == waiting.id)
        & WaitlistEntry.slot.is_not_null()
        & (WaitlistEntry.state == WaitState.WAITING.value)
    )
    assert left.slot == scene.bread_late.id
    assert [mail.recipient for mail in await mails("invite")][-1] == waiting.email


async def test_a_category_passes_its_places_on_within_it(each_database: db.Database) -> None:
    scene = await make_scene()
    await rule(scene, capacity=3)
    students, staff = await category(scene, "Students", 1), await category(scene, "Staff")
    student = await scene.confirmed(person(0), category=students)
    colleague = await scene.confirmed(person(1), category=staff)
    second = await scene.confirmed(person(2), category=students)
    third = await scene.confirmed(person(3), category=students)
    other = await scene.confirmed(person(4), category=staff)
    late = await scene.confirmed(person(5), category=staff)
    assert [one.status for one in (colleague, second, third, other, late)] == [
        CONFIRMED,
        WAITING,
        WAITING,
        CONFIRMED,
        WAITING,
    ]
    # The conference is full: everybody ahead counts, whatever they come as.
    assert [(await stands(one) or Standing("", 0)).place for one in (second, third, late)] == [1, 2, 3]

    await withdraw(scene, colleague)
    assert await line() == [(second.id, "waiting"), (third.id, "waiting"), (late.id, "offered")]
    await withdraw(scene, student)
    assert await line() == [(second.id, "offered"), (third.id, "waiting"), (late.id, "offered")]
    await rule(scene, capacity=30)
    # Only the students' own number stands in the way now, and only students are before them.
    assert (await stands(third) or Standing("", 0)).place == 1


async def test_an_approval_is_a_place_or_a_place_in_line(each_database: db.Database) -> None:
    scene = await make_scene()
    await rule(scene, access=RegistrationAccess.APPROVAL, capacity=1)
    people = [await scene.confirmed(person(number)) for number in range(3)]
    assert {one.status for one in people} == {RegistrationStatus.APPLIED}  # as many as wish may ask
    programme, who = await scene.programme(), scene.organiser
    became = [
        await deciding.approve(one.id, scene.conference, programme, actor=who, now=REGISTERED)
        for one in people[:2]
    ]
    assert became == [CONFIRMED, WAITING]
    (told,) = await mails("waitlist-joined")
    assert told.recipient == people[1].email
    assert '"is_approved": true' in told.payload
    assert await deciding.refuse(people[2].id, scene.conference, programme, actor=who, now=REGISTERED)
    await withdraw(scene, people[0])
    assert await line() == [(people[1].id, "offered")]


async def test_the_team_gives_a_place_beyond_the_number_and_puts_people_first(
    each_database: db.Database,
) -> None:
    scene, (first, second, third, fourth) = await full_scene(4)
    who, programme = scene.organiser, await scene.programme()
    assert await put_first(fourth, None, actor=who, now=REGISTERED)
    assert (await stands(fourth) or Standing("", 0)).place == 1
    assert (await stands(second) or Standing("", 0)).place == 2
    assert await put_first(third, None, actor=who, now=REGISTERED)
    assert (await stands(third) or Standing("", 0)).place == 1
    assert not await put_first(first, None, actor=who, now=REGISTERED)

    outcomes = [
        await admit(second.id, scene.conference, programme, actor=who, now=REGISTERED) for _n in range(2)
    ]
    assert outcomes == [True, False]
    assert {one.id for one in await in_state(CONFIRMED)} == {first.id, second.id}
    await withdraw(scene, first)  # one too many still
    assert "offered" not in await states()
    await withdraw(scene, second)
    assert dict(await line())[third.id] == "offered"
    with pytest.raises(NotFound):
        await admit(first.id, scene.conference, programme, actor=who, now=REGISTERED)
    actions = [row.action for row in await AuditEntry.objects().where(AuditEntry.actor == who.label)]
    assert actions.count("registration-put-first") == 2
    assert actions.count("registration-admitted") == 1


async def test_the_line_ends_with_the_conference(database: db.Database) -> None:
    scene, (first, second) = await full_scene(2)
    programme = await scene.programme()
    begins, ends = (
        pick(getattr(slot, name) for _session, slot in programme.placings)
        for pick, name in ((min, "start"), (max, "end"))
    )
    assert chances(scene.conference, programme, REGISTERED) == begins
    assert chances(scene.conference, programme, begins) == ends
    assert chances(scene.conference, programme, ends - LAST_CALL) is None
    assert chances(scene.conference, None, REGISTERED) is not None
    # While it takes place, somebody who leaves still makes room.
    await withdrawing.withdraw(first.id, scene.conference, programme, begins + HOUR)
    assert await states() == ["offered"]
    assert await pass_on_places(ends) == 1
    assert await states() == ["expired"]
    assert await mails("place-lapsed") == []  # nobody is told of what is over
    assert (await the_registration(second.code)).status == WAITING


async def test_leaving_the_line_is_withdrawing(each_database: db.Database) -> None:
    scene, (first, second, third) = await full_scene(3)
    await withdraw(scene, first)
    await withdraw(scene, second)  # with the offer in hand
    assert await line() == [(second.id, "left"), (third.id, "offered")]
    assert [mail.recipient for mail in await mails("registration-withdrawn")] == [first.email, second.email]


async def test_the_forgotten_leave_no_trace_in_the_line(each_database: db.Database) -> None:
    scene, (_first,) = await full_scene(1)
    await scene.register(person(1))
    await registrations.expire_unconfirmed(REGISTERED + timedelta(days=38))
    assert await line() == []


async def test_without_a_limit_nothing_is_counted_or_locked(database: db.Database) -> None:
    scene = await make_scene()
    await scene.programme()
    await come(scene, person(0), scene.maps_slot)
    with db.count_queries() as count:
        await come(scene, person(1), scene.maps_slot)
    assert count.total == 9
    assert not any("waitlist_entry w WHERE w.registration" in sql for sql in count.sql)
    assert await RegistrationRules.count() == 0


async def test_the_lock_of_places_makes_its_row_once(each_database: db.Database) -> None:
    scene = await make_scene()

    async def hold() -> None:
        async with places_locked(scene.conference.id):
            await asyncio.sleep(0)

    await asyncio.gather(*(hold() for _one in range(5)))
    (row,) = await RegistrationRules.objects()
    assert row.revision == 0


async def test_the_job_asks_the_same_number_of_questions_however_many_wait(database: db.Database) -> None:
    scene, _people = await full_scene(3)
    with db.count_queries() as few:
        await pass_on_places(REGISTERED)
    for number in range(10, 16):
        await scene.confirmed(person(number))
    with db.count_queries() as many:
        await pass_on_places(REGISTERED)
    assert many.total == few.total <= 7


async def test_the_letter_names_the_limit_that_is_reached(database: db.Database) -> None:
    scene = await make_scene()
    await rule(scene, capacity=2)
    students, staff = await category(scene, "Students", 1), await category(scene, "Staff")
    await scene.confirmed(person(0), category=students)
    await scene.confirmed(person(1), category=staff)
    await scene.register(person(2), category=staff)
    await scene.register(person(3), category=students)
    said = [json.loads(mail.payload) for mail in await mails("waitlist-confirm")]
    assert [(one["places"], one["category"]) for one in said] == [(2, {}), (1, {"en": "Students"})]
