"""Writing what a person answered, once for all who do it: the registration form, the person's own page, the desk."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from conference.db import insert
from conference.errors import Conflict
from conference.i18n import _
from registration.asking.answer_files import forsake
from registration.asking.form_files import KeptFile
from registration.asking.tables import Answer, AnswerFile


class FileGone(Conflict):
    """A file that was kept for the form is there no more. ``questions`` are the row ids of those it should answer."""

    def __init__(self, questions: Collection[int]) -> None:
        super().__init__(_("The file you sent is not here any more. Please choose it again."))
        self.questions = frozenset(questions)


async def write_answers(
    registration_id: int,
    answers: Mapping[int, str],
    asked: Mapping[int, str],
    files: Mapping[int, KeptFile],
    now: datetime,
    *,
    is_first: bool = False,
) -> None:
    """Inside the registration's lock: make these the answers to their questions (row ids; "" = none).

    Answers to other questions stay. ``asked`` is what ``Answer.asked`` holds of each; of a file among the answers,
    ``files`` has it. ``is_first``: there can be none yet. Raises FileGone.
    """
    if not is_first and answers:
        answers = await _cleared(registration_id, answers, files, now)
    await _take({question: file.key for question, file in files.items() if question in answers})
    given = [
        Answer(
            registration=registration_id,
            question=question,
            value=value,
            asked=asked.get(question, "{}"),
            **_file_columns(files.get(question)),
        )
        for question, value in answers.items()
        if value
    ]
    await insert(*given)


async def _cleared(
    registration_id: int, answers: Mapping[int, str], files: Mapping[int, KeptFile], now: datetime
) -> Mapping[int, str]:
    """Remove the answers there were; those left to be written. A file that answers already stays (a form sent twice)."""
    rows = await Answer.select(Answer.question, Answer.file_key).where(
        (Answer.registration == registration_id) & Answer.question.is_in(list(answers))
    )
    before = {row["question"]: row["file_key"] for row in rows}
    same = {question for question, file in files.items() if before.get(question) == file.key}
    answers = {question: value for question, value in answers.items() if question not in same}
    if old := [question for question in before if question in answers]:
        await Answer.delete().where((Answer.registration == registration_id) & Answer.question.is_in(old))
        await forsake([before[question] for question in old if before[question]], now)
    return answers


async def _take(keys: Mapping[int, str]) -> None:
    if not keys:
        return
    rows = (
        await AnswerFile.update({AnswerFile.is_taken: True})
        .where(
            AnswerFile.key.is_in(sorted(keys.values()))
            & AnswerFile.is_taken.eq(False)
            & AnswerFile.is_whole.eq(True)
        )
        .returning(AnswerFile.key)
    )
    taken = {row["key"] for row in rows}
    if gone := [question for question, key in keys.items() if key not in taken]:
        raise FileGone(gone)


def _file_columns(file: KeptFile | None) -> dict[str, Any]:
    if file is None:
        return {}
    return {
        "file_key": file.key,
        "file_name": file.name,
        "file_type": file.media_type,
        "file_size": file.size,
    }
