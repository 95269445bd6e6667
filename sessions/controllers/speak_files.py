"""A speaker hands in slides and other files on their own page: by the script that goes on over broken lines, or by a plain form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Controller, Response, get, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import dates, texts
from conference.conferences import languages_of
from conference.errors import InvalidInput, NotFound
from conference.filetypes import ACCEPT, FileRefused
from conference.forms import whole_number
from conference.i18n import _, ngettext
from conference.markup import to_html
from conference.storage import StorageFull, StorageUnavailable
from conference.uploads import receive
from conference.web import AnyRequest, settings_of, typed
from sessions.controllers import tus_answers
from sessions.controllers.pack_pages import UPLOAD, storage_of
from sessions.controllers.speak_owed import debts_of_own
from sessions.controllers.speak_own import GONE, OWN, Own, own_view
from sessions.controllers.tus_answers import CREATE, HANDLERS, ROUTE, Sending
from sessions.packs.choices import speakers_in
from sessions.packs.collecting.handing_in import hand_in_files, hand_in_link, handed_in, session_of_speaker
from sessions.packs.collecting.owed_words import OwnDebt
from sessions.packs.collecting.own_resources import own_resource
from sessions.packs.collecting.upload_views import upload_views, upload_words
from sessions.packs.collecting.uploads import Sender, Target, discard_upload, unfinished_uploads, upload_of
from sessions.packs.resource_facts import FileDetails, KnownSpeaker
from sessions.packs.resource_forms import FilesForm, ResourceForm
from sessions.packs.resource_words import (
    kind_name,
    kind_options,
    language_options,
    licence_options,
    state_words,
)
from sessions.packs.tables import ResourceKind
from sessions.tables import Appearance, AppearanceState, Session


class SpeakFilesController(Controller):
    path = "/speak/{token:str}/files"
    dependencies = OWN
    exception_handlers = GONE

    @get("/", name="speak:files")
    async def show(self, request: AnyRequest, own: NamedDependency[Own]) -> Template:
        return await _page(request, own, request.query_params.get("session", ""))

    @get(["/{session:str}/files", "/{session:str}/link"], name="speak:back-to-files")
    async def back(self, own: NamedDependency[Own], session: FromPath[str]) -> Redirect:
        """Where a failed form leaves the browser's address; changing the zone there asks for the page again."""
        return own.to(f"/files#s-{session[:12]}" if session.isalnum() else "/files")

    @post("/{session:str}/files", name="speak:send-files", status_code=303, opt=UPLOAD)
    async def send(
        self, request: AnyRequest, own: NamedDependency[Own], session: FromPath[str]
    ) -> Template | Redirect:
        chosen, storage = await session_of_speaker(own.speaker, session), storage_of(request)
        try:
            sent = await receive(request, storage, max_bytes=settings_of(request).max_upload_bytes)
        except (InvalidInput, StorageFull, StorageUnavailable) as refusal:
            return own.to("/files", refusal.message, kind="error")
        form = FilesForm.from_post(
            sent.fields, languages_of(own.conference), speakers=await speakers_in(chosen.id)
        )
        form.errors |= sent.errors
        if not sent.files and "file" not in form.errors:
            form.errors["file"] = _("Please choose at least one file.")
        if form.errors or form.details is None:
            await sent.discard(storage)
            return await _page(request, own, session, form, status=422)
        try:
            count = await hand_in_files(
                own.conference, own.speaker, chosen, form.details, sent, storage=storage, now=own.now
            )
        except FileRefused as refused:
            form.errors["file"] = refused.message
            return await _page(request, own, session, form, status=422)
        return own.to("/files", _thanks(count))

    @post("/{session:str}/link", name="speak:send-link-to-file", status_code=303)
    async def link(
        self, request: AnyRequest, own: NamedDependency[Own], session: FromPath[str]
    ) -> Template | Redirect:
        chosen = await session_of_speaker(own.speaker, session)
        form = ResourceForm.from_post(await typed(request), languages_of(own.conference), is_link=True)
        if form.facts is None:
            return await _page(request, own, session, link=form, status=422)
        await hand_in_link(own.conference, own.speaker, chosen, form.facts, now=own.now)
        return own.to("/files", _thanks(1))


