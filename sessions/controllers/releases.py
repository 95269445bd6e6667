"""The desk's page for publishing: what would change, who will be told, what stands in the way, what was published before."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Controller, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect, Template

from conference import clock, dates
from conference.forms import whole_number
from conference.guards import provide_conference, provide_organiser, provide_role, requires
from conference.i18n import _, ngettext
from conference.tables import Conference, Role
from conference.team import Permission, may
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, see_other, typed
from sessions.controllers.changes import change_line, release_view
from sessions.controllers.visits import Visit, visit
from sessions.releases.audience import Affected, FindAffected
from sessions.releases.kept_drafts import kept_drafts
from sessions.releases.notices import NoticeKind, rescheduled
from sessions.releases.past import past_releases
from sessions.releases.publishing import (
    LONGEST_NOTE,
    ClashesRemain,
    NothingToRelease,
    Preview,
    ReleasedMeanwhile,
    preview_release,
    release_programme,
)
from sessions.releases.telling import Reach, reach_of

SHOWN = 200
"""Changes listed before the rest is only counted: a first release of a large programme has hundreds."""
_NAMED = 4  # changes named of one speaker before the rest is only counted


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
        affected_by: NamedDependency[FindAffected],
    ) -> Template:
        return await _releases_page(request, conference, organiser, role, affected_by)

    @post("/", guards=[requires(Permission.PROGRAMME)], name="releases:publish")
    async def publish(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
        affected_by: NamedDependency[FindAffected],
    ) -> Template | Redirect:
        form = await typed(request)
        note = form.get("note", "")
        if len(note) > LONGEST_NOTE:
            errors = {"note": _("This is too long: at most %(most)s characters.") % {"most": LONGEST_NOTE}}
            return await _releases_page(
                request, conference, organiser, role, affected_by, note=note, errors=errors, status=422
            )
        try:
            release = await release_programme(
                conference,
                note,
                actor=organiser,
                now=clock.now(),
                after=whole_number(form.get("after", ""), 8),
                tells_speakers=True,
            )
        except (NothingToRelease, ReleasedMeanwhile, ClashesRemain) as refusal:
            return await _releases_page(
                request,
                conference,
                organiser,
                role,
                affected_by,
                note=note,
                refusal=refusal.message,
                status=refusal.http_status,
            )
        told = _("Release %(number)d is published.") % {"number": release.number}
        return see_other(f"/organise/{conference.slug}/releases", told)


@dataclass(frozen=True)
class SpeakerTold:
    """A speaker in the list of those who will be told: ``zone`` in words, ``what`` they are told in few words."""

    name: str
    url: str
    zone: str
    what: str
    has_address: bool


@dataclass(frozen=True)
class WhoIsTold:
    """Who will be told of the release, in words. ``attendee_zones`` are (zone, how many people)."""

    attendees: tuple[str, ...]
    attendee_zones: tuple[tuple[str, int], ...]
    speakers: tuple[SpeakerTold, ...]
    speaker_zones: tuple[tuple[str, int], ...]
    unreachable: int

    def __bool__(self) -> bool:
        return bool(self.attendees or self.speakers)


async def _who_is_told(visited: Visit, preview: Preview, affected_by: FindAffected) -> WhoIsTold:
    conference, language = visited.conference, visited.language
    affected = await affected_by(conference.id, rescheduled(preview.previous, preview.programme))
    at = min((slot.start for _session, slot in preview.programme.placings), default=clock.now())
    speakers = []
    places: Counter[str] = Counter()
    for reach in await reach_of(conference, preview.told):
        zone = dates.zone_name(reach.zone, at, language)
        places[zone] += reach.has_address
        speakers.append(
            SpeakerTold(
                reach.notice.speaker.name,
                f"/organise/{conference.slug}/speakers/{reach.notice.speaker.code}",
                zone,
                _what_concerns(visited, reach),
                reach.has_address,
            )
        )
    return WhoIsTold(
        attendees=tuple(_attendee_words(affected)),
        attendee_zones=_in_words(affected, at, language),
        speakers=tuple(speakers),
        speaker_zones=tuple(sorted(((z, n) for z, n in places.items() if n), key=lambda p: (-p[1], p[0]))),
        unreachable=sum(not speaker.has_address for speaker in speakers),
    )


def _in_words(affected: Affected, at: datetime, language: str) -> tuple[tuple[str, int], ...]:
    return tuple((dates.zone_name(zone, at, language), count) for zone, count in affected.zones)


def _attendee_words(affected: Affected) -> list[str]:
    found = []
    if affected.seats:
        found.append(
            ngettext(
                "%(count)d person who holds a seat gets a calendar update by mail.",
                "%(count)d people who hold seats get a calendar update by mail.",
                affected.seats,
            )
            % {"count": affected.seats}
        )
    if affected.agendas:
        found.append(
            ngettext(
                "%(count)d more person has it on their agenda: their private calendar follows, without a mail.",
                "%(count)d more people have it on their agendas: their private calendars follow, without a mail.",
                affected.agendas,
            )
            % {"count": affected.agendas}
        )
    return found


def _what_concerns(visited: Visit, reach: Reach) -> str:
    """What the speaker would be told, in few words: ``“Bridges”: moved``."""
    lines = reach.notice.lines
    found = [
        _("“%(title)s”: %(what)s")
        % {"title": visited.layout.text(line.title) or _("Untitled"), "what": notice_word(line.kind)}
        for line in lines[:_NAMED]
    ]
    if more := len(lines) - _NAMED if len(lines) > _NAMED else 0:
        found.append(ngettext("and %(count)d more", "and %(count)d more", more) % {"count": more})
    return "; ".join(found)


def notice_word(kind: NoticeKind) -> str:
    """What happened to a speaker's session, in a word or two."""
    return {
        NoticeKind.ADDED: _("now on the programme with them"),
        NoticeKind.TIME_ADDED: _("one more time"),
        NoticeKind.MOVED: _("another time"),
        NoticeKind.LENGTH: _("another length"),
        NoticeKind.ROOM: _("another room"),
        NoticeKind.RETITLED: _("another title"),
        NoticeKind.RESTORED: _("takes place after all"),
        NoticeKind.CANCELLED: _("cancelled"),
        NoticeKind.LEFT: _("no longer with them"),
    }[kind]


async def _releases_page(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    role: Role,
    affected_by: FindAffected,
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
        "preview_of": preview,
        "told": await _who_is_told(visited, preview, affected_by),
        "changes": [change_line(visited, change) for change in preview.changes[:SHOWN]],
        "more_changes": max(0, len(preview.changes) - SHOWN),
        "releases": [(release, release_view(visited, release)) for release in await past_releases(fresh.id)],
        "kept": [
            (
                row,
                dates.long_day(dates.local_date(row.kept_at, visited.zone), visited.language),
                dates.clock_time(row.kept_at, visited.zone, visited.language),
            )
            for row in await kept_drafts(fresh.id)
        ],
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
