"""A question of the organiser's own as its form shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from litestar.response import Template

from conference import i18n, texts
from conference.conferences import languages_of
from conference.i18n import _
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page
from registration.asking import file_limits
from registration.asking.answering import answer_words
from registration.asking.file_limits import FileLimits
from registration.asking.question_forms import QuestionForm
from registration.asking.questions import answers_of
from registration.asking.tables import QuestionKind
from registration.queries import Asked, questions_of


def kind_names() -> dict[str, str]:
    """What the kinds of question are called."""
    return {
        QuestionKind.TEXT.value: _("A line of text"),
        QuestionKind.LONG_TEXT.value: _("Longer text"),
        QuestionKind.NUMBER.value: _("A number"),
        QuestionKind.YES_NO.value: _("Yes or no"),
        QuestionKind.CHOICE.value: _("One of several answers"),
        QuestionKind.SEVERAL.value: _("Any of several answers"),
        QuestionKind.DATE.value: _("A date"),
        QuestionKind.TIME.value: _("A time of day"),
        QuestionKind.COUNTRY.value: _("A country"),
        QuestionKind.PHONE.value: _("A telephone number"),
        QuestionKind.URL.value: _("A web address"),
        QuestionKind.FILE.value: _("A file"),
    }


def values_of(question: Asked) -> dict[str, str]:
    """A question as its form shows it."""
    values = {"kind": question.kind.value, "revision": str(question.revision)}
    values |= {f"label_{language}": text for language, text in question.label.items()}
    values |= {f"help_{language}": text for language, text in question.help.items()}
    for language in {code for choice in question.choices for code in choice}:
        values[f"choices_{language}"] = "\n".join(choice.get(language, "") for choice in question.choices)
    values |= {
        name: str(limit)
        for name, limit in (("least", question.least), ("most", question.most))
        if limit is not None
    }
    values |= file_values(question.file)
    if question.show_if:
        code = question.show_if.question
        values["show_question"] = code
        values |= {f"show_is_{code}_{n}": value for n, value in enumerate(question.show_if.values)}
    if question.is_required:
        values["is_required"] = "yes"
    if question.is_active:
        values["is_active"] = "yes"
    return values


def file_values(limits: FileLimits) -> dict[str, str]:
    """Limits of a file as the question's form shows them; every question has some, in case it becomes one for a file."""
    ticked = {f"file_kind_{kind}": "yes" for kind in limits.kinds}
    return {"file_megabytes": str(limits.most_bytes // 1_000_000), **ticked}


def language_pairs(conference: Conference) -> list[tuple[str, str]]:
    """(code, name) of the conference's languages."""
    current = i18n.current_language()
    return [(code, i18n.language_name(code, current)) for code in languages_of(conference)]


def per_language(values: Any, name: str, conference: Conference) -> texts.LocalText:
    """The fields ``<name>_<language>`` of a form as a map."""
    return {code: values.get(f"{name}_{code}", "") for code in languages_of(conference)}


def hangs_on(questions: Sequence[Asked], values: Mapping[str, str], code: str) -> list[dict[str, Any]]:
    """The questions on whose answers another may hang, with those answers; without the question itself."""
    language = i18n.current_language()
    return [
        {
            "code": other.code,
            "label": texts.pick(other.label, language),
            "answers": [
                (value, answer_words(_one(other.kind), other.choices, value, language))
                for value in answers_of(other)
            ],
            "ticked": {value for name, value in values.items() if name.startswith(f"show_is_{other.code}_")},
        }
        for other in questions
        if other.is_active and other.code != code and answers_of(other)
    ]


def _one(kind: QuestionKind) -> QuestionKind:
    return QuestionKind.CHOICE if kind is QuestionKind.SEVERAL else kind


async def question_page(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    form: QuestionForm,
    status: int = 200,
    *,
    code: str = "",
    theirs: dict[str, str] | None = None,
) -> Template:
    """A question as a form; ``code`` is empty for a new one."""
    above = hangs_on(await questions_of(conference), form.values, code)
    return page(
        request,
        "registration/desk_question.html",
        conference=conference,
        organiser=organiser,
        section="questions",
        status=status,
        code=code,
        values=form.values,
        errors=form.errors,
        theirs=theirs,
        hangs_on=above,
        hangs_on_options=[(other["code"], other["label"]) for other in above],
        kinds=list(kind_names().items()),
        file_kinds=[(kind, file_limits.capitalised(name)) for kind, name in file_limits.kind_names().items()],
        most_megabytes=file_limits.MOST_BYTES // 1_000_000,
        usual_megabytes=file_limits.DEFAULT_BYTES // 1_000_000,
        languages=language_pairs(conference),
        label=per_language(form.values, "label", conference),
        help=per_language(form.values, "help", conference),
        choices=per_language(form.values, "choices", conference),
    )
