"""A pack's page: order and notes, filters, and what machines are told of it."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import rispy

from conference import clock, db
from conference.tables import Conference
from sessions.packs.reading.pack_page import Shown, filters_of, shown_of
from sessions.packs.tables import PackItem, Resource, ResourcePack
from tests.makers import NOW, make_conference, make_organiser
from tests.pages import BASE_URL, Browser, sign_in_as, text_of
from tests.sessions.resource_makers import make_pack_row, make_resource_row
from tests.sessions.test_resource_page import LINK, OUT, put


async def make_scene(browser: Browser, **pack: Any) -> tuple[Conference, ResourcePack, list[Resource]]:
    """A conference with a pack of five things that is out."""
    conference = await make_conference(owner=await make_organiser(), organiser_name="CILIP")
    row = await make_pack_row(conference, "The toolkit", **{**OUT, "first_out_at": NOW, **pack})
    made = []
    for place, (kind, title, languages, licence) in enumerate(
        [
            ("guideline", "Start here", ["en"], "CC-BY-4.0"),
            ("slides", "Slides", ["en"], "CC-BY-4.0"),
            ("slides", "Diapositives", ["fr"], "CC-BY-4.0"),
            ("dataset", "Numbers", ["en", "fr"], "CC-BY-4.0"),
            ("link", "Elsewhere", ["en"], "CC-BY-4.0"),
        ]
    ):
        resource = await make_resource_row(
            conference,
            title=title,
            kind=kind,
            languages=json.dumps(languages),
            licence=licence,
            url="https://www.example.org/x" if kind == "link" else "",
        )
        note = '{"en": "Read this <first>."}' if place == 0 else "{}"
        await PackItem(pack=row.id, resource=resource.id, position=place, note=note).save()
        if kind != "link":
            await put(browser, resource, b"%d " % place * 400_000, f"{title}.txt", "text/plain")
        made.append(resource)
    return conference, row, made


async def test_the_page_shows_order_notes_sizes_and_the_bag(browser: Browser) -> None:
    _conference, pack, made = await make_scene(browser)
    page = await browser.get(f"/libraries/resources/{pack.code}")
    text = text_of(page.text)
    places = [page.text.index(f'id="{resource.code}"') for resource in made]
    assert places == sorted(places)
    assert "Guideline Read this &lt;first&gt;. Start here" in text
    assert "One zip file of 3.2 MB with 5 things in it. under a minute on a slow line" in text
    assert "TXT, 800 kB under a minute on a slow line".replace(",", ",") in text.replace(" , ", ", ")
    assert "on another site example.org" in text
    for resource in made:
        assert f'href="/resources/{resource.code}"' in page.text
    assert f'href="/resources/{made[0].code}/file" download' in page.text
    assert "CILIP (" in text


async def test_less_can_be_asked_for(browser: Browser) -> None:
    _conference, pack, made = await make_scene(browser)
    path = f"/libraries/resources/{pack.code}"

    async def seen(query: str) -> list[int]:
        page = (await browser.get(f"{path}{query}")).text
        return [place for place, resource in enumerate(made) if f'id="{resource.code}"' in page]

    assert await seen("?kind=slides") == [1, 2]
    assert await seen("?language=fr") == [2, 3]
    assert await seen("?kind=slides&language=fr") == [2]
    assert await seen("?kind=nonsense&language=xx") == [0, 1, 2, 3, 4]
    assert await seen("?kind=slides&kind=dataset") in ([1, 2], [3])
    page = (await browser.get(f"{path}?kind=slides")).text
    assert f'<a href="{path}?kind=slides" aria-current="true">Slides' in page
    assert f'<a href="{path}?kind=slides&amp;language=fr">French' in page
    assert f'<a href="{path}">All kinds' in page
    await browser._transport.app.state.versions.refresh()  # type: ignore[attr-defined]
    with db.count_queries() as count:
        for _again in range(2):
            assert (await browser.get(f"{path}?kind=dataset")).status_code == 200
        first = count.total
        for made_up in range(3):  # made-up values never fill the cache
            assert (await browser.get(f"{path}?kind={made_up}")).status_code == 200
    assert count.total > first * 3


def test_filters_appear_where_they_tell_things_apart() -> None:
    alike = [(("slides",), ("en",))] * 5
    assert filters_of(Shown(), alike, "/x", "en") == []
    assert filters_of(Shown(), [(("slides",), ("en",)), (("link",), ("fr",))], "/x", "en") == []
    mixed = [*alike, (("link",), ("en",))]
    ((name, choices),) = filters_of(Shown(kind="link"), mixed, "/x", "en")
    assert name == "kind"
    assert [(one.text, one.url, one.count, one.is_chosen) for one in choices] == [
        ("", "/x", 6, False),
        ("Slides", "/x?kind=slides", 5, False),
        ("Link", "/x?kind=link", 1, True),
    ]
    assert shown_of({"kind": "link", "language": "de"}, mixed) == Shown(kind="link")


async def test_machines_are_told_of_the_collection(browser: Browser) -> None:
    _conference, pack, made = await make_scene(browser)
    url = f"{BASE_URL}/libraries/resources/{pack.code}"
    page = await browser.get(f"/libraries/resources/{pack.code}")
    (script,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page.text)
    data = json.loads(script)
    assert data["@type"] == ["Collection", "ItemList"]
    assert (data["@id"], data["numberOfItems"]) == (url, 5)
    assert [one["position"] for one in data["itemListElement"]] == [1, 2, 3, 4, 5]
    assert [one["item"]["@id"] for one in data["itemListElement"]] == [
        f"{BASE_URL}/resources/{resource.code}" for resource in made
    ]
    assert data["itemListElement"][3]["item"]["@type"] == ["Dataset", "LearningResource"]
    assert data["inLanguage"] == ["en", "fr"]
    assert '<meta name="DC.type" content="Collection">' in page.text
    assert 'class="Z3988"' in page.text
    links = LINK.findall(page.headers["link"])
    assert links[:3] == [
        (url, "cite-as", ""),
        ("https://schema.org/Collection", "type", ""),
        ("https://schema.org/AboutPage", "type", ""),
    ]
    assert [target for target, relation, _type in links if relation == "item"] == [
        f"{BASE_URL}/resources/{resource.code}" for resource in made
    ]
    body = (await browser.get(f"/libraries/resources/{pack.code}/linkset.json")).json()
    assert body["linkset"][0]["anchor"] == url
    assert len(body["linkset"]) == 6
    cited = await browser.get(f"/libraries/resources/{pack.code}/cite.ris")
    (record,) = rispy.loads(cited.text)
    assert (record["title"], record["authors"]) == ("The toolkit", ["CILIP"])
    assert record["urls"] == [url]
    assert record["date"] == (NOW - timedelta(days=1)).strftime("%Y/%m/%d/")


async def test_a_large_pack_keeps_its_header_short(browser: Browser) -> None:
    conference, pack, _made = await make_scene(browser)
    for number in range(60):
        await make_resource_row(conference, pack, title=f"More {number}")
    answer = await browser.get(f"/libraries/resources/{pack.code}")
    assert len(answer.headers["link"]) < 6000
    assert answer.headers["link"].endswith('linkset.json>; rel="linkset"; type="application/linkset+json"')
    body = (await browser.get(f"/libraries/resources/{pack.code}/linkset.json")).json()
    assert len(body["linkset"][0]["item"]) == 65


async def test_before_its_day_a_pack_is_named_and_not_opened(browser: Browser) -> None:
    _conference, pack, made = await make_scene(browser, embargo_until=clock.now() + timedelta(days=2))
    page = await browser.get(f"/libraries/resources/{pack.code}")
    assert page.status_code == 200
    assert "It can be opened later" in text_of(page.text)
    assert "Start here" in page.text
    assert "/file" not in page.text
    assert ".zip" not in page.text
    assert "https://www.example.org/x" not in page.text
    assert (await browser.get(f"/resources/{made[0].code}/file")).status_code == 403
    await browser._transport.app.state.versions.refresh()  # type: ignore[attr-defined]
    await sign_in_as(browser, await make_organiser())
    mine = await browser.get(f"/libraries/resources/{pack.code}?tz=Asia/Kolkata")
    assert "https://www.example.org/x" in mine.text
    assert mine.headers["cache-control"] == "private, no-store"
    async with Browser(transport=browser._transport, base_url=browser.base_url) as stranger:
        theirs = await stranger.get(f"/libraries/resources/{pack.code}?tz=Asia/Kolkata")
        assert "https://www.example.org/x" not in theirs.text  # what the team sees stays in no cache


@pytest.mark.parametrize("access", ["registered", "attended", "team"])
async def test_what_is_not_for_everyone_tells_nothing_of_what_is_inside(
    browser: Browser, access: str
) -> None:
    _conference, pack, made = await make_scene(browser, access=access)
    for below in ("", "/cite.bib", "/linkset.json", ".zip"):
        answer = await browser.get(f"/libraries/resources/{pack.code}{below}")
        assert answer.status_code == (404 if access == "team" else 403), below
        assert "Diapositives" not in answer.text
        assert made[0].code not in answer.text
        assert "link" not in answer.headers


async def test_the_list_can_be_narrowed_and_says_what_packs_hold(browser: Browser) -> None:
    conference, pack, _made = await make_scene(browser)
    for number in range(3):
        other = await make_pack_row(conference, f"Data {number}", **OUT)
        await make_resource_row(conference, other, kind="dataset", languages='["ar"]')
    text = text_of((await browser.get("/libraries/resources")).text)
    assert "Guideline, Slides, Data, Link · English, French" in text
    assert "5 things to take home, 3.2 MB" in text.replace(" , ", ", ")
    narrowed = (await browser.get("/libraries/resources?kind=slides")).text
    assert pack.code in narrowed
    assert "Data 1" not in narrowed
    arabic = (await browser.get("/libraries/resources?language=ar")).text
    assert "Data 1" in arabic
    assert f"/resources/{pack.code}" not in arabic
