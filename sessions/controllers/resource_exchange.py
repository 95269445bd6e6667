"""The desk's pages by which resources leave as a whole and come in: everything as a bag, a bag or a zip with a sheet looked at
row by row and taken in."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from litestar import Controller, Response, get, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, dates, i18n, texts
from conference.conferences import languages_of
from conference.errors import NotFound
from conference.forms import whole_number
from conference.i18n import _
from conference.uploads import FileRule, receive_each
from conference.web import AnyRequest, see_other, settings_of, typed
from sessions.controllers.desk import AT_THE_DESK, Desk, page_links
from sessions.controllers.pack_download import bag_as_zip
from sessions.controllers.pack_pages import PROGRAMME, UPLOAD, storage_of
from sessions.controllers.resources import FILES
from sessions.desk_lists import Page
from sessions.interchange.sheets_out import CSV_TYPE
from sessions.packs.bags.bagging import everything
from sessions.packs.importing import kept
from sessions.packs.importing.looking import item_of
from sessions.packs.importing.reasons import words
from sessions.packs.importing.sheet_reading import COLUMNS
from sessions.packs.importing.tables import ArchiveState, ImportedResource, ItemOutcome, ResourceImport
from sessions.packs.queries import all_packs
from sessions.packs.resource_words import KIND_NAMES, kind_name, licence_options
from sessions.packs.tables import Resource, ResourcePack

ON_A_PAGE = 100


class ResourceExchangeController(Controller):
    path = "/organise/{slug:str}/resources/exchange"
    dependencies = AT_THE_DESK
    guards = PROGRAMME

    @get("/", name="resources-exchange:show")
    async def show(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template:
        return await _show(request, desk)

    @post("/", name="resources-exchange:send", opt=UPLOAD)
    async def send(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template | Redirect:
        most = settings_of(request).max_upload_bytes
        rules = {"file": FileRule(most, frozenset({"zip"}))}
        storage = storage_of(request)
        form = await receive_each(request, storage, rules, max_bytes=most, new_key=kept.new_key)
        if not form.files:
            return await _show(request, desk, form.errors or {"file": _("Choose a zip file.")})
        code = await kept.keep(
            desk.conference, form.files[0], storage=storage, actor=desk.organiser, now=clock.now()
        )
        return see_other(desk.path("resources", "exchange", code))

    @get("/template.csv", name="resources-exchange:template")
    async def template(self, desk: NamedDependency[Desk]) -> Response[bytes]:
        return Response(
            _template(languages_of(desk.conference)),
            media_type=CSV_TYPE,
            headers={
                "content-disposition": 'attachment; filename="metadata.csv"',
                "cache-control": "no-store",
            },
        )

    @route("/everything.zip", name="resources-exchange:everything", **FILES)
    async def everything(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Response[Any]:
        contents = await everything(desk.conference, base_url=settings_of(request).base_url)
        if not contents.records:
            raise NotFound(_("There are no resources yet."))
        return await bag_as_zip(request, contents)

    @get("/{code:str}", name="resources-exchange:look")
    async def look(self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]) -> Template:
        archive = await kept.import_by_code(desk.conference.id, code)
        if archive.state == ArchiveState.LOOKING:
            return _progress(request, desk, archive, min(archive.seen, archive.size), archive.size)
        counts = await kept.counted(archive.id)
        if archive.state == ArchiveState.RUNNING:
            done = counts.total - counts.of(ItemOutcome.TO_ADD)
            return _progress(request, desk, archive, done, counts.total)
        return await _rows(request, desk, archive, counts)

    @post("/{code:str}", name="resources-exchange:do", status_code=303)
    async def do(self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]) -> Redirect:
        archive = await kept.import_by_code(desk.conference.id, code)
        if (await typed(request)).get("do") == "forget":
            await kept.forget_archive(archive, storage=storage_of(request))
            return see_other(desk.path("resources", "exchange"), _("The file is forgotten."))
        await kept.start(archive, actor=desk.organiser, now=clock.now())
        return see_other(desk.path("resources", "exchange", code))


async def _show(request: AnyRequest, desk: Desk, errors: dict[str, str] | None = None) -> Template:
    packs, language = await all_packs(desk.conference.id), i18n.current_language()
    octets = await _octets(desk.conference.id)
    return _page(
        request,
        desk,
        "resources_exchange.html",
        status=422 if errors else 200,
        errors=errors or {},
        packs=len(packs),
        total=dates.file_size_words(octets, language),
        has_resources=await Resource.exists().where(Resource.conference == desk.conference.id),
        everything_url=f"{desk.path('resources', 'exchange', 'everything.zip')}?lang={language}",
        most_size=dates.file_size_words(settings_of(request).max_upload_bytes, language),
        imports=await kept.imports_of(desk.conference.id),
        states=_state_names(),
        columns=_columns(),
        kinds=[(code, kind_name(code)) for code in KIND_NAMES],
        licences=[(code, name) for code, name, _means in licence_options()],
        kept_days=kept.KEPT.days,
    )


async def _octets(conference_id: int) -> int:
    rows = await Resource.raw(
        "SELECT SUM(c.size) AS octets FROM resource_file f JOIN stored_content c ON c.id = f.content"
        " JOIN resource r ON r.id = f.resource WHERE r.conference = {} AND f.is_current = {}"
        " AND r.state <> 'withdrawn'",
        conference_id,
        True,
    )
    return int(rows[0]["octets"] or 0)


def _progress(request: AnyRequest, desk: Desk, archive: ResourceImport, done: int, total: int) -> Template:
    is_running = archive.state == ArchiveState.RUNNING
    language = i18n.current_language()
    if is_running:
        far = (i18n.number_words(done), i18n.number_words(total))
    else:
        far = (dates.file_size_words(done, language), dates.file_size_words(total, language))
    return _page(
        request,
        desk,
        "resources_import_progress.html",
        archive=archive,
        is_running=is_running,
        done=done,
        total=total,
        far=far,
    )


async def _rows(request: AnyRequest, desk: Desk, archive: ResourceImport, counts: kept.Counted) -> Template:
    pages = max(1, -(-counts.total // ON_A_PAGE))
    number = min(max(1, whole_number(request.query_params.get("page", "")) or 1), pages)
    rows = await kept.rows_of(archive.id, most=ON_A_PAGE, after=(number - 1) * ON_A_PAGE)
    here = desk.path("resources", "exchange", archive.code)
    shown: Page[Any] = Page([], number, pages, counts.total)
    codes = await _codes([row.resource for row in rows if row.resource])
    packs = json.loads(archive.packs)
    made = await _titles([pack["made"] for pack in packs if pack["made"]])
    refusal = json.loads(archive.refusal)
    return _page(
        request,
        desk,
        "resources_import_rows.html",
        archive=archive,
        refusal=words(refusal) if refusal else "",
        notes=[words(note) for note in json.loads(archive.notes)],
        is_done=archive.state == ArchiveState.DONE,
        numbers={one.value: counts.of(one) for one in ItemOutcome},
        packs=[
            {
                "title": pack["title"],
                "code": pack["made"],
                "now": made.get(pack["made"], ""),
                "count": len(pack["items"]),
                "session": pack["session"][-1] if pack["session"] else "",
            }
            for pack in packs
        ],
        rows=[_row(row, codes) for row in rows],
        number=number,
        pages=pages,
        links=page_links(here, shown),
        outcomes=_outcome_names(),
    )


def _row(row: ImportedResource, codes: dict[int, str]) -> dict[str, Any]:
    item = item_of(json.loads(row.facts))
    return {
        "line": row.line,
        "title": item.title,
        "kind": kind_name(item.kind),
        "what": item.link or item.filename,
        "people": ", ".join(person["name"] for person in item.creators),
        "outcome": row.outcome,
        "reasons": [words(reason) for reason in json.loads(row.reasons)],
        "code": codes.get(row.resource, "") if row.resource else "",
    }


async def _codes(ids: list[int]) -> dict[int, str]:
    rows = await Resource.select(Resource.id, Resource.code).where(Resource.id.is_in([*ids, 0]))
    return {row["id"]: row["code"] for row in rows}


async def _titles(codes: list[str]) -> dict[str, str]:
    rows = await ResourcePack.select(ResourcePack.code, ResourcePack.title).where(
        ResourcePack.code.is_in([*codes, ""])
    )
    return {row["code"]: texts.pick(row["title"], i18n.current_language()) for row in rows}


def _page(request: AnyRequest, desk: Desk, template: str, *, status: int = 200, **context: Any) -> Template:
    return desk.page(request, template, "resources", status=status, **context)


def _state_names() -> dict[str, str]:
    return {
        ArchiveState.LOOKING.value: _("Being looked through"),
        ArchiveState.LOOKED.value: _("Looked through"),
        ArchiveState.RUNNING.value: _("Being taken in"),
        ArchiveState.DONE.value: _("Taken in"),
        ArchiveState.REFUSED.value: _("Refused"),
    }


def _outcome_names() -> dict[str, str]:
    return {
        ItemOutcome.TO_ADD.value: _("To be added"),
        ItemOutcome.KNOWN.value: _("Here already"),
        ItemOutcome.REFUSED.value: _("Refused"),
        ItemOutcome.ADDED.value: _("Added"),
    }


def _columns() -> list[tuple[str, str]]:
    """The sheet's columns, and what stands in each."""
    return [
        ("file", _("Where the file lies in the zip, such as slides/opening.pdf")),
        ("link", _("Or the address of what lies elsewhere, such as a recording")),
        ("title", _("Also per language: title_fr, title_ar. Without one, the file’s name is used")),
        ("description", _("Also per language")),
        ("kind", _("One of the kinds below; without one, it is told from the file")),
        ("languages", _("By code or name, separated by commas: en, ar")),
        (
            "creators",
            _("Separated by semicolons, with ORCID iDs in brackets: Zoë Müller (0000-0002-1825-0097)"),
        ),
        ("licence", _("One of the licences below, by code or address")),
        ("rights holder", _("Who holds the rights, where the creators do not")),
        ("date", _("2026-06-25, 2026-06 or 2026")),
        ("topics", _("Separated by semicolons; new ones are added to the conference’s list")),
        ("accessibility", _("Terms such as captions, transcript, taggedPDF")),
        ("session", _("The session’s title or code; then it stands in the session’s own pack")),
        ("pack", _("The title of a pack to put it into; the rows’ order is the pack’s")),
        ("note", _("What the pack says of it; also per language")),
        ("belongs to", _("For captions and transcripts: the file of their recording")),
    ]


def _template(languages: tuple[str, ...]) -> bytes:
    """The sheet with its headings and two rows to write over."""
    further = [f"{name}_{code}" for code in languages[1:3] for name in ("title", "description")]
    headings = ["file", "link", "title", *further, *list(_english())]
    examples = [
        {
            "file": "slides/opening.pdf",
            "title": "Opening slides",
            "description": "Forty slides with notes",
            "kind": "slides",
            "languages": languages[0],
            "creators": "Zoë Müller (0000-0002-1825-0097); CILIP",
            "licence": "CC-BY-4.0",
            "date": "2026-06-25",
            "pack": "Toolkit",
        },
        {
            "link": "https://video.example.org/keynote",
            "title": "Keynote, recorded",
            "kind": "recording",
            "languages": languages[0],
            "licence": "CC-BY-4.0",
            "pack": "Toolkit",
        },
    ]
    out = io.StringIO()
    writer = csv.DictWriter(out, headings, restval="")
    writer.writeheader()
    writer.writerows(examples)
    return ("\ufeff" + out.getvalue()).encode()


def _english() -> list[str]:
    return [
        next(iter(names)) if name != "issued" else "date"
        for name, names in COLUMNS.items()
        if name not in ("file", "link", "title")
    ]
