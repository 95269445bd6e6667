"""Every page of the demo, small and large, light and dark: readable, accessible, quiet, and made by this server alone."""

from __future__ import annotations

import asyncio
import io
import re
import sqlite3
import zipfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar.routes import HTTPRoute
from playwright.async_api import Browser, Page

from conference import codes
from conference.app import create_app
from conference.mail.unsubscribing import unsubscribe_path
from conference.settings import Settings
from registration.attending.facts import Attended, CertificateFacts, Issuer
from tests.browser.looks import ALL_RULES, LOOKS, breaches, is_too_wide
from tests.browser.server import Server, plain_text
from tests.browser.windows import fill_registration, follow_sign_in_link, link_in, window
from tests.pages import make_settings
from tests.people import KOLKATA_ATTENDEE

# Every page, by its route's name. The last test sees that none is missing.
PUBLIC = {
    "front:conferences": "/",
    "library:show": "/resources",
    "conference:landing": "/{slug}/",
    "conference:privacy": "/{slug}/privacy",
    "conference:privacy-version": "/{slug}/privacy/1",
    "news:unsubscribe": "/{slug}/unsubscribe/{unsubscribe}",
    "programme:show": "/{slug}/programme",
    "session:show": "/{slug}/sessions/{session}",
    "now:show": "/{slug}/now",
    "embed:show": "/{slug}/embed",
    "stars:list": "/{slug}/programme/starred",
    "stars:one": "/{slug}/programme/star/{slot}",
    "speakers:list": "/{slug}/speakers",
    "speakers:show": "/{slug}/speakers/{speaker}",
    "changes:show": "/{slug}/changes",
    "resources:list": "/{slug}/resources",
    "resources:pack": "/{slug}/resources/{pack}",
    "resources:one": "/resources/{item}",
    "join:room": "/join/{slot}",
    "join:help": "/join/{slot}/help",
    "verify:form": "/verify",
    "verify:certificate": "/verify/{certificate}",
    "register:form": "/{slug}/register",
    "register:sent": "/{slug}/register/sent",
    "register:applied": "/{slug}/register/applied",
    "interest:sent": "/{slug}/register/interest/sent",
    "interest:noted": "/{slug}/register/interest/noted",
    "interest:gone": "/{slug}/register/interest/gone",
    "me:sent": "/{slug}/me/sent",
    "me:withdrawn": "/{slug}/me/withdrawn",
    "me:data-ask": "/{slug}/me/data/ask",
    "me:data-sent": "/{slug}/me/data/sent",
    "me:erased": "/{slug}/me/data/erased",
    "complaints:form": "/{slug}/complaints",
    "complaints:one": "/{slug}/complaints/{complaint}",
    "me:data-open": "/{slug}/me/data/link/{data_link}",
    "speak:ask-link": "/speak",
    "speak:link-sent": "/speak/sent",
    "sign-in:form": "/organise/sign-in",
    "sign-in:sent": "/organise/sign-in/sent",
    "sign-in:link": "/organise/sign-in/{sign_in_token}",
}
ATTENDEES = {
    "me:link": "/{slug}/me/{token}",
    "me:page": "/{slug}/me",
    "me:details": "/{slug}/me/details",
    "me:colleagues": "/{slug}/me/colleagues",
    "me:calendars": "/{slug}/me/calendars",
    "me:data": "/{slug}/me/data",
    "me:reminders": "/{slug}/me/reminders",
    "me:certificate": "/{slug}/me/certificate",
    "me:reminders-link": "/{slug}/me/{token}/reminders",
    "me:erase-page": "/{slug}/me/data/erase",
    "me:withdraw-page": "/{slug}/me/withdraw",
}
SPEAKERS = {
    "speak:page": "/speak/{speak}",
    "speak:profile": "/speak/{speak}/profile",
    "speak:reminders": "/speak/{speak}/reminders",
    "speak:subscribe": "/speak/{speak}/calendar",
    "speak:availability": "/speak/{speak}/availability",
    "speak:files": "/speak/{speak}/files",
    "speak:given": "/speak/{speak}/files/given/{given}",
    "speak:room": "/speak/join/{speak_room}",
}
ORGANISERS = {
    "desk:home": "/organise/",
    "desk:new": "/organise/new",
    "account:show": "/organise/account",
    "desk:overview": "/organise/{slug}/",
    "attendance:list": "/organise/{slug}/registrations/attendance",
    "attendance:session": "/organise/{slug}/registrations/attendance/{workshop}",
    "certificates:desk": "/organise/{slug}/registrations/certificates",
    "door:desk": "/organise/{slug}/door",
    "door:rules": "/organise/{slug}/door/rules",
    "desk:log": "/organise/{slug}/log",
    "settings:show": "/organise/{slug}/settings",
    "conference:delete-page": "/organise/{slug}/delete",
    "team:show": "/organise/{slug}/team",
    "mail:list": "/organise/{slug}/mail",
    "mail-templates:list": "/organise/{slug}/mail/templates",
    "mail-templates:edit": "/organise/{slug}/mail/templates/registration-confirm/en",
    "mail:open": "/organise/{slug}/mail/{mail}",
    "rooms:list": "/organise/{slug}/rooms",
    "rooms:new": "/organise/{slug}/rooms/new",
    "rooms:edit": "/organise/{slug}/rooms/{room}",
    "tracks:list": "/organise/{slug}/tracks",
    "tracks:new": "/organise/{slug}/tracks/new",
    "tracks:edit": "/organise/{slug}/tracks/{track}",
    "speakers-desk:list": "/organise/{slug}/speakers",
    "speakers-desk:new": "/organise/{slug}/speakers/new",
    "speakers-desk:edit": "/organise/{slug}/speakers/{speaker}",
    "speakers-desk:chase": "/organise/{slug}/speakers/chase",
    "speakers-desk:requests": "/organise/{slug}/speakers/requests?show=all",
    "speaker-messages:list": "/organise/{slug}/speakers/mail",
    "speaker-messages:new": "/organise/{slug}/speakers/mail/new",
    "speaker-messages:message": "/organise/{slug}/speakers/mail/{message}",
    "sessions-desk:list": "/organise/{slug}/sessions",
    "sessions-desk:new": "/organise/{slug}/sessions/new",
    "sessions-desk:edit": "/organise/{slug}/sessions/{session}",
    "resources-desk:list": "/organise/{slug}/resources",
    "topics:list": "/organise/{slug}/topics",
    "resources-desk:new": "/organise/{slug}/resources/new",
    "resources-desk:pack": "/organise/{slug}/resources/{pack}",
    "resources-desk:edit": "/organise/{slug}/resources/{pack}/edit",
    "resources-desk:item": "/organise/{slug}/resources/{pack}/item/{item}",
    "resources-desk:note": "/organise/{slug}/resources/{pack}/item/{item}/note",
    "resource-chase:list": "/organise/{slug}/resources/chase",
    "resource-chase:preview": "/organise/{slug}/resources/chase/mail",
    "resource-rules:show": "/organise/{slug}/resources/expected",
    "resource-rules:session": "/organise/{slug}/resources/expected/{session}",
    "resources-exchange:show": "/organise/{slug}/resources/exchange",
    "resources-exchange:look": "/organise/{slug}/resources/exchange/{archive}",
    "releases:show": "/organise/{slug}/releases",
    "releases:one": "/organise/{slug}/releases/1",
    "releases:compare": "/organise/{slug}/releases/compare",
    "releases:restore-page": "/organise/{slug}/releases/1/restore",
    "previews:programme": "/organise/{slug}/releases/preview/programme",
    "previews:session": "/organise/{slug}/releases/preview/sessions/{session}",
    "previews:speakers": "/organise/{slug}/releases/preview/speakers",
    "previews:speaker": "/organise/{slug}/releases/preview/speakers/{speaker}",
    "previews:elsewhere": "/organise/{slug}/releases/preview/register",
    "embed:desk": "/organise/{slug}/embed",
    "editor:show": "/organise/{slug}/schedule",
    "schedule-rules:show": "/organise/{slug}/schedule/rules",
    "nights:fairness": "/organise/{slug}/schedule/fairness",
    "nights:times": "/organise/{slug}/schedule/slots/{slot}/times",
    "exchange-desk:show": "/organise/{slug}/exchange",
    "exchange-desk:look": "/organise/{slug}/exchange/{import}",
    "editor:move": "/organise/{slug}/schedule/slots/{slot}",
    "editor:chosen": "/organise/{slug}/schedule/together?slot={slot}",
    "editor:shift": "/organise/{slug}/schedule/shift",
    "editor:break-form": "/organise/{slug}/schedule/breaks/new",
    "registrations:list": "/organise/{slug}/registrations",
    "registrations:charts": "/organise/{slug}/registrations/charts",
    "registrations:waiting": "/organise/{slug}/registrations/waiting",
    "registrations:workshops": "/organise/{slug}/registrations/workshops",
    "registrations:workshop": "/organise/{slug}/registrations/workshops/{workshop}",
    "registrations:one": "/organise/{slug}/registrations/{registration}",
    "opening:show": "/organise/{slug}/registration",
    "groups:rules": "/organise/{slug}/registration/groups",
    "attendee-messages:list": "/organise/{slug}/registrations/mail",
    "attendee-messages:new": "/organise/{slug}/registrations/mail/new",
    "attendee-messages:message": "/organise/{slug}/registrations/mail/{attendee_message}",
    "notice-desk:show": "/organise/{slug}/privacy/notice",
    "retention:show": "/organise/{slug}/privacy/retention",
    "privacy-desk:complaints": "/organise/{slug}/privacy",
    "privacy-desk:complaint": "/organise/{slug}/privacy/complaints/{complaint}",
    "registrations:erase-page": "/organise/{slug}/registrations/{registration}/erase",
    "registrations:data": "/organise/{slug}/registrations/{registration}/data",
    "registrations:edit": "/organise/{slug}/registrations/{registration}/edit",
    "imports:list": "/organise/{slug}/registrations/import",
    "imports:one": "/organise/{slug}/registrations/import/{sheet}",
    "exports:ask": "/organise/{slug}/registrations/export?country=IN",
    "exports:one": "/organise/{slug}/registrations/export/{export}",
    "categories:new": "/organise/{slug}/registration/categories/new",
    "categories:edit": "/organise/{slug}/registration/categories/{category}",
    "invitations:list": "/organise/{slug}/registration/invitations",
    "questions:list": "/organise/{slug}/questions",
    "questions:new": "/organise/{slug}/questions/new",
    "questions:edit": "/organise/{slug}/questions/{question}",
    "purposes:new": "/organise/{slug}/questions/purposes/new",
    "purposes:edit": "/organise/{slug}/questions/purposes/updates",
}
# The same routes in another dress.
VARIANTS = {
    "the programme as a grid": "/{slug}/programme?view=grid&tz=Asia/Kolkata",
    "the programme searched": "/{slug}/programme?q=librar&hours=bearable&tz=Asia/Kolkata",
    "the programme in a dark frame": "/{slug}/embed?view=grid&theme=dark",
    "the programme searched in vain": "/{slug}/programme?q=zzzz",
    "a page that is not there": "/{slug}/sessions/nothing",
    "a conference that is not there": "/nothing/",
    "a join link that leads nowhere": "/join/nothing",
    "an attendee’s link that is not known": "/{slug}/me/nothing",
    "somebody’s page, signed out": "/{slug}/me",
    "a certificate that is not known": "/verify/nothing",
    "a used sign-in link": "/organise/sign-in/nothing",
    "a speaker’s link that is not known": "/speak/nothing",
    "every hour of a speaker’s days": "/speak/{speak}/availability?hours=all",
}
# Answers to GET that are files, feeds or words for machines.
NOT_PAGES = {
    "static",
    "calendar:feed",
    "certificates:csv",
    "me:certificate-pdf",
    "stars:calendar",
    "stars:state",
    "changes:feed",
    "editor:state",
    "editor:events",
    "exchange-desk:draft",
    "interest:link",  # from a mail sent before registration opens; its page is that of "noted"
    "nights:audience",
    "oai:answer",
    "me:file",
    "registrations:file",
    "registrations:files",
    "imports:refused",
    "exports:file",
    "join:recording",  # sends on to the recording, or back to the join page
    "me:data-file",
    "operation:alive",
    "operation:files",
    "operation:icon",
    "operation:mail",
    "operation:metrics",
    "operation:ready",
    "operation:robots",
    "programme:calendar",
    "programme:json",
    "programme:xml",
    "registrations:csv",
    "registrations:xlsx",
    "resources-exchange:everything",
    "resources-exchange:template",
    "resources:file",
    "resources:pack-cite",
    "resources:pack-linkset",
    "resources:feed",
    "library:feed",
    "library:sitemap",
    "conference:sitemap",
    "resources:one-file",
    "resources:one-preview",
    "resources:one-chapters",
    "resources:one-cite",
    "resources:one-linkset",
    "speakers:photo",
    "speakers-desk:back-from-photo",  # a refused form’s address, read again: back to the speaker
    "speakers-desk:back-from-answers",
    "speak:calendar",
    "speak:back-to-files",  # a form’s address, read again: back to the files
    "speak:photo",
    "resources-desk:back",  # a form’s address, read again: back to the pack
}

