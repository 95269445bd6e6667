"""Files on disk into a new conference or one that is there: what ``meridian import`` does, told line by line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

from conference import conferences, team, texts, timezones
from conference.addresses import parse_address
from conference.conferences import conference_by_slug
from conference.db import transaction
from conference.errors import NotFound
from conference.i18n import _, ngettext
from conference.viewer import SignedInOrganiser
from sessions.imports import import_words
from sessions.imports.new_conference import Imported, import_programme
from sessions.imports.taking_in import look_at_import, take_in
from sessions.interchange.model import Doubt, ImportRefused, ReadResult, shortened
from sessions.interchange.reading import Hints, NamedBytes, read_programme
from sessions.releases.publishing import NothingToRelease, release_programme


async def import_files(
    paths: Sequence[Path],
    *,
    slug: str | None = None,
    zone: str | None = None,
    first_day: date | None = None,
    owner: str | None = None,
    publish: bool = False,
    uid_host: str,
    now: datetime,
) -> list[str]:
    """Make a conference of the files and return a report, line by line.

    ``owner`` is the e-mail address of the organiser who gets it (an account is made where there is none); ``zone``
    serves files that name none, ``first_day`` those without dates. Raises ImportRefused, SlugTaken or AddressRefused, and then nothing was written.
    """
    result = read_files(paths, zone=zone, first_day=first_day)
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
    return report + _told((*result.doubts, *imported.doubts))


async def import_into(
    paths: Sequence[Path], slug: str, *, first_day: date | None = None, only_look: bool, now: datetime
) -> list[str]:
    """Take the files into the draft of the conference at ``slug``, or only say what that would change.

    Raises NotFound and ImportRefused, and then nothing was written.
    """
    conference = await conference_by_slug(slug)
    if conference is None:
        raise NotFound(_("There is no conference at /%(slug)s/.") % {"slug": slug})
    result = read_files(paths, zone=conference.zone, first_day=first_day)
    async with transaction():
        looked = await look_at_import(conference, result.programme)
        if not only_look:
            digest = looked.plan.digest
            await take_in(conference, result.programme, digest=digest, actor="command line", now=now)
    report = [f"{import_words.counts(looked.plan)}."]
    for line in map(import_words.told, looked.plan.lines):
        changes = "; ".join(
            f"{what}: {before or '–'} → {after or '–'}" if before or after else what
            for what, before, after in line.changes
        )
        report.append(f"{line.action_words}: {line.name}" + (f" ({changes})" if changes else ""))
    return report + _told((*result.doubts, *looked.doubts))


def _told(doubts: Iterable[Doubt]) -> list[str]:
    return [f"{doubt.where}: {doubt.message}" for doubt in shortened(tuple(doubts))]


def read_files(
    paths: Sequence[Path], *, zone: str | None = None, first_day: date | None = None
) -> ReadResult:
    """What the files say, of whatever kind they are (see ``sessions.interchange.reading``). Raises ImportRefused."""
    if zone is not None:
        timezones.zone(zone)  # an unknown one is refused before the file is looked at
    files = []
    for path in paths:
        try:
            files.append(NamedBytes(path.name, path.read_bytes()))
        except OSError as error:
            raise ImportRefused(
                _("%(path)s cannot be read: %(reason)s.") % {"path": path, "reason": error.strerror}
            ) from error
    incoming = read_programme(files, Hints(zone=zone, first_day=first_day))
    return ReadResult(incoming.programme, incoming.doubts)


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
