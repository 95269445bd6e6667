"""Placeholders in texts that the team writes to speakers: ``{name}``, ``{conference}``, ``{sessions}``, ``{link}``.

The first two stand for words inside a line. The other two stand for whole blocks, a list and a button, so text around
them on their line is set above and below. What comes out holds plain facts for a mail's payload; addresses in it are
broken and marks left out where the mail is rendered (``conference.mail``), so no text can pretend to be a link.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import groupby
from typing import Any

INLINE = ("name", "conference")
BLOCKS = ("sessions", "link")
_PLACEHOLDER = re.compile(r"\{([^{}\n]{0,40})\}")
_BLOCK = re.compile(r"\{(sessions|link)\}")
_LONGEST_PIECE = 380
"""Characters. A mail's payload keeps no longer text than ``conference.mail.LONGEST_FACT`` in one piece."""


def unknown_placeholders(text: str) -> list[str]:
    """What stands in curly brackets and is no placeholder, as it was typed, each once."""
    found = dict.fromkeys(_PLACEHOLDER.findall(text))
    return [f"{{{name}}}" for name in found if name not in (*INLINE, *BLOCKS)]


def uses(text: str, name: str) -> bool:
    """Whether the placeholder stands in the text."""
    return f"{{{name}}}" in text


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with the inline placeholders put in, once: a placeholder inside a value stays as it is."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def blocks(text: str, values: Mapping[str, str]) -> list[dict[str, Any]]:
    """The text as the mail's template tells it, paragraph by paragraph.

    Each block is ``{"lines": [[piece, …], …]}`` (a line is its pieces with spaces between), ``{"sessions": True}`` or
    ``{"link": True}``.
    """
    made: list[dict[str, Any]] = []
    for paragraph in _paragraphs(text):
        lines: list[list[str]] = []
        for line in paragraph.split("\n"):
            before, *rest = _BLOCK.split(line)
            _put(lines, before, values)
            for name, after in zip(rest[::2], rest[1::2], strict=True):
                made += [*_runs(lines), {name: True}]
                lines = []
                # The full stop behind a button is no paragraph, and none begins with one.
                _put(lines, after.lstrip(" \t.,;:!?…。،؟"), values)
        made += _runs(lines)
    return made


def as_typed(text: str) -> list[dict[str, Any]]:
    """The text as blocks of lines; placeholders have no meaning in it."""
    made: list[dict[str, Any]] = []
    for paragraph in _paragraphs(text):
        lines: list[list[str]] = []
        for line in paragraph.split("\n"):
            _put(lines, line, {})
        made += _runs(lines)
    return made


def _paragraphs(text: str) -> list[str]:
    return re.split(r"\n[ \t]*\n", text.strip())


def _put(lines: list[list[str]], text: str, values: Mapping[str, str]) -> None:
    line = filled(text, values).strip()
    if re.fullmatch(r"--+", line):
        line = "—"  # two hyphens alone would begin a mail's signature
    if line:
        lines.append(_pieces(line))


def _runs(lines: list[list[str]]) -> list[dict[str, Any]]:
    """The lines of a paragraph as blocks: a list within it stands by itself, so that the mail shows it as one."""
    groups = groupby(lines, key=lambda line: line[0].startswith("- "))
    return [{"lines": list(run)} for _is_list, run in groups]


def _pieces(line: str) -> list[str]:
    """The line cut between words, so that each piece is kept whole."""
    pieces = [""]
    for word in line.split():
        if pieces[-1] and len(pieces[-1]) + len(word) >= _LONGEST_PIECE:
            pieces.append("")
        pieces[-1] = f"{pieces[-1]} {word}" if pieces[-1] else word
    return pieces