_LARGE, _SMALL = {"width": 1280, "height": 900}, {"width": 320, "height": 720}
_SLUG = "working-internationally"


@dataclass
class World:
    """The demo with one person registered, each kind of reader at their own window, and what addresses need to know."""

    names: dict[str, str]
    visitor: Page
    attendee: Page
    organiser: Page
    scriptless: Page

    def address(self, pattern: str) -> str:
        return pattern.format(**self.names)

    def reader_of(self, pattern: str) -> Page:
        if pattern in ATTENDEES.values():
            return self.attendee
        return self.organiser if pattern in ORGANISERS.values() else self.visitor


@pytest.fixture(scope="module")
async def world(chromium: Browser, demo: Server) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        visitor, attendee, organiser = [
            await stack.enter_async_context(window(chromium, demo)) for _reader in range(3)
        ]
        scriptless = await stack.enter_async_context(
            window(chromium, demo, **_small(), java_script_enabled=False)
        )
        names = {"slug": _SLUG}
        names["token"], _none = await asyncio.gather(
            _register(demo, attendee), follow_sign_in_link(organiser, await _sign_in_link(demo))
        )
        names["complaint"] = await _complain(visitor)
        names["data_link"] = await _ask_for_data(demo, visitor)
        names["sign_in_token"] = (await _sign_in_link(demo)).rpartition("/")[2]
        await _look_up(visitor, organiser, names)
        await _send_speaker_link(demo, visitor, organiser, names)
        await _write_to_speaker(organiser, names)
        await _write_to_attendees(organiser, names)
        names["certificate"] = _give_certificate(demo, names["registration"])
        codes.use_secret(Settings.from_environment(demo.environ).secret_key)
        names["unsubscribe"] = unsubscribe_path(_SLUG, 1, KOLKATA_ATTENDEE.email).rpartition("/")[2]
        yield World(names, visitor, attendee, organiser, scriptless)


