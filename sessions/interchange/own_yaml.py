"""Meridian's own YAML: a programme that people write by hand, as the demo conference is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, BinaryIO, TypeVar

import yaml

from conference import timezones
from conference.i18n import _, is_language
from conference.texts import LocalText, clean, clean_line
from sessions.interchange.incoming import decoded, is_web_address, read_limited, slugified
from sessions.interchange.kinds import default_role
from sessions.interchange.model import (
    PLAUSIBLE_YEARS,
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
from sessions.tables import AppearanceRole, SessionKind, SpeakerKind

LARGEST_FILE = 20_000_000  # bytes
_DEEPEST = 20
_MOST_VALUES = 500_000  # after every alias is written out
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # only its tokens are used: no tag builds anything
_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_Choice = TypeVar("_Choice", bound=StrEnum)
# What YAML does not allow unescaped and a text file may still hold.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff\ud800-\udfff]")


@dataclass(slots=True)
class _Value:
    """A value of the file with the line it stands in. Scalars stay text: ``NO`` is Norway and ``10:30`` a time."""

    line: int
    size: int = 1
    text: str | None = None  # of a scalar; None for null
    items: list[_Value] | None = None
    fields: dict[str, _Value] | None = None
    used: set[str] = field(default_factory=set)


def read(data: bytes | BinaryIO) -> ReadResult:
    """The programme in a YAML file, and what was doubtful in it (fields not known, which are left out).

    Raises ImportRefused, with one sentence that names the line, for what cannot be read.
    """
    text = _UNPRINTABLE.sub("", decoded(read_limited(data, LARGEST_FILE)))
    root = _parsed(text)
    if root is None or root.fields is None:
        raise ImportRefused(_("The file is not a programme: it should begin with “conference:”."))
    return _Reading(root).result()


# Parsing ----------------------------------------------------------------------------------------------------------


def _parsed(text: str) -> _Value | None:
    """The document's value, built from YAML events: nothing is constructed, nothing recurses, aliases are counted."""
    stack: list[
        tuple[_Value, _Value | None]
    ] = []  # open collections, each with the key that waits for its value
    anchors: dict[str, _Value] = {}
    names: list[str | None] = []
    root: _Value | None = None
    try:
        for event in yaml.parse(text, Loader=_Loader):
            line = event.start_mark.line + 1 if event.start_mark else 0
            if isinstance(event, yaml.DocumentStartEvent) and root is not None:
                raise _refused(line, _("a second document begins"))
            if isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)) and event.tag not in (
                None,
                "!",
            ):
                raise _refused(line, _("tags such as “%(tag)s” are not read") % {"tag": str(event.tag)[:40]})
            if isinstance(event, yaml.CollectionStartEvent):
                if len(stack) >= _DEEPEST:
                    raise _refused(line, _("it nests too deeply"))
                is_map = isinstance(event, yaml.MappingStartEvent)
                value = _Value(line, fields={} if is_map else None, items=None if is_map else [])
                stack.append((value, None))
                names.append(event.anchor)
                continue
            if isinstance(event, yaml.CollectionEndEvent):
                value = stack.pop()[0]
                anchor = names.pop()
            elif isinstance(event, yaml.ScalarEvent):
                is_null = event.implicit[0] and event.value in ("", "~", "null", "Null", "NULL")
                value, anchor = _Value(line, text=None if is_null else event.value), event.anchor
            elif isinstance(event, yaml.AliasEvent):
                known = anchors.get(event.anchor or "")
                if known is None:
                    raise _refused(
                        line, _("“*%(name)s” stands for nothing") % {"name": str(event.anchor)[:40]}
                    )
                value, anchor = known, None
            else:
                continue
            if anchor:
                anchors[anchor] = value
            if stack:
                _put(stack, value)
                if stack[-1][0].size > _MOST_VALUES:
                    raise _refused(line, _("it grows too large"))
            else:
                root = value
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ImportRefused(
            _("The file is not well-formed YAML: %(reason)s in line %(line)d.")
            % {
                "reason": getattr(error, "problem", None) or _("something is wrong"),
                "line": mark.line + 1 if mark else 1,
            }
        ) from None
    return root


