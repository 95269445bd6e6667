"""The ``meridian`` command as people type it: a process, its output, its exit status."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import bagit
import pytest
from click.testing import CliRunner

from conference import __version__
from conference.__main__ import main
from conference.benchmarks.server import meridian_environment
from tests.shared import data_path


class Meridian:
    """Runs the command in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data_dir = folder / "data"

    def __call__(self, *words: str, expect: int = 0, **variables: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "conference", *words],
            cwd=self.folder,
            env={**meridian_environment(self.data_dir, 8123, **variables), "PYTHONPATH": os.getcwd()},
            capture_output=True,
            text=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == expect, done.stderr + done.stdout
        assert "Traceback" not in done.stderr
        return done

    @property
    def files(self) -> int:
        """How many files there are in the store."""
        return sum(path.is_file() for path in (self.data_dir / "files").rglob("*"))


@pytest.fixture
def meridian(tmp_path: Path) -> Meridian:
    return Meridian(tmp_path)


def test_its_version_and_its_commands(meridian: Meridian) -> None:
    assert meridian("--version").stdout == f"meridian, version {__version__}\n"
    told = meridian("--help").stdout
    for command in (
        *("serve", "demo", "organiser", "import", "export", "worker"),
        *("backup", "restore", "doctor", "bench"),
    ):
        assert re.search(rf"^  {command} ", told, re.MULTILINE), command


def test_the_demo_prints_two_lines_each_time_and_nothing_else(meridian: Meridian) -> None:
    first, second = meridian("demo"), meridian("demo")

    for done in (first, second):
        assert re.fullmatch(
            r"Public page:     http://127\.0\.0\.1:8123/working-internationally/\n"
            r"Organiser desk:  http://127\.0\.0\.1:8123/organise/sign-in/\S{43}\n",
            done.stdout,
        )
        assert done.stderr == ""
    assert first.stdout != second.stdout


def test_import_publish_and_export(meridian: Meridian) -> None:
    path = data_path("schedules/seagl-2023.xml")
    done = meridian("import", str(path), "--conference", "seagl", "--owner", "petra@example.org", "--publish")
    assert done.stdout.startswith("Made “")
    assert "Published as release 1." in done.stdout

    again = meridian("import", str(path), "--conference", "seagl", expect=2)
    assert again.stderr == (
        "Error: There is a conference at /seagl/ already. Choose another address for this one.\n"
    )
    assert meridian("export", "seagl").stdout.startswith("<?xml")
    assert meridian("export", "seagl", "--format", "ics").stdout.startswith("BEGIN:VCALENDAR")
    missing = meridian("export", "no-such", expect=2)
    assert missing.stderr == "Error: There is no conference at /no-such/.\n"


def test_a_broken_file_is_refused_in_one_line(meridian: Meridian) -> None:
    broken = meridian.folder / "broken.xml"
    broken.write_text('<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "a">]><schedule>&a;</schedule>')

    done = meridian("import", str(broken), expect=2)

    assert done.stdout == ""
    assert re.fullmatch(r"Error: [^\n]+\n", done.stderr)


def test_an_organiser_gets_a_link(meridian: Meridian) -> None:
    done = meridian("organiser", "add", "petra@example.org", "--name", "Petra Vogel")
    assert re.fullmatch(r"http://127\.0\.0\.1:8123/organise/sign-in/\S{43}\n", done.stdout)

    refused = meridian("organiser", "add", "ruth@example.org", "--conference", "no-such", expect=2)
    assert refused.stderr == "Error: There is no conference at /no-such/.\n"

    refused = meridian("organiser", "add", "not an address", expect=2)
    assert re.fullmatch(r"Error: [^\n]+\n", refused.stderr)


def test_backup_and_restore(meridian: Meridian, tmp_path: Path) -> None:
    meridian("demo")
    archive = tmp_path / "backup.tar.gz"
    assert meridian.files > 1
    assert f"Files: {meridian.files}." in meridian("backup", str(archive)).stdout
    refused = meridian("restore", str(archive), expect=2)
    assert "not empty" in refused.stderr

    other = Meridian(tmp_path / "elsewhere")
    other.folder.mkdir()
    assert f"Files: {meridian.files}." in other("restore", str(archive)).stdout
    assert other.files == meridian.files
    assert (
        other("export", "working-internationally").stdout
        == meridian("export", "working-internationally").stdout
    )
    assert "LOOK" not in other("doctor").stdout


