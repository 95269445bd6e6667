"""The desk notes down what a speaker told the team: yes or no to a session, and to being recorded and published."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock
from conference.errors import InvalidInput, NotFound, StaleEdit
from conference.guards import requires
from conference.i18n import _
from conference.team import Permission
from conference.web import AnyRequest, see_other, typed
from sessions.controllers.desk import AT_THE_DESK, Desk
from sessions.desk_words import differences
from sessions.speakers.answer_words import AnswerForm, answer_words
from sessions.speakers.answers import AppearanceLine, answers_of_speaker, note_answer
from sessions.speakers.records import speaker_by_code

CHANGE = [requires(Permission.PROGRAMME)]


class AnswerRefused(InvalidInput):
    """What was sent is no answer: a form that no page of ours made."""

    http_status = 422


class SpeakerAnswersController(Controller):
    path = "/organise/{slug:str}/speakers/{code:str}/answers"
    dependencies = AT_THE_DESK
    guards = CHANGE

    @get("/", name="speakers-desk:back-from-answers")
    async def back(self, desk: NamedDependency[Desk], code: FromPath[str]) -> Redirect:
        """Where an answer noted twice leaves the browser's address; changing the zone there asks for the page again."""
        return Redirect(desk.path("speakers", code), status_code=303)

    @post("/", name="speakers-desk:answer", status_code=303)
    async def note(
        self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]
    ) -> Template | Redirect:
        sent = await typed(request)
        speaker = await speaker_by_code(desk.conference.id, code)
        line = await _line(speaker.id, sent.get("session", ""), sent.get("role", ""))
        # From the session's page back to it, from the speaker's page to that.
        is_from_session = sent.get("from") == "session"
        back = desk.path("sessions", line.session) if is_from_session else desk.path("speakers", code)
        if sent.get("do") == "edit":
            return see_other(f"{back}#answers")
        form = AnswerForm.from_post(sent)
        if form.errors:
            raise AnswerRefused(next(iter(form.errors.values())))
        try:
            await note_answer(line.id, form.answer, seen=form.seen, actor=desk.organiser, now=clock.now())
        except StaleEdit as stale:
            return await _stale(request, desk, code, line, form, sent, back, stale.message)
        return see_other(
            f"{back}#answers", _("What %(name)s said is noted down.") % {"name": line.speaker_name}
        )


async def _line(speaker_id: int, session: str, role: str) -> AppearanceLine:
    lines = await answers_of_speaker(speaker_id)
    found = next((line for line in lines if (line.session, line.role) == (session, role)), None)
    if found is None:
        raise NotFound(_("This speaker no longer appears in this session."))
    return found


async def _stale(
    request: AnyRequest,
    desk: Desk,
    code: str,
    line: AppearanceLine,
    form: AnswerForm,
    sent: dict[str, str],
    back: str,
    message: str,
) -> Template:
    """409: both answers, and the choice between them."""
    speaker = await speaker_by_code(desk.conference.id, code)
    now_held = (await _line(speaker.id, line.session, line.role)).answer
    names = ("session", "role", "from", "answer", "recording", "publishing", "note")
    kept = [(name, sent[name]) for name in names if sent.get(name)]
    kept += [
        ("seen_recording", now_held.recording),
        ("seen_publishing", now_held.publishing),
        ("seen_note", now_held.note),
    ]
    return desk.stale_page(
        request,
        "speakers",
        action=desk.path("speakers", code, "answers"),
        back=f"{back}#answers",
        kept=kept,
        revision_field="seen_answer",
        revision=now_held.state,
        differences=differences(answer_words(form.answer), answer_words(now_held)),
        message=message,
    )
