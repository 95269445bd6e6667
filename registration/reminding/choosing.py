"""Which reminders a person wants: their own choice, at any time; the team can set it for somebody who asks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from conference.db import locked
from conference.viewer import SignedInOrganiser
from registration.entries.record import note
from registration.reminding.people import COLUMNS, choices_of
from registration.reminding.tables import ReminderKind, ReminderPlan
from registration.seating.seats import standing
from registration.tables import Registration


async def choose_reminders(
    registration_id: int,
    wanted: Collection[ReminderKind],
    now: datetime,
    *,
    actor: SignedInOrganiser | str = "",
) -> None:
    """From now on send these kinds of reminder and no others; what waits in the outbox follows. Raises NotFound when the
    registration has been withdrawn. Choosing the same twice changes nothing. ``actor`` "" is the person."""
    async with locked(Registration, registration_id):
        registration = await standing(registration_id)
        before = choices_of(registration).kinds
        if before == frozenset(wanted):
            return
        chosen: dict[Any, Any] = {column: kind in wanted for kind, column in COLUMNS.items()}
        await Registration.update(chosen).where(Registration.id == registration_id)
        # Without a plan the job looks anew.
        await ReminderPlan.delete().where(ReminderPlan.registration == registration_id)
        await note(
            registration,
            "reminders-set" if actor else "reminders-chosen",
            now,
            {"reminders": [kind.value for kind in ReminderKind if kind in wanted]},
            actor=actor,
        )
