"""Everything a server holds in one archive, and back into an empty place: database, uploaded files, secret key.

The archive is a gzipped tar: ``database.sqlite`` (or ``database/<table>.copy`` from PostgreSQL), ``secret.key``,
``files/…``, and last ``contents.json`` with the SHA-256 of each, without which it is not whole.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any, ClassVar

from conference import __version__, clock
from conference.errors import DomainError
from conference.i18n import _
from conference.settings import Settings

FORMAT = 1
DATABASE = "database.sqlite"
KEY = "secret.key"
CONTENTS = "contents.json"
# Nothing else is taken out of an archive: no way leads out of the data folder, and no link points anywhere.
_MEMBER = re.compile(
    r"database\.sqlite|secret\.key|contents\.json|database/[a-z_]{1,63}\.copy"
    r"|files(?:/[a-z0-9][a-z0-9_.-]{0,119}){1,8}"
)
_LARGEST_CONTENTS = 256 * 1024 * 1024
_PIECE = 1024 * 1024


class BackupRefused(DomainError):
    """The backup cannot be made or restored; nothing was changed."""

    http_status: ClassVar[int] = 409


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
                    report = _fill(_Writer(archive), settings, Path(scratch))
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


class _Writer:
    """Adds members to an archive and remembers their digests."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self.digests: dict[str, str] = {}

    def add(self, name: str, path: Path) -> None:
        with path.open("rb") as source:
            # A digest beforehand and the size as opened: what is written is what was hashed.
            self.digests[name] = hashlib.file_digest(source, "sha256").hexdigest()
            source.seek(0)
            member = self._archive.gettarinfo(arcname=name, fileobj=source)
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            self._archive.addfile(member, source)

    def finish(self, about: dict[str, Any]) -> None:
        content = json.dumps({**about, "sha256": self.digests}, indent=1).encode()
        member = tarfile.TarInfo(CONTENTS)
        member.size, member.mtime = len(content), int(time.time())
        self._archive.addfile(member, io.BytesIO(content))


def _fill(writer: _Writer, settings: Settings, scratch: Path) -> list[str]:
    about: dict[str, Any] = {"format": FORMAT, "meridian": __version__, "made_at": clock.now().isoformat()}
    report = []
    if settings.database_url:
        from conference.backup_postgres import dump

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
            if _MEMBER.fullmatch(name):  # an upload under way has another name
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
        with _readable(archive):
            found = _unpack(archive, place)
        about = _checked(place, found)
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


@contextmanager
def _readable(archive: Path) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise BackupRefused(
            _("%(path)s is not a whole backup: %(reason)s.") % {"path": archive, "reason": error}
        ) from error


def _unpack(archive: Path, place: Path) -> dict[str, str]:
    digests = {}
    with tarfile.open(archive, mode="r|gz") as members:
        for member in members:
            content = members.extractfile(member) if member.isfile() else None
            if content is None or not _MEMBER.fullmatch(member.name):
                raise BackupRefused(
                    _("%(path)s is not a backup of Meridian: it holds “%(name)s”.")
                    % {"path": archive, "name": member.name[:80]}
                )
            if member.name in digests:
                raise ValueError(f"“{member.name}” stands in it twice")
            if member.name == CONTENTS and member.size > _LARGEST_CONTENTS:
                raise ValueError("its table of contents is too long")
            target = place / member.name
            target.parent.mkdir(parents=True, exist_ok=True)
            digests[member.name] = _copied(content, target)
    return digests


def _copied(source: IO[bytes], target: Path) -> str:
    digest = hashlib.sha256()
    with target.open("xb") as file:
        while piece := source.read(_PIECE):
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _checked(place: Path, found: dict[str, str]) -> dict[str, Any]:
    """The table of contents, when everything it names is there unchanged and nothing besides."""
    if CONTENTS not in found:
        raise BackupRefused(_("The archive has no table of contents: it is not whole."))
    try:
        about: dict[str, Any] = json.loads((place / CONTENTS).read_text())
        expected = dict(about["sha256"])
        is_known = about["format"] == FORMAT
    except (ValueError, KeyError, TypeError) as error:
        raise BackupRefused(_("The archive's table of contents cannot be read.")) from error
    if not is_known:
        raise BackupRefused(_("The archive was made by a later version of Meridian."))
    actual = {name: digest for name, digest in found.items() if name != CONTENTS}
    if actual != expected:
        odd = sorted({name for name, _digest in actual.items() ^ expected.items()})
        raise BackupRefused(_("The archive is damaged: “%(name)s” is not as it was.") % {"name": odd[0]})
    return about


def _database_back(settings: Settings, place: Path, about: dict[str, Any]) -> str:
    copy = place / DATABASE
    if settings.database_url:
        if copy.exists():
            raise BackupRefused(
                _("The backup is of a SQLite database; unset MERIDIAN_DATABASE_URL to restore it.")
            )
        from conference.backup_postgres import load

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
