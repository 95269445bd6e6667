"""Who a person is in one conference: every row that is theirs, found by their address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from piccolo.query.functions.aggregate import Max

from conference.addresses import address_key
from conference.personal_data import Person
from conference.personal_tables import LOOKED_FOR
from conference.tables import TeamMember
from registration.tables import Attendee, Registration
from sessions.tables import Speaker


async def find_person(conference_id: int, email_key: str) -> Person:
    """Everything of the person behind an address (``addresses.address_key``); somebody unknown has no rows."""
    return await look_through(await identify(conference_id, email_key))


async def identify(conference_id: int, email_key: str) -> Person:
    """The person with what the rest hangs on, without the tables that have to be searched through. Three queries."""
    rows: dict[str, tuple[int, ...]] = {}
    codes, names, addresses = set(), set(), {email_key}
    for row in (
        await Registration.select(
            Registration.id,
            Registration.code,
            Registration.name,
            Registration.email,
            Registration.attendee,
        )
        .where((Registration.conference == conference_id) & (Registration.attendee._.email_key == email_key))
        .order_by(Registration.id)
    ):
        rows["registration"] = (*rows.get("registration", ()), row["id"])
        rows["attendee"] = (row["attendee"],)
        codes.add(row["code"])
        names.add(row["name"])
        addresses.add(address_key(row["email"]))
    speakers = await Speaker.raw(
        "SELECT id FROM speaker WHERE conference = {} AND lower(email) = {} ORDER BY id",
        conference_id,
        email_key,
    )
    rows["speaker"] = tuple(row["id"] for row in speakers)
    members = await TeamMember.select(TeamMember.id, TeamMember.organiser).where(
        (TeamMember.conference == conference_id) & (TeamMember.organiser._.email_key == email_key)
    )
    rows["team_member"] = tuple(row["id"] for row in members)
    rows["organiser"] = tuple(row["organiser"] for row in members)
    return Person(conference_id, frozenset(addresses), frozenset(names), frozenset(codes), rows)


async def person_of(registration: Registration) -> Person:
    """The person whose registration this is, with those they withdrew before."""
    return await find_person(registration.conference, await key_of(registration))


async def key_of(registration: Registration) -> str:
    """The address of the person whose registration this is, as it is compared."""
    row = await Attendee.select(Attendee.email_key).where(Attendee.id == registration.attendee).first()
    return str(row["email_key"]) if row else address_key(registration.email)


async def look_through(person: Person, after: Mapping[str, int] | None = None) -> Person:
    """The person with their rows of the tables that are searched through; ``after``: only what is above these ids is
    searched, and added to the rows already known."""
    rows = dict(person.rows)
    for table, rows_of in LOOKED_FOR.items():
        condition = rows_of(person)
        if condition is None:
            continue
        name, key = table._meta.tablename, table._meta.primary_key
        query = table.select(key).where(condition)
        if after is not None:
            query = query.where(key > after[name])
        found = {row["id"] for row in await query}
        rows[name] = tuple(sorted(found | set(rows.get(name, ()))))
    return replace(person, rows=rows)


async def last_ids() -> dict[str, int]:
    """The highest id of each table that is searched through, for ``look_through``."""
    found = {}
    for table in LOOKED_FOR:
        row = await table.select(Max(table._meta.primary_key)).first()
        found[table._meta.tablename] = (row or {}).get("max") or 0
    return found
