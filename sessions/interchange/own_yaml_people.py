"""Speakers of our own YAML, and what they do in sessions, with what only organisers may know."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conference import timezones
from conference.addresses import AddressRefused, parse_address
from conference.i18n import _
from conference.texts import clean
from sessions.interchange.model import AppearanceFacts, AvailabilityFacts, SpeakerFacts
from sessions.interchange.own_yaml_fields import Fields
from sessions.interchange.yaml_document import Value, refused
from sessions.interchange.yaml_fields import (
    count_of,
    field_of,
    instant_of,
    key_of,
    language_of,
    line_of,
    listed,
    needed,
    one_of,
    words_of,
)
from sessions.speakers.orcid import OrcidRefused, parse_orcid
from sessions.tables import AppearanceRole, AppearanceState, AvailabilityKind, ConsentState, SpeakerKind


def speaker_of(value: Value, fields: Fields) -> SpeakerFacts:
    """An entry of ``speakers``. Raises ImportRefused with its line for what cannot be."""
    country = line_of(field_of(value, "country")).upper()
    if country and not re.fullmatch(r"[A-Z]{2}", country):
        raise refused(value.line, _("a country is written as two letters (ISO 3166-1)"))
    zone_name = line_of(field_of(value, "zone"))
    zone = timezones.normalise(zone_name) if zone_name else ""
    if zone is None:
        raise refused(value.line, _("“%(name)s” is not a time zone") % {"name": zone_name[:60]})
    language = field_of(value, "language")
    given = field_of(value, "availability_given")
    facts = SpeakerFacts(
        key=key_of(value),
        name=line_of(needed(value, "name"))[:200],
        kind=one_of(SpeakerKind, field_of(value, "kind"), SpeakerKind.PERSON),
        role=line_of(field_of(value, "role"))[:200],
        organisation=line_of(field_of(value, "organisation"))[:200],
        country=country,
        zone=zone,
        biography=fields.text(field_of(value, "biography")),
        links=fields.links(value),
        guid=line_of(field_of(value, "guid"))[:64],
        pronouns=line_of(field_of(value, "pronouns"))[:60],
        orcid=_orcid(field_of(value, "orcid")),
        language=language_of(language) if language else "",
        email=_email(field_of(value, "email")),
        access_needs=clean(words_of(field_of(value, "access_needs"))),
        technical_needs=clean(words_of(field_of(value, "technical_needs"))),
        internal_notes=clean(words_of(field_of(value, "notes"))),
        availability=tuple(_available(one, fields) for one in listed(value, "availability")),
        availability_given_at=instant_of(given) if given else None,
    )
    fields.leftovers(value)
    return facts


def _available(value: Value, fields: Fields) -> AvailabilityFacts:
    facts = AvailabilityFacts(
        instant_of(needed(value, "from")),
        instant_of(needed(value, "until")),
        one_of(AvailabilityKind, field_of(value, "kind"), AvailabilityKind.AVAILABLE),
    )
    if facts.ends <= facts.starts:
        raise refused(value.line, _("a stretch of time ends before it starts"))
    fields.leftovers(value)
    return facts


def _orcid(value: Value | None) -> str:
    try:
        return parse_orcid(line_of(value))
    except OrcidRefused:
        words = _("“%(text)s” is not an ORCID") % {"text": line_of(value)[:40]}
        raise refused(value.line if value else 0, words) from None


def _email(value: Value | None) -> str:
    written = line_of(value)
    if not written:
        return ""
    try:
        return parse_address(written).address
    except AddressRefused:
        words = _("“%(text)s” is not an e-mail address") % {"text": written[:60]}
        raise refused(value.line if value else 0, words) from None


def appearances_of(
    value: Value, usual: AppearanceRole, part: int | None, fields: Fields
) -> Iterator[AppearanceFacts]:
    """The ``speakers`` of a session or of a part; an entry of a session's may say its part by number, from 1."""
    for entry in listed(value, "speakers"):
        if entry.fields is None:
            if speaker := fields.reference("speaker", entry):
                yield AppearanceFacts(speaker, usual, part)
            continue
        speaker = fields.reference("speaker", needed(entry, "id"))
        numbered = count_of(field_of(entry, "part"))
        moments = {
            name: instant_of(found) if (found := field_of(entry, name.removesuffix("_at"))) else None
            for name in ("invited_at", "reminded_at", "answered_at")
        }
        facts = AppearanceFacts(
            speaker or "",
            one_of(AppearanceRole, field_of(entry, "role"), usual),
            numbered - 1 if numbered else part,
            state=one_of(AppearanceState, field_of(entry, "state"), AppearanceState.PLANNED),
            invited_at=moments["invited_at"],
            reminded_at=moments["reminded_at"],
            answered_at=moments["answered_at"],
            answer_note=clean(words_of(field_of(entry, "answer_note"))),
            recording_consent=one_of(
                ConsentState, field_of(entry, "recording_consent"), ConsentState.UNKNOWN
            ),
            publishing_consent=one_of(
                ConsentState, field_of(entry, "publishing_consent"), ConsentState.UNKNOWN
            ),
        )
        fields.leftovers(entry)
        if speaker:
            yield facts
