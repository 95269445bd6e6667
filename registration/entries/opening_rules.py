"""Who may register for a conference, when and how many: kept, read, changed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from conference.errors import StaleEdit
from conference.i18n import _
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from registration.asking.form_changes import note_change
from registration.locks import places_locked
from registration.opening import Rules
from registration.tables import RegistrationAccess, RegistrationRules


async def rules_of(conference_id: int) -> Rules:
    """The conference's rules, those of a conference without any being the defaults. One query."""
    row = await RegistrationRules.objects().where(RegistrationRules.conference == conference_id).first()
    if row is None:
        return Rules()
    return Rules(
        RegistrationAccess(row.access),
        row.opens_at,
        row.closes_at,
        row.capacity,
        row.takes_interest,
        row.offer_hours,
        row.revision,
    )


async def change_rules(
    conference: Conference, rules: Rules, *, actor: SignedInOrganiser | str, now: datetime
) -> None:
    """Change the rules as seen at ``rules.revision``; a place once given is never taken back. Raises StaleEdit."""
    async with places_locked(conference.id):
        before = await rules_of(conference.id)
        if before.revision != rules.revision:
            raise StaleEdit(
                _("Someone else changed these rules meanwhile."), mine=_plain(rules), theirs=_plain(before)
            )
        changes: dict[Any, Any] = {
            **asdict(rules),
            "access": rules.access.value,
            "revision": rules.revision + 1,
        }
        await RegistrationRules.update(changes).where(RegistrationRules.conference == conference.id)
        await note_change(
            conference,
            actor,
            "registration-rules-changed",
            f"conference:{conference.slug}",
            _plain(before),
            _plain(rules),
            now,
        )


def _plain(rules: Rules) -> dict[str, Any]:
    """The rules as the record of changes and a page of both versions hold them."""
    return {
        "access": rules.access.value,
        "opens_at": rules.opens_at.isoformat() if rules.opens_at else None,
        "closes_at": rules.closes_at.isoformat() if rules.closes_at else None,
        "capacity": rules.capacity,
        "takes_interest": rules.takes_interest,
        "offer_hours": rules.offer_hours,
    }
