"""A reader's own stars: the small page that sets one, the list of them, and their calendar. Never cached."""

from __future__ import annotations

from asyncio import to_thread
from dataclasses import dataclass, replace
from typing import Any

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from litestar.template.base import csrf_token

from conference import clock
from conference.calendar import CONTENT_TYPE, feed
from conference.error_pages import wants_json
from conference.errors import Conflict
from conference.filenames import content_disposition
from conference.i18n import _, ngettext
from conference.tables import Conference
from conference.viewer import Viewer
from conference.web import AnyRequest, see_other, typed
from sessions.controllers.visits import IN_CONFERENCE, Visit, not_here, visit
from sessions.programme.days import DayView
from sessions.programme.feeds import calendar_entries
from sessions.programme.filters import Placing
from sessions.programme.star_cookie import star_cookie, stars_of
from sessions.programme.stars import Agenda, AgendaKeeper, Stars, clashes, starred_placings
from sessions.queries import latest_programme

MOST_BYTES = 100_000  # of the form with one button


class SeatKept(Conflict):
    """Someone holds a seat in the slot: no star, which one takes off with a click, but something others wait for."""


@dataclass(frozen=True)
class Starred:
    """All that one reader has starred: ``stars`` in their browser, ``agenda`` on the server (None: not signed in)."""

    stars: Stars
    agenda: Agenda | None

    @property
    def codes(self) -> frozenset[str]:
        """The codes of the slots."""
        own = frozenset(self.stars.codes)
        return own | self.agenda.free | self.agenda.seats if self.agenda else own


class StarsController(Controller):
    path = "/{slug:str}/programme"
    dependencies = IN_CONFERENCE
    request_max_body_size = MOST_BYTES

    @get("/starred", name="stars:list")
    async def starred(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        viewer: NamedDependency[Viewer],
        agenda_keeper: NamedDependency[AgendaKeeper],
    ) -> Template:
        visited = await visit(request, conference)
        mine = await _starred(request, conference, viewer, agenda_keeper)
        placings = starred_placings(visited.programme, mine.codes)
        answer = visited.own_page("sessions/starred.html", **_list_of(visited, mine, placings))
        if mine.agenda is not None and not mine.stars.is_with_agenda:  # signed in before it had any star
            stars = replace(mine.stars, is_with_agenda=True)
            answer.cookies = [*answer.cookies, star_cookie(request, conference, stars)]
        return answer

    @get("/starred.ics", name="stars:calendar")
    async def calendar(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        viewer: NamedDependency[Viewer],
        agenda_keeper: NamedDependency[AgendaKeeper],
    ) -> Response[bytes]:
        visited = await visit(request, conference)
        mine = await _starred(request, conference, viewer, agenda_keeper)
        placings = starred_placings(visited.programme, mine.codes)
        if not placings:
            raise not_here(_("Nothing is starred in this browser."))
        name = _("My stars: %(conference)s") % {"conference": visited.layout.text(visited.facts.name)}

        def write() -> bytes:
            entries = calendar_entries(visited.place, visited.programme, placings, language=visited.language)
            return feed(entries, name, "", language=visited.language)

        headers = {
            "content-type": CONTENT_TYPE,
            "content-disposition": content_disposition(f"{conference.slug}-stars.ics"),
            "cache-control": "no-store",
        }
        return Response(await to_thread(write), headers=headers)

    @get("/stars.json", name="stars:state")
    async def state(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        viewer: NamedDependency[Viewer],
        agenda_keeper: NamedDependency[AgendaKeeper],
    ) -> Response[dict[str, Any]]:
        mine = await _starred(request, conference, viewer, agenda_keeper)
        response = _told(request, mine, await _news(conference, viewer, agenda_keeper))
        if mine.stars.is_with_agenda and mine.agenda is None:  # the sign-in has ended
            response.set_cookie(star_cookie(request, conference, replace(mine.stars, is_with_agenda=False)))
        return response

    @get("/star/{code:str}", name="stars:one")
    async def one(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        viewer: NamedDependency[Viewer],
        agenda_keeper: NamedDependency[AgendaKeeper],
        code: FromPath[str],
    ) -> Template:
        visited = await visit(request, conference)
        session, slot = _pair(visited, code)
        mine = await _starred(request, conference, viewer, agenda_keeper)
        others = starred_placings(visited.programme, mine.codes | {code})
        return visited.own_page(
            "sessions/star.html",
            row=visited.layout.row(session, slot),
            is_starred=code in mine.codes,
            is_seat=bool(mine.agenda and code in mine.agenda.seats),
            clashes=[visited.layout.row(*pair) for pair in clashes(others).get(code, ())],
            is_signed_in=mine.agenda is not None,
        )

    @post("/star/{code:str}", name="stars:change", status_code=303)
    async def change(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        viewer: NamedDependency[Viewer],
        agenda_keeper: NamedDependency[AgendaKeeper],
        code: FromPath[str],
    ) -> Redirect | Response[dict[str, Any]]:
        visited = await visit(request, conference)
        values = await typed(request)
        starring = values.get("starred") == "yes"
        mine = await _starred(request, conference, viewer, agenda_keeper)
        if mine.agenda is not None and not starring and code in mine.agenda.seats:
            raise SeatKept(_("You have a seat in this session. You can give it up on your own page."))
        if starring:
            _session, slot = _pair(visited, code)
        attending = viewer.attending.get(conference.id)
        stars = replace(mine.stars, is_with_agenda=attending is not None)
        if attending is None:
            stars = stars.changed(code, starring=starring)
        elif starring and slot.seats is not None:
            stars = stars.changed(
                code, starring=True
            )  # it needs a place: until then the browser remembers it
        else:
            stars = stars.changed(code, starring=False)
            await agenda_keeper.star(attending, visited.programme, code, starring)
        cookie = star_cookie(request, conference, stars)
        if wants_json(request):
            mine = await _starred(request, conference, viewer, agenda_keeper, stars)
            response = _told(request, mine)
            response.set_cookie(cookie)
            return response
        said = _("Starred.") if starring else _("The star is taken off.")
        back = "/starred" if values.get("back") == "starred" else f"#{code}" if starring else ""
        return see_other(f"/{conference.slug}/programme{back}", said, cookies=[cookie])


