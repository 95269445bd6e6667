"""How far each conference has come, as this process knows it: what page caches compare with, and who follows a draft."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from conference.conferences import versions_of_all

logger = logging.getLogger("meridian.web")
LOOK_EVERY = 0.5  # seconds between looks at what other processes have written


class Versions:
    """The versions of all conferences: looked at after each of this process's own writes, and twice a second for those
    of other processes, on either database.

    ``tell_draft`` is called with the id of each conference whose draft has moved since the last look.
    """

    def __init__(self, tell_draft: Callable[[int], None]) -> None:
        self.public: dict[str, int] = {}
        self._drafts: dict[int, int] = {}
        self._tell_draft = tell_draft

    async def refresh(self) -> None:
        """Look now."""
        found = await versions_of_all()
        self.public = {one.slug: one.public for one in found}
        moved = [one.id for one in found if self._drafts.get(one.id, one.draft) != one.draft]
        self._drafts = {one.id: one.draft for one in found}
        for conference_id in moved:
            self._tell_draft(conference_id)

    async def keep_fresh(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self.refresh()
            except Exception:  # outermost edge of the loop: while the database is away, pages stay and expire
                logger.warning("versions could not be looked up", exc_info=True)
