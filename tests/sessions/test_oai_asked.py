"""What a harvester may ask, and every mistake it can make: each has the code the protocol gives it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.packs.harvesting.oai import Repository
from sessions.packs.harvesting.oai_asked import (
    Asked,
    Place,
    Refused,
    Selection,
    Verb,
    read_request,
    write_token,
)

LIST = [("verb", "ListRecords"), ("metadataPrefix", "oai_dc")]
PLACE = Place(datetime(2026, 5, 1, 9, tzinfo=UTC), 1, 77, 200, 345)


def sign(text: str) -> str:
    return f"s{len(text)}"


def refused(pairs: list[tuple[str, str]]) -> str:
    with pytest.raises(Refused) as caught:
        read_request(pairs, sign)
    return caught.value.code


@pytest.mark.parametrize(
    ("pairs", "code"),
    [
        ([], "badVerb"),
        ([("verb", "")], "badVerb"),
        ([("verb", "identify")], "badVerb"),
        ([("verb", "Identify"), ("verb", "Identify")], "badVerb"),
        ([("metadataPrefix", "oai_dc")], "badVerb"),
        ([("verb", "Identify"), ("x", "1")], "badArgument"),
        ([("verb", "Identify"), ("resumptionToken", "x")], "badArgument"),
        ([("verb", "ListSets"), ("set", "kind")], "badArgument"),
        ([("verb", "ListMetadataFormats"), ("metadataPrefix", "oai_dc")], "badArgument"),
        ([("verb", "GetRecord")], "badArgument"),
        ([("verb", "GetRecord"), ("identifier", "oai:a.org:1")], "badArgument"),
        ([("verb", "GetRecord"), ("metadataPrefix", "oai_dc")], "badArgument"),
        ([("verb", "GetRecord"), ("metadataPrefix", "oai_dc"), ("identifier", "a b")], "badArgument"),
        ([("verb", "GetRecord"), ("metadataPrefix", "oai_dc"), ("identifier", "%zz")], "badArgument"),
        ([("verb", "GetRecord"), ("metadataPrefix", "oai_dc"), ("identifier", "")], "badArgument"),
        ([("verb", "GetRecord"), ("metadataPrefix", "oai_dc"), ("identifier", "http://a:b/")], "badArgument"),
        ([("verb", "ListRecords")], "badArgument"),
        ([*LIST, ("metadataPrefix", "oai_dc")], "badArgument"),
        ([*LIST, ("from", "2026-05-01"), ("from", "2026-05-01")], "badArgument"),
        ([("verb", "ListRecords"), ("metadataPrefix", "oai dc")], "badArgument"),
        ([("verb", "ListRecords"), ("metadataPrefix", "")], "badArgument"),
        ([*LIST, ("set", "a::b")], "badArgument"),
        ([*LIST, ("set", "")], "badArgument"),
        ([*LIST, ("set", "a/b")], "badArgument"),
        ([*LIST, ("from", "")], "badArgument"),
        ([*LIST, ("from", "2026")], "badArgument"),
        ([*LIST, ("from", "2026-05")], "badArgument"),
        ([*LIST, ("from", "2026-02-30")], "badArgument"),
        ([*LIST, ("from", "0000-01-01")], "badArgument"),
        ([*LIST, ("from", "2026-05-01T09:00Z")], "badArgument"),
        ([*LIST, ("from", "2026-05-01T09:00:00")], "badArgument"),
        ([*LIST, ("from", "2026-05-01T09:00:00+00:00")], "badArgument"),
        ([*LIST, ("from", "2026-05-01T09:00:00.5Z")], "badArgument"),
        ([*LIST, ("from", "2026-05-01T25:00:00Z")], "badArgument"),
        ([*LIST, ("from", "２０２６-05-01")], "badArgument"),
        ([*LIST, ("from", "2026-05-02"), ("until", "2026-05-01")], "badArgument"),
        ([*LIST, ("from", "2026-05-01"), ("until", "2026-05-01T00:00:00Z")], "badArgument"),
        ([*LIST, ("until", "x" * 2000)], "badArgument"),
        ([("verb", "ListRecords"), ("resumptionToken", "x.y"), ("metadataPrefix", "oai_dc")], "badArgument"),
        ([("verb", "ListRecords"), ("resumptionToken", "x.y"), ("resumptionToken", "x.y")], "badArgument"),
        ([("verb", "ListRecords"), ("resumptionToken", "\0")], "badArgument"),
        ([("verb", "ListRecords"), ("resumptionToken", "")], "badResumptionToken"),
        ([("verb", "ListRecords"), ("resumptionToken", "nonsense")], "badResumptionToken"),
        ([("verb", "ListRecords"), ("resumptionToken", "W10.s3x")], "badResumptionToken"),
    ],
)
def test_every_mistake_has_its_code(pairs: list[tuple[str, str]], code: str) -> None:
    assert refused(pairs) == code


def test_days_are_whole_and_seconds_exact_both_ends_included() -> None:
    asked = read_request(
        [*LIST, ("from", "2026-05-01"), ("until", "2026-05-01"), ("set", "kind:slides")], sign
    )
    assert asked == Asked(
        Verb.RECORDS,
        {
            "verb": "ListRecords",
            "metadataPrefix": "oai_dc",
            "from": "2026-05-01",
            "until": "2026-05-01",
            "set": "kind:slides",
        },
        selection=Selection(
            "oai_dc",
            datetime(2026, 5, 1, tzinfo=UTC),
            datetime(2026, 5, 1, 23, 59, 59, tzinfo=UTC),
            "kind:slides",
        ),
    )
    moment = "2026-05-01T09:00:07Z"
    exact = read_request([*LIST, ("from", moment), ("until", moment)], sign).selection
    assert exact.since == exact.until == datetime(2026, 5, 1, 9, 0, 7, tzinfo=UTC)
    assert read_request([*LIST, ("until", "9999-12-31")], sign).selection.until is not None


@pytest.mark.parametrize(
    ("spec", "conference", "kind", "is_known"),
    [
        ("", "", "", True),
        ("conference", "", "", True),
        ("kind", "", "", True),
        ("conference:libraries-2026", "libraries-2026", "", True),
        ("kind:case-study", "", "case-study", True),
        ("kind:poem", "", "poem", False),
        ("topic:x", "", "", False),
        ("conferences", "", "", False),
    ],
)
def test_sets_are_of_conferences_and_of_kinds(spec: str, conference: str, kind: str, is_known: bool) -> None:
    selection = Selection("oai_dc", set_spec=spec)
    assert (selection.conference, selection.kind, selection.is_known) == (conference, kind, is_known)


def test_a_token_holds_all_that_is_needed_to_go_on() -> None:
    selection = Selection("oai_dc", PLACE.datestamp, None, "conference:libraries")
    token = write_token(Verb.RECORDS, selection, PLACE, sign)
    asked = read_request([("verb", "ListRecords"), ("resumptionToken", token)], sign)
    assert (asked.selection, asked.place) == (selection, PLACE)
    assert asked.arguments == {"verb": "ListRecords", "resumptionToken": token}
    # It is of one list alone, and of one server.
    assert refused([("verb", "ListIdentifiers"), ("resumptionToken", token)]) == "badResumptionToken"
    with pytest.raises(Refused, match="no token"):
        read_request([("verb", "ListRecords"), ("resumptionToken", token)], lambda _text: "other")


@given(st.integers(0, 200), st.characters())
def test_a_token_that_was_tampered_with_is_no_token(place: int, letter: str) -> None:
    token = write_token(Verb.RECORDS, Selection("oai_dc"), PLACE, lambda text: str(abs(hash(text))))
    at = place % len(token)
    if letter != token[at]:
        changed = token[:at] + letter + token[at + 1 :]
        with pytest.raises(Refused):
            read_request(
                [("verb", "ListRecords"), ("resumptionToken", changed)], lambda text: str(abs(hash(text)))
            )


NAMES = st.sampled_from(
    ["verb", "metadataPrefix", "identifier", "from", "until", "set", "resumptionToken", "x"]
)
VALUES = st.one_of(st.text(max_size=30), st.sampled_from([*Verb, "oai_dc", "2026-05-01", "kind:slides"]))


@given(st.lists(st.tuples(NAMES, VALUES), max_size=6))
def test_anything_is_either_understood_or_refused(pairs: list[tuple[str, str]]) -> None:
    verb, code = "", ""
    try:
        verb = read_request(pairs, sign).verb
    except Refused as error:
        code = error.code
    assert code in {"", "badVerb", "badArgument", "badResumptionToken"}
    assert code or verb == dict(pairs)["verb"]


@pytest.mark.parametrize(
    ("host", "identifier"),
    [
        ("conf.example.org", "conf.example.org"),
        ("localhost", "localhost.invalid"),
        ("127.0.0.1", "ip-127-0-0-1.invalid"),
        ("::1", "ip---1.invalid"),
        ("3com.example.org", "com-example-org.invalid"),
    ],
)
def test_records_are_named_after_the_site_as_the_scheme_allows(host: str, identifier: str) -> None:
    repository = Repository("https://x/oai", host, "X", "meridian@localhost")
    assert repository.identifier == identifier
    assert repository.code_in(repository.name_of("k3v9x2pq")) == "k3v9x2pq"
    assert repository.code_in("oai:elsewhere.org:k3v9x2pq") == ""
    assert repository.code_in(f"oai:{identifier}:a/b") == ""
    assert repository.admin_email == f"meridian@{identifier}"
