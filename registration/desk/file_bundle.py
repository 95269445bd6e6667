"""The files that people answered questions with, as one zip with a folder for each person."""

from __future__ import annotations

import re
from datetime import datetime

from conference import texts
from conference.conferences import languages_of
from conference.filenames import safe_filename
from conference.tables import Conference
from conference.zip_layout import ZipMember
from registration.asking.tables import Answer
from registration.desk.filters import Filter
from registration.desk.lists import meant


async def bundled(conference: Conference, wanted: Filter, now: datetime) -> list[ZipMember]:
    """The files of those the filter means, as members of a zip. One query."""
    test = meant(conference, wanted, now)
    rows = await Answer.raw(
        "SELECT registration.name AS person, registration.code AS code, q.code AS question, q.label AS label,"  # noqa: S608 - all of it is written in this package, values are arguments
        " a.file_name AS name, a.file_key AS key, f.size AS size, f.crc32 AS crc32"
        " FROM answer a JOIN registration ON registration.id = a.registration"
        " JOIN question q ON q.id = a.question JOIN answer_file f ON f.key = a.file_key"
        f" WHERE {test.sql} AND a.file_key <> '' ORDER BY registration.id, q.position, q.id",
        *test.arguments,
    )
    languages = languages_of(conference)
    labels = {row["question"]: texts.pick(row["label"], languages[0], languages) for row in rows}
    entries = []
    for row in rows:
        # A code tells people and questions of one name apart.
        label = labels[row["question"]]
        if list(labels.values()).count(label) > 1:
            label = f"{label} {row['question']}"
        folder = f"{_short(row['person'])} {row['code']}"
        path = safe_filename(f"{_short(label)} - {row['name']}")
        entries.append(ZipMember(f"{folder}/{path}", row["size"], row["crc32"], key=row["key"]))
    return entries


def _short(words: str) -> str:
    return safe_filename(re.sub(r"[/\\]", "-", words))[:60].strip(" .")


async def has_files(conference: Conference) -> bool:
    """Whether anybody has answered with a file. One query."""
    rows = await Answer.raw(
        "SELECT 1 AS one FROM answer a JOIN question q ON q.id = a.question"
        " WHERE q.conference = {} AND a.file_key <> '' LIMIT 1",
        conference.id,
    )
    return bool(rows)
