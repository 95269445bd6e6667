"""Whom the team has invited to register, and inviting more."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, i18n, texts
from conference.forms import Typed
from conference.guards import requires
from conference.i18n import _, ngettext
from conference.tables import Conference, Role
from conference.team import Permission, may
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, see_other, typed
from registration.asking.categories import Category, categories_of
from registration.controllers.attendee import AT_THE_DESK, MOST_BYTES
from registration.entries.invitations import invitations_of, invite, read_invitees, remove_invitation
from registration.queries import offer_of
from registration.tables import RegistrationAccess


class InvitationsController(Controller):
    path = "/organise/{slug:str}/registration/invitations"
    dependencies = AT_THE_DESK
    request_max_body_size = MOST_BYTES

    @get("/", name="invitations:list", guards=[requires(Permission.REGISTRATION)])
    async def show(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
    ) -> Template:
        return await invitations_page(request, conference, organiser, role, {}, {})

    @post("/", name="invitations:invite", guards=[requires(Permission.REGISTRATION)], status_code=303)
    async def send(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
    ) -> Template | Redirect:
        form = Typed(await typed(request))
        people, refused = read_invitees(form.raw("people"))
        if refused or not people:
            form.errors["people"] = " ".join(refused) or _("Please fill this in.")
        offered = {one.code: one for one in (await offer_of(conference)).categories}
        code = form.choice("category", offered, required=must_be_chosen(offered.values())) if offered else ""
        if form.errors:
            return await invitations_page(request, conference, organiser, role, form.values, form.errors, 422)
        category = offered[code].id if code else None
        count = await invite(conference, people, category, actor=organiser, now=clock.now())
        flash = ngettext("%(count)s person is invited.", "%(count)s people are invited.", count)
        return see_other(_home(conference), flash % {"count": count})

    @post(
        "/{code:str}/remove",
        name="invitations:remove",
        guards=[requires(Permission.REGISTRATION)],
        status_code=303,
    )
    async def remove(
        self,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Redirect:
        await remove_invitation(conference, code, actor=organiser, now=clock.now())
        return see_other(_home(conference), _("The invitation is taken back."))


def must_be_chosen(categories: Collection[Category]) -> bool:
    """Whether an invitation to no category would let nobody in: each of them wants one of its own."""
    return all(one.facts.access is RegistrationAccess.INVITATION for one in categories)


def _home(conference: Conference) -> str:
    return f"/organise/{conference.slug}/registration/invitations"


async def invitations_page(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    role: Role,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    status: int = 200,
) -> Template:
    """Everybody invited, and the form that invites more."""
    language, offered = i18n.current_language(), (await offer_of(conference)).categories
    named = {one.id: texts.pick(one.facts.name, language) for one in await categories_of(conference.id)}
    return page(
        request,
        "registration/desk_invitations.html",
        conference=conference,
        organiser=organiser,
        section="registration",
        status=status,
        values=values,
        errors=errors,
        invitations=await invitations_of(conference),
        categories=[(one.code, named[one.id]) for one in offered],
        any_category=not must_be_chosen(offered),
        named=named,
        may_change=may(role, Permission.REGISTRATION),
    )
