"""Whoever does opposite things at once waits, and is never told that the server is busy: one order of locks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import Any

from conference import db
from conference.addresses import address_key
from conference.conferences import set_registration_state
from conference.errors import DomainError
from conference.tables import RegistrationState
from registration.asking.categories import (
    CategoryFacts,
    add_category,
    categories_of,
    change_category,
    move_category,
)
from registration.desk.editing import Edited, edit
from registration.entries import confirming, withdrawing
from registration.entries.links import page_token
from registration.entries.opening_rules import change_rules, rules_of
from registration.entries.registrations import Details, Entry, expire_unconfirmed, register
from registration.groups import Colleague, GroupRules, change_group_rules, group_rules, register_colleagues
from registration.opening import Rules
from registration.places.passing_on import pass_on_places
from registration.seating import seats
from registration.seating.passing_on import pass_on_offers
from registration.tables import Registration
from sessions.tables import Slot
from tests.people import Person
from tests.registration.cast import REGISTERED, Scene, make_scene

ROUNDS = 6


def person(number: int) -> Person:
    return Person(f"Person {number}", f"person{number}@example.org", "Asia/Kolkata", "IN")


async def at_once(*tasks: Awaitable[Any]) -> list[object]:
    """What came of each; a refusal that a person is told is one outcome among others, a deadlock is none."""
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for one in outcomes:
        assert not isinstance(one, db.DatabaseBusy), one
        assert not isinstance(one, BaseException) or isinstance(one, DomainError), one
    return outcomes


async def come(
    scene: Scene, who: Person, *slots: Slot, category: int | None = None, now: datetime = REGISTERED
) -> None:
    programme = await scene.programme()
    seats = [programme.slot_by_id[slot.id][1] for slot in slots]
    details = Details(who.name, who.country, who.zone, who.language)
    entry = Entry(details, who.email, address_key(who.email), seats=seats, category=category)
    await register(scene.conference, programme, entry, now)


async def allow_everything(scene: Scene) -> None:
    await change_rules(scene.conference, Rules(capacity=500), actor=scene.organiser, now=REGISTERED)
    rules = await group_rules(scene.conference.id)
    await change_group_rules(
        scene.conference, GroupRules(True, 50, rules.revision), actor=scene.organiser, now=REGISTERED
    )
    for name in ("Staff", "Students"):
        facts = CategoryFacts({"en": name}, {}, 200)
        await add_category(scene.conference, facts, actor=scene.organiser, now=REGISTERED)


async def change_every_rule(scene: Scene) -> None:
    who: dict[str, Any] = {"actor": scene.organiser, "now": REGISTERED}
    rules, groups = await rules_of(scene.conference.id), await group_rules(scene.conference.id)
    category = (await categories_of(scene.conference.id))[0]
    await at_once(
        change_rules(scene.conference, Rules(capacity=400, revision=rules.revision), **who),
        change_group_rules(scene.conference, GroupRules(True, 40, groups.revision), **who),
        change_category(scene.conference, category.code, category.facts, revision=category.revision, **who),
        move_category(scene.conference, category.code, 1, **who),
        set_registration_state(scene.conference, RegistrationState.OPEN, **who),
    )


async def test_registering_and_changing_the_rules_wait_for_each_other(each_database: db.Database) -> None:
    scene = await make_scene(seats=500)
    await allow_everything(scene)
    kinds = await categories_of(scene.conference.id)
    slots = (scene.bread_early, scene.bread_late)
    for turn in range(ROUNDS):
        await at_once(
            *(
                come(scene, person(turn * 10 + number), slots[number % 2], category=kinds[number % 2].id)
                for number in range(10)
            ),
            *(change_every_rule(scene) for _n in range(3)),
        )
    assert await Registration.count() == ROUNDS * 10


async def test_two_groups_with_the_same_colleagues_wait_for_each_other(each_database: db.Database) -> None:
    scene = await make_scene()
    await allow_everything(scene)
    programme = await scene.programme()
    contacts = [await scene.confirmed(person(number)) for number in range(2)]
    for turn in range(ROUNDS):
        team = [
            Colleague(one.name, one.email, address_key(one.email))
            for one in (person(100 + turn * 10 + number) for number in range(5))
        ]
        await at_once(
            *(
                register_colleagues(contact.id, scene.conference, programme, order, REGISTERED)
                for contact, order in zip(contacts, (team, team[::-1]), strict=True)
            )
        )
    assert await Registration.count() == 2 + ROUNDS * 5


async def test_everything_that_a_person_does_and_that_is_done_to_them_at_once(
    each_database: db.Database,
) -> None:
    scene = await make_scene()
    await allow_everything(scene)
    programme = await scene.programme()
    for turn in range(ROUNDS):
        one, other = person(200 + turn * 2), person(201 + turn * 2)
        mine, pending = await scene.confirmed(one, scene.maps_slot), await scene.register(other)
        edited = Edited(
            Details("Anjali", "IN", "Asia/Kolkata", "en"), other.email, address_key(other.email), None, ""
        )
        await at_once(
            edit(
                mine.id,
                scene.conference,
                programme,
                edited,
                revision=1,
                actor=scene.organiser,
                now=REGISTERED,
            ),
            confirming.confirm(scene.conference, programme, page_token(pending.code, 1), REGISTERED),
            come(scene, one),
            come(scene, other),
            seats.take_seat(mine.id, scene.conference, programme, scene.bread_late.code, REGISTERED),
            withdrawing.withdraw(mine.id, scene.conference, programme, REGISTERED),
            register_colleagues(
                mine.id,
                scene.conference,
                programme,
                [Colleague(other.name, other.email, address_key(other.email))],
                REGISTERED,
            ),
            change_every_rule(scene),
            pass_on_places(REGISTERED),
            pass_on_offers(REGISTERED),
        )


async def test_somebody_who_returns_as_they_are_forgotten(each_database: db.Database) -> None:
    scene = await make_scene()
    await scene.programme()
    people = [person(number) for number in range(ROUNDS)]
    for one in people:
        await scene.register(one)
    late = REGISTERED + timedelta(days=40)
    await at_once(
        *(come(scene, one, now=late) for one in people), *(expire_unconfirmed(late) for _n in range(3))
    )
    assert await Registration.count() == ROUNDS
