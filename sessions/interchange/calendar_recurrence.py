"""Recurring events of a calendar as placings: what repeats daily or weekly for a while is written out, the rest doubted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from conference.i18n import _
from sessions.interchange.gathered import FoundTime
from sessions.interchange.model import Doubts
from sessions.interchange.written_times import Dates, Moment

MOST_OCCURRENCES = 60
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_KNOWN = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "WKST"}


class Occurrences:
    """The placings of one event, beginning with its own."""

    def __init__(self, time: FoundTime, doubts: Doubts) -> None:
        self.times = [time]
        self.doubts = doubts
        self._first = time

    def repeat(self, rule: dict[str, str]) -> None:
        """Write out a rule (RFC 5545 3.3.10) that is daily or weekly and ends; another leaves the first placing alone."""
        days = list(self._days(rule)) if self._is_known(rule) else None
        if days is None:
            words = _("It recurs by a rule that is not read (%(rule)s); only its first time was taken.")
            said = ";".join(f"{name}={value}" for name, value in rule.items())
            self.doubts.add("rule", self._first.where, words % {"rule": said[:80]})
            return
        if len(days) > MOST_OCCURRENCES:
            days = days[:MOST_OCCURRENCES]
            words = _("It recurs more than %(count)d times; the first of them were taken.")
            self.doubts.add("rule", self._first.where, words % {"count": MOST_OCCURRENCES})
        elif len(days) > 1:
            words = _("It recurs; it was taken as one session held %(count)d times.")
            self.doubts.add("recurs", self._first.where, words % {"count": len(days)})
        self.times = [self._on(day) for day in days] or self.times

    def add(self, moment: Moment) -> None:
        """One more placing of the same length."""
        if moment.day is not None and moment.clock is not None and len(self.times) < 2 * MOST_OCCURRENCES:
            shift = self._on(moment.day)
            self.times.append(
                replace(
                    shift, start=moment, end=shift.end and replace(shift.end, clock=self._end_clock(moment))
                )
            )

    def drop(self, moment: Moment) -> None:
        """Take away the placing that begins at the moment (or on the day, where it has no clock)."""
        left = [
            one
            for one in self.times
            if one.start is None or one.start.day != moment.day or moment.clock not in (None, one.start.clock)
        ]
        self.times = left or self.times

    def _end_clock(self, moment: Moment) -> tuple[int, int] | None:
        first, end = self._first.start, self._first.end
        if not first or not end or not first.clock or not end.clock or not moment.clock:
            return end.clock if end else None
        length = (end.clock[0] - first.clock[0]) * 60 + end.clock[1] - first.clock[1]
        minutes = max(moment.clock[0] * 60 + moment.clock[1] + length, 0)
        return divmod(minutes, 60)

    def _on(self, day: date) -> FoundTime:
        start, end = self._first.start, self._first.end
        if start is None or start.day is None:
            return self._first
        shift = day - start.day
        later = replace(end, day=end.day + shift) if end is not None and end.day is not None else end
        return replace(self._first, start=replace(start, day=day), end=later)

    @staticmethod
    def _is_known(rule: dict[str, str]) -> bool:
        return (
            rule.keys() <= _KNOWN
            and rule.get("FREQ") in ("DAILY", "WEEKLY")
            and re.fullmatch(r"[1-9]\d{0,2}", rule.get("INTERVAL", "1")) is not None
            and re.fullmatch(r"[1-9]\d{0,5}", rule.get("COUNT", "1")) is not None
            and re.fullmatch(r"(?:(?:MO|TU|WE|TH|FR|SA|SU)(?:,|$))*", rule.get("BYDAY", "")) is not None
            and ("COUNT" in rule or "UNTIL" in rule)
        )

    def _days(self, rule: dict[str, str]) -> Iterator[date]:
        start = self._first.start
        if start is None or start.day is None:
            return
        until_said = Dates().moment(rule["UNTIL"]) if "UNTIL" in rule else None
        until = until_said.day if until_said else None
        count = int(rule["COUNT"]) if "COUNT" in rule else 10_000
        interval = int(rule.get("INTERVAL", "1"))
        wanted = [_DAYS.index(one) for one in rule.get("BYDAY", "").split(",") if one]
        monday = start.day - timedelta(days=start.day.weekday())
        told = 0
        for step in range(5000):
            try:
                day = start.day + timedelta(days=step)
            except OverflowError:
                return
            if (until is not None and day > until) or told >= count or told > MOST_OCCURRENCES:
                return
            if rule["FREQ"] == "WEEKLY":
                is_wanted = ((day - monday).days // 7) % interval == 0 and day.weekday() in (
                    wanted or [start.day.weekday()]
                )
            else:
                is_wanted = step % interval == 0 and (not wanted or day.weekday() in wanted)
            if is_wanted:
                told += 1
                yield day
