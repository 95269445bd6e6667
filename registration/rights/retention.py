"""How long each kind of data is kept after a conference: what there is to choose, what is advised, and why. Pure but for words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from conference.i18n import _

MOST_DAYS = 3650


class RetentionKind(StrEnum):
    """Kinds of data that are deleted some time after a conference's last day."""

    ANSWERS = "answers"
    SIGN_INS = "sign-ins"
    PRESENCE = "presence"
    MAILS = "mails"
    INTEREST = "interest"
    INVITATIONS = "invitations"
    UNFINISHED = "unfinished"
    DETAILS = "details"
    SPEAKERS = "speakers"
    COMPLAINTS = "complaints"
    CONSENTS = "consents"
    AUDIT = "audit"


ADVISED: Mapping[RetentionKind, int] = {
    RetentionKind.ANSWERS: 30,
    RetentionKind.SIGN_INS: 30,
    RetentionKind.PRESENCE: 90,
    RetentionKind.MAILS: 90,
    RetentionKind.INTEREST: 30,
    RetentionKind.INVITATIONS: 30,
    RetentionKind.UNFINISHED: 30,
    RetentionKind.DETAILS: 365,
    RetentionKind.SPEAKERS: 365,
    RetentionKind.COMPLAINTS: 730,
    RetentionKind.CONSENTS: 1095,
    RetentionKind.AUDIT: 730,
}
"""Days after the conference's last day."""


@dataclass(frozen=True)
class KindWords:
    """A kind of data in words, and why it is kept that long."""

    title: str
    why: str


def kind_words() -> dict[RetentionKind, KindWords]:
    """Every kind in the language in force."""
    return {
        RetentionKind.ANSWERS: KindWords(
            _("Answers and files"),
            _("They may tell of health or food: nobody needs them once the conference is over."),
        ),
        RetentionKind.SIGN_INS: KindWords(
            _("Sign-ins and private calendars"), _("The links end a month after the conference anyway.")
        ),
        RetentionKind.PRESENCE: KindWords(
            _("Who was in which room"), _("Until certificates have been asked for.")
        ),
        RetentionKind.MAILS: KindWords(
            _("To whom mails went, and their words"),
            _("Until questions about them have come in; that they were sent stays counted."),
        ),
        RetentionKind.INTEREST: KindWords(
            _("Who asked to be told of the opening"), _("They have been told, or it is too late.")
        ),
        RetentionKind.INVITATIONS: KindWords(
            _("Who was invited"), _("After the conference an invitation opens nothing.")
        ),
        RetentionKind.UNFINISHED: KindWords(
            _("People who withdrew, were refused, or never confirmed"), _("They did not take part.")
        ),
        RetentionKind.DETAILS: KindWords(
            _("Everything else about attendees"),
            _(
                "Name, address, seats, consents and certificates: long enough for proofs of attendance. Counts stay."
            ),
        ),
        RetentionKind.SPEAKERS: KindWords(
            _("Private details of speakers"),
            _("Address, needs, notes, availability and requests; what the programme says of them stays."),
        ),
        RetentionKind.COMPLAINTS: KindWords(
            _("Answered complaints"),
            _("As long as somebody may come back to them. Open ones are never deleted."),
        ),
        RetentionKind.CONSENTS: KindWords(
            _("Proofs of consent of people erased"),
            _("As long as somebody may ask to see that they had agreed."),
        ),
        RetentionKind.AUDIT: KindWords(
            _("The record of changes"), _("As long as somebody may ask who did what.")
        ),
    }


def read_periods(stored: str) -> dict[RetentionKind, int]:
    """The days chosen, as stored; a kind that is missing is kept."""
    values = json.loads(stored or "{}")
    return {kind: int(values[kind.value]) for kind in RetentionKind if kind.value in values}


def write_periods(periods: Mapping[RetentionKind, int]) -> str:
    """The days chosen, to be stored."""
    return json.dumps({kind.value: days for kind, days in sorted(periods.items())})


def due_on(ends_on: date, days: int) -> date:
    """The first day, on the conference's calendar, on which what is kept for ``days`` after its last day is deleted."""
    return ends_on + timedelta(days=days + 1)
