"""Reminders that waited: what is still so of them when they are about to go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from conference.mail.rechecking import Rechecks, Waiting
from conference.outbox import USELESS_AFTER, storable
from conference.tables import Conference
from registration.calendars.changes import told_to
from registration.reminding.due import still_so
from registration.reminding.letters import DIGEST, REMINDER, Reader, changes_of, facts_in, payload_of
from registration.reminding.people import choices_of, holdings_of, items_of
from registration.tables import Registration, RegistrationStatus
from sessions.queries import latest_programme


async def reminders_now(waiting: Mapping[int, Waiting], now: datetime) -> dict[int, Mapping[str, Any] | None]:
    """What waiting reminders and digests should say at ``now``, where that is something else (``conference.mail.rechecking``).

    A session moved, cancelled, given back or begun is told no more; nor is anything to somebody who takes part no
    longer, wants no such reminder, or has another address. Six queries, however many mails.
    """
    told = {number: said for number, mail in waiting.items() if (said := facts_in(mail.payload))}
    if not told:  # only a team's tests of its own words
        return {}
    codes = sorted({_who(waiting[number]) for number in told})
    found = {row.code: row for row in await Registration.objects().where(Registration.code.is_in(codes))}
    numbers = [row.id for row in found.values()]
    holdings = await holdings_of(numbers)
    with_digest = {_who(waiting[number]) for number, (_kind, _facts, day) in told.items() if day}
    history = await told_to([row.id for row in found.values() if row.code in with_digest])
    readers = await _readers(found)
    changed: dict[int, Mapping[str, Any] | None] = {}
    for number, (kind, facts, day) in told.items():
        mail = waiting[number]
        reader = readers.get(_who(mail))
        if reader is None or reader.registration.email != mail.recipient:
            changed[number] = None
            continue
        person = reader.registration
        items = items_of(person, reader.programme, holdings[person.id])
        left = still_so(kind, facts, day, items, choices_of(person), person.zone, now)
        if not left:
            changed[number] = None
            continue
        changes = changes_of(reader, day, history.get(person.id, []), now) if day else ()
        says = storable(payload_of(reader, kind, left, day, changes))
        says[USELESS_AFTER] = mail.payload.get(USELESS_AFTER)
        if says != mail.payload:
            changed[number] = says
    return changed


def _who(mail: Waiting) -> str:
    return str(mail.payload.get("who", ""))


async def _readers(found: Mapping[str, Registration]) -> dict[str, Reader]:
    """Those of them who take part, by code. One query."""
    wanted = sorted({row.conference for row in found.values()})
    rows = await Conference.objects().where(Conference.id.is_in(wanted)) if wanted else []
    programmes = {row.id: (row, await latest_programme(row)) for row in rows}
    readers = {}
    for code, row in found.items():
        conference, programme = programmes[row.conference]
        if programme is not None and row.status == RegistrationStatus.CONFIRMED:
            readers[code] = Reader(row, conference, programme)
    return readers


RECHECKS: Rechecks = {REMINDER: reminders_now, DIGEST: reminders_now}
"""For the composition root."""
