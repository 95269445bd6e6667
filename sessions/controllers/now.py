"""What is on now and what comes next: a small page for a phone, a kiosk, or the screen in the hall."""

from __future__ import annotations

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Template

from conference.tables import Conference
from conference.web import AnyRequest
from sessions.controllers.visits import IN_CONFERENCE, visit
from sessions.programme.now_view import now_view

AGAIN = 60
"""Seconds after which a browser without script asks again."""


class NowController(Controller):
    path = "/{slug:str}/now"
    dependencies = IN_CONFERENCE

    @get("/", name="now:show")
    async def now(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Template:
        visited = await visit(request, conference)
        standing = now_view(visited.layout)
        return visited.page(
            "sessions/now.html",
            kept=standing.holds_for,
            at=visited.layout.now if standing.is_near else None,
            standing=standing,
            again=AGAIN if standing.is_near else 0,
        )
