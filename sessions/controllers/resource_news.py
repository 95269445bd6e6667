"""Feeds of new resources and sitemaps: of each conference, and of all."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, time

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Response

from conference import clock, i18n
from conference.downloads import is_not_modified
from conference.i18n import _
from conference.pagecache import SHARED
from conference.tables import Conference
from conference.web import AnyRequest, settings_of
from sessions.controllers.visits import IN_CONFERENCE, visit
from sessions.packs.describing.records import records_of
from sessions.packs.queries import published_packs
from sessions.packs.reading.news import Feed, atom, newest_resources
from sessions.programme.sitemap import MOST, Place, sitemap, sitemap_index

_ATOM = {"content-type": "application/atom+xml; charset=utf-8"}
_XML = {"content-type": "application/xml; charset=utf-8"}


class ResourceNewsController(Controller):
    path = "/{slug:str}"
    dependencies = IN_CONFERENCE

    @get("/resources.atom", name="resources:feed")
    async def feed(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Response[bytes]:
        visited = await visit(request, conference)
        base_url = settings_of(request).base_url
        newest = await newest_resources(conference.id, visited.layout.now)
        records = await records_of([one.id for one in newest], base_url=base_url)
        name = visited.layout.text(visited.facts.name)
        feed = Feed(
            url=f"{visited.home_url}/resources.atom",
            page=f"{visited.home_url}/resources",
            title=_("New resources of %(conference)s") % {"conference": name},
            author=visited.facts.organiser_name or name,
            language=visited.language,
            since=conference.created_at,
        )
        headers = {SHARED: conference.slug, **_ATOM, **visited.kept({})}
        return Response(atom(feed, list(records.values())), headers=headers)

    @get("/sitemap.xml", name="conference:sitemap")
    async def pages(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Response[bytes]:
        """Every page that anyone may read. What is for some alone, or gone, is not among them."""
        visited = await visit(request, conference)
        home, base_url, programme = visited.home_url, settings_of(request).base_url, visited.programme
        places: list[Place] = [(f"{home}/", None)]
        if visited.is_released:
            at = programme.released_at
            places += [(f"{home}/{page}", at) for page in ("programme", "speakers", "changes")]
            places += [(f"{home}/sessions/{session.code}", at) for session in programme.sessions]
            places += [(f"{home}/speakers/{speaker.code}", at) for speaker in programme.speakers]
        packs = [pack for pack in await published_packs(conference.id, visited.layout.now) if pack.is_public]
        places.append((f"{home}/resources", max((pack.changed_at for pack in packs), default=None)))
        places += [(f"{home}/resources/{pack.code}", pack.changed_at) for pack in packs]
        places += [
            (f"{base_url}/resources/{one.code}", one.datestamp)
            for one in await newest_resources(conference.id, visited.layout.now, most=MOST)
        ]
        headers = {SHARED: conference.slug, **_XML, **visited.kept({})}
        return Response(sitemap(places), headers=headers)


class AllNewsController(Controller):
    path = "/"

    @get("/resources.atom", name="library:feed", opt={"exclude_from_csrf": True})
    async def feed(self, request: AnyRequest) -> Response[bytes]:
        now, base_url, language = clock.now(), settings_of(request).base_url, i18n.current_language()
        newest = await newest_resources(None, now)
        # What the feed holds, without having made it: whoever asks every hour is mostly told that nothing changed.
        summary = repr([(one.code, one.datestamp.timestamp()) for one in newest]) + language + base_url
        etag = f'"{hashlib.sha256(summary.encode()).hexdigest()[:40]}"'
        headers = {**_ATOM, "etag": etag, "cache-control": "no-cache", "vary": "accept-language, cookie"}
        if is_not_modified(request.headers.get("if-none-match", ""), etag):
            return Response(b"", status_code=304, headers=headers)
        records = await records_of([one.id for one in newest], base_url=base_url)
        feed = Feed(
            url=f"{base_url}/resources.atom",
            page=f"{base_url}/resources",
            title=_("New resources of all conferences"),
            author="Meridian",
            language=language,
            since=datetime.combine(now.date(), time(), UTC),
        )
        return Response(atom(feed, list(records.values())), headers=headers)

    @get("/sitemap.xml", name="library:sitemap", opt={"exclude_from_csrf": True})
    async def sitemaps(self, request: AnyRequest) -> Response[bytes]:
        """The sitemaps of the conferences that are listed."""
        base_url = settings_of(request).base_url
        rows = (
            await Conference.select(Conference.slug)
            .where(Conference.is_listed.eq(True))
            .order_by(Conference.starts_on, Conference.id)
        )
        places: list[Place] = [(f"{base_url}/{row['slug']}/sitemap.xml", None) for row in rows]
        return Response(sitemap_index(places), headers={**_XML, "cache-control": "no-cache"})
