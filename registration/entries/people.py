"""The row that stands for a person across conferences: one for each address, however it is written."""

from __future__ import annotations

from datetime import datetime

from registration.tables import Attendee


async def person_of(email: str, email_key: str, now: datetime) -> int:
    """The row id of whoever has this address, made where there is none.

    It keeps the row until the transaction ends: on PostgreSQL a second form from the same person waits until this one
    is done. So it comes before every other lock (``registration.locks``).
    """
    row = Attendee(email=email, email_key=email_key, created_at=now)
    # Writing the key onto itself returns the row's id and locks it.
    found = (
        await Attendee.insert(row)
        .on_conflict(target=Attendee.email_key, action="DO UPDATE", values=[Attendee.email_key])
        .returning(Attendee.id)
    )
    return int(found[0]["id"])