def _small() -> dict[str, Any]:
    return dict(_SMALL)


async def _sign_in_link(server: Server) -> str:
    return (await server.meridian("demo")).split()[-1]


async def _register(server: Server, page: Page) -> str:
    """Register with a seat, confirm, and choose a session; the token of the link in the mail."""
    await page.goto(f"/{_SLUG}/register")
    await fill_registration(page, KOLKATA_ATTENDEE)
    await page.locator("[data-seating] input:not([value=none])").first.check()
    await page.get_by_role("main").get_by_role("button", name="Register").click()
    await page.wait_for_url("**/register/sent")
    mail = await server.mail(KOLKATA_ATTENDEE.email, lambda message: True)
    link = link_in(plain_text(mail), f"{server.url}/{_SLUG}/me/")
    await page.goto(link)
    await page.get_by_role("main").get_by_role("button").first.click()
    await page.wait_for_url(f"**/{_SLUG}/me")
    await page.locator("details.more summary").click()
    await page.locator("details.more").get_by_role("button", name="Add").first.click()
    await page.wait_for_url(f"**/{_SLUG}/me")
    return link.rpartition("/")[2]


async def _ask_for_data(server: Server, page: Page) -> str:
    """Have a link to what is held about the attendee mailed; the last part of its address."""
    await page.goto(f"/{_SLUG}/me/data/ask")
    await page.locator("[name=email]").fill(KOLKATA_ATTENDEE.email)
    await page.locator("[name=email]").press("Enter")
    await page.wait_for_url("**/me/data/sent")
    beginning = f"{server.url}/{_SLUG}/me/data/link/"
    mail = await server.mail(KOLKATA_ATTENDEE.email, lambda message: beginning in plain_text(message))
    return link_in(plain_text(mail), beginning).rpartition("/")[2]


