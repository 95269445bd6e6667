"""The desk's forms for captions and chapters of a recording."""

from __future__ import annotations

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, i18n
from conference.conferences import languages_of
from conference.errors import InvalidInput, NotFound, StaleEdit
from conference.filetypes import FileRefused
from conference.forms import Typed, whole_number
from conference.i18n import _
from conference.storage import StorageFull, StorageUnavailable
from conference.web import AnyRequest, see_other, typed
from sessions.controllers.desk import AT_THE_DESK, Desk
from sessions.controllers.pack_pages import PROGRAMME, UPLOAD, received_file, storage_of
from sessions.controllers.resource_item import item_page, shown_item
from sessions.packs.collecting.captioning import add_captions, read_chapters_file, set_chapters
from sessions.packs.collecting.chapters import read_chapters
from sessions.packs.held_packs import NotReady
from sessions.packs.resource_forms import ResourceForm
from sessions.packs.resource_words import language_options


class ResourceCaptionsController(Controller):
    path = "/organise/{slug:str}/resources/{pack:str}/item/{code:str}"
    dependencies = AT_THE_DESK
    guards = PROGRAMME

    @post("/captions", name="resources-desk:captions", status_code=303, opt=UPLOAD)
    async def captions(
        self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str], code: FromPath[str]
    ) -> Redirect:
        await shown_item(desk, pack, code)
        page, storage = desk.path("resources", pack, "item", f"{code}#captions"), storage_of(request)
        try:
            sent = await received_file(request)
            known = language_options(languages_of(desk.conference), i18n.current_language())
            language = Typed(sent.fields).choice("language", [tag for tag, _name in known])
            if not language:
                await sent.discard(storage)
                return see_other(page, _("Please say in which language the captions are."), kind="error")
            await add_captions(
                desk.conference,
                code,
                sent,
                language,
                storage=storage,
                actor=desk.organiser,
                now=clock.now(),
            )
        except (InvalidInput, NotFound, NotReady, StorageFull, StorageUnavailable) as refusal:
            return see_other(page, refusal.message, kind="error")
        return see_other(page, _("The captions are added."))

    @post("/chapters", name="resources-desk:chapters", status_code=303)
    async def chapters(
        self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str], code: FromPath[str]
    ) -> Template | Redirect:
        shown, read = await shown_item(desk, pack, code), Typed(await typed(request))
        text = read.text("chapters", most=20_000)
        try:
            if read.errors:
                raise FileRefused(read.errors["chapters"], "chapters")
            await set_chapters(
                desk.conference,
                code,
                read_chapters(text),
                revision=whole_number(read.raw("revision")) or 0,
                actor=desk.organiser,
                now=clock.now(),
            )
        except (FileRefused, StaleEdit) as refusal:
            form = ResourceForm.of(shown.facts, languages_of(desk.conference), shown.item.revision)
            return await item_page(
                request,
                desk,
                shown,
                form,
                chapters=text,
                chapters_error=refusal.message,
                status=refusal.http_status,
            )
        return see_other(
            desk.path("resources", pack, "item", f"{code}#chapters"), _("The chapters are saved.")
        )

    @post("/chapters-file", name="resources-desk:chapters-file", status_code=303, opt=UPLOAD)
    async def chapters_file(
        self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str], code: FromPath[str]
    ) -> Redirect:
        shown = await shown_item(desk, pack, code)
        page = desk.path("resources", pack, "item", f"{code}#chapters")
        try:
            chapters = await read_chapters_file(await received_file(request), storage=storage_of(request))
            await set_chapters(
                desk.conference,
                code,
                chapters,
                revision=shown.item.revision,
                actor=desk.organiser,
                now=clock.now(),
            )
        except (InvalidInput, NotFound, StaleEdit, StorageFull, StorageUnavailable) as refusal:
            return see_other(page, refusal.message, kind="error")
        return see_other(page, _("The chapters are saved."))
