"""What the organisers add to the privacy notice, read and changed."""

from __future__ import annotations

from datetime import datetime

from conference import audit, texts
from conference.conferences import touch_public
from conference.db import locked
from conference.errors import StaleEdit
from conference.i18n import _
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from registration.rights.notice import PrivacyFactsSaid
from registration.rights.tables import PrivacyFacts


async def said_of(conference_id: int) -> PrivacyFactsSaid:
    """What was said for the conference. One query."""
    row = await PrivacyFacts.objects().where(PrivacyFacts.conference == conference_id).first()
    if row is None:
        return PrivacyFactsSaid()
    return PrivacyFactsSaid(
        texts.decode(row.recipients), texts.decode(row.authority), row.authority_url, row.revision
    )


async def change_said(
    conference: Conference, said: PrivacyFactsSaid, *, actor: SignedInOrganiser, now: datetime
) -> None:
    """Say this from now on, as seen at ``said.revision``. Raises StaleEdit."""
    async with locked(Conference, conference.id):
        before = await said_of(conference.id)
        old, new = (
            {"recipients": one.recipients, "authority": one.authority, "authority_url": one.authority_url}
            for one in (before, said)
        )
        if before.revision != said.revision:
            raise StaleEdit(_("Someone else changed these facts meanwhile."), mine=new, theirs=old)
        row = PrivacyFacts(
            conference=conference.id,
            recipients=texts.encode(said.recipients),
            authority=texts.encode(said.authority),
            authority_url=said.authority_url,
            revision=before.revision + 1,
        )
        await PrivacyFacts.delete().where(PrivacyFacts.conference == conference.id)
        await row.save()
        await touch_public(conference.id)
        await audit.record(
            conference_id=conference.id,
            actor=actor,
            action="privacy-facts-changed",
            subject=f"conference:{conference.slug}",
            before=old,
            after=new,
            now=now,
        )
