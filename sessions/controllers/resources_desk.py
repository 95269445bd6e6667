"""The desk's pages about resource packs: putting one together, filling it with files and links, publishing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.utils.scope.state import ScopeState

from conference import clock, dates, i18n, texts
from conference.conferences import languages_of
from conference.errors import InvalidInput, NotFound, StaleEdit
from conference.filetypes import ACCEPT
from conference.forms import whole_number
from conference.guards import requires
from conference.i18n import _, ngettext
from conference.storage import Storage, StorageFull, StorageUnavailable
from conference.team import Permission
from conference.texts import LocalText
from conference.uploads import UploadForm, receive
from conference.web import AnyRequest, see_other, settings_of, typed
from sessions import resource_facts, resource_packs, resources
from sessions.controllers.desk import AT_THE_DESK, Desk
from sessions.desk_words import differences
from sessions.held_packs import Direction, NotReady
from sessions.licences import LICENCES
from sessions.packs import item_view, kind_name
from sessions.queries import PackItem, all_packs, latest_programme, pack_by_code, pack_items
from sessions.resource_facts import FileDetails, PackFacts, ResourceFacts
from sessions.resource_forms import (
    FilesForm,
    PackForm,
    ResourceForm,
    access_options,
    kind_options,
    language_options,
    licence_options,
)
from sessions.tables import PackState, ResourcePack, Session

PROGRAMME = [requires(Permission.PROGRAMME)]
# The token is checked by uploads.receive itself: Litestar's middleware would read the whole upload into memory.
UPLOAD = {"exclude_from_csrf": True}


@dataclass(frozen=True)
class SessionChoice:
    """A session that a pack may belong to."""

    id: int
    code: str
    title: LocalText


@dataclass(frozen=True)
class Shown:
    """What of the pack's page a failed form brings back; the rest of the page is as ever."""

    files: FilesForm
    link: ResourceForm
    status: int = 200


