"""Tables of the programme: rooms, tracks, speakers, sessions and their slots, releases. Those of what a conference leaves
behind are in ``sessions.packs.tables``."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import (
    JSON,
    BigInt,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    Serial,
    Text,
    Timestamp,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from conference.tables import Conference, Organiser


class SessionKind(StrEnum):
    """What kind of thing stands on the programme."""

    KEYNOTE = "keynote"
    PLENARY = "plenary"
    PANEL = "panel"
    WORKSHOP = "workshop"
    TALK = "talk"
    NETWORKING = "networking"
    BREAK = "break"
    BLOCKER = "blocker"  # keeps a room and time free; private, in no release


class SessionState(StrEnum):
    """A cancelled session stays, and stays visible as cancelled."""

    ACTIVE = "active"
    CANCELLED = "cancelled"


class SpeakerKind(StrEnum):
    """A person, or an organisation that speaks."""

    PERSON = "person"
    ORGANISATION = "organisation"


class AppearanceRole(StrEnum):
    """What a speaker does in a session."""

    CHAIR = "chair"
    PANELLIST = "panellist"
    PRESENTER = "presenter"
    FACILITATOR = "facilitator"
    INTERPRETER = "interpreter"
    HOST = "host"


class AppearanceState(StrEnum):
    """How far a speaker has said yes to an appearance. A declined one is in no release."""

    PLANNED = "planned"  # nobody has asked them yet
    INVITED = "invited"
    CONFIRMED = "confirmed"
    DECLINED = "declined"


class ConsentState(StrEnum):
    """What a speaker says to being recorded, or to the publishing of what they show."""

    UNKNOWN = "unknown"
    GIVEN = "given"
    REFUSED = "refused"


class AvailabilityKind(StrEnum):
    """How well a time suits a speaker. A time without any entry does not suit, once they have answered at all."""

    AVAILABLE = "available"
    IF_NEEDED = "if-needed"


class Room(Table):
    """A virtual room. ``vendor_url`` is where the meeting really is: it stands in no page, feed or mail.

    Unique: code.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    code = Varchar(length=12, default=None, null=False, unique=True)
    name = JSON(default="{}", null=False)  # LocalText
    capacity = Integer(default=None, null=True)  # None = no limit
    position = Integer(default=0, null=False)
    vendor_url = Varchar(length=2000, default="", null=False)
    open_hours = JSON(default="[]", null=False)  # list of {"from", "until"}: ISO wall clock; [] = always open
    getting_in = JSON(default="{}", null=False)  # LocalText, Markdown: what the vendor asks of people
    dial_in = JSON(default="{}", null=False)  # LocalText: how to take part by phone; for those entitled only
    revision = Integer(default=1, null=False)


class Track(Table):
    """A theme that sessions belong to. ``colour`` is "#rrggbb" and never the only sign of the track.

    Unique: code.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    code = Varchar(length=12, default=None, null=False, unique=True)
    name = JSON(default="{}", null=False)  # LocalText
    colour = Varchar(length=7, default="", null=False)
    position = Integer(default=0, null=False)
    revision = Integer(default=1, null=False)


class Speaker(Table):
    """A person or organisation that speaks. ``zone`` is where they will be: whose night to respect.

    Unique: code, link_hash. The link of ``/speak/`` is derived; only its hash is stored.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    code = Varchar(length=12, default=None, null=False, unique=True)
    kind = Varchar(length=20, choices=SpeakerKind, default=SpeakerKind.PERSON, null=False)
    name = Varchar(length=200, default=None, null=False)
    pronouns = Varchar(length=60, default="", null=False)
    job_title = Varchar(length=200, default="", null=False)
    organisation = Varchar(length=200, default="", null=False)
    country = Varchar(length=2, default="", null=False)  # ISO 3166-1 alpha-2
    zone = Varchar(length=64, default="", null=False)
    biography = JSON(default="{}", null=False)  # LocalText, Markdown
    links = JSON(default="[]", null=False)  # list of {"title", "url"}
    orcid = Varchar(length=19, default="", null=False)  # 0000-0002-1825-0097, checksum verified
    photo_key = Varchar(length=120, default="", null=False)  # of the stored, re-encoded picture; "" = none
    language = Varchar(length=16, default="", null=False)  # of mails to them; "" = the conference's first
    email = Varchar(length=254, default="", null=False)  # private
    access_needs = Text(default="", null=False)  # private
    technical_needs = Text(default="", null=False)  # private
    internal_notes = Text(default="", null=False)  # private, and not the speaker's to see
    guid = Varchar(length=64, default="", null=False)  # the person's name in the file they were imported from
    link_generation = Integer(
        default=0, null=False
    )  # what the link of /speak/ is derived from; 0 = none sent yet
    link_hash = Varchar(length=64, default=None, null=True)
    link_expires_at = Timestamptz(default=None, null=True)
    availability_given_at = Timestamptz(default=None, null=True)  # None = has not said; nothing is assumed
    remind_day = Boolean(default=True, null=False)  # 24 hours before each session they speak in
    remind_hour = Boolean(default=True, null=False)
    remind_minutes = Boolean(default=False, null=False)  # ten minutes before
    revision = Integer(default=1, null=False)


