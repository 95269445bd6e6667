"""Files sent from the desk's page by the script that speaks tus: several at once, over a line that breaks, and what is told."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from playwright.async_api import Page, Route, expect

from sessions.packs.queries import pack_items
from sessions.packs.tables import ResourcePack
from tests.browser.conftest import Site
from tests.makers import make_conference, make_organiser
from tests.sessions.resource_makers import make_pack_row

MB = 1024 * 1024
FILM_START = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"


async def the_pack(site: Site, **options: object) -> tuple[Page, ResourcePack]:
    """The pack's page, with its form for files open."""
    owner = await make_organiser()
    conference = await make_conference(owner=owner)
    pack = await make_pack_row(conference)
    page = await site.signed_in_page(owner, **options)
    await page.goto(f"/organise/libraries/resources/{pack.code}")
    return page, pack


def a_film(folder: Path, name: str, megabytes: int) -> Path:
    path = folder / name
    path.write_bytes(FILM_START + bytes(range(256)) * 4096 * megabytes)
    return path


async def test_several_files_arrive_whole_over_a_line_that_breaks(site: Site, tmp_path: Path) -> None:
    page, pack = await the_pack(site)
    film, notes = a_film(tmp_path, "The film.mp4", 40), tmp_path / "Notes.txt"
    notes.write_bytes(b"Notes of the day\n")
    broken: list[str] = []

    async def break_twice(route: Route) -> None:
        offset = route.request.headers.get("upload-offset", "")
        if route.request.method == "PATCH" and offset not in ("", "0") and len(broken) < 2:
            broken.append(offset)
            await route.abort("connectionreset")
        else:
            await route.continue_()

    await page.route("**/organise/libraries/uploads/*", break_twice)
    await page.locator("#f-u-file").set_input_files([film, notes])
    await expect(page.locator(".sending .sent__name")).to_have_text(["The film.mp4", "Notes.txt"])
    await page.locator("select[name=licence]").first.select_option("CC-BY-4.0")
    await page.get_by_role("button", name="Add the files").click()
    await expect(page.get_by_text("2 files are added.")).to_be_visible(timeout=60_000)
    assert len(broken) == 2
    items = {item.file.filename: item for item in await pack_items(pack.id) if item.file}
    assert {name: item.licence for name, item in items.items()} == {
        "The film.mp4": "CC-BY-4.0",
        "Notes.txt": "CC-BY-4.0",
    }
    kept = items["The film.mp4"].file
    assert kept is not None
    assert kept.sha512 == hashlib.sha512(film.read_bytes()).hexdigest()


async def test_a_refused_file_is_named_beside_the_others_which_arrive(site: Site, tmp_path: Path) -> None:
    page, pack = await the_pack(site)
    good, bad = tmp_path / "Notes.txt", tmp_path / "photo.jpg"
    good.write_bytes(b"Notes\n")
    bad.write_bytes(b"<!doctype html><script>alert(1)</script>" + b" " * 9000)
    await page.locator("#f-u-file").set_input_files([bad, good])
    await page.get_by_role("button", name="Add the files").click()
    refused = page.locator(".sent", has_text="photo.jpg")
    await expect(refused.locator(".sent__told")).to_contain_text("does not agree")
    await expect(page.locator(".sent", has_text="Notes.txt").locator(".sent__told")).to_have_text("Arrived.")
    assert [item.title for item in await pack_items(pack.id)] == [{"en": "Notes"}]


async def test_what_is_wrong_with_the_form_is_said_before_anything_is_sent(
    site: Site, tmp_path: Path
) -> None:
    page, pack = await the_pack(site)
    await page.locator("#f-u-file").set_input_files([a_film(tmp_path, "a.mp4", 1)])
    await page.locator("#f-u-issued").fill("last summer")
    await page.get_by_role("button", name="Add the files").click()
    field = page.locator("#f-u-issued")
    await expect(field).to_be_focused()
    await expect(field).to_have_attribute("aria-invalid", "true")
    await field.fill("2026-06")
    await page.get_by_role("button", name="Add the files").click()
    await expect(page.get_by_text("One file is added.")).to_be_visible(timeout=30_000)
    assert len(await pack_items(pack.id)) == 1


async def test_a_file_stopped_and_chosen_again_after_a_reload_goes_on_where_it_was(
    site: Site, tmp_path: Path
) -> None:
    page, pack = await the_pack(site)
    film = a_film(tmp_path, "film.mp4", 70)
    offsets: list[int] = []
    is_held = asyncio.Event()

    async def hold(route: Route) -> None:
        if route.request.method == "PATCH":
            offsets.append(int(route.request.headers["upload-offset"]))
            if len(offsets) == 2:  # the first 32 MB are there; this is where the person leaves
                is_held.set()
                return
        await route.continue_()

    await page.route("**/organise/libraries/uploads/*", hold)
    await page.locator("#f-u-file").set_input_files([film])
    await page.get_by_role("button", name="Add the files").click()
    await asyncio.wait_for(is_held.wait(), 60)
    await page.get_by_role("button", name="Stop: film.mp4").click()
    await expect(page.locator(".sent__told")).to_have_text("Stopped. What has arrived is kept.")
    await page.reload()
    await expect(page.locator(".unfinished")).to_contain_text("34 MB of 73 MB have arrived")
    await page.locator("#f-u-file").set_input_files([film])
    await page.get_by_role("button", name="Add the files").click()
    await expect(page.get_by_text("One file is added.")).to_be_visible(timeout=60_000)
    assert offsets == [0, 32 * MB, 32 * MB, 64 * MB]
    (item,) = await pack_items(pack.id)
    assert item.file is not None
    assert item.file.sha512 == hashlib.sha512(film.read_bytes()).hexdigest()


async def test_files_can_be_dropped_and_taken_out_again(site: Site) -> None:
    page, _pack = await the_pack(site)
    dropped = await page.evaluate_handle(
        "() => { const d = new DataTransfer(); for (const n of ['a.txt', 'b.txt']) d.items.add(new File(['x'], n)); return d; }"
    )
    await page.dispatch_event("[data-drop]", "drop", {"dataTransfer": dropped})
    rows = page.locator(".sending .sent__name")
    await expect(rows).to_have_text(["a.txt", "b.txt"])
    await page.get_by_role("button", name="Leave it out: a.txt").press("Enter")
    await expect(rows).to_have_text(["b.txt"])


async def test_without_script_the_same_form_sends_the_files(site: Site, tmp_path: Path) -> None:
    owner = await make_organiser()
    conference = await make_conference(owner=owner)
    pack = await make_pack_row(conference)
    page = await site.signed_in_page(owner, java_script_enabled=False)
    await page.goto(f"/organise/libraries/resources/{pack.code}")
    notes = tmp_path / "Notes.txt"
    notes.write_bytes(b"Notes\n")
    await page.locator("#f-u-file").set_input_files([notes])
    await page.get_by_role("button", name="Add the files").click()
    await expect(page.get_by_text("One file is added.")).to_be_visible()
    assert len(await pack_items(pack.id)) == 1
