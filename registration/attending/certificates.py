"""Certificates of attendance: issued when the conference is over, put right when facts change, checked by anyone.

The code stays for life, whatever changes; what anyone reads by it is the certificate as it was last issued. It goes with
what it is made of: whoever takes back their agreement, withdraws or is erased has none any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from conference import texts
from conference.codes import new_code
from conference.db import locked
from conference.errors import Conflict
from conference.i18n import _
from conference.outbox import queue_mail
from conference.tables import Conference
from registration.attending.certificate_rules import GivenBy, certificate_rules_of
from registration.attending.facts import CertificateFacts, Issuer, Noted, attended_sessions, is_over
from registration.attending.paper import Issued
from registration.attending.tables import Certificate, Presence
from registration.calendars.telling import conference_facts
from registration.entries.links import page_ref
from registration.seating.seats import standing
from registration.tables import Registration, RegistrationStatus
from sessions.programme.snapshot import ReleasedProgramme
from sessions.queries import latest_programme

CODE_LENGTH = 12
TOLD_AFTER = timedelta(hours=2)  # after the last session, so that the team can put presence right first
TOLD_WITHIN = timedelta(days=30)
_BATCH = 50


class NotYet(Conflict):
    """There is no certificate to be had: the conference is still on, or nothing was noted."""


async def noted_of(registration_id: int) -> list[Noted]:
    """The person's stays. One query."""
    rows = await Presence.select(Presence.slot, Presence.first_at, Presence.left_at).where(
        Presence.registration == registration_id
    )
    return [Noted(row["slot"], row["first_at"], row["left_at"]) for row in rows]


def facts_now(
    conference: Conference,
    programme: ReleasedProgramme | None,
    registration: Registration,
    noted: Sequence[Noted],
    given: GivenBy,
) -> CertificateFacts:
    """What the person's certificate would say now."""
    sessions, minutes = attended_sessions(programme, noted)
    return CertificateFacts(
        name=registration.name,
        conference=texts.decode(conference.name),
        starts_on=conference.starts_on,
        ends_on=conference.ends_on,
        home=conference.zone,
        zone=registration.zone,
        issuer=Issuer(conference.organiser_name, given.signed_by, dict(given.signed_as)),
        minutes=minutes,
        sessions=tuple(sessions),
    )


async def certificate_of(registration_id: int) -> Issued | None:
    """The person's certificate as it was last issued. One query."""
    row = await Certificate.objects().where(Certificate.registration == registration_id).first()
    return _issued(row) if row else None


async def has_certificate(registration_id: int) -> bool:
    """Whether a certificate is out. One query."""
    return await Certificate.exists().where(Certificate.registration == registration_id)


def _issued(row: Certificate) -> Issued:
    return Issued(row.code, CertificateFacts.from_json(row.facts), row.issued_at)


async def issue_certificate(
    conference: Conference, programme: ReleasedProgramme | None, registration_id: int, now: datetime
) -> Issued:
    """Issue the person's certificate, or the one they have anew where what it says has changed. Twice is once.

    Raises NotYet, NotFound.
    """
    given = await certificate_rules_of(conference.id)
    if not given.is_offered:
        raise NotYet(_("This conference gives no certificates."))
    if not is_over(programme, now):
        raise NotYet(_("Certificates are given when the last session is over."))
    async with locked(Registration, registration_id):
        registration = await standing(registration_id)
        issued = await _issue(conference, programme, registration, given, now)
    if issued is None:
        raise NotYet(_("Nothing has been noted that a certificate could say."))
    return issued


async def _issue(
    conference: Conference,
    programme: ReleasedProgramme | None,
    registration: Registration,
    given: GivenBy,
    now: datetime,
) -> Issued | None:
    """Inside the registration's lock; None where there is nothing to certify."""
    if not registration.notes_presence:
        return None
    facts = facts_now(conference, programme, registration, await noted_of(registration.id), given)
    return await _write(registration, facts, now) if facts.minutes else None


async def _write(registration: Registration, facts: CertificateFacts, now: datetime) -> Issued:
    """Inside the registration's lock."""
    before = await Certificate.objects().where(Certificate.registration == registration.id).first()
    if before is not None and before.facts == facts.to_json():
        return _issued(before)
    columns: dict[str, Any] = {
        "minutes": facts.minutes,
        "facts": facts.to_json(),
        "language": registration.language,
        "issued_at": now,
    }
    if before is not None:
        changes: dict[Any, Any] = dict(columns)
        await Certificate.update(changes).where(Certificate.id == before.id)
        return Issued(before.code, facts, now)
    code = new_code(CODE_LENGTH)
    await Certificate(registration=registration.id, code=code, **columns).save()
    return Issued(code, facts, now)


