"""What of a person lies in which table: declared once, for the copy they may ask for and for erasing them.

Each package declares its own tables in a ``personal_tables.py``; ``registration.rights`` puts the three together. A test
demands that every table is declared, with every column either told to the person or left out for a reason.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeAlias

from piccolo.columns import Column, ForeignKey
from piccolo.columns.combination import And, Or, Where, WhereRaw
from piccolo.table import Table

from conference import dates, i18n, texts, timezones
from conference.i18n import _

Row: TypeAlias = Mapping[str, Any]
Condition: TypeAlias = Where | And | Or | WhereRaw


class Whose(StrEnum):
    """As what somebody has data in a table."""

    ATTENDEE = "attendee"
    SPEAKER = "speaker"
    ORGANISER = "organiser"


@dataclass(frozen=True)
class Person:
    """Whose data is meant, within one conference.

    ``addresses`` are compared without case, ``codes`` are those of their registrations. ``rows`` are the ids of what is
    theirs, by the name of the table: what the rest hangs on, such as ``registration`` and ``speaker``.
    """

    conference: int
    addresses: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    rows: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def ids(self, table: type[Table]) -> tuple[int, ...]:
        """The ids of their rows of the table."""
        return self.rows.get(table._meta.tablename, ())


@dataclass(frozen=True)
class Telling:
    """For whom facts are told: in which language, on whose clock, and on which clock the conference is."""

    language: str
    zone: str
    home: str


@dataclass(frozen=True)
class Fact:
    """Something that a row says of a person. ``name`` is its name in the file for programs and never changes.

    ``label`` is marked for the catalogues; ``columns`` are those it tells of, itself by default.
    """

    name: str
    label: str
    value: Callable[[Row], Any]
    words: Callable[[Row, Telling], str]
    columns: tuple[str, ...]


Rows: TypeAlias = Callable[[Person], Condition | None]
"""Which rows of a table are a person's; None for none."""
Erasing: TypeAlias = Callable[[Person, datetime], Awaitable[None]]
"""Takes the person out of a table, inside the transaction that erases them."""


@dataclass(frozen=True)
class Held:
    """A table that holds people. ``name`` is the section in the file for programs, ``title`` the one on the page.

    When the person is erased their rows are deleted where ``is_deleted`` says so, else ``erase`` takes the person out of
    them; with neither they stay, and ``stays`` says why. ``silent`` are columns that are not told, each with its
    reason; the row's id, what it belongs to and its revision are never told. ``also`` are further columns to read, of
    rows this one points at; ``prepare`` adds to rows what no column holds.
    """

    table: type[Table]
    name: str
    title: str
    whose: Whose
    rows: Rows
    facts: tuple[Fact, ...]
    is_deleted: bool = False
    erase: Erasing | None = None
    stays: str = ""
    silent: Mapping[str, str] = field(default_factory=dict)
    also: tuple[Any, ...] = ()
    prepare: Callable[[list[dict[str, Any]]], Awaitable[None]] | None = None

    @property
    def forgets(self) -> bool:
        """Whether erasing somebody touches the table."""
        return self.is_deleted or self.erase is not None

    async def forget(self, person: Person, now: datetime) -> None:
        """Take the person out of the table, inside the transaction that erases them."""
        condition = self.rows(person)
        if self.erase is not None:
            await self.erase(person, now)
        elif self.is_deleted and condition is not None:
            await self.table.delete().where(condition)

    async def read(self, person: Person) -> list[dict[str, Any]]:
        """Every row of the person, the oldest first. One query, none where nothing can be theirs."""
        condition = self.rows(person)
        if condition is None:
            return []
        rows = (
            await self.table.select(*self.table._meta.columns, *self.also)
            .where(condition)
            .order_by(self.table._meta.primary_key)
        )
        if self.prepare is not None:
            await self.prepare(rows)
        return rows


@dataclass(frozen=True)
class NotHeld:
    """A table in which nobody is found, and why not."""

    table: type[Table]
    reason: str


# --- whose rows ------------------------------------------------------------------------------------------------------


def itself(table: type[Table]) -> Rows:
    """The rows that were looked up when the person was."""

    def rows(person: Person) -> Condition | None:
        ids = person.ids(table)
        return table._meta.primary_key.is_in(list(ids)) if ids else None

    return rows


def belonging(column: ForeignKey[Any]) -> Rows:
    """The rows that point at something of the person's."""

    def rows(person: Person) -> Condition | None:
        ids = person.ids(column._foreign_key_meta.resolved_references)
        return column.is_in(list(ids)) if ids else None

    return rows


def addressed(conference: ForeignKey[Any], column: Column) -> Rows:
    """The rows of the conference with one of the person's addresses in ``column``, compared without case."""
    name = f'lower("{column._meta.table._meta.tablename}"."{column._meta.name}")'

    def rows(person: Person) -> Condition | None:
        if not person.addresses:
            return None
        marks = ", ".join("{}" for _address in person.addresses)
        return (conference == person.conference) & WhereRaw(f"{name} IN ({marks})", *sorted(person.addresses))

    return rows


