"""What the schedule editor's page holds: reads put together with the pure view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from conference.conferences import languages_of
from conference.i18n import current_language
from conference.tables import Conference
from conference.texts import pick
from sessions.schedule import editor_cards
from sessions.schedule import editor_day as editor
from sessions.schedule.conflicts import Conflict, by_slot, find_conflicts
from sessions.schedule.draft import (
    DraftRoom,
    DraftSlot,
    Placings,
    placings_of,
    rooms_of,
    slots_by_id,
    waiting_slots,
)
from sessions.schedule.editor_cards import Card, ClashLine, Facts
from sessions.schedule.editor_day import Column, DayTab
from sessions.schedule.placing import LastMove, last_move

MOST_WAITING = 80
"""Cards in the list of unscheduled slots; the rest is found by searching."""


@dataclass(frozen=True)
class Waiting:
    """Slots off the grid: the first of them, how many there are, and what was searched for."""

    cards: list[Card]
    count: int
    search: str


@dataclass(frozen=True)
class DayView:
    """One day of the editor."""

    day: date
    day_label: str
    tabs: list[DayTab]
    first_hour: int
    end_hour: int
    is_whole_day: bool
    columns: list[Column]
    waiting: Waiting
    clashes: list[ClashLine]
    undo: LastMove | None
    differences: Mapping[str, editor.Differences]

    @property
    def is_empty(self) -> bool:
        """Whether the conference has no rooms to place anything in."""
        return not self.columns


async def day_view(
    conference: Conference, organiser_id: int, *, asked: str = "", search: str = "", whole_day: bool = False
) -> DayView:
    """The editor on the day asked for (ISO), with the unscheduled slots that ``search`` finds."""
    rooms, placings = await rooms_of(conference), await placings_of(conference.id)
    conflicts = find_conflicts(placings.placements)
    tabs = tabs_of(conference, placings, conflicts)
    day = editor.chosen_day(asked, tabs)
    today = editor.ids_on(day, placings.day_of)
    near = await slots_by_id(conference, today | editor.ids_clashing_with(today, conflicts))
    of_id = {slot.id: slot for slot in near}
    slots = [slot for slot in near if slot.id in today]
    facts = facts_of(conference, rooms)
    first_hour, end_hour = editor.hours_shown(slots, whole_day=whole_day)
    waiting = await waiting_view(conference, facts, search)
    return DayView(
        day=day,
        day_label=next(tab.label for tab in tabs if tab.day == day),
        tabs=tabs,
        first_hour=first_hour,
        end_hour=end_hour,
        is_whole_day=whole_day,
        columns=editor.columns(slots, rooms, by_slot(conflicts), of_id, facts),
        waiting=waiting,
        clashes=editor_cards.clash_lines(day, placings.day_of, conflicts, of_id, facts),
        undo=await last_move(conference.id, organiser_id),
        differences=editor.differences(zones_of(waiting.cards, slots), day, conference.zone),
    )


async def waiting_view(conference: Conference, facts: Facts, search: str) -> Waiting:
    """The list of unscheduled slots."""
    slots, count = await waiting_slots(conference, search, most=MOST_WAITING)
    return Waiting([editor_cards.card(slot, (), {}, facts) for slot in slots], count, search)


async def one_card(conference: Conference, slot_id: int) -> Card:
    """A slot as it stands now, with its clashes."""
    rooms, placings = await rooms_of(conference), await placings_of(conference.id)
    conflicts = find_conflicts(placings.placements)
    of_id = {
        slot.id: slot
        for slot in await slots_by_id(conference, {slot_id} | editor.ids_clashing_with([slot_id], conflicts))
    }
    return editor_cards.card(
        of_id[slot_id], by_slot(conflicts).get(slot_id, ()), of_id, facts_of(conference, rooms)
    )


def facts_of(conference: Conference, rooms: list[DraftRoom]) -> Facts:
    """What cards are made from."""
    return Facts(conference.zone, {room.id: room for room in rooms}, current_language())


def conference_name(conference: Conference) -> str:
    """The conference's name in the reader's language."""
    return pick(conference.name, current_language(), languages_of(conference))


def tabs_of(conference: Conference, placings: Placings, conflicts: list[Conflict]) -> list[DayTab]:
    """The conference's days, and those outside it on which something stands."""
    return editor.day_tabs(
        conference.starts_on, conference.ends_on, placings.day_of, conflicts, current_language()
    )


def zones_of(cards: list[Card], slots: list[DraftSlot]) -> list[str]:
    """The zones of the speakers of all of these."""
    found = {speaker.zone for slot in slots for speaker in slot.speakers if speaker.zone}
    return sorted(found.union(*(card.speaker_zones.split() for card in cards)))
