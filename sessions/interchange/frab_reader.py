"""frab, Pentabarf and pretalx schedule XML read into plain values, whatever its producer got wrong."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from html import escape
from typing import Any, BinaryIO
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import Locator

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import create_parser

from conference import timezones
from conference.i18n import _, is_language
from conference.texts import LocalText, clean, clean_line
from sessions.interchange.incoming import (
    decoded,
    is_web_address,
    markdown_of,
    read_limited,
    slugified,
    without_illegal,
)
from sessions.interchange.kinds import default_role, kind_of
from sessions.interchange.model import (
    PLAUSIBLE_YEARS,
    AppearanceFacts,
    ConferenceFacts,
    Doubts,
    ImportRefused,
    LinkFacts,
    ProgrammeFile,
    ReadResult,
    RoomFacts,
    SessionFacts,
    SlotFacts,
    SpeakerFacts,
    TrackFacts,
    unique_key,
)
from sessions.interchange.outgoing import GENERATOR
from sessions.interchange.zone_guess import zone_by_city, zone_by_offsets
from sessions.tables import SessionKind

LARGEST_FILE = 50_000_000  # bytes
MOST_EVENTS = 20_000
_DEEPEST = 40
_MOST_NODES = 5_000_000
_NAMESPACE = uuid.UUID("6b0f6c4e-5b1f-5a5e-9d57-0f3b8a3c7f11")  # for guids that a file does not give


@dataclass(slots=True)
class _Node:
    tag: str
    attributes: dict[str, str]
    line: int
    content: list[str | _Node] = field(default_factory=list)

    def children(self, tag: str) -> Iterator[_Node]:
        return (child for child in self.content if not isinstance(child, str) and child.tag == tag)

    def text(self) -> str:
        return "".join(part if isinstance(part, str) else part.text() for part in self.content)

    def markup(self) -> str:
        """The text; where XHTML elements stand in it, as HTML."""
        if all(isinstance(part, str) for part in self.content):
            return self.text()
        return "".join(escape(p, quote=False) if isinstance(p, str) else p.as_html() for p in self.content)

    def as_html(self) -> str:
        href = f' href="{escape(self.attributes["href"])}"' if "href" in self.attributes else ""
        inner = "".join(escape(p, quote=False) if isinstance(p, str) else p.as_html() for p in self.content)
        return f"<{self.tag}{href}>{inner}</{self.tag}>"

    def line_of(self, tag: str) -> str:
        """The first non-empty child's text on one line, or ""."""
        return next((text for child in self.children(tag) if (text := clean_line(child.text()))), "")

    def markdown_of(self, tag: str, is_markdown: bool) -> str:
        for child in self.children(tag):
            text = clean(child.text()) if is_markdown else markdown_of(child.markup())
            if text:
                return text
        return ""


@dataclass(slots=True)
class _Event:
    node: _Node
    day: dict[str, str]
    room: str


class _Schedule(ContentHandler):
    """Keeps the conference element and the events; everything else is passed by."""

    def __init__(self, place: Locator) -> None:
        super().__init__()
        self._place = place
        self.head = _Node("schedule", {}, 0)
        self.events: list[_Event] = []
        self.rooms: dict[str, None] = {}
        self._path: list[str] = []
        self._open: list[_Node] = []
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
            node = _Node(tag, attributes, line)
            if self._open:
                self._open[-1].content.append(node)
            self._open.append(node)
        elif tag == "day":
            self._day, self._room = attributes, ""
        elif tag == "room":
            self._room = attributes.get("name", "")
            if self._room:
                self.rooms.setdefault(self._room)
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
        self.events.append(_Event(node, self._day, self._room))
        if len(self.events) > MOST_EVENTS:
            raise ImportRefused(_("The file has more than %(count)d sessions.") % {"count": MOST_EVENTS})


