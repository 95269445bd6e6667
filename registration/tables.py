"""Tables of the people who come: registrations, answers, consents, seats, agendas, invites sent."""

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

from conference.tables import Conference, Organiser
from sessions.tables import Slot, Speaker


class RegistrationStatus(StrEnum):
    """How far a registration has come. Only a confirmed one holds seats, an agenda and join links."""

    PENDING = "pending"
    APPLIED = "applied"  # the address is confirmed, the organiser has yet to say yes
    WAITING = "waiting"  # the address is confirmed, and the conference (or the category) is full
    CONFIRMED = "confirmed"
    REFUSED = "refused"  # the organiser said no
    WITHDRAWN = "withdrawn"


class QuestionKind(StrEnum):
    """Kinds of question an organiser may ask."""

    TEXT = "text"
    LONG_TEXT = "long-text"
    NUMBER = "number"
    YES_NO = "yes-no"
    CHOICE = "choice"  # one of several
    SEVERAL = "several"  # any of several
    DATE = "date"
    TIME = "time"
    FILE = "file"
    COUNTRY = "country"
    PHONE = "phone"
    URL = "url"


class RegistrationAccess(StrEnum):
    """Who may register."""

    OPEN = "open"
    INVITATION = "invitation"
    APPROVAL = "approval"


class WaitState(StrEnum):
    """Where somebody stands on a waitlist."""

    WAITING = "waiting"
    OFFERED = "offered"
    SEATED = "seated"
    EXPIRED = "expired"  # an offer that nobody answered
    LEFT = "left"


class ReminderKind(StrEnum):
    """What reminds a person of their sessions. Each can be chosen by itself (``Registration.remind_…``)."""

    DAY = "day"  # 24 hours before
    HOUR = "hour"
    MINUTES = "minutes"  # ten minutes before
    DIGEST = "digest"  # their day, on its morning


class FeedKind(StrEnum):
    """What a private calendar feed holds."""

    AGENDA = "agenda"
    PROGRAMME = "programme"  # the whole programme, or what a filter leaves of it
    TALKS = "talks"  # a speaker's own


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
    show_if = JSON(default="{}", null=False)  # {"question": code, "is": [values]}; {} = always asked
    limits = JSON(default="{}", null=False)  # such as {"least": 0, "most": 10} of a number; {} = none
    is_required = Boolean(default=False, null=False)
    is_active = Boolean(default=True, null=False)  # removed questions keep their answers readable
    position = Integer(default=0, null=False)
    revision = Integer(default=1, null=False)


class Answer(Table):
    """What a person answered, and what they were asked. ``value`` is text; of several choices, a JSON list of them.

    Unique: (registration, question).
    """

    id: Serial
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.cascade, index=True)
    question = ForeignKey(Question, null=False, on_delete=OnDelete.cascade, index=True)
    value = Text(default="", null=False)
    asked = JSON(default="{}", null=False)  # {"label", "choices"} as the person saw them; {} = as they stand
    file_key = Varchar(length=120, default="", null=False)  # of the store, for kind file
    file_name = Varchar(length=150, default="", null=False)
    file_type = Varchar(length=120, default="", null=False)
    file_size = BigInt(default=0, null=False)  # octets


