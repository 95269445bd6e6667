"""Tables of the door: how people get in, who went in as a number, who asked for help."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import JSON, ForeignKey, Integer, OnDelete, Serial, Text, Timestamptz, Varchar
from piccolo.table import Table

from conference.tables import Conference, Organiser
from sessions.tables import Slot


class DoorTrouble(StrEnum):
    """What keeps somebody out, as they say it themselves."""

    LINK = "link"  # the link does not open, or says that it is not theirs
    ROOM = "room"  # the meeting service asks for something, or fails
    SOUND = "sound"  # they are in, and hear or see nothing
    ACCESS = "access"  # captions, a screen reader, an interpreter
    OTHER = "other"


class DoorRules(Table):
    """How people get into the rooms of one conference; a conference without a row has the defaults.

    Unique: conference. How early attendees may enter is ``Conference.early_entry_minutes``.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, unique=True)
    stage_early_minutes = Integer(default=60, null=False)  # before the start, for those in a session
    getting_in = JSON(default="{}", null=False)  # LocalText, Markdown: help in the organisers' own words
    help_email = Varchar(length=254, default="", null=False)  # is called; "" = the contact address
    revision = Integer(default=1, null=False)


class DoorPass(Table):
    """Somebody went in through the door of a slot. ``mark`` is a keyed hash by which only this slot's door knows them
    again; the rows are deleted the day after, and their number stays in ``DoorCount``.

    Unique: (slot, mark). ``left_at``: they said that they left, and their place is free again.
    """

    id: Serial
    slot = ForeignKey(Slot, null=False, on_delete=OnDelete.cascade, index=False)
    mark = Varchar(length=43, default=None, null=False)
    at = Timestamptz(null=False)
    left_at = Timestamptz(default=None, null=True)


class DoorCount(Table):
    """How many people went in through the door of a slot, once nobody needs to be known again.

    Unique: slot.
    """

    id: Serial
    slot = ForeignKey(Slot, null=False, on_delete=OnDelete.cascade, unique=True)
    people = Integer(default=0, null=False)


class DoorCall(Table):
    """Somebody cannot get in and asks the team for help. Deleted some weeks after it was asked.

    Unique: code, which is made with the form, so that a form sent twice calls once.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    slot = ForeignKey(Slot, null=True, default=None, on_delete=OnDelete.set_null, index=False)
    code = Varchar(length=12, default=None, null=False, unique=True)
    name = Varchar(length=200, default="", null=False)
    email = Varchar(length=254, default=None, null=False)
    trouble = Varchar(length=10, choices=DoorTrouble, default=DoorTrouble.OTHER, null=False)
    text = Text(default="", null=False)
    language = Varchar(length=16, default="en", null=False)
    zone = Varchar(length=64, default="UTC", null=False)
    asked_at = Timestamptz(null=False)
    answer = Text(default="", null=False)  # what the team wrote back; "" = nothing, or said otherwise
    answered_at = Timestamptz(default=None, null=True)
    organiser = ForeignKey(Organiser, null=True, default=None, on_delete=OnDelete.set_null)
