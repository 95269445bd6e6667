"""The desk's page for publishing: what would change, what stands in the way, what was published before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Controller, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect, Template

from conference import clock, dates
from conference.forms import whole_number
from conference.guards import provide_conference, provide_organiser, provide_role, requires
from conference.i18n import _
from conference.tables import Conference, Role
from conference.team import Permission, may
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, see_other, typed
from sessions.controllers.changes import change_line, release_view
from sessions.controllers.visits import Visit, visit
from sessions.releases.publishing import (
    LONGEST_NOTE,
    Clash,
    ClashesRemain,
    NothingToRelease,
    ReleasedMeanwhile,
    past_releases,
    preview_release,
    release_programme,
)
from sessions.schedule.conflicts import ConflictKind

SHOWN = 200
"""Changes listed before the rest is only counted: a first release of a large programme has hundreds."""


AT_THE_DESK = {
    "conference": Provide(provide_conference),
    "organiser": Provide(provide_organiser),
    "role": Provide(provide_role),
}


class ReleasesController(Controller):
    path = "/organise/{slug:str}/releases"
    dependencies = AT_THE_DESK

    @get("/", guards=[requires(Permission.SEE)], name="releases:show")
    async def show(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
    ) -> Template:
        return await _releases_page(request, conference, organiser, role)

    @post("/", guards=[requires(Permission.PROGRAMME)], name="releases:publish")
    async def publish(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
    ) -> Template | Redirect:
        form = await typed(request)
        note, seen = form.get("note", ""), form.get("after", "")
        errors = {}
        if len(note) > LONGEST_NOTE:
            errors["note"] = _("This is too long: at most %(most)s characters.") % {"most": LONGEST_NOTE}
        if not errors:
            try:
                release = await release_programme(
                    conference,
                    note,
                    actor=organiser,
                    now=clock.now(),
                    after=whole_number(seen, 8),
                    despite_clashes=bool(form.get("despite_clashes")),
                )
            except (NothingToRelease, ReleasedMeanwhile) as refusal:
                return await _releases_page(
                    request, conference, organiser, role, note=note, refusal=refusal.message, status=409
                )
            except ClashesRemain as refusal:
                errors["despite_clashes"] = refusal.message
        if not errors:
            told = _("Release %(number)d is published.") % {"number": release.number}
            return see_other(f"/organise/{conference.slug}/releases", told)
        return await _releases_page(
            request, conference, organiser, role, note=note, errors=errors, status=422
        )


@dataclass(frozen=True)
class ClashLine:
    """A clash in words."""

    what: str
    day: str
    sessions: tuple[str, str]


def clash_line(visited: Visit, clash: Clash) -> ClashLine:
    """A clash in the reader's language and zone."""
    rows = [visited.layout.row(*pair) for pair in (clash.one, clash.other)]
    what = (
        _("%(names)s in two places at once") % {"names": ", ".join(clash.torn)}
        if clash.kind == ConflictKind.SPEAKER
        else _("Two sessions in %(room)s at once") % {"room": rows[0].room}
    )
    start = max(clash.one[1].start, clash.other[1].start)
    day = dates.short_day(dates.local_date(start, visited.zone), visited.language)
    clock_words = dates.clock_time(start, visited.zone, visited.language)
    return ClashLine(what, f"{day}, {clock_words}", (rows[0].title, rows[1].title))


async def _releases_page(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    role: Role,
    *,
    note: str = "",
    errors: dict[str, str] | None = None,
    refusal: str = "",
    status: int = 200,
) -> Template:
    now = clock.now()
    fresh = await Conference.objects().where(Conference.id == conference.id).first() or conference
    visited = await visit(request, fresh)
    preview = await preview_release(fresh, now=now)
    context: dict[str, Any] = {
        "section": "releases",
        "preview": preview,
        "clashes": [clash_line(visited, clash) for clash in preview.clashes[:SHOWN]],
        "changes": [change_line(visited, change) for change in preview.changes[:SHOWN]],
        "more_changes": max(0, len(preview.changes) - SHOWN),
        "releases": [(release, release_view(visited, release)) for release in await past_releases(fresh.id)],
        "may_publish": may(role, Permission.PROGRAMME),
        "note": note,
        "errors": errors or {},
        "refusal": refusal,
        "after": fresh.release_number,
        "zone_label": dates.zone_name(visited.zone, now, visited.language),
    }
    return page(
        request, "sessions/releases.html", conference=fresh, organiser=organiser, status=status, **context
    )
