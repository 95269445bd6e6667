"""The pages where people find, add, renew and remove their private calendars: attendees and speakers."""

from __future__ import annotations

from dataclasses import dataclass

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import calendar, clock, i18n, texts
from conference.conferences import languages_of
from conference.errors import Conflict, NotFound
from conference.i18n import _
from conference.tables import Conference
from conference.web import AnyRequest, page, see_other, settings_of, typed
from registration.calendars import private_feeds
from registration.controllers.attendee import MOST_BYTES, OWN_PAGE, SENT_AWAY, private
from registration.entries.links import feed_token
from registration.tables import Registration
from sessions.controllers.speak_own import GONE, OWN, Own, own_view
from sessions.programme.choices import Chip, chips_of, choices_of
from sessions.programme.days import Layout
from sessions.programme.filters import read_filters
from sessions.programme.snapshot import ReleasedProgramme
from sessions.queries import latest_programme


@dataclass(frozen=True)
class CalendarView:
    """A calendar with the ways to subscribe to it. ``code`` is empty for the agenda; ``chips`` are its filters."""

    code: str
    url: str
    webcal: str
    google: str
    outlook: str
    outlook_work: str
    chips: tuple[Chip, ...] = ()


def calendar_view(
    request: AnyRequest, token: str, name: str, code: str = "", chips: tuple[Chip, ...] = ()
) -> CalendarView:
    """The calendar behind a token of ``/calendar/{token}.ics``, which Outlook is to show under ``name``."""
    url = f"{settings_of(request).base_url}/calendar/{token}.ics"
    return CalendarView(
        code,
        url,
        calendar.subscribe_link(url),
        calendar.google_subscribe_link(url),
        calendar.outlook_subscribe_link(url, name),
        calendar.outlook_subscribe_link(url, name, work=True),
        chips,
    )


class CalendarsController(Controller):
    """An attendee's calendars."""

    path = "/{slug:str}/me/calendars"
    dependencies = OWN_PAGE
    exception_handlers = SENT_AWAY
    request_max_body_size = MOST_BYTES

    @get("/", name="me:calendars")
    async def show(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        registration: NamedDependency[Registration],
    ) -> Template:
        programme = await latest_programme(conference)
        feeds = await private_feeds.programme_feeds(registration.id)
        name = texts.pick(conference.name, i18n.current_language(), languages_of(conference))
        layout = _layout(conference, registration, programme) if programme else None
        views = [
            calendar_view(
                request,
                private_feeds.feed_token(feed),
                name,
                feed.code,
                tuple(chips_of(private_feeds.filters_of(feed, layout.programme), layout, "", {}))
                if layout
                else (),
            )
            for feed in feeds
        ]
        return private(
            page(
                request,
                "registration/calendars.html",
                conference=conference,
                agenda=calendar_view(
                    request, feed_token(registration.code, registration.feed_generation), name
                ),
                calendars=views,
                may_add=layout is not None and len(feeds) < private_feeds.MOST,
                choices=choices_of(layout) if layout else {},
                filters=read_filters(request.query_params, layout.programme) if layout else None,
            )
        )

    @post("/", name="me:calendars-add", status_code=303)
    async def add(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        registration: NamedDependency[Registration],
    ) -> Redirect:
        asked, programme = await typed(request), await latest_programme(conference)
        try:
            feed = await private_feeds.add_programme_feed(registration.id, programme, asked, clock.now())
        except (Conflict, NotFound) as error:
            return _back(conference, error.message, kind="error")
        return _back(conference, _("Your calendar is ready. Subscribe to it here."), at=feed.code)

    @post("/{code:str}/renew", name="me:calendars-renew", status_code=303)
    async def renew(
        self,
        conference: NamedDependency[Conference],
        registration: NamedDependency[Registration],
        code: FromPath[str],
    ) -> Redirect:
        try:
            await private_feeds.renew_programme_feed(registration.id, code, clock.now())
        except NotFound as error:
            return _back(conference, error.message, kind="error")
        return _back(conference, _renewed(), at=code)

    @post("/{code:str}/remove", name="me:calendars-remove", status_code=303)
    async def remove(
        self,
        conference: NamedDependency[Conference],
        registration: NamedDependency[Registration],
        code: FromPath[str],
    ) -> Redirect:
        try:
            await private_feeds.remove_programme_feed(registration.id, code, clock.now())
        except NotFound as error:
            return _back(conference, error.message, kind="error")
        return _back(conference, _("The calendar is removed, and its address is dead."))


class TalksController(Controller):
    """A speaker's calendar. Looking makes no address: mail scanners look too."""

    path = "/speak/{token:str}/calendar"
    dependencies = OWN
    exception_handlers = GONE
    request_max_body_size = MOST_BYTES

    @get("/", name="speak:subscribe")
    async def show(self, request: AnyRequest, own: NamedDependency[Own]) -> Template:
        feed = await private_feeds.talks_feed(own.speaker.id)
        name = texts.pick(own.conference.name, own.language, languages_of(own.conference))
        view = calendar_view(request, private_feeds.feed_token(feed), name, feed.code) if feed else None
        return own_view(request, own, "calendar.html", talks=view, back="/calendar")

    @post("/", name="speak:subscribe-make", status_code=303)
    async def make(self, own: NamedDependency[Own]) -> Redirect:
        had = await private_feeds.talks_feed(own.speaker.id)
        await private_feeds.make_talks_feed(own.speaker.id, own.now)
        return own.to("/calendar", _renewed() if had else _("Your calendar is ready. Subscribe to it here."))

    @post("/remove", name="speak:subscribe-remove", status_code=303)
    async def remove(self, own: NamedDependency[Own]) -> Redirect:
        await private_feeds.remove_talks_feed(own.speaker.id, own.now)
        return own.to("/calendar", _("The calendar is removed, and its address is dead."))


def _renewed() -> str:
    return _("The calendar has a new address; the old one is dead. Please subscribe again.")


def _back(conference: Conference, flash: str, *, kind: str = "success", at: str = "") -> Redirect:
    place = f"#calendar-{at}" if at else ""
    return see_other(f"/{conference.slug}/me/calendars{place}", flash, kind=kind)


def _layout(conference: Conference, registration: Registration, programme: ReleasedProgramme) -> Layout:
    return Layout(
        programme,
        registration.zone,
        i18n.current_language(),
        languages_of(conference),
        f"/{conference.slug}",
        clock.now(),
    )
