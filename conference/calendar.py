"""Calendar files: feeds and downloads (RFC 5545, RFC 7986) and mailed invitations (RFC 5546, RFC 6047).

Equal input gives equal bytes: nothing here looks at the clock, at random numbers or at the order of a set.
Times are written in UTC without VTIMEZONE, since readers disagree about zone definitions and about nothing else;
the wall time and the name of the zone stand in the text.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import quote, urlencode

from icalendar import Calendar, Event, Parameters, vCalAddress, vDuration, vText

from conference import dates
from conference.i18n import _, use_language

PRODUCT = "-//Meridian//Meridian 1//EN"
"""RFC 5545 3.7.3: names the program that wrote the file."""

CONTENT_TYPE = "text/calendar; charset=utf-8"
"""Media type of a feed or download; a mailed invite adds ``; method=`` and the method."""

Method = Literal["REQUEST", "CANCEL"]
Status = Literal["confirmed", "cancelled"]


@dataclass(frozen=True)
class CalendarEntry:
    """One slot as calendars know it.

    ``uid`` never changes. ``sequence`` grows with every change of time, status or place, a cancellation included.
    ``start``, ``end`` (exclusive) and ``revised_at`` are aware. ``location_url`` is our own join link, never the
    vendor's; ``url`` the session's page. Empty strings leave their property out. The organiser's name and address
    stand in invites only.
    """

    uid: str
    sequence: int
    revised_at: datetime
    start: datetime
    end: datetime
    title: str
    description: str = ""
    location_url: str = ""
    url: str = ""
    status: Status = "confirmed"
    categories: tuple[str, ...] = ()
    organiser_name: str = ""
    organiser_address: str = ""


# What RFC 5545 3.1 (CONTROL) forbids in a value, what Python and other readers take for a line's end (U+0085), lone
# surrogates (no UTF-8 exists for them), the byte-order mark (readers drop it) and the two non-characters.
_FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def plain_text(text: str) -> str:
    """``text`` with only what a calendar may hold: every kind of line end is a newline, a tab a space, controls are gone."""
    return _FORBIDDEN.sub("", _LINE_ENDS.sub("\n", text).replace("\t", " "))


def one_line(text: str) -> str:
    """As ``plain_text``, on a single line."""
    return " ".join(plain_text(text).split())


def calendar_name(text: str) -> str:
    """A name for a calendar. ``, ; \\`` go: widely used readers show the backslashes that escape them."""
    return " ".join(one_line(re.sub(r"[,;\\]", " ", text)).split())


def _uri(address: str) -> str:
    """An address safe to write unescaped, as RFC 5545 3.3.13 asks: whatever is not allowed in a URI is percent-encoded."""
    return quote(one_line(address), safe="%:/?#[]@!$&'()*+,;=-._~")


def _mailto(address: str) -> vCalAddress:
    local, at, domain = one_line(address).rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii") if not domain.isascii() else domain
    except UnicodeError:
        ascii_domain = domain
    # RFC 6068 2: anything but these in the local part is percent-encoded, non-ASCII letters too.
    return vCalAddress("mailto:" + quote(local, safe="!$'*+-._~") + at + quote(ascii_domain, safe="-._~[]:"))


def _parameter(text: str) -> str:
    """A parameter's value on one line. RFC 6868's ``^'`` for the double quote is not understood everywhere."""
    return one_line(text).replace('"', "”").replace("^", "")


def _title(entry: CalendarEntry) -> str:
    title = one_line(entry.title) or _("Session")
    # Many programs show a cancelled event like any other; the words make sure.
    return _("Cancelled: %(title)s") % {"title": title} if entry.status == "cancelled" else title


