"""The desk's pages about speakers."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, dates
from conference.conferences import languages_of
from conference.errors import StaleEdit
from conference.guards import requires
from conference.i18n import _, current_language
from conference.team import Permission
from conference.web import AnyRequest, page_number, see_other, typed
from sessions.controllers.desk import AT_THE_DESK, Desk, page_links
from sessions.controllers.speaker_page import speaker_desk_page
from sessions.desk_lists import page_of
from sessions.desk_words import country_name, differences, speaker_words
from sessions.forms import SpeakerForm
from sessions.speakers.answer_words import STATE_TONES, state_names
from sessions.speakers.audience import chosen, read_filter, speaker_rows
from sessions.speakers.audience_words import filter_choices, missing_names
from sessions.speakers.photos import forget_photo
from sessions.speakers.records import (
    SpeakerInUse,
    add_speaker,
    change_speaker,
    delete_speaker,
    facts_of,
    speaker_by_code,
)
from sessions.speakers.requests_desk import open_requests
from sessions.tables import Speaker
from sessions.tracks import tracks_of

SEE, CHANGE = [requires(Permission.SEE)], [requires(Permission.PROGRAMME)]


class SpeakersDeskController(Controller):
    path = "/organise/{slug:str}/speakers"
    dependencies = AT_THE_DESK

    @get("/", guards=SEE, name="speakers-desk:list")
    async def show(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template:
        wanted = read_filter(request.query_params)
        rows = await speaker_rows(desk.conference.id)
        lines = page_of(chosen(rows, wanted), page_number(request))
        before, after = page_links(desk.path("speakers"), lines, **wanted.query)
        now, language = clock.now(), current_language()
        return desk.page(
            request,
            "speakers.html",
            "speakers",
            lines=lines,
            wanted=wanted,
            everyone=len(rows),
            owing=sum(bool(row.missing) for row in rows),
            before=before,
            after=after,
            open_requests=await open_requests(desk.conference.id),
            choices=filter_choices(rows, languages_of(desk.conference), await tracks_of(desk.conference.id)),
            country_name=country_name,
            zone_name=lambda zone: dates.zone_name(zone, now, language),
            state_names=state_names(),
            state_tones=STATE_TONES,
            missing_names=missing_names(),
        )

    @get("/new", guards=CHANGE, name="speakers-desk:new")
    async def new(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template:
        form = SpeakerForm({"kind": "person"}, languages_of(desk.conference))
        return await speaker_desk_page(request, desk, form)

    @post("/new", guards=CHANGE, name="speakers-desk:add")
    async def add(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template | Redirect:
        sent = await typed(request)
        form = SpeakerForm.from_post(sent, languages_of(desk.conference))
        if sent.get("do") == "add-link":
            return await _more_links(request, desk, form)
        if form.facts is None:
            return await speaker_desk_page(request, desk, form, status=422)
        speaker = await add_speaker(desk.conference, form.facts, actor=desk.organiser, now=clock.now())
        told = _("%(name)s is added.") % {"name": speaker.name}
        if sent.get("do") == "save-another":
            return see_other(desk.path("speakers", "new"), told)
        return see_other(desk.path("speakers", speaker.code), told)

    @get("/{code:str}", guards=SEE, name="speakers-desk:edit")
    async def edit(self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]) -> Template:
        speaker = await speaker_by_code(desk.conference.id, code)
        form = SpeakerForm.of(facts_of(speaker), languages_of(desk.conference), speaker.revision)
        return await speaker_desk_page(request, desk, form, speaker)

    @post("/{code:str}", guards=CHANGE, name="speakers-desk:change")
    async def change(
        self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]
    ) -> Template | Redirect:
        speaker = await speaker_by_code(desk.conference.id, code)
        sent = await typed(request)
        form = SpeakerForm.from_post(sent, languages_of(desk.conference), facts_of(speaker))
        if sent.get("do") == "add-link":
            return await _more_links(request, desk, form, speaker)
        if form.facts is None or sent.get("do") == "edit":
            return await speaker_desk_page(request, desk, form, speaker, status=422 if form.errors else 200)
        try:
            await change_speaker(
                speaker.id, form.facts, revision=form.revision, actor=desk.organiser, now=clock.now()
            )
        except StaleEdit as stale:
            speaker = await speaker_by_code(desk.conference.id, code)
            return desk.stale_page(
                request,
                "speakers",
                action=desk.path("speakers", code),
                back=desk.path("speakers", code),
                kept=form.kept,
                revision_field="revision",
                revision=speaker.revision,
                differences=differences(speaker_words(form.facts), speaker_words(facts_of(speaker))),
                message=stale.message,
            )
        return see_other(desk.path("speakers", code), _("%(name)s is saved.") % {"name": form.facts.name})

    @post("/{code:str}/delete", guards=CHANGE, name="speakers-desk:delete")
    async def delete(
        self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]
    ) -> Template | Redirect:
        speaker = await speaker_by_code(desk.conference.id, code)
        try:
            photo_key = await delete_speaker(speaker.id, actor=desk.organiser, now=clock.now())
        except SpeakerInUse as refusal:
            form = SpeakerForm.of(facts_of(speaker), languages_of(desk.conference), speaker.revision)
            return await speaker_desk_page(
                request, desk, form, speaker, refusal=refusal.message, status=refusal.http_status
            )
        await forget_photo(request.app.state.storage, photo_key)
        return see_other(desk.path("speakers"), _("%(name)s is deleted.") % {"name": speaker.name})


async def _more_links(
    request: AnyRequest, desk: Desk, form: SpeakerForm, speaker: Speaker | None = None
) -> Template:
    form.add_rows("link_url", "link_title")
    form.errors.clear()  # nobody asked for it to be saved yet
    return await speaker_desk_page(request, desk, form, speaker)