class AnswerFile(Table):
    """A file sent to answer a question: there from before its first octet is stored until it is gone from the store.

    It belongs to the answer whose ``file_key`` names it. One that no answer names is removed after ``kept_until``, so
    that whoever deletes answers need not think of the store.

    Unique: code, key.
    """

    id: Serial
    conference = ForeignKey(Conference, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    code = Varchar(length=12, default=None, null=False, unique=True)
    key = Varchar(length=120, default=None, null=False, unique=True)  # of the store
    name = Varchar(length=150, default="", null=False)
    media_type = Varchar(length=120, default="", null=False)
    size = BigInt(default=0, null=False)  # octets; while it is on its way, the most it may have
    crc32 = BigInt(default=0, null=False)
    is_whole = Boolean(default=False, null=False)  # all of it is in the store
    is_taken = Boolean(default=False, null=False)  # it has become an answer, and can become no other
    kept_until = Timestamptz(null=False)


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


class WaitlistEntry(Table):
    """Somebody's place in the line for a slot, or (slot None) for the conference or their category.

    In order of ``precedence``, the highest first, then of id: the order they came, unless the team puts somebody first.

    Unique: code; (slot, registration) and (registration) where slot is null, both while waiting or offered.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    slot = ForeignKey(Slot, null=True, default=None, on_delete=OnDelete.cascade, index=True)
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.cascade, index=True)
    code = Varchar(length=12, default=None, null=False, unique=True)
    state = Varchar(length=10, choices=WaitState, default=WaitState.WAITING, null=False)
    precedence = Integer(default=0, null=False)
    joined_at = Timestamptz(null=False)
    offered_at = Timestamptz(default=None, null=True)
    offer_expires_at = Timestamptz(default=None, null=True)
    settled_at = Timestamptz(default=None, null=True)


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
    revision = Integer(default=1, null=False)


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


class SequenceFloor(Table):
    """The least SEQUENCE of a person's first invite in a conference: above all that was ever said to people who have left.

    Whoever withdraws or is erased and then comes back has calendars that remember the CANCEL and drop what is older.

    Unique: conference.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, unique=True)
    sequence = Integer(default=0, null=False)


class InviteReply(Table):
    """What a person's calendar answered to an invite (RFC 5546 REPLY, COUNTER). A decline gives nothing up before the person confirms.

    Unique: (registration, slot).
    """

    id: Serial
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.cascade, index=True)
    slot = ForeignKey(Slot, null=False, on_delete=OnDelete.cascade, index=True)
    partstat = Varchar(length=20, default=None, null=False)  # ACCEPTED, DECLINED, TENTATIVE, DELEGATED
    sequence = Integer(default=0, null=False)
    replied_at = Timestamptz(null=False)
    settled_at = Timestamptz(default=None, null=True)  # when they said whether the place is free


class Feed(Table):
    """A private calendar feed beside the agenda's own. Its address is derived from code and generation; its hash finds it.

    Unique: code, token_hash. Either ``registration`` or ``speaker`` is set.
    """

    id: Serial
    registration = ForeignKey(Registration, null=True, default=None, on_delete=OnDelete.cascade, index=True)
    speaker = ForeignKey(Speaker, null=True, default=None, on_delete=OnDelete.cascade, index=True)
    kind = Varchar(length=12, choices=FeedKind, default=FeedKind.AGENDA, null=False)
    query = Varchar(length=1000, default="", null=False)  # of the programme's address: which filters
    code = Varchar(length=12, default=None, null=False, unique=True)
    generation = Integer(default=1, null=False)
    token_hash = Varchar(length=64, default=None, null=False, unique=True)
    created_at = Timestamptz(null=False)
    revoked_at = Timestamptz(default=None, null=True)


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


class ImportState(StrEnum):
    """How far a sheet of registrations has come."""

    ARRIVING = "arriving"  # its rows are being written
    COLUMNS = "columns"  # the organiser says what its columns are
    LOOKING = "looking"  # each row is looked at, and nobody registered
    LOOKED = "looked"
    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"


class RowOutcome(StrEnum):
    """What becomes of a row of a sheet."""

    UNSEEN = ""
    TO_ADD = "to-add"  # looked at, and fit to be registered
    ADDED = "added"
    WAITING = "waiting"  # added to the waitlist of the conference or the category
    KNOWN = "known"  # registered already
    REFUSED = "refused"


