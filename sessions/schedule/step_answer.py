"""What the schedule editor answers to a step: the cards that look otherwise now, and the lists anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from conference.i18n import _, ngettext
from conference.tables import Conference
from sessions.schedule import editor_cards
from sessions.schedule import editor_day as editor
from sessions.schedule.conflict_words import all_clash_lines
from sessions.schedule.conflicts import by_slot
from sessions.schedule.draft import DraftRoom, DraftSlot, rooms_of, slots_by_id
from sessions.schedule.editor_asked import WHOLE
from sessions.schedule.editor_cards import Card, Clash, ClashLine
from sessions.schedule.editor_day import DayTab
from sessions.schedule.editor_page import StepLine, facts_of, step_line, tabs_of, zones_of
from sessions.schedule.placings_cache import Standing, standing
from sessions.schedule.step_log import steps_of
from sessions.schedule.steps import StepDone

MOST_TOLD = 3
"""Clashes of many slots that are read out; the list on the page has them all."""


@dataclass(frozen=True)
class StepAnswer:
    """What a step changed: its slots and every card whose clashes came or went; and the lists of the day shown."""

    changed: list[Card]
    removed: tuple[str, ...]
    own_clashes: tuple[Clash, ...]
    clashes: list[ClashLine]
    tabs: list[DayTab]
    undo: StepLine | None
    redo: StepLine | None
    history: tuple[StepLine, ...]
    said: str
    differences: Mapping[str, editor.Differences]
    version: int


async def after_step(
    conference: Conference,
    done: StepDone,
    earlier: Standing,
    organiser_id: int,
    *,
    asked: str,
    rooms: list[DraftRoom] | None = None,
) -> StepAnswer:
    """What has changed on the page of the day asked for (ISO, or WHOLE), since the draft stood as ``earlier``.

    ``rooms`` are the conference's, when the caller has read them already.
    """
    now = await standing(conference)
    if rooms is None:
        rooms = await rooms_of(conference)
    tabs = tabs_of(conference, now.placings, now.conflicts)
    day = editor.chosen_day(asked, tabs)
    mine = {one.slot_id for one in done.slots if one.after is not None}
    touched = {one.slot_id for one in done.slots}
    partners = editor.ids_clashing_with(touched, [*earlier.conflicts, *now.conflicts])
    changed = mine | (partners & set(now.placings.day_of))
    shown = [
        conflict
        for conflict in now.conflicts
        if asked == WHOLE or any(now.placings.day_of[slot] == day for slot in conflict.slots)
    ]
    wanted = changed | editor.ids_clashing_with(changed, now.conflicts)
    wanted |= {slot for conflict in shown for slot in conflict.slots}
    of_id = {slot.id: slot for slot in await slots_by_id(conference, wanted)}
    facts, clashing = facts_of(conference, rooms, now.surroundings), by_slot(now.conflicts)
    cards = {
        one: editor_cards.card(of_id[one], clashing.get(one, ()), of_id, facts)
        for one in sorted(changed)
        if one in of_id  # a colleague may have deleted it just now
    }
    own = [cards[one].clashes for one in sorted(mine) if one in cards]
    own_clashes = tuple({clash.text: clash for clashes in own for clash in clashes}.values())
    steps = await steps_of(conference.id, organiser_id)
    alone = done.placed.slot_id if len(done.slots) == 1 and done.placed.before else None
    if alone is not None and alone in cards:
        said = editor_cards.placed_words(of_id[alone], own_clashes, facts)
    else:
        said = _said(done, own_clashes)
    return StepAnswer(
        changed=list(cards.values()),
        removed=done.removed,
        own_clashes=own_clashes,
        clashes=all_clash_lines(
            [conflict for conflict in shown if all(slot in of_id for slot in conflict.slots)], of_id, facts
        ),
        tabs=tabs,
        undo=step_line(steps.undo, conference.zone) if steps.undo else None,
        redo=step_line(steps.redo, conference.zone) if steps.redo else None,
        history=tuple(step_line(step, conference.zone) for step in steps.history),
        said=said,
        differences=_differences(conference, of_id, mine, day),
        version=now.version,
    )


async def cards_now(conference: Conference, ids: Collection[int]) -> list[Card]:
    """These slots as they stand now, with their clashes; those that are no more are left out."""
    now, rooms = await standing(conference), await rooms_of(conference)
    near = set(ids) | editor.ids_clashing_with(ids, now.conflicts)
    of_id = {slot.id: slot for slot in await slots_by_id(conference, near)}
    facts, clashing = facts_of(conference, rooms, now.surroundings), by_slot(now.conflicts)
    return [
        editor_cards.card(of_id[one], clashing.get(one, ()), of_id, facts)
        for one in sorted(ids)
        if one in of_id
    ]


def _differences(
    conference: Conference, of_id: Mapping[int, DraftSlot], mine: set[int], day: date
) -> Mapping[str, editor.Differences]:
    zones = zones_of([], [of_id[one] for one in sorted(mine) if one in of_id])
    return editor.differences(zones, day, conference.zone)


def _said(done: StepDone, clashes: tuple[Clash, ...]) -> str:
    """A step of several slots in words: its name, and what clashes now."""
    if not clashes:
        return _("%(step)s. No clashes.") % {"step": done.label}
    count = ngettext("One clash:", "%(count)d clashes:", len(clashes)) % {"count": len(clashes)}
    told = "; ".join(clash.text for clash in clashes[:MOST_TOLD])
    return _("%(step)s. %(count)s %(clashes)s.") % {"step": done.label, "count": count, "clashes": told}
