"""What the tests about places at the conference share: limits, crowds, who stands where."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from conference.addresses import address_key
from conference.tables import Conference
from registration.asking.categories import CategoryFacts, add_category
from registration.entries import confirming
from registration.entries.links import page_token
from registration.entries.opening_rules import change_rules, rules_of
from registration.entries.registrations import Details, Entry, Registered, register
from registration.opening import Rules
from registration.seating.tables import WaitlistEntry
from registration.tables import AttendeeCategory, Registration, RegistrationAccess, RegistrationStatus
from sessions.tables import Slot
from tests.makers import THE_DAY
from tests.people import Person
from tests.registration.cast import REGISTERED, Scene, the_registration


def person(number: int) -> Person:
    return Person(f"Person {number}", f"person{number}@example.org", "Asia/Kolkata", "IN")


async def put_off(scene: Scene, days: int) -> None:
    """The conference so many days later, for a server whose clock is the real one."""
    later = timedelta(days=days)
    for slot in await Slot.objects():
        slot.local_start, slot.start, slot.end = (
            moment + later for moment in (slot.local_start, slot.start, slot.end)
        )
        await slot.save()
    await Conference.update(
        {Conference.starts_on: THE_DAY + later, Conference.ends_on: THE_DAY + later}
    ).where(Conference.id == scene.conference.id)
    await scene.publish()


async def rule(scene: Scene, **facts: Any) -> None:
    """Change what holds for the conference."""
    revision = (await rules_of(scene.conference.id)).revision
    await change_rules(
        scene.conference, Rules(revision=revision, **facts), actor=scene.organiser, now=REGISTERED
    )
    await scene.fresh()


async def category(
    scene: Scene,
    name: str,
    capacity: int | None = None,
    access: RegistrationAccess = RegistrationAccess.OPEN,
) -> int:
    """A category's row id."""
    facts = CategoryFacts({"en": name}, {}, capacity, access=access)
    code = await add_category(scene.conference, facts, actor=scene.organiser, now=REGISTERED)
    await scene.fresh()
    row = await AttendeeCategory.select(AttendeeCategory.id).where(AttendeeCategory.code == code).first()
    assert row is not None
    return int(row["id"])


async def come(scene: Scene, who: Person, *slots: Slot, kind: int | None = None) -> Registered:
    """The person's form, sent."""
    programme = await scene.programme()
    seats = [programme.slot_by_id[slot.id][1] for slot in slots]
    details = Details(who.name, who.country, who.zone, who.language)
    entry = Entry(details, who.email, address_key(who.email), seats=seats, category=kind)
    return await register(scene.conference, programme, entry, REGISTERED)


async def confirm(scene: Scene, registration: Registration, now: Any = REGISTERED) -> Registration:
    """The address confirmed; what has become of the registration."""
    token = page_token(registration.code, registration.link_generation)
    await confirming.confirm(scene.conference, await scene.programme(), token, now)
    return await the_registration(registration.code)


async def in_state(status: RegistrationStatus) -> list[Registration]:
    """Registrations in a state, in the order they came."""
    return await Registration.objects().where(Registration.status == status.value).order_by(Registration.id)


async def line() -> list[tuple[int, str]]:
    """The conference's line with everybody who ever stood in it: (registration, state)."""
    rows = (
        await WaitlistEntry.select(WaitlistEntry.registration, WaitlistEntry.state)
        .where(WaitlistEntry.slot.is_null())
        .order_by(WaitlistEntry.id)
    )
    return [(row["registration"], row["state"]) for row in rows]


async def states() -> list[str]:
    """The states of the line, in order."""
    return [state for _registration, state in await line()]