def read(data: bytes | BinaryIO, *, zone: str | None = None) -> ReadResult:
    """The programme in a schedule XML file of the frab family, and what was doubtful in it.

    ``zone`` is the conference's IANA zone, used when the file names none; without it the zone is guessed from the
    file's city or offsets, with a doubt. Wall-clock times are what people were promised: where ``start`` and ``date``
    disagree, ``start`` holds. Raises ImportRefused, with one sentence, when the file cannot be read.
    """
    text, removed = without_illegal(decoded(read_limited(data, LARGEST_FILE)))
    schedule = _parsed(text)
    if not schedule.events:
        foreign = schedule.foreign.most_common(1)
        if foreign and foreign[0][1] > 1:
            raise ImportRefused(
                _("This is a schedule of another family: it has <%(tag)s> elements, but no <event>.")
                % {"tag": foreign[0][0][:60]}
            )
        raise ImportRefused(_("The schedule has no sessions: there is no <event> in it."))
    doubts = Doubts()
    if removed:
        doubts.add(
            "illegal",
            _("whole file"),
            _("%(count)d control characters that XML does not allow were left out.") % {"count": removed},
        )
    return _Reading(schedule, doubts, zone).result()


def _parsed(text: str) -> _Schedule:
    parser = create_parser()
    schedule = _Schedule(parser)  # which is its own locator
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


@dataclass(slots=True)
class _Times:
    """What an event says of its time, before the zone is known."""

    face: datetime | None  # the clock as written in <date>, naive
    offset: timedelta | None  # its offset, if it has one
    start: tuple[int, int] | None  # hours (24 and more for the next day) and minutes in <start>
    day: date | None  # the day element's date, or a <date> without clock


