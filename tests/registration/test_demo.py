"""The demo conference: a whole one, a month ahead, loaded once."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from conference import auth, conferences, db, texts
from conference.storage import open_storage
from conference.tables import Conference, Organiser, SignInLink
from registration.asking.tables import ConsentPurpose, Question
from registration.demo import demo_day, demo_programme, load_demo
from registration.rights.retaining import periods_of
from registration.rights.retention import RetentionKind
from sessions.demo.packs import THINGS
from sessions.packs.collecting.chapters import chapters_from
from sessions.packs.queries import current_files
from sessions.packs.tables import Resource, ResourcePack
from sessions.queries import latest_programme
from sessions.tables import Room, Session, Slot
from tests.makers import NOW
from tests.pages import BASE_URL, make_settings

SLUG = "working-internationally"
LINE = re.compile(rf"Organiser desk:  {re.escape(BASE_URL)}/organise/sign-in/(\S{{43}})")


async def test_the_demo_is_ready_to_be_tried_in_every_part(
    each_database: db.Database, data_dir: Path
) -> None:
    settings = make_settings(data_dir)

    lines = await load_demo(settings, as_published=False, now=NOW)

    assert len(lines) == 2
    assert lines[0] == f"Public page:     {BASE_URL}/{SLUG}/"
    link = LINE.fullmatch(lines[1])
    assert link is not None
    assert await auth.link_is_open(link[1], now=NOW + timedelta(hours=23))
    assert not await auth.link_is_open(link[1], now=NOW + timedelta(hours=25))

    conference = await conferences.conference_by_slug(SLUG)
    assert conference is not None
    assert (conference.starts_on, conference.registration_state) == (date(2026, 5, 29), "open")
    assert texts.decode(conference.privacy)["en"]
    periods = (await periods_of(conference.id)).days
    assert "six months" in texts.decode(conference.privacy)["en"]
    assert periods[RetentionKind.DETAILS] == 183
    programme = await latest_programme(conference)
    assert programme is not None
    assert (programme.number, len(programme.sessions), len(programme.placings)) == (1, 9, 10)
    workshop = next(session for session, _slot in programme.placings if len(session.slots) == 2)
    assert [(slot.local_start.hour, slot.seats) for slot in workshop.slots] == [(13, 30), (15, 30)]
    # 10:00 in London, which keeps summer time: the trap of the announcement.
    assert programme.placings[0][1].start == datetime(2026, 5, 29, 9, 0, tzinfo=UTC)

    rooms = await Room.objects().where(Room.conference == conference.id)
    assert {room.vendor_url.split("/")[2] for room in rooms} == {"meet.example.org"}
    assert await Question.count().where(Question.conference == conference.id) == 2
    assert await ConsentPurpose.count().where(ConsentPurpose.conference == conference.id) == 2
    packs = await ResourcePack.objects().where(ResourcePack.conference == conference.id)
    assert sorted((pack.state, pack.access) for pack in packs) == [
        ("published", "public"),
        ("published", "public"),
        ("published", "registered"),
    ]
    storage = open_storage(settings.storage_url, settings.data_dir)
    ids = [row["id"] for row in await Resource.select(Resource.id)]
    files = list((await current_files(ids)).values())
    assert sorted(file.filename for file in files) == sorted(thing.name for thing in THINGS)
    for file in files:
        content = b"".join([piece async for piece in storage.stream(file.key)])
        assert len(content) == file.size
    film = await Resource.objects().get(Resource.kind == "recording")
    assert film is not None
    assert [at for at, _title in chapters_from(film.chapters)] == [0, 6, 12, 18]
    assert await Resource.count().where(Resource.belongs_to == film.id) == 3


async def test_loading_again_keeps_what_is_there(database: db.Database, data_dir: Path) -> None:
    settings = make_settings(data_dir)
    first = await load_demo(settings, as_published=False, now=NOW)
    await Conference.update({Conference.organiser_name: "Us"}).where(Conference.slug == SLUG)
    tables = (Conference, Organiser, Room, Session, Slot, Resource, Question)
    before = [await table.count() for table in tables]

    second = await load_demo(settings, as_published=True, now=NOW + timedelta(days=3))

    assert [await table.count() for table in tables] == before
    conference = await conferences.conference_by_slug(SLUG)
    assert conference is not None
    assert (conference.organiser_name, conference.starts_on) == ("Us", date(2026, 5, 29))
    assert second[0] == first[0]
    assert second[1] != first[1]
    assert await SignInLink.count() == 2
    assert len(list((data_dir / "files").rglob("*.*"))) == 0
    assert sum(path.is_file() for path in (data_dir / "files").rglob("*")) == len(THINGS)


async def test_as_published_it_keeps_its_day(database: db.Database, data_dir: Path) -> None:
    await load_demo(make_settings(data_dir), as_published=True, now=NOW)

    conference = await conferences.conference_by_slug(SLUG)
    assert conference is not None
    assert (conference.starts_on, conference.ends_on) == (date(2021, 6, 25), date(2021, 6, 25))


async def test_a_demo_that_cannot_be_written_leaves_no_file_behind(
    database: db.Database, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_values: object, **_names: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("registration.demo.release_programme", refuse)
    with pytest.raises(OSError, match="the disk is full"):
        await load_demo(make_settings(data_dir), as_published=False, now=NOW)

    assert not await Conference.exists()
    assert not [path for path in (data_dir / "files").rglob("*") if path.is_file()]


def test_it_is_always_a_friday_about_a_month_ahead_and_never_at_christmas() -> None:
    for ahead in range(800):
        now = datetime(2026, 1, 1, 23, 30, tzinfo=UTC) + timedelta(days=ahead)
        day = demo_day(now)
        assert day.weekday() == 4
        assert 17 <= (day - now.date()).days <= 45
        assert (day.month, day.day) not in {(12, 25), (12, 31), (1, 1)}


def test_clock_times_stay_when_the_day_moves() -> None:
    moved, published = demo_programme(date(2026, 12, 18)), demo_programme(None)

    assert moved.conference.starts.isoformat() == "2026-12-18T10:00:00"
    for ours, theirs in zip(moved.sessions, published.sessions, strict=True):
        for slot, original in zip(ours.slots, theirs.slots, strict=True):
            assert slot.local_start is not None
            assert original.local_start is not None
            assert slot.local_start.time() == original.local_start.time()
