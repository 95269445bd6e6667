"""A person's own page: agenda and seats, consents, calendar, signing out, withdrawing."""

from __future__ import annotations

from typing import Any

from litestar import Controller, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from conference import calendar, clock, dates, i18n, texts, timezones
from conference.conferences import languages_of
from conference.errors import Conflict, NotFound
from conference.i18n import _, lazy
from conference.strip import build_strip
from conference.strip_picture import strip_svg
from conference.tables import Conference
from conference.web import AnyRequest, page, reader_zone, see_other, settings_of, typed
from registration.asking import consents
from registration.asking.forms import AddressForm, agreement_to, is_of_these_words, words_mark
from registration.attending.agreement import PRESENCE_PURPOSE
from registration.calendars import agendas
from registration.calendars.changes import Changed, changes_today
from registration.calendars.replies import open_declines
from registration.controllers.attendee import (
    MOST_BYTES,
    OWN_PAGE,
    SENT_AWAY,
    first_noon,
    my_registration,
    my_waiting,
    private,
    to_own_page,
    to_withdrawn,
)
from registration.controllers.certificate import certificate_line
from registration.controllers.replies import declined_views
from registration.controllers.waiting_page import waiting_page
from registration.entries import confirming, own_link, withdrawing
from registration.entries.access import cookie_name
from registration.entries.links import feed_token
from registration.groups import group_rules
from registration.queries import Mine, Purpose, everything_of, purposes_of
from registration.reminding.views import chosen_titles
from registration.rights.notice_versions import version_in_force
from registration.seating import seats
from registration.seating.passing_on import spoken_for_in
from registration.seating.waitlist import waits_of
from registration.tables import Registration
from registration.views import agenda_entries, by_day, countdown_words, when
from sessions.programme.star_cookie import star_cookie, stars_of
from sessions.programme.stars import Stars
from sessions.queries import latest_programme

WORDS_CHANGED_HERE = lazy("These words were changed meanwhile. Please read them again before you agree.")


