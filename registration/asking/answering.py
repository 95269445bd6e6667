"""What counts as an answer to each kind of question, and how an answer reads. Pure but for words."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from conference import dates, texts, timezones
from conference.forms import Typed
from conference.i18n import _, current_language
from conference.texts import LocalText
from registration.asking.conditions import shown
from registration.asking.form_files import NO_FILES, FormFiles, KeptFile
from registration.asking.tables import QuestionKind
from registration.queries import Asked

_TIME = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d)(?::[0-5]\d)?", re.ASCII)  # browsers may add seconds
_NUMBER = re.compile(r"[+-]?\d{1,12}([.,]\d{1,6})?", re.ASCII)
# Digits as people group them, in front perhaps a plus, behind perhaps an extension.
_PHONE = re.compile(r"\+?[\d\s().\-/]{5,30}(\s*(ext\.?|x|#)\s*\d{1,6})?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Given:
    """The answers of one form by the question's row id: ``values`` as stored ("" = none), ``asked`` as JSON.

    A file that stays as it is, is not among them.
    """

    values: Mapping[int, str]
    asked: Mapping[int, str]
    files: Mapping[int, KeptFile] = field(default_factory=dict)


def question_field(question: Asked) -> str:
    """The form's field for an answer; each of several choices has one of its own, ``<field>_<number>``."""
    return f"q_{question.code}"


def choice_value(choice: LocalText) -> str:
    """What is kept of an answer chosen from a list: its words in the first language that has any."""
    return next(iter(choice.values()), "")


def read_answers(typed: Typed, questions: Sequence[Asked], files: FormFiles = NO_FILES) -> Given:
    """The answers to the questions that are asked of this person; what stands in hidden fields is ignored.

    What is wrong is noted in ``typed.errors``, in the order of the questions.
    """
    scratch = Typed(typed.values)
    values = {question.code: _read(scratch, question, files) for question in questions}
    given = {question.code: chosen(question.kind, values[question.code]) for question in questions}
    asked = shown({question.code: question.show_if for question in questions}, given)
    for question in questions:
        name = question_field(question)
        if question.code in asked and name in scratch.errors:
            typed.errors[name] = scratch.errors[name]
    answered = [
        question for question in questions if not (question.code in asked and files.stands(question.id))
    ]
    return Given(
        {question.id: values[question.code] if question.code in asked else "" for question in answered},
        {question.id: as_asked(question) for question in answered if question.code in asked},
        {question.id: files.sent[question.id] for question in answered if question.id in files.sent},
    )


def as_asked(question: Asked) -> str:
    """The question in the words of this moment, kept beside its answer."""
    return json.dumps({"label": question.label, "choices": question.choices}, ensure_ascii=False)


def chosen(kind: QuestionKind, value: str) -> tuple[str, ...]:
    """The stored answer as the single values that conditions look at; none for no answer."""
    if kind is not QuestionKind.SEVERAL:
        return (value,) if value else ()
    try:
        found = json.loads(value or "[]")
    except ValueError:  # answered while the question was of another kind
        found = [value]
    return tuple(map(str, found)) if isinstance(found, list) else (value,)


def answer_fields(question: Asked, value: str) -> dict[str, str]:
    """A stored answer as the fields of the form hold it."""
    name = question_field(question)
    if question.kind is QuestionKind.FILE:
        return {}  # no form can fill a file in
    if question.kind is QuestionKind.SEVERAL:
        return {f"{name}_{number}": one for number, one in enumerate(chosen(question.kind, value))}
    return {name: value}


def answer_words(kind: QuestionKind, choices: Sequence[LocalText], value: str, language: str) -> str:
    """A stored answer as people read it; one that fits its kind no more is shown as it was given."""
    words = {choice_value(choice): texts.pick(choice, language) for choice in choices}
    if kind is QuestionKind.YES_NO:
        return {"yes": _("Yes"), "no": _("No")}.get(value, value)
    if kind in (QuestionKind.CHOICE, QuestionKind.SEVERAL):
        return " · ".join(words.get(one, one) for one in chosen(kind, value))
    if kind is QuestionKind.COUNTRY:
        return dict(timezones.countries(language)).get(value, value)
    if kind is QuestionKind.DATE:
        try:
            return dates.long_day(date.fromisoformat(value), language)
        except ValueError:
            return value
    return value


