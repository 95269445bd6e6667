"""Whether a conference gives certificates of attendance, and who signs them: kept, read, changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from conference import audit, texts
from conference.db import locked
from conference.errors import StaleEdit
from conference.i18n import _
from conference.tables import Conference
from conference.texts import LocalText
from conference.viewer import SignedInOrganiser
from registration.attending.tables import CertificateRules


@dataclass(frozen=True)
class GivenBy:
    """``signed_by`` is a person's name, ``signed_as`` what they are; both may be empty. ``revision`` 0: as nobody set it."""

    is_offered: bool = True
    signed_by: str = ""
    signed_as: LocalText = field(default_factory=dict)
    revision: int = 0

    def as_columns(self) -> dict[str, Any]:
        """The rules as the columns of ``CertificateRules`` hold them, but for the revision."""
        return {
            "is_offered": self.is_offered,
            "signed_by": self.signed_by,
            "signed_as": texts.encode(self.signed_as),
        }


async def certificate_rules_of(conference_id: int) -> GivenBy:
    """The conference's rules, the defaults where nobody has set any. One query."""
    row = await CertificateRules.objects().where(CertificateRules.conference == conference_id).first()
    if row is None:
        return GivenBy()
    return GivenBy(row.is_offered, row.signed_by, texts.decode(row.signed_as), row.revision)


async def change_certificate_rules(
    conference: Conference, rules: GivenBy, *, actor: SignedInOrganiser, now: datetime
) -> None:
    """Change the rules as seen at ``rules.revision``. What is issued stays as it is. Raises StaleEdit."""
    async with locked(Conference, conference.id):
        before = await certificate_rules_of(conference.id)
        if before.revision != rules.revision:
            raise StaleEdit(
                _("Someone else changed this page meanwhile."),
                mine=rules.as_columns(),
                theirs=before.as_columns(),
            )
        if before == rules:
            return
        if before.revision == 0:
            await CertificateRules(conference=conference.id, **rules.as_columns()).save()
        else:
            changes: dict[Any, Any] = {**rules.as_columns(), "revision": rules.revision + 1}
            await CertificateRules.update(changes).where(CertificateRules.conference == conference.id)
        await audit.record(
            conference_id=conference.id,
            actor=actor,
            action="certificate-rules-changed",
            subject=f"conference:{conference.slug}",
            before=before.as_columns(),
            after=rules.as_columns(),
            now=now,
        )
