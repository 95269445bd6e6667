"""Complaints on the site: the form, and the page of one by its reference."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, dates, i18n
from conference.codes import new_code
from conference.forms import Typed
from conference.tables import Conference
from conference.web import AnyRequest, network_of, page, reader_zone, see_other, typed
from registration.controllers.attendee import IN_CONFERENCE, MOST_BYTES, private
from registration.controllers.opening_desk import moment
from registration.rights.complaints import LONGEST, Words, answer_due, complain, complaint_by_code


class ComplaintsController(Controller):
    path = "/{slug:str}/complaints"
    dependencies = IN_CONFERENCE
    request_max_body_size = MOST_BYTES

    @get("/", name="complaints:form")
    async def form(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Template:
        return _form_page(request, conference, {"code": new_code(12)}, {})

    @post("/", name="complaints:make", status_code=303)
    async def make(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Template | Redirect:
        values = Typed(await typed(request))
        words = Words(
            text=values.text("text", required=True, most=LONGEST),
            name=values.line("name"),
            email=values.email("email", required=False),
        )
        code = values.raw("code")
        if values.errors:
            return _form_page(request, conference, values.values, values.errors, 422)
        zone, _is_chosen = reader_zone(request, conference.zone)
        await complain(
            conference,
            code,
            words,
            language=i18n.current_language(),
            zone=zone,
            network=network_of(request),
            now=clock.now(),
        )
        return see_other(f"/{conference.slug}/complaints/{code}")

    @get("/{code:str}", name="complaints:one")
    async def one(
        self, request: AnyRequest, conference: NamedDependency[Conference], code: FromPath[str]
    ) -> Template:
        complaint = await complaint_by_code(conference, code)
        zone, _is_chosen = reader_zone(request, conference.zone)
        language = i18n.current_language()
        due = dates.long_day(dates.local_date(answer_due(complaint.made_at), zone), language)
        return private(
            page(
                request,
                "registration/complaint_made.html",
                conference=conference,
                code=complaint.code,
                made=moment(complaint.made_at, zone, language),
                due=due,
                answered=moment(complaint.answered_at, zone, language),
                has_address=bool(complaint.email),
                answer=complaint.answer,
            )
        )


def _form_page(
    request: AnyRequest,
    conference: Conference,
    values: dict[str, str],
    errors: dict[str, str],
    status: int = 200,
) -> Template:
    return private(
        page(
            request,
            "registration/complaint.html",
            conference=conference,
            status=status,
            values=values,
            errors=errors,
            longest=LONGEST,
        )
    )
