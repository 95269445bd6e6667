"""One registration at the desk: everything about it, and what the team does for the person."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import audit, clock, dates, i18n, timezones
from conference.addresses import address_key
from conference.errors import NotFound
from conference.guards import requires
from conference.i18n import _
from conference.tables import Conference, Role
from conference.team import Permission, may
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, reader_zone, see_other
from registration.controllers.attendee import AT_THE_DESK
from registration.desk.words import status_names
from registration.entries import own_link, withdrawing
from registration.queries import everything_of, purposes_of, questions_of, registration_by_code
from registration.tables import Registration, RegistrationStatus
from registration.views import agenda_entries
from sessions.queries import latest_programme


class OneRegistrationController(Controller):
    path = "/organise/{slug:str}/registrations"
    dependencies = AT_THE_DESK

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
