"""Addresses that get no mail: those that do not work, and those whose owners want no news of a conference.

Only a keyed hash of an address is kept, so the list outlives the person's data and tells nobody who is on it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from conference import audit, texts
from conference.addresses import address_key
from conference.codes import derived_token
from conference.db import transaction
from conference.errors import NotFound
from conference.i18n import _
from conference.tables import Suppression, SuppressionSource, Unsubscription
from conference.viewer import SignedInOrganiser

LONGEST_REASON = 500


def suppression_hash(address: str) -> str:
    """What the list keeps of an address, as stored or read by ``parse_address``; equal for equal mailboxes."""
    return derived_token("mail-suppressed", address.casefold())


def unsubscription_hash(conference_id: int, address: str) -> str:
    """The same for news of one conference; it tells nothing of other conferences."""
    return derived_token("mail-unsubscribed", conference_id, address.casefold())


@dataclass(frozen=True)
class Suppressed:
    """Why an address gets no mail, in the server's words, and since when (aware UTC)."""

    reason: str
    source: SuppressionSource
    since: datetime


async def suppress(address: str, reason: str, source: SuppressionSource, *, now: datetime) -> bool:
    """Send this address no mail any more; False when that was known. Joins the caller's transaction."""
    row = Suppression(
        address_hash=suppression_hash(address),
        reason=without_addresses(reason),
        source=source,
        since=now,
    )
    written = (
        await Suppression.insert(row)
        .on_conflict(target=Suppression.address_hash, action="DO NOTHING")
        .returning(Suppression.id)
    )
    return bool(written)


def without_addresses(words: str) -> str:
    """A server's words without the addresses in them: the list must not say whose they were."""
    return re.sub(r"[^\s<>\"'=:;,()]+@[^\s<>\"':;,()]+", "…", texts.clean_line(words))[:LONGEST_REASON]


async def suppressed(typed: str) -> Suppressed | None:
    """Why this address gets no mail, None when it does. Raises AddressRefused when it is no address. One query."""
    row = (
        await Suppression.select(Suppression.reason, Suppression.source, Suppression.since)
        .where(Suppression.address_hash == suppression_hash(address_key(typed)))
        .first()
    )
    return Suppressed(row["reason"], SuppressionSource(row["source"]), row["since"]) if row else None


async def suppressed_among(addresses: Collection[str]) -> dict[str, str]:
    """Of these stored addresses those that get no mail, with the reason. One query."""
    by_hash = {suppression_hash(address): address for address in addresses}
    if not by_hash:
        return {}
    rows = await Suppression.select(Suppression.address_hash, Suppression.reason).where(
        Suppression.address_hash.is_in(list(by_hash))
    )
    return {by_hash[row["address_hash"]]: row["reason"] for row in rows}


async def lift(typed: str, *, conference_id: int, actor: SignedInOrganiser, now: datetime) -> None:
    """Send this address mail again. Raises AddressRefused, and NotFound when it was not on the list."""
    key = address_key(typed)
    async with transaction():
        gone = (
            await Suppression.delete()
            .where(Suppression.address_hash == suppression_hash(key))
            .returning(Suppression.id)
        )
        if not gone:
            raise NotFound(_("This address is not on the list: it gets its mail."))
        await audit.record(
            conference_id=conference_id,
            actor=actor,
            action="mail-suppression-lifted",
            subject=f"mail:{key}"[:120],
            now=now,
        )


async def unsubscribe(conference_id: int, address_hash: str, *, now: datetime) -> bool:
    """Send no news of this conference there any more; False when that was known."""
    row = Unsubscription(conference=conference_id, address_hash=address_hash, at=now)
    written = (
        await Unsubscription.insert(row)
        .on_conflict(target=(Unsubscription.conference, Unsubscription.address_hash), action="DO NOTHING")
        .returning(Unsubscription.id)
    )
    return bool(written)


async def subscribe_again(conference_id: int, address_hash: str) -> bool:
    """Take an unsubscription back; False when there was none."""
    gone = (
        await Unsubscription.delete()
        .where((Unsubscription.conference == conference_id) & (Unsubscription.address_hash == address_hash))
        .returning(Unsubscription.id)
    )
    return bool(gone)


async def unsubscribed_among(hashes: Collection[str]) -> set[str]:
    """Those of the hashes (``unsubscription_hash``) whose owners want no news. One query."""
    if not hashes:
        return set()
    rows = await Unsubscription.select(Unsubscription.address_hash).where(
        Unsubscription.address_hash.is_in(list(hashes))
    )
    return {row["address_hash"] for row in rows}
