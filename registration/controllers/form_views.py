"""What the registration form shows of its questions, files and consents; the desk and a person's own details show the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from conference import dates, i18n, texts, timezones
from conference.i18n import _
from conference.uploads import too_large_words
from registration.asking.answering import choice_value, condition_words, question_field
from registration.asking.file_limits import limit_words
from registration.asking.form_files import NO_FILES, FormFiles
from registration.asking.forms import agreement_to, is_of_these_words, words_mark
from registration.asking.tables import QuestionKind
from registration.queries import Asked, Offer
from registration.seating.offers import SeatChoice


def purpose_views(offer: Offer, values: Mapping[str, str]) -> list[dict[str, Any]]:
    """The boxes of consent with the very words that a tick agrees to; a tick beside other words is not kept."""
    views = []
    for purpose in offer.purposes:
        agreement = agreement_to(purpose, offer.languages)
        views.append(
            {
                "code": purpose.code,
                "words": agreement.wording,
                "language": agreement.language,
                "mark": words_mark(agreement),
                "ticked": bool(values.get(f"consent_{purpose.code}"))
                and is_of_these_words(agreement, values.get(f"words_{purpose.code}", "")),
            }
        )
    return views


def question_views(
    offer: Offer, values: Mapping[str, str], files: FormFiles = NO_FILES, file_home: str = ""
) -> list[dict[str, Any]]:
    """The questions as the form's template asks them; ``values`` is what stands in the form.

    ``file_home`` is the address below which the files are that are answers already.
    """
    language = i18n.current_language()
    codes = {question.code for question in offer.questions}
    return [
        {
            "name": question_field(question),
            "ticked": {
                value
                for name, value in values.items()
                if name == question_field(question) or name.startswith(f"{question_field(question)}_")
            },
            "least": question.least,
            "most": question.most,
            "condition": condition_words(question, offer.questions, language),
            "show_field": f"q_{question.show_if.question}" if question.show_if else "",
            "show_is": json.dumps(question.show_if.values) if question.show_if else "",
            "kind": question.kind.value,
            "label": question.label,
            "help": question.help,
            "required": question.is_required,
            "options": _options_of(question.kind, question.choices),
            **(file_view(question, files, file_home) if question.kind is QuestionKind.FILE else {}),
        }
        for question in offer.questions
        if question.show_if is None or question.show_if.question in codes
    ]


def file_view(question: Asked, files: FormFiles, file_home: str) -> dict[str, Any]:
    """What the form says of a file: which may be sent, and which is there."""
    language = i18n.current_language()
    kept = files.sent.get(question.id)
    there = kept or (files.standing[question.id] if files.stands(question.id) else None)
    return {
        "accept": question.file.accept,
        "limits": limit_words(question.file, language),
        "most": question.file.most_bytes,
        "too_large": too_large_words(question.file.most_bytes),
        "reference": kept.reference if kept else "",
        "file": there.name if there else "",
        "file_size": dates.file_size_words(there.size, language) if there else "",
        "file_url": f"{file_home}/{question.code}" if file_home and there and not kept else "",
        "was_removed": question.id in files.removed and question.id in files.standing,
    }


def _options_of(kind: QuestionKind, choices: tuple[dict[str, str], ...]) -> list[tuple[str, Any]]:
    if kind is QuestionKind.YES_NO:
        return [("yes", {"en": _("Yes")}), ("no", {"en": _("No")})]
    if kind is QuestionKind.COUNTRY:
        return list(timezones.countries(i18n.current_language()))
    return [(choice_value(choice), choice) for choice in choices]


def labels_of(offer: Offer, choices: tuple[SeatChoice, ...], language: str) -> dict[str, str]:
    """What the fields are called in the list of errors."""
    labels = {
        "name": _("Name"),
        "email": _("E-mail"),
        "country": _("Country"),
        "zone": _("Time zone"),
        "language": _("Language"),
        "organisation": _("Organisation"),
        "category": _("You come as"),
    }
    for question in offer.questions:
        labels[question_field(question)] = texts.pick(question.label, language, offer.languages)
    for choice in choices:
        labels[f"seat_{choice.session.code}"] = texts.pick(choice.session.title, language, offer.languages)
    return labels
