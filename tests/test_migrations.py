"""Migrations: complete, reversible, run once, on both engines and from any folder."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from piccolo.apps.migrations.commands.new import AutoMigrationManager
from piccolo.apps.migrations.tables import Migration
from piccolo.conf.apps import Finder

import conference
from conference import db, piccolo_conf
from conference.db.migrations import DatabaseTooNew, migrations_of
from conference.tables import AuditEntry, Conference, Organiser, TeamMember
from registration.asking.tables import Consent, ConsentPurpose
from registration.seating.tables import Seat
from registration.tables import Attendee, Registration, RegistrationStatus
from sessions.packs.queries import StoredFile, pack_items
from sessions.packs.resource_facts import Creator
from sessions.packs.search_index import index_lacking
from sessions.packs.tables import (
    PackItem,
    Resource,
    ResourceFile,
    ResourcePack,
    ResourceVersion,
    StoredContent,
)
from sessions.tables import Room, Session, Slot

ROOT = Path(conference.__file__).resolve().parents[1]

START_ONE = """
import asyncio, sys
from pathlib import Path
from typing import Any
from conference import db
async def main():
    db.bind(db.make_engine(sys.argv[1], Path(sys.argv[2])))
    await db.open_pool()
    for name in await db.migrate():
        print(name)
    await db.close_pool()
