"""The wheel holds all that serving needs, and serves from any folder."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

from conference.benchmarks.server import running_server

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # Without isolation: the build backend is among the pinned test tools, so nothing is fetched.
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run(
        [*command, "--wheel-dir", str(folder), str(ROOT)], check=True, capture_output=True, text=True
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` folder of a fresh environment with the wheel in it; the pinned dependencies are lent to it."""
    place = tmp_path_factory.mktemp("installed")
    venv.create(place, with_pip=False)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(place), "platbase": str(place)}))
    pip = [sys.executable, "-m", "pip", "--quiet", "--python", str(place / "bin" / "python")]
    subprocess.run(
        [*pip, "install", "--no-deps", "--no-index", str(wheel)], check=True, capture_output=True, text=True
    )
    (packages / "lent.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return place / "bin"


def tracked(*folders: str) -> set[str]:
    """Files below the folders that belong to the project."""
    done = subprocess.run(["git", "ls-files", *folders], cwd=ROOT, check=True, capture_output=True, text=True)
    return set(done.stdout.split("\n")) - {""}


def test_everything_that_is_served_is_inside(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    if not (ROOT / ".git").exists():
        pytest.skip("what belongs to the project is asked of git")
    here = {name for name in tracked("conference", "sessions", "registration") if (ROOT / name).exists()}
    moved = {f"conference/{name}" for name in tracked("templates", "static") if (ROOT / name).exists()}
    assert len(here) > 100
    assert len(moved) > 50
    assert here | moved <= inside
    assert not [name for name in inside if name.startswith("tests/") or name.endswith(".pyc")]


def test_it_serves_from_any_folder(installed: Path, tmp_path: Path) -> None:
    where = tmp_path / "anywhere"
    where.mkdir()
    data_dir = tmp_path / "data"
    environ = {"PYTHONPATH": "", "PYTHONSAFEPATH": "1"}
    command = (str(installed / "meridian"), "serve")
    with running_server(data_dir, command=command, cwd=where, first_path="/", environ=environ) as server:
        # The server migrated an empty database; the demo comes from a file inside the wheel.
        subprocess.run(
            [str(installed / "meridian"), "demo"],
            cwd=where,
            env={**environ, "MERIDIAN_DATA_DIR": str(data_dir), "PATH": ""},
            check=True,
            capture_output=True,
        )
        with urllib.request.urlopen(f"{server.url}/working-internationally/programme") as answer:
            page = answer.read().decode()
        assert "Reflections on international working" in page
        assets = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
        assert [name for name in assets if ".css" in name]
        for asset in assets:
            with urllib.request.urlopen(server.url + asset) as answer:
                assert answer.status == 200
                assert len(answer.read()) > 100
        # The pinned zone table and Babel's names are found: the same page for a reader in India.
        with urllib.request.urlopen(
            f"{server.url}/working-internationally/programme?tz=Asia/Kolkata"
        ) as answer:
            theirs = answer.read().decode()
        assert "Times in Kolkata" in theirs
        assert "Times in London" in page
    assert list(where.iterdir()) == []
    assert "Traceback" not in server.said()
