"""A person's certificate of attendance: agreeing to it, what it will say, having it made, the PDF."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from conference import clock, dates, i18n, texts
from conference.conferences import languages_of
from conference.errors import Conflict, NotFound
from conference.filenames import content_disposition
from conference.i18n import _
from conference.tables import Conference
from conference.web import AnyRequest, page, reader_zone, see_other, settings_of, typed
from registration.asking.forms import agreement_to, is_of_these_words, words_mark
from registration.attending import agreeing
from registration.attending.agreement import built_in_wording
from registration.attending.certificate_rules import certificate_rules_of
from registration.attending.certificates import (
    certificate_of,
    facts_now,
    has_certificate,
    issue_certificate,
    noted_of,
)
from registration.attending.facts import Attended, Noted, is_over, last_end
from registration.attending.paper import as_pdf, spaced
from registration.attending.presence import leave_room, slot_of
from registration.controllers.attendee import MOST_BYTES, OWN_PAGE, SENT_AWAY, private
from registration.queries import Purpose
from registration.rights.notice_versions import version_in_force
from registration.tables import Registration
from registration.views import When, when
from sessions.programme.snapshot import ReleasedProgramme
from sessions.queries import latest_programme

PDF = "application/pdf"


@dataclass(frozen=True)
class AttendedView:
    """A session of the certificate as its page lists it."""

    title: str
    title_language: str
    when: When
    minutes: str


@dataclass(frozen=True)
class InRoom:
    """A session the person went into and that is still on: its slot's code and title."""

    slot: str
    title: str


class CertificateController(Controller):
    """Below the own page; every change is a POST of a small form and comes back here."""

    path = "/{slug:str}/me"
    dependencies = OWN_PAGE
    exception_handlers = SENT_AWAY
    request_max_body_size = MOST_BYTES

    @get("/certificate", name="me:certificate")
    async def show(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        registration: NamedDependency[Registration],
    ) -> Template:
        return await _certificate_page(request, conference, registration)

    @post("/certificate/agree", name="me:certificate-agree", status_code=303)
    async def agree(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        registration: NamedDependency[Registration],
    ) -> Redirect:
        if not (await certificate_rules_of(conference.id)).is_offered:
            raise NotFound(_("This conference gives no certificates."))
        mark = (await typed(request)).get("words", "")
        agreement = agreement_to(await _purpose(conference), languages_of(conference))
        if not is_of_these_words(agreement, mark):
            return _back(
                conference, _("The words were changed meanwhile. Please read them again."), "warning"
            )
        now = clock.now()
        notice = await version_in_force(conference, now)
        await agreeing.agree(conference, registration, now, notice=notice)
        return _back(conference, _("Thank you. Your presence is noted from now on."))

    @post("/certificate/take-back", name="me:certificate-take-back", status_code=303)
    async def take_back(
        self, conference: NamedDependency[Conference], registration: NamedDependency[Registration]
    ) -> Redirect:
        await agreeing.take_back(conference, registration, clock.now())
        return _back(conference, _("Taken back. What was noted is deleted, and so is your certificate."))

    @post("/certificate/left", name="me:certificate-left", status_code=303)
    async def left(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        registration: NamedDependency[Registration],
    ) -> Redirect:
        code = (await typed(request)).get("slot", "")[:20]
        slot = slot_of(await latest_programme(conference), code)
        await leave_room(registration, slot, clock.now())
        return _back(conference, _("Noted. You can come back by the same link at any time."))

    @post("/certificate/make", name="me:certificate-make", status_code=303)
    async def make(
        self, conference: NamedDependency[Conference], registration: NamedDependency[Registration]
    ) -> Redirect:
        programme = await latest_programme(conference)
        try:
            await issue_certificate(conference, programme, registration.id, clock.now())
        except Conflict as error:
            return _back(conference, error.message, "error")
        return _back(conference, _("Your certificate is ready."))

    @get("/certificate.pdf", name="me:certificate-pdf")
    async def pdf(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        registration: NamedDependency[Registration],
    ) -> Response[bytes]:
        issued = await certificate_of(registration.id)
        if issued is None:
            raise NotFound(_("You have no certificate yet."))
        wanted = request.query_params.get("lang", "")
        language = wanted if wanted in i18n.interface_languages() else _paper_language(registration)
        base_url = settings_of(request).base_url
        made = await asyncio.to_thread(as_pdf, issued, language, base_url)
        name = f"{conference.slug}-{issued.code}.pdf"
        headers = {
            "content-disposition": content_disposition(name),
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
        }
        return Response(made, media_type=PDF, headers=headers)


