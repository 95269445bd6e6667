"""A programme written as schedule JSON, valid against https://c3voc.de/schedule/schema.json."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from sessions.interchange.incoming import slugified
from sessions.interchange.model import ProgrammeFile
from sessions.interchange.outgoing import GENERATOR, Layout, OutgoingEvent

SCHEMA = "https://c3voc.de/schedule/schema.json"


def write(programme: ProgrammeFile, *, version: str, base_url: str) -> bytes:
    """The scheduled slots of ``programme`` as UTF-8 JSON; the same input always gives the same bytes.

    ``version`` must change with every release. ``base_url`` is the conference's public address, no trailing slash.
    """
    layout = Layout(programme, base_url)
    facts = layout.conference
    conference: dict[str, Any] = {
        "acronym": layout.acronym,
        "title": layout.text(facts.name),
        "description": layout.text(facts.description),
        "start": layout.days[0].date.isoformat(),
        "end": layout.days[-1].date.isoformat(),
        "daysCount": len(layout.days),
        "timeslot_duration": "00:05",
        "time_zone_name": layout.zone.key,
        "url": facts.url or layout.base_url,
        "rooms": [
            {
                "name": layout.room_names[room.key],
                "slug": _slug(room.key),
                "guid": layout.guid_of("room", layout.room_names[room.key]),
                "type": "online",
                "capacity": room.capacity,
            }
            for room in programme.rooms
        ],
        "tracks": [
            {"name": layout.text(track.name), "slug": _slug(track.key)}
            | ({"color": track.colour} if track.colour else {})
            for track in programme.tracks
        ],
        "days": [
            {
                "index": day.index,
                "date": day.date.isoformat(),
                "day_start": layout.instant(day.start),
                "day_end": layout.instant(day.end),
                "rooms": {name: [_event(event, layout) for event in events] for name, events in day.rooms},
            }
            for day in layout.days
        ],
    }
    # The schema's pattern knows Area/City and UTC only; a zone it refuses (Etc/GMT-1) is better left out.
    if not re.search(r"^([A-Z][a-z]+/[A-Z][a-z]+)|UTC$", layout.zone.key):
        del conference["time_zone_name"]
    document = {
        "$schema": SCHEMA,
        "generator": {"name": GENERATOR, "url": f"https://{urlsplit(layout.base_url).netloc}"},
        "schedule": {"version": version, "base_url": f"{layout.base_url}/", "conference": conference},
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _event(event: OutgoingEvent, layout: Layout) -> dict[str, Any]:
    return {
        "guid": event.guid,
        "id": event.number,
        "date": layout.instant(event.start),
        "start": event.start.strftime("%H:%M"),
        "end": layout.instant(event.end),
        "duration": f"{event.length_minutes // 60:02d}:{event.length_minutes % 60:02d}",
        "room": event.room,
        "slug": event.slug,
        "url": event.url,
        "title": event.title,
        "subtitle": event.subtitle or None,
        "track": event.track or None,
        "type": event.kind,
        "language": event.language,
        "abstract": event.abstract,
        "description": event.description,
        "recording_license": event.licence,
        "do_not_record": event.do_not_record,
        "persons": [
            {"guid": person.guid, "id": person.number, "name": person.name} for person in event.persons
        ],
        "links": [{"url": link.url, "title": link.title or link.url} for link in event.links],
        "attachments": [],
    }


def _slug(key: str) -> str:
    slug = slugified(key)
    return slug if len(slug) > 1 else f"x-{slug or '0'}"
