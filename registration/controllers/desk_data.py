"""At the desk: what is held about a person, for somebody who asked by letter."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response, Template

from conference import audit, clock
from conference.guards import requires
from conference.tables import Conference
from conference.team import Permission
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page
from registration.controllers.attendee import AT_THE_DESK, MOST_BYTES, private
from registration.controllers.data import data_file, told_copy
from registration.controllers.desk_one import known
from registration.rights.person import person_of


class DeskDataController(Controller):
    path = "/organise/{slug:str}/registrations/{code:str}/data"
    dependencies = AT_THE_DESK
    guards = (requires(Permission.REGISTRATION),)
    request_max_body_size = MOST_BYTES

    @get("/", name="registrations:data")
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

    @post("/", name="registrations:data-file", status_code=200)
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
