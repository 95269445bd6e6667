"""Rows for tests, made with as few words as the test needs."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

from conference import team, texts
from conference.addresses import address_key
from conference.codes import new_code
from conference.conferences import ConferenceFacts, create_conference
from conference.tables import Conference, Organiser, RegistrationState, Role, TeamMember
from conference.timezones import to_utc
from conference.viewer import SignedInOrganiser
from sessions.tables import Appearance, AppearanceRole, Room, Session, SessionKind, Slot, Speaker, Track
from tests.people import BERLIN_ORGANISER, Person

NOW = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
THE_DAY = date(2026, 6, 25)


async def make_organiser(person: Person = BERLIN_ORGANISER, *, may_create: bool = True) -> SignedInOrganiser:
    """The person's account, made or found."""
    row = await team.add_organiser(person.email, person.name, may_create=may_create, now=NOW)
    return SignedInOrganiser(row.id, row.name, row.email, row.may_create)


async def make_conference(
    slug: str = "libraries",
    *,
    zone: str = "Europe/London",
    open_for_registration: bool = False,
    owner: SignedInOrganiser | None = None,
    **facts: Any,
) -> Conference:
    """A conference on THE_DAY."""
    chosen: dict[str, Any] = {
        "name": {"en": "Working Internationally"},
        "starts_on": THE_DAY,
        "ends_on": THE_DAY,
        "contact_email": "team@example.org",
        "organiser_name": "The Library Association",
    }
    chosen.update(facts)
    conference = await create_conference(
        ConferenceFacts(slug=slug, zone=zone, **chosen), actor=owner, uid_host="conf.example.org", now=NOW
    )
    if open_for_registration:
        await Conference.update({Conference.registration_state: RegistrationState.OPEN.value}).where(
            Conference.id == conference.id
        )
        conference.registration_state = RegistrationState.OPEN
    return conference


async def make_member(conference: Conference, person: Person, role: Role) -> SignedInOrganiser:
    """The person with a role in the conference's team."""
    organiser = await make_organiser(person, may_create=False)
    member = TeamMember(conference=conference.id, organiser=organiser.id, role=role, created_at=NOW)
    await member.save()
    return organiser


async def make_room(conference: Conference, name: str = "Main stage", **columns: Any) -> Room:
    """A room with a vendor's link that must never be seen."""
    columns.setdefault("vendor_url", f"https://vendor.example/secret-{new_code()}")
    room = Room(conference=conference.id, code=new_code(), name=texts.encode({"en": name}), **columns)
    await room.save()
    await _draft_changed(conference)
    return room


async def make_track(conference: Conference, name: str = "Good practice") -> Track:
    """A track."""
    track = Track(conference=conference.id, code=new_code(), name=texts.encode({"en": name}))
    await track.save()
    return track


async def make_speaker(conference: Conference, name: str = "Ruth Okafor", **columns: Any) -> Speaker:
    """A speaker in New York."""
    columns = {"zone": "America/New_York", "country": "US", "email": f"{new_code()}@example.org", **columns}
    speaker = Speaker(conference=conference.id, code=new_code(), name=name, **columns)
    await speaker.save()
    await _draft_changed(conference)
    return speaker


async def make_session(
    conference: Conference,
    title: str = "Bridges",
    *,
    kind: SessionKind = SessionKind.TALK,
    speakers: tuple[Speaker, ...] = (),
    **columns: Any,
) -> Session:
    """A session without slots."""
    session = Session(
        conference=conference.id,
        code=new_code(),
        guid=str(uuid.uuid4()),
        kind=kind,
        title=texts.encode({"en": title}),
        **columns,
    )
    await session.save()
    for position, speaker in enumerate(speakers):
        appearance = Appearance(
            session=session.id, speaker=speaker.id, role=AppearanceRole.PRESENTER, position=position
        )
        await appearance.save()
    await _draft_changed(conference)
    return session


async def make_slot(
    conference: Conference,
    session: Session,
    room: Room | None = None,
    at: str | None = "10:00",
    *,
    minutes: int = 45,
    seats: int | None = None,
    day: date = THE_DAY,
) -> Slot:
    """A slot at a wall-clock time of the conference's zone on ``day``; unscheduled when ``at`` is None."""
    slot = Slot(
        conference=conference.id,
        session=session.id,
        code=new_code(),
        guid=str(uuid.uuid4()),
        length_minutes=minutes,
        seats=seats,
        zone=conference.zone,
    )
    if at is not None and room is not None:
        wall = datetime.combine(day, datetime.strptime(at, "%H:%M").time())  # noqa: DTZ007 - a wall clock has no zone
        slot.room = room.id
        slot.local_start = wall
        slot.start = to_utc(wall, conference.zone)
        slot.end = slot.start + timedelta(minutes=minutes)
    await slot.save()
    await _draft_changed(conference)
    return slot


async def _draft_changed(conference: Conference) -> None:
    """What rules do by ``touch_draft``: nothing kept in memory of the draft holds any more."""
    rows = (
        await Conference.update({Conference.draft_version: Conference.draft_version + 1})
        .where(Conference.id == conference.id)
        .returning(Conference.draft_version)
    )
    conference.draft_version = rows[0]["draft_version"]


async def organiser_row(person: Person) -> Organiser | None:
    """The account of a person, if there is one."""
    return await Organiser.objects().where(Organiser.email_key == address_key(person.email)).first()
