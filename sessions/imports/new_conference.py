"""Making a conference out of a programme file: all of it in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from conference import conferences, team, texts, timezones
from conference.addresses import parse_address
from conference.db import transaction
from conference.i18n import _, ngettext
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
    ReadResult,
    shortened,
)
from sessions.interchange.reading import Hints, NamedBytes, read_programme
from sessions.releases.publishing import NothingToRelease, release_programme


@dataclass(frozen=True)
class Imported:
    """The conference made, how many rows of each kind, and what was doubtful in placing them."""

    conference: Conference
    counts: Mapping[str, int]
    doubts: tuple[Doubt, ...]


async def import_file(
    path: Path,
    *,
    slug: str | None = None,
    zone: str | None = None,
    first_day: date | None = None,
    owner: str | None = None,
    publish: bool = False,
    uid_host: str,
    now: datetime,
) -> list[str]:
    """Make a conference of the file and return a report, line by line.

    ``owner`` is the e-mail address of the organiser who gets it (an account is made where there is none); ``zone``
    serves files that name none, ``first_day`` those without dates. Raises ImportRefused, SlugTaken or AddressRefused, and then nothing was written.
    """
    result = read_file(path, zone=zone, first_day=first_day)
    chosen = slug or result.programme.conference.slug
    report = []
    async with transaction():
        organiser = None
        if owner:
            address = parse_address(owner).address
            row = await team.add_organiser(address, "", may_create=False, now=now)
            organiser = SignedInOrganiser(row.id, row.name, row.email, row.may_create)
        imported = await import_programme(
            result.programme, slug=chosen, owner=organiser, uid_host=uid_host, now=now
        )
        conference = imported.conference
        report.append(_summary(imported))
        if publish:
            try:
                release = await release_programme(
                    conference, "", actor=organiser or "command line", now=now, despite_clashes=True
                )
            except NothingToRelease as error:
                report.append(_("Not published: %(reason)s") % {"reason": error.message})
            else:
                report.append(_("Published as release %(number)d.") % {"number": release.number})
    if organiser is None:
        report.append(
            _("Nobody has it on their desk yet: meridian organiser add EMAIL --conference %(slug)s")
            % {"slug": chosen}
        )
    report += [f"{doubt.where}: {doubt.message}" for doubt in shortened((*result.doubts, *imported.doubts))]
    return report


def read_file(path: Path, *, zone: str | None = None, first_day: date | None = None) -> ReadResult:
    """What the file says, of whatever kind it is (see ``sessions.interchange.reading``). Raises ImportRefused."""
    if zone is not None:
        timezones.zone(zone)  # an unknown one is refused before the file is looked at
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ImportRefused(
            _("%(path)s cannot be read: %(reason)s.") % {"path": path, "reason": error.strerror}
        ) from error
    incoming = read_programme([NamedBytes(path.name, data)], Hints(zone=zone, first_day=first_day))
    return ReadResult(incoming.programme, incoming.doubts)


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


def _summary(imported: Imported) -> str:
    conference, counts = imported.conference, imported.counts
    parts = [
        ngettext("%(count)d room", "%(count)d rooms", counts["room"]) % {"count": counts["room"]},
        ngettext("%(count)d track", "%(count)d tracks", counts["track"]) % {"count": counts["track"]},
        ngettext("%(count)d speaker", "%(count)d speakers", counts["speaker"]) % {"count": counts["speaker"]},
        ngettext("%(count)d session", "%(count)d sessions", counts["session"]) % {"count": counts["session"]},
    ]
    line = _("Made “%(name)s” at /%(slug)s/: %(parts)s.") % {
        "name": texts.pick(conference.name, conferences.languages_of(conference)[0]),
        "slug": conference.slug,
        "parts": ", ".join(parts),
    }
    if away := counts["unscheduled"]:
        line += " " + ngettext(
            "%(count)d slot is not scheduled.", "%(count)d slots are not scheduled.", away
        ) % {"count": away}
    return line
