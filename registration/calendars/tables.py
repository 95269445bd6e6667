"""Tables of what stands in people's calendars: agendas, invites and the replies to them, feeds."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import ForeignKey, Integer, OnDelete, Serial, Timestamptz, Varchar
from piccolo.table import Table

from conference.tables import Conference
from registration.tables import Registration
from sessions.tables import Slot, Speaker


class FeedKind(StrEnum):
    """What a private calendar feed holds."""

    AGENDA = "agenda"
    PROGRAMME = "programme"  # the whole programme, or what a filter leaves of it
    TALKS = "talks"  # a speaker's own


class InviteMethod(StrEnum):
    """RFC 5546 methods that we send."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


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