class _Reading:
    def __init__(self, schedule: _Schedule, doubts: Doubts, zone: str | None) -> None:
        self.schedule = schedule
        self.doubts = doubts
        head = schedule.head
        self.head = next(head.children("conference"), _Node("conference", {}, 0))
        generator = next(head.children("generator"), None)
        self.is_ours = generator is not None and generator.attributes.get("name") == GENERATOR
        self.times = [self._times(event) for event in schedule.events]
        self.zone_name = self._zone(zone)
        self.zone = timezones.zone(self.zone_name)
        languages = Counter(filter(None, (language_of(e.node.line_of("language")) for e in schedule.events)))
        self.languages = tuple(
            code for code, _count in sorted(languages.items(), key=lambda item: (-item[1], item[0]))
        ) or ("en",)
        self.guid_repeats: Counter[str] = Counter()
        self.base_url = self.head.line_of("base_url")
        self.boundary = _clock(self.head.line_of("day_change")) or (0, 0)

    # Conference ---------------------------------------------------------------------------------------------

    def _zone(self, given: str | None) -> str:
        wanted = timezones.normalise(given) if given else None
        if given and wanted is None:
            raise ImportRefused(_("“%(name)s” is not a time zone.") % {"name": given[:60]})
        named = self.head.line_of("time_zone_name")
        if named:
            if known := timezones.normalise(named):
                if wanted and wanted != known:
                    self.doubts.add(
                        "zone",
                        _("conference"),
                        _("The file names the zone %(file)s, which holds, and not %(given)s.")
                        % {"file": known, "given": wanted},
                    )
                return known
            self.doubts.add(
                "zone",
                _("conference"),
                _("The file names the unknown zone “%(name)s”.") % {"name": named[:60]},
            )
        if wanted:
            return wanted
        offsets = Counter(times.offset for times in self.times if times.offset is not None)
        common = offsets.most_common(1)[0][0] if offsets else None
        moments = [
            t.face for t in self.times if t.face is not None and t.offset is not None and t.offset == common
        ]
        city = zone_by_city(self.head.line_of("city"))
        offset = common
        guessed = (city if offset is None else None) or zone_by_offsets(offset, moments)
        message = (
            _("The file names no time zone; %(zone)s was taken by the city it names. Please check.")
            if offset is None and city
            else _(
                "The file names no time zone; %(zone)s was taken, which fits the offsets of its times. Please check."
            )
            if offset is not None
            else _(
                "The file names no time zone and no offsets; %(zone)s was taken. Please give the right one."
            )
        )
        self.doubts.add("zone", _("conference"), message % {"zone": guessed})
        return guessed

    def _conference(self, sessions: list[SessionFacts]) -> ConferenceFacts:
        title = self.head.line_of("title") or self.head.line_of("acronym")
        if not title:
            self.doubts.add("title", _("conference"), _("The file does not name the conference."))
            title = _("Imported programme")
        slots = [slot for session in sessions for slot in session.slots]
        begins = [slot.local_start for slot in slots if slot.local_start]
        stops = [s.local_start + timedelta(minutes=s.length_minutes) for s in slots if s.local_start]
        days = [moment.date() for moment in (*begins, *stops)] or [t.day for t in self.times if t.day]
        first = _day_of(self.head.line_of("start")) or min(days, default=None)
        last = _day_of(self.head.line_of("end")) or max(days, default=first)
        if first is None or last is None:
            raise ImportRefused(
                _("The schedule has no dates at all: neither for the conference nor for a session.")
            )
        starts = min(begins, default=datetime.combine(first, time(9)))
        ends = max(stops, default=datetime.combine(max(first, last), time(17)))
        url = self.head.line_of("url") or next((n.text() for n in self.schedule.head.children("url")), "")
        default = self.languages[0]
        tagline = self.head.line_of("subtitle")
        return ConferenceFacts(
            slug=slugified(self.head.line_of("acronym")) or slugified(title) or "conference",
            name={default: title[:200]},
            tagline={default: tagline} if tagline else {},
            zone=self.zone_name,
            starts=starts,
            ends=ends,
            languages=self.languages,
            url=url if is_web_address(url) else "",
        )

    # Times --------------------------------------------------------------------------------------------------

    def _times(self, event: _Event) -> _Times:
        written = event.node.line_of("date")
        face, offset, day = None, None, _day_of(event.day.get("date", "") or event.day.get("start", ""))
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", written):
            day = _day_of(written) or day
        elif written:
            try:
                moment = datetime.fromisoformat(written)
                face, offset = moment.replace(tzinfo=None, second=0, microsecond=0), moment.utcoffset()
            except ValueError:
                self.doubts.add(
                    "date", _where(event.node), _("The date “%(text)s” is not one.") % {"text": written[:40]}
                )
        begins = event.node.line_of("start")
        start = _clock(begins)
        if begins and start is None:
            self.doubts.add(
                "start", _where(event.node), _("“%(text)s” is not a time.") % {"text": begins[:40]}
            )
        return _Times(face, offset, start, day)

    def _wall(self, event: _Event, times: _Times) -> datetime | None:
        """The wall-clock start, or None when the event has no time."""
        if times.face is None:
            return self._by_day(event, times)
        converted = times.face
        if times.offset is not None:
            try:
                instant = (times.face - times.offset).replace(tzinfo=UTC)
                converted = instant.astimezone(self.zone).replace(tzinfo=None)
            except OverflowError:
                self.doubts.add("date", _where(event.node), _("The date cannot be a session's."))
                return None
        if times.start is None or _same_clock(converted, times.start):
            return converted
        if _same_clock(times.face, times.start):
            self.doubts.add(
                "offset",
                _where(event.node),
                _("Its UTC offset does not fit %(zone)s; the clock time %(clock)s was kept.")
                % {"zone": self.zone_name, "clock": times.face.strftime("%H:%M")},
            )
            return times.face
        # The clock people read is <start>; the date is only asked for the day.
        wall = self._by_day(event, replace(times, day=times.day or times.face.date()))
        self.doubts.add(
            "clash",
            _where(event.node),
            _("<start> says %(start)s but <date> says %(date)s; <start> was kept.")
            % {"start": event.node.line_of("start"), "date": event.node.line_of("date")},
        )
        return wall

    def _by_day(self, event: _Event, times: _Times) -> datetime | None:
        if times.start is None or times.day is None:
            self.doubts.add(
                "unscheduled", _where(event.node), _("It has no date and time; it is unscheduled.")
            )
            return None
        hours, minutes = times.start
        boundary = self._boundary(event)
        # A conference day may run past midnight: 01:00 then belongs to the next date.
        days = hours // 24 + (1 if hours < 24 and (hours, minutes) < boundary else 0)
        try:
            day = times.day + timedelta(days=days)
        except OverflowError:
            return None
        return datetime(day.year, day.month, day.day, hours % 24, minutes)  # noqa: DTZ001 (wall time is naive)

    def _boundary(self, event: _Event) -> tuple[int, int]:
        if self.boundary <= (12, 0) and self.boundary != (0, 0):
            return self.boundary
        try:
            begins = datetime.fromisoformat(event.day.get("start", ""))
            stops = datetime.fromisoformat(event.day.get("end", ""))
        except ValueError:
            return (0, 0)
        if stops.date() > begins.date() and (begins.hour, begins.minute) <= (12, 0):
            return (begins.hour, begins.minute)
        return (0, 0)

    def _checked_wall(self, event: _Event, wall: datetime | None, times: _Times) -> datetime | None:
        """The wall time with its ``fold`` known; doubts for hours that a clock change skips or repeats."""
        if wall is None:
            return None
        if wall.year not in PLAUSIBLE_YEARS:
            self.doubts.add("date", _where(event.node), _("The date cannot be a session's."))
            return None
        early, late = (wall.replace(tzinfo=self.zone, fold=fold) for fold in (0, 1))
        if early.utcoffset() == late.utcoffset():
            return wall
        if times.offset is not None and times.offset == late.utcoffset():
            return wall.replace(fold=1)
        if times.offset is None or times.offset != early.utcoffset():
            self.doubts.add(
                "fold",
                _where(event.node),
                _("%(clock)s is skipped or comes twice that night, when the clocks change in %(zone)s.")
                % {"clock": wall.strftime("%H:%M"), "zone": self.zone_name},
            )
        return wall

    def _length(self, event: _Event, wall: datetime | None) -> int:
        written = event.node.line_of("duration")
        minutes = minutes_of(written)
        if minutes is None and wall and (end := _clock(event.node.line_of("end"))):
            minutes = (end[0] * 60 + end[1] - wall.hour * 60 - wall.minute) % (24 * 60)
        if minutes is not None and 0 < minutes <= 7 * 24 * 60:
            if re.fullmatch(r"0[1-9]:\d{2}:00|1\d:\d{2}:00", written) and minutes >= 60:
                self.doubts.add(
                    "length",
                    _where(event.node),
                    _("The duration “%(text)s” was read as hours, minutes and seconds.") % {"text": written},
                )
            return minutes
        usual = minutes_of(self.head.line_of("timeslot_duration")) or 0
        taken = max(usual, 30)
        self.doubts.add(
            "length",
            _where(event.node),
            _("The duration “%(text)s” is not one a session can have; %(minutes)d minutes were taken.")
            % {"text": written[:40], "minutes": taken},
        )
        return taken

    # Sessions -----------------------------------------------------------------------------------------------

    def result(self) -> ReadResult:
        default = self.languages[0]
        rooms = {name: RoomFacts("", {default: name[:200]}) for name in self.schedule.rooms}
        track_names: dict[str, TrackFacts] = {}
        for node in self.head.children("track"):
            if name := node.attributes.get("name") or clean_line(node.text()):
                colour = node.attributes.get("color", "")
                colour = colour.lower() if re.fullmatch(r"#[0-9a-fA-F]{6}", colour) else ""
                track_names[name] = TrackFacts("", {default: name[:200]}, colour)
        for event in self.schedule.events:
            event.room = event.room or event.node.line_of("room")
            if event.room:
                rooms.setdefault(event.room, RoomFacts("", {default: event.room[:200]}))
            else:
                self.doubts.add("room", _where(event.node), _("It names no room."))
            if track := event.node.line_of("track"):
                track_names.setdefault(track, TrackFacts("", {default: track[:200]}))
        self.room_keys = _keys(rooms, "room")
        self.track_keys = _keys(track_names, "track")
        self.people = _People(self.doubts, default)
        for event in self.schedule.events:
            self.people.learn(_persons(event.node))
        sessions = self._sessions()
        programme = ProgrammeFile(
            conference=self._conference(sessions),
            rooms=tuple(replace(room, key=self.room_keys[name]) for name, room in rooms.items()),
            tracks=tuple(replace(track, key=self.track_keys[name]) for name, track in track_names.items()),
            speakers=self.people.listed(),
            sessions=tuple(sessions),
        )
        return ReadResult(programme, self.doubts.listed())

    def _sessions(self) -> list[SessionFacts]:
        sessions: dict[str, SessionFacts] = {}
        repeats: dict[tuple[object, ...], str] = {}
        guids: set[str] = set()
        numbers: set[int] = set()
        for event, times in zip(self.schedule.events, self.times, strict=True):
            node = event.node
            wall = self._checked_wall(event, self._wall(event, times), times)
            written = node.attributes.get("id", "")
            number = int(written) if re.fullmatch(r"[1-9]\d{0,9}", written) else None
            slot = SlotFacts(
                room=self.room_keys[event.room] if event.room else None,
                local_start=wall,
                length_minutes=self._length(event, wall),
                guid=self._guid(event, wall, guids),
                number=number if number not in numbers else None,
            )
            numbers.update([number] if number else [])
            session = self._session(event, slot)
            # The same page, title and people at another time: one session held again (pretalx, frab wikis).
            same = (session.url, *sorted(session.title.items()), session.appearances)
            # Daily breaks with one address stay apart: nobody attends "lunch" on several days as one session.
            if session.url and session.kind != SessionKind.BREAK and same in repeats:
                known = sessions[repeats[same]]
                sessions[known.key] = replace(known, slots=(*known.slots, slot))
                if not self.is_ours:
                    message = _(
                        "It has the title, people and address of an earlier session: taken as its repeat."
                    )
                    self.doubts.add("repeat", _where(node), message)
                continue
            key = unique_key(
                f"event-{slugified(node.attributes.get('code', '') or written, 40) or 'x'}", sessions
            )
            sessions[key] = replace(session, key=key)
            repeats[same] = key
        return list(sessions.values())

    def _guid(self, event: _Event, wall: datetime | None, taken: set[str]) -> str:
        written = event.node.attributes.get("guid", "")
        seed = written or f"{event.node.attributes.get('id', '')}"
        acronym = self.head.line_of("acronym") or self.head.line_of("title")
        if re.fullmatch(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}", written):
            guid = str(uuid.UUID(written))
        else:
            if not seed:
                seed = f"{event.node.line_of('title')}|{wall}|{event.room}"
            guid = str(uuid.uuid5(_NAMESPACE, f"{acronym}|{seed}"))
        if guid in taken:
            self.doubts.add(
                "guid",
                _where(event.node),
                _("Its identifier “%(guid)s” is used twice in the file; it was given a new one.")
                % {"guid": seed[:60]},
            )
            place = f"{acronym}|{seed}|{wall}|{event.room}"
            while guid in taken:
                self.guid_repeats[place] += 1
                guid = str(uuid.uuid5(_NAMESPACE, f"{place}|{self.guid_repeats[place]}"))
        taken.add(guid)
        return guid

    def _session(self, event: _Event, slot: SlotFacts) -> SessionFacts:
        node = event.node
        language = language_of(node.line_of("language"))
        # A talk's texts are nearly always in the language it is given in, and screen readers need to know.
        code = language or self.languages[0]

        def local(text: str) -> LocalText:
            return {code: text} if text else {}

        title = node.line_of("title")
        if not title:
            self.doubts.add("untitled", _where(node), _("It has no title."))
            title = _("Untitled session")
        kind, is_known = kind_of(node.line_of("type"), node.line_of("track"), title, bool(_persons(node)))
        if not is_known:
            said = node.line_of("type")[:60]
            self.doubts.add(
                f"kind {said}" if len(said) < 40 else "kind",
                _where(node),
                _("Its kind “%(kind)s” is not known here; it was taken as a talk.") % {"kind": said},
            )
        abstract = node.markdown_of("abstract", self.is_ours)
        description = node.markdown_of("description", self.is_ours)
        recording = next(node.children("recording"), _Node("recording", {}, 0))
        url = node.line_of("url") or node.line_of("full_conf_url")
        track = node.line_of("track")
        role = default_role(kind)
        return SessionFacts(
            key="",
            kind=kind,
            title=local(title),
            slots=(slot,),
            guid=slot.guid,
            subtitle=local(node.line_of("subtitle")),
            abstract=local(abstract),
            description=local(description if description != abstract else ""),
            language=language,
            track=self.track_keys[track] if track else None,
            appearances=tuple(
                AppearanceFacts(key, role) for key in dict.fromkeys(self.people.keys_of(node, _persons(node)))
            ),
            do_not_record=recording.line_of("optout").lower() in ("true", "1", "yes"),
            licence=recording.line_of("license")[:60],
            links=tuple(self._links(node)),
            url=url if is_web_address(url) else "",
        )

    def _links(self, node: _Node) -> Iterable[LinkFacts]:
        seen = set()
        lists = [("links", "link"), ("attachments", "attachment")]
        for link in (
            link for many, one in lists for group in node.children(many) for link in group.children(one)
        ):
            title = clean_line(link.text())
            address = link.attributes.get("href", "") or (title if is_web_address(title) else "")
            if address.startswith("/") and not address.startswith("//") and is_web_address(self.base_url):
                address = "/".join(self.base_url.split("/")[:3]) + address
            if re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24}(/\S*)?", address):
                address = f"https://{address}"
            if not is_web_address(address):
                if address:
                    self.doubts.add(
                        "link",
                        _where(link, node),
                        _("“%(address)s” is not a web address; the link was left out.")
                        % {"address": address[:80]},
                    )
                continue
            if address not in seen:
                seen.add(address)
                yield LinkFacts(address, title[:200] if title != address else "")


