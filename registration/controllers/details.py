"""What a person says of themself, changed on their own page."""

from __future__ import annotations

from typing import Any

from litestar import Controller, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template

from conference import clock, i18n, timezones
from conference.errors import StaleEdit
from conference.forms import whole_number
from conference.i18n import _
from conference.tables import Conference
from conference.web import A_YEAR, ZONE_COOKIE, AnyRequest, page
from registration.asking.answer_files import standing_files
from registration.asking.answering import answer_fields
from registration.asking.form_files import FormFiles
from registration.asking.forms import DetailsForm
from registration.asking.writing_answers import FileGone
from registration.controllers.answer_files import (
    WITH_FILES,
    answered_file,
    gone_errors,
    sent_form,
    without_gone,
)
from registration.controllers.attendee import (
    MOST_BYTES,
    OWN_OR_WAITING,
    SENT_AWAY,
    first_noon,
    private,
    to_own_page,
)
from registration.controllers.form_views import question_views
from registration.entries import registrations
from registration.queries import everything_of, offer_of, questions_of
from registration.tables import Registration
from registration.views import zone_select


class DetailsController(Controller):
    """What the person says of themself."""

    path = "/{slug:str}/me/details"
    dependencies = OWN_OR_WAITING
    exception_handlers = SENT_AWAY
    request_max_body_size = MOST_BYTES

    @get("/", name="me:details")
    async def details(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        registration: NamedDependency[Registration],
    ) -> Template:
        mine = await everything_of(registration)
        questions = await questions_of(conference)
        values = {
            "name": registration.name,
            "country": registration.country,
            "zone": registration.zone,
            "language": registration.language,
            "organisation": registration.organisation,
            "revision": str(registration.revision),
        }
        for question in questions:
            values |= answer_fields(question, mine.answers.get(question.id, ""))
        form = DetailsForm(values, files=FormFiles(standing=await standing_files(registration.id)))
        return await details_page(request, conference, form)

    @get("/files/{code:str}", name="me:file")
    async def file(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        registration: NamedDependency[Registration],
        code: FromPath[str],
    ) -> Response[Any]:
        question = next((one for one in await questions_of(conference) if one.code == code), None)
        return await answered_file(request, registration.id, question)

    @post("/", name="me:change-details", status_code=303, opt=WITH_FILES)
    async def change_details(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        registration: NamedDependency[Registration],
    ) -> Template | Redirect:
        offer, now = await offer_of(conference), clock.now()
        standing = await standing_files(registration.id)
        sent = await sent_form(request, conference, offer.questions, now, standing=standing)
        values = sent.values
        if "show_zones" in values:
            return await details_page(request, conference, DetailsForm(values, files=sent.files))
        form = DetailsForm.from_post(values, offer, sent.files)
        if not form.is_valid:
            return await details_page(request, conference, form, 422)
        revision = whole_number(values.get("revision", "")) or 0
        try:
            await registrations.change_details(registration.id, form.details, revision=revision, now=now)
        except StaleEdit as error:
            form.errors[""] = error.message
            current = {**values, "revision": str(registration.revision)}
            again = DetailsForm(current, form.errors, files=sent.files)
            return await details_page(request, conference, again, 409, theirs=error.theirs)
        except FileGone as error:
            form.errors |= gone_errors(offer.questions, error)
            form.files = without_gone(sent.files, error)
            return await details_page(request, conference, form, 422)
        chosen = Cookie(ZONE_COOKIE, value=form.details.zone, max_age=A_YEAR, samesite="lax")
        return to_own_page(conference, _("Your details are saved."), cookies=[chosen])


async def details_page(
    request: AnyRequest,
    conference: Conference,
    form: DetailsForm,
    status: int = 200,
    theirs: dict[str, Any] | None = None,
) -> Template:
    """The person's details as a form."""
    language, noon = i18n.current_language(), first_noon(conference)
    offer = await offer_of(conference)
    country = form.values.get("country", "").upper()
    zone = timezones.normalise(form.values.get("zone", "")) or ""
    own = timezones.zones_of_country(country)
    if own and "show_zones" in form.values and zone not in own:
        zone = own[0]
    return private(
        page(
            request,
            "registration/details.html",
            conference=conference,
            status=status,
            values=form.values,
            errors=form.errors,
            theirs=theirs,
            country=country,
            zone=zone,
            countries=timezones.countries(language),
            own_zone_options=zone_select(country, zone, noon, language),
            language_options=[(code, i18n.language_name(code)) for code in offer.languages],
            chosen_language=form.values.get("language", ""),
            questions=question_views(offer, form.values, form.files, f"/{conference.slug}/me/details/files"),
        )
    )
