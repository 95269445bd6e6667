"""What is owed, in words: what it is, who is to give it, how pressing it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conference import dates
from conference.i18n import _
from sessions.packs.collecting.chase import Debtor, Ledger, session_title
from sessions.packs.collecting.owed import CONSENT, EXPECTED_KINDS, LICENCE, Owing, When
from sessions.packs.resource_words import kind_name


def owed_name(what: str) -> str:
    """A thing owed, in words."""
    if what == LICENCE:
        return _("Licence")
    if what == CONSENT:
        return _("Consent to recording")
    return kind_name(what)


def owed_options() -> list[tuple[str, str]]:
    """(what, name) for a filter."""
    return [(what, owed_name(what)) for what in (*EXPECTED_KINDS, LICENCE, CONSENT)]


def when_options() -> list[tuple[str, str]]:
    """(how pressing, name) for a filter."""
    return [
        (When.OVERDUE.value, _("Overdue")),
        (When.OPEN.value, _("Session over, still time")),
        (When.AHEAD.value, _("Session still to come")),
    ]


@dataclass(frozen=True)
class DebtView:
    """A thing owed. ``people`` are (code, name), () where the team is to see to it."""

    name: str
    people: tuple[tuple[str, str], ...]
    is_of_team: bool


@dataclass(frozen=True)
class OwingView:
    """A session that owes something, in its conference's time; ``due`` a day in words, "" while nobody knows."""

    code: str
    title: str
    kind: str
    debts: tuple[DebtView, ...]
    due: str
    when: str


def owing_views(
    owing: Sequence[Owing], ledger: Ledger, *, zone: str, language: str, languages: Sequence[str]
) -> list[OwingView]:
    """The sessions for the desk."""
    return [
        OwingView(
            code=one.session.code,
            title=session_title(one, language, languages),
            kind=one.session.kind,
            debts=tuple(
                DebtView(
                    owed_name(debt.what),
                    tuple(
                        (ledger.debtors[speaker].code, ledger.debtors[speaker].name)
                        for speaker in debt.speakers
                        if speaker in ledger.debtors
                    ),
                    not debt.speakers,
                )
                for debt in one.debts
            ),
            due=due_words(one, zone, language),
            when=one.when.value,
        )
        for one in owing
    ]


@dataclass(frozen=True)
class DebtorView:
    """A speaker who owes something; ``owes`` are (title, what in words, is it overdue) of each session."""

    code: str
    name: str
    language: str
    can_be_mailed: bool
    asked: str
    owes: tuple[tuple[str, str, bool], ...]


def debtor_views(
    people: Sequence[Debtor], ago: dict[int, str], *, language: str, languages: Sequence[str]
) -> list[DebtorView]:
    """The speakers for the desk; ``ago`` tells by row id when each was last asked."""
    return [
        DebtorView(
            code=one.code,
            name=one.name,
            language=one.language,
            can_be_mailed=one.can_be_mailed,
            asked=ago.get(one.id, ""),
            owes=tuple(
                (
                    session_title(owing, language, languages),
                    ", ".join(owed_name(what) for what in whats),
                    owing.when is When.OVERDUE,
                )
                for owing, whats in one.owes
            ),
        )
        for one in people
    ]


def due_words(owing: Owing, zone: str, language: str) -> str:
    """The day by which it is expected, on the clock of ``zone``; "" while nobody knows when the session takes place."""
    return dates.long_day(dates.local_date(owing.due_at, zone), language) if owing.due_at else ""


@dataclass(frozen=True)
class OwnDebt:
    """What a speaker is still to give for one of their sessions, on their own clock: kinds of resource as (kind, name), and
    whether a licence is missing for what they gave. ``due`` is a day in words, "" while nobody knows."""

    session: str
    title: str
    kinds: tuple[tuple[str, str], ...]
    lacks_licence: bool
    due: str
    is_overdue: bool

    @property
    def words(self) -> str:
        """The kinds, for a sentence."""
        return ", ".join(name for _kind, name in self.kinds)


def own_debts(
    owing: Sequence[Owing], speaker: int, *, zone: str, language: str, languages: Sequence[str]
) -> list[OwnDebt]:
    """What the speaker (row id) is to give, session by session; their word on recording they are asked for elsewhere."""
    found = []
    for one in owing:
        whats = one.of(speaker)
        kinds = tuple((what, owed_name(what)) for what in whats if what not in (LICENCE, CONSENT))
        if kinds or LICENCE in whats:
            found.append(
                OwnDebt(
                    session=one.session.code,
                    title=session_title(one, language, languages),
                    kinds=kinds,
                    lacks_licence=LICENCE in whats,
                    due=due_words(one, zone, language),
                    is_overdue=one.when is When.OVERDUE,
                )
            )
    return found
