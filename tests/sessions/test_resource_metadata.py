"""What is said of a resource: people, languages, licence and date, topics, relations, and what remains of each change."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conference import db
from conference.tables import Conference
from sessions.packs import resources, topics
from sessions.packs.queries import pack_by_code, pack_items
from sessions.packs.relations import whole_facts
from sessions.packs.resource_facts import (
    Creator,
    FileDetails,
    KnownSpeaker,
    ResourceFacts,
    file_details,
    is_issue_date,
    recognised,
)
from sessions.packs.resource_forms import FilesForm, Offered, ResourceForm
from sessions.packs.tables import Resource, ResourceKind, ResourceTopic, ResourceVersion, Topic
from tests.makers import NOW, make_conference, make_organiser, make_session, make_speaker
from tests.pages import Browser, sign_in_as, text_of
from tests.sessions.resource_makers import make_file_row, make_pack_row, make_resource_row

ZOE = KnownSpeaker("zoe1", "Zoë Müller", "0000-0002-1825-0097", "presenter")
OFFERED = Offered(topics=(("t1", "Partnerships"),), related=(("r1", "The recording"),), speakers=(ZOE,))
LINK = {"title_en": "Slides", "kind": "slides", "url": "https://example.org/slides"}


def read(**values: str) -> ResourceForm:
    return ResourceForm.from_post({**LINK, **values}, ("en", "fr"), is_link=True, offered=OFFERED)


def test_everything_that_can_be_said_is_read_and_shown_again() -> None:
    form = read(
        lang_en="yes",
        lang_more="pt-BR",
        creator_name_0="zoe muller",
        creator_role_0="author",
        creator_name_3="Ruth Okafor",
        creator_orcid_3="https://orcid.org/0000-0001-5109-3700",
        licence="CC-BY-4.0",
        rights_holder="The British Library",
        issued="2026-06",
        acc_captions="yes",
        topic_t1="yes",
        belongs_to="r1",
        note="A mistake mended",
    )
    assert form.errors == {}
    facts = form.facts
    assert facts == ResourceFacts(
        kind=ResourceKind.SLIDES,
        title={"en": "Slides"},
        languages=("en", "pt-BR"),
        creators=(
            Creator("zoe muller", "author", "0000-0002-1825-0097", "zoe1"),
            Creator("Ruth Okafor", orcid="0000-0001-5109-3700"),
        ),
        licence="CC-BY-4.0",
        rights_holder="The British Library",
        issued="2026-06",
        accessibility=("captions",),
        topics=("t1",),
        belongs_to="r1",
        url="https://example.org/slides",
    )
    assert form.note == "A mistake mended"
    again = ResourceForm.of(facts, ("en", "fr"), 3)
    assert ResourceForm.from_post(again.values, ("en", "fr"), is_link=True, offered=OFFERED).facts == facts
    assert again.further_languages == ["pt-BR"]


@pytest.mark.parametrize(
    ("field", "value", "at"),
    [
        ("lang_more", "english", "lang_more"),
        ("lang_xx-<b>", "yes", "lang_more"),
        ("creator_orcid_0", "0000-0002-1825-0098", "creator_orcid_0"),
        ("creator_orcid_1", "0000-0002-1825-0097", "creator_name_1"),
        ("creator_role_0", "king", "creator_role_0"),
        ("issued", "2026-13", "issued"),
        ("issued", "last summer", "issued"),
        ("licence", "WTFPL", "licence"),
        ("belongs_to", "elsewhere", "belongs_to"),
        ("url", "javascript:alert(1)", "url"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(field: str, value: str, at: str) -> None:
    form = read(**{"creator_name_0": "Zoë", field: value})
    assert (form.facts, list(form.errors)) == (None, [at])


def test_more_rows_are_more_rows_and_no_complaint() -> None:
    form = ResourceForm.from_post({"do": "rows", "creator_name_1": "Ada"}, ("en",), is_link=True)
    assert len(form.creator_rows) == 4
    assert form.asks_for_rows
    assert (form.errors, len(form.creator_rows), form.value("creator_name_1")) == ({}, 6, "Ada")


def test_speakers_are_recognised_whatever_the_accents_and_never_by_a_shared_name() -> None:
    twins = [KnownSpeaker("a", "Ada Li", "0000-0002-1825-0097"), KnownSpeaker("b", "Ada Li")]
    people = (Creator("ZOE MULLER"), Creator("Ada Li"), Creator("Nobody", speaker="made up"))
    assert recognised(people, [ZOE, *twins]) == (
        Creator("ZOE MULLER", orcid="0000-0002-1825-0097", speaker="zoe1"),
        Creator("Ada Li"),
        Creator("Nobody"),
    )


def test_files_take_ticked_speakers_and_named_people_each_once() -> None:
    values = {"by_zoe1": "yes", "creators": "Zoe Muller\n\nRuth", "lang_fr": "yes", "kind": "slides"}
    details = FilesForm.from_post(values, ("en", "fr"), speakers=[ZOE]).details
    assert details == FileDetails(
        kind=ResourceKind.SLIDES,
        languages=("fr",),
        creators=(Creator("Zoë Müller", "presenter", "0000-0002-1825-0097", "zoe1"), Creator("Ruth")),
    )
    assert file_details(json.loads(json.dumps(details.as_json()))) == details


@pytest.mark.parametrize("text", ["2026", "2026-06", "2026-06-25", "1999-12-31"])
def test_days_months_and_years_are_dates(text: str) -> None:
    assert is_issue_date(text)


@pytest.mark.parametrize("text", ["", "26", "2026-6", "2026-02-30", "2026-00", "2026-06-25T10:00", "٢٠٢٦"])
def test_anything_else_is_none(text: str) -> None:
    assert not is_issue_date(text)


async def stage() -> tuple[Conference, Any, Resource, Resource, str]:
    conference, actor = await make_conference(), await make_organiser()
    pack = await make_pack_row(conference)
    film = await make_resource_row(conference, pack, title="Film", kind="recording", url="https://x.example")
    captions = await make_resource_row(
        conference, pack, title="Captions", kind="captions", url="https://x.example"
    )
    return conference, actor, film, captions, pack.code


async def test_topics_and_relations_stand_with_the_resource_and_every_version_is_kept(
    each_database: db.Database,
) -> None:
    conference, actor, film, captions, pack = await stage()
    await topics.save_topics(
        conference, [("", {"en": "Literacy"}), ("", {"en": "Maps"})], actor=actor, now=NOW
    )
    literacy, maps = (topic.code for topic in await topics.topics_of(conference.id))
    other = await make_conference("elsewhere")
    stranger = await make_resource_row(other, title="Theirs")

    async def change(revision: int, **facts: Any) -> ResourceFacts:
        given = ResourceFacts(ResourceKind.CAPTIONS, url="https://x.example", **facts)
        await resources.change_resource(
            conference, pack, captions.code, given, revision=revision, note="why", actor=actor, now=NOW
        )
        row = await Resource.objects().get(Resource.id == captions.id)
        assert row is not None
        return await whole_facts(row)

    told = await change(
        1,
        title={"en": "Words"},
        topics=(maps, literacy, "made-up"),
        belongs_to=film.code,
        translation_of=captions.code,
    )
    assert (told.topics, told.belongs_to, told.translation_of) == ((literacy, maps), film.code, "")
    told = await change(2, title={"en": "Words"}, licence="CC0-1.0", belongs_to=stranger.code)
    assert (told.topics, told.belongs_to) == ((), "")
    versions = await ResourceVersion.objects().order_by(ResourceVersion.number)
    assert [(one.number, json.loads(one.changes), one.note) for one in versions] == [
        (1, [], "why"),
        (2, ["licence"], "why"),
    ]
    assert json.loads(versions[0].facts)["title"] == '{"en": "Words"}'
    row = await Resource.objects().get(Resource.id == captions.id)
    assert row is not None
    assert (row.version, row.licence_agreed_by, row.licence_agreed_at) == (2, actor.label, NOW)


async def test_a_topic_emptied_is_gone_from_what_was_about_it_and_one_added_meanwhile_stays(
    each_database: db.Database,
) -> None:
    conference, actor, film, _captions, _pack = await stage()

    async def save(*named: tuple[str, str]) -> list[str]:
        names = [(code, {"en": name} if name else {}) for code, name in named]
        await topics.save_topics(conference, names, actor=actor, now=NOW)
        return [topic.code for topic in await topics.topics_of(conference.id)]

    literacy, maps = await save(("", "Literacy"), ("", "Maps"))
    row = await Topic.objects().get(Topic.code == literacy)
    assert row is not None
    await ResourceTopic(resource=film.id, topic=row.id).save()
    assert [topic.resources for topic in await topics.topics_of(conference.id)] == [1, 0]
    # A colleague who opened the page before Maps was added saves theirs.
    assert await save((literacy, "Early literacy")) == [literacy, maps]
    assert await save((maps, "Maps"), (literacy, "")) == [maps]
    assert await ResourceTopic.count() == 0
    assert await Resource.exists().where(Resource.id == film.id)


async def test_the_desk_says_everything_of_a_resource(browser: Browser) -> None:
    owner = await make_organiser()
    conference = await make_conference(owner=owner, languages=("en", "ar"))
    await sign_in_as(browser, owner)
    session = await make_session(conference, "Sourdough")
    speaker = await make_speaker(conference, "Zoë Müller", orcid="0000-0002-1825-0097")
    pack = await make_pack_row(conference, session=session.id, is_automatic=True)
    film = await make_resource_row(
        conference, pack, title="The film", kind="recording", url="https://x.example"
    )
    slides = await make_resource_row(conference, pack, title="Slides", url="https://x.example/s")
    desk = "/organise/libraries"
    answer = await browser.post_form(f"{desk}/topics", {"name_en_0": "Bread <b>", "name_ar_0": "خبز"})
    assert answer.headers["location"] == f"{desk}/topics"
    (topic,) = await topics.topics_of(conference.id)
    assert topic.name == {"en": "Bread <b>", "ar": "خبز"}
    page = await browser.get(f"{desk}/resources/{pack.code}/item/{slides.code}")
    assert "Bread &lt;b&gt;" in page.text
    assert f'<option value="{film.code}">The film</option>' in page.text
    assert '<option value="Zoë Müller"></option>' in page.text
    fields = {
        "title_en": "Slides",
        "kind": "slides",
        "url": "https://x.example/s",
        "creator_name_0": "Zoe Muller",
        "lang_ar": "yes",
        f"topic_{topic.code}": "yes",
        "acc_taggedPDF": "yes",
        "translation_of": film.code,
        "revision": "1",
    }
    more = await browser.post_form(
        f"{desk}/resources/{pack.code}/item/{slides.code}", {**fields, "do": "rows"}
    )
    assert (more.status_code, 'name="creator_name_4"' in more.text) == (200, True)
    answer = await browser.post_form(f"{desk}/resources/{pack.code}/item/{slides.code}", fields)
    assert answer.status_code == 303, text_of(answer.text)
    row = await Resource.objects().get(Resource.id == slides.id)
    assert row is not None
    facts = await whole_facts(row)
    assert facts.creators == (Creator("Zoe Muller", orcid="0000-0002-1825-0097", speaker=speaker.code),)
    assert (facts.languages, facts.topics, facts.translation_of) == (("ar",), (topic.code,), film.code)
    page = await browser.get(f"{desk}/resources/{pack.code}/item/{slides.code}")
    assert f'name="topic_{topic.code}" value="yes" checked' in page.text
    stale = await browser.post_form(
        f"{desk}/resources/{pack.code}/item/{slides.code}", {**fields, "title_en": "Other", "topic_x": "yes"}
    )
    assert stale.status_code == 409
    assert "Someone else changed this resource" in stale.text
    kept = await pack_by_code(conference.id, pack.code)
    assert kept is not None


async def test_another_file_takes_the_place_of_the_first_by_a_plain_form_too(browser: Browser) -> None:
    owner = await make_organiser()
    conference = await make_conference(owner=owner)
    await sign_in_as(browser, owner)
    pack = await make_pack_row(conference)
    resource = await make_resource_row(conference, pack)
    await make_file_row(resource, "old.txt")
    page = f"/organise/libraries/resources/{pack.code}/item/{resource.code}"

    async def send(name: str, content: bytes) -> str:
        parts = [("_csrf_token", (None, await browser.csrf())), ("note", (None, "A mistake mended"))]
        answer = await browser.post(f"{page}/file", files=[*parts, ("file", (name, content))])
        assert (answer.status_code, answer.headers["location"]) == (303, page)
        return (await browser.get(page)).text

    assert "breaks off" in await send("new.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1")
    assert "choose a file" in await send("", b"")
    assert "the old one stays in the history" in await send("new.txt", b"better")
    (item,) = await pack_items(pack.id)
    assert item.file is not None
    assert (item.file.filename, item.code) == ("new.txt", resource.code)
    (version,) = await ResourceVersion.objects()
    assert version.note == "A mistake mended"
