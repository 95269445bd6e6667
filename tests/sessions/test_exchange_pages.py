"""The desk's page about exchange: files sent, looked at, taken in; and files to take away."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from conference import clock
from conference.storage import open_storage
from conference.tables import Conference, Role
from sessions.imports.looking import forget_old_imports
from sessions.interchange import own_yaml
from sessions.interchange.model import SlotFacts
from sessions.tables import ProgrammeImport, Room, Session, Slot
from tests.makers import make_conference, make_member, make_room, make_session, make_slot
from tests.pages import Browser, sign_in_as, text_of
from tests.people import BERLIN_ORGANISER
from tests.sessions.test_importing import at, programme, talk

PATH = "/organise/libraries/exchange"
CSV = "Title,Speaker,Room,Date,Start,End\nBridges,Ruth Okafor,Main stage,2026-06-25,10:00,10:45\n"


async def at_the_desk(browser: Browser) -> Conference:
    conference = await make_conference()
    await sign_in_as(browser, await make_member(conference, BERLIN_ORGANISER, Role.PROGRAMME))
    return conference


async def send(browser: Browser, *files: tuple[str, bytes], **fields: str) -> tuple[int, str, str]:
    answer = await browser.post(
        PATH,
        data={"_csrf_token": await browser.csrf(), **fields},
        files=[("file", (name, content)) for name, content in files],
    )
    return answer.status_code, answer.headers.get("location", ""), answer.text


def digest_of(page: str) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{64})"', page)
    assert found, text_of(page)
    return found[1]


async def test_a_sheet_is_looked_at_and_taken_in_once(browser: Browser) -> None:
    conference = await at_the_desk(browser)
    await make_room(conference)
    assert "Import and export" in (await browser.get(PATH)).text
    status, place, _page = await send(browser, ("sessions.csv", CSV.encode()))
    assert status == 303
    page = (await browser.get(place)).text
    text = text_of(page)
    assert await Session.count() == 0  # looking writes nothing
    assert "new Bridges" in text
    assert "new Ruth Okafor" in text
    assert "Main stage" not in text  # it is there already
    answer = await browser.post_form(place, {"digest": digest_of(page)})
    assert answer.status_code == 303
    slot = await Slot.objects().first()
    assert slot is not None
    assert f"{slot.local_start:%H:%M}" == "10:00"
    assert await Room.count() == 1
    again = text_of((await browser.get(place)).text)
    assert "Nothing would change" in again
    assert (await browser.post_form(place, {"digest": "0" * 64})).status_code == 409
    assert await Session.count() == 1


async def test_a_draft_that_changed_meanwhile_is_shown_anew(browser: Browser) -> None:
    conference = await at_the_desk(browser)
    _status, place, _page = await send(browser, ("sessions.csv", CSV.encode()))
    page = (await browser.get(place)).text
    await make_session(conference, "Bridges")
    answer = await browser.post_form(place, {"digest": digest_of(page)})
    assert answer.status_code == 409
    assert "The draft has changed since you looked" in text_of(answer.text)
    assert (await browser.post_form(place, {"digest": digest_of(answer.text)})).status_code == 303
    assert await Session.count() == 1


async def test_what_cannot_be_read_is_refused_beside_the_field(browser: Browser) -> None:
    await at_the_desk(browser)
    for name, content, said in (
        ("talk.pdf", b"%PDF-1.7 ...", "PDF"),
        ("empty.json", b"", "empty"),
        ("x.xml", b"<a><b></a>", ""),
    ):
        status, _place, page = await send(browser, (name, content))
        assert status == 422
        assert said in text_of(page)
        assert 'aria-invalid="true"' in page
    status, _place, page = await send(browser)
    assert (status, "Choose at least one file." in text_of(page)) == (422, True)
    status, _place, page = await send(browser, ("sessions.csv", CSV.encode()), first_day="tomorrow")
    assert (status, "not a date" in text_of(page)) == (422, True)
    assert await ProgrammeImport.count() == 0


async def test_a_whole_programme_of_our_own_comes_over(browser: Browser) -> None:
    await at_the_desk(browser)
    file = replace(programme(talk("a", SlotFacts("main", at(10), 30))), packs=())
    status, place, _page = await send(browser, ("bridges.yaml", own_yaml.write(file)))
    assert status == 303
    page = (await browser.get(place)).text
    assert (await browser.post_form(place, {"digest": digest_of(page)})).status_code == 303
    assert "Nothing would change" in text_of((await browser.get(place)).text)


async def test_the_import_of_another_conference_is_not_there(browser: Browser) -> None:
    await at_the_desk(browser)
    _status, place, _page = await send(browser, ("sessions.csv", CSV.encode()))
    other = await make_conference(slug="other")
    await make_member(other, BERLIN_ORGANISER, Role.PROGRAMME)
    assert (await browser.get(place.replace("/libraries/", "/other/"))).status_code == 404
    assert (await browser.get(f"{PATH}/nothere")).status_code == 404


async def test_files_nobody_came_back_for_are_removed(browser: Browser, data_dir: Path) -> None:
    storage = open_storage("", data_dir)
    conference = await at_the_desk(browser)
    session = await make_session(conference)
    await make_slot(conference, session, None, None)
    await send(browser, ("sessions.csv", CSV.encode()))
    now = clock.now()
    assert await forget_old_imports(storage, now) == 0
    assert await forget_old_imports(storage, now + timedelta(days=2)) == 1
    assert await ProgrammeImport.count() == 0


async def test_the_draft_is_taken_away_and_comes_back_unchanged(browser: Browser) -> None:
    await at_the_desk(browser)
    await send(browser, ("sessions.csv", CSV.encode()))
    _status, place, _page = await send(browser, ("sessions.csv", CSV.encode()))
    await browser.post_form(place, {"digest": digest_of((await browser.get(place)).text)})
    page = (await browser.get(PATH)).text
    addresses = re.findall(r'href="(/organise/libraries/exchange/draft/[^"]+)"', page)
    assert len(addresses) == 4
    for address in addresses:
        answer = await browser.get(address)
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].startswith("attachment")
        assert "no-store" in answer.headers["cache-control"]
        _status, place, _page = await send(browser, (address.rpartition("/")[2], answer.content))
        assert "Nothing would change" in text_of((await browser.get(place)).text), address
    assert (await browser.get(f"{PATH}/draft/secrets.txt")).status_code == 404
