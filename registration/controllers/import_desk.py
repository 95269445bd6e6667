"""The desk's pages about sheets of people: sent, told what their columns are, looked at, taken in, reported."""

from __future__ import annotations

from typing import Any

from litestar import Controller, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Stream, Template

from conference import clock, dates, i18n, jobs
from conference.i18n import _
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, see_other, typed
from registration.controllers.attendee import AT_THE_DESK, MOST_BYTES
from registration.controllers.desk import desk_page
from registration.controllers.desk_one import CHANGE
from registration.controllers.desk_sheets import sheet_file
from registration.controllers.import_pages import columns_page, desk_of, progress_page, rows_of_sheet
from registration.importing import sheets_kept
from registration.importing.columns_form import ColumnsForm
from registration.importing.looking import look_further
from registration.importing.rows import outcome_names, refused_csv
from registration.importing.sheets_kept import ImportBusy
from registration.importing.tables import ImportState, RegistrationImport
from sessions.interchange.model import ImportRefused
from sessions.interchange.sheet_rows import MOST_ROWS
from sessions.interchange.sheets_out import CSV_TYPE

LARGEST = 25_000_000  # octets, held in memory while they are read


class ImportController(Controller):
    path = "/organise/{slug:str}/registrations/import"
    dependencies = AT_THE_DESK
    guards = CHANGE
    request_max_body_size = MOST_BYTES

    @get("/", name="imports:list")
    async def show(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template:
        return await _list_page(request, conference, organiser)

    @post("/", name="imports:send", request_max_body_size=LARGEST, status_code=303)
    async def send(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template | Redirect:
        file = (await request.form()).get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            return await _list_page(request, conference, organiser, {"file": _("Choose a file.")})
        try:
            code = await sheets_kept.arrive(
                conference, file.filename, await file.read(), actor=organiser, now=clock.now()
            )
        except ImportRefused as refusal:
            return await _list_page(request, conference, organiser, {"file": refusal.message})
        return see_other(desk_of(conference, code))

    @get("/{code:str}", name="imports:one")
    async def one(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Template:
        sheet = await sheets_kept.import_by_code(conference.id, code)
        return await _page_of(request, conference, organiser, sheet)

    @post("/{code:str}", name="imports:look", status_code=303)
    async def look(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Template | Redirect:
        sheet = await sheets_kept.import_by_code(conference.id, code)
        desk = await columns_page(request, conference, organiser, sheet)
        form = ColumnsForm.from_post(await typed(request), desk.width, desk.targets, desk.offer)
        if form.plan is None:
            return desk.page(form, 422)
        try:
            await sheets_kept.look_with(sheet.id, form.plan)
        except ImportBusy as busy:
            return see_other(desk_of(conference, code), busy.message, kind="warning")
        # A small sheet is looked at before the page is there; the job goes on with a large one.
        fresh = await sheets_kept.import_by_code(conference.id, code)
        await look_further(fresh, conference, clock.now())
        jobs.wake()
        return see_other(desk_of(conference, code))

    @post("/{code:str}/do", name="imports:do", status_code=303)
    async def do(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Redirect:
        sheet, now = await sheets_kept.import_by_code(conference.id, code), clock.now()
        what, back = (await typed(request)).get("do", ""), desk_of(conference, code)
        try:
            if what == "columns":
                await sheets_kept.back_to_columns(sheet.id)
            elif what == "start":
                await sheets_kept.start(sheet, actor=organiser, now=now)
                jobs.wake()
            elif what == "stop" and await sheets_kept.stop(sheet, actor=organiser, now=now):
                return see_other(back, _("Stopped. Nobody more is registered from this sheet."))
            elif what == "forget":
                await sheets_kept.forget(sheet, actor=organiser, now=now)
                return see_other(desk_of(conference), _("The sheet is forgotten."))
        except ImportBusy as busy:
            return see_other(back, busy.message, kind="warning")
        return see_other(back)

    @get("/{code:str}/refused.csv", name="imports:refused")
    async def refused(self, conference: NamedDependency[Conference], code: FromPath[str]) -> Stream:
        sheet = await sheets_kept.import_by_code(conference.id, code)
        return sheet_file(refused_csv(sheet), CSV_TYPE, f"{conference.slug}-refused.csv")


async def _page_of(
    request: AnyRequest, conference: Conference, organiser: SignedInOrganiser, sheet: RegistrationImport
) -> Template:
    """The page that fits how far the sheet is."""
    if sheet.state == ImportState.COLUMNS:
        return (await columns_page(request, conference, organiser, sheet)).page()
    if sheet.state in (ImportState.LOOKING, ImportState.RUNNING):
        return await progress_page(request, conference, organiser, sheet)
    return await rows_of_sheet(request, conference, organiser, sheet)


async def _list_page(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    errors: dict[str, str] | None = None,
) -> Template:
    context: dict[str, Any] = {
        "errors": errors or {},
        "imports": await sheets_kept.imports_of(conference.id),
        "states": state_names(),
        "outcomes": outcome_names(),
        "most_size": dates.file_size_words(LARGEST, i18n.current_language()),
        "most_rows": MOST_ROWS,
        "kept_days": sheets_kept.KEPT.days,
    }
    return desk_page(request, "import.html", conference, organiser, status=422 if errors else 200, **context)


def state_names() -> dict[str, str]:
    """How far a sheet is, in words."""
    return {
        ImportState.COLUMNS.value: _("Its columns are to be said"),
        ImportState.LOOKING.value: _("Being looked at"),
        ImportState.LOOKED.value: _("Looked at; nobody registered yet"),
        ImportState.RUNNING.value: _("Under way"),
        ImportState.STOPPED.value: _("Stopped"),
        ImportState.DONE.value: _("Done"),
    }