class Session(Table):
    """Something on the programme, whenever it takes place; its placings are its slots.

    Unique: code. ``guid`` is the UUID of frab files. ``recording_url`` is the vendor's, as private as a room's.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    code = Varchar(length=12, default=None, null=False, unique=True)
    guid = Varchar(length=36, default=None, null=False, index=True)
    kind = Varchar(length=20, choices=SessionKind, default=SessionKind.TALK, null=False)
    state = Varchar(length=20, choices=SessionState, default=SessionState.ACTIVE, null=False)
    title = JSON(default="{}", null=False)  # LocalText
    abstract = JSON(default="{}", null=False)  # LocalText, Markdown
    language = Varchar(length=16, default="", null=False)  # spoken language; "" = the conference's first
    track = ForeignKey(Track, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    recording_url = Varchar(length=2000, default="", null=False)
    links = JSON(default="[]", null=False)  # list of {"title", "url"}
    is_recorded = Boolean(default=True, null=False)
    internal_notes = Text(default="", null=False)
    revision = Integer(default=1, null=False)


class SessionPart(Table):
    """A part of a panel: its own title, its own speakers."""

    id: Serial
    session = ForeignKey(Session, null=False, on_delete=OnDelete.cascade, index=True)
    title = JSON(default="{}", null=False)  # LocalText
    position = Integer(default=0, null=False)


class Appearance(Table):
    """A speaker in a session, with a role.

    Unique: (session, speaker, role).
    """

    id: Serial
    session = ForeignKey(Session, null=False, on_delete=OnDelete.cascade, index=True)
    speaker = ForeignKey(Speaker, null=False, on_delete=OnDelete.cascade, index=True)
    role = Varchar(length=20, choices=AppearanceRole, default=AppearanceRole.PRESENTER, null=False)
    part = ForeignKey(SessionPart, null=True, default=None, on_delete=OnDelete.set_null)
    position = Integer(default=0, null=False)
    state = Varchar(length=20, choices=AppearanceState, default=AppearanceState.PLANNED, null=False)
    invited_at = Timestamptz(default=None, null=True)
    reminded_at = Timestamptz(default=None, null=True)
    answered_at = Timestamptz(default=None, null=True)
    answer_note = Text(default="", null=False)  # why they declined, in their words; private
    recording_consent = Varchar(length=10, choices=ConsentState, default=ConsentState.UNKNOWN, null=False)
    publishing_consent = Varchar(length=10, choices=ConsentState, default=ConsentState.UNKNOWN, null=False)


class Availability(Table):
    """A stretch of time that suits a speaker, as instants (UTC, ``end`` exclusive). Stretches of one speaker are disjoint."""

    id: Serial
    speaker = ForeignKey(Speaker, null=False, on_delete=OnDelete.cascade, index=True)
    start = Timestamptz(default=None, null=False)
    end = Timestamptz(default=None, null=False)
    kind = Varchar(length=10, choices=AvailabilityKind, default=AvailabilityKind.AVAILABLE, null=False)


class SpeakerRequest(Table):
    """A change that a speaker asks the organisers for. ``session`` None: about themselves."""

    id: Serial
    speaker = ForeignKey(Speaker, null=False, on_delete=OnDelete.cascade, index=True)
    session = ForeignKey(Session, null=True, default=None, on_delete=OnDelete.set_null)
    text = Text(default=None, null=False)
    asked_at = Timestamptz(null=False)
    answer = Text(default="", null=False)
    answered_at = Timestamptz(default=None, null=True)
    organiser = ForeignKey(Organiser, null=True, default=None, on_delete=OnDelete.set_null)  # who answered


class SpeakerMessage(Table):
    """A mail that organisers wrote to speakers. ``audience`` tells the filter that chose them and who they were,
    ``recipients`` how many. ``code`` is made before sending, so that a form sent twice sends one mail."""

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    code = Varchar(length=16, default="", null=False)
    organiser = ForeignKey(Organiser, null=True, default=None, on_delete=OnDelete.set_null)
    subject = JSON(default="{}", null=False)  # LocalText
    body = JSON(default="{}", null=False)  # LocalText, Markdown with placeholders
    audience = JSON(default="{}", null=False)
    recipients = Integer(default=0, null=False)
    sent_at = Timestamptz(null=False)


class ScheduleRules(Table):
    """What one conference asks of its schedule. Minutes are of the day; a conference without a row has the defaults.

    Unique: conference.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, unique=True)
    levels = JSON(default="{}", null=False)  # conflict kind -> "block" | "block-release" | "warn" | "ignore"
    day_starts = Integer(default=0, null=False)  # the conference's day, on its own clock
    day_ends = Integer(default=1440, null=False)
    speaker_earliest = Integer(default=7 * 60, null=False)  # on the speaker's clock: before it is antisocial
    speaker_latest = Integer(default=22 * 60, null=False)  # a session that ends after it is antisocial
    bearable_from = Integer(default=7 * 60, null=False)  # on the attendee's clock: from here on it is day
    bearable_until = Integer(default=22 * 60, null=False)
    edge_minutes = Integer(default=60, null=False)  # before and after the day: early or late, not yet night
    gap_minutes = Integer(default=10, null=False)  # least time between two sessions of one speaker
    expected_audience = JSON(
        default="{}", null=False
    )  # country (ISO 3166-1) or zone -> share; before registration
    revision = Integer(default=1, null=False)


