"""The world that is attacked: the demo conference with its team and an attendee, and every address and form in it."""

from __future__ import annotations

import io
import logging
import os
import re
import shutil
import zipfile
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urljoin, urlsplit

import httpx
from litestar import Litestar
from litestar.routes import HTTPRoute
from piccolo.table import Table
from PIL import Image

from conference import clock, db, piccolo_conf
from conference.codes import derived_token, new_code
from conference.conferences import conference_by_slug
from conference.mail.unsubscribing import unsubscribe_path
from conference.settings import Settings
from conference.storage import Storage
from conference.tables import Conference, Organiser
from conference.viewer import SignedInOrganiser
from registration.asking.categories import CategoryFacts, add_category
from registration.asking.questions import QuestionFacts, add_question
from registration.asking.tables import QuestionKind
from registration.attending.agreeing import agree
from registration.attending.certificate_rules import GivenBy
from registration.attending.certificates import facts_now
from registration.attending.tables import Certificate
from registration.demo import ORGANISER_EMAIL, load_demo
from registration.desk import filters as desk_filters
from registration.desk.exports import ask_for, making
from registration.desk.message_contents import audience_of as attendees_meant
from registration.desk.messages import send_message as write_to_attendees
from registration.desk.tables import ExportKind
from registration.entries import registrations
from registration.entries.interest import note_interest
from registration.entries.links import feed_token, page_token
from registration.entries.registrations import Details, Entry
from registration.entries.tables import Interest
from registration.importing.sheets_kept import arrive
from registration.queries import seats_by_slot
from registration.rights.complaints import Words, complain
from registration.rights.data_links import link_token, request_data_link
from registration.rights.notice_versions import keep_version, words_now
from registration.rights.tables import DataLink
from registration.seating.offers import seat_choices
from registration.tables import Registration
from sessions.door.tables import DoorCall
from sessions.imports.looking import send_files
from sessions.interchange.reading import NamedBytes
from sessions.packs.collecting.expectations import expect_of_session
from sessions.packs.collecting.handing_in import hand_in_link
from sessions.packs.resource_facts import ResourceFacts
from sessions.packs.tables import ResourceKind
from sessions.queries import latest_programme
from sessions.speakers.asking import ask_for_change
from sessions.speakers.audience import Filter, speaker_rows
from sessions.speakers.links import ensure_link, room_path, speak_path
from sessions.speakers.message_contents import MessageFacts, audience_of
from sessions.speakers.messages import send_message
from sessions.speakers.photos import set_photo
from sessions.tables import Appearance, Session, Slot, Speaker
from tests.databases import opened
from tests.makers import make_session
from tests.pages import BASE_URL, Browser, open_app, sign_in_as
from tests.people import KOLKATA_ATTENDEE, NEW_YORK_SPEAKER, Person

TRACEBACK = re.compile(
    r"Traceback \(most recent|File &#34;/|File \"/|jinja2\.|litestar\.|sqlite3\.|asyncpg\."
)
NO_PAGES = ("/static", "/schema", "/organise/sign-out")  # the framework's own, and the way out


# Every attack in every place takes minutes; the tests try a few in each place, other ones in the next.
WHOLE = bool(os.environ.get("MERIDIAN_WHOLE_ATTACK"))
Item = TypeVar("Item")


def some(items: Sequence[Item], number: int, most: int) -> Sequence[Item]:
    """``most`` of the items, others for each ``number``; all of them in a whole attack."""
    if WHOLE or len(items) <= most:
        return items
    return [items[(number * most + i) * 7 % len(items)] for i in range(most)]


@dataclass(frozen=True)
class Form:
    """A form as it stands on a page: where it goes, and what it would send if nobody typed anything."""

    page: str
    action: str
    fields: tuple[tuple[str, str], ...]
    files: tuple[str, ...] = ()
    texts: frozenset[str] = frozenset()  # the fields into which people type freely
    buttons: frozenset[str] = frozenset()
    is_multipart: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for name, _value in self.fields if name != "_csrf_token"))


