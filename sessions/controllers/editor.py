"""The schedule editor: one day as a grid, a plain form for each move, and the same moves for its script."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, cast
from urllib.parse import urlencode

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.exceptions import SerializationException
from litestar.params import FromPath
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Redirect, Template

from conference import clock, dates
from conference.errors import DomainError, InvalidInput, StaleEdit
from conference.guards import provide_conference, provide_organiser, requires
from conference.i18n import _, current_language
from conference.tables import Conference
from conference.team import Permission
from conference.timezones import LocalTimeError, RepeatedHour, to_utc
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, see_other, typed
from sessions.schedule.draft import rooms_of
from sessions.schedule.editor_cards import Card
from sessions.schedule.editor_day import Differences
from sessions.schedule.editor_page import DayView, MoveAnswer, after_move, day_view, one_card
from sessions.schedule.placing import (
    PlacedSlot,
    PlacingRefused,
    place_slot,
    slot_id_of,
    undo_last_move,
    unschedule_slot,
)
from sessions.schedule.placing_form import PlacingForm

PARTS = "sessions/editor_parts.html"
ON_THE_DESK = {"conference": Provide(provide_conference), "organiser": Provide(provide_organiser)}


class EditorController(Controller):
    path = "/organise/{slug:str}"
    guards = (requires(Permission.PROGRAMME),)
    dependencies = ON_THE_DESK

    @get("/schedule", name="editor:show")
    async def show(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template:
        view = await _asked_view(request, conference, organiser)
        return page(
            request,
            "sessions/editor.html",
            conference=conference,
            organiser=organiser,
            at=noon_of(view.day, conference.zone),
            section="schedule",
            view=view,
            here=f"/organise/{conference.slug}/schedule",
            words=script_words(),
            clocks=clocks(view.differences),
        )

    @get("/schedule.json", name="editor:state")
    async def state(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Response[dict[str, Any]]:
        view = await _asked_view(request, conference, organiser)
        parts = Parts(request, conference)
        return Response(
            {
                "day": view.day.isoformat(),
                "cards": [parts.card(card) for column in view.columns for card in column.cards],
                "waiting": [parts.card(card) for card in view.waiting.cards],
                "waiting_note": parts.render("waiting_note", view.waiting),
                "clashes": parts.render("clash_list", view.clashes),
                "tabs": parts.render("day_tabs", view.tabs, view.day, parts.here),
                "undo": view.undo and {"move": view.undo.id, "label": view.undo.label},
                "differences": clocks(view.differences),
            },
            headers={"cache-control": "no-store"},
        )

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


class Parts:
    """Pieces of the page for the script: the same macros that the page is made of."""

    def __init__(self, request: AnyRequest, conference: Conference) -> None:
        engine = cast(JinjaTemplateEngine, request.app.template_engine)
        self._module: Any = engine.engine.get_template(PARTS).module
        self.here = f"/organise/{conference.slug}/schedule"

    def render(self, macro: str, *values: Any) -> str:
        """What the macro writes."""
        return str(getattr(self._module, macro)(*values))

    def card(self, card: Card) -> dict[str, Any]:
        """A card: where it belongs, and its HTML."""
        return {
            "code": card.code,
            "revision": card.revision,
            "room": card.room,
            "start": card.start,
            "length": card.length_minutes,
            "html": self.render("card_item", card, self.here),
        }

    def answer(self, answer: MoveAnswer, day: str) -> dict[str, Any]:
        """What the script is told after a move."""
        shown = next((tab.day for tab in answer.tabs if tab.day.isoformat() == day), None)
        return {
            "slot": self.card(answer.card),
            "changed": [self.card(card) for card in answer.changed],
            "conflicts": [clash.text for clash in answer.own_clashes],
            "clashes": self.render("clash_list", answer.clashes),
            "tabs": self.render("day_tabs", answer.tabs, shown, self.here),
            "undo": answer.undo and {"move": answer.undo.id, "label": answer.undo.label},
            "said": answer.said,
            "differences": clocks(answer.differences),
        }


def is_json(request: AnyRequest) -> bool:
    """Whether the body is the script's."""
    return request.content_type[0] == "application/json"


async def sent_json(request: AnyRequest) -> Any:
    """The body. Raises InvalidInput for what is no JSON."""
    try:
        return await request.json()
    except (SerializationException, ValueError, RecursionError):  # no JSON, no UTF-8, thousands of brackets
        raise InvalidInput(_("This request could not be read.")) from None


def asked_day(sent: Any) -> str:
    """The day whose page the asker sees, ISO; "" when they do not say."""
    day = sent.get("day") if isinstance(sent, dict) else None
    try:
        return date.fromisoformat(day).isoformat() if isinstance(day, str) and len(day) == 10 else ""
    except ValueError:
        return ""


def noon_of(day: date, zone: str) -> datetime:
    """Noon of the day in the zone: the instant for which the page names zones."""
    return to_utc(datetime.combine(day, time(12)), zone, 0)


def hour_choices(error: RepeatedHour) -> list[tuple[int, str]]:
    """The two hours of one name, told apart by their offset."""
    zone, language = error.zone_name, current_language()
    return [
        (0, _("The first, in %(zone)s") % {"zone": dates.zone_name(zone, error.first, language)}),
        (1, _("The second, in %(zone)s") % {"zone": dates.zone_name(zone, error.second, language)}),
    ]


def clocks(differences: Mapping[str, Differences]) -> dict[str, Any]:
    """Zones as the script shows them: the place's name, and how far its clock is ahead."""
    language = current_language()
    return {
        zone: {"place": dates.city_name(zone, language), "steps": steps}
        for zone, steps in differences.items()
    }


def script_words() -> dict[str, str]:
    """What the script says, in the reader's language; ``{name}`` is filled in there."""
    return {
        "ready": _("Drag a card, or focus it and press Enter to pick it up."),
        "picked": _(
            "Picked up {title}. Arrow keys move it, Enter puts it down, Escape leaves it where it was."
        ),
        "at": _("{room}, {times}."),
        "clash": _("Clashes with {titles}."),
        "here": _("{time} in {place}{word}."),
        "nothing": _("Nothing to undo"),
        "cancelled": _("Left where it was."),
        "off": _("Put down here to take it off the schedule"),
        "saving": _("Saving …"),
        "lost": _("No connection to the server, so nothing was saved. {title}"),
        "found": _("Connected again. This is how things stand."),
        "failed": _("That did not work. {title} is back where it was."),
        "wait": _("One moment: the last move is still being saved."),
        "signed_out": _("You are signed out. Reload the page and sign in again."),
        "mine": _("Your version"),
        "theirs": _("As it stands now"),
        "use_mine": _("Use mine"),
        "keep_theirs": _("Keep theirs"),
        "stale": _("Changed by someone else"),
        "which": _("Which of the two?"),
        "cancel": _("Cancel"),
        "unplaced": _("Off the schedule"),
        "minutes": _("{count} min"),
        "night": _("night"),
        "early": _("early"),
        "late": _("late"),
    }


async def _asked_view(request: AnyRequest, conference: Conference, organiser: SignedInOrganiser) -> DayView:
    query = request.query_params
    return await day_view(
        conference,
        organiser.id,
        asked=str(query.get("day", "")),
        search=str(query.get("q", ""))[:100],
        whole_day=query.get("hours") == "all",
    )


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
