"""Passing free seats on to those who wait for them, in the order of the line: offers that expire and go to the next.

A free seat that somebody waits for is theirs: newcomers see a full workshop (``spoken_for``), so nobody jumps the line.
States are in the database alone; whoever is killed between two offers is followed by the next run of the job.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from piccolo.columns.combination import And, Where

from conference.outbox import queue_mail
from conference.tables import Conference
from registration.calendars.sync import conference_facts
from registration.entries.links import page_ref
from registration.locks import slots_locked
from registration.seating.allocation import free_seats
from registration.tables import Registration, RegistrationRules, RegistrationStatus, WaitlistEntry, WaitState
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSession, ReleasedSlot
from sessions.queries import latest_programme
from sessions.tables import Slot

LAST_CALL = timedelta(minutes=30)  # before a slot begins: nothing is offered later, seats go to whoever comes
OFFER_HOURS = 48  # of a conference without rules of its own

_SPOKEN_FOR = """
SELECT s.id,
  (SELECT COUNT(*) FROM seat t WHERE t.slot = s.id) AS taken,
  (SELECT COUNT(*) FROM waitlist_entry w WHERE w.slot = s.id AND w.state = 'offered') AS offered,
  (SELECT COUNT(*) FROM waitlist_entry w JOIN registration r ON r.id = w.registration
    WHERE w.slot = s.id AND w.state = 'waiting' AND r.status = 'confirmed') AS waiting
