"""What a programme file says as the columns of rows, the same for new rows and for comparing with those there are. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from conference import texts, timezones
from conference.i18n import _
from conference.texts import LocalText
from sessions.interchange.model import (
    AppearanceFacts,
    Doubts,
    LinkFacts,
    RoomFacts,
    RulesFacts,
    SessionFacts,
    SpeakerFacts,
    TrackFacts,
)
from sessions.tables import SessionKind, SessionState, SpeakerKind

LARGEST_NUMBER = 2**31 - 1
LOCAL_TEXTS = frozenset({"name", "title", "abstract", "biography", "getting_in", "dial_in"})
"""Columns that hold a map language -> text; in rows of speakers ``name`` is plain."""

Columns = dict[str, Any]


def room_columns(facts: RoomFacts) -> Columns:
    """A room's columns but for code and position."""
    hours = [
        {
            "from": hours.starts.isoformat(timespec="minutes"),
            "until": hours.ends.isoformat(timespec="minutes"),
        }
        for hours in facts.open_hours
    ]
    return {
        "name": texts.encode(facts.name),
        "capacity": bounded(facts.capacity),
        "open_hours": json.dumps(hours),
        "vendor_url": facts.vendor_url[:2000],
        "getting_in": texts.encode(facts.getting_in),
        "dial_in": texts.encode(facts.dial_in),
    }


def track_columns(facts: TrackFacts) -> Columns:
    """A track's columns but for code and position."""
    return {"name": texts.encode(facts.name), "colour": facts.colour}


def speaker_columns(facts: SpeakerFacts, doubts: Doubts) -> Columns:
    """A speaker's columns but for code. A zone that is none is left out, with a doubt."""
    zone = timezones.normalise(facts.zone) if facts.zone else ""
    if zone is None:
        doubts.add(
            "zone",
            facts.name,
            _("“%(zone)s” is not a time zone we know; it was left out.") % {"zone": facts.zone[:64]},
        )
    return {
        "kind": facts.kind.value,
        "name": facts.name[:200],
        "pronouns": facts.pronouns[:60],
        "job_title": facts.role[:200],
        "organisation": facts.organisation[:200],
        "country": facts.country[:2],
        "zone": zone or "",
        "biography": texts.encode(facts.biography),
        "links": links_column(facts.links),
        "orcid": facts.orcid[:19],
        "language": facts.language[:16],
        "email": facts.email[:254],
        "access_needs": facts.access_needs,
        "technical_needs": facts.technical_needs,
        "internal_notes": facts.internal_notes,
        "guid": facts.guid[:64],
        "availability_given_at": facts.availability_given_at,
    }


def session_columns(facts: SessionFacts) -> Columns:
    """A session's columns but for code, guid and track."""
    return {
        "kind": facts.kind.value,
        "state": (SessionState.CANCELLED if facts.is_cancelled else SessionState.ACTIVE).value,
        "title": texts.encode(facts.title),
        "abstract": texts.encode(whole_text(facts)),
        "language": facts.language[:16],
        "links": links_column(facts.links),
        "is_recorded": not facts.do_not_record,
        "recording_url": facts.recording_url[:2000],
        "internal_notes": facts.internal_notes,
    }


def appearance_columns(facts: AppearanceFacts) -> Columns:
    """An appearance's columns but for session, speaker, part and position."""
    return {
        "role": facts.role.value,
        "state": facts.state.value,
        "invited_at": facts.invited_at,
        "reminded_at": facts.reminded_at,
        "answered_at": facts.answered_at,
        "answer_note": facts.answer_note,
        "recording_consent": facts.recording_consent.value,
        "publishing_consent": facts.publishing_consent.value,
    }


def rules_columns(facts: RulesFacts) -> Columns:
    """The columns of the conference's rules."""
    numbers = {
        name: min(max(int(getattr(facts, name)), 0), 2880)
        for name in (
            "day_starts",
            "day_ends",
            "speaker_earliest",
            "speaker_latest",
            "bearable_from",
            "bearable_until",
            "edge_minutes",
            "gap_minutes",
        )
    }
    return {
        **numbers,
        "levels": json.dumps(facts.levels, sort_keys=True),
        "expected_audience": json.dumps(facts.expected_audience, sort_keys=True),
    }


def whole_text(facts: SessionFacts) -> LocalText:
    """Subtitle, abstract and description as one text per language, without what is said twice."""
    whole: dict[str, list[str]] = {}
    for text in (facts.subtitle, facts.abstract, facts.description):
        for language, words in text.items():
            said = whole.get(language, [])
            if not any(words.strip() in piece for piece in said):
                whole[language] = [*(piece for piece in said if piece not in words), words.strip()]
    return {language: "\n\n".join(pieces) for language, pieces in whole.items()}


def links_column(links: Sequence[LinkFacts]) -> str:
    """Links as a column holds them."""
    return json.dumps([{"title": link.title, "url": link.url} for link in links], ensure_ascii=False)


def bounded(value: int | None) -> int | None:
    """A number that fits an integer column."""
    return None if value is None else min(value, LARGEST_NUMBER)


_SAYS_NOTHING: Mapping[str, Any] = {
    # What a file holds where it says nothing of the matter: no reason to change what is there.
    "kind": {SpeakerKind.PERSON.value, SessionKind.TALK.value},
    "state": {SessionState.ACTIVE.value},
    "is_recorded": {True},
}


def changed_columns(told: Columns, stored: Mapping[str, Any]) -> Columns:
    """The columns in which a file says something else than a row holds.

    A file that is silent about something changes nothing of it; of a text in several languages, only the languages it has.
    """
    changed: Columns = {}
    for name, value in told.items():
        if value in (None, "", "[]", "{}") or value in _SAYS_NOTHING.get(name, ()):
            continue
        before = stored[name]
        if isinstance(value, str) and name in LOCAL_TEXTS and value.startswith("{"):
            whole = {**texts.decode(before), **texts.decode(value)}
            if whole != texts.decode(before):
                changed[name] = texts.encode(whole)
        elif isinstance(value, str) and name in ("links", "open_hours", "levels", "expected_audience"):
            if json.loads(value) != json.loads(before):
                changed[name] = value
        elif value != before and not (isinstance(value, datetime) and before is not None):
            changed[name] = value
    return changed