async def _complain(page: Page) -> str:
    """Complain without an address; the reference."""
    await page.goto(f"/{_SLUG}/complaints")
    await page.locator("[name=text]").fill("The times are wrong.")
    await page.get_by_role("main").get_by_role("button").click()
    await page.wait_for_url("**/complaints/*")
    return page.url.rpartition("/")[2]


async def _look_up(visitor: Page, organiser: Page, names: dict[str, str]) -> None:
    """The codes that addresses are made of, read from links as a reader would follow them."""

    async def find(page: Page, address: str, pattern: str) -> str:
        await page.goto(address)
        addresses = await page.locator("main a").evaluate_all("links => links.map(link => link.pathname)")
        found = [match[1] for each in addresses if (match := re.fullmatch(pattern, each))]
        assert found, f"{address} links to no {pattern}"
        return found[0]

    desk = f"/organise/{_SLUG}"
    names["session"] = await find(visitor, f"/{_SLUG}/programme", rf"/{_SLUG}/sessions/([^/.]+)")
    names["speaker"] = await find(visitor, f"/{_SLUG}/speakers", rf"/{_SLUG}/speakers/([^/]+)")
    names["slot"] = await find(organiser, f"{desk}/schedule", rf"{desk}/schedule/slots/([^/]+)")
    names["mail"] = await find(organiser, f"{desk}/mail", rf"{desk}/mail/([^/]+)")
    registrations = f"{desk}/registrations"
    names["registration"] = await find(organiser, registrations, rf"{registrations}/([a-z0-9]{{12}})")
    workshops = f"{registrations}/workshops"
    names["workshop"] = await find(organiser, workshops, rf"{workshops}/([^/]+)")
    names["pack"] = await find(visitor, f"/{_SLUG}/resources", rf"/{_SLUG}/resources/([^/.]+)")
    pack = f"{desk}/resources/{names['pack']}"
    names["item"] = await find(organiser, pack, rf"{pack}/item/([^/]+)")
    names["room"] = await find(organiser, f"{desk}/rooms", rf"{desk}/rooms/(?!new)([^/]+)")
    names["track"] = await find(organiser, f"{desk}/tracks", rf"{desk}/tracks/(?!new)([^/]+)")
    categories = f"{desk}/registration/categories"
    await organiser.goto(f"{categories}/new")
    await organiser.locator("[name=name_en]").fill("Library staff")
    await organiser.locator("[name=name_en]").press("Enter")
    await organiser.wait_for_url(f"**{desk}/registration**")
    names["category"] = await find(organiser, f"{desk}/registration", rf"{categories}/(?!new)([^/]+)")
    await organiser.goto(f"{desk}/exchange")
    sheet = b"Title,Speaker,Date,Start\nBridges,Ruth Okafor,soon,10:00\n"
    await organiser.locator("[name=file]").set_input_files(
        {"name": "sessions.csv", "mimeType": "text/csv", "buffer": sheet}
    )
    await organiser.get_by_role("button", name="Look what would change").click()
    await organiser.wait_for_url(f"**{desk}/exchange/*")
    names["import"] = organiser.url.rpartition("/")[2]
    names |= await _send_and_ask_for_sheets(organiser, registrations)
    names["archive"] = await _send_archive(organiser)
    names["question"] = await find(organiser, f"{desk}/questions", rf"{desk}/questions/(?!new)([^/]+)")


