"""Everyone's night at the desk: the programme weighed, a slot's candidate times, and what the editor's script weighs with."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from conference import dates
from conference.audience import FindAudience
from conference.guards import AT_THE_DESK, requires
from conference.i18n import _, current_language
from conference.tables import Conference, Role
from conference.team import Permission, may
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page
from sessions.controllers.editor_parts import asked_day, noon_of
from sessions.schedule.night_groups import night_groups
from sessions.schedule.night_views import fairness_view, times_view, weighing
from sessions.schedule.placing import slot_id_of
from sessions.schedule.surroundings import rule_facts_of

FAR_AWAY = timedelta(days=3660)
MOST_NAMED = 3
"""Places named of those whose clocks agree."""


class NightsController(Controller):
    path = "/organise/{slug:str}/schedule"
    guards = (requires(Permission.SEE),)
    dependencies = AT_THE_DESK

    @get("/nights.json", name="nights:audience")
    async def audience(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        audience_of: NamedDependency[FindAudience],
    ) -> Response[dict[str, Any]]:
        day = _day(request, conference)
        rules = await rule_facts_of(conference.id)
        audience = weighing(await audience_of(conference.id), rules)
        language = current_language()
        groups = [
            {
                "share": round(group.share, 5),
                "places": ", ".join(dates.city_name(zone, language) for zone in group.zones[:MOST_NAMED]),
                "steps": group.steps,
            }
            for group in night_groups(audience, day, conference.zone)
        ]
        return Response(
            {
                "day": day.isoformat(),
                "from": rules.bearable_from,
                "until": rules.bearable_until,
                "edge": rules.edge_minutes,
                "groups": groups,
                "about": about_audience(audience.size, audience.is_expected),
                "words": script_words(),
            },
            headers={"cache-control": "no-store"},
        )

    @get("/fairness", name="nights:fairness")
    async def fairness(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        audience_of: NamedDependency[FindAudience],
        role: NamedDependency[Role],
    ) -> Template:
        view = await fairness_view(conference, await audience_of(conference.id))
        return page(
            request,
            "sessions/desk/fairness.html",
            conference=conference,
            organiser=organiser,
            section="schedule",
            view=view,
            about=about_audience(view.audience.size, view.audience.is_expected),
            may_change=may(role, Permission.PROGRAMME),
            here=f"/organise/{conference.slug}/schedule",
        )

    @get("/slots/{code:str}/times", name="nights:times")
    async def times(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        audience_of: NamedDependency[FindAudience],
        role: NamedDependency[Role],
        code: FromPath[str],
    ) -> Template:
        slot_id = await slot_id_of(conference.id, code)
        day = _day(request, conference)
        view = await times_view(
            conference,
            slot_id,
            day=day,
            room=str(request.query_params.get("room", ""))[:12],
            registered=await audience_of(conference.id),
        )
        return page(
            request,
            "sessions/desk/times.html",
            conference=conference,
            organiser=organiser,
            at=noon_of(day, conference.zone),
            section="schedule",
            view=view,
            about=about_audience(view.audience.size, view.audience.is_expected),
            may_change=may(role, Permission.PROGRAMME),
            here=f"/organise/{conference.slug}/schedule",
        )


def about_audience(size: float, is_expected: bool) -> str:
    """Whom the shares are shares of, in a sentence; "" when nobody is known of."""
    if not size:
        return ""
    if is_expected:
        return _("Shares are of the audience you expect: nobody has registered yet.")
    return _("Shares are of the %(count)s people who have registered.") % {"count": round(size)}


def script_words() -> dict[str, str]:
    """What the script says; ``{name}`` is filled in there."""
    return {
        "shares": _("{day} by day, {edge} early or late, {night} at night"),
        "night_for": _("Night for {places}."),
        "title": _("Everyone’s night"),
    }


def _day(request: AnyRequest, conference: Conference) -> date:
    """The day asked for, else the conference's first. A day of another age is as good as none."""
    asked = asked_day({"day": request.query_params.get("day")})
    day = date.fromisoformat(asked) if asked else conference.starts_on
    return day if abs(day - conference.starts_on) < FAR_AWAY else conference.starts_on
