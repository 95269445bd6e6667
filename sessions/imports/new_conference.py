"""Making a conference out of a programme file: all of it in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from conference import conferences, timezones
from conference.db import transaction
from conference.i18n import _
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from sessions.imports.writing import Writing
from sessions.interchange.incoming import slugified
from sessions.interchange.model import (
    ConferenceFacts,
    Doubt,
    Doubts,
    ImportRefused,
    ProgrammeFile,
)


@dataclass(frozen=True)
class Imported:
    """The conference made, how many rows of each kind, and what was doubtful in placing them."""

    conference: Conference
    counts: Mapping[str, int]
    doubts: tuple[Doubt, ...]


async def import_programme(
    file: ProgrammeFile, *, slug: str, owner: SignedInOrganiser | None, uid_host: str, now: datetime
) -> Imported:
    """Make the conference at ``slug`` with everything the file holds, as a draft; joins the caller's transaction.

    A wall-clock time that a clock change leaves out is not guessed: its slot stays unscheduled, with a doubt.
    Raises ImportRefused for values no programme has, and SlugTaken.
    """
    if not slug or slugified(slug) != slug:
        raise ImportRefused(
            _("“%(slug)s” cannot be an address: use small letters, digits and hyphens, 60 at most.")
            % {"slug": slug[:80]}
        )
    doubts = Doubts()
    async with transaction():
        if await Conference.exists().where(Conference.slug == slug):
            raise conferences.SlugTaken(
                _("There is a conference at /%(slug)s/ already. Choose another address for this one.")
                % {"slug": slug}
            )
        facts = _conference(file, slug)
        conference = await conferences.create_conference(facts, actor=owner, uid_host=uid_host, now=now)
        writing = Writing(file, conference, doubts, now)
        await writing.write()
    return Imported(conference, writing.counts, doubts.listed())


def _conference(file: ProgrammeFile, slug: str) -> conferences.ConferenceFacts:
    facts = file.conference
    first, last = _days(file)
    default = facts.languages[0] if facts.languages else "en"
    description = dict(facts.description)
    if facts.price:
        price = _("Price: %(price)s.") % {"price": facts.price}
        description[default] = "\n\n".join(filter(None, [description.get(default, ""), price]))
    return conferences.ConferenceFacts(
        slug=slug,
        name=facts.name,
        zone=timezones.zone(facts.zone).key,
        starts_on=first,
        ends_on=last,
        languages=facts.languages or ("en",),
        tagline=facts.tagline,
        description=description,
        audience=facts.audience,
        themes=facts.themes,
        organiser_name=facts.organiser_name[:200],
        organiser_url=(facts.organiser_url or facts.url)[:500],
        partners=tuple({"name": p.name, "url": p.url, "role": p.role} for p in facts.partners),
        contact_email=facts.contact_email[:254],
        privacy=facts.privacy,
        early_entry_minutes=min(max(facts.early_entry_minutes, 0), 1440),
        is_listed=facts.is_listed,
    )


def _days(file: ProgrammeFile) -> tuple[date, date]:
    """First and last day: those the file names, widened to hold every slot. Midnight ends the day before it."""

    def last_day(start: datetime, end: datetime) -> date:
        return max(start, end - timedelta(minutes=1)).date()

    facts: ConferenceFacts = file.conference
    first, last = facts.starts.date(), last_day(facts.starts, facts.ends)
    for session in file.sessions:
        for slot in session.slots:
            if slot.local_start is not None:
                first = min(first, slot.local_start.date())
                # By its start: a party that lasts past midnight does not make another day.
                last = max(last, slot.local_start.date())
    return first, last
