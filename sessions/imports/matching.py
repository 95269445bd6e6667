"""Which of a file's rooms, tracks, speakers and sessions are already in the draft, under whatever key. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from conference import texts
from conference.addresses import address_key
from conference.texts import LocalText
from sessions.interchange.model import (
    ProgrammeFile,
    RoomFacts,
    SessionFacts,
    SlotFacts,
    SpeakerFacts,
    TrackFacts,
)

Row = Mapping[str, Any]
Key = TypeVar("Key", str, int)
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
    doors: Row | None = None


@dataclass(frozen=True)
class Matches:
    """Row ids by the file's keys, of everything that is there already."""

    rooms: dict[str, int] = field(default_factory=dict)
    tracks: dict[str, int] = field(default_factory=dict)
    speakers: dict[str, int] = field(default_factory=dict)
    sessions: dict[str, int] = field(default_factory=dict)
    packs: frozenset[str] = frozenset()  # their keys; a pack that is there is never changed by a file
    has_rules: bool = False
    has_doors: bool = False


def match(file: ProgrammeFile, draft: Draft) -> Matches:
    """Rooms and tracks by name in any language; speakers by guid, address, a name nobody else has, or name and
    session; sessions by guid or by a title that no other has. Each row is matched once."""
    slot_sessions = {row["guid"]: row["session"] for row in draft.slots if row["guid"]}
    titles = frozenset().union(*(_names(row["title"]) for row in draft.packs))
    sessions = _matched(
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
    )
    told_in: dict[str, set[int]] = defaultdict(set)
    for session in file.sessions:
        for appearance in session.appearances:
            if session.key in sessions:
                told_in[appearance.speaker].add(sessions[session.key])
    seen_in: dict[int, set[int]] = defaultdict(set)
    for row in draft.appearances:
        seen_in[row["speaker"]].add(row["session"])
    speakers = _matched(
        file.speakers,
        draft.speakers,
        [
            lambda facts: _one(facts.guid),
            lambda facts: _one(facts.email and address_key(facts.email)),
            lambda facts: _one(_folded(facts.name)),
            # Of several with one name, each is known by what they appear in.
            lambda facts: frozenset(f"{row} {_folded(facts.name)}" for row in told_in.get(facts.key, ())),
        ],
        [
            lambda row: _one(row["guid"]),
            lambda row: _one(row["email"] and address_key(row["email"])),
            lambda row: _one(_folded(row["name"])),
            lambda row: frozenset(f"{one} {_folded(row['name'])}" for one in seen_in.get(row["id"], ())),
        ],
    )
    # Who is left of a name that the file has as often as the draft: one after the other.
    told = [(facts.key, facts.name) for facts in file.speakers if facts.key not in speakers]
    known = set(speakers.values())
    seen = {
        sign: row
        for row, sign in _ordered(
            sorted((row["id"], row["name"]) for row in draft.speakers if row["id"] not in known)
        ).items()
    }
    speakers |= {key: seen[sign] for key, sign in _ordered(told).items() if sign in seen}
    return Matches(
        rooms=_matched(
            file.rooms, draft.rooms, [lambda facts: _names(facts.name)], [lambda row: _names(row["name"])]
        ),
        tracks=_matched(
            file.tracks, draft.tracks, [lambda facts: _names(facts.name)], [lambda row: _names(row["name"])]
        ),
        speakers=speakers,
        sessions=sessions,
        packs=frozenset(facts.key for facts in file.packs if _names(facts.title) & titles),
        has_rules=draft.rules is not None,
        has_doors=draft.doors is not None,
    )


def with_known_rooms(file: ProgrammeFile, draft: Draft) -> ProgrammeFile:
    """The file with the rooms that slots have in the draft, where it names a time of theirs and no room."""
    if not any(_is_roomless(slot) for session in file.sessions for slot in session.slots):
        return file
    matches = match(file, draft)
    keys = {row: key for key, row in matches.rooms.items()}
    names = {row["id"]: texts.decode(row["name"]) for row in draft.rooms}
    placed: dict[int, list[Row]] = defaultdict(list)
    for placing in draft.slots:
        placed[placing["session"]].append(placing)
    added: dict[str, RoomFacts] = {}
    sessions = []
    for session in file.sessions:
        rows = placed[matches.sessions.get(session.key, -1)]
        by_guid = {row["guid"]: row for row in rows if row["guid"]}
        others = [row for row in rows if row["guid"] not in {slot.guid for slot in session.slots}]
        slots = []
        for slot in session.slots:
            row = by_guid.get(slot.guid) or (others.pop(0) if others else {})
            if row.get("room") in names and _is_roomless(slot):
                key = keys.setdefault(row["room"], f"\0{row['room']}")
                if key not in matches.rooms:
                    added[key] = RoomFacts(key, names[row["room"]])
                slot = replace(slot, room=key)
            slots.append(slot)
        sessions.append(replace(session, slots=tuple(slots)))
    return replace(file, rooms=(*file.rooms, *added.values()), sessions=tuple(sessions))


def _is_roomless(slot: SlotFacts) -> bool:
    return slot.room is None and slot.local_start is not None


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


def _ordered(named: Iterable[tuple[Key, str]]) -> dict[Key, str]:
    """For each key which one of how many with its name it is."""
    keys: dict[str, list[Key]] = defaultdict(list)
    for key, name in named:
        keys[_folded(name)].append(key)
    return {
        key: f"{place}/{len(same)} {name}" for name, same in keys.items() for place, key in enumerate(same, 1)
    }


def _of_slots(facts: SessionFacts, slot_sessions: Mapping[str, int]) -> frozenset[str]:
    return frozenset(f"#{slot_sessions[slot.guid]}" for slot in facts.slots if slot.guid in slot_sessions)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
