"""What changes one slot of the draft schedule over HTTP, and undo and redo: plain forms, and the same for the script."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from conference import clock
from conference.errors import DomainError, StaleEdit
from conference.forms import whole_number
from conference.guards import AT_THE_DESK, requires
from conference.i18n import _
from conference.tables import Conference
from conference.team import Permission
from conference.timezones import LocalTimeError, RepeatedHour
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, typed
from sessions.controllers.editor_answers import back, refused, shown_day, step_answer, step_page
from sessions.controllers.editor_parts import is_json, sent_json
from sessions.controllers.editor_slot import placing_values, slot_page
from sessions.schedule.draft import rooms_of
from sessions.schedule.placing import place_slot, slot_id_of, unschedule_slot
from sessions.schedule.placing_form import PlacingForm
from sessions.schedule.placings_cache import standing
from sessions.schedule.slot_changes import PlacingRefused
from sessions.schedule.step_answer import cards_now
from sessions.schedule.steps import StepDone
from sessions.schedule.undoing import redo_step, undo_step


class EditorChangesController(Controller):
    path = "/organise/{slug:str}"
    guards = (requires(Permission.PROGRAMME),)
    dependencies = AT_THE_DESK

    @get("/schedule/slots/{code:str}", name="editor:move")
    async def move_form(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Template:
        [card] = await cards_now(conference, [await slot_id_of(conference.id, code)])
        values = placing_values(card, conference, dict(request.query_params))
        return await slot_page(request, conference, organiser, card, PlacingForm(values))

    @post("/schedule/slots/{code:str}", name="editor:place")
    async def place(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Response[Any]:
        slot_id = await slot_id_of(conference.id, code)
        all_rooms = await rooms_of(conference)
        rooms = {room.code: room.id for room in all_rooms}
        earlier = await standing(conference, version=conference.draft_version)
        if is_json(request):
            body = await sent_json(request)
            form = PlacingForm.from_json(body, rooms)
            if not form.is_valid:
                told = {"message": " ".join(form.errors.values()), "errors": form.errors}
                return Response(told, status_code=422)
            try:
                done = await _place(slot_id, form, rooms, organiser)
            except DomainError as error:
                return await refused(request, conference, error, [code])
            return await step_answer(request, conference, organiser, done, earlier, body, rooms=all_rooms)
        form = PlacingForm.from_post(await typed(request), rooms)
        stale: StaleEdit | None = None
        if form.is_valid:
            try:
                done = await _place(slot_id, form, rooms, organiser)
            except StaleEdit as error:
                stale = error
            except (LocalTimeError, PlacingRefused) as error:
                form.errors[error.field if isinstance(error, PlacingRefused) else "time"] = error.message
                form.asks_which_hour = isinstance(error, RepeatedHour)
            else:
                day = form.values.get("from_day", "")
                return await step_page(conference, organiser, done, earlier, day=day)
        [card] = await cards_now(conference, [slot_id])
        if stale is not None:
            form.values["revision"] = str(card.revision)
        return await slot_page(request, conference, organiser, card, form, stale=stale)

    @post("/schedule/undo", name="editor:undo")
    async def undo(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Response[Any]:
        return await _turn(request, conference, organiser, is_undo=True)

    @post("/schedule/redo", name="editor:redo")
    async def redo(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Response[Any]:
        return await _turn(request, conference, organiser, is_undo=False)


async def _turn(
    request: AnyRequest, conference: Conference, organiser: SignedInOrganiser, *, is_undo: bool
) -> Response[Any]:
    by_script = is_json(request)
    sent = await sent_json(request) if by_script else await typed(request)
    step = str(sent.get("step", "")) if isinstance(sent, dict) else ""
    turn = undo_step if is_undo else redo_step
    earlier = await standing(conference, version=conference.draft_version)
    try:
        done = await turn(conference, actor=organiser, now=clock.now(), step_id=whole_number(step))
    except DomainError as error:
        if by_script:
            return Response({"message": error.message}, status_code=error.http_status)
        return back(conference, shown_day(sent), error.message, kind="warning")
    words = _("Undone: %(move)s") if is_undo else _("Redone: %(move)s")
    note = words % {"move": done.label}
    if by_script:
        return await step_answer(request, conference, organiser, done, earlier, sent, note=note)
    return await step_page(conference, organiser, done, earlier, day=shown_day(sent), note=note)


async def _place(
    slot_id: int, form: PlacingForm, rooms: dict[str, int], organiser: SignedInOrganiser
) -> StepDone:
    now = clock.now()
    if form.is_taken_off or form.local_start is None:
        return await unschedule_slot(slot_id, revision=form.revision, actor=organiser, now=now)
    return await place_slot(
        slot_id,
        room_id=rooms[form.room],
        local_start=form.local_start,
        length_minutes=form.length_minutes,
        fold=form.fold,
        revision=form.revision,
        actor=organiser,
        now=now,
    )