def _put(stack: list[tuple[_Value, _Value | None]], value: _Value) -> None:
    parent, key = stack[-1]
    parent.size += value.size
    if parent.items is not None:
        parent.items.append(value)
    elif key is None:
        if value.text is None:
            raise _refused(value.line, _("a field has no name"))
        stack[-1] = (parent, value)
    elif parent.fields is not None:
        name = clean_line(key.text or "")
        if name in parent.fields:
            raise _refused(key.line, _("“%(name)s” is given twice") % {"name": name[:40]})
        parent.fields[name] = value
        stack[-1] = (parent, None)


def _refused(line: int, reason: str) -> ImportRefused:
    return ImportRefused(_("Line %(line)d cannot be read: %(reason)s.") % {"line": line, "reason": reason})


# Reading ----------------------------------------------------------------------------------------------------------


class _Reading:
    def __init__(self, root: _Value) -> None:
        self.root = root
        self.doubts = Doubts()
        self.languages: tuple[str, ...] = ("en",)

    def result(self) -> ReadResult:
        about = _get(self.root, "conference", "event")
        if about is None or about.fields is None:
            raise ImportRefused(_("The file is not a programme: it should begin with “conference:”."))
        conference = self._conference(about)
        rooms = [self._room(value) for value in _list(self.root, "rooms")]
        tracks = [self._track(value) for value in _list(self.root, "tracks")]
        speakers = [self._speaker(value) for value in _list(self.root, "speakers")]
        self.keys = {
            "room": self._checked_keys(rooms, "rooms"),
            "track": self._checked_keys(tracks, "tracks"),
            "speaker": self._checked_keys(speakers, "speakers"),
        }
        sessions = self._sessions()
        self.keys["session"] = set(sessions)
        packs = [self._pack(value) for value in _list(self.root, "packs", "resource_packs")]
        self._checked_keys(packs, "packs")
        _get(self.root, "meridian")
        self._leftovers(self.root)
        programme = ProgrammeFile(
            conference, tuple(rooms), tuple(tracks), tuple(speakers), tuple(sessions.values()), tuple(packs)
        )
        return ReadResult(programme, self.doubts.listed())

    def _conference(self, about: _Value) -> ConferenceFacts:
        self.languages = tuple(self._language(v) for v in _list(about, "languages")) or ("en",)
        zone_value = _need(about, "zone")
        zone = timezones.normalise(_line(zone_value))
        if zone is None:
            raise _refused(
                zone_value.line, _("“%(name)s” is not a time zone") % {"name": _line(zone_value)[:60]}
            )
        starts, ends = self._moment(_need(about, "starts")), self._moment(_need(about, "ends"))
        if ends <= starts:
            raise _refused(about.line, _("the conference ends before it starts"))
        organiser = _get(about, "organiser")
        partners = [
            self._partner(value, role)
            for name, role in (("partners", "partner"), ("funders", "funder"))
            for value in _list(about, name)
        ]
        facts = ConferenceFacts(
            slug=slugified(_line(_get(about, "slug")))
            or slugified(_line(_need(about, "name")))
            or "conference",
            name=self._text(_need(about, "name"), one_line=True),
            zone=zone,
            starts=starts,
            ends=ends,
            tagline=self._text(_get(about, "tagline"), one_line=True),
            description=self._text(_get(about, "description")),
            languages=self.languages,
            audience=self._text(_get(about, "audience")),
            themes=tuple(_line(value) for value in _list(about, "themes")),
            price=_line(_get(about, "price")),
            organiser_name=_line(_get(organiser, "name"))[:200],
            organiser_url=self._address(_get(organiser, "url")),
            url=self._address(_get(about, "url")),
            partners=tuple(partners),
        )
        self._leftovers(about, organiser)
        return facts

    def _partner(self, value: _Value, role: str) -> PartnerFacts:
        if value.fields is None:
            return PartnerFacts(_line(value)[:200], "", role)
        facts = PartnerFacts(_line(_need(value, "name"))[:200], self._address(_get(value, "url")), role)
        self._leftovers(value)
        return facts

    def _room(self, value: _Value) -> RoomFacts:
        facts = RoomFacts(
            key=_key(value),
            name=self._text(_need(value, "name"), one_line=True),
            capacity=_count(_get(value, "capacity")),
            illustrative=_flag(_get(value, "illustrative")),
        )
        self._leftovers(value)
        return facts

    def _track(self, value: _Value) -> TrackFacts:
        colour = _line(_get(value, "colour")).lower()
        if colour and not re.fullmatch(r"#[0-9a-f]{6}", colour):
            raise _refused(value.line, _("a colour is written like “#1f4e79”"))
        facts = TrackFacts(_key(value), self._text(_need(value, "name"), one_line=True), colour)
        self._leftovers(value)
        return facts

    def _speaker(self, value: _Value) -> SpeakerFacts:
        country = _line(_get(value, "country")).upper()
        if country and not re.fullmatch(r"[A-Z]{2}", country):
            raise _refused(value.line, _("a country is written as two letters (ISO 3166-1)"))
        zone_name = _line(_get(value, "zone"))
        zone = timezones.normalise(zone_name) if zone_name else ""
        if zone is None:
            raise _refused(value.line, _("“%(name)s” is not a time zone") % {"name": zone_name[:60]})
        facts = SpeakerFacts(
            key=_key(value),
            name=_line(_need(value, "name"))[:200],
            kind=_one_of(SpeakerKind, _get(value, "kind"), SpeakerKind.PERSON),
            role=_line(_get(value, "role"))[:200],
            organisation=_line(_get(value, "organisation"))[:200],
            country=country,
            zone=zone,
            biography=self._text(_get(value, "biography")),
            links=self._links(value),
            guid=_guid(_get(value, "guid")),
        )
        self._leftovers(value)
        return facts

    def _sessions(self) -> dict[str, SessionFacts]:
        sessions: dict[str, SessionFacts] = {}
        for value in _list(self.root, "sessions"):
            repeated = _get(value, "repeats")
            if repeated is not None:
                # An entry of its own that only says where a session is held again becomes a slot of that session.
                known = sessions.get(_line(repeated))
                if known is None:
                    raise _refused(
                        value.line,
                        _("it repeats “%(key)s”, which is not above it") % {"key": _line(repeated)[:60]},
                    )
                sessions[known.key] = replace(known, slots=known.slots + self._slots(value))
                for name in ("id", "kind", "type", "illustrative"):
                    _get(value, name)
                self._leftovers(value)
                continue
            session = self._session(value)
            if session.key in sessions:
                raise _refused(value.line, _("the id “%(key)s” is given twice") % {"key": session.key[:60]})
            sessions[session.key] = session
        return sessions

    def _session(self, value: _Value) -> SessionFacts:
        kind = _one_of(SessionKind, _get(value, "kind", "type"), SessionKind.TALK)
        parts, appearances = [], list(self._appearances(value, kind, None))
        for index, part in enumerate(_list(value, "parts")):
            parts.append(self._text(_need(part, "title"), one_line=True))
            appearances.extend(self._appearances(part, kind, index))
            self._leftovers(part)
        language = _get(value, "language")
        record = _get(value, "record")
        facts = SessionFacts(
            key=_key(value),
            kind=kind,
            title=self._text(_need(value, "title"), one_line=True),
            slots=self._slots(value),
            guid=_guid(_get(value, "guid")),
            subtitle=self._text(_get(value, "subtitle"), one_line=True),
            abstract=self._text(_get(value, "abstract")),
            description=self._text(_get(value, "description")),
            language=self._language(language) if language else "",
            track=self._reference("track", _get(value, "track")),
            appearances=tuple(appearances),
            parts=tuple(parts),
            do_not_record=record is not None and not _flag(record),
            licence=_line(_get(value, "licence"))[:60],
            links=self._links(value),
            url=self._address(_get(value, "url")),
            questions=_flag(_get(value, "questions")),
            illustrative=_flag(_get(value, "illustrative")),
        )
        self._leftovers(value)
        return facts

    def _appearances(self, value: _Value, kind: SessionKind, part: int | None) -> Iterator[AppearanceFacts]:
        for entry in _list(value, "speakers"):
            role = default_role(kind)
            if entry.fields is not None:
                role = _one_of(AppearanceRole, _get(entry, "role"), role)
                speaker = self._reference("speaker", _need(entry, "id"))
                self._leftovers(entry)
            else:
                speaker = self._reference("speaker", entry)
            if speaker:
                yield AppearanceFacts(speaker, role, part)

    def _slots(self, value: _Value) -> tuple[SlotFacts, ...]:
        """The placings: a list of ``slots``, or one written in the session itself. None gives one unscheduled."""
        slots = _list(value, "slots")
        for slot in slots:
            if slot.fields is None:
                raise _refused(slot.line, _("a slot has fields such as “starts” and “minutes”"))
        facts = tuple(self._slot(slot) for slot in slots or [value])
        for slot in slots:
            self._leftovers(slot)
        return facts

    def _slot(self, value: _Value) -> SlotFacts:
        starts = _get(value, "starts")
        minutes = _count(_get(value, "minutes"))
        if minutes is not None and not 0 < minutes <= 7 * 24 * 60:
            raise _refused(value.line, _("a session lasts between one minute and a week"))
        return SlotFacts(
            room=self._reference("room", _get(value, "room")),
            local_start=self._moment(starts) if starts is not None else None,
            length_minutes=minutes or 30,
            seats=_count(_get(value, "seats", "capacity")),
            guid=_guid(_get(value, "guid")),
            number=_count(_get(value, "number")),
        )

    def _pack(self, value: _Value) -> PackFacts:
        facts = PackFacts(
            key=_key(value),
            title=self._text(_need(value, "title"), one_line=True),
            sessions=tuple(filter(None, (self._reference("session", v) for v in _list(value, "sessions")))),
            expects=tuple(_line(v) for v in _list(value, "expects")),
            note=self._text(_get(value, "note")),
        )
        self._leftovers(value)
        return facts

    # Fields -------------------------------------------------------------------------------------------------

    def _text(self, value: _Value | None, *, one_line: bool = False) -> LocalText:
        """A text: plain, in the conference's first language; or a map language -> text."""
        tidy = clean_line if one_line else clean
        if value is None:
            return {}
        if value.fields is not None:
            texts = {}
            for code, inner in value.fields.items():
                if not is_language(code):
                    raise _refused(inner.line, _("“%(code)s” is not a language") % {"code": code[:40]})
                if text := tidy(_line(inner) if one_line else _words(inner)):
                    texts[code] = text
            return texts
        text = tidy(_words(value))
        return {self.languages[0]: text} if text else {}

    def _language(self, value: _Value) -> str:
        code = _line(value)
        if not is_language(code):
            raise _refused(value.line, _("“%(code)s” is not a language") % {"code": code[:40]})
        return code

    def _moment(self, value: _Value) -> datetime:
        try:
            moment = datetime.fromisoformat(_line(value))
        except ValueError:
            raise _refused(
                value.line,
                _("“%(text)s” is not a date and time like 2021-06-25T10:00") % {"text": _line(value)[:40]},
            ) from None
        if moment.tzinfo is not None:
            raise _refused(value.line, _("times are written as clocks show them in the conference's zone"))
        if moment.year not in PLAUSIBLE_YEARS:
            raise _refused(value.line, _("no conference is held in that year"))
        return moment

    def _address(self, value: _Value | None) -> str:
        address = _line(value)
        if address and not is_web_address(address):
            line = value.line if value else 0
            raise _refused(line, _("“%(text)s” is not a web address") % {"text": address[:60]})
        return address

    def _links(self, value: _Value) -> tuple[LinkFacts, ...]:
        links = []
        for entry in _list(value, "links"):
            if entry.fields is None:
                links.append(LinkFacts(self._address(entry)))
            else:
                links.append(LinkFacts(self._address(_need(entry, "url")), _line(_get(entry, "title"))[:200]))
                self._leftovers(entry)
        return tuple(links)

    def _reference(self, kind: str, value: _Value | None) -> str | None:
        if value is None or not (key := _line(value)):
            return None
        if key not in self.keys[kind]:
            raise _refused(value.line, _("there is no %(kind)s “%(key)s”") % {"kind": kind, "key": key[:60]})
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

    def _leftovers(self, *values: _Value | None) -> None:
        for value in values:
            for name, inner in (value.fields or {}).items() if value else ():
                if value and name not in value.used:
                    self.doubts.add(
                        "field",
                        _("line %(line)d") % {"line": inner.line},
                        _("The field “%(name)s” is not known here and was left out.") % {"name": name[:60]},
                    )


