"""What is on now and what comes next, ready to show on one reader's clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from conference import dates
from sessions.programme.days import Layout, Row
from sessions.programme.now import Phase, now_and_next

NEAR = timedelta(hours=12)
"""From this long before the first session until this long after the last the programme itself says what is on."""


@dataclass(frozen=True)
class NowView:
    """``phase`` is a Phase. ``next_day`` is the next start's date where it is not today for the reader, ``next_in`` how
    long until then in words. ``iso_*`` are instants for the script, "" where there is none. ``is_near``: the conference is
    on today, or within hours of it. ``holds_for`` seconds this view is true, None as far as one can see."""

    phase: Phase
    on: tuple[Row, ...]
    coming: tuple[Row, ...]
    next_day: str
    next_in: str
    iso_now: str
    iso_next: str
    iso_change: str
    is_near: bool
    holds_for: float | None


def now_view(layout: Layout) -> NowView:
    """How things stand at the layout's ``now``. What is on comes without breaks where anything else is on as well."""
    found = now_and_next(layout.programme, layout.now)
    now, language, zone = layout.now, layout.language, layout.zone
    starts = found.next_start
    is_today = starts is not None and dates.local_date(starts, zone) == dates.local_date(now, zone)
    spans = [slot for session, slot in layout.programme.placings if not slot.is_cancelled]
    near = bool(spans) and (
        min(slot.start for slot in spans) - NEAR <= now < max(slot.end for slot in spans) + NEAR
    )
    change = found.changes_at
    return NowView(
        phase=found.phase,
        on=tuple(layout.row(*pair) for pair in found.on),
        coming=tuple(layout.row(*pair) for pair in found.coming),
        next_day=dates.long_day(dates.local_date(starts, zone), language) if starts and not is_today else "",
        next_in=dates.relative_words(starts, now, language) if starts else "",
        iso_now=dates.iso_utc(now),
        iso_next=dates.iso_utc(starts) if starts else "",
        iso_change=dates.iso_utc(change) if change else "",
        is_near=near,
        holds_for=(change - now).total_seconds() if change else None,
    )