class _Page(HTMLParser):
    """Every link and every posted form of a page."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._action: str | None = None
        self._fields: list[tuple[str, str]] = []
        self._files: list[str] = []
        self._texts: set[str] = set()
        self._buttons: set[str] = set()
        self._is_multipart = False
        self._select = ""
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        is_link = tag == "a" or (tag == "link" and at.get("rel") in ("alternate", "linkset"))
        if is_link and "href" in at:
            self.links.append(urljoin(self.address, at["href"]))
        elif tag == "iframe" and at.get("src"):
            self.links.append(urljoin(self.address, at["src"]))
        elif tag == "form" and at.get("method", "").lower() == "post":
            self._action = urljoin(self.address, at.get("action") or self.address)
            self._fields, self._files, self._texts, self._buttons = [], [], set(), set()
            self._is_multipart = "multipart" in at.get("enctype", "")
        elif self._action is None or not at.get("name"):
            if tag == "option" and self._select and "selected" in at:
                self._fields.append((self._select, at.get("value", "")))
        elif tag == "input" and at.get("type") == "file":
            self._files.append(at["name"])
        elif tag in ("input", "button"):
            if tag == "button" or at.get("type") == "submit":
                self._buttons.add(at["name"])
            elif at.get("type", "text") in ("text", "email", "search", "url", "tel", "password"):
                self._texts.add(at["name"])
            elif at.get("type") in ("checkbox", "radio") and "checked" not in at:
                return
            self._fields.append((at["name"], at.get("value", "")))
        elif tag == "select":
            self._select = at["name"]
            self._fields.append((at["name"], ""))
        elif tag == "textarea":
            self._area = at["name"]
            self._texts.add(self._area)
            self._fields.append((self._area, ""))

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._fields[-1] = (self._area, self._fields[-1][1] + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = None
        elif tag == "select":
            self._select = ""
        elif tag == "form" and self._action is not None:
            self.forms.append(
                Form(
                    self.address,
                    urlsplit(self._action).path,
                    tuple(self._fields),
                    tuple(self._files),
                    frozenset(self._texts),
                    frozenset(self._buttons),
                    self._is_multipart,
                )
            )
            self._action = None


def read_page(answer: httpx.Response, address: str) -> _Page:
    """The links and forms of an answer."""
    page = _Page(urljoin(BASE_URL, address))
    page.feed(answer.text)
    return page


@dataclass
class World:
    """What there is to attack."""

    app: Litestar
    browser: Browser
    settings: Settings
    conference: Conference
    organiser: SignedInOrganiser
    registration: Registration
    secrets: dict[str, str]
    forms: dict[tuple[str, tuple[str, ...]], Form] = field(default_factory=dict)
    addresses: dict[str, list[str]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def filled_in(self, route: str) -> str:
        """An address of the route: of this conference, with live tokens, and of things that are not there."""
        token = self.secrets["speak" if route.startswith("/speak") else "page"]
        for name, value in {"slug": self.conference.slug, "token": token}.items():
            route = route.replace(f"{{{name}:str}}", value)
        return re.sub(r"\{\w+:str\}", "nothing8", route)

    def template_of(self, path: str) -> str:
        """The route that would answer this path."""
        for template, pattern in self._patterns():
            if pattern.fullmatch(path.rstrip("/") or "/"):
                return template
        return ""

    def _patterns(self) -> list[tuple[str, re.Pattern[str]]]:
        routes = [route.path for route in self.app.routes if isinstance(route, HTTPRoute)]
        routes.sort(key=lambda path: [part.startswith("{") for part in path.split("/")])
        return [(path, _pattern(path)) for path in routes]

    def routes(self, method: str) -> list[str]:
        """Every route that answers ``method``."""
        return sorted(
            route.path
            for route in self.app.routes
            if isinstance(route, HTTPRoute)
            and method in {str(known) for known in route.route_handler_map}
            and not route.path.startswith(NO_PAGES)
        )

    async def explore(self, *, each: int = 2) -> None:
        """Follow every link from the front page and the desk, and note addresses and forms by their route."""
        starts = ["/", "/organise/", f"/{self.conference.slug}/", f"/{self.conference.slug}/me"]
        starts += [f"/organise/{self.conference.slug}/", f"/{self.conference.slug}/me/details"]
        starts += [
            f"/{self.conference.slug}/me/{self.secrets['page']}",
            f"/{self.conference.slug}/me/{self.secrets['page']}/reminders",
            f"/{self.conference.slug}/me/withdraw",
        ]
        starts += [
            "/favicon.ico",
            "/healthz",
            "/healthz/mail",
            "/healthz/files",
            "/readyz",
            "/metrics",
            "/robots.txt",
            "/sitemap.xml",
            f"/{self.conference.slug}/sitemap.xml",
            "/organise/sign-in/sent",
            "/verify",
        ]
        starts += [f"/{self.conference.slug}/{page}" for page in ("me/sent", "me/withdrawn", "register/sent")]
        wanted = ("sent", "noted", "gone", self.secrets["interest"])
        starts += [f"/{self.conference.slug}/register/interest/{page}" for page in wanted]
        starts.append(f"/{self.conference.slug}/register/applied")
        data = f"/{self.conference.slug}/me/data"
        starts.append(f"/{self.conference.slug}/complaints/{self.secrets['complaint']}")
        starts += [f"{data}/sent", f"{data}/erased", f"{data}/link/{self.secrets['data']}"]
        desk = f"/organise/{self.conference.slug}"  # what only the editor's script asks for
        starts += [f"{desk}/schedule/nights.json", f"{desk}/schedule/events"]
        starts += [f"{desk}/exchange/{self.secrets['import']}", f"{desk}/registrations/waiting"]
        sheet, export = self.secrets["sheet"], self.secrets["export"]
        starts += [f"{desk}/registrations/import/{sheet}", f"{desk}/registrations/import/{sheet}/refused.csv"]
        starts += [f"{desk}/registrations/export", f"{desk}/registrations/export/{export}"]
        starts.append(f"{desk}/registrations/export/{export}/file")
        starts += [f"/organise/{self.conference.slug}/schedule.json", f"/calendar/{self.secrets['feed']}.ics"]
        starts.append(f"/{self.conference.slug}/programme/stars.json")
        starts += [f"/organise/sign-in/{self.secrets['sign-in']}", "/organise/sign-in", "/organise/account"]
        speaker = self.secrets["room"].partition("key=")[2].partition(".")[0]
        starts += [f"/organise/{self.conference.slug}/speakers/{speaker}"]
        starts += [f"/{self.conference.slug}/speakers/{speaker}/photo"]
        starts.append(unsubscribe_path(self.conference.slug, self.conference.id, self.organiser.email))
        starts += ["/speak", "/speak/sent", f"/speak/join/{self.secrets['room']}"]
        starts += [f"/speak/{self.secrets['speak']}{page}" for page in ("", "/profile/photo", "/talks.ics")]
        queue, seen, gets = deque(starts), set(starts), set(self.routes("GET"))
        while queue:
            address = queue.popleft()
            path = urlsplit(address).path
            template = self.template_of(path)
            if not template or template.startswith(NO_PAGES):
                continue
            known = self.addresses.setdefault(template, [])
            if len(known) >= each:
                continue
            known.append(address)
            answer = await self.browser.get(address)
            if answer.status_code >= 400 and not address.endswith(self.secrets["sign-in"]):
                self.failures.append(f"{answer.status_code} {address}")
            if "text/html" not in answer.headers.get("content-type", ""):
                continue
            page = read_page(answer, address)
            for form in page.forms:
                self.forms.setdefault((self.template_of(form.action), form.names), form)
            for link in page.links:
                parts = urlsplit(link)
                if parts.path.removesuffix(".ics").removesuffix("/reminders").endswith("/example"):
                    continue  # of a mail shown with made-up facts
                there = parts.path + (f"?{parts.query}" if parts.query else "")
                if link.startswith(BASE_URL) and there not in seen:
                    seen.add(there)
                    queue.append(there)
            for form in page.forms:  # some answer a GET too: to those who sign in again on the way
                if form.action not in seen and self.template_of(form.action) in gets:
                    seen.add(form.action)
                    queue.append(form.action)


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[^}]*\})", path)
    kinds = {"int": r"\d+", "path": r".+"}
    return re.compile(
        "".join(
            kinds.get(part[1:-1].partition(":")[2], "[^/]+") if part.startswith("{") else re.escape(part)
            for part in parts
        )
    )


@asynccontextmanager
async def open_world(settings: Settings) -> AsyncIterator[World]:
    """The application on the bound, empty database, with the demo, its organiser signed in and an attendee too."""
    async with open_app(settings) as app:
        now = clock.now()
        lines = await load_demo(settings, as_published=False, now=now)
        conference = await conference_by_slug(lines[0].rstrip("/").rpartition("/")[2])
        row = await Organiser.objects().where(Organiser.email == ORGANISER_EMAIL).first()
        assert conference is not None
        assert row is not None
        organiser = SignedInOrganiser(row.id, row.name, row.email, row.may_create)
        await make_session(conference, "Waiting for a time")
        letter = await add_question(
            conference, QuestionFacts(QuestionKind.FILE, {"en": "A letter"}, {}), actor="world", now=now
        )
        registration = await attend(conference, KOLKATA_ATTENDEE)
        transport = httpx.ASGITransport(app=cast(Any, app), raise_app_exceptions=False)
        async with Browser(transport=transport, base_url=BASE_URL, follow_redirects=False) as browser:
            await sign_in_as(browser, organiser)
            secrets = {
                "page": page_token(registration.code, registration.link_generation),
                "feed": feed_token(registration.code, registration.feed_generation),
                "sign-in": lines[1].rpartition("/")[2],
                "interest": await want_to_be_told(conference, organiser),
                "complaint": await complain_of(conference),
                "data": await ask_for_data(conference),
                "import": await send_programme(conference, organiser, app.state.storage),
                "sheet": await send_people(conference, organiser),
                "export": await make_list(conference, organiser, app.state.storage),
                **await let_speak(conference, app.state.storage),
            }
            await _send_archive(browser, conference)
            words = await words_now(conference)
            await keep_version(conference, replace(words, own={"en": "Words of an earlier day."}), now)
            answer = await browser.post_form(f"/{conference.slug}/me/{secrets['page']}")
            assert answer.status_code == 303, answer.text
            await _send_letter(browser, conference, registration, letter.code)
            await _write_to_attendees(conference, organiser)
            await _certify(conference, registration)
            yield World(app, browser, settings, conference, organiser, registration, secrets)


async def _send_archive(browser: Browser, conference: Conference) -> None:
    """A zip of resources that the organiser sent to be looked at before they are taken in."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("metadata.csv", "file,title\nnotes.txt,Notes\n")
        zipped.writestr("notes.txt", "What was said.\n")
    answer = await browser.post_form(
        f"/organise/{conference.slug}/resources/exchange",
        files={"file": ("everything.zip", archive.getvalue(), "application/zip")},
    )
    assert answer.status_code == 303, answer.text


