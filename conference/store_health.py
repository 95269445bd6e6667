"""Whether the store of files can be used, as this process last found: since when it is away, and why."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from conference import clock
from conference.store_failures import Failure, words_of

logger = logging.getLogger("meridian.files")


@dataclass(frozen=True)
class Away:
    """The store cannot be used: since when this process knows it (aware UTC), and why, in words for an operator."""

    since: datetime
    words: str

    @property
    def line(self) -> str:
        """The health line, in English as all that operators read; the store's own words are not in it."""
        return f"files: the store is away since {self.since:%Y-%m-%dT%H:%M:%SZ}"


class StoreHealth:
    """What became of the last use of a store. It is said once when it goes, and once when it is back."""

    def __init__(self) -> None:
        self.away: Away | None = None
        self.known_at: datetime | None = None  # the last use

    def failed(self, kind: Failure, reason: str) -> None:
        """The store could not be used, for a reason that is not the file's."""
        self.known_at = clock.now()
        words = f"{words_of(kind)} ({reason})" if reason else words_of(kind)
        if self.away is None:
            logger.error("the store of files cannot be used: %s", words)
        self.away = Away(self.away.since if self.away else clock.now(), words)

    def answered(self) -> None:
        """The store did what it was asked."""
        self.known_at = clock.now()
        if self.away is not None:
            logger.warning("the store of files answers again; it was away since %s", self.away.since)
            self.away = None