asyncio.run(main())
"""


async def test_a_migrated_database_has_nothing_left_to_run(each_database: db.Database) -> None:
    assert await db.migrate() == []
    done = {(row["app_name"], row["name"]) for row in await Migration.select()}
    assert done == {(app, name) for app in piccolo_conf.APPS for name in migrations_of(app)}


@pytest.mark.parametrize("app", piccolo_conf.APPS)
async def test_the_migrations_make_the_tables_as_they_stand_in_the_code(
    database: db.Database, app: str
) -> None:
    """Fails when a table changed and ``piccolo migrations new <app> --auto`` was not run."""
    with contextlib.redirect_stdout(io.StringIO()):
        changes = await AutoMigrationManager(auto_input="y").get_alter_statements(
            Finder().get_app_config(app)
        )
    assert [statement for change in changes for statement in change.statements] == []


async def test_migrations_can_be_taken_back(each_database: db.Database) -> None:
    for app in reversed(piccolo_conf.APPS):
        for _name, module in sorted(migrations_of(app).items(), reverse=True):
            manager = await import_module(module).forwards()
            with contextlib.redirect_stdout(io.StringIO()):
                await manager.run(backwards=True)
    for app in piccolo_conf.APPS:
        for table in Finder().get_app_config(app).table_classes:
            assert not await table.table_exists()
    await Migration.delete(force=True)
    assert len(await db.migrate()) == sum(len(migrations_of(app)) for app in piccolo_conf.APPS)


async def test_resources_of_before_keep_their_place_their_address_and_their_file(
    each_database: db.Database,
) -> None:
    event = await make_conference()
    session = Session(conference=event.id, code="s", guid="s")
    await session.save()
    for code, place, belongs in (("p1", 1, session.id), ("p0", 0, session.id), ("p2", 2, None)):
        await ResourcePack(conference=event.id, code=code, position=place, session=belongs).save()
    packs = {row["code"]: row["id"] for row in await ResourcePack.select(ResourcePack.code, ResourcePack.id)}
    published = datetime(2026, 6, 26, 9, 30, 15, 250000, tzinfo=UTC)
    changes: dict[Any, Any] = {"state": "published", "published_at": published, "changed_at": published}
    await ResourcePack.update(changes).where(ResourcePack.code == "p0")
    newest = [name for name in sorted(migrations_of("sessions")) if name >= "2026-11-29T09:00:00:000009"]
    for name in reversed(newest):
        manager = await import_module(migrations_of("sessions")[name]).forwards()
        with contextlib.redirect_stdout(io.StringIO()):
            await manager.run(backwards=True)
    await Migration.delete().where(Migration.name.is_in(newest))
    row = "INSERT INTO resource (pack, code, kind, title, language, creators, licence, position, created_at) VALUES "
    row += "({}, {}, 'slides', {}, {}, {}, 'CC0-1.0', {}, {})"
    people = '["Zoë Müller", "Ruth"]'
    await Session.raw(row, packs["p0"], "r1", '{"en": "Métadonnées"}', "fr", people, 1, published)
    await Session.raw(row, packs["p0"], "r0", '{"en": "First"}', "", "[]", 0, published)
    await Session.raw(row, packs["p2"], "r2", "{}", "", "[]", 0, published)
    await Session.raw(
        "INSERT INTO resource_file (resource, storage_key, filename, media_type, size, sha512, crc32, uploaded_at) "
        "SELECT id, 'ab/cd', 'a.pdf', 'application/pdf', 7, 'f00', 5, created_at FROM resource WHERE code = 'r1'"
    )

    assert await db.migrate() == [f"sessions: {name}" for name in newest]

    (before,) = [pack for pack in await ResourcePack.objects() if pack.is_automatic]
    assert (before.code, before.first_out_at) == ("p0", published)
    items = await pack_items(packs["p0"])
    assert [item.code for item in items] == ["r0", "r1"]
    kept = items[1]
    assert (kept.languages, kept.creators) == (("fr",), (Creator("Zoë Müller"), Creator("Ruth")))
    assert kept.file == StoredFile("ab/cd", "a.pdf", "application/pdf", 7, "f00", 5)
    rows = {row.code: row for row in await Resource.objects()}
    assert (rows["r1"].conference, rows["r1"].session, rows["r2"].session) == (event.id, session.id, None)
    assert (rows["r1"].datestamp, rows["r1"].first_out_at) == (published.replace(microsecond=0), published)
    (first,) = await ResourceVersion.objects().where(ResourceVersion.resource == rows["r1"].id)
    assert (first.number, json.loads(first.facts)["creators"]) == (1, rows["r1"].creators)
    assert first.file is not None
    assert await index_lacking(published) == 3  # the job does it, soon after
    column, found = ("rowid", "title MATCH 'metadonnees'")
    if each_database.engine_type != "sqlite":
        column, found = ("id", "document @@ to_tsquery('simple', 'metadonnees')")
    (hit,) = await Session.raw(f"SELECT {column} AS id FROM resource_search WHERE {found}")
    assert hit["id"] == rows["r1"].id


async def test_a_database_written_by_a_later_version_is_refused(each_database: db.Database) -> None:
    await Migration(name="9999-01-01T00:00:00:000000", app_name="sessions").save()
    with pytest.raises(DatabaseTooNew, match="newer version"):
        await db.migrate()


async def test_processes_that_start_together_migrate_once(tmp_path: Path) -> None:
    starting = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "error", "-c", START_ONE, "", str(tmp_path / "data")),
            cwd=tmp_path,  # any folder will do
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        for _number in range(3)
    ]
    outcomes = [await process.communicate() for process in starting]
    assert [error.decode() for _output, error in outcomes] == ["", "", ""]
    ran = [line for output, _error in outcomes for line in output.decode().splitlines()]
    assert ran == [f"{app}: {name}" for app in piccolo_conf.APPS for name in sorted(migrations_of(app))]


async def make_conference() -> Conference:
    today = datetime(2026, 6, 25, tzinfo=UTC).date()
    event = Conference(
        slug="wi", zone="Europe/London", starts_on=today, ends_on=today, uid_host="example.org"
    )
    await event.save()
    return event


async def make_slot(event: Conference, room: Room) -> Slot:
    session = Session(conference=event.id, code="s", guid="s")
    await session.save()
    slot = Slot(conference=event.id, session=session.id, code="s", guid="s", room=room.id)
    await slot.save()
    return slot


async def make_room(event: Conference) -> Room:
    room = Room(conference=event.id, code="r")
    await room.save()
    return room


async def make_registration(
    event: Conference, attendee: Attendee, code: str, status: RegistrationStatus = RegistrationStatus.PENDING
) -> Registration:
    entry = Registration(
        conference=event.id,
        attendee=attendee.id,
        code=code,
        status=status,
        name="Asha",
        email="asha@example.org",
        country="IN",
        zone="Asia/Kolkata",
        language="en",
        link_hash=f"link {code}",
        link_expires_at=datetime(2026, 7, 1, tzinfo=UTC),
        feed_hash=f"feed {code}",
    )
    await entry.save()
    return entry


async def make_attendee() -> Attendee:
    attendee = Attendee(email="asha@example.org", email_key="asha@example.org")
    await attendee.save()
    return attendee


async def test_a_person_has_one_live_registration_and_any_number_of_withdrawn_ones(
    each_database: db.Database,
) -> None:
    event, attendee = await make_conference(), await make_attendee()
    for code in ("a", "b"):
        await make_registration(event, attendee, code, RegistrationStatus.WITHDRAWN)
    await make_registration(event, attendee, "c", RegistrationStatus.CONFIRMED)
    with pytest.raises(Exception) as error:
        await make_registration(event, attendee, "d")
    assert db.is_unique_violation(error.value)
    assert await Registration.count() == 3


async def test_nobody_has_two_seats_in_one_slot(each_database: db.Database) -> None:
    event = await make_conference()
    slot = await make_slot(event, await make_room(event))
    entry = await make_registration(event, await make_attendee(), "a")
    await Seat(slot=slot.id, registration=entry.id).save()
    with pytest.raises(Exception) as error:
        await Seat(slot=slot.id, registration=entry.id).save()
    assert db.is_unique_violation(error.value)


async def test_a_room_in_use_cannot_be_deleted(each_database: db.Database) -> None:
    event = await make_conference()
    room = await make_room(event)
    slot = await make_slot(event, room)
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        await Room.delete().where(Room.id == room.id)
    await Slot.delete().where(Slot.id == slot.id)
    await Room.delete().where(Room.id == room.id)
    assert await Room.count() == 0


async def test_what_belongs_to_a_row_goes_with_it(each_database: db.Database) -> None:
    event, attendee = await make_conference(), await make_attendee()
    entry = await make_registration(event, attendee, "a")
    purpose = ConsentPurpose(conference=event.id, code="updates")
    await purpose.save()
    await Consent(registration=entry.id, purpose=purpose.id, wording="Yes", language="en").save()
    pack = ResourcePack(conference=event.id, code="p")
    await pack.save()
    resource = Resource(conference=event.id, code="x")
    await resource.save()
    await PackItem(pack=pack.id, resource=resource.id).save()
    content = StoredContent(key="k", size=1, sha512="", crc32=0)
    await content.save()
    await ResourceFile(
        resource=resource.id, content=content.id, filename="a.pdf", media_type="application/pdf"
    ).save()
    await ResourcePack.delete().where(ResourcePack.id == pack.id)
    assert [await table.count() for table in (PackItem, Resource)] == [0, 1]
    await Resource.delete().where(Resource.id == resource.id)
    await Registration.delete().where(Registration.id == entry.id)
    assert [await table.count() for table in (Resource, ResourceFile, Consent)] == [0, 0, 0]
    assert await ConsentPurpose.count() == 1


async def test_the_record_of_changes_outlives_the_organiser(each_database: db.Database) -> None:
    event = await make_conference()
    organiser = Organiser(email="b@example.org", email_key="b@example.org")
    await organiser.save()
    await TeamMember(conference=event.id, organiser=organiser.id).save()
    await AuditEntry(conference=event.id, organiser=organiser.id, actor="B", action="slot.move").save()
    await Organiser.delete().where(Organiser.id == organiser.id)
    assert await TeamMember.count() == 0
    assert await AuditEntry.select(AuditEntry.organiser, AuditEntry.actor) == [
        {"organiser": None, "actor": "B"}
    ]


async def test_a_conference_goes_with_everything_in_it(each_database: db.Database) -> None:
    event = await make_conference()
    await make_slot(event, await make_room(event))
    await Conference.delete().where(Conference.id == event.id)
    assert [await table.count() for table in (Room, Session, Slot)] == [0, 0, 0]
