"""Resumable uploads at the desk: files for a pack, and next versions of what is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Controller, Response, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from conference import clock
from conference.conferences import languages_of
from conference.errors import NotFound
from conference.i18n import _
from conference.web import AnyRequest, see_other, typed
from sessions.controllers import tus_answers
from sessions.controllers.desk import AT_THE_DESK, Desk
from sessions.controllers.pack_pages import PROGRAMME, the_pack
from sessions.controllers.tus_answers import CREATE, HANDLERS, ROUTE, Sending
from sessions.packs.choices import speakers_in, speakers_of
from sessions.packs.collecting.uploads import Sender, Target, discard_upload, upload_of
from sessions.packs.queries import pack_by_code
from sessions.packs.resource_facts import FileDetails
from sessions.packs.resource_forms import FilesForm
from sessions.packs.tables import PackState, Resource, ResourcePack


class UploadsDeskController(Controller):
    path = "/organise/{slug:str}/uploads"
    dependencies = AT_THE_DESK
    guards = PROGRAMME
    exception_handlers = HANDLERS

    @route("/", name="uploads-desk:create", **CREATE)
    async def create(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Response[Any]:
        return await tus_answers.create(_sending(request, desk), _finder(desk))

    @post("/begin", name="uploads-desk:begin")
    async def begin(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Response[dict[str, Any]]:
        fields = await typed(request)
        details, errors = await _details(desk, fields)
        return await tus_answers.begin(_sending(request, desk), _finder(desk), details, errors, fields)

    @post("/done", name="uploads-desk:done", status_code=303)
    async def done(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Redirect:
        return tus_answers.done(await typed(request), desk.path("resources"))

    @route("/{code:str}", name="uploads-desk:upload", **ROUTE)
    async def upload(
        self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]
    ) -> Response[Any]:
        return await tus_answers.answer(_sending(request, desk), code)

    @post("/{code:str}/finish", name="uploads-desk:finish")
    async def finish(
        self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]
    ) -> Response[dict[str, Any]]:
        return await tus_answers.finish(_sending(request, desk), code)

    @post("/{code:str}/discard", name="uploads-desk:discard", status_code=303)
    async def discard(
        self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]
    ) -> Redirect:
        sending = _sending(request, desk)
        upload = await upload_of(sending.sender, code, clock.now())
        pack = await ResourcePack.objects().where(ResourcePack.id == (upload.pack or 0)).first()
        await discard_upload(upload, storage=sending.storage)
        page = desk.path("resources", pack.code) if pack else desk.path("resources")
        return see_other(page, _("The upload is discarded."))


def _sending(request: AnyRequest, desk: Desk) -> Sending:
    return Sending(request, Sender(desk.conference, organiser=desk.organiser), desk.path("uploads"))


def _finder(desk: Desk) -> tus_answers.FindTarget:
    async def find(fields: Mapping[str, str]) -> Target:
        if code := fields.get("replaces", ""):
            resource = (
                await Resource.objects()
                .where((Resource.conference == desk.conference.id) & (Resource.code == code[:12]))
                .first()
            )
            if resource is None or resource.url:
                raise NotFound(_("There is no such file to replace."))
            return Target(session=resource.session, replaces=resource.id)
        pack = await the_pack(desk, fields.get("pack", "")[:12])
        return Target(session=pack.session, pack=pack.id)

    return find


async def _details(desk: Desk, fields: dict[str, str]) -> tuple[FileDetails | None, dict[str, str]]:
    """What the page's form says of the files, and what is wrong with it. A new version keeps what is said of the old one."""
    if fields.get("replaces"):
        return FileDetails(), {}
    pack = await pack_by_code(desk.conference.id, fields.get("pack", "")[:12])
    speakers = (
        await speakers_in(pack.session) if pack and pack.session else await speakers_of(desk.conference.id)
    )
    form = FilesForm.from_post(fields, languages_of(desk.conference), speakers=speakers)
    if pack and pack.state == PackState.PUBLISHED and form.details and not form.details.licence:
        form.errors["licence"] = _("This pack is published, so its files need a licence.")
    return form.details, form.errors
