"""The whole journey as one story: an empty form becomes a conference, people come, things move, and something remains."""

from __future__ import annotations

import re
import sqlite3
import zipfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import bagit
import pytest
from icalendar import Calendar, Event
from playwright.async_api import Browser, Locator, Page, expect

from registration.calendars.sync import SETTLE
from tests.browser.server import PATIENCE, Server, calendar_parts, plain_text, running_server
from tests.browser.windows import fill_registration, follow_sign_in_link, link_in, window
from tests.people import BERLIN_ORGANISER, KOLKATA_ATTENDEE, NEW_YORK_SPEAKER, STRANGER

LONDON = ZoneInfo("Europe/London")
VENDOR = "meet.example.org"  # where the rooms really are; no page, feed or mail of the attendee's may name it
WORKSHOP, KEYNOTE, TALK = "Writing the first message", "Libraries without borders", "One shelf, five scripts"
HANDOUT = "# Partners\n\nA list to begin with. \N{BOOKS}\n"


@dataclass
class Story:
    """What the chapters hand on: the windows of the people in it, and what they have learnt."""

    server: Server
    petra: Page  # the organiser
    anjali: Page  # the attendee, in Kolkata
    visitor: Page  # somebody in Kolkata without script
    colleague: Page
    today: date
    live_start: datetime  # the keynote begins in a moment, on London's clock
    folder: Path
    addresses: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)  # what attendees and visitors were shown or sent

    @property
    def tomorrow(self) -> date:
        return self.today + timedelta(days=1)

    def london(self, clock_time: str) -> datetime:
        """A time tomorrow on London's clock, as an instant."""
        hour, minute = map(int, clock_time.split(":"))
        wall = datetime(
            self.tomorrow.year, self.tomorrow.month, self.tomorrow.day, hour, minute, tzinfo=LONDON
        )
        return wall.astimezone(UTC)

    async def read(self, page: Page, address: str) -> str:
        """Fetch what the page's reader would get, and keep it for the search for vendor links."""
        answer = await page.request.get(address)
        assert answer.status == 200, address
        text = await answer.text()
        self.texts.append(text)
        return text


