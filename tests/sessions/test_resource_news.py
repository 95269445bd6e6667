"""Feeds of new resources as feed readers read them, and sitemaps that name what anyone may read and nothing else."""

from __future__ import annotations

from calendar import timegm
from datetime import UTC, datetime, timedelta
from typing import Any

import feedparser
from lxml import etree

from conference import clock, db
from conference.tables import Conference
from sessions.packs.reading.news import newest_resources
from sessions.packs.tables import Resource, ResourcePack
from tests.makers import NOW, make_conference, make_organiser
from tests.pages import BASE_URL, Browser
from tests.sessions.resource_makers import make_pack_row, make_resource_row
from tests.sessions.test_resource_page import OUT, make_scene

LATER = NOW + timedelta(days=400)
HIDDEN: dict[str, dict[str, Any]] = {
    "collecting": {"state": "collecting"},
    "review": {"state": "review"},
    "withdrawn": {"state": "withdrawn"},
    "members": {**OUT, "access": "registered"},
    "there": {**OUT, "access": "attended"},
    "team": {**OUT, "access": "team"},
    "soon": {**OUT, "published_at": datetime(2100, 1, 1, tzinfo=UTC)},
    "sealed": {**OUT, "embargo_until": datetime(2100, 1, 1, tzinfo=UTC)},
    "over": {**OUT, "expires_at": NOW},
}


async def hide_some(conference: Conference) -> list[Resource]:
    """Resources that not everyone may open, each for another reason."""
    made = []
    for name, pack in HIDDEN.items():
        row = await make_pack_row(conference, f"Pack {name}", **pack)
        made.append(await make_resource_row(conference, row, title=f"Hidden {name}", first_out_at=LATER))
    open_pack = await make_pack_row(conference, "Open", **OUT)
    made.append(await make_resource_row(conference, open_pack, title="Hidden offered", state="offered"))
    return made


