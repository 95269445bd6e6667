"""Taking registrations away as sheets, and the files among their answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Response, Stream

from conference import clock
from conference.downloads import SAFE_HEADERS, stream_response
from conference.errors import NotFound
from conference.filenames import content_disposition
from conference.guards import requires
from conference.i18n import _
from conference.tables import Conference
from conference.team import Permission
from conference.web import AnyRequest
from registration.controllers.attendee import AT_THE_DESK
from registration.desk.file_bundle import bundled
from registration.desk.filters import read_filter
from registration.desk.sheets import columns_of, csv_pieces, workbook_pieces
from sessions.controllers.pack_pages import storage_of
from sessions.interchange.sheets_out import CSV_TYPE, XLSX_TYPE
from sessions.packs.bag import bag_size, stream_zip
from sessions.queries import latest_programme

TAKE_AWAY = [requires(Permission.REGISTRATION)]


class SheetsController(Controller):
    path = "/organise/{slug:str}/registrations"
    dependencies = AT_THE_DESK
    guards = TAKE_AWAY

    @get("/export.csv", name="registrations:csv")
    async def csv(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Stream:
        wanted, columns = (
            read_filter(request.query_params),
            await columns_of(conference, await latest_programme(conference)),
        )
        is_raw = request.query_params.get("raw") == "yes"
        pieces = csv_pieces(conference, wanted, columns, clock.now(), raw=is_raw)
        return _file(pieces, CSV_TYPE, f"{conference.slug}-registrations.csv")

    @get("/export.xlsx", name="registrations:xlsx")
    async def xlsx(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Stream:
        wanted, columns = (
            read_filter(request.query_params),
            await columns_of(conference, await latest_programme(conference)),
        )
        pieces = workbook_pieces(conference, wanted, columns, clock.now())
        return _file(pieces, XLSX_TYPE, f"{conference.slug}-registrations.xlsx")

    @get("/files.zip", name="registrations:files")
    async def files(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Response[Any]:
        entries = await bundled(conference, read_filter(request.query_params), clock.now())
        if not entries:
            raise NotFound(_("None of them has answered with a file."))
        return await stream_response(
            request,
            stream_zip(entries, storage_of(request).stream),
            length=bag_size(entries),
            headers={**SAFE_HEADERS, **_headers("application/zip", f"{conference.slug}-files.zip")},
            media_type="application/zip",
        )


def _file(pieces: AsyncIterator[bytes], media_type: str, name: str) -> Stream:
    return Stream(pieces, headers=_headers(media_type, name))


def _headers(media_type: str, name: str) -> dict[str, str]:
    return {
        "content-type": media_type,
        "content-disposition": content_disposition(name),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
