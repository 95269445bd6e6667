"""In which order rows are locked, and the two locks that many rules of this package share.

Whoever locks several rows takes them in this order, and so never stands in another's way:

1. **people** (``Attendee``), by address: whoever writes an address's row keeps it until the end, so this comes first;
2. **the registration**, one: a group's contact, or the one that is changed. A job locks one in each transaction;
3. **the places** of the conference and its categories (``places_locked``): rules, categories, the conference's line;
4. **slots**, in order of id (``slots_locked``): their seats and their lines;
5. **the conference**, last: whatever is written points at it, and a change of its public pages counts them up.

A row of a sheet from which people are registered comes before all of these.
Only steps that are needed are taken. Sessions come before slots, as ``sessions.drafting`` says. Nobody locks an organiser's
own row and then any of these.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

from conference.db import locked, transaction
from registration.tables import RegistrationRules
from sessions.tables import Slot


@asynccontextmanager
async def places_locked(conference_id: int) -> AsyncIterator[None]:
    """A transaction in which nobody else counts places, or changes the rules or categories, of this conference.

    The lock is the conference's row of rules, which nothing points at: who registers where there is no limit never
    waits for it. A conference without such a row gets one that says what holds without it (``revision`` 0).
    """
    async with transaction(), locked(RegistrationRules, await _rules_row(conference_id)):
        yield


async def _rules_row(conference_id: int) -> int:
    found = await (
        RegistrationRules.select(RegistrationRules.id)
        .where(RegistrationRules.conference == conference_id)
        .first()
    )
    if found is None:
        row = RegistrationRules(conference=conference_id, revision=0)
        # Writing the conference onto itself returns the row of whoever was quicker.
        rows = (
            await RegistrationRules.insert(row)
            .on_conflict(
                target=RegistrationRules.conference,
                action="DO UPDATE",
                values=[RegistrationRules.conference],
            )
            .returning(RegistrationRules.id)
        )
        found = rows[0]
    return int(found["id"])


@asynccontextmanager
async def slots_locked(slot_ids: Iterable[int]) -> AsyncIterator[None]:
    """A transaction in which nobody else counts seats in these slots, or changes who is in line for them."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(transaction())
        for slot_id in sorted(set(slot_ids)):
            await stack.enter_async_context(locked(Slot, slot_id))
        yield
