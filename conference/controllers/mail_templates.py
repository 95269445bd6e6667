"""The words of a conference's mails: looked at, written anew, tried, and taken back to the built-in ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, i18n, jobs
from conference.conferences import languages_of
from conference.errors import NotFound, StaleEdit
from conference.forms import Typed, whole_number
from conference.guards import AT_THE_DESK, requires
from conference.i18n import _, current_language, language_name
from conference.mail import templates
from conference.mail.kinds import KINDS, Kind, meanings
from conference.mail.own_words import LONGEST_BODY, LONGEST_SUBJECT, OwnWords, unknown
from conference.mail.words import RenderedMail, built_in_words, render
from conference.outbox import queue_mail
from conference.tables import Conference
from conference.team import Permission
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, see_other, settings_of, typed


@dataclass(frozen=True)
class _Editing:
    """Which mail is edited, in which language, by whom."""

    conference: Conference
    organiser: SignedInOrganiser
    kind: Kind
    language: str

    @classmethod
    def of(cls, conference: Conference, organiser: SignedInOrganiser, kind: str, language: str) -> _Editing:
        if kind not in KINDS or language not in languages_of(conference):
            raise NotFound(_("There is no such mail."))
        return cls(conference, organiser, KINDS[kind], language)

    @property
    def path(self) -> str:
        return f"/organise/{self.conference.slug}/mail/templates/{self.kind.name}/{self.language}"

    def built_in(self, base_url: str) -> OwnWords:
        facts = templates.example_payload(self.conference, self.kind.name)
        zone = self.conference.zone
        known = self.kind.placeholders
        return built_in_words(self.kind.name, facts, self.language, zone, known, base_url=base_url)

    def shown(self, words: OwnWords | None, base_url: str) -> RenderedMail:
        """The example in these words, the built-in ones for None."""
        return render(
            self.kind.name,
            templates.example_payload(self.conference, self.kind.name),
            self.language,
            self.conference.zone,
            name=self.organiser.label,
            base_url=base_url,
            own_words=words,
        )

    def live(self, base_url: str) -> list[tuple[str, str, str]]:
        """Every placeholder with its meaning and what stands there in the example."""
        said = meanings()
        return [
            (f"{{{name}}}", said[name], _without_frame(self.shown(OwnWords("x", f"{{{name}}}"), base_url)))
            for name in self.kind.placeholders
        ]


def _without_frame(mail: RenderedMail) -> str:
    return mail.text.partition("\n-- \n")[0].strip()


class MailTemplatesController(Controller):
    path = "/organise/{slug:str}/mail/templates"
    dependencies = AT_THE_DESK
    guards = (requires(Permission.REGISTRATION),)

    @get("/", name="mail-templates:list")
    async def list_(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template:
        languages = languages_of(conference)
        groups = (("attendees", _("Mails to attendees")), ("speakers", _("Mails to speakers")))
        return page(
            request,
            "conference/mail-templates.html",
            conference=conference,
            organiser=organiser,
            section="mail",
            groups=[
                (title, [kind for kind in KINDS.values() if kind.group == group]) for group, title in groups
            ],
            languages=[(code, language_name(code, current_language())) for code in languages],
            written=await templates.written(conference.id),
        )

    @get("/{kind:str}/{language:str}", name="mail-templates:edit")
    async def edit(
        self,
        request: AnyRequest,
        kind: FromPath[str],
        language: FromPath[str],
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template:
        editing = _Editing.of(conference, organiser, kind, language)
        row = await templates.template_of(conference.id, kind, language)
        words = OwnWords(row.subject, row.body) if row else editing.built_in(settings_of(request).base_url)
        return _page(request, editing, words, revision=row.revision if row else 0)

    @post("/{kind:str}/{language:str}", name="mail-templates:change", status_code=303)
    async def change(
        self,
        request: AnyRequest,
        kind: FromPath[str],
        language: FromPath[str],
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template | Redirect:
        editing = _Editing.of(conference, organiser, kind, language)
        sent = await typed(request)
        do, revision, now = sent.get("do", "save"), whole_number(sent.get("revision", "")) or 0, clock.now()
        words, errors = _read(editing.kind, sent)
        try:
            if do == "built-in":
                await templates.remove_words(
                    conference, kind, language, revision=revision, actor=organiser, now=now
                )
                return see_other(editing.path, _("The built-in words are sent again."))
            if errors:
                return _page(request, editing, words, revision=revision, errors=errors, status=422)
            if do == "save":
                await templates.change_words(
                    conference, kind, language, words, revision=revision, actor=organiser, now=now
                )
                return see_other(editing.path, _("These words are sent from now on."))
        except StaleEdit as stale:
            theirs = await templates.template_of(conference.id, kind, language)
            return _page(
                request,
                editing,
                words,
                revision=theirs.revision if theirs else 0,
                stale=stale.theirs or {"subject": "", "body": ""},
                status=409,
            )
        if do == "test":
            await queue_mail(
                kind=kind,
                to=organiser.email,
                to_name=organiser.name,
                language=language,
                zone=conference.zone,
                payload={
                    **templates.example_payload(conference, kind),
                    templates.OWN_WORDS: {"subject": words.subject, "body": words.body},
                },
                idempotency_key=templates.key_of_test(organiser),
                now=now,
                conference_id=conference.id,
            )
            jobs.wake()
        return _page(
            request, editing, words, revision=revision, tested=organiser.email if do == "test" else ""
        )


def _read(kind: Kind, sent: dict[str, str]) -> tuple[OwnWords, dict[str, str]]:
    """The words as typed, and what is wrong with them by field."""
    fields = Typed(sent)
    read = OwnWords(
        fields.line("subject", required=True, most=LONGEST_SUBJECT),
        fields.text("body", required=True, most=LONGEST_BODY),
    )
    inline = [name for name in ("name", "conference", "session") if name in kind.placeholders]
    for name, text, known in (("subject", read.subject, inline), ("body", read.body, kind.placeholders)):
        if odd := unknown(text, known):
            fields.errors[name] = _("There is no placeholder %(names)s here.") % {"names": ", ".join(odd)}
    if "body" not in fields.errors and (gone := kind.missing(read.body)):
        fields.errors["body"] = _(
            "People cannot do without %(names)s in this mail. Put it back, or use {details}."
        ) % {"names": ", ".join(gone)}
    return OwnWords(fields.raw("subject"), fields.raw("body")), fields.errors


def _page(
    request: AnyRequest,
    editing: _Editing,
    words: OwnWords,
    *,
    revision: int,
    errors: dict[str, str] | None = None,
    stale: dict[str, Any] | None = None,
    tested: str = "",
    status: int = 200,
) -> Template:
    base_url = settings_of(request).base_url
    language = editing.language
    return page(
        request,
        "conference/mail-template.html",
        conference=editing.conference,
        organiser=editing.organiser,
        section="mail",
        kind=editing.kind,
        words=words,
        revision=revision,
        errors=errors or {},
        stale=stale,
        tested=tested,
        live=editing.live(base_url),
        shown=editing.shown(words, base_url) if not errors else None,
        mail_language=language,
        mail_direction=i18n.direction(language),
        mail_language_name=language_name(language, current_language()),
        others=[
            (
                language_name(code, current_language()),
                editing.path.rpartition("/")[0] + f"/{code}",
                code == language,
            )
            for code in languages_of(editing.conference)
        ],
        status=status,
    )