def _get(value: _Value | None, *names: str) -> _Value | None:
    """The field under the first of ``names`` that is there and not null."""
    if value is None:
        return None
    if value.fields is None:
        raise _refused(value.line, _("fields with names should stand here"))
    for name in names:
        value.used.add(name)
        found = value.fields.get(name)
        if found is not None and (
            found.text is not None or found.items is not None or found.fields is not None
        ):
            return found
    return None


def _need(value: _Value, name: str) -> _Value:
    found = _get(value, name)
    if found is None or found.text == "":
        raise _refused(value.line, _("“%(name)s” is missing") % {"name": name})
    return found


def _list(value: _Value, *names: str) -> list[_Value]:
    found = _get(value, *names)
    if found is None:
        return []
    if found.items is None:
        raise _refused(found.line, _("“%(name)s” should be a list") % {"name": names[0]})
    return found.items


def _words(value: _Value | None) -> str:
    if value is None:
        return ""
    if value.items is not None or value.fields is not None:
        raise _refused(value.line, _("a text should stand here"))
    return value.text or ""


def _line(value: _Value | None) -> str:
    return clean_line(_words(value))


def _key(value: _Value) -> str:
    key = _line(_need(value, "id"))
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}", key):
        raise _refused(value.line, _("an id is made of letters, digits and hyphens"))
    return key


