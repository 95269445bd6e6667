"""What the schedule editor answers to a step: the cards that look otherwise now, and the day's lists anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conference.tables import Conference
from sessions.schedule import editor_cards
from sessions.schedule import editor_day as editor
from sessions.schedule.conflicts import Conflict, Placement, by_slot, find_conflicts
from sessions.schedule.draft import Placings, placings_of, rooms_of, slots_by_id
from sessions.schedule.editor_cards import Card, Clash, ClashLine
from sessions.schedule.editor_day import DayTab
from sessions.schedule.editor_page import facts_of, tabs_of, zones_of
from sessions.schedule.placing import LastMove, PlacedSlot, last_move


@dataclass(frozen=True)
class MoveAnswer:
    """What a move changed: the moved card and every card whose clashes came or went; and the day's list anew."""

    card: Card
    changed: list[Card]
    clashes: list[ClashLine]
    tabs: list[DayTab]
    undo: LastMove | None
    said: str
    own_clashes: tuple[Clash, ...]
    differences: Mapping[str, editor.Differences]


async def after_move(
    conference: Conference, placed: PlacedSlot, organiser_id: int, *, asked: str
) -> MoveAnswer:
    """What has changed on the page of the day asked for, now that the slot stands elsewhere."""
    rooms, placings = await rooms_of(conference), await placings_of(conference.id)
    conflicts = find_conflicts(placings.placements)
    tabs = tabs_of(conference, placings, conflicts)
    day = editor.chosen_day(asked, tabs)
    mine = placed.slot_id
    changed = editor.ids_clashing_with([mine], conflicts) | _clashed_before(placed, placings) | {mine}
    today = editor.ids_on(day, placings.day_of)
    wanted = changed | editor.ids_clashing_with(changed, conflicts) | _in_clashes_of(today, conflicts)
    of_id = {slot.id: slot for slot in await slots_by_id(conference, wanted)}
    facts, clashing = facts_of(conference, rooms), by_slot(conflicts)
    cards = {one: editor_cards.card(of_id[one], clashing.get(one, ()), of_id, facts) for one in changed}
    return MoveAnswer(
        card=cards[mine],
        changed=list(cards.values()),
        clashes=editor_cards.clash_lines(day, placings.day_of, conflicts, of_id, facts),
        tabs=tabs,
        undo=await last_move(conference.id, organiser_id),
        said=editor_cards.placed_words(of_id[mine], cards[mine].clashes, facts),
        own_clashes=cards[mine].clashes,
        differences=editor.differences(zones_of([], [of_id[mine]]), day, conference.zone),
    )


def _in_clashes_of(ids: set[int], conflicts: list[Conflict]) -> set[int]:
    return editor.ids_clashing_with(ids, conflicts) if ids else set()


def _clashed_before(placed: PlacedSlot, placings: Placings) -> set[int]:
    """Who clashed with the slot where it stood before: their badges go."""
    if placed.start_before is None or placed.end_before is None:
        return set()
    own = next((p for p in placings.placements if p.slot == placed.slot_id), None)
    others = [p for p in placings.placements if p.slot != placed.slot_id]
    # Taken off the grid, its speakers are not among the placings; whoever overlapped is then looked at, clash or not.
    speakers = own.speakers if own else frozenset[int]().union(*(p.speakers for p in others))
    as_before = Placement(
        placed.slot_id, placed.before.room, placed.start_before, placed.end_before, speakers
    )
    return {
        p.slot
        for p in others
        if p.start < as_before.end
        and as_before.start < p.end
        and (p.room == as_before.room or p.speakers & as_before.speakers)
    }
