"""People erased go on counting: when they registered and from where, for filters that ask for nothing else."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date

from conference.tables import Conference
from registration.desk.filters import Filter
from registration.rights.tables import ErasedRegistration


@dataclass(frozen=True)
class Erased:
    """How many people of those a filter means were erased, by the day they registered (in the conference's zone) and by country."""

    per_day: Counter[date]
    per_country: Counter[str]

    @property
    def total(self) -> int:
        """How many."""
        return self.per_day.total()


async def erased_among(conference: Conference, wanted: Filter) -> Erased:
    """Those the filter would mean if they were still there; nobody where it asks for what is not kept of them. One query."""
    if replace(wanted, status="", country="", since=None, until=None) != Filter():
        return Erased(Counter(), Counter())
    query = ErasedRegistration.select(ErasedRegistration.country, ErasedRegistration.registered_on).where(
        ErasedRegistration.conference == conference.id
    )
    if wanted.status:
        query = query.where(ErasedRegistration.status == wanted.status)
    if wanted.country:
        query = query.where(ErasedRegistration.country == wanted.country)
    if wanted.since:
        query = query.where(ErasedRegistration.registered_on >= wanted.since)
    if wanted.until:
        query = query.where(ErasedRegistration.registered_on <= wanted.until)
    rows = await query
    return Erased(Counter(row["registered_on"] for row in rows), Counter(row["country"] for row in rows))
