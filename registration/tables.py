"""Tables of the people who come: who they are, their registrations, and who may register for what."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import JSON, Boolean, ForeignKey, Integer, OnDelete, Serial, Text, Timestamptz, Varchar
from piccolo.table import Table

from conference.tables import Conference


class RegistrationStatus(StrEnum):
    """How far a registration has come. Only a confirmed one holds seats, an agenda and join links."""

    PENDING = "pending"
    APPLIED = "applied"  # the address is confirmed, the organiser has yet to say yes
    WAITING = "waiting"  # the address is confirmed, and the conference (or the category) is full
    CONFIRMED = "confirmed"
    REFUSED = "refused"  # the organiser said no
    WITHDRAWN = "withdrawn"


class RegistrationAccess(StrEnum):
    """Who may register."""

    OPEN = "open"
    INVITATION = "invitation"
    APPROVAL = "approval"


class Attendee(Table):
    """A person who comes, known across conferences by their address alone. ``email_key`` compares without case.

    Unique: email_key.
    """

    id: Serial
    email = Varchar(length=254, default=None, null=False)
    email_key = Varchar(length=254, default=None, null=False, unique=True)
    created_at = Timestamptz(null=False)


class RegistrationRules(Table):
    """Who may register for one conference, when, and how many; a conference without a row has the defaults.

    Whether registration is open at all is ``Conference.registration_state``; the times narrow that.

    Unique: conference.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, unique=True)
    access = Varchar(length=12, choices=RegistrationAccess, default=RegistrationAccess.OPEN, null=False)
    opens_at = Timestamptz(default=None, null=True)
    closes_at = Timestamptz(default=None, null=True)
    capacity = Integer(default=None, null=True)  # None = no limit
    offer_hours = Integer(default=48, null=False)  # how long an offer from a waitlist stands
    takes_interest = Boolean(default=True, null=False)  # people may ask to be told when it opens
    takes_groups = Boolean(default=False, null=False)  # a library may register several colleagues
    most_in_group = Integer(default=10, null=False)
    retention = JSON(default="{}", null=False)  # kind of data -> days after the conference; absent = kept
    revision = Integer(default=1, null=False)


class AttendeeCategory(Table):
    """A kind of attendee with places of its own, such as library staff, students or speakers.

    Unique: code.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    code = Varchar(length=12, default=None, null=False, unique=True)
    name = JSON(default="{}", null=False)  # LocalText
    description = JSON(default="{}", null=False)  # LocalText
    capacity = Integer(default=None, null=True)  # None = no limit of its own
    access = Varchar(length=12, choices=RegistrationAccess, default=RegistrationAccess.OPEN, null=False)
    is_active = Boolean(default=True, null=False)
    position = Integer(default=0, null=False)
    revision = Integer(default=1, null=False)


class RegistrationGroup(Table):
    """Colleagues of one library whom one of them registered. ``contact_key`` is that person's address, compared without case.

    Unique: code.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    code = Varchar(length=12, default=None, null=False, unique=True)
    name = Varchar(length=200, default="", null=False)
    contact_key = Varchar(length=254, default="", null=False)
    created_at = Timestamptz(null=False)


class Registration(Table):
    """A person's entry to one conference, with what they told us for it.

    Links to it are derived from (code, link_generation); only their hashes are stored.

    Unique: code, link_hash, feed_hash; (conference, attendee) where status <> 'withdrawn', named registration_live.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    attendee = ForeignKey(Attendee, null=False, on_delete=OnDelete.cascade, index=True)
    code = Varchar(length=12, default=None, null=False, unique=True)
    status = Varchar(length=12, choices=RegistrationStatus, default=RegistrationStatus.PENDING, null=False)
    name = Varchar(length=200, default=None, null=False)
    email = Varchar(length=254, default=None, null=False)
    country = Varchar(length=2, default=None, null=False)
    zone = Varchar(length=64, default=None, null=False)
    language = Varchar(length=16, default=None, null=False)
    organisation = Varchar(length=200, default="", null=False)
    searched = Text(default="", null=False)  # name, address, organisation and code, folded
    link_generation = Integer(default=1, null=False)
    link_hash = Varchar(length=64, default=None, null=False, unique=True)
    link_expires_at = Timestamptz(default=None, null=False)
    feed_generation = Integer(default=1, null=False)
    feed_hash = Varchar(length=64, default=None, null=False, unique=True)
    created_at = Timestamptz(null=False)
    confirmed_at = Timestamptz(default=None, null=True)
    withdrawn_at = Timestamptz(default=None, null=True)
    changed_at = Timestamptz(null=False)  # moves with every change a feed would show
    synced_release = Integer(default=0, null=False)  # the release up to which this person's invites are true
    category = ForeignKey(AttendeeCategory, null=True, default=None, on_delete=OnDelete.set_null, index=False)
    in_group = ForeignKey(
        RegistrationGroup, null=True, default=None, on_delete=OnDelete.set_null, index=False
    )
    decided_at = Timestamptz(default=None, null=True)  # when an organiser approved or refused
    organiser_note = Text(default="", null=False)  # the team's, not the person's
    remind_day = Boolean(default=True, null=False)  # 24 hours before each of their sessions
    remind_hour = Boolean(default=True, null=False)
    remind_minutes = Boolean(default=False, null=False)  # ten minutes before
    remind_digest = Boolean(default=True, null=False)  # their day, on its morning
    notes_presence = Boolean(
        default=False, null=False
    )  # they agreed to presence being noted for a certificate
    revision = Integer(default=1, null=False)
