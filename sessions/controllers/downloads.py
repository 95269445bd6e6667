"""The programme as files: calendar, frab XML and schedule JSON, all made from the latest release alone."""

from __future__ import annotations

from collections.abc import Iterable

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Response

from conference.calendar import CONTENT_TYPE, CalendarEntry, feed
from conference.filetypes import content_disposition
from conference.i18n import _
from conference.pagecache import SHARED
from conference.tables import Conference
from conference.web import AnyRequest
from sessions.controllers.visits import IN_CONFERENCE, Visit, not_here, visit
from sessions.exchange import programme_file
from sessions.feeds import calendar_entries
from sessions.interchange import frab_writer, schedule_json
from sessions.programme import address, read_filters, selected


def calendar_file(
    visited: Visit, entries: Iterable[CalendarEntry], *, name: str, filename: str, source_url: str = ""
) -> Response[bytes]:
    """A calendar to download or to subscribe to; the page cache gives it its ETag."""
    content = feed(entries, name, source_url, language=visited.language)
    return _file(visited, content, CONTENT_TYPE, filename)


def _file(visited: Visit, content: bytes, media_type: str, filename: str) -> Response[bytes]:
    headers = {
        SHARED: visited.conference.slug,
        "content-type": media_type,
        "content-disposition": content_disposition(filename),
        "access-control-allow-origin": "*",  # public facts, which conference apps fetch from their own pages
        "last-modified": visited.programme.released_at.strftime("%a, %d %b %Y %H:%M:%S GMT"),
    }
    return Response(content, headers=headers)


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
        entries = calendar_entries(
            visited.place,
            visited.programme,
            selected(visited.programme, filters),
            language=visited.language,
        )
        return calendar_file(
            visited,
            entries,
            name=visited.layout.text(visited.facts.name),
            filename=f"{conference.slug}.ics",
            source_url=address(f"{visited.home_url}/programme.ics", filters.query()),
        )

    @get("/programme.xml", name="programme:xml")
    async def xml(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Response[bytes]:
        visited = await _released(request, conference)
        content = frab_writer.write(
            programme_file(visited.facts, visited.programme, home_url=visited.home_url),
            version=str(visited.programme.number),
            base_url=visited.home_url,
        )
        return _file(visited, content, "application/xml; charset=utf-8", f"{conference.slug}.xml")

    @get("/programme.json", name="programme:json")
    async def json(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Response[bytes]:
        visited = await _released(request, conference)
        content = schedule_json.write(
            programme_file(visited.facts, visited.programme, home_url=visited.home_url),
            version=str(visited.programme.number),
            base_url=visited.home_url,
        )
        return _file(visited, content, "application/json; charset=utf-8", f"{conference.slug}.json")
