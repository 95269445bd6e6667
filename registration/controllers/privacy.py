"""The privacy notice: the public page, and what the team adds to it."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, i18n, texts
from conference.conferences import facts_of, languages_of
from conference.errors import NotFound, StaleEdit
from conference.forms import Typed
from conference.guards import requires
from conference.i18n import _
from conference.markup import to_html
from conference.tables import Conference, Role
from conference.team import Permission, may
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, reader_zone, see_other, typed
from registration.controllers.attendee import AT_THE_DESK, IN_CONFERENCE, MOST_BYTES
from registration.controllers.question_pages import language_pairs, per_language
from registration.rights.notice import PrivacyFactsSaid
from registration.rights.notice_facts import change_said, said_of
from registration.rights.notice_versions import (
    NoticeWords,
    keep_version,
    version_views,
    versions_of,
    words_now,
    words_of,
)

MOST_VERSIONS = 1_000_000  # a number beyond what a database counts is no version


class PrivacyController(Controller):
    path = "/{slug:str}/privacy"
    dependencies = IN_CONFERENCE

    @get("/", name="conference:privacy")
    async def privacy(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Template:
        words = await words_now(conference)
        number = await keep_version(conference, words, clock.now())
        return await _notice_page(request, conference, words, number)

    @get("/{number:int}", name="conference:privacy-version")
    async def version(
        self, request: AnyRequest, conference: NamedDependency[Conference], number: FromPath[int]
    ) -> Template:
        words = await words_of(conference.id, number) if number < MOST_VERSIONS else None
        if words is None:
            raise NotFound(_("There is no such version of the privacy notice."))
        return await _notice_page(request, conference, words, number)


async def _notice_page(
    request: AnyRequest, conference: Conference, words: NoticeWords, number: int
) -> Template:
    """A version of the notice, with when it held and all the others."""
    facts, language = facts_of(conference), i18n.current_language()
    own, own_language = texts.pick_with_language(words.own, language, facts.languages)
    versions = version_views(
        await versions_of(conference.id), reader_zone(request, conference.zone)[0], language
    )
    return page(
        request,
        "conference/privacy.html",
        conference=conference,
        shared=True,
        own=to_html(own),
        own_language=own_language,
        notice=to_html(words.made.get(language) or next(iter(words.made.values()))),
        organiser_name=facts.organiser_name,
        organiser_url=facts.organiser_url,
        version=next(one for one in versions if one.number == number),
        versions=versions,
    )


class NoticeDeskController(Controller):
    path = "/organise/{slug:str}/privacy/notice"
    dependencies = AT_THE_DESK
    request_max_body_size = MOST_BYTES

    @get("/", name="notice-desk:show", guards=[requires(Permission.SEE)])
    async def show(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
    ) -> Template:
        said = await said_of(conference.id)
        values = {"authority_url": said.authority_url, "revision": str(said.revision)}
        values |= {f"recipients_{code}": text for code, text in said.recipients.items()}
        values |= {f"authority_{code}": text for code, text in said.authority.items()}
        return await _desk_page(
            request, conference, organiser, values, {}, may_change=may(role, Permission.MANAGE)
        )

    @post("/", name="notice-desk:change", guards=[requires(Permission.MANAGE)], status_code=303)
    async def change(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template | Redirect:
        values, languages = Typed(await typed(request)), languages_of(conference)
        said = PrivacyFactsSaid(
            values.local_text("recipients", languages, most=5000),
            values.local_text("authority", languages, lines=True, most=200),
            values.url("authority_url", most=500),
            values.whole_number("revision") or 0,
        )
        if values.errors:
            return await _desk_page(request, conference, organiser, values.values, values.errors, 422)
        try:
            await change_said(conference, said, actor=organiser, now=clock.now())
        except StaleEdit as error:
            values.errors[""] = error.message
            values.values["revision"] = str((await said_of(conference.id)).revision)
            return await _desk_page(request, conference, organiser, values.values, values.errors, 409)
        return see_other(f"/organise/{conference.slug}/privacy/notice", _("The privacy notice says so now."))


async def _desk_page(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    status: int = 200,
    *,
    may_change: bool = True,
) -> Template:
    return page(
        request,
        "registration/desk_notice.html",
        conference=conference,
        organiser=organiser,
        section="privacy",
        status=status,
        values=values,
        errors=errors,
        may_change=may_change,
        languages=language_pairs(conference),
        versions=version_views(
            await versions_of(conference.id),
            reader_zone(request, conference.zone)[0],
            i18n.current_language(),
        ),
        recipients=per_language(values, "recipients", conference),
        authority=per_language(values, "authority", conference),
    )
