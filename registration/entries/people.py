"""The row that stands for a person across conferences: one for each address, however it is written."""

from __future__ import annotations

from datetime import datetime

from registration.tables import Attendee

# Writing the address onto itself returns the row's id and, on PostgreSQL, locks it. Not the key: whoever writes a column
# that rows are told apart by also keeps out those who only point at the row, such as somebody confirming just now.
_PERSON = (
    "INSERT INTO attendee (email, email_key, created_at) VALUES ({}, {}, {}) "
    "ON CONFLICT (email_key) DO UPDATE SET email = attendee.email RETURNING id"
)


async def person_of(email: str, email_key: str, now: datetime) -> int:
    """The row id of whoever has this address, made where there is none.

    It keeps the row until the transaction ends: on PostgreSQL a second form from the same person waits until this one
    is done. So it comes before every other lock (``registration.locks``).
    """
    rows = await Attendee.raw(_PERSON, email, email_key, now)
    return int(rows[0]["id"])
