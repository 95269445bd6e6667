"""The question whether a session that a calendar declined is to be given back, answered on the own page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from conference import clock, texts
from conference.i18n import _
from conference.tables import Conference
from conference.web import AnyRequest, typed
from registration.calendars.replies import Declined, settle_decline
from registration.controllers.attendee import MOST_BYTES, OWN_PAGE, SENT_AWAY, to_own_page
from registration.tables import Registration
from registration.views import When, when
from sessions.queries import latest_programme


@dataclass(frozen=True)
class DeclinedView:
    """A declined session as the own page asks about it."""

    slot: str
    url: str
    title: str
    title_language: str
    when: When
    is_seat: bool
    is_delegated: bool


def declined_views(
    declined: Iterable[Declined], conference: Conference, zone: str, language: str
) -> list[DeclinedView]:
    """What ``registration/_declined.html`` shows, on the clock of ``zone``."""
    views = []
    for one in declined:
        title, title_language = texts.pick_with_language(one.title, language)
        views.append(
            DeclinedView(
                one.slot_code,
                f"/{conference.slug}/sessions/{one.session_code}",
                title,
                title_language,
                when(one.start, one.end, zone, conference.zone, language),
                one.is_seat,
                one.is_delegated,
            )
        )
    return views


class RepliesController(Controller):
    """One POST; the question stands on the own page (``registration/_declined.html``)."""

    path = "/{slug:str}/me/declined"
    dependencies = OWN_PAGE
    exception_handlers = SENT_AWAY
    request_max_body_size = MOST_BYTES

    @post("/", name="me:declined", status_code=303)
    async def settle(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        registration: NamedDependency[Registration],
    ) -> Redirect:
        values, programme = await typed(request), await latest_programme(conference)
        frees = values.get("frees") == "yes"
        await settle_decline(
            registration.id, conference, programme, values.get("slot", "")[:20], clock.now(), frees=frees
        )
        if frees:
            return to_own_page(conference, _("Thank you for telling us. It is given back."))
        return to_own_page(conference, _("You keep it. See you there!"))
