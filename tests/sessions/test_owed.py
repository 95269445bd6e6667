"""Pure: which session owes what, who is to give it, until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sessions.packs.collecting.owed import (
    CONSENT,
    LICENCE,
    Debt,
    OwingSession,
    Part,
    There,
    When,
    debts_of,
    expected_kinds,
    owing_sessions,
)

EXPECTS = {"talk": ("slides", "recording", "captions"), "workshop": ("slides", "handout")}
END = datetime(2026, 6, 25, 10, 45, tzinfo=UTC)
RUTH, SAM, CHAIR = Part(1), Part(2), Part(3, "chair")


def a_session(**facts: Any) -> OwingSession:
    given = {"id": 1, "code": "aaaaaaaa", "title": {"en": "Bridges"}, "kind": "talk", "parts": (RUTH,)}
    return OwingSession(**{**given, **facts})


def test_the_rules_say_what_each_kind_owes_and_single_sessions_differ() -> None:
    assert expected_kinds(a_session(), EXPECTS) == ("slides", "recording", "captions")
    differs = a_session(exceptions={"slides": False, "dataset": True})
    assert expected_kinds(differs, EXPECTS) == ("recording", "captions", "dataset")
    assert expected_kinds(a_session(kind="break"), {"break": ("slides",)}) == ()
    assert expected_kinds(a_session(kind="networking"), EXPECTS) == ()


def test_nothing_recorded_is_expected_where_nobody_records_or_somebody_refused() -> None:
    assert expected_kinds(a_session(is_recorded=False), EXPECTS) == ("slides",)
    refused = Part(1, recording="refused", publishing="refused")
    assert expected_kinds(a_session(parts=(refused, SAM)), EXPECTS) == ("slides",)
    assert debts_of(a_session(parts=(refused, SAM)), EXPECTS) == (Debt("slides", (1, 2)),)


def test_who_presents_gives_slides_and_the_team_gives_recordings() -> None:
    debts = debts_of(a_session(parts=(CHAIR, RUTH, SAM, RUTH)), EXPECTS)
    assert debts == (Debt("slides", (1, 2)), Debt("recording"), Debt("captions"))
    assert debts_of(a_session(parts=(CHAIR,)), {"talk": ("slides",)}) == (Debt("slides", (3,)),)
    assert debts_of(a_session(parts=()), {"talk": ("slides",)}) == (Debt("slides", ()),)


def test_what_has_come_in_is_not_owed_and_its_licence_is() -> None:
    there = (There("slides", False, speaker=2), There("recording", True, has_captions=True))
    debts = debts_of(a_session(there=there, parts=(RUTH, SAM)), EXPECTS)
    assert debts == (Debt(LICENCE, (2,)),)
    gone = (There("slides", False, speaker=9),)  # by somebody who is in the session no more: the team's
    assert debts_of(a_session(there=gone), {"talk": ("slides",)}) == (Debt(LICENCE, ()),)


def test_a_recording_without_captions_owes_them_unless_they_are_waived() -> None:
    bare = (There("recording", True), There("slides", True))
    assert debts_of(a_session(there=bare), {}) == (Debt("captions"),)
    assert debts_of(a_session(there=bare, exceptions={"captions": False}), {}) == ()
    two = (There("recording", True, has_captions=True), There("recording", True), There("captions", True))
    assert debts_of(a_session(there=two), {}) == (Debt("captions"),)


def test_a_word_on_recording_is_owed_only_where_something_is_recorded() -> None:
    silent, half = Part(4, recording="unknown", publishing="unknown"), Part(5, publishing="unknown")
    session = a_session(parts=(silent, half, RUTH))
    assert debts_of(session, {"talk": ("slides",)})[-1] == Debt("slides", (4, 5, 1))
    assert debts_of(session, {"talk": ("recording",)}) == (Debt("recording"), Debt(CONSENT, (4, 5)))
    film = a_session(parts=(half,), there=(There("recording", True, has_captions=True),))
    assert debts_of(film, {}) == (Debt(CONSENT, (5,)),)


def test_the_longest_overdue_stands_first_and_what_has_no_time_last() -> None:
    sessions = [
        a_session(id=1, code="none", ends_at=None),
        a_session(id=2, code="late", ends_at=END),
        a_session(id=3, code="early", ends_at=END - timedelta(days=3)),
        a_session(id=4, code="ahead", ends_at=END + timedelta(days=30)),
        a_session(id=5, code="done", ends_at=END, parts=(), exceptions=dict.fromkeys(EXPECTS["talk"], False)),
    ]
    now = END + timedelta(days=10)
    found = owing_sessions(sessions, EXPECTS, 14, now)
    assert [(one.session.code, one.when) for one in found] == [
        ("early", When.OPEN),
        ("late", When.OPEN),
        ("ahead", When.AHEAD),
        ("none", When.AHEAD),
    ]
    assert found[1].due_at == END + timedelta(days=14)
    assert [one.when for one in owing_sessions(sessions, EXPECTS, 14, END + timedelta(days=14))] == [
        When.OVERDUE,
        When.OVERDUE,
        When.AHEAD,
        When.AHEAD,
    ]
