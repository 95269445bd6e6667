"""Tables of archives on their way in, and what becomes of each resource in them."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import JSON, BigInt, ForeignKey, Integer, OnDelete, Serial, Text, Timestamptz, Varchar
from piccolo.table import Table

from conference.tables import Conference, Organiser
from sessions.packs.tables import Resource


class ArchiveState(StrEnum):
    """How far an archive has come."""

    LOOKING = "looking"
    LOOKED = "looked"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"  # as a whole, and nothing of it was taken; ``refusal`` says why


class ItemOutcome(StrEnum):
    """What becomes, or became, of a resource in an archive."""

    TO_ADD = "to-add"
    KNOWN = "known"  # the conference has it already
    REFUSED = "refused"
    ADDED = "added"


class ResourceImport(Table):
    """An archive of resources, kept some days under ``key`` in the store.

    ``refusal`` and ``notes`` are [code, {facts}] of ``sessions.packs.importing.reasons``; ``packs`` is the list of packs that
    the archive asks for, see ``reading.PackPlan``. Unique: code.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    organiser = ForeignKey(Organiser, null=True, default=None, on_delete=OnDelete.set_null)
    code = Varchar(length=12, default=None, null=False, unique=True)
    name = Varchar(length=150, default="", null=False)  # of the file
    language = Varchar(length=20, default="en", null=False)  # in which what is wrong with a file is told
    key = Varchar(length=160, default=None, null=False, unique=True)
    size = BigInt(default=0, null=False)  # octets
    seen = BigInt(default=0, null=False)  # octets that have been looked at
    kind = Varchar(length=10, default="", null=False)  # "bag" or "sheet", once that is known
    state = Varchar(length=10, choices=ArchiveState, default=ArchiveState.LOOKING, null=False)
    refusal = JSON(default="[]", null=False)
    notes = JSON(default="[]", null=False)
    packs = JSON(default="[]", null=False)
    at = Timestamptz(null=False)
    finished_at = Timestamptz(default=None, null=True)


class ImportedResource(Table):
    """A resource in such an archive. ``facts`` are those of ``reading.ItemPlan``; ``line`` is that of the sheet, or its place in the
    bag; ``member`` its file's name in the archive, "" for a link; ``reasons`` a list of [code, {facts}]; ``resource`` what it became, or is here already.

    Unique: (archive, line).
    """

    id: Serial
    archive = ForeignKey(ResourceImport, null=False, on_delete=OnDelete.cascade, index=False)
    line = Integer(default=None, null=False)
    member = Text(default="", null=False)
    facts = JSON(default="{}", null=False)
    outcome = Varchar(length=10, choices=ItemOutcome, default=ItemOutcome.TO_ADD, null=False)
    reasons = JSON(default="[]", null=False)
    resource = ForeignKey(Resource, null=True, default=None, on_delete=OnDelete.set_null, index=True)
