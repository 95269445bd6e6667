"""Taking registrations away as sheets, and the files among their answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Stream, Template

from conference import clock, dates, i18n, jobs
from conference.downloads import file_response, ranged_response
from conference.errors import NotFound
from conference.filenames import content_disposition
from conference.guards import requires
from conference.i18n import _
from conference.tables import Conference
from conference.team import Permission
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, reader_zone, see_other, typed
from conference.zip_layout import ZipLayout
from registration.controllers.attendee import AT_THE_DESK
from registration.controllers.desk import choices_of, desk_page
from registration.desk import exports
from registration.desk.file_bundle import bundled, has_files
from registration.desk.filters import read_filter
from registration.desk.lists import registrations_page
from registration.desk.sheets import columns_of, csv_pieces, workbook_pieces
from registration.desk.tables import ExportKind
from sessions.controllers.pack_pages import storage_of
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
        return sheet_file(pieces, CSV_TYPE, f"{conference.slug}-registrations.csv")

    @get("/export.xlsx", name="registrations:xlsx")
    async def xlsx(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Stream:
        wanted, columns = (
            read_filter(request.query_params),
            await columns_of(conference, await latest_programme(conference)),
        )
        pieces = workbook_pieces(conference, wanted, columns, clock.now())
        return sheet_file(pieces, XLSX_TYPE, f"{conference.slug}-registrations.xlsx")

    @get("/export", name="exports:ask")
    async def ask(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template:
        wanted, now = read_filter(request.query_params), clock.now()
        zone, _is_chosen = reader_zone(request, conference.zone)
        choices = await choices_of(conference, await latest_programme(conference), zone)
        found = await registrations_page(conference, wanted, now)
        return desk_page(
            request,
            "export.html",
            conference,
            organiser,
            wanted,
            total=found.total,
            filter_words=choices.words(wanted),
            kinds=kind_choices(),
            has_files=await has_files(conference),
        )

    @post("/export", name="exports:make", status_code=303)
    async def make(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Redirect:
        sent = await typed(request)
        kind = ExportKind(sent["kind"]) if sent.get("kind") in set(ExportKind) else ExportKind.WORKBOOK
        code = await exports.ask_for(conference, read_filter(sent), kind, actor=organiser, now=clock.now())
        jobs.wake()
        return see_other(f"/organise/{conference.slug}/registrations/export/{code}")

    @get("/export/{code:str}", name="exports:one")
    async def one(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Template:
        export = await exports.export_by_code(conference.id, code)
        wanted = read_filter(dict(parse_qsl(export.query)))
        return desk_page(
            request,
            "export_one.html",
            conference,
            organiser,
            wanted,
            export=export,
            name=dict(kind_choices())[export.kind],
            size=dates.file_size_words(export.size, i18n.current_language()),
        )

    @get("/export/{code:str}/file", name="exports:file")
    async def file(
        self, request: AnyRequest, conference: NamedDependency[Conference], code: FromPath[str]
    ) -> Response[Any]:
        export = await exports.export_by_code(conference.id, code)
        if export.finished_at is None:
            raise NotFound(_("This list is not made yet."))
        is_workbook = export.kind == ExportKind.WORKBOOK
        return await file_response(
            request,
            storage_of(request),
            key=export.key,
            size=export.size,
            etag=f'"{export.code}"',
            media_type=XLSX_TYPE if is_workbook else CSV_TYPE,
            filename=f"{conference.slug}-registrations.{'xlsx' if is_workbook else 'csv'}",
            cache_control="private, no-store",
        )

    @get("/files.zip", name="registrations:files")
    async def files(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Response[Any]:
        members = await bundled(conference, read_filter(request.query_params), clock.now())
        if not members:
            raise NotFound(_("None of them has answered with a file."))
        layout = ZipLayout(members)
        return await ranged_response(
            request,
            partial(layout.stream, storage_of(request).stream),
            size=layout.size,
            media_type="application/zip",
            headers={**_headers("application/zip", f"{conference.slug}-files.zip"), "etag": layout.etag},
        )


def kind_choices() -> list[tuple[str, str]]:
    """What registrations can be taken away as."""
    return [
        (ExportKind.WORKBOOK.value, _("Excel workbook")),
        (ExportKind.CSV.value, _("CSV")),
        (ExportKind.RAW.value, _("CSV for machines")),
    ]


def sheet_file(pieces: AsyncIterator[bytes], media_type: str, name: str) -> Stream:
    """The pieces as a file to save, kept by no cache."""
    return Stream(pieces, headers=_headers(media_type, name))


def _headers(media_type: str, name: str) -> dict[str, str]:
    return {
        "content-type": media_type,
        "content-disposition": content_disposition(name),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
