"""The schedule editor's page, a day as a grid or the whole conference, and the same for its script."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.response import Template

from conference.guards import AT_THE_DESK, requires
from conference.tables import Conference, Role
from conference.team import Permission, may
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page
from sessions.controllers.editor_parts import Parts, clocks_by_day, noon_of, script_words
from sessions.schedule.editor_asked import Asked
from sessions.schedule.editor_page import editor_view, waiting_alone

MOST_SLOTS = 500
"""Slots the script may ask for by code; for more it reads everything anew."""


class EditorController(Controller):
    """Whoever is in the team may look; the addresses that change something have guards of their own."""

    path = "/organise/{slug:str}"
    guards = (requires(Permission.SEE),)
    dependencies = AT_THE_DESK

    @get("/schedule", name="editor:show")
    async def show(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
    ) -> Template:
        view = await editor_view(conference, organiser.id, _asked(request))
        may_edit = may(role, Permission.PROGRAMME)
        return page(
            request,
            "sessions/editor.html",
            conference=conference,
            organiser=organiser,
            at=noon_of(view.first_day, conference.zone),
            section="schedule",
            view=view,
            may_edit=may_edit,
            version=view.version,
            here=f"/organise/{conference.slug}/schedule",
            words=script_words(),
            clocks=clocks_by_day(view.differences),
        )

    @get("/schedule.json", name="editor:state")
    async def state(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
    ) -> Response[dict[str, Any]]:
        asked = _asked(request)
        parts = Parts(request, conference, may_edit=may(role, Permission.PROGRAMME))
        if request.query_params.get("part") == "waiting":
            told = parts.waiting(await waiting_alone(conference, asked.waiting))
        else:
            told = parts.state(await editor_view(conference, organiser.id, asked), wanted=_codes(request))
        return Response(told, headers={"cache-control": "no-store"})


def _asked(request: AnyRequest) -> Asked:
    return Asked.from_query((name, str(value)) for name, value in request.query_params.multi_items())


def _codes(request: AnyRequest) -> frozenset[str] | None:
    """The slots the script asks for, None for all of them."""
    codes = [code for code in str(request.query_params.get("slots", "")).split(",") if code]
    return frozenset(codes) if codes and len(codes) <= MOST_SLOTS else None
