"""What speakers said, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from conference import dates
from conference.forms import Typed
from conference.i18n import _, current_language
from sessions.speakers.answers import Answer, AppearanceLine
from sessions.tables import AppearanceState, ConsentState


def state_names() -> dict[str, str]:
    """The states of an appearance in the language in force."""
    return {
        AppearanceState.PLANNED.value: _("Not invited yet"),
        AppearanceState.INVITED.value: _("Invited"),
        AppearanceState.CONFIRMED.value: _("Confirmed"),
        AppearanceState.DECLINED.value: _("Declined"),
    }


STATE_TONES = {"planned": "warning", "invited": "warning", "confirmed": "good", "declined": "bad"}
"""The tone of a state's badge."""


def consent_names() -> dict[str, str]:
    """What can be said to a consent, in the language in force."""
    return {
        ConsentState.UNKNOWN.value: _("not said"),
        ConsentState.GIVEN.value: _("yes"),
        ConsentState.REFUSED.value: _("no"),
    }


def answer_words(answer: Answer) -> dict[str, str]:
    """An answer in words, for comparing two versions."""
    return {
        _("Answer"): state_names().get(answer.state, answer.state),
        _("May be recorded"): consent_names().get(answer.recording, ""),
        _("May be published"): consent_names().get(answer.publishing, ""),
        _("Their reason"): answer.note,
    }


def history_words(line: AppearanceLine, now: datetime) -> str:
    """When they were invited, reminded and answered, as far as it happened: ``Invited 3 days ago; …``."""
    language = current_language()
    told = (
        (line.invited_at, _("invited %(when)s")),
        (line.reminded_at, _("reminded %(when)s")),
        (line.answered_at, _("answered %(when)s")),
    )
    said = [words % {"when": dates.relative_words(at, now, language)} for at, words in told if at is not None]
    return "; ".join(said)


@dataclass
class AnswerForm:
    """The form in which the team notes an answer. ``seen`` is what stood there when the form was made."""

    answer: Answer
    seen: Answer
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_post(cls, values: Mapping[str, str]) -> AnswerForm:
        """Read what was typed."""
        typed = Typed(values)
        answer = Answer(
            typed.choice("answer", set(AppearanceState)),
            typed.choice("recording", set(ConsentState)),
            typed.choice("publishing", set(ConsentState)),
            typed.text("note", most=2_000),
        )
        seen = Answer(
            typed.raw("seen_answer"),
            typed.raw("seen_recording"),
            typed.raw("seen_publishing"),
            typed.raw("seen_note"),
        )
        return cls(answer, seen, typed.errors)
