"""A conference with two workshops and a keynote, and people who register for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from typing import Any

from conference import texts
from conference.addresses import address_key
from conference.mail import Letter
from conference.mail.message import compose
from conference.tables import Conference, OutgoingMail
from conference.timezones import to_utc
from conference.viewer import SignedInOrganiser
from registration.entries import confirming, registrations
from registration.entries.links import page_token
from registration.entries.registrations import Details, Entry
from registration.tables import Registration
from sessions.programme.snapshot import ReleasedProgramme
from sessions.queries import latest_programme
from sessions.releases.publishing import release_programme
from sessions.tables import Room, Session, SessionKind, Slot
from tests.makers import NOW, THE_DAY, make_conference, make_organiser, make_room, make_session, make_slot
from tests.people import KOLKATA_ATTENDEE, Person

REGISTERED = NOW + timedelta(days=2)


@dataclass
class Scene:
    """The keynote is open to all. Bread takes place twice, at 11:00 and 15:00; Maps at 11:30, so it clashes with the first."""

    conference: Conference
    organiser: SignedInOrganiser
    room: Room
    keynote: Slot
    bread: Session
    bread_early: Slot
    bread_late: Slot
    maps: Session
    maps_slot: Slot

    async def fresh(self) -> Conference:
        """The conference as it stands now."""
        found = await Conference.objects().where(Conference.id == self.conference.id).first()
        assert found is not None
        self.conference = found
        return found

    async def programme(self) -> ReleasedProgramme:
        """The latest release."""
        found = await latest_programme(await self.fresh())
        assert found is not None
        return found

    async def publish(self, now: datetime = NOW) -> None:
        """Release the draft, clashes and all."""
        await release_programme(await self.fresh(), "", actor=self.organiser, now=now, despite_clashes=True)
        await self.fresh()

    async def move(self, slot: Slot, at: str) -> None:
        """Move a slot in the draft, in the conference's zone."""
        wall = datetime.combine(slot.local_start.date(), datetime.strptime(at, "%H:%M").time())  # noqa: DTZ007 - a wall clock has no zone
        start = to_utc(wall, self.conference.zone)
        values: Mapping[Any, Any] = {
            Slot.local_start: wall,
            Slot.start: start,
            Slot.end: start + timedelta(minutes=slot.length_minutes),
        }
        await Slot.update(dict(values)).where(Slot.id == slot.id)

    async def register(
        self,
        person: Person = KOLKATA_ATTENDEE,
        *slots: Slot,
        now: datetime = REGISTERED,
        category: int | None = None,
    ) -> Registration:
        """The person's registration, waiting for confirmation."""
        programme = await self.programme()
        seats = [programme.slot_by_id[slot.id][1] for slot in slots]
        details = Details(person.name, person.country, person.zone, person.language)
        entry = Entry(details, person.email, address_key(person.email), seats=seats, category=category)
        made = await registrations.register(self.conference, programme, entry, now)
        return await the_registration(made.code or "")

    async def confirmed(
        self,
        person: Person = KOLKATA_ATTENDEE,
        *slots: Slot,
        now: datetime = REGISTERED,
        category: int | None = None,
    ) -> Registration:
        """The person's registration with its address confirmed: it takes part, unless the rules say otherwise."""
        registration = await self.register(person, *slots, now=now, category=category)
        token = page_token(registration.code, 1)
        await confirming.confirm(self.conference, await self.programme(), token, now)
        return await the_registration(registration.code)


async def the_registration(code: str) -> Registration:
    """The registration as it stands now."""
    found = await Registration.objects().where(Registration.code == code).first()
    assert found is not None
    return found


async def make_scene(
    *, seats: int = 30, zone: str = "Europe/London", day: date = THE_DAY, **facts: Any
) -> Scene:
    """The conference, published and open for registration."""
    organiser = await make_organiser()
    facts = {"starts_on": day, "ends_on": day, **facts}
    conference = await make_conference(zone=zone, open_for_registration=True, owner=organiser, **facts)
    stage, room, other = [await make_room(conference, name) for name in ("Main stage", "Room A", "Room B")]
    keynote = await make_session(conference, "Opening", kind=SessionKind.KEYNOTE)
    bread = await make_session(conference, "Bread & “Butter”", kind=SessionKind.WORKSHOP)
    maps = await make_session(conference, "Maps", kind=SessionKind.WORKSHOP)
    scene = Scene(
        conference,
        organiser,
        room,
        await make_slot(conference, keynote, stage, "10:00", day=day),
        bread,
        await make_slot(conference, bread, room, "11:00", minutes=60, seats=seats, day=day),
        await make_slot(conference, bread, room, "15:00", minutes=60, seats=seats, day=day),
        maps,
        await make_slot(conference, maps, other, "11:30", minutes=60, seats=seats, day=day),
    )
    await scene.publish()
    return scene


def as_sent(mail: OutgoingMail) -> EmailMessage:
    """The mail as it leaves."""
    letter = Letter(
        mail.kind,
        json.loads(mail.payload),
        mail.recipient,
        mail.recipient_name,
        mail.language,
        mail.zone,
        mail.message_id,
        mail.created_at,
        mail.calendar,
        mail.calendar_method,
    )
    return compose(letter, base_url="https://conf.example.org", mail_from="team@conf.example.org")


def calendars_in(message: EmailMessage) -> list[bytes]:
    """Its calendar parts, each with the method that its type names."""
    files = []
    for part in message.walk():
        file = part.get_payload(decode=True) if part.get_content_type() == "text/calendar" else None
        if isinstance(file, bytes):
            assert f"METHOD:{part.get_param('method')}\r\n".encode() in file
            files.append(file)
    return files


async def mails(kind: str = "") -> list[OutgoingMail]:
    """Mails in the outbox, the oldest first."""
    rows = await OutgoingMail.objects().order_by(OutgoingMail.id)
    return [row for row in rows if row.kind == kind or not kind]


def title(session: Session) -> str:
    """The session's title."""
    return texts.pick(session.title, "en")
