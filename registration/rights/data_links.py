"""Links by mail that show what is held about an address: for whoever has no page here, and before everything is erased."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

from conference.addresses import address_key, parse_address
from conference.codes import derived_token, new_code
from conference.db import transaction
from conference.errors import NotFound
from conference.i18n import _
from conference.mail import link_ref, token_ref
from conference.outbox import queue_mail
from conference.tables import Conference
from registration.calendars.sync import conference_facts
from registration.rights.tables import DataLink

LINK_LASTS = timedelta(hours=1)
AT_MOST_EVERY = timedelta(minutes=10)  # one mail to one address
_PURPOSE = "data"


class DataLinkUnknown(NotFound):
    """Nobody has this link, or its hour is over."""


async def request_data_link(
    conference: Conference, email: str, *, name: str, language: str, zone: str, now: datetime
) -> None:
    """Mail the address a link to what is held about it. Nothing of the mail stays here, whoever the address belongs to.

    Raises AddressRefused.
    """
    address, key = parse_address(email).address, address_key(email)
    async with transaction():
        recent = await DataLink.exists().where(
            (DataLink.conference == conference.id)
            & (DataLink.email_key == key)
            & (DataLink.created_at > now - AT_MOST_EVERY)
            & (DataLink.created_at <= now)
        )
        if recent:
            return
        link = DataLink(
            conference=conference.id,
            code=new_code(12),
            email=address,
            email_key=key,
            created_at=now,
            expires_at=now + LINK_LASTS,
        )
        await link.save()
        await queue_mail(
            kind="data-link",
            to=address,
            to_name=name,
            language=language,
            zone=zone,
            payload={
                "conference": conference_facts(conference),
                "link": link_ref(
                    f"/{conference.slug}/me/data/link/{link.code}.", token_ref(_PURPOSE, link.code)
                ),
                "expires_at": link.expires_at,
            },
            idempotency_key=f"data-link:{link.code}",
            now=now,
            conference_id=conference.id,
            useless_after=link.expires_at,
            scrub_when_done=True,
        )


def link_token(link: DataLink) -> str:
    """The last part of the link's address; a browser that was shown the data keeps it as a cookie."""
    return f"{link.code}.{derived_token(_PURPOSE, link.code)}"


async def data_link(conference: Conference, token: str, now: datetime) -> DataLink:
    """Whose link this is. Changes nothing. Raises DataLinkUnknown."""
    code, _dot, proof = token.partition(".")
    link = None
    if token.isascii() and 0 < len(code) <= 12 and hmac.compare_digest(derived_token(_PURPOSE, code), proof):
        link = (
            await DataLink.objects()
            .where(
                (DataLink.conference == conference.id) & (DataLink.code == code) & (DataLink.expires_at > now)
            )
            .first()
        )
    if link is None:
        raise DataLinkUnknown(_("This link is not whole, or older than an hour. Please ask for a new one."))
    return link


async def forget_old_links(now: datetime) -> int:
    """Delete links whose hour is over, and those from a clock that ran ahead. A job."""
    gone = (
        await DataLink.delete()
        .where((DataLink.expires_at <= now) | (DataLink.created_at > now + LINK_LASTS))
        .returning(DataLink.id)
    )
    return len(gone)
