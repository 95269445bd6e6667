"""The meridian strip: one day as a band of day, edge and night, with the same hours on every place's clock.

It reads like a slide rule. Above the band run the reader's hours, below it the conference's, so that any instant stands
straight above itself; further places (the registrants' countries, a session's speakers) follow as thinner bands.
Everything is a share of the day's length, so the picture is drawn once and fits every width.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from conference import dates, timezones
from conference.strip_layout import Row, Span, Strip, clock_band, window_of
from conference.strip_words import Subject, place_words, range_words, strip_sentences


def build_strip(
    day: date,
    reader_zone: str,
    conference_zone: str,
    *,
    spans: Iterable[tuple[datetime, datetime]] = (),
    places: Iterable[tuple[str, float | None]] = (),
    now: datetime | None = None,
    subject: Subject = "conference",
    language: str = "en",
) -> Strip:
    """The strip of the reader's date ``day``.

    ``spans`` are the starts and ends (aware, end exclusive) of what takes place that day; ``places`` further zones, each
    with the share of people there (0 to 1) or None; ``now`` puts a needle at that instant, if it is on the band; ``subject`` says whether the
    spans are the conference's or one session's. Where
    the reader's clock agrees with the conference's all day, the strip has no conference row. Raises UnknownZone.
    """
    zone, home = timezones.zone(reader_zone), timezones.zone(conference_zone)
    held = sorted((begins.astimezone(UTC), ends.astimezone(UTC)) for begins, ends in spans)
    start, end = window_of(day, zone, held)
    shown = [(begins, ends) for begins, ends in held if begins < end and ends > start]
    length = (end - start).total_seconds()

    def share(instant: datetime) -> float:
        return (instant - start).total_seconds() / length

    def row(
        role: Literal["reader", "conference", "place"], where: ZoneInfo, people: float | None = None
    ) -> Row:
        if shown:
            first, last = shown[0][0], max(ends for _begins, ends in shown)
            hours = range_words(
                first, last, where.key, language, against=zone.key if role != "reader" else None
            )
        else:
            hours = dates.clock_time(now, where.key, language) if now else ""
        segments, ticks = clock_band(where, start, end)
        noted = shown[0][0] if shown else now or start
        return Row(
            role,
            where.key,
            place_words(where.key, noted, language),
            dates.short_day(dates.local_date(noted, where.key), language),
            timezones.utc_offset_label(noted, where),
            hours,
            segments,
            ticks,
            people,
        )

    reader = row("reader", zone)
    conference = row("conference", home) if _differ(zone, home, start, end) else None
    return Strip(
        day=day,
        start=start,
        end=end,
        reader=reader,
        conference=conference,
        places=tuple(row("place", timezones.zone(name), people) for name, people in places),
        spans=tuple(
            Span(max(0.0, share(begins)), min(1.0, share(ends)), begins < start, ends > end)
            for begins, ends in shown
        ),
        now=share(now) if now and start <= now < end else None,
        text=strip_sentences(
            subject,
            reader,
            conference,
            place_words(home.key, start, language),
            shown,
            start,
            end,
            now,
            language,
        ),
        language=language,
    )


def _differ(one: ZoneInfo, other: ZoneInfo, start: datetime, end: datetime) -> bool:
    moments = (start, start + (end - start) / 2, end)
    return any(timezones.offset_at(moment, one) != timezones.offset_at(moment, other) for moment in moments)
