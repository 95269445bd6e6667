"""What every page stands on: templates, who the reader is, answers, flashes, what a form brings."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.response import Redirect, Template

from conference import clock, dates, i18n, texts
from conference.assets import asset_folder
from conference.conferences import languages_of
from conference.forms import whole_number
from conference.pagecache import SHARED
from conference.settings import Settings
from conference.strip_words import percent_words
from conference.tables import Conference
from conference.timezones import normalise
from conference.viewer import SignedInOrganiser
from conference.zone_choices import zone_options

ORGANISER_COOKIE = "organiser"
ZONE_COOKIE = "tz"
LANGUAGE_COOKIE = "lang"
FLASH_COOKIE = "flash"
A_YEAR = 365 * 24 * 3600  # seconds

AnyRequest = Request[Any, Any, Any]
AnyConnection = ASGIConnection[Any, Any, Any, Any]


def make_environment() -> Environment:
    """The Jinja environment: autoescape on, undefined names raise, gettext installed, dates ready as filters."""
    environment = Environment(
        loader=FileSystemLoader(asset_folder("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    install = cast(Any, environment).install_gettext_callables
    install(i18n._, i18n.ngettext, newstyle=True, pgettext=i18n.pgettext)
    environment.globals["static"] = static_address
    environment.globals["zone_options"] = zone_options
    environment.filters.update(
        text=local_text,
        text_language=local_text_language,
        clock=lambda instant, zone: dates.clock_time(instant, zone, i18n.current_language()),
        day=lambda instant, zone: dates.long_day(dates.local_date(instant, zone), i18n.current_language()),
        iso=dates.iso_utc,
        number=i18n.number_words,
        percent=lambda share: percent_words(share, i18n.current_language()),
        language_name=lambda code: i18n.language_name(code, i18n.current_language()),
        label=i18n.labelled,
    )
    return environment


def local_text(value: Mapping[str, str] | str | None) -> str:
    """The text of a language map in the reader's language."""
    return texts.pick(value, i18n.current_language())


def local_text_language(value: Mapping[str, str] | str | None) -> str:
    """The language of the text that ``local_text`` shows, for the ``lang`` attribute."""
    return texts.pick_with_language(value, i18n.current_language())[1]


@cache
def static_address(path: str) -> str:
    """Address of a static file, with its content's fingerprint, so that browsers may keep it for a year."""
    digest = hashlib.sha256((asset_folder("static") / path).read_bytes()).hexdigest()[:10]
    return f"/static/{path}?v={digest}"


# --- the reader ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reader:
    """Who reads the page, as ``base.html`` shows it (``viewer`` in templates)."""

    zone: str
    zone_label: str
    zone_is_chosen: bool
    organiser: SignedInOrganiser | None
    path: str
    query: tuple[
        tuple[str, str], ...
    ] = ()  # what else stands in the address, for forms that change one thing of it


@dataclass(frozen=True)
class ConferenceHead:
    """What every page of a conference shows of it (``conference`` in templates)."""

    slug: str
    name: str
    zone: str
    zone_label: str
    languages: tuple[str, ...]
    contact: str  # e-mail address, or ""


def reader_zone(request: AnyRequest, fallback: str = "UTC") -> tuple[str, bool]:
    """The reader's zone: ``?tz=``, else the cookie, else ``fallback``; and whether they chose it."""
    for typed in (request.query_params.get("tz"), request.cookies.get(ZONE_COOKIE)):
        if typed and (known := normalise(typed)):
            return known, True
    return fallback, False


def choose_language(request: AnyRequest) -> str:
    """The page's language: ``?lang=``, else the cookie, else what the browser asks for."""
    for typed in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if typed and len(typed) <= 16 and i18n.is_language(typed):
            return typed
    return i18n.negotiate(request.headers.get("accept-language", ""), i18n.interface_languages())


async def put_language_in_force(request: AnyRequest) -> None:
    """Before each request: its language rules until it ends."""
    i18n.set_language(choose_language(request))


def conference_head(conference: Conference, now: datetime) -> ConferenceHead:
    """The conference in the reader's language."""
    language = i18n.current_language()
    languages = languages_of(conference)
    return ConferenceHead(
        slug=conference.slug,
        name=texts.pick(conference.name, language, languages),
        zone=conference.zone,
        zone_label=dates.zone_name(conference.zone, now, language),
        languages=languages,
        contact=conference.contact_email,
    )


# --- answers ---------------------------------------------------------------------------------------------------------


