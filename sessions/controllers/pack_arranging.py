"""The desk's order of packs and of what lies in them, and what a pack says of each thing."""

from __future__ import annotations

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, texts
from conference.conferences import languages_of
from conference.errors import StaleEdit
from conference.i18n import _, current_language
from conference.web import AnyRequest, see_other, typed, typed_list
from sessions.controllers.desk import AT_THE_DESK, Desk
from sessions.controllers.pack_pages import PROGRAMME, in_all_languages, the_pack
from sessions.desk_words import differences
from sessions.packs.arranging import NotedItem, note_item, noted_item, order_items, order_packs
from sessions.packs.pack_forms import NoteForm

MOST_IN_ORDER = 2000


class PackArrangingController(Controller):
    path = "/organise/{slug:str}/resources"
    dependencies = AT_THE_DESK
    guards = PROGRAMME

    @post("/order", name="resources-desk:order", status_code=204)
    async def order(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Response[None]:
        """The order that the list has after something was dragged. Without script each pack has its buttons."""
        codes = (await typed_list(request, "code"))[:MOST_IN_ORDER]
        await order_packs(desk.conference, codes, actor=desk.organiser, now=clock.now())
        return Response(None, status_code=204)

    @post("/{pack:str}/order", name="resources-desk:order-items", status_code=204)
    async def order_items(
        self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str]
    ) -> Response[None]:
        codes = (await typed_list(request, "code"))[:MOST_IN_ORDER]
        await order_items(desk.conference, pack, codes, actor=desk.organiser, now=clock.now())
        return Response(None, status_code=204)

    @get("/{pack:str}/item/{code:str}/note", name="resources-desk:note")
    async def note(
        self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str], code: FromPath[str]
    ) -> Template:
        noted = await noted_item(await the_pack(desk, pack), code)
        form = NoteForm.of(noted.note, languages_of(desk.conference))
        return _note_page(request, desk, pack, noted, form)

    @post("/{pack:str}/item/{code:str}/note", name="resources-desk:change-note", status_code=303)
    async def change_note(
        self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str], code: FromPath[str]
    ) -> Template | Redirect:
        noted = await noted_item(await the_pack(desk, pack), code)
        form = NoteForm.from_post(await typed(request), languages_of(desk.conference))
        if form.note is None or "edit" in form.values.get("do", ""):
            return _note_page(request, desk, pack, noted, form, status=422 if form.errors else 200)
        page = desk.path("resources", pack)
        try:
            await note_item(
                desk.conference,
                pack,
                code,
                form.note,
                seen=form.seen,
                actor=desk.organiser,
                now=clock.now(),
            )
        except StaleEdit as stale:
            theirs, label = stale.theirs["note"], _("Note")
            return desk.stale_page(
                request,
                "resources",
                action=f"{page}/item/{code}/note",
                back=page,
                kept=[(name, value) for name, value in form.kept if name != "seen"],
                revision_field="seen",
                revision=NoteForm.of(theirs, form.languages).value("seen"),
                differences=differences(
                    {label: in_all_languages(form.note)}, {label: in_all_languages(theirs)}
                ),
                message=stale.message,
            )
        return see_other(f"{page}#r-{code}", _("The note is saved."))


def _note_page(
    request: AnyRequest, desk: Desk, pack: str, noted: NotedItem, form: NoteForm, *, status: int = 200
) -> Template:
    language, languages = current_language(), languages_of(desk.conference)
    return desk.page(
        request,
        "resource_note.html",
        "resources",
        form=form,
        pack_title=texts.pick(noted.pack_title, language, languages),
        pack_url=desk.path("resources", pack),
        title=texts.pick(noted.title, language, languages),
        code=noted.code,
        status=status,
    )
