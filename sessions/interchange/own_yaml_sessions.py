"""Sessions of our own YAML with their parts and placings."""

from __future__ import annotations

from dataclasses import replace

from conference.i18n import _
from conference.texts import clean
from sessions.interchange.kinds import default_role
from sessions.interchange.model import SessionFacts, SlotFacts
from sessions.interchange.own_yaml_fields import Fields
from sessions.interchange.own_yaml_people import appearances_of
from sessions.interchange.yaml_document import Value, refused
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
from sessions.tables import SessionKind


def sessions_of(root: Value, fields: Fields) -> dict[str, SessionFacts]:
    """The ``sessions`` by key. Raises ImportRefused with the line of what cannot be."""
    sessions: dict[str, SessionFacts] = {}
    for value in listed(root, "sessions"):
        repeated = field_of(value, "repeats")
        if repeated is not None:
            # An entry of its own that only says where a session is held again becomes a slot of that session.
            known = sessions.get(line_of(repeated))
            if known is None:
                raise refused(
                    value.line,
                    _("it repeats “%(key)s”, which is not above it") % {"key": line_of(repeated)[:60]},
                )
            sessions[known.key] = replace(known, slots=known.slots + _slots(value, fields))
            for name in ("id", "kind", "type", "illustrative"):
                field_of(value, name)
            fields.leftovers(value)
            continue
        session = _session(value, fields)
        if session.key in sessions:
            raise refused(value.line, _("the id “%(key)s” is given twice") % {"key": session.key[:60]})
        sessions[session.key] = session
    return sessions


def _session(value: Value, fields: Fields) -> SessionFacts:
    kind = one_of(SessionKind, field_of(value, "kind", "type"), SessionKind.TALK)
    usual = default_role(kind)
    parts, appearances = [], list(appearances_of(value, usual, None, fields))
    for index, part in enumerate(listed(value, "parts")):
        parts.append(fields.text(needed(part, "title"), one_line=True))
        appearances.extend(appearances_of(part, usual, index, fields))
        fields.leftovers(part)
    if any(one.part is not None and one.part >= len(parts) for one in appearances):
        raise refused(value.line, _("a speaker is in a part that is not there"))
    language = field_of(value, "language")
    record = field_of(value, "record")
    facts = SessionFacts(
        key=key_of(value),
        kind=kind,
        title=fields.text(needed(value, "title"), one_line=True),
        slots=_slots(value, fields),
        guid=guid_of(field_of(value, "guid")),
        subtitle=fields.text(field_of(value, "subtitle"), one_line=True),
        abstract=fields.text(field_of(value, "abstract")),
        description=fields.text(field_of(value, "description")),
        language=language_of(language) if language else "",
        track=fields.reference("track", field_of(value, "track")),
        appearances=tuple(appearances),
        parts=tuple(parts),
        do_not_record=record is not None and not flag_of(record),
        licence=line_of(field_of(value, "licence"))[:60],
        links=fields.links(value),
        url=address_of(field_of(value, "url")),
        questions=flag_of(field_of(value, "questions")),
        illustrative=flag_of(field_of(value, "illustrative")),
        is_cancelled=flag_of(field_of(value, "cancelled")),
        recording_url=address_of(field_of(value, "recording_url")),
        internal_notes=clean(words_of(field_of(value, "notes"))),
    )
    fields.leftovers(value)
    return facts


def _slots(value: Value, fields: Fields) -> tuple[SlotFacts, ...]:
    """The placings: a list of ``slots``, or one written in the session itself. None gives one unscheduled."""
    slots = listed(value, "slots")
    for slot in slots:
        if slot.fields is None:
            raise refused(slot.line, _("a slot has fields such as “starts” and “minutes”"))
    facts = tuple(_slot(slot, fields, is_listed=bool(slots)) for slot in slots or [value])
    for slot in slots:
        fields.leftovers(slot)
    return facts


def _slot(value: Value, fields: Fields, *, is_listed: bool) -> SlotFacts:
    starts = field_of(value, "starts")
    minutes = count_of(field_of(value, "minutes"))
    if minutes is not None and not 0 < minutes <= 7 * 24 * 60:
        raise refused(value.line, _("a session lasts between one minute and a week"))
    is_second = flag_of(field_of(value, "second_hour"))
    return SlotFacts(
        room=fields.reference("room", field_of(value, "room")),
        local_start=moment_of(starts).replace(fold=int(is_second)) if starts is not None else None,
        length_minutes=minutes or 30,
        seats=count_of(field_of(value, "seats", "capacity")),
        guid=guid_of(field_of(value, "guid")),
        number=count_of(field_of(value, "number")),
        # Written in the session itself, the word is the session's.
        is_cancelled=is_listed and flag_of(field_of(value, "cancelled")),
    )
