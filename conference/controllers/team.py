"""The team page: who helps to run a conference, and what each may do."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, jobs, team
from conference.forms import Typed
from conference.guards import AT_THE_DESK, requires
from conference.i18n import _
from conference.tables import Conference, Role
from conference.team import Permission, may
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, see_other, typed


class TeamController(Controller):
    path = "/organise/{slug:str}/team"
    dependencies = AT_THE_DESK

    @get("/", name="team:show", guards=[requires(Permission.SEE)])
    async def show(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
    ) -> Template:
        return await _page(request, conference, organiser, Typed({}), may_change=may(role, Permission.MANAGE))

    @post("/", name="team:give", guards=[requires(Permission.MANAGE)])
    async def give(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Redirect | Template:
        fields = Typed(await typed(request))
        email, name = fields.email("email"), fields.line("name")
        role = fields.choice("role", list(Role))
        if not fields.errors:
            try:
                await team.give_role(conference, email, name, Role(role), actor=organiser, now=clock.now())
            except team.LastOwner as error:
                fields.errors["role"] = error.message
        if fields.errors:
            return await _page(request, conference, organiser, fields, status=422)
        jobs.wake()
        told = _("%(email)s has the role “%(role)s” now, and a mail with a sign-in link is on its way.")
        return see_other(
            f"/organise/{conference.slug}/team",
            told % {"email": email, "role": team.role_names()[Role(role)]},
        )

    @post("/{member_id:int}/role", name="team:change", guards=[requires(Permission.MANAGE)])
    async def change(
        self,
        request: AnyRequest,
        member_id: FromPath[int],
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Redirect:
        fields = Typed(await typed(request))
        role = fields.choice("role", list(Role))
        here = f"/organise/{conference.slug}/team"
        if fields.errors:
            return see_other(here, fields.errors["role"], kind="error")
        try:
            await team.change_role(conference, member_id, Role(role), actor=organiser, now=clock.now())
        except team.LastOwner as error:
            return see_other(here, error.message, kind="error")
        return see_other(here, _("The role is changed."))

    @post("/{member_id:int}/remove", name="team:remove", guards=[requires(Permission.MANAGE)])
    async def remove(
        self,
        member_id: FromPath[int],
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Redirect:
        here = f"/organise/{conference.slug}/team"
        try:
            await team.take_role(conference, member_id, actor=organiser, now=clock.now())
        except team.LastOwner as error:
            return see_other(here, error.message, kind="error")
        if member_id == organiser.id:
            return see_other("/organise/", _("You have left the team."))
        return see_other(here, _("They are no longer in the team."))


async def _page(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    fields: Typed,
    *,
    status: int = 200,
    may_change: bool = True,
) -> Template:
    names, meanings = team.role_names(), team.role_meanings()
    return page(
        request,
        "conference/team.html",
        conference=conference,
        organiser=organiser,
        status=status,
        section="team",
        members=await team.team_of(conference.id),
        values={name: fields.raw(name) for name in ("email", "name", "role")},
        errors=fields.errors,
        may_change=may_change,
        roles=[(role.value, names[role], meanings[role]) for role in Role],
        role_names=names,
    )