async def _send_letter(
    browser: Browser, conference: Conference, registration: Registration, question: str
) -> None:
    """The attendee, whose page is open, answers the question with a file."""
    columns = ("name", "country", "zone", "language", "revision")
    row = await Registration.objects().where(Registration.id == registration.id).first()
    answer = await browser.post_form(
        f"/{conference.slug}/me/details",
        {name: str(getattr(row, name)) for name in columns},
        files={f"q_{question}": ("letter.pdf", b"%PDF-1.7 Dear all", "application/pdf")},
    )
    assert answer.status_code == 303, answer.text


@asynccontextmanager
async def open_copy(world: World, data_dir: Path) -> AsyncIterator[World]:
    """The same world, which has been closed, on a copy of its folder made here: database, files and mails."""
    shutil.copytree(world.settings.data_dir, data_dir)
    settings = replace(world.settings, data_dir=data_dir)
    async with opened(db.make_engine("", data_dir)), open_app(settings) as app:
        transport = httpx.ASGITransport(app=cast(Any, app), raise_app_exceptions=False)
        async with Browser(transport=transport, base_url=BASE_URL, follow_redirects=False) as browser:
            browser.cookies.update(world.browser.cookies)
            yield replace(
                world,
                app=app,
                browser=browser,
                settings=settings,
                forms=dict(world.forms),
                addresses={route: list(found) for route, found in world.addresses.items()},
                failures=list(world.failures),
            )


