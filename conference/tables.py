"""Tables of the ground: conferences, the people who run them, mail on its way out, and the record of changes."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import (
    JSON,
    BigInt,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    OnDelete,
    Serial,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table


class RegistrationState(StrEnum):
    """Whether people may register now."""

    CLOSED = "closed"
    OPEN = "open"


class Role(StrEnum):
    """What a team member may do, from most to least; each includes seeing everything a viewer sees."""

    OWNER = "owner"
    PROGRAMME = "programme"
    REGISTRATION = "registration"
    VIEWER = "viewer"


class MailState(StrEnum):
    """Where a mail is on its way."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    HELD = "held"
    SUPPRESSED = "suppressed"  # not sent: the address does not work, or wants no such mail


class SuppressionSource(StrEnum):
    """How we came to know that an address does not work."""

    REFUSAL = "refusal"  # the mail server said so while we were sending
    BOUNCE = "bounce"  # a report came back later


class Conference(Table):
    """One event. ``zone`` is the IANA zone its wall-clock times are promised in.

    Unique: slug.
    """

    id: Serial
    slug = Varchar(length=60, default=None, null=False, unique=True)
    name = JSON(default="{}", null=False)  # LocalText
    tagline = JSON(default="{}", null=False)  # LocalText
    description = JSON(default="{}", null=False)  # LocalText, Markdown
    audience = JSON(default="{}", null=False)  # LocalText: who it is for
    zone = Varchar(length=64, default=None, null=False)
    starts_on = Date(default=None, null=False)  # first day, on the conference's calendar
    ends_on = Date(default=None, null=False)  # last day, inclusive
    languages = JSON(default='["en"]', null=False)  # list; the first is the default
    themes = JSON(default="[]", null=False)  # list of str
    organiser_name = Varchar(length=200, default="", null=False)
    organiser_url = Varchar(length=500, default="", null=False)
    contact_email = Varchar(length=254, default="", null=False)
    partners = JSON(default="[]", null=False)  # list of {"name", "url", "role": "partner" | "funder"}
    privacy = JSON(default="{}", null=False)  # LocalText, Markdown: the privacy notice
    registration_state = Varchar(
        length=10, choices=RegistrationState, default=RegistrationState.CLOSED, null=False
    )
    early_entry_minutes = Integer(default=15, null=False)  # how long before the start a join link opens
    uid_host = Varchar(
        length=253, default=None, null=False
    )  # right-hand side of calendar UIDs, fixed for life
    is_listed = Boolean(default=True, null=False)  # shown on the front page
    release_number = Integer(default=0, null=False)  # the latest release; 0 = nothing published yet
    public_version = Integer(default=1, null=False)  # moves whenever a public page would change
    draft_version = BigInt(default=1, null=False)  # moves whenever the draft programme changes
    revision = Integer(default=1, null=False)
    created_at = Timestamptz(null=False)


class Organiser(Table):
    """A person who runs conferences. ``email_key`` is the address compared without regard to case.

    Unique: email_key.
    """

    id: Serial
    email = Varchar(length=254, default=None, null=False)
    email_key = Varchar(length=254, default=None, null=False, unique=True)
    name = Varchar(length=200, default="", null=False)
    password_hash = Varchar(length=200, default=None, null=True)  # argon2id; None = signs in by mailed link
    zone = Varchar(length=64, default="", null=False)  # "" = the conference's
    language = Varchar(length=16, default="", null=False)
    may_create = Boolean(default=False, null=False)  # may create conferences
    created_at = Timestamptz(null=False)


