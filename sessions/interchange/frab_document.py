"""A schedule XML file as nodes that know their line; only the conference and the events are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import Locator

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import create_parser

from conference.i18n import _
from conference.texts import clean, clean_line
from sessions.interchange.incoming import (
    markdown_of,
)
from sessions.interchange.model import (
    ImportRefused,
)

MOST_EVENTS = 20_000
_DEEPEST = 40
_MOST_NODES = 5_000_000


@dataclass(slots=True)
class Node:
    """An element with its attributes and, in order, its texts and elements. Prefixes of names are dropped."""

    tag: str
    attributes: dict[str, str]
    line: int
    content: list[str | Node] = field(default_factory=list)

    def children(self, tag: str) -> Iterator[Node]:
        """The elements of that name directly in it."""
        return (child for child in self.content if not isinstance(child, str) and child.tag == tag)

    def text(self) -> str:
        """All text in it, without markup."""
        return "".join(part if isinstance(part, str) else part.text() for part in self.content)

    def markup(self) -> str:
        """The text; where XHTML elements stand in it, as HTML."""
        if all(isinstance(part, str) for part in self.content):
            return self.text()
        return "".join(escape(p, quote=False) if isinstance(p, str) else p.as_html() for p in self.content)

    def as_html(self) -> str:
        """The element itself as HTML; of its attributes only ``href`` stays."""
        href = f' href="{escape(self.attributes["href"])}"' if "href" in self.attributes else ""
        inner = "".join(escape(p, quote=False) if isinstance(p, str) else p.as_html() for p in self.content)
        return f"<{self.tag}{href}>{inner}</{self.tag}>"

    def line_of(self, tag: str) -> str:
        """The first non-empty child's text on one line, or ""."""
        return next((text for child in self.children(tag) if (text := clean_line(child.text()))), "")

    def markdown_of(self, tag: str, is_markdown: bool) -> str:
        """The first non-empty child's text as Markdown, or ""; HTML in it is turned into that."""
        for child in self.children(tag):
            text = clean(child.text()) if is_markdown else markdown_of(child.markup())
            if text:
                return text
        return ""


@dataclass(slots=True)
class Event:
    """An event with the attributes of its day and the name of its room; both may be empty."""

    node: Node
    day: dict[str, str]
    room: str


class Schedule(ContentHandler):
    """Keeps the conference element and the events; everything else is passed by."""

    def __init__(self, place: Locator) -> None:
        super().__init__()
        self._place = place
        self.head = Node("schedule", {}, 0)
        self.events: list[Event] = []
        self.rooms: dict[str, int | None] = {}  # capacities, which XML does not tell, by name
        self._path: list[str] = []
        self._open: list[Node] = []
        self._day: dict[str, str] = {}
        self._room = ""
        self._nodes = 0
        self.foreign: Counter[str] = Counter()

    def startElement(self, name: str, attrs: Any) -> None:
        tag = name.rpartition(":")[2]
        attributes = {str(key).rpartition(":")[2]: clean_line(value) for key, value in attrs.items()}
        depth = len(self._path)
        self._nodes += 1
        if depth > _DEEPEST or self._nodes > _MOST_NODES:
            raise ImportRefused(_("The file nests too deeply or has too many elements to be a schedule."))
        if depth == 0 and tag != "schedule":
            raise ImportRefused(
                _("The file is XML but not a schedule: it begins with <%(tag)s>, not <schedule>.")
                % {"tag": tag[:60]}
            )
        self._path.append(tag)
        if (
            self._open
            or tag in ("event", "conference")
            or (depth == 1 and tag in ("version", "generator", "url"))
        ):
            line = self._place.getLineNumber() or 0
            node = Node(tag, attributes, line)
            if self._open:
                self._open[-1].content.append(node)
            self._open.append(node)
        elif tag == "day":
            self._day, self._room = attributes, ""
        elif tag == "room":
            self._room = attributes.get("name", "")
            if self._room:
                self.rooms.setdefault(self._room, None)
        elif self._path[-2:-1] in (["day"], ["room"]):
            self.foreign[tag] += 1

    def characters(self, content: str) -> None:
        if self._open:
            self._open[-1].content.append(content)

    def endElement(self, name: str) -> None:
        tag = self._path.pop()
        if not self._open:
            if tag == "room":
                self._room = ""
            return
        node = self._open.pop()
        if self._open:
            return
        if tag != "event":
            self.head.content.append(node)
            return
        self.events.append(Event(node, self._day, self._room))
        if len(self.events) > MOST_EVENTS:
            raise ImportRefused(_("The file has more than %(count)d sessions.") % {"count": MOST_EVENTS})


def parsed(text: str) -> Schedule:
    """The schedule in the text of a file. Raises ImportRefused."""
    parser = create_parser()
    schedule = Schedule(parser)  # which is its own locator
    parser.setContentHandler(schedule)
    try:
        # Fed as text, so that the encoding declaration, already obeyed, is not obeyed twice.
        parser.feed(text)
        parser.close()
    except DefusedXmlException:
        raise ImportRefused(
            _(
                "The file defines entities or reads other files, which a schedule never needs; it was not opened."
            )
        ) from None
    except SAXParseException as error:
        raise ImportRefused(
            _("The file is not well-formed XML: %(reason)s in line %(line)d.")
            % {"reason": error.getMessage(), "line": error.getLineNumber() or 1}
        ) from None
    return schedule


def where(node: Node, event: Node | None = None) -> str:
    """The place a doubt names: the node's line and the title of its event."""
    about = event or node
    title = about.line_of("title")
    words = _("line %(line)d, “%(title)s”") if title else _("line %(line)d")
    return words % {"line": node.line, "title": title[:80]}
