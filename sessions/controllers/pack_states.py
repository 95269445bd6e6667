"""The desk's buttons for a pack: looked at, withdrawn, filled with what is there already."""

from __future__ import annotations

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from conference import clock, texts
from conference.conferences import languages_of
from conference.i18n import _, ngettext
from conference.web import AnyRequest, see_other, typed, typed_list
from sessions.controllers.desk import AT_THE_DESK, Desk
from sessions.controllers.pack_pages import PROGRAMME
from sessions.packs.composing import put_into
from sessions.packs.held_packs import NotReady
from sessions.packs.states import ask_for_review, withdraw_pack

LONGEST_WORDS = 500


class PackStatesController(Controller):
    path = "/organise/{slug:str}/resources/{pack:str}"
    dependencies = AT_THE_DESK
    guards = PROGRAMME

    @post("/review", name="resources-desk:review", status_code=303)
    async def review(self, desk: NamedDependency[Desk], pack: FromPath[str]) -> Redirect:
        await ask_for_review(desk.conference, pack, actor=desk.organiser, now=clock.now())
        return see_other(desk.path("resources", pack), _("It is marked for a colleague to look at."))

    @post("/withdraw", name="resources-desk:withdraw", status_code=303)
    async def withdraw(
        self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str]
    ) -> Redirect:
        words = texts.clean_line((await typed(request)).get("words", ""))[:LONGEST_WORDS]
        said = {languages_of(desk.conference)[0]: words} if words else {}
        try:
            await withdraw_pack(desk.conference, pack, said, actor=desk.organiser, now=clock.now())
        except NotReady as refusal:
            return see_other(desk.path("resources", pack), refusal.message, kind="error")
        return see_other(desk.path("resources", pack), _("The pack is withdrawn; its address says so."))

    @post("/place", name="resources-desk:place", status_code=303)
    async def place(self, request: AnyRequest, desk: NamedDependency[Desk], pack: FromPath[str]) -> Redirect:
        codes = await typed_list(request, "resource")
        try:
            count = await put_into(desk.conference, pack, codes, actor=desk.organiser, now=clock.now())
        except NotReady as refusal:
            return see_other(desk.path("resources", pack), refusal.message, kind="error")
        told = ngettext("One thing is put into it.", "%(count)s things are put into it.", count)
        return see_other(desk.path("resources", pack), told % {"count": count})