async def _starred(
    request: AnyRequest,
    conference: Conference,
    viewer: Viewer,
    keeper: AgendaKeeper,
    stars: Stars | None = None,
) -> Starred:
    attending = viewer.attending.get(conference.id)
    agenda = await keeper.read(attending) if attending else None
    return Starred(stars or stars_of(request), agenda)


async def _news(conference: Conference, viewer: Viewer, keeper: AgendaKeeper) -> dict[str, str]:
    """What somebody signed in should know today on whatever page they are: a sentence, and where to read more."""
    attending, programme = viewer.attending.get(conference.id), await latest_programme(conference)
    count = await keeper.changed(attending, programme, clock.now()) if attending and programme else 0
    if not count:
        return {}
    said = ngettext(
        "One of your sessions has changed today.", "%(count)s of your sessions have changed today.", count
    )
    return {
        "said": said % {"count": count},
        "link": _("See what has changed"),
        "url": f"/{conference.slug}/me#changed",
    }


def _told(request: AnyRequest, mine: Starred, news: dict[str, str] | None = None) -> Response[dict[str, Any]]:
    body = {
        "news": news or {},
        "signed_in": mine.agenda is not None,
        "stars": sorted(mine.codes),
        "seats": sorted(mine.agenda.seats) if mine.agenda else [],
        "token": csrf_token({"request": request}),
    }
    return Response(body, status_code=200, headers={"cache-control": "no-store"})


def _pair(visited: Visit, code: str) -> Placing:
    pair = visited.programme.slot_by_code.get(code)
    if pair is None:
        raise not_here(_("There is no such session in the programme."))
    return pair


def _list_of(visited: Visit, mine: Starred, placings: list[Placing]) -> dict[str, Any]:
    days: tuple[DayView, ...] = visited.layout.days(placings)
    overlaps = clashes(placings)
    seats = mine.agenda.seats if mine.agenda else frozenset()
    return {
        "days": days,
        "count": len(placings),
        "clashes": {
            code: [visited.layout.row(*pair) for pair in others] for code, others in overlaps.items()
        },
        "seats": seats,
        "need_place": {
            slot.code
            for session, slot in placings
            if slot.seats is not None and slot.code not in seats and not slot.is_cancelled
        },
        "is_signed_in": mine.agenda is not None,
    }