class TeamMember(Table):
    """An organiser's role in one conference.

    Unique: (conference, organiser).
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    organiser = ForeignKey(Organiser, null=False, on_delete=OnDelete.cascade, index=True)
    role = Varchar(length=20, choices=Role, default=Role.VIEWER, null=False)
    created_at = Timestamptz(null=False)


class SignIn(Table):
    """A browser in which an organiser is signed in. Only the hash of the cookie is kept.

    Unique: token_hash.
    """

    id: Serial
    organiser = ForeignKey(Organiser, null=False, on_delete=OnDelete.cascade, index=True)
    token_hash = Varchar(length=64, default=None, null=False, unique=True)
    created_at = Timestamptz(null=False)
    expires_at = Timestamptz(default=None, null=False)


class SignInLink(Table):
    """A one-time link that signs an organiser in; spent by POST only.

    Unique: token_hash.
    """

    id: Serial
    organiser = ForeignKey(Organiser, null=False, on_delete=OnDelete.cascade, index=True)
    code = Varchar(length=16, default=None, null=False, unique=True)  # what the token is derived from
    token_hash = Varchar(length=64, default=None, null=False, unique=True)
    created_at = Timestamptz(null=False)
    expires_at = Timestamptz(default=None, null=False)
    used_at = Timestamptz(default=None, null=True)


class FailedSignIn(Table):
    """A wrong password or a link asked for, kept for the throttle and removed after a day."""

    id: Serial
    key = Varchar(
        length=320, default=None, null=False, index=True
    )  # what is counted: an address or a network
    at = Timestamptz(null=False, index=True)


class AuditEntry(Table):
    """Who did what, and what changed. ``actor`` is a label that outlives the account."""

    id: Serial
    conference = ForeignKey(Conference, null=True, default=None, on_delete=OnDelete.cascade, index=True)
    organiser = ForeignKey(Organiser, null=True, default=None, on_delete=OnDelete.set_null)
    actor = Varchar(length=254, default="", null=False)
    action = Varchar(length=60, default=None, null=False)
    subject = Varchar(length=120, default="", null=False)  # such as "slot:k3v9x2ab"
    before = JSON(default="{}", null=False)
    after = JSON(default="{}", null=False)
    at = Timestamptz(null=False, index=True)


class OutgoingMail(Table):
    """A mail on its way out, written in the transaction that caused it and rendered when it is sent.

    ``payload`` holds plain facts; secrets stand in it as references (see ``conference.mail``).

    Unique: idempotency_key, message_id. Index: (state, next_attempt_at); (state, domain, next_attempt_at);
    (attempted_at).
    """

    id: Serial
    conference = ForeignKey(Conference, null=True, default=None, on_delete=OnDelete.cascade, index=True)
    kind = Varchar(length=40, default=None, null=False)  # the template
    idempotency_key = Varchar(length=200, default=None, null=False, unique=True)
    message_id = Varchar(length=200, default=None, null=False, unique=True)
    recipient = Varchar(length=254, default=None, null=False, index=True)
    recipient_name = Varchar(length=200, default="", null=False)
    language = Varchar(length=16, default="en", null=False)
    zone = Varchar(length=64, default="UTC", null=False)
    payload = JSON(default="{}", null=False)
    calendar = Text(default=None, null=True)  # an iCalendar file
    calendar_method = Varchar(length=10, default=None, null=True)
    state = Varchar(length=10, choices=MailState, default=MailState.QUEUED, null=False)
    attempts = Integer(default=0, null=False)
    next_attempt_at = Timestamptz(null=False)
    lease_until = Timestamptz(default=None, null=True)
    last_reply = Text(default="", null=False)  # the server's words
    created_at = Timestamptz(null=False)
    sent_at = Timestamptz(default=None, null=True)
    domain = Varchar(length=254, default="", null=False)  # of the recipient, in lower case
    attempted_at = Timestamptz(default=None, null=True)  # the last try
    is_promotional = Boolean(default=False, null=False)  # may be unsubscribed from
    scrub_when_done = Boolean(
        default=False, null=False
    )  # the last words to somebody erased: address and words go once it left or was given up


class MailTemplate(Table):
    """A team's own words for a kind of mail in one language; without a row the built-in ones are sent.

    Unique: (conference, kind, language).
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    kind = Varchar(length=40, default=None, null=False)
    language = Varchar(length=16, default=None, null=False)
    subject = Varchar(length=300, default="", null=False)
    body = Text(default="", null=False)
    revision = Integer(default=1, null=False)
    changed_at = Timestamptz(null=False)


class Suppression(Table):
    """An address that no mail goes to, known by a keyed hash alone, so that it outlives the person's data.

    Unique: address_hash.
    """

    id: Serial
    address_hash = Varchar(length=64, default=None, null=False, unique=True)
    reason = Text(default="", null=False)  # the server's words, without the address
    source = Varchar(length=10, choices=SuppressionSource, default=None, null=False)
    since = Timestamptz(null=False)


class Unsubscription(Table):
    """Somebody wants no news of a conference. The address is known by a keyed hash alone.

    Unique: (conference, address_hash).
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    address_hash = Varchar(length=64, default=None, null=False, index=True)
    at = Timestamptz(null=False)


class HandledMail(Table):
    """A mail that came in and was dealt with, so that it counts once. ``key`` is the hash of its Message-ID.

    Unique: key.
    """

    id: Serial
    key = Varchar(length=64, default=None, null=False, unique=True)
    outcome = Varchar(length=300, default="", null=False)
    at = Timestamptz(null=False, index=True)


class MailTrouble(Table):
    """Why no mail leaves at present: the server cannot be reached, or does not let us in. No row: all is well.

    Unique: name.
    """

    id: Serial
    name = Varchar(length=20, default=None, null=False, unique=True)  # of the way out; there is one, "smtp"
    kind = Varchar(length=20, default=None, null=False)  # "connection" or "sign-in"
    words = Text(default="", null=False)  # the server's
    since = Timestamptz(null=False)
    retry_at = Timestamptz(null=False)


class LeavingFile(Table):
    """A file of the store that nothing needs any more, until it is gone from there: a store that is away, or a process
    that is killed, keeps none of them. Unique: key."""

    id: Serial
    key = Varchar(length=160, default=None, null=False, unique=True)
    since = Timestamptz(null=False)


class Job(Table):
    """A piece of work that recurs or waits. A lease lets any number of processes share the work.

    Unique: name.
    """

    id: Serial
    name = Varchar(length=80, default=None, null=False, unique=True)
    run_at = Timestamptz(null=False)
    lease_until = Timestamptz(default=None, null=True)
    last_run_at = Timestamptz(default=None, null=True)
    last_error = Text(default="", null=False)
