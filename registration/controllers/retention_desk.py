"""The desk's page of how long data is kept: the periods, and what they would delete when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from conference import clock, dates, i18n
from conference.errors import StaleEdit
from conference.forms import Typed
from conference.guards import requires
from conference.i18n import _
from conference.tables import Conference, Role
from conference.team import Permission, may
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, see_other, typed
from registration.controllers.attendee import AT_THE_DESK, MOST_BYTES
from registration.rights.retaining import Periods, change_periods, dry_run, periods_of
from registration.rights.retention import ADVISED, MOST_DAYS, RetentionKind, kind_words


class RetentionController(Controller):
    path = "/organise/{slug:str}/privacy/retention"
    dependencies = AT_THE_DESK
    request_max_body_size = MOST_BYTES

    @get("/", name="retention:show", guards=[requires(Permission.SEE)])
    async def show(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
    ) -> Template:
        kept = await periods_of(conference.id)
        shown = kept.days or ADVISED  # nothing is deleted before it is saved
        values = {_field(kind): str(days) for kind, days in shown.items()}
        values["revision"] = str(kept.revision)
        return await _page(
            request,
            conference,
            organiser,
            values,
            shown,
            is_saved=bool(kept.days),
            may_change=may(role, Permission.MANAGE),
        )

    @post("/", name="retention:change", guards=[requires(Permission.MANAGE)], status_code=303)
    async def change(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template | Redirect:
        values = Typed(await typed(request))
        days = {
            kind: number
            for kind in RetentionKind
            if (number := values.whole_number(_field(kind), least=1, most=MOST_DAYS)) is not None
        }
        revision = values.whole_number("revision") or 0
        if values.errors or values.raw("do") == "look":
            status = 422 if values.errors else 200
            return await _page(
                request, conference, organiser, values.values, days, errors=values.errors, status=status
            )
        try:
            await change_periods(conference, Periods(days, revision), actor=organiser, now=clock.now())
        except StaleEdit as error:
            values.errors[""] = error.message
            values.values["revision"] = str((await periods_of(conference.id)).revision)
            return await _page(
                request, conference, organiser, values.values, days, errors=values.errors, status=409
            )
        here = f"/organise/{conference.slug}/privacy/retention"
        return see_other(here, _("Data is kept so long from now on. What is due goes in a day."))


def _field(kind: RetentionKind) -> str:
    return f"days_{kind.value}"


async def _page(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    values: Mapping[str, str],
    days: Mapping[RetentionKind, int],
    *,
    errors: Mapping[str, str] | None = None,
    is_saved: bool = False,
    may_change: bool = True,
    status: int = 200,
) -> Template:
    language, words = i18n.current_language(), kind_words()
    reports: list[dict[str, Any]] = [
        {
            "title": words[one.kind].title,
            "due": dates.long_day(one.due, language),
            "is_due": one.is_due,
            "rows": one.rows,
            "people": one.people,
        }
        for one in await dry_run(conference, days, clock.now())
    ]
    return page(
        request,
        "registration/desk_retention.html",
        conference=conference,
        organiser=organiser,
        section="privacy",
        status=status,
        kinds=[
            {
                "field": _field(kind),
                "title": words[kind].title,
                "why": words[kind].why,
                "advised": ADVISED[kind],
            }
            for kind in RetentionKind
        ],
        values=values,
        errors=errors or {},
        is_saved=is_saved,
        is_look=values.get("do") == "look",
        may_change=may_change,
        reports=reports,
        ends=dates.long_day(conference.ends_on, language),
        most=MOST_DAYS,
    )
