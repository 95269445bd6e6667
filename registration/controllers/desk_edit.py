"""Changing a registration at the desk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, i18n, texts, timezones
from conference.errors import StaleEdit
from conference.forms import whole_number
from conference.i18n import _
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, see_other
from registration.asking.answer_files import standing_files
from registration.asking.form_files import FormFiles
from registration.asking.writing_answers import FileGone
from registration.controllers.answer_files import WITH_FILES, gone_errors, sent_form, without_gone
from registration.controllers.attendee import AT_THE_DESK, MOST_BYTES, first_noon
from registration.controllers.desk_one import CHANGE, address, known
from registration.controllers.form_views import question_views
from registration.desk import editing
from registration.desk.edit_form import EditForm, lenient
from registration.desk.editing import AddressTaken, CategoryFull
from registration.desk.lists import categories_there
from registration.queries import everything_of, offer_of, questions_of
from registration.tables import Registration
from registration.views import zone_select
from sessions.queries import latest_programme


class EditController(Controller):
    path = "/organise/{slug:str}/registrations"
    dependencies = AT_THE_DESK
    guards = CHANGE
    request_max_body_size = MOST_BYTES

    @get("/{code:str}/edit", name="registrations:edit")
    async def edit(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Template:
        registration = await known(conference, code)
        form = EditForm.of(
            await everything_of(registration),
            await questions_of(conference),
            await categories_there(conference),
        )
        form.files = FormFiles(standing=await standing_files(registration.id))
        return await _edit_page(request, conference, organiser, registration, form)

    @post("/{code:str}/edit", name="registrations:change", status_code=303, opt=WITH_FILES)
    async def change(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Template | Redirect:
        registration, now = await known(conference, code), clock.now()
        offer, standing = await offer_of(conference), await standing_files(registration.id)
        sent = await sent_form(request, conference, offer.questions, now, standing=standing, by_team=True)
        values = sent.values
        if "show_zones" in values:
            form = EditForm(values, files=sent.files)
            return await _edit_page(request, conference, organiser, registration, form)
        form = EditForm.from_post(values, offer, await categories_there(conference), sent.files)
        if form.edited is None:
            return await _edit_page(request, conference, organiser, registration, form, 422)
        try:
            is_moved = await editing.edit(
                registration.id,
                conference,
                await latest_programme(conference),
                form.edited,
                revision=whole_number(values.get("revision", "")) or 0,
                actor=organiser,
                now=now,
            )
        except StaleEdit as error:
            form.errors[""] = error.message
            current = {**values, "revision": str(registration.revision)}
            stale = EditForm(current, form.errors, files=sent.files)
            return await _edit_page(
                request, conference, organiser, registration, stale, 409, theirs=error.theirs
            )
        except FileGone as error:
            form.errors |= gone_errors(offer.questions, error)
            form.files = without_gone(sent.files, error)
            return await _edit_page(request, conference, organiser, registration, form, 422)
        except CategoryFull as error:
            form.errors["category"] = error.message
            return await _edit_page(request, conference, organiser, registration, form, 422)
        except AddressTaken as error:
            form.errors["email"] = error.message
            return await _edit_page(request, conference, organiser, registration, form, 422)
        if is_moved:
            flash = _(
                "Saved. A link to their page is on its way to the new address; the old ones work no more."
            )
            return see_other(address(conference, code), flash)
        return see_other(address(conference, code), _("The registration is saved."))


async def _edit_page(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    registration: Registration,
    form: EditForm,
    status: int = 200,
    theirs: Mapping[str, Any] | None = None,
) -> Template:
    language, noon = i18n.current_language(), first_noon(conference)
    offer, categories = lenient(await offer_of(conference)), await categories_there(conference)
    country = form.values.get("country", "").upper()
    zone = timezones.normalise(form.values.get("zone", "")) or ""
    own = timezones.zones_of_country(country)
    if own and "show_zones" in form.values and zone not in own:
        zone = own[0]
    named = {category.id: texts.pick(category.name, language) for category in categories}
    return page(
        request,
        "registration/desk_edit.html",
        conference=conference,
        organiser=organiser,
        section="registrations",
        status=status,
        registration=registration,
        values=form.values,
        errors=form.errors,
        may_overrule=status == 422 and "category" in form.errors and form.edited is not None,
        theirs={**theirs, "category": named.get(theirs["category"] or 0, "")} if theirs else None,
        country=country,
        zone=zone,
        countries=timezones.countries(language),
        own_zone_options=zone_select(country, zone, noon, language),
        language_options=[(code, i18n.language_name(code, language)) for code in offer.languages],
        chosen_language=form.values.get("language", ""),
        questions=question_views(
            offer, form.values, form.files, f"{address(conference, registration.code)}/files"
        ),
        categories=[(category.code, named[category.id]) for category in categories],
    )
