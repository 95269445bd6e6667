"""Agreeing to have one's presence noted, and taking it back."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from conference.conferences import languages_of
from conference.tables import Conference
from registration.asking import consents
from registration.asking.forms import agreement_to
from registration.attending.agreement import PRESENCE_PURPOSE, built_in_wording
from registration.queries import Purpose, purposes_of
from registration.tables import Registration


async def presence_purpose(conference: Conference) -> Purpose | None:
    """The conference's purpose, None until somebody agreed or the organisers changed its words. One query."""
    return next((one for one in await purposes_of(conference) if one.code == PRESENCE_PURPOSE), None)


async def purpose_made(conference: Conference, *, is_active: bool = False, now: datetime) -> Purpose:
    """The conference's purpose, made with the built-in words where there is none; then on the form if ``is_active``."""
    found = await presence_purpose(conference)
    if found is None:
        with suppress(consents.CodeTaken):  # two at once: the other one's is as good
            await consents.add_purpose(
                conference,
                PRESENCE_PURPOSE,
                built_in_wording(languages_of(conference)),
                actor="Meridian",
                now=now,
                is_active=is_active,
            )
        found = await presence_purpose(conference)
    if found is None:
        raise LookupError("the purpose that was just made is gone")
    return found


async def agree(
    conference: Conference, registration: Registration, now: datetime, *, notice: int | None = None
) -> None:
    """The person agrees, to the words in the language in force, under this version of the privacy notice."""
    purpose = await purpose_made(conference, now=now)
    agreement = agreement_to(purpose, languages_of(conference), notice)
    await consents.give_consent(registration.id, agreement, now)


async def take_back(conference: Conference, registration: Registration, now: datetime) -> None:
    """The person takes it back: what was noted and their certificate are deleted, nothing more is noted."""
    purpose = await presence_purpose(conference)
    if purpose is not None:
        await consents.withdraw_consent(registration.id, purpose.id, now)
