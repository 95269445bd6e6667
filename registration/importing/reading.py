"""A row of a sheet as a registration, or why it is none. Pure but for words: nothing is asked of the database."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from conference import texts, timezones
from conference.addresses import AddressRefused, address_key, parse_address
from conference.forms import Typed
from registration.asking.answering import choice_value, question_field, read_answers
from registration.asking.tables import QuestionKind
from registration.entries.registrations import Details, Entry
from registration.importing.cells import country_code, folded, is_yes, language_code, parts, zone_name
from registration.importing.columns import QUESTION
from registration.importing.reasons import Reason
from registration.importing.seats import SeatFinder
from registration.queries import Asked, Offer
from sessions.programme.snapshot import ReleasedProgramme

_WITH_NAME = re.compile(r"([^<>]*)<([^<>]+)>")
_LONGEST = 200  # characters of a name or an organisation


class MailChoice(StrEnum):
    """What the people of a sheet are sent."""

    WELCOME = "welcome"  # they are registered, and told so
    CONFIRM = "confirm"  # they are asked to confirm, as if they had registered themselves
    NONE = "none"  # they are registered, and the organisers tell them


@dataclass(frozen=True)
class Plan:
    """How a sheet is read: what each column is, and what holds where a row says nothing. ``category`` is a code."""

    columns: tuple[str, ...]
    mail: MailChoice = MailChoice.WELCOME
    country: str = ""
    language: str = ""
    category: str = ""

    def as_options(self) -> dict[str, Any]:
        """All but the columns, as ``RegistrationImport.options`` holds it."""
        return {
            "mail": self.mail.value,
            "country": self.country,
            "language": self.language,
            "category": self.category,
        }


@dataclass
class ReadRow:
    """What a row says. ``entry`` is None when ``refusal`` says why; ``remarks`` are about what is left out or assumed."""

    name: str = ""
    email: str = ""
    email_key: str = ""
    note: str = ""
    entry: Entry | None = None
    refusal: Reason | None = None
    remarks: list[Reason] = field(default_factory=list)


class RowReader:
    """Reads the rows of one sheet. ``now`` decides which sessions have begun."""

    def __init__(self, plan: Plan, offer: Offer, programme: ReleasedProgramme | None, now: datetime) -> None:
        self._plan, self._languages, self._now = plan, offer.languages, now
        self._several: dict[str, bool] = {}
        # An organiser cannot know what people would say: no answer is needed.
        self._questions = {one.code: replace(one, is_required=False) for one in offer.questions}
        self._choices = {
            one.code: {
                folded(text): choice_value(choice) for choice in one.choices for text in choice.values()
            }
            for one in offer.questions
        }
        self._categories = {
            folded(name): category
            for category in offer.categories
            for name in (category.code, *category.facts.name.values())
        }
        self._default_category = next((one for one in offer.categories if one.code == plan.category), None)
        self._seats = SeatFinder(programme, now)

    def read(self, cells: Sequence[str]) -> ReadRow:
        """The row as it would be registered; of the reasons against it only the first is told."""
        said: dict[str, list[str]] = {}
        for target, cell in zip(self._plan.columns, cells, strict=False):
            if target and cell.strip():
                said.setdefault(target, []).append(cell)
        row = ReadRow(note="\n".join(said.get("note", ()))[:5000])
        beside = self._address(row, said)
        parts_of_name = (self._line(row, said, "first"), self._line(row, said, "last"))
        row.name = self._line(row, said, "name") or " ".join(filter(None, parts_of_name)) or beside
        country, zone = self._place(row, said)
        category = self._category(row, said)
        if not row.name and row.refusal is None:
            row.refusal = Reason("no-name")
        if row.refusal is not None:
            return row
        details = Details(
            row.name,
            country,
            zone,
            self._language(row, said),
            self._line(row, said, "organisation"),
            *self._answers(row, said),
        )
        seats = self._seats.wanted(said, row.remarks)
        row.entry = Entry(details, row.email, row.email_key, seats=seats, category=category)
        return row

    def _line(self, row: ReadRow, said: dict[str, list[str]], field: str) -> str:
        value = texts.clean_line(said.get(field, [""])[0])
        if len(value) > _LONGEST:
            row.remarks.append(Reason("too-long", {"value": value[:40]}))
        return value[:_LONGEST]

    def _address(self, row: ReadRow, said: dict[str, list[str]]) -> str:
        """Read the address, and return the name that may stand beside it: ``Ada King <ada@example.org>``."""
        value, beside = texts.clean_line(said.get("email", [""])[0]).removeprefix("mailto:"), ""
        if both := _WITH_NAME.fullmatch(value):
            beside, value = both[1].strip(' "')[:_LONGEST], both[2]
        if not value:
            row.refusal = Reason("no-email")
            return beside
        try:
            row.email = parse_address(value).address
        except AddressRefused:
            row.email, row.refusal = value[:254], Reason("bad-email", {"value": value[:100]})
            return beside
        row.email_key = address_key(row.email)
        return beside

    def _place(self, row: ReadRow, said: dict[str, list[str]]) -> tuple[str, str]:
        """Country and zone; each helps to find the other."""
        typed_country = texts.clean_line(said.get("country", [""])[0])
        typed_zone = texts.clean_line(said.get("zone", [""])[0])
        zone = zone_name(typed_zone) if typed_zone else ""
        country = country_code(typed_country)
        if typed_country and not country:
            row.refusal = row.refusal or Reason("bad-country", {"value": typed_country[:60]})
            return "", ""
        country = country or timezones.country_of_zone(zone) or self._plan.country
        if not country:
            row.refusal = row.refusal or Reason("no-country")
            return "", ""
        if zone:
            return country, zone
        kept = timezones.zones_of_country(country)
        if typed_zone:
            row.remarks.append(Reason("bad-zone", {"value": typed_zone[:60], "zone": kept[0]}))
        elif self._keeps_several_clocks(country):
            row.remarks.append(Reason("zone-guessed", {"zone": kept[0], "country": country}))
        return country, kept[0]

    def _keeps_several_clocks(self, country: str) -> bool:
        """Whether the country's zones differ, now or half a year later; Germany has two that never do."""
        if country not in self._several:
            moments = (self._now, self._now + timedelta(days=182))
            clocks = {
                tuple(timezones.offset_at(moment, zone) for moment in moments)
                for zone in timezones.zones_of_country(country)
            }
            self._several[country] = len(clocks) > 1
        return self._several[country]

    def _language(self, row: ReadRow, said: dict[str, list[str]]) -> str:
        default = self._plan.language or self._languages[0]
        typed = texts.clean_line(said.get("language", [""])[0])
        code = language_code(typed, self._languages) if typed else default
        if not code:
            row.remarks.append(Reason("bad-language", {"value": typed[:60], "language": default}))
        return code or default

    def _category(self, row: ReadRow, said: dict[str, list[str]]) -> int | None:
        typed = texts.clean_line(said.get("category", [""])[0])
        category = self._categories.get(folded(typed)) if typed else self._default_category
        if typed and category is None:
            row.refusal = row.refusal or Reason("bad-category", {"value": typed[:60]})
        return category.id if category else None

    def _answers(self, row: ReadRow, said: dict[str, list[str]]) -> tuple[Any, Any]:
        """Answers and questions as they were put, as ``Details`` holds them."""
        typed: dict[str, str] = {}
        given: dict[str, str] = {}
        for target, cells in said.items():
            question = (
                self._questions.get(target.removeprefix(QUESTION)) if target.startswith(QUESTION) else None
            )
            if question is not None and question.kind is not QuestionKind.FILE:
                given[question.code] = cells[0]
                typed |= self._fields(question, cells[0])
        form = Typed(typed)
        answers = read_answers(form, list(self._questions.values()))
        kept = {number: value for number, value in answers.values.items() if value}
        for code, cell in given.items():
            question = self._questions[code]
            if question.id in kept:
                continue
            facts = {"value": texts.clean_line(cell)[:60], "question": texts.pick(question.label, "")[:100]}
            row.remarks.append(Reason("bad-answer" if question.id in answers.asked else "not-asked", facts))
        return kept, {number: answers.asked[number] for number in kept}

    def _fields(self, question: Asked, cell: str) -> dict[str, str]:
        name, choices = question_field(question), self._choices[question.code]
        if question.kind is QuestionKind.SEVERAL:
            found = [choices.get(folded(one), one) for one in parts(cell, choices)]
            return {f"{name}_{number}": one for number, one in enumerate(found)}
        if question.kind is QuestionKind.CHOICE:
            return {name: choices.get(folded(cell), cell)}
        if question.kind is QuestionKind.YES_NO:
            yes = is_yes(cell)
            return {name: cell if yes is None else "yes" if yes else "no"}
        if question.kind is QuestionKind.COUNTRY:
            return {name: country_code(cell) or cell}
        return {name: cell}
