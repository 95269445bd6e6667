"""The registration form and what follows it."""

from __future__ import annotations

from datetime import datetime

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from conference import clock, dates, i18n, timezones
from conference.tables import Conference, RegistrationState
from conference.web import AnyRequest, page, reader_zone, see_other
from registration.asking.forms import (
    AddressForm,
    RegistrationForm,
)
from registration.asking.writing_answers import FileGone
from registration.controllers.answer_files import WITH_FILES, gone_errors, sent_form, without_gone
from registration.controllers.attendee import IN_CONFERENCE, MOST_BYTES, first_noon
from registration.controllers.form_views import labels_of, purpose_views, question_views
from registration.controllers.opening_desk import moment_named
from registration.controllers.places_shown import (
    category_choices,
    is_bound,
    is_shut_out,
    line_words,
    needs_approval,
    places_now,
)
from registration.entries.invitations import invitation_by_link
from registration.entries.registrations import CategoryGone, NotInvited, RegistrationClosed, register
from registration.entries.tables import Invitation
from registration.opening import Stage, stage_of
from registration.queries import Offer, offer_of
from registration.rights.notice_versions import version_in_force
from registration.seating.offers import SeatChoice, seat_choices
from registration.seating.passing_on import spoken_for_in
from registration.seating.seats import SeatsTaken
from registration.tables import RegistrationAccess
from registration.views import seat_views, zone_select
from sessions.programme.snapshot import ReleasedProgramme
from sessions.queries import latest_programme