class ResourcesDeskController(Controller):
    path = "/organise/{slug:str}/resources"
    dependencies = AT_THE_DESK
    guards = PROGRAMME

    @get("/", name="resources-desk:list")
    async def show(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template:
        packs = await all_packs(desk.conference.id)
        language = i18n.current_language()
        taken = {pack.session for pack in packs}
        programme = await latest_programme(desk.conference)
        released = programme.session_by_code if programme else {}
        return desk.page(
            request,
            "resources.html",
            "resources",
            packs=[(pack, dates.file_size_words(pack.octets, language)) for pack in packs],
            without=[
                choice
                for choice in await _sessions(desk)
                if choice.code in released and choice.code not in taken
            ],
        )

    @get("/new", name="resources-desk:new")
    async def new(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template:
        code = request.query_params.get("session", "")
        chosen = next((choice for choice in await _sessions(desk) if choice.code == code), None)
        form = PackForm.blank(chosen.code, chosen.title) if chosen else PackForm.blank()
        return await _pack_form(request, desk, form)

    @post("/new", name="resources-desk:create", status_code=303)
    async def create(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template | Redirect:
        form = await _read_pack(request, desk)
        if form.facts is None:
            return await _pack_form(request, desk, form, status=422)
        pack = await resource_packs.create_pack(
            desk.conference, form.facts, actor=desk.organiser, now=clock.now()
        )
        return see_other(desk.path("resources", pack.code), _("The pack is made. Now put something into it."))

    @get("/{pack:str}", name="resources-desk:pack")
    async def pack_page(
        self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str]
    ) -> Template:
        return await _pack_page(request, desk, await _pack(desk, pack))

    @get("/{pack:str}/edit", name="resources-desk:edit")
    async def edit(self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str]) -> Template:
        row = await _pack(desk, pack)
        form = PackForm.from_row(row, await _session_code(desk, row))
        return await _pack_form(request, desk, form, row)

    @post("/{pack:str}/edit", name="resources-desk:change", status_code=303)
    async def change(
        self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str]
    ) -> Template | Redirect:
        row, form = await _pack(desk, pack), await _read_pack(request, desk)
        if form.facts is None or "edit" in form.values.get("do", ""):
            return await _pack_form(request, desk, form, row, status=422 if form.errors else 200)
        try:
            await resource_packs.change_pack(
                desk.conference,
                pack,
                form.facts,
                revision=_revision(form.values),
                actor=desk.organiser,
                now=clock.now(),
            )
        except StaleEdit as stale:
            row = await _pack(desk, pack)
            names = {choice.id: texts.pick(choice.title, "") for choice in await _sessions(desk)}
            theirs = resource_facts.pack_facts(row)
            return desk.stale_page(
                request,
                "resources",
                action=desk.path("resources", pack, "edit"),
                back=desk.path("resources", pack, "edit"),
                kept=_kept(form.values),
                revision_field="revision",
                revision=row.revision,
                differences=differences(_pack_words(form.facts, names), _pack_words(theirs, names)),
                message=stale.message,
            )
        return see_other(desk.path("resources", pack), _("The pack is saved."))

    @post("/{pack:str}/publish", name="resources-desk:publish", status_code=303)
    async def publish(self, desk: NamedDependency[Desk], pack: FromPath[str]) -> Redirect:
        try:
            await resource_packs.publish_pack(desk.conference, pack, actor=desk.organiser, now=clock.now())
        except NotReady as refusal:
            return see_other(desk.path("resources", pack), refusal.message, kind="error")
        return see_other(desk.path("resources", pack), _("The pack is published."))

    @post("/{pack:str}/unpublish", name="resources-desk:unpublish", status_code=303)
    async def unpublish(self, desk: NamedDependency[Desk], pack: FromPath[str]) -> Redirect:
        await resource_packs.unpublish_pack(desk.conference, pack, actor=desk.organiser, now=clock.now())
        return see_other(desk.path("resources", pack), _("The pack is no longer published."))

    @post("/{pack:str}/licence", name="resources-desk:licence", status_code=303)
    async def licence(
        self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str]
    ) -> Redirect:
        chosen = (await typed(request)).get("licence", "")
        if chosen not in LICENCES:
            refusal = _("Please choose a licence first.")
            return see_other(desk.path("resources", pack), refusal, kind="error")
        await resource_packs.license_rest(
            desk.conference, pack, chosen, actor=desk.organiser, now=clock.now()
        )
        return see_other(desk.path("resources", pack), _("All of them have a licence now."))

    @post("/{pack:str}/move", name="resources-desk:move", status_code=303)
    async def move(self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str]) -> Redirect:
        to = _direction(await typed(request))
        await resource_packs.move_pack(desk.conference, pack, to, actor=desk.organiser, now=clock.now())
        return see_other(desk.path("resources"))

    @post("/{pack:str}/remove", name="resources-desk:remove", status_code=303)
    async def remove(self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str]) -> Redirect:
        await resource_packs.remove_pack(
            desk.conference, pack, storage=storage_of(request), actor=desk.organiser, now=clock.now()
        )
        return see_other(desk.path("resources"), _("The pack and everything in it is removed."))

    @post("/{pack:str}/files", name="resources-desk:upload", status_code=303, opt=UPLOAD)
    async def upload(
        self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str]
    ) -> Template | Redirect:
        row, storage = await _pack(desk, pack), storage_of(request)
        try:
            sent = await receive(request, storage, max_bytes=settings_of(request).max_upload_bytes)
        except (InvalidInput, StorageFull, StorageUnavailable) as refusal:
            blank = FilesForm({}, {"file": refusal.message})
            return await _upload_page(request, desk, row, blank, refusal.http_status)
        form = FilesForm.from_post(sent.fields, languages_of(desk.conference))
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
        row = await _pack(desk, pack)
        form = ResourceForm.from_post(await typed(request), languages_of(desk.conference), is_link=True)
        if form.facts is not None:
            try:
                await resources.add_link(
                    desk.conference, pack, form.facts, actor=desk.organiser, now=clock.now()
                )
            except NotReady as refusal:
                form.errors["licence"] = refusal.message
            else:
                return see_other(desk.path("resources", pack), _("The link is added."))
        shown = Shown(FilesForm({}), form, status=422)
        return await _pack_page(request, desk, row, shown)

    @get("/{pack:str}/item/{code:str}", name="resources-desk:item")
    async def item(
        self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str], code: FromPath[str]
    ) -> Template:
        row = await _pack(desk, pack)
        item = await _item(row, code)
        return _item_form(request, desk, row, item, ResourceForm.from_item(item))

    @post("/{pack:str}/item/{code:str}", name="resources-desk:change-item", status_code=303)
    async def change_item(
        self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str], code: FromPath[str]
    ) -> Template | Redirect:
        row = await _pack(desk, pack)
        item = await _item(row, code)
        form = ResourceForm.from_post(
            await typed(request), languages_of(desk.conference), is_link=item.file is None
        )
        if form.facts is None or "edit" in form.values.get("do", ""):
            return _item_form(request, desk, row, item, form, status=422 if form.errors else 200)
        try:
            await resources.change_resource(
                desk.conference,
                pack,
                code,
                form.facts,
                revision=_revision(form.values),
                actor=desk.organiser,
                now=clock.now(),
            )
        except NotReady as refusal:
            form.errors["licence"] = refusal.message
            return _item_form(request, desk, row, item, form, status=422)
        except StaleEdit as stale:
            item = await _item(row, code)
            return desk.stale_page(
                request,
                "resources",
                action=desk.path("resources", pack, "item", code),
                back=desk.path("resources", pack, "item", code),
                kept=_kept(form.values),
                revision_field="revision",
                revision=item.revision,
                differences=differences(_item_words(form.facts), _item_words(item)),
                message=stale.message,
            )
        return see_other(desk.path("resources", pack), _("The resource is saved."))

    @post("/{pack:str}/item/{code:str}/move", name="resources-desk:move-item", status_code=303)
    async def move_item(
        self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str], code: FromPath[str]
    ) -> Redirect:
        to = _direction(await typed(request))
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


