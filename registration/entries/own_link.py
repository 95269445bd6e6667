"""The secret link of a person's own page: how long it works, whose it is, having it mailed again."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from conference.codes import hash_secret
from conference.db import locked, transaction
from conference.errors import Gone, NotFound
from conference.i18n import _
from conference.tables import Conference
from registration.entries.letters import mail_link
from registration.entries.links import page_hash
from registration.tables import Registration, RegistrationStatus

CONFIRM_WITHIN = timedelta(days=7)  # how long the link in the first mail works
LINKS_LAST = timedelta(days=30)  # beyond the conference's last day


class LinkExpired(Gone):
    """The link was good once: too old, or its registration has been withdrawn. ``is_withdrawn`` says which."""

    def __init__(self, message: str, *, is_withdrawn: bool = False) -> None:
        super().__init__(message)
        self.is_withdrawn = is_withdrawn


class LinkUnknown(NotFound):
    """No registration has this link: mistyped, cut off by a mail program, or replaced by a newer one."""


async def by_page_token(conference: Conference, token: str, now: datetime) -> Registration:
    """The registration whose link this is. Changes nothing. Raises LinkUnknown, LinkExpired."""
    registration = await (
        Registration.objects()
        .where((Registration.link_hash == hash_secret(token)) & (Registration.conference == conference.id))
        .first()
    )
    if registration is None:
        raise LinkUnknown(_("We do not know this link. It may be cut off, or replaced by a newer one."))
    if registration.status == RegistrationStatus.WITHDRAWN:
        raise LinkExpired(_("This registration has been withdrawn."), is_withdrawn=True)
    if registration.status == RegistrationStatus.REFUSED:
        raise LinkExpired(_("The organisers could not give you a place at this conference."))
    if registration.link_expires_at <= now:
        raise LinkExpired(_("This link has expired."))
    return registration


async def request_link(conference: Conference, email_key: str, now: datetime) -> None:
    """Mail the person behind the address a link to their own page; someone unknown is answered just the same.

    A link that still works is sent again as it is, so that nobody can put out of force what another has in their
    mailbox; one that has expired is replaced.
    """
    async with transaction():
        found = await (
            Registration.select(Registration.id)
            .where(
                (Registration.conference == conference.id)
                & (Registration.attendee._.email_key == email_key)
                & (Registration.status != RegistrationStatus.WITHDRAWN.value)
            )
            .first()
        )
        if found is None:
            return
        async with locked(Registration, found["id"]):
            registration = await Registration.objects().where(Registration.id == found["id"]).first()
            if registration is None or registration.status == RegistrationStatus.WITHDRAWN:
                return
            if registration.link_expires_at <= now:
                registration.link_generation += 1
                registration.link_hash = page_hash(registration.code, registration.link_generation)
                registration.link_expires_at = _link_end(registration, conference, now)
                await registration.save(
                    [Registration.link_generation, Registration.link_hash, Registration.link_expires_at]
                )
            await mail_link(registration, conference, now)


def links_last_until(conference: Conference) -> datetime:
    """When the links of confirmed people end: some time after the conference's last day."""
    return datetime.combine(conference.ends_on, time(), tzinfo=UTC) + timedelta(days=1) + LINKS_LAST


def _link_end(registration: Registration, conference: Conference, now: datetime) -> datetime:
    soon = now + CONFIRM_WITHIN
    if registration.status == RegistrationStatus.PENDING:
        return soon
    return max(soon, links_last_until(conference))
