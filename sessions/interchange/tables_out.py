"""A programme as tables: one row per placing, one per speaker, under headings that the reader of sheets knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, timedelta

from conference import timezones
from conference.texts import LocalText, clean_line, pick
from sessions.interchange.model import ProgrammeFile, SessionFacts, SlotFacts
from sessions.tables import AppearanceRole

Table = list[list[str]]  # the headings, then the rows

# Whoever speaks stands under "speakers"; these three have a column each.
_APART = {
    AppearanceRole.CHAIR: "chair",
    AppearanceRole.INTERPRETER: "interpreter",
    AppearanceRole.HOST: "host",
}


def sessions_table(programme: ProgrammeFile) -> Table:
    """A row per placing, in order of time, unscheduled ones last.

    ``start`` and ``end`` are clock times in ``zone``, the conference's. A conference of several languages has a column
    for each, such as "title (fr)". The headings are part of the format: they are the same in every language.
    """
    languages = programme.conference.languages or ("en",)
    first = languages[0]
    rooms = {room.key: pick(room.name, first, languages) for room in programme.rooms}
    tracks = {track.key: pick(track.name, first, languages) for track in programme.tracks}
    names = {speaker.key: clean_line(speaker.name) for speaker in programme.speakers}
    heading = [
        "code", *_headings("title", languages), "kind", "track", "start", "end", "zone", "minutes", "room",
        "speakers", *_APART.values(), "language", "seats", "state", "do not record", *_headings("abstract", languages), "links", "url", "guid",
    ]  # fmt: skip
    rows = []
    for session, slot in _in_order(programme):
        start, end = _clocks(slot, programme.conference.zone)
        people = _people(session, names)
        rows.append(
            [
                session.key,
                *_texts(session.title, languages),
                session.kind.value,
                tracks.get(session.track or "", ""),
                start,
                end,
                programme.conference.zone,
                str(slot.length_minutes),
                rooms.get(slot.room or "", ""),
                people[None],
                *(people[role] for role in _APART),
                session.language or first,
                "" if slot.seats is None else str(slot.seats),
                "cancelled" if session.is_cancelled or slot.is_cancelled else "",
                "yes" if session.do_not_record else "",
                *_texts(session.abstract, languages),
                "\n".join(link.url for link in session.links),
                session.url,
                slot.guid,
            ]
        )
    return [heading, *rows]


def speakers_table(programme: ProgrammeFile, *, private: bool = False) -> Table:
    """A row per speaker. ``private`` adds what only organisers may know: never for the public."""
    languages = programme.conference.languages or ("en",)
    first = languages[0]
    titles: dict[str, list[str]] = {}
    for session in programme.sessions:
        for appearance in session.appearances:
            told = titles.setdefault(appearance.speaker, [])
            if (title := pick(session.title, first, languages)) not in told:
                told.append(title)
    heading = [
        "code", "name", "kind", "pronouns", "job title", "organisation", "country", "zone", "orcid", *_headings("biography", languages), "links", "sessions",
    ]  # fmt: skip
    if private:
        heading += ["email", "mail language", "access needs", "technical needs", "notes"]
    rows = []
    for speaker in programme.speakers:
        row = [
            speaker.key,
            speaker.name,
            speaker.kind.value,
            speaker.pronouns,
            speaker.role,
            speaker.organisation,
            speaker.country,
            speaker.zone,
            speaker.orcid,
            *_texts(speaker.biography, languages),
            "\n".join(link.url for link in speaker.links),
            "\n".join(titles.get(speaker.key, [])),
        ]
        if private:
            row += [
                speaker.email,
                speaker.language,
                speaker.access_needs,
                speaker.technical_needs,
                speaker.internal_notes,
            ]
        rows.append(row)
    return [heading, *rows]


def _headings(name: str, languages: Sequence[str]) -> list[str]:
    return [f"{name} ({code})" for code in languages] if len(languages) > 1 else [name]


def _texts(texts: LocalText, languages: Sequence[str]) -> list[str]:
    """The texts of the languages; where there is none in any of them, another in the first one's place."""
    found = [texts.get(code, "") for code in languages]
    return found if any(found) else [pick(texts, languages[0], languages), *found[1:]]


def _in_order(programme: ProgrammeFile) -> Iterator[tuple[SessionFacts, SlotFacts]]:
    pairs = [(session, slot) for session in programme.sessions for slot in session.slots]
    placed = [(slot.local_start, pair) for pair in pairs if (slot := pair[1]).local_start is not None]
    yield from (pair for _start, pair in sorted(placed, key=lambda one: one[0]))
    yield from (pair for pair in pairs if pair[1].local_start is None)


def _clocks(slot: SlotFacts, zone: str) -> tuple[str, str]:
    if slot.local_start is None:
        return "", ""
    at_home = timezones.zone(zone)
    start = slot.local_start.replace(tzinfo=at_home)
    end = (start.astimezone(UTC) + timedelta(minutes=slot.length_minutes)).astimezone(at_home)
    written = [moment.strftime("%Y-%m-%d %H:%M") for moment in (start, end)]
    return written[0], written[1]


def _people(session: SessionFacts, names: dict[str, str]) -> dict[AppearanceRole | None, str]:
    found: dict[AppearanceRole | None, list[str]] = {None: [], **{role: [] for role in _APART}}
    for appearance in session.appearances:
        people = found[appearance.role if appearance.role in _APART else None]
        if (name := names[appearance.speaker]) not in people:
            people.append(name)
    return {role: "; ".join(people) for role, people in found.items()}
