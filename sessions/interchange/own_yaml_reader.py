"""Meridian's own YAML read into plain values; what a person mistyped is told with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

from conference import timezones
from conference.i18n import _, is_language
from conference.texts import LocalText, clean, clean_line
from sessions.interchange.incoming import decoded, read_limited, slugified
from sessions.interchange.kinds import default_role
from sessions.interchange.model import (
    AppearanceFacts,
    ConferenceFacts,
    Doubts,
    ImportRefused,
    LinkFacts,
    PackFacts,
    PartnerFacts,
    ProgrammeFile,
    ReadResult,
    RoomFacts,
    SessionFacts,
    SlotFacts,
    SpeakerFacts,
    TrackFacts,
)
from sessions.interchange.yaml_document import Value, parsed, refused
from sessions.interchange.yaml_fields import (
    address_of,
    count_of,
    field_of,
    flag_of,
    guid_of,
    key_of,
    language_of,
    line_of,
    listed,
    moment_of,
    needed,
    one_of,
    words_of,
)
from sessions.tables import AppearanceRole, SessionKind, SpeakerKind

LARGEST_FILE = 20_000_000  # bytes


def read(data: bytes | BinaryIO) -> ReadResult:
    """The programme in a YAML file, and what was doubtful in it (fields not known, which are left out).

    Raises ImportRefused, with one sentence that names the line, for what cannot be read.
    """
    root = parsed(decoded(read_limited(data, LARGEST_FILE)))
    if root is None or root.fields is None:
        raise ImportRefused(_("The file is not a programme: it should begin with “conference:”."))
    return _Reading(root).result()


class _Reading:
    def __init__(self, root: Value) -> None:
        self.root = root
        self.doubts = Doubts()
        self.languages: tuple[str, ...] = ("en",)

    def result(self) -> ReadResult:
        about = field_of(self.root, "conference", "event")
        if about is None or about.fields is None:
            raise ImportRefused(_("The file is not a programme: it should begin with “conference:”."))
        conference = self._conference(about)
        rooms = [self._room(value) for value in listed(self.root, "rooms")]
        tracks = [self._track(value) for value in listed(self.root, "tracks")]
        speakers = [self._speaker(value) for value in listed(self.root, "speakers")]
        self.keys = {
            "room": self._checked_keys(rooms, "rooms"),
            "track": self._checked_keys(tracks, "tracks"),
            "speaker": self._checked_keys(speakers, "speakers"),
        }
        sessions = self._sessions()
        self.keys["session"] = set(sessions)
        packs = [self._pack(value) for value in listed(self.root, "packs", "resource_packs")]
        self._checked_keys(packs, "packs")
        field_of(self.root, "meridian")
        self._leftovers(self.root)
        programme = ProgrammeFile(
            conference, tuple(rooms), tuple(tracks), tuple(speakers), tuple(sessions.values()), tuple(packs)
        )
        return ReadResult(programme, self.doubts.listed())

    def _conference(self, about: Value) -> ConferenceFacts:
        self.languages = tuple(language_of(v) for v in listed(about, "languages")) or ("en",)
        zone_value = needed(about, "zone")
        zone = timezones.normalise(line_of(zone_value))
        if zone is None:
            raise refused(
                zone_value.line, _("“%(name)s” is not a time zone") % {"name": line_of(zone_value)[:60]}
            )
        starts, ends = moment_of(needed(about, "starts")), moment_of(needed(about, "ends"))
        if ends <= starts:
            raise refused(about.line, _("the conference ends before it starts"))
        organiser = field_of(about, "organiser")
        partners = [
            self._partner(value, role)
            for name, role in (("partners", "partner"), ("funders", "funder"))
            for value in listed(about, name)
        ]
        facts = ConferenceFacts(
            slug=slugified(line_of(field_of(about, "slug")))
            or slugified(line_of(needed(about, "name")))
            or "conference",
            name=self._text(needed(about, "name"), one_line=True),
            zone=zone,
            starts=starts,
            ends=ends,
            tagline=self._text(field_of(about, "tagline"), one_line=True),
            description=self._text(field_of(about, "description")),
            languages=self.languages,
            audience=self._text(field_of(about, "audience")),
            themes=tuple(line_of(value) for value in listed(about, "themes")),
            price=line_of(field_of(about, "price")),
            organiser_name=line_of(field_of(organiser, "name"))[:200],
            organiser_url=address_of(field_of(organiser, "url")),
            url=address_of(field_of(about, "url")),
            partners=tuple(partners),
        )
        self._leftovers(about, organiser)
        return facts

    def _partner(self, value: Value, role: str) -> PartnerFacts:
        if value.fields is None:
            return PartnerFacts(line_of(value)[:200], "", role)
        facts = PartnerFacts(line_of(needed(value, "name"))[:200], address_of(field_of(value, "url")), role)
        self._leftovers(value)
        return facts

    def _room(self, value: Value) -> RoomFacts:
        facts = RoomFacts(
            key=key_of(value),
            name=self._text(needed(value, "name"), one_line=True),
            capacity=count_of(field_of(value, "capacity")),
            illustrative=flag_of(field_of(value, "illustrative")),
        )
        self._leftovers(value)
        return facts

    def _track(self, value: Value) -> TrackFacts:
        colour = line_of(field_of(value, "colour")).lower()
        if colour and not re.fullmatch(r"#[0-9a-f]{6}", colour):
            raise refused(value.line, _("a colour is written like “#1f4e79”"))
        facts = TrackFacts(key_of(value), self._text(needed(value, "name"), one_line=True), colour)
        self._leftovers(value)
        return facts

    def _speaker(self, value: Value) -> SpeakerFacts:
        country = line_of(field_of(value, "country")).upper()
        if country and not re.fullmatch(r"[A-Z]{2}", country):
            raise refused(value.line, _("a country is written as two letters (ISO 3166-1)"))
        zone_name = line_of(field_of(value, "zone"))
        zone = timezones.normalise(zone_name) if zone_name else ""
        if zone is None:
            raise refused(value.line, _("“%(name)s” is not a time zone") % {"name": zone_name[:60]})
        facts = SpeakerFacts(
            key=key_of(value),
            name=line_of(needed(value, "name"))[:200],
            kind=one_of(SpeakerKind, field_of(value, "kind"), SpeakerKind.PERSON),
            role=line_of(field_of(value, "role"))[:200],
            organisation=line_of(field_of(value, "organisation"))[:200],
            country=country,
            zone=zone,
            biography=self._text(field_of(value, "biography")),
            links=self._links(value),
            guid=guid_of(field_of(value, "guid")),
        )
        self._leftovers(value)
        return facts

    def _sessions(self) -> dict[str, SessionFacts]:
        sessions: dict[str, SessionFacts] = {}
        for value in listed(self.root, "sessions"):
            repeated = field_of(value, "repeats")
            if repeated is not None:
                # An entry of its own that only says where a session is held again becomes a slot of that session.
                known = sessions.get(line_of(repeated))
                if known is None:
                    raise refused(
                        value.line,
                        _("it repeats “%(key)s”, which is not above it") % {"key": line_of(repeated)[:60]},
                    )
                sessions[known.key] = replace(known, slots=known.slots + self._slots(value))
                for name in ("id", "kind", "type", "illustrative"):
                    field_of(value, name)
                self._leftovers(value)
                continue
            session = self._session(value)
            if session.key in sessions:
                raise refused(value.line, _("the id “%(key)s” is given twice") % {"key": session.key[:60]})
            sessions[session.key] = session
        return sessions

    def _session(self, value: Value) -> SessionFacts:
        kind = one_of(SessionKind, field_of(value, "kind", "type"), SessionKind.TALK)
        parts, appearances = [], list(self._appearances(value, kind, None))
        for index, part in enumerate(listed(value, "parts")):
            parts.append(self._text(needed(part, "title"), one_line=True))
            appearances.extend(self._appearances(part, kind, index))
            self._leftovers(part)
        language = field_of(value, "language")
        record = field_of(value, "record")
        facts = SessionFacts(
            key=key_of(value),
            kind=kind,
            title=self._text(needed(value, "title"), one_line=True),
            slots=self._slots(value),
            guid=guid_of(field_of(value, "guid")),
            subtitle=self._text(field_of(value, "subtitle"), one_line=True),
            abstract=self._text(field_of(value, "abstract")),
            description=self._text(field_of(value, "description")),
            language=language_of(language) if language else "",
            track=self._reference("track", field_of(value, "track")),
            appearances=tuple(appearances),
            parts=tuple(parts),
            do_not_record=record is not None and not flag_of(record),
            licence=line_of(field_of(value, "licence"))[:60],
            links=self._links(value),
            url=address_of(field_of(value, "url")),
            questions=flag_of(field_of(value, "questions")),
            illustrative=flag_of(field_of(value, "illustrative")),
        )
        self._leftovers(value)
        return facts

    def _appearances(self, value: Value, kind: SessionKind, part: int | None) -> Iterator[AppearanceFacts]:
        for entry in listed(value, "speakers"):
            role = default_role(kind)
            if entry.fields is not None:
                role = one_of(AppearanceRole, field_of(entry, "role"), role)
                speaker = self._reference("speaker", needed(entry, "id"))
                self._leftovers(entry)
            else:
                speaker = self._reference("speaker", entry)
            if speaker:
                yield AppearanceFacts(speaker, role, part)

    def _slots(self, value: Value) -> tuple[SlotFacts, ...]:
        """The placings: a list of ``slots``, or one written in the session itself. None gives one unscheduled."""
        slots = listed(value, "slots")
        for slot in slots:
            if slot.fields is None:
                raise refused(slot.line, _("a slot has fields such as “starts” and “minutes”"))
        facts = tuple(self._slot(slot) for slot in slots or [value])
        for slot in slots:
            self._leftovers(slot)
        return facts

    def _slot(self, value: Value) -> SlotFacts:
        starts = field_of(value, "starts")
        minutes = count_of(field_of(value, "minutes"))
        if minutes is not None and not 0 < minutes <= 7 * 24 * 60:
            raise refused(value.line, _("a session lasts between one minute and a week"))
        return SlotFacts(
            room=self._reference("room", field_of(value, "room")),
            local_start=moment_of(starts) if starts is not None else None,
            length_minutes=minutes or 30,
            seats=count_of(field_of(value, "seats", "capacity")),
            guid=guid_of(field_of(value, "guid")),
            number=count_of(field_of(value, "number")),
        )

    def _pack(self, value: Value) -> PackFacts:
        facts = PackFacts(
            key=key_of(value),
            title=self._text(needed(value, "title"), one_line=True),
            sessions=tuple(filter(None, (self._reference("session", v) for v in listed(value, "sessions")))),
            expects=tuple(line_of(v) for v in listed(value, "expects")),
            note=self._text(field_of(value, "note")),
        )
        self._leftovers(value)
        return facts

    # Fields -------------------------------------------------------------------------------------------------

    def _text(self, value: Value | None, *, one_line: bool = False) -> LocalText:
        """A text: plain, in the conference's first language; or a map language -> text."""
        tidy = clean_line if one_line else clean
        if value is None:
            return {}
        if value.fields is not None:
            texts = {}
            for code, inner in value.fields.items():
                if not is_language(code):
                    raise refused(inner.line, _("“%(code)s” is not a language") % {"code": code[:40]})
                if text := tidy(line_of(inner) if one_line else words_of(inner)):
                    texts[code] = text
            return texts
        text = tidy(words_of(value))
        return {self.languages[0]: text} if text else {}

    def _links(self, value: Value) -> tuple[LinkFacts, ...]:
        links = []
        for entry in listed(value, "links"):
            if entry.fields is None:
                links.append(LinkFacts(address_of(entry)))
            else:
                links.append(
                    LinkFacts(address_of(needed(entry, "url")), line_of(field_of(entry, "title"))[:200])
                )
                self._leftovers(entry)
        return tuple(links)

    def _reference(self, kind: str, value: Value | None) -> str | None:
        if value is None or not (key := line_of(value)):
            return None
        if key not in self.keys[kind]:
            raise refused(value.line, _("there is no %(kind)s “%(key)s”") % {"kind": kind, "key": key[:60]})
        return key

    def _checked_keys(self, facts: list[Any], place: str) -> set[str]:
        keys: set[str] = set()
        for fact in facts:
            key = fact.key
            if key in keys:
                raise ImportRefused(
                    _("In “%(place)s” the id “%(key)s” is given twice.") % {"place": place, "key": key}
                )
            keys.add(key)
        return keys

    def _leftovers(self, *values: Value | None) -> None:
        for value in values:
            for name, inner in (value.fields or {}).items() if value else ():
                if value and name not in value.used:
                    self.doubts.add(
                        "field",
                        _("line %(line)d") % {"line": inner.line},
                        _("The field “%(name)s” is not known here and was left out.") % {"name": name[:60]},
                    )