class _People:
    """Persons of all events, the same ones brought together."""

    def __init__(self, doubts: Doubts, language: str) -> None:
        self.doubts = doubts
        self.language = language
        self._speakers: dict[str, SpeakerFacts] = {}
        self._by_identity: dict[tuple[str, str], str] = {}
        self._by_name: dict[str, list[str]] = {}
        self._names_of_id: dict[str, str] = {}

    def learn(self, persons: list[_Node]) -> None:
        """First pass: names by id (some events leave them out), then everyone who can be told by an id."""
        for person in persons:
            name, identity = _name_of(person), _identity(person)
            if name and identity:
                self._names_of_id.setdefault(identity, name)
                key = (identity, "" if identity.startswith("guid:") else name.casefold())
                if key not in self._by_identity:
                    self._add(key, name, person)

    def _add(self, identity: tuple[str, str], name: str, person: _Node) -> str:
        number = identity[0].partition(":")[2]
        wanted = f"person-{slugified(number, 40)}" if number else f"person-{slugified(name, 40) or 'x'}"
        key = unique_key(wanted, self._speakers)
        address = person.attributes.get("href", "")
        biography = person.markdown_of("biography", False)
        if len(name) > 200:
            self.doubts.add("name", _where(person), _("A name is longer than 200 characters and was cut."))
        guid = identity[0].partition(":")[2] if identity[0].startswith("guid:") else ""
        self._speakers[key] = SpeakerFacts(
            key=key,
            name=name[:200],
            biography={self.language: biography} if biography else {},
            links=(LinkFacts(address),) if is_web_address(address) else (),
            guid=guid,
        )
        self._by_identity[identity] = key
        self._by_name.setdefault(name.casefold(), []).append(key)
        return key

    def keys_of(self, event: _Node, persons: list[_Node]) -> Iterator[str]:
        """Second pass: the speakers of an event. One without an id joins the only known person of that name."""
        for person in persons:
            identity = _identity(person)
            name = _name_of(person) or self._names_of_id.get(identity, "")
            if not name:
                self.doubts.add("person", _where(person, event), _("A person without a name was left out."))
                continue
            if identity:
                yield self._by_identity[(identity, "" if identity.startswith("guid:") else name.casefold())]
                continue
            same = self._by_name.get(name.casefold(), [])
            yield (
                same[0]
                if len(same) == 1
                else self._by_identity.get(("", name.casefold()))
                or self._add(("", name.casefold()), name, person)
            )

    def listed(self) -> tuple[SpeakerFacts, ...]:
        return tuple(self._speakers.values())


