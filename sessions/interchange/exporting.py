"""A conference's latest release as a file: what ``meridian export`` writes."""

from __future__ import annotations

from conference.calendar import feed
from conference.conferences import conference_by_slug, facts_of
from conference.errors import NotFound
from conference.i18n import _, use_language
from conference.texts import pick
from sessions.interchange import frab, own_yaml, schedule_json
from sessions.interchange.released import programme_file
from sessions.programme.feeds import CalendarPlace, calendar_entries
from sessions.queries import latest_programme

KINDS = ("xml", "json", "ics", "yaml")


async def export_programme(slug: str, kind: str, *, base_url: str) -> bytes:
    """The latest release of the conference at ``slug`` as frab XML, schedule JSON, iCalendar or Meridian's YAML.

    Raises NotFound for an unknown conference and for one without a release.
    """
    conference = await conference_by_slug(slug)
    if conference is None:
        raise NotFound(_("There is no conference at /%(slug)s/.") % {"slug": slug})
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
    if kind == "yaml":
        return own_yaml.write(file)
    write = schedule_json.write if kind == "json" else frab.write
    return write(file, version=str(programme.number), base_url=home_url)
