"""How many people hold what a release is about to move."""

from __future__ import annotations

from conference import db
from conference.db import count_queries
from registration.affected import affected_by
from registration.calendars.agendas import put_on_agenda
from registration.tables import Registration, RegistrationStatus
from sessions.releases.audience import Affected
from tests.makers import NOW
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE, STRANGER
from tests.registration.cast import make_scene


async def test_each_person_counts_once_by_seat_before_agenda(each_database: db.Database) -> None:
    scene = await make_scene()
    programme = await scene.programme()
    anjali = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    await put_on_agenda(anjali.id, programme, scene.keynote.code, NOW)
    wiremu = await scene.confirmed(AUCKLAND_ATTENDEE)
    await put_on_agenda(wiremu.id, programme, scene.keynote.code, NOW)
    await scene.register(STRANGER, scene.bread_early)  # has not confirmed
    both = {scene.bread_early.id, scene.keynote.id}
    with count_queries() as queries:
        found = await affected_by(scene.conference.id, both)
    assert queries.total == 2
    assert (found.seats, found.agendas, found.people) == (1, 1, 2)
    assert found.zones == (("Asia/Kolkata", 1), ("Pacific/Auckland", 1))
    assert (await affected_by(scene.conference.id, {scene.keynote.id})).agendas == 2
    await Registration.update({Registration.status: RegistrationStatus.WITHDRAWN.value}).where(
        Registration.id == anjali.id
    )
    assert (await affected_by(scene.conference.id, both)).people == 1


async def test_nothing_moved_asks_nothing(database: db.Database) -> None:
    scene = await make_scene()
    with count_queries() as queries:
        assert await affected_by(scene.conference.id, set()) == Affected()
    assert queries.total == 0


async def test_people_of_another_conference_are_not_counted(database: db.Database) -> None:
    scene = await make_scene()
    await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    assert await affected_by(scene.conference.id + 1, {scene.bread_early.id}) == Affected()
