"""What the conference leaves behind, for everyone to take home: packs, their pages, their files, and each pack as a zip."""

from __future__ import annotations

from typing import Any

from litestar import Controller, HttpMethod, get, route
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response, Template

from conference import clock, dates
from conference.downloads import file_response
from conference.errors import Forbidden
from conference.i18n import _, language_name
from conference.markup import summary
from conference.storage import Storage
from conference.tables import Conference, RegistrationState
from conference.viewer import Viewer
from conference.web import AnyRequest
from sessions.controllers.citation_file import citation_file
from sessions.controllers.pack_download import pack_as_zip
from sessions.controllers.pack_public import open_pack, pack_gate, pack_linkset, pack_page
from sessions.controllers.resource_gone import gone_page
from sessions.controllers.visits import IN_CONFERENCE, Visit, not_here, visit
from sessions.packs.pack_views import may_show_inline, slow_line_words
from sessions.packs.queries import PackSummary, pack_by_code, pack_items, published_packs
from sessions.packs.reading.afterlife import NoLonger, afterlife_of
from sessions.packs.reading.pack_page import filters_of, shown_of
from sessions.packs.resource_words import kind_name
from sessions.packs.showing import is_embargoed, is_out, may_open
from sessions.packs.tables import PackAccess, ResourcePack
from sessions.packs.tombstones import gone_or_never

ZIP = ".zip"
FILES: dict[str, Any] = {
    "http_method": [HttpMethod.GET, HttpMethod.HEAD],
    # A download sets no cookie, and its answer is nobody's form.
    "opt": {"exclude_from_csrf": True},
}


class ResourcesController(Controller):
    path = "/{slug:str}/resources"
    dependencies = IN_CONFERENCE

    @get("/", name="resources:list")
    async def show(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Template:
        visited = await visit(request, conference)
        packs = await published_packs(conference.id, visited.layout.now)
        traits = [(pack.kinds, pack.languages) for pack in packs]
        asked = shown_of(request.query_params, traits)
        lines = [_line(visited, pack) for pack in packs if asked.has(pack.kinds, pack.languages)]
        return visited.page(
            "sessions/resources.html",
            asked=asked.query(),
            filters=filters_of(asked, traits, f"{visited.home}/resources", visited.language),
            whole=[line for line in lines if not line["session_url"]],
            by_session=_in_programme_order(visited, [line for line in lines if line["session_url"]]),
            has_registered=any(not pack.is_public for pack in packs),
            is_open=conference.registration_state == RegistrationState.OPEN,
        )

    @route("/{pack:str}", name="resources:pack", **FILES)
    async def pack(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        viewer: NamedDependency[Viewer],
        pack: FromPath[str],
    ) -> Response[Any]:
        is_zip = pack.endswith(ZIP)
        visited = await visit(request, conference)
        try:
            row = await _open(conference, viewer, pack.removesuffix(ZIP))
        except NoLonger as refusal:
            if is_zip:
                raise
            return await gone_page(request, refusal.gone)
        if not may_open(row.access, viewer, conference.id):
            return pack_gate(visited, row)
        if is_zip:
            _check_embargo(row, viewer)
            return await pack_as_zip(request, conference, row)
        return pack_page(await open_pack(visited, row), viewer)

    @get(
        ["/{pack:str}/cite.bib", "/{pack:str}/cite.ris", "/{pack:str}/cite.json", "/{pack:str}/cite.txt"],
        name="resources:pack-cite",
        opt={"exclude_from_csrf": True},
    )
    async def cite(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        viewer: NamedDependency[Viewer],
        pack: FromPath[str],
    ) -> Response[Any]:
        row = await _open(conference, viewer, pack)
        visited = await visit(request, conference)
        if not may_open(row.access, viewer, conference.id):
            return pack_gate(visited, row)
        found = await open_pack(visited, row)
        return citation_file(found.work, request.url.path.rpartition(".")[2], found.headers)

    @get("/{pack:str}/linkset.json", name="resources:pack-linkset", opt={"exclude_from_csrf": True})
    async def linkset(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        viewer: NamedDependency[Viewer],
        pack: FromPath[str],
    ) -> Response[Any]:
        row = await _open(conference, viewer, pack)
        visited = await visit(request, conference)
        if not may_open(row.access, viewer, conference.id):
            return pack_gate(visited, row)
        return pack_linkset(await open_pack(visited, row))

    @route("/{pack:str}/{resource:str}", name="resources:file", **FILES)
    async def file(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        viewer: NamedDependency[Viewer],
        pack: FromPath[str],
        resource: FromPath[str],
    ) -> Response[Any]:
        row = await _open(conference, viewer, pack)
        if not may_open(row.access, viewer, conference.id):
            return pack_gate(await visit(request, conference), row)
        _check_embargo(row, viewer)
        item = next((item for item in await pack_items(row.id) if item.code == resource), None)
        if item is None or item.file is None:
            raise await gone_or_never(resource) or not_here(_("There is no such file in this pack."))
        is_shown = "show" in request.query_params and may_show_inline(item.file.media_type)
        return await file_response(
            request,
            _storage(request),
            key=item.file.key,
            size=item.file.size,
            etag=item.file.etag,
            media_type=item.file.media_type,
            filename=item.file.filename,
            inline=is_shown,
        )


def _storage(request: AnyRequest) -> Storage:
    storage: Storage = request.app.state.storage
    return storage


async def _open(conference: Conference, viewer: Viewer, code: str) -> ResourcePack:
    """The pack, if it is out; the team sees it before and after, too. Raises NotFound, and NoLonger where it was once."""
    pack = await pack_by_code(conference.id, code) if len(code) <= 12 and code.isalnum() else None
    if pack is not None and viewer.is_team(conference.id):
        return pack
    if pack is None or not _is_out(pack) or pack.access == PackAccess.TEAM:
        gone = await afterlife_of(code, None, clock.now())
        if gone is not None and gone.is_pack and gone.conference in (None, conference.id):
            raise gone.refusal()
        raise not_here(_("There is no resource pack at this address."))
    return pack


def _is_out(pack: ResourcePack) -> bool:
    return is_out(pack.state, pack.published_at, pack.expires_at, clock.now())


def _check_embargo(pack: ResourcePack, viewer: Viewer) -> None:
    """Refuse what may be named but not yet opened."""
    if is_embargoed(pack.embargo_until, clock.now()) and not viewer.is_team(pack.conference):
        raise Forbidden(_("What is in this pack cannot be opened yet."))


def _line(visited: Visit, pack: PackSummary) -> dict[str, Any]:
    """A pack in the list. A session is named only as it was published."""
    session = visited.programme.session_by_code.get(pack.session)
    return {
        "url": f"{visited.home}/resources/{pack.code}",
        "title": visited.layout.text(pack.title),
        "about": summary(visited.layout.text(pack.note)),
        "count": pack.resources,
        "size": dates.file_size_words(pack.octets, visited.language) if pack.octets else "",
        "wait": slow_line_words(pack.octets),
        "holds": ", ".join(kind_name(kind) for kind in pack.kinds),
        "languages": ", ".join(language_name(tag, visited.language) for tag in pack.languages),
        "is_public": pack.is_public,
        "session": pack.session,
        "session_title": visited.layout.text(session.title) if session else "",
        "session_url": f"{visited.home}/sessions/{pack.session}" if session else "",
    }


def _in_programme_order(visited: Visit, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The packs of sessions as the sessions took place."""
    order: dict[str, int] = {}
    for place, (session, _slot) in enumerate(visited.programme.placings):
        order.setdefault(session.code, place)
    return sorted(lines, key=lambda line: order.get(line["session"], len(order)))
