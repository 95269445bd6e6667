"""A resource at its own address: who sees what, for ever; files in pieces; what machines are told."""

from __future__ import annotations

import html
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from conference import clock, db, texts
from conference.storage import Storage
from conference.tables import Conference
from sessions.packs import contents
from sessions.packs.collecting.consents import take_down_recordings
from sessions.packs.reading.previews import make_previews
from sessions.packs.resource_packs import remove_pack
from sessions.packs.states import withdraw_pack
from sessions.packs.tables import (
    LinkCheck,
    PackItem,
    Resource,
    ResourceFile,
    ResourcePack,
    ResourceTopic,
    Tombstone,
    Topic,
)
from sessions.packs.versions import note_version
from sessions.releases.publishing import release_programme
from tests.makers import (
    NOW,
    make_conference,
    make_organiser,
    make_room,
    make_session,
    make_slot,
    make_speaker,
)
from tests.pages import BASE_URL, Browser, make_settings, open_browser, sign_in_as, text_of
from tests.people import KOLKATA_ATTENDEE
from tests.registration.cast import make_scene as make_cast
from tests.sessions.resource_makers import make_pack_row, make_resource_row
from tests.sessions.test_join_pages import sign_in as sign_in_attendee
from tests.sessions.test_previews import pdf

LINES = "".join(f"{number:04}\n" for number in range(2000)).encode()  # 10,000 octets, each piece known
OUT: dict[str, Any] = {"state": "published", "published_at": NOW - timedelta(days=1)}


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def put(browser: Browser, resource: Resource, data: bytes, name: str, media_type: str) -> None:
    """The file, in the store of the application that ``browser`` looks at."""
    storage: Storage = browser._transport.app.state.storage  # type: ignore[attr-defined]
    content = await contents.adopt(storage, await storage.put_stream(chunks(data)), now=NOW)
    await ResourceFile(
        resource=resource.id, content=content.id, filename=name, media_type=media_type, uploaded_at=NOW
    ).save()


async def make_scene(browser: Browser, **pack: Any) -> tuple[Conference, ResourcePack, Resource]:
    """A released conference with one recording in a pack that is out."""
    conference = await make_conference(owner=await make_organiser())
    zoe = await make_speaker(conference, "Zoë Müller", orcid="0000-0002-1825-0097")
    session = await make_session(conference, "Across borders", speakers=(zoe,))
    await make_slot(conference, session, await make_room(conference))
    await release_programme(conference, "First", actor="command line", now=NOW)
    row = await make_pack_row(conference, "The toolkit", **{**OUT, "first_out_at": NOW, **pack})
    resource = await make_resource_row(
        conference,
        row,
        title="Borders <b>& bridges</b>",
        kind="recording",
        session=session.id,
        languages='["en"]',
        licence="CC-BY-4.0",
        issued="2026-06-25",
        creators=json.dumps(
            [
                {
                    "name": "Zoë Müller",
                    "role": "presenter",
                    "orcid": "0000-0002-1825-0097",
                    "speaker": zoe.code,
                },
                {"name": "CILIP"},
            ]
        ),
        extent='{"seconds": 1830}',
        chapters='[{"at": 0, "title": "Welcome"}, {"at": 95, "title": "<Questions>"}]',
        accessibility='["captions"]',
        first_out_at=NOW,
    )
    await put(browser, resource, LINES, "talk.mp4", "video/mp4")
    return conference, row, resource


