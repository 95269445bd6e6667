"""A conference's programme as a file: what ``meridian export`` writes, and the desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from conference.calendar import feed
from conference.conferences import conference_by_slug, facts_of
from conference.errors import NotFound
from conference.i18n import _, use_language
from conference.tables import Conference
from conference.texts import pick
from sessions.interchange import frab, own_yaml, schedule_json, sheets_out
from sessions.interchange.drafted import draft_programme
from sessions.interchange.model import ProgrammeFile
from sessions.interchange.released import programme_file
from sessions.programme.feeds import CalendarPlace, calendar_entries
from sessions.queries import latest_programme

KINDS = ("xml", "json", "ics", "yaml", "csv", "speakers-csv", "xlsx")
DRAFT_KINDS = ("yaml", "csv", "speakers-csv", "xlsx")


class _Writer(Protocol):
    def __call__(self, programme: ProgrammeFile, *, version: str, base_url: str) -> bytes: ...


_VERSIONED: dict[str, _Writer] = {"xml": frab.write, "json": schedule_json.write}
_PUBLIC: dict[str, Callable[[ProgrammeFile], bytes]] = {
    "yaml": own_yaml.write,
    "csv": sheets_out.write_sessions_csv,
    "speakers-csv": sheets_out.write_speakers_csv,
    "xlsx": sheets_out.write_xlsx,
}


async def export_programme(slug: str, kind: str, *, base_url: str) -> bytes:
    """The latest release of the conference at ``slug`` as one of ``KINDS``: nothing private is in it.

    Raises NotFound for an unknown conference and for one without a release.
    """
    conference = await _conference(slug)
    programme = await latest_programme(conference)
    if programme is None:
        raise NotFound(_("Nothing of this conference is published yet."))
    about = facts_of(conference)
    home_url = f"{base_url}/{slug}"
    if kind == "ics":
        language = about.languages[0]
        place = CalendarPlace(slug, base_url, conference.uid_host, programme.zone, about.languages)
        with use_language(language):
            entries = calendar_entries(place, programme, programme.placings, language=language)
            name = pick(about.name, language, about.languages)
            return feed(entries, name, f"{home_url}/programme.ics", language=language)
    file = programme_file(about, programme, home_url=home_url)
    if kind in _VERSIONED:
        return _VERSIONED[kind](file, version=str(programme.number), base_url=home_url)
    return _PUBLIC[kind](file)


async def export_draft(slug: str, kind: str, *, base_url: str) -> bytes:
    """The draft of the conference at ``slug`` as one of ``DRAFT_KINDS``, with everything only organisers may know.

    As YAML it is complete: imported elsewhere it gives the same programme. Raises NotFound.
    """
    conference = await _conference(slug)
    file = await draft_programme(conference, home_url=f"{base_url}/{slug}")
    return draft_file(file, kind)


def draft_file(programme: ProgrammeFile, kind: str) -> bytes:
    """A draft's programme as one of ``DRAFT_KINDS``; private."""
    if kind == "yaml":
        return own_yaml.write(programme, private=True)
    if kind == "speakers-csv":
        return sheets_out.write_speakers_csv(programme, private=True)
    if kind == "xlsx":
        return sheets_out.write_xlsx(programme, private=True)
    return sheets_out.write_sessions_csv(programme)


async def _conference(slug: str) -> Conference:
    conference = await conference_by_slug(slug)
    if conference is None:
        raise NotFound(_("There is no conference at /%(slug)s/.") % {"slug": slug})
    return conference