def storage_of(request: AnyRequest) -> Storage:
    """The store of uploaded files."""
    storage: Storage = request.app.state.storage
    return storage


async def _pack(desk: Desk, code: str) -> ResourcePack:
    pack = await pack_by_code(desk.conference.id, code)
    if pack is None:
        raise NotFound(_("There is no such resource pack."))
    return pack


async def _item(pack: ResourcePack, code: str) -> PackItem:
    item = next((item for item in await pack_items(pack.id) if item.code == code), None)
    if item is None:
        raise NotFound(_("There is no such resource in this pack."))
    return item


async def _sessions(desk: Desk) -> list[SessionChoice]:
    rows = await Session.select(Session.id, Session.code, Session.title).where(
        Session.conference == desk.conference.id
    )
    language = i18n.current_language()
    found = [SessionChoice(row["id"], row["code"], texts.decode(row["title"])) for row in rows]
    return sorted(found, key=lambda choice: texts.pick(choice.title, language).casefold())


async def _session_code(desk: Desk, pack: ResourcePack) -> str:
    return next((choice.code for choice in await _sessions(desk) if choice.id == pack.session), "")


async def _read_pack(request: AnyRequest, desk: Desk) -> PackForm:
    sessions = {choice.code: choice.id for choice in await _sessions(desk)}
    return PackForm.from_post(await typed(request), languages_of(desk.conference), sessions)


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
    except NotReady as refusal:
        form.errors["licence"] = refusal.message
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
    return await _pack_page(request, desk, pack, Shown(form, ResourceForm({}), status=status))


async def _pack_page(
    request: AnyRequest, desk: Desk, pack: ResourcePack, shown: Shown | None = None
) -> Template:
    shown = shown or Shown(FilesForm({}), ResourceForm({}))
    language, languages = i18n.current_language(), languages_of(desk.conference)
    home = f"/{desk.conference.slug}/resources/{pack.code}"
    items = await pack_items(pack.id)
    views = [item_view(item, home, language=language, languages=languages) for item in items]
    limit = settings_of(request).max_upload_bytes
    return desk.page(
        request,
        "resources_pack.html",
        "resources",
        pack=pack,
        title=texts.pick(pack.title, language, languages),
        session_title=next((c.title for c in await _sessions(desk) if c.id == pack.session), None),
        is_published=pack.state == PackState.PUBLISHED,
        is_ready=bool(items) and all(item.licence for item in items),
        items=views,
        total=dates.file_size_words(sum(item.file.size for item in items if item.file), language),
        files=shown.files,
        link=shown.link,
        public_url=home,
        accept=ACCEPT,
        most_bytes=limit,
        most_words=dates.file_size_words(limit, language),
        pack_url=desk.path("resources", pack.code),
        status=shown.status,
        **_choices(desk),
    )


