"""Taking people out of the outbox: what was sent keeps its kind, its day and its outcome, and says of nobody what it said."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from piccolo.columns.combination import WhereRaw

from conference.dates import iso_utc
from conference.db import transaction
from conference.tables import MailState, OutgoingMail

FINISHED = (MailState.SENT, MailState.REFUSED, MailState.SUPPRESSED)
BATCH = 200
CANCEL = "CANCEL"  # RFC 5546: takes a session out of a calendar

# The code of the registration ends the key of a mail to many, which still says of which mail it was one.
_NEW_KEY = (
    "CASE WHEN idempotency_key LIKE 'attendee-message:%' AND length(idempotency_key) > 29"
    " THEN substr(idempotency_key, 1, length(idempotency_key) - 12) || message_id"
    " ELSE 'erased:' || message_id END"
)
_SCRUBBED = (
    "recipient = '', recipient_name = '', domain = '', language = 'en', zone = 'UTC', payload = {},"
    " calendar = NULL, last_reply = '', scrub_when_done = {},"
    " state = CASE WHEN state = 'held' THEN 'refused' ELSE state END"  # nothing is left to be looked at
)


async def scrub(ids: Collection[int], *, keeps_key: bool = False) -> None:
    """Take address, name and words out of these mails; a job then deletes the files of those written into the folder.

    ``keeps_key``: the registration is still there, and the key goes on keeping its mail from being sent twice. Joins the
    caller's transaction.
    """
    if not ids:
        return
    marks = ", ".join("{}" for _id in ids)
    key = "" if keeps_key else f", idempotency_key = {_NEW_KEY}"
    await OutgoingMail.raw(
        f"UPDATE outgoing_mail SET {_SCRUBBED}{key} WHERE id IN ({marks})",  # noqa: S608 - all of it is written here, values are arguments
        "{}",
        False,
        *ids,
    )


async def forget_mails(ids: Collection[int], now: datetime) -> None:
    """Of these mails to somebody erased: drop what waits, scrub what is done, and let the last calendar notes leave.

    A note that takes a session out of their calendar still needs the address; it is scrubbed when it has left. Joins the
    caller's transaction.
    """
    if not ids:
        return
    rows = await OutgoingMail.select(
        OutgoingMail.id, OutgoingMail.state, OutgoingMail.calendar_method, OutgoingMail.payload
    ).where(OutgoingMail.id.is_in(list(ids)))
    done, dropped, leaving = [], [], []
    for row in rows:
        if row["state"] in FINISHED:
            done.append(row["id"])
        elif row["state"] == MailState.QUEUED and row["calendar_method"] == CANCEL:
            leaving.append(row["id"])
        elif row["state"] == MailState.SENDING:
            await _let_go(row, now)
        else:
            dropped.append(row["id"])
    if leaving:
        await OutgoingMail.update({OutgoingMail.scrub_when_done: True}).where(OutgoingMail.id.is_in(leaving))
    if dropped:
        await OutgoingMail.delete().where(OutgoingMail.id.is_in(dropped))
    await scrub(done)


async def _let_go(row: dict[str, Any], now: datetime) -> None:
    """The mail is in somebody's hands just now: it is scrubbed when they have done with it, and not tried again."""
    values: dict[Any, Any] = {OutgoingMail.scrub_when_done: True}
    if row["calendar_method"] != CANCEL:
        payload = {**json.loads(row["payload"]), "useless_after": iso_utc(now)}
        values[OutgoingMail.payload] = json.dumps(payload, ensure_ascii=False)
    await OutgoingMail.update(values).where(OutgoingMail.id == row["id"])


async def scrub_left_over(_now: datetime) -> int:
    """Scrub what a process killed after the last word of the server left behind; how many. A job."""
    rows = (
        await OutgoingMail.select(OutgoingMail.id)
        .where(WhereRaw("scrub_when_done") & OutgoingMail.state.is_in([*FINISHED, MailState.HELD]))
        .limit(BATCH)
    )
    async with transaction():
        await scrub([row["id"] for row in rows])
    return len(rows)
