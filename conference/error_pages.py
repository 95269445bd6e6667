"""When things go wrong: one page and one JSON shape for every refusal, never a traceback."""

from __future__ import annotations

import errno
import logging
import sqlite3
from typing import Any
from urllib.parse import quote

from litestar import Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.response import Redirect, Template

from conference.errors import DomainError, StaleEdit
from conference.guards import SignInRequired
from conference.i18n import _
from conference.web import AnyRequest, page

logger = logging.getLogger("meridian.web")


def wants_json(request: AnyRequest) -> bool:
    """Whether the asker is a script rather than a person."""
    return request.url.path.startswith("/api/") or "application/json" in request.headers.get("accept", "")


def answer_domain_error(request: AnyRequest, error: DomainError) -> Response[Any]:
    """One page and one JSON shape for every refusal."""
    if wants_json(request):
        body: dict[str, Any] = {"error": type(error).__name__, "message": error.message}
        if isinstance(error, StaleEdit):
            body |= {"mine": error.mine, "theirs": error.theirs}
        return Response(body, status_code=error.http_status)
    stale = {"mine": error.mine, "theirs": error.theirs} if isinstance(error, StaleEdit) else None
    return _error_page(request, error.http_status, error.message, stale)


def answer_http_error(request: AnyRequest, error: HTTPException) -> Response[Any]:
    """The framework's own refusals, in our words."""
    if isinstance(error, SignInRequired) and not wants_json(request):
        path = request.url.path if request.method == "GET" else "/organise/"
        return Redirect(f"/organise/sign-in?next={quote(path)}", status_code=303)
    messages = {
        400: _("This request could not be read."),
        401: _("Please sign in first."),
        403: _("This form has expired, or came from somewhere else. Go back, reload the page and try again."),
        404: _("There is nothing at this address."),
        405: _("This address does not take that kind of request."),
        413: _("This is larger than we can take."),
        429: _("Too many tries. Please wait a little and try again."),
    }
    status = error.status_code
    message = messages.get(status, _("This request could not be answered."))
    if wants_json(request):
        return Response({"error": "http", "message": message}, status_code=status, headers=error.headers)
    return _error_page(request, status, message, None)


def answer_bug(request: AnyRequest, error: Exception) -> Response[Any]:
    """A fault of ours: logged whole, and told in a calm sentence without a traceback."""
    if type(error) is LookupError and str(error).startswith("unknown encoding"):
        # The framework decodes a part of a form in whatever charset its sender names.
        return answer_http_error(request, ValidationException())
    logger.error("error at %s %s", request.method, request.url.path, exc_info=error)
    if is_out_of_reach(error):
        return _answer_out_of_reach(request)
    message = _("Something went wrong on our side. It has been noted; please try again in a moment.")
    if wants_json(request):
        return Response({"error": "internal", "message": message}, status_code=500)
    return _error_page(request, 500, message, None)


# SQLSTATE classes (PostgreSQL, appendix A): the connection is lost, there is no room, the server is going down.
_OUT_OF_REACH_SQLSTATES = ("08", "53", "57", "58")
_OUT_OF_REACH_SQLITE = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_BUSY,
)


def is_out_of_reach(error: BaseException) -> bool:
    """Whether the disk is full, or the database cannot be reached: nothing is wrong with request or program."""
    if isinstance(error, sqlite3.OperationalError):
        # The code of an error that Python itself raises is missing; the low byte is the kind, the rest says more.
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in _OUT_OF_REACH_SQLITE
    sqlstate = getattr(error, "sqlstate", None)  # asyncpg's errors; it is not loaded where SQLite is used
    if isinstance(sqlstate, str):
        return sqlstate[:2] in _OUT_OF_REACH_SQLSTATES
    return isinstance(error, ConnectionError) or (
        isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
    )


def _answer_out_of_reach(request: AnyRequest) -> Response[Any]:
    if request.method in ("GET", "HEAD"):
        message = _("This cannot be shown just now. Please try again in a few minutes.")
    else:
        message = _(
            "Nothing can be saved here just now, and nothing was. Please go back and try again in a few minutes: "
            "what you typed should still be there."
        )
    if wants_json(request):
        answer: Response[Any] = Response({"error": "unavailable", "message": message}, status_code=503)
    else:
        answer = _error_page(request, 503, message, None)
    answer.headers["retry-after"] = "120"
    return answer


def _error_page(request: AnyRequest, status: int, message: str, stale: dict[str, Any] | None) -> Template:
    titles = {
        403: _("Not allowed"),
        404: _("Not found"),
        409: _("That did not fit"),
        410: _("Expired"),
        413: _("Too large"),
        429: _("Too many tries"),
        500: _("Our mistake"),
        503: _("Please try again later"),
    }
    title = titles.get(status, _("That did not work"))
    return page(
        request, "error.html", status=status, title=title, message=message, stale=stale, error_status=status
    )