def _identity(person: _Node) -> str:
    guid = person.attributes.get("guid", "").lower()
    if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", guid):
        return f"guid:{guid}"
    number = person.attributes.get("id", "") or person.attributes.get("code", "")
    return f"id:{number}" if number not in ("", "0", "-1") else ""


def _name_of(person: _Node) -> str:
    """The person's name; some producers (Camp 2019, Voltron) write it as an element beside a biography."""
    own = clean_line("".join(part for part in person.content if isinstance(part, str)))
    return own or person.line_of("name") or person.line_of("public_name")


def _persons(node: _Node) -> list[_Node]:
    return [person for group in node.children("persons") for person in group.children("person")]


def _where(node: _Node, event: _Node | None = None) -> str:
    about = event or node
    title = about.line_of("title")
    words = _("line %(line)d, “%(title)s”") if title else _("line %(line)d")
    return words % {"line": node.line, "title": title[:80]}


def _keys(names: Iterable[str], fallback: str) -> dict[str, str]:
    keys: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        keys[name] = unique_key(slugified(name, 40) or fallback, taken)
        taken.add(keys[name])
    return keys


def _day_of(text: str) -> date | None:
    try:
        day = date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None
    return day if day.year in PLAUSIBLE_YEARS else None


def _clock(text: str) -> tuple[int, int] | None:
    match = re.fullmatch(r"(\d{1,2})[:.h]?(\d{2})(?::\d{2})?", text.strip())
    if not match:
        return None
    hours, minutes = int(match.group(1)), int(match.group(2))
    return (hours, minutes) if hours < 48 and minutes < 60 else None