async def test_the_page_says_everything_to_people(browser: Browser) -> None:
    conference, pack, resource = await make_scene(browser)
    captions = await make_resource_row(
        conference, pack, title="Sous-titres", kind="captions", languages='["fr"]', belongs_to=resource.id
    )
    await put(browser, captions, b"WEBVTT\n\n00:00.000 --> 00:01.000\nBonjour\n", "c.vtt", "text/vtt")
    hidden = await make_resource_row(conference, title="Verborgen", translation_of=resource.id)
    topic = Topic(conference=conference.id, code="t1", name='{"en": "Partnerships"}')
    await topic.save()
    await ResourceTopic(resource=resource.id, topic=topic.id).save()
    await note_version(resource.id, [], actor="Ingrid", now=NOW)
    await note_version(resource.id, ["file"], actor="Ingrid", note="The sound is better", now=NOW)
    page = await browser.get(f"/resources/{resource.code}")
    assert page.status_code == 200
    text = text_of(page.text)
    for words in (
        "Borders &lt;b&gt;&amp; bridges&lt;/b&gt;",
        "Recording · English",
        "Zoë Müller presents ORCID 0000-0002-1825-0097",
        "MP4, 10 kB , 30 minutes",
        "Anyone may share and change it, also commercially, if they name the creators.",
        "Thursday 25 June 2026",
        "Partnerships",
        "It has captions.",
        "The session Across borders with Zoë Müller",
        "Resource packs it stands in: The toolkit",
        "0:00 Welcome 1:35 &lt;Questions&gt;",
        "Captions, also to read as text: French",
        "Sous-titres Captions, French",
        "The sound is better",
        f"{BASE_URL}/resources/{resource.code}",
    ):
        assert words in text, words
    assert "Ingrid" not in page.text  # who of the team did it is theirs to know
    assert "Verborgen" not in page.text
    assert hidden.code not in page.text
    assert (
        f'<track kind="captions" src="/resources/{captions.code}/file?show" srclang="fr" label="French">'
        in page.text
    )
    assert f'href="/resources/{resource.code}?t=95#player" data-seek="95"' in page.text
    assert 'src="/resources/' + resource.code + '/file?show"' in page.text
    begun = await browser.get(f"/resources/{resource.code}?t=95")
    assert f'src="/resources/{resource.code}/file?show#t=95"' in begun.text
    assert "#t=96" in (await browser.get(f"/resources/{resource.code}?t=96")).text
    for odd in ("-1", "9999999", "x", "1.5", "%D9%A3", ""):
        assert "#t=" not in (await browser.get(f"/resources/{resource.code}?t={odd}")).text
    assert 'href="/resources?topic=t1"' in page.text
    french = await browser.get(f"/resources/{resource.code}?lang=fr")
    assert "jeudi 25 juin 2026" in french.text
    assert 'srclang="fr" label="français" default' in french.text


