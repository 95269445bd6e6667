"""Who of the speakers a filter means, what each still owes, and texts with placeholders."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from conference import db
from conference.mail import LONGEST_FACT
from sessions.speakers.audience import Appears, Filter, Missing, SpeakerRow, chosen, read_filter, speaker_rows
from sessions.speakers.chase import owed, owing
from sessions.speakers.placeholders import as_typed, blocks, filled, unknown_placeholders
from sessions.tables import Appearance, AppearanceState, ConsentState, Session, SessionState, SpeakerKind
from tests.makers import NOW, make_conference, make_session, make_speaker, make_track

TALK = Appears(
    "aaaa", {"en": "Bridges"}, "talk", "tttt", "presenter", "confirmed", recording="given", publishing="given"
)
PANEL = Appears("bbbb", {"en": "Panel"}, "panel", "", "chair", "invited", invited_at=NOW - timedelta(days=9))
WHOLE = SpeakerRow(
    1,
    "ruth",
    "Ruth Okafor",
    zone="America/New_York",
    email="ruth@example.org",
    photo_key="k",
    has_biography=True,
    availability_given_at=NOW,
    appears=(TALK,),
)
SAM = replace(WHOLE, id=2, code="sam", name="Sam Lee", language="fr", appears=(TALK, PANEL), zone="")
NEW = SpeakerRow(3, "new", "A New One")


def test_who_has_told_everything_owes_nothing() -> None:
    assert WHOLE.missing == frozenset()
    assert SAM.missing == {Missing.ANSWER, Missing.RECORDING, Missing.PUBLISHING, Missing.ZONE}


def test_nobody_is_chased_for_what_they_declined_or_were_never_asked() -> None:
    declined = replace(NEW, appears=(replace(PANEL, state="declined"),))
    assert (NEW.missing, declined.missing) == (frozenset(), frozenset())
    assert declined.states == ("declined",)


def test_an_organisation_owes_no_availability_and_an_unrecorded_talk_no_word_on_recording() -> None:
    bare = replace(NEW, appears=(replace(PANEL, is_recorded=False),))
    assert Missing.AVAILABILITY in bare.missing
    assert Missing.RECORDING not in bare.missing
    assert Missing.AVAILABILITY not in replace(bare, kind=SpeakerKind.ORGANISATION.value).missing


def test_a_filter_asks_about_one_and_the_same_appearance() -> None:
    people = [WHOLE, SAM, NEW]
    assert chosen(people, Filter()) == people
    assert chosen(people, Filter(role="chair", state="invited")) == [SAM]
    assert chosen(people, Filter(role="chair", state="confirmed")) == []
    assert chosen(people, Filter(kind="talk", track="tttt")) == [WHOLE, SAM]
    assert chosen(people, Filter(session="bbbb")) == [SAM]
    assert chosen(people, Filter(missing="zone")) == [SAM]
    assert chosen(people, Filter(missing="anything")) == [SAM]
    assert chosen(people, Filter(q="OKAFOR new_york")) == [WHOLE]
    assert chosen(people, Filter(language="-")) == [WHOLE, NEW]
    abroad = replace(WHOLE, country="IN")
    assert chosen([abroad, SAM], Filter(country="IN")) == [abroad]
    assert chosen([abroad, SAM], Filter(country="-")) == [SAM]
    assert chosen(people, Filter(codes=("new", "ruth"))) == [WHOLE, NEW]
    assert chosen(people, Filter(codes=("",))) == []


def test_an_unknown_word_in_a_filter_finds_nobody() -> None:
    for name in ("state", "role", "session", "track", "kind", "missing", "language"):
        assert chosen([WHOLE, SAM, NEW], read_filter({name: "no such thing"})) == []


@given(
    st.dictionaries(
        st.sampled_from(["q", "state", "role", "kind", "missing", "language"]), st.text(max_size=12)
    )
)
def test_a_filter_survives_its_address_and_more_words_never_find_more(values: dict[str, str]) -> None:
    wanted = read_filter(values)
    assert read_filter(wanted.query) == wanted
    fewer = read_filter({name: value for name, value in values.items() if name != "state"})
    people = [WHOLE, SAM, NEW]
    found, more = ([row.code for row in chosen(people, one)] for one in (wanted, fewer))
    assert set(found) <= set(more)


def test_the_longest_waiting_stand_first_in_the_chase_list() -> None:
    older = replace(
        SAM, code="old", name="Zoe", appears=(replace(PANEL, invited_at=NOW - timedelta(days=20)),)
    )
    unasked = replace(
        SAM, code="una", name="Una", appears=(replace(PANEL, invited_at=None, state="planned"),)
    )
    photo = replace(WHOLE, code="pho", name="Abe", photo_key="")
    lines = owing([photo, unasked, SAM, older, WHOLE, NEW])
    assert [line.row.code for line in lines] == ["old", "sam", "una", "pho"]
    assert (lines[0].invited_at, lines[2].uninvited) == (NOW - timedelta(days=20), 1)
    assert owed([photo, WHOLE, SAM]) == {"answer": 1, "recording": 1, "publishing": 1, "zone": 1, "photo": 1}


async def test_rows_leave_out_cancelled_sessions_and_cost_two_queries(each_database: db.Database) -> None:
    conference = await make_conference()
    other = await make_conference("other")
    track = await make_track(conference)
    ruth = await make_speaker(conference, biography='{"en": "Reads."}')
    await make_speaker(conference, "sam lee", email="not an address")
    await make_speaker(other, "Elsewhere")
    await make_session(conference, speakers=(ruth,), track=track.id)
    off = await make_session(conference, "Off", speakers=(ruth,))
    await Session.update({Session.state: SessionState.CANCELLED.value}).where(Session.id == off.id)
    with db.count_queries() as counted:
        rows = await speaker_rows(conference.id)
    assert counted.total == 2
    assert [(row.name, row.email != "", row.has_biography, len(row.appears)) for row in rows] == [
        ("Ruth Okafor", True, True, 1),
        ("sam lee", False, False, 0),
    ]
    assert (rows[0].appears[0].track, rows[0].states) == (track.code, ("planned",))
    await Appearance.update(
        {
            Appearance.state: AppearanceState.CONFIRMED.value,
            Appearance.recording_consent: ConsentState.REFUSED.value,
            Appearance.publishing_consent: ConsentState.GIVEN.value,
        }
    ).where(Appearance.speaker == ruth.id)
    assert (await speaker_rows(conference.id))[0].missing == {Missing.AVAILABILITY, Missing.PHOTO}


VALUES = {"name": "Ruth {link}", "conference": "Libraries"}


def test_placeholders_are_put_in_once() -> None:
    assert filled("{name} at {conference}", VALUES) == "Ruth {link} at Libraries"
    assert unknown_placeholders("{name} {foo} { name} {foo} {} {sessions}") == ["{foo}", "{ name}", "{}"]


def test_a_list_and_a_button_stand_by_themselves() -> None:
    text = "Dear {name},\n\nYours:\n{sessions}\nConfirm here: {link}. Thank you.\n\nBring\n- water\n- time"
    assert blocks(text, {"name": "Ruth"}) == [
        {"lines": [["Dear Ruth,"]]},
        {"lines": [["Yours:"]]},
        {"sessions": True},
        {"lines": [["Confirm here:"]]},
        {"link": True},
        {"lines": [["Thank you."]]},
        {"lines": [["Bring"]]},
        {"lines": [["- water"], ["- time"]]},
    ]
    assert blocks("{link}.", {}) == [{"link": True}]


def test_what_a_speaker_typed_has_no_placeholders() -> None:
    assert as_typed("Please {link}\n\n--\nRuth") == [
        {"lines": [["Please {link}"]]},
        {"lines": [["—"], ["Ruth"]]},
    ]


@given(st.text(max_size=3000))
def test_no_word_of_a_text_is_lost_on_its_way_into_a_mail(text: str) -> None:
    typed = " ".join(text.replace("-", "").split())
    pieces = [piece for block in as_typed(text.replace("-", "")) for line in block["lines"] for piece in line]
    assert " ".join(pieces) == typed
    assert all(len(piece) <= LONGEST_FACT for piece in pieces if " " in piece)
