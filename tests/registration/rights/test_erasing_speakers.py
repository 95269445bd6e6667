"""Somebody who speaks is erased: all of it where nothing is published, else what is private, and their name where they wish."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conference import leaving_files
from conference.db import Database
from conference.storage import Storage, open_storage
from conference.tables import AuditEntry, Conference
from registration.calendars.private_feeds import make_talks_feed
from registration.rights.erasing import LastLetter, erase
from registration.rights.person import find_person
from registration.rights.stakes import stakes_of
from sessions.packs import versions
from sessions.packs.tables import Resource, ResourceState, ResourceVersion
from sessions.queries import latest_programme
from sessions.speakers.asking import ask_for_change
from sessions.speakers.erasing import WITHHELD
from sessions.speakers.photos import set_photo
from sessions.tables import Appearance, Availability, KeptDraft, Release, Speaker, SpeakerRequest
from tests.makers import NOW, make_session, make_slot, make_speaker
from tests.pages import Browser, text_of
from tests.registration.cast import REGISTERED, Scene, make_scene
from tests.registration.rights.remains import rows_with
from tests.sessions.resource_makers import make_pack_row, make_resource_row
from tests.sessions.test_photos import picture

NAME, EMAIL = "Ngozi Adichie-Bello", "Ngozi@onitsha.example"
KEY = EMAIL.casefold()
LETTER = LastLetter(EMAIL, NAME, "en", "Africa/Lagos")
PUBLIC = ("ngozi", "adichie")
PRIVATE = ("onitsha", "wheelchair", "projector", "grumpy", "my train")
BOTH = (*PUBLIC, *PRIVATE)


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage("", tmp_path / "site")


async def speaking(scene: Scene, storage: Storage, *, is_published: bool) -> Speaker:
    """Somebody of whom every table of speakers knows something."""
    conference = scene.conference
    speaker = await make_speaker(
        conference,
        NAME,
        email=EMAIL,
        access_needs="A wheelchair ramp",
        technical_needs="A projector",
        internal_notes="Grumpy before noon",
        biography=json.dumps({"en": f"{NAME} reads."}),
    )
    await set_photo(speaker.id, picture(), storage=storage, actor=NAME, now=NOW)
    session = await make_session(conference, "Reading aloud", speakers=(speaker,))
    await Appearance.update({Appearance.answer_note: "if my train runs"}).where(
        Appearance.speaker == speaker.id
    )
    await Availability(speaker=speaker.id, start=NOW, end=REGISTERED).save()
    await ask_for_change(speaker.id, "Please seat me near the door: Onitsha", now=NOW)
    await KeptDraft(
        conference=conference.id,
        code="kept",
        content=f'{{"speakers":["{speaker.code}","{NAME}"]}}',
        kept_at=NOW,
    ).save()
    pack = await make_pack_row(conference, session=session.id)
    creators = json.dumps([{"name": NAME, "role": "author", "speaker": speaker.code}, {"name": "Babu"}])
    seen = {"first_out_at": NOW} if is_published else {"state": ResourceState.OFFERED}
    resource = await make_resource_row(
        conference,
        pack,
        title="Handout",
        creators=creators,
        speaker=speaker.id,
        licence_agreed_by=NAME,
        rights_holder=NAME,
        session=session.id,
        **seen,
    )
    await versions.note_version(resource.id, [versions.FILE], actor=NAME, note="", now=NOW)
    if is_published:
        await make_slot(conference, session, scene.room, "16:30", minutes=30)
        await scene.publish()
    return speaker


async def erase_them(scene: Scene, *, withholds_name: bool = False) -> None:
    conference = await scene.fresh()
    assert await erase(
        conference,
        await latest_programme(conference),
        KEY,
        LETTER,
        actor=None,
        withholds_name=withholds_name,
        now=REGISTERED,
    )


async def left(traces: tuple[str, ...]) -> list[str]:
    """Where something is left, but for the last mail, which goes when it has left."""
    return [line for line in await rows_with(traces) if not line.startswith("outgoing_mail.")]


async def test_of_a_speaker_who_was_never_published_nothing_is_left(
    each_database: Database, storage: Storage
) -> None:
    scene = await make_scene()
    speaker = await speaking(scene, storage, is_published=False)
    stakes = await stakes_of(await find_person(scene.conference.id, KEY))
    assert (stakes.speaks, stakes.is_published) == (True, False)
    assert len(await rows_with(BOTH)) > 15
    await erase_them(scene)
    assert await left(BOTH) == []
    assert (await Speaker.count().where(Speaker.id == speaker.id), await Resource.count()) == (0, 0)
    assert await leaving_files.remove(storage, NOW) == 2
    assert [one async for page in storage.listed() for one in page] == []
    entry = await AuditEntry.objects().where(AuditEntry.action == "speaker-erased").first()
    assert entry is not None
    assert (entry.subject, entry.actor) == ("speaker:erased", "privacy")


async def test_what_is_published_stays_and_what_is_private_goes(
    each_database: Database, storage: Storage
) -> None:
    scene = await make_scene()
    speaker = await speaking(scene, storage, is_published=True)
    await make_talks_feed(speaker.id, REGISTERED)
    stakes = await stakes_of(await find_person(scene.conference.id, KEY))
    assert (stakes.speaks, stakes.is_published) == (True, True)
    await erase_them(scene)
    assert await left(PRIVATE) == []
    row = await Speaker.objects().get(Speaker.id == speaker.id)
    assert row is not None
    assert (row.name, row.email, bool(row.link_hash), bool(row.photo_key)) == (NAME, "", False, True)
    assert (await Availability.count(), await SpeakerRequest.count()) == (0, 0)
    programme = await scene.programme()
    assert programme.speaker_by_code[speaker.code].name == NAME
    resource = await Resource.objects().first()
    assert resource is not None
    assert json.loads(resource.creators)[0]["name"] == NAME


async def test_the_name_is_taken_off_everything_that_was_published(
    each_database: Database, storage: Storage
) -> None:
    scene = await make_scene()
    speaker = await speaking(scene, storage, is_published=True)
    before = (await scene.fresh()).release_number
    sequences = {slot.code: slot.sequence for _session, slot in (await scene.programme()).placings}
    await erase_them(scene, withholds_name=True)
    assert await left(BOTH) == []
    conference = await scene.fresh()
    assert conference.release_number == before + 1
    programme = await latest_programme(conference)
    assert programme is not None
    assert {slot.code: slot.sequence for _session, slot in programme.placings} == sequences
    told = programme.speaker_by_code[speaker.code]
    assert (told.name, told.photo, told.biography, told.organisation) == (WITHHELD, "", {}, "")
    assert await Release.count() == before + 1
    resource = await Resource.objects().first()
    version = await ResourceVersion.objects().first()
    assert resource is not None
    assert version is not None
    assert json.loads(resource.creators) == [{"name": WITHHELD, "role": "author"}, {"name": "Babu"}]
    assert (resource.licence_agreed_by, resource.rights_holder) == (WITHHELD, WITHHELD)
    assert version.actor == WITHHELD
    assert await leaving_files.remove(storage, NOW) == 2
    # A release of the unchanged draft says nothing else than the one that withholds the name.
    row = await Conference.objects().first()
    assert row is not None


async def test_the_page_offers_to_take_the_name_off_where_it_is_published(
    database: Database, browser: Browser, data_dir: Path
) -> None:
    scene = await make_scene()
    speaker = await speaking(scene, open_storage("", data_dir), is_published=True)
    from tests.registration.rights.test_erasing_pages import DATA, mailed_link

    await browser.post_form(f"{DATA}/ask", {"email": EMAIL})
    assert (await browser.post_form(await mailed_link())).status_code == 303
    page = text_of((await browser.get(f"{DATA}/erase")).text)
    assert "Take the name off the programme, too" in page
    assert "What the published programme says of a speaker" in page
    assert (await browser.post_form(f"{DATA}/erase", {"withhold": "yes"})).status_code == 303
    public = await browser.get(f"/libraries/speakers/{speaker.code}")
    assert (public.status_code, WITHHELD in public.text, "Ngozi" in public.text) == (200, True, False)
    assert "Ngozi" not in (await browser.get("/libraries/programme")).text
    assert "Ngozi" not in (await browser.get("/libraries/programme.ics")).text
