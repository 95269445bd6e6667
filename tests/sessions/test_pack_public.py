"""Resource packs as everyone, those registered and those who were there see them."""

from __future__ import annotations

import asyncio
import io
import zipfile
from pathlib import Path

import bagit

from conference import clock, db
from registration.attending.tables import Presence
from registration.tables import Registration
from sessions.packs import queries
from sessions.tables import Room
from tests.makers import NOW, make_session
from tests.pages import Browser, sign_in_as, text_of
from tests.people import KOLKATA_ATTENDEE
from tests.registration.cast import make_scene
from tests.sessions.pack_desk import DESK, PDF, codes, desk, kept_files, make_pack, publish, send
from tests.sessions.test_join_pages import sign_in as sign_in_attendee
from tests.shared import data_path


async def test_a_pack_goes_from_the_desk_to_everyone(browser: Browser, stranger: Browser) -> None:
    await desk(browser)
    page = await browser.get(DESK)
    assert "No packs yet" in page.text
    assert (await stranger.get("/libraries/resources")).text.count("Nothing here yet") == 1
    pack = await make_pack(browser, note_en="With thanks to **everyone**.")
    answer = await send(
        browser, pack, ("Opening.pdf", PDF), ("Notes on catalogues.txt", b"text"), lang_en="yes"
    )
    assert (answer.status_code, answer.headers["location"]) == (303, f"{DESK}/{pack}")
    page = await browser.get(f"{DESK}/{pack}")
    assert "2 files are added." in page.text
    assert "Notes on catalogues" in page.text
    answer = await browser.post_form(
        f"{DESK}/{pack}/links",
        {
            "url": "https://video.example/opening",
            "title_en": "The recording",
            "kind": "recording",
            "licence": "InC",
            "creator_name_0": "Zoë Müller",
            "creator_name_2": "Ruth Okafor",
        },
    )
    assert answer.status_code == 303
    assert (await stranger.get(f"/libraries/resources/{pack}")).status_code == 404
    preview = await browser.get(f"/libraries/resources/{pack}")
    assert "Not published yet" in preview.text
    await publish(browser, pack)
    page = await stranger.get("/libraries/resources")
    assert f'href="/libraries/resources/{pack}"' in page.text
    assert "3 things to take home" in text_of(page.text)
    page = await stranger.get(f"/libraries/resources/{pack}")
    text = text_of(page.text)
    assert "With thanks to everyone" in text
    assert "Handout" in text
    assert "CC-BY-4.0" in text
    assert "Zoë Müller, Ruth Okafor" in text
    assert 'href="https://video.example/opening"' in page.text
    assert "on another site" in text
    assert "Anyone may share and change it" in text
    assert page.headers["etag"]
    first, *_rest = await codes(pack)
    file = await stranger.get(f"/libraries/resources/{pack}/{first}")
    assert file.content == PDF
    answer = await browser.post_form(f"{DESK}/{pack}/unpublish")
    assert answer.status_code == 303
    for path in (f"/libraries/resources/{pack}", f"/libraries/resources/{pack}/{first}"):
        assert (await stranger.get(path)).status_code == 410  # an address once known answers for ever
    assert pack not in (await stranger.get("/libraries/resources")).text


