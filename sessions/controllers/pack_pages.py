"""What the desk's pages about packs and about what lies in them share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar.response import Template

from conference import clock, dates, i18n, texts
from conference.conferences import languages_of
from conference.errors import InvalidInput, NotFound
from conference.filetypes import ACCEPT
from conference.guards import requires
from conference.i18n import _
from conference.storage import Storage
from conference.team import Permission
from conference.texts import LocalText
from conference.uploads import UploadForm, receive
from conference.web import AnyRequest, reader_zone, settings_of
from sessions.controllers.desk import Desk
from sessions.packs.choices import offered_for, speakers_in
from sessions.packs.collecting.link_checks import dead_links
from sessions.packs.collecting.upload_views import upload_views, upload_words
from sessions.packs.collecting.uploads import Sender, unfinished_uploads
from sessions.packs.composing import by_session, placeable_in
from sessions.packs.held_packs import Direction
from sessions.packs.pack_dates import PackDates, date_rows, standing_words, telling_words
from sessions.packs.pack_views import item_view
from sessions.packs.queries import pack_by_code, pack_items
from sessions.packs.resource_forms import FilesForm, Offered, ResourceForm
from sessions.packs.resource_words import (
    access_name,
    accessibility_options,
    kind_name,
    kind_options,
    language_options,
    licence_options,
    role_options,
)
from sessions.packs.tables import PackState, ResourcePack
from sessions.tables import Session

PROGRAMME = [requires(Permission.PROGRAMME)]
# The token is checked by uploads.receive itself: Litestar's middleware would read the whole upload into memory.
UPLOAD = {"exclude_from_csrf": True}


@dataclass(frozen=True)
class SessionChoice:
    """A session that a pack may belong to."""

    id: int
    code: str
    title: LocalText


def storage_of(request: AnyRequest) -> Storage:
    """The store of uploaded files."""
    storage: Storage = request.app.state.storage
    return storage


async def received_file(request: AnyRequest) -> UploadForm:
    """A posted form with its file in the store. Raises InvalidInput where there is none, StorageFull, StorageUnavailable."""
    sent = await receive(request, storage_of(request), max_bytes=settings_of(request).max_upload_bytes)
    if not sent.files:
        raise InvalidInput(sent.errors.get("file") or _("Please choose a file first."))
    return sent


async def the_pack(desk: Desk, code: str) -> ResourcePack:
    """The pack of this code. Raises NotFound."""
    pack = await pack_by_code(desk.conference.id, code)
    if pack is None:
        raise NotFound(_("There is no such resource pack."))
    return pack


async def session_choices(desk: Desk) -> list[SessionChoice]:
    """The conference's sessions by title."""
    rows = await Session.select(Session.id, Session.code, Session.title).where(
        Session.conference == desk.conference.id
    )
    language = i18n.current_language()
    found = [SessionChoice(row["id"], row["code"], texts.decode(row["title"])) for row in rows]
    return sorted(found, key=lambda choice: texts.pick(choice.title, language).casefold())


async def pack_page_of(
    request: AnyRequest,
    desk: Desk,
    pack: ResourcePack,
    *,
    files: FilesForm | None = None,
    link: ResourceForm | None = None,
    status: int = 200,
) -> Template:
    """The pack's page. ``files`` or ``link`` is the form that failed; the rest of the page is as ever."""
    language, languages = i18n.current_language(), languages_of(desk.conference)
    home = f"/{desk.conference.slug}/resources/{pack.code}"
    items = await pack_items(pack.id, for_team=True)
    views = [item_view(item, home, language=language, languages=languages) for item in items]
    limit = settings_of(request).max_upload_bytes
    dead = await dead_links([item.id for item in items if item.url])
    sender = Sender(desk.conference, organiser=desk.organiser)
    on_the_way = await unfinished_uploads(sender, clock.now(), pack=pack.id)
    people = await speakers_in(pack.session) if pack.session else []
    placeable = await placeable_in(pack, language, languages)
    told = PackDates(pack.state, pack.published_at, pack.embargo_until, pack.expires_at)
    return desk.page(
        request,
        "resources_pack.html",
        "resources",
        pack=pack,
        title=texts.pick(pack.title, language, languages),
        session_title=next((c.title for c in await session_choices(desk) if c.id == pack.session), None),
        is_published=pack.state == PackState.PUBLISHED,
        is_ready=bool(items) and all(item.licence for item in items),
        items=views,
        total=dates.file_size_words(sum(item.file.size for item in items if item.file), language),
        access=access_name(pack.access),
        standing=standing_words(told, clock.now(), desk.conference.zone, language),
        date_rows=date_rows(told, desk.conference.zone, language),
        telling=telling_words(pack.state, pack.access, pack.announced_at, desk.conference.zone, language),
        notes={
            item.code: texts.pick(item.note, language, languages) for item in items if any(item.note.values())
        },
        dead={
            item.code: dates.long_day(dates.local_date(dead[item.id], desk.conference.zone), language)
            for item in items
            if item.id in dead
        },
        placeable=by_session(placeable, request.query_params.get("there", "")[:200]),
        placeable_count=len(placeable),
        there=request.query_params.get("there", "")[:200],
        kind_name=kind_name,
        files=files or FilesForm({f"by_{one.code}": "yes" for one in people}, languages),
        people=[(one.code, one.name) for one in people],
        link=link or ResourceForm({}, languages),
        public_url=home,
        accept=ACCEPT,
        unfinished=upload_views(on_the_way, reader_zone(request, desk.conference.zone)[0]),
        uploads_url=desk.path("uploads"),
        upload_words=upload_words(),
        most_words=dates.file_size_words(limit, language),
        pack_url=desk.path("resources", pack.code),
        status=status,
        **field_choices(desk, await offered_for(desk.conference, None, language)),
    )


def field_choices(desk: Desk, offered: Offered) -> dict[str, Any]:
    """What the fields of files and links alike offer."""
    return {
        "offered": offered,
        "role_options": role_options(),
        "accessibility_options": accessibility_options(),
        "kind_options": kind_options(),
        "licence_options": licence_options(),
        "licence_names": [(code, name) for code, name, _means in licence_options()],
        "language_options": language_options(languages_of(desk.conference), i18n.current_language()),
    }


def direction_of(values: Mapping[str, str]) -> Direction:
    """Which way something is to be moved."""
    return "down" if values.get("to") == "down" else "up"


def in_all_languages(text: LocalText) -> str:
    """The text in every language it has, for comparing two versions."""
    return "\n".join(text[code] for code in sorted(text))
