"""The mails about a registration itself; those about single seats are the calendar's invites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from conference.mail import link_ref
from conference.outbox import queue_mail
from conference.tables import Conference
from registration.calendars.sync import conference_facts
from registration.entries.links import feed_ref, help_ref, join_ref, page_ref, reminders_ref
from registration.tables import Registration, RegistrationStatus
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSlot

SEATS_HELD = timedelta(hours=48)  # for those who have not confirmed
LINK_MAIL_EVERY = timedelta(minutes=10)  # at most one mail with a link in this time


async def mail_confirm(
    registration: Registration,
    conference: Conference,
    programme: ReleasedProgramme | None,
    seats: Sequence[ReleasedSlot],
    waits: Sequence[ReleasedSlot],
    now: datetime,
    *,
    wishes: Sequence[ReleasedSlot] = (),
    needs_approval: bool = False,
    place_until: datetime | None = None,
    by_team: bool = False,
    by_colleague: bool = False,
) -> None:
    """Ask the person to confirm by the link in it. ``seats`` are those held for them meanwhile, ``waits`` those whose line they
    joined, ``wishes`` those they get once the organisers have said yes. ``place_until``: so long a place is kept, where
    there are only so many. ``by_team``, ``by_colleague``: not the person but those filled in the form.
    """
    payload: dict[str, object] = {
        "conference": conference_facts(conference),
        "link": page_ref(conference.slug, registration.code, registration.link_generation),
        "expires_at": registration.link_expires_at,
        "seats": told_seats(programme, seats),
        "seats_until": now + SEATS_HELD,
        "waiting": told_seats(programme, waits),
    }
    if needs_approval:
        payload |= {"needs_approval": True, "wishes": told_seats(programme, wishes)}
    if place_until is not None:
        payload["place_until"] = place_until
    payload |= filled_in_by(by_team=by_team, by_colleague=by_colleague)
    key, end = f"registration-confirm:{registration.code}", registration.link_expires_at
    await queue_letter(registration, "registration-confirm", payload, key, now, useless_after=end)


def filled_in_by(*, by_team: bool, by_colleague: bool) -> dict[str, object]:
    """What a mail that asks to confirm is told where somebody else filled in the form."""
    return {**({"by_team": True} if by_team else {}), **({"by_colleague": True} if by_colleague else {})}


async def mail_link(registration: Registration, conference: Conference, now: datetime) -> None:
    """Send the link to the person's own page; asked for again within ``LINK_MAIL_EVERY`` nothing more goes out."""
    payload = {
        "conference": conference_facts(conference),
        "page": page_ref(conference.slug, registration.code, registration.link_generation),
        "expires_at": registration.link_expires_at,
        "is_confirmed": registration.status != RegistrationStatus.PENDING,
    }
    window = int(now.timestamp() // LINK_MAIL_EVERY.total_seconds())
    # An address that was mended has a link of its own to get.
    key = f"registration-link:{registration.code}:{registration.link_generation}:{window}"
    await queue_letter(registration, "registration-link", payload, key, now)


async def mail_confirmed(
    registration: Registration,
    conference: Conference,
    programme: ReleasedProgramme | None,
    seats: Sequence[ReleasedSlot],
    waits: Sequence[ReleasedSlot],
    now: datetime,
) -> None:
    """Welcome the person: their page, their calendar, the join link of each seat."""
    payload = _welcome(registration, conference, programme, seats, waits)
    key = f"registration-confirmed:{registration.code}"
    await queue_letter(registration, "registration-confirmed", payload, key, now)


async def mail_imported(
    registration: Registration,
    conference: Conference,
    programme: ReleasedProgramme | None,
    seats: Sequence[ReleasedSlot],
    waits: Sequence[ReleasedSlot],
    now: datetime,
    *,
    place: int | None = None,
) -> None:
    """Say that the organisers have registered the person. ``place`` (from 1): in the conference's line, since it is full."""
    payload = _welcome(registration, conference, programme, seats, waits)
    if place is not None:
        payload["place"] = place
    key = f"registration-imported:{registration.code}"
    await queue_letter(registration, "registration-imported", payload, key, now)


def _welcome(
    registration: Registration,
    conference: Conference,
    programme: ReleasedProgramme | None,
    seats: Sequence[ReleasedSlot],
    waits: Sequence[ReleasedSlot],
) -> dict[str, object]:
    code, generation = registration.code, registration.feed_generation
    home: dict[str, object] = conference_facts(conference)
    if programme and programme.placings:
        home["opens"] = min(slot.start for _session, slot in programme.placings)
        home["closes"] = max(slot.end for _session, slot in programme.placings)
    return {
        "conference": home,
        "page": page_ref(conference.slug, code, registration.link_generation),
        "feed": feed_ref(code, generation),
        "choose": reminders_ref(conference.slug, code, registration.link_generation),
        "seats": told_seats(programme, seats, (code, generation)),
        "waiting": told_seats(programme, waits),
    }


async def mail_withdrawn(
    registration: Registration,
    conference: Conference,
    programme: ReleasedProgramme | None,
    seats: Sequence[ReleasedSlot],
    now: datetime,
) -> None:
    """Say that the registration is withdrawn. ``seats`` are those that went back."""
    payload = {
        "conference": conference_facts(conference),
        "seats": told_seats(programme, seats),
        "register": link_ref(f"/{conference.slug}/register"),
    }
    key = f"registration-withdrawn:{registration.code}"
    await queue_letter(registration, "registration-withdrawn", payload, key, now)


async def mail_refused(registration: Registration, conference: Conference, now: datetime) -> None:
    """Say that the organisers could not give the person a place."""
    payload = {"conference": conference_facts(conference)}
    key = f"registration-refused:{registration.code}"
    await queue_letter(registration, "registration-refused", payload, key, now)


async def queue_letter(
    registration: Registration,
    kind: str,
    payload: Mapping[str, object],
    key: str,
    now: datetime,
    *,
    useless_after: datetime | None = None,
) -> None:
    """Queue a mail to the person, in their language and on their clock; one for each ``key``."""
    await queue_mail(
        kind=kind,
        to=registration.email,
        to_name=registration.name,
        language=registration.language,
        zone=registration.zone,
        payload=dict(payload),
        idempotency_key=key,
        now=now,
        conference_id=registration.conference,
        useless_after=useless_after,
    )


def told_seats(
    programme: ReleasedProgramme | None, slots: Sequence[ReleasedSlot], joining: tuple[str, int] | None = None
) -> list[dict[str, object]]:
    """Seats as mails list them; ``joining`` (registration code, generation) adds the personal join link,
    and where to ask for help."""
    told: list[dict[str, object]] = []
    for slot in sorted(slots, key=lambda slot: slot.start):
        session = programme.slot_by_id[slot.id][0] if programme else None
        seat: dict[str, object] = {
            "title": session.title if session else {},
            "start": slot.start,
            "end": slot.end,
        }
        if joining:
            seat["join"] = join_ref(slot.code, *joining)
            seat["help"] = help_ref(slot.code)
        told.append(seat)
    return told
