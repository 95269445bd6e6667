"""The page at an address of which the thing is gone: what happened, when, and what took its place."""

from __future__ import annotations

from typing import Any

from litestar.response import Template

from conference import dates, i18n, texts
from conference.tables import Conference
from conference.web import AnyRequest, page
from sessions.controllers.visits import PRIVATE, visit
from sessions.packs.reading.afterlife import Afterlife
from sessions.packs.resource_words import kind_name
from sessions.packs.tombstones import what_became


async def gone_page(request: AnyRequest, gone: Afterlife) -> Template:
    """410, within the look of the conference as long as there is one. No search engine keeps it."""
    conference = (
        await Conference.objects().where(Conference.id == gone.conference).first()
        if gone.conference
        else None
    )
    language = i18n.current_language()
    zone = conference.zone if conference else "UTC"
    context: dict[str, Any] = {
        "is_pack": gone.is_pack,
        "kind": kind_name(gone.kind) if gone.kind else "",
        "title": texts.pick(gone.title, language),
        "why": what_became(gone.reason),
        "day": dates.long_day(dates.local_date(gone.gone_at, zone), language) if gone.gone_at else "",
        "words": texts.pick(gone.words, language),
        "replaced_by": f"/resources/{gone.replaced_by}" if gone.replaced_by else "",
    }
    template = "sessions/resource_gone.html"
    if conference is None:
        return page(request, template, status=410, headers=PRIVATE, home="", **context)
    visited = await visit(request, conference)
    return visited.own_page(template, status=410, headers=PRIVATE, **context)
