"""The library finds what anyone may open, the same on both engines, in any script, whatever is typed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup, escape

from conference import db, texts
from conference.tables import Conference
from sessions.packs.library.library import PAGE, look_up
from sessions.packs.library.library_asked import Asked, read_asked
from sessions.packs.resource_facts import Creator, creators_column
from sessions.packs.search_index import fts_match, index_lacking, index_resources, tsquery, tsvector
from sessions.packs.search_words import Phrase, excerpt, marked, read_search, words_in
from sessions.packs.tables import (
    PackAccess,
    PackState,
    Resource,
    ResourcePack,
    ResourceState,
    ResourceTopic,
    Topic,
)
from tests.makers import NOW, make_conference
from tests.sessions.resource_makers import make_pack_row, make_resource_row

# --- words, without a database ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Métadonnées à l’école", ["metadonnees", "a", "l", "ecole"]),
        ("Łódź, STRASSE Straße", ["lodz", "strasse", "strasse"]),
        ("e-mail 2.0 ٢٠٢٦", ["e", "mail", "2", "0", "2026"]),
        ("المكتبات العامة والقراءة", ["مكتبات", "عامه", "قراءه"]),
        ("کتابخانه‌ها", ["كتابخانهها"]),  # Persian: the invisible joint is no letter
        ("മലയാളം ഗ്രന്ഥശാലകൾ", ["മലയാളം", "ഗരനഥശാലകള"]),
        ("図書館のデータ2026年", ["図", "書", "館", "の", "テ", "ー", "タ", "2026", "年"]),
        ("ห้องสมุด", ["ห", "อ", "ง", "ส", "ม", "ด"]),
        ("<b>&amp;</b> ' OR 1=1; --", ["b", "amp", "b", "or", "1", "1"]),
        ("", []),
        ("¶ … ‘’", []),
    ],
)
def test_words_are_cut_in_every_script(text: str, words: list[str]) -> None:
    assert [word.text for word in words_in(text)] == words


def test_a_word_of_endless_letters_is_compared_by_its_beginning() -> None:
    assert [len(word.text) for word in words_in("a" * 5000)] == [80]


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("", []),
        ('"', []),
        ("???", []),
        ("open", [[Phrase(("open",)), Phrase(("open",), True)]]),
        ("open open", [[Phrase(("open",)), Phrase(("open",), True)]]),
        ('"Open Access"', [[Phrase(("open", "access"))]]),
        ("„offener Zugang“", [[Phrase(("offener", "zugang"))]]),
        ('"open acc', [[Phrase(("open", "acc")), Phrase(("open", "acc"), True)]]),
        ("e-mai", [[Phrase(("e", "mai")), Phrase(("e", "mai"), True)]]),
        ("المك", [[Phrase(("المك",)), Phrase(("المك",), True), Phrase(("مك",), True)]]),
    ],
)
def test_what_is_typed_becomes_phrases(typed: str, terms: list[list[Phrase]]) -> None:
    assert [list(term) for term in read_search(typed).terms] == terms


@pytest.mark.parametrize(
    ("text", "typed", "shown"),
    [
        ("Opening up libraries", "open", "<mark>Opening</mark> up libraries"),
        ("Reopen it", "open", "Reopen it"),
        ("<i>Métadonnées</i>", "metad", "&lt;i&gt;<mark>Métadonnées</mark>&lt;/i&gt;"),
        ("open data, open access", '"open access"', "open data, <mark>open access</mark>"),
        ("図書館のデータ", "図書館", "<mark>図書館</mark>のデータ"),
        ("المكتبات العامة", "مكتبات", "<mark>المكتبات</mark> العامة"),
        ("ห้องสมุด", "สมุด", "ห้อง<mark>สมุด</mark>"),
        ("Straße", "strass", "<mark>Straße</mark>"),
    ],
)
def test_what_was_found_is_marked(text: str, typed: str, shown: str) -> None:
    assert marked(text, read_search(typed)) == Markup(shown)


def test_an_excerpt_is_cut_around_what_was_found() -> None:
    text = "word " * 100 + "Rwanda" + " other" * 100
    shown = excerpt(text, read_search("rwanda"))
    assert "<mark>Rwanda</mark>" in shown
    assert shown.startswith("… word ")
    assert shown.endswith(" other …")
    assert len(shown) < 270
    assert excerpt(text, read_search("kigali")) == Markup("")


@given(st.text(max_size=250), st.text(max_size=200))
def test_nothing_typed_or_written_breaks_the_marking(text: str, typed: str) -> None:
    shown = marked(text, read_search(typed))
    assert shown.replace("<mark>", "").replace("</mark>", "") == str(escape(text))


@given(st.text(max_size=250))
def test_what_engines_are_given_holds_only_words(typed: str) -> None:
    search = read_search(typed)
    allowed = set("()\"'*<-> &|:OR AND¶")
    for made in (fts_match(search), tsquery(search)):
        assert all(letter in allowed or letter.isalnum() or ord(letter) > 127 for letter in made)
    assert "'" not in fts_match(search)
    assert tsvector(([typed], [], [])).count("'") == 2 * len({word.text for word in words_in(typed)})


# --- the address -----------------------------------------------------------------------------------------------------


def test_an_address_is_read_and_written_back() -> None:
    pairs = [
        ("q", "  open   access "),
        ("kind", "slides"),
        ("kind", "recording"),
        ("kind", "nonsense"),
        ("language", "pt"),
        ("language", "' OR 1=1"),
        ("licence", "CC-BY-4.0"),
        ("page", "3"),
        ("lang", "fr"),
    ]
    asked = read_asked(pairs)
    assert asked == Asked(
        "open access",
        {"kind": ("slides", "recording"), "language": ("pt",), "licence": ("CC-BY-4.0",)},
        page=3,
    )
    assert asked.address("/resources") == (
        "/resources?q=open+access&kind=slides&kind=recording&language=pt&licence=CC-BY-4.0&page=3"
    )
    assert (
        asked.without("kind", "slides").address("/")
        == "/?q=open+access&kind=recording&language=pt&licence=CC-BY-4.0"
    )
    assert asked.without("q").address("/") == "/?kind=slides&kind=recording&language=pt&licence=CC-BY-4.0"
    assert read_asked([("page", "0"), ("sort", "?"), ("q", "\0")]) == Asked()


@given(
    st.lists(
        st.tuples(st.sampled_from(["q", "kind", "language", "topic", "page", "sort"]), st.text(max_size=40))
    )
)
def test_reading_an_address_again_changes_nothing(pairs: list[tuple[str, str]]) -> None:
    asked = read_asked(pairs)
    assert read_asked(asked.pairs()) == asked


# --- on both engines -------------------------------------------------------------------------------------------------


async def pack(conference: Conference, **columns: Any) -> ResourcePack:
    """A pack that is out."""
    columns = {"state": PackState.PUBLISHED, "published_at": NOW - timedelta(days=1), **columns}
    return await make_pack_row(conference, **columns)


async def resource(
    conference: Conference, *packs: ResourcePack, title: Any = "Slides", **columns: Any
) -> Resource:
    """A resource, in the index."""
    said = {"licence": "CC-BY-4.0", "first_out_at": NOW, **columns}
    for name in ("description",):
        if name in said:
            said[name] = texts.encode(said[name])
    made = await make_resource_row(conference, *packs, **said)
    if isinstance(title, str):
        title = {"en": title}
    await Resource.update({Resource.title: texts.encode(title)}).where(Resource.id == made.id)
    await index_resources([made.id])
    return made


async def titles(typed: str = "", **asked: Any) -> list[str]:
    found = await look_up(Asked(typed, **asked), NOW)
    assert found.total == len(found.resources)
    return [next(iter(one.title.values())) for one in found.resources]


SHELF = (
    "Métadonnées à l’école",
    "Open access for all",
    "Opening hours",
    "المكتبات العامة",
    "മലയാളം ഗ്രന്ഥശാലകൾ",
    "図書館のデータ",
    "ห้องสมุดประชาชน",
    "Bibliotheken in Łódź",
    "C++ & <script>alert(1)</script>",
)
FOUND = [
    ("metadonnees", ["Métadonnées à l’école"]),
    ("MÉTADON", ["Métadonnées à l’école"]),
    ("ecole metadonnees", ["Métadonnées à l’école"]),
    ("l'école", ["Métadonnées à l’école"]),
    ("open", ["Open access for all", "Opening hours"]),  # the whole word first
    ('"open"', ["Open access for all"]),
    ('"open acc', ["Open access for all"]),
    ('"access open"', []),
    ("acces for", ["Open access for all"]),
    ("مكتبات", ["المكتبات العامة"]),
    ("المك", ["المكتبات العامة"]),
    ("العامه", ["المكتبات العامة"]),
    ("മലയാള", ["മലയാളം ഗ്രന്ഥശാലകൾ"]),
    ("書館", ["図書館のデータ"]),
    ("館書", []),
    ("データ", ["図書館のデータ"]),
    ("สมุด", ["ห้องสมุดประชาชน"]),
    ("lodz", ["Bibliotheken in Łódź"]),
    ("script alert", ["C++ & <script>alert(1)</script>"]),
    ("nothing", []),
]
HOSTILE = [
    '"', '""', "'", "*", "a*", "NEAR(a b)", "title : x", "-x", "NOT", "AND OR", "(", "{title}", "^a", "a'b", "\\",
    "'x' & 'y'", "!x", "<->", "x:*A", "%", "_", "\0", "\ud800".encode("utf-8", "replace").decode(), "🙂", "a" * 4000,
    "ﷺ", "\u202ex", "{}", "{0}", "$1", "?", "x; DROP TABLE resource;", " ".join("abcdefghijklmnopqrstuvwxyz" * 4),
]  # fmt: skip


async def test_words_are_found_alike_on_both_engines_and_nothing_typed_is_an_error(
    each_database: db.Database,
) -> None:
    conference = await make_conference()
    out = await pack(conference)
    for title in SHELF:
        await resource(conference, out, title=title)
    assert {typed: await titles(typed) for typed, _found in FOUND} == dict(FOUND)
    for typed in HOSTILE:
        found = await look_up(read_asked([("q", typed)]), NOW)
        assert found.total == len(found.resources), typed


async def test_titles_come_before_people_before_descriptions(each_database: db.Database) -> None:
    conference = await make_conference()
    out = await pack(conference)
    person = creators_column([Creator("Amina Bello", orcid="0000-0002-1825-0097")])
    await resource(
        conference, out, title="Words", description={"en": "What Amina said. " + "Much more. " * 20}
    )
    await resource(conference, out, title="Person", creators=person)
    await resource(conference, out, title="A talk with Amina")
    assert await titles("amina") == ["A talk with Amina", "Person", "Words"]
    assert await titles("0000-0002-1825-0097") == ["Person"]


async def test_a_phrase_does_not_reach_from_one_text_into_the_next(each_database: db.Database) -> None:
    conference = await make_conference()
    out = await pack(conference)
    await resource(conference, out, title={"en": "Open", "fr": "access"})
    assert await titles('"open access"') == []
    assert await titles("open access") == ["Open"]


async def test_only_what_anyone_may_open_is_found_or_counted(each_database: db.Database) -> None:
    conference = await make_conference()
    hidden = await make_conference("hidden", is_listed=False)
    day = timedelta(days=1)
    await resource(conference, await pack(conference), title="seen")
    closed: list[dict[str, Any]] = [
        {"state": PackState.COLLECTING},
        {"state": PackState.REVIEW},
        {"state": PackState.WITHDRAWN},
        {"access": PackAccess.REGISTERED},
        {"access": PackAccess.ATTENDED},
        {"access": PackAccess.TEAM},
        {"published_at": NOW + day},
        {"expires_at": NOW},
        {"embargo_until": NOW + day},
    ]
    topic = Topic(conference=conference.id, code="secret", name=texts.encode({"en": "Secret"}))
    await topic.save()
    for number, columns in enumerate(closed):
        made = await resource(
            conference, await pack(conference, **columns), title=f"closed {number}", kind="dataset",
            languages='["sw"]', licence="InC",
        )  # fmt: skip
        await ResourceTopic(resource=made.id, topic=topic.id).save()
    await resource(conference, title="in no pack", kind="dataset")
    for state in (ResourceState.OFFERED, ResourceState.WITHDRAWN):
        await resource(conference, await pack(conference), title="not ready", state=state, kind="dataset")
    await resource(hidden, await pack(hidden), title="unlisted", kind="dataset")
    found = await look_up(Asked(), NOW)
    assert [one.title["en"] for one in found.resources] == ["seen"]
    assert found.total == 1
    assert found.counts == {
        "kind": {"other": 1},
        "licence": {"CC-BY-4.0": 1},
        "conference": {"libraries": 1},
        "language": {},
        "topic": {},
    }
    for typed in ("closed", "pack", "ready", "unlisted", "secret"):
        assert (await look_up(Asked(typed), NOW)).total == 0
    assert (await look_up(Asked(chosen={"kind": ("dataset",)}), NOW)).total == 0
    assert (await look_up(Asked(chosen={"conference": ("hidden",)}), NOW)).total == 0
    # What opens later is found from then on, and not a moment before.
    assert [(await look_up(Asked(), NOW + after)).total for after in (day - timedelta(seconds=1), day)] == [
        1,
        3,
    ]


async def test_filters_are_alternatives_within_and_demands_between(each_database: db.Database) -> None:
    first, second = await make_conference("first"), await make_conference("second")
    one, other = await pack(first), await pack(second)
    topics = []
    for conference, name in (
        (first, {"en": "Open access"}),
        (second, {"en": "open Access", "fr": "Accès libre"}),
    ):
        topic = Topic(conference=conference.id, code=f"topic{conference.id}", name=texts.encode(name))
        await topic.save()
        topics.append(topic)
    a = await resource(first, one, title="A", kind="slides", languages='["en", "en-GB", "fr"]')
    b = await resource(second, other, title="B", kind="recording", languages='["pt-BR"]', licence="InC")
    await resource(second, other, title="C", kind="slides", languages='["pt"]')
    await ResourceTopic(resource=a.id, topic=topics[0].id).save()
    await ResourceTopic(resource=b.id, topic=topics[1].id).save()

    async def seen(**chosen: tuple[str, ...]) -> list[str]:
        return sorted(await titles(chosen=chosen))

    assert await seen(kind=("slides",)) == ["A", "C"]
    assert await seen(kind=("slides", "recording")) == ["A", "B", "C"]
    assert await seen(kind=("slides",), conference=("second",)) == ["C"]
    assert await seen(language=("pt",)) == ["B", "C"]
    assert await seen(topic=(topics[0].code,)) == ["A", "B"]  # topics of one name are one
    assert await seen(topic=(topics[1].code,)) == ["A", "B"]
    assert await seen(topic=("nonesuch",)) == []
    found = await look_up(Asked(chosen={"kind": ("slides",), "conference": ("second",)}), NOW)
    assert found.counts == {
        "kind": {"slides": 1, "recording": 1},
        "licence": {"CC-BY-4.0": 1},
        "conference": {"first": 1, "second": 1},
        "language": {"pt": 1},
        "topic": {},
    }
    assert found.without == {"kind": 2, "conference": 2}
    found = await look_up(Asked(), NOW)
    assert found.counts["language"] == {"en": 1, "fr": 1, "pt": 2}
    assert found.counts["topic"] == {topics[0].code: 2}
    found = await look_up(Asked("A", chosen={"kind": ("recording",)}), NOW)
    assert (found.total, found.without) == (0, {"kind": 1, "q": 1})


async def test_pages_hold_everything_once_and_ask_no_more_of_the_database(each_database: db.Database) -> None:
    conference = await make_conference()
    out = await pack(conference)
    await resource(conference, out, title="open 0")
    with db.count_queries() as few:
        await look_up(Asked("open"), NOW)
    for number in range(1, 2 * PAGE + 5):
        await resource(conference, out, title=f"open {number}")
    with db.count_queries() as many:
        first = await look_up(Asked("open"), NOW)
    assert many.total == few.total == 7
    pages = [first, *[await look_up(Asked("open", page=number), NOW) for number in (2, 3, 99)]]
    assert [(one.page, one.pages, one.total, len(one.resources)) for one in pages] == [
        (1, 3, 45, 20), (2, 3, 45, 20), (3, 3, 45, 5), (3, 3, 45, 5),
    ]  # fmt: skip
    shown = [one.code for page in pages[:3] for one in page.resources]
    assert len(shown) == len(set(shown)) == 45


async def test_what_the_index_lacks_is_brought_into_it(each_database: db.Database) -> None:
    conference = await make_conference()
    await make_resource_row(conference, await pack(conference), title="Forgotten")
    assert await titles("forgotten") == []
    assert await index_lacking(NOW) == 1
    assert await titles("forgotten") == ["Forgotten"]
    assert await index_lacking(NOW) == 0
