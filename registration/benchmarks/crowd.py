"""Ten thousand people at a made-up conference, with all that registering, choosing and being written to leaves behind."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from piccolo.table import Table

from conference import auth, clock, db, team, texts, timezones
from conference.codes import hash_secret, new_code, new_token
from conference.settings import Settings
from conference.tables import AuditEntry, Conference, MailState, OutgoingMail, Role, TeamMember
from conference.web import ORGANISER_COOKIE
from registration.asking.tables import Answer, Consent, ConsentPurpose, Question, QuestionKind
from registration.benchmarks.made import USUAL, WORDS, Size, publish_conference
from registration.calendars.tables import AgendaItem, InviteSent
from registration.entries.access import cookie_name
from registration.entries.links import feed_hash, feed_token, page_hash
from registration.entries.searching import searched
from registration.entries.tables import AttendeeSignIn
from registration.seating.tables import Seat, WaitlistEntry, WaitState
from registration.tables import Attendee, AttendeeCategory, Registration, RegistrationStatus
from sessions.queries import latest_programme

BATCH = 500  # rows written by one statement
PLACES = (
    ("GB", "Europe/London", "en"),
    ("IN", "Asia/Kolkata", "en"),
    ("NG", "Africa/Lagos", "en"),
    ("FR", "Europe/Paris", "fr"),
    ("AE", "Asia/Dubai", "ar"),
    ("DE", "Europe/Berlin", "en"),
    ("SN", "Africa/Dakar", "fr"),
    ("NZ", "Pacific/Auckland", "en"),
    ("US", "America/New_York", "en"),
    ("EG", "Africa/Cairo", "ar"),
    ("KE", "Africa/Nairobi", "en"),
    ("BR", "America/Sao_Paulo", "en"),
)
_STATES = (
    *(RegistrationStatus.CONFIRMED for _turn in range(17)),
    RegistrationStatus.PENDING,
    RegistrationStatus.PENDING,
    RegistrationStatus.WITHDRAWN,
)
ELSEWHERE = 10  # one in so many is anywhere in the world, in some four hundred zones
STARS = 5  # sessions on each person's agenda, beside their workshop


@dataclass(frozen=True)
class Crowd:
    """The ways in: cookies of an organiser and of an attendee, and the address of a calendar without one."""

    organiser_cookie: str
    attendee_cookie: str
    feed: str


async def gather_crowd(settings: Settings, *, people: int, size: Size = USUAL) -> Crowd:
    """A conference of that size with so many registrations, the same on every machine."""
    conference = await publish_conference(settings, size)
    choice, now = random.Random(20210625), clock.now()  # noqa: S311 - names, not secrets
    categories = await _categories(conference)
    questions = await _questions(conference)
    purposes = await _purposes(conference)
    programme = await latest_programme(conference)
    if programme is None:
        raise RuntimeError("the made-up conference is not published")
    workshops = [slot for _session, slot in programme.placings if slot.seats is not None]
    talks = [slot for _session, slot in programme.placings if slot.seats is None]
    attendees, registrations = [], []
    for number in range(1, people + 1):
        name = " ".join(choice.sample(WORDS, 2)).title()
        country, zone, language = PLACES[min(int(choice.expovariate(0.25)), len(PLACES) - 1)]
        if number % ELSEWHERE == 0:
            zone = choice.choice(timezones.all_zones())
        registered = now - timedelta(minutes=choice.randint(1, 60 * 24 * 60))
        status, code = choice.choice(_STATES), new_code(12)
        is_confirmed = status is RegistrationStatus.CONFIRMED
        email = f"{name.lower().replace(' ', '.')}.{number}@example.org"
        organisation = f"{choice.choice(WORDS).title()} Library"
        attendees.append(Attendee(id=number, email=email, email_key=email, created_at=registered))
        registrations.append(
            Registration(
                id=number,
                conference=conference.id,
                attendee=number,
                code=code,
                status=status,
                name=name,
                email=email,
                country=country,
                zone=zone,
                language=language,
                organisation=organisation,
                searched=searched(name, email, organisation, code),
                category=choice.choice(categories),
                link_hash=page_hash(code, 1),
                link_expires_at=now + timedelta(days=60),
                feed_hash=feed_hash(code, 1),
                created_at=registered,
                changed_at=registered,
                confirmed_at=registered if is_confirmed else None,
                withdrawn_at=now if status is RegistrationStatus.WITHDRAWN else None,
                synced_release=conference.release_number,
            )
        )
    confirmed = [one for one in registrations if one.status == RegistrationStatus.CONFIRMED]
    chosen = {one.id: choice.sample(talks, STARS) for one in confirmed}
    seats = {one.id: choice.choice(workshops) for one in confirmed}
    waiting = confirmed[:: max(1, people // 300)]
    rows: list[Sequence[Table]] = [
        attendees,
        registrations,
        [
            Answer(registration=one.id, question=question, value=choice.choice(given))
            for one in registrations
            for question, given in questions.items()
        ],
        [
            Consent(registration=one.id, purpose=purpose, wording="Yes.", language="en", given_at=now)
            for one in confirmed
            for purpose in purposes
            if choice.random() < 0.6
        ],
        [Seat(slot=slot.id, registration=person, taken_at=now) for person, slot in seats.items()],
        [
            AgendaItem(registration=person, slot=slot.id, chosen_at=now)
            for person, slots in chosen.items()
            for slot in slots
        ],
        [
            InviteSent(
                registration=person,
                slot=slot.id,
                uid=f"{slot.code}@bench.example.org",
                start=slot.start,
                end=slot.end,
                sent_at=now,
            )
            for person, slots in chosen.items()
            for slot in (*slots, seats[person])
        ],
        [
            WaitlistEntry(
                conference=conference.id,
                slot=workshop.id,
                registration=one.id,
                code=new_code(12),
                state=WaitState.WAITING,
                joined_at=now,
            )
            for one in waiting
            for workshop in workshops
            if workshop != seats[one.id]
        ],
        [_mail(conference, one, kind, now) for one in registrations for kind in ("confirm", "invites")],
        [_entry(conference, one, action, now) for one in registrations for action in ("made", "confirmed")],
    ]
    async with db.transaction():
        for table_rows in rows:
            for first in range(0, len(table_rows), BATCH):
                part = table_rows[first : first + BATCH]
                await type(part[0]).insert(*part)
        await _count_on(Attendee, Registration)
    return await _ways_in(conference, confirmed[-1])


def _mail(conference: Conference, to: Registration, kind: str, now: datetime) -> OutgoingMail:
    return OutgoingMail(
        conference=conference.id,
        kind="registration-confirm",
        idempotency_key=f"{kind}:{to.code}",
        message_id=new_code(20),
        recipient=to.email,
        domain="example.org",
        recipient_name=to.name,
        language=to.language,
        zone=to.zone,
        payload=json.dumps({"conference": {"name": {"en": "Bench Conference"}}, "note": kind * 40}),
        state=MailState.SENT,
        next_attempt_at=to.created_at,
        created_at=to.created_at,
        sent_at=now,
    )


def _entry(conference: Conference, who: Registration, action: str, now: datetime) -> AuditEntry:
    return AuditEntry(
        conference=conference.id,
        actor="attendee",
        action=f"registration-{action}",
        subject=f"registration:{who.code}",
        at=now,
    )


async def _count_on(*tables: type[Table]) -> None:
    """PostgreSQL's own numbering goes on after the rows that were given numbers here."""
    if db.current_engine().engine_type == "postgres":
        for table in tables:
            name = table._meta.tablename
            await table.raw(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), MAX(id)) FROM {name}")  # noqa: S608 - names of tables


