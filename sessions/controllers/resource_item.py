"""The desk's page about one resource: everything that is said of it."""

from __future__ import annotations

from dataclasses import dataclass

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, dates, i18n, texts
from conference.conferences import languages_of
from conference.errors import InvalidInput, NotFound, StaleEdit
from conference.filetypes import ACCEPT
from conference.i18n import _
from conference.storage import StorageFull, StorageUnavailable
from conference.uploads import receive
from conference.web import AnyRequest, see_other, settings_of, typed
from sessions.controllers.desk import AT_THE_DESK, Desk
from sessions.controllers.pack_pages import (
    PROGRAMME,
    UPLOAD,
    field_choices,
    in_all_languages,
    storage_of,
    the_pack,
)
from sessions.desk_words import differences
from sessions.packs import resource_files, resources
from sessions.packs.choices import offered_for
from sessions.packs.collecting.captioning import captions_of
from sessions.packs.collecting.chapters import as_typed, chapters_from
from sessions.packs.collecting.upload_views import upload_words
from sessions.packs.held_packs import NotReady
from sessions.packs.licences import LICENCES
from sessions.packs.pack_views import item_view
from sessions.packs.queries import PackedResource, pack_items
from sessions.packs.relations import whole_facts
from sessions.packs.resource_facts import Creator, ResourceFacts
from sessions.packs.resource_forms import Offered, ResourceForm
from sessions.packs.resource_words import ACCESSIBILITY, ROLES, kind_name, state_words
from sessions.packs.tables import Resource, ResourceKind, ResourcePack


class ResourceItemController(Controller):
    path = "/organise/{slug:str}/resources/{pack:str}/item/{code:str}"
    dependencies = AT_THE_DESK
    guards = PROGRAMME

    @get("/", name="resources-desk:item")
    async def item(
        self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str], code: FromPath[str]
    ) -> Template:
        shown = await shown_item(desk, pack, code)
        form = ResourceForm.of(shown.facts, languages_of(desk.conference), shown.item.revision)
        return await item_page(request, desk, shown, form)

    @post("/", name="resources-desk:change-item", status_code=303)
    async def change_item(
        self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str], code: FromPath[str]
    ) -> Template | Redirect:
        shown = await shown_item(desk, pack, code)
        form = ResourceForm.from_post(
            await typed(request),
            languages_of(desk.conference),
            is_link=shown.item.file is None,
            offered=shown.offered,
            before=shown.facts,
        )
        if form.asks_for_rows or form.facts is None or "edit" in form.values.get("do", ""):
            return await item_page(request, desk, shown, form, status=422 if form.errors else 200)
        try:
            await resources.change_resource(
                desk.conference,
                pack,
                code,
                form.facts,
                revision=form.revision,
                note=form.note,
                actor=desk.organiser,
                now=clock.now(),
            )
        except NotReady as refusal:
            form.errors["licence"] = refusal.message
            return await item_page(request, desk, shown, form, status=422)
        except StaleEdit as stale:
            shown = await shown_item(desk, pack, code)
            return desk.stale_page(
                request,
                "resources",
                action=desk.path("resources", pack, "item", code),
                back=desk.path("resources", pack, "item", code),
                kept=form.kept,
                revision_field="revision",
                revision=shown.item.revision,
                differences=differences(
                    _item_words(form.facts, shown.offered), _item_words(shown.facts, shown.offered)
                ),
                message=stale.message,
            )
        return see_other(desk.path("resources", pack), _("The resource is saved."))

    @post("/file", name="resources-desk:replace", status_code=303, opt=UPLOAD)
    async def replace_file(
        self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str], code: FromPath[str]
    ) -> Redirect:
        """A new version of the file by a plain form, in one go."""
        await shown_item(desk, pack, code)
        page, storage = desk.path("resources", pack, "item", code), storage_of(request)
        try:
            sent = await receive(request, storage, max_bytes=settings_of(request).max_upload_bytes)
            if not sent.files:
                refusal = sent.errors.get("file") or _("Please choose a file first.")
                return see_other(page, refusal, kind="error")
            await resource_files.replace_file(
                desk.conference,
                code,
                sent,
                note=sent.fields.get("note", ""),
                storage=storage,
                actor=desk.organiser,
                now=clock.now(),
            )
        except (InvalidInput, StorageFull, StorageUnavailable) as refusal_:
            return see_other(page, refusal_.message, kind="error")
        return see_other(page, _("The new file is in its place; the old one stays in the history."))


