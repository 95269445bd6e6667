"""Statements whose SQL is built once for each table, where Piccolo builds it again for every row.

For what happens with every registration and every page: there, building a statement cost more than running it. Rows come
and go as Piccolo's own do.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar

from piccolo.columns import Column, Serial
from piccolo.querystring import QueryString
from piccolo.table import Table
from piccolo.utils.sql_values import convert_to_sql_value

Row = TypeVar("Row", bound=Table)

LONGEST_KEPT = 4_000
"""Characters of a template whose SQL is kept. Longer ones are of many rows or values, hardly twice of the same number."""

_AS_THEY_ARE = frozenset({str, int, float, bool, bytes, type(None)})


async def insert(*rows: Table, unless_known: Column | None = None) -> int:
    """Insert rows of one table in one statement; how many there are more of now. Their ids come from the database.

    With ``unless_known``, a unique column, rows whose value is there already are left out, and the rows given do not
    learn their ids.
    """
    if not rows:
        return 0
    table = type(rows[0])
    columns, into, marks, ending = _insertion(
        table, unless_known._meta.db_column_name if unless_known else ""
    )
    template = f"{into}{','.join([marks] * len(rows))}{ending}"
    values = [_stored(row, name, column) for row in rows for name, column in columns]
    found: list[dict[str, Any]] = await table.raw(template, *values)
    if unless_known is None:
        key = table._meta.primary_key._meta.name
        for row, made in zip(rows, found, strict=True):
            setattr(row, key, made["id"])
            row._exists_in_db = True
    return len(found)


async def first(table: type[Row], column: Column, value: object) -> Row | None:
    """The row with this value in a column of the table, or None. For unique columns: of several rows it is any."""
    found: list[dict[str, Any]] = await table.raw(_selection(table, str(column._meta.db_column_name)), value)
    return table(**found[0], _exists_in_db=True) if found else None


@lru_cache(maxsize=128)
def _insertion(table: type[Table], unless_known: str) -> tuple[tuple[tuple[str, Column], ...], str, str, str]:
    """The columns, and the statement before, for and behind the rows."""
    columns = tuple(
        (column._meta.name, column) for column in table._meta.columns if not isinstance(column, Serial)
    )
    names = ",".join(f'"{column._meta.db_column_name}"' for _name, column in columns)
    marks = "(" + ",".join("{}" for _column in columns) + ")"
    key = table._meta.primary_key._meta.db_column_name
    conflict = f' ON CONFLICT ("{unless_known}") DO NOTHING' if unless_known else ""
    into = f"INSERT INTO {table._meta.get_formatted_tablename()} ({names}) VALUES "  # noqa: S608 - our own names
    return columns, into, marks, f'{conflict} RETURNING "{key}" AS id'


@lru_cache(maxsize=128)
def _selection(table: type[Table], where: str) -> str:
    names = ",".join(f'"{column._meta.db_column_name}"' for column in table._meta.columns)
    source = table._meta.get_formatted_tablename()
    return f'SELECT {names} FROM {source} WHERE "{where}" = {{}} LIMIT 1'  # noqa: S608 - our own names


def _stored(row: Table, name: str, column: Column) -> Any:
    value = row[name]
    if type(value) in _AS_THEY_ARE:
        return value
    return value.value if isinstance(value, Enum) else convert_to_sql_value(value, column)


@lru_cache(maxsize=1024)
def _pieces(template: str) -> tuple[str, ...]:
    return tuple(template.split("{}"))


def compiled(querystring: QueryString, engine_type: str) -> tuple[str, list[Any]]:
    """The SQL and its values. A template with plain values only is taken apart once, not each time as Piccolo does."""
    values, template = querystring.args, querystring.template
    if len(template) > LONGEST_KEPT:
        return querystring.compile_string(engine_type=engine_type)
    pieces = _pieces(template)
    if len(pieces) != len(values) + 1 or "{{" in template or "}}" in template or _has_parts(values):
        return querystring.compile_string(engine_type=engine_type)
    return _joined(template, engine_type), list(values)


def _has_parts(values: Any) -> bool:
    return any(isinstance(value, QueryString) for value in values)


@lru_cache(maxsize=1024)
def _joined(template: str, engine_type: str) -> str:
    pieces = _pieces(template)
    if engine_type == "sqlite":
        return "?".join(pieces)
    numbered = [f"${number}{piece}" for number, piece in enumerate(pieces[1:], start=1)]
    return pieces[0] + "".join(numbered)
