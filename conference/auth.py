"""Signing organisers in: passwords (argon2id), one-time links by mail, browsers remembered by a hashed cookie."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from conference import audit, outbox
from conference.addresses import address_key
from conference.codes import derived_token, hash_secret, new_code, new_token
from conference.db import locked, transaction
from conference.errors import Conflict, DomainError, Forbidden, Gone
from conference.i18n import _
from conference.mail import Ref, link_ref, token_ref
from conference.tables import FailedSignIn, Organiser, SignIn, SignInLink
from conference.throttle import count_tries
from conference.viewer import SignedInOrganiser

LINK_LIFETIME = timedelta(minutes=60)
FIRST_LINK_LIFETIME = timedelta(days=1)  # of a link printed on the operator's own screen
SIGN_IN_LIFETIME = timedelta(days=14)
LATELY = timedelta(hours=1)
"""Whoever signed in longer ago shows once more that it is they, before something that cannot be undone."""
LEAST_PASSWORD = 10  # characters
THROTTLE_LIMIT = 8  # tries for one address, or from one network, in the throttle's window

_hasher = PasswordHasher()  # argon2id with the library's present parameters
_LINK_PURPOSE = "organiser-sign-in"


@cache
def _nobodys_hash() -> str:
    """Verified when there is no such account, so that an answer takes as long with one as without."""
    return _hasher.hash("nobody has this password")


class WrongPassword(DomainError):
    """Address and password do not belong together."""

    http_status = 422


class NotLately(Forbidden):
    """Something that cannot be undone is asked for in a browser that was signed in long ago."""


class LinkSpent(Gone):
    """A sign-in link that has expired, was used before, or never was."""


class WeakPassword(Conflict):
    """The new password is too short."""

    http_status = 422


@dataclass(frozen=True)
class SignInToken:
    """A new link: its row's code, the secret itself, the reference that may stand in a mail's payload."""

    code: str
    token: str
    expires_at: datetime

    @property
    def reference(self) -> Ref:
        """How a mail's payload names the link without holding its secret (see ``conference.mail``)."""
        return link_ref("/organise/sign-in/", token_ref(_LINK_PURPOSE, self.code))


async def make_sign_in_link(
    organiser_id: int, *, now: datetime, lifetime: timedelta = LINK_LIFETIME
) -> SignInToken:
    """A fresh one-time link for the organiser. Joins the caller's transaction."""
    code = new_code(16)
    token = derived_token(_LINK_PURPOSE, code)
    row = SignInLink(
        organiser=organiser_id,
        code=code,
        token_hash=hash_secret(token),
        created_at=now,
        expires_at=now + lifetime,
    )
    await row.save()
    return SignInToken(code, token, now + lifetime)


async def request_sign_in_link(email: str, *, network: str, now: datetime) -> None:
    """Mail a one-time link to the organiser behind ``email``; an unknown address is answered just the same.

    Raises TooManyTries when too many were asked for.
    """
    key = address_key(email)
    await count_try(f"link:{key}", f"network:{network}", now=now)
    async with transaction():
        organiser = await Organiser.objects().where(Organiser.email_key == key).first()
        if organiser is None:
            return
        link = await make_sign_in_link(organiser.id, now=now)
        await outbox.queue_mail(
            kind="organiser-sign-in",
            to=organiser.email,
            to_name=organiser.name,
            language=organiser.language or "en",
            zone=organiser.zone or "UTC",
            payload={"link": link.reference, "expires_at": link.expires_at.isoformat()},
            idempotency_key=f"organiser-sign-in:{link.code}",
            now=now,
        )


async def link_is_open(token: str, *, now: datetime) -> bool:
    """Whether the link would still sign someone in. Looking does not spend it: mail scanners look."""
    return await _open_link(token, now=now) is not None


async def sign_in_by_link(token: str, *, now: datetime) -> str:
    """Spend the link and return the secret of a new browser sign-in. Raises LinkSpent."""
    async with transaction():
        link = await _open_link(token, now=now)
        if link is None:
            raise LinkSpent(_("This link has expired or was used already."))
        async with locked(SignInLink, link.id):
            spent = (
                await SignInLink.update({SignInLink.used_at: now})
                .where((SignInLink.id == link.id) & SignInLink.used_at.is_null())
                .returning(SignInLink.id)
            )
            if not spent:
                raise LinkSpent(_("This link has expired or was used already."))
            return await _start_sign_in(link.organiser, now=now)


async def _open_link(token: str, *, now: datetime) -> SignInLink | None:
    return (
        await SignInLink.objects()
        .where(
            (SignInLink.token_hash == hash_secret(token))
            & SignInLink.used_at.is_null()
            & (SignInLink.expires_at > now)
        )
        .first()
    )


async def sign_in_by_password(email: str, password: str, *, network: str, now: datetime) -> str:
    """Return the secret of a new browser sign-in. Raises WrongPassword or TooManyTries."""
    key = address_key(email)
    await count_try(f"password:{key}", f"network:{network}", now=now)
    organiser = await Organiser.objects().where(Organiser.email_key == key).first()
    stored = organiser.password_hash if organiser and organiser.password_hash else None
    # Argon2 takes tens of milliseconds of processor time: in a thread, so that other requests go on.
    fits = await asyncio.to_thread(_verify, stored, password)
    if not fits or organiser is None or not organiser.password_hash:
        raise WrongPassword(_("This address and password do not belong together."))
    async with transaction():
        await FailedSignIn.delete().where(FailedSignIn.key == f"password:{key}")
        return await _start_sign_in(organiser.id, now=now)


