"""Certificates at the desk: whether they are given, who signs them, who has one, the list as a sheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from conference import clock, dates, i18n, texts
from conference.conferences import languages_of
from conference.errors import StaleEdit
from conference.filenames import content_disposition
from conference.forms import Typed, whole_number
from conference.guards import requires
from conference.i18n import _
from conference.tables import Conference, Role
from conference.team import Permission, may
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, see_other, typed
from registration.asking.consents import change_purpose
from registration.attending.agreeing import presence_purpose, purpose_made
from registration.attending.agreement import PRESENCE_PURPOSE
from registration.attending.attendance import certificates_given, number_agreed, number_given
from registration.attending.certificate_rules import (
    GivenBy,
    certificate_rules_of,
    change_certificate_rules,
)
from registration.attending.paper import spaced
from registration.controllers.attendee import AT_THE_DESK, MOST_BYTES
from sessions.interchange.sheets_out import CSV_TYPE, defused

MOST_SHOWN = 200


@dataclass
class CertificatesForm:
    """What an organiser types of certificates; ``rules`` are there when nothing is wrong."""

    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    rules: GivenBy | None = None
    asks_on_form: bool = False

    @classmethod
    def of(cls, rules: GivenBy, *, asks_on_form: bool) -> CertificatesForm:
        values = {
            "is_offered": "yes" if rules.is_offered else "",
            "asks_on_form": "yes" if asks_on_form else "",
            "signed_by": rules.signed_by,
            "revision": str(rules.revision),
        }
        values |= {f"signed_as_{code}": text for code, text in rules.signed_as.items()}
        return cls(values)

    @classmethod
    def from_post(
        cls, values: Mapping[str, str], languages: tuple[str, ...], before: GivenBy
    ) -> CertificatesForm:
        typed = Typed(values)
        kept = {code: text for code, text in before.signed_as.items() if code not in languages}
        rules = GivenBy(
            typed.ticked("is_offered"),
            typed.line("signed_by"),
            kept | typed.local_text("signed_as", languages, most=200),
            whole_number(typed.raw("revision")) or 0,
        )
        asks = typed.ticked("asks_on_form")
        return cls(dict(typed.values), typed.errors, None if typed.errors else rules, asks)


class CertificatesDeskController(Controller):
    path = "/organise/{slug:str}/registrations/certificates"
    dependencies = AT_THE_DESK
    request_max_body_size = MOST_BYTES

    @get("/", name="certificates:desk", guards=[requires(Permission.SEE)])
    async def show(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
    ) -> Template:
        purpose = await presence_purpose(conference)
        form = CertificatesForm.of(
            await certificate_rules_of(conference.id), asks_on_form=bool(purpose and purpose.is_active)
        )
        return await _desk_page(request, conference, organiser, role, form)

    @post("/", name="certificates:change", guards=[requires(Permission.REGISTRATION)], status_code=303)
    async def change(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
    ) -> Template | Redirect:
        before, now = await certificate_rules_of(conference.id), clock.now()
        form = CertificatesForm.from_post(await typed(request), languages_of(conference), before)
        if form.rules is None:
            return await _desk_page(request, conference, organiser, role, form, status=422)
        try:
            await change_certificate_rules(conference, form.rules, actor=organiser, now=now)
        except StaleEdit as stale:
            theirs = await certificate_rules_of(conference.id)
            form.values["revision"] = str(theirs.revision)
            return await _desk_page(
                request, conference, organiser, role, form, status=409, stale=stale.message, theirs=theirs
            )
        await _ask_on_form(conference, form.asks_on_form, organiser)
        return see_other(f"/organise/{conference.slug}/registrations/certificates", _("Saved."))

    @get("/list.csv", name="certificates:csv", guards=[requires(Permission.REGISTRATION)])
    async def sheet(self, conference: NamedDependency[Conference]) -> Response[bytes]:
        file = io.StringIO()
        rows = csv.writer(file)
        rows.writerow(["registration", "name", "email", "minutes", "code", "issued"])
        for one in await certificates_given(conference.id):
            plain = (one.registration, one.name, one.email, str(one.minutes), one.code)
            rows.writerow([*(defused(text) for text in plain), dates.iso_utc(one.issued_at)])
        headers = {
            "content-disposition": content_disposition(f"{conference.slug}-certificates.csv"),
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
        }
        return Response(file.getvalue().encode("utf-8-sig"), media_type=CSV_TYPE, headers=headers)


async def _ask_on_form(conference: Conference, asks: bool, organiser: SignedInOrganiser) -> None:
    """Let the registration form ask for it, or not any more; nothing is made only to be left unasked."""
    now = clock.now()
    purpose = await presence_purpose(conference)
    if purpose is None:
        if asks:
            await purpose_made(conference, is_active=True, now=now)
    elif purpose.is_active != asks:
        await change_purpose(
            conference,
            PRESENCE_PURPOSE,
            purpose.wording,
            is_active=asks,
            revision=purpose.revision,
            actor=organiser,
            now=now,
        )


async def _desk_page(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    role: Role,
    form: CertificatesForm,
    *,
    status: int = 200,
    stale: str = "",
    theirs: GivenBy | None = None,
) -> Template:
    language = i18n.current_language()
    given = await certificates_given(conference.id)
    shown: dict[str, Any] = {
        "languages": [(code, i18n.language_name(code, language)) for code in languages_of(conference)],
        "signed_as": {code: form.values.get(f"signed_as_{code}", "") for code in languages_of(conference)},
        "their_signer": theirs.signed_by if theirs else "",
        "their_role": texts.pick(theirs.signed_as, language) if theirs else "",
        "length": lambda minutes: dates.duration_words(minutes, language),
        "day": lambda instant: dates.short_day(dates.local_date(instant, conference.zone), language),
        "spaced": spaced,
    }
    return page(
        request,
        "registration/desk_certificates.html",
        conference=conference,
        organiser=organiser,
        section="registrations",
        status=status,
        may_change=may(role, Permission.REGISTRATION),
        values=form.values,
        errors=form.errors,
        stale=stale,
        has_purpose=await presence_purpose(conference) is not None,
        agreed=await number_agreed(conference.id),
        number=await number_given(conference.id),
        given=given[:MOST_SHOWN],
        **shown,
    )
