"""The order of packs and of what lies in them, what a pack says of each thing, and its dates in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from conference import db, texts
from conference.errors import NotFound, StaleEdit
from conference.tables import AuditEntry
from sessions.packs.arranging import note_item, noted_item, order_items, order_packs, ordered
from sessions.packs.pack_dates import PackDates, date_rows, standing_words, telling_words
from sessions.packs.queries import all_packs, pack_items
from sessions.packs.tables import PackItem, ResourcePack
from tests.makers import NOW, make_conference, make_organiser
from tests.pages import Browser, sign_in_as
from tests.sessions.resource_makers import make_pack_row, make_resource_row

DESK = "/organise/libraries/resources"


def test_what_is_not_named_stays_behind_in_its_order() -> None:
    assert ordered(["a", "b", "c", "d"], ["c", "a", "c", "gone"]) == ["c", "a", "b", "d"]
    assert ordered(["a", "b"], []) == ["a", "b"]


async def test_things_in_a_pack_and_packs_take_the_order_that_was_dragged(each_database: db.Database) -> None:
    actor = await make_organiser()
    conference = await make_conference(owner=actor)
    packs = [await make_pack_row(conference, title) for title in ("One", "Two", "Three")]
    codes = [(await make_resource_row(conference, packs[0], title=title)).code for title in "ABC"]
    wanted = [codes[2], codes[0], codes[1]]
    for _twice in range(2):
        await order_items(conference, packs[0].code, wanted, actor=actor, now=NOW)
    assert [one.code for one in await pack_items(packs[0].id)] == wanted
    assert await AuditEntry.count().where(AuditEntry.action == "pack-ordered") == 1
    added = (await make_resource_row(conference, packs[0], title="D")).code  # by a colleague, meanwhile
    await PackItem.update({PackItem.position: 9}).where(PackItem.resource._.code == added)
    await order_items(conference, packs[0].code, codes, actor=actor, now=NOW)
    assert [one.code for one in await pack_items(packs[0].id)] == [*codes, added]
    await order_packs(conference, [packs[2].code, packs[0].code], actor=actor, now=NOW)
    assert [one.title["en"] for one in await all_packs(conference.id)] == ["Three", "One", "Two"]
    with pytest.raises(NotFound):
        await order_items(conference, "nosuch", wanted, actor=actor, now=NOW)


async def test_a_note_is_the_packs_own_and_nobodys_is_lost(each_database: db.Database) -> None:
    actor = await make_organiser()
    conference = await make_conference(owner=actor)
    pack, other = await make_pack_row(conference), await make_pack_row(conference, "Other")
    code = (await make_resource_row(conference, pack, other)).code
    note = {"en": "Begin here.", "fr": "Commencez ici."}
    await note_item(conference, pack.code, code, note, seen={}, actor=actor, now=NOW)
    (item,) = await pack_items(pack.id)
    (elsewhere,) = await pack_items(other.id)
    assert (item.note, elsewhere.note) == (note, {})
    with pytest.raises(StaleEdit) as stale:
        await note_item(conference, pack.code, code, {"en": "No."}, seen={}, actor=actor, now=NOW)
    assert stale.value.theirs == {"note": note}
    await note_item(conference, pack.code, code, {}, seen=note, actor=actor, now=NOW)
    assert (await noted_item(pack, code)).note == {}
    row = await ResourcePack.objects().get(ResourcePack.id == pack.id)
    assert row is not None
    assert row.version == pack.version + 2  # readers would notice


async def test_the_desk_orders_and_notes(browser: Browser) -> None:
    actor = await make_organiser()
    conference = await make_conference(owner=actor, languages=("en", "fr"))
    await sign_in_as(browser, actor)
    pack = await make_pack_row(conference)
    codes = [(await make_resource_row(conference, pack, title=title)).code for title in "AB"]
    answer = await browser.post_form(f"{DESK}/{pack.code}/order", {"code": codes[::-1]})
    assert answer.status_code == 204
    assert [one.code for one in await pack_items(pack.id)] == codes[::-1]
    assert (await browser.post_form(f"{DESK}/order", {"code": [pack.code]})).status_code == 204
    page = f"{DESK}/{pack.code}/item/{codes[0]}/note"
    assert (await browser.get(page)).status_code == 200
    answer = await browser.post_form(page, {"seen": "{}", "note_en": "x" * 1001})
    assert answer.status_code == 422
    answer = await browser.post_form(page, {"seen": "{}", "note_en": "<b>Read</b> first"})
    assert answer.status_code == 303
    assert "&lt;b&gt;Read&lt;/b&gt; first" in (await browser.get(f"{DESK}/{pack.code}")).text
    answer = await browser.post_form(page, {"seen": "[broken", "note_en": "Mine"})
    assert answer.status_code == 409
    assert "Someone else changed this note" in answer.text
    theirs = texts.encode({"en": "<b>Read</b> first"})
    assert (await browser.post_form(page, {"seen": theirs, "note_en": "Mine"})).status_code == 303


def test_the_date_that_matters_most_is_said() -> None:
    now = datetime(2026, 7, 1, 12, tzinfo=UTC)
    past, coming = now - timedelta(days=2), datetime(2026, 7, 3, 22, 30, tzinfo=UTC)
    for dates, words in (
        (PackDates("review"), ("To be looked at", "warning")),
        (PackDates("published", past), ("Published", "good")),
        (PackDates("published", coming), ("Seen from Saturday 4 July 2026", "warning")),
        (PackDates("published", past, coming), ("Opens on Saturday 4 July 2026", "warning")),
        (PackDates("published", past, None, past), ("Ended", "bad")),
    ):
        assert standing_words(dates, now, "Europe/Berlin", "en") == words
    rows = date_rows(PackDates("published", past, coming), "Europe/Berlin", "en")
    assert rows == [
        ("Seen from", "Monday 29 June 2026, 14:00"),
        ("Opens at", "Saturday 4 July 2026, 00:30"),
    ]
    assert telling_words("published", "team", None, "UTC", "en") == ""
    assert telling_words("published", "public", past, "UTC", "en").startswith(
        "Settled on Monday 29 June 2026"
    )
