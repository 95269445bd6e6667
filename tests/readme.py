"""Writes the README's settings table: ``python -m tests.readme``."""

from __future__ import annotations

import re
from pathlib import Path

from conference.settings import PREFIX, SETTINGS

README = Path(__file__).parent.parent / "README.md"
_TABLE = re.compile(r"(<!-- settings: .*? -->\n)(.*?)(<!-- /settings -->)", re.S)


def settings_table() -> str:
    """The table in Markdown, one row a setting."""
    rows = [
        f"| `{PREFIX}{name}` | {f'`{default}`' if default else ''} | {words} |"
        for name, default, words in SETTINGS
    ]
    return "\n".join(["| variable | default | meaning |", "| --- | --- | --- |", *rows]) + "\n"


def with_table(text: str) -> str:
    """The README's text with the present table in its place."""
    return _TABLE.sub(lambda found: found[1] + settings_table() + found[3], text)


if __name__ == "__main__":
    README.write_text(with_table(README.read_text("utf-8")), "utf-8")