async def send_programme(conference: Conference, organiser: SignedInOrganiser, storage: Storage) -> str:
    """A sheet that the organiser sent to be looked at before it is imported: the code of the import."""
    sheet = NamedBytes("sessions.csv", b"Title,Speaker\nOne more,Ruth Okafor\n")
    return await send_files(
        conference, [sheet], first_day=None, storage=storage, actor=organiser, now=clock.now()
    )


async def send_people(conference: Conference, organiser: SignedInOrganiser) -> str:
    """A sheet of people whose columns are to be said: the code of the import."""
    sheet = b"Name,E-mail,Country\nOne more,one.more@example.org,India\nNobody,,India\n"
    return await arrive(conference, "people.csv", sheet, actor=organiser, now=clock.now())


async def make_list(conference: Conference, organiser: SignedInOrganiser, storage: Storage) -> str:
    """A list of registrations, ready to be taken away: its code."""
    now = clock.now()
    code = await ask_for(conference, desk_filters.Filter(), ExportKind.CSV, actor=organiser, now=now)
    await making(storage)(now)
    return code


async def let_speak(conference: Conference, storage: Storage) -> dict[str, str]:
    """Give a speaker of the programme an address, a photo and a link: what it is, and what opens a room of theirs."""
    now = clock.now()
    row = await (
        Appearance.select(Appearance.speaker, Appearance.session)
        .where(Appearance.session._.conference == conference.id)
        .order_by(Appearance.id)
        .first()
    )
    assert row is not None
    slot = await Slot.objects().where(Slot.session == row["session"]).first()
    assert slot is not None
    await Speaker.update({Speaker.email: NEW_YORK_SPEAKER.email}).where(Speaker.id == row["speaker"])
    picture = io.BytesIO()
    Image.new("RGB", (120, 120), "teal").save(picture, "PNG")
    await set_photo(row["speaker"], picture.getvalue(), storage=storage, actor="world", now=now)
    speaker = await ensure_link(row["speaker"], now)
    await ask_for_change(speaker.id, "Could it be an hour later?", now=now)
    await _write_to_speakers(conference)
    session = await Session.objects().get(Session.id == row["session"])
    owner = await Organiser.objects().order_by(Organiser.id).first()
    assert session is not None
    assert owner is not None
    petra = SignedInOrganiser(owner.id, owner.name, owner.email, owner.may_create)
    await expect_of_session(conference, session.code, ["slides"], actor=petra, now=now)
    facts = ResourceFacts(
        ResourceKind.LINK, {"en": "More"}, licence="CC0-1.0", url="https://example.org/more"
    )
    await hand_in_link(conference, speaker, session, facts, now=now)
    return {
        "speak": speak_path(speaker).rpartition("/")[2],
        "room": room_path(speaker, slot.code).rpartition("/")[2],
    }


