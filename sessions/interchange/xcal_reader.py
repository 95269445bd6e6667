"""xCal, a calendar as XML: Pentabarf's and frab's, and that of RFC 6321."""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from conference.i18n import _
from sessions.interchange.calendar_events import found_in
from sessions.interchange.calendar_lines import LANGUAGE, PERSON, SUBTITLE, Event, Property
from sessions.interchange.calendar_zones import Zones
from sessions.interchange.gathered import MOST_SESSIONS, Found
from sessions.interchange.incoming import decoded, without_illegal
from sessions.interchange.model import Doubts, ImportRefused

_LONGEST = 200_000  # characters of one property


def read(content: bytes, doubts: Doubts) -> Found:
    """What the calendar says. Raises ImportRefused."""
    words, _removed = without_illegal(decoded(content))
    words = (
        words[words.index("?>") + 2 :]
        if words.lstrip().startswith("<?xml") and "?>" in words[:300]
        else words
    )
    try:
        root = fromstring(words)
    except DefusedXmlException:
        raise ImportRefused(
            _(
                "The file defines entities or reads other files, which a schedule never needs; it was not opened."
            )
        ) from None
    except ParseError as error:
        reason, (line, _column) = str(error).partition(":")[0], error.position
        raise ImportRefused(
            _("The file is not well-formed XML: %(reason)s in line %(line)d.")
            % {"reason": reason, "line": line}
        ) from None
    elements = [element for element in root.iter() if _tag(element) == "vevent"]
    if not elements:
        raise ImportRefused(_("The calendar has no events in it."))
    if len(elements) > MOST_SESSIONS:
        raise ImportRefused(_("The file has more than %(count)d sessions.") % {"count": MOST_SESSIONS})
    calendar = Event(1)
    for element in root.iter():
        if _tag(element) in ("x-wr-calname", "x-wr-caldesc", "x-wr-timezone", "name"):
            calendar.properties.setdefault(_tag(element).upper(), []).append(_property(element, 1))
    return found_in(
        [_event(element, number) for number, element in enumerate(elements, 1)], calendar, Zones(), doubts
    )


def _event(element: Element, number: int) -> Event:
    event = Event(number)
    # RFC 6321 wraps the properties in an element of their own.
    wrapped = next((child for child in element if _tag(child) == "properties"), element)
    names = {_tag(child) for child in wrapped}
    for child in wrapped:
        name = _tag(child)
        said = _property(child, number)
        if name == "attendee":
            if ":" not in said.value.partition(" ")[0] and said.value.strip():
                event.properties.setdefault(PERSON, []).append(said)
        elif name == "title" or (name == "summary" and "title" not in names):
            event.properties.setdefault("SUMMARY", []).append(said)
        elif name == "language-code" or (name == "language" and "language-code" not in names):
            event.properties.setdefault(LANGUAGE, []).append(said)
        elif name == "subtitle":
            event.properties.setdefault(SUBTITLE, []).append(said)
        elif name in ("category", "categories"):
            event.properties.setdefault("CATEGORIES", []).append(said)
        elif name == "duration" and not said.value.strip().startswith("P"):
            continue  # Pentabarf's own way of writing it, beside an end
        elif name != "summary":
            event.properties.setdefault(name.upper(), []).append(said)
    return event


def _property(element: Element, number: int) -> Property:
    parameters: dict[str, str] = {}
    pieces = [element.text or ""]
    for child in element:
        if _tag(child) == "parameters":
            parameters = {_tag(one).upper(): "".join(one.itertext()).strip() for one in child}
        else:
            pieces += child.itertext()
        pieces.append(child.tail or "")
    # Texts stand in XML as they are; what reads them expects a calendar's escapes.
    words = "".join(pieces).strip()[:_LONGEST].replace("\\", "\\\\")
    return Property(words, parameters, number)


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower()
