"""The library's page: a form without script, with what was found marked, counted, and every filter with a way out of it."""

from __future__ import annotations

import re

import httpx

from conference import db, texts
from sessions.packs.library.library import PAGE
from sessions.packs.resource_facts import Creator, creators_column
from sessions.packs.tables import PackAccess
from tests.makers import make_conference
from tests.pages import Browser, text_of
from tests.sessions.resource_makers import OUT, make_file_row, make_pack_row, shelve


def titles(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [text_of(one) for one in re.findall(r"<h2 dir=\"auto\".*?</h2>", answer.text, re.S)]


async def test_a_library_without_anything_says_so_and_where_to_go(browser: Browser) -> None:
    answer = await browser.get("/resources")
    assert "Nothing here yet" in text_of(answer.text)
    assert 'href="/"' in answer.text
    assert "noindex" not in answer.text
    assert (await browser.get("/resources/")).status_code == 200


async def test_what_is_typed_is_found_marked_and_never_trusted(browser: Browser) -> None:
    pack = await make_pack_row(await make_conference(), **OUT)
    made = await shelve(
        pack,
        {"en": "<b>Métadonnées</b>", "fr": "Étagères"},
        creators=creators_column([Creator("Zoë <Müller>")]),
        description=texts.encode({"en": "For “everyone” & <script>alert(1)</script> metadata " + "x " * 300}),
        issued="2026-06",
    )
    await make_file_row(made, "deck.pptx", size=1_400_000)
    await shelve(pack, {"en": "Something else"}, kind="recording", licence="InC")
    answer = await browser.get("/resources", params={"q": "METADON"})
    assert titles(answer) == ["&lt;b&gt; Métadonnées &lt;/b&gt;"]
    assert f'<a href="/resources/{made.code}">&lt;b&gt;<mark>Métadonnées</mark>&lt;/b&gt;</a>' in answer.text
    assert "<script>alert" not in answer.text
    assert "1 thing to take home" in text_of(answer.text)
    assert "Zoë &lt;Müller&gt;" in answer.text
    assert '<time datetime="2026-06">June 2026</time>' in answer.text
    assert "PPTX" in answer.text
    assert '<meta name="robots" content="noindex, follow">' in answer.text
    # A title in another language is shown where it is what was found; a person and the description are marked too.
    assert (
        '<p class="holding__also" dir="auto" lang="fr"><mark>Étagères</mark></p>'
        in (await browser.get("/resources?q=etag")).text
    )
    assert "<mark>Müller</mark>" in (await browser.get("/resources?q=muller")).text
    assert (
        "<mark>script</mark>&gt;<mark>alert</mark>" in (await browser.get("/resources?q=script+alert")).text
    )


async def test_each_filter_has_a_count_an_address_and_a_way_out(browser: Browser) -> None:
    first = await make_pack_row(await make_conference(), **OUT)
    second = await make_pack_row(await make_conference("second", name={"en": "Second one"}), **OUT)
    await shelve(first, {"en": "One"})
    await shelve(first, {"en": "Two"}, kind="recording", languages='["ar"]')
    await shelve(second, {"en": "Three"}, licence="CC0-1.0")
    answer = await browser.get("/resources?kind=slides&conference=second&lang=en")
    assert titles(answer) == ["Three"]
    shown = re.findall(
        r'name="(\w+)" value="([\w.-]+)" form="library"( checked)?>.*?figures">(\d+)<', answer.text
    )
    assert shown == [
        ("kind", "slides", " checked", "1"),
        ("conference", "second", " checked", "1"),
        ("conference", "libraries", "", "1"),
    ]
    outs = re.findall(r'<li><a href="([^"]*)"><span class="visually-hidden">Take off: (\w+)', answer.text)
    assert outs == [("/resources?conference=second", "Kind"), ("/resources?kind=slides", "Conference")]
    assert titles(await browser.get(outs[0][0])) == ["Three"]
    assert titles(await browser.get(outs[1][0])) == ["Three", "One"]
    # Nothing fits: what stands in the way is named, with what there would be without it.
    answer = await browser.get("/resources?q=two&kind=slides")
    assert "Nothing fits" in text_of(answer.text)
    assert re.findall(r'<li><a href="([^"]*)">without <bdi>(.*?)</bdi>', answer.text) == [
        ("/resources?q=two", "Slides"),
        ("/resources?kind=slides", "“two”"),
    ]


async def test_pages_are_linked_and_a_page_costs_the_same_queries_for_one_and_for_many(
    browser: Browser,
) -> None:
    pack = await make_pack_row(await make_conference(), **OUT)
    await shelve(pack, {"en": "Open 0"})
    await browser.get("/resources?q=open")
    with db.count_queries() as few:
        await browser.get("/resources?q=open")
    for number in range(1, 2 * PAGE + 1):
        await shelve(pack, {"en": f"Open {number}"})
    with db.count_queries() as many:
        answer = await browser.get("/resources?q=open")
    assert many.total == few.total
    assert len(titles(answer)) == PAGE
    assert 'rel="next" href="/resources?q=open&amp;page=2"' in answer.text
    second = await browser.get("/resources?q=open&page=2")
    assert "Page 2 of 3" in text_of(second.text)
    assert f'<ol class="holdings" start="{PAGE + 1}">' in second.text
    assert titles(await browser.get("/resources?q=open&page=900")) == ["Open 0"]
    assert "Newest first" in second.text


async def test_nothing_typed_into_the_address_breaks_the_page(browser: Browser) -> None:
    pack = await make_pack_row(await make_conference(), **OUT)
    await shelve(pack, {"en": "One"})
    await shelve(
        await make_pack_row(await make_conference("closed"), access=PackAccess.REGISTERED, **OUT),
        {"en": "Two"},
    )
    for query in (
        "q=%00", "q=%FF%FE", "q=" + "a" * 5000, "q=%22", "q='&kind='", "page=-1", "page=99999999999", "page=%D9%A3",
        "kind=slides&" * 300, "topic=" + "x" * 500, "language=../../etc", "conference=nonesuch", "sort=%F0%9F%99%82",
        "topic=nonesuch", "q=%E2%80%AE%E2%80%8F", "licence=CC-BY-4.0%00",
    ):  # fmt: skip
        answer = await browser.get(f"/resources?{query}")
        assert answer.status_code == 200, query
        assert "Two" not in text_of(answer.text)


async def test_a_page_that_is_there_already_is_not_sent_again(browser: Browser) -> None:
    await shelve(await make_pack_row(await make_conference(), **OUT), {"en": "One"})
    answer = await browser.get("/resources?q=one")
    assert answer.headers["content-encoding"] == "gzip"
    assert "x-meridian-shared" not in answer.headers
    again = await browser.get("/resources?q=one", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await browser.get("/resources?q=one&lang=fr")).cookies["lang"] == "fr"


async def test_the_library_is_linked_from_the_front_page_and_from_conferences(browser: Browser) -> None:
    pack = await make_pack_row(await make_conference(), **OUT)
    await shelve(pack, {"en": "One"})
    assert 'href="/resources"' in (await browser.get("/")).text
    assert 'href="/resources?conference=libraries"' in (await browser.get("/libraries/resources")).text
