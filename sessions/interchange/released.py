"""A release as the exchange formats see it: what ``programme.xml`` and ``programme.json`` are written from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time
from typing import TypeVar

from conference import conferences, timezones
from conference.forms import is_web_address
from sessions.interchange.model import (
    AppearanceFacts,
    ConferenceFacts,
    LinkFacts,
    PartnerFacts,
    ProgrammeFile,
    RoomFacts,
    SessionFacts,
    SlotFacts,
    SpeakerFacts,
    TrackFacts,
)
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSession
from sessions.tables import AppearanceRole, SessionKind, SpeakerKind

Kind = TypeVar("Kind", SessionKind, SpeakerKind, AppearanceRole)


def programme_file(
    about: conferences.ConferenceFacts, programme: ReleasedProgramme, *, home_url: str
) -> ProgrammeFile:
    """What the release says, without what is cancelled: these formats have no word for it, and an app that
    finds a session gone takes it off. ``home_url`` is the conference's public address, no slash at its end."""
    placed = [
        (slot.local_start, timezones.wall_time(slot.end, programme.zone))
        for session, slot in programme.placings
        if not slot.is_cancelled and not session.is_cancelled
    ]
    starts = min((start for start, _end in placed), default=datetime.combine(about.starts_on, time(9)))
    ends = max((end for _start, end in placed), default=datetime.combine(about.ends_on, time(18)))
    return ProgrammeFile(
        conference=ConferenceFacts(
            slug=about.slug,
            name=about.name,
            zone=programme.zone,
            starts=min(starts, datetime.combine(about.starts_on, starts.time())),
            ends=max(ends, datetime.combine(about.ends_on, ends.time())),
            tagline=about.tagline,
            description=about.description,
            languages=about.languages,
            audience=about.audience,
            themes=about.themes,
            organiser_name=about.organiser_name,
            organiser_url=about.organiser_url,
            url=home_url,
            partners=tuple(
                PartnerFacts(partner.get("name", ""), partner.get("url", ""), partner.get("role", "partner"))
                for partner in about.partners
            ),
        ),
        rooms=tuple(RoomFacts(room.code, room.name, room.capacity) for room in programme.rooms),
        tracks=tuple(TrackFacts(track.code, track.name, track.colour) for track in programme.tracks),
        speakers=tuple(
            SpeakerFacts(
                key=speaker.code,
                name=speaker.name,
                kind=_known(SpeakerKind, speaker.kind, SpeakerKind.PERSON),
                role=speaker.job_title,
                organisation=speaker.organisation,
                country=speaker.country,
                zone=speaker.zone,
                biography=speaker.biography,
                links=_links(speaker.links),
                pronouns=speaker.pronouns,
                orcid=speaker.orcid,
            )
            for speaker in programme.speakers
        ),
        sessions=tuple(
            _session(session, home_url) for session in programme.sessions if not session.is_cancelled
        ),
    )


def _session(session: ReleasedSession, home_url: str) -> SessionFacts:
    return SessionFacts(
        key=session.code,
        kind=_known(SessionKind, session.kind, SessionKind.TALK),
        title=session.title,
        slots=tuple(
            SlotFacts(
                room=slot.room,
                local_start=slot.local_start,
                length_minutes=slot.minutes,
                seats=slot.seats,
                guid=slot.guid,
            )
            for slot in session.slots
            if not slot.is_cancelled
        ),
        guid=session.guid,
        abstract=session.abstract,
        language=session.language,
        track=session.track,
        appearances=tuple(
            AppearanceFacts(
                appearance.speaker,
                _known(AppearanceRole, appearance.role, AppearanceRole.PRESENTER),
                appearance.part,
            )
            for appearance in session.appearances
        ),
        parts=session.parts,
        do_not_record=not session.is_recorded,
        links=_links(session.links),
        url=f"{home_url}/sessions/{session.code}",
    )


def _links(links: Iterable[Mapping[str, str]]) -> tuple[LinkFacts, ...]:
    found = ((link.get("url", ""), link.get("title", "")) for link in links)
    return tuple(LinkFacts(url, title) for url, title in found if is_web_address(url))


def _known(kinds: type[Kind], value: str, default: Kind) -> Kind:
    """The kind by its value; ``default`` for one that a later version wrote."""
    return kinds(value) if value in {kind.value for kind in kinds} else default
