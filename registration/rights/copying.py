"""A copy of everything held about a person: for reading in words, and as a file for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conference import dates, texts
from conference.db import connection_scope
from conference.i18n import _
from conference.personal_data import Held, Person, Telling
from conference.tables import Conference
from registration.rights.everything import HELD
from sessions.programme.snapshot import ReleasedProgramme
from sessions.queries import latest_programme
from sessions.tables import Slot

FORMAT = "meridian-personal-data"
VERSION = 1  # of the file; a section or a name that exists never changes its meaning under it


@dataclass(frozen=True)
class Section:
    """What one table holds of a person."""

    held: Held
    rows: tuple[dict[str, Any], ...]


async def copy_of(person: Person, conference: Conference) -> tuple[Section, ...]:
    """Every section, the empty ones too. One query for each, and one more for sessions that stand in no release."""
    async with connection_scope():
        found = [(held, await held.read(person)) for held in HELD]
        rows = [row for _held, some in found for row in some if "slot" in row]
        await _add_sessions(rows, await latest_programme(conference))
    return tuple(Section(held, tuple(some)) for held, some in found)


async def _add_sessions(rows: Sequence[dict[str, Any]], programme: ReleasedProgramme | None) -> None:
    """Put beside each row with a slot what the latest release says of it: a draft concerns nobody."""
    known = programme.slot_by_id if programme else {}
    gone = {row["slot"] for row in rows} - known.keys() - {None}
    names: dict[int, Any] = {}
    if gone:
        names = {
            row["id"]: row["title"]
            for row in await Slot.select(Slot.id, Slot.session._.title.as_alias("title")).where(
                Slot.id.is_in(sorted(gone))
            )
        }
    for row in rows:
        session, slot = known.get(row["slot"], (None, None))
        row["session_title"] = session.title if session else names.get(row["slot"])
        row["session_start"] = slot.start if slot else None
        row["session_end"] = slot.end if slot else None


def as_document(
    sections: Iterable[Section], conference: Conference, person: Person, now: datetime
) -> dict[str, Any]:
    """The copy as JSON: each section a list of rows under its name; ``fields`` says in English what each name means."""
    sections = list(sections)
    return {
        "format": FORMAT,
        "version": VERSION,
        "made_at": dates.iso_utc(now),
        "conference": {
            "slug": conference.slug,
            "name": texts.decode(conference.name),
            "zone": conference.zone,
            "organiser": conference.organiser_name,
            "contact": conference.contact_email,
        },
        "addresses": sorted(person.addresses),
        "data": {
            section.held.name: [
                {fact.name: fact.value(row) for fact in section.held.facts} for row in section.rows
            ]
            for section in sections
        },
        "fields": {
            section.held.name: {
                "": section.held.title,
                **{fact.name: fact.label for fact in section.held.facts},
            }
            for section in sections
        },
    }


@dataclass(frozen=True)
class SectionView:
    """A section as the page shows it: each row a list of (label, words), those without words left out."""

    name: str
    title: str
    rows: tuple[tuple[tuple[str, str], ...], ...]


def section_views(
    sections: Iterable[Section], to: Telling
) -> tuple[tuple[SectionView, ...], tuple[str, ...]]:
    """The sections in which something is held, in words; and the titles of those in which nothing is."""
    views, empty = [], []
    for section in sections:
        title = _(section.held.title)
        if not section.rows:
            empty.append(title)
            continue
        rows = tuple(
            tuple((_(fact.label), words) for fact in section.held.facts if (words := fact.words(row, to)))
            for row in section.rows
        )
        views.append(SectionView(section.held.name, title, rows))
    return tuple(views), tuple(empty)
