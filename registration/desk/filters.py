"""Which registrations an organiser means: read from the page's address, and as a condition for the database. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from conference import texts, timezones
from registration.entries.searching import words_of
from registration.tables import RegistrationStatus

UNCONFIRMED_FOR = (1, 3, 7, 14)  # days to choose from
NO_CATEGORY = "none"
ANY_LINE = "any"  # on whatever waitlist
FOR_A_PLACE = "conference"  # on that of the conference itself
_MOST_WORDS = 6
_CODE = re.compile(r"[A-Za-z0-9_-]{1,30}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_WAITS = "SELECT w.registration FROM waitlist_entry w LEFT JOIN slot s ON s.id = w.slot WHERE w.conference = {} AND w.state IN ('waiting', 'offered')"


@dataclass(frozen=True)
class Filter:
    """Registrations of a conference; an empty field means all.

    ``category``, ``slot``, ``waits`` and ``consent`` are codes; ``category`` may be NO_CATEGORY, ``waits`` ANY_LINE or FOR_A_PLACE.
    ``since`` and ``until`` are the first and last day (included) on which they registered, in the conference's zone.
    ``unconfirmed``: registered at least so many days ago, and never confirmed.
    """

    q: str = ""
    status: str = ""
    category: str = ""
    country: str = ""
    slot: str = ""
    waits: str = ""
    consent: str = ""
    since: date | None = None
    until: date | None = None
    unconfirmed: int = 0

    @property
    def query(self) -> dict[str, str]:
        """The filter as fields of an address or a form."""
        return {name: str(value) for name, value in asdict(self).items() if value}

    @property
    def address(self) -> str:
        """The filter as the query of an address, "" when it means everyone."""
        return urlencode(self.query)


def read_filter(values: Mapping[str, str]) -> Filter:
    """The filter in an address or a form. What is no value of a field means all."""
    status = values.get("status", "")
    country = values.get("country", "").upper()
    unconfirmed = values.get("unconfirmed", "")
    return Filter(
        q=texts.clean_line(values.get("q", ""))[:100],
        status=status if status in set(RegistrationStatus) else "",
        category=_code(values, "category"),
        country=country if timezones.zones_of_country(country) else "",
        slot=_code(values, "slot"),
        waits=_code(values, "waits"),
        consent=_code(values, "consent"),
        since=_day(values.get("since", "")),
        until=_day(values.get("until", "")),
        unconfirmed=int(unconfirmed) if unconfirmed in {str(days) for days in UNCONFIRMED_FOR} else 0,
    )


def _code(values: Mapping[str, str], name: str) -> str:
    value = values.get(name, "")
    return value if _CODE.fullmatch(value) else ""


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed) if _DAY.fullmatch(typed) else None
    except ValueError:
        return None


@dataclass(frozen=True)
class Condition:
    """A condition on the table ``registration``: SQL with ``{}`` where the arguments stand."""

    sql: str
    arguments: tuple[Any, ...]


def condition(wanted: Filter, conference_id: int, zone: str, now: datetime, *, is_sqlite: bool) -> Condition:
    """What the filter means in one conference, whose ``zone`` its days are in."""
    tests: list[tuple[str, tuple[Any, ...]]] = [("registration.conference = {}", (conference_id,))]
    place_of = "instr" if is_sqlite else "strpos"
    tests += [
        (f"{place_of}(registration.searched, {{}}) > 0", (word,)) for word in words_of(wanted.q, _MOST_WORDS)
    ]
    if wanted.status:
        tests.append(("registration.status = {}", (wanted.status,)))
    if wanted.country:
        tests.append(("registration.country = {}", (wanted.country,)))
    if wanted.category == NO_CATEGORY:
        tests.append(("registration.category IS NULL", ()))
    elif wanted.category:
        test = (
            "registration.category IN (SELECT id FROM attendee_category WHERE conference = {} AND code = {})"
        )
        tests.append((test, (conference_id, wanted.category)))
    if wanted.slot:
        test = "registration.id IN (SELECT t.registration FROM seat t JOIN slot s ON s.id = t.slot WHERE s.code = {})"
        tests.append((test, (wanted.slot,)))
    if wanted.waits == ANY_LINE:
        tests.append((f"registration.id IN ({_WAITS})", (conference_id,)))
    elif wanted.waits == FOR_A_PLACE:
        tests.append((f"registration.id IN ({_WAITS} AND w.slot IS NULL)", (conference_id,)))
    elif wanted.waits:
        tests.append((f"registration.id IN ({_WAITS} AND s.code = {{}})", (conference_id, wanted.waits)))
    if wanted.consent:
        test = (
            "registration.id IN (SELECT c.registration FROM consent c JOIN consent_purpose p ON p.id = c.purpose "
            "WHERE p.conference = {} AND p.code = {} AND c.withdrawn_at IS NULL)"
        )
        tests.append((test, (conference_id, wanted.consent)))
    if wanted.since:
        tests.append(("registration.created_at >= {}", (_begin(wanted.since, zone),)))
    if wanted.until and wanted.until < date.max:
        tests.append(("registration.created_at < {}", (_begin(wanted.until + timedelta(days=1), zone),)))
    if wanted.unconfirmed:
        test = "registration.status = 'pending' AND registration.created_at <= {}"
        tests.append((test, (now - timedelta(days=wanted.unconfirmed),)))
    return Condition(
        " AND ".join(sql for sql, _arguments in tests), tuple(value for _sql, row in tests for value in row)
    )


def _begin(day: date, zone: str) -> datetime:
    """When the day begins in the zone, in UTC; days beyond what a clock can tell begin at UTC's."""
    try:
        return datetime.combine(day, time(), tzinfo=timezones.zone(zone)).astimezone(UTC)
    except OverflowError:
        return datetime.combine(day, time(), tzinfo=UTC)
