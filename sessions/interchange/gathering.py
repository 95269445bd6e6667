"""Gathered files brought together into a programme: rooms, tracks, people and sessions that know each other."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from conference.i18n import _
from sessions.interchange.frab_reader import language_of
from sessions.interchange.gathered import (
    MOST_PEOPLE,
    MOST_SESSIONS,
    Found,
    FoundRoom,
    FoundSession,
    FoundTime,
    FoundTrack,
    Text,
)
from sessions.interchange.gathered_names import Named
from sessions.interchange.gathered_people import People
from sessions.interchange.gathered_texts import Texts, plain_line
from sessions.interchange.gathered_times import Placed, Times
from sessions.interchange.incoming import is_web_address, slugified
from sessions.interchange.kinds import SPEAKING, default_role, kind_of
from sessions.interchange.model import (
    ConferenceFacts,
    DatesNeeded,
    Doubts,
    ImportRefused,
    LinkFacts,
    ProgrammeFile,
    RoomFacts,
    SessionFacts,
    SlotFacts,
    TrackFacts,
    unique_key,
)
from sessions.tables import SessionKind

_NAMESPACE = uuid.UUID("c0a2fd0e-5c43-5b8a-9a5d-8a4d0e1f7b21")  # for guids that a file does not give


@dataclass(frozen=True)
class Gathered:
    """The programme; ``zone_is_assumed`` says that neither the file nor the importing person named its zone."""

    programme: ProgrammeFile
    zone_is_assumed: bool


def gathered(
    found: Found,
    doubts: Doubts,
    *,
    zone: str | None = None,
    first_day: date | None = None,
    language: str = "",
    name: str = "",
    slug: str = "",
) -> Gathered:
    """The programme in what was found. What the file does not name is taken from the importing person's words.

    Guids that a file lacks are made of its own ids and titles, so that reading it again gives the same ones. Raises
    ImportRefused, DatesNeeded among them.
    """
    if not found.sessions and not found.people:
        raise ImportRefused(_("There is neither a session nor a speaker in the file."))
    if len(found.sessions) > MOST_SESSIONS or len(found.people) > MOST_PEOPLE:
        raise ImportRefused(_("The file has more than %(count)d sessions.") % {"count": MOST_SESSIONS})
    return _Gathering(found, doubts, zone, first_day, language, name, slug).result()


def _translate(known: FoundSession, other: FoundSession) -> None:
    """Take in what a file in another language says of the same session."""
    for name in ("title", "subtitle", "abstract", "description"):
        texts: dict[str, str] = {}
        for session in (known, other):
            text: Text = getattr(session, name)
            texts |= {session.file_language: text} if isinstance(text, str) else text
        setattr(known, name, {code: words for code, words in texts.items() if words})
    known.times = known.times or other.times
    known.people = known.people or other.people


class _Gathering:
    def __init__(
        self,
        found: Found,
        doubts: Doubts,
        zone: str | None,
        first_day: date | None,
        language: str,
        name: str,
        slug: str,
    ) -> None:
        self.found = found
        self.doubts = doubts
        self.said = name, slug
        spoken = Counter(filter(None, (language_of(session.language) for session in found.sessions)))
        ranked = [code for code, _count in sorted(spoken.items(), key=lambda item: (-item[1], item[0]))]
        default = language_of(found.language) or language or (ranked[0] if ranked else "en")
        self.languages = tuple(dict.fromkeys((default, *ranked)))
        self.texts = Texts(doubts, default)
        self.times = Times(found, doubts, zone, first_day)
        self.first_day = first_day
        self.people = People(doubts, self.texts)
        self.rooms = Named("room", self.texts)
        self.tracks = Named("track", self.texts)
        self.capacities: dict[str, int] = {}
        self.colours: dict[str, str] = {}
        self.guids: Counter[str] = Counter()

    def result(self) -> Gathered:
        for room in self.found.rooms:
            self._room(room)
        for track in self.found.tracks:
            self._track(track)
        for person in self.found.people:
            self.people.learn(person)
        if not self.found.tells_people:
            self.doubts.add(
                "nobody", _("whole file"), _("A calendar names no speakers; the sessions have none.")
            )
        told = self._brought_together()
        placed = [self.times.placed(session.times or [FoundTime(session.where)]) for session in told]
        self.times.lengths([one for times in placed for one in times])
        sessions: dict[str, SessionFacts] = {}
        for session, times in zip(told, placed, strict=True):
            self._session(session, times, sessions)
        programme = ProgrammeFile(
            conference=self._conference(sessions),
            rooms=tuple(
                RoomFacts(key, name, self.capacities.get(key)) for key, name in self.rooms.names.items()
            ),
            tracks=tuple(
                TrackFacts(key, name, self.colours.get(key, "")) for key, name in self.tracks.names.items()
            ),
            speakers=self.people.listed(),
            sessions=tuple(sessions.values()),
        )
        return Gathered(programme, self.times.is_zone_assumed)

    def _room(self, room: FoundRoom) -> None:
        self.rooms.is_listed = True
        key = self.rooms.learn(room.name, room.ids)
        if key and room.capacity and 0 < room.capacity < 10_000_000:
            self.capacities.setdefault(key, room.capacity)

    def _track(self, track: FoundTrack) -> None:
        self.tracks.is_listed = True
        key = self.tracks.learn(track.name, track.ids)
        if key and re.fullmatch(r"#[0-9a-f]{6}", colour := track.colour.strip().lower()):
            self.colours.setdefault(key, colour)

    def _brought_together(self) -> list[FoundSession]:
        """The sessions, with the times that stand in entries of their own."""
        by_id: dict[str, FoundSession] = {}
        told: list[FoundSession] = []
        for session in self.found.sessions:
            if session.is_placing:
                continue
            known = next((by_id[one] for one in session.ids if one in by_id), None)
            if known is not None and session.file_language and session.file_language != known.file_language:
                _translate(known, session)
                continue
            told.append(session)
            for one in session.ids:
                by_id.setdefault(one, session)
        for session in self.found.sessions:
            if not session.is_placing:
                continue
            known = next((by_id[one] for one in session.ids if one in by_id), None)
            if known is not None:
                known.times.extend(session.times)
                continue
            words = _(
                "The session “%(id)s” that is placed here is not told of in the file; it has only this name."
            )
            self.doubts.add("placing", session.where, words % {"id": "".join(session.ids[:1])[:60]})
            session.title = session.title or "".join(session.ids[:1]).replace("-", " ").strip().capitalize()
            told.append(session)
            for one in session.ids:
                by_id[one] = session
        return told

    def _session(self, found: FoundSession, placed: list[Placed], sessions: dict[str, SessionFacts]) -> None:
        language = language_of(found.language)
        title = self.texts.line_in(found.title, found.where, language)
        if not title:
            self.doubts.add("untitled", found.where, _("It has no title."))
            title = {language or self.texts.default: _("Untitled session")}
        plain = title.get(self.texts.default) or next(iter(title.values()))
        track = self._track_of(found)
        has_people = bool(found.people) if self.found.tells_people else None
        kind, is_known = kind_of(found.kind, found.track if track else "", plain, has_people)
        if found.is_break and kind == SessionKind.TALK:
            kind, is_known = SessionKind.BREAK, True
        if not is_known:
            said = plain_line(found.kind)[:60]
            self.doubts.add(
                f"kind {said}",
                found.where,
                _("Its kind “%(kind)s” is not known here; it was taken as a talk.") % {"kind": said},
            )
        appearances = tuple(self.people.appearances(found.people, default_role(kind)))
        if not appearances and kind in SPEAKING and self.found.tells_people:
            self.doubts.add("nobody", found.where, _("It names no speaker."))
        seed = next(iter(found.ids), "") or f"{plain}|{placed[0].start}|{placed[0].found.room}"
        guid = self._guid(found, seed)
        abstract = self.texts.words_in(found.abstract, found.where, language)
        description = self.texts.words_in(found.description, found.where, language)
        key = unique_key(f"session-{slugified(seed if found.ids else plain, 40) or 'x'}", sessions)
        sessions[key] = SessionFacts(
            key=key,
            kind=kind,
            title=title,
            slots=tuple(self._slot(one, guid, index) for index, one in enumerate(placed)),
            guid=guid,
            subtitle=self.texts.line_in(found.subtitle, found.where, language),
            abstract=abstract,
            description=description if description != abstract else {},
            language=language,
            track=track,
            appearances=appearances,
            do_not_record=found.do_not_record,
            licence=plain_line(found.licence)[:60],
            links=self._links(found.links),
            url=found.url if is_web_address(found.url) else "",
            is_cancelled=found.is_cancelled,
        )

    def _slot(self, placed: Placed, guid: str, index: int) -> SlotFacts:
        room, is_known = self.rooms.mentioned(placed.found.room)
        if not is_known and self.rooms.is_listed:
            words = _("The room “%(room)s” is not among the file's rooms; it was added.")
            self.doubts.add("room-added", placed.found.where, words % {"room": placed.found.room[:60]})
        if room is None and placed.start is not None:
            self.doubts.add("room", placed.found.where, _("It names no room."))
        return SlotFacts(
            room=room,
            local_start=placed.start,
            length_minutes=placed.minutes or 30,
            seats=placed.found.seats,
            guid=guid if index == 0 else str(uuid.uuid5(uuid.UUID(guid), str(index))),
        )

    def _track_of(self, found: FoundSession) -> str | None:
        track, is_known = self.tracks.mentioned(found.track)
        if not is_known and self.tracks.is_listed:
            words = _("The track “%(track)s” is not among the file's tracks; it was added.")
            self.doubts.add("track-added", found.where, words % {"track": found.track[:60]})
        return track

    def _guid(self, found: FoundSession, seed: str) -> str:
        written = found.guid or seed
        about = next(iter(self.texts.line_in(self.found.name, "").values()), "") or self.found.slug
        try:
            guid = str(uuid.UUID(written)) if re.fullmatch(r"[0-9a-fA-F-]{32,36}", written) else ""
        except ValueError:
            guid = ""
        guid = guid or str(uuid.uuid5(_NAMESPACE, f"{about}|{written}"))
        self.guids[guid] += 1
        if self.guids[guid] == 1:
            return guid
        if found.guid or found.ids:
            words = _("Its identifier “%(guid)s” is used twice in the file; it was given a new one.")
            self.doubts.add("guid", found.where, words % {"guid": written[:60]})
        return str(uuid.uuid5(_NAMESPACE, f"{guid}|{self.guids[guid]}"))

    def _links(self, links: list[LinkFacts]) -> tuple[LinkFacts, ...]:
        kept: dict[str, LinkFacts] = {}
        for link in links:
            if is_web_address(link.url):
                title = plain_line(link.title)[:200]
                kept.setdefault(link.url, LinkFacts(link.url, "" if title == link.url else title))
        return tuple(kept.values())

    def _conference(self, sessions: dict[str, SessionFacts]) -> ConferenceFacts:
        name = self.texts.line_in(self.found.name, _("conference"))
        if not name:
            if self.said[0]:
                name = {self.texts.default: self.texts.line(self.said[0], _("conference"))}
            else:
                self.doubts.add("title", _("conference"), _("The file does not name the conference."))
                name = {self.texts.default: _("Imported programme")}
        slots = [
            slot for session in sessions.values() for slot in session.slots if slot.local_start is not None
        ]
        begins = [slot.local_start for slot in slots if slot.local_start]
        stops = [s.local_start + timedelta(minutes=s.length_minutes) for s in slots if s.local_start]
        days = [day for moment in self.found.days if (day := self.times.day_of(moment))]
        days.extend(moment.date() for moment in begins)
        if not days and self.first_day is not None:
            days = [self.first_day]
        if not days:
            raise DatesNeeded(_("The file names no dates. Please say on which day the conference begins."))
        first, last = min(days), max(days)
        return ConferenceFacts(
            slug=slugified(self.found.slug)
            or self.said[1]
            or slugified(next(iter(name.values())))
            or "conference",
            name=name,
            zone=self.times.zone_name,
            starts=min([*begins, datetime.combine(first, time(9))]),
            ends=max([*stops, datetime.combine(last, time(17))]),
            tagline=self.texts.line_in(self.found.tagline, _("conference")),
            description=self.texts.words_in(self.found.description, _("conference")),
            languages=self._languages(sessions),
            url=self.found.url if is_web_address(self.found.url) else "",
        )

    def _languages(self, sessions: dict[str, SessionFacts]) -> tuple[str, ...]:
        """The default, those that are spoken, and those that titles are translated into."""
        written = [code for session in sessions.values() for code in session.title]
        return tuple(dict.fromkeys((*self.languages, *written)))
