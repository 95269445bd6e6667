"""The organiser's view of who comes."""

from __future__ import annotations

from typing import Any

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import audit, clock, dates, i18n, texts, timezones
from conference.addresses import address_key
from conference.conferences import set_registration_state
from conference.errors import NotFound
from conference.guards import requires
from conference.i18n import _
from conference.tables import Conference, RegistrationState, Role
from conference.team import Permission, may
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, page_number, reader_zone, see_other
from registration.controllers.attendee import AT_THE_DESK
from registration.entries import own_link, withdrawing
from registration.queries import (
    everything_of,
    purposes_of,
    questions_of,
    registration_by_code,
    registration_counts,
    registrations_page,
    seats_by_slot,
)
from registration.tables import Registration, RegistrationStatus
from registration.views import agenda_entries, when
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
        asked = request.query_params
        programme = await latest_programme(conference)
        search = texts.clean_line(asked.get("q", ""))[:100]
        status = asked.get("status", "")
        status = status if status in set(RegistrationStatus) else ""
        pair = programme.slot_by_code.get(asked.get("slot", "")) if programme else None
        found = await registrations_page(
            conference,
            search=search,
            status=status,
            slot=pair[1].id if pair else None,
            number=page_number(request),
        )
        language = i18n.current_language()
        zone, _is_chosen = reader_zone(request, conference.zone)
        countries = dict(timezones.countries(language))
        return page(
            request,
            "registration/desk_registrations.html",
            conference=conference,
            organiser=organiser,
            section="registrations",
            counts=await registration_counts(conference),
            is_open=conference.registration_state == RegistrationState.OPEN,
            may_change=may(role, Permission.REGISTRATION),
            workshops=workshop_rows(programme, await seats_by_slot(programme), zone, language),
            rows=[
                {
                    "row": row,
                    "country": countries.get(row.country, row.country),
                    "since": dates.short_day(dates.local_date(row.created_at, zone), language),
                    "seats": seat_titles(programme, row.seats, language),
                }
                for row in found.rows
            ],
            found=found,
            search=search,
            status_asked=status,
            slot_asked=pair[1].code if pair else "",
            slot_title=texts.pick(pair[0].title, language) if pair else "",
            statuses=status_names(),
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

    @get("/{code:str}", name="registrations:one", guards=[requires(Permission.SEE)])
    async def one(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
        code: FromPath[str],
    ) -> Template:
        registration = await _known(conference, code)
        mine, programme = await everything_of(registration), await latest_programme(conference)
        language = i18n.current_language()
        zone, _is_chosen = reader_zone(request, conference.zone)
        booked, _others = agenda_entries(
            programme,
            seats=mine.seats,
            agenda=mine.agenda,
            taken={},
            slug=conference.slug,
            zone=zone,
            language=language,
            now=clock.now(),
        )
        return page(
            request,
            "registration/desk_registration.html",
            conference=conference,
            organiser=organiser,
            section="registrations",
            registration=registration,
            status_name=status_names()[registration.status],
            is_live=registration.status != RegistrationStatus.WITHDRAWN,
            may_change=may(role, Permission.REGISTRATION),
            country=dict(timezones.countries(language)).get(registration.country, registration.country),
            zone_label=dates.zone_name(registration.zone, clock.now(), language),
            registered=dates.long_day(dates.local_date(registration.created_at, zone), language),
            booked=booked,
            answers=[
                (question.label, mine.answers[question.id])
                for question in await questions_of(conference)
                if mine.answers.get(question.id)
            ],
            consents=[
                (mine.consents[purpose.id].wording, purpose.code)
                for purpose in await purposes_of(conference)
                if purpose.id in mine.consents
            ],
        )

    @post(
        "/{code:str}/link",
        name="registrations:link",
        guards=[requires(Permission.REGISTRATION)],
        status_code=303,
    )
    async def send_link(
        self,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Redirect:
        registration = await _known(conference, code)
        now = clock.now()
        await own_link.request_link(conference, address_key(registration.email), now)
        await _note(conference, organiser, registration, "registration-link-sent")
        return see_other(_address(conference, code), _("The link to their page is on its way to them."))

    @post(
        "/{code:str}/withdraw",
        name="registrations:withdraw",
        guards=[requires(Permission.REGISTRATION)],
        status_code=303,
    )
    async def withdraw(
        self,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Redirect:
        registration = await _known(conference, code)
        programme = await latest_programme(conference)
        await withdrawing.withdraw(registration.id, conference, programme, clock.now())
        await _note(conference, organiser, registration, "registration-withdrawn-by-team")
        return see_other(_address(conference, code), _("The registration is withdrawn, and the person told."))


def _address(conference: Conference, code: str) -> str:
    return f"/organise/{conference.slug}/registrations/{code}"


async def _known(conference: Conference, code: str) -> Registration:
    registration = await registration_by_code(conference.id, code)
    if registration is None:
        raise NotFound(_("There is no such registration."))
    return registration


async def _note(
    conference: Conference, organiser: SignedInOrganiser, registration: Registration, action: str
) -> None:
    await audit.record(
        conference_id=conference.id,
        actor=organiser,
        action=action,
        subject=f"registration:{registration.code}",
        now=clock.now(),
    )


def status_names() -> dict[str, str]:
    """What the states of a registration are called."""
    return {
        RegistrationStatus.PENDING.value: _("Waiting for confirmation"),
        RegistrationStatus.CONFIRMED.value: _("Confirmed"),
        RegistrationStatus.WITHDRAWN.value: _("Withdrawn"),
    }


def workshop_rows(
    programme: ReleasedProgramme | None, taken: dict[int, int], zone: str, language: str
) -> list[dict[str, Any]]:
    """Every slot with limited seats, and how full it is."""
    if programme is None:
        return []
    return [
        {
            "code": slot.code,
            "title": texts.pick(session.title, language),
            "when": when(slot.start, slot.end, zone, programme.zone, language),
            "taken": taken.get(slot.id, 0),
            "seats": slot.seats,
            "is_cancelled": slot.is_cancelled or session.is_cancelled,
        }
        for session, slot in programme.placings
        if slot.seats is not None
    ]


def seat_titles(programme: ReleasedProgramme | None, slots: tuple[int, ...], language: str) -> list[str]:
    """The sessions somebody has seats in."""
    known = programme.slot_by_id if programme else {}
    return [texts.pick(known[slot][0].title, language) for slot in slots if slot in known]
