"""People who want to be told when registration opens: asked to confirm their address, told once, then left in peace."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

from conference.addresses import address_key
from conference.codes import derived_token, new_code
from conference.db import transaction
from conference.errors import NotFound
from conference.i18n import _
from conference.mail import link_ref, token_ref
from conference.outbox import queue_mail
from conference.tables import Conference, RegistrationState
from registration.calendars.sync import conference_facts
from registration.entries.letters import LINK_MAIL_EVERY
from registration.entries.opening_rules import rules_of
from registration.entries.tables import Interest
from registration.opening import Stage, stage_of
from registration.places.counting import limits_of, places_of
from registration.tables import Registration, RegistrationAccess, RegistrationStatus

KEPT_UNCONFIRMED = timedelta(days=7)
BATCH = 200
_PURPOSE = "interest"


class InterestUnknown(NotFound):
    """Nobody has this link, or it is no longer needed."""


async def note_interest(conference: Conference, email: str, language: str, zone: str, now: datetime) -> None:
    """Remember the address, and ask it by mail to confirm; one that has is left alone, so nobody learns who asked."""
    key = address_key(email)
    async with transaction():
        row = Interest(
            conference=conference.id,
            code=new_code(12),
            email=email,
            email_key=key,
            language=language,
            zone=zone,
            created_at=now,
        )
        await Interest.insert(row).on_conflict(
            target=(Interest.conference, Interest.email_key), action="DO NOTHING"
        )
        kept = await (
            Interest.objects()
            .where((Interest.conference == conference.id) & (Interest.email_key == key))
            .first()
        )
        if kept is None or kept.confirmed_at is not None:
            return
        window = int(now.timestamp() // LINK_MAIL_EVERY.total_seconds())
        await queue_mail(
            kind="interest-confirm",
            to=kept.email,
            to_name="",
            language=kept.language,
            zone=kept.zone,
            payload={
                "conference": conference_facts(conference),
                "link": link_ref(
                    f"/{conference.slug}/register/interest/{kept.code}.", token_ref(_PURPOSE, kept.code)
                ),
            },
            idempotency_key=f"interest-confirm:{kept.code}:{window}",
            now=now,
            conference_id=conference.id,
            useless_after=now + KEPT_UNCONFIRMED,
        )


async def interest_by_link(conference: Conference, link: str) -> Interest:
    """Whose link this is. Changes nothing. Raises InterestUnknown."""
    code, _dot, token = link.partition(".")
    known = (
        await Interest.objects()
        .where((Interest.conference == conference.id) & (Interest.code == code[:12]))
        .first()
    )
    if known is None or not link.isascii() or not hmac.compare_digest(derived_token(_PURPOSE, code), token):
        raise InterestUnknown(_("We do not know this link. It may be cut off, or too old."))
    return known


async def confirm_interest(conference: Conference, link: str, now: datetime) -> None:
    """The address is theirs: they will be told. Twice is once. Raises InterestUnknown."""
    found = await interest_by_link(conference, link)
    async with transaction():
        await Interest.update({Interest.confirmed_at: now}).where(
            (Interest.id == found.id) & Interest.confirmed_at.is_null()
        )


async def forget_interest(conference: Conference, link: str) -> None:
    """They do not want to be told. Raises InterestUnknown."""
    found = await interest_by_link(conference, link)
    async with transaction():
        await Interest.delete().where(Interest.id == found.id)


async def tell_interested(now: datetime) -> int:
    """Tell those who asked that registration is open, each once, and forget addresses never confirmed. A job."""
    rows = await Interest.raw(
        "SELECT DISTINCT i.conference AS conference FROM interest i JOIN conference c ON c.id = i.conference"
        " WHERE i.confirmed_at IS NOT NULL AND i.told_at IS NULL AND c.registration_state = {}",
        RegistrationState.OPEN.value,
    )
    done = 0
    for row in rows:
        conference = await Conference.objects().where(Conference.id == row["conference"]).first()
        if conference is None:
            continue
        rules = await rules_of(conference.id)
        if stage_of(True, rules, now) is Stage.OPEN and rules.access is not RegistrationAccess.INVITATION:
            places = await places_of(conference.id, await limits_of(conference.id), now)
            done += await _tell(conference, rules.closes_at, not places.has_place_for(None), now)
    late = (
        await Interest.delete()
        .where(Interest.confirmed_at.is_null() & (Interest.created_at <= now - KEPT_UNCONFIRMED))
        .returning(Interest.id)
    )
    return done + len(late)


async def _tell(conference: Conference, closes_at: datetime | None, is_full: bool, now: datetime) -> int:
    waiting = (
        await Interest.objects()
        .where(
            (Interest.conference == conference.id)
            & Interest.confirmed_at.is_not_null()
            & Interest.told_at.is_null()
        )
        .order_by(Interest.id)
        .limit(BATCH)
    )
    for interest in waiting:
        async with transaction():
            mine = (
                await Interest.update({Interest.told_at: now})
                .where((Interest.id == interest.id) & Interest.told_at.is_null())
                .returning(Interest.id)
            )
            # Whoever has registered meanwhile, by an invitation or early, has nothing to be told.
            if mine and not await _is_registered(conference.id, interest.email_key):
                await _mail_open(conference, interest, closes_at, is_full, now)
    return len(waiting)


async def _is_registered(conference_id: int, email_key: str) -> bool:
    return await Registration.exists().where(
        (Registration.conference == conference_id)
        & (Registration.attendee._.email_key == email_key)
        & (Registration.status != RegistrationStatus.WITHDRAWN.value)
    )


async def _mail_open(
    conference: Conference, interest: Interest, closes_at: datetime | None, is_full: bool, now: datetime
) -> None:
    payload: dict[str, object] = {
        "conference": conference_facts(conference),
        "register": link_ref(f"/{conference.slug}/register"),
        "is_full": is_full,
    }
    if closes_at is not None:
        payload["closes_at"] = closes_at
    await queue_mail(
        kind="interest-open",
        to=interest.email,
        to_name="",
        language=interest.language,
        zone=interest.zone,
        payload=payload,
        idempotency_key=f"interest-open:{interest.code}",
        now=now,
        conference_id=conference.id,
        is_promotional=True,
        useless_after=closes_at,
    )
