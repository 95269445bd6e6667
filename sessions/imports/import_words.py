"""What an import would do, in words for the organiser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from conference.i18n import _, lazy, ngettext
from sessions.imports.plan import Action, Line, Plan

_SUBJECTS = {
    "room": lazy("Rooms"),
    "track": lazy("Tracks"),
    "speaker": lazy("Speakers"),
    "session": lazy("Sessions"),
    "slot": lazy("Places in the schedule"),
    "appearance": lazy("Who speaks where"),
    "pack": lazy("Resource packs"),
    "rules": lazy("Rules of the schedule"),
    "doors": lazy("At the door"),
}
_ACTIONS = {
    Action.NEW: lazy("new"),
    Action.CHANGED: lazy("changed"),
    Action.GONE: lazy("taken out"),
}
_COLUMNS = {
    "abstract": lazy("Abstract"),
    "access_needs": lazy("Access needs"),
    "availability_given_at": lazy("Availability"),
    "biography": lazy("Biography"),
    "capacity": lazy("Capacity"),
    "colour": lazy("Colour"),
    "country": lazy("Country"),
    "email": lazy("E-mail"),
    "getting_in": lazy("What people need to get in"),
    "dial_in": lazy("Taking part by phone"),
    "stage_early_minutes": lazy("Doors open for those on stage"),
    "help_email": lazy("Who is called to the door"),
    "guid": lazy("Identifier"),
    "internal_notes": lazy("Internal notes"),
    "is_cancelled": lazy("Cancelled"),
    "is_recorded": lazy("Recorded"),
    "job_title": lazy("Role or job"),
    "kind": lazy("Kind"),
    "language": lazy("Language"),
    "length_minutes": lazy("Length in minutes"),
    "links": lazy("Links"),
    "local_start": lazy("Start"),
    "name": lazy("Name"),
    "open_hours": lazy("Open hours"),
    "orcid": lazy("ORCID iD"),
    "organisation": lazy("Organisation"),
    "pronouns": lazy("Pronouns"),
    "recording_url": lazy("Recording"),
    "room": lazy("Room"),
    "seats": lazy("Seats"),
    "state": lazy("State"),
    "technical_needs": lazy("Technical needs"),
    "title": lazy("Title"),
    "track": lazy("Track"),
    "vendor_url": lazy("Address of the meeting"),
    "zone": lazy("Time zone"),
}
_PRIVATE = frozenset(
    {"email", "access_needs", "technical_needs", "internal_notes", "vendor_url", "recording_url", "dial_in"}
)
_LONGEST = 160


@dataclass(frozen=True)
class ToldLine:
    """A change in words. ``changes`` are (what, before, after); long or private values are only said to differ."""

    subject: str
    action: str
    action_words: str
    name: str
    changes: tuple[tuple[str, str, str], ...]


def told(line: Line) -> ToldLine:
    """The line in the reader's language."""
    changes = tuple(
        (str(_COLUMNS.get(column, column)), "", "")
        if column in _PRIVATE
        else (str(_COLUMNS.get(column, column)), _short(before), _short(after))
        for column, before, after in line.changes
    )
    return ToldLine(line.subject, line.action.value, str(_ACTIONS[line.action]), line.name, changes)


def grouped(lines: Iterable[ToldLine]) -> list[tuple[str, list[ToldLine]]]:
    """The lines under the names of their subjects, in a telling order."""
    by_subject: dict[str, list[ToldLine]] = {subject: [] for subject in _SUBJECTS}
    for line in lines:
        by_subject[line.subject].append(line)
    return [(str(_SUBJECTS[subject]), found) for subject, found in by_subject.items() if found]


def counts(plan: Plan) -> str:
    """ "12 new, 3 changed, 840 the same"."""
    numbers = {action: sum(line.action is action for line in plan.lines) for action in Action}
    same = sum(plan.same.values())
    parts = [
        ngettext("%(count)d new", "%(count)d new", numbers[Action.NEW]) % {"count": numbers[Action.NEW]},
        ngettext("%(count)d changed", "%(count)d changed", numbers[Action.CHANGED])
        % {"count": numbers[Action.CHANGED]},
        ngettext("%(count)d the same", "%(count)d the same", same) % {"count": same},
    ]
    if numbers[Action.GONE]:
        gone = numbers[Action.GONE]
        parts.append(ngettext("%(count)d taken out", "%(count)d taken out", gone) % {"count": gone})
    return ", ".join(parts)


def left(plan: Plan) -> str:
    """What only the draft has, as "Sessions: 3; Rooms: 1"; "" when there is nothing."""
    found: Mapping[str, int] = {subject: count for subject, count in plan.left.items() if count}
    return "; ".join(
        _("%(what)s: %(count)d") % {"what": _SUBJECTS[subject], "count": count}
        for subject, count in found.items()
    )


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"