FROM slot s WHERE s.id IN ({marks})
"""


async def spoken_for(slot_ids: Collection[int]) -> dict[int, int]:
    """How many seats of each slot a newcomer cannot have: taken, offered, or waited for. One query.

    A slot that is there no more is missing from the answer.
    """
    return {
        number: row["taken"] + row["offered"] + row["waiting"]
        for number, row in (await _counts(slot_ids)).items()
    }


async def spoken_for_in(programme: ReleasedProgramme | None) -> dict[int, int]:
    """``spoken_for`` of every slot with a limit in the programme."""
    return await spoken_for(
        [slot.id for _session, slot in programme.placings if slot.seats is not None] if programme else []
    )


async def _counts(slot_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    if not slot_ids:
        return {}
    marks = ", ".join("{}" for _slot in slot_ids)
    rows = await Slot.raw(_SPOKEN_FOR.replace("{marks}", marks), *slot_ids)
    return {row["id"]: row for row in rows}


def offer_end(now: datetime, hours: int, starts_at: datetime) -> datetime:
    """When an offer made ``now`` lapses: after ``hours``, at the latest ``LAST_CALL`` before the slot begins."""
    return min(now + timedelta(hours=hours), starts_at - LAST_CALL)


async def offer_free_seats(
    conference: Conference, programme: ReleasedProgramme | None, slot_ids: Iterable[int], now: datetime
) -> int:
    """Inside ``slots_locked`` of these slots: offer what is free to the first in line; how many offers that were."""
    known = programme.slot_by_id if programme else {}
    open_slots = [
        known[slot_id][1]
        for slot_id in sorted(set(slot_ids))
        if slot_id in known and takes_offers(*known[slot_id], now)
    ]
    counts = await _counts([slot.id for slot in open_slots])
    made = 0
    for slot in open_slots:
        row = counts.get(slot.id)
        if row is not None and row["waiting"]:
            free = free_seats(slot.seats, row["taken"] + row["offered"]) or 0
            made += await _offer(conference, programme, slot, min(free, row["waiting"]), now)
    return made


def takes_offers(session: ReleasedSession, slot: ReleasedSlot, now: datetime) -> bool:
    """Whether a seat in the slot can still be offered: it takes place, has limited seats, and is not about to begin."""
    is_off = slot.is_cancelled or session.is_cancelled
    return slot.seats is not None and not is_off and slot.start - LAST_CALL > now


async def _offer(
    conference: Conference,
    programme: ReleasedProgramme | None,
    slot: ReleasedSlot,
    number: int,
    now: datetime,
) -> int:
    if number <= 0:
        return 0
    first = await (
        WaitlistEntry.select(WaitlistEntry.id, WaitlistEntry.code, WaitlistEntry.registration)
        .where(
            (WaitlistEntry.slot == slot.id)
            & (WaitlistEntry.state == WaitState.WAITING.value)
            & (WaitlistEntry.registration._.status == RegistrationStatus.CONFIRMED.value)
        )
        .order_by(WaitlistEntry.id)
        .limit(number)
    )
    expires_at = offer_end(now, await offer_hours(conference), slot.start)
    await WaitlistEntry.update(
        {
            WaitlistEntry.state: WaitState.OFFERED,
            WaitlistEntry.offered_at: now,
            WaitlistEntry.offer_expires_at: expires_at,
        }
    ).where(WaitlistEntry.id.is_in([row["id"] for row in first]))
    people = {
        row.id: row
        for row in await Registration.objects().where(
            Registration.id.is_in([row["registration"] for row in first])
        )
    }
    title = programme.slot_by_id[slot.id][0].title if programme else {}
    for row in first:
        await _mail_offer(people[row["registration"]], conference, slot, title, row["code"], expires_at, now)
    return len(first)


async def offer_hours(conference: Conference) -> int:
    """How long an offer stands in this conference."""
    row = await (
        RegistrationRules.select(RegistrationRules.offer_hours)
        .where(RegistrationRules.conference == conference.id)
        .first()
    )
    return int(row["offer_hours"]) if row else OFFER_HOURS


async def _mail_offer(
    registration: Registration,
    conference: Conference,
    slot: ReleasedSlot,
    title: dict[str, str],
    entry_code: str,
    expires_at: datetime,
    now: datetime,
) -> None:
    await queue_mail(
        kind="waitlist-offer",
        to=registration.email,
        to_name=registration.name,
        language=registration.language,
        zone=registration.zone,
        payload={
            "conference": conference_facts(conference),
            "title": title,
            "start": slot.start,
            "end": slot.end,
            "expires_at": expires_at,
            "page": page_ref(conference.slug, registration.code, registration.link_generation),
        },
        idempotency_key=f"waitlist-offer:{entry_code}",
        now=now,
        conference_id=conference.id,
        useless_after=expires_at,
    )


async def pass_on_offers(now: datetime) -> int:
    """Let offers lapse that nobody answered, and offer every free seat that somebody waits for. A job.

    It also finds the seats that came free elsewhere: a release raised a capacity, somebody in line confirmed. Returns
    how many entries changed.
    """
    rows = await WaitlistEntry.raw(
        "SELECT conference, slot, MIN(offer_expires_at) AS first_end FROM waitlist_entry "
        "WHERE slot IS NOT NULL AND state IN ('waiting', 'offered') GROUP BY conference, slot ORDER BY slot"
    )
    if not rows:
        return 0
    ids = sorted({row["conference"] for row in rows})
    conferences = {row.id: row for row in await Conference.objects().where(Conference.id.is_in(ids))}
    counts = await _counts([row["slot"] for row in rows])
    due = {
        row["id"]
        for row in await WaitlistEntry.select(WaitlistEntry.slot.as_alias("id")).where(
            (WaitlistEntry.state == WaitState.OFFERED.value) & (WaitlistEntry.offer_expires_at <= now)
        )
    }
    done = 0
    for row in rows:
        conference, slot_id = conferences[row["conference"]], row["slot"]
        programme = await latest_programme(conference)
        pair = programme.slot_by_id.get(slot_id) if programme else None
        if pair is None or pair[1].seats is None:
            continue  # not in the programme as it stands, perhaps in the next one: the line is kept
        begins_soon = pair[1].start - LAST_CALL <= now
        count = counts[slot_id]
        has_free = count["waiting"] and (free_seats(pair[1].seats, count["taken"] + count["offered"]) or 0)
        if slot_id in due or begins_soon or (has_free and takes_offers(*pair, now)):
            done += await _pass_on(conference, programme, slot_id, begins_soon, now)
    return done


async def _pass_on(
    conference: Conference,
    programme: ReleasedProgramme | None,
    slot_id: int,
    begins_soon: bool,
    now: datetime,
) -> int:
    async with slots_locked([slot_id]):
        lapsed: Where | And = (WaitlistEntry.state == WaitState.OFFERED.value) & (
            WaitlistEntry.offer_expires_at <= now
        )
        if begins_soon:  # nobody could answer in time any more
            lapsed = WaitlistEntry.state.is_in([WaitState.OFFERED.value, WaitState.WAITING.value])
        gone = (
            await WaitlistEntry.update(
                {WaitlistEntry.state: WaitState.EXPIRED, WaitlistEntry.settled_at: now}
            )
            .where((WaitlistEntry.slot == slot_id) & lapsed)
            .returning(WaitlistEntry.id)
        )
        return len(gone) + await offer_free_seats(conference, programme, [slot_id], now)
