"""Which of a file's rooms, tracks, speakers and sessions are already in the draft, under whatever key. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from conference import texts
from conference.addresses import address_key
from conference.texts import LocalText
from sessions.interchange.model import ProgrammeFile, RoomFacts, SessionFacts, SpeakerFacts, TrackFacts

Row = Mapping[str, Any]
Facts = TypeVar("Facts", RoomFacts, TrackFacts, SpeakerFacts, SessionFacts)


@dataclass(frozen=True)
class Draft:
    """The rows of a conference's draft, as they are selected."""

    rooms: Sequence[Row] = ()
    tracks: Sequence[Row] = ()
    speakers: Sequence[Row] = ()
    sessions: Sequence[Row] = ()
    slots: Sequence[Row] = ()
    appearances: Sequence[Row] = ()
    parts: Sequence[Row] = ()
    packs: Sequence[Row] = ()
    rules: Row | None = None


@dataclass(frozen=True)
class Matches:
    """Row ids by the file's keys, of everything that is there already."""

    rooms: dict[str, int] = field(default_factory=dict)
    tracks: dict[str, int] = field(default_factory=dict)
    speakers: dict[str, int] = field(default_factory=dict)
    sessions: dict[str, int] = field(default_factory=dict)
    packs: frozenset[str] = frozenset()  # their keys; a pack that is there is never changed by a file
    has_rules: bool = False


def match(file: ProgrammeFile, draft: Draft) -> Matches:
    """Rooms and tracks by name in any language; speakers by guid, address, or a name nobody else has; sessions by guid
    or by a title that no other has. Each row is matched once."""
    slot_sessions = {row["guid"]: row["session"] for row in draft.slots if row["guid"]}
    titles = frozenset().union(*(_names(row["title"]) for row in draft.packs))
    return Matches(
        rooms=_matched(
            file.rooms, draft.rooms, [lambda facts: _names(facts.name)], [lambda row: _names(row["name"])]
        ),
        tracks=_matched(
            file.tracks, draft.tracks, [lambda facts: _names(facts.name)], [lambda row: _names(row["name"])]
        ),
        speakers=_matched(
            file.speakers,
            draft.speakers,
            [
                lambda facts: _one(facts.guid),
                lambda facts: _one(facts.email and address_key(facts.email)),
                lambda facts: _one(_folded(facts.name)),
            ],
            [
                lambda row: _one(row["guid"]),
                lambda row: _one(row["email"] and address_key(row["email"])),
                lambda row: _one(_folded(row["name"])),
            ],
        ),
        sessions=_matched(
            file.sessions,
            draft.sessions,
            [
                lambda facts: _one(facts.guid),
                # Files of the frab family name slots, not sessions.
                lambda facts: _of_slots(facts, slot_sessions),
                lambda facts: _names(facts.title),
            ],
            [
                lambda row: _one(row["guid"]),
                lambda row: _one(f"#{row['id']}"),
                lambda row: _names(row["title"]),
            ],
        ),
        packs=frozenset(facts.key for facts in file.packs if _names(facts.title) & titles),
        has_rules=draft.rules is not None,
    )


def _matched(
    told: Iterable[Facts],
    rows: Iterable[Row],
    of_facts: list[Callable[[Facts], frozenset[str]]],
    of_rows: list[Callable[[Row], frozenset[str]]],
) -> dict[str, int]:
    """Matches by one sign after the other; a sign that several rows or several facts carry tells nothing.

    But a sign with "#" names a row: several facts may then be that row (the repeats of a session, each told by itself).
    """
    found: dict[str, int] = {}
    open_facts, open_rows = list(told), list(rows)
    for sign_of_facts, sign_of_row in zip(of_facts, of_rows, strict=True):
        row_signs = [(row, sign_of_row(row)) for row in open_rows]
        fact_signs = [(facts, sign_of_facts(facts)) for facts in open_facts]
        row_counts = Counter(sign for _row, signs in row_signs for sign in signs)
        fact_counts = Counter(sign for _facts, signs in fact_signs for sign in signs)
        by_sign = {sign: row for row, signs in row_signs for sign in signs if row_counts[sign] == 1}
        taken: set[int] = set()
        for facts, signs in fact_signs:
            named = {sign for sign in signs if fact_counts[sign] == 1 or sign.startswith("#")}
            row = next((by_sign[sign] for sign in sorted(named) if sign in by_sign), None)
            if row is not None and (row["id"] not in taken or any(sign.startswith("#") for sign in named)):
                found[facts.key] = row["id"]
                taken.add(row["id"])
        open_facts = [facts for facts in open_facts if facts.key not in found]
        open_rows = [row for row in open_rows if row["id"] not in taken]
    return found


def _one(sign: str) -> frozenset[str]:
    return frozenset({sign}) if sign else frozenset()


def _names(name: LocalText | str) -> frozenset[str]:
    decoded = texts.decode(name) if isinstance(name, str) else name
    return frozenset(folded for text in decoded.values() if (folded := _folded(text)))


def _of_slots(facts: SessionFacts, slot_sessions: Mapping[str, int]) -> frozenset[str]:
    return frozenset(f"#{slot_sessions[slot.guid]}" for slot in facts.slots if slot.guid in slot_sessions)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
