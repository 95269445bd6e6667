"""Taking a person out of the record of changes and other words that stay: what was done and when, not any more with whom."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from conference.personal_data import Person
from conference.tables import AuditEntry

GONE = "…"  # stands where something of the person stood
ERASED = "erased"  # stands for the code of a registration
OF_OTHER_ROLES = ("speaker:", "organiser:")


def without_person(text: str, person: Person) -> str:
    """The text without the person's codes and addresses; one that is their name is nothing. Pure."""
    if text in person.names:
        return GONE
    for code in person.codes:
        text = text.replace(code, ERASED)
    for address in person.addresses:
        text = re.sub(re.escape(address), GONE, text, flags=re.IGNORECASE)
    return text


def _value_without(value: Any, person: Person) -> Any:
    if isinstance(value, str):
        return without_person(value, person)
    if isinstance(value, dict):
        return {key: _value_without(inner, person) for key, inner in value.items()}
    if isinstance(value, list):
        return [_value_without(inner, person) for inner in value]
    return value


async def forget_entries(person: Person, _now: datetime) -> None:
    """The record of changes keeps what was done and when, and does not say any more with whom.

    What a speaker's or an organiser's record says stays: it is another role of theirs.
    """
    ids = person.ids(AuditEntry)
    if not ids:
        return
    for row in await AuditEntry.objects().where(AuditEntry.id.is_in(list(ids))):
        if str(row.subject).startswith(OF_OTHER_ROLES):
            continue
        values: dict[Any, Any] = {
            AuditEntry.subject: without_person(row.subject, person),
            AuditEntry.actor: without_person(row.actor, person),
        }
        for column, text in ((AuditEntry.before, row.before), (AuditEntry.after, row.after)):
            if text and text != "{}":
                values[column] = json.dumps(_value_without(json.loads(text), person), ensure_ascii=False)
        await AuditEntry.update(values).where(AuditEntry.id == row.id)
