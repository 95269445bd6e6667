"""The desk's pages about tracks."""

from __future__ import annotations

from dataclasses import dataclass

from babel.numbers import format_decimal
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, texts
from conference.conferences import languages_of
from conference.errors import StaleEdit
from conference.guards import requires
from conference.i18n import _, current_language, locale_of
from conference.team import Permission
from conference.web import AnyRequest, see_other, typed
from sessions.controllers.desk import AT_THE_DESK, Desk
from sessions.desk_lists import track_lines
from sessions.desk_words import differences, track_words
from sessions.forms import TrackForm
from sessions.tables import Track
from sessions.tracks import (
    TrackInUse,
    add_track,
    change_track,
    contrast,
    delete_track,
    facts_of,
    is_colour,
    shift_track,
    text_on,
    track_by_code,
    tracks_of,
)

SEE, CHANGE = [requires(Permission.SEE)], [requires(Permission.PROGRAMME)]


class TracksController(Controller):
    path = "/organise/{slug:str}/tracks"
    dependencies = AT_THE_DESK

    @get("/", guards=SEE, name="tracks:list")
    async def show(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template:
        return await _list(request, desk)

    @get("/new", guards=CHANGE, name="tracks:new")
    async def new(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template:
        others = await tracks_of(desk.conference.id)
        return _form(request, desk, TrackForm.blank(languages_of(desk.conference), len(others)))

    @post("/new", guards=CHANGE, name="tracks:add")
    async def add(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template | Redirect:
        form = TrackForm.from_post(await typed(request), languages_of(desk.conference))
        if form.facts is None:
            return _form(request, desk, form, status=422)
        track = await add_track(desk.conference, form.facts, actor=desk.organiser, now=clock.now())
        return see_other(desk.path("tracks"), _("%(name)s is added.") % {"name": _name(track)})

    @get("/{code:str}", guards=SEE, name="tracks:edit")
    async def edit(self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]) -> Template:
        track = await track_by_code(desk.conference.id, code)
        form = TrackForm.of(facts_of(track), languages_of(desk.conference), track.revision)
        return _form(request, desk, form, track)

    @post("/{code:str}", guards=CHANGE, name="tracks:change")
    async def change(
        self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]
    ) -> Template | Redirect:
        track = await track_by_code(desk.conference.id, code)
        sent = await typed(request)
        form = TrackForm.from_post(sent, languages_of(desk.conference), facts_of(track))
        if form.facts is None or sent.get("do") == "edit":
            return _form(request, desk, form, track, status=422 if form.errors else 200)
        try:
            await change_track(
                track.id, form.facts, revision=form.revision, actor=desk.organiser, now=clock.now()
            )
        except StaleEdit as stale:
            track = await track_by_code(desk.conference.id, code)
            return desk.stale_page(
                request,
                "tracks",
                action=desk.path("tracks", code),
                back=desk.path("tracks", code),
                kept=form.kept,
                revision_field="revision",
                revision=track.revision,
                differences=differences(track_words(form.facts), track_words(facts_of(track))),
                message=stale.message,
            )
        name = texts.pick(form.facts.name, current_language())
        return see_other(desk.path("tracks"), _("%(name)s is saved.") % {"name": name})

    @post("/{code:str}/move", guards=CHANGE, name="tracks:move")
    async def move(self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]) -> Redirect:
        track = await track_by_code(desk.conference.id, code)
        by = 1 if (await typed(request)).get("to") == "down" else -1
        await shift_track(track.id, by, actor=desk.organiser, now=clock.now())
        return see_other(desk.path("tracks"))

    @post("/{code:str}/delete", guards=CHANGE, name="tracks:delete")
    async def delete(
        self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]
    ) -> Template | Redirect:
        track = await track_by_code(desk.conference.id, code)
        try:
            await delete_track(track.id, actor=desk.organiser, now=clock.now())
        except TrackInUse as refusal:
            form = TrackForm.of(facts_of(track), languages_of(desk.conference), track.revision)
            return _form(request, desk, form, track, refusal=refusal.message, status=refusal.http_status)
        return see_other(desk.path("tracks"), _("%(name)s is deleted.") % {"name": _name(track)})


def _name(track: Track) -> str:
    return texts.pick(track.name, current_language())


@dataclass(frozen=True)
class Sample:
    """A colour with the text that reads best on it; ``ratio`` is their contrast in words."""

    colour: str
    text: str
    ratio: str


def _sample(colour: str) -> Sample | None:
    colour = colour.lower()
    if not is_colour(colour):
        return None
    text = text_on(colour)
    ratio = format_decimal(round(contrast(text, colour), 1), locale=locale_of(current_language()))
    return Sample(colour, text, f"{ratio} : 1")


async def _list(request: AnyRequest, desk: Desk) -> Template:
    lines = await track_lines(desk.conference.id, await tracks_of(desk.conference.id))
    return desk.page(request, "tracks.html", "tracks", lines=lines, text_on=text_on)


def _form(
    request: AnyRequest,
    desk: Desk,
    form: TrackForm,
    track: Track | None = None,
    *,
    refusal: str = "",
    status: int = 200,
) -> Template:
    return desk.page(
        request,
        "track.html",
        "tracks",
        form=form,
        track=track,
        sample=_sample(form.value("colour")),
        name=_name(track) if track else "",
        refusal=refusal,
        status=status,
    )
