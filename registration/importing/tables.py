"""Tables of the sheets from which organisers register people."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import JSON, ForeignKey, Integer, OnDelete, Serial, Timestamptz, Varchar
from piccolo.table import Table

from conference.tables import Conference, Organiser
from registration.tables import Registration


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
