"""The API of OSEM (Open Source Event Manager): a conference with its rooms and what happens in them."""

from __future__ import annotations

from conference.i18n import _
from sessions.interchange.gathered import Found, FoundRoom, FoundSession, FoundTime, FoundTrack
from sessions.interchange.loose import each, inner, line, number, text, where
from sessions.interchange.model import Doubts, ImportRefused
from sessions.interchange.person_records import mentions
from sessions.interchange.written_times import Dates
from sessions.interchange.yaml_document import Value


def is_osem(root: Value) -> bool:
    """Whether the document is one of these."""
    return any(
        inner(one, "rooms") is not None and inner(one, "event_types", "tracks") is not None
        for one in [*each(root, "conferences")[:2], *each(root, "conference")[:1]]
        if one.fields is not None
    )


def read(root: Value, doubts: Doubts) -> Found:
    """What the document says. Raises ImportRefused when it tells of several conferences."""
    conferences = [
        one
        for one in [*each(root, "conferences"), inner(root, "conference")]
        if one is not None and one.fields
    ]
    if len(conferences) != 1:
        raise ImportRefused(
            _("The file tells of %(count)d conferences; one is read at a time.") % {"count": len(conferences)}
        )
    about, dates = conferences[0], Dates()
    days = [moment for name in ("start_date", "end_date") if (moment := dates.moment(line(about, name)))]
    found = Found(
        "OSEM",
        text(about, "title"),
        line(about, "short_title"),
        line(about, "timezone", "time_zone"),
        text(about, "description"),
        url=line(about, "url"),
        days=days,
    )
    types = {
        line(one, "id"): (line(one, "title"), number(one, "length")) for one in each(about, "event_types")
    }
    for track in each(about, "tracks"):
        found.tracks.append(FoundTrack(text(track, "name"), (line(track, "id"),), line(track, "color")))
    for number_, room in enumerate(each(about, "rooms"), 1):
        identifier = line(room, "id") or f"room-{number_}"
        name = line(room, "name")
        if not name:
            name = _("Room %(number)d") % {"number": number_}
            words = _("A room has no name; it is called “%(name)s”.") % {"name": name}
            doubts.add("room-name", where(room), words)
        found.rooms.append(FoundRoom(name, (identifier,), number(room, "size") or None))
        for event in each(room, "events"):
            found.sessions.append(_session(event, identifier, types, dates))
    return found


def _session(event: Value, room: str, types: dict[str, tuple[str, int | None]], dates: Dates) -> FoundSession:
    title = text(event, "title")
    place = where(event, title)
    kind, minutes = types.get(line(event, "event_type_id"), ("", None))
    guid = line(event, "guid")
    names = inner(event, "speaker_names", "speakers")
    return FoundSession(
        place,
        title,
        # OSEM's guid is often the title again, which two sessions may share.
        (guid,) if guid and guid != title else (),
        text(event, "subtitle"),
        text(event, "abstract"),
        text(event, "description"),
        kind,
        line(event, "track_id"),
        line(event, "language"),
        mentions(names, place) if names is not None else [],
        [
            FoundTime(
                place,
                dates.moment(line(event, "start_time", "scheduled_date")),
                dates.moment(line(event, "end_time")),
                number(event, "length") or minutes,
                room,
            )
        ],
        url=line(event, "url"),
    )
