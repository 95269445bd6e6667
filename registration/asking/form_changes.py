"""What every change of the registration form leaves behind: an audit entry, and public pages made anew."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from conference import audit
from conference.conferences import touch_public
from conference.tables import Conference
from conference.viewer import SignedInOrganiser


async def note_change(
    conference: Conference,
    actor: SignedInOrganiser | str,
    action: str,
    subject: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    now: datetime,
) -> None:
    """Record the change, inside its transaction. ``before`` is empty for what was added."""
    await touch_public(conference.id)
    await audit.record(
        conference_id=conference.id,
        actor=actor,
        action=action,
        subject=subject,
        before=before,
        after=after,
        now=now,
    )
