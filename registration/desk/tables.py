"""Tables of what the desk keeps: lists taken away, messages sent."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import JSON, BigInt, Boolean, ForeignKey, Integer, OnDelete, Serial, Timestamptz, Varchar
from piccolo.table import Table

from conference.tables import Conference, Organiser


class ExportKind(StrEnum):
    """What registrations are taken away as."""

    WORKBOOK = "xlsx"
    CSV = "csv"  # for people: with a byte order mark, formulas defused
    RAW = "raw"  # CSV for machines


class RegistrationExport(Table):
    """A large list that an organiser takes away: made in the background, kept for an hour under ``key`` in the store.

    Unique: code, key.
    """

    id: Serial
    conference = ForeignKey(Conference, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    organiser = ForeignKey(Organiser, null=True, default=None, on_delete=OnDelete.set_null)
    code = Varchar(length=12, default=None, null=False, unique=True)
    kind = Varchar(length=4, choices=ExportKind, default=None, null=False)
    query = Varchar(length=1000, default="", null=False)  # the filter, as an address has it
    total = Integer(default=0, null=False)  # registrations
    done = Integer(default=0, null=False)
    key = Varchar(length=120, default=None, null=False, unique=True)
    size = BigInt(default=0, null=False)  # octets
    is_broken = Boolean(default=False, null=False)  # it could not be made
    at = Timestamptz(null=False)
    finished_at = Timestamptz(default=None, null=True)


class AttendeeMessage(Table):
    """A mail that organisers wrote to attendees. ``audience`` is the filter that chose them, ``recipients`` how many.

    Unique: code. ``is_news``: promotional, so that everyone can unsubscribe from its like.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    organiser = ForeignKey(Organiser, null=True, default=None, on_delete=OnDelete.set_null)
    code = Varchar(length=12, default=None, null=False, unique=True)
    subject = JSON(default="{}", null=False)  # LocalText
    body = JSON(default="{}", null=False)  # LocalText, Markdown with placeholders
    audience = JSON(default="{}", null=False)
    is_news = Boolean(default=False, null=False)
    recipients = Integer(default=0, null=False)
    sent_at = Timestamptz(null=False)
