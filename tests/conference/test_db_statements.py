"""Statements built once do what Piccolo's own do, on both engines."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from piccolo.columns import (
    JSON,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    Numeric,
    OnDelete,
    Serial,
    Timestamptz,
    Varchar,
)
from piccolo.querystring import QueryString
from piccolo.table import Table

from conference import db
from conference.db.statements import _insertion, _joined, _pieces, compiled

NOON = datetime(2026, 6, 25, 12, 0, tzinfo=UTC)


class Colour(StrEnum):
    """Of a shelf."""

    RED = "red"


class Case(Table, tablename="test_case"):
    """A column of each kind that the project uses."""

    id: Serial
    name = Varchar(default=None, null=False, unique=True)
    beside: ForeignKey[Any] = ForeignKey("self", null=True, default=None, on_delete=OnDelete.set_null)
    colour = Varchar(default=Colour.RED, choices=Colour, null=False)
    number = Integer(default=7, null=False)
    price = Numeric(digits=(6, 2), default=Decimal("1.50"), null=False)
    at = Timestamptz(default=None, null=True)
    day = Date(default=None, null=True)
    is_open = Boolean(default=False, null=False)
    notes = JSON(default="{}", null=False)


@pytest.fixture
async def cases(each_database: db.Database) -> db.Database:
    await Case.create_table()
    return each_database


def some(name: str, **values: Any) -> Case:
    return Case(name=name, colour=Colour.RED, at=NOON, day=date(2026, 6, 25), is_open=True, **values)


def told(case: Case | None) -> dict[str, object]:
    assert case is not None
    return {name: value for name, value in case.to_dict().items() if name not in ("id", "name")}


async def test_a_row_comes_back_as_one_that_piccolo_wrote(cases: db.Database) -> None:
    theirs, ours = some("theirs", notes={"a": [1, "é"]}), some("ours", notes={"a": [1, "é"]})
    await theirs.save()
    assert await db.insert(ours) == 1
    read = await db.first(Case, Case.name, "ours")
    assert told(read) == told(await Case.objects().get(Case.name == "theirs"))
    assert read is not None
    assert (read.id, read.at, read.price, read.is_open) == (theirs.id + 1, NOON, Decimal("1.50"), True)


async def test_each_row_learns_its_id_and_can_be_saved_again(cases: db.Database) -> None:
    rows = [some(name) for name in "abc"]
    assert await db.insert(*rows) == 3
    found = [await db.first(Case, Case.id, row.id) for row in rows]
    assert [one and one.name for one in found] == ["a", "b", "c"]
    rows[1].number = 8
    rows[1].beside = rows[0].id
    await rows[1].save()
    assert await Case.count() == 3
    assert (await Case.select(Case.number, Case.beside).where(Case.name == "b"))[0] == {
        "number": 8,
        "beside": rows[0].id,
    }


async def test_a_row_given_for_a_key_is_stored_as_its_id(cases: db.Database) -> None:
    left = some("left")
    await db.insert(left)
    await db.insert(some("right", beside=left))
    assert (await Case.select(Case.beside).where(Case.name == "right"))[0]["beside"] == left.id


async def test_those_that_are_known_are_left_out(cases: db.Database) -> None:
    assert await db.insert(some("a"), some("b"), unless_known=Case.name) == 2
    assert await db.insert(some("b", number=9), some("c"), unless_known=Case.name) == 1
    assert {(row["name"], row["number"]) for row in await Case.select(Case.name, Case.number)} == {
        ("a", 7),
        ("b", 7),
        ("c", 7),
    }
    assert await db.insert() == 0


async def test_of_many_rows_at_once_no_statement_is_kept(cases: db.Database) -> None:
    await db.insert(some("one"))
    before = [kept.cache_info().currsize for kept in (_pieces, _joined, _insertion)]
    assert await db.insert(*(some(f"many {number}") for number in range(300))) == 300
    assert await Case.count() == 301
    assert [kept.cache_info().currsize for kept in (_pieces, _joined, _insertion)] == before


async def test_what_is_not_there_is_none(cases: db.Database) -> None:
    assert await db.first(Case, Case.name, "nobody") is None
    assert await db.first(Case, Case.name, "{}") is None


async def test_a_missing_value_is_refused_as_ever(cases: db.Database) -> None:
    with pytest.raises(ValueError, match="name wasn't provided"):
        Case()
    with pytest.raises(Exception) as refused:
        await db.insert(some("a"), some("a"))
    assert db.is_unique_violation(refused.value)
    assert await Case.count() == 0


@pytest.mark.parametrize("engine_type", ["sqlite", "postgres"])
@pytest.mark.parametrize(
    "asked",
    [
        QueryString("SELECT 1"),
        QueryString("SELECT {}, {} WHERE a = {}", 1, "{}", None),
        QueryString("SELECT '{{}}', {}", 1),
        QueryString("SELECT {} AND {}", QueryString("a = {}", 1), 2),
        QueryString(f"SELECT {', '.join(['{}'] * 2000)}", *range(2000)),
    ],
)
def test_sql_is_what_piccolo_makes_of_it(asked: QueryString, engine_type: str) -> None:
    sql, values = compiled(asked, engine_type)
    assert (sql, list(values)) == asked.compile_string(engine_type)
    assert compiled(asked, engine_type) == (sql, values)
