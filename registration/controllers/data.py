"""What is held about a person, on their own page: read in words, and taken along as a file."""

from __future__ import annotations

import json
from typing import Any

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Response, Template

from conference import clock, dates, i18n
from conference.personal_data import Person, Telling
from conference.tables import Conference
from conference.web import AnyRequest, page, reader_zone
from registration.controllers.attendee import OWN_PAGE, SENT_AWAY, private
from registration.rights.copying import as_document, copy_of, section_views
from registration.rights.person import person_of
from registration.tables import Registration


class DataController(Controller):
    path = "/{slug:str}/me/data"
    dependencies = OWN_PAGE
    exception_handlers = SENT_AWAY

    @get("/", name="me:data")
    async def show(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        registration: NamedDependency[Registration],
    ) -> Template:
        told = await told_copy(request, conference, await person_of(registration), registration.zone)
        return private(page(request, "registration/data.html", conference=conference, **told))

    @get("/file.json", name="me:data-file")
    async def file(
        self, conference: NamedDependency[Conference], registration: NamedDependency[Registration]
    ) -> Response[bytes]:
        return await data_file(conference, await person_of(registration))


async def told_copy(
    request: AnyRequest, conference: Conference, person: Person, zone: str = ""
) -> dict[str, Any]:
    """The copy as ``registration/_data.html`` shows it, by default on the conference's clock."""
    language, now = i18n.current_language(), clock.now()
    clock_of, _is_chosen = reader_zone(request, zone or conference.zone)
    sections, empty = section_views(
        await copy_of(person, conference), Telling(language, clock_of, conference.zone)
    )
    return {"sections": sections, "empty": empty, "zone_label": dates.zone_name(clock_of, now, language)}


async def data_file(conference: Conference, person: Person) -> Response[bytes]:
    """The copy as a file to keep, for programs: JSON with names that do not change (see ``rights.copying``)."""
    document = as_document(await copy_of(person, conference), conference, person, clock.now())
    return Response(
        json.dumps(document, ensure_ascii=False, indent=1).encode(),
        media_type="application/json",
        headers={
            "content-disposition": f'attachment; filename="my-data-{conference.slug}.json"',
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
        },
    )
