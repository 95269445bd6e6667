"""Steps of somebody who waits for a place at the conference: taking the one offered, waiting again, leaving the line."""

from __future__ import annotations

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock
from conference.errors import Conflict, NotFound
from conference.i18n import _
from conference.tables import Conference
from conference.web import AnyRequest, typed
from registration.controllers.attendee import (
    IN_CONFERENCE,
    MOST_BYTES,
    OWN_OR_WAITING,
    SENT_AWAY,
    to_own_page,
    to_withdrawn,
)
from registration.controllers.own_link import gone_page, signed_in
from registration.entries import own_link, withdrawing
from registration.entries.confirming import confirm
from registration.places.taking import accept_place, wait_again
from registration.tables import Registration, RegistrationStatus
from sessions.queries import latest_programme

LEAVE = "leave"


class PlaceController(Controller):
    """From the page the person is signed in to."""

    path = "/{slug:str}/me/place"
    dependencies = OWN_OR_WAITING
    exception_handlers = SENT_AWAY
    request_max_body_size = MOST_BYTES

    @post("/", name="me:place", status_code=303)
    async def step(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        registration: NamedDependency[Registration],
    ) -> Redirect:
        name = (await typed(request)).get("step", "")
        if name == LEAVE and registration.status == RegistrationStatus.WAITING:
            return await _leave(conference, registration)
        said, kind = await _step(conference, registration, name)
        return to_own_page(conference, said, kind=kind)


class PlaceLinkController(Controller):
    """From the link in a mail: one press of a button takes the place, and signs the browser in."""

    path = "/{slug:str}/me/{token:str}/place"
    dependencies = IN_CONFERENCE
    request_max_body_size = MOST_BYTES

    @post("/", name="me:place-by-link", status_code=303)
    async def step(
        self, request: AnyRequest, conference: NamedDependency[Conference], token: FromPath[str]
    ) -> Template | Redirect:
        name, now = (await typed(request)).get("step", ""), clock.now()
        try:
            registration = await own_link.by_page_token(conference, token, now)
        except (own_link.LinkExpired, own_link.LinkUnknown) as error:
            return gone_page(request, conference, error)
        if name == LEAVE and registration.status == RegistrationStatus.WAITING:
            return await _leave(conference, registration)
        said, kind = await _step(conference, registration, name)
        programme = await latest_programme(conference)
        welcome = await confirm(conference, programme, token, now)
        return await signed_in(request, conference, programme, welcome, said, kind=kind)


async def _step(conference: Conference, registration: Registration, name: str) -> tuple[str, str]:
    """What the person is told, and in which tone."""
    programme, now = await latest_programme(conference), clock.now()
    try:
        match name:
            case "accept":
                await accept_place(registration.id, conference, programme, now)
                return _("The place is yours. Welcome!"), "success"
            case "again":
                if await wait_again(registration.id, conference, programme, now):
                    return _("A place was free: it is yours. Welcome!"), "success"
                return _("You are on the waiting list again."), "success"
            case _other:
                raise NotFound(_("There is no such step."))
    except Conflict as error:
        return error.message, "error"


async def _leave(conference: Conference, registration: Registration) -> Redirect:
    await withdrawing.withdraw(registration.id, conference, await latest_programme(conference), clock.now())
    return to_withdrawn(conference, "?line=left")
