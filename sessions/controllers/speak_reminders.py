"""Choosing which mails remind a speaker of their own sessions: behind their link, and at the desk."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock
from conference.guards import requires
from conference.i18n import _
from conference.team import Permission
from conference.web import AnyRequest, see_other, typed
from sessions.controllers.desk import AT_THE_DESK, Desk
from sessions.controllers.speak_own import GONE, MOST_BYTES, OWN, Own, own_view
from sessions.speakers.records import speaker_by_code
from sessions.speakers.reminder_choices import LEADS, choices_shown, choose_reminders


class SpeakRemindersController(Controller):
    """GET changes nothing: mail scanners follow links."""

    path = "/speak/{token:str}/reminders"
    dependencies = OWN
    exception_handlers = GONE
    request_max_body_size = MOST_BYTES

    @get("/", name="speak:reminders")
    async def show(self, request: AnyRequest, own: NamedDependency[Own]) -> Template:
        return own_view(request, own, "reminders.html", kinds=choices_shown(own.speaker), back="/reminders")

    @post("/", name="speak:choose-reminders", status_code=303)
    async def choose(self, request: AnyRequest, own: NamedDependency[Own]) -> Redirect:
        wanted = _ticked(await typed(request))
        await choose_reminders(own.speaker.id, wanted, actor=own.speaker.name, now=own.now)
        if not wanted:
            return own.to(
                "/reminders",
                _("You get no more reminders. What changes about your sessions still comes by mail."),
            )
        return own.to("/reminders", _("Saved. Your reminders come as you chose."))


class SpeakerRemindersDeskController(Controller):
    path = "/organise/{slug:str}/speakers/{code:str}/reminders"
    dependencies = AT_THE_DESK
    request_max_body_size = MOST_BYTES

    @post("/", name="speakers-desk:reminders", guards=[requires(Permission.PROGRAMME)], status_code=303)
    async def choose(self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]) -> Redirect:
        speaker = await speaker_by_code(desk.conference.id, code)
        await choose_reminders(
            speaker.id, _ticked(await typed(request)), actor=desk.organiser, now=clock.now()
        )
        return see_other(f"{desk.path('speakers', code)}#reminders", _("Their reminders are saved."))


def _ticked(sent: dict[str, str]) -> list[str]:
    return [kind for kind in LEADS if sent.get(kind) == "yes" and "stop" not in sent]
