"""The link in the mail: confirming by it, withdrawing by it, and what is said when it no longer works."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, dates, i18n
from conference.i18n import _
from conference.tables import Conference
from conference.web import A_YEAR, ZONE_COOKIE, AnyRequest, page, see_other, settings_of
from registration.calendars import agendas
from registration.controllers.attendee import (
    IN_CONFERENCE,
    MOST_BYTES,
    first_noon,
    private,
    to_own_page,
    to_withdrawn,
)
from registration.controllers.waiting_page import waiting_page
from registration.entries import confirming, own_link, withdrawing
from registration.entries.access import sign_in_cookie
from registration.entries.confirming import Welcome, prospect
from registration.entries.own_link import LinkExpired, LinkUnknown
from registration.queries import everything_of
from registration.tables import RegistrationStatus
from registration.views import agenda_entries
from sessions.programme.snapshot import ReleasedProgramme
from sessions.programme.star_cookie import star_cookie, stars_of
from sessions.programme.stars import Stars
from sessions.queries import latest_programme


class LinkController(Controller):
    """The link in the mail. GET only shows a page: mail scanners follow links."""

    path = "/{slug:str}/me"
    dependencies = IN_CONFERENCE
    request_max_body_size = MOST_BYTES

    @get("/{token:str}", name="me:link")
    async def show(
        self, request: AnyRequest, conference: NamedDependency[Conference], token: FromPath[str]
    ) -> Template:
        now = clock.now()
        try:
            registration = await own_link.by_page_token(conference, token, now)
        except (LinkExpired, LinkUnknown) as error:
            return gone_page(request, conference, error)
        if registration.status == RegistrationStatus.WAITING:
            return await waiting_page(request, conference, registration, token)
        if registration.status == RegistrationStatus.APPLIED:
            return private(page(request, "registration/applied.html", conference=conference, token=token))
        programme, mine = await latest_programme(conference), await everything_of(registration)
        zone, language = registration.zone, i18n.current_language()
        booked, _others = agenda_entries(
            programme,
            seats=mine.seats,
            agenda=(),
            taken={},
            slug=conference.slug,
            zone=zone,
            language=language,
            now=now,
        )
        return private(
            page(
                request,
                "registration/link.html",
                conference=conference,
                name=registration.name,
                is_confirmed=registration.status == RegistrationStatus.CONFIRMED,
                then=await prospect(registration),
                token=token,
                booked=booked,
                zone_label=dates.zone_name(zone, first_noon(conference), language),
            )
        )

    @post("/{token:str}", name="me:confirm", status_code=303)
    async def confirm(
        self, request: AnyRequest, conference: NamedDependency[Conference], token: FromPath[str]
    ) -> Template | Redirect:
        programme, now = await latest_programme(conference), clock.now()
        try:
            welcome = await confirming.confirm(conference, programme, token, now)
        except (LinkExpired, LinkUnknown) as error:
            return gone_page(request, conference, error)
        if not welcome.secret:
            return see_other(f"/{conference.slug}/register/applied")
        takes_part = welcome.registration.status == RegistrationStatus.CONFIRMED
        flash = (
            _("Thank you. Your registration is confirmed.")
            if welcome.was_confirmed_now and takes_part
            else ""
        )
        return await signed_in(request, conference, programme, welcome, flash)

    @post("/{token:str}/withdraw", name="me:withdraw-by-link", status_code=303)
    async def withdraw(
        self, request: AnyRequest, conference: NamedDependency[Conference], token: FromPath[str]
    ) -> Template | Redirect:
        now = clock.now()
        try:
            registration = await own_link.by_page_token(conference, token, now)
        except (LinkExpired, LinkUnknown) as error:
            return gone_page(request, conference, error)
        await withdrawing.withdraw(registration.id, conference, await latest_programme(conference), now)
        return to_withdrawn(conference)


async def signed_in(
    request: AnyRequest,
    conference: Conference,
    programme: ReleasedProgramme | None,
    welcome: Welcome,
    flash: str,
    *,
    kind: str = "success",
) -> Redirect:
    """To the own page, signed in; what the browser had starred comes along once the person takes part."""
    cookies = [
        sign_in_cookie(conference.id, welcome, settings_of(request)),
        Cookie(ZONE_COOKIE, value=welcome.registration.zone, max_age=A_YEAR, samesite="lax"),
    ]
    if welcome.registration.status != RegistrationStatus.CONFIRMED:
        return to_own_page(conference, flash, kind=kind, cookies=cookies)
    stars = await agendas.keep_stars(welcome.registration.id, programme, stars_of(request).codes, clock.now())
    if stars.kept:
        flash = f"{flash} {_('What you starred is on your agenda.')}".strip()
    if stars.need_place:
        flash = f"{flash} {_('Some of what you starred needs a place: see My stars.')}".strip()
    cookies.append(star_cookie(request, conference, Stars(stars.need_place, is_with_agenda=True)))
    return to_own_page(conference, flash, kind=kind, cookies=cookies)


def gone_page(request: AnyRequest, conference: Conference, error: LinkExpired | LinkUnknown) -> Template:
    """The link is of no use (any more): says why, and offers a new one."""
    is_withdrawn = isinstance(error, LinkExpired) and error.is_withdrawn
    return private(
        page(
            request,
            "registration/link_gone.html",
            conference=conference,
            status=error.http_status,
            message=error.message,
            is_withdrawn=is_withdrawn,
            is_unknown=isinstance(error, LinkUnknown),
            values={},
            errors={},
        )
    )