async def test_a_feed_reader_reads_it(browser: Browser) -> None:
    conference, pack, recording = await make_scene(browser)
    await hide_some(conference)
    newer = await make_resource_row(
        conference,
        pack,
        title="Ünïcode & <tags>",
        description='{"en": "About\\nit"}',
        first_out_at=NOW + timedelta(days=1),
        datestamp=NOW + timedelta(days=2),
    )
    for path in ("/libraries/resources.atom", "/resources.atom"):
        answer = await browser.get(path)
        assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
        read = feedparser.parse(answer.content)
        assert not read.bozo, read.get("bozo_exception")
        assert read.version == "atom10"
        assert read.feed.id == f"{BASE_URL}{path}"
        assert [link.href for link in read.feed.links if link.rel == "self"] == [f"{BASE_URL}{path}"]
        assert timegm(read.feed.updated_parsed) == int((NOW + timedelta(days=2)).timestamp())
        first, second = read.entries
        assert (first.id, first.title) == (f"{BASE_URL}/resources/{newer.code}", "Ünïcode & <tags>")
        assert first.summary == "About\nit"
        assert second.id == f"{BASE_URL}/resources/{recording.code}"
        assert [(author.name, author.get("href", "")) for author in second.authors] == [
            ("Zoë Müller", "https://orcid.org/0000-0002-1825-0097"),
            ("CILIP", ""),
        ]
        assert [(link.href, link.type, link.length) for link in second.enclosures] == [
            (f"{BASE_URL}/resources/{recording.code}/file", "video/mp4", "10000")
        ]
        assert second.license == "https://creativecommons.org/licenses/by/4.0/"
        assert [tag.term for tag in second.tags] == ["recording"]
        again = await browser.get(path, headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert "Hidden" not in answer.text


async def test_the_feed_moves_when_something_does(browser: Browser) -> None:
    _conference, _pack, recording = await make_scene(browser)
    before = (await browser.get("/resources.atom")).headers["etag"]
    await Resource.update({Resource.datestamp: NOW + timedelta(days=9)}).where(Resource.id == recording.id)
    answer = await browser.get("/resources.atom", headers={"if-none-match": before})
    assert answer.status_code == 200
    assert answer.headers["etag"] != before
    french = await browser.get("/resources.atom?lang=fr", headers={"if-none-match": answer.headers["etag"]})
    assert french.status_code == 200
    assert "Enregistrement" in french.text


async def test_an_empty_feed_is_a_feed(browser: Browser) -> None:
    await make_conference()
    for path in ("/libraries/resources.atom", "/resources.atom"):
        answer = await browser.get(path)
        read = feedparser.parse(answer.content)
        assert not read.bozo
        assert read.entries == []
        assert read.feed.updated
        assert read.feed.author


async def test_a_conference_that_is_not_listed_is_in_its_own_feed_alone(browser: Browser) -> None:
    conference, _pack, recording = await make_scene(browser)
    await Conference.update({Conference.is_listed: False}).where(Conference.id == conference.id)
    assert recording.code in (await browser.get("/libraries/resources.atom")).text
    assert recording.code not in (await browser.get("/resources.atom")).text
    assert "libraries" not in (await browser.get("/sitemap.xml")).text


def addresses(content: bytes) -> list[str]:
    names = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    root = etree.fromstring(content)
    return [str(element.text) for element in root.findall(".//s:loc", names)]


async def test_a_sitemap_names_what_anyone_may_read_and_all_of_it_answers(browser: Browser) -> None:
    conference, pack, recording = await make_scene(browser)
    hidden = await hide_some(conference)
    robots = (await browser.get("/robots.txt")).text
    assert robots.endswith(f"\n\nSitemap: {BASE_URL}/sitemap.xml\n")
    (index,) = addresses((await browser.get("/sitemap.xml")).content)
    assert index == f"{BASE_URL}/libraries/sitemap.xml"
    answer = await browser.get("/libraries/sitemap.xml")
    assert answer.headers["content-type"] == "application/xml; charset=utf-8"
    found = addresses(answer.content)
    assert len(found) == len(set(found))
    assert f"{BASE_URL}/libraries/resources/{pack.code}" in found
    assert f"{BASE_URL}/resources/{recording.code}" in found
    assert not [one for one in hidden if any(one.code in url for url in found)]
    for url in found:
        assert (await browser.get(url.removeprefix(BASE_URL))).status_code == 200, url
    secret = {
        row["code"]
        for row in await ResourcePack.select(ResourcePack.code).where(ResourcePack.access != "public")
    }
    assert not [url for url in found if url.rpartition("/")[2] in secret]


async def test_a_sitemap_of_a_conference_without_a_programme(browser: Browser) -> None:
    await make_conference(owner=await make_organiser())
    found = addresses((await browser.get("/libraries/sitemap.xml")).content)
    assert found == [f"{BASE_URL}/libraries/", f"{BASE_URL}/libraries/resources"]


async def test_what_is_new_on_both_engines(each_database: db.Database) -> None:
    conference = await make_conference()
    other = await make_conference("others")
    await hide_some(conference)
    pack, theirs = await make_pack_row(conference, **OUT), await make_pack_row(other, **OUT)
    old = await make_resource_row(conference, pack, first_out_at=NOW)
    new = await make_resource_row(conference, pack, first_out_at=NOW + timedelta(days=1))
    foreign = await make_resource_row(other, theirs, first_out_at=NOW + timedelta(hours=1))
    assert [one.code for one in await newest_resources(conference.id, clock.now())] == [new.code, old.code]
    assert [one.code for one in await newest_resources(None, clock.now())] == [
        new.code,
        foreign.code,
        old.code,
    ]
    (newest,) = await newest_resources(None, clock.now(), most=1)
    assert (newest.id, newest.datestamp) == (new.id, NOW)


async def test_feeds_and_sitemaps_cost_the_same_for_few_and_many(browser: Browser) -> None:
    conference, pack, _recording = await make_scene(browser)

    async def costs(zone: str) -> list[int]:
        browser.cookies.set("tz", zone)
        found = []
        for path in (
            "/libraries/resources.atom",
            "/resources.atom",
            "/libraries/sitemap.xml",
            "/sitemap.xml",
        ):
            with db.count_queries() as count:
                assert (await browser.get(path)).status_code == 200
            found.append(count.total)
        return found

    await costs("Etc/GMT+1")
    few = await costs("Etc/GMT+2")
    for _more in range(4):
        await make_resource_row(conference, pack, first_out_at=NOW)
    assert await costs("Etc/GMT+3") == few
