"""When a question is asked: always, or only of those who gave a certain answer to another. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Condition:
    """Ask only if the question of the code ``question`` was answered with one of ``values``."""

    question: str
    values: tuple[str, ...]

    def is_met(self, given: Collection[str]) -> bool:
        """Whether any of the answers given is one of those wanted."""
        return any(value in self.values for value in given)


def encode(condition: Condition | None) -> str:
    """The condition as ``Question.show_if`` holds it; None, always asked, is an empty object."""
    if condition is None:
        return "{}"
    return json.dumps({"question": condition.question, "is": condition.values}, ensure_ascii=False)


def decode(column: str) -> Condition | None:
    """What ``encode`` wrote. None = always asked."""
    found = json.loads(column or "{}")
    return Condition(found["question"], tuple(found["is"])) if found else None


def shown(conditions: Mapping[str, Condition | None], given: Mapping[str, Collection[str]]) -> frozenset[str]:
    """Codes of the questions that are asked of somebody who answered ``given`` (values by code).

    ``conditions`` has every question of the form. One is asked only if the question it hangs on is asked too; a
    condition on a question that the form asks no more holds for nobody, and nor does one in a circle.
    """
    known: dict[str, bool] = {}

    def is_shown(code: str, above: frozenset[str]) -> bool:
        if code not in conditions or code in above:
            return False
        if code not in known:
            condition = conditions[code]
            known[code] = condition is None or (
                is_shown(condition.question, above | {code})
                and condition.is_met(given.get(condition.question, ()))
            )
        return known[code]

    return frozenset(code for code in conditions if is_shown(code, frozenset()))


def makes_a_circle(code: str, condition: Condition, others: Mapping[str, Condition | None]) -> bool:
    """Whether the question would hang on itself, directly or through ``others``."""
    seen = {code}
    above: Condition | None = condition
    while above is not None:
        if above.question in seen:
            return True
        seen.add(above.question)
        above = others.get(above.question)
    return False
