"""Signing in and out of the organiser's desk: by a mailed link, or by password."""

from __future__ import annotations

import re
from typing import Any

from litestar import Controller, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template

from conference import auth, clock, jobs
from conference.forms import Typed
from conference.guards import organiser_of
from conference.i18n import _
from conference.throttle import TooManyTries
from conference.viewer import SignedInOrganiser
from conference.web import (
    A_YEAR,
    LANGUAGE_COOKIE,
    ORGANISER_COOKIE,
    ZONE_COOKIE,
    AnyRequest,
    network_of,
    page,
    secret_cookie,
    see_other,
    settings_of,
    typed,
)

HOME = "/organise/"
NEXT_COOKIE = "organiser-next"
# The address holds a secret: it must not travel in a Referer, nor stay in a shared cache.
SECRET_PAGE = {"referrer-policy": "no-referrer", "cache-control": "no-store"}
_LOCAL_PATH = re.compile(r"/organise/[A-Za-z0-9/._~%?=&+-]*")


def local_path(wanted: str) -> str:
    """``wanted`` when it is an address of the desk, else the desk itself: nobody is led to another site."""
    is_safe = _LOCAL_PATH.fullmatch(wanted) and ".." not in wanted and len(wanted) <= 500
    return wanted if is_safe and not wanted.startswith("/organise/sign-") else HOME


def preference_cookies(organiser: SignedInOrganiser) -> list[Cookie]:
    """The organiser's own zone and language, put in force in this browser."""
    chosen = ((ZONE_COOKIE, organiser.zone), (LANGUAGE_COOKIE, organiser.language))
    return [Cookie(name, value=value, max_age=A_YEAR, samesite="lax") for name, value in chosen if value]


class SignInController(Controller):
    path = "/organise"

    @get("/sign-in", name="sign-in:form")
    async def form(self, request: AnyRequest) -> Response[Any]:
        wanted = local_path(request.query_params.get("next", HOME))
        if await organiser_of(request) is not None:
            return Redirect(wanted, status_code=303)
        return _form_page(request, Typed({"next": wanted}), request.query_params.get("with") == "password")

    @post("/sign-in", name="sign-in:ask")
    async def ask(self, request: AnyRequest) -> Response[Any]:
        fields = Typed(await typed(request))
        by_password = fields.raw("with") == "password"
        wanted = local_path(fields.raw("next"))
        email = fields.email("email")
        password = fields.values.get("password", "")[:1000]
        if by_password and not password:
            fields.errors["password"] = _("Please fill this in.")
        if fields.errors:
            return _form_page(request, fields, by_password, status=422)
        now, network = clock.now(), network_of(request)
        try:
            if by_password:
                secret = await auth.sign_in_by_password(email, password, network=network, now=now)
                return await signed_in_answer(request, secret, wanted)
            await auth.request_sign_in_link(email, network=network, now=now)
        except auth.WrongPassword as error:
            fields.errors["password"] = error.message
            return _form_page(request, fields, by_password, status=422)
        except TooManyTries as error:
            fields.errors[""] = error.message
            return _form_page(request, fields, by_password, status=429)
        jobs.wake()
        kept = secret_cookie(
            NEXT_COOKIE, wanted, settings_of(request), max_age=int(auth.LINK_LIFETIME.total_seconds())
        )
        return see_other("/organise/sign-in/sent", cookies=[kept])

    @get("/sign-in/sent", name="sign-in:sent")
    async def sent(self, request: AnyRequest) -> Template:
        minutes = int(auth.LINK_LIFETIME.total_seconds() // 60)
        has_server = bool(settings_of(request).smtp_url)
        return page(request, "conference/sign-in-sent.html", minutes=minutes, has_mail_server=has_server)

    @get("/sign-in/{token:str}", name="sign-in:link")
    async def link(self, request: AnyRequest, token: FromPath[str]) -> Template:
        # Looking never spends the link: mail scanners follow every address they see.
        if not await auth.link_is_open(token, now=clock.now()):
            return _spent_page(request)
        return page(request, "conference/sign-in-link.html", headers=SECRET_PAGE, token=token)

    @post("/sign-in/{token:str}", name="sign-in:spend")
    async def spend(self, request: AnyRequest, token: FromPath[str]) -> Response[Any]:
        try:
            secret = await auth.sign_in_by_link(token, now=clock.now())
        except auth.LinkSpent:
            return _spent_page(request)
        return await signed_in_answer(request, secret, local_path(request.cookies.get(NEXT_COOKIE, HOME)))

    @post("/sign-out", name="sign-in:out")
    async def out(self, request: AnyRequest) -> Redirect:
        await auth.sign_out(request.cookies.get(ORGANISER_COOKIE, ""))
        gone = secret_cookie(ORGANISER_COOKIE, "", settings_of(request), max_age=0)
        return see_other("/organise/sign-in", _("You are signed out."), cookies=[gone])


async def signed_in_answer(request: AnyRequest, secret: str, path: str, flash: str = "") -> Redirect:
    """On to the desk, with the cookie by which this browser is known from now on."""
    settings = settings_of(request)
    lifetime = int(auth.SIGN_IN_LIFETIME.total_seconds())
    cookies = [
        secret_cookie(ORGANISER_COOKIE, secret, settings, max_age=lifetime),
        secret_cookie(NEXT_COOKIE, "", settings, max_age=0),
    ]
    organiser = await auth.organiser_by_cookie(secret, now=clock.now())
    if organiser is not None:
        cookies += preference_cookies(organiser)
    return see_other(path, flash, cookies=cookies)


def _form_page(request: AnyRequest, fields: Typed, by_password: bool, *, status: int = 200) -> Template:
    return page(
        request,
        "conference/sign-in.html",
        status=status,
        email=fields.raw("email"),
        errors=fields.errors,
        by_password=by_password,
        next=local_path(fields.raw("next")),
    )


def _spent_page(request: AnyRequest) -> Template:
    return page(
        request, "conference/sign-in-spent.html", status=410, headers=SECRET_PAGE, email="", errors={}
    )
