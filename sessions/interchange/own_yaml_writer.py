"""A programme written as Meridian's own YAML, so that people may go on by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import yaml

from conference.texts import LocalText, clean
from sessions.interchange.kinds import default_role
from sessions.interchange.model import (
    ConferenceFacts,
    LinkFacts,
    ProgrammeFile,
    SessionFacts,
    SpeakerFacts,
)
from sessions.tables import SpeakerKind

_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


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