class SpeakUploadsController(Controller):
    path = "/speak/{token:str}/uploads"
    dependencies = OWN
    exception_handlers = HANDLERS

    @route("/", name="speak-uploads:create", **CREATE)
    async def create(self, request: AnyRequest, own: NamedDependency[Own]) -> Response[Any]:
        return await tus_answers.create(_sending(request, own), _finder(own))

    @post("/begin", name="speak-uploads:begin")
    async def begin(self, request: AnyRequest, own: NamedDependency[Own]) -> Response[dict[str, Any]]:
        fields = await typed(request)
        if fields.get("replaces"):  # a new version keeps what is said of the old one
            return await tus_answers.begin(_sending(request, own), _finder(own), FileDetails(), {}, fields)
        chosen = await session_of_speaker(own.speaker, fields.get("session", ""))
        form = FilesForm.from_post(
            fields, languages_of(own.conference), speakers=await speakers_in(chosen.id)
        )
        return await tus_answers.begin(
            _sending(request, own), _finder(own), form.details or FileDetails(), form.errors, fields
        )

    @post("/done", name="speak-uploads:done", status_code=303)
    async def done(self, request: AnyRequest, own: NamedDependency[Own]) -> Redirect:
        fields = await typed(request)
        given = f"{own.path}/files/given/"
        if (back := fields.get("back", "")).startswith(given):
            told = _("The new version is in place; the one before stays in the history.")
            return own.to(f"/files/given/{back.removeprefix(given)[:12]}", told)
        return own.to("/files", _thanks(whole_number(fields.get("count", ""), 3) or 1))

    @route("/{code:str}", name="speak-uploads:upload", **ROUTE)
    async def upload(
        self, request: AnyRequest, own: NamedDependency[Own], code: FromPath[str]
    ) -> Response[Any]:
        return await tus_answers.answer(_sending(request, own), code)

    @post("/{code:str}/finish", name="speak-uploads:finish")
    async def finish(
        self, request: AnyRequest, own: NamedDependency[Own], code: FromPath[str]
    ) -> Response[dict[str, Any]]:
        return await tus_answers.finish(_sending(request, own), code)

    @post("/{code:str}/discard", name="speak-uploads:discard", status_code=303)
    async def discard(self, request: AnyRequest, own: NamedDependency[Own], code: FromPath[str]) -> Redirect:
        sending = _sending(request, own)
        await discard_upload(await upload_of(sending.sender, code, own.now), storage=sending.storage)
        return own.to("/files", _("The upload is discarded."))


def _sending(request: AnyRequest, own: Own) -> Sending:
    return Sending(request, Sender(own.conference, speaker=own.speaker), f"{own.path}/uploads")


def _finder(own: Own) -> tus_answers.FindTarget:
    async def find(fields: Mapping[str, str]) -> Target:
        if code := fields.get("replaces", ""):
            resource = await own_resource(own.speaker, code)
            if resource.url:
                raise NotFound(_("There is no such file to replace."))
            return Target(session=resource.session, replaces=resource.id)
        return Target(session=(await session_of_speaker(own.speaker, fields.get("session", ""))).id)

    return find


def _thanks(count: int) -> str:
    return ngettext(
        "Thank you! The file is with the team, who look at it before anybody else sees it.",
        "Thank you! %(count)s files are with the team, who look at them before anybody else sees them.",
        count,
    ) % {"count": count}


async def _page(
    request: AnyRequest,
    own: Own,
    asked: str,
    form: FilesForm | None = None,
    *,
    link: ResourceForm | None = None,
    status: int = 200,
) -> Template:
    languages = languages_of(own.conference)
    sessions = await _sessions(own)
    people = {session.code: await speakers_in(session.id) for session in sessions}
    given = await handed_in(own.speaker)
    rules, owed = await debts_of_own(own)
    debts = {one.session: one for one in owed}
    on_the_way = await unfinished_uploads(Sender(own.conference, speaker=own.speaker), own.now)
    titles = {session.id: texts.pick(session.title, own.language, languages) for session in sessions}
    return own_view(
        request,
        own,
        "files.html",
        status=status,
        sessions=[
            {
                "code": session.code,
                "title": titles[session.id],
                "people": [(one.code, one.name) for one in people[session.code]],
                "form": form
                if form is not None and session.code == asked
                else _blank(own, people[session.code], rules.licence, debts.get(session.code)),
                "link": link
                if link is not None and session.code == asked
                else ResourceForm({"kind": ResourceKind.LINK.value}, languages),
                "owed": debts.get(session.code),
                "is_open": link is None and (session.code == asked or len(sessions) == 1),
                "is_link_open": link is not None and session.code == asked,
            }
            for session in sessions
        ],
        given=[
            {
                "title": texts.pick(resource.title, own.language, languages),
                "kind": kind_name(resource.kind),
                "session": titles.get(resource.session, ""),
                "code": resource.code,
                "state": state_words(resource.state),
                "has_licence": bool(resource.licence),
            }
            for resource in given
        ],
        note_html=to_html(texts.pick(rules.note, own.language, languages)),
        unfinished=upload_views(on_the_way, own.zone),
        uploads_url=f"{own.path}/uploads",
        upload_words=upload_words(),
        accept=ACCEPT,
        most_words=dates.file_size_words(settings_of(request).max_upload_bytes, own.language),
        kind_options=kind_options(),
        licence_options=licence_options(),
        language_options=language_options(languages, own.language),
    )


def _blank(own: Own, people: list[KnownSpeaker], licence: str, owed: OwnDebt | None) -> FilesForm:
    values = {f"by_{one.code}": "yes" for one in people}
    if licence:
        values["licence"] = licence
    if owed is not None and len(owed.kinds) == 1:  # a PDF does not say whether it is slides
        values["kind"] = owed.kinds[0][0]
    return FilesForm(values, languages_of(own.conference))


async def _sessions(own: Own) -> list[Session]:
    rows = await Appearance.select(Appearance.session).where(
        (Appearance.speaker == own.speaker.id) & (Appearance.state != AppearanceState.DECLINED.value)
    )
    return (
        await Session.objects()
        .where(Session.id.is_in([*(row["session"] for row in rows), 0]))
        .order_by(Session.id)
    )
