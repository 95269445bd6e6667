"""frab XML: every real file is read or refused in a sentence, what we write is valid, and attacks stay outside."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime

import pytest
from lxml import etree

from conference.texts import clean, clean_line
from sessions.interchange import frab
from sessions.interchange.frab_reader import language_of
from sessions.interchange.frab_times import minutes_of
from sessions.interchange.incoming import markdown_of
from sessions.interchange.kinds import kind_of
from sessions.interchange.model import ImportRefused, ProgrammeFile, ReadResult, SessionFacts, shortened
from sessions.tables import AppearanceRole, SessionKind
from tests.shared import data_path

at = datetime.fromisoformat  # wall-clock times are naive
BASE = "https://conf.example.org/day"


def schedule(events: str, head: str = "", day: str = 'index="1" date="2026-06-25"') -> bytes:
    conference = f"<conference><title>Catalogue Week</title><acronym>catweek</acronym>{head}</conference>"
    return f'<schedule>{conference}<day {day}><room name="Hall">{events}</room></day></schedule>'.encode()


def event(inner: str = "", *, start: str = "10:00", about: str = 'id="1"', duration: str = "00:30") -> str:
    told = f"<title>Shelves</title><start>{start}</start><duration>{duration}</duration>{inner}"
    someone = "" if "<persons" in inner else '<persons><person id="7">Ada Berg</person></persons>'
    return f"<event {about}>{told}{someone}</event>"


def only_session(result: ReadResult) -> SessionFacts:
    (session,) = result.programme.sessions
    return session


def starts(result: ReadResult) -> list[datetime | None]:
    return [slot.local_start for session in result.programme.sessions for slot in session.slots]


def messages(result: ReadResult) -> str:
    return "\n".join(doubt.message for doubt in result.doubts)


def refused(content: bytes) -> str:
    with pytest.raises(ImportRefused) as caught:
        frab.read(content)
    return caught.value.message


def assert_valid(document: bytes) -> None:
    schema = etree.XMLSchema(etree.parse(str(data_path("schedules/schema/xsd-schedule.xml.xsd"))))
    schema.assertValid(etree.fromstring(document))


# Real files -------------------------------------------------------------------------------------------------------

REAL_FILES = [
    # file, sessions, slots, rooms, speakers, zone
    ("31c3-frab.xml", 138, 138, 4, 198, "Europe/Berlin"),
    ("31c3-wiki-sessions.xml", 48, 48, 11, 0, "UTC"),
    ("35c3-everything.xml", 927, 927, 74, 499, "Europe/Berlin"),
    ("cccamp2019-everything.xml", 480, 606, 64, 278, "Europe/Berlin"),
    ("debconf17-montreal.xml", 181, 181, 6, 126, "UTC"),
    ("devconf-za-2022-johannesburg.xml", 46, 46, 5, 36, "Africa/Johannesburg"),
    ("devconf-za-2023-pretoria.xml", 50, 50, 6, 39, "UTC"),
    ("fosdem-2007.xml", 215, 215, 18, 244, "Europe/Brussels"),
    ("fosdem-2020.xml", 872, 872, 35, 841, "Europe/Brussels"),
    ("malformed/klimacamp-schedule.xml", 106, 106, 11, 57, "Europe/Berlin"),
    ("seagl-2018.xml", 61, 61, 9, 56, "America/Los_Angeles"),
    ("seagl-2022.xml", 34, 34, 4, 24, "America/Los_Angeles"),
    ("seagl-2023.xml", 48, 48, 4, 46, "America/Los_Angeles"),
]


@pytest.mark.parametrize(("name", "sessions", "slots", "rooms", "speakers", "zone"), REAL_FILES)
def test_a_real_file_is_read_whole_and_written_back_valid(
    name: str, sessions: int, slots: int, rooms: int, speakers: int, zone: str
) -> None:
    result = frab.read(data_path(f"schedules/{name}").read_bytes())
    programme = result.programme
    counts = (len(programme.sessions), len(starts(result)), len(programme.rooms), len(programme.speakers))
    assert counts == (sessions, slots, rooms, speakers)
    assert programme.conference.zone == zone
    assert None not in starts(result)
    assert_references_hold(programme)

    document = frab.write(programme, version="Release 1", base_url=BASE)
    assert_valid(document)
    again = frab.read(document).programme
    assert again.conference.zone == zone
    assert Counter(
        (slot.guid, slot.local_start, slot.length_minutes) for s in programme.sessions for slot in s.slots
    ) == Counter(
        (slot.guid, slot.local_start, slot.length_minutes) for s in again.sessions for slot in s.slots
    )
    assert Counter(map(titles_and_texts, programme.sessions)) == Counter(
        map(titles_and_texts, again.sessions)
    )


def titles_and_texts(session: SessionFacts) -> tuple[object, ...]:
    return (
        *session.title.values(),
        *session.subtitle.values(),
        *session.abstract.values(),
        *session.description.values(),
        session.kind,
        session.do_not_record,
        tuple(link.url for link in session.links),
        len(session.slots),
    )


def assert_references_hold(programme: ProgrammeFile) -> None:
    rooms, tracks = {room.key for room in programme.rooms}, {track.key for track in programme.tracks}
    speakers = {speaker.key for speaker in programme.speakers}
    guids = [slot.guid for session in programme.sessions for slot in session.slots]
    assert len(guids) == len(set(guids))
    assert len({session.key for session in programme.sessions}) == len(programme.sessions)
    assert len(rooms) == len(programme.rooms)
    for session in programme.sessions:
        assert session.track is None or session.track in tracks
        assert {appearance.speaker for appearance in session.appearances} <= speakers
        assert {slot.room for slot in session.slots} <= {*rooms, None}
        assert any(session.title.values())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("schedules/europython-2014-own-xml.xml", "it has <entry> elements, but no <event>"),
        ("schedules/fisl15-grid.xml", "it begins with <response>"),
        ("schedules/klimacamp-schedule.xcal", "it begins with <iCalendar>"),
        ("schedules/36c3-stages.json", "not well-formed XML"),
        ("adversarial/xml/cyclic.xml", "defines entities"),
        ("adversarial/xml/external_file.xml", "defines entities"),
        ("adversarial/xml/quadratic.xml", "defines entities"),
        ("adversarial/xml/xmlbomb2.xml", "defines entities"),
        ("adversarial/xml/dtd_element.xml", "it begins with <test>"),
        ("adversarial/xml/simple.xml", "it begins with <root>"),
        ("adversarial/images/rgb24x8.jpg", "save it as UTF-8"),
    ],
)
def test_what_is_no_schedule_is_refused_in_one_sentence(name: str, words: str) -> None:
    message = refused(data_path(name).read_bytes())
    assert words in message
    assert "\n" not in message
    assert message.endswith(".")


def test_seagl_clocks_are_those_people_read_though_its_dates_are_seven_hours_off() -> None:
    result = frab.read(data_path("schedules/seagl-2023.xml").read_bytes())
    assert starts(result)[0] == at("2023-11-03T09:10")
    assert "<start> says 09:10 but <date> says 2023-11-03T02:10:00-07:00; <start> was kept." in messages(
        result
    )


def test_people_written_as_elements_with_a_biography_have_a_name() -> None:
    programme = frab.read(data_path("schedules/35c3-everything.xml").read_bytes()).programme
    hetti = next(speaker for speaker in programme.speakers if speaker.name == "Hetti")
    assert hetti.biography["en"].startswith("Technical Computer Science student from Vienna")


# Files made to trip -----------------------------------------------------------------------------------------------


def test_an_empty_file_text_and_half_a_file_are_refused() -> None:
    assert refused(b"") == "The file is empty."
    assert refused(b" \n") == "The file is empty."
    assert "not well-formed XML" in refused(b"Dear organisers, attached is our schedule.")
    assert "not well-formed XML" in refused(schedule(event())[:-20])
    assert refused(b"<schedule/>") == "The schedule has no sessions: there is no <event> in it."


def test_a_file_in_another_encoding_than_it_says_is_refused_and_one_that_tells_is_read() -> None:
    text = schedule(event("<subtitle>Bücher für alle</subtitle>")).decode()
    declared = '<?xml version="1.0" encoding="{}"?>'
    for encoding in ("iso-8859-1", "utf-8", "utf-16", "windows-1252"):
        result = frab.read((declared.format(encoding) + text).encode(encoding))
        assert only_session(result).subtitle == {"en": "Bücher für alle"}
    japanese = (declared.format("Shift_JIS") + text.replace("Bücher für alle", "図書館")).encode("shift_jis")
    assert only_session(frab.read(japanese)).subtitle == {"en": "図書館"}
    assert "should be UTF-8 but line 1 is not" in refused((declared.format("utf-8") + text).encode("latin-1"))
    assert "“punycode” is not known" in refused((declared.format("punycode") + text).encode())


def test_depth_and_size_have_limits() -> None:
    assert "nests too deeply" in refused(b"<schedule>" + b"<a>" * 100_000)
    assert "larger than 50 MB" in refused(b"<schedule>" + b" " * 50_000_001)


def test_control_characters_are_left_out_and_told() -> None:
    result = frab.read(schedule(event("<subtitle>a\x00b\x1fc&#1;d&#xD800;e</subtitle>")))
    assert only_session(result).subtitle == {"en": "abcde"}
    assert "4 control characters" in messages(result)


def test_a_harmless_doctype_is_read() -> None:
    assert only_session(frab.read(b"<!DOCTYPE schedule>" + schedule(event()))).title == {"en": "Shelves"}


# Times ------------------------------------------------------------------------------------------------------------


def test_the_zone_named_in_the_file_holds_over_the_one_given() -> None:
    named = schedule(event(), head="<time_zone_name>Asia/Calcutta</time_zone_name>")
    result = frab.read(named, zone="Europe/Oslo")
    assert result.programme.conference.zone == "Asia/Kolkata"
    assert "and not Europe/Oslo" in messages(result)
    assert frab.read(named).doubts == ()


def test_a_zone_is_asked_for_when_the_file_tells_nothing() -> None:
    assert frab.read(schedule(event()), zone="Africa/Lagos").programme.conference.zone == "Africa/Lagos"
    assert "UTC was taken. Please give the right one." in messages(frab.read(schedule(event())))
    with pytest.raises(ImportRefused, match="“Mars/Base” is not a time zone"):
        frab.read(schedule(event()), zone="Mars/Base")


@pytest.mark.parametrize(
    ("date", "start", "expected"),
    [
        ("2026-06-25T10:00:00+02:00", "10:00", at("2026-06-25T10:00")),  # all agree
        ("2026-06-25T08:00:00Z", "10:00", at("2026-06-25T10:00")),  # an instant in UTC
        ("2026-06-24T22:30:00Z", "00:30", at("2026-06-25T00:30")),  # the zone's next day
        ("2026-06-25T08:00:00Z", "", at("2026-06-25T10:00")),
        ("2026-06-25T10:00:00", "10:00", at("2026-06-25T10:00")),
        ("2026-06-26", "10:00", at("2026-06-26T10:00")),  # a date alone
    ],
)
def test_date_and_start_that_agree_raise_no_doubt(date: str, start: str, expected: datetime) -> None:
    result = frab.read(schedule(event(f"<date>{date}</date>", start=start)), zone="Europe/Berlin")
    assert starts(result) == [expected]
    assert result.doubts == ()


def test_an_offset_that_does_not_fit_the_zone_keeps_the_clock_and_is_told() -> None:
    result = frab.read(schedule(event("<date>2026-06-25T10:00:00+00:00</date>")), zone="Europe/Berlin")
    assert starts(result) == [at("2026-06-25T10:00")]
    assert "Its UTC offset does not fit Europe/Berlin; the clock time 10:00 was kept." in messages(result)


def test_hours_after_midnight_belong_to_the_next_date() -> None:
    late = frab.read(schedule(event(start="01:30"), head="<day_change>04:00</day_change>"), zone="UTC")
    assert starts(late) == [at("2026-06-26T01:30")]
    day = 'index="1" date="2026-06-25" start="2026-06-25T09:00:00+02:00" end="2026-06-26T03:00:00+02:00"'
    assert starts(frab.read(schedule(event(start="01:30"), day=day), zone="UTC")) == [at("2026-06-26T01:30")]
    assert starts(frab.read(schedule(event(start="25:30")), zone="UTC")) == [at("2026-06-26T01:30")]
    assert starts(frab.read(schedule(event(start="01:30")), zone="UTC")) == [at("2026-06-25T01:30")]


def test_the_second_of_two_equal_hours_is_told_by_its_offset() -> None:
    content = schedule(event("<date>2026-10-25T02:30:00+01:00</date>", start="02:30"))
    result = frab.read(content, zone="Europe/Berlin")
    (wall,) = starts(result)
    assert wall is not None
    assert (wall.replace(tzinfo=None), wall.fold) == (at("2026-10-25T02:30"), 1)
    assert result.doubts == ()
    written = frab.write(result.programme, version="1", base_url=BASE)
    assert b"<date>2026-10-25T02:30:00+01:00</date>" in written


def test_a_skipped_hour_is_told() -> None:
    day = 'index="1" date="2026-03-29"'
    result = frab.read(schedule(event(start="02:30"), day=day), zone="Europe/Berlin")
    assert "02:30 is skipped or comes twice that night" in messages(result)


@pytest.mark.parametrize(
    "date", ["9999-12-31T23:59:00-12:00", "0001-01-01T00:00:00+14:00", "soon", "2026-02-30T10:00:00Z"]
)
def test_impossible_dates_are_told_and_nothing_breaks(date: str) -> None:
    result = frab.read(schedule(event(f"<date>{date}</date>", start="")), zone="Asia/Tokyo")
    assert starts(result) in ([None], [at("2026-06-25T10:00")])
    assert result.doubts
    frab.write(result.programme, version="1", base_url=BASE)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("00:45", 45), ("1:30", 90), ("26:00", 1560), ("1:02:30", 1590), ("00:45:00", 45), ("90", 90),
        ("PT1H30M", 90), ("PT45M", 45), ("P1D", 1440), ("", None), ("an hour", None), ("PT", None),
    ],
)  # fmt: skip
def test_durations_of_every_spelling(text: str, minutes: int | None) -> None:
    assert minutes_of(text) == minutes


def test_a_duration_no_session_can_have_is_replaced_and_told() -> None:
    for text in ("00:00", "", "999:00", "x"):
        result = frab.read(schedule(event(duration=text)), zone="UTC")
        assert only_session(result).slots[0].length_minutes == 30
        assert "30 minutes were taken" in messages(result)


# Sessions and people ----------------------------------------------------------------------------------------------


def test_a_guid_used_twice_gets_a_new_one_that_stays_the_same_at_every_import() -> None:
    guid = "29aecfd7-2e44-4f49-ab86-29b5e0877325"
    twice = event(about=f'id="1" guid="{guid}"') + event(about=f'id="2" guid="{guid}"', start="11:00")
    first, second = (slot.guid for s in frab.read(schedule(twice)).programme.sessions for slot in s.slots)
    assert first == guid
    assert second != guid
    assert [slot.guid for s in frab.read(schedule(twice)).programme.sessions for slot in s.slots] == [
        first,
        second,
    ]
    assert "is used twice" in messages(frab.read(schedule(twice)))


def test_one_person_in_several_events_is_one_speaker() -> None:
    def by(person: str) -> str:
        return f"<persons>{person}</persons>"

    events = (
        event(by('<person id="7">Zoë Müller</person>'), about='id="1"')
        + event(by('<person id="7">Zoë  Müller</person>'), about='id="2"')
        + event(by("<person>Zoë Müller</person>"), about='id="3"')
        + event(by('<person id="8">Zoë Müller</person>'), about='id="4"')
        + event(by('<person id="7"></person><person id="9"/>'), about='id="5"')
        + event(by('<person id="0">Ada</person><person id="0">Ida</person>'), about='id="6"')
    )
    result = frab.read(schedule(events), zone="UTC")
    assert [(s.key, s.name) for s in result.programme.speakers] == [
        ("person-7", "Zoë Müller"),
        ("person-8", "Zoë Müller"),  # another id: another person of the same name
        ("person-zoe-muller", "Zoë Müller"),  # cannot be told which of the two
        ("person-ada", "Ada"),
        ("person-ida", "Ida"),
    ]
    assert [a.speaker for a in result.programme.sessions[4].appearances] == ["person-7"]
    assert messages(result) == "A person without a name was left out."


def test_a_person_without_an_id_joins_the_only_one_of_that_name() -> None:
    events = event("<persons><person>Li Na</person></persons>") + event(
        '<persons><person id="7">Li Na</person></persons>', about='id="2"'
    )
    assert [s.key for s in frab.read(schedule(events)).programme.speakers] == ["person-7"]


def test_a_session_held_twice_is_one_session_with_two_slots_there_and_back() -> None:
    page = "<url>https://example.org/talks/shelves</url>"
    events = event(page) + event(page, about='id="2"', start="16:00")
    result = frab.read(schedule(events), zone="Asia/Kolkata")
    session = only_session(result)
    assert [slot.local_start for slot in session.slots] == [
        at("2026-06-25T10:00"),
        at("2026-06-25T16:00"),
    ]
    assert "taken as its repeat" in messages(result)
    again = frab.read(frab.write(result.programme, version="1", base_url=BASE))
    assert len(only_session(again).slots) == 2
    assert again.doubts == ()


@pytest.mark.parametrize(
    ("said", "track", "title", "kind"),
    [
        ("lecture", "", "x", SessionKind.TALK),
        ("devroom", "", "x", SessionKind.TALK),
        ("lightningtalk", "", "x", SessionKind.TALK),
        ("Opening Keynote", "", "x", SessionKind.KEYNOTE),
        ("", "Keynotes", "x", SessionKind.KEYNOTE),
        ("podium", "", "x", SessionKind.PANEL),
        ("hands-on", "", "x", SessionKind.WORKSHOP),
        ("Workshop (2 hours)", "", "x", SessionKind.WORKSHOP),
        ("BoF (45 mins)", "", "x", SessionKind.NETWORKING),
        ("", "Breaks", "Movement", SessionKind.BREAK),
        ("", "", "Coffee break", SessionKind.BREAK),
        ("", "", "Breaking news", SessionKind.TALK),
        ("Closing ceremony", "", "x", SessionKind.PLENARY),
    ],
)
def test_kinds_of_other_systems_are_said_in_ours(
    said: str, track: str, title: str, kind: SessionKind
) -> None:
    assert kind_of(said, track, title, False) == (kind, True)


def test_an_unknown_kind_is_a_talk_and_told() -> None:
    result = frab.read(schedule(event("<type>Klangteppich</type>")), zone="UTC")
    assert only_session(result).kind == SessionKind.TALK
    assert messages(result) == "Its kind “Klangteppich” is not known here; it was taken as a talk."


def test_roles_follow_the_kind() -> None:
    panel = event('<type>panel</type><persons><person id="1">Ada</person></persons>')
    assert only_session(frab.read(schedule(panel))).appearances[0].role == AppearanceRole.PANELLIST


@pytest.mark.parametrize(
    ("written", "tag"), [("de", "de"), ("EN", "en"), ("German", "de"), ("pt_BR", "pt-BR"), ("??", "")]
)
def test_languages(written: str, tag: str) -> None:
    assert language_of(written) == tag


def test_texts_carry_the_language_of_their_session() -> None:
    events = event("<language>en</language>") * 2 + event("<language>ar</language>", about='id="3"')
    result = frab.read(schedule(events))
    assert result.programme.conference.languages == ("en", "ar")
    assert [set(session.title) for session in result.programme.sessions] == [{"en"}, {"en"}, {"ar"}]


def test_links_that_are_no_web_address_are_left_out() -> None:
    links = (
        '<links><link href="javascript:alert(1)">x</link><link href="www.example.org/a">Site</link>'
        '<link href="https://example.org/b">B</link><link href="https://example.org/b">again</link></links>'
    )
    result = frab.read(schedule(event(links)), zone="UTC")
    assert [(link.url, link.title) for link in only_session(result).links] == [
        ("https://www.example.org/a", "Site"),
        ("https://example.org/b", "B"),
    ]
    assert "“javascript:alert(1)” is not a web address" in messages(result)


def test_a_talk_without_anybody_is_doubted_and_a_break_is_not() -> None:
    events = event("<type>talk</type><persons/>", about='id="1"') + event(
        "<type>break</type><persons/>", about='id="2"', start="11:00"
    )
    result = frab.read(schedule(events), zone="UTC")
    assert [doubt.message for doubt in result.doubts if doubt.kind == "nobody"] == ["It names no speaker."]


def test_every_doubtful_line_is_told_and_readers_may_shorten_them() -> None:
    result = frab.read(
        schedule("\n".join(event(about=f'id="{n}"', duration="x") for n in range(50))), zone="UTC"
    )
    assert len(result.doubts) == 50
    assert len({doubt.where for doubt in result.doubts}) == 50
    short = shortened(result.doubts)
    assert len(short) == 6
    assert short[-1].message == "and 45 more like these"


# Texts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("One<br>two<br/><br/>three", "One  \ntwo\n\nthree"),
        ("<ul><li>a</li><li>b <b>c</b></li></ul>", "- a\n- b **c**"),
        ("<ol><li>a</li><li>b</li></ol>after", "1. a\n2. b\n\nafter"),
        (
            '<p>See <a href="https://example.org/x">the  page</a>.</p>',
            "See [the page](https://example.org/x).",
        ),
        ('<a href="https://example.org/x">https://example.org/x</a>', "<https://example.org/x>"),
        ('<a href="javascript:alert(1)">click</a>', "click"),
        ("<h1>Big</h1><p>text</p>", "### Big\n\ntext"),
        (
            "<p>5 * 3 &lt; 20 and [x] and _y_ but snake_case</p>",
            "5 \\* 3 \\< 20 and \\[x\\] and \\_y\\_ but snake_case",
        ),
        ("<p># not a heading</p><p>1. not a list</p>", "\\# not a heading\n\n1\\. not a list"),
        ("<p>a</p><script>alert(1)</script><style>p{}</style>", "a"),
        ("<pre>a\n  b</pre>", "```\na\n  b\n```"),
        ("plain *Markdown* stays, a < b too", "plain *Markdown* stays, a < b too"),
    ],
)
def test_html_becomes_markdown(html: str, markdown: str) -> None:
    assert markdown_of(html) == markdown


def test_deeply_nested_html_is_converted_in_no_time() -> None:
    assert markdown_of("<b>" * 50_000 + "x") == "*" * 24 + "x" + "*" * 24


def test_html_that_never_closes_anything_takes_no_longer_than_any_other() -> None:
    # Quadratic parsers need minutes for these.
    assert markdown_of("<p>" + "<!--" * 100_000) == "\\<!--" * 100_000
    assert markdown_of("<p>" + '<a x="' * 80_000) == '\\<a x="' * 80_000


def test_twenty_thousand_events_of_one_id_are_read_and_one_more_is_refused() -> None:
    events = [event("<persons><person>Ada</person></persons>", about='id="1"')] * 20_000
    programme = frab.read(schedule("".join(events)), zone="UTC").programme
    assert len({session.key for session in programme.sessions}) == 20_000
    assert len(programme.speakers) == 1
    assert "more than 20000 sessions" in refused(schedule("".join([*events, event()])))


def test_xhtml_elements_in_a_text_are_read_as_its_html() -> None:
    result = frab.read(schedule(event("<abstract><p>One <em>two</em></p><p>three &lt; four</p></abstract>")))
    assert only_session(result).abstract == {"en": "One *two*\n\nthree \\< four"}


def test_naughty_strings_survive_writing_and_reading() -> None:
    strings = json.loads(data_path("adversarial/strings/blns.json").read_text())
    base = frab.read(schedule(event()), zone="UTC").programme
    texts = [{"en": clean(text)} if clean(text) else {} for text in strings]
    sessions = tuple(
        replace(base.sessions[0], key=f"s{n}", guid="", title={"en": clean_line(strings[n]) or "x"}, abstract=text,
                slots=(replace(base.sessions[0].slots[0], guid="", number=None),))
        for n, text in enumerate(texts)
    )  # fmt: skip
    document = frab.write(replace(base, sessions=sessions), version="1", base_url=BASE)
    assert_valid(document)
    again = frab.read(document).programme.sessions
    assert sorted((*s.title.values(), *s.abstract.values()) for s in again) == sorted(
        (*s.title.values(), *s.abstract.values()) for s in sessions
    )


# Writing ----------------------------------------------------------------------------------------------------------


def test_writing_is_deterministic_and_numbers_stay_when_a_session_is_added() -> None:
    programme = frab.read(schedule(event() + event(about='id="2"', start="11:00"))).programme
    stripped = tuple(
        replace(s, key=f"s{n}", slots=(replace(s.slots[0], guid="", number=None),))
        for n, s in enumerate(programme.sessions)
    )
    both = frab.write(replace(programme, sessions=stripped), version="1", base_url=BASE)
    assert both == frab.write(replace(programme, sessions=stripped), version="1", base_url=BASE + "/")
    one = frab.write(replace(programme, sessions=stripped[1:]), version="1", base_url=BASE)
    ids = etree.fromstring(both).xpath("//event/@id")
    assert etree.fromstring(one).xpath("//event/@id") == [ids[1]]


def test_unscheduled_slots_and_two_rooms_of_one_name_are_written_right() -> None:
    programme = frab.read(schedule(event() + event(about='id="2"', start="11:00"))).programme
    first, second = programme.sessions
    room = programme.rooms[0]
    changed = replace(
        programme,
        rooms=(room, replace(room, key="other")),
        sessions=(
            replace(first, slots=(replace(first.slots[0], room="other"),)),
            replace(second, slots=(replace(second.slots[0], local_start=None),)),
        ),
    )
    document = frab.write(changed, version="1", base_url=BASE)
    assert_valid(document)
    assert etree.fromstring(document).xpath("//event/room/text()") == ["Hall (other)"]
