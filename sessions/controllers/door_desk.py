"""The desk's page about the doors: who asks for help, how full the rooms are, and how people get in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, dates, texts
from conference.conferences import languages_of
from conference.errors import Conflict, NotFound, StaleEdit
from conference.forms import Typed
from conference.guards import requires
from conference.i18n import _, current_language
from conference.tables import Conference, Role
from conference.team import Permission, may
from conference.web import AnyRequest, reader_zone, see_other, typed
from sessions.controllers.desk import AT_THE_DESK, Desk
from sessions.desk_words import differences
from sessions.door.calls import calls_of, open_calls, settle_call
from sessions.door.facts import DoorFacts
from sessions.door.forms import DoorForm, trouble_names
from sessions.door.passing import Attendance, attendance_of
from sessions.door.rules import change_door_rules, door_rules_of, vendors_of
from sessions.programme.days import TimeView, time_view
from sessions.programme.snapshot import ReleasedProgramme
from sessions.queries import latest_programme
from sessions.rooms import rooms_of
from sessions.tables import SessionKind

SEE = [requires(Permission.SEE)]
LONGEST_ANSWER = 3000
NEAR = timedelta(hours=3)


@dataclass(frozen=True)
class DoorLine:
    """A slot whose door is open, was today, or will soon be. ``capacity`` None: any number."""

    code: str
    session: str
    title: str
    room: str
    time: TimeView
    is_on: bool
    attendance: Attendance
    capacity: int | None

    @property
    def is_full(self) -> bool:
        """Whether nobody more gets in."""
        return self.capacity is not None and self.attendance.inside >= self.capacity


class DoorDeskController(Controller):
    path = "/organise/{slug:str}/door"
    dependencies = AT_THE_DESK

    @get("/", guards=SEE, name="door:desk")
    async def show(
        self, request: AnyRequest, desk: NamedDependency[Desk], role: NamedDependency[Role]
    ) -> Template:
        return await _desk_page(request, desk, role)

    @post(
        "/calls/{code:str}", guards=[requires(Permission.REGISTRATION)], name="door:settle", status_code=303
    )
    async def settle(
        self,
        request: AnyRequest,
        desk: NamedDependency[Desk],
        role: NamedDependency[Role],
        code: FromPath[str],
    ) -> Template | Redirect:
        sent = Typed(await typed(request))
        by_mail = sent.raw("do") == "answer"
        answer = sent.text("answer", required=by_mail, most=LONGEST_ANSWER) if by_mail else ""
        if sent.errors:
            return await _desk_page(
                request, desk, role, status=422, bad_at=code, answer=sent.raw("answer"), errors=sent.errors
            )
        try:
            await settle_call(desk.conference, code, answer, actor=desk.organiser, now=clock.now())
        except (Conflict, NotFound) as error:
            return see_other(desk.path("door"), error.message, kind="error")
        flash = _("Your answer is on its way.") if answer else _("It is marked as settled.")
        return see_other(desk.path("door"), flash)

    @get("/rules", guards=SEE, name="door:rules")
    async def rules(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template:
        facts, revision = await door_rules_of(desk.conference.id)
        return await _rules_page(request, desk, DoorForm.of(facts, languages_of(desk.conference), revision))

    @post("/rules", guards=[requires(Permission.PROGRAMME)], name="door:change-rules", status_code=303)
    async def change_rules(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template | Redirect:
        before, _revision = await door_rules_of(desk.conference.id)
        sent, vendors = await typed(request), await vendors_of(desk.conference.id)
        form = DoorForm.from_post(sent, languages_of(desk.conference), before, vendors)
        if form.facts is None or sent.get("do") == "edit":
            return await _rules_page(request, desk, form, status=422 if form.errors else 200)
        try:
            await change_door_rules(
                desk.conference, form.facts, revision=form.revision, actor=desk.organiser, now=clock.now()
            )
        except StaleEdit as stale:
            theirs, revision = await door_rules_of(desk.conference.id)
            return desk.stale_page(
                request,
                "door",
                action=desk.path("door", "rules"),
                back=desk.path("door", "rules"),
                kept=form.kept,
                revision_field="revision",
                revision=revision,
                differences=differences(_in_words(form.facts), _in_words(theirs)),
                message=stale.message,
            )
        return see_other(desk.path("door", "rules"), _("This is how people get in from now on."))


def _in_words(facts: DoorFacts) -> dict[str, str]:
    return {
        _("Doors open for those on stage"): str(facts.stage_early_minutes),
        _("Who is called to the door"): facts.help_email,
        _("What people need to get in"): "\n".join(
            f"[{code}] {text}" for code, text in sorted(facts.getting_in.items())
        ),
    }


async def _desk_page(
    request: AnyRequest,
    desk: Desk,
    role: Role,
    *,
    status: int = 200,
    bad_at: str = "",
    answer: str = "",
    errors: dict[str, str] | None = None,
) -> Template:
    now, language = clock.now(), current_language()
    zone, _is_chosen = reader_zone(request, desk.organiser.zone or desk.conference.zone)
    languages = languages_of(desk.conference)
    calls = await calls_of(desk.conference.id)
    programme = await latest_programme(desk.conference)
    return desk.page(
        request,
        "door.html",
        "door",
        status=status,
        calls=[(call, texts.pick(call.title, language, languages)) for call in calls],
        waiting=sum(call.answered_at is None for call in calls),
        doors=await _doors(desk.conference, programme, zone, now) if programme else [],
        place=dates.city_name(desk.conference.zone, language),
        conference_zone=desk.conference.zone,
        troubles=trouble_names(),
        may_answer=may(role, Permission.REGISTRATION),
        ago=lambda instant: dates.relative_words(instant, now, language),
        longest=LONGEST_ANSWER,
        bad_at=bad_at,
        answer=answer,
        errors=errors or {},
    )


async def _doors(
    conference: Conference, programme: ReleasedProgramme, zone: str, now: datetime
) -> list[DoorLine]:
    """The doors of around now, in order of time. Four queries, however many."""
    language = current_language()
    near = [
        (session, slot)
        for session, slot in programme.placings
        if session.kind != SessionKind.BREAK
        and not (session.is_cancelled or slot.is_cancelled)
        and slot.start - NEAR <= now < slot.end + NEAR
    ]
    rooms = {room.code: room for room in await rooms_of(conference.id)}
    attendance = await attendance_of([slot.id for _session, slot in near])
    lines = []
    for session, slot in near:
        room = rooms.get(slot.room)
        lines.append(
            DoorLine(
                slot.code,
                session.code,
                texts.pick(session.title, language),
                texts.pick(room.name, language) if room else "",
                time_view(slot.start, slot.end, zone, conference.zone, language),
                slot.start <= now < slot.end,
                attendance.get(slot.id, Attendance()),
                room.capacity if room else None,
            )
        )
    return lines


async def _rules_page(request: AnyRequest, desk: Desk, form: DoorForm, *, status: int = 200) -> Template:
    return desk.page(
        request,
        "door_rules.html",
        "door",
        status=status,
        form=form,
        early_minutes=desk.conference.early_entry_minutes,
        contact=desk.conference.contact_email,
        waiting=await open_calls(desk.conference.id),
        rooms=[
            (room.code, texts.pick(room.name, current_language()))
            for room in await rooms_of(desk.conference.id)
        ],
    )
