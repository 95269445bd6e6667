"""What can still be shown of the consents of somebody who was erased: to them, or to whoever asks in their name."""

from __future__ import annotations

from datetime import datetime

from conference.codes import derived_token
from conference.personal_data import Person
from registration.asking.tables import Consent
from registration.rights.tables import ErasedConsent


def evidence_hash(conference_id: int, address: str) -> str:
    """What is kept of an address beside its consents; it tells nothing of other conferences."""
    return derived_token("consent-evidence", conference_id, address.casefold())


async def keep_evidence(person: Person, key: str, now: datetime) -> None:
    """Copy the person's consents to where only a hash of ``key`` (their address) leads. Joins the caller's transaction."""
    rows = await Consent.select(
        Consent.purpose._.code.as_alias("purpose"),
        Consent.wording,
        Consent.language,
        Consent.given_at,
        Consent.withdrawn_at,
        Consent.notice,
    ).where(Consent.registration.is_in(list(person.rows.get("registration", ())) or [0]))
    mark = evidence_hash(person.conference, key)
    kept = [
        ErasedConsent(conference=person.conference, address_hash=mark, erased_on=now.date(), **row)
        for row in rows
    ]
    if kept:
        await ErasedConsent.insert(*kept)
