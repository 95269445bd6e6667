"""What is held about a person: read in words, taken along as a file, and erased. For whoever owns the address."""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from typing import Any

from litestar import Controller, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template

from conference import clock, dates, i18n
from conference.auth import count_try
from conference.guards import provide_conference
from conference.personal_data import Person, Telling
from conference.tables import Conference
from conference.web import (
    AnyRequest,
    network_of,
    page,
    reader_zone,
    secret_cookie,
    see_other,
    settings_of,
    typed,
)
from registration.asking.forms import AddressForm
from registration.controllers.attendee import IN_CONFERENCE, MOST_BYTES, SignedOut, my_registration, private
from registration.entries.access import cookie_name
from registration.rights.copying import as_document, copy_of, section_views
from registration.rights.data_links import DataLinkUnknown, data_link, link_token, request_data_link
from registration.rights.erasing import erase
from registration.rights.holder import FRESH, Holder, holder_by_link, holder_by_sign_in
from registration.rights.person import find_person
from registration.rights.stakes import stakes_of
from sessions.queries import latest_programme

COOKIE = "data_"  # and the conference's id: the link that showed this browser what is held


async def provide_holder(request: AnyRequest) -> Holder:
    """Dependency ``holder``: who owns the address this browser may see the data of. Raises SignedOut.

    A link from the mailbox, at most an hour old, comes before a sign-in: it says more.
    """
    conference = await provide_conference(request)
    if token := request.cookies.get(f"{COOKIE}{conference.id}", ""):
        try:
            return await holder_by_link(await data_link(conference, token, clock.now()))
        except DataLinkUnknown:
            pass
    registration = await my_registration(request, conference)
    if registration is not None:
        secret = request.cookies.get(cookie_name(conference.id), "")
        if (holder := await holder_by_sign_in(registration, secret)) is not None:
            return holder
    raise SignedOut


def answer_without_holder(request: AnyRequest, _error: SignedOut) -> Redirect:
    """To the page that offers a link by mail."""
    return see_other(f"/{request.path_params['slug']}/me/data/ask")


WITH_HOLDER = {**IN_CONFERENCE, "holder": Provide(provide_holder)}
TO_ASKING: MutableMapping[int | type[Exception], Any] = {SignedOut: answer_without_holder}


