"""A person's places in line: joining, leaving, taking the seat that was offered. All from their own page."""

from __future__ import annotations

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from conference import clock, i18n
from conference.errors import Conflict, NotFound
from conference.i18n import _
from conference.tables import Conference
from conference.web import AnyRequest, reader_zone, typed
from registration.controllers.attendee import MOST_BYTES, OWN_PAGE, SENT_AWAY, to_own_page
from registration.seating import waitlist
from registration.seating.seats import SeatsClash
from registration.tables import Registration
from sessions.queries import latest_programme


class WaitlistController(Controller):
    """Steps of somebody who waits. Each comes back to the own page with a word about what became of it."""

    path = "/{slug:str}/me/line"
    dependencies = OWN_PAGE
    exception_handlers = SENT_AWAY
    request_max_body_size = MOST_BYTES

    @post("/", name="me:line", status_code=303)
    async def line(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        registration: NamedDependency[Registration],
    ) -> Redirect:
        values, now = await typed(request), clock.now()
        programme, slot = await latest_programme(conference), values.get("slot", "")[:20]
        whose = (registration.id, conference, programme, slot, now)
        try:
            match values.get("step"):
                case "join":
                    seated = await waitlist.take_seat_or_wait(*whose)
                    said = (
                        _("A seat was free: it is yours. An invite for your calendar is on its way.")
                        if seated
                        else _("You are on the waiting list. We write as soon as a seat is yours to take.")
                    )
                case "accept":
                    await waitlist.accept_offer(*whose)
                    said = _("The seat is yours. An invite for your calendar is on its way.")
                case "leave":
                    await waitlist.leave_line(*whose)
                    said = _("You are off the waiting list.")
                case _other:
                    raise NotFound(_("There is no such step."))
        except SeatsClash as error:
            zone, _is_chosen = reader_zone(request, registration.zone)
            return to_own_page(conference, error.told(zone, i18n.current_language()), kind="error")
        except Conflict as error:
            return to_own_page(conference, error.message, kind="error")
        return to_own_page(conference, said)
