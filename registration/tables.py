"""Tables of the people who come: registrations, answers, consents, seats, agendas, invites sent."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import JSON, Boolean, ForeignKey, Integer, OnDelete, Serial, Text, Timestamptz, Varchar
from piccolo.table import Table

from conference.tables import Conference
from sessions.tables import Slot


class RegistrationStatus(StrEnum):
    """A registration waits for its e-mail to be confirmed, stands, or has been withdrawn."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


class QuestionKind(StrEnum):
    """Kinds of question an organiser may ask (a later issue adds more)."""

    TEXT = "text"
    LONG_TEXT = "long-text"
    YES_NO = "yes-no"
    CHOICE = "choice"


class InviteMethod(StrEnum):
    """RFC 5546 methods that we send."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


class Attendee(Table):
    """A person who comes, known across conferences by their address alone. ``email_key`` compares without case.

    Unique: email_key.
    """

    id: Serial
    email = Varchar(length=254, default=None, null=False)
    email_key = Varchar(length=254, default=None, null=False, unique=True)
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
    revision = Integer(default=1, null=False)


class AttendeeSignIn(Table):
    """A browser in which an attendee is signed in to one registration. Only the hash of the cookie is kept.

    Unique: token_hash.
    """

    id: Serial
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.cascade, index=True)
    token_hash = Varchar(length=64, default=None, null=False, unique=True)
    created_at = Timestamptz(null=False)
    expires_at = Timestamptz(default=None, null=False)


class Question(Table):
    """A question of the organiser's own on the registration form.

    Unique: code.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    code = Varchar(length=12, default=None, null=False, unique=True)
    kind = Varchar(length=20, choices=QuestionKind, default=QuestionKind.TEXT, null=False)
    label = JSON(default="{}", null=False)  # LocalText
    help = JSON(default="{}", null=False)  # LocalText
    choices = JSON(default="[]", null=False)  # list of LocalText, for kind choice
    is_required = Boolean(default=False, null=False)
    is_active = Boolean(default=True, null=False)  # removed questions keep their answers readable
    position = Integer(default=0, null=False)
    revision = Integer(default=1, null=False)


class Answer(Table):
    """What a person answered.

    Unique: (registration, question).
    """

    id: Serial
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.cascade, index=True)
    question = ForeignKey(Question, null=False, on_delete=OnDelete.cascade, index=True)
    value = Text(default="", null=False)


class ConsentPurpose(Table):
    """Something the conference asks consent for: one purpose, one box, never ticked beforehand.

    Unique: (conference, code).
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    code = Varchar(
        length=30, default=None, null=False
    )  # such as "updates"; the form's field is consent_<code>
    wording = JSON(default="{}", null=False)  # LocalText: the exact words beside the box
    is_active = Boolean(default=True, null=False)
    position = Integer(default=0, null=False)


class Consent(Table):
    """That a person consented: to which words, in which language, when; and when they took it back (GDPR 7(1))."""

    id: Serial
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.cascade, index=True)
    # Piccolo would name the index like the table consent_purpose; a migration makes it under a name of its own.
    purpose = ForeignKey(ConsentPurpose, null=False, on_delete=OnDelete.cascade, index=False)
    wording = Text(default=None, null=False)
    language = Varchar(length=16, default=None, null=False)
    given_at = Timestamptz(null=False)
    withdrawn_at = Timestamptz(default=None, null=True)


class Seat(Table):
    """A registration's place in a slot of limited capacity. Given up = the row is gone; InviteSent keeps the trace.

    Unique: (slot, registration).
    """

    id: Serial
    slot = ForeignKey(Slot, null=False, on_delete=OnDelete.cascade, index=True)
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.cascade, index=True)
    taken_at = Timestamptz(null=False)


class AgendaItem(Table):
    """A slot without limited seats that a person chose for their agenda.

    Unique: (registration, slot).
    """

    id: Serial
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.cascade, index=True)
    slot = ForeignKey(Slot, null=False, on_delete=OnDelete.cascade, index=True)
    chosen_at = Timestamptz(null=False)


class InviteSent(Table):
    """What a person's calendar was last told about a slot. The facts sent decide whether anything is owed.

    ``facts`` is a fingerprint of what makes people reconsider (start, end, room's join link, state).

    Unique: (registration, slot, sequence, method).
    """

    id: Serial
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.cascade, index=True)
    slot = ForeignKey(Slot, null=False, on_delete=OnDelete.cascade, index=True)
    method = Varchar(length=10, choices=InviteMethod, default=InviteMethod.REQUEST, null=False)
    uid = Varchar(length=320, default=None, null=False)
    sequence = Integer(default=0, null=False)
    start = Timestamptz(default=None, null=False)
    end = Timestamptz(default=None, null=False)
    facts = Varchar(length=64, default="", null=False)
    sent_at = Timestamptz(null=False)
