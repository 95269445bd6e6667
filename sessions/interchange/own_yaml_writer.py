"""A programme written as Meridian's own YAML, so that people may go on by hand."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import yaml

from conference.texts import LocalText, clean
from sessions.door.facts import DoorFacts
from sessions.interchange.kinds import default_role
from sessions.interchange.model import (
    AppearanceFacts,
    ConferenceFacts,
    LinkFacts,
    ProgrammeFile,
    RoomFacts,
    RulesFacts,
    SessionFacts,
    SpeakerFacts,
)
from sessions.interchange.outgoing import outward
from sessions.tables import AppearanceRole, AppearanceState, AvailabilityKind, ConsentState, SpeakerKind

_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def write(programme: ProgrammeFile, *, private: bool = False) -> bytes:
    """The programme as UTF-8 YAML; the same input gives the same bytes.

    With ``private``, everything is in it and ``read`` gives back what was written, field by field: for organisers'
    eyes. Without, what only they may know (see ``model``) is left out.
    """
    programme = programme if private else outward(programme)
    default = programme.conference.languages[0] if programme.conference.languages else "en"
    document = {
        "conference": _conference_out(programme.conference, default),
        "rules": _rules_out(programme.rules) if private and programme.rules else None,
        "doors": _doors_out(programme.doors, default) if private and programme.doors else None,
        "rooms": [_room_out(room, default, private=private) for room in programme.rooms],
        "tracks": [
            _without_empty(id=track.key, name=_text_out(track.name, default), colour=track.colour)
            for track in programme.tracks
        ],
        "speakers": [speaker_out(speaker, default, private=private) for speaker in programme.speakers],
        "sessions": [_session_out(session, default, private=private) for session in programme.sessions],
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
    # By identity where it is about False: 0 seats are not "no limit".
    return {
        name: value
        for name, value in fields.items()
        if not (value is None or value is False or value in ("", [], {}))
    }


def _text_out(texts: LocalText, default: str) -> str | LocalText:
    present = {code: clean(text) for code, text in texts.items() if clean(text)}
    return present[default] if set(present) == {default} else present


def _links_out(links: tuple[LinkFacts, ...]) -> list[Any]:
    return [{"url": link.url, "title": link.title} if link.title else link.url for link in links]


def _moment_out(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes" if moment.second == 0 else "seconds")


def _instant_out(instant: datetime | None) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z") if instant else ""


def _rules_out(rules: RulesFacts) -> dict[str, Any]:
    facts = asdict(rules)
    return {name: value for name, value in facts.items() if value not in ({}, None)}


def _doors_out(doors: DoorFacts, default: str) -> dict[str, Any]:
    return {
        "stage_early_minutes": doors.stage_early_minutes,
        **_without_empty(getting_in=_text_out(doors.getting_in, default), help_email=doors.help_email),
    }


def _room_out(room: RoomFacts, default: str, *, private: bool) -> dict[str, Any]:
    return _without_empty(
        id=room.key,
        name=_text_out(room.name, default),
        capacity=room.capacity,
        open=[{"from": _moment_out(one.starts), "until": _moment_out(one.ends)} for one in room.open_hours],
        vendor_url=room.vendor_url if private else "",
        getting_in=_text_out(room.getting_in, default) if private else "",
        dial_in=_text_out(room.dial_in, default) if private else "",
        illustrative=room.illustrative,
    )


def _conference_out(facts: ConferenceFacts, default: str) -> dict[str, Any]:
    in_order = sorted(facts.partners, key=lambda partner: partner.role != "partner")
    is_plain = in_order == list(facts.partners) and {p.role for p in in_order} <= {"partner", "funder"}

    def named(role: str) -> list[dict[str, str]]:
        if not is_plain:  # in an order of their own
            everyone = facts.partners if role == "partner" else ()
            return [_without_empty(name=p.name, url=p.url, role=p.role) for p in everyone]
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
        contact_email=facts.contact_email,
        privacy=_text_out(facts.privacy, default),
        early_entry_minutes=facts.early_entry_minutes if facts.early_entry_minutes != 15 else None,
        listed="no" if not facts.is_listed else "",
    )


def speaker_out(speaker: SpeakerFacts, default: str, *, private: bool) -> dict[str, Any]:
    """An entry of ``speakers``; without ``private`` only what the public may know."""
    own: dict[str, Any] = {}
    if private:
        own = {
            "language": speaker.language,
            "email": speaker.email,
            "access_needs": speaker.access_needs,
            "technical_needs": speaker.technical_needs,
            "notes": speaker.internal_notes,
            "availability": [
                _without_empty(
                    **{"from": _instant_out(one.starts), "until": _instant_out(one.ends)},
                    kind=one.kind.value if one.kind != AvailabilityKind.AVAILABLE else "",
                )
                for one in speaker.availability
            ],
            "availability_given": _instant_out(speaker.availability_given_at),
        }
    return _without_empty(
        id=speaker.key,
        name=speaker.name,
        kind=speaker.kind.value if speaker.kind != SpeakerKind.PERSON else "",
        pronouns=speaker.pronouns,
        role=speaker.role,
        organisation=speaker.organisation,
        country=speaker.country,
        zone=speaker.zone,
        orcid=speaker.orcid,
        biography=_text_out(speaker.biography, default),
        links=_links_out(speaker.links),
        guid=speaker.guid,
        **own,
    )


def _appearance_out(
    facts: AppearanceFacts, usual: AppearanceRole, *, with_part: bool, private: bool
) -> str | dict[str, Any]:
    """A speaker's key alone where nothing else is to be said."""
    told = _without_empty(
        role=facts.role.value if facts.role != usual else "",
        part=facts.part + 1 if with_part and facts.part is not None else None,
    )
    if private:
        unknown = ConsentState.UNKNOWN
        told |= _without_empty(
            state=facts.state.value if facts.state != AppearanceState.PLANNED else "",
            invited=_instant_out(facts.invited_at),
            reminded=_instant_out(facts.reminded_at),
            answered=_instant_out(facts.answered_at),
            answer_note=facts.answer_note,
            recording_consent=facts.recording_consent.value if facts.recording_consent != unknown else "",
            publishing_consent=facts.publishing_consent.value if facts.publishing_consent != unknown else "",
        )
    return {"id": facts.speaker, **told} if told else facts.speaker


def _session_out(session: SessionFacts, default: str, *, private: bool) -> dict[str, Any]:
    usual = default_role(session.kind)
    order = [-1 if one.part is None else one.part for one in session.appearances]
    in_parts = order == sorted(order)  # else each says its part, so that the order stays

    def people(part: int | None) -> list[Any]:
        return [
            _appearance_out(one, usual, with_part=not in_parts, private=private)
            for one in session.appearances
            if (one.part == part if in_parts else part is None)
        ]

    slots = [
        _without_empty(
            room=slot.room,
            starts=_moment_out(slot.local_start) if slot.local_start else "",
            second_hour=bool(slot.local_start and slot.local_start.fold),
            minutes=slot.length_minutes,
            seats=slot.seats,
            guid=slot.guid,
            number=slot.number,
            cancelled=slot.is_cancelled,
        )
        for slot in session.slots
    ]
    # One plain slot is written into the session itself, as a person would.
    first = session.slots[0]
    is_plain = len(slots) == 1 and first.guid == session.guid and not first.is_cancelled
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
        cancelled=session.is_cancelled,
        recording_url=session.recording_url if private else "",
        notes=session.internal_notes if private else "",
    )
