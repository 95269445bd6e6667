"""Breaks and blockers made in the schedule editor, in one small form."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Template

from conference import clock
from conference.guards import AT_THE_DESK, requires
from conference.i18n import _
from conference.tables import Conference
from conference.team import Permission
from conference.timezones import LocalTimeError, RepeatedHour
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, typed, typed_list
from sessions.controllers.editor_answers import refused, shown_day, step_answer, step_page
from sessions.controllers.editor_parts import is_json, noon_of, sent_json
from sessions.schedule.break_form import BreakForm
from sessions.schedule.copies import add_break
from sessions.schedule.draft import DraftRoom, rooms_of
from sessions.schedule.placings_cache import standing
from sessions.schedule.slot_changes import PlacingRefused
from sessions.tables import SessionKind


class EditorBreaksController(Controller):
    path = "/organise/{slug:str}"
    guards = (requires(Permission.PROGRAMME),)
    dependencies = AT_THE_DESK

    @get("/schedule/breaks/new", name="editor:break-form")
    async def break_form(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template:
        asked = {name: str(value)[:40] for name, value in request.query_params.items()}
        day = shown_day(asked)
        values = {
            "kind": SessionKind.BREAK.value,
            "day": day if day[:1].isdigit() else conference.starts_on.isoformat(),
            "time": asked.get("time", ""),
            "length": "30",
        }
        chosen = (asked["room"],) if "room" in asked else ()
        return await self._page(request, conference, organiser, BreakForm(values, room_codes=chosen))

    @post("/schedule/breaks", name="editor:add-break")
    async def add_break(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Response[Any]:
        all_rooms = await rooms_of(conference)
        rooms = {room.code: room.id for room in all_rooms}
        by_script = is_json(request)
        if by_script:
            sent = await sent_json(request)
            form = BreakForm.from_json(sent, rooms)
        else:
            sent = await typed(request)
            form = BreakForm.from_post(sent, await typed_list(request, "room"), rooms)
        if form.facts is not None:
            earlier = await standing(conference, version=conference.draft_version)
            try:
                done = await add_break(conference.id, form.facts, actor=organiser, now=clock.now())
            except (LocalTimeError, PlacingRefused) as error:
                if by_script:
                    return await refused(request, conference, error, [])
                form.errors[error.field if isinstance(error, PlacingRefused) else "time"] = error.message
                form.asks_which_hour = isinstance(error, RepeatedHour)
            else:
                if by_script:
                    return await step_answer(
                        request, conference, organiser, done, earlier, sent, rooms=all_rooms
                    )
                return await step_page(conference, organiser, done, earlier, day=shown_day(sent))
        elif by_script:
            told = {"message": " ".join(form.errors.values()), "errors": form.errors}
            return Response(told, status_code=422)
        return await self._page(request, conference, organiser, form)

    async def _page(
        self,
        request: AnyRequest,
        conference: Conference,
        organiser: SignedInOrganiser,
        form: BreakForm,
    ) -> Template:
        rooms: list[DraftRoom] = await rooms_of(conference)
        return page(
            request,
            "sessions/editor_break.html",
            conference=conference,
            organiser=organiser,
            at=noon_of(conference.starts_on, conference.zone),
            section="schedule",
            status=422 if form.errors else 200,
            form=form,
            kinds=[
                (SessionKind.BREAK.value, _("Break: everyone sees it in the programme")),
                (SessionKind.BLOCKER.value, _("Blocker: private, keeps rooms free")),
            ],
            rooms=rooms,
            here=f"/organise/{conference.slug}/schedule",
        )
