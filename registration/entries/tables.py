"""Tables of how people come in: browsers signed in, interest before the opening, invitations."""

from __future__ import annotations

from piccolo.columns import ForeignKey, Integer, OnDelete, Serial, Timestamptz, Varchar
from piccolo.table import Table

from conference.tables import Conference
from registration.tables import AttendeeCategory, Registration


class AttendeeSignIn(Table):
    """A browser in which an attendee is signed in to one registration. Only the hash of the cookie is kept.

    Unique: token_hash.
    """

    id: Serial
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.cascade, index=True)
    token_hash = Varchar(length=64, default=None, null=False, unique=True)
    created_at = Timestamptz(null=False)
    expires_at = Timestamptz(default=None, null=False)


class Interest(Table):
    """Someone who wants to be told when registration opens. They are told once, if they confirmed the address.

    Unique: code; (conference, email_key).
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    code = Varchar(length=12, default=None, null=False, unique=True)
    email = Varchar(length=254, default=None, null=False)
    email_key = Varchar(length=254, default=None, null=False)
    language = Varchar(length=16, default="en", null=False)
    zone = Varchar(length=64, default="UTC", null=False)
    created_at = Timestamptz(null=False)
    confirmed_at = Timestamptz(default=None, null=True)
    told_at = Timestamptz(default=None, null=True)


class Invitation(Table):
    """An organiser's invitation to register, by mail. Its link is derived from the code and the generation.

    Unique: code; (conference, email_key).
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    category = ForeignKey(AttendeeCategory, null=True, default=None, on_delete=OnDelete.set_null, index=False)
    code = Varchar(length=12, default=None, null=False, unique=True)
    generation = Integer(default=1, null=False)
    email = Varchar(length=254, default=None, null=False)
    email_key = Varchar(length=254, default=None, null=False)
    name = Varchar(length=200, default="", null=False)
    created_at = Timestamptz(null=False)
    sent_at = Timestamptz(default=None, null=True)
    registration = ForeignKey(Registration, null=True, default=None, on_delete=OnDelete.set_null, index=False)
