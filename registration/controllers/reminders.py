"""Choosing reminders: on one's own page, and by the link in each reminder, which needs no signing in."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, dates, i18n
from conference.i18n import _
from conference.tables import Conference
from conference.web import AnyRequest, page, see_other, typed
from registration.controllers.attendee import (
    IN_CONFERENCE,
    MOST_BYTES,
    OWN_PAGE,
    SENT_AWAY,
    first_noon,
    private,
)
from registration.controllers.own_link import gone_page
from registration.entries import own_link
from registration.entries.own_link import LinkExpired, LinkUnknown
from registration.reminding.choosing import choose_reminders
from registration.reminding.due import coming
from registration.reminding.people import choices_of, holdings_of, items_of, told_of
from registration.reminding.tables import ReminderKind
from registration.reminding.views import SHOWN, coming_views, kind_views
from registration.tables import Registration, RegistrationStatus
from sessions.queries import latest_programme


class RemindersController(Controller):
    """For somebody signed in."""

    path = "/{slug:str}/me/reminders"
    dependencies = OWN_PAGE
    exception_handlers = SENT_AWAY
    request_max_body_size = MOST_BYTES

    @get("/", name="me:reminders")
    async def show(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        registration: NamedDependency[Registration],
    ) -> Template:
        return await reminders_page(request, conference, registration)

    @post("/", name="me:choose-reminders", status_code=303)
    async def choose(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        registration: NamedDependency[Registration],
    ) -> Redirect:
        said = await _choose(request, registration)
        return see_other(f"/{conference.slug}/me/reminders", said)


class RemindersLinkController(Controller):
    """For whoever has the link of a person's own page. GET changes nothing: mail scanners follow links."""

    path = "/{slug:str}/me/{token:str}/reminders"
    dependencies = IN_CONFERENCE
    request_max_body_size = MOST_BYTES

    @get("/", name="me:reminders-link")
    async def show(
        self, request: AnyRequest, conference: NamedDependency[Conference], token: FromPath[str]
    ) -> Template | Redirect:
        try:
            registration = await own_link.by_page_token(conference, token, clock.now())
        except (LinkExpired, LinkUnknown) as error:
            return gone_page(request, conference, error)
        if registration.status != RegistrationStatus.CONFIRMED:
            return see_other(f"/{conference.slug}/me/{token}")
        return await reminders_page(request, conference, registration, token)

    @post("/", name="me:choose-reminders-by-link", status_code=303)
    async def choose(
        self, request: AnyRequest, conference: NamedDependency[Conference], token: FromPath[str]
    ) -> Template | Redirect:
        try:
            registration = await own_link.by_page_token(conference, token, clock.now())
        except (LinkExpired, LinkUnknown) as error:
            return gone_page(request, conference, error)
        said = await _choose(request, registration)
        return see_other(f"/{conference.slug}/me/{token}/reminders", said)


async def _choose(request: AnyRequest, registration: Registration) -> str:
    values = await typed(request)
    wanted = {kind for kind in ReminderKind if values.get(kind.value) == "yes" and "stop" not in values}
    await choose_reminders(registration.id, wanted, clock.now())
    if not wanted:
        return _("You get no more reminders. What changes about your sessions still comes by mail.")
    return _("Saved. Your reminders come as you chose.")


async def reminders_page(
    request: AnyRequest, conference: Conference, registration: Registration, token: str = ""
) -> Template:
    """The form, with what comes next; ``token`` is that of the link, "" for somebody signed in. Times are on the clock the
    mails are on: the person's, whatever the browser shows elsewhere."""
    now, zone, language = clock.now(), registration.zone, i18n.current_language()
    programme = await latest_programme(conference)
    holdings = await holdings_of([registration.id])
    told = (await told_of([registration.id], now))[registration.id]
    items = items_of(registration, programme, holdings[registration.id]) if programme else []
    choices = choices_of(registration)
    me = f"/{conference.slug}/me"
    return private(
        page(
            request,
            "registration/reminders.html",
            conference=conference,
            kinds=kind_views(items, choices, zone, now, told, programme, language),
            coming=coming_views(
                coming(items, choices, zone, now, told, most=SHOWN), programme, zone, language
            ),
            has_sessions=any(item.start > now for item in items),
            has_any=bool(choices.kinds),
            zone_label=dates.zone_name(zone, items[0].start if items else first_noon(conference), language),
            language_name=i18n.language_name(registration.language, language),
            email=registration.email,
            action=f"{me}/{token}/reminders" if token else f"{me}/reminders",
            is_signed_in=not token,
            me=f"{me}/{token}" if token else me,
        )
    )
