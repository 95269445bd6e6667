"""Tables of what a conference leaves behind: resources, their files and versions, the packs they stand in, tombstones."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from piccolo.columns import (
    JSON,
    BigInt,
    Boolean,
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
from sessions.tables import Session, Speaker


class PackState(StrEnum):
    """How far a pack has come. A published one is out from its ``published_at``, which may be still to come."""

    COLLECTING = "collecting"
    REVIEW = "review"  # whole, and somebody of the team is to look at it
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"  # its address says so, for ever


class PackAccess(StrEnum):
    """Who may open a published pack."""

    PUBLIC = "public"
    REGISTERED = "registered"
    ATTENDED = "attended"  # who was there, in a session or at the conference
    TEAM = "team"


class ResourceKind(StrEnum):
    """What a resource is."""

    SLIDES = "slides"
    RECORDING = "recording"
    CAPTIONS = "captions"
    TRANSCRIPT = "transcript"
    HANDOUT = "handout"
    TEMPLATE = "template"
    CASE_STUDY = "case-study"
    GUIDELINE = "guideline"
    DATASET = "dataset"
    CHAT = "chat"  # the log of a chat, or of questions asked
    LINK = "link"
    OTHER = "other"


class ResourceState(StrEnum):
    """Whether a resource is seen where its packs are. Only READY ones are."""

    OFFERED = "offered"  # a speaker handed it in, nobody of the team has looked yet
    READY = "ready"
    WITHDRAWN = "withdrawn"  # its address says so, for ever


class GoneReason(StrEnum):
    """Why something is no longer where it was."""

    DELETED = "deleted"
    WITHDRAWN = "withdrawn"
    CONSENT = "consent"  # somebody in it no longer agrees: nothing of it is told any more
    EXPIRED = "expired"
    REPLACED = "replaced"


class UploadState(StrEnum):
    """How far an upload has come."""

    RECEIVING = "receiving"
    RECEIVED = "received"  # whole; to be looked at and put in its place
    KEPT = "kept"  # a resource has it
    REFUSED = "refused"  # not a file that is kept; ``refusal`` says why


class ResourceRules(Table):
    """What one conference asks of the resources it collects. A conference without a row has the defaults.

    ``expects`` maps a kind of session to the kinds of resource that each of its sessions owes, ``due_days`` is counted from
    the session's end. Unique: conference.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, unique=True)
    expects = JSON(default="{}", null=False)  # SessionKind -> list of ResourceKind
    due_days = Integer(default=14, null=False)
    licence = Varchar(length=40, default="", null=False)  # offered first to speakers
    access = Varchar(
        length=20, choices=PackAccess, default=PackAccess.PUBLIC, null=False
    )  # of a session's own pack
    note = JSON(default="{}", null=False)  # LocalText, Markdown: what speakers read beside the upload
    revision = Integer(default=1, null=False)


class Expected(Table):
    """A kind of resource that a session owes beside, or (``is_waived``) in spite of, what the rules say of its kind.

    Unique: (session, kind).
    """

    id: Serial
    session = ForeignKey(Session, null=False, on_delete=OnDelete.cascade, index=True)
    kind = Varchar(length=20, choices=ResourceKind, default=None, null=False)
    is_waived = Boolean(default=False, null=False)


class Topic(Table):
    """A subject of the conference's own list, by which resources are found. Unique: code."""

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    code = Varchar(length=12, default=None, null=False, unique=True)
    name = JSON(default="{}", null=False)  # LocalText
    position = Integer(default=0, null=False)
    revision = Integer(default=1, null=False)