async def _pack_form(
    request: AnyRequest, desk: Desk, form: PackForm, pack: ResourcePack | None = None, *, status: int = 200
) -> Template:
    language = i18n.current_language()
    return desk.page(
        request,
        "resources_form.html",
        "resources",
        form=form,
        pack=pack,
        titles=_local_values("title", form.values),
        notes=_local_values("note", form.values),
        session_options=[
            (choice.code, texts.pick(choice.title, language)) for choice in await _sessions(desk)
        ],
        access_options=access_options(),
        status=status,
        **_languages(desk),
    )


def _item_form(
    request: AnyRequest,
    desk: Desk,
    pack: ResourcePack,
    item: PackItem,
    form: ResourceForm,
    *,
    status: int = 200,
) -> Template:
    language, languages = i18n.current_language(), languages_of(desk.conference)
    return desk.page(
        request,
        "resources_item.html",
        "resources",
        form=form,
        pack_title=texts.pick(pack.title, language, languages),
        pack_url=desk.path("resources", pack.code),
        item_url=desk.path("resources", pack.code, "item", item.code),
        item=item_view(item, "", language=language, languages=languages),
        titles=_local_values("title", form.values),
        descriptions=_local_values("description", form.values),
        status=status,
        **_choices(desk),
    )


def _languages(desk: Desk) -> dict[str, Any]:
    language = i18n.current_language()
    return {
        "languages": [(code, i18n.language_name(code, language)) for code in languages_of(desk.conference)]
    }


def _choices(desk: Desk) -> dict[str, Any]:
    return {
        **_languages(desk),
        "kind_options": kind_options(),
        "licence_options": licence_options(),
        "licence_names": [(code, name) for code, name, _means in licence_options()],
        "language_options": language_options(languages_of(desk.conference), i18n.current_language()),
    }


def _local_values(name: str, values: Mapping[str, str]) -> dict[str, str]:
    """What was typed into the fields of a text, by language."""
    start = f"{name}_"
    return {key.removeprefix(start): value for key, value in values.items() if key.startswith(start)}


def _kept(values: Mapping[str, str]) -> list[tuple[str, str]]:
    """What was typed, to be sent again; the page that asks adds its own token and revision."""
    return [(k, v) for k, v in values.items() if k not in ("_csrf_token", "revision", "do")]


def _revision(values: Mapping[str, str]) -> int:
    return whole_number(values.get("revision", "")) or 0


def _direction(values: Mapping[str, str]) -> Direction:
    return "down" if values.get("to") == "down" else "up"


def _pack_words(facts: PackFacts, sessions: Mapping[int, str]) -> dict[str, str]:
    return {
        _("Title"): _all_languages(facts.title),
        _("Note"): _all_languages(facts.note),
        _("Open to"): {code: name for code, name, _means in access_options()}[facts.access.value],
        _("Session"): sessions.get(facts.session, "") if facts.session else "",
    }


def _item_words(facts: ResourceFacts | PackItem) -> dict[str, str]:
    licence = LICENCES.get(facts.licence)
    return {
        _("Kind"): kind_name(facts.kind),
        _("Title"): _all_languages(facts.title),
        _("Description"): _all_languages(facts.description),
        _("Language"): facts.language,
        _("Creators"): ", ".join(facts.creators),
        _("Licence"): _(licence.name) if licence else "",
        _("Address"): facts.url,
    }


def _all_languages(text: LocalText) -> str:
    return "\n".join(text[code] for code in sorted(text))
