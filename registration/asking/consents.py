"""What the conference asks consent for, and people giving it and taking it back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from piccolo.columns.combination import And

from conference import texts
from conference.db import locked
from conference.errors import Conflict, NotFound, StaleEdit
from conference.i18n import _
from conference.tables import Conference
from conference.texts import LocalText
from conference.viewer import SignedInOrganiser
from registration.asking.form_changes import note_change
from registration.asking.tables import Consent, ConsentPurpose
from registration.attending.agreement import follow_consents
from registration.entries.registrations import Agreement, consent_row
from registration.seating.seats import standing
from registration.tables import Registration


class CodeTaken(Conflict):
    """The conference has a purpose of this code already."""


async def add_purpose(
    conference: Conference,
    code: str,
    wording: LocalText,
    *,
    actor: SignedInOrganiser | str,
    now: datetime,
    is_active: bool = True,
) -> ConsentPurpose:
    """Ask consent for one more purpose; on the form only where it ``is_active``. Raises CodeTaken."""
    async with locked(Conference, conference.id):
        if await ConsentPurpose.exists().where(
            (ConsentPurpose.conference == conference.id) & (ConsentPurpose.code == code)
        ):
            raise CodeTaken(_("There is a purpose of this name already."))
        position = await ConsentPurpose.count().where(ConsentPurpose.conference == conference.id)
        purpose = ConsentPurpose(
            conference=conference.id,
            code=code,
            wording=texts.encode(wording),
            is_active=is_active,
            position=position,
        )
        await purpose.save()
        await note_change(
            conference, actor, "consent-purpose-added", _subject(code), {}, {"wording": wording}, now
        )
    return purpose


async def change_purpose(
    conference: Conference,
    code: str,
    wording: LocalText,
    *,
    is_active: bool,
    revision: int,
    actor: SignedInOrganiser | str,
    now: datetime,
) -> None:
    """Change the words people are shown from now on, or stop asking, as seen at ``revision``. Raises StaleEdit, NotFound.

    What was consented to keeps its own words.
    """
    async with locked(Conference, conference.id):
        purpose = await _purpose(conference, code)
        before = {"wording": texts.decode(purpose.wording), "is_active": purpose.is_active}
        after = {"wording": wording, "is_active": is_active}
        if purpose.revision != revision:
            message = _("Someone else changed these words meanwhile.")
            raise StaleEdit(message, mine=after, theirs=before)
        columns: dict[Any, Any] = {
            ConsentPurpose.revision: revision + 1,
            ConsentPurpose.wording: texts.encode(wording),
            ConsentPurpose.is_active: is_active,
        }
        await ConsentPurpose.update(columns).where(ConsentPurpose.id == purpose.id)
        await note_change(conference, actor, "consent-purpose-changed", _subject(code), before, after, now)


def _subject(code: str) -> str:
    return f"consent-purpose:{code}"


async def _purpose(conference: Conference, code: str) -> ConsentPurpose:
    purpose = (
        await ConsentPurpose.objects()
        .where((ConsentPurpose.conference == conference.id) & (ConsentPurpose.code == code))
        .first()
    )
    if purpose is None:
        raise NotFound(_("There is no such purpose."))
    return purpose


async def give_consent(registration_id: int, agreement: Agreement, now: datetime) -> None:
    """Record the consent; one that stands already is left as it is."""
    async with locked(Registration, registration_id):
        await standing(registration_id)
        if not await Consent.exists().where(_stands(registration_id, agreement.purpose)):
            await consent_row(registration_id, agreement, now).save()
            await follow_consents(registration_id)


async def withdraw_consent(registration_id: int, purpose_id: int, now: datetime) -> None:
    """Take a consent back; the record of having given it stays (GDPR 7(3)), what was kept by it does not."""
    async with locked(Registration, registration_id):
        await Consent.update({Consent.withdrawn_at: now}).where(_stands(registration_id, purpose_id))
        await follow_consents(registration_id)


def _stands(registration_id: int, purpose_id: int) -> And:
    given = (Consent.registration == registration_id) & (Consent.purpose == purpose_id)
    return given & Consent.withdrawn_at.is_null()
