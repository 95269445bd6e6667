"""The page of one slot in the schedule editor: every change to it by a plain form, without script and without dragging."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from litestar.response import Template

from conference import dates
from conference.errors import StaleEdit
from conference.i18n import current_language
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page
from sessions.controllers.editor_answers import stale_lines
from sessions.controllers.editor_parts import noon_of
from sessions.schedule.copies import COPIED, MADE_HERE
from sessions.schedule.draft import rooms_of, slots_by_id
from sessions.schedule.editor_cards import Card
from sessions.schedule.placing_form import PlacingForm
from sessions.schedule.placings_cache import standing
from sessions.schedule.together_form import TogetherForm


def placing_values(card: Card, conference: Conference, asked: Mapping[str, str]) -> dict[str, str]:
    """What the form that moves the slot holds at first: where it stands, else the day ``asked`` for.

    A time asked for with its day (and room) is a proposal: it stands in the form, and nothing is moved yet.
    """
    proposed = asked if asked.get("time") else {}
    return {
        "day": proposed.get("day", "")[:10]
        or card.start[:10]
        or asked.get("day", "")[:10]
        or conference.starts_on.isoformat(),
        "time": proposed.get("time", "")[:5] or card.start[11:],
        "room": proposed.get("room", "")[:12] or card.room,
        "length": str(card.length_minutes),
        "revision": str(card.revision),
    }


async def slot_page(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    card: Card,
    form: PlacingForm,
    *,
    together: TogetherForm | None = None,
    stale: StaleEdit | None = None,
) -> Template:
    """The page; ``together`` is a form of it that was refused, ``stale`` the colleague's change that was in the way."""
    day = date.fromisoformat(card.start[:10]) if card.start else conference.starts_on
    rooms = await rooms_of(conference)
    names = {room.id: room.name for room in rooms}
    now = await standing(conference)
    that_day = {slot for slot, its_day in now.placings.day_of.items() if its_day == day}
    others = [
        (
            f"{slot.code}:{slot.revision}",
            f"{dates.clock_time(slot.start, conference.zone, current_language())} "
            f"{names.get(slot.room or 0, '')}: {slot.title}",
        )
        for slot in await slots_by_id(conference, that_day - {card.id})
        if slot.start is not None
    ]
    errors = {**form.errors, **(together.errors if together else {})}
    return page(
        request,
        "sessions/editor_move.html",
        conference=conference,
        organiser=organiser,
        at=noon_of(day, conference.zone),
        section="schedule",
        status=409 if stale else 422 if errors else 200,
        card=card,
        form=form,
        together=together,
        errors=errors,
        stale=stale and stale_lines(stale),
        rooms=[(room.code, room.name) for room in rooms],
        others=others,
        may_be_copied=card.kind in COPIED and bool(card.start),
        is_made_here=card.kind in MADE_HERE,
        here=f"/organise/{conference.slug}/schedule",
    )
