"""Asking for the link to one's own speaker's page, and the doors of the rooms one speaks in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Controller, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, dates, i18n, timezones
from conference.errors import NotFound
from conference.forms import Typed, is_web_address
from conference.i18n import _
from conference.tables import Conference
from conference.throttle import TooManyTries
from conference.web import AnyRequest, network_of, page, reader_zone, see_other, typed
from sessions.controllers.speak_own import GONE, MOST_BYTES, PRIVATE
from sessions.door.rules import door_rules_of, stage_opens_at
from sessions.programme.days import time_view
from sessions.programme.joining import GRACE
from sessions.queries import latest_programme
from sessions.speakers.links import request_link, slot_of_speaker, speaker_by_key
from sessions.tables import Room, Slot


class SpeakLinkController(Controller):
    """Without a link that works."""

    path = "/speak"
    request_max_body_size = MOST_BYTES
    exception_handlers = GONE

    @get("/", name="speak:ask-link")
    async def form(self, request: AnyRequest) -> Template:
        return _ask(request, {}, {})

    @post("/link", name="speak:send-link", status_code=303)
    async def send(self, request: AnyRequest) -> Template | Redirect:
        sent = Typed(await typed(request))
        email = sent.email("email")
        if not email:
            return _ask(request, sent.values, sent.errors, 422)
        try:
            await request_link(email, network=network_of(request), now=clock.now())
        except TooManyTries as error:
            return _ask(request, sent.values, {"email": error.message}, error.http_status)
        return see_other("/speak/sent")

    @get("/sent", name="speak:link-sent")
    async def sent(self, request: AnyRequest) -> Template:
        return page(request, "sessions/speak/sent.html", headers=PRIVATE)

    @get("/join/{slot:str}", name="speak:room")
    async def room(self, request: AnyRequest, slot: FromPath[str]) -> Template | Redirect:
        """Into the room, however full it is, from well before until shortly after the times that are published (those
        of the draft where none are); the vendor's address stands in the redirect alone."""
        now = clock.now()
        speaker = await speaker_by_key(request.query_params.get("key", ""), now)
        found = await slot_of_speaker(speaker, slot)
        conference = await Conference.objects().where(Conference.id == speaker.conference).first()
        if found is None or conference is None:
            raise NotFound(
                _("You are no longer listed in this session. The team may have changed the programme.")
            )
        placed, has_declined = found
        start, end = await _times(conference, placed)
        if has_declined or placed.is_cancelled or start is None:
            why = "declined" if has_declined else "cancelled" if placed.is_cancelled else "unscheduled"
            return _door(request, conference, why)
        rules, _revision = await door_rules_of(conference.id)
        opens_at = stage_opens_at(
            start,
            stage_early_minutes=rules.stage_early_minutes,
            early_minutes=conference.early_entry_minutes,
        )
        closes_at = end + GRACE
        if now >= closes_at:
            return _door(request, conference, "over")
        if now >= opens_at:
            room = await Room.objects().where(Room.id == placed.room).first()
            if room is not None and is_web_address(room.vendor_url):
                return Redirect(room.vendor_url, status_code=303, headers=PRIVATE)
            return _door(request, conference, "no-room")
        language = i18n.current_language()
        own = timezones.normalise(speaker.zone) if speaker.zone else None
        zone = own or reader_zone(request, conference.zone)[0]
        return _door(
            request,
            conference,
            "before",
            opens=_("%(day)s, %(time)s")
            % {
                "day": dates.long_day(dates.local_date(opens_at, zone), language),
                "time": dates.clock_time(opens_at, zone, language),
            },
            opens_in=dates.relative_words(opens_at, now, language),
            time=time_view(start, end, zone, conference.zone, language),
            zone_label=dates.zone_name(zone, start, language),
        )


async def _times(conference: Conference, slot: Slot) -> tuple[datetime | None, datetime]:
    """When the slot begins and ends as everyone was told, else as the draft has it; None where it has no time."""
    programme = await latest_programme(conference)
    found = programme.slot_by_code.get(slot.code) if programme else None
    if found is not None and not (found[0].is_cancelled or found[1].is_cancelled):
        return found[1].start, found[1].end
    return slot.start, slot.end


def _door(request: AnyRequest, conference: Conference, why: str, **context: Any) -> Template:
    """The room cannot be entered now: says why. Before it opens the page asks again by itself."""
    headers = {**PRIVATE, **({"refresh": "60"} if why == "before" else {})}
    return page(
        request, "sessions/speak/door.html", conference=conference, headers=headers, why=why, **context
    )


def _ask(request: AnyRequest, values: dict[str, str], errors: dict[str, str], status: int = 200) -> Template:
    return page(
        request, "sessions/speak/ask.html", status=status, headers=PRIVATE, values=values, errors=errors
    )