class MeController(Controller):
    """The page behind the link. Every change is a POST of a small form and comes back here."""

    path = "/{slug:str}/me"
    dependencies = OWN_PAGE
    exception_handlers = SENT_AWAY
    request_max_body_size = MOST_BYTES

    @get("/", name="me:page")
    async def show(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Template:
        registration = await my_registration(request, conference)
        waiting = await my_waiting(request, conference) if registration is None else None
        if waiting is not None:
            return await waiting_page(request, conference, waiting)
        if registration is None:
            return private(
                page(request, "registration/ask.html", conference=conference, values={}, errors={})
            )
        return await own_page(request, conference, registration)

    @post("/link", name="me:ask", status_code=303)
    async def ask(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Template | Redirect:
        form = AddressForm.from_post(await typed(request))
        if not form.is_valid:
            return private(
                page(
                    request,
                    "registration/ask.html",
                    conference=conference,
                    status=422,
                    values=form.values,
                    errors=form.errors,
                )
            )
        await own_link.request_link(conference, form.email_key, clock.now())
        return see_other(f"/{conference.slug}/me/sent")

    @get("/sent", name="me:sent")
    async def sent(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Template:
        return page(request, "registration/link_sent.html", conference=conference)

    @get("/withdrawn", name="me:withdrawn")
    async def withdrawn(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Template:
        was_in_line = "line" in request.query_params
        return page(request, "registration/withdrawn.html", conference=conference, was_in_line=was_in_line)

    @post("/agenda", name="me:agenda", status_code=303)
    async def agenda(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        registration: NamedDependency[Registration],
    ) -> Redirect:
        values, now = await typed(request), clock.now()
        slot = values.get("slot", "")[:20]
        if values.get("chosen") == "no":
            await agendas.take_off_agenda(registration.id, slot, now)
            return to_own_page(conference, _("Taken off your agenda."))
        try:
            await agendas.put_on_agenda(registration.id, await latest_programme(conference), slot, now)
        except (Conflict, NotFound) as error:
            return to_own_page(conference, error.message, kind="error")
        return to_own_page(conference, _("It is on your agenda."))

    @post("/seats", name="me:seats", status_code=303)
    async def seats(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        registration: NamedDependency[Registration],
    ) -> Redirect:
        values, now = await typed(request), clock.now()
        slot, programme = values.get("slot", "")[:20], await latest_programme(conference)
        if values.get("take") == "no":
            await seats.give_up_seat(registration.id, conference, programme, slot, now)
            return to_own_page(conference, _("Your seat is free for someone else. Thank you."))
        try:
            await seats.take_seat(registration.id, conference, programme, slot, now)
        except seats.SeatsClash as error:
            zone, _is_chosen = reader_zone(request, registration.zone)
            return to_own_page(conference, error.told(zone, i18n.current_language()), kind="error")
        except (Conflict, NotFound) as error:
            return to_own_page(conference, error.message, kind="error")
        return to_own_page(conference, _("The seat is yours. An invite for your calendar is on its way."))

    @post("/consents", name="me:consents", status_code=303)
    async def consents(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        registration: NamedDependency[Registration],
    ) -> Redirect:
        values, now = await typed(request), clock.now()
        offer = await purposes_of(conference)
        purpose = next((one for one in offer if one.code == values.get("purpose")), None)
        if purpose is None:
            raise NotFound(_("There is no such purpose."))
        if values.get("given") == "yes" and purpose.is_active:
            notice = await version_in_force(conference, now)
            agreement = agreement_to(purpose, languages_of(conference), notice)
            if not is_of_these_words(agreement, values.get("words", "")):
                return to_own_page(conference, _(WORDS_CHANGED_HERE), kind="warning")
            await consents.give_consent(registration.id, agreement, now)
            return to_own_page(conference, _("Thank you. You can take this back at any time."))
        await consents.withdraw_consent(registration.id, purpose.id, now)
        return to_own_page(conference, _("Taken back. It holds no longer."))

    @post("/calendar", name="me:renew-calendar", status_code=303)
    async def renew_calendar(
        self,
        conference: NamedDependency[Conference],
        registration: NamedDependency[Registration],
    ) -> Redirect:
        await confirming.renew_feed(
            registration.id, conference, await latest_programme(conference), clock.now()
        )
        return to_own_page(
            conference, _("Your calendar has a new address; the old one is dead. Please subscribe again.")
        )

    @post("/sign-out", name="me:sign-out", status_code=303)
    async def sign_out(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Redirect:
        name = cookie_name(conference.id)
        await confirming.sign_out(request.cookies.get(name, ""))
        over = Cookie(name, value="", max_age=0, httponly=True, samesite="lax")
        stars = star_cookie(request, conference, Stars(stars_of(request).codes))
        return see_other(
            f"/{conference.slug}/", _("You are signed out on this device."), cookies=[over, stars]
        )

    @get("/withdraw", name="me:withdraw-page")
    async def withdraw_page(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        registration: NamedDependency[Registration],
    ) -> Template:
        return private(
            page(
                request,
                "registration/withdraw.html",
                conference=conference,
                notes_presence=registration.notes_presence,
            )
        )

    @post("/withdraw", name="me:withdraw", status_code=303)
    async def withdraw(
        self, conference: NamedDependency[Conference], registration: NamedDependency[Registration]
    ) -> Redirect:
        await withdrawing.withdraw(
            registration.id, conference, await latest_programme(conference), clock.now()
        )
        return to_withdrawn(conference)


async def own_page(request: AnyRequest, conference: Conference, registration: Registration) -> Template:
    """Everything a person has here."""
    now, language = clock.now(), i18n.current_language()
    programme, mine = await latest_programme(conference), await everything_of(registration)
    purposes = await purposes_of(conference)
    zone, _is_chosen = reader_zone(request, registration.zone)
    placings = programme.placings if programme else ()
    joins = {slot.code: f"/join/{slot.code}" for _s, slot in placings}
    chosen, others = agenda_entries(
        programme,
        seats=mine.seats,
        agenda=mine.agenda,
        taken=await spoken_for_in(programme),
        slug=conference.slug,
        zone=zone,
        language=language,
        now=now,
        joins=joins,
        waits=await waits_of(registration.id, now),
    )
    upcoming = next((entry for entry in chosen if not entry.is_over and not entry.is_cancelled), None)
    drawn = None
    if upcoming is not None:
        drawn = strip_svg(
            build_strip(
                dates.local_date(upcoming.when.start, zone),
                zone,
                conference.zone,
                spans=[(upcoming.when.start, upcoming.when.end)],
                now=now,
                subject="session",
                language=language,
            )
        )
    seated = {entry.session: entry.slot for entry in chosen if entry.seat and not entry.is_cancelled}
    token = feed_token(registration.code, registration.feed_generation)
    feed = f"{settings_of(request).base_url}/calendar/{token}.ics"
    return private(
        page(
            request,
            "registration/me.html",
            conference=conference,
            registration=registration,
            upcoming=upcoming,
            upcoming_in=countdown_words(upcoming, now, language) if upcoming else "",
            strip=drawn,
            days=by_day(chosen, zone, language),
            offers=[entry for entry in others if entry.offer_until],
            declined=declined_views(
                await open_declines(registration, programme, now, mine.told), conference, zone, language
            ),
            lines=by_day([e for e in others if e.place and not e.offer_until], zone, language),
            changed=change_views(
                await changes_today(registration, programme, now), conference, zone, language
            ),
            others=by_day([entry for entry in others if not entry.place], zone, language),
            seated=seated,
            takes_groups=(await group_rules(conference.id)).takes_groups,
            feed=feed,
            webcal=calendar.subscribe_link(feed),
            google=calendar.google_subscribe_link(feed),
            zone_label=dates.zone_name(registration.zone, first_noon(conference), language),
            country=dict(timezones.countries(language)).get(registration.country, registration.country),
            reminders=chosen_titles(registration),
            certificate=await certificate_line(conference, registration),
            purposes=consent_views(mine, purposes, registration, languages_of(conference), language),
        )
    )


def change_views(
    changes: tuple[Changed, ...], conference: Conference, zone: str, language: str
) -> list[dict[str, Any]]:
    """What became of the person's sessions of today: ``after`` is None where one is off."""
    views = []
    for change in changes:
        title, title_language = texts.pick_with_language(change.title, language)
        after = None
        if change.start and change.end:
            after = when(change.start, change.end, zone, conference.zone, language)
        views.append(
            {
                "title": title,
                "language": title_language,
                "before": when(change.was_start, change.was_end, zone, conference.zone, language),
                "after": after,
            }
        )
    return views


def consent_views(
    mine: Mine,
    purposes: tuple[Purpose, ...],
    registration: Registration,
    languages: tuple[str, ...],
    language: str,
) -> list[dict[str, Any]]:
    """Each purpose with the words consented to, or those that would be."""
    views = []
    for purpose in purposes:
        given = mine.consents.get(purpose.id)
        if purpose.code == PRESENCE_PURPOSE or (given is None and not purpose.is_active):
            continue  # presence has a page of its own, which says what hangs on it
        offered = agreement_to(purpose, languages)
        since = ""
        if given:
            since = dates.long_day(dates.local_date(given.given_at, registration.zone), language)
        views.append(
            {
                "code": purpose.code,
                "words": given.wording if given else offered.wording,
                "language": given.language if given else offered.language,
                "mark": words_mark(offered),
                "since": since,
                "given": given is not None,
            }
        )
    return views
