"""What the library asks of the database, in the SQL of each engine. Piccolo has no words for full text and counts of alternatives.

Every value is a parameter; what is put together here are names of columns and conditions of our own.
"""
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from conference import db
from sessions.packs.library.library_asked import FILTERS, Asked
from sessions.packs.open_to_all import Statement, is_out
from sessions.packs.search_index import fts_match, tsquery, whole_words


class Within:
    """The rows that the words find, each with whether it fits each filter.

    ``topics`` and ``conferences`` are the row ids of those that are asked for.
    """

    def __init__(
        self, asked: Asked, now: datetime, *, topics: Sequence[int], conferences: Sequence[int]
    ) -> None:
        self._asked = asked
        self._topics = topics
        self._conferences = conferences
        self._now = now
        self._is_sqlite = db.current_engine().engine_type == "sqlite"

    def statement(self, start: int, length: int, *, is_counted: bool = True) -> Statement:
        """Rows of (filter, value, number): what fits, from the ``start``-th on, and how many there are of each value.

        The filter "row" has row ids with their places, best first where there are words, else the newest first. "" has how
        many there are in all; "without" the filters in force with how many there would be without each; the others their
        values with how many there are of each while all other filters are in force, topics and conferences as row ids.
        """
        rows, values = self._rows("r.id, r.kind, r.licence, r.conference, r.languages, r.first_out_at")
        order = ("in_title DESC, score, " if self._is_ranked else "") + "first_out_at DESC, id DESC"
        parts = [
            f"SELECT 'row' AS filter, CAST(id AS text) AS value, row_number() OVER (ORDER BY {order}) AS number"
            f" FROM (SELECT * FROM found WHERE {self._fits()} ORDER BY {order} LIMIT {{}} OFFSET {{}}) AS page",
        ]
        if is_counted:
            parts += self._counts()
        # The SELECT around it all lets SQLite's readers have it: WITH may begin a statement that writes.
        return (
            f"SELECT * FROM (WITH found AS MATERIALIZED ({rows}) {' UNION ALL '.join(parts)}) AS told",
            [*values, length, start],
        )

    def _counts(self) -> list[str]:
        source, base = self._languages("found")
        return [
            f"SELECT '', '', count(*) FROM found WHERE {self._fits()}",
            *(
                f"SELECT 'without', '{name}', count(*) FROM found WHERE {self._fits(but=name)}"
                for name in self._in_force
            ),
            *(
                f"SELECT '{name}', CAST({name} AS text), count(*) FROM found WHERE {self._fits(but=name)} GROUP BY {name}"
                for name in ("kind", "licence", "conference")
            ),
            f"SELECT 'language', {base}, count(DISTINCT found.id) FROM found, {source}"
            f" WHERE {self._fits(but='language')} GROUP BY {base}",
            "SELECT 'topic', CAST(t.topic AS text), count(*) FROM found JOIN resource_topic t ON t.resource = found.id"
            f" WHERE {self._fits(but='topic')} GROUP BY t.topic",
        ]

    @property
    def _is_ranked(self) -> bool:
        return bool(self._asked.search) and not self._asked.newest

    @property
    def _in_force(self) -> tuple[str, ...]:
        return tuple(name for name in FILTERS if self._asked.values(name))

    def _fits(self, *, but: str = "") -> str:
        """The condition that a row fits every filter, or all but one."""
        return " AND ".join(f"fits_{name}" for name in self._in_force if name != but) or "1 = 1"

    def _rows(self, columns: str) -> Statement:
        """SELECT of these columns of ``resource r`` with ``fits_…``, and, where it matters, in_title and score."""
        fits = {name: self._fit(name) for name in self._in_force}
        select = [columns, *(f"({sql}) AS fits_{name}" for name, (sql, _values) in fits.items())]
        search, join = self._words() if self._asked.search else ([], "")
        if self._is_ranked:
            select += ["s.in_title", "s.score"]
        out, moment = is_out(self._now)
        fitting = [value for _sql, values in fits.values() for value in values]
        return f"SELECT {', '.join(select)} FROM resource r{join} WHERE {out}", [*fitting, *search, *moment]

    def _words(self) -> tuple[list[Any], str]:
        """The join with what the words find; ranked: title before people before the rest, which takes its time."""
        search, is_ranked = self._asked.search, self._is_ranked
        if self._is_sqlite:
            in_title, score = (
                "rowid IN (SELECT rowid FROM resource_search WHERE resource_search MATCH {})",
                "bm25(resource_search, 8.0, 4.0, 1.0)",
            )
            ranks = f", {in_title} AS in_title, {score} AS score" if is_ranked else ""
            return (
                [*([fts_match(search, in_title=True)] if is_ranked else []), fts_match(search)],
                f" JOIN (SELECT rowid AS id{ranks} FROM resource_search WHERE resource_search MATCH {{}}) s"
                " ON s.id = r.id",
            )
        query = "CAST(CAST({} AS text) AS tsquery)"
        rank = f"ts_rank(ARRAY[0.1, 0.125, 0.5, 1.0]::float4[], document, {query}, 1)"
        # ts_rank takes a word and its beginning for one, so whole words are counted apart.
        ranks = f", document @@ {query} AS in_title, -({rank} + {rank}) AS score" if is_ranked else ""
        ranked = [tsquery(search, in_title=True), tsquery(search), whole_words(search)] if is_ranked else []
        return (
            [*ranked, tsquery(search)],
            f" JOIN (SELECT id{ranks} FROM resource_search WHERE document @@ {query}) s ON s.id = r.id",
        )

    def _fit(self, name: str) -> Statement:
        chosen: list[Any] = list(self._asked.values(name))
        match name:
            case "kind" | "licence":
                return f"r.{name} IN ({_marks(chosen)})", chosen
            case "conference":
                ids = [*self._conferences, 0]
                return f"r.conference IN ({_marks(ids)})", ids
            case "topic":
                ids = [*self._topics, 0]
                about = (
                    f"SELECT 1 FROM resource_topic t WHERE t.resource = r.id AND t.topic IN ({_marks(ids)})"
                )
                return f"EXISTS ({about})", ids
            case _:
                source, base = self._languages("r")
                return f"EXISTS (SELECT 1 FROM {source} WHERE {base} IN ({_marks(chosen)}))", chosen

    def _languages(self, table: str) -> tuple[str, str]:
        """The languages of a row as a source of rows, and the first part of each (``pt`` of ``pt-BR``)."""
        if self._is_sqlite:
            return f"json_each({table}.languages) l", "substr(l.value, 1, instr(l.value || '-', '-') - 1)"
        return f"json_array_elements_text({table}.languages) AS l(value)", "split_part(l.value, '-', 1)"


def _marks(values: Iterable[Any]) -> str:
    return ", ".join("{}" for _value in values)
