"""Who was in which session, at the desk; and the team putting right what the door noted of a person."""

from __future__ import annotations

from dataclasses import dataclass

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, dates, i18n, texts
from conference.errors import Conflict, NotFound
from conference.guards import requires
from conference.i18n import _
from conference.tables import Conference, Role
from conference.team import Permission, may
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, reader_zone, see_other, typed
from registration.attending import presence
from registration.attending.attendance import noted_by_slot, number_agreed, present_in
from registration.attending.certificates import renew_if_issued
from registration.attending.facts import NOT_COUNTED
from registration.attending.presence import slot_of
from registration.controllers.attendee import AT_THE_DESK, MOST_BYTES
from registration.controllers.desk_one import address, known
from registration.views import When, when
from sessions.door.passing import Attendance, attendance_of
from sessions.queries import latest_programme


@dataclass(frozen=True)
class AttendanceRow:
    """A session: how many came in through its door as far as it counts, and how many were noted by name."""

    code: str
    title: str
    when: When
    is_cancelled: bool
    has_begun: bool
    came: int
    noted: int


class AttendanceController(Controller):
    path = "/organise/{slug:str}/registrations"
    dependencies = AT_THE_DESK
    request_max_body_size = MOST_BYTES

    @get("/attendance", name="attendance:list", guards=[requires(Permission.SEE)])
    async def show(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
    ) -> Template:
        programme, now = await latest_programme(conference), clock.now()
        zone, _is_chosen = reader_zone(request, conference.zone)
        language = i18n.current_language()
        placings = (
            [pair for pair in programme.placings if pair[0].kind not in NOT_COUNTED] if programme else []
        )
        came = await attendance_of([slot.id for _session, slot in placings])
        noted = await noted_by_slot(conference.id)
        return page(
            request,
            "registration/desk_attendance.html",
            conference=conference,
            organiser=organiser,
            section="registrations",
            may_change=may(role, Permission.REGISTRATION),
            agreed=await number_agreed(conference.id),
            rows=[
                AttendanceRow(
                    slot.code,
                    texts.pick(session.title, language),
                    when(slot.start, slot.end, zone, conference.zone, language),
                    session.is_cancelled or slot.is_cancelled,
                    slot.start <= now,
                    came.get(slot.id, Attendance()).came,
                    noted.get(slot.id, 0),
                )
                for session, slot in placings
            ],
        )

    @get("/attendance/{code:str}", name="attendance:session", guards=[requires(Permission.SEE)])
    async def session(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Template:
        programme = await latest_programme(conference)
        slot = slot_of(programme, code)
        if programme is None:
            raise NotFound(_("There is no such session."))
        session = programme.slot_by_code[code][0]
        zone, _is_chosen = reader_zone(request, conference.zone)
        language = i18n.current_language()
        return page(
            request,
            "registration/desk_attendance_session.html",
            conference=conference,
            organiser=organiser,
            section="registrations",
            title=texts.pick(session.title, language),
            when=when(slot.start, slot.end, zone, conference.zone, language),
            came=(await attendance_of([slot.id])).get(slot.id, Attendance()).came,
            present=await present_in(slot),
            length=lambda minutes: dates.duration_words(minutes, language),
        )

    @post(
        "/{code:str}/presence",
        name="attendance:correct",
        guards=[requires(Permission.REGISTRATION)],
        status_code=303,
    )
    async def correct(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Redirect:
        registration, sent, now = await known(conference, code), await typed(request), clock.now()
        programme = await latest_programme(conference)
        back = address(conference, code)
        try:
            slot = slot_of(programme, sent.get("slot", "")[:20])
            if sent.get("do") == "strike":
                await presence.strike_presence(conference, registration.id, slot, actor=organiser, now=now)
                flash = _("Their presence in this session is struck.")
            else:
                await presence.attest_presence(conference, registration.id, slot, actor=organiser, now=now)
                flash = _("Their presence in this session is attested.")
        except (Conflict, NotFound) as error:
            return see_other(back, error.message, kind="error")
        await renew_if_issued(conference, programme, registration.id, now)
        return see_other(back, flash)
