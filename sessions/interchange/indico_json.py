"""Indico's HTTP export of an event with its contributions."""

from __future__ import annotations

from conference.i18n import _
from sessions.interchange.gathered import Found, FoundPerson, FoundSession, FoundTime
from sessions.interchange.gathered_people import link_of
from sessions.interchange.loose import each, inner, line, number, text, where
from sessions.interchange.model import Doubts, ImportRefused
from sessions.interchange.written_times import Dates, Moment
from sessions.interchange.yaml_document import Value
from sessions.tables import AppearanceRole


def is_indico(root: Value) -> bool:
    """Whether the document is one of these."""
    return line(root, "_type") == "HTTPAPIResult" or any(
        inner(one, "contributions", "_fossil") is not None for one in each(root, "results")[:3]
    )


def read(root: Value, doubts: Doubts) -> Found:
    """What the document says. Raises ImportRefused without contributions, and for several events."""
    events = [one for one in each(root, "results") if one.fields]
    if len(events) > 1:
        raise ImportRefused(
            _("The file tells of %(count)d conferences; one is read at a time.") % {"count": len(events)}
        )
    contributions = [] if not events else list(each(events[0], "contributions"))
    for session in each(events[0], "sessions") if events else ():
        contributions.extend(each(session, "contributions"))
    if not contributions:
        words = _("The Indico export has no contributions in it. Export the event with detail=contributions.")
        raise ImportRefused(words)
    about, dates = events[0], Dates()
    days = [moment for name in ("startDate", "endDate") if (moment := _moment(about, name, dates))]
    found = Found(
        "Indico",
        text(about, "title"),
        zone=line(about, "timezone"),
        description=text(about, "description"),
        url=line(about, "url"),
        days=days,
    )
    for value in contributions:
        title = text(value, "title")
        place = where(value, title)
        found.sessions.append(
            FoundSession(
                place,
                title,
                (line(value, "db_id", "id"),) if line(value, "db_id", "id") else (),
                description=text(value, "description"),
                kind=line(value, "type"),
                track=line(value, "track") or line(value, "session"),
                people=_people(value, place),
                times=[
                    FoundTime(
                        place,
                        _moment(value, "startDate", dates),
                        _moment(value, "endDate", dates),
                        number(value, "duration") or None,
                        line(value, "room", "roomFullname") or line(value, "session"),
                    )
                ],
                links=[
                    link
                    for folder in each(value, "folders")
                    for one in each(folder, "attachments")
                    for link in link_of(line(one, "link_url", "download_url"), line(one, "title"))
                ],
                url=line(value, "url"),
            )
        )
    return found


def _moment(value: Value, name: str, dates: Dates) -> Moment | None:
    said = inner(value, name)
    if said is None or said.fields is None:
        return dates.moment(line(said)) if said is not None else None
    moment = dates.moment(f"{line(said, 'date')} {line(said, 'time')[:5]}")
    zone = line(said, "tz")
    return moment and moment | Moment(offset=None, zone=zone if zone else "")


def _people(value: Value, place: str) -> list[FoundPerson]:
    """Those who speak; where nobody is marked as speaking, the authors."""
    people = each(value, "speakers") or each(value, "primaryauthors")
    conveners = [(one, AppearanceRole.CHAIR) for one in each(value, "conveners")]
    found = []
    for one, role in [*((one, None) for one in people), *conveners]:
        first, last = line(one, "first_name"), line(one, "last_name", "family_name")
        name = f"{first} {last}".strip() or line(one, "fullName", "name")
        identifier = line(one, "person_id")
        ids = (identifier,) if identifier else ()
        found.append(FoundPerson(place, name, ids, role=role, organisation=line(one, "affiliation")))
    return found
