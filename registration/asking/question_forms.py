"""What organisers type of a question or a consent, read and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from conference import texts
from conference.forms import Typed
from conference.i18n import _
from conference.texts import LocalText
from registration.asking.conditions import Condition
from registration.asking.file_limits import (
    DEFAULT,
    DEFAULT_BYTES,
    DEFAULT_KINDS,
    KINDS,
    MOST_BYTES,
    FileLimits,
)
from registration.asking.questions import QuestionFacts
from registration.asking.tables import QuestionKind

MOST_CHOICES = 30
_CODE = re.compile(r"[a-z][a-z0-9-]{0,29}")
_WHOLE = re.compile(r"-?\d{1,9}", re.ASCII)
WITH_CHOICES = (QuestionKind.CHOICE, QuestionKind.SEVERAL)


@dataclass
class QuestionForm:
    """A question of the organiser's own. Choices are typed one to a line, in each language the same number."""

    values: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    facts: QuestionFacts | None = None
    revision: int = 0

    @classmethod
    def from_post(cls, values: Mapping[str, str], languages: Sequence[str]) -> QuestionForm:
        typed = Typed(values)
        kind = typed.choice("kind", [kind.value for kind in QuestionKind])
        label = typed.local_text("label", languages, required=True, most=300)
        help_text = typed.local_text("help", languages, most=500)
        choices = _choices(typed, languages) if kind in WITH_CHOICES else ()
        least, most = _limits(typed) if kind == QuestionKind.NUMBER else (None, None)
        file = _file_limits(typed) if kind == QuestionKind.FILE else DEFAULT
        show_if = _condition(typed)
        revision = typed.whole_number("revision") or 0
        if typed.errors:
            return cls(values, typed.errors, None, revision)
        facts = QuestionFacts(
            QuestionKind(kind),
            label,
            help_text,
            choices,
            typed.ticked("is_required"),
            typed.ticked("is_active"),
            show_if,
            least,
            most,
            file,
        )
        return cls(values, {}, facts, revision)

    @property
    def is_valid(self) -> bool:
        return not self.errors


def _condition(typed: Typed) -> Condition | None:
    """The answers ticked of the question that was picked; those ticked of others do not matter."""
    code = typed.line("show_question", most=12)
    if not code:
        return None
    ticked = tuple(
        dict.fromkeys(
            texts.clean_line(value)
            for name, value in typed.values.items()
            if name.startswith(f"show_is_{code}_") and value
        )
    )
    if not ticked:
        typed.errors["show_question"] = _("Please tick at least one answer to that question below.")
        return None
    return Condition(code, ticked)


def _limits(typed: Typed) -> tuple[int | None, int | None]:
    found: list[int | None] = []
    for name in ("least", "most"):
        value = typed.line(name, most=20)
        if value and not _WHOLE.fullmatch(value):
            typed.errors[name] = _("Please give a whole number.")
            value = ""
        found.append(int(value) if value else None)
    least, most = found
    if least is not None and most is not None and least > most:
        typed.errors["most"] = _("The largest number is smaller than the smallest one.")
    return least, most


def _file_limits(typed: Typed) -> FileLimits:
    """The largest size is typed in megabytes; left empty it is the usual one."""
    most = typed.whole_number("file_megabytes", least=1, most=MOST_BYTES // 1_000_000)
    kinds = tuple(kind for kind in KINDS if typed.ticked(f"file_kind_{kind}"))
    if not kinds:
        typed.errors["file_kind"] = _("Please tick at least one kind of file.")
    return FileLimits((most or DEFAULT_BYTES // 1_000_000) * 1_000_000, kinds or DEFAULT_KINDS)


def _choices(typed: Typed, languages: Sequence[str]) -> tuple[LocalText, ...]:
    first = f"choices_{languages[0]}"
    lines = {
        code: [
            line[:200] for line in map(texts.clean_line, typed.text(f"choices_{code}").splitlines()) if line
        ]
        for code in languages
    }
    if not 2 <= len(lines[languages[0]]) <= MOST_CHOICES:
        typed.errors[first] = _("Please give from 2 to %(most)s answers, each on a line.") % {
            "most": MOST_CHOICES
        }
        return ()
    if len(set(lines[languages[0]])) < len(lines[languages[0]]):
        typed.errors[first] = _("Two of the answers are the same.")
        return ()
    for code in languages[1:]:
        if lines[code] and len(lines[code]) != len(lines[languages[0]]):
            typed.errors[f"choices_{code}"] = _(
                "Please give as many answers as in the first language, or none."
            )
    return tuple(
        {code: lines[code][number] for code in languages if len(lines[code]) > number}
        for number in range(len(lines[languages[0]]))
    )


@dataclass
class PurposeForm:
    """Something consent is asked for."""

    values: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    code: str = ""
    wording: LocalText = field(default_factory=dict)
    is_active: bool = True
    revision: int = 0

    @classmethod
    def from_post(
        cls, values: Mapping[str, str], languages: Sequence[str], code: str | None = None
    ) -> PurposeForm:
        """``code`` is that of the purpose being changed; None reads it from the form."""
        typed = Typed(values)
        if code is None:
            code = typed.line("code", required=True, most=30)
            if code and not _CODE.fullmatch(code):
                typed.errors["code"] = _("Use small letters, digits and hyphens, such as updates.")
        wording = typed.local_text("wording", languages, required=True, most=1000)
        revision = typed.whole_number("revision") or 0
        return cls(values, typed.errors, code, wording, typed.ticked("is_active"), revision)

    @property
    def is_valid(self) -> bool:
        return not self.errors
