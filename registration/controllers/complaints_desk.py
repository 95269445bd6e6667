"""Complaints at the desk: which wait, until when, and answering one."""

from __future__ import annotations

from typing import Any

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, dates, i18n
from conference.forms import Typed
from conference.guards import requires
from conference.i18n import _
from conference.tables import Conference, Role
from conference.team import Permission, may
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, reader_zone, see_other, typed
from registration.controllers.attendee import AT_THE_DESK, MOST_BYTES
from registration.controllers.opening_desk import moment
from registration.rights.complaints import (
    LONGEST,
    AnsweredAlready,
    answer,
    answer_due,
    complaint_by_code,
    complaints_of,
)
from registration.rights.tables import Complaint


class ComplaintsDeskController(Controller):
    path = "/organise/{slug:str}/privacy"
    dependencies = AT_THE_DESK
    request_max_body_size = MOST_BYTES

    @get("/", name="privacy-desk:complaints", guards=[requires(Permission.SEE)])
    async def complaints(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template:
        zone, _is_chosen = reader_zone(request, conference.zone)
        return page(
            request,
            "registration/desk_complaints.html",
            conference=conference,
            organiser=organiser,
            section="privacy",
            complaints=[_view(one, zone) for one in await complaints_of(conference)],
        )

    @get("/complaints/{code:str}", name="privacy-desk:complaint", guards=[requires(Permission.SEE)])
    async def one(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
        code: FromPath[str],
    ) -> Template:
        return await _page(
            request, conference, organiser, code, may_answer=may(role, Permission.REGISTRATION)
        )

    @post(
        "/complaints/{code:str}",
        name="privacy-desk:answer",
        guards=[requires(Permission.REGISTRATION)],
        status_code=303,
    )
    async def answer(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Template | Redirect:
        values = Typed(await typed(request))
        text = values.text("answer", required=True, most=LONGEST)
        if values.errors:
            return await _page(request, conference, organiser, code, typed=values, status=422)
        try:
            await answer(conference, code, text, actor=organiser, now=clock.now())
        except AnsweredAlready as error:
            values.errors[""] = error.message
            return await _page(request, conference, organiser, code, typed=values, status=409)
        return see_other(f"/organise/{conference.slug}/privacy", _("The complaint is answered."))


def _view(complaint: Complaint, zone: str) -> dict[str, Any]:
    language, due = i18n.current_language(), answer_due(complaint.made_at)
    return {
        "code": complaint.code,
        "name": complaint.name,
        "email": complaint.email,
        "text": complaint.text,
        "language": complaint.language,
        "answer": complaint.answer,
        "made": moment(complaint.made_at, zone, language),
        "due": dates.long_day(dates.local_date(due, zone), language),
        "is_late": complaint.answered_at is None and due < clock.now(),
        "answered": moment(complaint.answered_at, zone, language),
    }


async def _page(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    code: str,
    *,
    may_answer: bool = True,
    typed: Typed | None = None,
    status: int = 200,
) -> Template:
    zone, _is_chosen = reader_zone(request, conference.zone)
    return page(
        request,
        "registration/desk_complaint.html",
        conference=conference,
        organiser=organiser,
        section="privacy",
        status=status,
        complaint=_view(await complaint_by_code(conference, code), zone),
        may_answer=may_answer,
        values=typed.values if typed else {},
        errors=typed.errors if typed else {},
        longest=LONGEST,
    )
