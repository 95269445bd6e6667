"""Facts in words, so that two versions of a row can be shown side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conference import dates
from conference.i18n import _, current_language, language_name, locale_of
from conference.texts import LocalText, pick
from sessions.drafting import SessionFacts
from sessions.programme.days import role_name
from sessions.room_hours import hours_in_words
from sessions.rooms import RoomFacts
from sessions.schedule.session_slots import SlotFacts
from sessions.speakers.records import SpeakerFacts
from sessions.tables import SessionKind, SpeakerKind
from sessions.tracks import TrackFacts


@dataclass(frozen=True)
class Difference:
    """One thing that two versions tell differently."""

    label: str
    mine: str
    theirs: str


def differences(mine: Mapping[str, str], theirs: Mapping[str, str]) -> list[Difference]:
    """Where two versions, in words by label, differ."""
    return [
        Difference(label, mine[label], theirs.get(label, ""))
        for label in mine
        if mine[label] != theirs.get(label, "")
    ]


def kind_names() -> dict[str, str]:
    """Each kind of session in the language in force."""
    return {
        SessionKind.KEYNOTE.value: _("Keynote"),
        SessionKind.PLENARY.value: _("Plenary"),
        SessionKind.PANEL.value: _("Panel"),
        SessionKind.WORKSHOP.value: _("Workshop"),
        SessionKind.TALK.value: _("Talk"),
        SessionKind.NETWORKING.value: _("Networking"),
        SessionKind.BREAK.value: _("Break"),
        SessionKind.BLOCKER.value: _("Blocker (private)"),
    }


def speaker_kind_names() -> dict[str, str]:
    """A speaker's kinds in the language in force."""
    return {SpeakerKind.PERSON.value: _("A person"), SpeakerKind.ORGANISATION.value: _("An organisation")}


def country_name(code: str) -> str:
    """The country in the language in force; "" for none."""
    return str(locale_of(current_language()).territories.get(code, code)) if code else ""


def room_words(facts: RoomFacts) -> dict[str, str]:
    """A room in words."""
    return {
        _("Name"): _local(facts.name),
        _("Capacity"): "" if facts.capacity is None else str(facts.capacity),
        _("Vendor’s link"): facts.vendor_url,
        _("Open"): "\n".join(hours_in_words(facts.open_hours, current_language())),
        _("What people need to get in"): _local(facts.getting_in),
        _("Taking part by phone"): _local(facts.dial_in),
    }


def track_words(facts: TrackFacts) -> dict[str, str]:
    """A track in words."""
    return {_("Name"): _local(facts.name), _("Colour"): facts.colour}


def speaker_words(facts: SpeakerFacts) -> dict[str, str]:
    """A speaker in words."""
    return {
        _("Name"): facts.name,
        _("Kind"): speaker_kind_names().get(facts.kind, facts.kind),
        _("Pronouns"): facts.pronouns,
        _("Job title"): facts.job_title,
        _("Organisation"): facts.organisation,
        _("Country"): country_name(facts.country),
        _("Time zone"): facts.zone,
        _("Biography"): _local(facts.biography),
        _("Links"): _links(facts.links),
        _("ORCID iD"): facts.orcid,
        _("Language of mails"): language_name(facts.language, current_language()) if facts.language else "",
        _("E-mail"): facts.email,
        _("What they need to take part"): facts.access_needs,
        _("Technical needs"): facts.technical_needs,
        _("Internal notes"): facts.internal_notes,
    }


def session_words(
    facts: SessionFacts, *, people: Mapping[int, str], tracks: Mapping[int, str]
) -> dict[str, str]:
    """A session in words; ``people`` and ``tracks`` are names by row id."""
    lines = []
    for appearance in facts.appearances:
        line = f"{people.get(appearance.speaker, '')} ({role_name(appearance.role)})"
        if appearance.part is not None:
            line += f", {pick(facts.parts[appearance.part], current_language())}"
        lines.append(line)
    return {
        _("Kind"): kind_names().get(facts.kind, facts.kind),
        _("Title"): _local(facts.title),
        _("Abstract"): _local(facts.abstract),
        _("Spoken language"): language_name(facts.language, current_language()) if facts.language else "",
        _("Track"): tracks.get(facts.track, "") if facts.track is not None else "",
        _("Speakers"): "\n".join(lines),
        _("Parts"): "\n".join(_local(part) for part in facts.parts),
        _("Links"): _links(facts.links),
        _("Recorded"): _("yes") if facts.is_recorded else _("no"),
        _("Recording"): facts.recording_url,
        _("Internal notes"): facts.internal_notes,
    }


def slot_words(facts: SlotFacts, rooms: Mapping[int, str]) -> dict[str, str]:
    """A slot in words; ``rooms`` are names by row id."""
    return {
        _("Length"): dates.duration_words(facts.length_minutes, current_language()),
        _("Seats"): _("open to everyone") if facts.seats is None else str(facts.seats),
        _("Room"): rooms.get(facts.room, "") if facts.room is not None else "",
        _("Begins"): facts.local_start.strftime("%Y-%m-%d %H:%M") if facts.local_start else _("unscheduled"),
    }


def _local(text: LocalText) -> str:
    if len(text) == 1:
        return next(iter(text.values()))
    return "\n".join(f"[{code}] {words}" for code, words in sorted(text.items()))


def _links(links: tuple[Mapping[str, str], ...]) -> str:
    return "\n".join(" ".join(filter(None, (link.get("title"), link.get("url")))) for link in links)