def _count(value: _Value | None) -> int | None:
    text = _line(value)
    if not text:
        return None
    if not re.fullmatch(r"\d{1,9}", text):
        raise _refused(
            value.line if value else 0, _("“%(text)s” is not a whole number") % {"text": text[:40]}
        )
    return int(text)


def _flag(value: _Value | None) -> bool:
    text = _line(value).lower()
    if text not in ("", "true", "false", "yes", "no"):
        raise _refused(
            value.line if value else 0, _("“%(text)s” is neither true nor false") % {"text": text[:40]}
        )
    return text in ("true", "yes")


def _guid(value: _Value | None) -> str:
    text = _line(value).lower()
    if text and not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text):
        raise _refused(value.line if value else 0, _("“%(text)s” is not a UUID") % {"text": text[:40]})
    return text


def _one_of(choices: type[_Choice], value: _Value | None, default: _Choice) -> _Choice:
    text = _line(value)
    if not text:
        return default
    try:
        return choices(text)
    except ValueError:
        raise _refused(
            value.line if value else 0,
            _("“%(text)s” is none of %(choices)s") % {"text": text[:40], "choices": ", ".join(choices)},
        ) from None


# Writing ----------------------------------------------------------------------------------------------------------


def write(programme: ProgrammeFile) -> bytes:
    """The programme as UTF-8 YAML that ``read`` takes back unchanged; the same input gives the same bytes."""
    default = programme.conference.languages[0] if programme.conference.languages else "en"
    document = {
        "conference": _conference_out(programme.conference, default),
        "rooms": [
            _without_empty(
                id=room.key,
                name=_text_out(room.name, default),
                capacity=room.capacity,
                illustrative=room.illustrative,
            )
            for room in programme.rooms
        ],
        "tracks": [
            _without_empty(id=track.key, name=_text_out(track.name, default), colour=track.colour)
            for track in programme.tracks
        ],
        "speakers": [_speaker_out(speaker, default) for speaker in programme.speakers],
        "sessions": [_session_out(session, default) for session in programme.sessions],
        "packs": [
            _without_empty(
                id=pack.key,
                title=_text_out(pack.title, default),
                sessions=list(pack.sessions),
                expects=list(pack.expects),
                note=_text_out(pack.note, default),
            )
            for pack in programme.packs
        ],
    }
    text: str = yaml.dump(
        {name: value for name, value in document.items() if value},
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        width=110,
    )
    return text.encode()


