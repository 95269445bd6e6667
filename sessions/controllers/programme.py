"""The public programme: list and grid, by day on the reader's clock, filtered and searched."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response, Template

from conference import clock, dates
from conference.i18n import _
from conference.tables import Conference
from conference.web import AnyRequest
from sessions.controllers.session_public import session_calendar, session_page
from sessions.controllers.visits import IN_CONFERENCE, Visit, not_here, visit
from sessions.packs.queries import packs_of_session
from sessions.programme.choices import chips_of, choices_of
from sessions.programme.days import ONE_DAY_ABOVE, by_day, chosen_day
from sessions.programme.filters import NAMES, Placing, address, broader, read_filters, selected
from sessions.programme.grid import grid_of
from sessions.programme.known import known_of
from sessions.programme.now_view import now_view
from sessions.programme.search import words_of


@dataclass(frozen=True)
class DayLink:
    """A day in the programme's list of days."""

    label: str
    url: str
    count: int
    is_shown: bool


class ProgrammeController(Controller):
    path = "/{slug:str}"
    dependencies = IN_CONFERENCE

    @get("/programme", name="programme:show")
    async def programme(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Template:
        return programme_page(await visit(request, conference))

    @get("/sessions/{code:str}", name="session:show")
    async def session(
        self, request: AnyRequest, conference: NamedDependency[Conference], code: FromPath[str]
    ) -> Response[bytes] | Template:
        visited = await visit(request, conference)
        wanted = code.removesuffix(".ics")
        session = visited.programme.session_by_code.get(wanted)
        if session is None:
            raise not_here(_("There is no such session in this programme."))
        if code.endswith(".ics"):
            return await session_calendar(visited, session)
        known = await known_of(
            conference, session, visited.home_url, visited.language, visited.facts.languages
        )
        return session_page(visited, session, await packs_of_session(session.id, clock.now()), known)


def programme_page(visited: Visit) -> Template:
    """The programme as the address asks for it."""
    query = visited.request.query_params
    view = "grid" if query.get("view") == "grid" else "list"
    filters = read_filters(query, visited.programme)
    found = selected(visited.programme, filters, visited.zone)
    days = by_day(found, visited.zone)
    shown, is_whole, asked_day = list(days), True, ""
    known_days = {day.isoformat() for day in days}
    if len(found) > ONE_DAY_ABOVE or query.get("day", "") in known_days:
        today = dates.local_date(visited.layout.now, visited.zone)
        only = chosen_day(list(days), query.get("day", ""), today)
        shown, is_whole = [only] if only else [], len(days) < 2
        asked_day = query.get("day", "") if query.get("day", "") in known_days else ""
    layout = replace(visited.layout, words=words_of(filters.words))
    day_views = layout.days(placing for day in shown for placing in days[day])
    path = f"{visited.home}/programme"
    kept = {**filters.query(), "view": "grid" if view == "grid" else "", "day": asked_day}
    standing = now_view(layout)
    return visited.page(
        "sessions/programme.html",
        # What people type is endless: a search is answered anew each time.
        asked={} if filters.words else {**dict.fromkeys(NAMES, ""), **kept},
        kept=standing.holds_for,
        view=view,
        filters=filters,
        choices=choices_of(layout),
        chips=chips_of(filters, layout, path, kept),
        broader=[
            (name, count, address(path, kept, **{name: ""}))
            for name, count in (broader(visited.programme, filters, visited.zone) if not found else [])
        ],
        count=len(found),
        total=len(visited.programme.placings),
        days=day_views,
        grids=[(day, grid_of(day, layout)) for day in day_views] if view == "grid" else [],
        day_links=_day_links(visited, days, shown, path, kept) if len(days) > 1 else [],
        is_whole=is_whole,
        all_days_url=address(path, kept, day="") if asked_day and len(found) <= ONE_DAY_ABOVE else "",
        standing=standing,
        asked_day=asked_day,
        list_url=address(path, kept, view=""),
        grid_url=address(path, kept, view="grid"),
        plain_url=address(path, {}, view=kept["view"]),
        calendar_url=_calendar_url(visited, filters.query()),
    )


def _calendar_url(visited: Visit, asked: dict[str, str]) -> str:
    """The same filters as a calendar; hours that are bearable depend on whose clock is meant."""
    zone = visited.zone if "hours" in asked else ""
    return address(f"{visited.home}/programme.ics", {**asked, "tz": zone})


def _day_links(
    visited: Visit, days: dict[date, list[Placing]], shown: list[date], path: str, kept: dict[str, str]
) -> list[DayLink]:
    return [
        DayLink(
            label=dates.short_day(day, visited.language),
            url=address(path, kept, day=day.isoformat()),
            count=len(placings),
            is_shown=shown == [day],
        )
        for day, placings in days.items()
    ]


__all__ = ["ProgrammeController", "programme_page", "session_page"]
