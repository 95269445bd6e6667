"""The desk's pages about what speakers still owe, and what they ask for."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from conference import clock, dates, texts
from conference.conferences import languages_of
from conference.errors import Conflict
from conference.forms import Typed, whole_number
from conference.guards import requires
from conference.i18n import _, current_language
from conference.team import Permission
from conference.web import AnyRequest, see_other, typed
from sessions.controllers.desk import AT_THE_DESK, Desk
from sessions.speakers.audience import chosen, read_filter, speaker_rows
from sessions.speakers.audience_words import missing_names
from sessions.speakers.chase import owed, owing
from sessions.speakers.requests_desk import AlreadyAnswered, answer_request, open_requests, requests_of

SEE, CHANGE = [requires(Permission.SEE)], [requires(Permission.PROGRAMME)]


class SpeakerChaseController(Controller):
    path = "/organise/{slug:str}/speakers"
    dependencies = AT_THE_DESK

    @get("/chase", guards=SEE, name="speakers-desk:chase")
    async def chase(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template:
        rows = await speaker_rows(desk.conference.id)
        wanted = read_filter({"missing": request.query_params.get("missing", "")})
        now, language = clock.now(), current_language()
        return desk.page(
            request,
            "speaker_chase.html",
            "speakers",
            lines=owing(chosen(rows, wanted)),
            counts=owed(rows),
            owing=sum(bool(row.missing) for row in rows),
            coming=sum(bool(row.coming) for row in rows),
            missing=wanted.missing,
            open_requests=await open_requests(desk.conference.id),
            missing_names=missing_names(),
            ago=lambda instant: dates.relative_words(instant, now, language),
        )

    @get("/requests", guards=SEE, name="speakers-desk:requests")
    async def requests(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template:
        return await _requests_page(request, desk)

    @post("/requests", guards=CHANGE, name="speakers-desk:answer-request", status_code=303)
    async def answer(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template | Redirect:
        read = Typed(await typed(request))
        request_id = whole_number(read.raw("request")) or 0
        answer = read.text("answer", required=True, most=5_000)
        if read.errors:
            return await _requests_page(
                request, desk, failed=request_id, error=read.errors["answer"], answer=answer, status=422
            )
        try:
            sent = await answer_request(
                desk.conference, request_id, answer, actor=desk.organiser, now=clock.now()
            )
        except AlreadyAnswered as refusal:
            return await _requests_page(request, desk, refused=refusal, answer=answer, status=409)
        told = (
            _("Your answer is on its way, and stands on the speaker’s page.")
            if sent
            else _("Your answer stands on the speaker’s page. They have no e-mail address.")
        )
        return see_other(desk.path("speakers", "requests"), told)


async def _requests_page(
    request: AnyRequest,
    desk: Desk,
    *,
    failed: int = 0,
    error: str = "",
    answer: str = "",
    refused: Conflict | None = None,
    status: int = 200,
) -> Template:
    """What speakers asked. ``failed`` is the request whose answer was refused with ``error``."""
    only_open = request.query_params.get("show") != "all" and refused is None
    lines = await requests_of(desk.conference.id, only_open=only_open)
    language, languages, now = current_language(), languages_of(desk.conference), clock.now()
    return desk.page(
        request,
        "speaker_requests.html",
        "speakers",
        lines=[(line, texts.pick(line.session_title, language, languages)) for line in lines],
        only_open=only_open,
        open_requests=await open_requests(desk.conference.id),
        failed=failed,
        errors={f"answer-{failed}": error} if error else {},
        answer=answer,
        refusal=refused.message if refused else "",
        ago=lambda instant: dates.relative_words(instant, now, language),
        status=status,
    )
