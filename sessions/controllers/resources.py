"""What the conference leaves behind, for everyone to take home: packs, their pages, their files, and each pack as a zip."""

from __future__ import annotations

from typing import Any

from litestar import Controller, HttpMethod, get, route
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response, Template

from conference import clock, dates, texts
from conference.downloads import file_response
from conference.errors import Forbidden
from conference.i18n import _
from conference.markup import summary, to_html
from conference.storage import Storage
from conference.tables import Conference, RegistrationState
from conference.viewer import Viewer
from conference.web import AnyRequest
from sessions.controllers.pack_download import pack_as_zip
from sessions.controllers.resource_gone import gone_page
from sessions.controllers.visits import IN_CONFERENCE, PRIVATE, Visit, not_here, visit
from sessions.packs.afterlife import NoLonger, afterlife_of
from sessions.packs.pack_views import ItemView, files_of, item_view, may_show_inline
from sessions.packs.queries import PackedResource, PackSummary, pack_by_code, pack_items, published_packs
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
        shown = [_line(visited, pack) for pack in packs]
        return visited.page(
            "sessions/resources.html",
            whole=[line for line in shown if not line["session_url"]],
            by_session=_in_programme_order(visited, [line for line in shown if line["session_url"]]),
            has_registered=any(not pack.is_public for pack in packs),
            is_open=conference.registration_state == RegistrationState.OPEN,
        )

    @route("/{pack:str}", name="resources:pack", **FILES)
    async def pack_page(
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
            return _gate(visited, row)
        if is_zip:
            _check_embargo(row, viewer)
            return await pack_as_zip(request, conference, row)
        return _pack_page(visited, row, await pack_items(row.id))

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
            return _gate(await visit(request, conference), row)
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


def _session_of(visited: Visit, pack: ResourcePack) -> tuple[str, str]:
    """The title and address of the pack's session as published; empty for none."""
    session = next((one for one in visited.programme.sessions if one.id == pack.session), None)
    if session is None:
        return "", ""
    return visited.layout.text(session.title), f"{visited.home}/sessions/{session.code}"


def _pack_page(visited: Visit, pack: ResourcePack, items: list[PackedResource]) -> Template:
    home = f"{visited.home}/resources/{pack.code}"
    views = [
        item_view(item, home, language=visited.language, languages=visited.facts.languages) for item in items
    ]
    files = files_of(items)
    octets = sum(file.size for _item, file in files)
    context = _common(visited, pack)
    context |= {
        "items": views,
        "players": _players(views),
        "zip_url": f"{home}{ZIP}?lang={visited.language}" if items else "",
        "total": dates.file_size_words(octets, visited.language),
        "licences": sorted(
            {view.licence.code: view.licence for view in views if view.licence}.values(),
            key=lambda one: one.code,
        ),
        "changed": dates.long_day(
            dates.local_date(pack.changed_at, visited.conference.zone), visited.language
        ),
        "is_published": _is_out(pack),
    }
    if pack.access == PackAccess.PUBLIC and _is_out(pack):
        now = visited.layout.now
        ahead = [at for at in (pack.embargo_until, pack.expires_at) if at is not None and at > now]
        kept = (min(ahead) - now).total_seconds() if ahead else None
        return visited.page("sessions/pack.html", kept=kept, **context)
    return visited.own_page("sessions/pack.html", headers=PRIVATE, **context)


def _players(views: list[ItemView]) -> dict[str, list[ItemView]]:
    """For each recording that can be played in the page, by code, its captions: those of the pack when it is the only one."""
    recordings = [view for view in views if view.media]
    captions = [view for view in views if view.media_type == "text/vtt"]
    return {view.code: captions if len(recordings) == 1 else [] for view in recordings}


def _gate(visited: Visit, pack: ResourcePack) -> Template:
    """403: the pack is there, and how to get in. What is inside is not told."""
    return visited.own_page(
        "sessions/pack_gate.html",
        status=403,
        headers=PRIVATE,
        is_open=visited.conference.registration_state == RegistrationState.OPEN,
        **_common(visited, pack),
    )


def _common(visited: Visit, pack: ResourcePack) -> dict[str, Any]:
    title, title_language = texts.pick_with_language(pack.title, visited.language, visited.facts.languages)
    note = visited.layout.text(texts.decode(pack.note))
    session_title, session_url = _session_of(visited, pack)
    return {
        "title": title,
        "title_language": title_language if title_language != visited.language else "",
        "note_html": to_html(note),
        "summary": summary(note),
        "session_title": session_title,
        "session_url": session_url,
        "is_public": pack.access == PackAccess.PUBLIC,
    }