class ResourcePack(Table):
    """An ordered list of resources: what a session leaves behind, or what organisers put together.

    ``is_automatic``: the session's own pack, which every resource of the session joins by itself; a session has one at most.
    From ``published_at`` on a published pack is seen, from ``embargo_until`` on what is in it can be opened, and from
    ``expires_at`` on it is gone. ``version`` counts every change that a reader would notice. ``turned_at`` is up to when
    these dates have been acted upon.

    Unique: code; session, among the automatic ones.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    session = ForeignKey(Session, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    code = Varchar(length=12, default=None, null=False, unique=True)
    title = JSON(default="{}", null=False)  # LocalText
    note = JSON(default="{}", null=False)  # LocalText, Markdown
    state = Varchar(length=20, choices=PackState, default=PackState.COLLECTING, null=False)
    access = Varchar(length=20, choices=PackAccess, default=PackAccess.PUBLIC, null=False)
    position = Integer(default=0, null=False)
    published_at = Timestamptz(default=None, null=True)
    changed_at = Timestamptz(null=False)
    revision = Integer(default=1, null=False)
    is_automatic = Boolean(default=False, null=False)
    embargo_until = Timestamptz(default=None, null=True)
    expires_at = Timestamptz(default=None, null=True)
    first_out_at = Timestamptz(
        default=None, null=True
    )  # since then its address is known, and answers for ever
    announced_at = Timestamptz(
        default=None, null=True
    )  # when it was settled who is told that it is out: once, for good
    turned_at = Timestamptz(default=None, null=True)
    version = Integer(default=1, null=False)


class Resource(Table):
    """One thing that remains: a file, or a link to something hosted elsewhere (``url``). ``/resources/{code}`` is its address.

    ``creators`` is a list of {"name", "role", "orcid", "speaker" (a code)}, see ``sessions.packs.resource_facts.Creator``;
    ``licence`` an SPDX id or "InC"; ``issued`` the date it carries, as exact as it is known: "2026", "2026-06", "2026-06-25";
    ``accessibility`` terms of schema.org's accessibilityFeature; ``extent`` what its file says of itself ({"seconds", "pages",
    "width", "height"}); ``chapters`` a list of {"at" (seconds), "title"}. ``datestamp`` is when a harvester's record of it last
    changed, appeared or went (whole seconds, UTC); ``version`` the number of its newest ``ResourceVersion``.

    Unique: code.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    session = ForeignKey(Session, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    code = Varchar(length=12, default=None, null=False, unique=True)
    kind = Varchar(length=20, choices=ResourceKind, default=ResourceKind.OTHER, null=False)
    state = Varchar(length=20, choices=ResourceState, default=ResourceState.READY, null=False)
    title = JSON(default="{}", null=False)  # LocalText
    description = JSON(default="{}", null=False)  # LocalText
    languages = JSON(default="[]", null=False)  # BCP 47
    creators = JSON(default="[]", null=False)
    licence = Varchar(length=40, default="", null=False)
    licence_agreed_by = Varchar(length=254, default="", null=False)  # who said so
    licence_agreed_at = Timestamptz(default=None, null=True)
    rights_holder = Varchar(length=200, default="", null=False)
    issued = Varchar(length=10, default="", null=False)
    accessibility = JSON(default="[]", null=False)
    url = Varchar(length=2000, default="", null=False)  # of a link
    belongs_to: ForeignKey[Any] = ForeignKey(
        "self", null=True, default=None, on_delete=OnDelete.set_null
    )  # captions, transcript: of what
    translation_of: ForeignKey[Any] = ForeignKey("self", null=True, default=None, on_delete=OnDelete.set_null)
    extent = JSON(default="{}", null=False)
    chapters = JSON(default="[]", null=False)
    speaker = ForeignKey(
        Speaker, null=True, default=None, on_delete=OnDelete.set_null, index=True
    )  # who handed it in
    created_at = Timestamptz(null=False)
    first_out_at = Timestamptz(default=None, null=True)  # when readers first saw it, in whatever pack
    datestamp = Timestamptz(null=False)
    is_open = Boolean(default=None, null=True)  # to anyone, as harvesters were told; None: never yet
    version = Integer(default=1, null=False)
    revision = Integer(default=1, null=False)


class ResourceTopic(Table):
    """A resource is about a topic. Unique: (resource, topic)."""

    id: Serial
    resource = ForeignKey(
        Resource, null=False, on_delete=OnDelete.cascade, index=False
    )  # the unique index serves
    topic = ForeignKey(Topic, null=False, on_delete=OnDelete.cascade, index=True)


class PackItem(Table):
    """A resource's place in a pack, with what the organisers say of it there. Unique: (pack, resource)."""

    id: Serial
    pack = ForeignKey(
        ResourcePack, null=False, on_delete=OnDelete.cascade, index=False
    )  # the unique index serves
    resource = ForeignKey(Resource, null=False, on_delete=OnDelete.cascade, index=True)
    position = Integer(default=0, null=False)
    note = JSON(default="{}", null=False)  # LocalText


class StoredContent(Table):
    """Bytes in the store. ``key`` is made of their sha512 (random for those stored before), so equal files lie there once.

    Rows that point here are the count of references. Content that nothing points to, and that nobody ``touched_at`` within a
    day, is swept. ``verified_at`` is when every byte was last read again, ``is_sound`` what came of it.

    Unique: key.
    """

    id: Serial
    key = Varchar(length=160, default=None, null=False, unique=True)
    sha512 = Varchar(length=128, default=None, null=False, index=True)
    size = BigInt(default=None, null=False)  # octets
    crc32 = BigInt(default=None, null=False)  # what zip files want to know beforehand
    touched_at = Timestamptz(null=False)
    verified_at = Timestamptz(default=None, null=True)
    is_sound = Boolean(default=True, null=False)


class ResourceFile(Table):
    """The file of a resource, as it was from one version on; the newest ``is_current``. ``filename`` is what a reader saves
    it as. ``preview`` is a picture of its first page, where one could be made; ``is_previewed`` whether that was tried."""

    id: Serial
    resource = ForeignKey(Resource, null=False, on_delete=OnDelete.cascade, index=True)
    content = ForeignKey(StoredContent, null=False, on_delete=OnDelete.no_action, index=True)
    preview = ForeignKey(StoredContent, null=True, default=None, on_delete=OnDelete.no_action, index=True)
    is_current = Boolean(default=True, null=False)
    filename = Varchar(length=150, default=None, null=False)
    media_type = Varchar(length=120, default=None, null=False)
    uploaded_at = Timestamptz(null=False)
    is_previewed = Boolean(default=False, null=False)


class ResourceText(Table):
    """What a file of captions, a transcript or notes says, for searches; "" for a file that says nothing that can be read.
    Unique: file."""

    id: Serial
    file = ForeignKey(ResourceFile, null=False, on_delete=OnDelete.cascade, unique=True)
    text = Text(default="", null=False)


class ResourceVersion(Table):
    """A resource as it was from ``made_at`` until the next version. ``facts`` are the columns of ``Resource`` by name,
    ``changes`` the names of those that differ from the version before ("file" among them); ``note`` says why, for readers.

    Unique: (resource, number).
    """

    id: Serial
    resource = ForeignKey(
        Resource, null=False, on_delete=OnDelete.cascade, index=False
    )  # the unique index serves
    number = Integer(default=None, null=False)
    made_at = Timestamptz(null=False)
    actor = Varchar(length=254, default="", null=False)
    note = Text(default="", null=False)
    changes = JSON(default="[]", null=False)
    facts = JSON(default="{}", null=False)
    file = ForeignKey(ResourceFile, null=True, default=None, on_delete=OnDelete.set_null)


class LinkCheck(Table):
    """What came of the last look at a resource's ``url``. ``status`` is HTTP's, 0 without an answer; ``trouble`` one of
    ``sessions.packs.collecting.link_checks.Trouble`` or ""; ``dead_since`` None while it answers. Unique: resource."""

    id: Serial
    resource = ForeignKey(Resource, null=False, on_delete=OnDelete.cascade, unique=True)
    url = Varchar(length=2000, default="", null=False)  # as it was looked at
    status = Integer(default=0, null=False)
    trouble = Varchar(length=30, default="", null=False)
    failures = Integer(default=0, null=False)  # in a row
    checked_at = Timestamptz(default=None, null=True)
    dead_since = Timestamptz(default=None, null=True)
    next_at = Timestamptz(null=False, index=True)


class ResourceChase(Table):
    """A mail that asked a speaker for what their sessions still owe. ``code`` is made before sending, so that a form sent
    twice sends one mail. Unique: (speaker, code)."""

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    speaker = ForeignKey(
        Speaker, null=False, on_delete=OnDelete.cascade, index=False
    )  # the unique index serves
    code = Varchar(length=16, default=None, null=False)
    organiser = ForeignKey(Organiser, null=True, default=None, on_delete=OnDelete.set_null)
    asked_at = Timestamptz(null=False)


class Tombstone(Table):
    """A resource or pack that was published once and is not any more; what its address, and a harvester, is told for ever.

    ``subject`` is "resource" or "pack"; ``kind`` a ResourceKind or ""; ``conference_slug`` stays when the conference goes;
    ``words`` is what the organisers say to readers; ``replaced_by`` the code of what took its place. Nothing of the thing
    itself is kept here. ``was_open``: harvesters were told of it. Unique: code.
    """

    id: Serial
    code = Varchar(length=12, default=None, null=False, unique=True)
    subject = Varchar(length=10, default=None, null=False)
    kind = Varchar(length=20, default="", null=False)
    conference = ForeignKey(Conference, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    conference_slug = Varchar(length=60, default="", null=False)
    reason = Varchar(length=20, choices=GoneReason, default=None, null=False)
    words = JSON(default="{}", null=False)  # LocalText
    replaced_by = Varchar(length=12, default="", null=False)
    gone_at = Timestamptz(null=False)
    datestamp = Timestamptz(null=False, index=True)
    was_open = Boolean(default=False, null=False)


class Upload(Table):
    """A file on its way, perhaps over many broken lines (tus 1.0).

    ``received`` octets of ``size`` have reached the store, as ``UploadPart`` rows. Where it will go: a new resource of
    ``session`` or of the conference, placed in ``pack``, or the next version of ``replaces``. ``details`` is what was said of
    it beforehand (``sessions.packs.resource_facts.FileDetails`` as JSON). Who sends: ``speaker`` or ``organiser``.

    Unique: code.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    code = Varchar(length=40, default=None, null=False, unique=True)
    speaker = ForeignKey(Speaker, null=True, default=None, on_delete=OnDelete.cascade, index=True)
    organiser = ForeignKey(Organiser, null=True, default=None, on_delete=OnDelete.set_null)
    session = ForeignKey(Session, null=True, default=None, on_delete=OnDelete.set_null)
    pack = ForeignKey(ResourcePack, null=True, default=None, on_delete=OnDelete.set_null)
    replaces = ForeignKey(Resource, null=True, default=None, on_delete=OnDelete.set_null)
    resource = ForeignKey(Resource, null=True, default=None, on_delete=OnDelete.set_null)  # what became of it
    filename = Varchar(length=150, default=None, null=False)
    media_type = Varchar(length=120, default="", null=False)  # sniffed, once its beginning is here
    size = BigInt(default=None, null=False)
    received = BigInt(default=0, null=False)
    details = JSON(default="{}", null=False)
    state = Varchar(length=20, choices=UploadState, default=UploadState.RECEIVING, null=False)
    refusal = Text(default="", null=False)
    created_at = Timestamptz(null=False)
    expires_at = Timestamptz(null=False, index=True)


class UploadPart(Table):
    """Octets of an upload from ``start`` on, an object of its own in the store. Unique: (upload, start)."""

    id: Serial
    upload = ForeignKey(
        Upload, null=False, on_delete=OnDelete.cascade, index=False
    )  # the unique index serves
    start = BigInt(default=None, null=False)
    size = BigInt(default=None, null=False)
    key = Varchar(length=160, default=None, null=False)
