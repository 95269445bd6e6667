"""Registrations as a sheet: a column for each fact, question and consent, made batch by batch so that memory stays flat."""

from __future__ import annotations

import asyncio
import csv
import io
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from conference import texts
from conference.conferences import languages_of
from conference.db import connection_scope
from conference.tables import Conference
from registration.asking.answering import chosen
from registration.asking.tables import Answer, Consent
from registration.desk.filters import Filter
from registration.desk.lists import Category, Listed, all_meant, categories_there
from registration.queries import Asked, Purpose, purposes_of, questions_of
from sessions.interchange.sheets_out import defused
from sessions.programme.snapshot import ReleasedProgramme

# The headings are part of the format: the import knows them, and they are the same in every language.
FACTS = (
    "code",
    "state",
    "name",
    "email",
    "country",
    "zone",
    "language",
    "organisation",
    "category",
    "registered",
    "confirmed",
    "seats",
)
_LONGEST_CELL = 32_767  # characters, the most a cell of a workbook holds
_PIECE = 256 * 1024  # octets of a finished workbook sent at once


Tell = Callable[[int], Awaitable[None]]


async def _nobody_asks(_number: int) -> None:
    return


@dataclass(frozen=True)
class Columns:
    """What the columns after the facts are, and what it takes to fill them."""

    questions: tuple[Asked, ...]
    purposes: tuple[Purpose, ...]
    categories: Mapping[int, Category]
    programme: ReleasedProgramme | None
    languages: tuple[str, ...]

    @property
    def heading(self) -> list[str]:
        """The first row; questions of the same words are told apart by their codes."""
        labels = [
            texts.pick(question.label, self.languages[0], self.languages) for question in self.questions
        ]
        asked = [
            label if labels.count(label) == 1 and label not in FACTS else f"{label} [{question.code}]"
            for label, question in zip(labels, self.questions, strict=True)
        ]
        return [*FACTS, *asked, *(f"consent: {purpose.code}" for purpose in self.purposes)]

    def row(self, one: Listed, answers: Mapping[int, str], consents: frozenset[int]) -> list[str]:
        """One registration; times in UTC, choices and seats a line each."""
        category = self.categories.get(one.category or 0)
        return [
            one.code,
            one.status.value,
            one.name,
            one.email,
            one.country,
            one.zone,
            one.language,
            one.organisation,
            texts.pick(category.name, self.languages[0], self.languages) if category else "",
            _instant(one.created_at),
            _instant(one.confirmed_at),
            "\n".join(self._seat(slot) for slot in one.seats),
            *("\n".join(chosen(question.kind, answers.get(question.id, ""))) for question in self.questions),
            *("yes" if purpose.id in consents else "" for purpose in self.purposes),
        ]

    def _seat(self, slot_id: int) -> str:
        pair = self.programme.slot_by_id.get(slot_id) if self.programme else None
        if pair is None:
            return "?"  # a slot that is in the programme no more
        title = texts.pick(pair[0].title, self.languages[0], self.languages)
        return f"{title} ({_instant(pair[1].start)})"


def _instant(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%MZ") if moment else ""


async def columns_of(conference: Conference, programme: ReleasedProgramme | None) -> Columns:
    """The columns of this conference's sheet. Three queries."""
    return Columns(
        await questions_of(conference),
        await purposes_of(conference),
        {category.id: category for category in await categories_there(conference)},
        programme,
        languages_of(conference),
    )


async def rows_meant(
    conference: Conference, wanted: Filter, columns: Columns, now: datetime
) -> AsyncIterator[list[list[str]]]:
    """The rows of those the filter means, a batch at a time. Four queries for each batch."""
    async for batch in all_meant(conference, wanted, now):
        yield await _filled(batch, columns)


async def _filled(batch: Sequence[Listed], columns: Columns) -> list[list[str]]:
    numbers = [one.id for one in batch]
    answers: dict[int, dict[int, str]] = {}
    consents: dict[int, set[int]] = {}
    async with connection_scope():
        for row in await Answer.select(Answer.registration, Answer.question, Answer.value).where(
            Answer.registration.is_in(numbers)
        ):
            answers.setdefault(row["registration"], {})[row["question"]] = row["value"]
        for row in await Consent.select(Consent.registration, Consent.purpose).where(
            Consent.registration.is_in(numbers) & Consent.withdrawn_at.is_null()
        ):
            consents.setdefault(row["registration"], set()).add(row["purpose"])
    return [columns.row(one, answers.get(one.id, {}), frozenset(consents.get(one.id, ()))) for one in batch]


async def csv_pieces(
    conference: Conference,
    wanted: Filter,
    columns: Columns,
    now: datetime,
    *,
    raw: bool,
    tell: Tell = _nobody_asks,
) -> AsyncIterator[bytes]:
    """RFC 4180 in UTF-8. Formulas are defused and Excel told the encoding, unless ``raw``, which is for machines.

    ``tell`` hears how many registrations are written, after each batch.
    """
    yield _csv([columns.heading], raw=raw, begins=True)
    number = 0
    async for rows in rows_meant(conference, wanted, columns, now):
        yield _csv(rows, raw=raw)
        number += len(rows)
        await tell(number)


def _csv(rows: Sequence[Sequence[str]], *, raw: bool, begins: bool = False) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        cells = [texts.clean(cell) for cell in row]
        writer.writerow(cells if raw else [defused(cell) for cell in cells])
    return out.getvalue().encode("utf-8-sig" if begins and not raw else "utf-8")


async def workbook_pieces(
    conference: Conference,
    wanted: Filter,
    columns: Columns,
    now: datetime,
    *,
    tell: Tell = _nobody_asks,
) -> AsyncIterator[bytes]:
    """A workbook of one sheet in which every cell is text. It is written to a file row by row, then sent.

    ``tell`` hears how many registrations are written, after each batch.
    """
    from xlsxwriter import Workbook  # not at the start of every process: few ask for workbooks

    with tempfile.TemporaryDirectory(prefix="meridian-") as folder:
        path = Path(folder) / "registrations.xlsx"
        options = {
            "constant_memory": True,
            "tmpdir": folder,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        }
        book = Workbook(str(path), options)
        sheet, bold = book.add_worksheet("Registrations"), book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(columns.heading) - 1, 18)
        for column, heading in enumerate(columns.heading):
            sheet.write_string(0, column, texts.clean(heading), bold)
        number = 1

        def write(rows: Sequence[Sequence[str]], first: int) -> None:
            for offset, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if words := texts.clean(cell)[:_LONGEST_CELL]:
                        sheet.write_string(first + offset, column, words)

        async for rows in rows_meant(conference, wanted, columns, now):
            await asyncio.to_thread(write, rows, number)
            number += len(rows)
            await tell(number - 1)
        sheet.autofilter(0, 0, max(number - 1, 0), len(columns.heading) - 1)
        await asyncio.to_thread(book.close)
        with path.open("rb") as finished:
            while piece := finished.read(_PIECE):
                yield piece
