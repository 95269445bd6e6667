"""What each kind of data is in the tables: counted for the report, and deleted in batches. What is newer than the time it
may be kept stays, also long after the conference."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conference.db import transaction
from conference.mail.forgetting import FINISHED, scrub
from conference.tables import Conference
from registration.asking.answer_files import forsake
from registration.asking.tables import Answer, AnswerFile
from registration.rights.erasing import erase
from registration.rights.retention import RetentionKind
from registration.tables import Registration
from sessions.queries import latest_programme

BATCH = 200
PEOPLE_AT_ONCE = 20  # each is a transaction of its own
_MINE = "registration IN (SELECT id FROM registration WHERE conference = {})"
_DONE = ", ".join(f"'{state.value}'" for state in FINISHED)
# Looked for once and not for each of thousands: who complains of something is kept until there is an answer.
_COMPLAINING = (
    "SELECT a.id FROM complaint c JOIN attendee a ON a.email_key = lower(c.email)"
    " WHERE c.conference = {} AND c.answered_at IS NULL"
)
_PEOPLE = f"registration.conference = {{}} AND registration.attendee NOT IN ({_COMPLAINING})"
_LIVE = "('confirmed', 'applied', 'waiting')"


@dataclass(frozen=True)
class Source:
    """Rows of a kind: a FROM and WHERE with the conference and then the moment as arguments, and who is counted."""

    table: str
    where: str
    people: str
    has_moment: bool = True


_SOURCES: dict[RetentionKind, tuple[Source, ...]] = {
    RetentionKind.ANSWERS: (Source("answer", _MINE, "registration", has_moment=False),),
    RetentionKind.SIGN_INS: (
        Source("attendee_sign_in", f"{_MINE} AND created_at <= {{}}", "registration"),
        Source("feed", f"{_MINE} AND created_at <= {{}}", "registration"),
    ),
    RetentionKind.PRESENCE: (Source("presence", f"{_MINE} AND last_at <= {{}}", "registration"),),
    RetentionKind.MAILS: (
        Source(
            "outgoing_mail",
            f"conference = {{}} AND created_at <= {{}} AND recipient <> '' AND state IN ({_DONE})",
            "recipient",
        ),
    ),
    RetentionKind.INTEREST: (Source("interest", "conference = {} AND created_at <= {}", "id"),),
    RetentionKind.INVITATIONS: (Source("invitation", "conference = {} AND created_at <= {}", "id"),),
    RetentionKind.COMPLAINTS: (
        Source("complaint", "conference = {} AND answered_at IS NOT NULL AND answered_at <= {}", "id"),
    ),
    RetentionKind.CONSENTS: (Source("erased_consent", "conference = {} AND given_at <= {}", "address_hash"),),
    RetentionKind.AUDIT: (Source("audit_entry", "conference = {} AND at <= {}", "actor"),),
    RetentionKind.SPEAKERS: (
        Source(
            "speaker",
            "conference = {} AND (email <> '' OR access_needs <> '' OR technical_needs <> '' OR internal_notes <> '')",
            "id",
            has_moment=False,
        ),
    ),
}
_WHO: dict[RetentionKind, str] = {
    RetentionKind.UNFINISHED: f"{_PEOPLE} AND registration.changed_at <= {{}} AND registration.status NOT IN {_LIVE}"  # noqa: S608 - written here
    " AND NOT EXISTS (SELECT 1 FROM registration o WHERE o.attendee = registration.attendee"
    f" AND o.conference = registration.conference AND o.status IN {_LIVE})",
    RetentionKind.DETAILS: f"{_PEOPLE} AND registration.created_at <= {{}} AND registration.status IN {_LIVE}",
}


async def count(conference: Conference, kind: RetentionKind, before: datetime) -> tuple[int, int]:
    """How many rows of the kind are from ``before`` that moment, and of how many people. One query for each table."""
    if kind in _WHO:
        return await _counted("registration", _WHO[kind], "attendee", [conference.id, conference.id, before])
    rows = people = 0
    for source in _SOURCES[kind]:
        arguments = _arguments(source, conference, before)
        number, of = await _counted(source.table, source.where, source.people, arguments)
        rows, people = rows + number, max(people, of)
    return rows, people


async def _counted(table: str, where: str, people: str, arguments: list[Any]) -> tuple[int, int]:
    # Grouped, not COUNT(DISTINCT …): for that PostgreSQL sorts all rows first.
    sql = f"SELECT {people}, COUNT(*) AS number FROM {table} WHERE {where} GROUP BY {people}"  # noqa: S608 - written here
    found = await Registration.raw(
        f"SELECT COALESCE(SUM(number), 0) AS number, COUNT(*) AS people FROM ({sql}) AS of_each",  # noqa: S608 - written here
        *arguments,
    )
    return int(found[0]["number"]), found[0]["people"]


def _arguments(source: Source, conference: Conference, before: datetime) -> list[Any]:
    return [conference.id, before] if source.has_moment else [conference.id]


async def delete_some(conference: Conference, kind: RetentionKind, before: datetime, now: datetime) -> int:
    """Delete rows of the kind from ``before`` that moment, ``BATCH`` at most; how many went. Twice is once."""
    if kind in _WHO:
        return await _erase_people(conference, _WHO[kind], before, now)
    gone = 0
    for source in _SOURCES[kind]:
        async with transaction():
            sql = f"SELECT id FROM {source.table} WHERE {source.where} ORDER BY id LIMIT {BATCH}"  # noqa: S608 - written here
            rows = await Registration.raw(sql, *_arguments(source, conference, before))
            ids = [row["id"] for row in rows]
            if ids:
                await _WAYS.get(kind, _delete)(source.table, ids, now)
            gone += len(ids)
    return gone


async def _delete(table: str, ids: list[int], _now: datetime) -> None:
    marks = ", ".join("{}" for _id in ids)
    await Registration.raw(f"DELETE FROM {table} WHERE id IN ({marks})", *ids)  # noqa: S608 - written here


async def _delete_answers(table: str, ids: list[int], now: datetime) -> None:
    rows = await Answer.select(Answer.file_key).where(Answer.id.is_in(ids) & (Answer.file_key != ""))
    keys = [row["file_key"] for row in rows]
    if keys:
        await AnswerFile.update({AnswerFile.name: ""}).where(AnswerFile.key.is_in(keys))
    await _delete(table, ids, now)
    await forsake(keys, now)


async def _scrub_mails(_table: str, ids: list[int], _now: datetime) -> None:
    await scrub(ids, keeps_key=True)


async def _blank_speakers(_table: str, ids: list[int], now: datetime) -> None:
    marks = ", ".join("{}" for _id in ids)
    for sql in (
        "UPDATE speaker SET email = '', access_needs = '', technical_needs = '', internal_notes = '', link_hash = NULL",
        "UPDATE appearance SET answer_note = ''",
        "DELETE FROM availability",
        "DELETE FROM speaker_request",
    ):
        column = "id" if sql.startswith("UPDATE speaker") else "speaker"
        await Registration.raw(f"{sql} WHERE {column} IN ({marks})", *ids)


Way = Callable[[str, list[int], datetime], Awaitable[None]]
_WAYS: dict[RetentionKind, Way] = {
    RetentionKind.ANSWERS: _delete_answers,
    RetentionKind.MAILS: _scrub_mails,
    RetentionKind.SPEAKERS: _blank_speakers,
}


async def _erase_people(conference: Conference, who: str, before: datetime, now: datetime) -> int:
    tables = "registration JOIN attendee ON attendee.id = registration.attendee"
    sql = f"SELECT DISTINCT attendee.email_key AS key FROM {tables} WHERE {who} ORDER BY key LIMIT {PEOPLE_AT_ONCE}"  # noqa: S608 - written here
    rows = await Registration.raw(sql, conference.id, conference.id, before)
    programme = await latest_programme(conference) if rows else None
    for row in rows:
        await erase(conference, programme, row["key"], None, actor="retention", now=now)
    return len(rows)
