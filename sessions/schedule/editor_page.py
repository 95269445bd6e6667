"""What the schedule editor's page holds: reads put together with the pure view."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date

from conference import dates
from conference.i18n import current_language, language_name
from conference.tables import Conference
from sessions.schedule import editor_cards
from sessions.schedule import editor_day as editor
from sessions.schedule.conflict_words import all_clash_lines
from sessions.schedule.conflicts import Conflict, by_slot
from sessions.schedule.draft import DraftRoom, DraftSlot, Placings, rooms_of, slots_by_id
from sessions.schedule.editor_asked import WHOLE, Asked
from sessions.schedule.editor_cards import Card, ClashLine, Facts
from sessions.schedule.editor_day import Band, Column, DayTab
from sessions.schedule.freedom import Freedom
from sessions.schedule.placings_cache import standing
from sessions.schedule.step_log import Step, steps_of
from sessions.schedule.surroundings import Surroundings
from sessions.schedule.waiting import Waiting, WaitingFilter, WaitingSlot, waiting_of


@dataclass(frozen=True)
class WaitingView:
    """The list of slots off the grid: its cards, and what was found and could be asked for."""

    cards: list[Card]
    found: Waiting

    @property
    def asked(self) -> WaitingFilter:
        """What the list was asked to hold."""
        return self.found.asked


@dataclass(frozen=True)
class StepLine:
    """Something this organiser has done in the editor: ``label`` names it, ``at`` says when in words."""

    step: int
    label: str
    at: str = ""
    is_undone: bool = False


@dataclass(frozen=True)
class EditorView:
    """The editor as it was asked for: one day, or the whole conference, for which ``day`` is None.

    ``differences`` says of each day how far the speakers' clocks are ahead, and ``version`` what all this was read at.
    """

    asked: Asked
    day: date | None
    tabs: list[DayTab]
    bands: list[Band]
    waiting: WaitingView
    clashes: list[ClashLine]
    undo: StepLine | None
    redo: StepLine | None
    history: tuple[StepLine, ...]
    language_names: tuple[tuple[str, str], ...]
    differences: Mapping[date, Mapping[str, editor.Differences]]
    version: int

    @property
    def is_empty(self) -> bool:
        """Whether the conference has no rooms to place anything in."""
        return not self.bands or not self.bands[0].columns

    @property
    def first_day(self) -> date:
        """The day shown, or the first of them."""
        return self.bands[0].day

    @property
    def shown(self) -> str:
        """What the address calls the day shown."""
        return self.day.isoformat() if self.day else WHOLE

    @property
    def columns(self) -> tuple[Column, ...]:
        """The rooms, the same on every day; with the cards of the first."""
        return self.bands[0].columns

    @property
    def cards(self) -> list[Card]:
        """Every card on the grid."""
        return [card for band in self.bands for column in band.columns for card in column.cards]


async def editor_view(conference: Conference, organiser_id: int, asked: Asked) -> EditorView:
    """The editor on the day asked for, or on all of them, with the unscheduled slots that were asked for."""
    rooms, stands = await rooms_of(conference), await standing(conference)
    placings, around, conflicts = stands.placings, stands.surroundings, stands.conflicts
    tabs = tabs_of(conference, placings, conflicts)
    day = None if asked.is_whole else editor.chosen_day(asked.day, tabs)
    asked = replace(asked.only([room.code for room in rooms]), day=day.isoformat() if day else WHOLE)
    here = editor.ids_on(day, placings.day_of) if day else set(placings.day_of)
    near = await slots_by_id(conference, here | editor.ids_clashing_with(here, conflicts))
    of_id = {slot.id: slot for slot in near}
    facts, clashing = facts_of(conference, rooms, around), by_slot(conflicts)
    on_day: dict[date, list[DraftSlot]] = defaultdict(list)
    for slot in near:
        if slot.id in here:
            on_day[placings.day_of[slot.id]].append(slot)
    bands = []
    for tab in tabs:
        if day not in (None, tab.day):
            continue
        slots = on_day[tab.day]
        columns = editor.columns(slots, rooms, clashing, of_id, facts, asked.shows)
        hours = editor.hours_shown(slots, whole_day=asked.is_whole_day)
        bands.append(Band(tab.day, tab.label, *hours, tuple(columns)))
    waiting = await waiting_view(conference, facts, asked.waiting, around)
    steps = await steps_of(conference.id, organiser_id)
    shown = [slot for slots in on_day.values() for slot in slots]
    return EditorView(
        asked=asked,
        day=day,
        tabs=tabs,
        bands=bands,
        waiting=waiting,
        clashes=all_clash_lines(
            [
                conflict
                for conflict in conflicts
                if not here.isdisjoint(conflict.slots) and of_id.keys() >= set(conflict.slots)
            ],
            of_id,
            facts,
        ),
        undo=step_line(steps.undo, conference.zone) if steps.undo else None,
        redo=step_line(steps.redo, conference.zone) if steps.redo else None,
        history=tuple(step_line(step, conference.zone) for step in steps.history),
        language_names=tuple(
            (code, language_name(code, current_language())) for code in waiting.found.languages
        ),
        differences={
            band.day: editor.differences(zones_of(waiting.cards, shown), band.day, conference.zone)
            for band in bands
        },
        version=stands.version,
    )


async def waiting_alone(conference: Conference, asked: WaitingFilter) -> WaitingView:
    """The list of unscheduled slots when nothing else is asked for."""
    around, rooms = (await standing(conference)).surroundings, await rooms_of(conference)
    return await waiting_view(conference, facts_of(conference, rooms, around), asked, around)


async def waiting_view(
    conference: Conference, facts: Facts, asked: WaitingFilter, around: Surroundings
) -> WaitingView:
    """The list of unscheduled slots."""

    def room_to_start(slots: Collection[WaitingSlot]) -> dict[int, int]:
        freedom = Freedom(around)
        return {slot.id: freedom.minutes(slot.speakers, slot.length_minutes) for slot in slots}

    found = await waiting_of(conference, asked, room_to_start)
    return WaitingView([editor_cards.card(slot, (), {}, facts) for slot in found.slots], found)


def step_line(step: Step, zone: str) -> StepLine:
    """A step of the organiser's as the list shows it; its time is the conference's."""
    language = current_language()
    day = dates.short_day(dates.local_date(step.at, zone), language)
    return StepLine(
        step.id,
        step.label,
        dates.day_and_time(day, dates.clock_time(step.at, zone, language), language),
        step.is_undone,
    )


def facts_of(conference: Conference, rooms: list[DraftRoom], around: Surroundings | None = None) -> Facts:
    """What cards are made from."""
    return Facts(
        conference.zone, {room.id: room for room in rooms}, current_language(), around or Surroundings()
    )


def tabs_of(conference: Conference, placings: Placings, conflicts: list[Conflict]) -> list[DayTab]:
    """The conference's days, and those outside it on which something stands."""
    return editor.day_tabs(
        conference.starts_on, conference.ends_on, placings.day_of, conflicts, current_language()
    )


def zones_of(cards: list[Card], slots: list[DraftSlot]) -> list[str]:
    """The zones of the speakers of all of these."""
    found = {speaker.zone for slot in slots for speaker in slot.speakers if speaker.zone}
    return sorted(found.union(*(card.speaker_zones.split() for card in cards)))