class DataController(Controller):
    path = "/{slug:str}/me/data"
    dependencies = WITH_HOLDER
    exception_handlers = TO_ASKING
    request_max_body_size = MOST_BYTES

    @get("/", name="me:data")
    async def show(
        self, request: AnyRequest, conference: NamedDependency[Conference], holder: NamedDependency[Holder]
    ) -> Template:
        person = await find_person(conference.id, holder.email_key)
        told = await told_copy(request, conference, person, holder.zone)
        return private(page(request, "registration/data.html", conference=conference, holder=holder, **told))

    @get("/file.json", name="me:data-file")
    async def file(
        self, conference: NamedDependency[Conference], holder: NamedDependency[Holder]
    ) -> Response[bytes]:
        return await data_file(conference, await find_person(conference.id, holder.email_key))

    @get("/ask", name="me:data-ask")
    async def ask(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Template:
        return _ask_page(request, conference, AddressForm({}))

    @post("/ask", name="me:data-link", status_code=303)
    async def send(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Template | Redirect:
        form = AddressForm.from_post(await typed(request))
        if not form.is_valid:
            return _ask_page(request, conference, form, 422)
        now = clock.now()
        await count_try(f"data:{form.email_key}", f"network:{network_of(request)}", now=now)
        zone, _is_chosen = reader_zone(request, conference.zone)
        await request_data_link(
            conference, form.email, name="", language=i18n.current_language(), zone=zone, now=now
        )
        return see_other(f"/{conference.slug}/me/data/sent")

    @post("/confirm", name="me:data-confirm", status_code=303)
    async def confirm(
        self, conference: NamedDependency[Conference], holder: NamedDependency[Holder]
    ) -> Redirect:
        """A link to the mailbox of somebody who signed in some time ago and wants to erase."""
        zone, language = holder.zone or conference.zone, holder.language or i18n.current_language()
        await request_data_link(
            conference, holder.email, name=holder.name, language=language, zone=zone, now=clock.now()
        )
        return see_other(f"/{conference.slug}/me/data/sent")

    @get("/sent", name="me:data-sent")
    async def sent(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Template:
        return page(request, "registration/data_sent.html", conference=conference)

    @get("/link/{token:str}", name="me:data-open")
    async def link(
        self, request: AnyRequest, conference: NamedDependency[Conference], token: FromPath[str]
    ) -> Template:
        # Programs that look into mails follow links: nothing is shown, and nothing happens, before the button.
        await data_link(conference, token, clock.now())
        return private(page(request, "registration/data_link.html", conference=conference, token=token))

    @post("/link/{token:str}", name="me:data-enter", status_code=303)
    async def enter(
        self, request: AnyRequest, conference: NamedDependency[Conference], token: FromPath[str]
    ) -> Redirect:
        link = await data_link(conference, token, clock.now())
        cookie = secret_cookie(
            f"{COOKIE}{conference.id}",
            link_token(link),
            settings_of(request),
            max_age=int(FRESH.total_seconds()),
            path=f"/{conference.slug}/me/data",
        )
        return see_other(f"/{conference.slug}/me/data", cookies=[cookie])

    @get("/erase", name="me:erase-page")
    async def erase_page(
        self, request: AnyRequest, conference: NamedDependency[Conference], holder: NamedDependency[Holder]
    ) -> Template:
        stakes = await stakes_of(await find_person(conference.id, holder.email_key))
        return private(
            page(
                request,
                "registration/data_erase.html",
                conference=conference,
                holder=holder,
                is_fresh=holder.is_fresh(clock.now()),
                stakes=stakes,
            )
        )

    @post("/erase", name="me:erase", status_code=303)
    async def erase(
        self, request: AnyRequest, conference: NamedDependency[Conference], holder: NamedDependency[Holder]
    ) -> Redirect:
        now = clock.now()
        if not holder.is_fresh(now):
            return see_other(f"/{conference.slug}/me/data/erase")
        zone, _is_chosen = reader_zone(request, conference.zone)
        await erase(
            conference,
            await latest_programme(conference),
            holder.email_key,
            holder.letter(i18n.current_language(), zone),
            actor=None,
            withholds_name=bool((await typed(request)).get("withhold")),
            now=now,
        )
        return see_other(f"/{conference.slug}/me/data/erased", cookies=_over(conference))

    @get("/erased", name="me:erased")
    async def erased(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Template:
        return page(request, "registration/erased.html", conference=conference)


def _over(conference: Conference) -> list[Cookie]:
    """Nothing of the person stays in the browser either."""
    number, path = conference.id, f"/{conference.slug}/me/data"
    return [
        Cookie(cookie_name(number), value="", max_age=0, httponly=True, samesite="lax"),
        Cookie(f"{COOKIE}{number}", value="", max_age=0, httponly=True, samesite="lax", path=path),
    ]


def _ask_page(request: AnyRequest, conference: Conference, form: AddressForm, status: int = 200) -> Template:
    return private(
        page(
            request,
            "registration/data_ask.html",
            conference=conference,
            status=status,
            values=form.values,
            errors=form.errors,
        )
    )


async def told_copy(
    request: AnyRequest, conference: Conference, person: Person, zone: str = ""
) -> dict[str, Any]:
    """The copy as ``registration/_data.html`` shows it, by default on the conference's clock."""
    language, now = i18n.current_language(), clock.now()
    clock_of, _is_chosen = reader_zone(request, zone or conference.zone)
    sections, empty = section_views(
        await copy_of(person, conference), Telling(language, clock_of, conference.zone)
    )
    return {"sections": sections, "empty": empty, "zone_label": dates.zone_name(clock_of, now, language)}


async def data_file(conference: Conference, person: Person) -> Response[bytes]:
    """The copy as a file to keep, for programs: JSON with names that do not change (see ``rights.copying``)."""
    document = as_document(await copy_of(person, conference), conference, person, clock.now())
    return Response(
        json.dumps(document, ensure_ascii=False, indent=1).encode(),
        media_type="application/json",
        headers={
            "content-disposition": f'attachment; filename="my-data-{conference.slug}.json"',
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
        },
    )
