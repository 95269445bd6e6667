"""Taking a person out of rows that are not theirs and name them by the way."""

from __future__ import annotations

import json

from conference.forgetting import GONE, without_person
from conference.personal_data import Person
from conference.tables import Job, OutgoingMail
from registration.desk.tables import AttendeeMessage


async def forget_elsewhere(person: Person) -> None:
    """What other rows say of the person by the way: a filter that searched for them, a trial of a mail, an error."""
    await _forget_filters(person)
    await _forget_trials(person)
    for job in await Job.select(Job.id, Job.last_error).where(Job.last_error != ""):
        said = without_person(job["last_error"], person)
        if said != job["last_error"]:
            await Job.update({Job.last_error: said}).where(Job.id == job["id"])


def names_person(words: str, person: Person) -> bool:
    """Whether a search for these words was a search for the person: by a name of theirs, their address or code. Pure."""
    theirs = {word.casefold() for name in person.names for word in name.split()}
    theirs |= {part for address in person.addresses for part in (address, *address.split("@")[:1])}
    theirs |= person.codes
    return any(word.casefold() in theirs for word in words.split())


async def _forget_filters(person: Person) -> None:
    rows = await AttendeeMessage.select(AttendeeMessage.id, AttendeeMessage.audience).where(
        AttendeeMessage.conference == person.conference
    )
    for row in rows:
        audience = json.loads(row["audience"])
        if names_person(audience.get("filter", {}).get("q", ""), person):
            # "last" 0: nobody can be sent the rest of it any more, least of all somebody the new filter would mean.
            audience = {**audience, "filter": {**audience["filter"], "q": GONE}, "last": 0}
            await AttendeeMessage.update(
                {AttendeeMessage.audience: json.dumps(audience, ensure_ascii=False)}
            ).where(AttendeeMessage.id == row["id"])


async def _forget_trials(person: Person) -> None:
    """A mail that organisers tried out went to themselves, with the facts of whoever came first."""
    rows = await OutgoingMail.select(OutgoingMail.id, OutgoingMail.payload).where(
        (OutgoingMail.conference == person.conference)
        & OutgoingMail.idempotency_key.like("attendee-message-test:%")
    )
    theirs = [*person.names, *person.codes, *person.addresses]
    found = [row["id"] for row in rows if any(one in row["payload"] for one in theirs)]
    if found:
        await OutgoingMail.delete().where(OutgoingMail.id.is_in(found))