async def test_machines_are_told_the_same(browser: Browser) -> None:
    _conference, pack, resource = await make_scene(browser)
    url = f"{BASE_URL}/resources/{resource.code}"
    page = await browser.get(f"/resources/{resource.code}")
    tags: list[tuple[str, str]] = [
        (name, html.unescape(content))
        for name, content in re.findall(r'<meta name="([^"]+)" content="([^"]*)"', page.text)
    ]
    assert [pair for pair in tags if pair[0].startswith("citation_")] == [
        ("citation_title", "Borders <b>& bridges</b>"),
        ("citation_author", "Müller, Zoë"),
        ("citation_author_orcid", "https://orcid.org/0000-0002-1825-0097"),
        ("citation_author", "CILIP"),
        ("citation_publication_date", "2026/06/25"),
        ("citation_conference_title", texts.pick(_conference.name, "en")),
        ("citation_publisher", _conference.organiser_name or texts.pick(_conference.name, "en")),
        ("citation_language", "en"),
        ("citation_public_url", url),
    ]
    assert ("DC.creator", "Zoë Müller") in tags
    assert ("DC.type", "MovingImage") in tags
    assert ("DC.identifier", url) in tags
    assert '<link rel="schema.DC" href="http://purl.org/dc/elements/1.1/">' in page.text
    (span,) = re.findall(r'<span class="Z3988" title="([^"]+)"></span>', page.text)
    context = parse_qsl(html.unescape(span), strict_parsing=True)
    assert dict(context)["rft.title"] == "Borders <b>& bridges</b>"
    assert [value for name, value in context if name == "rft.creator"] == ["Zoë Müller", "CILIP"]
    (script,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page.text)
    data = json.loads(script)
    assert data["@type"] == ["VideoObject", "LearningResource"]
    assert data["@id"] == url
    assert data["duration"] == "PT30M30S"
    assert data["contentUrl"] == f"{url}/file"
    assert data["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert data["author"][0]["@id"] == "https://orcid.org/0000-0002-1825-0097"
    assert data["author"][1] == {"@type": "Organization", "name": "CILIP"}
    assert data["hasPart"] == [
        {"@type": "Clip", "name": "Welcome", "startOffset": 0, "endOffset": 95, "url": f"{url}?t=0"},
        {"@type": "Clip", "name": "<Questions>", "startOffset": 95, "endOffset": 1830, "url": f"{url}?t=95"},
    ]
    assert data["isPartOf"] == [
        {
            "@type": "Collection",
            "@id": f"{BASE_URL}/libraries/resources/{pack.code}",
            "url": f"{BASE_URL}/libraries/resources/{pack.code}",
            "name": "The toolkit",
        }
    ]
    for needed in ("name", "description", "uploadDate"):
        assert data[needed], needed  # what search engines ask of every video


LINK = re.compile(r'<([^>]+)>; rel="([^"]+)"(?:; type="([^"]+)")?')


async def test_signposts_stand_in_the_header_and_in_a_link_set(browser: Browser) -> None:
    _conference, pack, resource = await make_scene(browser)
    url = f"{BASE_URL}/resources/{resource.code}"
    for answer in (
        await browser.get(f"/resources/{resource.code}"),
        await browser.head(f"/resources/{resource.code}"),
    ):
        assert answer.status_code == 200
        links = LINK.findall(answer.headers["link"])
        assert links == [
            (url, "cite-as", ""),
            ("https://schema.org/VideoObject", "type", ""),
            ("https://schema.org/AboutPage", "type", ""),
            ("https://orcid.org/0000-0002-1825-0097", "author", ""),
            ("https://creativecommons.org/licenses/by/4.0/", "license", ""),
            (f"{url}/cite.bib", "describedby", "application/x-bibtex"),
            (f"{url}/cite.ris", "describedby", "application/x-research-info-systems"),
            (f"{url}/cite.json", "describedby", "application/vnd.citationstyles.csl+json"),
            (f"{url}/file", "item", "video/mp4"),
            (f"{BASE_URL}/libraries/resources/{pack.code}", "collection", "text/html"),
            (f"{url}/linkset.json", "linkset", "application/linkset+json"),
        ]
        for target, relation, media_type in links:
            if relation in {"describedby", "item", "linkset"}:
                one = await browser.get(target.removeprefix(BASE_URL))
                assert one.status_code == 200
                assert one.headers["content-type"].partition(";")[0] == media_type
    body = (await browser.get(f"/resources/{resource.code}/linkset.json")).json()
    whole, back = body["linkset"]
    assert whole["anchor"] == url
    assert whole["item"] == [{"href": f"{url}/file", "type": "video/mp4"}]
    assert whole["license"] == [{"href": "https://creativecommons.org/licenses/by/4.0/"}]
    assert back == {"anchor": f"{url}/file", "collection": [{"href": url, "type": "text/html"}]}
    answer = await browser.get(f"/resources/{resource.code}/file")
    assert LINK.findall(answer.headers["link"]) == [(url, "collection", "text/html")]


async def test_citations_are_files_of_their_own_kind(browser: Browser) -> None:
    _conference, _pack, resource = await make_scene(browser)
    for extension, media_type, start in (
        ("bib", "application/x-bibtex", f"@misc{{{resource.code},"),
        ("ris", "application/x-research-info-systems", "TY  - VIDEO\r\n"),
        ("json", "application/vnd.citationstyles.csl+json", "[\n"),
        ("txt", "text/plain", "Zoë Müller, CILIP (2026-06-25): "),
    ):
        answer = await browser.get(f"/resources/{resource.code}/cite.{extension}")
        assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
        assert f'filename="{resource.code}.{extension}"' in answer.headers["content-disposition"]
        assert answer.text.startswith(start)
        assert f"{BASE_URL}/resources/{resource.code}" in answer.text
        again = await browser.get(
            f"/resources/{resource.code}/cite.{extension}", headers={"if-none-match": answer.headers["etag"]}
        )
        assert again.status_code == 304
    assert (await browser.get(f"/resources/{resource.code}/cite.xml")).status_code == 404


async def test_chapters_are_a_track_for_players(browser: Browser) -> None:
    _conference, _pack, resource = await make_scene(browser)
    answer = await browser.get(f"/resources/{resource.code}/chapters.vtt")
    assert answer.headers["content-type"] == "text/vtt; charset=utf-8"
    assert answer.text == (
        "WEBVTT\n\n00:00:00.000 --> 00:01:35.000\nWelcome\n\n00:01:35.000 --> 00:30:30.000\n&lt;Questions&gt;\n"
    )


@pytest.mark.parametrize(
    ("asked", "status", "content_range", "body"),
    [
        ({}, 200, None, LINES),
        ({"range": "bytes=0-9"}, 206, "bytes 0-9/10000", LINES[:10]),
        ({"range": "bytes=9990-"}, 206, "bytes 9990-9999/10000", LINES[9990:]),
        ({"range": "bytes=-5"}, 206, "bytes 9995-9999/10000", LINES[-5:]),
        ({"range": "bytes=9990-99999"}, 206, "bytes 9990-9999/10000", LINES[9990:]),
        ({"range": "bytes=10000-"}, 416, "bytes */10000", b""),
        ({"range": "bytes=-0"}, 416, "bytes */10000", b""),
        ({"range": "items=0-9"}, 200, None, LINES),
        ({"range": "bytes=9-0"}, 200, None, LINES),
        ({"range": "bytes=0-9", "if-range": '"another"'}, 200, None, LINES),
        ({"range": "bytes=0-9", "if-range": "Sun, 29 Nov 2026 16:16:03 GMT"}, 200, None, LINES),
        ({"range": "bytes=0-9", "if-range": "ETAG"}, 206, "bytes 0-9/10000", LINES[:10]),
    ],
)
async def test_recordings_come_in_pieces(
    browser: Browser, asked: dict[str, str], status: int, content_range: str | None, body: bytes
) -> None:
    _conference, _pack, resource = await make_scene(browser)
    path = f"/resources/{resource.code}/file?show"
    etag = (await browser.head(path)).headers["etag"]
    answer = await browser.get(
        path, headers={name: etag if value == "ETAG" else value for name, value in asked.items()}
    )
    assert (answer.status_code, answer.headers.get("content-range"), answer.content) == (
        status,
        content_range,
        body,
    )
    assert answer.headers["accept-ranges"] == "bytes"
    if status != 416:
        assert answer.headers["content-type"] == "video/mp4"
        assert answer.headers["content-disposition"].startswith("inline")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]


