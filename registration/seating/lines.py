"""Lines of people who wait, for a seat in a slot or for a place at the conference: what both have in common.

A line's entries are changed only by whoever holds its lock (``registration.locks``). Somebody who has not confirmed
their address keeps their place in a line, but is passed over until they have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from piccolo.columns.combination import And, Where

from conference.codes import new_code
from registration.seating.sharing import Places
from registration.seating.tables import WaitlistEntry, WaitState
from registration.tables import Registration, RegistrationStatus

MOST_AT_ONCE = 100  # offers made in one transaction; the job makes the rest

_LIVE = [WaitState.WAITING.value, WaitState.OFFERED.value]

# Of the entry w: how many are before it, those among them who have yet to confirm. {line} is what makes o stand in the
# same line; the arguments are the status of those who can be offered something, and the instant.
AHEAD = (
    "(SELECT COUNT(*) FROM waitlist_entry o JOIN registration r ON r.id = o.registration WHERE {line} "
    "AND o.state = 'waiting' AND (r.status = {} OR (r.status = 'pending' AND r.link_expires_at > {})) "
    "AND (o.precedence > w.precedence OR (o.precedence = w.precedence AND o.id < w.id)))"
)


@dataclass(frozen=True)
class Line:
    """The line for the seats of a slot (row id), or, without one, for the places at the conference."""

    conference: int
    slot: int | None = None

    @property
    def waits_as(self) -> RegistrationStatus:
        """The status of those who can be offered something: a seat needs a place at the conference."""
        return RegistrationStatus.WAITING if self.slot is None else RegistrationStatus.CONFIRMED

    @property
    def entries(self) -> Where | And:
        """Every place in it, settled ones too."""
        if self.slot is not None:
            return WaitlistEntry.slot == self.slot
        return (WaitlistEntry.conference == self.conference) & WaitlistEntry.slot.is_null()


async def join(registration_id: int, lines: Iterable[Line], now: datetime) -> None:
    """Put the registration at the end of each line, in none of which it stands."""
    entries = [
        WaitlistEntry(
            conference=line.conference,
            slot=line.slot,
            registration=registration_id,
            code=new_code(12),
            state=WaitState.WAITING,
            joined_at=now,
        )
        for line in lines
    ]
    if entries:
        await WaitlistEntry.insert(*entries)


async def settle(
    registration_id: int, lines: Where | And, state: WaitState, now: datetime
) -> list[dict[str, Any]]:
    """End the person's places in these lines; the ``slot`` of each that they had."""
    rows: list[dict[str, Any]] = (
        await WaitlistEntry.update({WaitlistEntry.state: state, WaitlistEntry.settled_at: now})
        .where((WaitlistEntry.registration == registration_id) & lines & WaitlistEntry.state.is_in(_LIVE))
        .returning(WaitlistEntry.slot)
    )
    return rows


async def stands_in(registration_id: int, line: Line) -> bool:
    """Whether the person has a place in the line, or an offer."""
    return await WaitlistEntry.exists().where(
        (WaitlistEntry.registration == registration_id) & line.entries & WaitlistEntry.state.is_in(_LIVE)
    )


async def has_offer(registration_id: int, line: Line, now: datetime) -> bool:
    """Whether something is kept for the person that they may still take."""
    return await WaitlistEntry.exists().where(
        (WaitlistEntry.registration == registration_id)
        & line.entries
        & (WaitlistEntry.state == WaitState.OFFERED.value)
        & (WaitlistEntry.offer_expires_at > now)
    )


@dataclass(frozen=True)
class Offered:
    """Something kept for a person until ``ends_at``; ``code`` is that of their place in line."""

    registration: Registration
    code: str
    ends_at: datetime


async def offer_free(
    line: Line, places: Places, ends_at: Callable[[str], datetime], now: datetime
) -> list[Offered]:
    """Offer what is free to the first in line, ``ends_at`` saying for a reader's zone until when. The caller tells them."""
    first = await _first(line, places)
    chosen = [first[position] for position in places.next_in([row["category"] for row in first])]
    if not chosen:
        return []
    people = {
        row.id: row
        for row in await Registration.objects().where(
            Registration.id.is_in([row["registration"] for row in chosen])
        )
    }
    made = []
    for row in chosen:
        person = people[row["registration"]]
        one = Offered(person, row["code"], ends_at(person.zone))
        changes: dict[Any, Any] = {
            WaitlistEntry.state: WaitState.OFFERED,
            WaitlistEntry.offered_at: now,
            WaitlistEntry.offer_expires_at: one.ends_at,
        }
        await WaitlistEntry.update(changes).where(WaitlistEntry.id == row["id"])
        made.append(one)
    return made


async def _first(line: Line, places: Places) -> Sequence[dict[str, Any]]:
    """The first who could be offered something; nobody whose category is full in any case."""
    if places.free == 0:
        return []
    wanted = (
        line.entries
        & (WaitlistEntry.state == WaitState.WAITING.value)
        & (WaitlistEntry.registration._.status == line.waits_as.value)
    )
    full = places.full_categories
    if full:
        category = WaitlistEntry.registration._.category
        wanted = wanted & (category.is_null() | category.not_in(sorted(full)))
    rows: list[dict[str, Any]] = await (
        WaitlistEntry.select(
            WaitlistEntry.id,
            WaitlistEntry.code,
            WaitlistEntry.registration,
            WaitlistEntry.registration._.category.as_alias("category"),
        )
        .where(wanted)
        .order_by(WaitlistEntry.precedence, ascending=False)
        .order_by(WaitlistEntry.id)
        .limit(MOST_AT_ONCE if places.free is None or places.limits else min(places.free, MOST_AT_ONCE))
    )
    return rows


async def let_lapse(line: Line, now: datetime, *, everyone: bool = False) -> dict[int, str]:
    """End the offers that nobody took in time, or (``everyone``) the whole line; the places' codes by registration."""
    over: Where | And = (WaitlistEntry.state == WaitState.OFFERED.value) & (
        WaitlistEntry.offer_expires_at <= now
    )
    if everyone:
        over = WaitlistEntry.state.is_in(_LIVE)
    rows = (
        await WaitlistEntry.update({WaitlistEntry.state: WaitState.EXPIRED, WaitlistEntry.settled_at: now})
        .where(line.entries & over)
        .returning(WaitlistEntry.registration, WaitlistEntry.code)
    )
    return {row["registration"]: row["code"] for row in rows}
