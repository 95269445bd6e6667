"""What the record of changes says of a registration."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from conference import audit
from conference.viewer import SignedInOrganiser
from registration.tables import Registration


async def note(
    registration: Registration,
    action: str,
    now: datetime,
    after: Mapping[str, object] | None = None,
    *,
    actor: SignedInOrganiser | str = "",
) -> None:
    """An entry in the record of changes: by code alone, so that a person can be forgotten without touching it.

    ``actor`` "" is the person.
    """
    label = f"registration:{registration.code}"
    await audit.record(
        conference_id=registration.conference,
        actor=actor or label,
        action=action,
        subject=label,
        after=after,
        now=now,
    )