async def test_pieces_come_from_either_store(database: db.Database, data_dir: Path, store_url: str) -> None:
    async with open_browser(make_settings(data_dir, STORAGE_URL=store_url)) as browser:
        _conference, _pack, resource = await make_scene(browser)
        path = f"/resources/{resource.code}/file?show"
        etag = (await browser.head(path)).headers["etag"]
        found = []
        for asked in ("bytes=0-9", "bytes=-5", "bytes=9990-", "bytes=10000-", "bytes=0-4,100-104", ""):
            headers = {"range": asked, "if-range": etag} if asked else {}
            answer = await browser.get(path, headers=headers)
            found.append((answer.status_code, answer.headers.get("content-range"), len(answer.content)))
        assert found == [
            (206, "bytes 0-9/10000", 10),
            (206, "bytes 9995-9999/10000", 5),
            (206, "bytes 9990-9999/10000", 10),
            (416, "bytes */10000", 0),
            (206, None, 248),
            (200, None, 10_000),
        ]
        slides = await make_resource_row(_conference, _pack, kind="slides")
        await put(browser, slides, pdf(), "s.pdf", "application/pdf")
        assert await make_previews(browser._transport.app.state.storage, now=NOW) == 2  # type: ignore[attr-defined]
        picture = await browser.get(f"/resources/{slides.code}/preview.webp", headers={"range": "bytes=8-11"})
        assert (picture.status_code, picture.content) == (206, b"WEBP")


async def test_several_pieces_at_once(browser: Browser) -> None:
    _conference, _pack, resource = await make_scene(browser)
    answer = await browser.get(f"/resources/{resource.code}/file", headers={"range": "bytes=0-4,100-104"})
    assert answer.status_code == 206
    kind, _space, boundary = answer.headers["content-type"].partition("; boundary=")
    assert kind == "multipart/byteranges"
    parts = answer.content.split(f"--{boundary}".encode())
    assert [part.rpartition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for part in parts[1:3]] == [
        LINES[:5],
        LINES[100:105],
    ]
    assert int(answer.headers["content-length"]) == len(answer.content)