def _event(entry: CalendarEntry, stamp: datetime) -> Event:
    event = Event()
    event.add("UID", vText(one_line(entry.uid)))
    event.add("DTSTAMP", stamp.astimezone(UTC).replace(microsecond=0))
    event.add("LAST-MODIFIED", entry.revised_at.astimezone(UTC).replace(microsecond=0))
    event.add("SEQUENCE", entry.sequence)
    event.add("STATUS", vText(entry.status.upper()))
    event.add("DTSTART", entry.start.astimezone(UTC).replace(microsecond=0))
    event.add("DTEND", entry.end.astimezone(UTC).replace(microsecond=0))
    event.add("SUMMARY", vText(_title(entry)))
    if description := plain_text(entry.description).strip():
        event.add("DESCRIPTION", vText(description))
    if entry.url:
        event.add("URL", _uri(entry.url))
    if entry.location_url:
        # RFC 7986 5.11, and again as the place: few programs show CONFERENCE, all show LOCATION.
        event.add("LOCATION", vText(_uri(entry.location_url)))
        parameters = Parameters(VALUE="URI", FEATURE=["AUDIO", "VIDEO"], LABEL=_parameter(_("Join")))
        event.add("CONFERENCE", _uri(entry.location_url), parameters=parameters)
    if categories := [one_line(category) for category in entry.categories if one_line(category)]:
        event.add("CATEGORIES", categories)
    return event


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("VERSION", vText("2.0"))
    calendar.add("PRODID", vText(PRODUCT))
    calendar.add("CALSCALE", vText("GREGORIAN"))
    return calendar


def feed(
    entries: Iterable[CalendarEntry],
    name: str,
    source_url: str = "",
    *,
    description: str = "",
    refresh: timedelta = timedelta(hours=1),
    language: str = "en",
) -> bytes:
    """A calendar of many entries, for download and for subscription (then with its own address as ``source_url``).

    It carries no METHOD (with one, readers want an organiser and some answer to them by mail) and nobody's address.
    ``refresh`` is the shortest time between two looks that we ask of readers.
    """
    calendar = _calendar()
    ordered = sorted(entries, key=lambda entry: (entry.start.astimezone(UTC), entry.uid))
    shown_name = calendar_name(name)
    with use_language(language):
        # RFC 7986 5.1 and what everything older reads.
        calendar.add("NAME", vText(shown_name))
        calendar.add("X-WR-CALNAME", vText(shown_name))
        if about := plain_text(description).strip():
            calendar.add("DESCRIPTION", vText(about))
            calendar.add("X-WR-CALDESC", vText(about))
        if source_url:
            source = _uri(source_url)
            calendar.add("UID", vText(str(uuid.uuid5(uuid.NAMESPACE_URL, source))))
            calendar.add("SOURCE", source, parameters={"VALUE": "URI"})
            calendar.add("REFRESH-INTERVAL", refresh, parameters={"VALUE": "DURATION"})
            calendar.add("X-PUBLISHED-TTL", vDuration(refresh))
        if ordered:
            newest = max(entry.revised_at for entry in ordered)
            calendar.add("LAST-MODIFIED", newest.astimezone(UTC).replace(microsecond=0))
        for entry in ordered:
            # RFC 5545 3.8.7.2: without METHOD, DTSTAMP says when the entry was last revised.
            calendar.add_component(_event(entry, entry.revised_at))
    return bytes(calendar.to_ical(sorted=False))


def invite(
    entry: CalendarEntry,
    attendee_name: str,
    attendee_address: str,
    method: Method,
    stamp: datetime,
    *,
    language: str = "en",
) -> bytes:
    """The calendar part of a mail that books one person into an entry, changes it, or takes it back (CANCEL).

    ``stamp`` is when this message was made; receivers compare SEQUENCE first and then this. A CANCEL of an entry that
    still takes place only takes this person out of it (RFC 5546 3.2.5), so it carries no STATUS; its ``sequence`` must
    be higher than the last one sent. Raises ValueError when the entry has no organiser's address, which every invite needs.
    """
    if not entry.organiser_address:
        raise ValueError("an invite needs the organiser's address")
    calendar = _calendar()
    calendar.add("METHOD", vText(method))
    with use_language(language):
        event = _event(entry, stamp)
        if method == "CANCEL" and entry.status == "confirmed":
            del event["STATUS"]
    organiser = _mailto(entry.organiser_address)
    if common_name := _parameter(entry.organiser_name):
        organiser.params["CN"] = common_name
    event.add("ORGANIZER", organiser)
    attendee = _mailto(attendee_address)
    if common_name := _parameter(attendee_name):
        attendee.params["CN"] = common_name
    if method == "REQUEST":
        # They registered by themselves, so nothing is asked of them (RFC 5545 3.2.12, 3.2.17).
        attendee.params["CUTYPE"] = "INDIVIDUAL"
        attendee.params["ROLE"] = "REQ-PARTICIPANT"
        attendee.params["PARTSTAT"] = "ACCEPTED"
        attendee.params["RSVP"] = "FALSE"
    event.add("ATTENDEE", attendee)
    calendar.add_component(event)
    return bytes(calendar.to_ical(sorted=False))


