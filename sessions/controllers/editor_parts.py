"""What the schedule editor's pages and answers share: pieces for the script, words it says, and what it sent."""

from __future__ import annotations

from collections.abc import Mapping
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
from sessions.schedule.step_answer import MoveAnswer

PARTS = "sessions/editor_parts.html"
ON_THE_DESK = {"conference": Provide(provide_conference), "organiser": Provide(provide_organiser)}


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
