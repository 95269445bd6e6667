"""Agreeing to have one's presence noted: a consent like any other, whose purpose has a code of its own."""

from __future__ import annotations

from collections.abc import Sequence

from conference import i18n
from conference.i18n import _
from registration.asking.tables import Consent
from registration.attending.presence import forget_presence
from registration.tables import Registration

PRESENCE_PURPOSE = "presence"
"""The code of the purpose; its box on the form, where the organisers show one, is ``consent_presence``."""


def built_in_wording(languages: Sequence[str]) -> dict[str, str]:
    """The words asked with until the organisers write their own: in those of ``languages`` that we speak, else English."""
    spoken = [language for language in languages if language in i18n.interface_languages()] or ["en"]
    words = {}
    for language in spoken:
        with i18n.use_language(language):
            words[language] = _(
                "You may note when I go into a session and when I say that I left it, for my certificate of "
                "attendance. Only I and the conference’s team see it. I can take this back at any time; what was "
                "noted and my certificate are then deleted."
            )
    return words


async def follow_consents(registration_id: int) -> None:
    """Consents of the registration have changed: from now on its presence is noted, or not any more and forgotten.

    Joins the caller's transaction, which holds the registration's lock (or has just made it).
    """
    agreed = await Consent.exists().where(
        (Consent.registration == registration_id)
        & (Consent.purpose.code == PRESENCE_PURPOSE)
        & Consent.withdrawn_at.is_null()
    )
    if agreed:
        await Registration.update({Registration.notes_presence: True}).where(
            Registration.id == registration_id
        )
    elif await Registration.exists().where(
        (Registration.id == registration_id) & Registration.notes_presence.eq(True)
    ):
        await forget_presence(registration_id)
