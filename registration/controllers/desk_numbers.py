"""The desk's pages that count: registrations over time and by country, who is in which workshop."""

from __future__ import annotations

from collections import Counter
from typing import Any

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from conference import clock, dates, i18n, texts, timezones
from conference.errors import NotFound
from conference.guards import requires
from conference.i18n import _
from conference.tables import Conference, Role
from conference.team import Permission, may
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page_number, reader_zone
from registration.controllers.attendee import AT_THE_DESK
from registration.controllers.desk import choices_of, desk_page
from registration.desk import charts
from registration.desk.erased import erased_among
from registration.desk.filters import read_filter
from registration.desk.words import STATUS_TONES, status_names
from registration.desk.workshops import in_line, seated, waiting_by_slot
from registration.queries import seats_by_slot
from registration.seating.lines import Line
from registration.views import when
from sessions.programme.snapshot import ReleasedProgramme
from sessions.queries import latest_programme

SEE = [requires(Permission.SEE)]


class NumbersController(Controller):
    path = "/organise/{slug:str}/registrations"
    dependencies = AT_THE_DESK
    guards = SEE

    @get("/charts", name="registrations:charts")
    async def charts(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
    ) -> Template:
        wanted, now, language = read_filter(request.query_params), clock.now(), i18n.current_language()
        zone, _is_chosen = reader_zone(request, conference.zone)
        erased = await erased_among(conference, wanted)
        days, countries = await charts.counted(conference, wanted, now)
        spans = charts.spans(erased.per_day + Counter(days))
        there = Counter(countries) + erased.per_country
        by_country = dict(sorted(there.items(), key=lambda pair: (-pair[1], pair[0])))
        total, names = sum(by_country.values()), dict(timezones.countries(language))
        lengths = charts.lengths(list(by_country.values()))
        return desk_page(
            request,
            "desk_charts.html",
            conference,
            organiser,
            wanted,
            choices=await choices_of(conference, await latest_programme(conference), zone),
            may_change=may(role, Permission.REGISTRATION),
            total=total,
            erased=erased.total,
            is_weekly=bool(spans) and spans[0].first != spans[0].last,
            spans=[
                {
                    "span": span,
                    "words": dates.day_range(span.first, span.last, language)
                    if span.first != span.last
                    else dates.long_day(span.first, language),
                    "bar": bar,
                }
                for span, bar in zip(spans, charts.columns([span.number for span in spans]), strict=True)
            ],
            first=dates.long_day(spans[0].first, language) if spans else "",
            last=dates.long_day(spans[-1].last, language) if spans else "",
            most=max((span.number for span in spans), default=0),
            countries=[
                {"name": names.get(code, code), "number": number, "share": number / total, "length": length}
                for (code, number), length in zip(by_country.items(), lengths, strict=True)
            ],
            most_countries=charts.MOST_COUNTRIES,
            width=charts.WIDTH,
            height=charts.HEIGHT,
        )

    @get("/workshops", name="registrations:workshops")
    async def workshops(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
    ) -> Template:
        programme = await latest_programme(conference)
        zone, _is_chosen = reader_zone(request, conference.zone)
        taken = await seats_by_slot(programme)
        return desk_page(
            request,
            "desk_workshops.html",
            conference,
            organiser,
            may_change=may(role, Permission.REGISTRATION),
            workshops=workshop_rows(
                programme, taken, await waiting_by_slot(list(taken_slots(programme))), zone
            ),
        )

    @get("/workshops/{code:str}", name="registrations:workshop")
    async def workshop(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Template:
        programme = await latest_programme(conference)
        pair = programme.slot_by_code.get(code) if programme else None
        if programme is None or pair is None:
            raise NotFound(_("There is no such session in the programme."))
        session, slot = pair
        language = i18n.current_language()
        zone, _is_chosen = reader_zone(request, conference.zone)
        return desk_page(
            request,
            "desk_workshop.html",
            conference,
            organiser,
            title=texts.pick(session.title, language),
            when=when(slot.start, slot.end, zone, programme.zone, language),
            seats=slot.seats,
            is_cancelled=slot.is_cancelled or session.is_cancelled,
            here=f"/organise/{conference.slug}/registrations/workshops/{slot.code}",
            seated=await seated(slot.id, page_number(request)),
            waiting=await in_line(Line(conference.id, slot.id)),
            countries=dict(timezones.countries(language)),
            statuses=status_names(),
            tones=STATUS_TONES,
        )


def taken_slots(programme: ReleasedProgramme | None) -> list[int]:
    """The row ids of the slots with limited seats."""
    return [slot.id for _session, slot in programme.placings if slot.seats is not None] if programme else []


def workshop_rows(
    programme: ReleasedProgramme | None, taken: dict[int, int], waiting: dict[int, int], zone: str
) -> list[dict[str, Any]]:
    """Every slot with limited seats, how full it is, and how many wait for it."""
    if programme is None:
        return []
    language = i18n.current_language()
    return [
        {
            "code": slot.code,
            "title": texts.pick(session.title, language),
            "when": when(slot.start, slot.end, zone, programme.zone, language),
            "taken": taken.get(slot.id, 0),
            "waiting": waiting.get(slot.id, 0),
            "seats": slot.seats,
            "is_cancelled": slot.is_cancelled or session.is_cancelled,
        }
        for session, slot in programme.placings
        if slot.seats is not None
    ]
