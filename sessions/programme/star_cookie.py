"""The cookie in which a browser keeps its stars: read by the programme's script as well as by the server."""

from __future__ import annotations

from litestar.datastructures import Cookie

from conference.tables import Conference
from conference.web import A_YEAR, AnyRequest, settings_of
from sessions.programme.stars import COOKIE, Stars, read_stars


def stars_of(request: AnyRequest) -> Stars:
    """The stars that this browser keeps for the conference of the address."""
    return read_stars(request.cookies.get(COOKIE, ""))


def star_cookie(request: AnyRequest, conference: Conference, stars: Stars) -> Cookie:
    """The cookie that keeps ``stars`` for a year below the conference's own address; without any it ends."""
    return Cookie(
        COOKIE,
        value=stars.value,
        max_age=A_YEAR if stars.value else 0,
        path=f"/{conference.slug}",
        samesite="lax",
        secure=settings_of(request).is_https,
    )
