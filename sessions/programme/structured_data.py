"""What search engines read of a conference, its sessions and speakers: schema.org as JSON-LD.

Only what the pages say as well. The address of an online event is our own join page; no vendor's link is ever known here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from markupsafe import Markup

from conference.dates import iso_utc
from conference.forms import is_web_address
from conference.markup import summary
from conference.texts import pick
from conference.timezones import zone as zone_of
from sessions.programme.filters import Placing
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSession, ReleasedSlot, ReleasedSpeaker
from sessions.tables import SessionKind, SpeakerKind

Data = dict[str, Any]
_STATUS = "https://schema.org/Event"
_ONLINE = "https://schema.org/OnlineEventAttendanceMode"
_LONGEST = 500  # characters of a description
_MOST_EVENTS = 150  # sessions told within the conference's data: a page for people must stay light
_LEARNING = {SessionKind.KEYNOTE, SessionKind.PANEL, SessionKind.TALK, SessionKind.WORKSHOP}


@dataclass(frozen=True)
class Site:
    """Where the conference stands, and in whose language it is told. ``base_url`` and ``home_url`` have no slash at
    their ends; ``is_open`` whether one can register now."""

    base_url: str
    home_url: str
    name: str
    language: str
    languages: tuple[str, ...]
    zone: str
    description: str = ""
    organiser_name: str = ""
    organiser_url: str = ""
    is_open: bool = False

    def text(self, value: Mapping[str, str]) -> str:
        """The text in the reader's language, else in the conference's first that has it."""
        return pick(value, self.language, self.languages)

    def local(self, instant: datetime) -> str:
        """The instant with the offset of the conference's clock, as event searches ask for."""
        return instant.astimezone(zone_of(self.zone)).isoformat()


@dataclass(frozen=True)
class Recording:
    """A recording that anyone may watch, as a published pack offers it; ``url`` is the pack's own address for it."""

    title: str
    url: str
    published_at: datetime
    language: str = ""
    licence_url: str = ""


@dataclass(frozen=True)
class Known:
    """What is known of a session beside the release. ``moved_from`` has for slots (by code) the start that was published
    before the present one."""

    recordings: Sequence[Recording] = ()
    moved_from: Mapping[str, datetime] = field(default_factory=dict)


def conference_data(site: Site, programme: ReleasedProgramme, starts: str, ends: str) -> Data:
    """The conference with what stands on its programme; of a very large one the beginning, since each session tells of
    itself on its own page. ``starts`` and ``ends`` (ISO 8601) count where nothing is on it."""
    standing = [pair for pair in programme.placings if pair[0].kind != SessionKind.BREAK]
    on = [slot for session, slot in standing if not slot.is_cancelled and not session.is_cancelled]
    return without_blanks(
        {
            "@context": "https://schema.org",
            "@type": "EducationEvent",
            "@id": f"{site.home_url}/",
            "name": site.name,
            "description": site.description[:_LONGEST],
            "url": f"{site.home_url}/",
            "startDate": site.local(min(slot.start for slot in on)) if on else starts,
            "endDate": site.local(max(slot.end for slot in on)) if on else ends,
            "eventStatus": f"{_STATUS}Scheduled",
            "eventAttendanceMode": _ONLINE,
            "location": {"@type": "VirtualLocation", "url": f"{site.home_url}/"},
            "inLanguage": list(site.languages),
            "isAccessibleForFree": True,
            "offers": _offer(site),
            "organizer": _organizer(site),
            "subEvent": [_brief(site, pair) for pair in standing[:_MOST_EVENTS]],
        }
    )


def _brief(site: Site, placing: Placing) -> Data:
    """A session within the conference's data: the rest stands on its own page."""
    session, slot = placing
    return without_blanks(
        {
            "@type": _type_of(session),
            "name": site.text(session.title),
            "url": _session_url(site, session),
            "startDate": site.local(slot.start),
            "endDate": site.local(slot.end),
            "eventStatus": f"{_STATUS}Cancelled" if _is_off(placing) else "",
            "eventAttendanceMode": _ONLINE,
            "location": {"@type": "VirtualLocation", "url": _join_url(site, slot)},
        }
    )


def session_data(
    site: Site, programme: ReleasedProgramme, session: ReleasedSession, known: Known | None = None
) -> Data:
    """A session: one event for each of its times, and its public recordings."""
    known = known or Known()
    events = [_event(site, programme, (session, slot), known) for slot in session.slots]
    return {"@context": "https://schema.org", "@graph": events}


