"""Taking registrations away as sheets."""

from __future__ import annotations

from collections.abc import AsyncIterator

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Stream

from conference import clock
from conference.filenames import content_disposition
from conference.guards import requires
from conference.tables import Conference
from conference.team import Permission
from conference.web import AnyRequest
from registration.controllers.attendee import AT_THE_DESK
from registration.desk.filters import read_filter
from registration.desk.sheets import columns_of, csv_pieces, workbook_pieces
from sessions.interchange.sheets_out import CSV_TYPE, XLSX_TYPE
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


def _file(pieces: AsyncIterator[bytes], media_type: str, name: str) -> Stream:
    headers = {
        "content-type": media_type,
        "content-disposition": content_disposition(name),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return Stream(pieces, headers=headers)
