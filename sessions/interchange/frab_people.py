"""The people of a schedule XML file: the same person in several events is one speaker."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conference.i18n import _
from conference.texts import clean_line
from sessions.interchange.frab_document import Node, where
from sessions.interchange.incoming import (
    is_web_address,
    slugified,
)
from sessions.interchange.model import (
    Doubts,
    LinkFacts,
    SpeakerFacts,
    unique_key,
)


class People:
    """Persons of all events, the same ones brought together."""

    def __init__(self, doubts: Doubts, language: str) -> None:
        self.doubts = doubts
        self.language = language
        self._speakers: dict[str, SpeakerFacts] = {}
        self._by_identity: dict[tuple[str, str], str] = {}
        self._by_name: dict[str, list[str]] = {}
        self._names_of_id: dict[str, str] = {}

    def learn(self, persons: list[Node]) -> None:
        """First pass: names by id (some events leave them out), then everyone who can be told by an id."""
        for person in persons:
            name, identity = _name_of(person), _identity(person)
            if name and identity:
                self._names_of_id.setdefault(identity, name)
                key = (identity, "" if identity.startswith("guid:") else name.casefold())
                if key not in self._by_identity:
                    self._add(key, name, person)

    def _add(self, identity: tuple[str, str], name: str, person: Node) -> str:
        number = identity[0].partition(":")[2]
        wanted = f"person-{slugified(number, 40)}" if number else f"person-{slugified(name, 40) or 'x'}"
        key = unique_key(wanted, self._speakers)
        address = person.attributes.get("href", "")
        biography = person.markdown_of("biography", False)
        if len(name) > 200:
            self.doubts.add("name", where(person), _("A name is longer than 200 characters and was cut."))
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

    def keys_of(self, event: Node, persons: list[Node]) -> Iterator[str]:
        """Second pass: the speakers of an event. One without an id joins the only known person of that name."""
        for person in persons:
            identity = _identity(person)
            name = _name_of(person) or self._names_of_id.get(identity, "")
            if not name:
                self.doubts.add("person", where(person, event), _("A person without a name was left out."))
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
        """Every speaker, in the order of their first appearance by id, then by name."""
        return tuple(self._speakers.values())


def _identity(person: Node) -> str:
    guid = person.attributes.get("guid", "").lower()
    if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", guid):
        return f"guid:{guid}"
    number = person.attributes.get("id", "") or person.attributes.get("code", "")
    return f"id:{number}" if number not in ("", "0", "-1") else ""


def _name_of(person: Node) -> str:
    """The person's name; some producers (Camp 2019, Voltron) write it as an element beside a biography."""
    own = clean_line("".join(part for part in person.content if isinstance(part, str)))
    return own or person.line_of("name") or person.line_of("public_name")


def persons_of(node: Node) -> list[Node]:
    """The persons an event names."""
    return [person for group in node.children("persons") for person in group.children("person")]
