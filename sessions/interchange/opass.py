"""session.json of OPass (COSCUP, SITCON): every text in Chinese and English, everything else by id."""

from __future__ import annotations

from conference.i18n import _, lazy
from sessions.interchange.gathered import Found, FoundPerson, FoundRoom, FoundSession, FoundTime, FoundTrack
from sessions.interchange.gathered_people import link_of
from sessions.interchange.kinds import kind_of
from sessions.interchange.loose import by_language, each, inner, line, where
from sessions.interchange.model import Doubts
from sessions.interchange.written_times import Dates
from sessions.interchange.yaml_document import Value

_LINKS = {
    "slide": lazy("Slides"),
    "record": lazy("Recording"),
    "co_write": lazy("Notes"),
    "qa": lazy("Questions"),
    "live": lazy("Live"),
}


def is_opass(root: Value) -> bool:
    """Whether the document is one of these."""
    return root.fields is not None and "sessions" in root.fields and "session_types" in root.fields


def read(root: Value, doubts: Doubts) -> Found:
    """What the document says."""
    found = Found("OPass session.json")
    dates = Dates()
    for room in each(root, "rooms"):
        if identifier := line(room, "id"):
            found.rooms.append(FoundRoom(_texts(room, "name") or identifier, (identifier,)))
    types = {line(one, "id"): _texts(one, "name") for one in each(root, "session_types")}
    # A handful are kinds of session; where there are dozens they are the communities' tracks.
    of_kinds = {
        one: name.get("en") or next(iter(name.values()), "")
        for one, name in types.items()
        if name and kind_of(name.get("en") or next(iter(name.values())), "", "", True)[1]
    }
    for identifier, name in types.items():
        if name and (identifier not in of_kinds or len(types) > 12):
            found.tracks.append(FoundTrack(name, (identifier,)))
    for person in each(root, "speakers"):
        identifier = line(person, "id")
        found.people.append(
            FoundPerson(
                where(person),
                _texts(person, "name"),
                (identifier,) if identifier else (),
                biography=_texts(person, "bio"),
            )
        )
    for value in each(root, "sessions"):
        if value.fields is None:
            continue
        title = _texts(value, "title") or line(value, "title")
        place = where(value, title)
        kind = line(value, "type")
        session = FoundSession(
            place,
            title,
            (line(value, "id"),) if line(value, "id") else (),
            description=_texts(value, "description") or line(value, "description"),
            language=line(value, "language"),
            kind=of_kinds.get(kind, ""),
            track=kind if kind not in of_kinds or len(types) > 12 else "",
            people=[FoundPerson(place, ids=(line(one),)) for one in each(value, "speakers") if line(one)],
            times=[
                FoundTime(
                    place,
                    dates.moment(line(value, "start")),
                    dates.moment(line(value, "end")),
                    room=line(value, "room"),
                )
            ],
            url=line(value, "uri"),
        )
        for field, words in _LINKS.items():
            session.links += link_of(line(value, field), _(words))
        if len(each(value, "broadcast")) > 1:
            note = _("It is also shown in other rooms; it was placed in the first alone.")
            doubts.add("broadcast", place, note)
        found.sessions.append(session)
    return found


def _texts(value: Value, name: str) -> dict[str, str]:
    """The text of that name in each of the languages that stand side by side in the value."""
    texts = {
        code: line(one, name) for code, one in (value.fields or {}).items() if inner(one, name) is not None
    }
    return (
        by_language(Value(value.line, fields={c: Value(value.line, text=t) for c, t in texts.items() if t}))
        if texts
        else {}
    )
