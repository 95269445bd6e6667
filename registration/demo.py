"""The demonstration conference: real published facts, placed about a month ahead, ready to be tried in every part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from importlib import resources

from conference import auth, conferences, team, texts, timezones
from conference.db import transaction
from conference.settings import Settings
from conference.storage import Storage, Stored, open_storage
from conference.tables import Conference, RegistrationState
from conference.viewer import SignedInOrganiser
from registration.asking.consents import add_purpose
from registration.asking.questions import QuestionFacts, add_question
from registration.asking.tables import QuestionKind
from registration.groups import GroupRules, change_group_rules
from registration.rights.retaining import change_periods, periods_of
from registration.rights.retention import ADVISED, RetentionKind
from sessions.demo.packs import leave_behind, store_things
from sessions.imports.new_conference import import_programme
from sessions.interchange import own_yaml
from sessions.interchange.model import ProgrammeFile, moved
from sessions.packs.contents import forget_unknown
from sessions.releases.publishing import release_programme
from sessions.tables import Room

FILE = "working-internationally.yaml"
ORGANISER_EMAIL = "organiser@example.org"
ORGANISER_NAME = "Demo Organiser"
A_MONTH = timedelta(days=31)
FRIDAY = 4

PRIVACY = """This is a demonstration, and this notice is an illustration of one.

We ask for your name, address, country and time zone to send you the links and times of what you choose, and for
nothing else. Only the conference team sees them. Your registration is deleted six months after the day, or as soon
as you ask. You can take back any consent on your own page."""


PERIODS: Mapping[RetentionKind, int] = {
    **{kind: days for kind, days in ADVISED.items() if kind is not RetentionKind.SPEAKERS},
    RetentionKind.DETAILS: 183,
}
"""What the notice promises: six months. The others are what is advised; who spoke stays with the programme."""


async def load_demo(settings: Settings, *, as_published: bool, now: datetime) -> list[str]:
    """Load the demo conference unless it is there already, and return where to look: the public page and a fresh
    one-time link to the organiser's desk, valid for a day.

    It takes place on a Friday about a month from ``now``, or with ``as_published`` on 25 June 2021; the
    wall-clock times are those of the file. Running it again changes nothing that is there.
    """
    programme = demo_programme(None if as_published else demo_day(now))
    slug = programme.conference.slug
    if await conferences.conference_by_slug(slug) is None:
        await _load(programme, settings, now=now)
    organiser = await team.add_organiser(ORGANISER_EMAIL, "", may_create=True, now=now)
    link = await auth.make_sign_in_link(organiser.id, now=now, lifetime=auth.FIRST_LINK_LIFETIME)
    return [
        f"Public page:     {settings.base_url}/{slug}/",
        f"Organiser desk:  {settings.base_url}/organise/sign-in/{link.token}",
    ]


def demo_day(now: datetime) -> date:
    """The Friday nearest to a month after ``now`` on London's calendar, where the demo takes place; never between
    Christmas Eve and New Year, when libraries are shut and nobody would believe in it."""
    wished = timezones.wall_time(now, "Europe/London").date() + A_MONTH
    days = [wished + timedelta(days=away) for away in range(-17, 18)]
    fridays = [day for day in days if day.weekday() == FRIDAY and not _is_holiday(day)]
    return min(fridays, key=lambda day: abs(day - wished))


def _is_holiday(day: date) -> bool:
    return (day.month, day.day) >= (12, 24) or (day.month, day.day) == (1, 1)


def demo_programme(day: date | None) -> ProgrammeFile:
    """The demo's programme on ``day``; None keeps the day it really took place."""
    programme = own_yaml.read(_package_file(FILE)).programme
    return programme if day is None else moved(programme, day)


def _package_file(name: str) -> bytes:
    return (resources.files("sessions.demo") / name).read_bytes()


async def _load(programme: ProgrammeFile, settings: Settings, *, now: datetime) -> None:
    storage = open_storage(settings.storage_url, settings.data_dir)
    stored = await store_things(storage)
    try:
        async with transaction():
            # Two that start together: the second finds it here and has nothing to do.
            if await conferences.conference_by_slug(programme.conference.slug) is None:
                await _write(programme, stored, storage, settings, now=now)
                stored = {}
    finally:
        await forget_unknown(storage, list(stored.values()))


async def _write(
    programme: ProgrammeFile,
    stored: Mapping[str, Stored],
    storage: Storage,
    settings: Settings,
    *,
    now: datetime,
) -> None:
    row = await team.add_organiser(ORGANISER_EMAIL, ORGANISER_NAME, may_create=True, now=now)
    organiser = SignedInOrganiser(row.id, row.name, row.email, row.may_create)
    imported = await import_programme(
        programme, slug=programme.conference.slug, owner=organiser, uid_host=settings.base_host, now=now
    )
    conference = imported.conference
    await Conference.update(
        {
            Conference.contact_email: ORGANISER_EMAIL,
            Conference.privacy: texts.encode({"en": PRIVACY}),
        }
    ).where(Conference.id == conference.id)
    for room in await Room.objects().where(Room.conference == conference.id):
        name = texts.pick(room.name, "en").lower().replace(" ", "-")
        room.vendor_url = f"https://meet.example.org/demo/{name}"
        await room.save()
    await _ask(conference, organiser, now=now)
    await change_group_rules(conference, GroupRules(takes_groups=True), actor=organiser, now=now)
    if conference.ends_on >= now.date():  # of a conference long past, everything would be due at once
        periods = replace(await periods_of(conference.id), days=PERIODS)
        await change_periods(conference, periods, actor=organiser, now=now)
    await leave_behind(conference, stored, storage=storage, actor=organiser, now=now)
    await release_programme(conference, "The programme as announced.", actor=organiser, now=now)
    await conferences.set_registration_state(conference, RegistrationState.OPEN, actor=organiser, now=now)


async def _ask(conference: Conference, organiser: SignedInOrganiser, *, now: datetime) -> None:
    libraries = ("Public library", "School library", "University or research library", "Another, or none")
    await add_question(
        conference,
        QuestionFacts(
            kind=QuestionKind.CHOICE,
            label={"en": "Where do you work?"},
            help={"en": "So that speakers know whom they talk to."},
            choices=tuple({"en": name} for name in libraries),
        ),
        actor=organiser,
        now=now,
    )
    await add_question(
        conference,
        QuestionFacts(
            kind=QuestionKind.LONG_TEXT,
            label={"en": "What would you like to take home?"},
            help={"en": "One question you bring with you. The workshops begin with these."},
        ),
        actor=organiser,
        now=now,
    )
    purposes = {
        "updates": "Write to me about future events on working internationally.",
        "directory": "Show my name, library and country to the other people who come, so that they can find me.",
    }
    for code, words in purposes.items():
        await add_purpose(conference, code, {"en": words}, actor=organiser, now=now)
