"""Private calendar feeds: no sign-in, addresses that nobody guesses."""

from __future__ import annotations

import hashlib
from asyncio import to_thread
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime

from litestar import Response, get
from litestar.params import FromPath

from conference import calendar, texts
from conference.calendar import CalendarEntry
from conference.codes import hash_secret
from conference.conferences import languages_of
from conference.i18n import _, use_language
from conference.tables import Conference
from conference.web import AnyRequest, settings_of
from registration.calendars.feeds import FeedSource, feed_entries
from registration.calendars.private_feeds import feed_by_token, filters_of
from registration.calendars.tables import Feed
from registration.entries.links import join_path
from registration.queries import chosen_by
from registration.tables import Registration, RegistrationStatus
from sessions.programme.feeds import CalendarPlace, calendar_entries, calendar_entry
from sessions.programme.filters import Placing, selected
from sessions.programme.snapshot import ReleasedProgramme
from sessions.queries import latest_programme
from sessions.speakers.links import room_path
from sessions.speakers.own_page import talks_of
from sessions.tables import Speaker

_MEDIA_TYPE = "text/calendar"  # the framework adds the charset
_HEADERS = {
    "cache-control": "private, max-age=300",
    "x-robots-tag": "noindex",
    "referrer-policy": "no-referrer",
}
_LONGEST_TOKEN = 100

Written = tuple[bytes, datetime]


@get("/calendar/{name:str}", name="calendar:feed", media_type="text/calendar")
async def private_feed(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """A private calendar. An address unknown or renewed is 404, in plain words for a program's log."""
    token, dot, ending = name.rpartition(".")
    found = (
        await _written(request, token) if dot and ending == "ics" and len(token) < _LONGEST_TOKEN else None
    )
    if found is None:
        return Response(b"There is no calendar at this address.\n", status_code=404, media_type="text/plain")
    body, changed = found
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**_HEADERS, "etag": etag, "last-modified": format_datetime(changed, usegmt=True)}
    asked = request.headers.get("if-none-match", "")
    # RFC 9110 13.1.2: a weak comparison, so that a proxy's W/ does not cost a transfer.
    if asked.strip() == "*" or etag in [tag.strip().removeprefix("W/") for tag in asked.split(",")]:
        return Response(b"", status_code=304, headers=headers, media_type=_MEDIA_TYPE)
    return Response(body, headers=headers, media_type=_MEDIA_TYPE)


async def _written(request: AnyRequest, token: str) -> Written | None:
    registration = await (
        Registration.objects()
        .where(
            (Registration.feed_hash == hash_secret(token))
            & (Registration.status != RegistrationStatus.PENDING.value)
        )
        .first()
    )
    if registration is not None:
        return await _agenda(request, registration)
    feed = await feed_by_token(token)
    if feed is None:
        return None
    return await (_talks(request, feed) if feed.speaker else _programme(request, feed))


async def _conference(conference_id: int) -> Conference | None:
    return await Conference.objects().where(Conference.id == conference_id).first()


async def _agenda(request: AnyRequest, registration: Registration) -> Written | None:
    conference = await _conference(registration.conference)
    if conference is None:
        return None
    programme, chosen = await latest_programme(conference), await chosen_by(registration.id)
    base, language = settings_of(request).base_url, registration.language
    entries = []
    if programme is not None:
        code, generation = registration.code, registration.feed_generation
        source = FeedSource(
            programme=programme,
            place=_place(request, conference),
            language=language,
            join=lambda slot: base + join_path(slot, code, generation),
            seats=chosen.seats,
            agenda=chosen.agenda,
            told=chosen.told,
        )
        entries = feed_entries(source)
    with use_language(language):
        title = _("%(conference)s: my sessions") % {"conference": _name(conference, language)}
    body = calendar.feed(entries, title, f"{base}{request.url.path}", language=language)
    return body, max([registration.changed_at, *(entry.revised_at for entry in entries)])


async def _programme(request: AnyRequest, feed: Feed) -> Written | None:
    registration = await (
        Registration.objects()
        .where(
            (Registration.id == feed.registration)
            & (Registration.status == RegistrationStatus.CONFIRMED.value)
        )
        .first()
    )
    conference = await _conference(registration.conference) if registration else None
    if registration is None or conference is None:
        return None
    programme, language, zone = await latest_programme(conference), registration.language, registration.zone
    with use_language(language):
        title = _("%(conference)s: programme") % {"conference": _name(conference, language)}
    place = _place(request, conference)

    def entries(released: ReleasedProgramme) -> list[CalendarEntry]:
        # What is cancelled stays and says so; times are UTC, the zone only tells which hours are bearable.
        placings = selected(released, filters_of(feed, released), zone)
        return calendar_entries(place, released, placings, language=language)

    return await _write(request, feed, programme, entries, title, language)


async def _talks(request: AnyRequest, feed: Feed) -> Written | None:
    speaker = await Speaker.objects().where(Speaker.id == feed.speaker).first()
    conference = await _conference(speaker.conference) if speaker else None
    if speaker is None or conference is None:
        return None
    programme, languages = await latest_programme(conference), languages_of(conference)
    language = speaker.language if speaker.language in languages else languages[0]
    talks: list[Placing] = await talks_of(speaker, programme) if programme else []
    with use_language(language):
        title = _("My sessions at %(conference)s") % {"conference": _name(conference, language)}
    place = _place(request, conference)

    def entries(released: ReleasedProgramme) -> list[CalendarEntry]:
        return [
            calendar_entry(
                place,
                released,
                session,
                slot,
                language=language,
                join_url=place.base_url + room_path(speaker, slot.code) if speaker.link_generation else "",
            )
            for session, slot in talks
        ]

    return await _write(request, feed, programme, entries, title, language)


async def _write(
    request: AnyRequest,
    feed: Feed,
    programme: ReleasedProgramme | None,
    entries: Callable[[ReleasedProgramme], list[CalendarEntry]],
    title: str,
    language: str,
) -> Written:
    source = f"{settings_of(request).base_url}{request.url.path}"

    def write() -> bytes:
        return calendar.feed(entries(programme) if programme else [], title, source, language=language)

    changed = max(feed.created_at, programme.released_at) if programme else feed.created_at
    return await to_thread(write), changed  # a second for a thousand entries, in which others want answers


def _name(conference: Conference, language: str) -> str:
    return texts.pick(conference.name, language, languages_of(conference))


def _place(request: AnyRequest, conference: Conference) -> CalendarPlace:
    return CalendarPlace(
        slug=conference.slug,
        base_url=settings_of(request).base_url,
        uid_host=conference.uid_host,
        zone=conference.zone,
        languages=languages_of(conference),
    )