async def test_a_preview_is_shown_and_a_pdf_never_opens_in_the_page(browser: Browser) -> None:
    conference, pack, _recording = await make_scene(browser)
    slides = await make_resource_row(conference, pack, title="Slides", kind="slides")
    await put(browser, slides, pdf(pages=3), "Métadonnées.pdf", "application/pdf")
    page = await browser.get(f"/resources/{slides.code}")
    assert "preview.webp" not in page.text
    assert (await browser.get(f"/resources/{slides.code}/preview.webp")).status_code == 404
    await make_previews(browser._transport.app.state.storage, now=NOW)  # type: ignore[attr-defined]
    await browser.post_form("/organise/sign-in", {})  # any write: the page cache looks at versions again
    page = await browser.get(f"/resources/{slides.code}?tz=Asia/Kolkata")
    assert f'<img src="/resources/{slides.code}/preview.webp"' in page.text
    assert "3 pages" in text_of(page.text)
    assert f'name="citation_pdf_url" content="{BASE_URL}/resources/{slides.code}/file"' in page.text
    picture = await browser.get(f"/resources/{slides.code}/preview.webp")
    assert (picture.headers["content-type"], picture.content[8:12]) == ("image/webp", b"WEBP")
    file = await browser.get(f"/resources/{slides.code}/file?show")
    assert file.headers["content-disposition"].startswith("attachment")


async def test_a_link_is_shown_as_what_it_is(browser: Browser) -> None:
    conference, pack, _recording = await make_scene(browser)
    link = await make_resource_row(
        conference, pack, title="Elsewhere", kind="recording", url="https://www.video.example/watch?v=1"
    )
    page = await browser.get(f"/resources/{link.code}")
    assert "It lies on another site, video.example" in text_of(page.text)
    assert page.text.count("video.example/watch") == 1 + page.text.count("DC.source") + page.text.count(
        '"sameAs"'
    )
    assert "<iframe" not in page.text
    assert "<video" not in page.text
    assert (await browser.get(f"/resources/{link.code}/file")).status_code == 404
    assert ("https://www.video.example/watch?v=1", "item", "") in LINK.findall(page.headers["link"])


async def test_a_link_that_does_not_answer_says_so(browser: Browser) -> None:
    conference, pack, _recording = await make_scene(browser)
    link = await make_resource_row(conference, pack, title="Elsewhere", kind="link", url="https://x.example/")
    await LinkCheck(resource=link.id, url=link.url, next_at=NOW, dead_since=NOW).save()
    page = await browser.get(f"/resources/{link.code}")
    assert "That site has not answered since" in text_of(page.text)


async def test_captions_can_be_read_instead(browser: Browser) -> None:
    conference, pack, recording = await make_scene(browser)
    captions = await make_resource_row(
        conference, pack, title="Captions", kind="captions", languages='["en"]', belongs_to=recording.id
    )
    said = "WEBVTT\n\n00:05.000 --> 00:08.000\n<v Zoë &amp; Co>Welcome, <i>all</i>.\n\n01:35.000 --> 01:40.000\n<v Kim>A &lt;question&gt;\n"
    await put(browser, captions, said.encode(), "c.vtt", "text/vtt")
    page = await browser.get(f"/resources/{captions.code}")
    text = text_of(page.text)
    assert "What is said 0:05 Zoë &amp; Co: Welcome, all. 1:35 Kim: A &lt;question&gt;" in text
    assert f'href="/resources/{recording.code}?t=95#player"' in page.text
    broken = await make_resource_row(conference, pack, title="Broken", kind="captions")
    await put(browser, broken, b"WEBVTT\n\nnothing", "c.vtt", "text/vtt")
    page = await browser.get(f"/resources/{broken.code}")
    assert page.status_code == 200
    assert "What is said" not in page.text


