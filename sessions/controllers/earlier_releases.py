"""The desk's pages about single releases: one as it was, two beside each other, and one restored to the draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, dates
from conference.errors import Conflict
from conference.forms import whole_number
from conference.guards import requires
from conference.i18n import _
from conference.tables import Conference, Role
from conference.team import Permission, may
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, see_other, typed
from sessions.controllers.changes import ChangeLine, change_line, release_view
from sessions.controllers.previews import PREVIEW, title_of
from sessions.controllers.releases import AT_THE_DESK, SHOWN
from sessions.controllers.visits import Visit, not_here, visit
from sessions.releases.differences import compare, profile_changes
from sessions.releases.kept_drafts import kept_drafts
from sessions.releases.named import DRAFT, KEPT, NamedProgramme, named_programme
from sessions.releases.past import past_releases
from sessions.releases.restoring import declined_since, restore_kept, restore_release
from sessions.releases.stamping import is_same, stamp
from sessions.tables import SessionKind


@dataclass(frozen=True)
class Comparison:
    """What leads from one programme to another, in words. ``more`` changes are only counted; ``profiles`` are names of
    speakers whose own page alone differs."""

    lines: list[ChangeLine]
    more: int
    profiles: list[str]
    is_same: bool


def comparison(visited: Visit, one: NamedProgramme, other: NamedProgramme) -> Comparison:
    """What leads from ``one`` to ``other``."""
    changes = compare(one.programme, other.programme)
    return Comparison(
        [change_line(visited, change) for change in changes[:SHOWN]],
        max(0, len(changes) - SHOWN),
        profile_changes(one.programme, other.programme),
        is_same(stamp(one.programme, other.programme).programme, one.programme),
    )


class EarlierReleasesController(Controller):
    path = "/organise/{slug:str}/releases"
    dependencies = AT_THE_DESK

    @get("/{which:str}", guards=[requires(Permission.SEE)], name="releases:one")
    async def one(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
        which: FromPath[str],
    ) -> Template | Redirect:
        if which == PREVIEW:
            return see_other(f"/organise/{conference.slug}/releases/{PREVIEW}/programme")
        found = await _earlier(conference, which)
        visited = await visit(request, conference, found.programme)
        past = await past_releases(conference.id)
        row = next((row for row in past if str(row.number) == which), None)
        return page(
            request,
            "sessions/releases_one.html",
            conference=conference,
            organiser=organiser,
            section="releases",
            found=found,
            title=title_of(found, visited.zone),
            row=row,
            view=release_view(visited, row) if row else None,
            is_latest=found.programme.number == conference.release_number and not found.is_kept,
            sessions=sum(
                not session.is_cancelled and session.kind != SessionKind.BREAK
                for session in found.programme.sessions
            ),
            speakers=len(found.programme.speakers),
            may_restore=may(role, Permission.PROGRAMME),
        )

    @get("/compare", guards=[requires(Permission.SEE)], name="releases:compare")
    async def compare(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template:
        query = request.query_params
        latest = str(conference.release_number)
        chosen = [query.get("from", latest)[:20], query.get("to", DRAFT)[:20]]
        found = [await named_programme(conference, name, now=clock.now()) for name in chosen]
        one, other = found
        visited = await visit(request, conference, one.programme if one else None)
        return page(
            request,
            "sessions/releases_compare.html",
            conference=conference,
            organiser=organiser,
            section="releases",
            choices=await _choices(visited, conference),
            chosen=chosen,
            titles=[_name(visited, row.name, row.at) if row else "" for row in found],
            comparison=comparison(visited, one, other) if one and other else None,
            zone_label=dates.zone_name(visited.zone, clock.now(), visited.language),
        )

    @get("/{which:str}/restore", guards=[requires(Permission.PROGRAMME)], name="releases:restore-page")
    async def restore_page(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        which: FromPath[str],
    ) -> Template:
        return await _restore_page(request, conference, organiser, which)

    @post("/{which:str}/restore", guards=[requires(Permission.PROGRAMME)], name="releases:restore")
    async def restore(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        which: FromPath[str],
    ) -> Template | Redirect:
        seen = whole_number((await typed(request)).get("seen", ""), 18) or 0
        found, now = await _earlier(conference, which), clock.now()
        try:
            if found.is_kept:
                code = which.removeprefix(KEPT)
                await restore_kept(conference, code, seen=seen, actor=organiser, now=now)
                told = _("The draft is again what it was. The one that it replaced is kept.")
            else:
                number = found.programme.number
                await restore_release(conference, number, seen=seen, actor=organiser, now=now)
                told = _(
                    "The draft now says what release %(number)d says. The one that it replaced is kept."
                ) % {"number": number}
        except Conflict as refusal:
            return await _restore_page(
                request, conference, organiser, which, refusal=refusal.message, status=refusal.http_status
            )
        return see_other(f"/organise/{conference.slug}/releases", told)


async def _earlier(conference: Conference, which: str) -> NamedProgramme:
    """The release or the kept draft of this name. Raises NotFound."""
    found = await named_programme(conference, which, now=clock.now()) if which != DRAFT else None
    if found is None:
        raise not_here(_("There is no such release."))
    return found


async def _restore_page(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    which: str,
    *,
    refusal: str = "",
    status: int = 200,
) -> Template:
    now = clock.now()
    # Read before the draft: what is shown is then never older than the version it is restored over.
    fresh = await Conference.objects().where(Conference.id == conference.id).first() or conference
    found = await _earlier(fresh, which)
    draft = await named_programme(fresh, DRAFT, now=now)
    visited = await visit(request, fresh, found.programme)
    return page(
        request,
        "sessions/releases_restore.html",
        conference=fresh,
        organiser=organiser,
        status=status,
        section="releases",
        found=found,
        title=title_of(found, visited.zone),
        comparison=comparison(visited, draft, found) if draft else None,
        declined=await declined_since(fresh, found.programme),
        seen=fresh.draft_version,
        refusal=refusal,
        zone_label=dates.zone_name(visited.zone, now, visited.language),
    )


async def _choices(visited: Visit, conference: Conference) -> list[tuple[str, str]]:
    """What can be compared: the draft, every release, every kept draft."""
    releases = [
        (str(row.number), _name(visited, str(row.number), row.released_at))
        for row in await past_releases(conference.id)
    ]
    kept = [
        (f"{KEPT}{row.code}", _name(visited, f"{KEPT}{row.code}", row.kept_at))
        for row in await kept_drafts(conference.id)
    ]
    return [(DRAFT, _name(visited, DRAFT, clock.now())), *releases, *kept]


def _name(visited: Visit, which: str, at: datetime) -> str:
    """A programme in a few words: release and date, a replaced draft and its moment, or the draft."""
    if which == DRAFT:
        return _("The draft")
    day = dates.short_day(dates.local_date(at, visited.zone), visited.language)
    words = {"number": which, "day": day, "time": dates.clock_time(at, visited.zone, visited.language)}
    if which.startswith(KEPT):
        return _("Replaced draft, %(day)s, %(time)s") % words
    return _("Release %(number)s, %(day)s") % words