async def _categories(conference: Conference) -> list[int]:
    made = []
    for name in ("Library staff", "Students", "Speakers"):
        row = AttendeeCategory(conference=conference.id, code=new_code(), name=texts.encode({"en": name}))
        await row.save()
        made.append(row.id)
    return made


async def _questions(conference: Conference) -> dict[int, list[str]]:
    """The row ids of the questions, and what people answer."""
    asked: dict[int, list[str]] = {}
    for label, kind, options in (
        ("What do you hope for?", QuestionKind.TEXT, WORDS),
        ("Where do you work?", QuestionKind.CHOICE, ["Public library", "School library", "Archive"]),
        ("May we photograph the screen?", QuestionKind.YES_NO, ["yes", "no"]),
    ):
        row = Question(
            conference=conference.id,
            code=new_code(),
            kind=kind,
            label=texts.encode({"en": label}),
            choices=json.dumps([{"en": one} for one in options]) if kind is QuestionKind.CHOICE else "[]",
        )
        await row.save()
        asked[row.id] = list(options)
    return asked


async def _purposes(conference: Conference) -> list[int]:
    made = []
    for code in ("updates", "research"):
        wording = texts.encode({"en": f"You may use my data for {code}."})
        row = ConsentPurpose(conference=conference.id, code=code, wording=wording)
        await row.save()
        made.append(row.id)
    return made


async def _ways_in(conference: Conference, attendee: Registration) -> Crowd:
    now, secret = clock.now(), new_token()
    organiser = await team.add_organiser("petra@example.org", "Petra Vogel", may_create=True, now=now)
    await TeamMember(conference=conference.id, organiser=organiser.id, role=Role.OWNER, created_at=now).save()
    link = await auth.make_sign_in_link(organiser.id, now=now)
    await AttendeeSignIn(
        registration=attendee.id,
        token_hash=hash_secret(secret),
        created_at=now,
        expires_at=now + timedelta(days=1),
    ).save()
    return Crowd(
        organiser_cookie=f"{ORGANISER_COOKIE}={await auth.sign_in_by_link(link.token, now=now)}",
        attendee_cookie=f"{cookie_name(conference.id)}={secret}",
        feed=f"/calendar/{feed_token(attendee.code, 1)}.ics",
    )
