"""Mails as they are read: the words, the parts, and what hostile text can not do to them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from icalendar import Calendar
from jinja2 import UndefinedError

from conference import mail
from conference.addresses import AddressRefused
from conference.assets import asset_folder
from conference.calendar import CalendarEntry, invite
from conference.codes import derived_token
from conference.mail import Letter, defanged, link_ref, token_ref
from conference.mail.kinds import KINDS
from conference.mail.message import compose
from conference.mail.words import render
from tests.shared import data_path

BASE = "https://conf.example.org"
FROM = "events@conf.example.org"
START, END = "2026-06-25T09:00:00+00:00", "2026-06-25T09:45:00+00:00"
HOME = {
    "name": {"en": "Working Internationally for Libraries", "fr": "Bibliothèques sans frontières"},
    "zone": "Europe/London",
    "url": link_ref("/wil/"),
    "reply_to": "team@library.example",
}
SEAT = {
    "title": {"en": "Stories in small libraries"},
    "start": START,
    "end": END,
    "join": link_ref("/join/k3v9x2ab"),
}
PAGE = link_ref("/wil/me/", token_ref("attendee-page", "abc", 1))
EXPIRES = "2026-06-20T12:00:00+00:00"
CHANGES = [
    {**SEAT, "reason": "new", "was_start": START, "was_end": END},
    {
        **SEAT,
        "reason": "updated",
        "was_start": "2026-06-25T07:00:00+00:00",
        "was_end": "2026-06-25T07:45:00+00:00",
    },
    {**SEAT, "reason": "updated", "was_start": START, "was_end": END},
    *(
        {
            "title": SEAT["title"],
            "reason": reason,
            "start": START,
            "end": END,
            "was_start": START,
            "was_end": END,
        }
        for reason in ("given-up", "cancelled")
    ),
]
EXAMPLES: dict[str, dict[str, Any]] = {
    "organiser-sign-in": {
        "link": link_ref("/organise/sign-in/", token_ref("in", "x")),
        "expires_at": EXPIRES,
    },
    "team-invitation": {
        "conference": "Working Internationally for Libraries",
        "role": "programme",
        "invited_by": "Anna Berger",
        "link": link_ref("/organise/sign-in/", token_ref("in", "x")),
        "expires_at": EXPIRES,
    },
    "registration-confirm": {
        "conference": HOME,
        "link": PAGE,
        "expires_at": EXPIRES,
        "seats": [SEAT],
        "waiting": [],
    },
    "registration-confirmed": {
        "conference": {**HOME, "opens": START, "closes": "2026-06-25T16:00:00+00:00"},
        "page": PAGE,
        "feed": link_ref("/calendar/", token_ref("feed", "abc"), ".ics"),
        "seats": [SEAT],
        "waiting": [],
    },
    "registration-imported": {
        "conference": {**HOME, "opens": START, "closes": "2026-06-25T16:00:00+00:00"},
        "page": PAGE,
        "feed": link_ref("/calendar/", token_ref("feed", "abc"), ".ics"),
        "seats": [SEAT],
        "waiting": [SEAT],
    },
    "registration-withdrawn": {"conference": HOME, "seats": [SEAT], "register": link_ref("/wil/register")},
    "registration-refused": {"conference": HOME},
    "registration-invitation": {"conference": HOME, "link": PAGE},
    "interest-confirm": {"conference": HOME, "link": PAGE},
    "interest-open": {"conference": HOME, "register": link_ref("/wil/register"), "closes_at": END},
    "registration-link": {"conference": HOME, "page": PAGE},
    "complaint-made": {
        "conference": HOME,
        "code": "k3v9x2abcdef",
        "page": PAGE,
        "made_at": START,
        "due": END,
    },
    "complaint-received": {
        "conference": HOME,
        "code": "k3v9x2abcdef",
        "page": PAGE,
        "made_at": START,
        "due": END,
    },
    "complaint-answered": {
        "conference": HOME,
        "code": "k3v9x2abcdef",
        "page": PAGE,
        "made_at": START,
        "due": END,
        "blocks": [["We have mended it.", "Thank you."], ["The team"]],
    },
    "data-link": {"conference": HOME, "link": PAGE, "expires_at": EXPIRES},
    "data-erased": {"conference": HOME, "erased_at": START, "by_team": False},
    "waitlist-confirm": {
        "conference": HOME,
        "link": PAGE,
        "expires_at": EXPIRES,
        "places": 30,
        "category": {"en": "Students"},
        "wishes": [SEAT],
    },
    "waitlist-joined": {
        "conference": HOME,
        "page": PAGE,
        "place": 3,
        "category": {},
        "is_approved": True,
    },
    "place-offer": {"conference": HOME, "page": PAGE, "expires_at": EXPIRES, "category": {}},
    "place-lapsed": {"conference": HOME, "page": PAGE},
    "waitlist-offer": {"conference": HOME, **SEAT, "page": PAGE, "expires_at": EXPIRES},
    "invite": {"conference": HOME, **SEAT, "page": PAGE},
    "invite-updated": {
        "conference": HOME,
        **SEAT,
        "was_start": "2026-06-25T07:00:00+00:00",
        "was_end": "2026-06-25T07:45:00+00:00",
        "page": PAGE,
    },
    "invite-cancelled": {"conference": HOME, **SEAT, "reason": "given-up"},
    "invite-declined": {"conference": HOME, **SEAT, "seat": True, "page": PAGE},
    "release-digest": {"conference": HOME, "changes": CHANGES, "page": PAGE},
    "agenda-invites": {"conference": HOME, "changes": CHANGES},
    "speaker-release": {
        "conference": HOME,
        "page": link_ref("/speak/", token_ref("speak", "abc", 1)),
        "is_first": False,
        "changes": [
            {"kind": "retitled", "title": {"en": "Stories"}, "was_title": {"en": "Tales"}},
            {
                "kind": "moved",
                "title": {"en": "Stories"},
                "start": START,
                "end": END,
                "was_start": "2026-06-25T07:00:00+00:00",
                "was_end": "2026-06-25T07:45:00+00:00",
                "room": {"en": "Main stage"},
            },
            *(
                {"kind": kind, "title": {"en": "Stories"}, "start": START, "end": END}
                for kind in ("added", "time-added", "length", "restored", "cancelled", "left")
            ),
            {
                "kind": "room",
                "title": {"en": "Stories"},
                "start": START,
                "end": END,
                "room": {"en": "Main stage"},
                "was_room": {"en": "Side room"},
            },
        ],
    },
}


def letter(kind: str = "registration-confirmed", name: str = "Zoë Müller", **changes: Any) -> Letter:
    found = Letter(
        kind=kind,
        payload=EXAMPLES[kind],
        recipient="zoe@b.example",
        recipient_name=name,
        language="en",
        zone="Asia/Kolkata",
        mail_key="k7m2p9",
        created_at=datetime(2026, 6, 1, 8, 30, tzinfo=UTC),
    )
    return replace(found, **changes)


def composed(of: Letter) -> EmailMessage:
    return compose(of, base_url=BASE, mail_from=FROM)


def read_back(of: Letter) -> EmailMessage:
    """The message as it comes out of the bytes on the wire."""
    message = message_from_bytes(composed(of).as_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def shown(html: str) -> str:
    """The words of an HTML part."""
    return " ".join(body_of(html).get_text(" ").split())


def body_of(html: str) -> Tag:
    body = BeautifulSoup(html, "html.parser").body
    assert body is not None
    return body


def hostile_strings() -> list[str]:
    found = json.loads(data_path("adversarial/strings/blns.json").read_text("utf-8"))
    return [
        *found,
        "Zoë\r\nBcc: victim@evil.example",
        "Zoë\n\nSign in again:\nhttps://evil.example/",
        "a" * 70 + ', "b", <c@d.example>',
        "é" * 50 + ", <evil@x.example>, " + "é" * 30,
        '"Quoted" <evil@x.example>, other@y.example; group:;',
        "\u202eelpmaxe\u202c",
    ]


@pytest.mark.parametrize("kind", EXAMPLES)
def test_every_kind_tells_the_same_facts_in_text_and_html(kind: str) -> None:
    words = render(kind, EXAMPLES[kind], "en", "Asia/Kolkata", name="Zoë", base_url=BASE)
    assert words.subject
    assert "\n" not in words.subject
    assert words.text.startswith("Hello Zoë,\n\n")
    assert "{" not in words.text + words.subject
    assert "\n\n\n" not in words.text
    html_words = shown(words.html)
    links = [str(a["href"]) for a in BeautifulSoup(words.html, "html.parser").find_all("a")]
    for line in words.text.splitlines():
        label, _colon, url = line.removeprefix("- ").strip().rpartition(" ")
        if url.startswith("https://"):
            assert url in links, line
            assert label.rstrip(":") in html_words
        elif line.strip() and line != "-- " and not line.endswith(":"):
            assert " ".join(line.removeprefix("- ").split()) in html_words, line
    assert BeautifulSoup(words.html, "html.parser").find_all(["img", "script", "link", "iframe"]) == []


# Made of what a person wrote: tried where it is written.
WRITTEN_BY_PEOPLE = {
    "speaker-answer",
    "speaker-answered",
    "speaker-message",
    "attendee-message",
    "invite-declined",
    "door-call",
    "door-answer",
}


def test_every_template_has_an_example() -> None:
    """Here, or among the kinds whose words a team may write (``test_mail_templates`` tries each of those)."""
    folder = asset_folder("templates") / "mail"
    kinds = {path.stem for path in folder.glob("*.txt") if not path.stem.startswith("_")}
    assert kinds <= {*EXAMPLES, *KINDS, *WRITTEN_BY_PEOPLE}
    assert {*EXAMPLES, *KINDS} <= kinds


def test_times_are_the_readers_with_the_zone_named_and_the_conferences_beside() -> None:
    text = render("invite", EXAMPLES["invite"], "en", "Asia/Kolkata", base_url=BASE).text
    assert (
        "Thursday 25 June 2026, 14:30–15:15 (Kolkata, IST, UTC+5:30)\n"
        "Conference time: 10:00–10:45 (London, BST, UTC+1)\n"
    ) in text


def test_where_the_date_differs_the_conference_time_says_its_day() -> None:
    late = {**EXAMPLES["invite"], "start": "2026-06-25T15:00:00+00:00", "end": "2026-06-25T15:45:00+00:00"}
    text = render("invite", late, "en", "Pacific/Auckland", base_url=BASE).text
    assert "Friday 26 June 2026, 03:00–03:45 (Auckland, NZST, UTC+12)" in text
    assert "Conference time: Thursday 25 June 2026, 16:00–16:45 (London, BST, UTC+1)" in text


def test_a_reader_on_the_conferences_clock_is_told_one_time() -> None:
    text = render("invite", EXAMPLES["invite"], "en", "Europe/London", base_url=BASE).text
    assert "10:00–10:45 (London, BST, UTC+1)" in text
    assert "Conference time" not in text


def test_a_moved_session_shows_the_new_and_the_old_time() -> None:
    words = render("invite-updated", EXAMPLES["invite-updated"], "en", "Europe/London", base_url=BASE)
    assert words.subject == "New time: Stories in small libraries"
    assert "New time:\nThursday 25 June 2026, 10:00–10:45" in words.text
    assert "Old time, no longer valid:\nThursday 25 June 2026, 08:00–08:45" in words.text


def test_an_update_without_a_new_time_names_no_old_one() -> None:
    same = {**EXAMPLES["invite-updated"], "was_start": START, "was_end": END}
    words = render("invite-updated", same, "en", "Europe/London", base_url=BASE)
    assert words.subject == "Updated: Stories in small libraries"
    assert "Old time" not in words.text


def test_secrets_are_derived_while_rendering_and_absent_from_the_payload() -> None:
    token = derived_token("attendee-page", "abc", 1)
    assert token not in json.dumps(EXAMPLES["registration-link"])
    assert (
        f"{BASE}/wil/me/{token}"
        in render("registration-link", EXAMPLES["registration-link"], "en", "UTC", base_url=BASE).text
    )


@pytest.mark.parametrize("path", ["//evil.example/", "join/x", "/a b", "/a\n/b", "/\u202e", '/"x', ""])
def test_a_link_that_is_no_path_of_this_site_is_refused(path: str) -> None:
    payload = {"conference": HOME, "page": link_ref(path)}
    if path.startswith("//"):
        # Joined to our address, even this stays on our host.
        assert f"{BASE}//evil" in mail.resolve(payload, BASE)["page"].replace("\u200b", "")
        return
    with pytest.raises(ValueError, match="no path of this site"):
        render("registration-link", payload, "en", "UTC", base_url=BASE)


def test_a_missing_fact_is_an_error_and_not_a_gap() -> None:
    with pytest.raises(UndefinedError):
        render("registration-link", {"conference": HOME}, "en", "UTC", base_url=BASE)


def test_the_recipients_language_and_direction_stand_in_the_html() -> None:
    html = render(
        "registration-link", EXAMPLES["registration-link"], "ar", "Africa/Cairo", base_url=BASE
    ).html
    root = BeautifulSoup(html, "html.parser").html
    assert root is not None
    assert (root["lang"], root["dir"]) == ("ar", "rtl")


def test_the_conference_is_named_in_the_recipients_language() -> None:
    french = read_back(letter(language="fr"))
    assert french["From"].addresses[0].display_name == "Bibliothèques sans frontières"
    assert french["Content-Language"] == "fr"


def test_headers_say_who_writes_and_that_no_machine_should_answer() -> None:
    message = read_back(letter())
    assert str(message["From"]) == "Working Internationally for Libraries <events@conf.example.org>"
    assert str(message["Reply-To"]) == "Working Internationally for Libraries <team@library.example>"
    assert message["To"].addresses[0].display_name == "Zoë Müller"
    assert message["To"].addresses[0].addr_spec == "zoe@b.example"
    assert message["Subject"] == "Welcome to Working Internationally for Libraries"
    assert message["Date"].datetime == datetime(2026, 6, 1, 8, 30, tzinfo=UTC)
    assert message["Message-ID"] == "<k7m2p9@conf.example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message.defects == []


def test_mail_without_a_conference_comes_from_meridian_with_no_reply_address() -> None:
    message = read_back(letter("organiser-sign-in"))
    assert str(message["From"]) == "Meridian <events@conf.example.org>"
    assert message["Reply-To"] is None


def test_a_reply_address_that_is_none_is_left_out() -> None:
    home = {**HOME, "reply_to": "team@a.example, evil@b.example"}
    message = read_back(letter("registration-link", payload={"conference": home, "page": PAGE}))
    assert message["Reply-To"] is None


def test_a_plain_mail_is_text_and_html() -> None:
    message = read_back(letter())
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


def test_an_invite_has_the_calendar_where_mail_programs_look_for_it() -> None:
    start = datetime(2026, 6, 25, 9, tzinfo=UTC)
    entry = CalendarEntry(
        uid="slot-k3v9x2ab@conf.example.org",
        sequence=1,
        revised_at=start,
        start=start,
        end=start.replace(hour=10),
        title="Métadonnées, \N{GRINNING FACE} " + "long " * 30,
        organiser_name="Team",
        organiser_address=FROM,
    )
    file = invite(entry, "Zoë", "zoe@b.example", "REQUEST", start)
    message = read_back(letter("invite", calendar=file.decode(), calendar_method="REQUEST"))
    parts = list(message.walk())
    assert [part.get_content_type() for part in parts] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    inline, attached = parts[4], parts[5]
    assert inline.get_param("method") == "REQUEST"
    assert inline.get_content_charset() == "utf-8"
    assert inline["Content-Transfer-Encoding"] == "base64"
    assert inline["Content-Disposition"] is None
    assert attached.get_filename() == "invite.ics"
    assert inline.get_payload(decode=True) == file
    assert attached.get_payload(decode=True) == file
    assert Calendar.from_ical(file)["METHOD"] == inline.get_param("method")


def test_an_invite_told_as_facts_is_made_into_a_calendar_when_the_mail_is() -> None:
    token = derived_token("join", "k3v9x2ab", 0)
    facts = {
        "uid": "slot-k3v9x2ab@conf.example.org",
        "sequence": 2,
        "title": {"en": "Stories", "fr": "Histoires"},
        "start": START,
        "end": END,
        "status": "confirmed",
        "join": link_ref("/join/", token_ref("join", "k3v9x2ab", 0)),
    }
    payload = {**EXAMPLES["invite"], "invite": facts}
    assert token not in json.dumps(payload)
    invited = letter("invite", payload=payload, calendar_method="REQUEST", language="fr")
    parts = [part for part in read_back(invited).walk() if "calendar" in part.get_content_type()]
    file = parts[0].get_payload(decode=True)
    assert isinstance(file, bytes)
    (event,) = Calendar.from_ical(file).walk("VEVENT")
    assert parts[0].get_param("method") == "REQUEST"
    assert (event["UID"], event["SEQUENCE"], event["SUMMARY"]) == (facts["uid"], 2, "Histoires")
    assert event["LOCATION"] == f"{BASE}/join/{token}"
    assert event["ORGANIZER"] == f"mailto:{FROM}"
    assert event["ATTENDEE"] == "mailto:zoe@b.example"
    assert event.decoded("DTSTAMP") == datetime(2026, 6, 1, 8, 30, tzinfo=UTC)
    assert composed(invited).as_bytes() == composed(invited).as_bytes()


def test_an_invite_for_someone_without_a_page_offers_none() -> None:
    for kind in ("invite", "invite-updated", "invite-cancelled"):
        payload = {key: value for key, value in EXAMPLES[kind].items() if key != "page"}
        assert "my page" not in render(kind, payload, "en", "UTC", base_url=BASE).text


def test_every_retry_is_the_very_same_message() -> None:
    invited = letter("invite", calendar="BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", calendar_method="CANCEL")
    assert composed(invited).as_bytes() == composed(invited).as_bytes()


def test_no_name_can_add_a_recipient_a_header_or_a_line() -> None:
    usual = sorted(read_back(letter("registration-link")).keys())
    for name in hostile_strings():
        hostile_home = {**HOME, "name": {"en": name or "-"}}
        payload = {"conference": hostile_home, "page": PAGE}
        data = composed(letter("registration-link", name=name, payload=payload)).as_bytes()
        message = message_from_bytes(data, policy=default)
        for header, address in [
            ("To", "zoe@b.example"),
            ("From", FROM),
            ("Reply-To", "team@library.example"),
        ]:
            assert [found.addr_spec for found in message[header].addresses] == [address], (header, name)
        assert sorted(message.keys()) == usual
        head = data.partition(b"\r\n\r\n")[0]
        assert all(len(line) <= 100 for line in head.split(b"\r\n")), head
        assert head.isascii()


def test_a_name_that_mail_can_carry_arrives_as_it_was_written() -> None:
    for name in [
        "Zoë Müller",
        "O'Brien, Mary-Jane (Dr.)",
        "李小龍",
        "محمد بن سلمان",
        "Þórr " * 12 + "Ö",
        "ｏｖｅｒ ｔｈｅ ｌａｚｙ ｄｏｇ",
        "=?utf-8?q?x?=",
    ]:
        data = composed(letter(name=name)).as_bytes()
        raw = message_from_bytes(data)["To"].rpartition("<")[0]
        # The standard library's own reader puts spaces between encoded words in names, so they are read by hand.
        assert str(make_header(decode_header(raw))).strip().strip('"') == name.strip()


def test_a_subject_arrives_as_it_was_written() -> None:
    title = "ｏｖｅｒ ｔｈｅ ｌａｚｙ ｄｏｇ: les bibliothèques, le numérique et nous tous, " * 2
    message = read_back(letter("invite", payload={**EXAMPLES["invite"], "title": {"en": title}}))
    assert message["Subject"] == "Your seat: " + " ".join(title.split())


def test_no_text_by_a_person_becomes_a_link_markup_or_a_line_of_ours() -> None:
    own = {f"{BASE}/join/k3v9x2ab", f"{BASE}/wil/me/{derived_token('attendee-page', 'abc', 1)}"}
    usual = render("invite", EXAMPLES["invite"], "en", "UTC", name="Zoë", base_url=BASE)
    for text in [
        *hostile_strings(),
        f"{BASE}/join/other",
        f"Sign in: {BASE}/organise/",
        "- item",
        "-- ",
        "--",
    ]:
        payload = {**EXAMPLES["invite"], "title": {"en": text or "-"}}
        words = render("invite", payload, "en", "UTC", name=text, base_url=BASE)
        body = body_of(words.html)
        assert {str(a["href"]) for a in body.find_all("a")} == own, text
        assert {tag.name for tag in body.find_all()} <= {"div", "p", "a", "br"}, text
        assert words.text.count("\n-- \n") == 1
        assert words.text.count("\n") == usual.text.count("\n")
        assert words.text.count("://") == len(own), text


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("Zoë Müller", "Zoë Müller"),
        ("Dr. A. Smith-Jones", "Dr. A. Smith-Jones"),
        ("10.00–17.00 GMT", "10.00–17.00 GMT"),
        ("http://evil.example/x", "http:\u200b//\u200bevil.\u200bexample/x"),
        ("www.evil.example", "www.\u200bevil.\u200bexample"),
        ("me@evil.example", "me@\u200bevil.\u200bexample"),
        ("two\r\nlines\u2028and\ttabs", "two lines and tabs"),
        ("a\u202eb", "ab"),
        ("x" * 500, "x" * 399 + "…"),
        (" -- ", "—"),
        ("a -- b", "a -- b"),
    ],
)
def test_addresses_in_a_persons_text_are_broken(text: str, harmless: str) -> None:
    assert defanged(text) == harmless


def test_a_recipient_that_is_not_one_address_is_refused() -> None:
    with pytest.raises(AddressRefused):
        composed(letter(recipient="a@b.example, c@d.example"))
