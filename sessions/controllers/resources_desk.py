"""The desk's pages about resource packs: putting one together, publishing it, taking it back."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, dates, i18n, texts
from conference.conferences import languages_of
from conference.errors import StaleEdit
from conference.i18n import _
from conference.web import AnyRequest, see_other, typed
from sessions.controllers.desk import AT_THE_DESK, Desk
from sessions.controllers.pack_pages import (
    PROGRAMME,
    direction_of,
    in_all_languages,
    pack_page_of,
    session_choices,
    storage_of,
    the_pack,
)
from sessions.desk_words import differences
from sessions.packs import resource_facts, resource_packs
from sessions.packs.collecting.handing_in import waiting_in_packs
from sessions.packs.held_packs import NotReady
from sessions.packs.licences import LICENCES
from sessions.packs.pack_dates import PackDates, standing_words
from sessions.packs.pack_forms import PackForm
from sessions.packs.queries import all_packs
from sessions.packs.resource_facts import PackFacts
from sessions.packs.resource_words import access_options
from sessions.packs.tables import ResourcePack
from sessions.queries import latest_programme


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
            topics_url=desk.path("topics"),
            access_names={code: name for code, name, _means in access_options()},
            packs=[
                (
                    pack,
                    dates.file_size_words(pack.octets, language),
                    *standing_words(
                        PackDates(pack.state, pack.published_at, pack.embargo_until, pack.expires_at),
                        clock.now(),
                        desk.conference.zone,
                        language,
                    ),
                )
                for pack in packs
            ],
            waiting=await waiting_in_packs(desk.conference.id),
            without=[
                choice
                for choice in await session_choices(desk)
                if choice.code in released and choice.code not in taken
            ],
        )

    @get("/new", name="resources-desk:new")
    async def new(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template:
        code = request.query_params.get("session", "")
        chosen = next((choice for choice in await session_choices(desk) if choice.code == code), None)
        languages = languages_of(desk.conference)
        form = PackForm.blank(languages, chosen.code, chosen.title) if chosen else PackForm.blank(languages)
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
        return await pack_page_of(request, desk, await the_pack(desk, pack))

    @get("/{pack:str}/edit", name="resources-desk:edit")
    async def edit(self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str]) -> Template:
        row = await the_pack(desk, pack)
        form = PackForm.from_row(
            row, await _session_code(desk, row), languages_of(desk.conference), desk.conference.zone
        )
        return await _pack_form(request, desk, form, row)

    @post("/{pack:str}/edit", name="resources-desk:change", status_code=303)
    async def change(
        self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str]
    ) -> Template | Redirect:
        row, form = await the_pack(desk, pack), await _read_pack(request, desk)
        if form.facts is None or "edit" in form.values.get("do", ""):
            return await _pack_form(request, desk, form, row, status=422 if form.errors else 200)
        try:
            await resource_packs.change_pack(
                desk.conference,
                pack,
                form.facts,
                revision=form.revision,
                actor=desk.organiser,
                now=clock.now(),
            )
        except StaleEdit as stale:
            row = await the_pack(desk, pack)
            names = {choice.id: texts.pick(choice.title, "") for choice in await session_choices(desk)}
            theirs = resource_facts.pack_facts(row)
            return desk.stale_page(
                request,
                "resources",
                action=desk.path("resources", pack, "edit"),
                back=desk.path("resources", pack, "edit"),
                kept=form.kept,
                revision_field="revision",
                revision=row.revision,
                differences=differences(_pack_words(form.facts, names), _pack_words(theirs, names)),
                message=stale.message,
            )
        return see_other(desk.path("resources", pack), _("The pack is saved."))

    @post("/{pack:str}/publish", name="resources-desk:publish", status_code=303)
    async def publish(
        self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str]
    ) -> Redirect:
        is_told = (await typed(request)).get("tell") != "no"
        try:
            await resource_packs.publish_pack(
                desk.conference, pack, is_told=is_told, actor=desk.organiser, now=clock.now()
            )
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
        to = direction_of(await typed(request))
        await resource_packs.move_pack(desk.conference, pack, to, actor=desk.organiser, now=clock.now())
        return see_other(desk.path("resources"))

    @post("/{pack:str}/remove", name="resources-desk:remove", status_code=303)
    async def remove(self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str]) -> Redirect:
        await resource_packs.remove_pack(
            desk.conference, pack, storage=storage_of(request), actor=desk.organiser, now=clock.now()
        )
        return see_other(desk.path("resources"), _("The pack and everything in it is removed."))


async def _session_code(desk: Desk, pack: ResourcePack) -> str:
    return next((choice.code for choice in await session_choices(desk) if choice.id == pack.session), "")


async def _read_pack(request: AnyRequest, desk: Desk) -> PackForm:
    sessions = {choice.code: choice.id for choice in await session_choices(desk)}
    return PackForm.from_post(
        await typed(request), languages_of(desk.conference), sessions, desk.conference.zone
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
        session_options=[
            (choice.code, texts.pick(choice.title, language)) for choice in await session_choices(desk)
        ],
        access_options=access_options(),
        clock_place=dates.city_name(desk.conference.zone, language),
        status=status,
    )


def _pack_words(facts: PackFacts, sessions: Mapping[int, str]) -> dict[str, str]:
    return {
        _("Title"): in_all_languages(facts.title),
        _("Note"): in_all_languages(facts.note),
        _("Open to"): {code: name for code, name, _means in access_options()}[facts.access.value],
        **{
            name: dates.iso_utc(moment) if moment else ""
            for name, moment in (
                (_("Seen from"), facts.out_from),
                (_("Opens at"), facts.embargo_until),
                (_("Ends at"), facts.expires_at),
            )
        },
        _("Session"): sessions.get(facts.session, "") if facts.session else "",
    }
