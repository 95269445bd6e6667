"""What the columns of a sheet are: guessed from their headings and from what stands below, and then said by the organiser."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from conference import i18n, texts
from conference.i18n import _, lazy
from conference.texts import LocalText
from registration.asking.tables import QuestionKind
from registration.importing.cells import folded
from registration.queries import Asked
from sessions.interchange.headings import person_field

LEFT_OUT = ""
QUESTION, SLOT = "question:", "slot:"
"""Beginnings of the targets of a question's answer and of a seat; the code follows."""
FIELDS = {
    "name": lazy("Name"),
    "first": lazy("First name"),
    "last": lazy("Last name"),
    "email": lazy("E-mail"),
    "country": lazy("Country"),
    "zone": lazy("Time zone"),
    "language": lazy("Language"),
    "organisation": lazy("Organisation"),
    "category": lazy("Category"),
    "seats": lazy("Seats, by session"),
    "note": lazy("The team’s note"),
}
"""What a column may be, beside questions and seats."""
SEVERAL = ("seats", "note")
"""What several columns may be at once."""
_ADDRESS = re.compile(r"(?:[^<>]*<)?[^@\s/:<>]+@[^@\s/:<>]+\.[^@\s./:<>\d]{2,}>?")
# Headings that are known beside these names, in every language of the interface.
_ALSO_CALLED = {
    "name": (lazy("Your name"),),
    "category": (lazy("You come as"),),
    "seats": (lazy("Seats"), lazy("Sessions"), lazy("Workshops")),
    "language": (lazy("Language of mails and calendar"),),
}
# … and what people write themselves; ``person_field`` knows many more.
_WRITTEN = {
    "seats": "seats",
    "seat": "seats",
    "session": "seats",
    "workshop": "seats",
    "atelier": "seats",
    "category": "category",
    "language": "language",
    "bibliothek": "organisation",
    "bibliotheque": "organisation",
    "biblioteca": "organisation",
    "مكتبة": "organisation",
    "المكتبة": "organisation",
}
_NOT_TAKEN = {"code", "state", "registered", "confirmed", "line", "reason"}
"""Columns of our own exports that an import leaves out, as it does those of consents."""


@dataclass(frozen=True)
class SeatColumn:
    """A slot that a column may stand for, with the names it goes by."""

    code: str
    title: LocalText
    is_only: bool  # the session has no other slot


@functools.cache
def _field_names() -> dict[str, str]:
    found: dict[str, str] = {}
    for language in i18n.interface_languages():
        with i18n.use_language(language):
            for field, label in FIELDS.items():
                for name in (label, *_ALSO_CALLED.get(field, ())):
                    found.setdefault(folded(_(name)), field)
    return found | _WRITTEN


def known_field(heading: str) -> str:
    """The field a heading names, "" for none."""
    plain = folded(heading)
    if plain in _NOT_TAKEN or plain.startswith("consent "):
        return LEFT_OUT
    if named := _field_names().get(plain):
        return named
    person = person_field(heading)
    return person if person in FIELDS else LEFT_OUT


def known_headings(cells: Sequence[str]) -> int:
    """How many of the cells are headings that we know; 0 where neither a name nor an address is among them."""
    fields = {known_field(cell) for cell in cells if len(cell) < 200} - {LEFT_OUT}
    return len(fields) if fields & {"name", "first", "last", "email"} else 0


def guessed_columns(
    headings: Sequence[str],
    samples: Sequence[Sequence[str]],
    questions: Sequence[Asked],
    seats: Sequence[SeatColumn],
) -> list[str]:
    """The target of each column; ``samples`` are some rows below the headings. No target twice but for SEVERAL."""
    by_name = _question_names(questions) | _seat_names(seats)
    found: list[str] = []
    for heading in headings:
        target = by_name.get(folded(heading)) or known_field(heading)
        found.append(target if target in SEVERAL or target not in found else LEFT_OUT)
    if "email" not in found and (best := _addresses(samples, len(headings))) is not None:
        found[best] = "email"
    if "name" in found:  # said whole: its parts add nothing
        found = [LEFT_OUT if target in ("first", "last") else target for target in found]
    return found


def _question_names(questions: Sequence[Asked]) -> dict[str, str]:
    found: dict[str, str] = {}
    for question in questions:
        if question.kind is QuestionKind.FILE:
            continue
        target = f"{QUESTION}{question.code}"
        found[folded(f"q_{question.code}")] = target
        for label in question.label.values():
            found.setdefault(folded(label), target)
            found[folded(f"{label} [{question.code}]")] = target
    return found


def _seat_names(seats: Sequence[SeatColumn]) -> dict[str, str]:
    found: dict[str, str] = {}
    for seat in seats:
        found[folded(seat.code)] = f"{SLOT}{seat.code}"
        for title in seat.title.values() if seat.is_only else ():
            found.setdefault(folded(title), f"{SLOT}{seat.code}")
    return found


def _addresses(samples: Sequence[Sequence[str]], width: int) -> int | None:
    """The column in which most cells look like an address; None where none does for half of its rows."""
    counts = [
        sum(bool(_ADDRESS.fullmatch(row[column].strip())) for row in samples if column < len(row))
        for column in range(width)
    ]
    best = max(range(width), key=lambda column: counts[column], default=None)
    return best if best is not None and counts[best] * 2 > len(samples) else None


def target_names(
    questions: Sequence[Asked], seats: Sequence[tuple[str, str]], language: str
) -> list[tuple[str, list[tuple[str, str]]]]:
    """What a column may be, in groups: (group, (target, name)). ``seats`` are (slot's code, title and time)."""
    groups = [(_("About the person"), [(field, _(name)) for field, name in FIELDS.items()])]
    asked = [
        (f"{QUESTION}{question.code}", texts.pick(question.label, language))
        for question in questions
        if question.kind is not QuestionKind.FILE
    ]
    if asked:
        groups.append((_("Answers to your questions"), asked))
    if seats:
        groups.append(
            (_("A seat, where the cell says yes"), [(f"{SLOT}{code}", name) for code, name in seats])
        )
    return groups
