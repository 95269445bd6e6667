"""The organiser's view of who comes: the list, opening and closing."""

from __future__ import annotations

from typing import Any

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from conference import clock, dates, i18n, texts, timezones
from conference.conferences import set_registration_state
from conference.guards import requires
from conference.i18n import _
from conference.tables import Conference, RegistrationState, Role
from conference.team import Permission, may
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, page_number, reader_zone, see_other
from registration.controllers.attendee import AT_THE_DESK
from registration.desk.exports import AT_ONCE
from registration.desk.file_bundle import has_files
from registration.desk.filters import Filter, read_filter
from registration.desk.lists import (
    categories_there,
    countries_there,
    registration_counts,
    registrations_page,
)
from registration.desk.words import STATUS_TONES, Choices, filter_choices, status_names
from registration.queries import purposes_of
from sessions.programme.snapshot import ReleasedProgramme
from sessions.queries import latest_programme


class RegistrationsController(Controller):
    path = "/organise/{slug:str}/registrations"
    dependencies = AT_THE_DESK

    @get("/", name="registrations:list", guards=[requires(Permission.SEE)])
    async def show(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
    ) -> Template:
        wanted = read_filter(request.query_params)
        programme = await latest_programme(conference)
        found = await registrations_page(conference, wanted, clock.now(), page_number(request))
        language = i18n.current_language()
        zone, _is_chosen = reader_zone(request, conference.zone)
        countries = dict(timezones.countries(language))
        categories = await categories_there(conference)
        named = {category.id: texts.pick(category.name, language) for category in categories}
        return page(
            request,
            "registration/desk_registrations.html",
            conference=conference,
            organiser=organiser,
            section="registrations",
            counts=await registration_counts(conference),
            is_open=conference.registration_state == RegistrationState.OPEN,
            may_change=may(role, Permission.REGISTRATION),
            wanted=wanted,
            choices=await choices_of(conference, programme, zone),
            rows=[
                {
                    "row": row,
                    "country": countries.get(row.country, row.country),
                    "category": named.get(row.category or 0, ""),
                    "since": dates.short_day(dates.local_date(row.created_at, zone), language),
                    "seats": seat_titles(programme, row.seats, language),
                }
                for row in found.rows
            ],
            has_categories=bool(categories),
            has_files=await has_files(conference),
            at_once=AT_ONCE,
            found=found,
            statuses=status_names(),
            tones=STATUS_TONES,
        )

    @post("/open", name="registrations:open", guards=[requires(Permission.REGISTRATION)], status_code=303)
    async def open(
        self, conference: NamedDependency[Conference], organiser: NamedDependency[SignedInOrganiser]
    ) -> Redirect:
        await set_registration_state(conference, RegistrationState.OPEN, actor=organiser, now=clock.now())
        return see_other(f"/organise/{conference.slug}/registrations", _("Registration is open."))

    @post("/close", name="registrations:close", guards=[requires(Permission.REGISTRATION)], status_code=303)
    async def close(
        self, conference: NamedDependency[Conference], organiser: NamedDependency[SignedInOrganiser]
    ) -> Redirect:
        await set_registration_state(conference, RegistrationState.CLOSED, actor=organiser, now=clock.now())
        return see_other(f"/organise/{conference.slug}/registrations", _("Registration is closed."))


async def choices_of(conference: Conference, programme: ReleasedProgramme | None, zone: str) -> Choices:
    """What the filters offer. Three queries."""
    return filter_choices(
        programme,
        await categories_there(conference),
        await countries_there(conference),
        await purposes_of(conference),
        zone,
    )


def desk_page(
    request: AnyRequest,
    template: str,
    conference: Conference,
    organiser: SignedInOrganiser,
    wanted: Filter | None = None,
    **context: Any,
) -> Template:
    """A page beside the list: it says which of the tabs is current, and keeps the filter for the others."""
    return page(
        request,
        f"registration/{template}",
        conference=conference,
        organiser=organiser,
        section="registrations",
        wanted=wanted or Filter(),
        **context,
    )


def seat_titles(programme: ReleasedProgramme | None, slots: tuple[int, ...], language: str) -> list[str]:
    """The sessions somebody has seats in."""
    known = programme.slot_by_id if programme else {}
    return [texts.pick(known[slot][0].title, language) for slot in slots if slot in known]
