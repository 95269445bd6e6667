"""The programme as files: calendar, frab XML and schedule JSON, all made from the latest release alone."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Iterable, Mapping
from typing import Protocol

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Response

from conference.calendar import CONTENT_TYPE, feed
from conference.filenames import content_disposition
from conference.i18n import _
from conference.pagecache import SHARED
from conference.tables import Conference
from conference.web import AnyRequest
from sessions.controllers.visits import IN_CONFERENCE, Visit, not_here, visit
from sessions.interchange import frab_writer, schedule_json
from sessions.interchange.model import ProgrammeFile
from sessions.interchange.released import programme_file
from sessions.programme.feeds import calendar_entries
from sessions.programme.filters import NAMES, Placing, address, read_filters, selected


async def calendar_file(
    visited: Visit,
    placings: Iterable[Placing],
    *,
    name: str,
    filename: str,
    source_url: str = "",
    asked: Mapping[str, str] | None = None,
) -> Response[bytes]:
    """A calendar to download or to subscribe to; the page cache gives it its ETag. ``asked``: see ``Visit.page``."""

    def write() -> bytes:
        entries = calendar_entries(visited.place, visited.programme, placings, language=visited.language)
        return feed(entries, name, source_url, language=visited.language)

    content = await to_thread(write)  # a second for a thousand entries, in which others want answers
    return _file(visited, content, CONTENT_TYPE, filename, asked)


def _file(
    visited: Visit, content: bytes, media_type: str, filename: str, asked: Mapping[str, str] | None = None
) -> Response[bytes]:
    headers = {
        **visited.kept(asked or {}),
        SHARED: visited.conference.slug,
        "content-type": media_type,
        "content-disposition": content_disposition(filename),
        "access-control-allow-origin": "*",  # public facts, which conference apps fetch from their own pages
        "last-modified": visited.programme.released_at.strftime("%a, %d %b %Y %H:%M:%S GMT"),
    }
    return Response(content, headers=headers)


class _Writer(Protocol):
    def __call__(self, programme: ProgrammeFile, *, version: str, base_url: str) -> bytes: ...


def _exchange_file(visited: Visit, write: _Writer) -> bytes:
    programme = programme_file(visited.facts, visited.programme, home_url=visited.home_url)
    return write(programme, version=str(visited.programme.number), base_url=visited.home_url)


async def _released(request: AnyRequest, conference: Conference) -> Visit:
    visited = await visit(request, conference)
    if not visited.is_released:
        raise not_here(_("The programme has not been published yet."))
    return visited


class DownloadsController(Controller):
    path = "/{slug:str}"
    dependencies = IN_CONFERENCE

    @get("/programme.ics", name="programme:calendar")
    async def calendar(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Response[bytes]:
        visited = await _released(request, conference)
        filters = read_filters(request.query_params, visited.programme)
        zone = visited.zone if filters.bearable else ""
        return await calendar_file(
            visited,
            selected(visited.programme, filters, visited.zone),
            name=visited.layout.text(visited.facts.name),
            filename=f"{conference.slug}.ics",
            source_url=address(f"{visited.home_url}/programme.ics", {**filters.query(), "tz": zone}),
            asked={} if filters.words else {**dict.fromkeys(NAMES, ""), **filters.query()},
        )

    @get("/programme.xml", name="programme:xml")
    async def xml(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Response[bytes]:
        visited = await _released(request, conference)
        content = await to_thread(_exchange_file, visited, frab_writer.write)
        return _file(visited, content, "application/xml; charset=utf-8", f"{conference.slug}.xml")

    @get("/programme.json", name="programme:json")
    async def json(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Response[bytes]:
        visited = await _released(request, conference)
        content = await to_thread(_exchange_file, visited, schedule_json.write)
        return _file(visited, content, "application/json; charset=utf-8", f"{conference.slug}.json")
