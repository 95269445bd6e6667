"""What the organiser's desk says of a conference: when it is, how far it has come, what to do next."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date

from conference import dates, i18n, texts
from conference.conferences import languages_of
from conference.i18n import _, ngettext
from conference.tables import Conference, RegistrationState, Role

# What the packages above count for the overview, by conference id: "rooms", "sessions", "unscheduled",
# "registrations", "packs". The composition root names the functions; without one a step shows no number.
CountsOf = Callable[[int], Awaitable[Mapping[str, int]]]


@dataclass(frozen=True)
class Card:
    """A conference in the list of the desk."""

    slug: str
    name: str
    starts_on: date
    days: str
    when: str
    role: Role
    release_number: int
    is_open: bool
    is_over: bool


@dataclass(frozen=True)
class Step:
    """Something to do on the way to a conference. ``is_done`` None: only the team can say."""

    title: str
    text: str
    url: str
    is_done: bool | None


def when_words(starts_on: date, ends_on: date, today: date) -> str:
    """How far off the conference is; ``today`` is the day of its own zone."""
    if today < starts_on:
        days = (starts_on - today).days
        return ngettext("%(days)s day to go", "%(days)s days to go", days) % {"days": days}
    if today > ends_on:
        days = (today - ends_on).days
        return ngettext("ended %(days)s day ago", "ended %(days)s days ago", days) % {"days": days}
    if starts_on == ends_on:
        return _("today")
    whole = (ends_on - starts_on).days + 1
    return _("day %(day)s of %(days)s") % {"day": (today - starts_on).days + 1, "days": whole}


def card(conference: Conference, role: Role, today: date) -> Card:
    """The conference as the list shows it, in the language in force."""
    language = i18n.current_language()
    return Card(
        slug=conference.slug,
        name=texts.pick(conference.name, language, languages_of(conference)),
        starts_on=conference.starts_on,
        days=dates.day_range(conference.starts_on, conference.ends_on, language),
        when=when_words(conference.starts_on, conference.ends_on, today),
        role=role,
        release_number=conference.release_number,
        is_open=conference.registration_state == RegistrationState.OPEN,
        is_over=today > conference.ends_on,
    )


def next_steps(conference: Conference, counts: Mapping[str, int], team_size: int) -> list[Step]:
    """The way from an empty conference to one that can begin, in the order that works."""
    home = f"/organise/{conference.slug}"
    rooms, sessions = counts.get("rooms"), counts.get("sessions")
    unscheduled = counts.get("unscheduled")
    described = bool(texts.decode(conference.description))
    released = conference.release_number
    return [
        Step(
            _("Describe the conference"),
            _("Description, themes, partners and the privacy notice."),
            f"{home}/settings",
            described,
        ),
        Step(
            _("Bring in the team"),
            ngettext("%(count)s person so far.", "%(count)s people so far.", team_size)
            % {"count": team_size},
            f"{home}/team",
            team_size > 1,
        ),
        Step(
            _("Add the rooms"),
            _("Virtual rooms, each with its private meeting link.")
            if not rooms
            else ngettext("%(count)s room so far.", "%(count)s rooms so far.", rooms) % {"count": rooms},
            f"{home}/rooms",
            None if rooms is None else rooms > 0,
        ),
        Step(
            _("Add speakers and sessions"),
            _("Keynotes, panels and workshops, with who speaks in them and from where.")
            if not sessions
            else ngettext("%(count)s session so far.", "%(count)s sessions so far.", sessions)
            % {"count": sessions},
            f"{home}/sessions",
            None if sessions is None else sessions > 0,
        ),
        Step(
            _("Make the schedule"),
            _("Drag sessions into rooms and hours, and see whose night it is.")
            if not unscheduled
            else ngettext(
                "%(count)s slot waits for a place.", "%(count)s slots wait for a place.", unscheduled
            )
            % {"count": unscheduled},
            f"{home}/schedule",
            None if unscheduled is None or sessions is None else sessions > 0 and not unscheduled,
        ),
        Step(
            _("Publish the programme"),
            _("Release %(number)s is what everyone sees now.") % {"number": released}
            if released
            else _("Until then it is yours alone."),
            f"{home}/releases",
            released > 0,
        ),
        Step(
            _("Open registration"),
            _("Look at the questions first; then open it here.")
            if conference.registration_state == RegistrationState.CLOSED
            else _("People can register now."),
            f"{home}/questions",
            conference.registration_state == RegistrationState.OPEN,
        ),
    ]
