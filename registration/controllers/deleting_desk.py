"""The desk's page for deleting a conference: what goes, what stays, the name typed, and who it is asked once more."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from conference import auth, clock, texts
from conference.auth import WrongPassword
from conference.conferences import languages_of
from conference.guards import requires
from conference.i18n import _, current_language
from conference.tables import Conference
from conference.team import Permission
from conference.viewer import SignedInOrganiser
from conference.web import ORGANISER_COOKIE, AnyRequest, network_of, page, see_other, typed
from registration.controllers.attendee import AT_THE_DESK, MOST_BYTES, private
from registration.ending.deleting import NotTheName, PeopleAreComing, delete_conference, what_goes


class DeletingController(Controller):
    path = "/organise/{slug:str}/delete"
    dependencies = AT_THE_DESK
    guards = (requires(Permission.MANAGE),)
    request_max_body_size = MOST_BYTES

    @get("/", name="conference:delete-page")
    async def show(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template:
        return await _page(request, conference, organiser, {})

    @post("/", name="conference:delete", status_code=303)
    async def delete(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template | Redirect:
        values, now, errors = await typed(request), clock.now(), {}
        name = _name(conference)
        try:
            await auth.prove(
                organiser,
                values.get("password", ""),
                secret=request.cookies.get(ORGANISER_COOKIE, ""),
                network=network_of(request),
                now=now,
            )
            await delete_conference(
                conference.id,
                typed=values.get("name", ""),
                storage=request.app.state.storage,
                actor=organiser,
                now=now,
            )
        except auth.NotLately:
            return await _page(request, conference, organiser, {}, status=403)
        except WrongPassword as error:
            errors["password"] = error.message
        except NotTheName as error:
            errors["name"] = error.message
        except PeopleAreComing:
            return await _page(request, conference, organiser, {}, status=409)
        if errors:
            return await _page(request, conference, organiser, errors, values=values, status=422)
        return see_other("/organise/", _("“%(name)s” is deleted.") % {"name": name})

    @post("/link", name="conference:delete-link", status_code=303)
    async def link(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Redirect:
        """A fresh sign-in for somebody who has no password to show that it is they."""
        await auth.request_sign_in_link(organiser.email, network=network_of(request), now=clock.now())
        told = _("A sign-in link is on its way. Follow it, and come back to this page.")
        return see_other(f"/organise/{conference.slug}/delete", told)


def _name(conference: Conference) -> str:
    return texts.pick(conference.name, current_language(), languages_of(conference))


async def _page(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    errors: Mapping[str, str],
    *,
    values: Mapping[str, str] | None = None,
    status: int = 200,
) -> Template:
    now, secret = clock.now(), request.cookies.get(ORGANISER_COOKIE, "")
    has_password = await auth.has_password(organiser)
    return private(
        page(
            request,
            "registration/desk_delete.html",
            status=status,
            conference=conference,
            organiser=organiser,
            section="settings",
            name=_name(conference),
            goes=await what_goes(conference, now),
            has_password=has_password,
            is_fresh=has_password or await auth.signed_in_lately(secret, now=now),
            typed=(values or {}).get("name", ""),
            errors=errors,
        )
    )
