"""Tables of reminders: which were sent, and when to look at a person again."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import ForeignKey, Integer, OnDelete, Serial, Timestamptz, Varchar
from piccolo.table import Table

from registration.tables import Registration


class ReminderKind(StrEnum):
    """What reminds a person of their sessions. Each can be chosen by itself (``Registration.remind_…``)."""

    DAY = "day"  # 24 hours before
    HOUR = "hour"
    MINUTES = "minutes"  # ten minutes before
    DIGEST = "digest"  # their day, on its morning


class ReminderSent(Table):
    """That a person was told of a slot by a reminder, and when it was to begin: once for each kind and start.

    The slot is named by its code, and by no key of its table: whoever writes here would else wait for those who take seats.

    Unique: (registration, slot_code, kind, start).
    """

    id: Serial
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.cascade, index=False)
    slot_code = Varchar(length=12, default=None, null=False)
    kind = Varchar(length=10, choices=ReminderKind, default=None, null=False)
    start = Timestamptz(default=None, null=False)
    queued_at = Timestamptz(null=False)


class ReminderPlan(Table):
    """When a person's reminders are looked at next, and how things stood when that was worked out.

    A person without a row, or for whom things stand differently now, is looked at at once.

    Unique: registration.
    """

    id: Serial
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.cascade, unique=True)
    look_at = Timestamptz(default=None, null=True)  # None = not again, unless something changes
    changed_at = Timestamptz(default=None, null=False)  # the registration's
    release_number = Integer(default=0, null=False)  # the conference's
