"""Schedule files from everywhere, whole and broken: a report or a refusal, never a fault, and nothing half-written."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from conference.db import Database
from conference.errors import DomainError
from conference.tables import Conference
from sessions.imports.from_files import import_files
from tests.attacks.world import some
from tests.makers import NOW
from tests.shared import data_path

HOST = "conf.example.org"
DECLARED = (
    "utf-16",
    "latin-1",
    "ascii",
    "utf-7",
    "ebcdic-cp-us",
    "nonsense",
    "idna",
    "rot13",
    "base64",
    "unicode_escape",
    "x" * 300,
    "utf-8\x00",
)


async def try_import(path: Path, slug: str) -> bool:
    """Whether it was read; a refusal has a reason and leaves nothing behind. Whatever else is raised is a fault."""
    reason = ""
    try:
        report = await import_files(
            [path], slug=slug, zone="Asia/Kathmandu", publish=True, uid_host=HOST, now=NOW
        )
    except DomainError as error:
        reason = error.message
    is_there = await Conference.exists().where(Conference.slug == slug)
    if is_there:
        assert report, path
        return True
    assert reason, path
    assert "Traceback" not in reason
    return False


async def test_every_schedule_we_know_is_read_or_refused(each_database: Database) -> None:
    files = sorted(path for path in data_path("schedules").rglob("*") if path.is_file())
    small = [path for path in files if path.stat().st_size < 1_500_000]  # the others have tests of their own
    read = {path.name for number, path in enumerate(small) if await try_import(path, f"try-{number}")}
    assert {"31c3-frab.xml", "seagl-2018.xml", "debconf17-montreal.xml"} <= read


def hostile(whole: bytes) -> Iterator[bytes]:
    """Bombs, files of other kinds, and ``whole`` cut short, in wrong encodings and with noise in it."""
    chance = random.Random(7)
    for kind in ("xml", "images", "pdf", "archives", "strings"):
        for path in sorted(data_path(f"adversarial/{kind}").iterdir()):
            yield path.read_bytes()
    yield from (whole[: len(whole) * part // 6] for part in range(6))
    text = whole.decode("utf-8")
    yield from (text.encode(code) for code in ("utf-16", "utf-16-le", "utf-32"))
    yield text.encode("latin-1", "replace")
    for declared in DECLARED:
        yield whole[:20_000].replace(b'encoding="UTF-8"', f'encoding="{declared}"'.encode(), 1)
    for _turn in range(8):
        mixed = bytearray(whole)
        for _change in range(chance.randint(1, 30)):
            mixed[chance.randrange(len(mixed))] = chance.choice(b'<>&\x00\xff0 9-:TZ"')
        yield bytes(mixed)


async def test_hostile_and_broken_files_are_refused_whole(database: Database, tmp_path: Path) -> None:
    whole = data_path("schedules/seagl-2018.xml").read_bytes()
    answers = []
    for number, data in enumerate(hostile(whole)):
        for name in some(("x.xml", "x.yaml", "x.json", "x"), number, 2):
            (tmp_path / name).write_bytes(data)
            answers.append(await try_import(tmp_path / name, f"try-{number}-{name.replace('.', '-')}"))
    assert len(answers) > 80
    assert answers.count(False) > 60
