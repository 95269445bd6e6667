"""The desk's pages about mails to attendees: written, looked at as they get it, sent, and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, dates, i18n, texts
from conference.codes import new_code
from conference.conferences import languages_of
from conference.errors import InvalidInput
from conference.i18n import _, current_language, ngettext
from conference.mail.desk import HIDDEN, state_names
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, reader_zone, see_other, settings_of, typed
from registration.controllers.attendee import AT_THE_DESK, MOST_BYTES
from registration.controllers.desk import choices_of, desk_page
from registration.controllers.desk_one import CHANGE
from registration.desk.filters import Filter, read_filter
from registration.desk.message_contents import audience_of, previews
from registration.desk.messages import (
    AudienceChanged,
    message_by_code,
    messages_of,
    send_message,
    send_rest,
    send_test,
    states_of,
)
from sessions.queries import latest_programme
from sessions.speakers.message_contents import MessageFacts
from sessions.speakers.message_form import MessageForm


@dataclass
class Written:
    """A mail as typed, to whom, and whether it is news that people may do without."""

    form: MessageForm
    wanted: Filter
    is_news: bool = False

    @classmethod
    def from_post(cls, sent: Mapping[str, str], languages: tuple[str, ...]) -> Written:
        """Read what was typed; the words themselves are read as those to speakers are."""
        said = {name: value for name, value in sent.items() if name.startswith(("subject_", "body_"))}
        return cls(MessageForm.from_post(said, (), languages), read_filter(sent), bool(sent.get("is_news")))

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What was typed, to be sent once more by the page that shows it."""
        news = [("is_news", "yes")] if self.is_news else []
        return [*self.form.kept, *self.wanted.query.items(), *news]


class MessagesController(Controller):
    path = "/organise/{slug:str}/registrations/mail"
    dependencies = AT_THE_DESK
    guards = CHANGE
    request_max_body_size = MOST_BYTES

    @get("/", name="attendee-messages:list")
    async def show(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template:
        language, languages = current_language(), languages_of(conference)
        return desk_page(
            request,
            "desk_messages.html",
            conference,
            organiser,
            messages=[
                (message, texts.pick(message.subject, language, languages))
                for message in await messages_of(conference.id)
            ],
        )

    @get("/new", name="attendee-messages:new")
    async def new(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template:
        blank = MessageForm({}, languages_of(conference))
        return await _write_page(
            request, conference, organiser, Written(blank, read_filter(request.query_params))
        )

    @post("/new", name="attendee-messages:send", status_code=303)
    async def send(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template | Redirect:
        sent = await typed(request)
        written, do = Written.from_post(sent, languages_of(conference)), sent.get("do", "")
        facts = written.form.facts
        if facts is None or do == "edit":
            status = 422 if written.form.errors else 200
            return await _write_page(request, conference, organiser, written, status=status)
        programme, now = await latest_programme(conference), clock.now()
        try:
            if do == "test":
                await send_test(conference, programme, facts, written.wanted, actor=organiser, now=now)
                return await _preview_page(
                    request, conference, organiser, written, facts, tested=organiser.email
                )
            if do != "send":
                return await _preview_page(request, conference, organiser, written, facts)
            message = await send_message(
                conference,
                programme,
                facts,
                written.wanted,
                is_news=written.is_news,
                code=sent.get("once", ""),
                expected=sent.get("expected", ""),
                actor=organiser,
                now=now,
            )
        except (AudienceChanged, InvalidInput) as refusal:
            return await _preview_page(
                request,
                conference,
                organiser,
                written,
                facts,
                refusal=refusal.message,
                status=refusal.http_status,
            )
        told = ngettext(
            "The mail is on its way to one attendee.",
            "The mail is on its way to %(count)s attendees.",
            message.recipients,
        )
        return see_other(_address(conference, message.code), told % {"count": message.recipients})

    @get("/{code:str}", name="attendee-messages:message")
    async def message(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Template:
        message = await message_by_code(conference.id, code)
        language, states = current_language(), await states_of(message)
        subject, body = texts.decode(message.subject), texts.decode(message.body)
        return desk_page(
            request,
            "desk_message.html",
            conference,
            organiser,
            message=message,
            title=texts.pick(subject, language, languages_of(conference)),
            written=[(code, i18n.language_name(code, language), subject[code], body[code]) for code in body],
            states=[(name, states[state]) for state, name in state_names().items() if state in states],
            missing=max(0, message.recipients - sum(states.values())),
        )

    @post("/{code:str}/rest", name="attendee-messages:rest", status_code=303)
    async def rest(
        self,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Redirect:
        message = await message_by_code(conference.id, code)
        programme = await latest_programme(conference)
        await send_rest(conference, programme, message, author=organiser.label, now=clock.now())
        return see_other(
            _address(conference, code), _("The mail is on its way to everyone who had not got it.")
        )


def _address(conference: Conference, code: str) -> str:
    return f"/organise/{conference.slug}/registrations/mail/{code}"


async def _write_page(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    written: Written,
    *,
    status: int = 200,
) -> Template:
    zone, _is_chosen = reader_zone(request, conference.zone)
    choices = await choices_of(conference, await latest_programme(conference), zone)
    audience = await audience_of(conference, written.wanted, clock.now())
    return desk_page(
        request,
        "desk_write.html",
        conference,
        organiser,
        written.wanted,
        form=written.form,
        is_news=written.is_news,
        filter_words=choices.words(written.wanted),
        total=audience.total,
        status=status,
    )


async def _preview_page(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    written: Written,
    facts: MessageFacts,
    *,
    refusal: str = "",
    tested: str = "",
    status: int = 200,
) -> Template:
    zone, _is_chosen = reader_zone(request, conference.zone)
    programme, now, language = await latest_programme(conference), clock.now(), current_language()
    audience = await audience_of(conference, written.wanted, now)
    shown = await previews(
        conference,
        programme,
        facts,
        written.wanted,
        audience,
        author=organiser.label,
        base_url=settings_of(request).base_url,
        now=now,
    )
    choices = await choices_of(conference, programme, zone)
    return desk_page(
        request,
        "desk_preview.html",
        conference,
        organiser,
        written.wanted,
        written=written,
        filter_words=choices.words(written.wanted),
        total=audience.total,
        others=audience.without(facts.body),
        expected=audience.fingerprint,
        previews=[
            (one, i18n.language_name(one.language, language), dates.zone_name(one.to.zone, now, language))
            for one in shown
        ],
        hidden=HIDDEN,
        uses_link=facts.uses_link,
        once=new_code(12),
        refusal=refusal,
        tested=tested,
        status=status,
    )
