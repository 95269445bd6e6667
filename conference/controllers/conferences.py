"""A conference's settings."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from conference import clock, conferences
from conference.conference_form import ConferenceForm, Difference, differences, field_labels
from conference.conferences import conference_by_slug, facts_of
from conference.errors import InvalidInput, NotFound, StaleEdit
from conference.forms import whole_number
from conference.guards import AT_THE_DESK, requires
from conference.i18n import _
from conference.tables import Conference, Role
from conference.team import Permission, may
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, see_other, settings_of, typed
from conference.zone_choices import zone_pairs


class SettingsController(Controller):
    path = "/organise/{slug:str}/settings"
    dependencies = AT_THE_DESK

    @get("/", name="settings:show", guards=[requires(Permission.SEE)])
    async def show(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
    ) -> Template:
        form = ConferenceForm.of(facts_of(conference))
        return _page(request, conference, organiser, form, may_change=may(role, Permission.MANAGE))

    @post("/", name="settings:change", guards=[requires(Permission.MANAGE)])
    async def change(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Redirect | Template:
        values = await typed(request)
        revision = whole_number(values.get("revision", ""))
        if revision is None:
            raise InvalidInput(_("This form lacks the version it was made from. Please reload the page."))
        form = ConferenceForm.from_post(values, before=facts_of(conference))
        if values.get("step") == "languages":
            form.errors = {key: text for key, text in form.errors.items() if key == "languages"}
            status = 422 if form.errors else 200
            return _page(request, conference, organiser, form, status=status, revision=revision)
        if form.facts is None:
            return _page(request, conference, organiser, form, status=422, revision=revision)
        try:
            await conferences.change_conference(
                conference.id, form.facts, revision=revision, actor=organiser, now=clock.now()
            )
        except (conferences.SlugTaken, conferences.SlugFixed) as error:
            form.errors["slug"] = error.message
            return _page(request, conference, organiser, form, status=422, revision=revision)
        except StaleEdit:
            theirs = await conference_by_slug(conference.slug)
            if theirs is None:
                raise NotFound(_("There is no conference at this address.")) from None
            apart = differences(form.facts, facts_of(theirs))
            return _page(request, theirs, organiser, form, status=409, stale=list(apart))
        return see_other(f"/organise/{form.facts.slug}/settings", _("The conference is saved."))


def _page(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    form: ConferenceForm,
    *,
    status: int = 200,
    revision: int | None = None,
    may_change: bool = True,
    stale: list[Difference] | None = None,
) -> Template:
    return page(
        request,
        "conference/settings.html",
        conference=conference,
        organiser=organiser,
        status=status,
        section="settings",
        form=form,
        labels=field_labels(),
        zones=zone_pairs(),
        revision=conference.revision if revision is None else revision,
        is_published=conference.release_number > 0,
        may_change=may_change,
        stale=stale,
        base_url=settings_of(request).base_url,
    )
