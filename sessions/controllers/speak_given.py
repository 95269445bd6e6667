"""One thing that a speaker handed in: what is said of it, new versions, captions and chapters, and taking it back."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, replace
from typing import Any

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.utils.scope.state import ScopeState

from conference import dates, texts
from conference.conferences import languages_of
from conference.errors import Gone, InvalidInput, NotFound, StaleEdit
from conference.filetypes import ACCEPT, FileRefused
from conference.forms import Typed, whole_number
from conference.i18n import _
from conference.storage import StorageFull, StorageUnavailable
from conference.web import AnyRequest, page, settings_of, typed
from sessions.controllers.pack_pages import UPLOAD, received_file, storage_of
from sessions.controllers.speak_own import GONE, OWN, PRIVATE, Own, own_view
from sessions.packs.choices import speakers_of
from sessions.packs.collecting.captioning import add_captions, captions_of, read_chapters_file, set_chapters
from sessions.packs.collecting.chapters import as_typed, chapters_from, read_chapters
from sessions.packs.collecting.own_resources import change_own, own_resource, replace_own, take_back
from sessions.packs.collecting.upload_views import upload_words
from sessions.packs.describing.records import versions_of
from sessions.packs.held_packs import NotReady
from sessions.packs.queries import current_files
from sessions.packs.reading.resource_page import version_views
from sessions.packs.relations import whole_facts
from sessions.packs.resource_facts import ResourceFacts
from sessions.packs.resource_forms import Offered, ResourceForm
from sessions.packs.resource_words import (
    accessibility_options,
    kind_options,
    language_options,
    licence_options,
    role_options,
    state_words,
)
from sessions.packs.tables import Resource, ResourceKind


def is_gone(request: AnyRequest, error: Gone) -> Template:
    """What was handed in is there no more: says so, and leads back."""
    token = str(request.path_params.get("token", ""))
    return page(
        request,
        "sessions/speak/taken_back.html",
        status=error.http_status,
        headers=PRIVATE,
        message=error.message,
        back=f"/speak/{token}/files",
    )


HANDLERS: MutableMapping[int | type[Exception], Any] = {Gone: is_gone, **GONE}


@dataclass(frozen=True)
class _Given:
    """Something handed in, on its page; ``form`` as it stands or failed, ``chapters`` as typed."""

    resource: Resource
    facts: ResourceFacts
    form: ResourceForm
    chapters: str
    chapters_error: str = ""


class SpeakGivenController(Controller):
    path = "/speak/{token:str}/files/given/{code:str}"
    dependencies = OWN
    exception_handlers = HANDLERS

    @get("/", name="speak:given")
    async def show(self, request: AnyRequest, own: NamedDependency[Own], code: FromPath[str]) -> Template:
        return await _page(request, own, await _given(own, code))

    @post("/", name="speak:change-given", status_code=303)
    async def change(
        self, request: AnyRequest, own: NamedDependency[Own], code: FromPath[str]
    ) -> Template | Redirect:
        given = await _given(own, code)
        form = ResourceForm.from_post(
            await typed(request),
            languages_of(own.conference),
            is_link=bool(given.resource.url),
            offered=Offered(speakers=tuple(await speakers_of(own.conference.id))),
            before=given.facts,
        )
        if form.asks_for_rows or form.facts is None:
            return await _page(request, own, replace(given, form=form), status=422 if form.errors else 200)
        facts = replace(  # what speakers are not asked for stays as the team has it
            form.facts,
            topics=given.facts.topics,
            belongs_to=given.facts.belongs_to,
            translation_of=given.facts.translation_of,
        )
        try:
            await change_own(
                own.conference,
                own.speaker,
                code,
                facts,
                revision=form.revision,
                note=form.note,
                now=own.now,
            )
        except NotReady as refusal:
            form.errors["licence"] = refusal.message
            return await _page(request, own, replace(given, form=form), status=422)
        except StaleEdit as stale:
            # What was typed stays; sent once more it goes on top of what is there now.
            form.values["revision"] = str((await own_resource(own.speaker, code)).revision)
            form.errors[""] = _("%(what)s What you typed is below: sent again, it takes its place.") % {
                "what": stale.message
            }
            return await _page(request, own, replace(given, form=form), status=409)
        return own.to(f"/files/given/{code}", _("Saved."))

    @post("/file", name="speak:replace-given", status_code=303, opt=UPLOAD)
    async def new_version(
        self, request: AnyRequest, own: NamedDependency[Own], code: FromPath[str]
    ) -> Redirect:
        """A new version of the file by a plain form, in one go."""
        await own_resource(own.speaker, code)
        back, storage = f"/files/given/{code}", storage_of(request)
        try:
            sent = await received_file(request)
            await replace_own(
                own.conference,
                own.speaker,
                code,
                sent,
                note=sent.fields.get("note", ""),
                storage=storage,
                now=own.now,
            )
        except (InvalidInput, StorageFull, StorageUnavailable) as refusal:
            return own.to(back, refusal.message, kind="error")
        return own.to(back, _("The new version is in place; the one before stays in the history."))

    @post("/captions", name="speak:given-captions", status_code=303, opt=UPLOAD)
    async def captions(self, request: AnyRequest, own: NamedDependency[Own], code: FromPath[str]) -> Redirect:
        resource = await own_resource(own.speaker, code)
        back, storage = f"/files/given/{code}#captions", storage_of(request)
        try:
            sent = await received_file(request)
            language = Typed(sent.fields).choice(
                "language",
                [tag for tag, _name in language_options(languages_of(own.conference), own.language)],
            )
            if not language:
                await sent.discard(storage)
                return own.to(back, _("Please say in which language the captions are."), kind="error")
            await add_captions(
                own.conference,
                resource.code,
                sent,
                language,
                speaker=own.speaker.id,
                storage=storage,
                actor=own.speaker.name,
                now=own.now,
            )
        except (InvalidInput, NotFound, NotReady, StorageFull, StorageUnavailable) as refusal:
            return own.to(back, refusal.message, kind="error")
        return own.to(back, _("Thank you! The captions are with the team."))

    @post("/chapters", name="speak:given-chapters", status_code=303)
    async def chapters(
        self, request: AnyRequest, own: NamedDependency[Own], code: FromPath[str]
    ) -> Template | Redirect:
        given, read = await _given(own, code), Typed(await typed(request))
        text = read.text("chapters", most=20_000)
        try:
            if read.errors:
                raise FileRefused(read.errors["chapters"], "chapters")
            await set_chapters(
                own.conference,
                code,
                read_chapters(text),
                revision=whole_number(read.raw("revision")) or 0,
                actor=own.speaker.name,
                now=own.now,
            )
        except (FileRefused, StaleEdit) as refusal:
            failed = replace(given, chapters=text, chapters_error=refusal.message)
            return await _page(request, own, failed, status=refusal.http_status)
        return own.to(f"/files/given/{code}#chapters", _("The chapters are saved."))

    @post("/chapters-file", name="speak:given-chapters-file", status_code=303, opt=UPLOAD)
    async def chapters_file(
        self, request: AnyRequest, own: NamedDependency[Own], code: FromPath[str]
    ) -> Redirect:
        resource, back = await own_resource(own.speaker, code), f"/files/given/{code}#chapters"
        try:
            chapters = await read_chapters_file(await received_file(request), storage=storage_of(request))
            await set_chapters(
                own.conference,
                code,
                chapters,
                revision=resource.revision,
                actor=own.speaker.name,
                now=own.now,
            )
        except (InvalidInput, NotFound, StaleEdit, StorageFull, StorageUnavailable) as refusal:
            return own.to(back, refusal.message, kind="error")
        return own.to(back, _("The chapters are saved."))

    @post("/take-back", name="speak:take-back", status_code=303)
    async def take_back(
        self, request: AnyRequest, own: NamedDependency[Own], code: FromPath[str]
    ) -> Redirect:
        await take_back(own.conference, own.speaker, code, storage=storage_of(request), now=own.now)
        return own.to("/files#given", _("It is taken back, and its files are deleted."))


async def _given(own: Own, code: str) -> _Given:
    resource = await own_resource(own.speaker, code)
    facts = await whole_facts(resource)
    form = ResourceForm.of(facts, languages_of(own.conference), resource.revision)
    return _Given(resource, facts, form, as_typed(chapters_from(resource.chapters)))


async def _page(request: AnyRequest, own: Own, given: _Given, *, status: int = 200) -> Template:
    resource, languages = given.resource, languages_of(own.conference)
    config = request.app.csrf_config
    scope = ScopeState.from_scope(request.scope)
    if config is not None and not scope.csrf_token:  # the middleware did not see an upload
        scope.csrf_token = request.cookies.get(config.cookie_name, "")
    file = (await current_files([resource.id])).get(resource.id)
    is_recording = resource.kind == ResourceKind.RECORDING
    return own_view(
        request,
        own,
        "given.html",
        status=status,
        form=given.form,
        item_url=f"{own.path}/files/given/{resource.code}",
        code=resource.code,
        title=texts.pick(given.facts.title, own.language, languages),
        state=state_words(resource.state),
        is_link=bool(resource.url),
        file=(file.filename, dates.file_size_words(file.size, own.language)) if file else None,
        is_recording=is_recording,
        captions=[
            (one, texts.pick(one.title, own.language, languages), state_words(one.state))
            for one in (await captions_of(resource) if is_recording else [])
        ],
        chapters=given.chapters,
        chapters_error=given.chapters_error,
        revision=resource.revision,
        history=version_views(await versions_of(resource.id), own.zone, own.language),
        was_seen=resource.first_out_at is not None and resource.first_out_at <= own.now,
        speakers=await speakers_of(own.conference.id),
        uploads_url=f"{own.path}/uploads",
        upload_words=upload_words(),
        accept=ACCEPT,
        most_words=dates.file_size_words(settings_of(request).max_upload_bytes, own.language),
        kind_options=kind_options(),
        licence_options=licence_options(),
        language_options=language_options(languages, own.language),
        role_options=role_options(),
        accessibility_options=accessibility_options(),
    )
