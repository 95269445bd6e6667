"""The desk's page of one speaker: what is known of them, what they said, their photo, what they ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar.response import Template

from conference import clock, dates, i18n, texts, timezones
from conference.conferences import languages_of
from conference.i18n import _, current_language
from conference.mail.suppressions import suppressed
from conference.web import AnyRequest
from conference.zone_choices import zone_label
from sessions.controllers.desk import Desk
from sessions.desk_words import country_name, speaker_kind_names
from sessions.forms import SpeakerForm, mail_languages
from sessions.programme.days import role_name
from sessions.queries import latest_programme
from sessions.speakers.answer_words import STATE_TONES, consent_names, history_words, state_names
from sessions.speakers.answers import AppearanceLine, answers_in_session, answers_of_speaker
from sessions.speakers.orcid import orcid_url
from sessions.speakers.photos import photo_of
from sessions.speakers.pictures import ACCEPT, LARGEST_BYTES
from sessions.speakers.reminder_choices import choices_shown
from sessions.speakers.requests_desk import requests_of
from sessions.tables import AppearanceState, Session, Speaker


@dataclass(frozen=True)
class AnswerView:
    """An appearance as the desk shows it, with the form in which its answer is noted."""

    line: AppearanceLine
    title: str
    role: str
    history: str

    @property
    def key(self) -> str:
        """What tells its fields from those of other appearances on the page."""
        return f"{self.line.speaker}-{self.line.session}-{self.line.role}"


def answer_context(desk: Desk, lines: list[AppearanceLine]) -> dict[str, Any]:
    """What the part of a page about answers shows."""
    now, language, languages = clock.now(), current_language(), languages_of(desk.conference)
    return {
        "answers": [
            AnswerView(
                line,
                texts.pick(line.session_title, language, languages),
                role_name(line.role),
                history_words(line, now),
            )
            for line in lines
        ],
        "answer_states": list(state_names().items()),
        "answer_tones": STATE_TONES,
        "consents": list(consent_names().items()),
    }


async def session_answers(desk: Desk, session: Session) -> dict[str, Any]:
    """The answers of everyone in a session, for its page. One query."""
    return answer_context(desk, await answers_in_session(session.id))


async def speaker_desk_page(
    request: AnyRequest,
    desk: Desk,
    form: SpeakerForm,
    speaker: Speaker | None = None,
    *,
    refusal: str = "",
    photo_error: str = "",
    status: int = 200,
) -> Template:
    """A speaker's page with the form as it was typed; without ``speaker`` the page of a new one."""
    language, now = current_language(), clock.now()
    lines = await answers_of_speaker(speaker.id) if speaker else []
    programme = await latest_programme(desk.conference)
    photo = photo_of(speaker.photo_key) if speaker else None
    return desk.page(
        request,
        "speaker.html",
        "speakers",
        form=form,
        speaker=speaker,
        kinds=list(speaker_kind_names().items()),
        countries=timezones.countries(language),
        country_zones=[(zone, zone_label(zone, now, language)) for zone in form.country_zones],
        zones_title=_("Zones of %(country)s") % {"country": country_name(form.value("country"))},
        mail_languages=[
            (code, i18n.language_name(code, language))
            for code in mail_languages(languages_of(desk.conference))
        ],
        orcid_url=orcid_url(speaker.orcid) if speaker else "",
        is_released=programme is not None
        and speaker is not None
        and speaker.code in programme.speaker_by_code,
        photo=photo,
        photo_url=photo.path(desk.conference.slug, speaker.code) if photo and speaker else "",
        photo_accept=ACCEPT,
        photo_most=dates.file_size_words(LARGEST_BYTES, language),
        photo_errors={"file": photo_error} if photo_error else {},
        waiting=_waiting(lines),
        reminders=choices_shown(speaker) if speaker else [],
        requests=await requests_of(desk.conference.id, speaker_id=speaker.id) if speaker else [],
        refusal=refusal,
        mail_back=await suppressed(speaker.email) if speaker and speaker.email else None,
        status=status,
        **answer_context(desk, lines),
    )


def _waiting(lines: list[AppearanceLine]) -> str:
    """What can be asked of the speaker now: "planned" to invite, "invited" to remind, "" nothing."""
    held = {line.answer.state for line in lines if not line.is_cancelled}
    waiting = (AppearanceState.PLANNED.value, AppearanceState.INVITED.value)
    return next((state for state in waiting if state in held), "")