def ending_with_address(column: Column) -> Rows:
    """The rows whose ``column`` is ``<something>:<address>``."""
    name = f'"{column._meta.table._meta.tablename}"."{column._meta.name}"'

    def rows(person: Person) -> Condition | None:
        if not person.addresses:
            return None
        tests = " OR ".join(f"{name} LIKE {{}} ESCAPE '\\'" for _address in person.addresses)
        return WhereRaw(f"({tests})", *(f"%:{like_literal(address)}" for address in sorted(person.addresses)))

    return rows


def like_literal(text: str) -> str:
    """The text for a LIKE with the escape character ``\\``, meaning nothing but itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def hashed(column: Column, hash_of: Callable[[int, str], str]) -> Rows:
    """The rows that know one of the person's addresses by a hash of (conference, address)."""

    def rows(person: Person) -> Condition | None:
        marks = [hash_of(person.conference, address) for address in sorted(person.addresses)]
        return column.is_in(marks) if marks else None

    return rows


# --- out of a table --------------------------------------------------------------------------------------------------


def blanked(table: type[Table], rows: Rows, values: Mapping[Any, Any]) -> Erasing:
    """The rows stay, with these values in place of what they said of the person."""

    async def erase(person: Person, _now: datetime) -> None:
        if (condition := rows(person)) is not None:
            await table.update(dict(values)).where(condition)

    return erase


# --- facts -----------------------------------------------------------------------------------------------------------


def text(name: str, label: str, column: str = "") -> Fact:
    """A text as it stands."""
    return _fact(name, label, column, _itself, lambda value, _to: value or "")


def instant(name: str, label: str, column: str = "") -> Fact:
    """An aware instant; in the file as ``2026-06-25T09:00:00Z``."""
    return _fact(name, label, column, lambda value: dates.iso_utc(value) if value else None, instant_words)


def day(name: str, label: str, column: str = "") -> Fact:
    """A date."""
    return _fact(name, label, column, lambda value: value.isoformat() if value else None, _day_words)


def yes_no(name: str, label: str, column: str = "") -> Fact:
    """Yes or no."""
    return _fact(name, label, column, bool, lambda value, _to: _("Yes") if value else _("No"))


def number(name: str, label: str, column: str = "") -> Fact:
    """A number."""
    return _fact(name, label, column, _itself, lambda value, _to: "" if value is None else str(value))


def octets(name: str, label: str, column: str = "") -> Fact:
    """A size in octets; 0 is not worth a word."""
    return _fact(
        name,
        label,
        column,
        _itself,
        lambda value, to: dates.file_size_words(value, to.language) if value else "",
    )


def country(name: str, label: str, column: str = "") -> Fact:
    """A country by its ISO code."""
    return _fact(
        name,
        label,
        column,
        _itself,
        lambda value, to: dict(timezones.countries(to.language)).get(value, value),
    )


def zone(name: str, label: str, column: str = "") -> Fact:
    """A time zone by its IANA name."""
    return _fact(
        name,
        label,
        column,
        _itself,
        lambda value, to: f"{dates.city_name(value, to.language)} ({value})" if value else "",
    )


def language(name: str, label: str, column: str = "") -> Fact:
    """A language by its code."""
    return _fact(
        name,
        label,
        column,
        _itself,
        lambda value, to: i18n.language_name(value, to.language) if value else "",
    )


def local_text(name: str, label: str, column: str = "") -> Fact:
    """A text in several languages."""
    return _fact(name, label, column, texts.decode, lambda value, to: texts.pick(value, to.language))


def choice(name: str, label: str, names: Callable[[], Mapping[Any, str]], column: str = "") -> Fact:
    """One of a few values; ``names`` says what they are called in the language in force."""
    return _fact(name, label, column, _itself, lambda value, _to: names().get(value, str(value or "")))


def structure(name: str, label: str, column: str = "") -> Fact:
    """JSON as it is stored; on the page its values in a row."""
    return _fact(
        name,
        label,
        column,
        lambda value: json.loads(value or "null"),
        lambda value, _to: _flat(json.loads(value or "null")),
    )


def _fact(
    name: str,
    label: str,
    column: str,
    value: Callable[[Any], Any],
    words: Callable[[Any, Telling], str],
) -> Fact:
    source = column or name
    return Fact(
        name, label, lambda row: value(row[source]), lambda row, to: words(row[source], to), (source,)
    )


def _itself(value: Any) -> Any:
    return value


def instant_words(moment: datetime | None, to: Telling) -> str:
    """``Thursday 25 June 2026, 14:30`` on the reader's clock; "" for none."""
    if moment is None:
        return ""
    day = dates.long_day(dates.local_date(moment, to.zone), to.language)
    return dates.day_and_time(day, dates.clock_time(moment, to.zone, to.language), to.language)


def _day_words(value: date | None, to: Telling) -> str:
    return dates.long_day(value, to.language) if value else ""


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        return " · ".join(f"{key}: {_flat(inner)}" for key, inner in value.items() if inner not in ("", None))
    if isinstance(value, list):
        return ", ".join(map(_flat, value))
    return "" if value is None else str(value)