def _without_empty(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "", [], {}, False)}


def _text_out(texts: LocalText, default: str) -> str | LocalText:
    present = {code: clean(text) for code, text in texts.items() if clean(text)}
    return present[default] if set(present) == {default} else present


def _links_out(links: tuple[LinkFacts, ...]) -> list[Any]:
    return [{"url": link.url, "title": link.title} if link.title else link.url for link in links]


def _moment_out(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes" if moment.second == 0 else "seconds")


def _conference_out(facts: ConferenceFacts, default: str) -> dict[str, Any]:
    def named(role: str) -> list[dict[str, str]]:
        return [_without_empty(name=p.name, url=p.url) for p in facts.partners if p.role == role]

    return _without_empty(
        slug=facts.slug,
        name=_text_out(facts.name, default),
        tagline=_text_out(facts.tagline, default),
        description=_text_out(facts.description, default),
        zone=facts.zone,
        starts=_moment_out(facts.starts),
        ends=_moment_out(facts.ends),
        languages=list(facts.languages),
        price=facts.price,
        audience=_text_out(facts.audience, default),
        themes=list(facts.themes),
        url=facts.url,
        organiser=_without_empty(name=facts.organiser_name, url=facts.organiser_url),
        partners=named("partner"),
        funders=named("funder"),
    )


def _speaker_out(speaker: SpeakerFacts, default: str) -> dict[str, Any]:
    return _without_empty(
        id=speaker.key,
        name=speaker.name,
        kind=speaker.kind.value if speaker.kind != SpeakerKind.PERSON else "",
        role=speaker.role,
        organisation=speaker.organisation,
        country=speaker.country,
        zone=speaker.zone,
        biography=_text_out(speaker.biography, default),
        links=_links_out(speaker.links),
        guid=speaker.guid,
    )


def _session_out(session: SessionFacts, default: str) -> dict[str, Any]:
    usual = default_role(session.kind)

    def people(part: int | None) -> list[Any]:
        return [
            a.speaker if a.role == usual else {"id": a.speaker, "role": a.role.value}
            for a in session.appearances
            if a.part == part
        ]

    slots = [
        _without_empty(
            room=slot.room,
            starts=_moment_out(slot.local_start) if slot.local_start else "",
            minutes=slot.length_minutes,
            seats=slot.seats,
            guid=slot.guid,
            number=slot.number,
        )
        for slot in session.slots
    ]
    # One plain slot is written into the session itself, as a person would.
    is_plain = len(slots) == 1 and session.slots[0].guid == session.guid
    placing: dict[str, Any] = slots[0] if is_plain else {"slots": slots}
    return _without_empty(
        id=session.key,
        kind=session.kind.value,
        title=_text_out(session.title, default),
        subtitle=_text_out(session.subtitle, default),
        abstract=_text_out(session.abstract, default),
        description=_text_out(session.description, default),
        language=session.language,
        track=session.track,
        speakers=people(None),
        parts=[
            _without_empty(title=_text_out(part, default), speakers=people(index))
            for index, part in enumerate(session.parts)
        ],
        **{"guid": session.guid} | placing,
        record="no" if session.do_not_record else "",
        licence=session.licence,
        links=_links_out(session.links),
        url=session.url,
        questions=session.questions,
        illustrative=session.illustrative,
    )