def _read(typed: Typed, question: Asked, files: FormFiles) -> str:
    name, kind = question_field(question), question.kind
    if kind is QuestionKind.FILE:
        return _file(typed, question, files)
    if kind is QuestionKind.SEVERAL:
        return _several(typed, question)
    if kind is QuestionKind.LONG_TEXT:
        return typed.text(name, required=question.is_required, most=5000)
    if kind is QuestionKind.TEXT:
        return typed.line(name, required=question.is_required, most=500)
    value = typed.line(name, most=2000)
    if not value or name in typed.errors:
        if question.is_required and name not in typed.errors:
            typed.errors[name] = (
                _("Please choose an answer.")
                if kind in (QuestionKind.YES_NO, QuestionKind.CHOICE, QuestionKind.COUNTRY)
                else _("Please fill this in.")
            )
        return ""
    if kind is QuestionKind.URL:
        return typed.url(name)
    if kind is QuestionKind.DATE:
        day = typed.day(name)
        return day.isoformat() if day else ""
    found, complaint = _checked(kind, question, value)
    if not found:
        typed.errors[name] = complaint
    return found


def _file(typed: Typed, question: Asked, files: FormFiles) -> str:
    name = question_field(question)
    answer = files.name_for(question.id)
    if question.id in files.errors:
        typed.errors[name] = files.errors[question.id]
    elif question.is_required and not answer:
        typed.errors[name] = _("Please choose a file.")
    return answer


def _several(typed: Typed, question: Asked) -> str:
    name = question_field(question)
    sent = {
        texts.clean_line(value)
        for field, value in typed.values.items()
        if (field == name or field.startswith(f"{name}_")) and value.strip()
    }
    found = []
    for choice in question.choices:
        if sent & set(choice.values()):
            found.append(choice_value(choice))
            sent -= set(choice.values())
    if sent:
        typed.errors[name] = _("Please choose from the answers.")
    elif question.is_required and not found:
        typed.errors[name] = _("Please choose at least one answer.")
    return json.dumps(found, ensure_ascii=False) if found and not sent else ""


def _checked(kind: QuestionKind, question: Asked, value: str) -> tuple[str, str]:
    """The answer as it is stored ("" if it is none), and what to say then."""
    if kind is QuestionKind.NUMBER:
        return _number(question, value)
    if kind is QuestionKind.TIME:
        clock = _TIME.fullmatch(value)
        return clock[1] if clock else "", _("Please give a time, such as 14:30.")
    if kind is QuestionKind.COUNTRY:
        code = value.upper()
        known = code in dict(timezones.countries("en"))
        return (code if known else "", _("Please choose a country."))
    if kind is QuestionKind.PHONE:
        number = _plain_digits(value)
        return (
            number if _PHONE.fullmatch(number) and sum(map(str.isdigit, number)) >= 5 else "",
            _("Please give a telephone number, such as +44 20 7946 0000."),
        )
    if kind is QuestionKind.YES_NO:
        return (value if value in ("yes", "no") else "", _("Please choose one of the answers."))
    matching = [choice_value(choice) for choice in question.choices if value in choice.values()]
    return (matching[0] if matching else "", _("Please choose one of the answers."))


def _number(question: Asked, value: str) -> tuple[str, str]:
    least, most = question.least, question.most
    if least is not None and most is not None:
        complaint = _("Please give a number from %(least)s to %(most)s.") % {"least": least, "most": most}
    elif least is not None:
        complaint = _("Please give a number that is at least %(least)s.") % {"least": least}
    elif most is not None:
        complaint = _("Please give a number that is at most %(most)s.") % {"most": most}
    else:
        complaint = _("Please give a number, such as 12 or 1.5.")
    typed = _plain_digits(value)
    if not _NUMBER.fullmatch(typed):
        return "", complaint
    try:
        number = Decimal(typed.replace(",", "."))
    except InvalidOperation:
        return "", complaint
    if (least is not None and number < least) or (most is not None and number > most):
        return "", complaint
    return format(number if number else number.copy_abs(), "f"), complaint


def _plain_digits(value: str) -> str:
    """The digits of any script as 0 to 9."""
    return "".join(
        str(unicodedata.digit(character)) if character.isdecimal() else character for character in value
    ).replace("٫", ".")


def condition_words(question: Asked, questions: Sequence[Asked], language: str = "") -> str:
    """When a question is asked, as a sentence; "" for one that is asked of everybody."""
    language = language or current_language()
    above = next(
        (one for one in questions if question.show_if and one.code == question.show_if.question), None
    )
    if above is None or question.show_if is None:
        return ""
    answers = " / ".join(
        answer_words(_single(above.kind), above.choices, value, language) for value in question.show_if.values
    )
    return _("Only if your answer to “%(question)s” is: %(answers)s.") % {
        "answers": answers,
        "question": texts.pick(above.label, language),
    }


def _single(kind: QuestionKind) -> QuestionKind:
    return QuestionKind.CHOICE if kind is QuestionKind.SEVERAL else kind