async def test_who_registered_opens_it_and_no_cache_gives_it_to_others(browser: Browser) -> None:
    scene = await make_cast()
    await sign_in_attendee(browser, scene, KOLKATA_ATTENDEE)
    pack = await make_pack_row(scene.conference, "Members", **OUT, access="registered", first_out_at=NOW)
    resource = await make_resource_row(scene.conference, pack, title="The secret slides", first_out_at=NOW)
    await put(browser, resource, b"words", "s.txt", "text/plain")
    path = f"/resources/{resource.code}"
    async with Browser(transport=browser._transport, base_url=browser.base_url) as stranger:
        with clock.fixed_at(NOW):
            for _again in range(2):
                mine = await browser.get(path)
                assert mine.status_code == 200
                assert "The secret slides" in mine.text
                assert mine.headers["cache-control"] == "private, no-store"
                assert "noindex" in mine.headers["x-robots-tag"]
                theirs = await stranger.get(path)
                assert theirs.status_code == 403
                assert "secret" not in theirs.text
            assert (await browser.get(f"{path}/file")).content == b"words"
            assert (await stranger.get(f"{path}/file")).status_code == 403


async def test_who_may_open_it_is_said_and_nothing_more(browser: Browser) -> None:
    _conference, pack, resource = await make_scene(browser, access="registered")
    path = f"/resources/{resource.code}"
    answer = await browser.get(path)
    assert answer.status_code == 403
    text = text_of(answer.text)
    assert "Recording from the resource pack “The toolkit”. It opens for those who registered." in text
    assert "bridges" not in answer.text
    assert "Zoë" not in answer.text
    assert "link" not in answer.headers
    for below in ("/file", "/preview.webp", "/cite.bib", "/chapters.vtt", "/linkset.json"):
        refused = await browser.get(path + below)
        assert refused.status_code == 403, below
        assert "bridges" not in refused.text
    await ResourcePack.update({ResourcePack.access: "attended"}).where(ResourcePack.id == pack.id)
    assert "who came to the conference" in text_of((await browser.get(path)).text)
    await ResourcePack.update({ResourcePack.access: "team"}).where(ResourcePack.id == pack.id)
    assert (await browser.get(path)).status_code == 404
    await sign_in_as(browser, await make_organiser())
    seen = await browser.get(path)
    assert seen.status_code == 200
    assert seen.headers["cache-control"] == "private, no-store"
    assert 'name="robots" content="noindex"' in seen.text
    assert "citation_title" not in seen.text


async def test_before_its_day_it_is_named_and_not_opened(browser: Browser) -> None:
    _conference, _pack, resource = await make_scene(browser, embargo_until=clock.now() + timedelta(days=3))
    path = f"/resources/{resource.code}"
    page = await browser.get(path)
    assert page.status_code == 200
    assert "bridges" in page.text
    assert "It can be opened later" in text_of(page.text)
    assert "<video" not in page.text
    assert f"{path}/file" not in page.text
    assert "contentUrl" not in page.text
    assert [link for link in LINK.findall(page.headers["link"]) if link[1] == "item"] == []
    assert (await browser.get(f"{path}/file")).status_code == 403
    assert (await browser.get(f"{path}/chapters.vtt")).status_code == 403
    assert (await browser.get(f"{path}/cite.ris")).status_code == 200


async def test_what_is_gone_says_what_happened(browser: Browser) -> None:
    conference, pack, resource = await make_scene(browser)
    path = f"/resources/{resource.code}"
    owner = await make_organiser()
    await withdraw_pack(conference, pack.code, {"en": "Replaced by the <new> one."}, actor=owner, now=NOW)
    await browser.csrf()
    answer = await browser.get(f"{path}?tz=Asia/Kolkata")
    assert answer.status_code == 410
    text = text_of(answer.text)
    assert "has been withdrawn." in text
    assert "Replaced by the &lt;new&gt; one." in text
    assert "Borders &lt;b&gt;&amp; bridges&lt;/b&gt;" in text
    assert "noindex" in answer.headers["x-robots-tag"]
    assert (await browser.get(f"{path}/file")).status_code == 410
    assert (await browser.get(f"{path}/cite.bib")).status_code == 410
    assert (await browser.get(f"/libraries/resources/{pack.code}")).status_code == 410


async def test_at_somebodys_wish_nothing_of_it_is_told(browser: Browser) -> None:
    conference, _pack, resource = await make_scene(browser)
    assert resource.session is not None
    assert await take_down_recordings(conference, resource.session, is_all=True, actor="Zoë", now=NOW) == 1
    answer = await browser.get(f"/resources/{resource.code}?tz=Asia/Kolkata")
    assert answer.status_code == 410
    assert "at the wish of a person in it" in text_of(answer.text)
    assert "bridges" not in answer.text
    assert "Zoë" not in answer.text


