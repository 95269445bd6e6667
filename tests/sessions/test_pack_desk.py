"""Packs at the desk: licences, forms that come back, stale edits, order, and who may work on them."""

from __future__ import annotations

from pathlib import Path

import httpx

from conference.tables import AuditEntry, Role
from sessions.packs.resource_facts import PackFacts
from sessions.packs.resource_packs import create_pack
from sessions.packs.tables import Resource, ResourcePack
from tests.makers import NOW, make_conference, make_member, make_organiser
from tests.pages import Browser, sign_in_as, text_of
from tests.people import KOLKATA_ATTENDEE, STRANGER
from tests.sessions.pack_desk import DESK, codes, desk, kept_files, make_pack, publish, send


async def test_a_pack_cannot_be_published_without_licences(browser: Browser) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    await send(browser, pack, ("a.txt", b"one"), licence="")
    page = await browser.get(f"{DESK}/{pack}")
    assert "No licence yet" in page.text
    answer = await browser.post_form(f"{DESK}/{pack}/publish")
    assert answer.status_code == 303
    page = await browser.get(f"{DESK}/{pack}")
    assert "no licence is chosen for “a”" in page.text
    assert "Being put together" in page.text
    (code,) = await codes(pack)
    answer = await browser.post_form(
        f"{DESK}/{pack}/item/{code}",
        {"title_en": "Notes", "kind": "handout", "licence": "CC0-1.0", "revision": "1"},
    )
    assert answer.status_code == 303
    await publish(browser, pack)
    assert "Published" in (await browser.get(f"{DESK}/{pack}")).text
    late = await send(browser, pack, ("b.txt", b"two"), licence="")
    assert late.status_code == 422
    assert "need a licence" in late.text


async def test_one_licence_can_be_given_to_all_that_have_none(browser: Browser) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    await send(browser, pack, ("a.txt", b"one"), ("b.txt", b"two"), licence="")
    await send(browser, pack, ("c.txt", b"three"), licence="InC")
    assert "A licence for all that have none yet" in (await browser.get(f"{DESK}/{pack}")).text
    await browser.post_form(f"{DESK}/{pack}/licence", {"licence": "made up"})
    assert "Please choose a licence first." in (await browser.get(f"{DESK}/{pack}")).text
    await browser.post_form(f"{DESK}/{pack}/licence", {"licence": "CC-BY-4.0"})
    rows = await Resource.select(Resource.licence).order_by(Resource.id)
    assert [row["licence"] for row in rows] == ["CC-BY-4.0", "CC-BY-4.0", "InC"]
    await publish(browser, pack)
    assert (await browser.get(f"/libraries/resources/{pack}")).status_code == 200


async def test_where_a_failed_form_leaves_the_browser_is_a_page_too(browser: Browser) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    for rest in ("files", "links"):
        answer = await browser.get(f"{DESK}/{pack}/{rest}?tz=Asia/Kolkata")
        assert (answer.status_code, answer.headers["location"]) == (303, f"{DESK}/{pack}")


async def test_wrong_forms_come_back_as_typed(browser: Browser) -> None:
    await desk(browser)
    answer = await browser.post_form(
        f"{DESK}/new", {"title_en": "", "note_en": "Kept as typed", "access": "nobody", "session": "nowhere"}
    )
    assert answer.status_code == 422
    assert "Kept as typed</textarea>" in answer.text
    assert answer.text.count("Please choose one of the options.") >= 2
    pack = await make_pack(browser)
    answer = await browser.post_form(
        f"{DESK}/{pack}/links",
        {"url": "javascript:alert(1)", "title_en": "Trap", "kind": "virus", "licence": "WTFPL"},
    )
    assert answer.status_code == 422
    assert "begins with https://" in answer.text
    assert 'value="Trap"' in answer.text
    assert await Resource.count() == 0


