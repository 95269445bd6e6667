"""Who may open a route: the guards of the organiser's desk, and the dependencies they make safe."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar, cast

from litestar.di import Provide
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler

from conference import clock
from conference.auth import organiser_by_cookie
from conference.conferences import conference_by_slug
from conference.errors import Forbidden, NotFound
from conference.i18n import _
from conference.tables import Conference, Role
from conference.team import Permission, may, role_of
from conference.viewer import SignedInOrganiser
from conference.web import ORGANISER_COOKIE, AnyConnection, AnyRequest

Found = TypeVar("Found")


class SignInRequired(NotAuthorizedException):
    """The page is the team's, and nobody is signed in."""


async def organiser_of(connection: AnyConnection) -> SignedInOrganiser | None:
    """The organiser signed in with this browser; asked once per request."""
    secret = connection.cookies.get(ORGANISER_COOKIE, "")
    return await _asked_once(connection, "organiser", lambda: organiser_by_cookie(secret, now=clock.now()))


async def _asked_once(
    connection: AnyConnection, name: str, ask: Callable[[], Coroutine[Any, Any, Found]]
) -> Found:
    """What ``ask`` finds, asked once per request, also when several dependencies, resolved side by side, want it."""
    asked = connection.scope.setdefault("state", {}).setdefault("asked", {})
    if name not in asked:
        asked[name] = asyncio.ensure_future(ask())
    return cast(Found, await asked[name])


Guard = Callable[[AnyConnection, BaseRouteHandler], Awaitable[None]]


async def signed_in(connection: AnyConnection, _handler: BaseRouteHandler) -> None:
    """Guard: an organiser is signed in."""
    if await organiser_of(connection) is None:
        raise SignInRequired


def requires(permission: Permission) -> Guard:
    """Guard for routes under ``/organise/{slug}``: the organiser's role in that conference gives ``permission``.

    Someone outside the team gets the answer for a conference that does not exist.
    """

    async def guard(connection: AnyConnection, _handler: BaseRouteHandler) -> None:
        organiser = await organiser_of(connection)
        if organiser is None:
            raise SignInRequired
        conference = await _conference_in_path(connection)
        role = await role_of(conference.id, organiser.id) if conference else None
        if role is None:
            raise NotFound(_("There is no such conference, or you are not in its team."))
        if not may(role, permission):
            raise Forbidden(_("Your role in this conference does not include this."))
        connection.scope["state"]["role"] = role

    guard.permission = permission  # type: ignore[attr-defined]  # read by the test that walks every route
    return guard


async def _conference_in_path(connection: AnyConnection) -> Conference | None:
    slug = str(connection.path_params["slug"])
    return await _asked_once(connection, "conference", lambda: conference_by_slug(slug))


async def provide_conference(request: AnyRequest) -> Conference:
    """Dependency ``conference``: the one whose slug stands in the address. Raises NotFound."""
    conference = await _conference_in_path(request)
    if conference is None:
        raise NotFound(_("There is no conference at this address."))
    return conference


async def provide_organiser(request: AnyRequest) -> SignedInOrganiser:
    """Dependency ``organiser``: who is signed in; behind a guard that made sure of it."""
    organiser = await organiser_of(request)
    if organiser is None:
        raise SignInRequired
    return organiser


async def provide_role(request: AnyRequest) -> Role:
    """Dependency ``role``: the organiser's role, found by the guard ``requires``."""
    return cast(Role, request.scope["state"]["role"])


IN_CONFERENCE = {"conference": Provide(provide_conference)}
"""Dependencies of routes below ``/{slug}``."""

AT_THE_DESK = {**IN_CONFERENCE, "organiser": Provide(provide_organiser), "role": Provide(provide_role)}
"""Dependencies of routes below ``/organise/{slug}`` that carry ``requires(…)``."""

SIGNED_IN = {"organiser": Provide(provide_organiser)}
"""Dependencies of routes below ``/organise`` that carry the guard ``signed_in``."""
