"""Whether colleagues can be registered, as the team sees and changes it."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from conference import clock
from conference.errors import StaleEdit
from conference.forms import Typed
from conference.guards import requires
from conference.i18n import _
from conference.tables import Conference, Role
from conference.team import Permission, may
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, see_other, typed
from registration.controllers.attendee import AT_THE_DESK, MOST_BYTES
from registration.groups import MOST_ALLOWED, GroupRules, change_group_rules, group_rules


class GroupRulesController(Controller):
    path = "/organise/{slug:str}/registration/groups"
    dependencies = AT_THE_DESK
    request_max_body_size = MOST_BYTES

    @get("/", name="groups:rules", guards=[requires(Permission.SEE)])
    async def show(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
    ) -> Template:
        rules = await group_rules(conference.id)
        return rules_page(request, conference, organiser, role, values_of(rules), {})

    @post("/", name="groups:change-rules", guards=[requires(Permission.REGISTRATION)], status_code=303)
    async def change(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
    ) -> Template | Redirect:
        form = Typed(await typed(request))
        takes = form.ticked("takes_groups")
        most = form.whole_number("most_in_group", required=True, least=1, most=MOST_ALLOWED) or 0
        revision = form.whole_number("revision") or 0
        if form.errors:
            return rules_page(request, conference, organiser, role, form.values, form.errors, 422)
        try:
            await change_group_rules(
                conference, GroupRules(takes, most, revision), actor=organiser, now=clock.now()
            )
        except StaleEdit as error:
            values = {**form.values, "revision": str(error.theirs["revision"])}
            return rules_page(request, conference, organiser, role, values, {"": error.message}, 409, error)
        return see_other(f"/organise/{conference.slug}/registration/groups", _("Saved."))


def values_of(rules: GroupRules) -> dict[str, str]:
    """The rules as the form's fields hold them."""
    return {
        "takes_groups": "yes" if rules.takes_groups else "",
        "most_in_group": str(rules.most_in_group),
        "revision": str(rules.revision),
    }


def rules_page(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    role: Role,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    status: int = 200,
    stale: StaleEdit | None = None,
) -> Template:
    """The rules as a form, with those that stand where somebody else was quicker."""
    return page(
        request,
        "registration/group_rules.html",
        conference=conference,
        organiser=organiser,
        section="registrations",
        status=status,
        values=values,
        errors=errors,
        theirs=stale.theirs if stale else None,
        may_change=may(role, Permission.REGISTRATION),
        most_allowed=MOST_ALLOWED,
    )