def _same_clock(wall: datetime, clock: tuple[int, int]) -> bool:
    return (wall.hour, wall.minute) == (clock[0] % 24, clock[1])


def minutes_of(text: str) -> int | None:
    """Minutes of a frab duration: "1:30", "01:30", "90", "PT1H30M", "D:HH:MM" or "HH:MM:SS"; None if it is none.

    Of three numbers the first is days (the schema's ``D:HH:MM``), unless it has two digits and the last is 00, as
    Pentabarf writes ``00:45:00``.
    """
    text = text.strip()
    if re.fullmatch(r"\d{1,5}", text):
        return int(text)
    if match := re.fullmatch(r"(\d{1,3}):(\d{2})", text):
        return int(match.group(1)) * 60 + int(match.group(2))
    if match := re.fullmatch(r"(\d{1,2}):(\d{2}):(\d{1,2})", text):
        first, second, third = (int(part) for part in match.groups())
        if len(match.group(1)) == 2 and match.group(3) == "00":
            return first * 60 + second
        return first * 1440 + second * 60 + third
    if match := re.fullmatch(r"P(?:(\d{1,3})D)?(?:T(?:(\d{1,3})H)?(?:(\d{1,5})M)?(?:\d+S)?)?", text):
        days, hours, minutes = (int(part or 0) for part in match.groups())
        return (days * 24 + hours) * 60 + minutes or None
    return None


_LANGUAGE_NAMES = {
    "english": "en", "german": "de", "deutsch": "de", "french": "fr", "français": "fr", "spanish": "es",
    "español": "es", "portuguese": "pt", "português": "pt", "italian": "it", "italiano": "it", "dutch": "nl",
    "nederlands": "nl", "chinese": "zh", "japanese": "ja", "arabic": "ar", "russian": "ru", "polish": "pl",
}  # fmt: skip


def language_of(written: str) -> str:
    """The language tag of what a file calls a language (``de``, ``de_DE``, ``German``); "" when it is none."""
    tag = _LANGUAGE_NAMES.get(written.casefold(), written.replace("_", "-"))
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag) or len(tag) > 16:
        return ""
    head, *rest = tag.split("-")
    tag = "-".join([head.lower(), *rest])
    return tag if is_language(tag) else ""
