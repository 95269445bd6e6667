"""The desk's page about exchange: a programme from elsewhere looked at and taken in, and this one's files to take away."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, dates, i18n
from conference.errors import DomainError, NotFound
from conference.guards import requires
from conference.i18n import _, lazy, ngettext
from conference.team import Permission
from conference.web import AnyRequest, see_other, settings_of
from sessions.controllers.desk import AT_THE_DESK, Desk
from sessions.controllers.pack_pages import storage_of
from sessions.imports import import_words
from sessions.imports.looking import Look, carry_out, look, send_files
from sessions.imports.taking_in import PlanChanged
from sessions.interchange.drafted import draft_programme
from sessions.interchange.exporting import draft_file
from sessions.interchange.model import ImportRefused
from sessions.interchange.reading import MOST_FILES, NamedBytes

LARGEST = 25_000_000  # octets, held in memory while they are read
MOST_DOUBTS = 200
MOST_LINES = 500


FILES = {
    "programme.yaml": (
        "yaml",
        "application/yaml",
        lazy("Everything (Meridian’s YAML)"),
        lazy("Nothing is lost: imported elsewhere, it is the same programme."),
    ),
    "programme.xlsx": (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        lazy("Sessions and speakers (Excel)"),
        lazy("For reading and sorting; cells are text and never formulas."),
    ),
    "sessions.csv": (
        "csv",
        "text/csv; charset=utf-8",
        lazy("Sessions (CSV)"),
        lazy("One line for each slot."),
    ),
    "speakers.csv": (
        "speakers-csv",
        "text/csv; charset=utf-8",
        lazy("Speakers (CSV)"),
        lazy("With their addresses."),
    ),
}
"""The files of the draft: kind, media type, name and what they are for."""


class ExchangeDeskController(Controller):
    path = "/organise/{slug:str}/exchange"
    dependencies = AT_THE_DESK
    guards = (requires(Permission.PROGRAMME),)

    @get("/", name="exchange-desk:show")
    async def show(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template:
        return _form(request, desk)

    @post("/", name="exchange-desk:send", request_max_body_size=LARGEST)
    async def send(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template | Redirect:
        sent = await request.form()
        typed_day = str(sent.get("first_day", ""))
        first_day = _day(typed_day)
        files = [
            NamedBytes(file.filename, await file.read())
            for file in sent.getall("file", [])
            if isinstance(file, UploadFile) and file.filename
        ]
        errors = {}
        if typed_day and first_day is None:
            errors["first_day"] = _("This is not a date. Write it as 2027-06-25.")
        if not files:
            errors["file"] = _("Choose at least one file.")
        if errors:
            return _form(request, desk, errors, typed_day)
        try:
            code = await send_files(
                desk.conference,
                files,
                first_day=first_day,
                storage=storage_of(request),
                actor=desk.organiser,
                now=clock.now(),
            )
        except ImportRefused as error:
            return _form(request, desk, {"file": error.message}, typed_day)
        return see_other(desk.path("exchange", code))

    @get("/draft/{name:str}", name="exchange-desk:draft")
    async def draft(
        self, request: AnyRequest, desk: NamedDependency[Desk], name: FromPath[str]
    ) -> Response[bytes]:
        if name not in FILES:
            raise NotFound(_("There is no such file."))
        kind, media_type, _label, _about = FILES[name]
        base_url = settings_of(request).base_url
        # Written in a thread: a workbook of a large programme takes a second.
        programme = await draft_programme(desk.conference, home_url=f"{base_url}/{desk.conference.slug}")
        content = await asyncio.to_thread(draft_file, programme, kind)
        filename = f"{desk.conference.slug}-draft-{name}"
        return Response(
            content,
            media_type=media_type,
            headers={
                "content-disposition": f'attachment; filename="{filename}"',
                "cache-control": "private, no-store",
            },
        )

    @get("/{code:str}", name="exchange-desk:look")
    async def look(self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]) -> Template:
        return _look_page(request, desk, await look(desk.conference, code, storage_of(request)))

    @post("/{code:str}", name="exchange-desk:import")
    async def carry_out(
        self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]
    ) -> Template | Redirect:
        sent = await request.form()
        try:
            plan = await carry_out(
                desk.conference,
                code,
                digest=str(sent.get("digest", "")),
                storage=storage_of(request),
                actor=desk.organiser,
                now=clock.now(),
            )
        except (PlanChanged, ImportRefused) as error:
            view = await look(desk.conference, code, storage_of(request))
            return _look_page(request, desk, view, error)
        count = len(plan.lines)
        done = ngettext("Imported: %(count)d change.", "Imported: %(count)d changes.", count) % {
            "count": count
        }
        return see_other(desk.path("sessions"), done if count else _("Nothing had to change."))


def _form(
    request: AnyRequest, desk: Desk, errors: dict[str, str] | None = None, first_day: str = ""
) -> Template:
    return desk.page(
        request,
        "exchange.html",
        "exchange",
        status=422 if errors else 200,
        errors=errors or {},
        first_day=first_day,
        exports=[
            (desk.path("exchange", "draft", name), str(label), str(about))
            for name, (_kind, _type, label, about) in FILES.items()
        ],
        most_files=MOST_FILES,
        most_size=dates.file_size_words(LARGEST, i18n.current_language()),
    )


def _look_page(request: AnyRequest, desk: Desk, view: Look, refusal: DomainError | None = None) -> Template:
    lines = [import_words.told(line) for line in view.plan.lines[:MOST_LINES]]
    context: dict[str, Any] = {
        "view": view,
        "groups": import_words.grouped(lines),
        "more": len(view.plan.lines) - len(lines),
        "counts": import_words.counts(view.plan),
        "left": import_words.left(view.plan),
        "doubts": view.doubts[:MOST_DOUBTS],
        "more_doubts": max(0, len(view.doubts) - MOST_DOUBTS),
        "refusal": refusal.message if refusal else "",
    }
    return desk.page(
        request, "exchange_look.html", "exchange", status=refusal.http_status if refusal else 200, **context
    )


def _day(typed: str) -> date | None:
    try:
        day = date.fromisoformat(typed.strip()) if len(typed.strip()) == 10 else None
    except ValueError:
        return None
    return day if day is None or 1970 <= day.year < 2200 else None
