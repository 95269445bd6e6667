"""What changes the draft schedule over HTTP: a plain form for each move, and the same moves for the script."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock
from conference.errors import DomainError, StaleEdit
from conference.guards import requires
from conference.i18n import _
from conference.tables import Conference
from conference.team import Permission
from conference.timezones import LocalTimeError, RepeatedHour
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, see_other, typed
from sessions.controllers.editor_parts import (
    ON_THE_DESK,
    Parts,
    asked_day,
    hour_choices,
    is_json,
    noon_of,
    sent_json,
)
from sessions.schedule.draft import rooms_of
from sessions.schedule.editor_cards import Card
from sessions.schedule.editor_page import one_card
from sessions.schedule.placing import (
    PlacedSlot,
    PlacingRefused,
    place_slot,
    slot_id_of,
    undo_last_move,
    unschedule_slot,
)
from sessions.schedule.placing_form import PlacingForm
from sessions.schedule.step_answer import MoveAnswer, after_move


class EditorChangesController(Controller):
    path = "/organise/{slug:str}"
    guards = (requires(Permission.PROGRAMME),)
    dependencies = ON_THE_DESK

    @get("/schedule/slots/{code:str}", name="editor:move")
    async def move_form(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Template:
        card = await one_card(conference, await slot_id_of(conference.id, code))
        day = card.start[:10] or request.query_params.get("day", "")[:10] or conference.starts_on.isoformat()
        values = {
            "day": day,
            "time": card.start[11:],
            "room": card.room,
            "length": str(card.length_minutes),
            "revision": str(card.revision),
        }
        return await _form_page(request, conference, organiser, card, PlacingForm(values))

    @post("/schedule/slots/{code:str}", name="editor:place")
    async def place(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Response[Any]:
        slot_id = await slot_id_of(conference.id, code)
        rooms = {room.code: room.id for room in await rooms_of(conference)}
        if is_json(request):
            body = await sent_json(request)
            form = PlacingForm.from_json(body, rooms)
            return await self._place_for_script(request, conference, organiser, slot_id, form, rooms, body)
        form = PlacingForm.from_post(await typed(request), rooms)
        if form.is_valid:
            try:
                placed = await _place(slot_id, form, rooms, organiser)
            except StaleEdit as error:
                card = await one_card(conference, slot_id)
                form.values["revision"] = str(card.revision)
                return await _form_page(request, conference, organiser, card, form, stale=error)
            except (LocalTimeError, PlacingRefused) as error:
                form.errors[error.field if isinstance(error, PlacingRefused) else "time"] = error.message
                form.asks_which_hour = isinstance(error, RepeatedHour)
            else:
                day = placed.after.local_start or form.values.get("from_day", "")
                answer = await after_move(conference, placed, organiser.id, asked=day[:10])
                return _back(conference, day[:10], answer.said, kind=_tone(answer))
        card = await one_card(conference, slot_id)
        return await _form_page(request, conference, organiser, card, form)

    async def _place_for_script(
        self,
        request: AnyRequest,
        conference: Conference,
        organiser: SignedInOrganiser,
        slot_id: int,
        form: PlacingForm,
        rooms: dict[str, int],
        body: Any,
    ) -> Response[dict[str, Any]]:
        if not form.is_valid:
            return Response(
                {"message": " ".join(form.errors.values()), "errors": form.errors}, status_code=422
            )
        try:
            placed = await _place(slot_id, form, rooms, organiser)
        except StaleEdit as error:
            card = Parts(request, conference).card(await one_card(conference, slot_id))
            told = {"message": error.message, "mine": error.mine, "theirs": error.theirs, "card": card}
            return Response(told, status_code=409)
        except RepeatedHour as error:
            choices = [{"fold": fold, "label": label} for fold, label in hour_choices(error)]
            return Response({"message": error.message, "choices": choices}, status_code=422)
        except (LocalTimeError, PlacingRefused) as error:
            return Response({"message": error.message}, status_code=422)
        answer = await after_move(conference, placed, organiser.id, asked=asked_day(body))
        return Response(Parts(request, conference).answer(answer, asked_day(body)), status_code=200)

    @post("/schedule/undo", name="editor:undo")
    async def undo(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Response[Any]:
        by_script = is_json(request)
        sent = await sent_json(request) if by_script else await typed(request)
        day, move = asked_day(sent), str(sent.get("move", "")) if isinstance(sent, dict) else ""
        move_id = int(move) if move.isdecimal() and move.isascii() and len(move) < 18 else None
        try:
            undone = await undo_last_move(conference, actor=organiser, now=clock.now(), move_id=move_id)
        except DomainError as error:
            if by_script:
                return Response({"message": error.message}, status_code=error.http_status)
            return _back(conference, day, error.message, kind="warning")
        label = _("Undone: %(move)s") % {"move": undone.label}
        answer = await after_move(conference, undone, organiser.id, asked=day)
        if by_script:
            said = f"{label}. {answer.said}"
            return Response(
                {**Parts(request, conference).answer(answer, day), "said": said, "note": label},
                status_code=200,
            )
        return _back(conference, (undone.after.local_start or day)[:10], label, kind="success")


async def _place(
    slot_id: int, form: PlacingForm, rooms: dict[str, int], organiser: SignedInOrganiser
) -> PlacedSlot:
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


async def _form_page(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    card: Card,
    form: PlacingForm,
    *,
    stale: StaleEdit | None = None,
) -> Template:
    labels = {"room": _("Room"), "start": _("Start"), "length_minutes": _("Length in minutes")}
    return page(
        request,
        "sessions/editor_move.html",
        conference=conference,
        organiser=organiser,
        at=noon_of(
            date.fromisoformat(card.start[:10]) if card.start else conference.starts_on, conference.zone
        ),
        section="schedule",
        status=409 if stale else 422 if form.errors else 200,
        card=card,
        form=form,
        stale=stale
        and [
            (label, stale.mine[key], stale.theirs[key])
            for key, label in labels.items()
            if stale.mine[key] != stale.theirs[key]
        ],
        rooms=[(room.code, room.name) for room in await rooms_of(conference)],
        here=f"/organise/{conference.slug}/schedule",
    )


def _back(conference: Conference, day: str, flash: str, *, kind: str) -> Redirect:
    query = f"?{urlencode({'day': day})}" if day else ""
    return see_other(f"/organise/{conference.slug}/schedule{query}", flash, kind=kind)


def _tone(answer: MoveAnswer) -> str:
    return "warning" if answer.own_clashes else "success"
