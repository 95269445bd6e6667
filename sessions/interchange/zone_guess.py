"""A likely zone for a file that names none. Always told to the organiser as a doubt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from conference import timezones

# Well-peopled zones, one for each pair of winter and summer offsets, tried in this order: the first that had the
# offset at all the times in the file is taken, so that at least every instant in it is right.
_LIKELY = (
    "UTC", "Europe/Berlin", "Europe/London", "Europe/Athens", "America/New_York", "America/Chicago", "America/Denver",
    "America/Los_Angeles", "Africa/Lagos", "Africa/Johannesburg", "Africa/Nairobi", "Asia/Dubai", "Asia/Karachi",
    "Asia/Kolkata", "Asia/Kathmandu", "Asia/Dhaka", "Asia/Yangon", "Asia/Bangkok", "Asia/Singapore", "Asia/Tokyo",
    "Australia/Sydney", "Australia/Brisbane", "Australia/Adelaide", "Australia/Darwin", "Pacific/Auckland",
    "America/Sao_Paulo", "America/Bogota", "America/Caracas", "America/St_Johns", "America/Halifax",
    "America/Phoenix", "America/Anchorage", "Pacific/Honolulu", "Asia/Tehran", "Asia/Kabul",
)  # fmt: skip
_MOST_MOMENTS = 200


def zone_by_city(city: str) -> str | None:
    """The zone named after ``city`` (Brussels: Europe/Brussels), or None."""
    wanted = city.strip().replace(" ", "_").casefold()
    if not wanted:
        return None
    return next(
        (name for name in sorted(timezones.all_zones()) if name.rpartition("/")[2].casefold() == wanted), None
    )


def zone_by_offsets(offset: timedelta | None, moments: Sequence[datetime]) -> str:
    """A zone that had ``offset`` at each of the naive wall-clock ``moments``; UTC when there is none or no offset."""
    if offset is None:
        return "UTC"
    for name in (*_LIKELY, *sorted(timezones.all_zones())):
        zone = timezones.zone(name)
        if all(moment.replace(tzinfo=zone).utcoffset() == offset for moment in moments[:_MOST_MOMENTS]):
            return name
    return "UTC"
