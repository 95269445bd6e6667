"""Meridian's own YAML read into plain values; what a person mistyped is told with its line."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from typing import Any, BinaryIO

from conference import timezones
from conference.addresses import AddressRefused, parse_address
from conference.i18n import _
from conference.texts import LocalText
from sessions.door.facts import MOST_EARLY_MINUTES, STAGE_EARLY_MINUTES, DoorFacts, names_vendor
from sessions.interchange.incoming import decoded, read_limited, slugified
from sessions.interchange.model import (
    ConferenceFacts,
    ImportRefused,
    OpenHours,
    PackFacts,
    PartnerFacts,
    ProgrammeFile,
    ReadResult,
    RoomFacts,
    RulesFacts,
    TrackFacts,
)
from sessions.interchange.own_yaml_fields import Fields
from sessions.interchange.own_yaml_people import speaker_of
from sessions.interchange.own_yaml_sessions import sessions_of
from sessions.interchange.yaml_document import Value, parsed, refused
from sessions.interchange.yaml_fields import (
    address_of,
    count_of,
    field_of,
    flag_of,
    key_of,
    language_of,
    line_of,
    listed,
    moment_of,
    needed,
)
from sessions.privacy import host_of

_RULE_NUMBERS = (
    "day_starts",
    "day_ends",
    "speaker_earliest",
    "speaker_latest",
    "bearable_from",
    "bearable_until",
    "edge_minutes",
    "gap_minutes",
)
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
        self.fields = Fields()

    def result(self) -> ReadResult:
        about = field_of(self.root, "conference", "event")
        if about is None or about.fields is None:
            raise ImportRefused(_("The file is not a programme: it should begin with “conference:”."))
        conference = self._conference(about)
        rooms = [self._room(value) for value in listed(self.root, "rooms")]
        tracks = [self._track(value) for value in listed(self.root, "tracks")]
        speakers = [speaker_of(value, self.fields) for value in listed(self.root, "speakers")]
        self.fields.keys = {
            "room": self._checked_keys(rooms, "rooms"),
            "track": self._checked_keys(tracks, "tracks"),
            "speaker": self._checked_keys(speakers, "speakers"),
        }
        sessions = sessions_of(self.root, self.fields)
        self.fields.keys["session"] = set(sessions)
        packs = [self._pack(value) for value in listed(self.root, "packs", "resource_packs")]
        self._checked_keys(packs, "packs")
        rules, doors = self._rules(), self._doors()
        hosts = {host for room in rooms if (host := host_of(room.vendor_url))}
        rooms = [
            replace(
                room,
                getting_in=self._without_vendor(room.getting_in, hosts),
                dial_in=self._without_vendor(room.dial_in, hosts),
            )
            for room in rooms
        ]
        if doors is not None:
            doors = replace(doors, getting_in=self._without_vendor(doors.getting_in, hosts))
        field_of(self.root, "meridian")
        self.fields.leftovers(self.root)
        programme = ProgrammeFile(
            conference,
            tuple(rooms),
            tuple(tracks),
            tuple(speakers),
            tuple(sessions.values()),
            tuple(packs),
            rules,
            doors,
        )
        return ReadResult(programme, self.fields.doubts.listed())

    def _conference(self, about: Value) -> ConferenceFacts:
        self.fields.languages = tuple(language_of(v) for v in listed(about, "languages")) or ("en",)
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
        early, listing = count_of(field_of(about, "early_entry_minutes")), field_of(about, "listed")
        facts = ConferenceFacts(
            slug=slugified(line_of(field_of(about, "slug")))
            or slugified(line_of(needed(about, "name")))
            or "conference",
            name=self.fields.text(needed(about, "name"), one_line=True),
            zone=zone,
            starts=starts,
            ends=ends,
            tagline=self.fields.text(field_of(about, "tagline"), one_line=True),
            description=self.fields.text(field_of(about, "description")),
            languages=self.fields.languages,
            audience=self.fields.text(field_of(about, "audience")),
            themes=tuple(line_of(value) for value in listed(about, "themes")),
            price=line_of(field_of(about, "price")),
            organiser_name=line_of(field_of(organiser, "name"))[:200],
            organiser_url=address_of(field_of(organiser, "url")),
            url=address_of(field_of(about, "url")),
            partners=tuple(partners),
            contact_email=line_of(field_of(about, "contact_email"))[:254],
            privacy=self.fields.text(field_of(about, "privacy")),
            early_entry_minutes=15 if early is None else early,
            is_listed=listing is None or flag_of(listing),
        )
        self.fields.leftovers(about, organiser)
        return facts

    def _partner(self, value: Value, role: str) -> PartnerFacts:
        if value.fields is None:
            return PartnerFacts(line_of(value)[:200], "", role)
        facts = PartnerFacts(
            line_of(needed(value, "name"))[:200],
            address_of(field_of(value, "url")),
            line_of(field_of(value, "role"))[:20] or role,
        )
        self.fields.leftovers(value)
        return facts

    def _room(self, value: Value) -> RoomFacts:
        facts = RoomFacts(
            key=key_of(value),
            name=self.fields.text(needed(value, "name"), one_line=True),
            capacity=count_of(field_of(value, "capacity")),
            illustrative=flag_of(field_of(value, "illustrative")),
            open_hours=tuple(self._open(one) for one in listed(value, "open")),
            vendor_url=address_of(field_of(value, "vendor_url")),
            getting_in=self.fields.text(field_of(value, "getting_in")),
            dial_in=self.fields.text(field_of(value, "dial_in")),
        )
        self.fields.leftovers(value)
        return facts

    def _open(self, value: Value) -> OpenHours:
        hours = OpenHours(moment_of(needed(value, "from")), moment_of(needed(value, "until")))
        if hours.ends <= hours.starts:
            raise refused(value.line, _("a stretch of time ends before it starts"))
        self.fields.leftovers(value)
        return hours

    def _track(self, value: Value) -> TrackFacts:
        colour = line_of(field_of(value, "colour")).lower()
        if colour and not re.fullmatch(r"#[0-9a-f]{6}", colour):
            raise refused(value.line, _("a colour is written like “#1f4e79”"))
        facts = TrackFacts(key_of(value), self.fields.text(needed(value, "name"), one_line=True), colour)
        self.fields.leftovers(value)
        return facts

    def _rules(self) -> RulesFacts | None:
        value = field_of(self.root, "rules")
        if value is None:
            return None
        usual = RulesFacts()
        numbers = {}
        for name in _RULE_NUMBERS:
            given = count_of(field_of(value, name))
            numbers[name] = getattr(usual, name) if given is None else given
        facts = RulesFacts(
            levels=_levels(field_of(value, "levels")),
            expected_audience=_shares(field_of(value, "expected_audience")),
            **numbers,
        )
        self.fields.leftovers(value)
        return facts

    def _doors(self) -> DoorFacts | None:
        value = field_of(self.root, "doors")
        if value is None:
            return None
        early, email = count_of(field_of(value, "stage_early_minutes")), field_of(value, "help_email")
        facts = DoorFacts(
            STAGE_EARLY_MINUTES if early is None else min(early, MOST_EARLY_MINUTES),
            self.fields.text(field_of(value, "getting_in")),
            self._mailbox(email),
        )
        self.fields.leftovers(value)
        return facts

    def _mailbox(self, value: Value | None) -> str:
        """An address that can be written to; "" with a doubt for one that cannot."""
        text = line_of(value)
        try:
            return parse_address(text).address if text else ""
        except AddressRefused as error:
            self.fields.doubts.add("address", text[:60], error.message)
            return ""

    def _without_vendor(self, text: LocalText, hosts: Collection[str]) -> LocalText:
        """The text without the languages in which it names a meeting service's address: people read it."""
        kept = {language: words for language, words in text.items() if not names_vendor(words, hosts)}
        if kept != text:
            self.fields.doubts.add(
                "vendor",
                "getting_in",
                _("A text for people names the address of a room’s meeting; it was left out."),
            )
        return kept

    def _pack(self, value: Value) -> PackFacts:
        facts = PackFacts(
            key=key_of(value),
            title=self.fields.text(needed(value, "title"), one_line=True),
            sessions=tuple(
                filter(None, (self.fields.reference("session", v) for v in listed(value, "sessions")))
            ),
            expects=tuple(line_of(v) for v in listed(value, "expects")),
            note=self.fields.text(field_of(value, "note")),
        )
        self.fields.leftovers(value)
        return facts

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


def _levels(value: Value | None) -> dict[str, str]:
    """What each kind of conflict does; words that a later version knows are kept."""
    return {name: line_of(one)[:40] for name, one in (value.fields or {}).items()} if value else {}


def _shares(value: Value | None) -> dict[str, float]:
    """Shares of the expected audience by country or zone."""
    shares = {}
    for name, one in (value.fields or {}).items() if value else ():
        if not re.fullmatch(r"\d{1,9}(?:\.\d{1,20})?(?:e[+-]?\d{1,3})?", line_of(one)):
            raise refused(one.line, _("“%(text)s” is not a number") % {"text": line_of(one)[:40]})
        shares[name] = float(line_of(one))
    return shares
