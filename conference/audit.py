"""The record of who did what, written in the transaction of the change itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from conference.db import insert
from conference.tables import AuditEntry
from conference.viewer import SignedInOrganiser


async def record(
    *,
    conference_id: int | None,
    actor: SignedInOrganiser | str,
    action: str,
    subject: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    """Add an entry: ``actor`` did ``action`` (a verb and noun, "room-changed") to ``subject`` ("room:k3v9x2ab").

    Of ``before`` and ``after`` only what differs is kept. Secrets must not be among them.
    """
    await insert(
        entry(
            conference_id=conference_id,
            actor=actor,
            action=action,
            subject=subject,
            before=before,
            after=after,
            now=now,
        )
    )


def entry(
    *,
    conference_id: int | None,
    actor: SignedInOrganiser | str,
    action: str,
    subject: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    now: datetime,
) -> AuditEntry:
    """The entry that ``record`` adds, not written yet: for those who write many at once."""
    old, new = dict(before or {}), dict(after or {})
    same = {key for key in old.keys() & new.keys() if old[key] == new[key]}
    return AuditEntry(
        conference=conference_id,
        organiser=actor.id if isinstance(actor, SignedInOrganiser) else None,
        actor=actor.label if isinstance(actor, SignedInOrganiser) else actor,
        action=action,
        subject=subject,
        before=_plain({k: v for k, v in old.items() if k not in same}),
        after=_plain({k: v for k, v in new.items() if k not in same}),
        at=now,
    )


def _plain(values: Mapping[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, default=str, sort_keys=True)