def _event(site: Site, programme: ReleasedProgramme, placing: Placing, known: Known) -> Data:
    session, slot = placing
    before = known.moved_from.get(slot.code)
    status = "Cancelled" if _is_off(placing) else "Rescheduled" if before else "Scheduled"
    speakers = dict.fromkeys(appearance.speaker for appearance in session.appearances)
    people = [programme.speaker_by_code[code] for code in speakers if code in programme.speaker_by_code]
    return without_blanks(
        {
            "@type": _type_of(session),
            "@id": f"{_session_url(site, session)}#{slot.code}",
            "name": site.text(session.title),
            "description": summary(site.text(session.abstract), _LONGEST),
            "url": _session_url(site, session),
            "startDate": site.local(slot.start),
            "endDate": site.local(slot.end),
            "previousStartDate": site.local(before) if before and status == "Rescheduled" else "",
            "eventStatus": f"{_STATUS}{status}",
            "eventAttendanceMode": _ONLINE,
            "location": {"@type": "VirtualLocation", "url": _join_url(site, slot)},
            "inLanguage": session.language or site.languages[0],
            "isAccessibleForFree": True,
            "maximumAttendeeCapacity": slot.seats,
            "offers": _offer(site) if status != "Cancelled" else None,
            "performer": [_who(site, speaker) for speaker in people],
            "organizer": _organizer(site),
            "superEvent": {
                "@type": "EducationEvent",
                "@id": f"{site.home_url}/",
                "name": site.name,
                "url": f"{site.home_url}/",
            },
            "recordedIn": [_video(site, session, recording) for recording in known.recordings],
        }
    )


def speaker_data(site: Site, speaker: ReleasedSpeaker, placings: Iterable[Placing]) -> Data:
    """A speaker with what they take part in."""
    return without_blanks(
        {
            "@context": "https://schema.org",
            **_who(site, speaker),
            "description": summary(site.text(speaker.biography), _LONGEST),
            "performerIn": [_brief(site, pair) for pair in placings],
        }
    )


def _who(site: Site, speaker: ReleasedSpeaker) -> Data:
    is_person = speaker.kind == SpeakerKind.PERSON
    same = [f"https://orcid.org/{speaker.orcid}"] if speaker.orcid else []
    same += [url for link in speaker.links if is_web_address(url := link.get("url", ""))]
    return without_blanks(
        {
            "@type": "Person" if is_person else "Organization",
            "@id": f"{site.home_url}/speakers/{speaker.code}",
            "name": speaker.name,
            "url": f"{site.home_url}/speakers/{speaker.code}",
            "image": f"{site.base_url}{speaker.photo}" if speaker.photo else "",
            "jobTitle": speaker.job_title if is_person else "",
            "worksFor": {"@type": "Organization", "name": speaker.organisation}
            if is_person and speaker.organisation
            else None,
            "sameAs": same,
        }
    )


def _video(site: Site, session: ReleasedSession, recording: Recording) -> Data:
    return without_blanks(
        {
            "@type": "VideoObject",
            "name": recording.title or site.text(session.title),
            "description": summary(site.text(session.abstract), _LONGEST) or site.text(session.title),
            "uploadDate": iso_utc(recording.published_at),
            "url": recording.url,
            "inLanguage": recording.language or session.language or site.languages[0],
            "license": recording.licence_url,
            "isAccessibleForFree": True,
        }
    )


def _offer(site: Site) -> Data | None:
    if not site.is_open:
        return None
    return {
        "@type": "Offer",
        "price": "0",
        "priceCurrency": "EUR",  # asked for beside every price; nothing costs the same in all of them
        "availability": "https://schema.org/InStock",
        "url": f"{site.home_url}/register",
    }


def _organizer(site: Site) -> Data | None:
    if not site.organiser_name:
        return None
    return without_blanks({"@type": "Organization", "name": site.organiser_name, "url": site.organiser_url})


def _type_of(session: ReleasedSession) -> str:
    if session.kind == SessionKind.NETWORKING:
        return "SocialEvent"
    return "EducationEvent" if session.kind in _LEARNING else "Event"


def _is_off(placing: Placing) -> bool:
    session, slot = placing
    return slot.is_cancelled or session.is_cancelled


def _session_url(site: Site, session: ReleasedSession) -> str:
    return f"{site.home_url}/sessions/{session.code}"


def _join_url(site: Site, slot: ReleasedSlot) -> str:
    return f"{site.base_url}/join/{slot.code}"


def without_blanks(data: Data) -> Data:
    """The data without the names that nothing is said for."""
    return {name: value for name, value in data.items() if value not in ("", None, [], {})}


# What could end the script element, or begin a comment or an entity in it, is written as JSON escapes (HTML 4.12.1.3).
_ESCAPES = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"}


def as_script(data: Data) -> Markup:
    """The data as the content of ``<script type="application/ld+json">``, whatever people typed into it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.translate(_ESCAPES))  # noqa: S704  # nothing in it can end the element
