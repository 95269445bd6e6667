"""Private calendars beside the agenda's: the programme through a person's filters, and a speaker's own sessions.

Each has an address that nobody guesses and that its owner renews or takes away; only its hash is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from conference.codes import derived_token, hash_secret, new_code
from conference.db import locked
from conference.errors import Conflict, NotFound
from conference.i18n import _
from registration.calendars.tables import Feed, FeedKind
from registration.entries.record import note
from registration.seating.seats import standing
from registration.tables import Registration
from sessions.programme.filters import Filters, read_filters
from sessions.programme.snapshot import ReleasedProgramme
from sessions.tables import Speaker

MOST = 10
"""Calendars of one person."""


def feed_token(feed: Feed) -> str:
    """The token of ``/calendar/{token}.ics``."""
    return _token(feed.code, feed.generation)


def _token(code: str, generation: int) -> str:
    return derived_token("calendar", code, generation)


def filters_of(feed: Feed, programme: ReleasedProgramme) -> Filters:
    """The filters the calendar was made with; what the programme no longer knows is passed over."""
    return read_filters(dict(parse_qsl(feed.query)), programme)


async def feed_by_token(token: str) -> Feed | None:
    """The calendar at this address, None where it was renewed or taken away."""
    return await (
        Feed.objects().where((Feed.token_hash == hash_secret(token)) & Feed.revoked_at.is_null()).first()
    )


async def programme_feeds(registration_id: int) -> list[Feed]:
    """The person's calendars of the programme, the oldest first."""
    return await (
        Feed.objects()
        .where((Feed.registration == registration_id) & Feed.revoked_at.is_null())
        .order_by(Feed.id)
    )


async def add_programme_feed(
    registration_id: int, programme: ReleasedProgramme | None, asked: Mapping[str, str], now: datetime
) -> Feed:
    """Make a calendar of the programme through these filters (an address's query); the same twice is one.

    Raises NotFound while nothing is published or the registration does not stand, Conflict at ``MOST``.
    """
    if programme is None:
        raise NotFound(_("The programme has not been published yet."))
    query = urlencode(read_filters(asked, programme).query())[:1000]
    async with locked(Registration, registration_id):
        registration = await standing(registration_id)
        there = await programme_feeds(registration_id)
        for feed in there:
            if feed.query == query:
                return feed
        if len(there) >= MOST:
            raise Conflict(
                _("You have %(count)d calendars already. Please remove one first.") % {"count": len(there)}
            )
        feed = _new(FeedKind.PROGRAMME, now)
        feed.registration, feed.query = registration_id, query
        await feed.save()
        await note(registration, "calendar-address-made", now)
        return feed


async def renew_programme_feed(registration_id: int, code: str, now: datetime) -> None:
    """Give the calendar a new address; the old one is dead. Raises NotFound."""
    async with locked(Registration, registration_id):
        registration = await standing(registration_id)
        await _renew(await _own(registration_id, code))
        await note(registration, "calendar-address-renewed", now)


async def remove_programme_feed(registration_id: int, code: str, now: datetime) -> None:
    """Take the calendar away; its address is dead. Raises NotFound."""
    async with locked(Registration, registration_id):
        registration = await standing(registration_id)
        feed = await _own(registration_id, code)
        feed.revoked_at = now
        await feed.save([Feed.revoked_at])
        await note(registration, "calendar-address-removed", now)


async def talks_feed(speaker_id: int) -> Feed | None:
    """The calendar of what a speaker does, None while they have not asked for one."""
    return await Feed.objects().where((Feed.speaker == speaker_id) & Feed.revoked_at.is_null()).first()


async def make_talks_feed(speaker_id: int, now: datetime) -> Feed:
    """The speaker's calendar: the one they have, with a new address (the old one is dead), else a first one."""
    async with locked(Speaker, speaker_id):
        feed = await talks_feed(speaker_id)
        if feed is not None:
            await _renew(feed)
            return feed
        feed = _new(FeedKind.TALKS, now)
        feed.speaker = speaker_id
        await feed.save()
        return feed


async def remove_talks_feed(speaker_id: int, now: datetime) -> None:
    """Take the speaker's calendar away; twice is once."""
    await Feed.update({Feed.revoked_at: now}).where((Feed.speaker == speaker_id) & Feed.revoked_at.is_null())


async def _own(registration_id: int, code: str) -> Feed:
    for feed in await programme_feeds(registration_id):
        if feed.code == code:
            return feed
    raise NotFound(_("There is no such calendar. It may have been removed meanwhile."))


def _new(kind: FeedKind, now: datetime) -> Feed:
    code = new_code(12)
    return Feed(kind=kind, code=code, token_hash=hash_secret(_token(code, 1)), created_at=now)


async def _renew(feed: Feed) -> None:
    feed.generation += 1
    feed.token_hash = hash_secret(feed_token(feed))
    await feed.save([Feed.generation, Feed.token_hash])
