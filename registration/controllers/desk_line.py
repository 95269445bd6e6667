"""The conference's waiting list at the desk: who stands where, who goes first, who gets a place at once."""

from __future__ import annotations

from typing import Any

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, i18n, texts, timezones
from conference.guards import requires
from conference.i18n import _
from conference.tables import Conference, Role
from conference.team import Permission, may
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, see_other, typed
from registration.controllers.attendee import AT_THE_DESK, MOST_BYTES
from registration.controllers.desk import desk_page
from registration.controllers.desk_one import CHANGE, address, known
from registration.desk.lists import categories_there
from registration.desk.words import STATUS_TONES, status_names
from registration.desk.workshops import in_line
from registration.places.counting import limits_of, places_of
from registration.places.taking import admit, put_first
from registration.seating.lines import Line
from sessions.queries import latest_programme


class LineController(Controller):
    path = "/organise/{slug:str}/registrations"
    dependencies = AT_THE_DESK
    request_max_body_size = MOST_BYTES

    @get("/waiting", name="registrations:waiting", guards=[requires(Permission.SEE)])
    async def waiting(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
    ) -> Template:
        limits, language = await limits_of(conference.id), i18n.current_language()
        return desk_page(
            request,
            "desk_waiting.html",
            conference,
            organiser,
            may_change=may(role, Permission.REGISTRATION),
            places=await places_of(conference.id, limits, clock.now()),
            waiting=await in_line(Line(conference.id)),
            categories={one.id: texts.pick(one.name, language) for one in await categories_there(conference)},
            countries=dict(timezones.countries(language)),
            statuses=status_names(),
            tones=STATUS_TONES,
        )

    @post("/{code:str}/place", name="registrations:place", guards=CHANGE, status_code=303)
    async def place(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Redirect:
        registration, sent, now = await known(conference, code), await typed(request), clock.now()
        programme, back = await latest_programme(conference), address(conference, code)
        who: dict[str, Any] = {"actor": organiser, "now": now}
        if sent.get("do") == "admit":
            if await admit(registration.id, conference, programme, **who):
                return see_other(back, _("They have a place at the conference, and are welcomed by mail."))
            return see_other(back, _("They have a place already."), kind="warning")
        slot = programme.slot_by_code.get(sent.get("slot", "")) if programme else None
        is_there = slot is not None or not sent.get("slot")
        if is_there and await put_first(registration, slot[1].id if slot else None, **who):
            return see_other(back, _("They are first in line."))
        return see_other(back, _("They do not wait there any more."), kind="warning")
