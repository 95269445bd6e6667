"""What the pages of this package share: whose page it is, what they depend on, answers that no cache keeps."""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import UTC, datetime, time
from typing import Any

from litestar.datastructures import Cookie
from litestar.di import Provide
from litestar.response import Redirect, Template

from conference.guards import provide_conference, provide_organiser, provide_role
from conference.i18n import _
from conference.tables import Conference
from conference.web import AnyRequest, see_other
from registration.entries.access import cookie_name, viewer_of
from registration.queries import registration_by_code
from registration.tables import Registration, RegistrationStatus

MOST_BYTES = 1_000_000  # of a form of this package


class SignedOut(Exception):
    """The page is one person's own, and this browser is not signed in to a registration here."""


async def provide_registration(request: AnyRequest) -> Registration:
    """Dependency ``registration``: the confirmed one this browser is signed in to. Raises SignedOut."""
    conference = await provide_conference(request)
    registration = await my_registration(request, conference)
    if registration is None:
        raise SignedOut
    return registration


async def provide_registration_or_waiting(request: AnyRequest) -> Registration:
    """Dependency ``registration`` for pages that are also there for somebody in line for a place. Raises SignedOut."""
    conference = await provide_conference(request)
    registration = await my_registration(request, conference) or await my_waiting(request, conference)
    if registration is None:
        raise SignedOut
    return registration


async def my_waiting(request: AnyRequest, conference: Conference) -> Registration | None:
    """The registration this browser is signed in to that waits for a place, if any."""
    code = (await viewer_of(request)).in_line.get(conference.id)
    registration = await registration_by_code(conference.id, code) if code else None
    waits = registration is not None and registration.status == RegistrationStatus.WAITING
    return registration if waits else None


async def my_registration(request: AnyRequest, conference: Conference) -> Registration | None:
    """The confirmed registration this browser is signed in to, if any."""
    attending = (await viewer_of(request)).attending.get(conference.id)
    if attending is None:
        return None
    registration = await registration_by_code(conference.id, attending.registration_code)
    stands = registration is not None and registration.status == RegistrationStatus.CONFIRMED
    return registration if stands else None


def answer_signed_out(request: AnyRequest, _error: SignedOut) -> Redirect:
    """To the page that offers a link by mail."""
    slug = request.path_params["slug"]
    return see_other(f"/{slug}/me", _("Please open the link in your mail once more."), kind="warning")


def private(template: Template) -> Template:
    """The page kept by no cache, and its address told to no other site."""
    template.headers["cache-control"] = "no-store"
    template.headers["referrer-policy"] = "no-referrer"
    return template


def first_noon(conference: Conference) -> datetime:
    """An instant on the conference's first day, for which offsets of zones are told."""
    return datetime.combine(conference.starts_on, time(12), tzinfo=UTC)


def to_withdrawn(conference: Conference, query: str = "") -> Redirect:
    """Signed out, and told so."""
    over = Cookie(cookie_name(conference.id), value="", max_age=0, httponly=True, samesite="lax")
    return see_other(f"/{conference.slug}/me/withdrawn{query}", cookies=[over])


def to_own_page(
    conference: Conference, flash: str, *, kind: str = "success", cookies: list[Cookie] | None = None
) -> Redirect:
    """To the own page, with a word about what was done."""
    return see_other(f"/{conference.slug}/me", flash, kind=kind, cookies=cookies)


IN_CONFERENCE = {"conference": Provide(provide_conference)}
OWN_PAGE = {**IN_CONFERENCE, "registration": Provide(provide_registration)}
OWN_OR_WAITING = {**IN_CONFERENCE, "registration": Provide(provide_registration_or_waiting)}
AT_THE_DESK = {**IN_CONFERENCE, "organiser": Provide(provide_organiser), "role": Provide(provide_role)}
SENT_AWAY: MutableMapping[int | type[Exception], Any] = {SignedOut: answer_signed_out}
