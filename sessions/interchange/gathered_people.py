"""The people of gathered files: the same person in several places is one speaker."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from conference import timezones
from conference.addresses import AddressRefused, parse_address
from conference.i18n import _
from conference.texts import clean
from sessions.interchange.frab_reader import language_of
from sessions.interchange.gathered import FoundPerson
from sessions.interchange.gathered_texts import Texts
from sessions.interchange.incoming import is_web_address, slugified
from sessions.interchange.model import AppearanceFacts, Doubts, LinkFacts, SpeakerFacts, unique_key
from sessions.speakers.orcid import OrcidRefused, parse_orcid
from sessions.tables import AppearanceRole, SpeakerKind

_NOBODY = re.compile(
    r"(?:tba|tbc|tbd|n/?a|none|null|undefined|speakers?|various|-+|\?+|to be (?:announced|confirmed))\.?",
    re.IGNORECASE,
)


class People:
    """Everyone found, by what files call them."""

    def __init__(self, doubts: Doubts, texts: Texts) -> None:
        self.doubts = doubts
        self.texts = texts
        self._speakers: dict[str, SpeakerFacts] = {}
        self._by_id: dict[str, str] = {}
        self._by_name: dict[str, list[str]] = {}

    def learn(self, person: FoundPerson) -> None:
        """Take in someone from a list of people. Whoever is there already by an id gains what was not known."""
        key = next((self._by_id[one] for one in person.ids if one in self._by_id), "")
        name = self._name(person)
        if not key and not name:
            self.doubts.add("person", person.where, _("A person without a name was left out."))
            return
        if key and name and _folded(name) != _folded(self._speakers[key].name):
            # Sheets leave errors such as "#NAME?" for identifiers, and people must not become one by them.
            words = _("The identifier “%(id)s” is another person's already; it was left out.")
            self.doubts.add("person-id", person.where, words % {"id": person.ids[0][:60]})
            key, person = "", replace(person, ids=())
        elif not key and not person.ids:
            same = self._by_name.get(_folded(name), [])
            key = same[0] if len(same) == 1 else ""
        self._take(key, person)

    def appearances(self, mentions: list[FoundPerson], usual: AppearanceRole) -> Iterator[AppearanceFacts]:
        """The appearances of those that a session names, each person once per role."""
        seen: set[tuple[str, AppearanceRole]] = set()
        for mention in mentions:
            key = self._key_of(mention)
            role = mention.role or usual
            if key and (key, role) not in seen:
                seen.add((key, role))
                yield AppearanceFacts(key, role)

    def listed(self) -> tuple[SpeakerFacts, ...]:
        """Every speaker, in the order they were first met."""
        return tuple(self._speakers.values())

    def _key_of(self, mention: FoundPerson) -> str:
        name = self._name(mention)
        for one in mention.ids:
            if one in self._by_id:
                return self._take(self._by_id[one], mention)
        called = name or (mention.name if isinstance(mention.name, str) else "")
        if not mention.ids and called in self._by_id:
            return self._by_id[called]
        if called.isdecimal() and not mention.ids:
            mention, name = replace(mention, ids=(called,)), ""  # a number is nobody's name
        if not name:
            if mention.ids:
                self.doubts.add(
                    "person",
                    mention.where,
                    _("It names the person “%(id)s”, whom the file does not tell of; they were left out.")
                    % {"id": mention.ids[0][:60]},
                )
            elif not isinstance(mention.name, str) or not _NOBODY.fullmatch(mention.name.strip() or "-"):
                self.doubts.add("person", mention.where, _("A person without a name was left out."))
            return ""
        same = self._by_name.get(_folded(name), [])
        # By name alone only where there is one of that name, and not across two different identities.
        if len(same) == 1 and not mention.ids:
            return self._take(same[0], mention)
        return self._take("", mention)

    def _name(self, person: FoundPerson) -> str:
        name = self.texts.line_in(person.name, person.where)
        words = name.get(self.texts.default) or next(iter(name.values()), "")
        return "" if _NOBODY.fullmatch(words) else words

    def _take(self, key: str, person: FoundPerson) -> str:
        """Add the person, or what is said here of one who is known."""
        if not key:
            name = self._name(person)
            key = unique_key(
                f"person-{slugified(person.ids[0] if person.ids else name, 40) or 'x'}", self._speakers
            )
            self._speakers[key] = SpeakerFacts(key=key, name=name, guid=_guid(person.ids))
            self._by_name.setdefault(_folded(name), []).append(key)
        for one in person.ids:
            self._by_id.setdefault(one, key)
        known = self._speakers[key]
        if person == FoundPerson(person.where, person.name, person.ids, role=person.role):
            return key  # a mention that says no more
        where, line = person.where, self.texts.line
        links = {link.url: link for link in known.links}
        for link in person.links:
            if is_web_address(link.url):
                links.setdefault(link.url, replace(link, title=line(link.title, where)))
        self._speakers[key] = replace(
            known,
            kind=person.kind if person.kind != SpeakerKind.PERSON else known.kind,
            role=known.role or line(person.job_title, where),
            organisation=known.organisation or line(person.organisation, where),
            pronouns=known.pronouns or line(person.pronouns, where, 60),
            country=known.country or self._country(person),
            zone=known.zone or self._zone(person),
            orcid=known.orcid or self._orcid(person),
            email=known.email or self._email(person),
            biography=known.biography or self.texts.words_in(person.biography, where),
            links=tuple(links.values()),
            language=known.language or language_of(person.language),
            access_needs=known.access_needs or clean(person.access_needs),
            technical_needs=known.technical_needs or clean(person.technical_needs),
            internal_notes=known.internal_notes or clean(person.notes),
        )
        return key

    def _country(self, person: FoundPerson) -> str:
        words = self.texts.line(person.country, person.where)
        if re.fullmatch(r"[A-Za-z]{2}", words):
            return "GB" if words.upper() == "UK" else words.upper()
        if not words:
            return ""
        names = {_folded(name): code for code, name in timezones.countries("en")}
        if code := names.get(_folded(words)):
            return code
        self.doubts.add(
            "country",
            person.where,
            _("“%(country)s” is no country we know; it was left out.") % {"country": words[:60]},
        )
        return ""

    def _zone(self, person: FoundPerson) -> str:
        if not person.zone.strip():
            return ""
        if zone := timezones.normalise(person.zone.strip()):
            return zone
        self.doubts.add(
            "person-zone",
            person.where,
            _("“%(zone)s” is not a time zone we know; it was left out.") % {"zone": person.zone[:60]},
        )
        return ""

    def _orcid(self, person: FoundPerson) -> str:
        if not person.orcid.strip():
            return ""
        try:
            return parse_orcid(person.orcid)
        except OrcidRefused as error:
            words = _("“%(orcid)s” was left out: %(reason)s") % {
                "orcid": person.orcid[:60],
                "reason": error.message,
            }
            self.doubts.add("orcid", person.where, words)
            return ""

    def _email(self, person: FoundPerson) -> str:
        if not person.email.strip():
            return ""
        try:
            return parse_address(person.email.strip()).address
        except AddressRefused:
            self.doubts.add(
                "email",
                person.where,
                _("“%(address)s” is not an e-mail address; it was left out.")
                % {"address": person.email[:60]},
            )
            return ""


def _guid(ids: tuple[str, ...]) -> str:
    found = (one.lower() for one in ids)
    return next((one for one in found if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one)), "")


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def names_in(text: str) -> list[str]:
    """The names in a cell that may hold several: "A; B", one per line, or "A, B and C"."""
    if re.search(r"[;\n|]", text):
        parts = re.split(r"\s*[;\n|]\s*", text)
    else:
        # Not at what stands between brackets: "Ada Lovelace (Engines, London)" is one person.
        parts = re.split(
            r"(?:\s*,\s*(?:and\s+|und\s+|y\s+|et\s+)?|\s+(?:&|and|und)\s+)(?![^()]*\))", text[:5000]
        )
    names: list[str] = []
    for part in parts:
        if (
            re.fullmatch(r"(?:jr|sr|ph\.?\s?d|m\.?d|msc|mba|mlis|ii|iii)\.?", part.strip(), re.IGNORECASE)
            and names
        ):
            names[-1] += f", {part.strip()}"
        elif part.strip():
            names.append(part.strip())
    return names


def link_of(url: str, title: str = "") -> list[LinkFacts]:
    """The link, as a list, where the address is one."""
    url = url.strip()
    if re.fullmatch(
        r"(?:www\.)?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24}/\S*|www\.[^\s/]+\.[A-Za-z]{2,24}", url
    ):
        url = f"https://{url}"
    return [LinkFacts(url, title)] if is_web_address(url) else []
