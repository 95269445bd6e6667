"""Passing free seats on to those who wait for them, in the order of the line: offers that expire and go to the next.

A free seat that somebody waits for is theirs: newcomers see a full workshop (``spoken_for``), so nobody jumps the line.
States are in the database alone; whoever is killed between two offers is followed by the next run of the job.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import partial
from typing import Any

from conference.outbox import queue_mail
from conference.tables import Conference
from registration.calendars.sync import conference_facts
from registration.entries.links import page_ref
from registration.entries.opening_rules import rules_of
from registration.locks import slots_locked
from registration.seating.lines import Line, Offered, let_lapse, offer_free
from registration.seating.offer_ends import LAST_CALL, offer_end
from registration.seating.sharing import Places, Tally
from registration.seating.tables import WaitlistEntry, WaitState
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSession, ReleasedSlot
from sessions.queries import latest_programme
from sessions.tables import Slot

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
    return {number: tally.held + tally.waiting for number, tally in (await tallies(slot_ids)).items()}


async def spoken_for_in(programme: ReleasedProgramme | None) -> dict[int, int]:
    """``spoken_for`` of every slot with a limit in the programme."""
    return await spoken_for(
        [slot.id for _session, slot in programme.placings if slot.seats is not None] if programme else []
    )


async def tallies(slot_ids: Collection[int]) -> dict[int, Tally]:
    """What became of the seats of each slot. One query."""
    if not slot_ids:
        return {}
    marks = ", ".join("{}" for _slot in slot_ids)
    rows: list[dict[str, Any]] = await Slot.raw(_SPOKEN_FOR.replace("{marks}", marks), *slot_ids)
    return {row["id"]: Tally(row["taken"], row["offered"], row["waiting"]) for row in rows}


async def offer_free_seats(
    conference: Conference, programme: ReleasedProgramme | None, slot_ids: Iterable[int], now: datetime
) -> int:
    """Inside ``slots_locked`` of these slots: offer what is free to the first in line; how many offers that were."""
    known = programme.slot_by_id if programme else {}
    open_slots = [
        known[slot_id]
        for slot_id in sorted(set(slot_ids))
        if slot_id in known and takes_offers(*known[slot_id], now)
    ]
    counts = await tallies([slot.id for _session, slot in open_slots])
    made = 0
    for session, slot in open_slots:
        if slot.id in counts and counts[slot.id].waiting:
            made += await _offer(conference, session, slot, counts[slot.id], now)
    return made


def takes_offers(session: ReleasedSession, slot: ReleasedSlot, now: datetime) -> bool:
    """Whether a seat in the slot can still be offered: it takes place, has limited seats, and is not about to begin."""
    is_off = slot.is_cancelled or session.is_cancelled
    return slot.seats is not None and not is_off and slot.start - LAST_CALL > now


async def _offer(
    conference: Conference, session: ReleasedSession, slot: ReleasedSlot, tally: Tally, now: datetime
) -> int:
    ends_at = partial(offer_end, now, (await rules_of(conference.id)).offer_hours, slot.start)
    line = Line(conference.id, slot.id)
    made = await offer_free(line, Places(slot.seats, {None: tally}), ends_at, now)
    for one in made:
        await _mail_offer(one, conference, session, slot, now)
    return len(made)


async def _mail_offer(
    one: Offered, conference: Conference, session: ReleasedSession, slot: ReleasedSlot, now: datetime
) -> None:
    registration = one.registration
    await queue_mail(
        kind="waitlist-offer",
        to=registration.email,
        to_name=registration.name,
        language=registration.language,
        zone=registration.zone,
        payload={
            "conference": conference_facts(conference),
            "title": session.title,
            "start": slot.start,
            "end": slot.end,
            "expires_at": one.ends_at,
            "page": page_ref(conference.slug, registration.code, registration.link_generation),
        },
        idempotency_key=f"waitlist-offer:{one.code}",
        now=now,
        conference_id=conference.id,
        useless_after=one.ends_at,
    )


async def pass_on_offers(now: datetime) -> int:
    """Let offers of seats lapse that nobody answered, and offer every free seat that somebody waits for. A job.

    It also finds the seats that came free elsewhere: a release raised a capacity, somebody in line confirmed. Returns
    how many entries changed.
    """
    rows = await WaitlistEntry.raw(
        "SELECT DISTINCT conference, slot FROM waitlist_entry "
        "WHERE slot IS NOT NULL AND state IN ('waiting', 'offered') ORDER BY slot"
    )
    if not rows:
        return 0
    ids = sorted({row["conference"] for row in rows})
    conferences = {row.id: row for row in await Conference.objects().where(Conference.id.is_in(ids))}
    counts = await tallies([row["slot"] for row in rows])
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
        tally = counts[slot_id]
        has_free = tally.waiting and Places(pair[1].seats, {None: tally}).free
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
        # Shortly before it begins nobody could answer in time any more.
        gone = await let_lapse(Line(conference.id, slot_id), now, everyone=begins_soon)
        return len(gone) + await offer_free_seats(conference, programme, [slot_id], now)