async def test_a_stale_edit_shows_both_versions(browser: Browser) -> None:
    await desk(browser)
    pack = await make_pack(browser)
    await send(browser, pack, ("a.txt", b"one"))
    (code,) = await codes(pack)

    async def save(title: str, revision: int) -> httpx.Response:
        return await browser.post_form(
            f"{DESK}/{pack}/edit", {"title_en": title, "access": "public", "revision": str(revision)}
        )

    assert (await save("Theirs", 1)).status_code == 303
    stale = await save("Mine", 1)
    assert stale.status_code == 409
    assert "Theirs" in stale.text
    assert "Mine" in stale.text
    assert 'name="revision" value="2"' in stale.text
    assert (await save("Mine", 2)).status_code == 303

    async def say(title: str) -> httpx.Response:
        fields = {"title_en": title, "kind": "handout", "licence": "InC", "revision": "1"}
        return await browser.post_form(f"{DESK}/{pack}/item/{code}", fields)

    assert (await say("First")).status_code == 303
    stale = await say("Second")
    assert stale.status_code == 409
    assert "First" in stale.text
    rows = await Resource.select(Resource.title)
    assert "First" in rows[0]["title"]


async def test_moving_and_removing_work_by_plain_forms(browser: Browser, data_dir: Path) -> None:
    await desk(browser)
    one, two = await make_pack(browser, "One"), await make_pack(browser, "Two")
    assert (await browser.post_form(f"{DESK}/{two}/move", {"to": "up"})).status_code == 303
    listed = text_of((await browser.get(DESK)).text)
    assert listed.index("Two") < listed.index("One")
    await send(browser, one, ("a.txt", b"one"), ("b.txt", b"two"))
    first, second = await codes(one)
    await browser.post_form(f"{DESK}/{one}/item/{first}/move", {"to": "down"})
    assert await codes(one) == [second, first]
    assert (await browser.post_form(f"{DESK}/{one}/item/{first}/remove")).status_code == 303
    assert [path.read_bytes() for path in kept_files(data_dir)] == [b"two"]
    assert (await browser.post_form(f"{DESK}/{one}/remove")).status_code == 303
    assert kept_files(data_dir) == []
    assert await ResourcePack.count() == 1
    actions = [row["action"] for row in await AuditEntry.select(AuditEntry.action)]
    assert {"pack-created", "pack-moved", "resource-added", "resource-removed", "pack-removed"} <= set(
        actions
    )


async def test_unknown_codes_get_a_friendly_404(browser: Browser) -> None:
    conference = await desk(browser)
    other = await make_conference("elsewhere")
    theirs = await create_pack(other, PackFacts({"en": "Theirs"}), actor="test", now=NOW)
    pack = await make_pack(browser)
    await send(browser, pack, ("a.txt", b"one"))
    await publish(browser, pack)
    (code,) = await codes(pack)
    for path in (
        "/libraries/resources/nowhere",
        "/libraries/resources/nowhere.zip",
        f"/libraries/resources/{theirs.code}",
        f"/libraries/resources/{pack}/nowhere",
        f"/libraries/resources/{theirs.code}/{code}",
        f"/elsewhere/resources/{pack}",
        "/nowhere/resources",
        f"/libraries/resources/{'a' * 500}",
        "/libraries/resources/%00",
        "/libraries/resources/.zip",
        f"{DESK}/nowhere",
        f"{DESK}/{theirs.code}",
        f"{DESK}/{pack}/item/nowhere",
    ):
        answer = await browser.get(path)
        assert answer.status_code == 404, path
        assert "<h1>" in answer.text
    for path in (f"{DESK}/nowhere/publish", f"{DESK}/{theirs.code}/remove", f"{DESK}/nowhere/links"):
        assert (await browser.post_form(path)).status_code == 404, path
    assert (await send(browser, theirs.code, ("a.txt", b"one"))).status_code == 404
    assert await ResourcePack.count().where(ResourcePack.conference == other.id) == 1
    assert conference.slug == "libraries"


async def test_only_the_programme_team_works_on_packs(browser: Browser, stranger: Browser) -> None:
    conference = await desk(browser)
    pack = await make_pack(browser)
    assert (await stranger.get(f"{DESK}/{pack}")).status_code == 303
    viewer = await make_member(conference, KOLKATA_ATTENDEE, Role.REGISTRATION)
    await sign_in_as(stranger, viewer)
    assert (await stranger.get(DESK)).status_code == 403
    assert (await send(stranger, pack, ("a.txt", b"one"))).status_code == 403
    outsider = await make_organiser(STRANGER)
    await sign_in_as(stranger, outsider)
    assert (await stranger.get(DESK)).status_code == 404
    assert await Resource.count() == 0
