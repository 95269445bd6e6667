"""The page behind the link that stops a conference's news: a button for people, one click for mail programs."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from conference import audit, clock, texts
from conference.conferences import languages_of
from conference.controllers.operation import NO_FORMS
from conference.db import transaction
from conference.errors import NotFound
from conference.guards import IN_CONFERENCE
from conference.i18n import _, current_language
from conference.mail.suppressions import subscribe_again, unsubscribe, unsubscribed_among
from conference.mail.unsubscribing import mark_in
from conference.tables import Conference
from conference.web import AnyRequest, page, typed


class MailNewsController(Controller):
    """RFC 8058: the POST carries no cookie, so it cannot carry a CSRF token either; the address itself is the secret."""

    path = "/{slug:str}/unsubscribe"
    dependencies = IN_CONFERENCE
    opt = NO_FORMS

    @get("/{token:str}", name="news:unsubscribe")
    async def show(
        self, request: AnyRequest, token: FromPath[str], conference: NamedDependency[Conference]
    ) -> Template:
        mark = _mark(token, conference)
        return _page(request, conference, is_out=mark in await unsubscribed_among([mark]))

    @post("/{token:str}", name="news:change", status_code=200)
    async def change(
        self, request: AnyRequest, token: FromPath[str], conference: NamedDependency[Conference]
    ) -> Template:
        mark, now = _mark(token, conference), clock.now()
        is_out = (await typed(request)).get("do", "") != "again"
        async with transaction():
            if is_out:
                changed = await unsubscribe(conference.id, mark, now=now)
            else:
                changed = await subscribe_again(conference.id, mark)
            if changed:
                await audit.record(
                    conference_id=conference.id,
                    actor="link in a mail",
                    action="news-unsubscribed" if is_out else "news-subscribed-again",
                    subject="mail:news",
                    now=now,
                )
        return _page(request, conference, is_out=is_out, is_done=True)


def _mark(token: str, conference: Conference) -> str:
    mark = mark_in(token, conference.id)
    if mark is None:
        raise NotFound(_("This link is not whole. Please copy all of it from the mail."))
    return mark


def _page(request: AnyRequest, conference: Conference, *, is_out: bool, is_done: bool = False) -> Template:
    return page(
        request,
        "conference/unsubscribe.html",
        conference=conference,
        name=texts.pick(conference.name, current_language(), languages_of(conference)),
        is_out=is_out,
        is_done=is_done,
        headers={"cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex"},
    )
