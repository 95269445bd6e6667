"""At the desk, for somebody who asked by letter: what is held about them, and having it erased."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template

from conference import audit, clock
from conference.guards import requires
from conference.i18n import _
from conference.tables import Conference
from conference.team import Permission
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, see_other, typed
from registration.controllers.attendee import AT_THE_DESK, MOST_BYTES, private
from registration.controllers.data import data_file, told_copy
from registration.controllers.desk_one import known
from registration.queries import registration_by_code
from registration.rights.erasing import LastLetter, erase
from registration.rights.person import key_of, person_of
from registration.rights.stakes import stakes_of
from sessions.queries import latest_programme


class DeskDataController(Controller):
    path = "/organise/{slug:str}/registrations/{code:str}"
    dependencies = AT_THE_DESK
    guards = (requires(Permission.REGISTRATION),)
    request_max_body_size = MOST_BYTES

    @get("/data", name="registrations:data")
    async def show(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Template:
        registration = await known(conference, code)
        told = await told_copy(request, conference, await person_of(registration))
        return private(
            page(
                request,
                "registration/desk_data.html",
                conference=conference,
                organiser=organiser,
                section="registrations",
                registration=registration,
                **told,
            )
        )

    @post("/data", name="registrations:data-file", status_code=200)
    async def file(
        self,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Response[bytes]:
        registration = await known(conference, code)
        answer = await data_file(conference, await person_of(registration))
        await audit.record(
            conference_id=conference.id,
            actor=organiser,
            action="data-exported",
            subject=f"registration:{registration.code}",
            now=clock.now(),
        )
        return answer

    @get("/erase", name="registrations:erase-page")
    async def erase_page(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Template:
        registration = await known(conference, code)
        return private(
            page(
                request,
                "registration/desk_erase.html",
                conference=conference,
                organiser=organiser,
                section="registrations",
                registration=registration,
                stakes=await stakes_of(await person_of(registration)),
            )
        )

    @post("/erase", name="registrations:erase", status_code=303)
    async def erase(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Redirect:
        registration = await registration_by_code(conference.id, code)
        if registration is not None:  # else the button was pressed twice
            await erase(
                conference,
                await latest_programme(conference),
                await key_of(registration),
                LastLetter(registration.email, registration.name, registration.language, registration.zone),
                actor=organiser,
                withholds_name=bool((await typed(request)).get("withhold")),
                now=clock.now(),
            )
        told = _("They are erased. A last mail tells them, and then their address is gone as well.")
        return see_other(f"/organise/{conference.slug}/registrations", told)
