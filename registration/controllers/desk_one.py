"""One registration at the desk: everything about it, and what the team does for the person."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template

from conference import clock, dates, i18n, texts, timezones
from conference.addresses import address_key
from conference.errors import Conflict, NotFound
from conference.guards import requires
from conference.i18n import _
from conference.mail.suppressions import suppressed
from conference.tables import Conference, Role
from conference.team import Permission, may
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, reader_zone, see_other, typed
from registration.asking.answer_files import standing_files
from registration.asking.answering import answer_words
from registration.attending.presence_views import presence_of_one
from registration.calendars.replies import calendar_answers
from registration.controllers.answer_files import answered_file
from registration.controllers.attendee import AT_THE_DESK, MOST_BYTES
from registration.controllers.opening_desk import moment_named
from registration.desk.editing import give_seat, take_place_away
from registration.desk.lists import categories_there
from registration.desk.words import STATUS_TONES, calendar_words, status_names
from registration.entries import own_link, withdrawing
from registration.entries.deciding import approve, refuse
from registration.entries.record import note
from registration.places.counting import limits_of, places_of
from registration.places.standing import place_in_line
from registration.queries import everything_of, purposes_of, questions_of, registration_by_code
from registration.reminding.views import choices_shown
from registration.seating.seats import SeatsClash
from registration.seating.waitlist import Waiting, waits_of
from registration.tables import Registration, RegistrationStatus
from registration.views import agenda_entries, when
from sessions.programme.snapshot import ReleasedProgramme
from sessions.queries import latest_programme

CHANGE = [requires(Permission.REGISTRATION)]


class OneRegistrationController(Controller):
    path = "/organise/{slug:str}/registrations"
    dependencies = AT_THE_DESK
    request_max_body_size = MOST_BYTES

    @get("/{code:str}", name="registrations:one", guards=[requires(Permission.SEE)])
    async def one(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
        code: FromPath[str],
    ) -> Template:
        registration = await known(conference, code)
        mine, programme = await everything_of(registration), await latest_programme(conference)
        files = await standing_files(registration.id) if may(role, Permission.REGISTRATION) else {}
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
            tone=STATUS_TONES[registration.status],
            is_live=registration.status not in (RegistrationStatus.WITHDRAWN, RegistrationStatus.REFUSED),
            is_confirmed=registration.status == RegistrationStatus.CONFIRMED,
            is_to_be_decided=registration.status == RegistrationStatus.APPLIED,
            category=await _category_name(conference, registration),
            place=await _place_told(registration, zone, language),
            is_full=registration.status == RegistrationStatus.APPLIED and await _is_full(registration),
            waits=_waits_told(programme, await waits_of(registration.id, clock.now()), zone, language),
            seats_on_offer=_seats_on_offer(programme, mine.seats, zone, language),
            may_change=may(role, Permission.REGISTRATION),
            mail_back=await suppressed(registration.email),
            calendar_answers=calendar_words(await calendar_answers(registration.id, mine.told)),
            country=dict(timezones.countries(language)).get(registration.country, registration.country),
            zone_label=dates.zone_name(registration.zone, clock.now(), language),
            registered=dates.long_day(dates.local_date(registration.created_at, zone), language),
            booked=booked,
            presence=await presence_of_one(programme, registration, zone, conference.zone, clock.now()),
            reminders=choices_shown(registration),
            answers=[
                (
                    question.label,
                    answer_words(question.kind, question.choices, mine.answers[question.id], language),
                    f"{address(conference, code)}/files/{question.code}" if question.id in files else "",
                )
                for question in await questions_of(conference)
                if mine.answers.get(question.id)
            ],
            consents=[
                (mine.consents[purpose.id].wording, purpose.code, mine.consents[purpose.id].notice)
                for purpose in await purposes_of(conference)
                if purpose.id in mine.consents
            ],
        )

    @get("/{code:str}/files/{question:str}", name="registrations:file", guards=CHANGE)
    async def file(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        code: FromPath[str],
        question: FromPath[str],
    ) -> Response[Any]:
        registration = await known(conference, code)
        asked = next((one for one in await questions_of(conference) if one.code == question), None)
        return await answered_file(request, registration.id, asked)

    @post(
        "/{code:str}/link",
        name="registrations:link",
        guards=CHANGE,
        status_code=303,
    )
    async def send_link(
        self,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Redirect:
        registration = await known(conference, code)
        now = clock.now()
        await own_link.request_link(conference, address_key(registration.email), now)
        await note(registration, "registration-link-sent", clock.now(), actor=organiser)
        return see_other(address(conference, code), _("The link to their page is on its way to them."))

    @post(
        "/{code:str}/withdraw",
        name="registrations:withdraw",
        guards=CHANGE,
        status_code=303,
    )
    async def withdraw(
        self,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Redirect:
        registration = await known(conference, code)
        programme = await latest_programme(conference)
        await withdrawing.withdraw(registration.id, conference, programme, clock.now())
        await note(registration, "registration-withdrawn-by-team", clock.now(), actor=organiser)
        return see_other(address(conference, code), _("The registration is withdrawn, and the person told."))

    @post(
        "/{code:str}/decide",
        name="registrations:decide",
        guards=CHANGE,
        status_code=303,
    )
    async def decide(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Redirect:
        registration, now = await known(conference, code), clock.now()
        do, programme = (await typed(request)).get("do"), await latest_programme(conference)
        if do == "approve":
            became = await approve(registration.id, conference, programme, actor=organiser, now=now)
            done = became is not None
            flash = (
                _("The registration is approved, and the person welcomed by mail.")
                if became is RegistrationStatus.CONFIRMED
                else _("Approved. All places are taken: they are on the waiting list, and told so by mail.")
            )
        else:
            done = await refuse(registration.id, conference, programme, actor=organiser, now=now)
            flash = _("The registration is refused, and the person told by mail.")
        if not done:
            return see_other(
                address(conference, code), _("There was nothing to decide any more."), kind="warning"
            )
        return see_other(address(conference, code), flash)

    @post("/{code:str}/seats", name="registrations:seats", guards=CHANGE, status_code=303)
    async def seats(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Redirect:
        registration, sent = await known(conference, code), await typed(request)
        programme, slot, now = await latest_programme(conference), sent.get("slot", ""), clock.now()
        back = address(conference, code)
        try:
            if sent.get("do") == "leave":
                gone = await take_place_away(
                    registration, conference, programme, slot, actor=organiser, now=now
                )
                flash = _("The place is given up.") if gone else _("There was no such place any more.")
                return see_other(back, flash)
            seated = await give_seat(registration, conference, programme, slot, actor=organiser, now=now)
        except SeatsClash as error:
            zone, _is_chosen = reader_zone(request, conference.zone)
            return see_other(back, error.told(zone, i18n.current_language()), kind="error")
        except (Conflict, NotFound) as error:
            return see_other(back, error.message, kind="error")
        if seated:
            return see_other(back, _("They have a seat, and their calendar is told."))
        return see_other(back, _("It is full: they are at the end of its waitlist."), kind="warning")


async def _category_name(conference: Conference, registration: Registration) -> str:
    names = {category.id: category.name for category in await categories_there(conference)}
    return texts.pick(names.get(registration.category or 0, {}), i18n.current_language())


async def _place_told(registration: Registration, zone: str, language: str) -> dict[str, Any] | None:
    """Where somebody stands who waits for a place at the conference; ``number`` 0 for one whose offer has lapsed."""
    if registration.status != RegistrationStatus.WAITING:
        return None
    now, limits = clock.now(), await limits_of(registration.conference)
    standing = await place_in_line(registration, limits, now)
    until = standing.offer_ends_at if standing else None
    return {"number": standing.place if standing else 0, "until": moment_named(until, zone, language)}


async def _is_full(registration: Registration) -> bool:
    limits = await limits_of(registration.conference)
    places = await places_of(registration.conference, limits, clock.now())
    return not places.has_place_for(registration.category)


def _waits_told(
    programme: ReleasedProgramme | None, waits: Mapping[int, Waiting], zone: str, language: str
) -> list[dict[str, Any]]:
    known = programme.slot_by_id if programme else {}
    return [
        {
            "slot": known[number][1].code,
            "title": texts.pick(known[number][0].title, language),
            "when": when(known[number][1].start, known[number][1].end, zone, programme.zone, language),
            "place": waiting.place,
            "is_offered": waiting.offer_ends_at is not None,
        }
        for number, waiting in waits.items()
        if programme is not None and number in known
    ]


def _seats_on_offer(
    programme: ReleasedProgramme | None, mine: Collection[int], zone: str, language: str
) -> list[tuple[str, str]]:
    """Slots in which the person could be given a seat, or a place in line."""
    now = clock.now()
    return [
        (
            slot.code,
            f"{texts.pick(session.title, language)} · {when(slot.start, slot.end, zone, programme.zone, language).here}",
        )
        for session, slot in (programme.placings if programme else ())
        if programme is not None
        and slot.seats is not None
        and slot.id not in mine
        and slot.start > now
        and not slot.is_cancelled
        and not session.is_cancelled
    ]


def address(conference: Conference, code: str) -> str:
    return f"/organise/{conference.slug}/registrations/{code}"


async def known(conference: Conference, code: str) -> Registration:
    registration = await registration_by_code(conference.id, code)
    if registration is None:
        raise NotFound(_("There is no such registration."))
    return registration
