"""Pure: which session still owes what of that which it is to leave behind, who is to give it, and until when."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from conference.texts import LocalText
from sessions.packs.tables import ResourceKind
from sessions.tables import AppearanceRole, AppearanceState, ConsentState, SessionKind

LICENCE = "licence"
"""Owed for something that is there: what people may do with it."""
CONSENT = "consent"
"""Owed by a person: their word on being recorded, and on that being published."""

EXPECTED_KINDS = tuple(
    kind.value for kind in ResourceKind if kind not in (ResourceKind.LINK, ResourceKind.OTHER)
)
"""What can be expected of a session. A link is a way to hand something in, and no kind of thing."""
OF_THE_TEAM = (
    ResourceKind.RECORDING.value,
    ResourceKind.CAPTIONS.value,
    ResourceKind.TRANSCRIPT.value,
    ResourceKind.CHAT.value,
)
"""What comes out of the conference's own rooms: no speaker is asked for it."""
OWING_KINDS = tuple(
    kind.value for kind in SessionKind if kind not in (SessionKind.BREAK, SessionKind.BLOCKER)
)
"""The kinds of session that leave anything behind."""
_OF_A_RECORDING = (ResourceKind.RECORDING.value, ResourceKind.CAPTIONS.value, ResourceKind.TRANSCRIPT.value)
_MAKES_NOTHING = (AppearanceRole.CHAIR.value, AppearanceRole.HOST.value, AppearanceRole.INTERPRETER.value)


class When(StrEnum):
    """How pressing something is that is owed."""

    OVERDUE = "overdue"
    OPEN = "open"  # the session is over, and there is still time
    AHEAD = "ahead"  # the session is still to come


@dataclass(frozen=True)
class There:
    """A resource of the session that was handed in or is ready. ``speaker`` is who handed it in (row id); ``has_captions``
    tells of a recording that it has some, be it as a file of its own or in the picture."""

    kind: str
    has_licence: bool
    has_captions: bool = False
    speaker: int | None = None


@dataclass(frozen=True)
class Part:
    """Somebody (row id) who takes part in the session and has not declined, with what they said of being recorded."""

    speaker: int
    role: str = AppearanceRole.PRESENTER.value
    recording: str = ConsentState.GIVEN.value
    publishing: str = ConsentState.GIVEN.value
    state: str = AppearanceState.CONFIRMED.value


@dataclass(frozen=True)
class OwingSession:
    """A session with all that tells what it owes. ``ends_at`` is the end of its last placing, None while it has none;
    ``exceptions`` maps kinds of resource to whether this session owes them whatever the rules say."""

    id: int
    code: str
    title: LocalText
    kind: str
    is_recorded: bool = True
    ends_at: datetime | None = None
    exceptions: Mapping[str, bool] = field(default_factory=dict)
    there: tuple[There, ...] = ()
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Debt:
    """One thing a session owes: a kind of resource, LICENCE or CONSENT. ``speakers`` (row ids) are to give it, () the team."""

    what: str
    speakers: tuple[int, ...] = ()


@dataclass(frozen=True)
class Owing:
    """A session that owes something. ``due_at`` is None while nobody knows when it takes place."""

    session: OwingSession
    debts: tuple[Debt, ...]
    due_at: datetime | None
    when: When

    def of(self, speaker: int) -> tuple[str, ...]:
        """What this speaker (row id) is to give."""
        return tuple(debt.what for debt in self.debts if speaker in debt.speakers)

    @property
    def speakers(self) -> frozenset[int]:
        """Everyone who is to give something (row ids)."""
        return frozenset(speaker for debt in self.debts for speaker in debt.speakers)


def expected_kinds(session: OwingSession, expects: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """The kinds of resource that the session is to leave behind: what ``expects`` says of its kind, with its exceptions.

    Of a session that is not recorded, or in which somebody refused it, nothing recorded is expected by the rules.
    """
    by_rule = set(expects.get(session.kind, ())) if session.kind in OWING_KINDS else set()
    if not session.is_recorded or any(part.recording == ConsentState.REFUSED for part in session.parts):
        by_rule -= set(_OF_A_RECORDING)
    by_rule |= {kind for kind, is_owed in session.exceptions.items() if is_owed}
    by_rule -= {kind for kind, is_owed in session.exceptions.items() if not is_owed}
    return tuple(kind for kind in EXPECTED_KINDS if kind in by_rule)


def debts_of(session: OwingSession, expects: Mapping[str, Collection[str]]) -> tuple[Debt, ...]:
    """What the session still owes, and who is to give it, in the order of kinds; then licences, then consent."""
    expected = expected_kinds(session, expects)
    there = {one.kind for one in session.there}
    missing = [kind for kind in expected if kind not in there]
    captions = ResourceKind.CAPTIONS.value
    is_uncaptioned = any(one.kind == ResourceKind.RECORDING and not one.has_captions for one in session.there)
    if is_uncaptioned and captions not in missing and session.exceptions.get(captions, True):
        missing.append(captions)
    elif captions in missing and any(one.has_captions for one in session.there) and not is_uncaptioned:
        missing.remove(captions)  # they are in the picture
    debts = [Debt(kind, _givers(session, kind)) for kind in EXPECTED_KINDS if kind in missing]
    bare = [one for one in session.there if not one.has_licence]
    if bare:
        taking_part = {part.speaker for part in session.parts}
        givers = dict.fromkeys(
            one.speaker for one in bare if one.speaker is not None and one.speaker in taking_part
        )
        debts.append(Debt(LICENCE, tuple(givers)))
    if silent := _silent(session, expected):
        debts.append(Debt(CONSENT, silent))
    return tuple(debts)


def owing_sessions(
    sessions: Sequence[OwingSession], expects: Mapping[str, Collection[str]], due_days: int, now: datetime
) -> list[Owing]:
    """The sessions that owe something, the longest overdue first, those without a time last."""
    found = []
    for session in sessions:
        if debts := debts_of(session, expects):
            due = due_at(session.ends_at, due_days)
            found.append(Owing(session, debts, due, _when(session.ends_at, due, now)))
    return sorted(
        found,
        key=lambda one: (one.due_at is None, one.due_at.timestamp() if one.due_at else 0.0, one.session.code),
    )


def due_at(ends_at: datetime | None, due_days: int) -> datetime | None:
    """Until when a session that ends then has time."""
    return ends_at + timedelta(days=due_days) if ends_at is not None else None


def _when(ends_at: datetime | None, due: datetime | None, now: datetime) -> When:
    if ends_at is None or due is None or now < ends_at:
        return When.AHEAD
    return When.OVERDUE if now >= due else When.OPEN


def _givers(session: OwingSession, kind: str) -> tuple[int, ...]:
    """Those who are to give a kind of resource: who presents, or, where nobody does, everyone in it."""
    if kind in OF_THE_TEAM:
        return ()
    makers = [part.speaker for part in session.parts if part.role not in _MAKES_NOTHING]
    return tuple(dict.fromkeys(makers or [part.speaker for part in session.parts]))


def _silent(session: OwingSession, expected: Collection[str]) -> tuple[int, ...]:
    """Those who have not said what may become of a recording that is there or expected."""
    kinds = {one.kind for one in session.there} | set(expected)
    if not kinds & set(_OF_A_RECORDING):
        return ()
    unknown = ConsentState.UNKNOWN.value
    return tuple(
        dict.fromkeys(part.speaker for part in session.parts if unknown in (part.recording, part.publishing))
    )
