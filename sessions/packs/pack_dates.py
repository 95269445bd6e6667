"""Pure: the dates of a pack in words: what they make of it now, and what is still to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from conference import dates
from conference.i18n import _
from sessions.packs.showing import is_embargoed, is_out
from sessions.packs.states import state_names
from sessions.packs.tables import PackAccess, PackState


@dataclass(frozen=True)
class PackDates:
    """A pack's state and dates (UTC, None: without)."""

    state: str
    published_at: datetime | None = None
    embargo_until: datetime | None = None
    expires_at: datetime | None = None


def standing_words(pack: PackDates, now: datetime, zone: str, language: str) -> tuple[str, str]:
    """How far the pack has come, with the date that matters most at ``now``, and the tone of its badge."""
    if pack.state != PackState.PUBLISHED:
        return state_names()[pack.state], "warning" if pack.state == PackState.REVIEW else ""
    if pack.published_at is not None and now < pack.published_at:
        return _("Seen from %(day)s") % {"day": _day(pack.published_at, zone, language)}, "warning"
    if not is_out(pack.state, pack.published_at, pack.expires_at, now):
        return _("Ended"), "bad"
    if pack.embargo_until is not None and is_embargoed(pack.embargo_until, now):
        return _("Opens on %(day)s") % {"day": _day(pack.embargo_until, zone, language)}, "warning"
    return _("Published"), "good"


def date_rows(pack: PackDates, zone: str, language: str) -> list[tuple[str, str]]:
    """(label, day and time on the clock of ``zone``) of each date the pack has."""
    return [
        (label, f"{_day(moment, zone, language)}, {dates.clock_time(moment, zone, language)}")
        for label, moment in (
            (_("Seen from"), pack.published_at),
            (_("Opens at"), pack.embargo_until),
            (_("Ends at"), pack.expires_at),
        )
        if moment is not None
    ]


def telling_words(state: str, access: str, announced_at: datetime | None, zone: str, language: str) -> str:
    """What becomes of the mail to those registered; "" where there is none."""
    if access == PackAccess.TEAM or state == PackState.WITHDRAWN:
        return ""
    if announced_at is not None:
        day = _day(announced_at, zone, language)
        return _("Settled on %(day)s: no other one goes out.") % {"day": day}
    return _(
        "One, ten minutes after people can open it, together with other packs that come out meanwhile: to those whose session it is, "
        "or to everyone for a pack of the whole conference."
    )


def _day(moment: datetime, zone: str, language: str) -> str:
    return dates.long_day(dates.local_date(moment, zone), language)
