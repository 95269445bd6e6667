"""Everything a server holds in one archive, and back into an empty place: database, uploaded files, secret key."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from conference import __version__, clock
from conference.backup_archive import (
    DATABASE,
    FORMAT,
    KEY,
    MEMBER,
    ArchiveWriter,
    BackupRefused,
    checked_contents,
    readable,
    unpack,
)
from conference.backup_postgres import dump, load
from conference.i18n import _
from conference.settings import Settings


def back_up(settings: Settings, target: Path) -> str:
    """Write an archive and say what is in it. ``target`` is a new file, or a folder to make one in.

    The server may be running: the database is copied as of one moment, and the files after it.
    Raises BackupRefused.
    """
    if target.is_dir():
        target /= f"meridian-{clock.now():%Y%m%d-%H%M%S}.tar.gz"
    if target.exists():
        raise BackupRefused(_("%(path)s exists already.") % {"path": target})
    part = target.with_name(f".{target.name}.part")
    try:
        with tempfile.TemporaryDirectory(prefix="meridian-backup-", dir=target.parent) as scratch:
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # it holds the key
            with os.fdopen(handle, "wb") as file:
                with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as archive:
                    report = _fill(ArchiveWriter(archive), settings, Path(scratch))
                file.flush()
                os.fsync(file.fileno())
            part.rename(target)
    except OSError as error:
        raise BackupRefused(
            _("The backup cannot be written to %(path)s: %(reason)s.")
            % {"path": target, "reason": error.strerror or error}
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return "\n".join([f"{target}: {target.stat().st_size:,} octets", *report])


def _fill(writer: ArchiveWriter, settings: Settings, scratch: Path) -> list[str]:
    about: dict[str, Any] = {"format": FORMAT, "meridian": __version__, "made_at": clock.now().isoformat()}
    report = []
    if settings.database_url:
        about["migrations"], tables = asyncio.run(dump(settings.database_url, scratch))
        for path in tables:
            writer.add(f"database/{path.name}", path)
        report.append(_("Database: %(count)d tables of PostgreSQL.") % {"count": len(tables)})
    else:
        source = settings.data_dir / "meridian.sqlite"
        if not source.exists():
            raise BackupRefused(_("There is no database in %(path)s.") % {"path": settings.data_dir})
        copy = scratch / DATABASE
        with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(copy)) as duplicate:
            original.backup(duplicate)
        writer.add(DATABASE, copy)
        report.append(_("Database: one SQLite file."))
    key = settings.data_dir / KEY
    if key.read_bytes().strip() == settings.secret_key if key.exists() else False:
        writer.add(KEY, key)
        report.append(_("Secret key: included. Keep the archive as safe as the server."))
    else:
        report.append(
            _("Secret key: not included, it comes from MERIDIAN_SECRET_KEY. Keep it, or links stop working.")
        )
    folder = _files_folder(settings)
    if folder is None:
        report.append(_("Files: not included, they lie in the store of MERIDIAN_STORAGE_URL."))
    else:
        names = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.exists() else []
        count = 0
        for path in names:
            name = f"files/{path.relative_to(folder).as_posix()}"
            if "#" in path.name:  # a part of an upload under way, as the store names it
                continue
            if not MEMBER.fullmatch(name):  # left out in silence it would be missed when it is too late
                raise BackupRefused(
                    _("“%(name)s” lies among the files and is none of them.") % {"name": name}
                )
            writer.add(name, path)
            count += 1
        report.append(_("Files: %(count)d.") % {"count": count})
    writer.finish(about)
    return report


def _files_folder(settings: Settings) -> Path | None:
    if settings.storage_url.startswith("file://"):
        return Path(settings.storage_url.removeprefix("file://"))
    return None if settings.storage_url else settings.data_dir / "files"


def restore_from(settings: Settings, archive: Path) -> str:
    """Put a backup into an empty data folder (and an empty PostgreSQL database) and say what came back.

    Everything is unpacked and checked aside before anything is put in its place. Raises BackupRefused.
    """
    folder = settings.data_dir
    _refuse_unless_empty(folder)
    with tempfile.TemporaryDirectory(prefix=".restoring-", dir=folder) as scratch:
        place = Path(scratch)
        with readable(archive):
            found = unpack(archive, place)
        about = checked_contents(place, found)
        files = _files_folder(settings)
        if files is None and (place / "files").exists():
            raise BackupRefused(
                _("The archive holds files, and MERIDIAN_STORAGE_URL names a store that is not a folder.")
            )
        report = [_database_back(settings, place, about)]
        if (place / KEY).exists():
            (place / KEY).chmod(0o600)
            os.replace(place / KEY, folder / KEY)
            report.append(_("Secret key: restored."))
        if (place / "files").exists() and files is not None:
            shutil.copytree(place / "files", files, dirs_exist_ok=True, copy_function=shutil.move)
        count = sum(name.startswith("files/") for name in found)
        report.append(_("Files: %(count)d.") % {"count": count})
    return "\n".join(report)


def _refuse_unless_empty(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # The key may be there: reading the settings makes one.
    others = [path for path in folder.rglob("*") if not path.is_dir() and path != folder / KEY]
    if others:
        raise BackupRefused(
            _("%(path)s is not empty: it holds %(file)s. Restore into an empty folder.")
            % {"path": folder, "file": others[0].name}
        )


def _database_back(settings: Settings, place: Path, about: dict[str, Any]) -> str:
    copy = place / DATABASE
    if settings.database_url:
        if copy.exists():
            raise BackupRefused(
                _("The backup is of a SQLite database; unset MERIDIAN_DATABASE_URL to restore it.")
            )
        count = asyncio.run(load(settings.database_url, place / "database", about.get("migrations")))
        return _("Database: %(count)d tables.") % {"count": count}
    if not copy.exists():
        raise BackupRefused(
            _("The backup is of a PostgreSQL database; name an empty one in MERIDIAN_DATABASE_URL.")
        )
    try:
        with closing(sqlite3.connect(copy)) as connection:
            answer = connection.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.DatabaseError as error:
        raise BackupRefused(
            _("The archive's database cannot be read: %(reason)s.") % {"reason": error}
        ) from error
    if answer != ("ok",):
        raise BackupRefused(_("The archive's database is damaged."))
    os.replace(copy, settings.data_dir / "meridian.sqlite")
    return _("Database: restored.")
