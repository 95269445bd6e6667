"""The mails about places at the conference that all are taken: standing in line for one, being offered one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from conference import texts
from conference.tables import Conference
from registration.calendars.sync import conference_facts
from registration.entries.letters import filled_in_by, queue_letter, told_seats
from registration.entries.links import page_ref
from registration.seating.lines import Offered
from registration.seating.sharing import Full
from registration.tables import AttendeeCategory, Registration
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSlot


async def mail_confirm_line(
    registration: Registration,
    conference: Conference,
    programme: ReleasedProgramme | None,
    taken: Full,
    wishes: Sequence[ReleasedSlot],
    now: datetime,
    *,
    by_team: bool = False,
    by_colleague: bool = False,
) -> None:
    """Ask the person to confirm: then they stand in line. ``taken`` is why; ``wishes`` the seats they would like.

    ``by_team``, ``by_colleague``: not the person but those filled in the form.
    """
    payload = {
        "conference": conference_facts(conference),
        "link": page_ref(conference.slug, registration.code, registration.link_generation),
        "expires_at": registration.link_expires_at,
        "places": taken.places,
        "category": await _category(registration) if taken.in_category else {},
        "wishes": told_seats(programme, wishes),
        **filled_in_by(by_team=by_team, by_colleague=by_colleague),
    }
    key, end = f"waitlist-confirm:{registration.code}", registration.link_expires_at
    await queue_letter(registration, "waitlist-confirm", payload, key, now, useless_after=end)


async def mail_in_line(
    registration: Registration,
    conference: Conference,
    place: int,
    entry_code: str,
    now: datetime,
    *,
    is_approved: bool,
) -> None:
    """Say where the person stands: ``place`` counts from 1. ``is_approved``: the organisers have just said yes."""
    payload = {
        "conference": conference_facts(conference),
        "page": page_ref(conference.slug, registration.code, registration.link_generation),
        "place": place,
        "category": await _category(registration),
        "is_approved": is_approved,
    }
    await queue_letter(registration, "waitlist-joined", payload, f"waitlist-joined:{entry_code}", now)


async def mail_place_offer(one: Offered, conference: Conference, now: datetime) -> None:
    """Offer the person a place, which is kept until the offer ends."""
    registration = one.registration
    payload = {
        "conference": conference_facts(conference),
        "page": page_ref(conference.slug, registration.code, registration.link_generation),
        "expires_at": one.ends_at,
        "category": await _category(registration),
    }
    key = f"place-offer:{one.code}"
    await queue_letter(registration, "place-offer", payload, key, now, useless_after=one.ends_at)


async def mail_lapsed(
    registration: Registration, conference: Conference, entry_code: str, now: datetime
) -> None:
    """Say that the offer has lapsed, and how to stand in line again."""
    payload = {
        "conference": conference_facts(conference),
        "page": page_ref(conference.slug, registration.code, registration.link_generation),
    }
    await queue_letter(registration, "place-lapsed", payload, f"place-lapsed:{entry_code}", now)


async def _category(registration: Registration) -> texts.LocalText:
    if registration.category is None:
        return {}
    row = await (
        AttendeeCategory.select(AttendeeCategory.name)
        .where(AttendeeCategory.id == registration.category)
        .first()
    )
    return texts.decode(row["name"]) if row else {}
