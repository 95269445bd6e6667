"""Steps of the schedule editor as plain values: where a slot stood and stands, and the sentence that names a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from conference.i18n import _, current_language, ngettext
from conference.texts import LocalText, pick


class StepKind(StrEnum):
    """What a step did."""

    PLACE = "place"  # one slot: placed, moved, resized or taken off
    MOVE = "move"  # several, by the same distance
    UNSCHEDULE = "unschedule"
    SWAP = "swap"
    SHIFT = "shift"  # everything from a time on
    COPY = "copy"  # a break, to further rooms
    REPEAT = "repeat"  # a further slot of a session
    REMOVE = "remove"  # a slot that was never published, or a break whole
    ADD = "add"  # a break or blocker


@dataclass(frozen=True)
class SlotState:
    """Where a slot stands. ``room`` (row id) and ``local_start`` (ISO wall clock of the conference) are None off the grid.

    ``fold`` tells the second of two equal hours, on the day clocks go back.
    """

    room: int | None
    local_start: str | None
    fold: int
    length_minutes: int

    @classmethod
    def from_plain(cls, stored: Mapping[str, Any]) -> SlotState:
        """The state from its JSON; unknown keys are passed over."""
        return cls(**{name: stored[name] for name in cls.__dataclass_fields__ if name in stored})

    def as_words(self, room_names: Mapping[int | None, str]) -> dict[str, Any]:
        """The state as the audit log and a stale edit show it."""
        return {
            "room": room_names.get(self.room, ""),
            "start": (self.local_start or "").replace("T", " "),
            "length_minutes": self.length_minutes,
        }


@dataclass(frozen=True)
class StepFacts:
    """What a step's name is made of, kept with it: it does not change when a session is renamed or deleted later.

    ``titles`` are those of its first two sessions, ``room`` the name of the room that matters, ``count`` how many slots
    it changed, ``since`` the ISO wall clock of a shift; ``before`` and ``after`` are of its only slot.
    """

    titles: tuple[LocalText, ...] = ()
    room: LocalText | None = None
    count: int = 1
    minutes: int = 0
    since: str = ""
    before: SlotState | None = None
    after: SlotState | None = None

    def as_plain(self) -> dict[str, Any]:
        """The facts as JSON holds them."""
        return {key: value for key, value in asdict(self).items() if value}

    @classmethod
    def from_plain(cls, stored: Mapping[str, Any]) -> StepFacts:
        """The facts from their JSON; unknown keys are passed over."""
        known = {name: stored[name] for name in cls.__dataclass_fields__ if name in stored}
        for name in ("before", "after"):
            if known.get(name):
                known[name] = SlotState.from_plain(known[name])
        known["titles"] = tuple(known.get("titles", ()))
        return cls(**known)


def step_label(kind: str, facts: StepFacts, languages: Sequence[str] = ()) -> str:
    """The step in a sentence of the reader's language: “Moved “Fundraising” to Workshop room B, 14:00”.

    ``languages`` are tried for titles that are not in the reader's own.
    """
    language = current_language()
    titles = [pick(title, language, languages) for title in facts.titles]
    words = {
        "title": titles[0] if titles else "",
        "other": titles[1] if len(titles) > 1 else "",
        "room": pick(facts.room, language, languages),
        "count": facts.count,
        "minutes": str(facts.minutes).replace("-", "−"),
        "time": facts.since[11:16],
    }
    if facts.after is not None and facts.before is not None:
        return _move_label(facts.before, facts.after, words)
    match kind:
        case StepKind.MOVE | StepKind.PLACE:
            if facts.minutes:
                text = ngettext(
                    "Moved one session by %(minutes)s minutes",
                    "Moved %(count)d sessions by %(minutes)s minutes",
                    facts.count,
                )
            else:
                text = ngettext(
                    "Moved one session to another room",
                    "Moved %(count)d sessions to other rooms",
                    facts.count,
                )
        case StepKind.UNSCHEDULE:
            text = ngettext(
                "Took one session off the schedule", "Took %(count)d sessions off the schedule", facts.count
            )
        case StepKind.SWAP:
            text = _("Swapped “%(title)s” and “%(other)s”")
        case StepKind.SHIFT:
            text = _shift_text(facts)
        case StepKind.COPY:
            text = ngettext(
                "Copied “%(title)s” to one room", "Copied “%(title)s” to %(count)d rooms", facts.count
            )
        case StepKind.REPEAT:
            text = _("Added a repeat of “%(title)s”")
        case StepKind.REMOVE:
            text = _("Removed “%(title)s”")
        case _:
            text = ngettext(
                "Added “%(title)s”, %(time)s", "Added “%(title)s” to %(count)d rooms, %(time)s", facts.count
            )
    return text % words


def _shift_text(facts: StepFacts) -> str:
    if facts.room:
        return ngettext(
            "Shifted one session by %(minutes)s minutes from %(time)s in %(room)s",
            "Shifted %(count)d sessions by %(minutes)s minutes from %(time)s in %(room)s",
            facts.count,
        )
    return ngettext(
        "Shifted one session by %(minutes)s minutes from %(time)s",
        "Shifted %(count)d sessions by %(minutes)s minutes from %(time)s",
        facts.count,
    )


def _move_label(before: SlotState, after: SlotState, words: Mapping[str, Any]) -> str:
    """One slot's move; the date is said when it changed."""
    names = {**words, "minutes": after.length_minutes}
    if after.local_start is None:
        if before.local_start is None:
            return _("Gave “%(title)s” %(minutes)s minutes") % names
        return _("Took “%(title)s” off the schedule") % names
    names["time"] = _when(before.local_start, after.local_start)
    if before.local_start is None:
        return _("Placed “%(title)s” in %(room)s, %(time)s") % names
    if (before.local_start, before.room) == (after.local_start, after.room):
        return _("Gave “%(title)s” %(minutes)s minutes") % names
    return _("Moved “%(title)s” to %(room)s, %(time)s") % names


def _when(before: str | None, after: str) -> str:
    wall = datetime.fromisoformat(after)
    clock = f"{wall:%H:%M}"
    if before is not None and datetime.fromisoformat(before).date() == wall.date():
        return clock
    return f"{wall:%Y-%m-%d} {clock}"
