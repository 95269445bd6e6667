"""What the schedule editor's pages and answers share: pieces for the script, words it says, and what it sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from typing import Any, cast

from litestar.di import Provide
from litestar.exceptions import SerializationException
from litestar.plugins.jinja import JinjaTemplateEngine

from conference import dates
from conference.errors import InvalidInput
from conference.guards import provide_conference, provide_organiser
from conference.i18n import _, current_language
from conference.tables import Conference
from conference.timezones import RepeatedHour, to_utc
from conference.web import AnyRequest
from sessions.schedule.editor_cards import Card
from sessions.schedule.editor_day import Differences
from sessions.schedule.editor_page import EditorView, WaitingView
from sessions.schedule.step_answer import StepAnswer

PARTS = "sessions/editor_parts.html"
ON_THE_DESK = {"conference": Provide(provide_conference), "organiser": Provide(provide_organiser)}


class Parts:
    """Pieces of the page for the script: the same macros that the page is made of."""

    def __init__(self, request: AnyRequest, conference: Conference, *, may_edit: bool = True) -> None:
        engine = cast(JinjaTemplateEngine, request.app.template_engine)
        self._module: Any = engine.engine.get_template(PARTS).module
        self._may_edit = may_edit
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
            "html": self.render("card_item", card, self.here, self._may_edit),
        }

    def waiting(self, waiting: WaitingView) -> dict[str, Any]:
        """The list of what waits for a place."""
        return {
            "waiting": [self.card(card) for card in waiting.cards],
            "waiting_note": self.render("waiting_note", waiting).strip(),
            "waiting_total": waiting.found.total,
        }

    def state(self, view: EditorView, wanted: Collection[str] | None) -> dict[str, Any]:
        """How things stand on the page; with ``wanted`` only these cards, those that clash (a change of one card brings
        clashes to others), and which of the wanted are nowhere on it."""
        waiting = {card.code for card in view.waiting.cards}
        cards = [*view.cards, *view.waiting.cards]
        if wanted is not None:
            cards = [card for card in cards if card.code in wanted or card.clashes]
        there = {card.code for card in cards}
        return {
            "day": view.shown,
            "bands": [
                {
                    "day": band.day.isoformat(),
                    "label": band.label,
                    "first": band.first_hour,
                    "end": band.end_hour,
                }
                for band in view.bands
            ],
            "cards": [self.card(card) for card in cards if card.code not in waiting],
            **self.waiting(view.waiting),
            "waiting": [self.card(card) for card in cards if card.code in waiting],
            "removed": sorted(set(wanted or ()) - there),
            "clashes": self.render("clash_list", view.clashes),
            "tabs": self.render("day_tabs", view.tabs, view.day, self.here, view.asked),
            "undo": view.undo and {"step": view.undo.step, "label": view.undo.label},
            "redo": view.redo and {"step": view.redo.step, "label": view.redo.label},
            "history": [
                {"step": step.step, "label": step.label, "at": step.at, "undone": step.is_undone}
                for step in view.history
            ],
            "differences": clocks_by_day(view.differences),
            "version": view.version,
        }

    def answer(self, answer: StepAnswer, day: str) -> dict[str, Any]:
        """What the script is told after a step; ``day`` is the one whose page it shows."""
        shown = next((tab.day for tab in answer.tabs if tab.day.isoformat() == day), None)
        return {
            "changed": [self.card(card) for card in answer.changed],
            "removed": list(answer.removed),
            "conflicts": [clash.text for clash in answer.own_clashes],
            "clashes": self.render("clash_list", answer.clashes),
            "tabs": self.render("day_tabs", answer.tabs, shown, self.here),
            "undo": answer.undo and {"step": answer.undo.step, "label": answer.undo.label},
            "redo": answer.redo and {"step": answer.redo.step, "label": answer.redo.label},
            "history": [
                {"step": step.step, "label": step.label, "at": step.at, "undone": step.is_undone}
                for step in answer.history
            ],
            "said": answer.said,
            "differences": clocks(answer.differences),
            "version": answer.version,
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


def clocks_by_day(differences: Mapping[date, Mapping[str, Differences]]) -> dict[str, Any]:
    """The same of several days: as on the first of them, and ``on`` the days that are otherwise."""
    first, *others = differences.items()
    found = clocks(first[1])
    for day, zones in others:
        for zone, steps in zones.items():
            if steps != first[1][zone]:
                found[zone].setdefault("on", {})[day.isoformat()] = steps
    return found


def script_words() -> dict[str, str]:
    """What the script says, in the reader's language; ``{name}`` is filled in there."""
    return {
        "ready": _("Drag a card, or focus it and press Enter to pick it up."),
        "picked": _(
            "Picked up {title}. Arrow keys move it, Enter puts it down, Escape leaves it where it was."
        ),
        "picked_many": _(
            "Picked up {count} sessions, {title} among them. Arrow keys move them, Enter puts them down."
        ),
        "at": _("{room}, {times}."),
        "at_day": _("{room}, {day}, {times}."),
        "clash": _("Clashes with {titles}."),
        "here": _("{time} in {place}{word}."),
        "nothing": _("Nothing to undo"),
        "nothing_again": _("Nothing to redo"),
        "undone": _("undone"),
        "cancelled": _("Left where it was."),
        "off": _("Put down here to take it off the schedule"),
        "saving": _("Saving …"),
        "lost": _("No connection to the server, so nothing was saved. {title}"),
        "found": _("Connected again. This is how things stand."),
        "failed": _("That did not work. {title} is back where it was."),
        "wait": _("One moment: the last move is still being saved."),
        "not_done": _("Nothing was changed."),
        "not_read": _("The server did not answer, so the other day could not be shown."),
        "lost_form": _("No connection to the server, so nothing was sent. Please try again."),
        "deaf": _("No connection to the server: what colleagues change is not shown at the moment."),
        "changed_one": _("{who} has changed {title}."),
        "changed_many": _("{who} has changed the schedule."),
        "saved": _("Saved."),
        "more": _("More"),
        "close": _("Close"),
        "selected": _("Selected: {count}"),
        "selected_none": _("Nothing is selected."),
        "select_mode": _("Choose cards to select them. Press Select again to end."),
        "swap_with": _("Choose the session that changes places with {title}. Escape leaves all as it is."),
        "shift_one": _("One session will move."),
        "shift_count": _("{count} sessions will move."),
        "shift_unseen": _("That day is not shown here; all its sessions from then on will move."),
        "some_of": _("{shown} of {count}"),
        "one_room": _("One room at least has to be shown."),
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
