"""Conferences made up for measuring, the same on every machine."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from conference import auth, clock, codes, conferences, team
from conference.addresses import address_key
from conference.settings import Settings
from conference.tables import Conference, RegistrationState, Role, TeamMember
from conference.web import ORGANISER_COOKIE
from registration.entries.links import feed_hash, page_hash
from registration.entries.searching import searched
from registration.tables import Attendee, Registration, RegistrationStatus
from sessions.imports.new_conference import import_programme
from sessions.interchange.model import (
    AppearanceFacts,
    ConferenceFacts,
    ProgrammeFile,
    RoomFacts,
    SessionFacts,
    SlotFacts,
    SpeakerFacts,
    TrackFacts,
)
from sessions.queries import forget_programmes
from sessions.releases.publishing import release_programme
from sessions.tables import SessionKind

SLUG = "bench"
DOMAINS = 40  # of the people's addresses
ROWS_A_DAY = 20  # of 25 minutes and five between, from eight to six
_TEXT = """
archive bridge catalogue children city collection community country culture desk digital evening
exchange family funding garden grant guide harbour heritage hour idea island journey knowledge
language learning lending letter library listening makerspace map memory migrant morning music
museum neighbour network newcomer open partner people picture place plan poem practice project
promise public question reader recovery river room school service shelf skill story street summer
talk teacher technology time toolkit town trust village visit voice volunteer winter word work
workshop world writing year young
"""
WORDS = _TEXT.split()


@dataclass(frozen=True)
class Size:
    """How large a made-up conference is."""

    sessions: int
    rooms: int

    def __str__(self) -> str:
        return f"{self.sessions} sessions in {self.rooms} rooms"


USUAL = Size(120, 6)


async def publish_conference(
    _settings: Settings, size: Size = USUAL, *, seats: int = 1_000_000
) -> Conference:
    """A conference of that size a month ahead: published, registration open. ``seats`` are those of each workshop."""
    forget_programmes()  # those of the database before this one, whose rows have the same numbers
    now = clock.now()
    imported = await import_programme(
        bench_programme(now + timedelta(days=30), size, seats=seats),
        slug=SLUG,
        owner=None,
        uid_host="bench.example.org",
        now=now,
    )
    await release_programme(imported.conference, "", actor="command line", now=now, despite_clashes=True)
    await conferences.set_registration_state(
        imported.conference, RegistrationState.OPEN, actor="command line", now=now
    )
    return imported.conference


def bench_programme(on: datetime, size: Size, *, seats: int = 1_000_000) -> ProgrammeFile:
    """Sessions of half an hour that fill the rooms from eight o'clock, over as many days as it takes; of those of the
    first day two are workshops with seats."""
    choice = random.Random(20210625)  # noqa: S311 - words, not secrets

    def sentence(least: int, most: int) -> str:
        return " ".join(choice.choices(WORDS, k=choice.randint(least, most))).capitalize()

    rows = -(-size.sessions // size.rooms)
    days = -(-rows // ROWS_A_DAY)
    rows_a_day = -(-rows // days)
    morning = on.replace(hour=8, minute=0, second=0, microsecond=0, tzinfo=None)
    speakers = tuple(
        SpeakerFacts(
            key=f"speaker-{number}",
            name=sentence(2, 2).title(),
            role=sentence(1, 2),
            organisation=f"{sentence(1, 1)} Library",
            country=choice.choice(("GB", "IN", "KE", "DE", "NZ", "BR")),
            zone=choice.choice(("Europe/London", "Asia/Kolkata", "Africa/Nairobi", "Europe/Berlin")),
            biography={"en": f"{sentence(20, 40)}."},
        )
        for number in range(size.sessions)
    )
    sessions = []
    for number in range(size.sessions):
        row, room = divmod(number, size.rooms)
        day, row_of_day = divmod(row, rows_a_day)
        is_workshop = number in (size.rooms, 2 * size.rooms)
        sessions.append(
            SessionFacts(
                key=f"session-{number}",
                kind=SessionKind.WORKSHOP if is_workshop else SessionKind.TALK,
                title={"en": sentence(3, 8)},
                abstract={"en": ". ".join(sentence(8, 16) for _line in range(4)) + "."},
                track=f"track-{room}",  # as conferences of this size have it: a room is a track's for the day
                appearances=(AppearanceFacts(f"speaker-{number}"),),
                slots=(
                    SlotFacts(
                        room=f"room-{room}",
                        local_start=morning + timedelta(days=day, minutes=30 * row_of_day),
                        length_minutes=25,
                        seats=seats if is_workshop else None,
                    ),
                ),
            )
        )
    return ProgrammeFile(
        conference=ConferenceFacts(
            slug=SLUG,
            name={"en": "Bench Conference"},
            zone="Europe/London",
            starts=morning,
            ends=morning + timedelta(days=days - 1, hours=11),
        ),
        rooms=tuple(RoomFacts(f"room-{number}", {"en": sentence(2, 2)}) for number in range(size.rooms)),
        tracks=tuple(TrackFacts(f"track-{number}", {"en": sentence(2, 2)}) for number in range(size.rooms)),
        speakers=speakers,
        sessions=tuple(sessions),
    )


async def add_people(conference: Conference, numbers: range, now: datetime, **columns: Any) -> list[int]:
    """Confirmed registrations of people in Kolkata, with addresses at ``DOMAINS`` domains, written without the rules; their
    row ids. ``columns`` are further ones of theirs."""
    emails = [f"anjali.{number}@library-{number % DOMAINS}.example" for number in numbers]
    attendees = await Attendee.insert(
        *(Attendee(email=email, email_key=address_key(email), created_at=now) for email in emails)
    ).returning(Attendee.id)
    rows = []
    for attendee, email in zip(attendees, emails, strict=True):
        code = codes.new_code(12)
        row = Registration(
            conference=conference.id,
            attendee=attendee["id"],
            code=code,
            status=RegistrationStatus.CONFIRMED,
            name="Anjali Menon",
            email=email,
            country="IN",
            zone="Asia/Kolkata",
            language="en",
            searched=searched("Anjali Menon", email, "", code),
            link_hash=page_hash(code, 1),
            link_expires_at=now + timedelta(days=90),
            feed_hash=feed_hash(code, 1),
            created_at=now,
            confirmed_at=now,
            changed_at=now,
            synced_release=conference.release_number,
            **columns,
        )
        rows.append(row)
    return [row["id"] for row in await Registration.insert(*rows).returning(Registration.id)]


async def organiser_cookie(conference: Conference) -> str:
    """What a browser sends in which somebody of the conference's team is signed in."""
    now = clock.now()
    organiser = await team.add_organiser("petra@example.org", "Petra Vogel", may_create=True, now=now)
    await TeamMember(
        conference=conference.id, organiser=organiser.id, role=Role.PROGRAMME, created_at=now
    ).save()
    link = await auth.make_sign_in_link(organiser.id, now=now)
    return f"{ORGANISER_COOKIE}={await auth.sign_in_by_link(link.token, now=now)}"