class Slot(Table):
    """One placing of a session in the draft. Unscheduled: room, local_start, start and end are None.

    ``local_start`` is the wall-clock promise in the conference's zone; ``start`` and ``end`` are the instants derived
    from it (UTC, ``end`` exclusive). ``code`` outlives every move and release: calendar UIDs and join links are made of it.

    Unique: code.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    session = ForeignKey(Session, null=False, on_delete=OnDelete.cascade, index=True)
    code = Varchar(length=12, default=None, null=False, unique=True)
    guid = Varchar(length=36, default=None, null=False, index=True)
    # Not "restrict": a room in use stays either way, but only this lets a whole conference be deleted at once.
    room = ForeignKey(Room, null=True, default=None, on_delete=OnDelete.no_action, index=True)
    local_start = Timestamp(default=None, null=True)
    zone = Varchar(length=64, default="", null=False)  # the zone ``local_start`` was entered in
    start = Timestamptz(default=None, null=True, index=True)
    end = Timestamptz(default=None, null=True)
    length_minutes = Integer(default=30, null=False)
    seats = Integer(default=None, null=True)  # None = open to everyone, no seat needed
    is_cancelled = Boolean(default=False, null=False)
    position = Integer(default=0, null=False)  # order among a session's slots
    revision = Integer(default=1, null=False)


class ScheduleStep(Table):
    """A thing an organiser did in the editor, with every slot it changed: what undo takes back and redo does again.

    ``facts`` is what its name is made of; ``changes`` is a list of {"slot": code, "session", "before", "after",
    "revision_before", "revision_after", "row"}, where a state of None means that the slot did not exist, and ``row`` is
    what else it takes to make it again (see ``sessions.schedule.step_log``).
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    organiser = ForeignKey(Organiser, null=False, on_delete=OnDelete.cascade, index=True)
    kind = Varchar(length=20, default=None, null=False)  # a sessions.schedule.moves.StepKind
    facts = JSON(default="{}", null=False)
    changes = JSON(default="[]", null=False)
    at = Timestamptz(null=False)
    undone_at = Timestamptz(default=None, null=True)


class DraftChange(Table):
    """A change of the draft, for those who look at it just now; kept for a day. ``slots`` are codes, [] = anything.

    Unique: (conference, version).
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    version = BigInt(default=None, null=False)  # the conference's draft_version since
    slots = JSON(default="[]", null=False)
    organiser = ForeignKey(Organiser, null=True, default=None, on_delete=OnDelete.set_null)
    actor = Varchar(length=254, default="", null=False)
    at = Timestamptz(null=False)


class ProgrammeImport(Table):
    """Files that an organiser sent to be imported, kept for a day between looking at what would change and doing it.

    ``files`` is a list of {"key" (of the store), "name"}; ``hints`` what they said the files leave open; ``digest`` is of the
    changes they were shown.

    Unique: code.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    organiser = ForeignKey(Organiser, null=True, default=None, on_delete=OnDelete.set_null)
    code = Varchar(length=12, default=None, null=False, unique=True)
    files = JSON(default="[]", null=False)
    hints = JSON(default="{}", null=False)
    digest = Varchar(length=64, default="", null=False)
    at = Timestamptz(null=False, index=True)
    done_at = Timestamptz(default=None, null=True)


class Release(Table):
    """A numbered, immutable programme as published. ``snapshot`` and ``changes`` are JSON (see ``sessions.programme.snapshot``).

    Unique: (conference, number).
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    number = Integer(default=None, null=False)
    note = Text(default="", null=False)
    snapshot = Text(default=None, null=False)
    changes = JSON(default="[]", null=False)
    released_at = Timestamptz(null=False)
    organiser = ForeignKey(Organiser, null=True, default=None, on_delete=OnDelete.set_null)
    tells_speakers = Boolean(default=False, null=False)  # the mails to speakers are still to be queued


class KeptDraft(Table):
    """The draft as it stood before a release was restored over it, so that nothing of it is lost.

    ``content`` is JSON (see ``sessions.releases.kept_drafts``). Unique: code.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    code = Varchar(length=12, default=None, null=False, unique=True)
    replaced_by = Varchar(length=40, default="", null=False)  # "release:3", or "kept:<code>"
    content = Text(default=None, null=False)
    kept_at = Timestamptz(null=False)
    organiser = ForeignKey(Organiser, null=True, default=None, on_delete=OnDelete.set_null)
