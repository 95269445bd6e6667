"""What changes several slots of the draft schedule at once over HTTP, and the breaks made there: script and plain forms."""

from __future__ import annotations

from datetime import date
from typing import Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Template

from conference import clock, dates
from conference.errors import DomainError, NotFound, StaleEdit
from conference.guards import AT_THE_DESK, requires
from conference.i18n import current_language
from conference.tables import Conference
from conference.team import Permission
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, typed, typed_list
from sessions.controllers.editor_answers import (
    back,
    refused,
    shown_day,
    stale_lines,
    step_answer,
    step_page,
)
from sessions.controllers.editor_parts import is_json, noon_of, sent_json
from sessions.controllers.editor_slot import placing_values, slot_page
from sessions.schedule.copies import copy_to_free_rooms, remove_in_editor, repeat_slot
from sessions.schedule.draft import rooms_of
from sessions.schedule.placing_form import PlacingForm
from sessions.schedule.placings_cache import standing
from sessions.schedule.slot_changes import PlacingRefused, ids_of
from sessions.schedule.step_answer import cards_now
from sessions.schedule.steps import StepDone
from sessions.schedule.together import (
    move_together,
    shift_from,
    swap_two,
    unschedule_together,
)
from sessions.schedule.together_form import MOST_SLOTS, Action, TogetherForm


class EditorTogetherController(Controller):
    path = "/organise/{slug:str}"
    guards = (requires(Permission.PROGRAMME),)
    dependencies = AT_THE_DESK

    @post("/schedule/together", name="editor:together")
    async def together(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Response[Any]:
        all_rooms = await rooms_of(conference)
        rooms = {room.code: room.id for room in all_rooms}
        earlier = await standing(conference, version=conference.draft_version)
        if is_json(request):
            body = await sent_json(request)
            form = TogetherForm.from_json(body, rooms)
            if not form.is_valid:
                told = {"message": " ".join(form.errors.values()), "errors": form.errors}
                return Response(told, status_code=422)
            try:
                done = await _do(conference.id, form, rooms, organiser)
            except DomainError as error:
                return await refused(request, conference, error, [one.code for one in form.seen])
            return await step_answer(request, conference, organiser, done, earlier, body, rooms=all_rooms)
        values = await typed(request)
        form = TogetherForm.from_post(values, await typed_list(request, "slot"), rooms)
        if form.is_valid:
            try:
                done = await _do(conference.id, form, rooms, organiser)
            except NotFound as error:
                return back(conference, shown_day(values), error.message, kind="warning")
            except StaleEdit as error:
                return await _again(request, conference, organiser, form, stale=error)
            except DomainError as error:
                form.errors[error.field if isinstance(error, PlacingRefused) else "slots"] = error.message
            else:
                return await step_page(conference, organiser, done, earlier, day=shown_day(values))
        return await _again(request, conference, organiser, form)

    @get("/schedule/together", name="editor:chosen")
    async def chosen(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template:
        values = {"day": shown_day(dict(request.query_params))}
        codes = [str(code).partition(":")[0] for code in request.query_params.getall("slot", [])]
        return await _chosen_page(request, conference, organiser, TogetherForm(values), codes)

    @get("/schedule/shift", name="editor:shift")
    async def shift_form(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template:
        day = shown_day(dict(request.query_params))[:10]
        day = day if day[:1].isdigit() else conference.starts_on.isoformat()
        form = TogetherForm({"from": f"{day}T09:00", "day": day})
        return await _shift_page(request, conference, organiser, form)


async def _do(
    conference_id: int, form: TogetherForm, rooms: dict[str, int], organiser: SignedInOrganiser
) -> StepDone:
    now, seen = clock.now(), form.seen
    match form.action:
        case Action.MOVE:
            return await move_together(conference_id, seen, form.by, actor=organiser, now=now)
        case Action.UNSCHEDULE:
            return await unschedule_together(conference_id, seen, actor=organiser, now=now)
        case Action.SWAP:
            return await swap_two(conference_id, seen[0], seen[1], actor=organiser, now=now)
        case Action.COPY_BREAK:
            return await copy_to_free_rooms(conference_id, seen[0], actor=organiser, now=now)
        case Action.REPEAT:
            return await repeat_slot(conference_id, seen[0].code, actor=organiser, now=now)
        case Action.REMOVE:
            return await remove_in_editor(conference_id, seen[0], actor=organiser, now=now)
        case Action.SHIFT if form.since is not None:
            return await shift_from(
                conference_id,
                form.since,
                form.by.minutes,
                room_id=rooms[form.room] if form.room else None,
                seen=seen,
                actor=organiser,
                now=now,
            )
    raise ValueError("a form without errors says what to do")


async def _again(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    form: TogetherForm,
    *,
    stale: StaleEdit | None = None,
) -> Template:
    """The page that the form came from, as it was typed, with what was wrong."""
    if form.action is Action.SHIFT or form.page == "shift":
        return await _shift_page(request, conference, organiser, form, stale=stale)
    slot_id = (await ids_of(conference.id, [form.page])).get(form.page) if form.page else None
    if slot_id is not None:
        [card] = await cards_now(conference, [slot_id])
        placing = PlacingForm(placing_values(card, conference, {}))
        return await slot_page(request, conference, organiser, card, placing, together=form, stale=stale)
    codes = [one.code for one in form.seen]
    return await _chosen_page(request, conference, organiser, form, codes, stale=stale)


async def _chosen_page(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    form: TogetherForm,
    codes: list[str],
    *,
    stale: StaleEdit | None = None,
) -> Template:
    ids = await ids_of(conference.id, codes[:MOST_SLOTS])
    cards = sorted(await cards_now(conference, ids.values()), key=lambda card: (card.start, card.title))
    return page(
        request,
        "sessions/editor_together.html",
        conference=conference,
        organiser=organiser,
        at=noon_of(conference.starts_on, conference.zone),
        section="schedule",
        status=409 if stale else 422 if form.errors else 200,
        cards=cards,
        form=form,
        stale=stale and stale_lines(stale),
        days={
            day: dates.short_day(date.fromisoformat(day), current_language())
            for day in {card.start[:10] for card in cards if card.start}
        },
        room_names={room.code: room.name for room in await rooms_of(conference)},
        here=f"/organise/{conference.slug}/schedule",
    )


async def _shift_page(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    form: TogetherForm,
    *,
    stale: StaleEdit | None = None,
) -> Template:
    day = form.since.date() if form.since else _day(form.values.get("day", "")) or conference.starts_on
    return page(
        request,
        "sessions/editor_shift.html",
        conference=conference,
        organiser=organiser,
        at=noon_of(day, conference.zone),
        section="schedule",
        status=409 if stale else 422 if form.errors else 200,
        form=form,
        stale=stale and stale_lines(stale),
        rooms=[(room.code, room.name) for room in await rooms_of(conference)],
        here=f"/organise/{conference.slug}/schedule",
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
