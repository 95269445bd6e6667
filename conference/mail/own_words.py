"""A team's own words for a mail: text with placeholders, filled with the facts of one mail.

The text is what a mail is (see ``conference.mail.words``): paragraphs, lists, a footer that stands in any case.
``{name}`` in curly brackets is a placeholder: a value inside a line, or a part of the built-in mail (a button, a list
of seats) that stands in a paragraph of its own. Values are put in once, so a placeholder inside a value stays as it
is, and every value is on one line with its addresses broken, so none becomes markup, a header or a link.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

LONGEST_SUBJECT = 200
LONGEST_BODY = 8_000
_PLACEHOLDER = re.compile(r"\{([^{}\n]{0,40})\}")
# The full stop behind a button is no paragraph, and none begins with one.
_ENDS = " \t.,;:!?…。،؟"


@dataclass(frozen=True)
class OwnWords:
    """Subject and body as the team wrote them, placeholders and all."""

    subject: str
    body: str


def placeholders_in(text: str) -> list[str]:
    """What stands in curly brackets, without them, each once."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(text)))


def fill_subject(subject: str, values: Mapping[str, str]) -> str:
    """The subject with the values put in; what is no placeholder stays."""
    return _filled(subject, values)


def fill_body(body: str, values: Mapping[str, str], parts: Mapping[str, str]) -> str:
    """The body with values inside its lines and parts as paragraphs of their own; an empty part leaves nothing."""
    made: list[str] = []
    for paragraph in re.split(r"\n[ \t]*\n", body.strip()):
        lines: list[str] = []
        for line in paragraph.split("\n"):
            _put_line(line, lines, made, values, parts)
        if lines:
            made.append("\n".join(lines))
    return "\n\n".join(made)


def _put_line(
    line: str, lines: list[str], made: list[str], values: Mapping[str, str], parts: Mapping[str, str]
) -> None:
    """Add a line to the paragraph under way; a part in it ends the paragraph and begins another behind it."""
    before = 0
    for found in _PLACEHOLDER.finditer(line):
        if found[1] not in parts:
            continue
        _add(lines, line[before : found.start()], values)
        if lines:
            made.append("\n".join(lines))
            lines.clear()
        if part := parts[found[1]].strip("\n"):
            made.append(part)
        before = found.end()
    rest = line[before:]
    _add(lines, rest.lstrip(_ENDS) if before else rest, values)


def _add(lines: list[str], text: str, values: Mapping[str, str]) -> None:
    line = _filled(text, values).rstrip()
    if re.fullmatch(r"\s*--+", line):
        line = "—"  # two hyphens alone would begin the footer
    if line.strip():
        lines.append(line)


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def unknown(text: str, known: Collection[str]) -> list[str]:
    """What stands in curly brackets and is no placeholder, as it was typed."""
    return [f"{{{name}}}" for name in placeholders_in(text) if name not in known]