async def test_a_file_comes_whole_in_ranges_or_not_at_all(browser: Browser, stranger: Browser) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    content = bytes(range(256)) * 4000
    await send(browser, pack, ("Métadonnées “2026”.pdf", PDF + content))
    await publish(browser, pack)
    (code,) = await codes(pack)
    url, size = f"/libraries/resources/{pack}/{code}", len(PDF + content)
    whole = await stranger.get(url)
    assert whole.content == PDF + content
    assert whole.headers["content-type"] == "application/pdf"
    disposition = whole.headers["content-disposition"]
    assert disposition.startswith("attachment; filename=")
    assert "filename*=UTF-8''M%C3%A9tadonn%C3%A9es" in disposition
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert whole.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert "set-cookie" not in whole.headers
    head = await stranger.head(url)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(size), b"")
    part = await stranger.get(url, headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, (PDF + content)[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{size}"
    beyond = await stranger.get(url, headers={"range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    known = await stranger.get(url, headers={"if-none-match": whole.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    shown = await stranger.get(f"{url}?show")
    assert shown.headers["content-disposition"].startswith("attachment")  # a PDF never opens in place


async def test_a_recording_plays_in_the_page_with_its_captions(browser: Browser) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    video = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0" * 100
    captions = b"WEBVTT\n\n00:00.000 --> 00:04.000\nWelcome\n"
    answer = await send(browser, pack, ("Talk.mp4", video), ("Talk.vtt", captions), lang_en="yes")
    assert answer.status_code == 303, text_of(answer.text)
    await publish(browser, pack)
    film, words = await codes(pack)
    assert f'href="/resources/{film}#player"' in (await browser.get(f"/libraries/resources/{pack}")).text
    page = (await browser.get(f"/resources/{film}")).text
    assert f' src="/resources/{film}/file?show">' in page
    assert (
        f'<track kind="captions" src="/resources/{words}/file?show" srclang="en" label="English" default>'
        in page
    )
    shown = await browser.get(f"/libraries/resources/{pack}/{film}?show", headers={"range": "bytes=0-3"})
    assert (shown.status_code, shown.content) == (206, video[:4])
    assert shown.headers["content-disposition"].startswith("inline")


async def test_the_zip_is_a_valid_bag_and_the_same_each_time(
    browser: Browser, stranger: Browser, tmp_path: Path
) -> None:
    await desk(browser)
    pack = await make_pack(browser, "Tout à emporter")
    await send(browser, pack, ("Übersicht.pdf", PDF), ("Übersicht.pdf", PDF + b"%"), ("a.txt", b"one"))
    await browser.post_form(
        f"{DESK}/{pack}/links",
        {"url": "https://video.example/1", "title_en": "Film", "kind": "recording", "licence": "InC"},
    )
    await publish(browser, pack)
    url = f"/libraries/resources/{pack}.zip"
    first, second = await stranger.get(url), await stranger.get(url)
    assert first.status_code == 200
    assert first.content == second.content
    assert first.headers["content-length"] == str(len(first.content))
    assert first.headers["etag"] == second.headers["etag"]
    assert 'filename="libraries-Tout-a-emporter.zip"' in first.headers["content-disposition"]
    known = await stranger.get(url, headers={"if-none-match": first.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    head = await stranger.head(url)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == first.headers["content-length"]
    with zipfile.ZipFile(io.BytesIO(first.content)) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "out")
    (folder,) = (tmp_path / "out").iterdir()
    assert bagit.Bag(str(folder)).validate()
    check = ["sha512sum", "--strict", "-c", "manifest-sha512.txt"]
    sums = await asyncio.create_subprocess_exec(*check, cwd=folder, stdout=asyncio.subprocess.DEVNULL)
    assert await sums.wait() == 0
    assert "https://video.example/1" in (folder / "data" / "index.html").read_text()
    assert b"one" in {path.read_bytes() for path in folder.rglob("*.txt")}
    await send(browser, pack, ("b.txt", b"two"))
    assert (await stranger.get(url)).headers["etag"] != first.headers["etag"]


async def test_a_zip_with_a_lost_file_is_refused_before_it_begins(browser: Browser, data_dir: Path) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    await send(browser, pack, ("a.txt", b"one"), ("b.txt", b"two"))
    await publish(browser, pack)
    next(iter(kept_files(data_dir))).unlink()
    answer = await browser.get(f"/libraries/resources/{pack}.zip")
    assert answer.status_code == 503
    assert "cannot be found just now" in answer.text


async def test_packs_for_those_registered_open_for_them_only(database: db.Database, browser: Browser) -> None:
    scene = await make_scene()
    await sign_in_as(browser, scene.organiser)
    pack = await make_pack(browser, "Members’ notes", access="registered")
    await send(browser, pack, ("Secret minutes.txt", b"confidential"))
    with clock.fixed_at(NOW):
        await publish(browser, pack)
    (code,) = await codes(pack)
    paths = [f"/libraries/resources/{pack}{rest}" for rest in ("", f"/{code}", ".zip")]
    async with Browser(transport=browser._transport, base_url=browser.base_url) as other:
        listed = await other.get("/libraries/resources")
        assert "Members’ notes" in listed.text
        assert "for those registered" in listed.text
        for path in paths:
            for method in ("GET", "HEAD"):
                gate = await other.request(method, path)
                assert gate.status_code == 403, path
                assert "Secret minutes" not in gate.text
                assert b"confidential" not in gate.content
                assert gate.headers["cache-control"] == "private, no-store"
        gate = await other.get(paths[0])
        assert 'action="/libraries/me/link"' in gate.text
        assert 'href="/libraries/register"' in gate.text
        await sign_in_attendee(other, scene, KOLKATA_ATTENDEE)
        with clock.fixed_at(NOW):
            page = await other.get(paths[0])
            assert page.status_code == 200
            assert "Secret minutes" in page.text
            assert "no-store" in page.headers["cache-control"]
            assert (await other.get(paths[1])).content == b"confidential"
            assert (await other.get(paths[2])).content.startswith(b"PK")
    async with Browser(transport=browser._transport, base_url=browser.base_url) as third:
        assert (await third.get(paths[0])).status_code == 403  # nothing of it stayed in a cache


async def test_a_public_pack_made_private_is_private_at_once(browser: Browser, stranger: Browser) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    await send(browser, pack, ("a.txt", b"one"))
    await publish(browser, pack)
    assert (await stranger.get(f"/libraries/resources/{pack}")).status_code == 200
    answer = await browser.post_form(
        f"{DESK}/{pack}/edit", {"title_en": "Everything", "access": "registered", "revision": "1"}
    )
    assert answer.status_code == 303
    assert (await stranger.get(f"/libraries/resources/{pack}")).status_code == 403


async def test_a_session_of_the_draft_is_not_named_on_public_pages(
    browser: Browser, stranger: Browser
) -> None:
    conference = await desk(browser)
    session = await make_session(conference, "A surprise guest")
    pack = await make_pack(browser, "Handout", session=session.code)
    await send(browser, pack, ("a.txt", b"one"))
    await publish(browser, pack)
    for path in ("/libraries/resources", f"/libraries/resources/{pack}"):
        page = await stranger.get(path)
        assert "Handout" in page.text
        assert "surprise" not in page.text


async def test_pages_cost_the_same_queries_for_one_pack_and_for_many(browser: Browser) -> None:
    await desk(browser)

    async def cost(path: str) -> int:
        browser.cookies.set("tz", f"Etc/GMT+{next(fresh)}")  # not the page from the cache
        with db.count_queries() as count:
            assert (await browser.get(path)).status_code == 200
        return count.total

    fresh = iter(range(1, 12))
    packs = [await make_pack(browser)]
    await send(browser, packs[0], ("a.txt", b"one"))
    await publish(browser, packs[0])
    paths = ("/libraries/resources", f"/libraries/resources/{packs[0]}", DESK, f"{DESK}/{packs[0]}")
    few = [await cost(path) for path in paths]
    for _more in range(3):
        packs.append(await make_pack(browser))
        await send(browser, packs[-1], ("b.txt", b"two"), ("c.txt", b"three"))
        await publish(browser, packs[-1])
    await send(browser, packs[0], ("d.txt", b"four"), ("e.txt", b"five"))
    assert [await cost(path) for path in paths] == few


async def test_naughty_strings_are_shown_as_they_are(browser: Browser) -> None:
    conference = await desk(browser)
    pack = await make_pack(browser)
    strings = data_path("adversarial/strings/blns.txt").read_text("utf-8", errors="replace").splitlines()
    tried = [line for line in strings if line and not line.startswith("#")][::6]
    for text in tried:
        answer = await browser.post_form(
            f"{DESK}/{pack}/links",
            {
                "url": "https://x.example",
                "title_en": text,
                "kind": "link",
                "licence": "InC",
                "creator_name_0": text,
            },
        )
        assert answer.status_code in (303, 422), text
    for start in range(0, len(tried), 1):
        if start > 2:
            break
        fields = {"title_en": tried[start], "note_en": "\n".join(tried), "access": "public"}
        answer = await browser.post_form(f"{DESK}/new", fields)
        assert answer.status_code in (303, 422)
    await publish(browser, pack)
    page = await browser.get(f"/libraries/resources/{pack}")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "<img src=x" not in page.text
    assert len(await queries.published_packs(conference.id, clock.now())) == 1


async def test_no_vendor_address_gets_into_pack_pages(browser: Browser) -> None:
    scene = await make_scene()
    await sign_in_as(browser, scene.organiser)
    await Room.update({Room.vendor_url: "https://vendor.example/s3cret"}).where(
        Room.conference == scene.conference.id
    )
    session = await make_session(scene.conference, "Bees", recording_url="https://vendor.example/recording")
    pack = await make_pack(browser, session=session.code)
    await send(browser, pack, ("a.txt", b"one"))
    await publish(browser, pack)
    for path in ("/libraries/resources", f"/libraries/resources/{pack}", f"{DESK}/{pack}", DESK):
        assert "vendor.example" not in (await browser.get(path)).text
    packed = (await browser.get(f"/libraries/resources/{pack}.zip")).content
    assert b"vendor.example" not in packed


async def test_a_pack_for_those_who_were_there_opens_for_them_alone(browser: Browser) -> None:
    scene = await make_scene()
    await sign_in_as(browser, scene.organiser)
    pack = await make_pack(browser, "Chat of the day", access="attended")
    await send(browser, pack, ("Chat.txt", b"hello"))
    with clock.fixed_at(NOW):
        await publish(browser, pack)
    path = f"/libraries/resources/{pack}"
    async with Browser(transport=browser._transport, base_url=browser.base_url) as other:
        assert (await other.get(path)).status_code == 403
        await sign_in_attendee(other, scene, KOLKATA_ATTENDEE)
        with clock.fixed_at(NOW):
            assert (await other.get(path)).status_code == 403
            registration = await Registration.objects().get(Registration.email == KOLKATA_ATTENDEE.email)
            assert registration is not None
            await Registration.update({Registration.notes_presence: True}).where(
                Registration.id == registration.id
            )
            await Presence(
                registration=registration.id, slot=scene.bread_early.id, first_at=NOW, last_at=NOW
            ).save()
            page = await other.get(path)
        assert (page.status_code, "Chat" in page.text) == (200, True)


async def test_a_pack_of_the_team_is_known_to_nobody_else(browser: Browser, stranger: Browser) -> None:
    await desk(browser)
    pack = await make_pack(browser, "Our own notes", access="team")
    await send(browser, pack, ("Notes.txt", b"hello"))
    await publish(browser, pack)
    path = f"/libraries/resources/{pack}"
    assert [(await stranger.get(f"{path}{rest}")).status_code for rest in ("", ".zip")] == [404, 404]
    assert "Our own notes" not in (await stranger.get("/libraries/resources")).text
    assert (await browser.get(path)).status_code == 200