def entry_text(entry: CalendarEntry, zone: str, text: str, *, language: str = "en") -> str:
    """A description for an entry: when it is by the conference's clocks, how to join, then ``text``.

    Calendars show the reader's own time; the promise made on the conference's clock stands here in words.
    """
    with use_language(language):
        when = _("%(time)s on %(day)s (%(zone)s)") % {
            "time": dates.time_range(entry.start, entry.end, zone, language),
            "day": dates.long_day(dates.local_date(entry.start, zone), language),
            "zone": dates.zone_name(zone, entry.start, language),
        }
        parts = [when]
        if entry.location_url:
            parts.append(_("Join: %(link)s") % {"link": entry.location_url})
        if entry.url:
            parts.append(_("About this session: %(link)s") % {"link": entry.url})
    if about := plain_text(text).strip():
        parts += ["", about]
    return "\n".join(parts)


_LINK_TITLE_LIMIT = 200
_LINK_TEXT_LIMIT = 1000  # longer addresses are cut by mail programs and refused by servers


def _link_text(text: str) -> str:
    clean = plain_text(text).strip()
    return clean if len(clean) <= _LINK_TEXT_LIMIT else clean[: _LINK_TEXT_LIMIT - 1].rstrip() + "…"


def _link_title(entry: CalendarEntry) -> str:
    title = _title(entry)
    return title if len(title) <= _LINK_TITLE_LIMIT else title[: _LINK_TITLE_LIMIT - 1].rstrip() + "…"


def google_link(entry: CalendarEntry) -> str:
    """Opens Google Calendar with the entry filled in. Undocumented by Google, so never the only way offered."""
    stamps = [moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ") for moment in (entry.start, entry.end)]
    query = {
        "action": "TEMPLATE",
        "text": _link_title(entry),
        "dates": "/".join(stamps),
        "details": _link_text(entry.description),
        "location": _uri(entry.location_url),
    }
    return "https://calendar.google.com/calendar/render?" + urlencode(query, safe="/", quote_via=quote)


def outlook_link(entry: CalendarEntry, *, work: bool = False) -> str:
    """Opens Outlook on the web with the entry filled in: outlook.com, or the ``work`` and school accounts' server."""
    host = "outlook.office.com" if work else "outlook.live.com"
    query = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "startdt": dates.iso_utc(entry.start),
        "enddt": dates.iso_utc(entry.end),
        "subject": _link_title(entry),
        "body": _link_text(entry.description),
        "location": _uri(entry.location_url),
    }
    return f"https://{host}/calendar/deeplink/compose?" + urlencode(query, safe="/:", quote_via=quote)


def subscribe_link(feed_url: str) -> str:
    """The feed's address as ``webcal://``, which Apple's and Mozilla's programs open as a subscription."""
    return re.sub(r"^https?://", "webcal://", feed_url)


def google_subscribe_link(feed_url: str) -> str:
    """Opens Google Calendar asking to subscribe to the feed; it accepts only the ``webcal`` form."""
    return "https://calendar.google.com/calendar/r?cid=" + quote(subscribe_link(feed_url), safe="")


def outlook_subscribe_link(feed_url: str, name: str, *, work: bool = False) -> str:
    """Opens Outlook on the web asking to subscribe to the feed: outlook.com, or ``work`` and school accounts.

    It wants the ``https`` address, unlike Google. Undocumented by Microsoft, so never the only way offered.
    """
    host = "outlook.office.com" if work else "outlook.live.com"
    query = {"url": feed_url, "name": calendar_name(name)[:100]}
    return f"https://{host}/calendar/0/addfromweb?" + urlencode(query, quote_via=quote)
