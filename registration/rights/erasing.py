"""Erasing somebody: their places go to those who wait, their calendars are told, and nothing that leads to them remains."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime

from conference import audit, dates
from conference.codes import new_code
from conference.db import locked, transaction
from conference.forgetting import ERASED
from conference.outbox import queue_mail
from conference.personal_data import Person
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from registration.asking.answer_files import forsake
from registration.asking.tables import Answer, AnswerFile
from registration.calendars.sync import conference_facts
from registration.calendars.tables import Feed
from registration.entries.withdrawing import withdraw
from registration.rights.everything import HELD
from registration.rights.evidence import keep_evidence
from registration.rights.forgetting import forget_elsewhere
from registration.rights.person import find_person, identify, last_ids, look_through
from registration.rights.tables import Complaint, ErasedRegistration
from registration.tables import Attendee, Registration, RegistrationStatus
from sessions.programme.snapshot import ReleasedProgramme
from sessions.speakers.erasing import erase_speakers


@dataclass(frozen=True)
class LastLetter:
    """To whom it is said that they were erased: the address, how they are greeted, their language and zone."""

    email: str
    name: str
    language: str
    zone: str


async def erase(
    conference: Conference,
    programme: ReleasedProgramme | None,
    email_key: str,
    letter: LastLetter | None,
    *,
    actor: SignedInOrganiser | str | None,
    withholds_name: bool = False,
    now: datetime,
) -> bool:
    """Erase the person behind the address from the conference, all or nothing of it; False when there was nobody.

    Seats go to those who wait, and a last calendar note and a last mail leave, after which their address is gone as well.
    Files are deleted once this stands. What remains is a count, and hashes that keep mail stopped and consents provable.
    Who speaks is erased as a speaker too (see ``sessions.speakers.erasing``, also for ``withholds_name``), unless no ``letter``
    is written. ``actor`` is the organiser who did it, None for the person, a name for the site by itself, which writes no ``letter``.
    Twice is once.
    """
    seen = await last_ids()
    searched = await find_person(conference.id, email_key)  # looking through the outbox keeps nobody waiting
    async with transaction(), AsyncExitStack() as stack:
        # In the order of registration.locks: the person, then what is theirs. Written onto itself, so that nobody
        # registers with the address meanwhile, while a registration of theirs that is being changed may point at it.
        await Attendee.update({Attendee.email: Attendee.email}).where(Attendee.email_key == email_key)
        person = await identify(conference.id, email_key)
        numbers = list(person.ids(Registration))
        for number in numbers:
            await stack.enter_async_context(locked(Registration, number))
        registrations = await Registration.objects().where(Registration.id.is_in(numbers or [0]))
        await _count(registrations, conference, now)
        for registration in registrations:
            if registration.status != RegistrationStatus.REFUSED:
                await withdraw(registration.id, conference, programme, now)
        # And what was written since, the calendar's last notes among it.
        person = await look_through(replace(person, rows={**searched.rows, **person.rows}), seen)
        speakers = person.rows.get("speaker", ()) if letter is not None else ()
        if not registrations and not speakers and not await _holds_anything(person):
            return False
        if speakers:
            await Feed.delete().where(Feed.speaker.is_in(list(speakers)))
            await erase_speakers(conference, speakers, withholds_name=withholds_name, now=now)
            # What was written to them as a speaker goes with the rest.
            person = replace(person, rows={**person.rows, "speaker": ()})
        await keep_evidence(person, email_key, now)
        await _forsake_files(numbers, now)
        for held in reversed(HELD):
            if letter is not None or held.table is not Complaint:  # whose time is over has a time of its own
                await held.forget(person, now)
        await forget_elsewhere(person)
        if letter is not None:
            await _record(conference, actor, now)
            await _say_so(conference, letter, is_by_team=actor is not None, now=now)
    return True


async def _count(registrations: list[Registration], conference: Conference, now: datetime) -> None:
    """What remains: how many came, from where, on which day."""
    rows = [
        ErasedRegistration(
            conference=conference.id,
            country=one.country,
            status=one.status,
            registered_on=dates.local_date(one.created_at, conference.zone),
            erased_on=dates.local_date(now, conference.zone),
        )
        for one in registrations
    ]
    if rows:
        await ErasedRegistration.insert(*rows)


async def _forsake_files(registrations: list[int], now: datetime) -> None:
    """Files that were answers lose their names now, and are swept from the store once this stands."""
    rows = await Answer.select(Answer.file_key).where(
        Answer.registration.is_in(registrations or [0]) & (Answer.file_key != "")
    )
    keys = [row["file_key"] for row in rows]
    if keys:
        await AnswerFile.update({AnswerFile.name: ""}).where(AnswerFile.key.is_in(keys))
        await forsake(keys, now)


async def _holds_anything(person: Person) -> bool:
    for held in HELD:
        if held.forgets and await held.read(person):
            return True
    return False


async def _record(conference: Conference, actor: SignedInOrganiser | str | None, now: datetime) -> None:
    label = f"registration:{ERASED}"
    await audit.record(
        conference_id=conference.id,
        actor=actor or label,
        action="person-erased" if actor else "erased-themself",
        subject=label,
        now=now,
    )


async def _say_so(conference: Conference, letter: LastLetter, *, is_by_team: bool, now: datetime) -> None:
    await queue_mail(
        kind="data-erased",
        to=letter.email,
        to_name=letter.name,
        language=letter.language,
        zone=letter.zone,
        payload={"conference": conference_facts(conference), "by_team": is_by_team, "erased_at": now},
        idempotency_key=f"data-erased:{new_code(20)}",
        now=now,
        conference_id=conference.id,
        scrub_when_done=True,
    )
