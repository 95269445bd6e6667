"""frab, Pentabarf and pretalx schedule XML read into plain values, whatever its producer got wrong."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import BinaryIO

from conference.i18n import _, is_language
from conference.texts import LocalText, clean_line
from sessions.interchange.frab_document import Event, Node, parsed, where
from sessions.interchange.frab_people import People, persons_of
from sessions.interchange.frab_times import Clocks, day_of
from sessions.interchange.incoming import (
    decoded,
    is_web_address,
    read_limited,
    slugified,
    without_illegal,
)
from sessions.interchange.kinds import SPEAKING, default_role, kind_of
from sessions.interchange.model import (
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
    TrackFacts,
    unique_key,
)
from sessions.interchange.outgoing import GENERATOR
from sessions.tables import SessionKind

LARGEST_FILE = 50_000_000  # bytes
_NAMESPACE = uuid.UUID("6b0f6c4e-5b1f-5a5e-9d57-0f3b8a3c7f11")  # for guids that a file does not give


def read(data: bytes | BinaryIO, *, zone: str | None = None) -> ReadResult:
    """The programme in a schedule XML file of the frab family, and what was doubtful in it.

    ``zone`` is the conference's IANA zone, used when the file names none; without it the zone is guessed from the
    file's city or offsets, with a doubt. Wall-clock times are what people were promised: where ``start`` and ``date``
    disagree, ``start`` holds. Raises ImportRefused, with one sentence, when the file cannot be read.
    """
    text, removed = without_illegal(decoded(read_limited(data, LARGEST_FILE)))
    schedule = parsed(text)
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
    return result_of(schedule.head, schedule.events, schedule.rooms, doubts, zone)


def result_of(
    head: Node, events: list[Event], rooms: Mapping[str, int | None], doubts: Doubts, zone: str | None
) -> ReadResult:
    """The programme in the elements of a schedule, wherever they come from; ``rooms`` has capacities by name.

    Raises ImportRefused.
    """
    return _Reading(head, events, rooms, doubts, zone).result()


class _Reading:
    def __init__(
        self,
        head: Node,
        events: list[Event],
        rooms: Mapping[str, int | None],
        doubts: Doubts,
        zone: str | None,
    ) -> None:
        self.whole = head
        self.events = events
        self.rooms = rooms
        self.doubts = doubts
        self.head = next(head.children("conference"), Node("conference", {}, 0))
        generator = next(head.children("generator"), None)
        self.is_ours = generator is not None and generator.attributes.get("name") == GENERATOR
        self.clocks = Clocks(self.head, events, doubts, zone)
        languages = Counter(filter(None, (language_of(e.node.line_of("language")) for e in events)))
        self.languages = tuple(
            code for code, _count in sorted(languages.items(), key=lambda item: (-item[1], item[0]))
        ) or ("en",)
        self.guid_repeats: Counter[str] = Counter()
        self.base_url = self.head.line_of("base_url")

    def _conference(self, sessions: list[SessionFacts]) -> ConferenceFacts:
        title = self.head.line_of("title") or self.head.line_of("acronym")
        if not title:
            self.doubts.add("title", _("conference"), _("The file does not name the conference."))
            title = _("Imported programme")
        slots = [slot for session in sessions for slot in session.slots]
        begins = [slot.local_start for slot in slots if slot.local_start]
        stops = [s.local_start + timedelta(minutes=s.length_minutes) for s in slots if s.local_start]
        days = [moment.date() for moment in (*begins, *stops)] or [t.day for t in self.clocks.times if t.day]
        first = day_of(self.head.line_of("start")) or min(days, default=None)
        last = day_of(self.head.line_of("end")) or max(days, default=first)
        if first is None or last is None:
            raise ImportRefused(
                _("The schedule has no dates at all: neither for the conference nor for a session.")
            )
        starts = min(begins, default=datetime.combine(first, time(9)))
        ends = max(stops, default=datetime.combine(max(first, last), time(17)))
        url = self.head.line_of("url") or next((n.text() for n in self.whole.children("url")), "")
        default = self.languages[0]
        tagline = self.head.line_of("subtitle")
        return ConferenceFacts(
            slug=slugified(self.head.line_of("acronym")) or slugified(title) or "conference",
            name={default: title[:200]},
            tagline={default: tagline} if tagline else {},
            zone=self.clocks.zone_name,
            starts=starts,
            ends=ends,
            languages=self.languages,
            url=url if is_web_address(url) else "",
        )

    def result(self) -> ReadResult:
        default = self.languages[0]
        rooms = {name: RoomFacts("", {default: name[:200]}, most) for name, most in self.rooms.items()}
        track_names: dict[str, TrackFacts] = {}
        for node in self.head.children("track"):
            if name := node.attributes.get("name") or clean_line(node.text()):
                colour = node.attributes.get("color", "")
                colour = colour.lower() if re.fullmatch(r"#[0-9a-fA-F]{6}", colour) else ""
                track_names[name] = TrackFacts("", {default: name[:200]}, colour)
        for event in self.events:
            event.room = event.room or event.node.line_of("room")
            if event.room:
                rooms.setdefault(event.room, RoomFacts("", {default: event.room[:200]}))
            else:
                self.doubts.add("room", where(event.node), _("It names no room."))
            if track := event.node.line_of("track"):
                track_names.setdefault(track, TrackFacts("", {default: track[:200]}))
        self.room_keys = _keys(rooms, "room")
        self.track_keys = _keys(track_names, "track")
        self.people = People(self.doubts, default)
        for event in self.events:
            self.people.learn(persons_of(event.node))
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
        for event, times in zip(self.events, self.clocks.times, strict=True):
            node = event.node
            wall = self.clocks.wall(event, times)
            written = node.attributes.get("id", "")
            number = int(written) if re.fullmatch(r"[1-9]\d{0,9}", written) else None
            slot = SlotFacts(
                room=self.room_keys[event.room] if event.room else None,
                local_start=wall,
                length_minutes=self.clocks.length(event, wall),
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
                    self.doubts.add("repeat", where(node), message)
                continue
            key = unique_key(
                f"event-{slugified(node.attributes.get('code', '') or written, 40) or 'x'}", sessions
            )
            sessions[key] = replace(session, key=key)
            repeats[same] = key
        return list(sessions.values())

    def _guid(self, event: Event, wall: datetime | None, taken: set[str]) -> str:
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
                where(event.node),
                _("Its identifier “%(guid)s” is used twice in the file; it was given a new one.")
                % {"guid": seed[:60]},
            )
            place = f"{acronym}|{seed}|{wall}|{event.room}"
            while guid in taken:
                self.guid_repeats[place] += 1
                guid = str(uuid.uuid5(_NAMESPACE, f"{place}|{self.guid_repeats[place]}"))
        taken.add(guid)
        return guid

    def _session(self, event: Event, slot: SlotFacts) -> SessionFacts:
        node = event.node
        language = language_of(node.line_of("language"))
        # A talk's texts are nearly always in the language it is given in, and screen readers need to know.
        code = language or self.languages[0]

        def local(text: str) -> LocalText:
            return {code: text} if text else {}

        title = node.line_of("title")
        if not title:
            self.doubts.add("untitled", where(node), _("It has no title."))
            title = _("Untitled session")
        kind, is_known = kind_of(node.line_of("type"), node.line_of("track"), title, bool(persons_of(node)))
        if not is_known:
            said = node.line_of("type")[:60]
            self.doubts.add(
                f"kind {said}" if len(said) < 40 else "kind",
                where(node),
                _("Its kind “%(kind)s” is not known here; it was taken as a talk.") % {"kind": said},
            )
        abstract = node.markdown_of("abstract", self.is_ours)
        description = node.markdown_of("description", self.is_ours)
        recording = next(node.children("recording"), Node("recording", {}, 0))
        url = node.line_of("url") or node.line_of("full_conf_url")
        track = node.line_of("track")
        role = default_role(kind)
        if kind in SPEAKING and not persons_of(node):
            self.doubts.add("nobody", where(node), _("It names no speaker."))
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
                AppearanceFacts(key, role)
                for key in dict.fromkeys(self.people.keys_of(node, persons_of(node)))
            ),
            do_not_record=recording.line_of("optout").lower() in ("true", "1", "yes"),
            licence=recording.line_of("license")[:60],
            links=tuple(self._links(node)),
            url=url if is_web_address(url) else "",
        )

    def _links(self, node: Node) -> Iterable[LinkFacts]:
        seen = set()
        lists = [("links", "link"), ("attachments", "attachment")]
        for link in (
            link for many, one in lists for group in node.children(many) for link in group.children(one)
        ):
            title = clean_line(link.text())
            address = link.attributes.get("href", "") or (title if is_web_address(title) else "")
            if address.startswith("/") and not address.startswith("//") and is_web_address(self.base_url):
                address = "/".join(self.base_url.split("/")[:3]) + address
            if re.match(r"//[A-Za-z0-9-]+\.", address):
                address = f"https:{address}"
            if re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24}(/\S*)?", address):
                address = f"https://{address}"
            if not is_web_address(address):
                if address:
                    self.doubts.add(
                        "link",
                        where(link, node),
                        _("“%(address)s” is not a web address; the link was left out.")
                        % {"address": address[:80]},
                    )
                continue
            if address not in seen:
                seen.add(address)
                yield LinkFacts(address, title[:200] if title != address else "")


def _keys(names: Iterable[str], fallback: str) -> dict[str, str]:
    keys: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        keys[name] = unique_key(slugified(name, 40) or fallback, taken)
        taken.add(keys[name])
    return keys


_LANGUAGE_NAMES = {
    "english": "en", "german": "de", "deutsch": "de", "french": "fr", "français": "fr", "spanish": "es",
    "español": "es", "portuguese": "pt", "português": "pt", "italian": "it", "italiano": "it", "dutch": "nl",
    "nederlands": "nl", "chinese": "zh", "japanese": "ja", "arabic": "ar", "russian": "ru", "polish": "pl",
    "中文": "zh", "漢語": "zh", "國語": "zh", "華語": "zh", "mandarin": "zh", "日本語": "ja", "한국어": "ko", "台語": "nan", "korean": "ko",
}  # fmt: skip


def language_of(written: str) -> str:
    """The language tag of what a file calls a language (``de``, ``de_DE``, ``German``); "" when it is none."""
    tag = _LANGUAGE_NAMES.get(written.casefold(), written.replace("_", "-"))
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag) or len(tag) > 16:
        return ""
    head, *rest = tag.split("-")
    tag = "-".join([head.lower(), *rest])
    return tag if is_language(tag) else ""
