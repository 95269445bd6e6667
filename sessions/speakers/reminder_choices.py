"""Which reminders of their own sessions a speaker wants: their own choice, at any time; the team can set it for somebody who asks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from conference import audit
from conference.db import locked
from conference.errors import NotFound
from conference.i18n import _
from conference.viewer import SignedInOrganiser
from sessions.programme.reminders import DAY_BEFORE, HOUR_BEFORE, MINUTES_BEFORE
from sessions.tables import Speaker

LEADS: Mapping[str, timedelta] = {"day": DAY_BEFORE, "hour": HOUR_BEFORE, "minutes": MINUTES_BEFORE}
"""How long before a session each kind goes, the longest first."""
COLUMNS: Mapping[str, str] = {kind: f"remind_{kind}" for kind in LEADS}
"""Where a speaker's row keeps each choice."""


def chosen(speaker: Speaker) -> frozenset[str]:
    """The kinds that the speaker wants."""
    return frozenset(kind for kind, column in COLUMNS.items() if getattr(speaker, column))


def kind_titles() -> dict[str, str]:
    """The kinds in words, in the order in which they come."""
    return {"day": _("A day before"), "hour": _("An hour before"), "minutes": _("Ten minutes before")}


def choices_shown(speaker: Speaker) -> list[tuple[str, str, bool]]:
    """Each kind, its title, and whether the speaker wants it."""
    wanted = chosen(speaker)
    return [(kind, title, kind in wanted) for kind, title in kind_titles().items()]


async def choose_reminders(
    speaker_id: int, wanted: Collection[str], *, actor: SignedInOrganiser | str, now: datetime
) -> None:
    """From now on send these kinds and no others; what waits in the outbox follows. Twice is once. Raises NotFound."""
    async with locked(Speaker, speaker_id):
        speaker = await Speaker.objects().where(Speaker.id == speaker_id).first()
        if speaker is None:
            raise NotFound(_("There is no such speaker. They may have been deleted meanwhile."))
        before = chosen(speaker)
        after = frozenset(wanted) & LEADS.keys()
        if before == after:
            return
        values: dict[Any, Any] = {column: kind in after for kind, column in COLUMNS.items()}
        await Speaker.update(values).where(Speaker.id == speaker_id)
        await audit.record(
            conference_id=speaker.conference,
            actor=actor,
            action="speaker-reminders-chosen",
            subject=f"speaker:{speaker.code}",
            before={"reminders": [kind for kind in LEADS if kind in before]},
            after={"reminders": [kind for kind in LEADS if kind in after]},
            now=now,
        )
