"""What changed, release by release: a page for people and a feed (RFC 4287) for programs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Response, Template

from conference import dates
from conference.i18n import _, ngettext
from conference.pagecache import SHARED
from conference.tables import Conference
from conference.texts import clean
from conference.web import AnyRequest
from sessions.controllers.visits import IN_CONFERENCE, Visit, visit
from sessions.releases.change_words import describe
from sessions.releases.differences import Change, ChangeKind
from sessions.releases.past import PastRelease, past_releases

ENTRIES = 50
"""Releases that the feed holds."""
_ATOM = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True)
class ChangeLine:
    """A change in words. ``url`` is the session's page, ``term`` the kind's own name."""

    kind: str
    term: str
    title: str
    url: str
    words: str


@dataclass(frozen=True)
class ReleaseView:
    """A release in words. ``is_first`` brought the whole programme, which is not listed again."""

    number: int
    note: str
    released_at: datetime
    day: str
    clock: str
    is_first: bool
    lines: list[ChangeLine]
    headline: str


class ChangesController(Controller):
    path = "/{slug:str}"
    dependencies = IN_CONFERENCE

    @get("/changes", name="changes:show")
    async def changes(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Template:
        visited = await visit(request, conference)
        releases = [release_view(visited, release) for release in await past_releases(conference.id)]
        return visited.page("sessions/changes.html", releases=releases)

    @get("/changes.atom", name="changes:feed")
    async def feed(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Response[bytes]:
        visited = await visit(request, conference)
        releases = await past_releases(conference.id)
        content = _atom(visited, [release_view(visited, release) for release in releases[:ENTRIES]])
        headers = {
            SHARED: conference.slug,
            "content-type": "application/atom+xml; charset=utf-8",
            **visited.kept({}),
        }
        return Response(content, headers=headers)


def release_view(visited: Visit, release: PastRelease) -> ReleaseView:
    """A release in the reader's language and zone."""
    language, zone = visited.language, visited.zone
    is_first = release.number == 1
    count = len(release.changes)
    return ReleaseView(
        number=release.number,
        note=release.note,
        released_at=release.released_at,
        day=dates.long_day(dates.local_date(release.released_at, zone), language),
        clock=dates.clock_time(release.released_at, zone, language),
        is_first=is_first,
        lines=[] if is_first else [change_line(visited, change) for change in release.changes],
        headline=ngettext(
            "The programme was published with %(count)d session.",
            "The programme was published with %(count)d sessions.",
            count,
        )
        % {"count": count}
        if is_first
        else ngettext("%(count)d change", "%(count)d changes", count) % {"count": count},
    )


def change_line(visited: Visit, change: Change) -> ChangeLine:
    """A change in the reader's language and zone."""
    return ChangeLine(
        kind=kind_word(change["kind"]),
        term=change["kind"],
        title=visited.layout.text(change["title"]) or _("Untitled"),
        url=f"{visited.home}/sessions/{change['session']}",
        words=describe(change, visited.zone, visited.language),
    )


def kind_word(kind: str) -> str:
    """A kind of change in a word or two."""
    words = {
        ChangeKind.NEW: _("New"),
        ChangeKind.SLOT_ADDED: _("New time"),
        ChangeKind.MOVED: _("Moved"),
        ChangeKind.LENGTH: _("Length"),
        ChangeKind.ROOM_CHANGED: _("Room"),
        ChangeKind.RETITLED: _("Title"),
        ChangeKind.SPEAKERS_CHANGED: _("Speakers"),
        ChangeKind.CANCELLED: _("Cancelled"),
        ChangeKind.RESTORED: _("Back on"),
        ChangeKind.REMOVED: _("Taken off"),
        ChangeKind.DETAILS: _("Details"),
    }
    return {key.value: word for key, word in words.items()}.get(kind, kind)


def _atom(visited: Visit, releases: list[ReleaseView]) -> bytes:
    """RFC 4287. Ids are made from what never changes (RFC 4151), and dates from the releases."""
    name = visited.layout.text(visited.facts.name)
    own = f"{visited.home_url}/changes.atom"
    created = visited.conference.created_at
    tag = f"tag:{visited.conference.uid_host},{created.year}:conference-{visited.conference.id}"
    feed = Element("feed", {"xmlns": _ATOM, "xml:lang": visited.language})
    _leaf(feed, "id", tag)
    _leaf(feed, "title", _("%(name)s: changes to the programme") % {"name": name})
    _leaf(feed, "updated", dates.iso_utc(releases[0].released_at if releases else created))
    zone = dates.zone_name(visited.zone, visited.first_moment, visited.language)
    _leaf(feed, "subtitle", _("Times in %(zone)s.") % {"zone": zone})
    SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": own})
    SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": f"{visited.home_url}/changes"})
    _leaf(SubElement(feed, "author"), "name", visited.facts.organiser_name or name)
    for release in releases:
        entry = SubElement(feed, "entry")
        _leaf(entry, "id", f"{tag}/release-{release.number}")
        _leaf(
            entry,
            "title",
            _("Release %(number)d: %(what)s") % {"number": release.number, "what": release.headline},
        )
        _leaf(entry, "published", dates.iso_utc(release.released_at))
        _leaf(entry, "updated", dates.iso_utc(release.released_at))  # a release never changes
        href = f"{visited.home_url}/changes#release-{release.number}"
        SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": href})
        lines = [release.note, *(f"{line.title}: {line.words}" for line in release.lines)]
        for kind in dict.fromkeys(line.term for line in release.lines):
            SubElement(entry, "category", {"term": kind})
        _leaf(entry, "content", "\n".join(line for line in lines if line) or release.headline)
    indent(feed, space=" ")
    document: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _leaf(parent: Element, tag: str, text: str) -> None:
    SubElement(parent, tag).text = clean(text)
