"""Who may see and erase what is held about an address: whoever is signed in to its page, or has a link from its mailbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from conference.codes import hash_secret
from registration.entries.tables import AttendeeSignIn
from registration.rights.erasing import LastLetter
from registration.rights.tables import DataLink
from registration.tables import Registration

FRESH = timedelta(hours=1)
"""A browser left open must not erase anybody: whoever signed in longer ago than this is sent a link first."""


@dataclass(frozen=True)
class Holder:
    """The owner of an address. ``proved_at`` (aware) is when they last showed that its mailbox is theirs.

    ``has_page``: they are signed in to a registration. ``zone`` and ``language`` may be empty.
    """

    email: str
    email_key: str
    name: str
    language: str
    zone: str
    proved_at: datetime
    has_page: bool

    def is_fresh(self, now: datetime) -> bool:
        """Whether they may erase without another mail. A proof from the future is none: the clock was set back."""
        return timedelta(0) <= now - self.proved_at <= FRESH

    def letter(self, language: str, zone: str) -> LastLetter:
        """To whom the last mail goes; ``language`` and ``zone`` where they never told us theirs."""
        return LastLetter(self.email, self.name, self.language or language, self.zone or zone)


async def holder_by_sign_in(registration: Registration, secret: str) -> Holder | None:
    """The person of a registration, signed in by this cookie."""
    row = (
        await AttendeeSignIn.select(
            AttendeeSignIn.created_at,
            AttendeeSignIn.registration._.attendee._.email_key.as_alias("email_key"),
        )
        .where(
            (AttendeeSignIn.registration == registration.id)
            & (AttendeeSignIn.token_hash == hash_secret(secret))
        )
        .first()
    )
    if row is None:
        return None
    return Holder(
        registration.email,
        row["email_key"],
        registration.name,
        registration.language,
        registration.zone,
        row["created_at"],
        has_page=True,
    )


async def holder_by_link(link: DataLink) -> Holder:
    """The owner of the address that a link was mailed to, with what their registration says, if they have one."""
    row = (
        await Registration.select(Registration.name, Registration.language, Registration.zone)
        .where(
            (Registration.conference == link.conference)
            & (Registration.attendee._.email_key == link.email_key)
        )
        .order_by(Registration.id, ascending=False)
        .first()
    ) or {"name": "", "language": "", "zone": ""}
    return Holder(
        link.email, link.email_key, row["name"], row["language"], row["zone"], link.created_at, has_page=False
    )
