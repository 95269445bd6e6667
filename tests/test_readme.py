"""The README says what is so."""

import re
from pathlib import Path

from conference.settings import SETTINGS
from tests.readme import README, settings_table, with_table


def test_the_settings_table_is_the_one_the_code_reads() -> None:
    text = README.read_text("utf-8")
    assert settings_table() in text
    assert with_table(text) == text
    assert all(f"MERIDIAN_{name}" in text for name, _default, _words in SETTINGS)


def test_every_file_the_readme_and_the_guide_point_to_is_there() -> None:
    root = README.parent
    for page in (README, root / "CONTRIBUTING.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text("utf-8")):
            assert (root / target).is_file(), f"{page.name} points to {target}"


def test_the_top_level_holds_only_what_it_should() -> None:
    root = Path(__file__).parent.parent
    ignored = {
        "data",
        "dist",
        "build",
        "docs",
        "conference",
        "sessions",
        "registration",
        "templates",
        "static",
        "tests",
    }
    files = {
        "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile",
        "requirements.lock", "requirements-dev.lock",
    }  # fmt: skip
    found = {path.name for path in root.iterdir() if not path.name.startswith(".")}
    assert found - ignored - files - {"__pycache__"} == set()
