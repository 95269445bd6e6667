"""A programme written as frab schedule XML, valid against the schema of https://c3voc.de/schedule/schema.xsd."""

from __future__ import annotations

import re
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from sessions.interchange.incoming import slugified
from sessions.interchange.model import ProgrammeFile
from sessions.interchange.outgoing import GENERATOR, Layout, OutgoingEvent


def write(programme: ProgrammeFile, *, version: str, base_url: str) -> bytes:
    """The scheduled slots of ``programme`` as UTF-8 XML; the same input always gives the same bytes.

    ``version`` must change with every release: apps notice updates by it. ``base_url`` is the conference's public
    address without a trailing slash. Each slot is one event, so a session held twice appears twice, with one address.
    """
    layout = Layout(programme, base_url)
    schedule = Element("schedule")
    SubElement(schedule, "generator", {"name": GENERATOR, "system": urlsplit(layout.base_url).netloc})
    _leaf(schedule, "url", f"{layout.base_url}/programme.xml")
    _leaf(schedule, "version", version)
    _conference(schedule, layout)
    for day in layout.days:
        about = {
            "index": str(day.index),
            "date": day.date.isoformat(),
            "start": layout.instant(day.start),
            "end": layout.instant(day.end),
        }
        day_element = SubElement(schedule, "day", about)
        for name, events in day.rooms:
            room = SubElement(day_element, "room", {"name": name, "guid": layout.guid_of("room", name)})
            for event in events:
                _event(room, event, layout)
    indent(schedule, space=" ")
    document: bytes = tostring(schedule, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _conference(schedule: Element, layout: Layout) -> None:
    facts = layout.conference
    conference = SubElement(schedule, "conference")
    _leaf(conference, "title", layout.text(facts.name))
    _leaf(conference, "acronym", layout.acronym)
    _leaf(conference, "start", layout.days[0].date.isoformat())
    _leaf(conference, "end", layout.days[-1].date.isoformat())
    _leaf(conference, "days", str(len(layout.days)))
    _leaf(conference, "timeslot_duration", "00:05")
    _leaf(conference, "base_url", f"{layout.base_url}/")
    _leaf(conference, "url", facts.url or layout.base_url)
    _leaf(conference, "time_zone_name", layout.zone.key)
    for track in layout.programme.tracks:
        name = layout.text(track.name)
        about = {"name": name}
        if re.fullmatch(r"#[0-9a-f]{6}", track.colour.lower()):
            about["color"] = track.colour.lower()
        if re.fullmatch(r"[a-z][a-z0-9-]+", slug := slugified(track.key)):
            about["slug"] = slug
        SubElement(conference, "track", about).text = name


def _event(room: Element, event: OutgoingEvent, layout: Layout) -> None:
    element = SubElement(room, "event", {"guid": event.guid, "id": str(event.number)})
    _leaf(element, "room", event.room)
    _leaf(element, "title", event.title)
    _leaf(element, "subtitle", event.subtitle)
    _leaf(element, "type", event.kind)
    _leaf(element, "date", layout.instant(event.start))
    _leaf(element, "start", event.start.strftime("%H:%M"))
    _leaf(element, "duration", _duration(event.length_minutes))
    _leaf(element, "abstract", event.abstract)
    _leaf(element, "slug", event.slug)
    _leaf(element, "track", event.track)
    persons = SubElement(element, "persons")
    for person in event.persons:
        SubElement(persons, "person", {"id": str(person.number), "guid": person.guid}).text = person.name
    _leaf(element, "language", event.language)
    _leaf(element, "description", event.description)
    recording = SubElement(element, "recording")
    _leaf(recording, "license", event.licence)
    _leaf(recording, "optout", "true" if event.do_not_record else "false")
    links = SubElement(element, "links")
    for link in event.links:
        SubElement(links, "link", {"href": link.url}).text = link.title or link.url
    SubElement(element, "attachments")
    _leaf(element, "url", event.url)


def _leaf(parent: Element, tag: str, text: str) -> None:
    SubElement(parent, tag).text = text


def _duration(minutes: int) -> str:
    """``HH:MM``, or ``D:HH:MM`` from a hundred hours on."""
    if minutes < 100 * 60:
        return f"{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{minutes // 1440}:{minutes % 1440 // 60:02d}:{minutes % 60:02d}"
