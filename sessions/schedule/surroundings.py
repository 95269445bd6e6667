"""Reading what a conference's schedule is measured against, in a fixed number of queries."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from piccolo.columns.combination import Where

from conference.tables import Conference
from sessions.room_hours import decode_hours
from sessions.schedule.conflict_kinds import ConflictKind, Level
from sessions.schedule.limits import (
    RoomLimits,
    RuleFacts,
    SpeakerLimits,
    Stretches,
    Surroundings,
    conference_days,
    wall_stretch,
)
from sessions.tables import Availability, AvailabilityKind, Room, ScheduleRules, Speaker, SpeakerKind

__all__ = [
    "NUMBERS",
    "Surroundings",
    "facts_of_row",
    "rule_facts_of",
    "surroundings_of",
    "with_fresh_speakers",
]

NUMBERS = (
    "day_starts",
    "day_ends",
    "speaker_earliest",
    "speaker_latest",
    "bearable_from",
    "bearable_until",
    "edge_minutes",
    "gap_minutes",
)
"""Columns of ``ScheduleRules`` that RuleFacts names alike."""


async def surroundings_of(conference: Conference) -> Surroundings:
    """The conference's rules, its rooms' hours and capacity, its speakers' zones and times. Four queries."""
    rules = await rule_facts_of(conference.id)
    rooms = await Room.select(Room.id, Room.capacity, Room.open_hours).where(Room.conference == conference.id)
    return Surroundings(
        zone=conference.zone,
        rules=rules,
        days=conference_days(conference.starts_on, conference.ends_on, conference.zone, rules),
        rooms={row["id"]: _room(row, conference.zone) for row in rooms},
        speakers=await _speakers(
            Speaker.conference == conference.id, Availability.speaker._.conference == conference.id
        ),
    )


async def with_fresh_speakers(surroundings: Surroundings, speakers: Collection[int]) -> Surroundings:
    """The surroundings with what these people say by now, all else as it was. Two queries, none for nobody."""
    if not speakers:
        return surroundings
    fresh = await _speakers(Speaker.id.is_in(list(speakers)), Availability.speaker.is_in(list(speakers)))
    return replace(surroundings, speakers={**surroundings.speakers, **fresh})


async def _speakers(which: Where, whose: Where) -> dict[int, SpeakerLimits]:
    speakers = await Speaker.select(Speaker.id, Speaker.zone, Speaker.availability_given_at).where(
        which & (Speaker.kind == SpeakerKind.PERSON.value)
    )
    times = await Availability.select(
        Availability.speaker, Availability.start, Availability.end, Availability.kind
    ).where(whose)
    of_speaker: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in times:
        of_speaker[row["speaker"]].append(row)
    return {row["id"]: _speaker(row, of_speaker[row["id"]]) for row in speakers}


async def rule_facts_of(conference_id: int) -> RuleFacts:
    """What the conference asks of its schedule; the defaults when it has said nothing. One query."""
    row = await ScheduleRules.objects().where(ScheduleRules.conference == conference_id).first()
    return facts_of_row(row) if row else RuleFacts()


def facts_of_row(row: ScheduleRules) -> RuleFacts:
    """The facts a row holds. A rule of a later version, or one that is no more, is passed over."""
    kinds, levels = set(ConflictKind), set(Level)
    stored = json.loads(row.levels).items()
    audience = json.loads(row.expected_audience).items()
    return RuleFacts(
        levels={ConflictKind(k): Level(v) for k, v in stored if k in kinds and v in levels},
        expected_audience={str(place): int(share) for place, share in audience},
        **{name: getattr(row, name) for name in NUMBERS},
    )


def _room(row: Mapping[str, Any], zone: str) -> RoomLimits:
    hours = decode_hours(row["open_hours"])
    return RoomLimits(
        row["capacity"],
        Stretches.of(wall_stretch(start, end, zone) for start, end in hours) if hours else None,
    )


def _speaker(row: Mapping[str, Any], times: Iterable[Mapping[str, Any]]) -> SpeakerLimits:
    if row["availability_given_at"] is None:
        return SpeakerLimits(row["zone"])
    every = [(time["start"], time["end"], time["kind"]) for time in times]
    return SpeakerLimits(
        row["zone"],
        suits=Stretches.of((start, end) for start, end, kind in every if kind == AvailabilityKind.AVAILABLE),
        possible=Stretches.of((start, end) for start, end, _kind in every),
    )
