"""The conference's front door: what it is, when it is on both clocks, who speaks, and the way in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Template

from conference import dates
from conference.markup import summary, to_html
from conference.strip import build_strip
from conference.strip_picture import strip_svg
from conference.strip_words import strip_text
from conference.tables import Conference, RegistrationState
from conference.web import AnyRequest
from sessions.controllers.visits import IN_CONFERENCE, Visit, visit
from sessions.programme.days import spans_of
from sessions.programme.now_view import now_view
from sessions.programme.structured_data import as_script, conference_data
from sessions.tables import SessionKind


@dataclass(frozen=True)
class When:
    """The conference's time on one clock, in words."""

    days: str
    hours: str


def when(visited: Visit, zone: str) -> When:
    """From the first start to the last end in the zone; only the days while nothing is released."""
    spans = spans_of(visited.programme.placings)
    language = visited.language
    if not spans:
        return When(dates.day_range(visited.facts.starts_on, visited.facts.ends_on, language), "")
    first, last = spans[0][0], spans[-1][1]
    final = last - timedelta(seconds=1)  # an end at midnight belongs to the day before
    days = dates.day_range(dates.local_date(first, zone), dates.local_date(final, zone), language)
    home = visited.conference.zone
    if dates.local_date(first, home) == dates.local_date(final, home):
        start_day = dates.long_day(dates.local_date(first, zone), language)
        return When(start_day, dates.time_range(first, last, zone, language))
    return When(days, "")


class LandingController(Controller):
    path = "/{slug:str}"
    dependencies = IN_CONFERENCE

    @get("/", name="conference:landing")
    async def landing(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Template:
        visited = await visit(request, conference)
        layout = visited.layout
        placings = visited.programme.placings
        spans = spans_of(placings)
        first = visited.first_moment
        first_day = dates.local_date(first, conference.zone)
        picture = build_strip(
            dates.local_date(first, visited.zone),
            visited.zone,
            conference.zone,
            spans=[span for span in spans if dates.local_date(span[0], conference.zone) == first_day],
            language=visited.language,
        )
        keynotes = [
            layout.row(session, slot)
            for session, slot in placings
            if session.kind == SessionKind.KEYNOTE and not slot.is_cancelled
        ]
        description = layout.text(visited.facts.description)
        standing = now_view(layout)
        return visited.page(
            "sessions/landing.html",
            kept=standing.holds_for,
            standing=standing,
            structured=as_script(
                conference_data(
                    visited.site,
                    visited.programme,
                    conference.starts_on.isoformat(),
                    conference.ends_on.isoformat(),
                )
            ),
            name=layout.text(visited.facts.name),
            tagline=layout.text(visited.facts.tagline),
            description_html=to_html(description),
            summary=layout.text(visited.facts.tagline) or summary(description),
            audience_html=to_html(layout.text(visited.facts.audience)),
            their_time=when(visited, conference.zone),
            my_time=when(visited, visited.zone),
            strip_svg=strip_svg(picture),
            strip_words=strip_text(picture),
            is_several_days=visited.facts.starts_on != visited.facts.ends_on,
            is_open=conference.registration_state == RegistrationState.OPEN,
            keynotes=keynotes[:12],
            counts=_counts(visited),
        )


def _counts(visited: Visit) -> dict[str, int]:
    on = [s for s in visited.programme.sessions if not s.is_cancelled and s.kind != SessionKind.BREAK]
    countries = {speaker.country for speaker in visited.programme.speakers if speaker.country}
    return {"sessions": len(on), "speakers": len(visited.programme.speakers), "countries": len(countries)}
