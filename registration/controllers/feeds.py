"""The private calendar feed: no sign-in, an address that nobody guesses."""

from __future__ import annotations

import hashlib
from email.utils import format_datetime

from litestar import Response, get
from litestar.params import FromPath

from conference import calendar, texts
from conference.codes import hash_secret
from conference.conferences import languages_of
from conference.i18n import _, use_language
from conference.tables import Conference
from conference.web import AnyRequest, settings_of
from registration.calendars.feeds import FeedSource, feed_entries
from registration.entries.links import join_path
from registration.queries import everything_of
from registration.tables import Registration, RegistrationStatus
from sessions.queries import latest_programme

_MEDIA_TYPE = "text/calendar"  # the framework adds the charset
_HEADERS = {
    "cache-control": "private, max-age=300",
    "x-robots-tag": "noindex",
    "referrer-policy": "no-referrer",
}


@get("/calendar/{name:str}", name="calendar:feed", media_type="text/calendar")
async def private_feed(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """The person's seats and agenda. An address unknown or renewed is 404, in plain words for a program's log."""
    registration = await _registration(name)
    conference = (
        await Conference.objects().where(Conference.id == registration.conference).first()
        if registration
        else None
    )
    if registration is None or conference is None:
        return Response(b"There is no calendar at this address.\n", status_code=404, media_type="text/plain")
    body, changed = await _feed(request, registration, conference)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**_HEADERS, "etag": etag, "last-modified": changed}
    asked = request.headers.get("if-none-match", "")
    # RFC 9110 13.1.2: a weak comparison, so that a proxy's W/ does not cost a transfer.
    if asked.strip() == "*" or etag in [tag.strip().removeprefix("W/") for tag in asked.split(",")]:
        return Response(b"", status_code=304, headers=headers, media_type=_MEDIA_TYPE)
    return Response(body, headers=headers, media_type=_MEDIA_TYPE)


async def _registration(name: str) -> Registration | None:
    token, dot, ending = name.rpartition(".")
    if not dot or ending != "ics":
        return None
    return await (
        Registration.objects()
        .where(
            (Registration.feed_hash == hash_secret(token))
            & (Registration.status != RegistrationStatus.PENDING.value)
        )
        .first()
    )


async def _feed(request: AnyRequest, registration: Registration, conference: Conference) -> tuple[bytes, str]:
    programme, mine = await latest_programme(conference), await everything_of(registration)
    base = settings_of(request).base_url
    language = registration.language
    conference_name = texts.pick(conference.name, language, languages_of(conference))
    entries = []
    if programme is not None:
        code, generation = registration.code, registration.feed_generation
        source = FeedSource(
            programme=programme,
            uid_host=conference.uid_host,
            zone=conference.zone,
            language=language,
            site=f"{base}/{conference.slug}",
            join={
                slot.code: base + join_path(slot.code, code, generation) for _s, slot in programme.placings
            },
            seats=mine.seats,
            agenda=mine.agenda,
            told=mine.told,
        )
        entries = feed_entries(source)
    with use_language(language):
        title = _("%(conference)s: my sessions") % {"conference": conference_name}
    body = calendar.feed(entries, title, f"{base}{request.url.path}", language=language)
    newest = max([registration.changed_at, *(entry.revised_at for entry in entries)])
    return body, format_datetime(newest, usegmt=True)