@pytest.fixture
async def story(chromium: Browser, tmp_path: Path) -> AsyncIterator[Story]:
    now = datetime.now(LONDON)
    soon = now + timedelta(minutes=8)
    in_india: dict[str, Any] = {"timezone_id": "Asia/Kolkata"}
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(running_server(tmp_path / "data"))

        async def person(**options: Any) -> Page:
            return await stack.enter_async_context(window(chromium, server, **options))

        yield Story(
            server,
            petra=await person(timezone_id="Europe/Berlin"),
            anjali=await person(**in_india, accept_downloads=True),
            visitor=await person(**in_india, width=390, java_script_enabled=False),
            colleague=await person(),
            today=now.date(),
            live_start=soon.replace(minute=soon.minute // 5 * 5, second=0, microsecond=0),
            folder=tmp_path,
        )


async def test_from_an_empty_form_to_the_last_cancellation(story: Story) -> None:
    await an_organiser_makes_a_conference(story)
    await a_colleague_gets_a_role_by_mail(story)
    await the_programme_is_entered(story)
    await the_schedule_is_made_by_hand(story)
    await registration_is_prepared(story)
    await release_one_is_read_in_kolkata(story)
    await a_draft_change_waits_for_release_two(story)
    await somebody_registers(story)
    await the_link_in_the_mail_confirms_by_its_button_only(story)
    await sessions_go_into_the_calendar(story)
    await the_workshop_moves_and_the_invite_follows(story)
    await one_link_leads_into_the_room(story)
    await something_remains(story)
    await the_same_link_withdraws(story)
    for mail in story.server.mails(KOLKATA_ATTENDEE.email):
        story.texts.append(mail.as_string())
        story.texts.extend(
            str(part.get_content()) for part in mail.walk() if part.get_content_maintype() == "text"
        )
    assert len(story.texts) > 20
    assert [text for text in story.texts if VENDOR in text] == []


# --- chapters --------------------------------------------------------------------------------------------------------


async def an_organiser_makes_a_conference(story: Story) -> None:
    page = story.petra
    printed = await story.server.meridian("organiser", "add", BERLIN_ORGANISER.email, "--name", "Petra Vogel")
    await follow_sign_in_link(page, printed.split()[-1])
    await page.get_by_role("main").locator("a[href='/organise/new']").click()
    await fill(
        page,
        name_en="Shelves Across Borders",
        slug="shelves-across-borders",
        tagline_en="A conference for libraries that look abroad",
        audience_en="Public libraries everywhere.",
        starts_on=story.today.isoformat(),
        ends_on=(story.today + timedelta(days=2)).isoformat(),
        zone="Europe/London",
        languages="en",
        organiser_name="The Shelf Society",
        contact_email="hello@example.org",
    )
    await press(page, "Make the conference")
    await expect(page.locator("h1")).to_have_text("Shelves Across Borders")


async def a_colleague_gets_a_role_by_mail(story: Story) -> None:
    await story.petra.goto(desk("team"))
    await fill(story.petra, email=STRANGER.email, name=STRANGER.name)
    await story.petra.locator("[name=role][value=programme]").check()
    await press(story.petra, "Give the role")
    await expect(story.petra.get_by_role("main")).to_contain_text(STRANGER.email)
    mail = await story.server.mail(STRANGER.email, lambda message: True)
    assert "Shelves Across Borders" in mail["Subject"]
    await follow_sign_in_link(
        story.colleague, link_in(plain_text(mail), f"{story.server.url}/organise/sign-in/")
    )
    await story.colleague.goto(desk("rooms/new"))
    await expect(story.colleague.get_by_role("button", name="Save")).to_be_visible()
    await story.colleague.goto(desk("team"))
    await expect(story.colleague.get_by_role("button", name="Give the role")).to_have_count(0)


async def the_programme_is_entered(story: Story) -> None:
    page = story.petra
    for name, link in (
        ("Main stage", f"https://{VENDOR}/stage?pwd=a"),
        ("Workshop room", f"https://{VENDOR}/shop"),
    ):
        await page.goto(desk("rooms/new"))
        await fill(page, name_en=name, vendor_url=link)
        await save(page)
    await page.goto(desk("tracks/new"))
    await fill(page, name_en="Partnerships", colour="#7a1f3d")
    await save(page)
    for name, country, zone in (
        (NEW_YORK_SPEAKER.name, NEW_YORK_SPEAKER.country, NEW_YORK_SPEAKER.zone),
        ("Kwame Mensah", "GH", ""),
    ):
        await page.goto(desk("speakers/new"))
        await fill(page, name=name, biography_en=f"{name} has worked with *libraries* for twenty years.")
        await page.locator("[name=country]").select_option(country)
        await page.locator("[name=zone]").select_option(zone)
        await save(page)
    live = story.live_start.strftime("%Y-%m-%dT%H:%M")
    tomorrow, third = story.tomorrow.isoformat(), (story.today + timedelta(days=2)).isoformat()
    for kind, title, person, minutes, place in (
        ("keynote", KEYNOTE, "Kwame Mensah", 45, ("Main stage", live)),
        ("panel", "Whose language is it?", NEW_YORK_SPEAKER.name, 60, ("Main stage", f"{tomorrow}T10:00")),
        ("plenary", "Welcome", "", 15, ("Main stage", f"{tomorrow}T09:30")),
        ("talk", TALK, "Kwame Mensah", 30, ("Main stage", f"{third}T10:00")),
        ("networking", "Tea and strangers", "", 30, ("Workshop room", f"{third}T11:00")),
        ("break", "Lunch", "", 60, ("Main stage", f"{tomorrow}T12:00")),
        ("workshop", WORKSHOP, NEW_YORK_SPEAKER.name, 90, None),
    ):
        await page.goto(desk("sessions/new"))
        await page.locator("[name=kind]").select_option(kind)
        await fill(
            page, title_en=title, abstract_en=f"About *{title}*.", person_0=person, slot_length=str(minutes)
        )
        await page.locator("[name=track]").select_option(label="Partnerships")
        if place:
            await page.locator("[name=slot_room]").select_option(label=place[0])
            await fill(page, slot_start=place[1])
        else:
            await fill(page, slot_seats="30")
        await save(page)
    await page.goto(desk("sessions"))
    await page.get_by_role("link", name=WORKSHOP).click()
    story.addresses["workshop"] = page.url
    await page.get_by_text("Add another slot for another part of the world").click()
    form = page.locator("form[action$='/slots']")
    await form.get_by_label("Length in minutes").fill("90")
    await form.get_by_label("Seats").fill("30")
    await form.get_by_label("Room").select_option(label="Workshop room")
    await form.get_by_label("Begins").fill(f"{tomorrow}T18:00")
    await form.get_by_role("button", name="Add the slot").click()
    await expect(page.get_by_role("heading", name="Slot 2")).to_contain_text("18:00")


async def the_schedule_is_made_by_hand(story: Story) -> None:
    page = story.petra
    await page.goto(f"{desk('schedule')}?day={story.tomorrow}")
    await drag_from_the_list(page, WORKSHOP, "Workshop room", "10:00")
    await expect(says(page, "Ruth Okafor also speaks in “Whose language is it?”")).to_be_visible()
    await expect(says(page, "It is 05:00 for Ruth Okafor (New York)")).to_be_visible()
    await page.locator("[data-undo] button").click()
    await expect(says(page, "Undone")).to_be_visible()
    await expect(page.locator("[data-tray]")).to_contain_text(WORKSHOP)
    # The same again by the form, where no other session of hers is in the way.
    address = (
        await page.locator("[data-tray] [data-slot]", has_text=WORKSHOP)
        .locator("[data-more]")
        .get_attribute("href")
    )
    await page.goto(str(address))
    story.addresses["move"] = page.url
    await page.locator("#f-day").fill(story.tomorrow.isoformat())
    await page.locator("#f-time").fill("11:00")
    await page.locator("#f-room").select_option(label="Workshop room")
    await press(page, "Place it")
    await expect(page.locator("[data-column][data-name='Workshop room']")).to_contain_text("11:00–12:30")
    await expect(page.locator(".clashes--mild")).to_be_visible()  # early for her, and nothing to solve


async def registration_is_prepared(story: Story) -> None:
    page = story.petra
    await page.goto(desk("questions/new"))
    await fill(page, label_en="What do you hope for?")
    await page.locator("[name=is_required]").check()
    await save(page)
    await page.goto(desk("questions/purposes/new"))
    await fill(page, code="updates", wording_en="The Shelf Society may write to me about later conferences.")
    await save(page)
    await story.visitor.goto(public("register"))
    await expect(story.visitor.locator("[name=country]")).to_have_count(0)  # closed so far
    await page.goto(desk(""))
    await press(page, "Open registration")
    await expect(page.get_by_role("button", name="Close registration")).to_be_visible()


async def release_one_is_read_in_kolkata(story: Story) -> None:
    await story.visitor.goto(public("programme"))
    await expect(story.visitor.get_by_role("main")).not_to_contain_text(KEYNOTE)
    await publish(story.petra, 1)
    for reader in (story.visitor, story.anjali):
        await reader.goto(public(""))
        await expect(reader.get_by_role("main")).to_contain_text(
            "A conference for libraries that look abroad"
        )
        await reader.goto(public("programme?view=list"))
    # Without script the reader chooses a zone; with it, the device's own is offered.
    await story.visitor.get_by_text("Change time zone").click()
    await story.visitor.get_by_label("Show times in").select_option("Asia/Kolkata")
    await story.visitor.get_by_role("button", name="Show", exact=True).click()
    await story.anjali.get_by_role("button", name=re.compile("Use this device’s zone: *Kolkata")).click()
    for reader in (story.visitor, story.anjali):
        await expect(reader.locator(".zonebar")).to_contain_text("India")
        row = reader.locator(".row", has_text=WORKSHOP).first
        await expect(row).to_contain_text(in_kolkata(story.london("11:00")))
        await expect(row).to_contain_text("11:00")
        await row.locator("h4, h3").get_by_role("link", name=WORKSHOP).first.click()
        await expect(reader.get_by_role("main")).to_contain_text(in_kolkata(story.london("18:00")))
        await expect(reader.get_by_role("main")).to_contain_text(NEW_YORK_SPEAKER.name)
    story.addresses["session"] = story.anjali.url.partition("?")[0]
    await story.visitor.get_by_role("main").get_by_role("link", name=NEW_YORK_SPEAKER.name).first.click()
    await expect(story.visitor.get_by_role("main")).to_contain_text("twenty years")
    await story.visitor.goto(public("programme?view=grid"))
    await expect(story.visitor.get_by_role("main")).to_contain_text("Workshop room")


async def a_draft_change_waits_for_release_two(story: Story) -> None:
    page = story.petra
    await page.goto(desk("sessions"))
    await page.get_by_role("link", name=TALK).click()
    await fill(page, title_en=f"{TALK}, again")
    await page.get_by_role("button", name="Save", exact=True).last.click()
    await expect(page.locator("h1")).to_contain_text("again")
    assert f"{TALK}, again" not in await story.read(story.visitor, public("programme"))
    await publish(page, 2)
    assert f"{TALK}, again" in await story.read(story.visitor, public("programme"))
    await story.read(story.visitor, public("changes"))


async def somebody_registers(story: Story) -> None:
    page = story.anjali
    await page.goto(public("register"))
    await fill_registration(page, KOLKATA_ATTENDEE)
    await fill(page, email="anjali at example", organisation="Kerala State Library")
    seat = page.locator("[data-seating] .choice", has_text=in_kolkata(story.london("11:00")))
    await seat.locator("input").check()
    consent = page.locator("[name=consent_updates]")
    assert not await consent.is_checked()
    async with page.expect_response(lambda answer: answer.request.method == "POST") as refused:
        await press(page, "Register")
    assert (await refused.value).status == 422
    for name in ("email", "q_"):
        field_at_fault = page.locator(f"input[name^={name}]")
        await expect(field_at_fault).to_have_attribute("aria-invalid", "true")
        described_by = await field_at_fault.get_attribute("aria-describedby")
        assert described_by is not None
        await expect(page.locator(f"#{described_by.split()[-1]}")).to_be_visible()
    await expect(page.locator("[name=name]")).to_have_value(KOLKATA_ATTENDEE.name)
    await expect(page.locator("[name=email]")).to_have_value("anjali at example")
    await expect(page.locator("[name=organisation]")).to_have_value("Kerala State Library")
    await expect(page.locator("[name=zone]")).to_have_value("Asia/Kolkata")
    await expect(seat.locator("input")).to_be_checked()
    await fill(page, email=KOLKATA_ATTENDEE.email)
    await page.locator("input[name^=q_]").fill("Friends")
    await press(page, "Register")
    await page.wait_for_url("**/register/sent")


async def the_link_in_the_mail_confirms_by_its_button_only(story: Story) -> None:
    mail = await story.server.mail(KOLKATA_ATTENDEE.email, lambda message: True)
    assert mail.get_body(("html",)) is not None
    assert in_kolkata(story.london("11:00")) in plain_text(mail)
    link = link_in(plain_text(mail), f"{story.server.url}{public('me/')}")
    story.addresses["link"] = link
    await story.anjali.goto(link)
    await story.petra.goto(desk("registrations"))
    await expect(story.petra.locator("tr", has_text=KOLKATA_ATTENDEE.email)).to_contain_text("Waiting")
    await press(story.anjali, "Confirm my registration")
    await story.anjali.wait_for_url("**/me")
    await expect(story.anjali.get_by_role("main")).to_contain_text(WORKSHOP)
    await story.petra.reload()
    await expect(story.petra.locator("tr", has_text=KOLKATA_ATTENDEE.email)).to_contain_text("Confirmed")


async def sessions_go_into_the_calendar(story: Story) -> None:
    page = story.anjali
    invite = await next_invite(story, "REQUEST")
    story.addresses["uid"] = str(invite["UID"])
    story.addresses["sequence"] = str(invite["SEQUENCE"])
    assert invite.start == story.london("11:00")
    await page.get_by_text("Choose more sessions").click()
    await page.locator("li", has_text=TALK).get_by_role("button", name="Add").click()
    await expect(page.get_by_role("main").locator(".mine", has_text=TALK).first).to_contain_text("Remove")
    feed = await page.locator("#feed").input_value()
    mine = events(await story.read(page, feed))
    assert {WORKSHOP, f"{TALK}, again"} <= {summary(event) for event in mine}
    assert story.addresses["uid"] in {str(event["UID"]) for event in mine}
    whole = events(await story.read(page, public("programme.ics")))
    assert {KEYNOTE, WORKSHOP, "Tea and strangers"} <= {summary(event) for event in whole}
    await page.goto(story.addresses["session"])
    one = await page.locator("main a[href^='/'][href*='.ics']").first.get_attribute("href")
    assert one is not None
    assert {summary(event) for event in events(await story.read(page, one))} == {WORKSHOP}


async def the_workshop_moves_and_the_invite_follows(story: Story) -> None:
    page = story.petra
    await page.goto(story.addresses["move"])
    await page.locator("#f-time").fill("14:00")
    await press(page, "Save")
    await page.wait_for_url("**/schedule?*")
    await publish(page, 3)
    invite = await next_invite(story, "REQUEST", start=story.london("14:00"))
    assert str(invite["UID"]) == story.addresses["uid"]
    assert int(str(invite["SEQUENCE"])) > int(story.addresses["sequence"])
    story.addresses["sequence"] = str(invite["SEQUENCE"])
    await story.anjali.goto(public("me"))
    await expect(story.anjali.locator(".mine", has_text=WORKSHOP).first).to_contain_text(
        in_kolkata(story.london("14:00"))
    )


async def one_link_leads_into_the_room(story: Story) -> None:
    page = story.anjali
    await page.goto(story.addresses["session"])
    await page.get_by_role("main").get_by_role("link", name="Join").first.click()
    await expect(page.get_by_role("timer")).to_be_visible()  # tomorrow, so the door is still shut
    await expect(page.get_by_role("main")).to_contain_text("You are expected")
    story.texts.append(await page.content())
    await page.goto(public("programme"))
    await page.get_by_role("link", name=KEYNOTE).first.click()
    story.texts.append(await page.content())
    door = await page.get_by_role("main").get_by_role("link", name="Join").first.get_attribute("href")
    assert door is not None
    entered = await page.request.get(door, max_redirects=0)
    assert entered.status == 303
    assert entered.headers["location"] == f"https://{VENDOR}/stage?pwd=a"
    stranger = await story.visitor.request.get(door, max_redirects=0)
    assert stranger.status == 403
    story.texts.append(await stranger.text())


async def something_remains(story: Story) -> None:
    page, reader = story.petra, story.anjali
    handout = story.folder / "partners.md"
    handout.write_text(HANDOUT, encoding="utf-8")
    await page.goto(desk("resources/new"))
    await fill(page, title_en="Partners to begin with")
    await page.locator("[name=session]").select_option(label=WORKSHOP)
    await page.locator("[name=access][value=registered]").check()
    await press(page, "Make the pack")
    upload = page.locator("form[action$='/files']")
    await upload.locator("[name=title_en]").fill("A list of partners")
    await upload.locator("[name=licence]").select_option("CC-BY-4.0")
    await upload.locator("[name=file]").set_input_files(handout)
    await upload.get_by_role("button", name="Add the files").click()
    await expect(page.get_by_role("link", name="A list of partners").first).to_be_visible()
    await page.get_by_role("button", name="Publish", exact=True).click()
    await expect(page.get_by_role("link", name="See its page")).to_be_visible()
    await reader.goto(public("resources"))
    await reader.get_by_role("link", name="Partners to begin with").first.click()
    story.texts.append(await reader.content())
    one = await downloaded(
        reader, reader.get_by_role("link", name=re.compile("Download ?: A list of partners")), story.folder
    )
    assert one.read_text("utf-8") == HANDOUT
    packed = await downloaded(reader, reader.get_by_role("link", name="Download all"), story.folder)
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(story.folder / "unpacked")
    (folder,) = (story.folder / "unpacked").iterdir()
    bag = bagit.Bag(str(folder))
    bag.validate()
    assert [path.read_text("utf-8") for path in folder.rglob("*.md")] == [HANDOUT]
    refused = await story.visitor.request.get(reader.url)
    assert "A list of partners" not in await refused.text()


async def the_same_link_withdraws(story: Story) -> None:
    page = story.anjali
    await page.goto(story.addresses["link"])
    await page.get_by_text("I do not want to take part").click()
    await press(page, "Withdraw my registration")
    await page.wait_for_url("**/me/withdrawn")
    cancelled = await next_invite(story, "CANCEL", uid=story.addresses["uid"])
    assert str(cancelled["UID"]) == story.addresses["uid"]
    assert int(str(cancelled["SEQUENCE"])) >= int(story.addresses["sequence"])
    await story.petra.goto(desk("registrations"))
    await expect(story.petra.locator("tr", has_text=KOLKATA_ATTENDEE.email)).to_contain_text("Withdrawn")


# --- what the chapters do again and again ----------------------------------------------------------------------------


def desk(place: str) -> str:
    """An address of the conference's desk."""
    return f"/organise/shelves-across-borders/{place}"


def public(place: str) -> str:
    """A public address of the conference."""
    return f"/shelves-across-borders/{place}"


def in_kolkata(instant: datetime) -> str:
    """The wall clock in India at an instant."""
    return instant.astimezone(ZoneInfo("Asia/Kolkata")).strftime("%H:%M")


async def fill(page: Page, **values: str) -> None:
    """Type into fields by their names."""
    for name, value in values.items():
        await page.locator(f"[name={name}]").fill(value)


async def press(page: Page, button: str) -> None:
    """Press the page's button of this name."""
    await page.get_by_role("main").get_by_role("button", name=button, exact=True).last.click()


async def save(page: Page) -> None:
    """Press Save and arrive on another page: the form had nothing to object to."""
    here = page.url
    await press(page, "Save")
    await page.wait_for_url(lambda url: url != here)


def says(page: Page, text: str) -> Locator:
    """The editor's live region once it says so."""
    return page.get_by_role("status").filter(has_text=text)


async def drag_from_the_list(page: Page, title: str, room: str, clock_time: str) -> None:
    """Take the waiting card in the hand and let go over the room's column at the time."""
    card = page.locator("[data-tray] [data-slot]", has_text=title)
    column = page.locator(f"[data-column][data-name='{room}']").locator("[data-cards]")
    band = page.locator("[data-band]").first
    first, end = [int(await band.get_attribute(f"data-{name}") or 0) for name in ("first", "end")]
    hour, minute = map(int, clock_time.split(":"))
    await column.scroll_into_view_if_needed()
    left, top, width, _height = await box_of(card)
    await page.mouse.move(left + width - 12, top + 4)
    await page.mouse.down()
    left, top, width, height = await box_of(column)
    x, y = left + width / 2, top + (hour + minute / 60 - first) / (end - first) * height
    await page.mouse.move(x, y - 40)
    await page.mouse.move(x, y + 3, steps=4)
    await page.mouse.up()


async def box_of(locator: Locator) -> tuple[float, float, float, float]:
    """Left, top, width and height in the window."""
    box = await locator.bounding_box()
    assert box is not None
    return box["x"], box["y"], box["width"], box["height"]


async def publish(page: Page, number: int) -> None:
    """Publish the draft as the release of this number."""
    await page.goto(desk("releases"))
    await press(page, f"Publish release {number}")
    await expect(page.locator(".release-row").first).to_contain_text(f"Release {number}")


def events(text: str) -> list[Event]:
    """The events of a calendar file."""
    calendar = Calendar.from_ical(text)
    assert isinstance(calendar, Calendar)
    return list(calendar.events)


def summary(event: Event) -> str:
    return str(event["SUMMARY"])


async def next_invite(story: Story, method: str, *, start: datetime | None = None, uid: str = "") -> Event:
    """The event of the newest calendar mail to the attendee of this method, waited for; a letter may carry several."""

    def found(calendars: list[bytes]) -> Event | None:
        for calendar in calendars:
            parsed = Calendar.from_ical(calendar)
            if not isinstance(parsed, Calendar) or str(parsed["METHOD"]) != method:
                continue
            (event,) = parsed.events
            if (start is None or event.start == start) and uid in str(event["UID"]):
                return event
        return None

    let_the_agenda_settle(story)
    mail = await story.server.mail(
        KOLKATA_ATTENDEE.email, lambda message: found(calendar_parts(message)) is not None
    )
    event = found(calendar_parts(mail))
    assert event is not None
    return event


def let_the_agenda_settle(story: Story) -> None:
    """An agenda that has just been filled is left to rest before its owner gets one letter about everything: that time
    passes."""
    with closing(sqlite3.connect(story.server.data_dir / "meridian.sqlite", timeout=PATIENCE)) as database:
        database.execute(
            "UPDATE registration SET changed_at = ?", [(datetime.now(UTC) - SETTLE).isoformat(" ")]
        )
        database.commit()


async def downloaded(page: Page, link: Locator, folder: Path) -> Path:
    """The file behind a link, as the browser saves it."""
    async with page.expect_download() as coming:
        await link.click()
    download = await coming.value
    kept = folder / "downloads" / download.suggested_filename
    await download.save_as(kept)
    return kept
