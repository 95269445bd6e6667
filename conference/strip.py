"""The meridian strip: one day as a band of day, edge and night, with the same hours on every place's clock.

It reads like a slide rule. Above the band run the reader's hours, below it the conference's, so that any instant stands
straight above itself; further places (the registrants' countries, a session's speakers) follow as thinner bands.
Everything is a share of the day's length, so the picture is drawn once and fits every width.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from babel.numbers import format_percent
from markupsafe import Markup, escape

from conference import dates, timezones
from conference.i18n import _, locale_of, use_language
from conference.timezones import HourKind

Subject = Literal["conference", "session"]

_STEP = timedelta(
    minutes=15
)  # every offset in use since 1972 is a multiple of it, and so is every clock change


@dataclass(frozen=True)
class Segment:
    """A stretch of one kind of hours; ``left`` and ``right`` are shares (0 to 1) of the band."""

    kind: HourKind
    left: float
    right: float


@dataclass(frozen=True)
class Tick:
    """A full hour on a place's clock; every sixth carries its number."""

    at: float
    hour: int

    @property
    def numbered(self) -> bool:
        """Whether the hour's number stands beside the tick."""
        return self.hour % 6 == 0


@dataclass(frozen=True)
class Row:
    """One place: its band, its clock and the words beside it.

    ``hours`` says when things happen on its clock (empty when the strip has no spans and no "now"); ``date`` is the
    day it starts there and ``note`` its offset; ``share`` (0 to 1) is how many of the people are there, None where that is not the question.
    """

    role: Literal["reader", "conference", "place"]
    zone: str
    name: str
    date: str
    note: str
    hours: str
    segments: tuple[Segment, ...]
    ticks: tuple[Tick, ...]
    share: float | None = None


@dataclass(frozen=True)
class Span:
    """Something that takes place; cut at the band's ends, which ``from_before`` and ``goes_on`` tell."""

    left: float
    right: float
    from_before: bool = False
    goes_on: bool = False


@dataclass(frozen=True)
class Strip:
    """A strip ready to be drawn (``strip_svg``) or said (``text``). ``start`` and ``end`` are the band's ends (UTC)."""

    day: date
    start: datetime
    end: datetime
    reader: Row
    conference: Row | None
    places: tuple[Row, ...]
    spans: tuple[Span, ...]
    now: float | None
    text: str
    language: str