async def _write_to_speakers(conference: Conference) -> None:
    """A mail of the team to every speaker who has an address."""
    row = await Organiser.objects().order_by(Organiser.id).first()
    assert row is not None
    petra = SignedInOrganiser(row.id, row.name, row.email, row.may_create)
    facts = MessageFacts({"en": "Soon, {name}"}, {"en": "{sessions}\n{link}"})
    meant = audience_of(conference, await speaker_rows(conference.id), facts)
    await send_message(
        conference,
        facts,
        Filter(),
        code=new_code(12),
        expected=meant.fingerprint,
        actor=petra,
        now=clock.now(),
    )


async def _write_to_attendees(conference: Conference, organiser: SignedInOrganiser) -> None:
    """A mail of the team to everybody who registered."""
    now, wanted = clock.now(), desk_filters.Filter()
    meant = await attendees_meant(conference, wanted, now)
    await write_to_attendees(
        conference,
        await latest_programme(conference),
        MessageFacts({"en": "Soon, {name}"}, {"en": "{sessions}\n{link}"}),
        wanted,
        is_news=True,
        code=new_code(12),
        expected=meant.fingerprint,
        actor=organiser,
        now=now,
    )


async def _certify(conference: Conference, registration: Registration) -> None:
    """The attendee agreed to being noted and has a certificate, though the demo is still to come; and cannot get in."""
    now = clock.now()
    await agree(conference, registration, now)
    programme = await latest_programme(conference)
    facts = facts_now(conference, programme, registration, [], GivenBy())
    await Certificate(
        registration=registration.id, code=new_code(12), minutes=45, facts=facts.to_json(), issued_at=now
    ).save()
    await DoorCall(
        conference=conference.id,
        code=new_code(12),
        name=registration.name,
        email=registration.email,
        text="Nothing happens.",
        asked_at=now,
    ).save()


