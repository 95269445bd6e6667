"""The record of changes as people read it: each entry a sentence, and what differs beneath it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conference.i18n import _, lazy
from conference.tables import AuditEntry

PAGE_SIZE = 50
_LONGEST = 160  # characters of one value; the record holds it whole

_DONE = {
    "conference-created": lazy("created the conference"),
    "conference-deleted": lazy("deleted a conference"),
    "conference-changed": lazy("changed the conference’s facts"),
    "registration-state-set": lazy("set registration"),
    "role-given": lazy("gave a role"),
    "role-taken": lazy("took a role away"),
    "mail-sent-again": lazy("sent a mail again"),
    "mails-sent-again": lazy("sent mails again"),
    "mails-held": lazy("held mails back"),
    "mails-released": lazy("let held mails go"),
    "mail-tried-now": lazy("had waiting mail tried at once"),
    "mail-suppression-lifted": lazy("had mail sent to an address again"),
    "mail-template-changed": lazy("changed the words of a mail"),
    "mail-template-removed": lazy("went back to the built-in words of a mail"),
    "news-unsubscribed": lazy("wants no more news by mail"),
    "news-subscribed-again": lazy("wants news by mail again"),
    "programme-released": lazy("published the programme"),
    "draft-restored": lazy("restored to the draft"),
    "programme-imported": lazy("imported a programme"),
    "room-added": lazy("added a room"),
    "room-changed": lazy("changed a room"),
    "room-moved": lazy("moved a room in the list"),
    "room-deleted": lazy("deleted a room"),
    "door-rules-changed": lazy("changed how people get into rooms"),
    "door-call-settled": lazy("helped somebody at the door"),
    "presence-attested": lazy("attested that somebody was in a session"),
    "presence-struck": lazy("struck somebody’s presence in a session"),
    "certificate-rules-changed": lazy("changed how certificates are given"),
    "schedule-rules-changed": lazy("changed the rules of the schedule"),
    "track-added": lazy("added a track"),
    "track-changed": lazy("changed a track"),
    "track-moved": lazy("moved a track in the list"),
    "track-deleted": lazy("deleted a track"),
    "speaker-added": lazy("added a speaker"),
    "speaker-changed": lazy("changed a speaker"),
    "speaker-deleted": lazy("deleted a speaker"),
    "speaker-erased": lazy("erased a speaker at their wish"),
    "speaker-photo-set": lazy("set a speaker’s photo"),
    "speaker-photo-removed": lazy("removed a speaker’s photo"),
    "appearance-noted": lazy("noted down what a speaker said"),
    "speaker-message-sent": lazy("wrote to speakers"),
    "speaker-request-answered": lazy("answered a speaker’s request"),
    "speaker-invited": lazy("invited a speaker"),
    "speaker-reminded": lazy("reminded a speaker"),
    "speaker-link-sent": lazy("sent a speaker the link to their page"),
    "speaker-link-renewed": lazy("gave a speaker a new link"),
    "appearance-confirmed": lazy("confirmed taking part in a session"),
    "appearance-declined": lazy("declined to take part in a session"),
    "speaker-consents-answered": lazy("answered about recording and publishing"),
    "availability-given": lazy("said when they can"),
    "availability-taken-back": lazy("took back when they can"),
    "change-asked-for": lazy("asked for a change"),
    "session-added": lazy("added a session"),
    "session-changed": lazy("changed a session"),
    "session-cancelled": lazy("cancelled a session"),
    "session-restored": lazy("restored a session"),
    "session-deleted": lazy("deleted a session"),
    "slot-added": lazy("added a slot"),
    "slot-placed": lazy("placed a slot"),
    "slot-moved": lazy("moved a slot"),
    "slot-move-undone": lazy("took back the move of a slot"),
    "slot-move-redone": lazy("made the move of a slot again"),
    "slot-unscheduled": lazy("took a slot off the schedule"),
    "slot-seats-set": lazy("set the seats of a slot"),
    "slot-cancelled": lazy("cancelled a slot"),
    "slot-restored": lazy("restored a slot"),
    "slot-removed": lazy("removed a slot"),
    "slot-rederived": lazy("worked out the time of a slot anew"),
    "pack-created": lazy("began a resource pack"),
    "pack-changed": lazy("changed a resource pack"),
    "pack-published": lazy("published a resource pack"),
    "pack-unpublished": lazy("took a resource pack back"),
    "pack-to-be-reviewed": lazy("asked for a look at a resource pack"),
    "pack-withdrawn": lazy("withdrew a resource pack"),
    "resources-placed": lazy("put resources into a pack"),
    "pack-moved": lazy("moved a resource pack in the list"),
    "pack-ordered": lazy("changed the order in a resource pack"),
    "packs-ordered": lazy("changed the order of the resource packs"),
    "pack-item-noted": lazy("changed what a pack says of a resource"),
    "pack-licensed": lazy("set the licence of a pack’s resources"),
    "pack-removed": lazy("removed a resource pack"),
    "topics-changed": lazy("changed the topics"),
    "resources-expected": lazy("changed what sessions are to leave behind"),
    "session-expected": lazy("changed what a session is to leave behind"),
    "resources-chased": lazy("asked speakers for slides and files"),
    "resource-added": lazy("added a resource"),
    "resources-sent": lazy("sent a file of resources to be looked at"),
    "resources-import-started": lazy("had resources from a file taken in"),
    "resources-imported": lazy("has taken in resources from a file"),
    "recording-taken-down": lazy("had a recording taken down: a person in it no longer agrees"),
    "resource-accepted": lazy("accepted a resource"),
    "resource-taken-back": lazy("took back what they had handed in"),
    "resource-offered": lazy("handed in a resource"),
    "resource-file-replaced": lazy("put a new file in a resource’s place"),
    "resource-changed": lazy("changed a resource"),
    "resource-moved": lazy("moved a resource in its pack"),
    "resource-removed": lazy("removed a resource"),
    "question-added": lazy("added a question"),
    "question-changed": lazy("changed a question"),
    "question-moved": lazy("moved a question in the list"),
    "consent-purpose-added": lazy("added a consent"),
    "consent-purpose-changed": lazy("changed a consent"),
    "registration-made": lazy("registered"),
    "registration-confirmed": lazy("confirmed a registration"),
    "registration-applied": lazy("asked to take part"),
    "registration-in-line": lazy("stood on the waiting list of the conference"),
    "registration-place-taken": lazy("took a place that was offered"),
    "registration-admitted": lazy("gave a person a place at the conference"),
    "registration-put-first": lazy("put a person first in line"),
    "registration-approved": lazy("approved a registration"),
    "registration-refused": lazy("refused a registration"),
    "category-added": lazy("added a category"),
    "category-changed": lazy("changed a category"),
    "category-moved": lazy("moved a category"),
    "group-registered": lazy("registered colleagues"),
    "people-invited": lazy("invited people to register"),
    "invitation-removed": lazy("took an invitation back"),
    "registration-rules-changed": lazy("changed the rules of registration"),
    "registration-changed": lazy("changed a registration"),
    "registration-withdrawn": lazy("withdrew a registration"),
    "registration-withdrawn-by-team": lazy("withdrew a person’s registration"),
    "registration-edited": lazy("edited a person’s registration"),
    "registration-seated": lazy("gave a person a seat"),
    "registration-put-in-line": lazy("put a person on a waitlist"),
    "registration-unseated": lazy("gave up a person’s place"),
    "attendee-message-sent": lazy("sent a mail to attendees"),
    "privacy-facts-changed": lazy("changed the privacy notice"),
    "retention-changed": lazy("changed how long data is kept"),
    "data-deleted": lazy("deleted data whose time was over"),
    "complaint-answered": lazy("answered a complaint"),
    "person-erased": lazy("erased a person"),
    "erased-themself": lazy("erased all that was held about them"),
    "data-exported": lazy("exported a person’s data"),
    "registration-imported": lazy("registered a person from a sheet"),
    "registrations-sheet-sent": lazy("sent a sheet of people"),
    "registrations-sheet-forgotten": lazy("deleted a sheet of people"),
    "registrations-import-started": lazy("began to register people from a sheet"),
    "registrations-imported": lazy("registered people from a sheet"),
    "registrations-import-stopped": lazy("stopped registering people from a sheet"),
    "registrations-taken-away": lazy("took a list of registrations away"),
    "registration-link-sent": lazy("sent a person their link"),
    "reminders-chosen": lazy("chose their reminders"),
    "speaker-reminders-chosen": lazy("chose a speaker’s reminders"),
    "reminders-set": lazy("set which reminders a person gets"),
    "invite-decline-settled": lazy("said whether a place that their calendar declined is free"),
    "calendar-address-made": lazy("made a private calendar"),
    "calendar-address-removed": lazy("removed a private calendar"),
    "calendar-address-renewed": lazy("renewed a private calendar address"),
}


@dataclass(frozen=True)
class Change:
    """One value before and after; "" where there was none."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """An entry of the record, ready to show. ``at`` is aware UTC."""

    at: datetime
    actor: str
    done: str
    subject: str
    changes: tuple[Change, ...]


async def entries_of(conference_id: int, *, page: int = 1, size: int = PAGE_SIZE) -> tuple[list[Entry], bool]:
    """A page of the conference's record, the latest first, and whether there are older ones. One query."""
    rows = await (
        AuditEntry.select(
            AuditEntry.at,
            AuditEntry.actor,
            AuditEntry.action,
            AuditEntry.subject,
            AuditEntry.before,
            AuditEntry.after,
        )
        .where(AuditEntry.conference == conference_id)
        .order_by(AuditEntry.id, ascending=False)
        .offset((page - 1) * size)
        .limit(size + 1)
    )
    return [entry_of(row) for row in rows[:size]], len(rows) > size