class RegistrationImport(Table):
    """A sheet of people whom organisers register, kept for some days.

    Unique: code.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    organiser = ForeignKey(Organiser, null=True, default=None, on_delete=OnDelete.set_null)
    code = Varchar(length=12, default=None, null=False, unique=True)
    name = Varchar(length=150, default="", null=False)  # of the file
    state = Varchar(length=10, choices=ImportState, default=ImportState.ARRIVING, null=False)
    headings = JSON(default="[]", null=False)  # list of str
    notes = JSON(default="[]", null=False)  # list of str: what was doubtful in the file
    columns = JSON(default="[]", null=False)  # what each column is, "" for one that is left out
    options = JSON(default="{}", null=False)
    size = Integer(default=0, null=False)  # rows
    at = Timestamptz(null=False)
    finished_at = Timestamptz(default=None, null=True)


class ImportedRow(Table):
    """A row of such a sheet, and what became of it. ``cells`` are forgotten once the person is registered.

    Unique: (sheet, line). Index: (sheet, outcome, line).
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=False)
    sheet = ForeignKey(RegistrationImport, null=False, on_delete=OnDelete.cascade, index=False)
    line = Integer(default=None, null=False)
    cells = JSON(default="[]", null=False)  # list of str
    email_key = Varchar(length=254, default="", null=False)  # "" until it is looked at
    outcome = Varchar(length=10, choices=RowOutcome, default=RowOutcome.UNSEEN, null=False)
    reasons = JSON(default="[]", null=False)  # list of [code, {facts}], see registration.importing.reasons
    registration = ForeignKey(Registration, null=True, default=None, on_delete=OnDelete.set_null, index=False)


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


class Complaint(Table):
    """Something a person complains about, such as what is done with their data.

    Unique: code.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    code = Varchar(length=12, default=None, null=False, unique=True)
    name = Varchar(length=200, default="", null=False)
    email = Varchar(length=254, default="", null=False)
    language = Varchar(length=16, default="en", null=False)
    text = Text(default=None, null=False)
    made_at = Timestamptz(null=False)
    answer = Text(default="", null=False)
    answered_at = Timestamptz(default=None, null=True)
    organiser = ForeignKey(Organiser, null=True, default=None, on_delete=OnDelete.set_null)


class ErasedRegistration(Table):
    """What remains of an erased registration: enough to count by, nothing that leads to the person."""

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    country = Varchar(length=2, default="", null=False)
    status = Varchar(length=12, default="", null=False)
    registered_on = Date(default=None, null=False)
    erased_on = Date(default=None, null=False)


class ErasedConsent(Table):
    """That somebody erased had consented, to which words, and until when: shown only to whoever knows the address (GDPR 7(1)).

    ``address_hash`` is keyed, so that nobody can tell from the table whose it was.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    address_hash = Varchar(length=64, default=None, null=False, index=True)
    purpose = Varchar(length=30, default="", null=False)  # its code
    wording = Text(default=None, null=False)
    language = Varchar(length=16, default=None, null=False)
    given_at = Timestamptz(null=False)
    withdrawn_at = Timestamptz(default=None, null=True)
    erased_on = Date(default=None, null=False)


class DataLink(Table):
    """A link mailed to an address, which shows for a short time what is held about it. Derived from the code.

    Unique: code.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    code = Varchar(length=12, default=None, null=False, unique=True)
    email = Varchar(length=254, default=None, null=False)
    email_key = Varchar(length=254, default=None, null=False)
    created_at = Timestamptz(null=False)
    expires_at = Timestamptz(default=None, null=False, index=True)


class RetentionDue(Table):
    """That a kind of data was found to be due for deletion: what is deleted was due for a day at least, so that a clock that
    runs ahead for a moment deletes nothing.

    Unique: (conference, kind).
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    kind = Varchar(length=20, default=None, null=False)
    noted_at = Timestamptz(null=False)
    deleted = Integer(default=0, null=False)  # rows so far
    last_at = Timestamptz(default=None, null=True)


class PrivacyFacts(Table):
    """What only the organisers know for their privacy notice: who works for them, and which authority oversees them.

    Unique: conference.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, unique=True)
    recipients = JSON(default="{}", null=False)  # LocalText, Markdown
    authority = JSON(default="{}", null=False)  # LocalText: its name
    authority_url = Varchar(length=500, default="", null=False)
    revision = Integer(default=1, null=False)
