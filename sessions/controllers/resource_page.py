"""A resource at its own address, for ever: the page, its file, preview, chapters, citations and signposts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Controller, get, route
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from conference import clock, dates
from conference.downloads import file_response
from conference.errors import Forbidden
from conference.filetypes import FileRefused
from conference.i18n import _
from conference.markup import summary
from conference.pagecache import SHARED
from conference.storage import Storage
from conference.tables import Conference, RegistrationState
from conference.viewer import NOBODY, Viewer
from conference.web import AnyRequest, settings_of
from sessions.controllers.citation_file import citation_file
from sessions.controllers.pack_public import moment_words
from sessions.controllers.resource_gone import gone_page
from sessions.controllers.resources import FILES
from sessions.controllers.visits import PRIVATE, Visit, not_here, visit
from sessions.packs.collecting.captions import read_captions
from sessions.packs.describing.citations import work_of
from sessions.packs.describing.dublin_core import statements
from sessions.packs.describing.records import record_of, silent_since, versions_of, with_loose_captions
from sessions.packs.describing.resource_data import resource_data
from sessions.packs.describing.resource_meta import coins, dublin_core_tags, highwire
from sessions.packs.describing.resource_record import ResourceRecord
from sessions.packs.describing.signposting import (
    LINKSET,
    Item,
    Signpost,
    link_header,
    linkset,
    schema_type,
    signposts,
)
from sessions.packs.describing.standing import Stand, Standing, packs_out, stand_of
from sessions.packs.pack_views import may_show_inline
from sessions.packs.reading.afterlife import Afterlife, afterlife_of
from sessions.packs.reading.previews import MEDIA_TYPE
from sessions.packs.reading.resource_page import (
    chapters_vtt,
    resource_view,
    spoken_views,
    version_views,
    with_kin_known_to,
)
from sessions.packs.reading.spoken import Paragraph, paragraphs
from sessions.packs.resource_words import kind_name
from sessions.packs.tables import PackAccess, ResourcePack
from sessions.programme.structured_data import as_script

_MOST_SPOKEN = 1_000_000  # octets of captions that are shown as text


@dataclass(frozen=True)
class _Found:
    """A resource, how it stands for the asker, and whether it does so for everyone."""

    record: ResourceRecord
    stand: Stand
    is_shared: bool

    @property
    def is_open(self) -> bool:
        return self.stand.standing == Standing.OPEN

    @property
    def headers(self) -> dict[str, str]:
        """Of what may be cached as the same for everyone, or else by nobody."""
        return {SHARED: self.record.host.slug} if self.is_shared else dict(PRIVATE)


class ResourcePageController(Controller):
    path = "/resources/{code:str}"

    @get("/", name="resources:one")
    async def show(
        self, request: AnyRequest, viewer: NamedDependency[Viewer], code: FromPath[str]
    ) -> Response[Any]:
        found = await _find(request, code, viewer, has_kin=True)
        if not isinstance(found, _Found):
            return await _elsewhere(request, viewer, code, found)
        conference = await Conference.objects().get(Conference.id == found.record.host.id)
        if conference is None:
            raise not_here()
        visited = await visit(request, conference)
        if found.stand.standing == Standing.CLOSED:
            return _gate(visited, found)
        return await _page(visited, found, viewer)

    @route("/file", name="resources:one-file", **FILES)
    async def file(
        self, request: AnyRequest, viewer: NamedDependency[Viewer], code: FromPath[str]
    ) -> Response[Any]:
        found = await _opened(request, code, viewer)
        file = found.record.file
        if file is None:
            raise not_here(_("There is no file at this address, only a link."))
        is_shown = "show" in request.query_params and may_show_inline(file.media_type)
        answer = await file_response(
            request,
            _storage(request),
            key=file.key,
            size=file.size,
            etag=file.etag,
            media_type=file.media_type,
            filename=file.filename,
            inline=is_shown,
        )
        # FAIR Signposting: a file leads back to the page that says what it is.
        answer.headers["link"] = f'<{found.record.url}>; rel="collection"; type="text/html"'
        return answer

    @route("/preview.webp", name="resources:one-preview", **FILES)
    async def preview(
        self, request: AnyRequest, viewer: NamedDependency[Viewer], code: FromPath[str]
    ) -> Response[Any]:
        file = (await _opened(request, code, viewer)).record.file
        if file is None or file.preview is None:
            raise not_here()
        return await file_response(
            request,
            _storage(request),
            key=file.preview.key,
            size=file.preview.size,
            etag=file.preview.etag,
            media_type=MEDIA_TYPE,
            filename="preview.webp",
            inline=True,
        )

    @get("/chapters.vtt", name="resources:one-chapters", opt={"exclude_from_csrf": True})
    async def chapters(
        self, request: AnyRequest, viewer: NamedDependency[Viewer], code: FromPath[str]
    ) -> Response[str]:
        found = await _opened(request, code, viewer)
        if not found.record.chapters:
            raise not_here()
        headers = {**found.headers, "content-type": "text/vtt; charset=utf-8"}
        return Response(chapters_vtt(found.record), headers=headers)

    @get(
        ["/cite.bib", "/cite.ris", "/cite.json", "/cite.txt"],
        name="resources:one-cite",
        opt={"exclude_from_csrf": True},
    )
    async def cite(
        self, request: AnyRequest, viewer: NamedDependency[Viewer], code: FromPath[str]
    ) -> Response[bytes]:
        found = await _named(request, code, viewer)
        extension = request.url.path.rpartition(".")[2]
        return citation_file(work_of(found.record), extension, found.headers)

    @get("/linkset.json", name="resources:one-linkset", opt={"exclude_from_csrf": True})
    async def linkset(
        self, request: AnyRequest, viewer: NamedDependency[Viewer], code: FromPath[str]
    ) -> Response[str]:
        found = await _named(request, code, viewer)
        content = linkset(found.record.url, _signposts(found))
        return Response(content, headers={**found.headers, "content-type": LINKSET})


def _storage(request: AnyRequest) -> Storage:
    storage: Storage = request.app.state.storage
    return storage


async def _find(
    request: AnyRequest, code: str, viewer: Viewer, *, has_kin: bool = False
) -> _Found | Afterlife | None:
    """The resource with its standing for the asker; what became of it; None where nothing is or was. ``has_kin``: with captions
    that belong to it without anybody having said so."""
    now = clock.now()
    record = await record_of(code, base_url=settings_of(request).base_url)
    if record is not None:
        standing = stand_of(record, now, viewer)
        if standing.standing != Standing.HIDDEN:
            is_shared = stand_of(record, now, NOBODY).standing == Standing.OPEN
            if has_kin:
                record = await with_loose_captions(record)
            return _Found(
                with_kin_known_to(record, NOBODY if is_shared else viewer, now), standing, is_shared
            )
    return await afterlife_of(code, record, now)


async def _named(request: AnyRequest, code: str, viewer: Viewer) -> _Found:
    """The resource, if the asker may know what it is called. Raises NotFound, Gone, Forbidden."""
    found = await _find(request, code, viewer)
    if isinstance(found, Afterlife):
        raise found.refusal()
    if found is None:
        raise not_here(_("There is no resource at this address."))
    if found.stand.standing == Standing.CLOSED:
        raise Forbidden(_("This is not for everyone. Its own page says for whom."))
    return found


async def _opened(request: AnyRequest, code: str, viewer: Viewer) -> _Found:
    """The resource, if the asker may open it. Raises NotFound, Gone, Forbidden."""
    found = await _named(request, code, viewer)
    if not found.is_open:
        raise Forbidden(_("This cannot be opened yet."))
    return found


async def _elsewhere(request: AnyRequest, viewer: Viewer, code: str, gone: Afterlife | None) -> Response[Any]:
    """What stands at a code that no resource for the asker has: the way to a pack, a tombstone, nothing."""
    row = (
        await ResourcePack.select(ResourcePack.conference._.slug.as_alias("slug"))
        .where(ResourcePack.code == code)
        .first()
        if code.isascii() and code.isalnum() and len(code) <= 12
        else None
    )
    if row is not None:
        # The pack's own page knows who may see what.
        return Redirect(f"/{row['slug']}/resources/{code}", status_code=302)
    if gone is None:
        raise not_here(_("There is no resource at this address."))
    return await gone_page(request, gone)


def _signposts(found: _Found) -> list[Signpost]:
    record = found.record
    file = record.file if found.is_open else None
    items = [Item(f"{record.url}/file", file.media_type)] if file else []
    if found.is_open and record.link:
        items.append(Item(record.link))
    places = [f"{record.host.url}/resources/{pack.code}" for pack in packs_out(record.packs, clock.now())]
    return signposts(
        work_of(record),
        cite_url=f"{record.url}/cite",
        schema_type=schema_type(record.kind),
        items=items,
        collections=places,
    )


async def _page(visited: Visit, found: _Found, viewer: Viewer) -> Response[Any]:
    record, now, language = found.record, visited.layout.now, visited.language
    view = resource_view(record, home=visited.home, language=language, is_open=found.is_open, now=now)
    work = work_of(record)
    file_url = f"{record.url}/file" if view.file_url else ""
    start, asked = _asked_second(visited, record)
    session = visited.programme.session_by_code.get(record.session.code) if record.session else None
    people = list(dict.fromkeys(one.speaker for one in session.appearances)) if session else []
    speakers = [
        visited.programme.speaker_by_code[one] for one in people if one in visited.programme.speaker_by_code
    ]
    context: dict[str, Any] = {
        "view": view,
        "start": start,
        "spoken": spoken_views(await _spoken(visited.request, found), record),
        "silent": _day(visited, await silent_since(record.id)) if view.link_url else "",
        "summary": summary(view.description) or view.title,
        "session_title": visited.layout.text(session.title) if session else "",
        "session_url": f"{visited.home}/sessions/{session.code}" if session else "",
        "speakers": [(speaker.name, f"{visited.home}/speakers/{speaker.code}") for speaker in speakers],
        "versions": version_views(await versions_of(record.id), visited.zone, language),
        "opens": _moment(visited, found.stand),
        "is_shown": found.stand.pack is not None,
        "is_public": found.is_shared,
        "permalink_to": record.url,
        "meta": [
            *highwire(work, file_url=file_url, media_type=record.media_type),
            *dublin_core_tags(statements(record)),
        ],
        "coins": coins(work),
        "structured": as_script(
            resource_data(
                record,
                language,
                packs=packs_out(record.packs, now),
                file_url=file_url,
                preview_url=f"{settings_of(visited.request).base_url}{view.preview_url}"
                if view.preview_url
                else "",
                is_free=found.is_shared,
            )
        ),
    }
    if found.is_shared:
        answer = visited.page("sessions/resource.html", asked=asked, kept=_kept(record, visited), **context)
    else:
        answer = visited.own_page("sessions/resource.html", headers=PRIVATE, **context)
    answer.headers["link"] = link_header(_signposts(found), f"{record.url}/linkset.json")
    return answer


def _asked_second(visited: Visit, record: ResourceRecord) -> tuple[int, dict[str, str]]:
    """Where in the recording the address asks to begin, and what of it caches may go by: the beginnings of chapters alone, so
    that made-up addresses fill none."""
    typed = visited.request.query_params.get("t", "")
    if not typed.isascii() or not typed.isdigit() or len(typed) > 6:
        return 0, {}
    is_chapter = typed in {str(at) for at, _title in record.chapters}
    return int(typed), {"t": typed} if is_chapter else {}


async def _spoken(request: AnyRequest, found: _Found) -> list[Paragraph]:
    """What captions say, as text; nothing of any other resource."""
    file = found.record.file
    if file is None or not found.is_open or file.media_type != "text/vtt" or file.size > _MOST_SPOKEN:
        return []
    data = b"".join([chunk async for chunk in _storage(request).stream(file.key)])
    try:
        return paragraphs(read_captions(data, file.filename))
    except FileRefused:
        return []  # kept before captions were looked at: there is the file itself


def _day(visited: Visit, instant: datetime | None) -> str:
    if instant is None:
        return ""
    return dates.long_day(dates.local_date(instant, visited.zone), visited.language)


def _kept(record: ResourceRecord, visited: Visit) -> float | None:
    """For how many seconds the page stays true: until a pack it stands in opens or ends."""
    now = visited.layout.now
    moments = [
        at
        for pack in record.packs
        for at in (pack.published_at, pack.embargo_until, pack.expires_at)
        if at is not None and at > now
    ]
    return (min(moments) - now).total_seconds() if moments else None


def _moment(visited: Visit, standing: Stand) -> str:
    """When it can be opened, in words, on the reader's clock; "" where it can be now."""
    if standing.standing != Standing.LATER or standing.opens_at is None:
        return ""
    return moment_words(visited, standing.opens_at)


def _gate(visited: Visit, found: _Found) -> Response[Any]:
    """403: that something is there, of what kind, and for whom. What it is called is not told."""
    pack = found.stand.pack
    context = {
        "kind": kind_name(found.record.kind),
        "pack_title": visited.layout.text(pack.title) if pack else "",
        "pack_url": f"{visited.home}/resources/{pack.code}" if pack else "",
        "is_for_attended": pack is not None and pack.access == PackAccess.ATTENDED,
        "is_open": visited.conference.registration_state == RegistrationState.OPEN,
    }
    return visited.own_page("sessions/resource_gate.html", status=403, headers=PRIVATE, **context)
