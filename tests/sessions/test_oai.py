"""OAI-PMH at ``/oai``: every kind of answer is what the protocol's schema takes, and tells of what anyone may open alone."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from conference import db, texts
from conference.storage import open_storage
from conference.tables import Conference
from sessions.controllers import oai as controller
from sessions.packs.collecting.consents import take_down_recordings
from sessions.packs.harvesting.oai import Repository, refusal
from sessions.packs.harvesting.oai_asked import Refused, read_request
from sessions.packs.open_to_all import tell_harvesters
from sessions.packs.resource_facts import Creator, creators_column
from sessions.packs.resource_packs import publish_pack, remove_pack, unpublish_pack
from sessions.packs.states import withdraw_pack
from sessions.packs.tables import GoneReason, PackAccess, PackState, Resource, ResourcePack, Tombstone
from tests.makers import NOW, make_conference, make_organiser, make_session
from tests.pages import Browser, make_settings, open_browser
from tests.sessions.resource_makers import OUT, make_file_row, make_pack_row, shelve
from tests.shared import data_path

SCHEMAS = Path(__file__).parents[1] / "vendor" / "oai" / "all.xsd"
NS = {"o": "http://www.openarchives.org/OAI/2.0/", "dc": "http://purl.org/dc/elements/1.1/"}
DAY = timedelta(days=1)


@cache
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(file=str(SCHEMAS))


@pytest.fixture
async def each_browser(each_database: db.Database, tmp_path: Path) -> AsyncIterator[Browser]:
    async with open_browser(make_settings(tmp_path / "data")) as browser:
        yield browser


def read(answer: httpx.Response) -> Any:
    """The document, which must be as the schemas have it."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    document = etree.fromstring(answer.content)
    schema().assertValid(document)
    return document


async def ask(browser: Browser, query: str = "", **arguments: str) -> Any:
    return read(await browser.get(f"/oai?{query}" if query else "/oai", params=arguments or None))


def error(document: Any) -> str:
    (found,) = document.findall("o:error", NS)
    return str(found.get("code"))


def headers(document: Any) -> dict[str, str]:
    """Of each record told, by its code: its status ("" or "deleted")."""
    return {
        one.findtext("o:identifier", namespaces=NS).rpartition(":")[2]: one.get("status", "")
        for one in document.iter(f"{{{NS['o']}}}header")
    }


async def records(browser: Browser, **arguments: str) -> dict[str, str]:
    """The records told, or {} for noRecordsMatch."""
    document = await ask(browser, verb="ListRecords", metadataPrefix="oai_dc", **arguments)
    if document.find("o:error", NS) is not None:
        assert error(document) == "noRecordsMatch"
    for one in document.iter(f"{{{NS['o']}}}record"):
        is_deleted = one.find("o:header", NS).get("status") == "deleted"
        assert (one.find("o:metadata", NS) is None) == is_deleted
    return headers(document)


async def shelf(**columns: Any) -> tuple[Conference, ResourcePack, Resource]:
    conference = await make_conference()
    pack = await make_pack_row(conference, **{**OUT, **columns})
    made = await shelve(pack, "Slides")
    await tell_harvesters(NOW)
    return conference, pack, made