def done_words(action: str) -> str:
    """What was done, in words that follow the name of who did it."""
    return _(_DONE[action]) if action in _DONE else action.replace("-", " ")


def entry_of(row: Mapping[str, Any]) -> Entry:
    """A row as people read it. An action this version does not know is shown as it is written."""
    before, after = json.loads(row["before"] or "{}"), json.loads(row["after"] or "{}")
    both = ((n, _shown(before.get(n)), _shown(after.get(n))) for n in sorted(before.keys() | after.keys()))
    return Entry(
        at=row["at"],
        actor=row["actor"],
        done=done_words(str(row["action"])),
        subject=str(row["subject"]).partition(":")[2] or str(row["subject"]),
        changes=tuple(Change(_name(name), old, new) for name, old, new in both if old or new),
    )


def _name(key: str) -> str:
    return key.replace("_", " ")


def _shown(value: Any) -> str:
    """A recorded value on one line. Language maps and lists are recorded as JSON texts."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        with suppress(ValueError):
            value = json.loads(value)
    if value is None or value in ("", {}, []):
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        text = " · ".join(f"{key}: {_shown(inner)}" for key, inner in value.items())
    elif isinstance(value, list):
        text = ", ".join(_shown(inner) for inner in value)
    else:
        text = str(value)
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1].rstrip() + "…"
