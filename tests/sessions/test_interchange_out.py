"""Whatever a programme holds, its schedule XML and JSON are valid, and are read back as what went out."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import given, settings
from lxml import etree

from sessions.interchange import frab, schedule_json
from sessions.interchange.model import ConferenceFacts, ProgrammeFile, SessionFacts, SlotFacts
from sessions.interchange.reading import NamedBytes, read_programme
from sessions.tables import AppearanceState, SessionKind
from tests.sessions.programmes import QUICK, at, programmes
from tests.sessions.test_schedule_json import problems
from tests.shared import data_path

BASE = "https://conf.example.org/day"


@cache
def xsd() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(data_path("schedules/schema/xsd-schedule.xml.xsd"))))


@cache
def json_schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(data_path("schedules/schema/json-schema.json").read_text())
    return loaded


def distinct(programme: ProgrammeFile) -> ProgrammeFile:
    """The programme with guids that are used once, as in the database."""
    seen: Counter[str] = Counter()
    sessions = []
    for session in programme.sessions:
        slots = []
        for slot in session.slots:
            seen[slot.guid] += 1
            slots.append(replace(slot, guid="") if seen[slot.guid] > 1 else slot)
        sessions.append(replace(session, slots=tuple(slots)))
    return replace(programme, sessions=tuple(sessions))


def shown(programme: ProgrammeFile) -> list[tuple[SessionFacts, SlotFacts]]:
    """What the formats can tell: placed, not called off, and for the public."""
    return [
        (session, slot)
        for session in programme.sessions
        for slot in session.slots
        if session.kind != SessionKind.BLOCKER
        and slot.local_start is not None
        and not slot.is_cancelled
        and not session.is_cancelled
    ]


def names_of_rooms(programme: ProgrammeFile) -> set[str]:
    return {name for room in programme.rooms for name in room.name.values()}


def by_name_of_room(programme: ProgrammeFile) -> list[SessionFacts]:
    """The sessions with rooms by name: keys of rooms whose names have no letter are numbered in turn, and XML tells of
    no room in which nothing takes place."""
    names = {room.key: next(iter(room.name.values())) for room in programme.rooms}
    return [
        replace(
            session, slots=tuple(replace(slot, room=names.get(slot.room or "")) for slot in session.slots)
        )
        for session in programme.sessions
    ]


@settings(max_examples=30, phases=QUICK)
@given(programmes())
def test_schedule_xml_is_valid_whatever_people_call_things(programme: ProgrammeFile) -> None:
    document = frab.write(distinct(programme), version="Release 1", base_url=BASE)
    xsd().assertValid(etree.fromstring(document))
    events = etree.fromstring(document).findall(".//event")
    assert len(events) == len(shown(programme))


@settings(max_examples=30, phases=QUICK)
@given(programmes())
def test_schedule_json_is_valid_whatever_people_call_things(programme: ProgrammeFile) -> None:
    document = json.loads(schedule_json.write(distinct(programme), version="Release 1", base_url=BASE))
    assert problems(document, json_schema(), json_schema()) == []


@settings(max_examples=20, phases=QUICK)
@given(programmes())
def test_what_went_out_as_xml_and_json_comes_back_the_same_from_both(programme: ProgrammeFile) -> None:
    # In a zone without clock changes: what a skipped hour becomes is asked elsewhere.
    programme = distinct(replace(programme, conference=replace(programme.conference, zone="Asia/Kolkata")))
    placed = shown(programme)
    if not placed:
        return
    written = {
        "x.xml": frab.write(programme, version="1", base_url=BASE),
        "x.json": schedule_json.write(programme, version="1", base_url=BASE),
    }
    back = {name: read_programme([NamedBytes(name, content)]).programme for name, content in written.items()}
    for one in back.values():
        starts = sorted(slot.local_start for s in one.sessions for slot in s.slots if slot.local_start)
        assert starts == sorted(slot.local_start for _session, slot in placed if slot.local_start)
        told = {
            appearance.speaker
            for session, _slot in placed
            for appearance in session.appearances
            if appearance.state != AppearanceState.DECLINED
        }
        names = {speaker.name for speaker in programme.speakers if speaker.key in told}
        assert {speaker.name for speaker in one.speakers} == names
    assert by_name_of_room(back["x.xml"]) == by_name_of_room(back["x.json"])
    assert names_of_rooms(back["x.xml"]) <= names_of_rooms(back["x.json"])


def test_what_looks_like_html_in_a_text_of_ours_is_none_in_either_format() -> None:
    text = "<b>&amp; is a *tag*, as is </i>"
    session = SessionFacts(
        "s",
        SessionKind.TALK,
        {"en": text},
        (SlotFacts(None, at("2026-06-25T10:00"), 30),),
        abstract={"en": text},
        description={"en": f"1 < 2\n\n- {text}"},
    )
    programme = ProgrammeFile(
        ConferenceFacts("c", {"en": "C"}, "UTC", at("2026-06-25T10:00"), at("2026-06-25T11:00")),
        sessions=(session,),
    )
    for name, content in (
        ("x.xml", frab.write(programme, version="1", base_url=BASE)),
        ("x.json", schedule_json.write(programme, version="1", base_url=BASE)),
    ):
        read = read_programme([NamedBytes(name, content)])
        (back,) = read.programme.sessions
        assert (back.title, back.abstract, back.description) == (
            session.title,
            session.abstract,
            session.description,
        ), name


def test_control_characters_and_markup_never_break_a_file() -> None:
    title = "Bell\x07 \x00null \x1b[31m <b>&amp;</b> ]]> \ufffe 🗓 עברית \u202e\u2028"
    programme = ProgrammeFile(
        ConferenceFacts("c", {"en": title}, "UTC", at("2026-06-25T10:00"), at("2026-06-25T11:00")),
        sessions=(
            SessionFacts(
                "s",
                SessionKind.TALK,
                {"en": title},
                (SlotFacts(None, at("2026-06-25T10:00"), 30),),
                abstract={"en": title},
                licence=title,
            ),
        ),
    )
    document = frab.write(programme, version="1", base_url=BASE)
    xsd().assertValid(etree.fromstring(document))
    (event,) = etree.fromstring(document).findall(".//event")
    assert event.findtext("title") == "Bell null [31m <b>&amp;</b> ]]>  🗓 עברית \u202e"
    loaded = json.loads(schedule_json.write(programme, version="1", base_url=BASE))
    assert problems(loaded, json_schema(), json_schema()) == []
