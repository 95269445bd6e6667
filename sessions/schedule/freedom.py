"""How much choice there is for a session: at how many minutes of the conference it could start. Plain values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache

from conference.timezones import wall_time
from sessions.schedule.limits import SpeakerLimits, Surroundings

QUARTER = timedelta(minutes=15)
"""Starts are counted in quarters of an hour: finer steps would order nothing otherwise."""

MOST_QUARTERS = 60 * 96
"""Sixty days; of a longer conference only the first are looked at."""


class Freedom:
    """The quarters of an hour of a conference's days that suit each of its speakers.

    Who has given times is held to them; of whom only the zone is known, to the hours that the conference asks nobody to
    leave. Rooms and other sessions do not count: they can be moved.
    """

    def __init__(self, surroundings: Surroundings) -> None:
        self._around = surroundings
        self._quarters: list[datetime | None] = []  # None between two days: nothing runs across
        for start, end in surroundings.days or ():
            at = start
            while at + QUARTER <= end and len(self._quarters) < MOST_QUARTERS:
                self._quarters.append(at)
                at += QUARTER
            self._quarters.append(None)
        self._of = cache(self._suiting)
        self._everyone = sum(1 << place for place, at in enumerate(self._quarters) if at is not None)

    def minutes(self, speakers: Iterable[int], length_minutes: int) -> int:
        """At how many minutes a session of this length could start so that it suits all its speakers."""
        suits = self._everyone
        for speaker in speakers:
            suits &= self._of(speaker)
        starts = suits
        for later in range(1, -(-length_minutes // 15)):
            starts &= suits >> later
        return starts.bit_count() * 15

    def _suiting(self, speaker: int) -> int:
        """One bit for each quarter of an hour that suits the speaker, the first one lowest."""
        limits = self._around.speakers.get(speaker, SpeakerLimits())
        return sum(
            1 << place
            for place, at in enumerate(self._quarters)
            if at is not None and self._suits(at, at + QUARTER, limits)
        )

    def _suits(self, start: datetime, end: datetime, limits: SpeakerLimits) -> bool:
        if limits.possible is not None:
            return limits.possible.cover(start, end)
        if not limits.zone:
            return True
        rules, wall = self._around.rules, wall_time(start, limits.zone)
        minute = wall.hour * 60 + wall.minute
        return rules.speaker_earliest <= minute and minute + 15 <= rules.speaker_latest
