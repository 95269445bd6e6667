"""A person's reminders at the desk: what they chose, set by the team for somebody who asks."""

from __future__ import annotations

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from conference import clock
from conference.i18n import _
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, see_other, typed
from registration.controllers.attendee import AT_THE_DESK, MOST_BYTES
from registration.controllers.desk_one import CHANGE, address, known
from registration.reminding.choosing import choose_reminders
from registration.reminding.tables import ReminderKind


class RemindersDeskController(Controller):
    path = "/organise/{slug:str}/registrations/{code:str}/reminders"
    dependencies = AT_THE_DESK
    guards = CHANGE
    request_max_body_size = MOST_BYTES

    @post("/", name="registrations:reminders", status_code=303)
    async def choose(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Redirect:
        registration, sent = await known(conference, code), await typed(request)
        wanted = {kind for kind in ReminderKind if sent.get(kind.value) == "yes"}
        await choose_reminders(registration.id, wanted, clock.now(), actor=organiser)
        return see_other(f"{address(conference, code)}#reminders", _("Their reminders are saved."))
