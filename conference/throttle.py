"""How often something may be tried: counted in the database, so that all processes count together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from conference.db import transaction
from conference.errors import DomainError
from conference.i18n import _
from conference.tables import FailedSignIn

WINDOW = timedelta(minutes=15)


class TooManyTries(DomainError):
    """Something was tried too often, perhaps by somebody who guesses."""

    http_status = 429


async def count_tries(most: Mapping[str, int], *, now: datetime) -> None:
    """Count a try against each key; ``most`` says how many each may have within ``WINDOW``.

    Raises TooManyTries, and then nothing was counted.
    """
    async with transaction():
        await FailedSignIn.delete().where(FailedSignIn.at < now - timedelta(days=1))
        for key, limit in most.items():
            tries = await FailedSignIn.count().where(
                (FailedSignIn.key == key[:320]) & (FailedSignIn.at > now - WINDOW)
            )
            if tries >= limit:
                raise TooManyTries(_("Too many tries. Please wait a quarter of an hour and try again."))
        await FailedSignIn.insert(*[FailedSignIn(key=key[:320], at=now) for key in most])
