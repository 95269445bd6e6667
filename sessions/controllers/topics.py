"""The desk's page about the conference's own list of topics."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from conference import clock
from conference.conferences import languages_of
from conference.i18n import _
from conference.web import AnyRequest, see_other, typed
from sessions.controllers.desk import AT_THE_DESK, Desk
from sessions.controllers.pack_pages import PROGRAMME
from sessions.packs.topic_form import TopicsForm
from sessions.packs.topics import save_topics, topics_of


class TopicsController(Controller):
    path = "/organise/{slug:str}/topics"
    dependencies = AT_THE_DESK
    guards = PROGRAMME

    @get("/", name="topics:list")
    async def show(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template:
        topics = await topics_of(desk.conference.id)
        form = TopicsForm.of(topics, languages_of(desk.conference))
        return _page(request, desk, form, {topic.code: topic.resources for topic in topics})

    @post("/", name="topics:save", status_code=303)
    async def save(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template | Redirect:
        topics = await topics_of(desk.conference.id)
        form = TopicsForm.from_post(await typed(request), topics, languages_of(desk.conference))
        if "rows" in form.values.get("do", ""):
            form.add_rows(*form.names)
            form.errors.clear()
        if form.topics is None or "rows" in form.values.get("do", ""):
            counts = {topic.code: topic.resources for topic in topics}
            return _page(request, desk, form, counts, status=422 if form.errors else 200)
        await save_topics(desk.conference, form.topics, actor=desk.organiser, now=clock.now())
        return see_other(desk.path("topics"), _("The topics are saved."))


def _page(
    request: AnyRequest, desk: Desk, form: TopicsForm, counts: dict[str, int], *, status: int = 200
) -> Template:
    return desk.page(
        request,
        "topics.html",
        "resources",
        status=status,
        form=form,
        counts=counts,
        packs_url=desk.path("resources"),
        action=desk.path("topics"),
    )
