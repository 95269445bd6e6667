"""What the page of reminders shows: each kind with the next mail it would send, and what comes by the present choice."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from conference import dates, texts
from conference.i18n import _
from registration.reminding.due import Choices, Due, Fact, Item, coming
from registration.reminding.people import choices_of
from registration.reminding.tables import ReminderKind
from registration.tables import Registration
from sessions.programme.snapshot import ReleasedProgramme

SHOWN = 8
"""So many mails that come are listed."""


@dataclass(frozen=True)
class Titled:
    """A session in the reader's language, or in the one it is in."""

    title: str
    language: str


@dataclass(frozen=True)
class Coming:
    """A mail that comes: when (``iso``, and in words on the person's clock), of which kind, about what.

    ``first`` is when its first session begins, in words.
    """

    iso: str
    at: str
    kind: str
    sessions: tuple[Titled, ...]
    first: str


@dataclass(frozen=True)
class KindView:
    """A kind of reminder that can be chosen. ``example`` is the next mail of it, None where there would be none."""

    name: str
    title: str
    about: str
    is_chosen: bool
    example: Coming | None


def kind_titles() -> dict[ReminderKind, str]:
    """The kinds in words, in the order in which they are shown."""
    return {
        ReminderKind.DAY: _("A day before"),
        ReminderKind.DIGEST: _("My day"),
        ReminderKind.HOUR: _("An hour before"),
        ReminderKind.MINUTES: _("Ten minutes before"),
    }


def chosen_titles(registration: Registration) -> list[str]:
    """What the person chose, in words."""
    return [title for _name, title, is_chosen in choices_shown(registration) if is_chosen]


def choices_shown(registration: Registration) -> list[tuple[str, str, bool]]:
    """Each kind's name, its title, and whether the person chose it."""
    chosen = choices_of(registration).kinds
    return [(kind.value, title, kind in chosen) for kind, title in kind_titles().items()]


def _about() -> dict[ReminderKind, str]:
    return {
        ReminderKind.DIGEST: _(
            "At 07:00, one mail with all sessions of your day (until 06:00 the next morning) and the way into each room. "
            "Earlier when the day begins early: two hours before your first session, or at 20:00 the evening before."
        ),
        ReminderKind.DAY: _(
            "24 hours before a session, so that there is time to give a seat back. What begins in the twelve hours after "
            "it stands in the same mail."
        ),
        ReminderKind.HOUR: _(
            "An hour before a session, with the way into the room. What begins within the hour stands in the same mail."
        ),
        ReminderKind.MINUTES: _("Ten minutes before a session: when the room is open and it is time to go."),
    }


def kind_views(
    items: Collection[Item],
    choices: Choices,
    zone: str,
    now: datetime,
    told: Collection[Fact],
    programme: ReleasedProgramme | None,
    language: str,
) -> list[KindView]:
    """Every kind, each with its next mail as if it alone were chosen."""
    about, views = _about(), []
    for kind, title in kind_titles().items():
        next_one = coming(items, Choices(frozenset({kind})), zone, now, told, most=1)
        example = coming_views(next_one, programme, zone, language)
        views.append(
            KindView(kind.value, title, about[kind], kind in choices.kinds, example[0] if example else None)
        )
    return views


def coming_views(
    mails: Sequence[tuple[datetime, Due]], programme: ReleasedProgramme | None, zone: str, language: str
) -> list[Coming]:
    """The mails that come (see ``coming``), in words on the clock of ``zone``."""
    titles, known = kind_titles(), programme.slot_by_code if programme else {}
    return [
        Coming(
            dates.iso_utc(moment),
            _clock(moment, zone, language),
            titles[mail.kind],
            tuple(
                Titled(*texts.pick_with_language(known[item.slot][0].title, language)) for item in mail.items
            ),
            _clock(mail.items[0].start, zone, language),
        )
        for moment, mail in mails
    ]


def _clock(instant: datetime, zone: str, language: str) -> str:
    day = dates.short_day(dates.local_date(instant, zone), language)
    return dates.day_and_time(day, dates.clock_time(instant, zone, language), language)
