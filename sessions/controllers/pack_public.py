"""A pack's own page, for everyone who may open it, and what machines are told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar.response import Response, Template

from conference import dates, texts
from conference.markup import summary, to_html
from conference.pagecache import SHARED
from conference.tables import RegistrationState
from conference.texts import LocalText
from conference.viewer import Viewer
from conference.web import settings_of
from sessions.controllers.visits import PRIVATE, Visit
from sessions.packs.describing.citations import FORMATS, Work, plain_line
from sessions.packs.describing.records import host_of, records_of
from sessions.packs.describing.resource_data import pack_data
from sessions.packs.describing.resource_meta import coins, dublin_core_tags, highwire
from sessions.packs.describing.resource_record import Host, ResourceRecord
from sessions.packs.describing.signposting import LINKSET, Item, Signpost, link_header, linkset, signposts
from sessions.packs.pack_views import slow_line_words
from sessions.packs.queries import notes_in
from sessions.packs.reading.pack_page import (
    filters_of,
    item_views,
    licences_of,
    octets_of,
    pack_statements,
    pack_work,
    shown_of,
)
from sessions.packs.showing import is_embargoed, is_out
from sessions.packs.tables import PackAccess, ResourcePack
from sessions.programme.structured_data import as_script


@dataclass(frozen=True)
class OpenPack:
    """A pack as somebody who may open it has it: ``items`` in the organisers' order, with the pack's notes about them."""

    visited: Visit
    row: ResourcePack
    host: Host
    items: Sequence[tuple[ResourceRecord, LocalText]]

    @property
    def records(self) -> list[ResourceRecord]:
        return [record for record, _note in self.items]

    @property
    def is_out(self) -> bool:
        now = self.visited.layout.now
        return is_out(self.row.state, self.row.published_at, self.row.expires_at, now)

    @property
    def is_shared(self) -> bool:
        """Whether its page is the same for everyone."""
        return self.row.access == PackAccess.PUBLIC and self.is_out

    @property
    def is_embargoed(self) -> bool:
        return is_embargoed(self.row.embargo_until, self.visited.layout.now)

    @property
    def title(self) -> LocalText:
        return texts.decode(self.row.title)

    @property
    def work(self) -> Work:
        """The pack as it is cited."""
        since = self.row.published_at or self.row.first_out_at
        issued = dates.local_date(since, self.host.zone).isoformat() if since else ""
        return pack_work(self.host, self.row.code, self.title, issued, self.records)

    @property
    def url(self) -> str:
        return f"{self.host.url}/resources/{self.row.code}"

    @property
    def headers(self) -> dict[str, str]:
        """Of what may be cached as the same for everyone, or else by nobody."""
        return {SHARED: self.host.slug} if self.is_shared else dict(PRIVATE)


async def open_pack(visited: Visit, row: ResourcePack) -> OpenPack:
    """The pack with everything in it that readers see. Queries do not depend on how much that is."""
    base_url = settings_of(visited.request).base_url
    notes = await notes_in(row.id)
    records = await records_of(notes, base_url=base_url)
    return OpenPack(
        visited,
        row,
        host_of(visited.conference, base_url),
        [(record, notes[resource]) for resource, record in records.items()],
    )


def pack_page(pack: OpenPack, viewer: Viewer) -> Template:
    """200: the pack."""
    visited, row, records = pack.visited, pack.row, pack.records
    language, path = visited.language, f"{visited.home}/resources/{row.code}"
    is_ahead = pack.is_embargoed and viewer.is_team(row.conference)  # what others cannot open yet
    may_open = not pack.is_embargoed or is_ahead
    traits = [((record.kind,), record.languages) for record in records]
    shown = shown_of(visited.request.query_params, traits)
    items = [item for item in pack.items if shown.has((item[0].kind,), item[0].languages)]
    octets, work = octets_of(records), pack.work
    note = texts.decode(row.note)
    context: dict[str, Any] = {
        **pack_head(visited, row),
        "items": item_views(items, language=language, is_open=may_open),
        "filters": filters_of(shown, traits, path, language),
        "total_count": len(records),
        "zip_url": f"{path}.zip?lang={language}" if items and may_open else "",
        "total": dates.file_size_words(octets, language) if octets else "",
        "wait": slow_line_words(octets),
        "licences": licences_of(records),
        "changed": dates.long_day(dates.local_date(row.changed_at, visited.conference.zone), language),
        "is_published": pack.is_out,
        "opens": moment_words(visited, row.embargo_until) if pack.is_embargoed and row.embargo_until else "",
        "path": path,
        "permalink_to": pack.url,
        "citation": plain_line(work),
        "formats": tuple(FORMATS.values()),
        "coins": coins(work),
        "meta": [*highwire(work), *dublin_core_tags(pack_statements(work, pack.title, note, records))],
        "structured": as_script(
            pack_data(
                pack.host,
                language,
                url=pack.url,
                name=visited.layout.text(pack.title),
                description=summary(visited.layout.text(note)),
                changed_at=row.changed_at,
                records=records,
            )
        ),
    }
    template = "sessions/pack.html"
    if pack.is_shared and not is_ahead:
        answer = visited.page(template, asked=shown.query(), kept=_kept(pack), **context)
    else:
        answer = visited.own_page(template, headers=PRIVATE, **context)
    answer.headers["link"] = link_header(_signposts(pack), f"{pack.url}/linkset.json")
    return answer


def pack_linkset(pack: OpenPack) -> Response[str]:
    """All signposts of the pack."""
    content = linkset(pack.url, _signposts(pack))
    return Response(content, headers={**pack.headers, "content-type": LINKSET})


def pack_gate(visited: Visit, row: ResourcePack) -> Template:
    """403: the pack is there, and how to get in. What is inside is not told."""
    return visited.own_page(
        "sessions/pack_gate.html",
        status=403,
        headers=PRIVATE,
        is_open=visited.conference.registration_state == RegistrationState.OPEN,
        is_for_attended=row.access == PackAccess.ATTENDED,
        **pack_head(visited, row),
    )


def pack_head(visited: Visit, row: ResourcePack) -> dict[str, Any]:
    """What is said of a pack also to those who may not open it. A session is named only as it was published."""
    title, title_language = texts.pick_with_language(row.title, visited.language, visited.facts.languages)
    note = visited.layout.text(texts.decode(row.note))
    session = next((one for one in visited.programme.sessions if one.id == row.session), None)
    return {
        "title": title,
        "title_language": title_language if title_language != visited.language else "",
        "note_html": to_html(note),
        "summary": summary(note),
        "session_title": visited.layout.text(session.title) if session else "",
        "session_url": f"{visited.home}/sessions/{session.code}" if session else "",
        "is_public": row.access == PackAccess.PUBLIC,
    }


def moment_words(visited: Visit, instant: datetime) -> str:
    """An instant on the reader's clock, with its zone."""
    zone, language = visited.zone, visited.language
    day = dates.long_day(dates.local_date(instant, zone), language)
    return f"{day}, {dates.clock_time(instant, zone, language)} ({dates.zone_name(zone, instant, language)})"


def _signposts(pack: OpenPack) -> list[Signpost]:
    return signposts(
        pack.work,
        cite_url=f"{pack.url}/cite",
        schema_type="Collection",
        items=[Item(record.url, "text/html") for record in pack.records],
    )


def _kept(pack: OpenPack) -> float | None:
    """For how many seconds the page stays true: until the pack opens or ends."""
    now = pack.visited.layout.now
    ahead = [at for at in (pack.row.embargo_until, pack.row.expires_at) if at is not None and at > now]
    return (min(ahead) - now).total_seconds() if ahead else None