async def _send_archive(organiser: Page) -> str:
    """A zip of resources with a sheet, on its way in; its code."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("metadata.csv", "file,title,licence\nnotes.txt,Notes,CC0-1.0\n,Nothing,CC0-1.0\n")
        zipped.writestr("notes.txt", "What was said.\n")
    await organiser.goto(f"/organise/{_SLUG}/resources/exchange")
    await organiser.locator("[name=file]").set_input_files(
        {"name": "resources.zip", "mimeType": "application/zip", "buffer": archive.getvalue()}
    )
    await organiser.get_by_role("button", name="Look what is in it").click()
    await organiser.wait_for_url(re.compile(r"/resources/exchange/[a-z0-9]+$"))
    return organiser.url.rpartition("/")[2]


async def _send_and_ask_for_sheets(organiser: Page, registrations: str) -> dict[str, str]:
    """A sheet of people in which each of its pages has something to say, looked at on the way; and a list to take away."""
    await organiser.goto(f"{registrations}/import")
    sheet = b"Name,E-mail,Land\nAda King,ada@example.org,USA\nNobody,,India\n"
    await organiser.locator("[name=file]").set_input_files(
        {"name": "people.csv", "mimeType": "text/csv", "buffer": sheet}
    )
    await organiser.get_by_role("button", name="Look at the sheet").click()
    await organiser.wait_for_url(f"**{registrations}/import/*")
    code = organiser.url.rpartition("/")[2]
    assert await breaches(organiser, ALL_RULES) == []
    await organiser.get_by_role("button", name="Look what would become").click()
    await organiser.get_by_role("button", name="Register one person").wait_for()
    await organiser.goto(f"{registrations}/export")
    await organiser.get_by_role("button", name="Make the file").click()
    await organiser.wait_for_url(f"**{registrations}/export/*")
    return {"sheet": code, "export": organiser.url.rpartition("/")[2]}


def _give_certificate(server: Server, registration: str) -> str:
    """Put a certificate into the database, since the demo is still to come and no page gives one before it is over."""
    now, code = datetime.now(UTC), "k3v9x2ab7qmw"
    facts = CertificateFacts(
        name=KOLKATA_ATTENDEE.name,
        conference={"en": "Working Internationally"},
        starts_on=now.date(),
        ends_on=now.date(),
        home="Europe/London",
        zone=KOLKATA_ATTENDEE.zone,
        issuer=Issuer("The Library Association", "Ruth Okafor", {"en": "Chair"}),
        minutes=45,
        sessions=(Attended({"en": "Opening"}, now, now + timedelta(minutes=45), 45),),
    )
    row = (code, 45, facts.to_json(), "en", now.isoformat(sep=" "), registration)
    database = sqlite3.connect(server.data_dir / "meridian.sqlite")
    with closing(database), database:
        database.execute(
            "INSERT INTO certificate (code, minutes, facts, language, issued_at, registration) "
            "SELECT ?, ?, ?, ?, ?, id FROM registration WHERE code = ?",
            row,
        )
    return code


async def _send_speaker_link(server: Server, visitor: Page, organiser: Page, names: dict[str, str]) -> None:
    """Give a speaker an address and have the link to their page sent there; it and the way into a room of theirs."""
    speaker = f"/organise/{_SLUG}/speakers/{names['speaker']}"
    await organiser.goto(speaker)
    await organiser.locator("[name=email]").fill("speaker@example.org")
    await organiser.locator("[name=email]").press("Enter")
    await organiser.wait_for_url("**/speakers**")
    await organiser.goto(speaker)
    await organiser.get_by_role("button", name="Send the link to their page").click()
    mail = await server.mail("speaker@example.org", lambda message: "/speak/" in plain_text(message))
    names["speak"] = link_in(plain_text(mail), f"{server.url}/speak/").rpartition("/")[2]
    calendar = await (await visitor.request.get(f"/speak/{names['speak']}/talks.ics")).text()
    rooms = re.findall(r"/speak/join/(\w+\?key=[\w.-]+)", calendar.replace("\r\n ", ""))
    names["speak_room"] = rooms[0]
    names["given"] = await _hand_in(visitor, names["speak"])


async def _hand_in(visitor: Page, speak: str) -> str:
    """The speaker hands a link in; its code on their page."""
    files = f"/speak/{speak}/files"
    await visitor.goto(files)
    await visitor.locator("summary", has_text="Hand in a link").first.click()
    await visitor.locator("[name=url]").first.fill("https://example.org/more")
    await visitor.locator("form[action$='/link'] [name=title_en]").first.fill("More about it")
    await visitor.get_by_role("button", name="Hand it in").first.click()
    link = visitor.locator("#given a").first
    return str(await link.get_attribute("href")).rpartition("/")[2]


async def _write_to_speaker(organiser: Page, names: dict[str, str]) -> None:
    """Write the speaker a mail, look at it as they will get it, and send it; the code of what was sent."""
    await organiser.goto(f"/organise/{_SLUG}/speakers/mail/new?speaker={names['speaker']}")
    await organiser.locator("[name=subject_en]").fill("Soon, {name}")
    await organiser.locator("[name=body_en]").fill("Your sessions:\n{sessions}\n\n{link}")
    await organiser.get_by_role("button", name="Look at it").click()
    assert await breaches(organiser, ALL_RULES) == []
    await organiser.get_by_role("button", name="Send it to one speaker").click()
    await organiser.get_by_role("heading", name="Who got it").wait_for()
    names["message"] = organiser.url.rpartition("/")[2]


async def _write_to_attendees(organiser: Page, names: dict[str, str]) -> None:
    """Write to everyone who registered, look at it as they will get it, and send it; the code of what was sent."""
    await organiser.goto(f"/organise/{_SLUG}/registrations/mail/new")
    await organiser.locator("[name=subject_en]").fill("Soon, {name}")
    await organiser.locator("[name=body_en]").fill("What you chose:\n{sessions}\n\n{link}")
    await organiser.get_by_role("button", name="Look at it").click()
    assert await breaches(organiser, ALL_RULES) == []
    await organiser.get_by_role("button", name="Send it to").click()
    await organiser.wait_for_url(re.compile(r"/registrations/mail/[a-z0-9]{12}$"))
    names["attendee_message"] = organiser.url.rpartition("/")[2]


async def _misled_by_enter(page: Page) -> list[str]:
    """Forms in which Enter in a field would press another button than the one that sends the form as a whole."""
    found: list[str] = await page.evaluate(
        """() => [...document.forms]
            .filter((form) => form.querySelector("input:is([type=text], [type=email], [type=url], :not([type]))"))
            .map((form) => form.querySelector("button:not([type=button])"))
            .filter((button) => button?.name)
            .map((button) => button.outerHTML)"""
    )
    return found


ALL = {**PUBLIC, **ATTENDEES, **SPEAKERS, **ORGANISERS, **VARIANTS}


@pytest.mark.parametrize("name", ALL)
async def test_a_page_is_accessible_and_fits_every_screen(world: World, name: str) -> None:
    page, address = world.reader_of(ALL[name]), world.address(ALL[name])
    await page.set_viewport_size({"width": _LARGE["width"], "height": _LARGE["height"]})
    await page.emulate_media(color_scheme="light")
    response = await page.goto(address)
    assert response is not None
    assert response.status < 500
    assert (response.status < 400) == (name not in VARIANTS or "?" in ALL[name] or "signed out" in name)
    assert await page.locator("h1").count() == 1
    assert await page.locator("html").get_attribute("lang") == "en"
    assert (await page.title()).strip(" ·")
    assert await _misled_by_enter(page) == []
    assert not await is_too_wide(page)
    assert await breaches(page, ALL_RULES) == []
    await page.set_viewport_size({"width": _SMALL["width"], "height": _SMALL["height"]})
    await page.emulate_media(color_scheme="dark")
    assert not await is_too_wide(page)
    assert await breaches(page, LOOKS) == []


# Scripts improve these in place; the journeys walk both without script.
IMPROVED = {"join:room", "register:form"}


@pytest.mark.parametrize("name", [name for name in PUBLIC if name not in IMPROVED])
async def test_a_public_page_says_the_same_without_script(world: World, name: str) -> None:
    pages, address = (world.visitor, world.scriptless), world.address(PUBLIC[name])
    await world.visitor.context.clear_cookies()  # another page's zone
    await world.visitor.set_viewport_size({"width": _SMALL["width"], "height": _SMALL["height"]})
    await asyncio.gather(*(page.goto(address) for page in pages))
    with_script, without = await asyncio.gather(*(page.locator("main").inner_text() for page in pages))
    assert without.split() == with_script.split()
    assert not await is_too_wide(world.scriptless)


def test_no_page_is_forgotten(tmp_path: Path) -> None:
    app = create_app(make_settings(tmp_path))
    found = {
        handler.name or str(handler)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if "GET" in handler.http_methods and not route.path.startswith("/schema")
    }
    assert found == NOT_PAGES | {*PUBLIC, *ATTENDEES, *SPEAKERS, *ORGANISERS}