@dataclass(frozen=True)
class ShownItem:
    """A resource on its page, with everything said of it and all that may be chosen."""

    pack: ResourcePack
    resource: Resource
    item: PackedResource
    facts: ResourceFacts
    offered: Offered


async def shown_item(desk: Desk, pack_code: str, code: str) -> ShownItem:
    """The resource of this code in the pack, ready for its page. Raises NotFound."""
    pack = await the_pack(desk, pack_code)
    resource = await resources.resource_in(pack, code)
    item = next((item for item in await pack_items(pack.id, for_team=True) if item.code == code), None)
    if item is None:
        raise NotFound(_("There is no such resource in this pack."))
    offered = await offered_for(desk.conference, resource, i18n.current_language())
    return ShownItem(pack, resource, item, await whole_facts(resource), offered)


async def item_page(
    request: AnyRequest,
    desk: Desk,
    shown: ShownItem,
    form: ResourceForm,
    *,
    chapters: str | None = None,
    chapters_error: str = "",
    status: int = 200,
) -> Template:
    """The page of one resource. ``chapters`` are those typed that were refused with ``chapters_error``."""
    language, languages = i18n.current_language(), languages_of(desk.conference)
    pack, item = shown.pack, shown.item
    is_recording = shown.resource.kind == ResourceKind.RECORDING
    return desk.page(
        request,
        "resources_item.html",
        "resources",
        form=form,
        pack_title=texts.pick(pack.title, language, languages),
        pack_url=desk.path("resources", pack.code),
        item_url=desk.path("resources", pack.code, "item", item.code),
        item=item_view(item, "", language=language, languages=languages),
        is_recording=is_recording,
        captions=[
            (one, texts.pick(one.title, language, languages), state_words(one.state))
            for one in (await captions_of(shown.resource) if is_recording else [])
        ],
        chapters=as_typed(chapters_from(shown.resource.chapters)) if chapters is None else chapters,
        chapters_error=chapters_error,
        uploads_url=desk.path("uploads"),
        upload_words=upload_words(),
        accept=ACCEPT,
        most_words=dates.file_size_words(settings_of(request).max_upload_bytes, language),
        status=status,
        **field_choices(desk, shown.offered),
    )


def _item_words(facts: ResourceFacts, offered: Offered) -> dict[str, str]:
    licence = LICENCES.get(facts.licence)
    topics, others = dict(offered.topics), dict(offered.related)
    return {
        _("Kind"): kind_name(facts.kind),
        _("Title"): in_all_languages(facts.title),
        _("Description"): in_all_languages(facts.description),
        _("Language"): ", ".join(facts.languages),
        _("Creators"): "\n".join(_person_words(person) for person in facts.creators),
        _("Licence"): _(licence.name) if licence else "",
        _("Rights holder"): facts.rights_holder,
        _("Date"): facts.issued,
        _("Topics"): ", ".join(topics.get(code, code) for code in facts.topics),
        _("Accessibility"): ", ".join(_(ACCESSIBILITY[term]) for term in facts.accessibility),
        _("Belongs to"): others.get(facts.belongs_to, ""),
        _("Translation of"): others.get(facts.translation_of, ""),
        _("Address"): facts.url,
    }


def _person_words(person: Creator) -> str:
    told = [_(ROLES[person.role]) if person.role in ROLES else "", person.orcid]
    more = ", ".join(word for word in told if word)
    return f"{person.name} ({more})" if more else person.name
