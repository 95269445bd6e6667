"""The desk's pages about what lies in a pack: files and links added, ordered and removed."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.utils.scope.state import ScopeState

from conference import clock, i18n
from conference.conferences import languages_of
from conference.errors import InvalidInput
from conference.filetypes import FileRefused
from conference.i18n import _, ngettext
from conference.storage import Storage, StorageFull, StorageUnavailable
from conference.uploads import UploadForm, receive
from conference.web import AnyRequest, see_other, settings_of, typed
from sessions.controllers.desk import AT_THE_DESK, Desk
from sessions.controllers.pack_pages import (
    PROGRAMME,
    UPLOAD,
    direction_of,
    pack_page_of,
    storage_of,
    the_pack,
)
from sessions.packs import resources
from sessions.packs.choices import offered_for, speakers_in, speakers_of
from sessions.packs.collecting.handing_in import accept_resource
from sessions.packs.held_packs import NotReady
from sessions.packs.resource_facts import FileDetails
from sessions.packs.resource_forms import FilesForm, ResourceForm
from sessions.packs.tables import PackState, ResourcePack


class PackItemsController(Controller):
    """What lies in a pack: files sent, links added, their order."""

    path = "/organise/{slug:str}/resources"
    dependencies = AT_THE_DESK
    guards = PROGRAMME

    @post("/{pack:str}/files", name="resources-desk:upload", status_code=303, opt=UPLOAD)
    async def upload(
        self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str]
    ) -> Template | Redirect:
        row, storage = await the_pack(desk, pack), storage_of(request)
        try:
            sent = await receive(request, storage, max_bytes=settings_of(request).max_upload_bytes)
        except (InvalidInput, StorageFull, StorageUnavailable) as refusal:
            blank = FilesForm({}, languages_of(desk.conference), {"file": refusal.message})
            return await _upload_page(request, desk, row, blank, refusal.http_status)
        speakers = await speakers_in(row.session) if row.session else await speakers_of(desk.conference.id)
        form = FilesForm.from_post(sent.fields, languages_of(desk.conference), speakers=speakers)
        form.errors |= sent.errors
        if not sent.files and "file" not in form.errors:
            form.errors["file"] = _("Please choose at least one file.")
        if row.state == PackState.PUBLISHED and form.details and not form.details.licence:
            form.errors["licence"] = _("This pack is published, so its files need a licence.")
        if form.details is None or form.errors:
            await sent.discard(storage)
            return await _upload_page(request, desk, row, form, 422)
        return await _keep(request, desk, row, form, form.details, sent, storage)

    @get(["/{pack:str}/files", "/{pack:str}/links"], name="resources-desk:back")
    async def back(self, desk: NamedDependency[Desk], pack: FromPath[str]) -> Redirect:
        """Where a failed form leaves the browser's address; changing the zone there asks for the page again."""
        return Redirect(desk.path("resources", pack), status_code=303)

    @post("/{pack:str}/links", name="resources-desk:link", status_code=303)
    async def link(
        self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str]
    ) -> Template | Redirect:
        row = await the_pack(desk, pack)
        offered = await offered_for(desk.conference, None, i18n.current_language())
        form = ResourceForm.from_post(
            await typed(request), languages_of(desk.conference), is_link=True, offered=offered
        )
        if form.asks_for_rows:
            return await pack_page_of(request, desk, row, link=form)
        if form.facts is not None:
            try:
                await resources.add_link(
                    desk.conference, pack, form.facts, actor=desk.organiser, now=clock.now()
                )
            except NotReady as refusal:
                form.errors["licence"] = refusal.message
            else:
                return see_other(desk.path("resources", pack), _("The link is added."))
        return await pack_page_of(request, desk, row, link=form, status=422)

    @post("/{pack:str}/item/{code:str}/accept", name="resources-desk:accept", status_code=303)
    async def accept(self, desk: NamedDependency[Desk], pack: FromPath[str], code: FromPath[str]) -> Redirect:
        page = desk.path("resources", pack)
        try:
            await accept_resource(desk.conference, pack, code, actor=desk.organiser, now=clock.now())
        except NotReady as refusal:
            return see_other(page, refusal.message, kind="error")
        return see_other(page, _("It is accepted, and seen wherever its packs are out."))

    @post("/{pack:str}/item/{code:str}/move", name="resources-desk:move-item", status_code=303)
    async def move_item(
        self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str], code: FromPath[str]
    ) -> Redirect:
        to = direction_of(await typed(request))
        await resources.move_resource(desk.conference, pack, code, to, actor=desk.organiser, now=clock.now())
        return see_other(desk.path("resources", pack))

    @post("/{pack:str}/item/{code:str}/remove", name="resources-desk:remove-item", status_code=303)
    async def remove_item(
        self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str], code: FromPath[str]
    ) -> Redirect:
        await resources.remove_resource(
            desk.conference,
            pack,
            code,
            storage=storage_of(request),
            actor=desk.organiser,
            now=clock.now(),
        )
        return see_other(desk.path("resources", pack), _("The resource is removed."))


async def _keep(
    request: AnyRequest,
    desk: Desk,
    pack: ResourcePack,
    form: FilesForm,
    details: FileDetails,
    sent: UploadForm,
    storage: Storage,
) -> Template | Redirect:
    try:
        made = await resources.add_files(
            desk.conference,
            pack.code,
            details,
            sent,
            storage=storage,
            actor=desk.organiser,
            now=clock.now(),
        )
    except (NotReady, FileRefused) as refusal:
        form.errors["licence" if isinstance(refusal, NotReady) else "file"] = refusal.message
        return await _upload_page(request, desk, pack, form, 422)
    told = ngettext("One file is added.", "%(count)s files are added.", len(made)) % {"count": len(made)}
    return see_other(desk.path("resources", pack.code), told)


async def _upload_page(
    request: AnyRequest, desk: Desk, pack: ResourcePack, form: FilesForm, status: int
) -> Template:
    # The middleware, which would have put it there, did not see this request.
    config = request.app.csrf_config
    if config is not None:
        ScopeState.from_scope(request.scope).csrf_token = request.cookies.get(config.cookie_name, "")
    return await pack_page_of(request, desk, pack, files=form, status=status)
