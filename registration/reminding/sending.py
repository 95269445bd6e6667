"""The job that reminds: looks at those of whom something is due or has changed, and queues what they are owed.

What a person was told is written in the transaction that queues the mail, which holds the lock of their registration: so
nobody is told twice, however many processes work, whenever one is killed, and when the clock is set back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from conference.db import skip_locked, transaction
from conference.outbox import queue_rows
from conference.tables import OutgoingMail
from registration.calendars.changes import told_to
from registration.calendars.invites import Told
from registration.reminding.due import Due, Fact, Item, due, next_moment
from registration.reminding.letters import Reader, changes_of, mail_of
from registration.reminding.people import (
    Holding,
    Near,
    choices_of,
    conferences_near,
    holdings_of,
    items_of,
    to_look_at,
    told_of,
)
from registration.reminding.tables import ReminderKind, ReminderPlan, ReminderSent
from registration.tables import Registration, RegistrationStatus

BATCH = 50
"""People in one transaction: a few milliseconds in which others wait to write."""
BATCHES = 10
"""In one run, so that other jobs have their turn."""
BREATH = 0.01
"""Seconds between two transactions, for those who wait to write."""
LOOK_BACK = timedelta(days=2)
"""What began longer ago cannot be told again."""
KEPT = timedelta(days=60)
"""So long after a session it is known who was reminded of it."""


async def send_reminders(now: datetime) -> int:
    """Queue the reminders that are due; how many people were looked at. A job.

    The number of queries depends on the number of batches alone.
    """
    near = await conferences_near(now)
    looked_at = 0
    for number in range(BATCHES if near else 0):
        if number:
            await asyncio.sleep(BREATH)
        count = await remind_batch(near, now)
        looked_at += count
        if count < BATCH:
            break
    return looked_at


async def remind_batch(near: Mapping[int, Near], now: datetime) -> int:
    """Look at up to ``BATCH`` people of these conferences, whole or not at all; how many it were. Nine queries at most."""
    wanted = await to_look_at(near, now, BATCH)
    if not wanted:
        return 0
    async with transaction():
        query = Registration.objects().where(
            Registration.id.is_in(wanted) & (Registration.status == RegistrationStatus.CONFIRMED.value)
        )
        people = await skip_locked(query.order_by(Registration.id))
        if not people:
            return 0
        numbers = [person.id for person in people]
        holdings = await holdings_of(numbers)
        told = await told_of(numbers, now - LOOK_BACK)
        looks = [
            _Look(person, near[person.conference], holdings[person.id], told[person.id], now)
            for person in people
        ]
        history = await told_to([look.person.id for look in looks if look.has_digest])
        mails = [mail for look in looks for mail in look.mails(history.get(look.person.id, []))]
        await queue_rows(mails)
        sent = [row for look in looks for row in look.rows()]
        if sent:
            await ReminderSent.insert(*sent).on_conflict(
                target=(
                    ReminderSent.registration,
                    ReminderSent.slot_code,
                    ReminderSent.kind,
                    ReminderSent.start,
                ),
                action="DO NOTHING",
            )
        await ReminderPlan.insert(*(look.plan() for look in looks)).on_conflict(
            target=ReminderPlan.registration,
            action="DO UPDATE",
            values=[ReminderPlan.look_at, ReminderPlan.changed_at, ReminderPlan.release_number],
        )
    return len(people)


class _Look:
    """One person, looked at once."""

    def __init__(
        self, person: Registration, near: Near, holdings: list[Holding], told: set[Fact], now: datetime
    ) -> None:
        self.person = person
        self.now = now
        self.reader = Reader(person, near.conference, near.programme)
        self.items: list[Item] = items_of(person, near.programme, holdings)
        self.choices = choices_of(person)
        self.told = told
        self.due: list[Due] = due(self.items, self.choices, person.zone, now, told)

    @property
    def has_digest(self) -> bool:
        return any(one.kind is ReminderKind.DIGEST for one in self.due)

    def mails(self, history: list[Told]) -> list[OutgoingMail]:
        found = []
        for one in self.due:
            changes = changes_of(self.reader, one.day, history, self.now) if one.day else ()
            if mail := mail_of(self.reader, one, changes, self.now):
                found.append(mail)
        return found

    def rows(self) -> list[ReminderSent]:
        return [
            ReminderSent(
                registration=self.person.id, slot_code=slot, kind=kind, start=start, queued_at=self.now
            )
            for one in self.due
            for kind, slot, start in one.facts
        ]

    def plan(self) -> ReminderPlan:
        known = self.told.union(*(one.facts for one in self.due))
        return ReminderPlan(
            registration=self.person.id,
            look_at=next_moment(self.items, self.choices, self.person.zone, self.now, known),
            changed_at=self.person.changed_at,
            release_number=self.reader.conference.release_number,
        )


async def forget_reminders(now: datetime) -> int:
    """Forget who was reminded of what is long over; how many rows. A job."""
    gone = await ReminderSent.delete().where(ReminderSent.start < now - KEPT).returning(ReminderSent.id)
    return len(gone)
