"""The page of somebody who waits for a place at the conference: where they stand, what is offered, what they wished for."""

from __future__ import annotations

from litestar.response import Template

from conference import clock, dates, i18n, texts
from conference.tables import Conference
from conference.web import AnyRequest, page, reader_zone
from registration.controllers.attendee import first_noon, private
from registration.controllers.opening_desk import moment_named
from registration.places.counting import limits_of
from registration.places.passing_on import chances
from registration.places.standing import place_in_line
from registration.queries import offer_of
from registration.seating.seats import waits_for
from registration.tables import Registration
from registration.views import when
from sessions.queries import latest_programme


async def waiting_page(
    request: AnyRequest, conference: Conference, registration: Registration, token: str = ""
) -> Template:
    """With ``token`` for a browser that holds the link in a mail alone, without one for a browser that is signed in."""
    now, language = clock.now(), i18n.current_language()
    zone, _is_chosen = reader_zone(request, registration.zone)
    offer, limits = await offer_of(conference), await limits_of(conference.id)
    standing = await place_in_line(registration, limits, now)
    programme = await latest_programme(conference)
    is_over = chances(conference, programme, now) is None
    until = standing.offer_ends_at if standing and not is_over else None
    wishes = await waits_for(registration.id)
    category = next((one for one in offer.categories if one.id == registration.category), None)
    return private(
        page(
            request,
            "registration/waiting.html",
            conference=conference,
            token=token,
            name=registration.name,
            place=standing.place if standing else 0,
            is_over=is_over,
            until=moment_named(until, zone, language),
            until_home=moment_named(until, conference.zone, language) if zone != conference.zone else "",
            category=texts.pick(category.facts.name, language, offer.languages) if category else "",
            days=dates.day_range(conference.starts_on, conference.ends_on, language),
            zone_label=dates.zone_name(zone, first_noon(conference), language),
            wishes=[
                {
                    "title": texts.pick_with_language(session.title, language),
                    "when": when(slot.start, slot.end, zone, conference.zone, language),
                    "url": f"/{conference.slug}/sessions/{session.code}",
                }
                for session, slot in (programme.placings if programme else ())
                if slot.id in wishes
            ],
            email=registration.email,
        )
    )