async def test_every_verb_answers_as_the_schema_has_it(each_browser: Browser) -> None:
    _conference, _pack, made = await shelf()
    identifier = f"oai:conf.example.org:{made.code}"
    identify = await ask(each_browser, verb="Identify")
    assert [(one.tag.rpartition("}")[2], one.text) for one in identify.find("o:Identify", NS)][:8] == [
        ("repositoryName", "Meridian, conf.example.org"),
        ("baseURL", "http://conf.example.org/oai"),
        ("protocolVersion", "2.0"),
        ("adminEmail", "meridian@conf.example.org"),
        ("earliestDatestamp", "2026-05-01T09:00:00Z"),
        ("deletedRecord", "persistent"),
        ("granularity", "YYYY-MM-DDThh:mm:ssZ"),
        ("compression", "gzip"),
    ]
    request = identify.find("o:request", NS)
    assert (request.text, dict(request.attrib)) == ("http://conf.example.org/oai", {"verb": "Identify"})
    formats = await ask(each_browser, verb="ListMetadataFormats", identifier=identifier)
    assert [one.text for one in formats.iter(f"{{{NS['o']}}}metadataPrefix")] == ["oai_dc"]
    sets = await ask(each_browser, verb="ListSets")
    assert [
        (one.findtext("o:setSpec", namespaces=NS), one.findtext("o:setName", namespaces=NS))
        for one in sets.iter(f"{{{NS['o']}}}set")
    ] == [
        ("conference", "Conferences"),
        ("conference:libraries", "Working Internationally"),
        ("kind", "Kinds"),
        ("kind:slides", "Slides"),
    ]
    for verb in ("ListIdentifiers", "ListRecords"):
        listed = await ask(each_browser, verb=verb, metadataPrefix="oai_dc")
        assert headers(listed) == {made.code: ""}
        assert [one.text for one in listed.iter(f"{{{NS['o']}}}setSpec")] == [
            "conference:libraries",
            "kind:slides",
        ]
        assert listed.find(".//o:resumptionToken", NS) is None
    one = await ask(each_browser, verb="GetRecord", metadataPrefix="oai_dc", identifier=identifier)
    assert headers(one) == {made.code: ""}
    # The same by POST, whose arguments are in its body.
    body = {"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": identifier}
    posted = await each_browser.post("/oai", data=body)
    read(posted)
    got = await each_browser.get("/oai", params=body)
    assert re.sub("<responseDate>.*?<", "<", posted.text) == re.sub("<responseDate>.*?<", "<", got.text)
    assert "set-cookie" not in got.headers


async def test_a_record_says_what_a_catalogue_would(each_browser: Browser) -> None:
    conference = await make_conference()
    pack = await make_pack_row(conference, **OUT)
    made = await shelve(
        pack,
        {"en": "Tools & <seeds>", "fr": "Outils\u2028et graines"},
        creators=creators_column([Creator("Zoë Müller", "author"), Creator("Amina Bello", "interpreter")]),
        issued="2026-06",
        languages='["en", "pt-BR"]',
    )
    await make_file_row(made, "deck.pptx")
    await tell_harvesters(NOW)
    document = await ask(
        each_browser,
        verb="GetRecord",
        metadataPrefix="oai_dc",
        identifier=f"oai:conf.example.org:{made.code}",
    )
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    said = [
        (one.tag.rpartition("}")[2], one.text, one.get(lang, ""))
        for one in document.iterfind(".//o:metadata/*/*", NS)
    ]
    assert said == [
        ("title", "Tools & <seeds>", "en"),
        ("title", "Outils\u2028et graines", "fr"),
        ("creator", "Zoë Müller", ""),
        ("publisher", "The Library Association", ""),
        ("contributor", "Amina Bello", ""),
        ("date", "2026-06", ""),
        ("type", "Text", ""),
        ("type", "slides", ""),
        ("format", "application/octet-stream", ""),
        ("identifier", f"http://conf.example.org/resources/{made.code}", ""),
        ("language", "en", ""),
        ("language", "pt-BR", ""),
        ("relation", "Working Internationally", "en"),
        ("rights", "https://creativecommons.org/licenses/by/4.0/", ""),
    ]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "badVerb"),
        ("verb=Nonsense", "badVerb"),
        ("verb=Identify&verb=Identify", "badVerb"),
        ("verb=Identify&until=2020-01-01", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&metadataPrefix=oai_dc", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2026-01-01&until=2025-01-01", "badArgument"),
        ("verb=ListRecords&metadataPrefix=%FF", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=%00", "badArgument"),
        ("verb=ListRecords&" + "x=1&" * 80, "badArgument"),
        ("verb=ListRecords&metadataPrefix=marc21", "cannotDisseminateFormat"),
        ("verb=ListIdentifiers&metadataPrefix=marc21", "cannotDisseminateFormat"),
        ("verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:conf.example.org:nonesuch", "idDoesNotExist"),
        ("verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:elsewhere.org:CODE", "idDoesNotExist"),
        ("verb=GetRecord&metadataPrefix=oai_dc&identifier=http://x/%E2%80%AE", "badArgument"),
        (
            "verb=GetRecord&metadataPrefix=marc21&identifier=oai:conf.example.org:CODE",
            "cannotDisseminateFormat",
        ),
        ("verb=ListMetadataFormats&identifier=oai:conf.example.org:nonesuch", "idDoesNotExist"),
        ("verb=ListSets&resumptionToken=x", "badResumptionToken"),
        ("verb=ListRecords&resumptionToken=x", "badResumptionToken"),
        ("verb=ListRecords&resumptionToken=W10.AAAAAAAAAAAAAAAAAAAAAA", "badResumptionToken"),
        ("verb=ListRecords&metadataPrefix=oai_dc&until=2020-01-01", "noRecordsMatch"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2030-01-01", "noRecordsMatch"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=9999-12-31", "noRecordsMatch"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=kind:dataset", "noRecordsMatch"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=conference:nonesuch", "noRecordsMatch"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=topic:x", "noRecordsMatch"),
    ],
)
async def test_every_refusal_is_as_the_schema_has_it(browser: Browser, query: str, code: str) -> None:
    _conference, _pack, made = await shelf()
    document = await ask(browser, query.replace("CODE", made.code))
    assert error(document) == code
    said = dict(document.find("o:request", NS).attrib)
    assert bool(said) == (code not in ("badVerb", "badArgument"))


