"""The desk's pages about what sessions still owe: the list, the letter to those who owe, what is expected at all."""

from __future__ import annotations

from urllib.parse import urlencode

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from conference import clock, dates
from conference.codes import new_code
from conference.conferences import languages_of
from conference.errors import Conflict, InvalidInput
from conference.i18n import current_language, language_name, ngettext
from conference.mail.desk import HIDDEN
from conference.web import AnyRequest, see_other, settings_of, typed, typed_list
from sessions.controllers.desk import AT_THE_DESK, Desk
from sessions.controllers.pack_pages import PROGRAMME
from sessions.packs.collecting.chase import (
    KIND,
    ChaseFilter,
    audience_of,
    chase,
    ledger_of,
    previews,
    read_filter,
    varied,
)
from sessions.packs.collecting.expectations import rules_of
from sessions.packs.collecting.expected_form import session_kinds
from sessions.packs.collecting.owed import When
from sessions.packs.collecting.owed_words import debtor_views, owed_options, owing_views, when_options

MOST_CHOSEN = 1000
SHOWN = 3
"""How many letters are shown before sending."""


class ResourceChaseController(Controller):
    path = "/organise/{slug:str}/resources/chase"
    dependencies = AT_THE_DESK
    guards = PROGRAMME

    @get("/", name="resource-chase:list")
    async def show(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template:
        language, languages, now = current_language(), languages_of(desk.conference), clock.now()
        wanted = read_filter(request.query_params)
        ledger = await ledger_of(desk.conference, now)
        _rules, revision = await rules_of(desk.conference.id)
        owing, people = ledger.meant(wanted), ledger.people(wanted)
        ago = {
            one.id: dates.relative_words(one.asked_at, now, language)
            for one in people
            if one.asked_at is not None
        }
        zone = desk.conference.zone
        return desk.page(
            request,
            "resource_chase.html",
            "resources",
            view="people" if request.query_params.get("view") == "people" else "sessions",
            wanted=wanted,
            query=urlencode(wanted.query),
            is_said=revision > 0,
            lines=owing_views(owing, ledger, zone=zone, language=language, languages=languages),
            people=debtor_views(people, ago, language=language, languages=languages),
            reachable=sum(one.can_be_mailed for one in people),
            total=len(ledger.owing),
            overdue=sum(one.when is When.OVERDUE for one in ledger.owing),
            debtors=len(ledger.debtors),
            what_options=owed_options(),
            when_options=when_options(),
            kind_options=session_kinds(),
            language_name=lambda code: language_name(code, language),
        )

    @get("/mail", name="resource-chase:preview")
    async def preview(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template:
        codes = request.query_params.getall("speaker", [])[:MOST_CHOSEN]
        return await _preview(request, desk, read_filter(request.query_params, codes))

    @post("/mail", name="resource-chase:send", status_code=303)
    async def send(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template | Redirect:
        sent, codes = await typed(request), await typed_list(request, "speaker")
        wanted = read_filter(sent, codes[:MOST_CHOSEN])
        try:
            count = await chase(
                desk.conference,
                wanted,
                code=sent.get("once", ""),
                expected=sent.get("expected", ""),
                actor=desk.organiser,
                now=clock.now(),
            )
        except (Conflict, InvalidInput) as refusal:
            return await _preview(request, desk, wanted, refusal=refusal.message, status=refusal.http_status)
        told = ngettext(
            "The letter is on its way to one speaker.",
            "The letters are on their way to %(count)s speakers.",
            count,
        )
        return see_other(f"{desk.path('resources', 'chase')}?view=people", told % {"count": count})


async def _preview(
    request: AnyRequest, desk: Desk, wanted: ChaseFilter, *, refusal: str = "", status: int = 200
) -> Template:
    language, now = current_language(), clock.now()
    people = (await ledger_of(desk.conference, now)).people(wanted)
    audience = audience_of(people, now)
    shown = await previews(
        desk.conference, varied(audience.recipients, SHOWN), base_url=settings_of(request).base_url
    )
    return desk.page(
        request,
        "resource_chase_preview.html",
        "resources",
        audience=audience,
        wanted=wanted,
        back=f"{desk.path('resources', 'chase')}?{urlencode({**wanted.query, 'view': 'people'})}",
        words_url=desk.path("mail", "templates", KIND),
        previews=[
            (one, language_name(one.to.language, language), dates.zone_name(one.to.zone, now, language))
            for one in shown
        ],
        hidden=HIDDEN,
        once=new_code(12),
        refusal=refusal,
        status=status,
    )
