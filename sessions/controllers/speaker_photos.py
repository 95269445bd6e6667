"""Photos of speakers: shown to everyone once the speaker is published, set and taken away at the desk."""

from __future__ import annotations

import hashlib
from typing import Any

from litestar import Controller, HttpMethod, get, post, route
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template

from conference import clock
from conference.conferences import languages_of
from conference.downloads import file_response
from conference.errors import DomainError
from conference.guards import requires
from conference.i18n import _
from conference.pictures import PictureRefused
from conference.storage import Storage, StorageFull, StorageUnavailable
from conference.tables import Conference
from conference.team import Permission
from conference.viewer import Viewer
from conference.web import AnyRequest, see_other
from sessions.controllers.desk import AT_THE_DESK, Desk
from sessions.controllers.speaker_page import speaker_desk_page
from sessions.controllers.visits import IN_CONFERENCE, not_here
from sessions.forms import SpeakerForm
from sessions.queries import latest_programme
from sessions.speakers.photos import photo_of, remove_photo, set_photo
from sessions.speakers.pictures import MEDIA_TYPE
from sessions.speakers.records import facts_of, speaker_by_code
from sessions.tables import Speaker

LARGEST_UPLOAD = (
    40_000_000  # octets; more than a photo may have, so that a larger one is refused on its own page
)
CHANGE = [requires(Permission.PROGRAMME)]


async def sent_photo(request: AnyRequest) -> bytes:
    """The file of a posted form's field ``file``. Raises PictureRefused when none was chosen.

    For a route with ``request_max_body_size=LARGEST_UPLOAD``.
    """
    data = b""
    for name, value in (await request.form()).multi_items():
        if isinstance(value, UploadFile):
            data = await value.read() if name == "file" and not data else data
            await value.close()
    if not data:
        raise PictureRefused(_("Please choose a photo first."))
    return data


def storage_of(request: AnyRequest) -> Storage:
    """The store of uploaded files."""
    storage: Storage = request.app.state.storage
    return storage


class SpeakerPhotoController(Controller):
    path = "/{slug:str}/speakers/{code:str}"
    dependencies = IN_CONFERENCE

    @route(
        "/photo",
        name="speakers:photo",
        http_method=[HttpMethod.GET, HttpMethod.HEAD],
        opt={"exclude_from_csrf": True},  # a picture sets no cookie
    )
    async def show(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        viewer: NamedDependency[Viewer],
        code: FromPath[str],
    ) -> Response[Any]:
        programme = await latest_programme(conference)
        is_public = programme is not None and code in programme.speaker_by_code
        row = None
        if is_public or viewer.is_team(conference.id):
            row = (
                await Speaker.select(Speaker.photo_key)
                .where((Speaker.conference == conference.id) & (Speaker.code == code[:12]))
                .first()
            )
        photo = photo_of(row["photo_key"]) if row else None
        if photo is None:
            raise not_here(_("There is no photo at this address."))
        storage = storage_of(request)
        key = photo.small_key if request.query_params.get("size") == "small" else photo.key
        # A file under a random key never changes, so the key names its content; its hash does not tell the key.
        etag = f'"{hashlib.sha256(key.encode()).hexdigest()[:32]}"'
        is_kept = is_public and request.query_params.get("v") == photo.version
        return await file_response(
            request,
            storage,
            key=key,
            size=await storage.size(key),
            etag=etag,
            media_type=MEDIA_TYPE,
            filename=f"{code}.webp",
            inline=True,
            # Not longer: a photo taken away is to be gone soon from caches as well.
            cache_control="public, max-age=3600" if is_kept else "private, no-cache",
        )


class SpeakerPhotoDeskController(Controller):
    path = "/organise/{slug:str}/speakers/{code:str}/photo"
    dependencies = AT_THE_DESK
    guards = CHANGE

    @get("/", name="speakers-desk:back-from-photo")
    async def back(self, desk: NamedDependency[Desk], code: FromPath[str]) -> Redirect:
        """Where a refused photo leaves the browser's address; changing the zone there asks for the page again."""
        return Redirect(desk.path("speakers", code), status_code=303)

    @post("/", name="speakers-desk:photo", request_max_body_size=LARGEST_UPLOAD, status_code=303)
    async def change(
        self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]
    ) -> Template | Redirect:
        speaker = await speaker_by_code(desk.conference.id, code)
        try:
            await set_photo(
                speaker.id,
                await sent_photo(request),
                storage=storage_of(request),
                actor=desk.organiser,
                now=clock.now(),
            )
        except (PictureRefused, StorageFull, StorageUnavailable) as refusal:
            return await _refused(request, desk, speaker, refusal)
        return see_other(desk.path("speakers", code), _("The photo is saved."))

    @post("/remove", name="speakers-desk:remove-photo", status_code=303)
    async def remove(self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]) -> Redirect:
        speaker = await speaker_by_code(desk.conference.id, code)
        await remove_photo(speaker.id, storage=storage_of(request), actor=desk.organiser, now=clock.now())
        return see_other(desk.path("speakers", code), _("The photo is removed."))


async def _refused(request: AnyRequest, desk: Desk, speaker: Speaker, refusal: DomainError) -> Template:
    form = SpeakerForm.of(facts_of(speaker), languages_of(desk.conference), speaker.revision)
    return await speaker_desk_page(
        request, desk, form, speaker, photo_error=refusal.message, status=refusal.http_status
    )
