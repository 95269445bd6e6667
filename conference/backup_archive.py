"""The archive of a backup: what may be in it, how it is written, and how it is unpacked and checked aside.

It is a gzipped tar: ``database.sqlite`` (or ``database/<table>.copy`` from PostgreSQL), ``secret.key``,
``files/…``, and last ``contents.json`` with the SHA-256 of each, without which it is not whole.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, ClassVar

from conference.errors import DomainError
from conference.i18n import _

FORMAT = 1
DATABASE = "database.sqlite"
KEY = "secret.key"
CONTENTS = "contents.json"
# Nothing else is taken out of an archive: no way leads out of the data folder, and no link points anywhere.
MEMBER = re.compile(
    r"database\.sqlite|secret\.key|contents\.json|database/[a-z_]{1,63}\.copy"
    r"|files(?:/[a-z0-9][a-z0-9_.-]{0,159}){1,8}"  # a SHA-512 alone is 128 letters long
)
_LARGEST_CONTENTS = 256 * 1024 * 1024
_PIECE = 1024 * 1024


class BackupRefused(DomainError):
    """The backup cannot be made or restored; nothing was changed."""

    http_status: ClassVar[int] = 409


class ArchiveWriter:
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


@contextmanager
def readable(archive: Path) -> Iterator[None]:
    """Raises BackupRefused in place of whatever breaks while the archive is read."""
    try:
        yield
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise BackupRefused(
            _("%(path)s is not a whole backup: %(reason)s.") % {"path": archive, "reason": error}
        ) from error


def unpack(archive: Path, place: Path) -> dict[str, str]:
    """Unpack into the folder ``place``; the SHA-256 of each member by name. Raises BackupRefused for a strange one."""
    digests = {}
    with tarfile.open(archive, mode="r|gz") as members:
        for member in members:
            content = members.extractfile(member) if member.isfile() else None
            if content is None or not MEMBER.fullmatch(member.name):
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


def checked_contents(place: Path, found: dict[str, str]) -> dict[str, Any]:
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