class RegisterController(Controller):
    path = "/{slug:str}/register"
    dependencies = IN_CONFERENCE
    request_max_body_size = MOST_BYTES

    @get("/", name="register:form")
    async def form(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Template:
        now, offer = clock.now(), await offer_of(conference)
        stage = stage_now(conference, offer, now)
        if stage is not Stage.OPEN:
            return closed_page(request, conference, offer, stage, 200)
        link = request.query_params.get("invitation", "")
        invitation = await invitation_by_link(conference, link)
        if is_shut_out(offer, invitation):
            return closed_page(request, conference, offer, Stage.INVITED, 200)
        form = RegistrationForm(invited_values(offer, invitation, link))
        return await form_page(request, conference, offer, form, invitation)

    @post("/", name="register:submit", status_code=303, opt=WITH_FILES)
    async def submit(
        self, request: AnyRequest, conference: NamedDependency[Conference]
    ) -> Template | Redirect:
        now, offer = clock.now(), await offer_of(conference)
        stage = stage_now(conference, offer, now)
        sent = await sent_form(request, conference, offer.questions if stage is Stage.OPEN else (), now)
        if stage is not Stage.OPEN:
            return closed_page(request, conference, offer, stage, 409)
        values, files = sent.values, sent.files
        invitation = await invitation_by_link(conference, values.get("invitation", ""))
        if is_shut_out(offer, invitation):
            return closed_page(request, conference, offer, Stage.INVITED, 409)
        if invitation is not None and is_bound(offer, invitation):
            values = {**values, "email": invitation.email}  # the invitation is for this address
        if "show_zones" in values:  # the button that puts the chosen country's zones first
            form = RegistrationForm(values, files=files)
            return await form_page(request, conference, offer, form, invitation)
        programme = await seated_programme(conference, offer)
        # Whether places and seats are free is asked once, under the lock; here only what was chosen matters.
        form = RegistrationForm.from_post(values, offer, seat_choices(programme, {}, now), files)
        if form.is_valid:
            try:
                notice = await version_in_force(conference, now) if form.agreements else None
                registered = await register(conference, programme, form.entry(notice), now)
            except SeatsTaken as error:
                form.refuse_seats(error.slots, await choices_now(conference, offer, now))
            except (CategoryGone, NotInvited) as error:
                form.errors["category"] = error.message
            except FileGone as error:
                form.files = without_gone(files, error)
                form.errors |= gone_errors(offer.questions, error)
            except RegistrationClosed:
                return closed_page(request, conference, offer, Stage.CLOSED, 409)
            else:
                then = "word" if needs_approval(offer, form.category, invitation) else ""
                then = "line" if registered.waits else then
                return see_other(f"/{conference.slug}/register/sent{then and f'?then={then}'}")
            return await form_page(request, conference, offer, form, invitation, 422)
        choices = await choices_now(conference, offer, now)
        again = RegistrationForm.from_post(values, offer, choices, files)
        return await form_page(request, conference, offer, again, invitation, 422)

    @get("/sent", name="register:sent")
    async def sent(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Template:
        then = request.query_params.get("then", "")
        return page(request, "registration/sent.html", conference=conference, then=then)

    @get("/applied", name="register:applied")
    async def applied(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Template:
        return page(request, "registration/applied.html", conference=conference, token="")


def invited_values(offer: Offer, invitation: Invitation | None, link: str) -> dict[str, str]:
    """What stands in the form of somebody invited."""
    if invitation is None:
        return {}
    own = next((one.code for one in offer.categories if one.id == invitation.category), "")
    return {"invitation": link, "email": invitation.email, "name": invitation.name, "category": own}


def stage_now(conference: Conference, offer: Offer, now: datetime) -> Stage:
    """Where registration stands."""
    return stage_of(conference.registration_state == RegistrationState.OPEN, offer.rules, now)


async def seated_programme(conference: Conference, offer: Offer) -> ReleasedProgramme | None:
    """The programme whose seats the form offers: none where organisers first say who takes part."""
    if offer.rules.access is RegistrationAccess.APPROVAL:
        return None
    return await latest_programme(conference)


async def choices_now(conference: Conference, offer: Offer, now: datetime) -> tuple[SeatChoice, ...]:
    """The seats the form offers, with what is left of them. One query."""
    programme = await seated_programme(conference, offer)
    return seat_choices(programme, await spoken_for_in(programme), now)


def closed_page(
    request: AnyRequest,
    conference: Conference,
    offer: Offer,
    stage: Stage,
    status: int,
    form: AddressForm | None = None,
) -> Template:
    """Says why nobody can register now, from when on they can, and when the conference takes place."""
    language = i18n.current_language()
    reader, _is_chosen = reader_zone(request, conference.zone)
    opens, opens_home = (
        moment_named(offer.rules.opens_at, zone, language) for zone in (reader, conference.zone)
    )
    over = dates.local_date(clock.now(), conference.zone) > conference.ends_on
    days = dates.day_range(conference.starts_on, conference.ends_on, language)
    return page(
        request,
        "registration/closed.html",
        conference=conference,
        status=status,
        over=over,
        days=days,
        stage=stage.value,
        takes_interest=offer.rules.takes_interest
        and stage is not Stage.INVITED
        and stage is not Stage.OVER
        and not over,
        values=form.values if form else {},
        errors=form.errors if form else {},
        opens=opens,
        opens_home="" if reader == conference.zone else opens_home,
    )


async def form_page(
    request: AnyRequest,
    conference: Conference,
    offer: Offer,
    form: RegistrationForm,
    invitation: Invitation | None,
    status: int = 200,
) -> Template:
    """The form with everything typed so far, and as what somebody with this invitation can come."""
    language, noon = i18n.current_language(), first_noon(conference)
    reader, is_chosen = reader_zone(request, conference.zone)
    values = form.values
    country = values.get("country", "").upper()
    zone = timezones.normalise(values.get("zone", "")) or ("" if country else reader if is_chosen else "")
    own = timezones.zones_of_country(country)
    if own and zone not in own and ("show_zones" in values or not zone):
        zone = own[0]
    shown = zone or reader
    choices, places = await choices_now(conference, offer, clock.now()), await places_now(conference, offer)
    categories = category_choices(offer, places, invitation)
    is_full = places is not None and not places.has_place_for(None)
    return page(
        request,
        "registration/register.html",
        conference=conference,
        status=status,
        at=noon,
        days=dates.day_range(conference.starts_on, conference.ends_on, language),
        closes=moment_named(offer.rules.closes_at, shown, language),
        closes_home=moment_named(offer.rules.closes_at, conference.zone, language)
        if shown != conference.zone
        else "",
        values=values,
        errors=form.errors,
        country=country,
        countries=timezones.countries(language),
        own_zone_options=zone_select(country, zone, noon, language),
        zone=zone,
        zone_label=dates.zone_name(shown, noon, language),
        home_place=dates.city_name(conference.zone, language),
        home_label=dates.zone_name(conference.zone, noon, language),
        language_options=[(code, i18n.language_name(code)) for code in offer.languages],
        chosen_language=values.get("language")
        or (language if language in offer.languages else offer.languages[0]),
        categories=[(one.code, one.name, one.note) for one in categories],
        not_for_them=[one.code for one in categories if not one.can_be_chosen],
        line=line_words(places) if places is not None and is_full else "",
        needs_approval=needs_approval(offer, None, invitation),
        invited_as=invitation.email if invitation is not None and is_bound(offer, invitation) else "",
        questions=question_views(offer, values, form.files),
        purposes=purpose_views(offer, values),
        seats=seat_views(
            choices, values, slug=conference.slug, zone=shown, home=conference.zone, language=language
        ),
        labels=labels_of(offer, choices, language),
    )