def _verify(stored: str | None, password: str) -> bool:
    try:
        return _hasher.verify(stored or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False


async def hash_password(password: str) -> str:
    """The argon2id hash of a new password. Raises WeakPassword under ``LEAST_PASSWORD`` characters."""
    if len(password) < LEAST_PASSWORD:
        raise WeakPassword(_("Please use at least %(least)s characters.") % {"least": LEAST_PASSWORD})
    return await asyncio.to_thread(_hasher.hash, password)


async def set_password(organiser: SignedInOrganiser, password: str, *, now: datetime) -> str:
    """Give the organiser a new password, sign out all their browsers and end their open links.

    Returns the secret of a new sign-in, for the browser in which it was done. Raises WeakPassword.
    """
    hashed = await hash_password(password)
    async with transaction():
        await Organiser.update({Organiser.password_hash: hashed}).where(Organiser.id == organiser.id)
        await SignIn.delete().where(SignIn.organiser == organiser.id)
        await SignInLink.update({SignInLink.used_at: now}).where(
            (SignInLink.organiser == organiser.id) & SignInLink.used_at.is_null()
        )
        await audit.record(
            conference_id=None,
            actor=organiser,
            action="password-set",
            subject=f"organiser:{organiser.email}",
            now=now,
        )
        return await _start_sign_in(organiser.id, now=now)


async def has_password(organiser: SignedInOrganiser) -> bool:
    """Whether the organiser may sign in by password."""
    return await Organiser.exists().where(
        (Organiser.id == organiser.id) & Organiser.password_hash.is_not_null()
    )


async def signed_in_lately(secret: str, *, now: datetime) -> bool:
    """Whether this browser was signed in within the last hour. A sign-in from the future is none: the clock was set back."""
    row = await SignIn.select(SignIn.created_at).where(SignIn.token_hash == hash_secret(secret)).first()
    return row is not None and timedelta(0) <= now - row["created_at"] <= LATELY


async def prove(
    organiser: SignedInOrganiser, password: str, *, secret: str, network: str, now: datetime
) -> None:
    """Make sure, before something that cannot be undone, that it is they: by their password, or, where they have none, by
    a sign-in (its cookie is ``secret``) within the last hour. Raises WrongPassword, NotLately, TooManyTries."""
    row = (
        await Organiser.select(Organiser.password_hash, Organiser.email_key)
        .where(Organiser.id == organiser.id)
        .first()
    )
    stored = row["password_hash"] if row else None
    if stored is None:
        if not await signed_in_lately(secret, now=now):
            raise NotLately(_("You signed in some time ago. Please sign in once more."))
        return
    key = row["email_key"] if row else ""
    await count_try(f"password:{key}", f"network:{network}", now=now)
    if not await asyncio.to_thread(_verify, stored, password):
        raise WrongPassword(_("This is not your password."))
    await FailedSignIn.delete().where(FailedSignIn.key == f"password:{key}")


async def change_account(
    organiser: SignedInOrganiser, *, name: str, zone: str, language: str, now: datetime
) -> None:
    """Change what the organiser is called and the zone and language of their desk ("" = as it comes)."""
    async with transaction():
        before = {"name": organiser.name, "zone": organiser.zone, "language": organiser.language}
        after = {"name": name, "zone": zone, "language": language}
        await Organiser.update(
            {Organiser.name: name, Organiser.zone: zone, Organiser.language: language}
        ).where(Organiser.id == organiser.id)
        await audit.record(
            conference_id=None,
            actor=organiser,
            action="account-changed",
            subject=f"organiser:{organiser.email}",
            before=before,
            after=after,
            now=now,
        )


async def _start_sign_in(organiser_id: int, *, now: datetime) -> str:
    secret = new_token()
    row = SignIn(
        organiser=organiser_id,
        token_hash=hash_secret(secret),
        created_at=now,
        expires_at=now + SIGN_IN_LIFETIME,
    )
    await row.save()
    return secret


async def organiser_by_cookie(secret: str, *, now: datetime) -> SignedInOrganiser | None:
    """Whose browser holds this cookie; None for none or an expired one. One query."""
    if not secret:
        return None
    row = (
        await SignIn.select(
            SignIn.organiser._.id.as_alias("id"),
            SignIn.organiser._.name.as_alias("name"),
            SignIn.organiser._.email.as_alias("email"),
            SignIn.organiser._.may_create.as_alias("may_create"),
            SignIn.organiser._.zone.as_alias("zone"),
            SignIn.organiser._.language.as_alias("language"),
        )
        .where((SignIn.token_hash == hash_secret(secret)) & (SignIn.expires_at > now))
        .first()
    )
    return SignedInOrganiser(**row) if row else None


async def sign_out(secret: str) -> None:
    """Forget the browser."""
    await SignIn.delete().where(SignIn.token_hash == hash_secret(secret))


async def count_try(*keys: str, now: datetime) -> None:
    """Count a try against each key. Raises TooManyTries; the network may try four times as often as one address."""
    most = {key: THROTTLE_LIMIT * (1 if position == 0 else 4) for position, key in enumerate(keys)}
    await count_tries(most, now=now)
