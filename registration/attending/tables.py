"""Tables of having been there: stays in rooms, and certificates."""

from __future__ import annotations

from piccolo.columns import JSON, Boolean, ForeignKey, Integer, OnDelete, Serial, Timestamptz, Varchar
from piccolo.table import Table

from conference.tables import Conference
from registration.tables import Registration
from sessions.tables import Slot


class Presence(Table):
    """A stay of somebody in a room, noted with their consent for their certificate: they came at ``first_at``, and
    ``last_at`` is the last time they went through the door in it. ``left_at`` None: they have not said that they left,
    and it lasts until the session ends.

    Unique: (registration, slot) where left_at is null.
    """

    id: Serial
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.cascade, index=True)
    slot = ForeignKey(Slot, null=False, on_delete=OnDelete.cascade, index=True)
    first_at = Timestamptz(null=False)
    last_at = Timestamptz(null=False)
    left_at = Timestamptz(default=None, null=True)


class CertificateRules(Table):
    """Whether a conference gives certificates of attendance, and who signs them; without a row it does.

    Unique: conference.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, unique=True)
    is_offered = Boolean(default=True, null=False)
    signed_by = Varchar(length=200, default="", null=False)  # a person's name
    signed_as = JSON(default="{}", null=False)  # LocalText: what they are
    revision = Integer(default=1, null=False)


class Certificate(Table):
    """A certificate of attendance as it was issued; ``facts`` is what stands on it. Anyone who has the code may check it.

    Unique: code, registration.
    """

    id: Serial
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.cascade, unique=True)
    code = Varchar(length=16, default=None, null=False, unique=True)
    minutes = Integer(default=0, null=False)
    facts = JSON(default="{}", null=False)
    language = Varchar(length=16, default="en", null=False)
    issued_at = Timestamptz(null=False)
