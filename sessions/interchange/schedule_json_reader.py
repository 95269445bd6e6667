"""schedule JSON (c3voc, frab, pretalx) read as the schedule XML it mirrors, so that both are doubted alike."""

from __future__ import annotations

from collections.abc import Iterator

from conference.i18n import _
from conference.texts import clean_line
from sessions.interchange.frab_document import MOST_EVENTS, Event, Node
from sessions.interchange.frab_reader import result_of
from sessions.interchange.loose import each, inner, line, number, words
from sessions.interchange.model import Doubts, ImportRefused, ReadResult
from sessions.interchange.yaml_document import Value

_TEXTS = (
    "title",
    "subtitle",
    "type",
    "language",
    "abstract",
    "description",
    "date",
    "start",
    "room",
    "track",
    "url",
)
_HEAD = (
    "acronym",
    "title",
    "subtitle",
    "start",
    "end",
    "timeslot_duration",
    "base_url",
    "url",
    "day_change",
    "city",
)


def is_schedule(root: Value) -> bool:
    """Whether the document is of this family."""
    schedule = inner(root, "schedule") or root
    return inner(schedule, "conference.days", "conference.day") is not None or (
        inner(schedule, "conference") is not None and inner(schedule, "days", "day") is not None
    )


def read(root: Value, doubts: Doubts, *, zone: str | None = None) -> ReadResult:
    """The programme, and what was doubtful; see ``frab_reader.read``. Raises ImportRefused."""
    schedule = inner(root, "schedule") or root
    about = inner(schedule, "conference") or schedule
    head = Node("schedule", {}, about.line)
    if generator := inner(root, "generator") or inner(schedule, "generator"):  # beside the schedule, or in it
        head.content.append(Node("generator", {"name": line(generator)}, generator.line))
    head.content.append(_conference(about, schedule))
    rooms: dict[str, int | None] = {}
    for room in each(about, "rooms"):
        if name := line(room):
            rooms.setdefault(name, number(room, "capacity") or None)
    events = list(_events(inner(about, "days", "day") or inner(schedule, "days", "day"), rooms))
    if not events:
        raise ImportRefused(_("The schedule has no sessions in it."))
    return result_of(head, events, rooms, doubts, zone)


def _conference(about: Value, schedule: Value) -> Node:
    node = Node("conference", {}, about.line)
    for name in _HEAD:
        _leaf(node, name, inner(about, name) or (inner(schedule, name) if name == "base_url" else None))
    zone = inner(about, "time_zone_name", "timezone", "time_zone")
    _leaf(node, "time_zone_name", zone)
    for track in each(about, "tracks"):
        if name := line(track):
            node.content.append(
                Node("track", {"name": name, "color": line(track, "color", "colour")}, track.line)
            )
    return node


def _events(days: Value | None, rooms: dict[str, int | None]) -> Iterator[Event]:
    count = 0
    for day in each(days):
        attributes = {
            "date": line(day, "date"),
            "start": line(day, "day_start", "start"),
            "end": line(day, "day_end", "end"),
        }
        for room, entries in _rooms(day):
            if room:
                rooms.setdefault(room, None)
            for entry in each(entries):
                if entry.fields is None:
                    continue
                count += 1
                if count > MOST_EVENTS:
                    raise ImportRefused(
                        _("The file has more than %(count)d sessions.") % {"count": MOST_EVENTS}
                    )
                yield Event(_event(entry), attributes, room)


def _rooms(day: Value) -> Iterator[tuple[str, Value | None]]:
    rooms = inner(day, "rooms", "room")
    if rooms is not None and rooms.fields is not None:
        for name, entries in rooms.fields.items():
            yield clean_line(name), inner(entries, "events") or entries
    elif rooms is not None:
        for room in each(rooms):
            yield line(room, "name"), inner(room, "events", "event", "talks", "sessions")
    yield "", inner(day, "events", "talks", "sessions")


def _event(entry: Value) -> Node:
    known = {"guid": line(entry, "guid"), "id": line(entry, "id"), "code": line(entry, "code")}
    node = Node("event", {name: said for name, said in known.items() if said}, entry.line)
    for name in _TEXTS:
        _leaf(node, name, inner(entry, name))
    length = inner(entry, "duration")
    if length is not None:
        _leaf(node, "duration", length)
    elif "T" in line(entry, "end"):
        _leaf(node, "end", Value(entry.line, text=line(entry, "end").partition("T")[2][:5]))
    persons = Node("persons", {}, entry.line)
    persons.content.extend(_person(person) for person in each(entry, "persons", "speakers"))
    node.content.append(persons)
    recording = Node("recording", {}, entry.line)
    _leaf(recording, "license", inner(entry, "recording_license", "license"))
    _leaf(recording, "optout", inner(entry, "do_not_record", "optout"))
    node.content.append(recording)
    for many, one in (("links", "link"), ("attachments", "attachment")):
        group = Node(many, {}, entry.line)
        group.content.extend(_link(link, one) for link in each(entry, many))
        node.content.append(group)
    return node


def _person(person: Value) -> Node:
    known = {
        "guid": line(person, "guid"),
        "id": line(person, "id"),
        "code": line(person, "code"),
        "href": line(person, "url", "public_url"),
    }
    node = Node("person", {name: said for name, said in known.items() if said}, person.line)
    name = line(person, "public_name", "full_public_name", "name", "full_name", "display_name") or (
        person.text or ""
    )
    node.content.append(clean_line(name))
    _leaf(node, "biography", inner(person, "biography", "bio", "abstract"))
    return node


def _link(link: Value, tag: str) -> Node:
    address = line(link, "url", "href", "link") or clean_line(link.text or "")
    node = Node(tag, {"href": address}, link.line)
    node.content.append(line(link, "title", "name"))
    return node


def _leaf(parent: Node, tag: str, value: Value | None) -> None:
    if value is not None and (said := words(value)):
        parent.content.append(Node(tag, {}, value.line, [said]))
