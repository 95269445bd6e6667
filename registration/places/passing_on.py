"""Passing free places at the conference on to those in its line: offers by mail that expire and go to the next."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import partial

from conference import timezones
from conference.tables import Conference
from registration.entries.line_letters import mail_lapsed, mail_place_offer
from registration.entries.opening_rules import rules_of
from registration.locks import places_locked
from registration.places.counting import Limits, limits_of, places_of
from registration.seating.lines import Line, let_lapse, offer_free, settle, stands_in
from registration.seating.offer_ends import LAST_CALL, offer_end
from registration.seating.tables import WaitlistEntry, WaitState
from registration.tables import Registration
from sessions.programme.snapshot import ReleasedProgramme
from sessions.queries import latest_programme


def chances(conference: Conference, programme: ReleasedProgramme | None, now: datetime) -> datetime | None:
    """Towards which instant offers of places grow shorter: the conference's beginning, once it has begun its end.

    None when it is as good as over, and nobody in line has a chance any more.
    """
    slots = [slot for _session, slot in programme.placings if not slot.is_cancelled] if programme else []
    midnight = datetime.combine(conference.starts_on, time(), timezones.zone(conference.zone))
    begins = min((slot.start for slot in slots), default=midnight.astimezone(UTC))
    last_day = datetime.combine(conference.ends_on, time(), timezones.zone(conference.zone)) + timedelta(
        days=1
    )
    ends = max((slot.end for slot in slots), default=last_day.astimezone(UTC))
    for instant in (begins, ends):
        if instant - LAST_CALL > now:
            return instant
    return None


async def offer_free_places(
    conference: Conference, programme: ReleasedProgramme | None, limits: Limits, now: datetime
) -> int:
    """Inside ``places_locked``: offer what is free to the first in line, each for as long as their clock allows; how many.

    Some hundred at a time; the job makes the rest.
    """
    until = chances(conference, programme, now)
    places = await places_of(conference.id, limits, now)
    if until is None or not places.owed:
        return 0
    ends_at = partial(offer_end, now, (await rules_of(conference.id)).offer_hours, until)
    made = await offer_free(Line(conference.id), places, ends_at, now)
    for one in made:
        await mail_place_offer(one, conference, now)
    return len(made)


async def give_back_place(
    registration: Registration, conference: Conference, programme: ReleasedProgramme | None, now: datetime
) -> None:
    """Inside the lock of a registration that has been withdrawn: it leaves the line, and its place goes to the next."""
    limits = await limits_of(conference.id)
    line = Line(conference.id)
    if not limits.is_any and not await stands_in(registration.id, line):
        return
    async with places_locked(conference.id):
        await settle(registration.id, line.entries, WaitState.LEFT, now)
        await offer_free_places(conference, programme, await limits_of(conference.id), now)


async def pass_on_places(now: datetime) -> int:
    """Let offers of places lapse that nobody answered, and offer every free place that somebody waits for. A job.

    It also finds places that came free elsewhere: somebody never confirmed, was erased, or changed category. Returns how
    many entries changed.
    """
    rows = await WaitlistEntry.raw(
        "SELECT DISTINCT conference FROM waitlist_entry "
        "WHERE slot IS NULL AND state IN ('waiting', 'offered') ORDER BY conference"
    )
    done = 0
    for row in rows:
        conference = await Conference.objects().where(Conference.id == row["conference"]).first()
        if conference is None:
            continue
        programme, limits = await latest_programme(conference), await limits_of(conference.id)
        is_over = chances(conference, programme, now) is None
        is_due = await WaitlistEntry.exists().where(
            Line(conference.id).entries
            & (WaitlistEntry.state == WaitState.OFFERED.value)
            & (WaitlistEntry.offer_expires_at <= now)
        )
        if is_over or is_due or (await places_of(conference.id, limits, now)).owed:
            done += await _pass_on(conference, programme, is_over, now)
    return done


async def _pass_on(
    conference: Conference, programme: ReleasedProgramme | None, is_over: bool, now: datetime
) -> int:
    async with places_locked(conference.id):
        gone = await let_lapse(Line(conference.id), now, everyone=is_over)
        if gone and not is_over:
            for person in await Registration.objects().where(Registration.id.is_in(sorted(gone))):
                await mail_lapsed(person, conference, gone[person.id], now)
        limits = await limits_of(conference.id)  # asked again under the lock
        return len(gone) + await offer_free_places(conference, programme, limits, now)
