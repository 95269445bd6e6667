"""The meridian strip as inline SVG."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from conference.strip_layout import Row, Span, Strip
from conference.strip_words import percent_words, strip_text

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
    notes += [percent_words(row.share, language)] if row.share is not None else []
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
