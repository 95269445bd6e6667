"""pretalx's API (submissions with their slots), and the grids of day, minute and room that sites make of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conference.i18n import _
from sessions.interchange.gathered import Found, FoundPerson, FoundRoom, FoundSession, FoundTime
from sessions.interchange.gathered_people import link_of
from sessions.interchange.loose import each, flag, inner, line, number, text, where
from sessions.interchange.model import Doubts
from sessions.interchange.written_times import Dates, Moment
from sessions.interchange.yaml_document import Value

_GRIDS = ("schedule", "sprints", "extra", "breaks")


def is_pretalx(root: Value) -> bool:
    """Whether the document is one of these."""
    if is_grid(inner(root, "schedule")):
        return True
    entries = each(root, "results") if root.fields is not None else each(root)
    return any(
        inner(one, "code") is not None
        and inner(one, "submission_type", "slot", "slots", "content_locale") is not None
        for one in entries[:3]
        if one.fields is not None
    )


def is_grid(value: Value | None) -> bool:
    """Whether it is a map of dates with maps of minutes in it."""
    fields = value.fields if value is not None else None
    return bool(fields) and all(re.fullmatch(r"\d{4}-\d{2}-\d{2}", name) for name in fields or {})


def read(root: Value, doubts: Doubts) -> Found:
    """What the document says."""
    found, dates = Found("pretalx"), Dates()
    for room in each(root, "rooms"):
        if identifier := line(room, "id"):
            found.rooms.append(
                FoundRoom(text(room, "name") or identifier, (identifier,), number(room, "capacity") or None)
            )
    for person in each(root, "speakers"):
        found.people.append(_person(person, where(person)))
    seen: dict[str, FoundSession] = {}
    for value, grid_time in _entries(root):
        title = text(value, "title")
        place = where(value, title)
        state = line(value, "state")
        if re.fullmatch(r"rejected|withdrawn|deleted|draft|submitted", state):
            doubts.add("state", place, _("It is marked “%(state)s” and was left out.") % {"state": state})
            continue
        times = [_slot(one, dates, place) for one in each(value, "slots") if one.fields is not None]
        single = inner(value, "slot")
        if single is not None and single.fields is not None:
            times.append(_slot(single, dates, place))
        if not times and grid_time is not None:
            grid_time.where = place
            grid_time.minutes = number(value, "duration") or None
            times.append(grid_time)
        for time in times:
            time.minutes = time.minutes or (number(value, "duration") or None if time.end is None else None)
        code = line(value, "code", "id")
        if code in seen:
            seen[code].times += [
                time for time in times if time.start not in [one.start for one in seen[code].times]
            ]
            continue
        session = FoundSession(
            place,
            title,
            (code,) if code else (),
            abstract=text(value, "abstract"),
            description=text(value, "description"),
            kind=line(value, "submission_type"),
            track=line(value, "track"),
            language=line(value, "content_locale"),
            people=[_person(one, place) for one in each(value, "speakers")],
            times=times,
            do_not_record=flag(value, "do_not_record"),
            is_break=inner(value, "submission_type") is None and not each(value, "speakers"),
            is_cancelled=state == "canceled",
        )
        for resource in each(value, "resources"):
            session.links += link_of(line(resource, "resource", "url"), line(resource, "description"))
        if code:
            seen[code] = session
        found.sessions.append(session)
    return found


def _entries(root: Value) -> Iterator[tuple[Value, FoundTime | None]]:
    """Every submission, with its time where that is said by its place in a grid."""
    if not is_grid(inner(root, "schedule")):
        for one in each(root, "results") if root.fields is not None else each(root):
            if one.fields is not None:
                yield one, None
        return
    dates = Dates()
    grids = [inner(root, name) for name in _GRIDS]
    for grid in (one for one in grids if one is not None and is_grid(one)):
        for written, minutes in (grid.fields or {}).items():
            day = dates.moment(written)
            for minute, entry in (minutes.fields or {}).items():
                if day is None or not re.fullmatch(r"\d{1,4}", minute) or int(minute) >= 48 * 60:
                    continue
                start = Moment(day.day, divmod(int(minute), 60))
                if "title" in (entry.fields or {}):
                    yield entry, FoundTime("", start)
                    continue
                for room, value in (entry.fields or {}).items():
                    if value.fields is not None:
                        yield value, FoundTime("", start, room=room)


def _slot(slot: Value, dates: Dates, place: str) -> FoundTime:
    room = inner(slot, "room")
    called = line(room, "id") if room is not None and room.fields is not None else line(room)
    return FoundTime(
        place,
        dates.moment(line(slot, "start")),
        dates.moment(line(slot, "end")),
        number(slot, "duration"),
        called,
    )


def _person(person: Value, place: str) -> FoundPerson:
    if person.fields is None:
        return FoundPerson(place, ids=(line(person),))
    code = line(person, "code", "id")
    return FoundPerson(
        place, text(person, "name"), (code,) if code else (), biography=text(person, "biography")
    )
