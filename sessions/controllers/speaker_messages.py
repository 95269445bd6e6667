"""The desk's pages about mails to speakers: written, looked at as each gets it, sent, and kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, dates, i18n, texts
from conference.codes import new_code
from conference.conferences import languages_of
from conference.errors import InvalidInput
from conference.guards import requires
from conference.i18n import _, current_language, ngettext
from conference.mail.desk import HIDDEN, state_names
from conference.team import Permission
from conference.web import AnyRequest, see_other, settings_of, typed, typed_list
from sessions.controllers.desk import AT_THE_DESK, Desk
from sessions.speakers.audience import SpeakerRow, chosen, read_filter, speaker_rows
from sessions.speakers.audience_words import filter_choices
from sessions.speakers.message_contents import Audience, MessageFacts, audience_of, previews, varied
from sessions.speakers.message_form import MOST_CHOSEN, MessageForm
from sessions.speakers.messages import (
    AudienceChanged,
    message_by_code,
    messages_of,
    send_message,
    send_test,
    who_got,
)
from sessions.speakers.placeholders import BLOCKS, INLINE
from sessions.speakers.requests_desk import open_requests
from sessions.tracks import tracks_of

CHANGE = [requires(Permission.PROGRAMME)]
SHOWN = 3
"""How many recipients' mails are shown before sending."""


class SpeakerMessagesController(Controller):
    path = "/organise/{slug:str}/speakers/mail"
    dependencies = AT_THE_DESK
    guards = CHANGE

    @get("/", name="speaker-messages:list")
    async def show(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template:
        language, languages = current_language(), languages_of(desk.conference)
        return desk.page(
            request,
            "speaker_messages.html",
            "speakers",
            messages=[
                (message, texts.pick(message.subject, language, languages))
                for message in await messages_of(desk.conference.id)
            ],
            open_requests=await open_requests(desk.conference.id),
        )

    @get("/new", name="speaker-messages:new")
    async def new(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template:
        codes = request.query_params.getall("speaker", [])[:MOST_CHOSEN]
        form = MessageForm.blank(read_filter(request.query_params, codes), languages_of(desk.conference))
        return await _write_page(request, desk, form)

    @post("/new", name="speaker-messages:send", status_code=303)
    async def send(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template | Redirect:
        sent, codes = await typed(request), await typed_list(request, "speaker")
        languages, do = languages_of(desk.conference), sent.get("do", "")
        if do == "write":  # from a list with boxes: nothing is written yet
            chosen_ones = read_filter(sent, codes[:MOST_CHOSEN] or [""])
            return await _write_page(request, desk, MessageForm.blank(chosen_ones, languages))
        form = MessageForm.from_post(sent, codes, languages)
        if form.facts is None or do == "edit":
            return await _write_page(request, desk, form, status=422 if form.errors else 200)
        if do == "test":
            return await _test(request, desk, form, form.facts, sent)
        if do != "send":
            return await _preview_page(request, desk, form, form.facts)
        try:
            message = await send_message(
                desk.conference,
                form.facts,
                form.wanted,
                code=sent.get("once", ""),
                expected=sent.get("expected", ""),
                actor=desk.organiser,
                now=clock.now(),
            )
        except (AudienceChanged, InvalidInput) as refusal:
            return await _preview_page(
                request, desk, form, form.facts, refusal=refusal.message, status=refusal.http_status
            )
        told = ngettext(
            "The mail is on its way to one speaker.",
            "The mail is on its way to %(count)s speakers.",
            message.recipients,
        )
        return see_other(desk.path("speakers", "mail", message.code), told % {"count": message.recipients})

    @get("/{code:str}", name="speaker-messages:message")
    async def message(
        self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]
    ) -> Template:
        message = await message_by_code(desk.conference.id, code)
        language = current_language()
        subject, body = texts.decode(message.subject), texts.decode(message.body)
        audience: dict[str, Any] = json.loads(message.audience)
        return desk.page(
            request,
            "speaker_message.html",
            "speakers",
            message=message,
            title=texts.pick(subject, language, languages_of(desk.conference)),
            written=[(code, i18n.language_name(code, language), subject[code], body[code]) for code in body],
            got=await who_got(message),
            without_address=audience.get("without_address", []),
            mail_states=state_names(),
        )


async def _everyone_meant(desk: Desk, form: MessageForm) -> tuple[list[SpeakerRow], list[SpeakerRow]]:
    rows = await speaker_rows(desk.conference.id)
    return rows, chosen(rows, form.wanted)


async def _write_page(request: AnyRequest, desk: Desk, form: MessageForm, *, status: int = 200) -> Template:
    rows, meant = await _everyone_meant(desk, form)
    tracks = await tracks_of(desk.conference.id)
    return desk.page(
        request,
        "speaker_write.html",
        "speakers",
        form=form,
        wanted=form.wanted,
        meant=meant,
        choices=filter_choices(rows, languages_of(desk.conference), tracks),
        placeholders=[f"{{{name}}}" for name in (*INLINE, *BLOCKS)],
        status=status,
    )


async def _preview_page(
    request: AnyRequest,
    desk: Desk,
    form: MessageForm,
    facts: MessageFacts,
    *,
    refusal: str = "",
    tested: str = "",
    status: int = 200,
) -> Template:
    rows, meant = await _everyone_meant(desk, form)
    audience = audience_of(desk.conference, meant, facts)
    language, now = current_language(), clock.now()
    shown = await previews(
        desk.conference,
        facts,
        varied(audience.recipients, SHOWN),
        author=desk.organiser.label,
        base_url=settings_of(request).base_url,
    )
    languages = languages_of(desk.conference)
    choices = filter_choices(rows, languages, await tracks_of(desk.conference.id))
    return desk.page(
        request,
        "speaker_preview.html",
        "speakers",
        form=form,
        audience=audience,
        filter_words=choices.words(form.wanted),
        others=_in_another_language(audience, languages),
        previews=[
            (one, i18n.language_name(one.to.language, language), dates.zone_name(one.to.zone, now, language))
            for one in shown
        ],
        hidden=HIDDEN,
        once=new_code(12),
        refusal=refusal,
        tested=tested,
        status=status,
    )


def _in_another_language(audience: Audience, languages: Sequence[str]) -> list[SpeakerRow]:
    """Those who would rather have had the mail in a language that it is not written in."""
    return [
        one.row
        for one in audience.recipients
        if (one.row.language or languages[0]).split("-")[0] != one.language.split("-")[0]
    ]


async def _test(
    request: AnyRequest, desk: Desk, form: MessageForm, facts: MessageFacts, sent: dict[str, str]
) -> Template:
    _rows, meant = await _everyone_meant(desk, form)
    recipients = audience_of(desk.conference, meant, facts).recipients
    like = next((one for one in recipients if one.row.code == sent.get("like")), None)
    if like is None and recipients:
        like = recipients[0]
    if like is None:
        return await _preview_page(
            request, desk, form, facts, refusal=_("Nobody of these has an e-mail address."), status=422
        )
    try:
        await send_test(desk.conference, facts, like, actor=desk.organiser, now=clock.now())
    except InvalidInput as refusal:  # an organiser made on the command line may have any address
        return await _preview_page(request, desk, form, facts, refusal=refusal.message, status=422)
    return await _preview_page(request, desk, form, facts, tested=desk.organiser.email)