async def want_to_be_told(conference: Conference, organiser: SignedInOrganiser) -> str:
    """Somebody who asks to be told when registration opens: what their link ends in. And a category, for its page."""
    now = clock.now()
    facts = CategoryFacts({"en": "Students"}, {}, is_active=False)
    await add_category(conference, facts, actor=organiser, now=now)
    await note_interest(conference, "interested@example.org", "en", "UTC", now)
    row = await Interest.objects().where(Interest.conference == conference.id).first()
    assert row is not None
    return f"{row.code}.{derived_token('interest', row.code)}"


async def complain_of(conference: Conference) -> str:
    """Somebody complains: the reference."""
    await complain(
        conference, "k3v9x2abcdef", Words("It rains."), language="en", zone="UTC", network="", now=clock.now()
    )
    return "k3v9x2abcdef"


async def ask_for_data(conference: Conference) -> str:
    """Somebody asks what is held about them: what their link ends in."""
    address = "interested@example.org"
    await request_data_link(conference, address, name="", language="en", zone="UTC", now=clock.now())
    row = await DataLink.objects().where(DataLink.conference == conference.id).first()
    assert row is not None
    return link_token(row)


async def attend(conference: Conference, person: Person) -> Registration:
    """The person's registration with a seat in the first workshop that has any left, waiting for confirmation."""
    now = clock.now()
    programme = await latest_programme(conference)
    assert programme is not None
    choices = seat_choices(programme, await seats_by_slot(programme), now)
    seats = [option.slot for choice in choices for option in choice.options if not option.is_full][:1]
    details = Details(person.name, person.country, person.zone, person.language)
    entry = Entry(details, person.email, person.email, seats=seats)
    made = await registrations.register(conference, programme, entry, now)
    found = await Registration.objects().where(Registration.code == (made.code or "")).first()
    assert found is not None
    return found


# --- what must not change --------------------------------------------------------------------------------------------


def every_table() -> list[type[Table]]:
    """All tables of the application."""
    found: list[type[Table]] = []
    for config in piccolo_conf.APP_REGISTRY.app_configs.values():
        found += config.table_classes
    return found


async def everything_stored() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    async with db.connection_scope():
        return {
            table._meta.tablename: await table.select().order_by(table._meta.primary_key)
            for table in every_table()
        }


@contextmanager
def heard_bugs() -> Iterator[list[str]]:
    """What the application reports as its own mistake during the block."""
    heard: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(self.format(record))

    ear = Ear(level=logging.ERROR)
    names = ("meridian", "meridian.web", "litestar", "asyncio", "conference", "sessions", "registration")
    loggers = [logging.getLogger(name) for name in names]
    for logger in loggers:
        logger.addHandler(ear)
    try:
        yield heard
    finally:
        for logger in loggers:
            logger.removeHandler(ear)
