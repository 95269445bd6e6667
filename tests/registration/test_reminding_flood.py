"""Thousands of reminders at once: worked out and sent in bounded pieces, with everybody else served in between."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from conference import clock, db
from conference.mail.delivery import LANES
from conference.outbox import deliver_due, mail_row, queue_rows
from conference.tables import MailState, OutgoingMail
from registration.benchmarks.made import add_people
from registration.calendars.tables import AgendaItem
from registration.reminding.rechecking import RECHECKS
from registration.reminding.sending import BATCH, BATCHES, send_reminders
from registration.reminding.tables import ReminderPlan, ReminderSent
from tests.conference.test_outbox import settings_for
from tests.pages import Browser
from tests.registration.cast import REGISTERED, Scene, make_scene
from tests.smtp import smtp_server

MANY = 5_000
RUN = 100  # mails in one run of the job


async def crowd(scene: Scene, count: int) -> None:
    """So many people with the opening on their agenda, who want to be reminded an hour before."""
    conference = await scene.fresh()
    numbers = await add_people(conference, range(count), REGISTERED, remind_day=False, remind_digest=False)
    items = [AgendaItem(registration=n, slot=scene.keynote.id, chosen_at=REGISTERED) for n in numbers]
    await AgendaItem.insert(*items)


async def test_a_crowd_is_looked_at_in_short_turns_and_others_write_in_between(
    each_database: db.Database,
) -> None:
    scene, batches = await make_scene(), 6
    await crowd(scene, batches * BATCH)
    now = scene.keynote.start - timedelta(hours=1)
    seen: list[int] = []

    async def write() -> None:
        """Somebody who keeps writing, and sees each time how far the reminding is."""
        while True:
            async with db.transaction():
                seen.append(await ReminderPlan.count())
                await OutgoingMail.update({OutgoingMail.last_reply: ""}).where(OutgoingMail.id == 0)
            await asyncio.sleep(0)

    writer = asyncio.create_task(write())
    await asyncio.sleep(0)
    assert await send_reminders(now) == batches * BATCH
    writer.cancel()
    await asyncio.wait([writer])
    assert {BATCH * number for number in range(1, batches)} <= set(seen)
    assert await OutgoingMail.count() == await ReminderSent.count() == batches * BATCH


async def test_one_run_looks_at_so_many_and_no_more(database: db.Database) -> None:
    scene = await make_scene()
    await crowd(scene, BATCH * BATCHES + 1)
    now = scene.keynote.start - timedelta(hours=1)
    assert [await send_reminders(now) for _run in range(3)] == [BATCH * BATCHES, 1, 0]


@asynccontextmanager
async def five_thousand_waiting(scene: Scene) -> AsyncIterator[None]:
    rows = [
        mail_row(
            kind="registration-refused",
            to=f"anjali.{number}@library-{number % 40}.example",
            to_name="Anjali Menon",
            language="en",
            zone="Asia/Kolkata",
            payload={"conference": {"name": {"en": "Working Internationally"}}},
            idempotency_key=f"waiting:{number}",
            now=REGISTERED,
            conference_id=scene.conference.id,
        )
        for number in range(MANY)
    ]
    for start in range(0, MANY, 500):
        await queue_rows(rows[start : start + 500])
    yield


async def test_a_run_of_the_queue_is_the_same_piece_of_work_however_many_wait(
    database: db.Database, tmp_path: Path
) -> None:
    scene, costs = await make_scene(), []
    settings = dataclasses.replace(settings_for(tmp_path), mail_per_domain=0)
    async with five_thousand_waiting(scene):
        for _turn in range(2):
            with db.count_queries() as counted:
                done = await deliver_due(settings, REGISTERED, rechecks=RECHECKS)
            assert done.sent == RUN
            costs.append(counted.total)
            few = [f"waiting:{n}" for n in range(MANY - RUN, MANY)]
            await OutgoingMail.delete().where(
                (OutgoingMail.state == MailState.QUEUED.value) & OutgoingMail.idempotency_key.not_in(few)
            )
    assert costs[0] == costs[1]


async def test_pages_are_answered_while_reminders_leave(browser: Browser, tmp_path: Path) -> None:
    scene, count = await make_scene(), 120
    await crowd(scene, count)
    now = scene.keynote.start - timedelta(hours=1)
    while await send_reminders(now):
        pass
    events: list[str] = []
    with clock.fixed_at(now):
        await browser.get("/libraries/register")  # templates are made once
        async with smtp_server() as server:
            settings = dataclasses.replace(settings_for(tmp_path, server.url), mail_per_domain=0)

            async def drain() -> None:
                while (await deliver_due(settings, now, rechecks=RECHECKS)).sent:
                    pass

            draining = asyncio.create_task(drain())
            while not draining.done():
                before = len(server.received)
                assert (await browser.get("/libraries/register")).status_code == 200
                events.append("page")
                events += ["mail"] * (len(server.received) - before)
            await draining
    assert events.count("mail") >= count - LANES
    longest = max(len(stretch) for stretch in "".join(event[0] for event in events).split("p"))
    assert longest <= 4 * LANES
