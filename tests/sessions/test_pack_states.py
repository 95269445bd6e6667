"""Packs looked at, withdrawn, and put together from what is there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from conference import clock, db
from conference.storage import open_storage
from conference.tables import Conference
from conference.timezones import wall_time
from sessions.packs.composing import Placeable, by_session, placeable_in, put_into
from sessions.packs.held_packs import NotReady
from sessions.packs.queries import pack_items
from sessions.packs.resource_packs import publish_pack
from sessions.packs.resources import remove_resource
from sessions.packs.states import ask_for_review, withdraw_pack
from sessions.packs.tables import Resource, ResourcePack, Tombstone
from sessions.packs.turning import turn_packs
from tests.makers import NOW, make_conference, make_organiser
from tests.pages import Browser, sign_in_as, text_of
from tests.sessions.resource_makers import make_pack_row, make_resource_row


async def stage() -> tuple[Conference, Any, ResourcePack]:
    actor = await make_organiser()
    conference = await make_conference(owner=actor)
    pack = await make_pack_row(conference)
    await make_resource_row(conference, pack, title="Slides", licence="CC0-1.0", url="https://x.example")
    return conference, actor, pack


async def test_a_withdrawn_pack_leaves_a_tombstone_and_comes_back_without_it(
    each_database: db.Database,
) -> None:
    conference, actor, pack = await stage()
    with pytest.raises(NotReady, match="Nobody has seen"):
        await withdraw_pack(conference, pack.code, {}, actor=actor, now=NOW)
    await ask_for_review(conference, pack.code, actor=actor, now=NOW)
    await publish_pack(conference, pack.code, actor=actor, now=NOW)
    for _twice in range(2):
        await withdraw_pack(conference, pack.code, {"en": "Outdated."}, actor=actor, now=NOW)
    (stone,) = await Tombstone.objects()
    assert (stone.code, stone.subject, stone.reason) == (pack.code, "pack", "withdrawn")
    await publish_pack(conference, pack.code, actor=actor, now=NOW)
    assert await Tombstone.count() == 0


def test_what_may_be_put_in_is_found_by_words_and_stands_by_session() -> None:
    found = [
        Placeable("a", "Élan vital", "slides", "Workshop"),
        Placeable("b", "Letters", "handout", ""),
        Placeable("c", "Plans", "slides", "Bridges"),
    ]
    assert [(session, [one.code for one in group]) for session, group in by_session(found, "")] == [
        ("Bridges", ["c"]),
        ("Workshop", ["a"]),
        ("", ["b"]),
    ]
    assert [group for _session, group in by_session(found, "SLIDES elan")] == [[found[0]]]
    assert by_session(found, "nothing") == []


async def test_a_toolkit_is_put_together_and_what_is_taken_out_of_it_stays_elsewhere(
    each_database: db.Database, data_dir: Any
) -> None:
    conference, actor, pack = await stage()
    toolkit = await make_pack_row(conference, "Toolkit")
    other = await make_conference("elsewhere")
    foreign = await make_resource_row(other, title="Theirs", licence="CC0-1.0")
    (slides,) = await placeable_in(toolkit, "en", ["en"])
    codes = [slides.code, slides.code, foreign.code, "made-up"]
    assert await put_into(conference, toolkit.code, codes, actor=actor, now=NOW) == 1
    assert await put_into(conference, toolkit.code, codes, actor=actor, now=NOW) == 1
    assert [item.code for item in await pack_items(toolkit.id)] == [slides.code]
    assert await placeable_in(toolkit, "en", ["en"]) == []
    await remove_resource(
        conference, toolkit.code, slides.code, storage=open_storage("", data_dir), actor=actor, now=NOW
    )
    assert await pack_items(toolkit.id) == []
    assert [item.code for item in await pack_items(pack.id)] == [slides.code]


async def test_nothing_without_licence_enters_a_published_toolkit(each_database: db.Database) -> None:
    conference, actor, pack = await stage()
    await publish_pack(conference, pack.code, actor=actor, now=NOW)
    bare = await make_resource_row(conference, title="Bare")
    with pytest.raises(NotReady, match="licence"):
        await put_into(conference, pack.code, [bare.code], actor=actor, now=NOW)


async def test_the_desk_reviews_fills_and_withdraws_by_plain_forms(browser: Browser) -> None:
    conference, actor, pack = await stage()
    await sign_in_as(browser, actor)
    desk = f"/organise/libraries/resources/{pack.code}"
    extra = await make_resource_row(conference, title="Handout <1>", licence="CC0-1.0")
    assert "Handout &lt;1&gt;" in (await browser.get(desk)).text
    await browser.post_form(f"{desk}/place", {"resource": extra.code})
    assert "One thing is put into it." in (await browser.get(desk)).text
    await browser.post_form(f"{desk}/review")
    assert "To be looked at" in (await browser.get("/organise/libraries/resources")).text
    await browser.post_form(f"{desk}/publish")
    await browser.post_form(f"{desk}/withdraw", {"words": "The toolkit of 2027 replaces it."})
    assert "Withdrawn" in text_of((await browser.get(desk)).text)
    async with Browser(transport=browser._transport, base_url=browser.base_url) as reader:
        gone = await reader.get(f"/libraries/resources/{pack.code}")
    assert gone.status_code == 410
    assert "The toolkit of 2027 replaces it." in gone.text
    assert await Resource.count() == 2


async def test_a_pack_comes_out_opens_and_ends_at_the_hours_that_were_set(browser: Browser) -> None:
    conference, actor, pack = await stage()
    await sign_in_as(browser, actor)
    desk = f"/organise/libraries/resources/{pack.code}"
    start = clock.now()
    hours = {
        name: start + timedelta(hours=h)
        for name, h in (("out_from", 1), ("embargo_until", 2), ("expires_at", 3))
    }
    fields = {name: f"{wall_time(at, conference.zone):%Y-%m-%dT%H:%M}" for name, at in hours.items()}
    typed = {"title_en": "Everything", "access": "public", "revision": "1", **fields}
    wrong = await browser.post_form(f"{desk}/edit", {**typed, "expires_at": fields["out_from"]})
    assert (wrong.status_code, "before people can open it" in wrong.text) == (422, True)
    assert (await browser.post_form(f"{desk}/edit", typed)).status_code == 303
    assert fields["embargo_until"] in (await browser.get(f"{desk}/edit")).text
    await browser.post_form(f"{desk}/publish")
    path = f"/libraries/resources/{pack.code}"
    async with Browser(transport=browser._transport, base_url=browser.base_url) as reader:
        seen = []
        for minutes in (30, 90, 150, 210):
            with clock.fixed_at(start + timedelta(minutes=minutes)):
                await turn_packs(clock.now())
                fresh = f"?n={minutes}"  # as another reader's: no page kept in memory answers
                seen.append([(await reader.get(f"{path}{rest}")).status_code for rest in (fresh, ".zip")])
    # Before it opens the embargo is what is told; a pack of links alone has a zip as well.
    assert seen == [[404, 404], [200, 403], [200, 200], [410, 410]]
    assert await turn_packs(start + timedelta(minutes=210)) == 0