def page(
    request: AnyRequest,
    template: str,
    *,
    conference: Conference | None = None,
    organiser: SignedInOrganiser | None = None,
    status: int = 200,
    shared: bool = False,
    at: datetime | None = None,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Template:
    """A page. ``shared`` marks it as the same for everyone: it may be cached whole, and shows nothing personal.

    ``at`` is the instant for which zones are named (a conference's first session rather than today, so that a summer
    event announced in winter says BST); default now.
    """
    moment = at or clock.now()
    language = i18n.current_language()
    own_zone = organiser.zone if organiser else ""
    zone, is_chosen = reader_zone(request, own_zone or (conference.zone if conference else "UTC"))
    cookies = [_choice_cookie(ZONE_COOKIE, zone)] if is_chosen and "tz" in request.query_params else []
    if "lang" in request.query_params:
        cookies.append(_choice_cookie(LANGUAGE_COOKIE, language))
    flashes: list[tuple[str, str]] = []
    if not shared and FLASH_COOKIE in request.cookies:
        flashes = _read_flashes(request)
        cookies.append(Cookie(FLASH_COOKIE, value="", max_age=0, httponly=True, samesite="lax"))
    full: dict[str, Any] = {
        "language": language,
        "direction": i18n.direction(language),
        "viewer": Reader(
            zone,
            dates.zone_name(zone, moment, language),
            is_chosen,
            organiser,
            request.url.path,
            tuple(request.query_params.multi_items())[:20],
        ),
        "flashes": flashes,
        **context,
    }
    if conference is not None:
        full["conference"] = conference_head(conference, moment)
    sent = {"content-language": language, **(headers or {})}
    if shared and conference is not None:
        sent[SHARED] = conference.slug
    else:
        sent.setdefault("cache-control", "private, no-cache")
    return Template(
        template,
        context=full,
        status_code=status,
        cookies=cookies,
        headers=sent,
        media_type="text/html",  # Litestar adds the charset
    )


def _choice_cookie(name: str, value: str) -> Cookie:
    return Cookie(name, value=value, max_age=A_YEAR, samesite="lax")


def see_other(
    path: str, flash: str = "", *, kind: str = "success", cookies: list[Cookie] | None = None
) -> Redirect:
    """Redirect with 303 after a POST, with a message for the next page."""
    jar = list(cookies or [])
    if flash:
        packed = base64.urlsafe_b64encode(json.dumps([[kind, flash[:800]]]).encode()).decode()
        jar.append(Cookie(FLASH_COOKIE, value=packed, max_age=120, httponly=True, samesite="lax"))
    return Redirect(path, status_code=303, cookies=jar)


def _read_flashes(request: AnyRequest) -> list[tuple[str, str]]:
    try:
        rows = json.loads(base64.urlsafe_b64decode(request.cookies[FLASH_COOKIE]))
        return [(str(kind), str(text)) for kind, text in rows][:5]
    except (ValueError, TypeError, RecursionError):  # not written by us
        return []


def secret_cookie(name: str, value: str, settings: Settings, *, max_age: int, path: str = "/") -> Cookie:
    """A cookie that scripts cannot read and other sites cannot send along with a POST."""
    return Cookie(
        name, value=value, max_age=max_age, httponly=True, secure=settings.is_https, samesite="lax", path=path
    )


def network_of(request: AnyRequest) -> str:
    """The network a request came from, for throttles: an IPv4 address, or the 64 bits that one household has of IPv6.

    A proxy on this machine or in its own network says whom it speaks for, in the last entry of X-Forwarded-For;
    from anywhere else that header is the visitor's own invention.
    """
    peer = request.client.host if request.client else ""
    forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    try:
        asker = ip_address(peer)
        if forwarded and not asker.is_global:
            asker = ip_address(forwarded)
    except ValueError:
        return peer
    if asker.version == 6:
        asker = asker.ipv4_mapped or ip_network((asker, 64), strict=False).network_address
    return str(asker)


def settings_of(connection: AnyConnection) -> Settings:
    """The settings the application was created with."""
    return cast(Settings, connection.app.state.settings)


def page_number(request: AnyRequest) -> int:
    """``?page=`` of a list, from 1; anything else in it is the first page."""
    return max(1, whole_number(request.query_params.get("page", ""), 6) or 1)


async def typed(request: AnyRequest) -> dict[str, str]:
    """The text fields of a posted form; a field sent twice keeps its last value."""
    form = await request.form()
    return without_nul({key: value for key, value in form.multi_items() if isinstance(value, str)})


def without_nul(values: Mapping[str, str]) -> dict[str, str]:
    """The values without U+0000, which nobody types and PostgreSQL does not take, not even to look for it."""
    return {key: value.replace("\0", "") for key, value in values.items()}


async def typed_list(request: AnyRequest, name: str) -> list[str]:
    """Every value of a field that may be sent several times (ticked boxes), as it may be stored and looked for."""
    form = await request.form()
    return [
        texts.clean_line(value) for key, value in form.multi_items() if key == name and isinstance(value, str)
    ]