async def certificate_line(conference: Conference, registration: Registration) -> str | None:
    """How it stands with the person's certificate, for their own page: "issued", "noted" or "asked"; None where the
    conference gives none. Two queries at most."""
    if not (await certificate_rules_of(conference.id)).is_offered:
        return None
    if not registration.notes_presence:
        return "asked"
    return "issued" if await has_certificate(registration.id) else "noted"


def _back(conference: Conference, flash: str, kind: str = "success") -> Redirect:
    return see_other(f"/{conference.slug}/me/certificate", flash, kind=kind)


def _paper_language(registration: Registration) -> str:
    """The person's language, as far as Meridian speaks it."""
    spoken = i18n.interface_languages()
    return registration.language if registration.language in spoken else spoken[0]


async def _purpose(conference: Conference) -> Purpose:
    """What is asked: the conference's own purpose, or the one that would be made."""
    found = await agreeing.presence_purpose(conference)
    return found or Purpose(0, "", built_in_wording(languages_of(conference)), False)


async def _certificate_page(
    request: AnyRequest, conference: Conference, registration: Registration
) -> Template:
    now, language = clock.now(), i18n.current_language()
    zone, _is_chosen = reader_zone(request, registration.zone)
    programme, given = await latest_programme(conference), await certificate_rules_of(conference.id)
    noted = await noted_of(registration.id)
    facts = facts_now(conference, programme, registration, noted, given)
    issued = await certificate_of(registration.id)
    agreement = agreement_to(await _purpose(conference), languages_of(conference))
    end = last_end(programme)
    base_url = settings_of(request).base_url
    return private(
        page(
            request,
            "registration/certificate.html",
            conference=conference,
            name=registration.name,
            is_offered=given.is_offered,
            is_noted=registration.notes_presence,
            words=agreement.wording,
            words_language=agreement.language,
            agreed_words=words_mark(agreement),
            inside=_inside(programme, noted, now, language),
            sessions=_views(facts.sessions, zone, conference.zone, language),
            total=dates.duration_words(facts.minutes, language) if facts.minutes else "",
            is_over=is_over(programme, now),
            end=_moment(end, zone, language) if end else "",
            end_there=_moment(end, conference.zone, language) if end and zone != conference.zone else "",
            place=dates.city_name(conference.zone, language),
            issued=issued,
            is_changed=issued is not None and issued.facts != facts,
            issued_total=dates.duration_words(issued.facts.minutes, language) if issued else "",
            issued_day=dates.long_day(dates.local_date(issued.issued_at, conference.zone), language)
            if issued
            else "",
            code=spaced(issued.code) if issued else "",
            address=f"{base_url}/verify/{issued.code}" if issued else "",
            languages=[(code, i18n.language_name(code, code)) for code in _paper_languages(registration)],
        )
    )


def _moment(instant: datetime, zone: str, language: str) -> str:
    day = dates.long_day(dates.local_date(instant, zone), language)
    return dates.day_and_time(day, dates.clock_time(instant, zone, language), language)


def _paper_languages(registration: Registration) -> list[str]:
    """The languages the PDF can be had in, the person's first."""
    own = _paper_language(registration)
    return [own, *(code for code in i18n.interface_languages() if code != own)]


def _views(sessions: tuple[Attended, ...], zone: str, home: str, language: str) -> list[AttendedView]:
    views = []
    for one in sessions:
        title, title_language = texts.pick_with_language(one.title, language)
        views.append(
            AttendedView(
                title,
                title_language,
                when(one.start, one.end, zone, home, language),
                dates.duration_words(one.minutes, language),
            )
        )
    return views


def _inside(
    programme: ReleasedProgramme | None, noted: list[Noted], now: datetime, language: str
) -> list[InRoom]:
    """The sessions that the person is in just now, as far as we know."""
    if programme is None:
        return []
    rooms = []
    for one in noted:
        if one.left is not None or one.slot not in programme.slot_by_id:
            continue
        session, slot = programme.slot_by_id[one.slot]
        if one.came <= now < slot.end:
            rooms.append(InRoom(slot.code, texts.pick(session.title, language)))
    return rooms
