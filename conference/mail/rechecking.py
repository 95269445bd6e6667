"""Mails that can be overtaken while they wait: what they say is asked about once more just before they go.

While the mail server rests a session moves, or somebody gives their seat back. Whoever queued such a kind of mail knows
what is so now; the composition root names them (``Rechecks``).
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from conference.mail.due import DueMail
from conference.tables import OutgoingMail

logger = logging.getLogger(__name__)

OVERTAKEN = "Not sent: what it says is no longer so."
"""As every last reply, read beside the words of mail servers."""


@dataclass(frozen=True)
class Waiting:
    """A mail about to go: what it says, to which address, of which conference."""

    payload: Mapping[str, Any]
    recipient: str
    conference: int | None


Recheck: TypeAlias = Callable[
    [Mapping[int, Waiting], datetime], Awaitable[Mapping[int, Mapping[str, Any] | None]]
]
"""Asked about mails of one kind by row id at an instant: what those should say that are no longer true as they stand (as
a payload, see ``outbox.storable``), or None where there is nothing left to say. Whoever is not named goes as it is."""

Rechecks: TypeAlias = Mapping[str, Recheck]
"""Whom to ask, by kind of mail."""


@dataclass(frozen=True)
class Checked:
    """What became of the mails about to go: what ``changed`` says now (None: nothing), and which could not be asked about
    (``unknown``): those wait."""

    changed: Mapping[int, Mapping[str, Any] | None]
    unknown: frozenset[int] = frozenset()

    async def bring_up_to_date(self, row: OutgoingMail) -> str:
        """Have the mail say what is so now, for good; why it is not sent, "" when it may go."""
        if row.id not in self.changed:
            return ""
        says = self.changed[row.id]
        if says is None:
            return OVERTAKEN
        row.payload = json.dumps(says, ensure_ascii=False)
        await OutgoingMail.update({OutgoingMail.payload: row.payload}).where(OutgoingMail.id == row.id)
        return ""


async def recheck(mails: Iterable[DueMail], rechecks: Rechecks, now: datetime) -> Checked:
    """Ask about all of the mails whose kind can be overtaken: one query for each such kind, and those of whom is asked."""
    by_kind: dict[str, list[int]] = defaultdict(list)
    for mail in mails:
        if mail.kind in rechecks:
            by_kind[mail.kind].append(mail.id)
    changed: dict[int, Mapping[str, Any] | None] = {}
    unknown: set[int] = set()
    for kind, numbers in by_kind.items():
        rows = await OutgoingMail.select(
            OutgoingMail.id, OutgoingMail.payload, OutgoingMail.recipient, OutgoingMail.conference
        ).where(OutgoingMail.id.is_in(numbers))
        waiting = {
            row["id"]: Waiting(json.loads(row["payload"]), row["recipient"], row["conference"])
            for row in rows
        }
        try:
            changed.update(await rechecks[kind](waiting, now))
        except (
            Exception
        ):  # the edge: one kind that cannot be asked about must not keep every other mail waiting
            logger.exception("outgoing mails of kind %s could not be checked: %s", kind, numbers)
            unknown.update(numbers)
    return Checked(changed, frozenset(unknown))