async def renew_if_issued(
    conference: Conference, programme: ReleasedProgramme | None, registration_id: int, now: datetime
) -> None:
    """Facts of the person have been put right: a certificate that is out says so from now on; with nothing left in
    it, it is no more."""
    given = await certificate_rules_of(conference.id)
    async with locked(Registration, registration_id):
        registration = await Registration.objects().where(Registration.id == registration_id).first()
        is_out = await Certificate.exists().where(Certificate.registration == registration_id)
        if registration is None or not is_out:
            return
        facts = facts_now(conference, programme, registration, await noted_of(registration_id), given)
        if facts.minutes:
            await _write(registration, facts, now)
        else:
            await Certificate.delete().where(Certificate.registration == registration_id)


@dataclass(frozen=True)
class Checked:
    """What anyone reads by a certificate's code."""

    issued: Issued
    slug: str


async def certificate_by_code(code: str) -> Checked | None:
    """The certificate of this code, None for none (any more). One query."""
    row = (
        await Certificate.select(
            Certificate.code,
            Certificate.facts,
            Certificate.issued_at,
            Certificate.registration._.conference._.slug.as_alias("slug"),
        )
        .where(
            (Certificate.code == code)
            & (Certificate.registration._.status == RegistrationStatus.CONFIRMED.value)
        )
        .first()
    )
    if row is None:
        return None
    issued = Issued(row["code"], CertificateFacts.from_json(row["facts"]), row["issued_at"])
    return Checked(issued, row["slug"])


def code_typed(text: str) -> str:
    """The code that somebody typed or read out: without spaces and dashes, in small letters; "" where it can be none.

    Codes have no 0 and no o, no 1, i and l, so those cannot be mistaken for each other.
    """
    code = "".join(one for one in text.casefold() if one.isascii() and one.isalnum())
    return code if len(code) == CODE_LENGTH else ""


async def give_certificates(now: datetime) -> int:
    """Issue the certificates of conferences that are over, and tell each person once by mail. A job."""
    lately = await Conference.objects().where(
        (Conference.ends_on >= (now - TOLD_WITHIN).date())
        & (Conference.ends_on <= now.date() + timedelta(days=1))
        & (Conference.release_number > 0)
    )
    done = 0
    for conference in lately:
        programme = await latest_programme(conference)
        if not is_over(programme, now - TOLD_AFTER):
            continue
        given = await certificate_rules_of(conference.id)
        for row in await Registration.raw(_OWED, conference.id) if given.is_offered else ():
            done += await _give(conference, programme, row["id"], given, now)
            if done >= _BATCH:
                return done
    return done


# Those who were in a session and have no certificate.
_OWED = (
    "SELECT r.id AS id FROM registration r WHERE r.conference = {} AND r.status = 'confirmed' AND r.notes_presence "
    "AND EXISTS (SELECT 1 FROM presence p WHERE p.registration = r.id) "
    "AND NOT EXISTS (SELECT 1 FROM certificate t WHERE t.registration = r.id) ORDER BY r.id"
)


async def _give(
    conference: Conference,
    programme: ReleasedProgramme | None,
    registration_id: int,
    given: GivenBy,
    now: datetime,
) -> int:
    async with locked(Registration, registration_id):
        registration = await Registration.objects().where(Registration.id == registration_id).first()
        if registration is None or registration.status != RegistrationStatus.CONFIRMED:
            return 0
        if await Certificate.exists().where(Certificate.registration == registration_id):
            return 0
        issued = await _issue(conference, programme, registration, given, now)
        if issued is None:
            return 0
        await queue_mail(
            kind="certificate",
            to=registration.email,
            to_name=registration.name,
            language=registration.language,
            zone=registration.zone,
            payload={
                "conference": conference_facts(conference),
                "minutes": issued.facts.minutes,
                "sessions": len(issued.facts.sessions),
                "page": page_ref(conference.slug, registration.code, registration.link_generation),
            },
            idempotency_key=f"certificate:{registration.code}",
            now=now,
            conference_id=conference.id,
            useless_after=now + TOLD_WITHIN,
        )
    return 1