async def test_an_empty_repository_says_so(browser: Browser) -> None:
    assert (await ask(browser, verb="Identify")).findtext(".//o:earliestDatestamp", namespaces=NS)
    assert len((await ask(browser, verb="ListSets")).findall(".//o:set", NS)) == 2
    assert error(await ask(browser, verb="ListRecords", metadataPrefix="oai_dc")) == "noRecordsMatch"


async def test_only_what_anyone_could_ever_open_is_told(each_browser: Browser) -> None:
    conference, _pack, seen = await shelf()
    hidden = await make_conference("hidden", is_listed=False)
    for columns in (
        {"access": PackAccess.REGISTERED},
        {"access": PackAccess.TEAM},
        {"embargo_until": NOW + 400 * DAY},
        {"published_at": NOW + 400 * DAY},
        {"state": PackState.COLLECTING},
    ):
        await shelve(await make_pack_row(conference, **{**OUT, **columns}), "Closed")
    await shelve(await make_pack_row(hidden, **OUT), "Hidden")
    await Tombstone(
        code="registrd", subject="resource", kind="slides", conference=conference.id, conference_slug="libraries",
        reason=GoneReason.DELETED, gone_at=NOW, datestamp=NOW,
    ).save()  # fmt: skip
    await tell_harvesters(NOW)
    assert await records(each_browser) == {seen.code: ""}
    assert len((await ask(each_browser, verb="ListSets")).findall(".//o:set", NS)) == 4


async def test_what_goes_and_comes_back_is_told_by_date(each_browser: Browser, tmp_path: Path) -> None:
    conference, pack, made = await shelf()
    actor = await make_organiser()
    later = [NOW + number * DAY for number in range(9)]

    async def since(number: int) -> dict[str, str]:
        # Headers tell what was noted at the time, whatever the hour is really.
        from_second = f"{later[number]:%Y-%m-%dT%H:%M:%SZ}"
        document = await ask(
            each_browser, verb="ListIdentifiers", metadataPrefix="oai_dc", **{"from": from_second}
        )
        return headers(document)

    assert (await since(0), await since(1)) == ({made.code: ""}, {})
    await unpublish_pack(conference, pack.code, actor=actor, now=later[1])
    assert (await since(1), await since(2)) == ({made.code: "deleted"}, {})
    formats = await ask(
        each_browser, verb="ListMetadataFormats", identifier=f"oai:conf.example.org:{made.code}"
    )
    assert error(formats) == "noMetadataFormats"
    await publish_pack(conference, pack.code, actor=actor, now=later[2])
    assert await since(2) == {made.code: ""}
    # A conference that is no longer listed, an hour that has come: the job tells of them.
    await Conference.update({Conference.is_listed: False}).where(Conference.id == conference.id)
    assert (await tell_harvesters(later[3]), await tell_harvesters(later[3])) == (1, 0)
    assert await since(3) == {made.code: "deleted"}
    await Conference.update({Conference.is_listed: True}).where(Conference.id == conference.id)
    await ResourcePack.update({ResourcePack.expires_at: later[5]}).where(ResourcePack.id == pack.id)
    await tell_harvesters(later[4])
    assert await since(4) == {made.code: ""}
    await tell_harvesters(later[5])
    assert await since(5) == {made.code: "deleted"}
    await ResourcePack.update({ResourcePack.expires_at: None}).where(ResourcePack.id == pack.id)
    await tell_harvesters(later[6])
    await withdraw_pack(conference, pack.code, {}, actor=actor, now=later[7])
    assert await since(7) == {made.code: "deleted"}
    # Deleted for good it is told of for ever, in its sets.
    storage = open_storage("", tmp_path)
    await remove_pack(conference, pack.code, storage=storage, actor=actor, now=later[8])
    assert await Resource.count() == 0
    for spec in ("conference:libraries", "kind:slides", "conference"):
        assert await records(each_browser, set=spec) == {made.code: "deleted"}
    got = await ask(
        each_browser,
        verb="GetRecord",
        metadataPrefix="oai_dc",
        identifier=f"oai:conf.example.org:{made.code}",
    )
    assert headers(got) == {made.code: "deleted"}


