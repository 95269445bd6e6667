"""Content lines of a calendar (RFC 5545 3.1) and the events they make up."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from conference.i18n import _

_ESCAPED = re.compile(r"\\([\\;,nN])")
# Names that no property of a calendar has, for what only xCal tells.
PERSON, LANGUAGE, SUBTITLE, MOVED = "\0PERSON", "\0LANGUAGE", "\0SUBTITLE", "\0MOVED"


@dataclass(slots=True)
class Property:
    """One content line. Names of properties and parameters are in capitals."""

    value: str
    parameters: dict[str, str]
    line: int


@dataclass(slots=True)
class Event:
    """A VEVENT's properties by name, each as often as it stands there."""

    line: int
    properties: dict[str, list[Property]] = field(default_factory=dict)

    def first(self, name: str) -> Property | None:
        """The first property of that name."""
        return next(iter(self.properties.get(name, [])), None)

    def text(self, name: str) -> str:
        """The first property of that name as TEXT (RFC 5545 3.3.11)."""
        found = self.first(name)
        return unescaped(found.value) if found else ""

    def where(self) -> str:
        """The place a doubt names."""
        title = " ".join(self.text("SUMMARY").split())[:80]
        words = _("line %(line)d, “%(title)s”") if title else _("line %(line)d")
        return words % {"line": self.line, "title": title}


def unescaped(text: str) -> str:
    """The TEXT value without its escapes."""
    return _ESCAPED.sub(lambda match: "\n" if match.group(1) in "nN" else match.group(1), text)


def rule_of(text: str) -> dict[str, str]:
    """The parts of a recurrence rule (RFC 5545 3.3.10) by name."""
    parts = (part.partition("=") for part in text.upper().strip().split(";")[:20])
    return {name.strip(): value.strip() for name, _equals, value in parts if value}
