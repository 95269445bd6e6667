"""Somebody registers colleagues of their library: each gets a mail and consents alone; the contact sees how far they are."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from conference.addresses import address_key
from conference.codes import new_code
from conference.db import locked, transaction
from conference.errors import Conflict, StaleEdit
from conference.i18n import _
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from registration.asking.form_changes import note_change
from registration.entries.people import person_of
from registration.entries.record import note
from registration.entries.registrations import Details, Entry, register
from registration.locks import places_locked, slots_locked
from registration.seating.seats import standing
from registration.tables import Registration, RegistrationGroup, RegistrationRules, RegistrationStatus
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSlot

MOST_ALLOWED = 50


class GroupRefused(Conflict):
    """The conference takes no groups, or this one is as large as it may be."""


@dataclass(frozen=True)
class GroupRules:
    """Whether colleagues can be registered, and how many by one person. ``revision`` 0: nothing was ever saved."""

    takes_groups: bool = False
    most_in_group: int = 10
    revision: int = 0


@dataclass(frozen=True)
class Colleague:
    """Somebody to be registered by a colleague, with the seats wished for them. ``category`` is a row id, None for none."""

    name: str
    email: str
    email_key: str
    seats: tuple[ReleasedSlot, ...] = ()
    category: int | None = None


@dataclass(frozen=True)
class Member:
    """A colleague as the contact sees them. ``is_in_line``: they wait for a place, or will once they have confirmed."""

    name: str
    email: str
    email_key: str
    status: RegistrationStatus
    is_in_line: bool = False


async def group_rules(conference_id: int) -> GroupRules:
    """What holds for groups in this conference. One query."""
    row = await RegistrationRules.objects().where(RegistrationRules.conference == conference_id).first()
    return GroupRules(row.takes_groups, row.most_in_group, row.revision) if row else GroupRules()


async def change_group_rules(
    conference: Conference, rules: GroupRules, *, actor: SignedInOrganiser | str, now: datetime
) -> None:
    """Change what holds for groups, as seen at ``rules.revision``. Raises StaleEdit."""
    async with places_locked(conference.id):
        before = await group_rules(conference.id)
        if before.revision != rules.revision:
            message = _("Someone else changed these rules meanwhile.")
            raise StaleEdit(message, mine=asdict(rules), theirs=asdict(before))
        changes: dict[Any, Any] = {**asdict(rules), "revision": rules.revision + 1}
        await RegistrationRules.update(changes).where(RegistrationRules.conference == conference.id)
        await note_change(
            conference,
            actor,
            "registration-rules-changed",
            f"conference:{conference.slug}",
            asdict(before),
            asdict(rules),
            now,
        )


async def register_colleagues(
    contact_id: int,
    conference: Conference,
    programme: ReleasedProgramme | None,
    colleagues: Sequence[Colleague],
    now: datetime,
) -> int:
    """Register each colleague, unconfirmed, all of them or none; each gets the mail that asks them to confirm.

    Where fewer places are left than there are colleagues, those after them stand in line; how many those are. Country, zone
    and language are the contact's until they say otherwise themselves. Someone registered already gets their link instead
    and is not counted in the group. Raises GroupRefused, SeatsTaken, RegistrationClosed, CategoryGone, NotInvited, NotFound.
    """
    wanted = {slot.id for colleague in colleagues for slot in colleague.seats}
    async with AsyncExitStack() as locks:
        await locks.enter_async_context(transaction())
        for one in sorted(colleagues, key=lambda colleague: colleague.email_key):
            await person_of(one.email, one.email_key, now)
        await locks.enter_async_context(locked(Registration, contact_id))
        await locks.enter_async_context(places_locked(conference.id))
        await locks.enter_async_context(slots_locked(wanted))
        contact = await standing(contact_id)
        rules = await group_rules(conference.id)
        if not rules.takes_groups:
            raise GroupRefused(_("This conference does not register groups."))
        group = await _group_of(contact, now)
        if len(await _members(group.id)) + len(colleagues) > rules.most_in_group:
            raise GroupRefused(
                _("You can register %(most)s colleagues at most.") % {"most": rules.most_in_group}
            )
        waiting = 0
        for colleague in colleagues:
            details = Details(
                colleague.name, contact.country, contact.zone, contact.language, contact.organisation
            )
            entry = Entry(
                details,
                colleague.email,
                colleague.email_key,
                seats=colleague.seats,
                category=colleague.category,
                by_colleague=True,
            )
            made = await register(conference, programme, entry, now)
            if made.code is not None:
                await Registration.update({Registration.in_group: group.id}).where(
                    Registration.code == made.code
                )
            waiting += made.waits
        await note(contact, "group-registered", now, {"colleagues": len(colleagues)})
    return waiting


async def _group_of(contact: Registration, now: datetime) -> RegistrationGroup:
    key = address_key(contact.email)
    found = await RegistrationGroup.objects().where(_is_theirs(contact.conference, key)).first()
    if found is None:
        found = RegistrationGroup(
            conference=contact.conference,
            code=new_code(12),
            name=contact.organisation,
            contact_key=key,
            created_at=now,
        )
        await found.save()
    return found


def _is_theirs(conference_id: int, contact_key: str) -> Any:
    return (RegistrationGroup.conference == conference_id) & (RegistrationGroup.contact_key == contact_key)


async def members_of(contact: Registration) -> tuple[Member, ...]:
    """The colleagues whom the contact registered, in that order; those who withdrew are left out. Two queries."""
    group = await (
        RegistrationGroup.select(RegistrationGroup.id)
        .where(_is_theirs(contact.conference, address_key(contact.email)))
        .first()
    )
    return await _members(group["id"]) if group else ()


async def _members(group_id: int) -> tuple[Member, ...]:
    rows = await Registration.raw(
        "SELECT r.name, r.email, r.status, EXISTS (SELECT 1 FROM waitlist_entry w WHERE w.registration = r.id"
        " AND w.slot IS NULL AND w.state IN ('waiting', 'offered')) AS is_in_line"
        " FROM registration r WHERE r.in_group = {} AND r.status <> 'withdrawn' ORDER BY r.id",
        group_id,
    )
    return tuple(
        Member(
            row["name"],
            row["email"],
            address_key(row["email"]),
            RegistrationStatus(row["status"]),
            bool(row["is_in_line"]),
        )
        for row in rows
    )