async def test_withdrawn_consent_takes_the_words_away_at_once(each_browser: Browser) -> None:
    conference = await make_conference()
    session = await make_session(conference, "Panel")
    pack = await make_pack_row(conference, **OUT)
    made = await shelve(pack, "Everything they said", kind="recording", session=session.id)
    await tell_harvesters(NOW)
    assert await records(each_browser) == {made.code: ""}
    await take_down_recordings(conference, session.id, is_all=True, actor="Zoë", now=NOW + DAY)
    answer = await each_browser.get("/oai?verb=ListRecords&metadataPrefix=oai_dc")
    assert headers(read(answer)) == {made.code: "deleted"}
    assert "Everything they said" not in answer.text


async def test_nothing_is_told_of_what_has_just_closed(each_browser: Browser) -> None:
    _conference, pack, made = await shelf()
    await ResourcePack.update({ResourcePack.access: PackAccess.TEAM.value}).where(ResourcePack.id == pack.id)
    answer = await each_browser.get("/oai?verb=ListRecords&metadataPrefix=oai_dc")
    assert headers(read(answer)) == {made.code: "deleted"}


async def test_a_list_is_told_page_by_page_once_each_whatever_happens(
    each_browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(controller, "RECORDS", 3)
    _conference, pack, first = await shelf()
    made = [first, *[await shelve(pack, f"One {number}") for number in range(7)]]
    await tell_harvesters(NOW)  # all with one datestamp: the order is by row
    told: list[str] = []
    cursors: list[tuple[str | None, str | None]] = []
    token, pages = None, 0
    while token != "":
        arguments = {"resumptionToken": token} if token else {"metadataPrefix": "oai_dc"}
        document = await ask(each_browser, verb="ListRecords", **arguments)
        told += headers(document)
        element = document.find(".//o:resumptionToken", NS)
        cursors.append((element.get("cursor"), element.get("completeListSize")))
        token = element.text or ""
        pages += 1
        if pages == 1:
            again = await ask(each_browser, verb="ListRecords", resumptionToken=token)
            # One is changed, one is deleted, one is new, after the harvester has begun.
            await Resource.update({Resource.datestamp: NOW + DAY}).where(Resource.id == made[0].id)
            await Resource.delete().where(Resource.id == made[5].id)
            made.append(await shelve(pack, "New", datestamp=NOW + 2 * DAY, is_open=True))
    assert [row.code for row in made[:5]] == told[:5]
    assert list(headers(again)) == [made[3].code, made[4].code, made[5].code]  # as often as it is asked
    assert told[5:] == [made[6].code, made[7].code, made[0].code, made[8].code]
    assert cursors == [("0", "8"), ("3", "8"), ("6", "8")]


async def test_what_was_not_told_of_a_list_up_to_a_date_has_moved_on(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(controller, "RECORDS", 1)
    _conference, pack, _made = await shelf()
    await shelve(pack, "Two")
    await tell_harvesters(NOW)
    document = await ask(browser, verb="ListRecords", metadataPrefix="oai_dc", until=f"{NOW:%Y-%m-%d}")
    await Resource.update({Resource.datestamp: NOW + DAY}, force=True)
    document = await ask(
        browser, verb="ListRecords", resumptionToken=document.findtext(".//o:resumptionToken", namespaces=NS)
    )
    assert error(document) == "noRecordsMatch"


async def test_a_page_takes_the_same_queries_for_one_record_and_for_many(each_browser: Browser) -> None:
    _conference, pack, _made = await shelf()
    await each_browser.get("/oai?verb=ListRecords&metadataPrefix=oai_dc")
    with db.count_queries() as few:
        await each_browser.get("/oai?verb=ListRecords&metadataPrefix=oai_dc")
    for number in range(20):
        await shelve(pack, f"One {number}")
    await tell_harvesters(NOW)
    with db.count_queries() as many:
        assert len(await records(each_browser)) == 21
    assert many.total == few.total


async def test_long_answers_are_packed_for_who_takes_it(browser: Browser) -> None:
    _conference, pack, _made = await shelf()
    await shelve(pack, "Long " * 300)
    await tell_harvesters(NOW)
    plain = await browser.get(
        "/oai?verb=ListRecords&metadataPrefix=oai_dc", headers={"accept-encoding": "identity"}
    )
    assert "content-encoding" not in plain.headers
    async with browser.stream("GET", "/oai?verb=ListRecords&metadataPrefix=oai_dc") as packed:
        assert packed.headers["content-encoding"] == "gzip"
        octets = b"".join([chunk async for chunk in packed.aiter_raw()])
    assert re.sub(b"<responseDate>.*?<", b"<", gzip.decompress(octets)) == re.sub(
        b"<responseDate>.*?<", b"<", plain.content
    )


async def test_hostile_words_leave_the_documents_whole_and_the_library_quiet(each_browser: Browser) -> None:
    lines = data_path("adversarial/strings/blns.txt").read_text("utf-8").splitlines()
    hostile = [texts.clean_line(line)[:300] for line in lines if line and not line.startswith("#")]
    hostile = [line for line in hostile if line]
    assert len(hostile) > 300
    pack = await make_pack_row(await make_conference(), **OUT)
    for start in range(0, len(hostile), 40):
        said = dict(zip((f"en-x{number}" for number in range(40)), hostile[start : start + 40], strict=False))
        await shelve(
            pack,
            {"en": hostile[start]},
            description=texts.encode({"en": "\n".join(said.values())}),
            creators=creators_column([Creator(line) for line in hostile[start : start + 5]]),
        )
    await tell_harvesters(NOW)
    document = await ask(each_browser, verb="ListRecords", metadataPrefix="oai_dc")
    told = {one.text for one in document.iter(f"{{{NS['dc']}}}title")}
    assert told == {hostile[start] for start in range(0, len(hostile), 40)}
    for line in hostile[::7]:
        answer = await each_browser.get("/resources", params={"q": line})
        assert answer.status_code == 200, line
        assert "<script>alert" not in answer.text
        asked = await each_browser.get("/oai", params={"verb": "ListRecords", "metadataPrefix": line})
        assert error(read(asked)) in ("badArgument", "cannotDisseminateFormat")
        asked = await each_browser.get("/oai", params={"verb": "ListRecords", "resumptionToken": line})
        assert error(read(asked)) in ("badArgument", "badResumptionToken")
        asked = await each_browser.get(
            "/oai", params={"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": line}
        )
        assert error(read(asked)) in ("badArgument", "idDoesNotExist")


@given(
    st.text(alphabet="ab1-._~:/?#@!$&'()*+,;=%20[]", max_size=14),
    st.sampled_from(["", "http://", "oai:", "x:", "//"]),
)
def test_whatever_passes_for_an_identifier_can_be_said_back(rest: str, start: str) -> None:
    pairs = [("verb", "GetRecord"), ("metadataPrefix", "oai_dc"), ("identifier", start + rest)]
    try:
        arguments = read_request(pairs, lambda text: text).arguments
    except Refused as error:
        refused = error
    else:
        refused = Refused("idDoesNotExist", "There is no such record.", arguments)
    repository = Repository("https://x.example.org/oai", "x.example.org", "X", "team@example.org")
    schema().assertValid(etree.fromstring(refusal(repository, NOW, refused).encode()))
