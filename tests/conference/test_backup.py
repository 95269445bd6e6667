"""A backup holds everything, comes back whole, and refuses whatever is not one."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import stat
import tarfile
from pathlib import Path

import pytest

from conference import codes, db
from conference.backup import back_up, restore_from
from conference.backup_archive import CONTENTS, BackupRefused
from conference.settings import Settings
from conference.tables import Conference
from tests.databases import PostgresTemplate, SQLiteTemplate, opened, run_apart
from tests.makers import make_conference, make_room, make_session, make_slot
from tests.pages import make_settings

CONTENT = os.urandom(300_000)


async def fill(engine: db.Database) -> None:
    async with opened(engine):
        conference = await make_conference("libraries", tagline={"en": "Ünïcode, “quotes”\nand\tlines, \\N"})
        room = await make_room(conference, capacity=30)
        session = await make_session(conference)
        await make_slot(conference, session, room, "10:00", seats=30)
        await make_slot(conference, session, None, None)


async def slots_of(engine: db.Database) -> list[tuple[object, ...]]:
    async with opened(engine):
        await make_conference("made-afterwards")  # a fresh row gets a fresh id
        rows = await Conference.select().order_by(Conference.id)
        from sessions.tables import Slot

        slots = await Slot.select().order_by(Slot.id)
    return [(row["slug"], row["tagline"]) for row in rows] + [
        (slot["code"], slot["local_start"], slot["start"], slot["seats"], slot["room"]) for slot in slots
    ]


def own_key_settings(folder: Path, **variables: str) -> Settings:
    return make_settings(folder, SECRET_KEY="", **variables)


@pytest.fixture
def full(tmp_path: Path, sqlite_template: SQLiteTemplate) -> Settings:
    """A data folder with a database, a key of its own and a file, and things that no backup needs."""
    sqlite_template.copy_to(tmp_path / "full")
    settings = own_key_settings(tmp_path / "full")
    run_apart(fill(db.make_engine("", settings.data_dir)))
    stored = settings.data_dir / "files" / "ab" / "cd" / codes.new_code(24)
    stored.parent.mkdir(parents=True)
    stored.write_bytes(CONTENT)
    (stored.parent / "upload under way#1").write_bytes(b"half")
    (settings.data_dir / "mail").mkdir()
    (settings.data_dir / "mail" / "1.eml").write_text("sent already")
    return settings


def collected(engine: db.Database) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []

    async def collect() -> None:
        found.extend(await slots_of(engine))

    run_apart(collect())
    return found


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in (folder / "files").rglob("*")
        if path.is_file() and "#" not in path.name
    }


def test_what_was_backed_up_comes_back(full: Settings, tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar.gz"

    report = back_up(full, archive)

    assert "Files: 1." in report
    assert "Secret key: included" in report
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    other = own_key_settings(tmp_path / "other")
    assert other.secret_key != full.secret_key
    restore_from(other, archive)
    assert own_key_settings(tmp_path / "other").secret_key == full.secret_key
    assert stat.S_IMODE((other.data_dir / "secret.key").stat().st_mode) == 0o600
    assert files_of(other.data_dir) == files_of(full.data_dir)
    assert len(files_of(other.data_dir)) == 1
    rows = collected(db.make_engine("", other.data_dir))
    assert rows == collected(db.make_engine("", full.data_dir))
    assert len(rows) == 4
    assert not list(other.data_dir.glob(".restoring-*"))


def test_a_database_in_use_is_copied_as_of_one_moment(full: Settings, tmp_path: Path) -> None:
    busy = sqlite3.connect(full.data_dir / "meridian.sqlite", isolation_level=None)
    busy.execute("BEGIN IMMEDIATE")
    busy.execute("UPDATE conference SET slug = 'half-done'")
    try:
        back_up(full, tmp_path / "backup.tar.gz")
    finally:
        busy.execute("ROLLBACK")
        busy.close()

    other = own_key_settings(tmp_path / "other")
    restore_from(other, tmp_path / "backup.tar.gz")
    with sqlite3.connect(other.data_dir / "meridian.sqlite") as copy:
        assert copy.execute("SELECT slug FROM conference").fetchall() == [("libraries",)]
    copy.close()


def test_a_key_from_the_environment_is_not_written_down(full: Settings, tmp_path: Path) -> None:
    settings = make_settings(full.data_dir, SECRET_KEY="from the environment, long enough")

    report = back_up(settings, tmp_path / "backup.tar.gz")

    assert "not included" in report
    with tarfile.open(tmp_path / "backup.tar.gz") as archive:
        assert "secret.key" not in archive.getnames()


def test_a_folder_as_target_gets_a_dated_file_and_nothing_is_overwritten(
    full: Settings, tmp_path: Path
) -> None:
    target = tmp_path / "backups"
    target.mkdir()
    back_up(full, target)
    (made,) = target.iterdir()
    assert made.name.startswith("meridian-")
    assert made.name.endswith(".tar.gz")

    with pytest.raises(BackupRefused, match="exists already"):
        back_up(full, made)
    with pytest.raises(BackupRefused, match="cannot be written"):
        back_up(full, tmp_path / "not there" / "backup.tar.gz")
    with pytest.raises(BackupRefused, match="no database"):
        back_up(own_key_settings(tmp_path / "empty"), target / "other.tar.gz")
    assert list(target.iterdir()) == [made]


def test_only_an_empty_folder_is_restored_into(full: Settings, tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar.gz"
    back_up(full, archive)
    before = (full.data_dir / "meridian.sqlite").read_bytes()

    with pytest.raises(BackupRefused, match="not empty"):
        restore_from(full, archive)

    assert (full.data_dir / "meridian.sqlite").read_bytes() == before


def rewritten(archive: Path, target: Path, change: dict[str, bytes | tarfile.TarInfo | None]) -> Path:
    """The archive with members replaced, added, or (None) left out."""
    with tarfile.open(archive) as old, tarfile.open(target, "w:gz") as new:
        for member in old.getmembers():
            if member.name not in change:
                new.addfile(member, old.extractfile(member))
        for name, content in change.items():
            if isinstance(content, tarfile.TarInfo):
                new.addfile(content)
            elif content is not None:
                member = tarfile.TarInfo(name)
                member.size = len(content)
                new.addfile(member, io.BytesIO(content))
    return target


def link(name: str, kind: bytes, to: str = "/etc/passwd") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = kind
    member.linkname = to
    return member


HOSTILE: dict[str, dict[str, bytes | tarfile.TarInfo | None]] = {
    "climbs": {"files/../../escaped": b"x"},
    "climbs from the top": {"../escaped": b"x"},
    "absolute": {"/tmp/escaped-meridian": b"x"},
    "symbolic link": {"files/ab": link("files/ab", tarfile.SYMTYPE)},
    "hard link": {"files/ab": link("files/ab", tarfile.LNKTYPE)},
    "device": {"files/ab": link("files/ab", tarfile.CHRTYPE)},
    "another file": {"authorized_keys": b"x"},
    "a file more than is listed": {"files/more": b"x"},
    "a changed file": {"secret.key": b"k" * 64},
    "a file less than is listed": {"secret.key": None},
    "no table of contents": {CONTENTS: None},
    "a broken table of contents": {CONTENTS: b"{"},
    "a later format": {CONTENTS: json.dumps({"format": 99, "sha256": {}}).encode()},
    "a list for a table of contents": {CONTENTS: b"[]"},
    "no database": {"database.sqlite": b"not a database"},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_an_archive_that_is_not_as_we_made_it_is_refused(full: Settings, tmp_path: Path, name: str) -> None:
    archive = tmp_path / "backup.tar.gz"
    back_up(full, archive)
    changed = rewritten(archive, tmp_path / "changed.tar.gz", HOSTILE[name])
    other = own_key_settings(tmp_path / "inner" / "other")
    key = other.secret_key

    with pytest.raises(BackupRefused):
        restore_from(other, changed)

    assert [path.name for path in other.data_dir.rglob("*")] == ["secret.key"]
    assert (other.data_dir / "secret.key").read_text().encode() == key
    assert not (tmp_path / "escaped").exists()
    assert not (tmp_path / "inner" / "escaped").exists()
    assert not Path("/tmp/escaped-meridian").exists()


def test_a_cut_archive_or_any_other_file_is_refused(full: Settings, tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar.gz"
    back_up(full, archive)
    whole = archive.read_bytes()
    other = own_key_settings(tmp_path / "other")
    for content in (
        whole[: len(whole) // 2],
        whole[: len(whole) * 99 // 100],
        b"",
        b"PK\3\4 not a tar",
        whole[:200],
    ):
        (tmp_path / "cut.tar.gz").write_bytes(content)
        with pytest.raises(BackupRefused):
            restore_from(other, tmp_path / "cut.tar.gz")
        assert [path.name for path in other.data_dir.rglob("*")] == ["secret.key"]


def test_files_in_another_store_are_said_to_be_left_out(full: Settings, tmp_path: Path) -> None:
    settings = own_key_settings(full.data_dir, STORAGE_URL="s3://bucket/prefix")

    assert "Files: not included" in back_up(settings, tmp_path / "backup.tar.gz")


def test_postgresql_comes_back_row_for_row(tmp_path: Path, postgres_template: PostgresTemplate) -> None:
    found: list[list[tuple[object, ...]]] = []
    archive = tmp_path / "backup.tar.gz"

    # Backup and restore run loops of their own, so the copies' lives are laid around them.
    source, target, empty = postgres_template.copy(), postgres_template.copy(), postgres_template.empty()
    urls: list[str] = []

    async def enter() -> None:
        urls.extend([await source.__aenter__(), await target.__aenter__(), await empty.__aenter__()])

    async def leave() -> None:
        for copy in (source, target, empty):
            await copy.__aexit__(None, None, None)

    run_apart(enter())
    try:
        run_apart(fill(db.make_engine(urls[0], Path())))
        report = back_up(own_key_settings(tmp_path / "a", DATABASE_URL=urls[0]), archive)
        assert "tables of PostgreSQL" in report
        with pytest.raises(BackupRefused, match="not empty"):
            restore_from(own_key_settings(tmp_path / "b", DATABASE_URL=urls[1]), archive)
        with pytest.raises(BackupRefused, match="PostgreSQL"):
            restore_from(own_key_settings(tmp_path / "c"), archive)
        damaged = rewritten(archive, tmp_path / "damaged.tar.gz", {"database/room.copy": b"id\n1\n"})
        with pytest.raises(BackupRefused):
            restore_from(own_key_settings(tmp_path / "d", DATABASE_URL=urls[2]), damaged)
        restore_from(own_key_settings(tmp_path / "e", DATABASE_URL=urls[2]), archive)
        found = [collected(db.make_engine(url, Path())) for url in (urls[0], urls[2])]
    finally:
        run_apart(leave())

    assert found[0] == found[1]
    assert len(found[0]) == 4
