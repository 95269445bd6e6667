"""The organiser's own questions on the registration form: asked, changed, put in order, asked no more."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol

from conference import texts
from conference.codes import new_code
from conference.db import locked
from conference.errors import Conflict, NotFound, StaleEdit
from conference.i18n import _, current_language
from conference.tables import Conference
from conference.texts import LocalText
from conference.viewer import SignedInOrganiser
from registration.asking import conditions
from registration.asking.conditions import Condition
from registration.asking.file_limits import DEFAULT, FileLimits
from registration.asking.form_changes import note_change
from registration.asking.tables import Question, QuestionKind


@dataclass(frozen=True)
class QuestionFacts:
    """What an organiser says of a question. ``choices`` are for kinds choice and several only."""

    kind: QuestionKind
    label: LocalText
    help: LocalText
    choices: tuple[LocalText, ...] = ()
    is_required: bool = False
    is_active: bool = True
    show_if: Condition | None = None  # None = asked of everybody
    least: int | None = None  # of a number
    most: int | None = None
    file: FileLimits = DEFAULT  # of a file

    def as_columns(self) -> dict[str, Any]:
        """The facts as the columns of ``Question`` hold them."""
        columns = asdict(self)
        limits = {"least": columns.pop("least"), "most": columns.pop("most")}
        limits = {name: value for name, value in limits.items() if value is not None}
        del columns["file"]
        columns["limits"] = json.dumps(self.file.as_column() if self.kind is QuestionKind.FILE else limits)
        columns["show_if"] = conditions.encode(self.show_if)
        columns["kind"] = self.kind.value
        columns["label"], columns["help"] = texts.encode(self.label), texts.encode(self.help)
        columns["choices"] = json.dumps(self.choices, ensure_ascii=False)
        return columns


def facts_of(question: Question) -> QuestionFacts:
    """The facts a row holds."""
    return QuestionFacts(
        kind=QuestionKind(question.kind),
        label=texts.decode(question.label),
        help=texts.decode(question.help),
        choices=tuple(texts.decode(choice) for choice in json.loads(question.choices)),
        is_required=question.is_required,
        is_active=question.is_active,
        show_if=conditions.decode(question.show_if),
        least=json.loads(question.limits).get("least"),
        most=json.loads(question.limits).get("most"),
        file=FileLimits.from_column(json.loads(question.limits)),
    )


class Choosable(Protocol):
    """A question as far as its kind and its choices are concerned."""

    @property
    def kind(self) -> QuestionKind: ...

    @property
    def choices(self) -> tuple[LocalText, ...]: ...


class ConditionRefused(Conflict):
    """A question cannot be asked under this condition, or others hang on what is to be changed."""


def refuse_conditions(code: str, facts: QuestionFacts, others: Mapping[str, QuestionFacts]) -> None:
    """Raise ConditionRefused where the question (``code`` "" = a new one) and the ``others`` would not go together."""
    others = {other: theirs for other, theirs in others.items() if other != code}
    if facts.show_if is not None:
        above = others.get(facts.show_if.question)
        if above is None or not above.is_active or not set(facts.show_if.values) <= set(answers_of(above)):
            raise ConditionRefused(
                _("The question or the answer this one hangs on is not there any more. Please choose again.")
            )
        if conditions.makes_a_circle(
            code, facts.show_if, {other: theirs.show_if for other, theirs in others.items()}
        ):
            raise ConditionRefused(
                _("These questions would hang on one another in a circle, and nobody would be asked.")
            )
    offered = set(answers_of(facts)) if facts.is_active else set()
    for theirs in others.values():
        wants = theirs.show_if
        if theirs.is_active and wants and wants.question == code and not set(wants.values) <= offered:
            raise ConditionRefused(
                _("“%(question)s” is asked only after certain answers to this. Please change that one first.")
                % {"question": texts.pick(theirs.label, current_language())}
            )


def answers_of(facts: Choosable) -> tuple[str, ...]:
    """The answers a condition may look at, as they are stored; none for kinds that are not chosen from a list."""
    if facts.kind is QuestionKind.YES_NO:
        return ("yes", "no")
    if facts.kind in (QuestionKind.CHOICE, QuestionKind.SEVERAL):
        return tuple(next(iter(choice.values()), "") for choice in facts.choices)
    return ()


async def _facts_by_code(conference: Conference) -> dict[str, QuestionFacts]:
    rows = await Question.objects().where(Question.conference == conference.id)
    return {row.code: facts_of(row) for row in rows}


async def add_question(
    conference: Conference, facts: QuestionFacts, *, actor: SignedInOrganiser | str, now: datetime
) -> Question:
    """Ask one more question, after the others. Raises ConditionRefused."""
    async with locked(Conference, conference.id):
        refuse_conditions("", facts, await _facts_by_code(conference))
        last = await Question.count().where(Question.conference == conference.id)
        question = Question(conference=conference.id, code=new_code(), position=last, **facts.as_columns())
        await question.save()
        await note_change(
            conference, actor, "question-added", _subject(question.code), {}, facts.as_columns(), now
        )
    return question


async def change_question(
    conference: Conference,
    code: str,
    facts: QuestionFacts,
    *,
    revision: int,
    actor: SignedInOrganiser | str,
    now: datetime,
) -> None:
    """Change a question as seen at ``revision``; what was answered stays as it was.

    Raises NotFound, StaleEdit, ConditionRefused.
    """
    async with locked(Conference, conference.id):
        question = await _question(conference, code)
        before, after = facts_of(question).as_columns(), facts.as_columns()
        if question.revision != revision:
            raise StaleEdit(_("Someone else changed this question meanwhile."), mine=after, theirs=before)
        refuse_conditions(code, facts, await _facts_by_code(conference))
        changes: dict[Any, Any] = {**after, "revision": revision + 1}
        await Question.update(changes).where(Question.id == question.id)
        await note_change(conference, actor, "question-changed", _subject(code), before, after, now)


async def move_question(
    conference: Conference, code: str, by: int, *, actor: SignedInOrganiser | str, now: datetime
) -> None:
    """Move a question up (``by`` -1) or down (+1); at the end of the list nothing happens. Raises NotFound."""
    async with locked(Conference, conference.id):
        question = await _question(conference, code)
        rows = (
            await Question.select(Question.id, Question.position)
            .where(Question.conference == conference.id)
            .order_by(Question.position)
            .order_by(Question.id)
        )
        order = [row["id"] for row in rows]
        place = order.index(question.id)
        to = min(max(place + by, 0), len(order) - 1)
        if to == place:
            return
        order.insert(to, order.pop(place))
        await _number(order, {row["id"]: row["position"] for row in rows})
        await note_change(
            conference, actor, "question-moved", _subject(code), {"position": place}, {"position": to}, now
        )


async def _number(order: Sequence[int], known: dict[int, int]) -> None:
    for position, question_id in enumerate(order):
        if known[question_id] != position:
            await Question.update({Question.position: position}).where(Question.id == question_id)


def _subject(code: str) -> str:
    return f"question:{code}"


async def _question(conference: Conference, code: str) -> Question:
    question = (
        await Question.objects()
        .where((Question.conference == conference.id) & (Question.code == code))
        .first()
    )
    if question is None:
        raise NotFound(_("There is no such question."))
    return question
