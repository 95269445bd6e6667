"""The programme within other sites' pages: the frame itself, and the organisers' page that writes the lines for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from urllib.parse import urlencode

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Template

from conference import clock, dates, i18n, texts
from conference.conferences import languages_of
from conference.guards import requires
from conference.headers import CONTENT_SECURITY_POLICY
from conference.i18n import current_language, language_name
from conference.pagecache import KEPT
from conference.tables import Conference
from conference.team import Permission
from conference.web import AnyRequest, settings_of
from sessions.controllers.desk import AT_THE_DESK, Desk
from sessions.controllers.visits import IN_CONFERENCE, Visit, visit
from sessions.programme.days import ONE_DAY_ABOVE, chosen_day
from sessions.programme.embed import (
    READERS_ZONE,
    EmbedOptions,
    embedded,
    frame_snippet,
    read_options,
    script_snippet,
)
from sessions.programme.filters import Placing
from sessions.programme.grid import grid_of
from sessions.programme.snapshot import ReleasedProgramme
from sessions.queries import latest_programme

FRAMED_POLICY = CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", "frame-ancestors *")
"""This page alone may stand in a frame, anywhere: it shows nothing but public facts and has nothing to press."""

SHOWN = "show"
"""The day that the reader of a long programme turned to; ``day`` is what the other site asked for."""


class EmbedController(Controller):
    path = "/{slug:str}/embed"
    dependencies = IN_CONFERENCE

    @get("/", name="embed:show")
    async def show(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Template:
        visited = await visit(request, conference)
        query = request.query_params
        options = read_options(
            lambda name: query.get(name, ""),
            lambda name: query.getall(name, []),
            visited.programme,
            _languages(visited.facts.languages),
        )
        return _frame_page(visited, options)


def _frame_page(visited: Visit, options: EmbedOptions) -> Template:
    """What stands in the frame. It knows no reader: no cookie is read but the language's, and none is set."""
    zone = options.zone if options.zone not in ("", READERS_ZONE) else visited.conference.zone
    layout = replace(visited.layout, zone=zone)
    placings = embedded(visited.programme, options)
    links: list[tuple[str, str, bool]] = []
    if len(placings) > ONE_DAY_ABOVE:
        placings, links = _one_day(visited, options, placings)
    days = layout.days(placings)
    answer = visited.page(
        "sessions/embed.html",
        options=options,
        about_url=f"{visited.home_url}/programme",
        zone=zone,
        zone_label=dates.zone_name(zone, visited.first_moment, visited.language),
        day_links=links,
        is_readers_zone=options.zone == READERS_ZONE,
        days=days,
        grids=[(day, grid_of(day, layout)) for day in days] if options.view == "grid" else [],
    )
    answer.cookies = []
    answer.headers["content-security-policy"] = FRAMED_POLICY
    answer.headers.pop(KEPT, None)
    known = options.query() + [(SHOWN, day.day.isoformat()) for day in days if links]
    if list(visited.request.query_params.multi_items()) not in (options.query(), known):
        answer.headers[KEPT] = "0"  # not as the desk writes it: answered, and not kept
    return answer


def _one_day(
    visited: Visit, options: EmbedOptions, placings: list[Placing]
) -> tuple[list[Placing], list[tuple[str, str, bool]]]:
    """Of a programme too long for one frame one of the conference's days (the one asked for, else today, else the
    first), and the ways to all of them as (words, address, whether it is the one shown)."""
    home = visited.conference.zone
    by_date: dict[date, list[Placing]] = {}
    for session, slot in placings:
        by_date.setdefault(dates.local_date(slot.start, home), []).append((session, slot))
    today = dates.local_date(visited.layout.now, home)
    asked = visited.request.query_params.get(SHOWN, "")
    shown = chosen_day(list(by_date), asked, today) or today
    links = [
        (
            dates.short_day(day, visited.language),
            f"?{urlencode([*options.query(), (SHOWN, day.isoformat())])}",
            day == shown,
        )
        for day in by_date
    ]
    return by_date[shown], links


def _languages(of_conference: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*of_conference, *i18n.interface_languages())))


class EmbedDeskController(Controller):
    path = "/organise/{slug:str}/embed"
    dependencies = AT_THE_DESK
    guards = (requires(Permission.SEE),)

    @get("/", name="embed:desk")
    async def show(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template:
        conference = desk.conference
        programme = await latest_programme(conference)
        languages = _languages(languages_of(conference))
        query = request.query_params
        # "lang" and "tz" in an address would change this page itself.
        names = {"lang": "language", "tz": "zone"}
        options = read_options(
            lambda name: query.get(names.get(name, name), ""),
            lambda name: query.getall(name, []),
            programme or ReleasedProgramme(0, clock.now(), conference.zone),
            languages,
        )
        path = f"/{conference.slug}/embed"
        if asked := options.query():
            path = f"{path}?{urlencode(asked)}"
        base = settings_of(request).base_url
        title = texts.pick(conference.name, options.language or current_language(), languages_of(conference))
        return desk.page(
            request,
            "embed.html",
            "embed",
            options=options,
            readers_zone=READERS_ZONE,
            languages=[(code, language_name(code)) for code in languages],
            choices=_choices(programme, current_language(), languages_of(conference)),
            preview_url=path,
            frame_lines=frame_snippet(base + path, title),
            script_lines=script_snippet(
                base + path, title, f"{base}/static/js/embed.js", f"{base}/{conference.slug}/programme"
            ),
        )


def _choices(
    programme: ReleasedProgramme | None, language: str, languages: tuple[str, ...]
) -> dict[str, list[tuple[str, str]]]:
    """Days, rooms and tracks to choose from, as (value, words): only what there is more than one of."""
    if programme is None:
        return {"day": [], "room": [], "track": []}
    days = dict.fromkeys(
        dates.local_date(slot.start, programme.zone) for _session, slot in programme.placings
    )
    offers = {
        "day": [(day.isoformat(), dates.short_day(day, language)) for day in days],
        "room": [(room.code, texts.pick(room.name, language, languages)) for room in programme.rooms],
        "track": [(track.code, texts.pick(track.name, language, languages)) for track in programme.tracks],
    }
    return {name: pairs if len(pairs) > 1 else [] for name, pairs in offers.items()}