def _instant(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """The instant at which the zone's clocks first show the hour; where they skip it, the moment they jump."""
    wall = datetime.combine(day, time(hour))
    try:
        return timezones.to_utc(wall, zone, fold=0)
    except timezones.SkippedHour as skipped:
        return timezones.to_utc(skipped.next_valid, zone, fold=0)


def _window(
    day: date, zone: ZoneInfo, spans: Sequence[tuple[datetime, datetime]]
) -> tuple[datetime, datetime]:
    """The day from midnight to midnight; from noon to noon when only so what takes place stays in one piece.

    A clock change makes it 23 or 25 hours (or 23½, at Lord Howe).
    """
    windows = []
    for shift, hour in ((0, 0), (0, 12), (-1, 12)):
        first = day + timedelta(days=shift)
        start, end = _instant(first, hour, zone), _instant(first + timedelta(days=1), hour, zone)
        if end <= start:  # the day that Samoa left out in 2011
            end = start + timedelta(days=1)
        windows.append((start, end))
    for start, end in windows:
        if all(start <= begins and ends <= end for begins, ends in spans):
            return start, end
    return windows[0]


def _clock(zone: ZoneInfo, start: datetime, end: datetime) -> tuple[tuple[Segment, ...], tuple[Tick, ...]]:
    """The stretches and full hours of a zone's clock between two instants."""
    length = (end - start).total_seconds()
    segments: list[Segment] = []
    ticks: list[Tick] = []
    kind, since, moment = timezones.hour_kind(start.astimezone(zone)), 0.0, start
    while moment <= end:
        local = moment.astimezone(zone)
        at = (moment - start).total_seconds() / length
        if local.minute == 0:
            ticks.append(Tick(at, local.hour))
        if moment < end and (here := timezones.hour_kind(local)) != kind:
            segments.append(Segment(kind, since, at))
            kind, since = here, at
        moment += _STEP
    segments.append(Segment(kind, since, 1.0))
    return tuple(segments), tuple(ticks)


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
    start, end = _window(day, zone, held)
    shown = [(begins, ends) for begins, ends in held if begins < end and ends > start]
    length = (end - start).total_seconds()

    def share(instant: datetime) -> float:
        return (instant - start).total_seconds() / length

    def row(
        role: Literal["reader", "conference", "place"], where: ZoneInfo, people: float | None = None
    ) -> Row:
        if shown:
            first, last = shown[0][0], max(ends for _begins, ends in shown)
            hours = _range(first, last, where.key, language, against=zone.key if role != "reader" else None)
        else:
            hours = dates.clock_time(now, where.key, language) if now else ""
        segments, ticks = _clock(where, start, end)
        noted = shown[0][0] if shown else now or start
        return Row(
            role,
            where.key,
            _place(where.key, noted, language),
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
        text=_text(
            subject, reader, conference, _place(home.key, start, language), shown, start, end, now, language
        ),
        language=language,
    )


def _place(zone: str, instant: datetime, language: str) -> str:
    name = dates.city_name(zone, language)
    return name if "/" in zone and not zone.startswith("Etc/") else timezones.utc_offset_label(instant, zone)


def _range(start: datetime, end: datetime, zone: str, language: str, *, against: str | None = None) -> str:
    """A time range in the zone; a start on another date than in the zone ``against`` says so."""
    words = dates.time_range(start, end, zone, language)
    shift = dates.day_shift(start, zone, against) if against else 0
    return f"{dates.day_shift_words(shift, language)}, {words}" if shift else words


def _differ(one: ZoneInfo, other: ZoneInfo, start: datetime, end: datetime) -> bool:
    moments = (start, start + (end - start) / 2, end)
    return any(timezones.offset_at(moment, one) != timezones.offset_at(moment, other) for moment in moments)


def _text(
    subject: Subject,
    reader: Row,
    conference: Row | None,
    home: str,
    held: Sequence[tuple[datetime, datetime]],
    start: datetime,
    end: datetime,
    now: datetime | None,
    language: str,
) -> str:
    with use_language(language):
        sentences = []
        if held:
            first, last = held[0][0], max(ends for _begins, ends in held)
            light = _light(ZoneInfo(reader.zone), first, last, language)
            if conference is None:
                both = (
                    _("This session runs %(time)s in %(place)s, and your clock agrees: %(light)s.")
                    if subject == "session"
                    else _("The conference runs %(time)s in %(place)s, and your clock agrees: %(light)s.")
                )
                sentences.append(both % {"time": reader.hours, "place": home, "light": light})
            else:
                there = _range(first, last, conference.zone, language)
                here = _range(first, last, reader.zone, language, against=conference.zone)
                runs = (
                    _("This session runs %(time)s in %(place)s.")
                    if subject == "session"
                    else _("The conference runs %(time)s in %(place)s.")
                )
                sentences.append(runs % {"time": there, "place": conference.name})
                sentences.append(
                    _("For you in %(place)s it is %(time)s: %(light)s.")
                    % {"place": reader.name, "time": here, "light": light}
                )
        elif now and conference:
            sentences.append(
                _(
                    "It is now %(time)s in %(place)s and %(their_time)s in %(their_place)s, where the conference is."
                )
                % {
                    "time": reader.hours,
                    "place": reader.name,
                    "their_time": conference.hours,
                    "their_place": conference.name,
                }
            )
        elif conference:
            sentences.append(_apart(reader, conference, start, language))
        else:
            sentences.append(
                _("Your clock in %(place)s agrees with the conference's all day.") % {"place": reader.name}
            )
        if end - start != timedelta(days=1):
            sentences.append(_("The clocks change in %(place)s during this time.") % {"place": reader.name})
        return " ".join(sentences)


def _apart(reader: Row, conference: Row, instant: datetime, language: str) -> str:
    ahead = timezones.offset_at(instant, reader.zone) - timezones.offset_at(instant, conference.zone)
    minutes = int(ahead.total_seconds() // 60)
    words = {
        "place": reader.name,
        "home": conference.name,
        "time": dates.duration_words(abs(minutes), language),
    }
    if minutes > 0:
        return _("Your clock in %(place)s is %(time)s ahead of the conference's in %(home)s.") % words
    return _("Your clock in %(place)s is %(time)s behind the conference's in %(home)s.") % words


def _light(zone: ZoneInfo, start: datetime, end: datetime, language: str) -> str:
    """What part of the reader's day a time falls into: ``by day until 20:00, then in the evening``."""
    stretches: list[tuple[str, datetime]] = []  # what it is like, and until when
    moment = start
    while moment < end:
        name = _kind_words(moment.astimezone(zone))
        step = min(moment + _STEP, end)
        if stretches and stretches[-1][0] == name:
            stretches[-1] = (name, step)
        else:
            stretches.append((name, step))
        moment = step
    if not stretches:
        return _kind_words(start.astimezone(zone))
    if len(stretches) == 1:
        return _("all of it %(light)s") % {"light": stretches[0][0]}
    parts = [
        _("%(light)s until %(time)s") % {"light": name, "time": dates.clock_time(until, zone.key, language)}
        for name, until in stretches[:-1]
    ]
    return _(", then ").join([*parts, stretches[-1][0]])


def _kind_words(local: datetime) -> str:
    kind = timezones.hour_kind(local)
    if kind == "day":
        return _("by day")
    if kind == "night":
        return _("at night")
    return _("in the early morning") if local.hour < timezones.DAY_STARTS else _("in the evening")


def strip_text(strip: Strip) -> str:
    """The strip in words, for mails and wherever there is no picture; each further place on a line of its own."""
    lines = [strip.text]
    for place in strip.places:
        amount = f" ({_percent(place.share, strip.language)})" if place.share is not None else ""
        hours = f": {place.hours}" if place.hours else ""
        lines.append(f"{place.name}, {place.note}{amount}{hours}")
    return "\n".join(lines)


def _percent(share: float, language: str) -> str:
    if 0 < share < 0.01:
        return f"< {format_percent(0.01, locale=locale_of(language))}"
    return format_percent(
        share, "#,##0%" if locale_of(language).language == "en" else None, locale=locale_of(language)
    )


# Heights in CSS pixels; everything across is in percent, so type stays the size it was set in at every width.
_BAND_TOP, _BAND = 42, 26
_UNDER = 7
_PLACE = 34


def strip_svg(strip: Strip) -> Markup:
    """The strip as inline SVG without any style or script of its own; ``static/css/strip.css`` dresses it.

    Time runs from left to right in every language, as on clocks' scales.
    """
    reader, conference = strip.reader, strip.conference
    band_bottom = _BAND_TOP + _BAND
    body = [
        _labels(reader, 13, strip.language),
        _scale(reader, _BAND_TOP, up=True),
        _band(reader, _BAND_TOP, _BAND, "strip-band"),
    ]
    body.append(_sky(reader, strip.spans, _BAND_TOP + _BAND / 2))
    bottom = band_bottom
    if conference:
        body.append(_band(conference, band_bottom + 2, _UNDER, "strip-under"))
        bottom = band_bottom + 2 + _UNDER
        body.append(_scale(conference, bottom, up=False))
        body.append(_labels(conference, bottom + 40, strip.language))
        height = bottom + 46
    else:
        height = band_bottom + 4
    spans_bottom = band_bottom
    for place in strip.places:
        body.append(_labels(place, height + 18, strip.language))
        body.append(_band(place, height + 24, _UNDER, "strip-under"))
        spans_bottom = height + 24 + _UNDER
        height += _PLACE
    body += [_span(span, spans_bottom if strip.places else None) for span in strip.spans]
    if strip.now is not None:
        x = _share(strip.now)
        body.append(
            f'<svg class="strip-now" x="{x}" y="0" overflow="visible">'
            f'<path d="M0 {_BAND_TOP - 4}V{bottom + 4}"/><path d="M-4 {_BAND_TOP - 9}h8l-4 6z"/></svg>'
        )
    title = escape(strip_text(strip))
    return Markup(  # noqa: S704  # every text in it went through escape(), every number was made here
        f'<svg class="strip" width="100%" height="{height}" role="img" direction="ltr">'
        f"<title>{title}</title>{''.join(body)}</svg>"
    )


def _share(value: float) -> str:
    return f"{value * 100:.3f}".rstrip("0").rstrip(".") + "%"


def _band(row: Row, y: float, height: int, kind: str) -> str:
    parts = [
        f'<rect class="strip-{segment.kind}" x="{_share(segment.left)}" y="{y}"'
        f' width="{_share(segment.right - segment.left)}" height="{height}"/>'
        for segment in row.segments
    ]
    frame = f'<rect class="strip-frame" x="0" y="{y}" width="100%" height="{height}"/>'
    return f'<g class="{kind}">{"".join(parts)}{frame}</g>'


def _scale(row: Row, y: float, *, up: bool) -> str:
    """Ticks for every hour, long and numbered at each sixth; upwards from ``y`` for the reader, downwards for others."""
    parts = []
    for tick in row.ticks:
        long = 7 if tick.numbered else 3
        y1, y2 = (y - 1 - long, y - 1) if up else (y + 1, y + 1 + long)
        x = _share(tick.at)
        parts.append(f'<line class="strip-tick" x1="{x}" x2="{x}" y1="{y1}" y2="{y2}"/>')
        if tick.numbered:
            # At the ends a number keeps inside the picture instead of standing over its tick.
            place = "start" if tick.at < 0.02 else "end" if tick.at > 0.98 else "middle"
            hour = 24 if tick.at == 1 and tick.hour == 0 else tick.hour
            parts.append(
                f'<text class="strip-hour strip-{place}" x="{x}" y="{y - 11 if up else y + 19}">{hour:02}</text>'
            )
    return "".join(parts)


def _labels(row: Row, y: float, language: str) -> str:
    notes = [] if row.note == row.name else [row.note]
    notes += [_percent(row.share, language)] if row.share is not None else []
    used = len(row.name) + len(row.hours)
    parts = [f'<tspan class="strip-name">{escape(row.name)}</tspan>']
    for note in (*notes, *([row.date] if row.role != "place" else [])):
        used += len(note) + 1
        # What does not fit beside a long name on a narrow screen gives way there.
        kind = "strip-note" if used <= 40 else "strip-note strip-spare"
        parts.append(f'<tspan class="{kind}" dx="4">{escape(note)}</tspan>')
    name = " ".join(parts)
    hours = str(escape(row.hours))
    return (
        f'<text class="strip-place strip-start" x="0" y="{y}">{name}</text>'
        f'<text class="strip-hours strip-end" x="100%" y="{y}">{hours}</text>'
    )


def _sky(row: Row, spans: Sequence[Span], y: float) -> str:
    """A small sun in the middle of the day and a moon in the night: the kinds of hour are not told by colour alone."""
    parts = []
    for segment in row.segments:
        if segment.right - segment.left < 0.08:
            continue
        middle = (segment.left + segment.right) / 2
        if any(span.left - 0.03 < middle < span.right + 0.03 for span in spans):
            continue
        x = _share(middle)
        if segment.kind == "day":
            drawn = (
                '<path class="strip-sun" d="M0-3a3 3 0 1 0 0 6a3 3 0 1 0 0-6zM0-7v2M0 7v-2M-7 0h2M7 0h-2'
                'M-5-5l1.4 1.4M5 5l-1.4-1.4M-5 5l1.4-1.4M5-5l-1.4 1.4"/>'
            )
        elif segment.kind == "night":
            drawn = '<path class="strip-moon" d="M1.5-4.5a4.7 4.7 0 1 0 3 6.5a5 5 0 0 1-3-6.5z"/>'
        else:
            continue
        parts.append(f'<svg x="{x}" y="{y}" overflow="visible">{drawn}</svg>')
    return "".join(parts)


def _span(span: Span, guide_to: float | None) -> str:
    y, height = _BAND_TOP + 8, _BAND - 16
    left, width = _share(span.left), _share(span.right - span.left)
    drawn = f'<rect class="strip-span" x="{left}" y="{y}" width="{width}" height="{height}" rx="2"/>'
    for shown, x, turn in ((span.from_before, "0", "l-6 5l6 5z"), (span.goes_on, "100%", "l6 5l-6 5z")):
        if shown:
            drawn += f'<svg class="strip-on" x="{x}" y="{y}" overflow="visible"><path d="M0 0{turn}"/></svg>'
    if guide_to is not None:
        for x in (left, _share(span.right)):
            drawn += f'<line class="strip-guide" x1="{x}" x2="{x}" y1="{_BAND_TOP + _BAND}" y2="{guide_to}"/>'
    return drawn
