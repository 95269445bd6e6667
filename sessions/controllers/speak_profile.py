"""What a speaker says of themself, changed on their own page; their photo."""

from __future__ import annotations

from typing import Any

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Response, Template

from conference import i18n, timezones
from conference.conferences import languages_of
from conference.downloads import file_response
from conference.errors import DomainError, NotFound, StaleEdit
from conference.i18n import _
from conference.pictures import PictureRefused
from conference.storage import StorageFull, StorageUnavailable
from conference.web import AnyRequest, typed
from conference.zone_choices import zone_label
from sessions.controllers.speak_own import GONE, MOST_BYTES, OWN, PRIVATE, Own, own_view
from sessions.controllers.speaker_photos import LARGEST_UPLOAD, sent_photo, storage_of
from sessions.desk_words import Difference, country_name
from sessions.forms import mail_languages
from sessions.speakers.own_form import OwnForm, own_differences
from sessions.speakers.photos import photo_of, remove_photo, set_photo
from sessions.speakers.pictures import ACCEPT, MEDIA_TYPE
from sessions.speakers.records import change_speaker, facts_of
from sessions.tables import Speaker


class SpeakProfileController(Controller):
    path = "/speak/{token:str}/profile"
    dependencies = OWN
    exception_handlers = GONE

    @get("/", name="speak:profile")
    async def show(self, request: AnyRequest, own: NamedDependency[Own]) -> Template:
        form = OwnForm.of(facts_of(own.speaker), languages_of(own.conference), own.speaker.revision)
        return _profile(request, own, form)

    @post("/", name="speak:change-profile", request_max_body_size=MOST_BYTES, status_code=303)
    async def change(self, request: AnyRequest, own: NamedDependency[Own]) -> Template | Redirect:
        sent, before = await typed(request), facts_of(own.speaker)
        form = OwnForm.from_post(sent, languages_of(own.conference), before)
        if sent.get("do") == "add-link":
            form.add_rows("link_url", "link_title")
        if sent.get("do") in ("add-link", "show-zones"):
            form.errors.clear()  # nobody asked for it to be saved yet
            return _profile(request, own, form)
        if form.facts is None:
            return _profile(request, own, form, 422)
        try:
            await change_speaker(
                own.speaker.id, form.facts, revision=form.revision, actor=own.speaker.name, now=own.now
            )
        except StaleEdit:
            fresh = await Speaker.objects().where(Speaker.id == own.speaker.id).first() or own.speaker
            form.values["revision"] = str(fresh.revision)
            theirs = own_differences(form.facts, facts_of(fresh))
            return _profile(request, own, form, 409, stale=theirs)
        return own.to("", _("Thank you. What you changed is saved."))

    @get("/photo", name="speak:photo")
    async def photo(self, request: AnyRequest, own: NamedDependency[Own]) -> Response[Any]:
        """Their own photo, also before anything is published."""
        photo = photo_of(own.speaker.photo_key)
        if photo is None:
            raise NotFound(_("There is no photo at this address."))
        storage = storage_of(request)
        answer = await file_response(
            request,
            storage,
            key=photo.key,
            size=await storage.size(photo.key),
            etag=f'"{own.speaker.revision}-{photo.version}"',
            media_type=MEDIA_TYPE,
            filename="photo.webp",
            inline=True,
            cache_control="no-store",
        )
        answer.headers.update(PRIVATE)
        return answer

    @post("/photo", name="speak:set-photo", request_max_body_size=LARGEST_UPLOAD, status_code=303)
    async def set_photo(self, request: AnyRequest, own: NamedDependency[Own]) -> Template | Redirect:
        try:
            await set_photo(
                own.speaker.id,
                await sent_photo(request),
                storage=storage_of(request),
                actor=own.speaker.name,
                now=own.now,
            )
        except (PictureRefused, StorageFull, StorageUnavailable) as refusal:
            return _refused(request, own, refusal)
        return own.to("/profile", _("The photo is saved."))

    @post("/photo/remove", name="speak:remove-photo", request_max_body_size=MOST_BYTES, status_code=303)
    async def remove_photo(self, request: AnyRequest, own: NamedDependency[Own]) -> Redirect:
        await remove_photo(own.speaker.id, storage=storage_of(request), actor=own.speaker.name, now=own.now)
        return own.to("/profile", _("The photo is removed."))


def _refused(request: AnyRequest, own: Own, refusal: DomainError) -> Template:
    form = OwnForm.of(facts_of(own.speaker), languages_of(own.conference), own.speaker.revision)
    return _profile(request, own, form, refusal.http_status, photo_error=refusal.message)


def _profile(
    request: AnyRequest,
    own: Own,
    form: OwnForm,
    status: int = 200,
    *,
    stale: list[Difference] | None = None,
    photo_error: str = "",
) -> Template:
    language = i18n.current_language()
    return own_view(
        request,
        own,
        "profile.html",
        status=status,
        form=form,
        stale=stale,
        photo_error=photo_error,
        has_photo=photo_of(own.speaker.photo_key) is not None,
        accept=ACCEPT,
        countries=timezones.countries(language),
        country_zones=[(name, zone_label(name, own.first_noon, language)) for name in form.country_zones],
        zones_title=_("Zones of %(country)s") % {"country": country_name(form.value("country"))},
        mail_languages=[
            (code, i18n.language_name(code)) for code in mail_languages(languages_of(own.conference))
        ],
    )
