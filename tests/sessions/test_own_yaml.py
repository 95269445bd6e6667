"""Meridian's own YAML: what people write is read with their traps, attacks are refused, and writing loses nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from importlib.resources import files

import pytest

from conference.texts import clean, clean_line
from sessions.interchange import frab, own_yaml
from sessions.interchange.model import (
    AppearanceFacts,
    ImportRefused,
    PartnerFacts,
    ProgrammeFile,
    SessionFacts,
    moved,
)
from sessions.tables import AppearanceRole, SessionKind, SpeakerKind
from tests.shared import data_path

at = datetime.fromisoformat  # wall-clock times are naive
HEAD = """\
conference:
  name: Catalogue Week
  zone: Europe/London
  starts: 2026-06-25T10:00
  ends: 2026-06-25T17:00
"""


def refused(text: str) -> str:
    with pytest.raises(ImportRefused) as caught:
        own_yaml.read(text.encode())
    assert "\n" not in caught.value.message
    return caught.value.message


def demo() -> ProgrammeFile:
    result = own_yaml.read(files("sessions.demo").joinpath("working-internationally.yaml").read_bytes())
    assert result.doubts == ()
    return result.programme


def session(programme: ProgrammeFile, key: str) -> SessionFacts:
    return next(session for session in programme.sessions if session.key == key)


# The demo ---------------------------------------------------------------------------------------------------------


def test_the_demo_tells_the_published_facts() -> None:
    programme = demo()
    facts = programme.conference
    assert (facts.zone, facts.starts, facts.ends) == (
        "Europe/London",
        at("2021-06-25T10:00"),
        at("2021-06-25T17:00"),
    )
    assert facts.partners[-1] == PartnerFacts("Arts Council England", "", "funder")
    published = own_yaml.read(data_path("demo/working-internationally-2021.yaml").read_bytes()).programme
    assert {s.name for s in programme.speakers} == {s.name for s in published.speakers}
    assert {(s.name, s.role, s.organisation, s.country, s.zone) for s in programme.speakers} == {
        (s.name, s.role, s.organisation, s.country, s.zone) for s in published.speakers
    }
    assert facts.partners == published.conference.partners
    assert facts.themes == published.conference.themes
    for ours, theirs in zip(programme.sessions, published.sessions, strict=True):
        assert (ours.title, ours.kind, ours.slots, ours.track, ours.parts) == (
            theirs.title,
            theirs.kind,
            theirs.slots,
            theirs.track,
            theirs.parts,
        )
    assert [(p.title, p.expects) for p in programme.packs] == [(p.title, p.expects) for p in published.packs]


def test_the_workshop_held_twice_is_one_session_with_two_slots() -> None:
    published = own_yaml.read(data_path("demo/working-internationally-2021.yaml").read_bytes())
    assert published.doubts == ()
    for programme, key in ((demo(), "partnerships"), (published.programme, "ws-partnerships")):
        slots = session(programme, key).slots
        assert [(slot.local_start, slot.length_minutes, slot.seats) for slot in slots] == [
            (at("2021-06-25T13:30"), 90, 30),
            (at("2021-06-25T15:15"), 60, 30),
        ]


def test_the_panel_has_parts_with_their_own_libraries() -> None:
    programme = demo()
    panel = session(programme, "building-bridges")
    assert len(panel.parts) == 4
    assert panel.appearances[:2] == (
        AppearanceFacts("oxfordshire", AppearanceRole.PANELLIST, 0),
        AppearanceFacts("bergen", AppearanceRole.PANELLIST, 0),
    )
    bergen = next(speaker for speaker in programme.speakers if speaker.key == "bergen")
    assert (bergen.kind, bergen.country) == (SpeakerKind.ORGANISATION, "NO")


def test_a_programme_moves_by_whole_days_and_keeps_its_clock_times() -> None:
    programme = demo()
    later = moved(programme, date(2026, 12, 18))
    assert (later.conference.starts, later.conference.ends) == (
        at("2026-12-18T10:00"),
        at("2026-12-18T17:00"),
    )
    assert session(later, "partnerships").slots[1].local_start == at("2026-12-18T15:15")
    assert moved(later, date(2021, 6, 25)) == programme
    unscheduled = replace(programme.sessions[0].slots[0], local_start=None)
    changed = replace(programme, sessions=(replace(programme.sessions[0], slots=(unscheduled,)),))
    assert moved(changed, date(2026, 12, 18)).sessions[0].slots == (unscheduled,)


# Writing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["fosdem-2020", "35c3-everything", "cccamp2019-everything", "devconf-za-2023-pretoria"]
)
def test_nothing_is_lost_in_writing_and_reading(name: str) -> None:
    programme = frab.read(data_path(f"schedules/{name}.xml").read_bytes()).programme
    content = own_yaml.write(programme)
    result = own_yaml.read(content)
    assert result.programme == programme
    assert result.doubts == ()
    assert own_yaml.write(result.programme) == content


def test_the_demo_survives_writing_and_reading() -> None:
    assert own_yaml.read(own_yaml.write(demo(), private=True)).programme == demo()


def test_naughty_strings_survive_writing_and_reading() -> None:
    strings = json.loads(data_path("adversarial/strings/blns.json").read_text())
    first = demo().sessions[0]
    sessions = tuple(
        replace(
            first,
            key=f"s{number}",
            title={"en": clean_line(text) or "x"},
            abstract={"en": clean(text), "ar": clean(text)} if clean(text) else {},
            licence=clean_line(text)[:60].strip(),
        )
        for number, text in enumerate(
            [*strings, "NO", "null", "~", "10:30", "0x1F", "2021-06-25", "a\u0085b\u2028c", "😀"]
        )
    )
    programme = replace(demo(), sessions=sessions, packs=())
    assert own_yaml.read(own_yaml.write(programme, private=True)).programme == programme


# Reading ----------------------------------------------------------------------------------------------------------


def test_words_that_yaml_takes_for_something_else_stay_words() -> None:
    text = (
        HEAD
        + "speakers:\n- {id: a, name: No, country: NO}\nsessions:\n- {id: s, title: 10:30, licence: 1e3}\n"
    )
    programme = own_yaml.read(text.encode()).programme
    assert (programme.speakers[0].name, programme.speakers[0].country) == ("No", "NO")
    assert (programme.sessions[0].title, programme.sessions[0].licence) == ({"en": "10:30"}, "1e3")


def test_texts_in_several_languages_and_roles() -> None:
    text = HEAD + (
        "speakers: [{id: a, name: Ada}]\n"
        "sessions:\n- id: s\n  kind: workshop\n  title: {en: Shelves, cy: Silffoedd}\n  record: no\n"
        "  speakers: [a, {id: a, role: interpreter}]\n"
    )
    (found,) = own_yaml.read(text.encode()).programme.sessions
    assert found.title == {"en": "Shelves", "cy": "Silffoedd"}
    assert found.do_not_record
    assert [a.role for a in found.appearances] == [AppearanceRole.FACILITATOR, AppearanceRole.INTERPRETER]
    assert (found.kind, found.slots[0].local_start) == (SessionKind.WORKSHOP, None)


def test_an_unknown_field_is_left_out_and_told() -> None:
    result = own_yaml.read((HEAD + "rooms:\n- {id: a, name: Hall, colour: red}\n").encode())
    assert [(d.where, d.message) for d in result.doubts] == [
        ("line 7", "The field “colour” is not known here and was left out.")
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a\n- b\n", "should begin with “conference:”"),
        ("just words", "should begin with “conference:”"),
        ("conference: [\n", "not well-formed YAML"),
        ("conference: {name: x}", "“zone” is missing"),
        (
            HEAD.replace("London", "Londinium"),
            "Line 3 cannot be read: “Europe/Londinium” is not a time zone.",
        ),
        (HEAD.replace("T17", "T09"), "ends before it starts"),
        (HEAD.replace("T10:00", "T10:00Z"), "as clocks show them"),
        (
            HEAD.replace("2026-06-25T10:00", "tomorrow"),
            "Line 4 cannot be read: “tomorrow” is not a date and time",
        ),
        (HEAD.replace("2026", "9999"), "no conference is held in that year"),
        (HEAD + "  name: again\n", "“name” is given twice"),
        (HEAD + "sessions:\n- {id: s, title: x, room: moon}\n", "there is no room “moon”"),
        (HEAD + "sessions:\n- {id: s, title: x, kind: party}\n", "“party” is none of keynote"),
        (HEAD + "sessions:\n- {id: s, title: x, minutes: -5}\n", "“-5” is not a whole number"),
        (HEAD + "sessions:\n- {id: s, title: x, minutes: 0}\n", "between one minute and a week"),
        (HEAD + "sessions:\n- {id: s, title: x}\n- {id: s, title: y}\n", "the id “s” is given twice"),
        (HEAD + "sessions:\n- {repeats: s}\n", "it repeats “s”, which is not above it"),
        (HEAD + "sessions:\n- {id: s, title: [x]}\n", "a text should stand here"),
        (HEAD + "sessions: {id: s}\n", "“sessions” should be a list"),
        (HEAD + "sessions: [x]\n", "fields with names should stand here"),
        (HEAD + "sessions:\n- {id: s, title: x, url: 'javascript:1'}\n", "is not a web address"),
        (HEAD + "rooms:\n- {id: '../../etc', name: x}\n", "letters, digits and hyphens"),
        (HEAD + "speakers:\n- {id: a, name: x, country: Norway}\n", "two letters"),
        (HEAD + "x: !!python/object/apply:os.system [ls]\n", "tags such as"),
        (HEAD + "x: *a\n", "“*a” stands for nothing"),
        (HEAD + "x: &a [*a]\n", "“*a” stands for nothing"),
        (HEAD + "---\n" + HEAD, "a second document begins"),
        ("[" * 50_000, "nests too deeply"),
        ("{a: " * 50_000, "nests too deeply"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(text: str, words: str) -> None:
    assert words in refused(text)


def test_a_bomb_of_aliases_is_refused_and_one_alias_is_not() -> None:
    bomb = "a0: &a0 [x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
    )
    assert "it grows too large" in refused(bomb + HEAD)
    text = HEAD + "rooms:\n- {id: a, name: &n Hall}\n- {id: b, name: *n}\n"
    assert [room.name["en"] for room in own_yaml.read(text.encode()).programme.rooms] == ["Hall", "Hall"]


def test_control_characters_are_left_out_and_a_wrong_encoding_is_refused() -> None:
    text = HEAD.replace("Catalogue", "Cata\x00\x07logue")
    assert own_yaml.read(text.encode()).programme.conference.name == {"en": "Catalogue Week"}
    assert own_yaml.read(HEAD.encode("utf-16")).programme.conference.name == {"en": "Catalogue Week"}
    with pytest.raises(ImportRefused, match="should be UTF-8 but line 2 is not"):
        own_yaml.read(HEAD.replace("Catalogue", "Bücher").encode("latin-1"))
    with pytest.raises(ImportRefused, match="larger than 20 MB"):
        own_yaml.read(b" " * 20_000_001)