async def test_a_title_that_only_members_knew_is_not_told_afterwards(browser: Browser) -> None:
    conference, pack, resource = await make_scene(browser, access="registered")
    never_out = await make_pack_row(conference, "For everyone, one day")
    await PackItem(pack=never_out.id, resource=resource.id).save()
    await withdraw_pack(conference, pack.code, {}, actor=await make_organiser(), now=NOW)
    answer = await browser.get(f"/resources/{resource.code}")
    assert answer.status_code == 410
    assert "bridges" not in answer.text


async def test_what_was_taken_back_expired_or_deleted(browser: Browser) -> None:
    conference, pack, resource = await make_scene(browser)
    path = f"/resources/{resource.code}"

    async def said() -> str:
        # Straight at the rule: a moment ago the page was another, and caches look twice a second.
        answer = await browser.get(f"{path}?fresh={clock.now().timestamp()}")
        assert answer.status_code == 410
        return text_of(answer.text)

    await ResourcePack.update({ResourcePack.expires_at: NOW}).where(ResourcePack.id == pack.id)
    assert "a limited time, which is over" in await said()
    await ResourcePack.update({ResourcePack.expires_at: None, ResourcePack.state: "collecting"}).where(
        ResourcePack.id == pack.id
    )
    assert "is not published at the moment" in await said()
    await PackItem.delete().where(PackItem.resource == resource.id)
    text = await said()
    assert "is not published at the moment" in text
    assert "bridges" not in text  # nothing says any more that everyone knew it
    await Resource.delete().where(Resource.id == resource.id)
    await Tombstone(
        code=resource.code,
        subject="resource",
        kind="recording",
        conference=conference.id,
        reason="replaced",
        words='{"en": "A better one is there."}',
        replaced_by="newer1",
        gone_at=NOW,
        datestamp=NOW,
    ).save()
    assert "A better one is there." in await said()
    assert 'href="/resources/newer1"' in (await browser.get(path)).text
    await Tombstone.update({Tombstone.conference: None}).where(Tombstone.code == resource.code)
    assert "has been replaced" in await said()


async def test_a_packs_code_leads_to_the_pack_and_its_end_is_told(browser: Browser) -> None:
    conference, pack, _resource = await make_scene(browser)
    answer = await browser.get(f"/resources/{pack.code}")
    assert (answer.status_code, answer.headers["location"]) == (302, f"/libraries/resources/{pack.code}")
    await remove_pack(
        conference,
        pack.code,
        storage=browser._transport.app.state.storage,  # type: ignore[attr-defined]
        actor=await make_organiser(),
        now=NOW,
    )
    for path in (f"/resources/{pack.code}", f"/libraries/resources/{pack.code}"):
        answer = await browser.get(f"{path}?fresh=1")
        assert answer.status_code == 410
        assert "has been deleted" in text_of(answer.text)


@pytest.mark.parametrize("code", ["nothing", "..%2f..", "a'--", "é", "x" * 40, "%00", "cite.bib"])
async def test_odd_addresses_are_nothing(browser: Browser, code: str) -> None:
    for below in ("", "/file", "/cite.bib", "/linkset.json"):
        assert (await browser.get(f"/resources/{code}{below}")).status_code == 404


async def test_the_page_is_cached_and_costs_the_same_for_few_and_many(browser: Browser) -> None:
    conference, pack, resource = await make_scene(browser)
    path = f"/resources/{resource.code}"

    async def cost(zone: str) -> int:
        browser.cookies.set("tz", zone)
        with db.count_queries() as count:
            assert (await browser.get(path)).status_code == 200
        return count.total

    await browser._transport.app.state.versions.refresh()  # type: ignore[attr-defined]
    await cost("Etc/GMT+9")  # from now on the release is at hand
    few = await cost("Etc/GMT+1")
    assert await cost("Etc/GMT+1") == 0
    for number in range(4):
        other = await make_resource_row(
            conference, pack, title=f"Captions {number}", kind="captions", belongs_to=resource.id
        )
        await PackItem(
            pack=(await make_pack_row(conference, f"Pack {number}", **OUT)).id, resource=resource.id
        ).save()
        await note_version(resource.id, ["title"], actor="x", now=NOW)
        assert other.id
    assert await cost("Etc/GMT+2") <= few