def test_all_resources_leave_as_one_bag(meridian: Meridian, tmp_path: Path) -> None:
    meridian("demo")
    command = [sys.executable, "-m", "conference", "export", "working-internationally", "--format", "bag"]
    environ = {**meridian_environment(meridian.data_dir, 8123), "PYTHONPATH": os.getcwd()}
    written = [
        subprocess.run(
            command, cwd=tmp_path, env={**environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        )
        for seed in ("1", "2")
    ]
    assert written[0].stdout == written[1].stdout  # by two processes
    with zipfile.ZipFile(io.BytesIO(written[0].stdout)) as archive:
        archive.extractall(tmp_path / "out")
    (folder,) = (tmp_path / "out").iterdir()
    assert bagit.Bag(str(folder)).validate()
    assert "no conference at /no-such/" in meridian("export", "no-such", "--format", "bag", expect=2).stderr


def test_the_doctor_exits_with_one_when_something_needs_a_person(meridian: Meridian) -> None:
    meridian("demo")
    assert "LOOK" not in meridian("doctor").stdout
    (next(path for path in (meridian.data_dir / "files").rglob("*") if path.is_file())).unlink()

    done = meridian("doctor", expect=1)

    assert [line for line in done.stdout.splitlines() if line.startswith("LOOK")] == [
        line for line in done.stdout.splitlines() if "is missing" in line
    ]
    assert done.stdout.count("is missing") == 1


def test_the_doctor_reads_every_byte_and_sweeps_what_nothing_needs(meridian: Meridian) -> None:
    meridian("demo")
    files = meridian.files
    assert f"ok    Files: all {files} are as they were stored" in meridian("doctor", "--files").stdout
    stray = meridian.data_dir / "files/ab/cd" / ("x" * 24)
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"left behind")
    os.utime(stray, (1_700_000_000, 1_700_000_000))
    kept = next(path for path in (meridian.data_dir / "files/sha512").rglob("*") if path.is_file())
    sound = kept.read_bytes()
    kept.write_bytes(sound[:-1] + b"?")

    document = json.loads(meridian("doctor", "--files", "--json", expect=1).stdout)
    assert (document["fine"], document["files"]["checked"]) == (False, files)
    assert [one["trouble"] for one in document["files"]["problems"]["named"]] == ["damaged"]
    assert [one["key"] for one in document["files"]["strays"]["named"]] == [f"ab/cd/{'x' * 24}"]
    assert stray.exists()

    kept.write_bytes(sound)
    assert "1 of 0.0 MB that nothing needs were removed" in meridian("doctor", "--files", "--sweep").stdout
    assert not stray.exists()
    assert "--sweep goes with --files" in meridian("doctor", "--sweep", expect=2).stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "eight thousand"),
        ("PORT", "0"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("BASE_URL", "conf.example.org"),
        ("SECRET_KEY", "short"),
        ("SMTP_URL", "mail.example.org"),
        ("WORKERS", "-1"),
        ("NO_SUCH_THING", "x"),
        ("STORAGE_URL", "ftp://files"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv("MERIDIAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv(f"MERIDIAN_{variable}", value)

    done = CliRunner().invoke(main, ["serve"])

    assert done.exit_code == 2
    assert done.stdout == ""
    assert re.fullmatch(rf"Error: MERIDIAN_{variable}: [^\n]+\n", done.stderr)


def test_a_database_that_cannot_be_reached_is_named(meridian: Meridian) -> None:
    done = meridian("demo", expect=2, DATABASE_URL="postgres://127.0.0.1:1/nothing-here")

    assert done.stdout == ""
    assert re.fullmatch(
        r"Error: MERIDIAN_DATABASE_URL: the database cannot be reached: [^\n]+\n", done.stderr
    )


def test_a_data_folder_that_cannot_be_made_is_named(meridian: Meridian) -> None:
    (meridian.folder / "data").write_text("a file stands in the way")

    assert "MERIDIAN_DATA_DIR" in meridian("demo", expect=2).stderr
