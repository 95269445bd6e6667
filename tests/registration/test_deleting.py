"""A conference is deleted: nothing of it is found in any table or file, the other one is as it was, addresses answer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from conference import auth, clock, leaving_files
from conference.codes import new_code
from conference.db import Database
from conference.filetypes import FILE_TYPES
from conference.mail.folder import delete_erased
from conference.storage import Storage, open_storage
from conference.tables import AuditEntry, Conference, LeavingFile, Organiser, SignIn
from conference.uploads import ReceivedFile
from conference.viewer import SignedInOrganiser
from registration.asking.answer_files import reserve, sweep
from registration.asking.tables import AnswerFile
from registration.desk.exports import forgetting
from registration.desk.tables import ExportKind, RegistrationExport
from registration.ending.deleting import (
    NotTheName,
    PeopleAreComing,
    delete_conference,
    is_the_name,
    what_goes,
)
from registration.tables import Attendee, Registration, RegistrationStatus
from sessions.imports.looking import send_files
from sessions.interchange.reading import NamedBytes
from sessions.packs import contents, resource_files
from sessions.packs.collecting.file_checks import look_at
from sessions.packs.importing import kept
from sessions.packs.tables import GoneReason, StoredContent, Tombstone, Upload
from sessions.speakers.photos import set_photo
from tests.makers import NOW, make_conference, make_organiser, make_speaker
from tests.pages import Browser, make_settings, open_browser, sign_in_as
from tests.registration.cast import make_scene
from tests.registration.rights.crowded import SARASWATI, TRACES, crowded
from tests.registration.rights.remains import files_with, rows_with
from tests.sessions.resource_makers import make_pack_row, make_resource_row
from tests.sessions.test_photos import picture

OVER = timedelta(days=400)


async def make_registration(
    conference: Conference, name: str = "Somebody", email: str = "somebody@example.org"
) -> Registration:
    attendee = Attendee(email=email, email_key=email, created_at=NOW)
    await attendee.save()
    registration = Registration(
        conference=conference.id,
        attendee=attendee.id,
        code=new_code(),
        email=email,
        name=name,
        country="IN",
        zone="Asia/Kolkata",
        language="en",
        status=RegistrationStatus.CONFIRMED,
        link_hash=new_code(20),
        link_expires_at=NOW,
        feed_hash=new_code(20),
        created_at=NOW,
    )
    await registration.save()
    return registration


async def once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def with_files(conference: Conference, organiser: SignedInOrganiser, storage: Storage) -> None:
    """A file of every kind that a conference can have, each with a word of its own in it."""
    pack = await make_pack_row(conference, title="Fennel toolkit", first_out_at=NOW)
    resource = await make_resource_row(conference, pack, title="Fennel slides", first_out_at=NOW)
    received = await look_at(
        await storage.put_stream(once(b"fennel notes, as plain text\n")), "fennel.txt", storage=storage
    )
    content = await contents.adopt(storage, received.stored, now=NOW)
    await resource_files.put_file(resource, received, content, now=NOW)
    speaker = await make_speaker(conference, name="Fennel Speaker")
    await set_photo(speaker.id, picture(), storage=storage, actor=organiser, now=NOW)
    key = await reserve(conference, 100, network="", now=NOW)
    await storage.put_stream(once(b"fennel answer"), key)
    await AnswerFile.update({AnswerFile.name: "fennel.pdf", AnswerFile.is_whole: True}).where(
        AnswerFile.key == key
    )
    await storage.put_stream(once(b"fennel list"), "exports/ab/cd/list")
    await RegistrationExport(
        conference=conference.id,
        code="list",
        kind=ExportKind.WORKBOOK,
        query="q=Fennel",
        key="exports/ab/cd/list",
        size=11,
        at=NOW,
        finished_at=NOW,
    ).save()
    sheet = b"title,start,end\nFennel talk,2026-06-25 10:00,2026-06-25 11:00\n"
    await send_files(
        conference,
        [NamedBytes("fennel.csv", sheet)],
        first_day=None,
        storage=storage,
        actor=organiser,
        now=NOW,
    )
    stored = await storage.put_stream(once(b"PK fennel archive"), await kept.new_key("file"))
    archive = ReceivedFile("file", "fennel.zip", "", FILE_TYPES["zip"], stored)
    await kept.keep(conference, archive, storage=storage, actor=organiser, now=NOW)
    upload = Upload(
        conference=conference.id,
        code="u" * 32,
        filename="fennel.mp4",
        size=10,
        created_at=NOW,
        expires_at=NOW + timedelta(days=7),
    )
    await upload.save()
    await storage.put_stream(once(b"fennel"), f"incoming/{upload.code}/0-abc")


async def stored(storage: Storage) -> set[str]:
    return {one.key async for page in storage.listed() for one in page}


async def test_nothing_of_a_deleted_conference_is_found_in_any_table_or_file(
    each_database: Database, store_url: str, tmp_path: Path
) -> None:
    scene = await make_scene()
    await crowded(scene)
    conference = await scene.fresh()
    storage = open_storage(store_url, tmp_path / "site")
    other = await make_conference(slug="another", name={"en": "Another"}, owner=scene.organiser)
    kept = await make_registration(other, name="Somebody Else", email="else@example.org")
    both = await make_registration(other, name="In Both", email="both@example.org")
    twice = await make_registration(conference, name="In Both", email="both2@example.org")
    await Registration.update({Registration.attendee: both.attendee}).where(Registration.id == twice.id)
    await Attendee.delete().where(Attendee.id == twice.attendee)
    before = await rows_with(("somebody else",))
    await with_files(conference, scene.organiser, storage)
    own = await storage.put_stream(once(b"of the other"), "answers/ab/cd/other")
    now = NOW + OVER
    traces = (*TRACES, "fennel", conference.slug, "working internationally")
    assert len(await rows_with(traces)) > 60

    await delete_conference(
        conference.id, typed=" working  INTERNATIONALLY", storage=storage, actor=scene.organiser, now=now
    )

    await sweep(storage, now + timedelta(days=1))
    await forgetting(storage)(now)
    left = await rows_with(traces)
    assert {line.partition(":")[0] for line in left} == {
        "tombstone.conference_slug",
        "audit_entry.subject",
        "failed_sign_in.key",  # kept for a day, so that nobody tries on after a deletion
    }, left
    assert await stored(storage) == {own.key}
    assert files_with(tmp_path / "site" / "files", ("fennel",)) == []
    assert (await StoredContent.count(), await LeavingFile.count(), await Upload.count()) == (0, 0, 0)
    assert await rows_with(("somebody else",)) == before
    assert {row["id"] for row in await Attendee.select(Attendee.id)} == {kept.attendee, both.attendee}
    assert {row["reason"] for row in await Tombstone.select(Tombstone.reason)} == {GoneReason.DELETED.value}
    assert await Tombstone.count() == 2
    entry = await AuditEntry.objects().where(AuditEntry.action == "conference-deleted").first()
    assert entry is not None
    assert (entry.conference, entry.subject) == (None, f"conference:{conference.slug}")
    assert json.loads(entry.after)["seen"] == 2
    folder = tmp_path / "site" / "mail"
    await delete_erased(folder, now + timedelta(days=2))
    assert files_with(tmp_path / "site", (SARASWATI.email.casefold(),)) == []


async def test_whoever_is_coming_keeps_the_conference(each_database: Database, tmp_path: Path) -> None:
    organiser = await make_organiser()
    conference = await make_conference(owner=organiser)
    await make_registration(conference)
    storage = open_storage("", tmp_path)
    assert (await what_goes(conference, NOW)).coming == 1
    with pytest.raises(PeopleAreComing, match="One person is registered"):
        await delete_conference(
            conference.id, typed=conference.slug, storage=storage, actor=organiser, now=NOW
        )
    assert await Conference.count() == 1
    await delete_conference(
        conference.id, typed=conference.slug, storage=storage, actor=organiser, now=NOW + OVER
    )
    assert (await Conference.count(), await Registration.count(), await Attendee.count()) == (0, 0, 0)


async def test_another_name_deletes_nothing(database: Database, tmp_path: Path) -> None:
    organiser = await make_organiser()
    conference = await make_conference(owner=organiser)
    for typed in ("", "libr", "another"):
        with pytest.raises(NotTheName):
            await delete_conference(
                conference.id, typed=typed, storage=open_storage("", tmp_path), actor=organiser, now=NOW
            )
    assert is_the_name(f" {conference.slug.upper()} ", conference)
    assert await Conference.count() == 1


async def test_a_store_that_is_away_keeps_nothing_for_good(database: Database, tmp_path: Path) -> None:
    organiser = await make_organiser()
    conference = await make_conference(owner=organiser)
    storage = open_storage("", tmp_path)
    speaker = await make_speaker(conference)
    await set_photo(speaker.id, picture(), storage=storage, actor=organiser, now=NOW)
    (tmp_path / "files").rename(tmp_path / "away")
    (tmp_path / "files").write_text("nothing can be deleted below a file")
    await delete_conference(conference.id, typed=conference.slug, storage=storage, actor=organiser, now=NOW)
    assert (await Conference.count(), await LeavingFile.count()) == (0, 2)
    (tmp_path / "files").unlink()
    (tmp_path / "away").rename(tmp_path / "files")
    assert await leaving_files.remove(storage, NOW) == 2
    assert (await stored(storage), await LeavingFile.count()) == (set(), 0)


@pytest.fixture
async def site(database: Database, data_dir: Path) -> AsyncIterator[Browser]:
    async with open_browser(make_settings(data_dir)) as browser:
        yield browser


async def test_the_page_says_what_goes_and_asks_for_name_and_password(site: Browser) -> None:
    organiser = await make_organiser()
    conference = await make_conference(owner=organiser)
    await auth.set_password(organiser, "a long password", now=clock.now())
    await sign_in_as(site, organiser)
    here = f"/organise/{conference.slug}/delete"
    assert here in (await site.get(f"/organise/{conference.slug}/settings")).text
    page = await site.get(here)
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert "Your password" in page.text

    wrong = await site.post_form(here, {"name": conference.slug, "password": "another password"})
    assert (wrong.status_code, "This is not your password." in wrong.text) == (422, True)
    wrong = await site.post_form(here, {"name": "something else", "password": "a long password"})
    assert (wrong.status_code, "This is not what the conference is called." in wrong.text) == (422, True)
    assert "something else" in wrong.text
    assert await Conference.count() == 1

    done = await site.post_form(here, {"name": conference.slug, "password": "a long password"})
    assert (done.status_code, done.headers["location"]) == (303, "/organise/")
    assert "is deleted." in (await site.get("/organise/")).text
    for gone in (f"/{conference.slug}/", f"/{conference.slug}/programme", here):
        assert (await site.get(gone)).status_code == 404
    assert (await site.post_form(here, {"name": conference.slug})).status_code == 404
    assert await Organiser.count() == 1


async def test_a_browser_left_open_deletes_nothing(site: Browser) -> None:
    organiser = await make_organiser()
    conference = await make_conference(owner=organiser)
    await sign_in_as(site, organiser)
    await SignIn.update({SignIn.created_at: clock.now() - timedelta(hours=2)}).where(
        SignIn.organiser == organiser.id
    )
    here = f"/organise/{conference.slug}/delete"
    assert "First, a mail" in (await site.get(here)).text
    refused = await site.post_form(here, {"name": conference.slug})
    assert (refused.status_code, "First, a mail" in refused.text) == (403, True)
    assert (await site.post_form(f"{here}/link")).status_code == 303
    assert await Conference.count() == 1
    await sign_in_as(site, organiser)
    assert (await site.post_form(here, {"name": conference.slug})).status_code == 303
    assert await Conference.count() == 0


async def test_too_many_wrong_passwords_are_not_looked_at(site: Browser) -> None:
    organiser = await make_organiser()
    conference = await make_conference(owner=organiser)
    await auth.set_password(organiser, "a long password", now=clock.now())
    await sign_in_as(site, organiser)
    answers = [
        (
            await site.post_form(
                f"/organise/{conference.slug}/delete", {"name": conference.slug, "password": "x"}
            )
        )
        for _turn in range(auth.THROTTLE_LIMIT + 1)
    ]
    assert [answer.status_code for answer in answers] == [422] * auth.THROTTLE_LIMIT + [429]
