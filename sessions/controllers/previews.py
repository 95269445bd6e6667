"""The draft, or an earlier release, as the public will see it or saw it: the public pages themselves, for the team alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from conference import clock, dates, i18n
from conference.guards import requires
from conference.i18n import _, language_name
from conference.tables import Conference
from conference.team import Permission
from conference.web import AnyRequest
from sessions.controllers.programme import programme_page
from sessions.controllers.session_public import session_page
from sessions.controllers.speakers import speaker_page, speakers_page
from sessions.controllers.visits import IN_CONFERENCE, Visit, not_here, visit
from sessions.packs.queries import packs_of_session
from sessions.programme.filters import address
from sessions.releases.named import DRAFT, NamedProgramme, named_programme, next_release
from sessions.speakers.photos import photos_in

PREVIEW = "preview"
"""What the present draft is called in addresses of previews."""


@dataclass(frozen=True)
class PreviewBanner:
    """What stands above a previewed page. ``languages`` are (code, name, address of the page in it)."""

    title: str
    home: str
    desk: str
    languages: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class PreviewVisit(Visit):
    """A visit to a programme that is not, or not any more, the public one. No cache keeps its pages."""

    banner: PreviewBanner

    @property
    def is_released(self) -> bool:
        """Here: whether there is a programme to show."""
        return bool(self.programme.sessions)

    def page(
        self,
        template: str,
        *,
        at: object = None,
        asked: Mapping[str, str] | None = None,
        kept: float | None = None,
        **context: Any,
    ) -> Template:
        """The page with the banner above it; ``asked`` and ``kept`` are for the cache of public pages."""
        return self.own_page(template, preview=self.banner, **context)


async def preview_visit(request: AnyRequest, conference: Conference, which: str) -> PreviewVisit:
    """The visit to the programme of this name. Raises NotFound."""
    now = clock.now()
    if which == PREVIEW:
        found: NamedProgramme | None = await next_release(conference, now=now)
    else:
        found = await named_programme(conference, which, now=now) if which != DRAFT else None
    if found is None:
        raise not_here(_("There is no such release."))
    public = await visit(request, conference, found.programme)
    home = f"/organise/{conference.slug}/releases/{which}"
    layout = replace(public.layout, home=home)
    query = {name: value for name, value in request.query_params.items() if name != "lang"}
    banner = PreviewBanner(
        title_of(found, public.zone),
        home,
        f"/organise/{conference.slug}/releases",
        tuple(
            (code, language_name(code, code), address(request.url.path, query, lang=code))
            for code in public.facts.languages
        ),
    )
    base_url = public.home_url.removesuffix(public.home)
    return PreviewVisit(
        request, conference, public.facts, found.programme, layout, base_url + home, banner=banner
    )


def title_of(found: NamedProgramme, zone: str) -> str:
    """What is looked at, in a sentence of the reader's language."""
    language = i18n.current_language()
    words = {
        "number": found.programme.number,
        "day": dates.long_day(dates.local_date(found.at, zone), language),
        "time": dates.clock_time(found.at, zone, language),
    }
    if found.is_draft:
        return _("Preview of release %(number)d: the draft as the public would see it.") % words
    if found.is_kept:
        return _("The draft as it stood on %(day)s, %(time)s.") % words
    return _("Release %(number)d, as it was published on %(day)s, %(time)s.") % words


class PreviewsController(Controller):
    path = "/organise/{slug:str}/releases"
    dependencies = IN_CONFERENCE

    @get("/{which:str}/programme", guards=[requires(Permission.SEE)], name="previews:programme")
    async def programme(
        self, request: AnyRequest, conference: NamedDependency[Conference], which: FromPath[str]
    ) -> Template:
        return programme_page(await preview_visit(request, conference, which))

    @get("/{which:str}/sessions/{code:str}", guards=[requires(Permission.SEE)], name="previews:session")
    async def session(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        which: FromPath[str],
        code: FromPath[str],
    ) -> Template:
        visited = await preview_visit(request, conference, which)
        if code.endswith(".ics"):  # its calendar, which only what is public has
            return elsewhere_page(visited, conference, f"sessions/{code}")
        session = visited.programme.session_by_code.get(code)
        if session is None:
            raise not_here(_("There is no such session in this programme."))
        return session_page(visited, session, await packs_of_session(session.id, clock.now()))

    @get("/{which:str}/speakers", guards=[requires(Permission.SEE)], name="previews:speakers")
    async def speakers(
        self, request: AnyRequest, conference: NamedDependency[Conference], which: FromPath[str]
    ) -> Template:
        return speakers_page(await preview_visit(request, conference, which), await photos_in(conference.id))

    @get("/{which:str}/speakers/{code:str}", guards=[requires(Permission.SEE)], name="previews:speaker")
    async def speaker(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        which: FromPath[str],
        code: FromPath[str],
    ) -> Template:
        visited = await preview_visit(request, conference, which)
        return speaker_page(visited, code, await photos_in(conference.id))

    @get("/{which:str}/{rest:path}", guards=[requires(Permission.SEE)], name="previews:elsewhere")
    async def elsewhere(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        which: FromPath[str],
        rest: FromPath[str],
    ) -> Template:
        """Where a link of a public page leads that the preview does not have: files, forms, feeds."""
        return elsewhere_page(await preview_visit(request, conference, which), conference, rest.lstrip("/"))


def elsewhere_page(visited: PreviewVisit, conference: Conference, rest: str) -> Template:
    """Says that only the public programme has what lies at ``rest``, and where."""
    return visited.page("sessions/preview_elsewhere.html", public_url=f"/{conference.slug}/{rest}")
