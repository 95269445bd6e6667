"""The schedule editor's page: one day as a grid, and the same for its script."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.response import Template

from conference.guards import requires
from conference.tables import Conference
from conference.team import Permission
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page
from sessions.controllers.editor_parts import ON_THE_DESK, Parts, clocks, noon_of, script_words
from sessions.schedule.editor_page import DayView, day_view


class EditorController(Controller):
    path = "/organise/{slug:str}"
    guards = (requires(Permission.PROGRAMME),)
    dependencies = ON_THE_DESK

    @get("/schedule", name="editor:show")
    async def show(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template:
        view = await _asked_view(request, conference, organiser)
        return page(
            request,
            "sessions/editor.html",
            conference=conference,
            organiser=organiser,
            at=noon_of(view.day, conference.zone),
            section="schedule",
            view=view,
            here=f"/organise/{conference.slug}/schedule",
            words=script_words(),
            clocks=clocks(view.differences),
        )

    @get("/schedule.json", name="editor:state")
    async def state(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Response[dict[str, Any]]:
        view = await _asked_view(request, conference, organiser)
        parts = Parts(request, conference)
        return Response(
            {
                "day": view.day.isoformat(),
                "cards": [parts.card(card) for column in view.columns for card in column.cards],
                "waiting": [parts.card(card) for card in view.waiting.cards],
                "waiting_note": parts.render("waiting_note", view.waiting),
                "clashes": parts.render("clash_list", view.clashes),
                "tabs": parts.render("day_tabs", view.tabs, view.day, parts.here),
                "undo": view.undo and {"move": view.undo.id, "label": view.undo.label},
                "differences": clocks(view.differences),
            },
            headers={"cache-control": "no-store"},
        )


async def _asked_view(request: AnyRequest, conference: Conference, organiser: SignedInOrganiser) -> DayView:
    query = request.query_params
    return await day_view(
        conference,
        organiser.id,
        asked=str(query.get("day", "")),
        search=str(query.get("q", ""))[:100],
        whole_day=query.get("hours") == "all",
    )
