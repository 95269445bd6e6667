"""Forms with files that answer questions: received, shown again after a failed try, handed out to whom they concern."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar.response import Response

from conference.downloads import file_response
from conference.errors import NotFound
from conference.i18n import _
from conference.pictures import PictureRefused
from conference.tables import Conference
from conference.uploads import receive_each
from conference.web import AnyRequest, network_of, without_nul
from registration.asking import answer_files
from registration.asking.answering import question_field
from registration.asking.file_limits import MOST_TOGETHER
from registration.asking.form_files import FormFiles, KeptFile, StandingFile
from registration.asking.tables import QuestionKind
from registration.asking.writing_answers import FileGone
from registration.queries import Asked
from sessions.controllers.pack_pages import storage_of

# The token is checked by uploads.receive_each itself: Litestar's middleware would read the whole upload into memory.
WITH_FILES = {"exclude_from_csrf": True}


@dataclass(frozen=True)
class SentForm:
    """A posted form: its text fields, and what it says of files."""

    values: dict[str, str]
    files: FormFiles


async def sent_form(
    request: AnyRequest,
    conference: Conference,
    questions: Sequence[Asked],
    now: datetime,
    *,
    standing: Mapping[int, StandingFile] | None = None,
    by_team: bool = False,
) -> SentForm:
    """The form with its files, each in the store and kept for an hour in case the form has to be sent again.

    For a route with ``opt=WITH_FILES``. ``standing`` are the answers there are. What the team sends is not counted.
    Raises Forbidden without a token, and UploadTooLarge and UploadBroken.
    """
    asked = {question_field(one): one for one in questions if one.kind is QuestionKind.FILE}
    storage, network = storage_of(request), "" if by_team else network_of(request)

    async def new_key(field: str) -> str:
        most = asked[field].file.most_bytes
        return await answer_files.reserve(conference, most, network=network, now=now)

    rules = {field: question.file.rule for field, question in asked.items()}
    form = await receive_each(request, storage, rules, max_bytes=MOST_TOGETHER, new_key=new_key)
    errors = {asked[field].id: message for field, message in form.errors.items()}
    sent: dict[int, KeptFile] = {}
    for received in form.files:
        question = asked[received.field]
        try:
            sent[question.id] = await answer_files.keep(storage, question.code, received)
        except PictureRefused as refusal:
            errors[question.id] = refusal.message
            await answer_files.forsake([received.stored.key], now)
    values, removed = without_nul(form.fields), set()
    for field, question in asked.items():
        if values.pop(f"{field}_remove", "") and question.id not in sent:
            removed.add(question.id)
            values.pop(f"{field}_kept", "")
    references = {
        question.id: (question.code, reference)
        for field, question in asked.items()
        if (reference := values.pop(f"{field}_kept", "")) and question.id not in sent
    }
    kept = await answer_files.kept_files(conference, references, now)
    for question_id in references.keys() - kept.keys() - errors.keys():
        errors[question_id] = FileGone([question_id]).message
    return SentForm(values, FormFiles({**kept, **sent}, standing or {}, frozenset(removed), errors))


def without_gone(files: FormFiles, error: FileGone) -> FormFiles:
    """The files of the form but for those that were there no more when it came to writing."""
    left = {question: file for question, file in files.sent.items() if question not in error.questions}
    return FormFiles(left, files.standing, files.removed, files.errors)


def gone_errors(questions: Sequence[Asked], error: FileGone) -> dict[str, str]:
    """What to say beside the fields of files that were there no more."""
    return {question_field(one): error.message for one in questions if one.id in error.questions}


async def answered_file(request: AnyRequest, registration_id: int, question: Asked | None) -> Response[Any]:
    """The file that answers the question, always as something to save. Raises NotFound."""
    files = await answer_files.standing_files(registration_id) if question else {}
    if question is None or question.id not in files:
        raise NotFound(_("There is no such file."))
    file = files[question.id]
    return await file_response(
        request,
        storage_of(request),
        key=file.key,
        size=file.size,
        # A file under a random key never changes, so the key names its content; its hash does not tell the key.
        etag=f'"{hashlib.sha256(file.key.encode()).hexdigest()[:32]}"',
        media_type=file.media_type,
        filename=file.name,
        cache_control="private, no-store",
    )
