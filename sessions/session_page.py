"""What a session's page at the desk shows of its slots: when each is for whom, what it clashes with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from conference import dates
from conference.i18n import current_language
from conference.strip import build_strip
from conference.strip_picture import strip_svg
from conference.strip_words import strip_text
from conference.tables import Conference
from sessions.schedule import editor_cards
from sessions.schedule import editor_day as editor
from sessions.schedule.conflict_words import Facts
from sessions.schedule.conflicts import by_slot
from sessions.schedule.draft import DraftSlot, rooms_of, slots_by_id
from sessions.schedule.editor_cards import Card
from sessions.schedule.placings_cache import standing
from sessions.session_form import SlotForm
from sessions.tables import Slot


@dataclass(frozen=True)
class SlotView:
    """A slot with its form. ``day`` is the conference's date, "" off the grid; ``strip_svg`` shows the speakers' places."""

    slot: Slot
    card: Card
    form: SlotForm
    room: str
    day: str
    strip_svg: Markup | str
    strip_words: str


async def slot_views(
    conference: Conference, slots: Sequence[Slot], forms: Mapping[int, SlotForm]
) -> list[SlotView]:
    """The slots of a session with their forms (by slot id). The number of queries does not depend on the slots."""
    language = current_language()
    rooms, now = await rooms_of(conference), await standing(conference)
    mine = {slot.id for slot in slots}
    conflicts = [conflict for conflict in now.conflicts if mine.intersection(conflict.slots)]
    drafts = {
        draft.id: draft
        for draft in await slots_by_id(conference, mine | editor.ids_clashing_with(mine, conflicts))
    }
    facts = Facts(conference.zone, {room.id: room for room in rooms}, language, now.surroundings)
    clashing = by_slot(conflicts)
    views = []
    for slot in slots:
        draft = drafts.get(slot.id)
        if draft is None:
            continue  # taken away by a colleague this very moment
        svg, words = _strip(conference, draft, language)
        views.append(
            SlotView(
                slot=slot,
                card=editor_cards.card(draft, clashing.get(slot.id, ()), drafts, facts),
                form=forms[slot.id],
                room=next((room.name for room in rooms if room.id == draft.room), ""),
                day=dates.long_day(dates.local_date(draft.start, conference.zone), language)
                if draft.start
                else "",
                strip_svg=svg,
                strip_words=words,
            )
        )
    return views


async def clash_words(conference: Conference, slot: Slot) -> list[str]:
    """What the slot clashes with, a sentence each."""
    form = SlotForm(slot.code, {}, {}, conference.zone)
    views = await slot_views(conference, [slot], {slot.id: form})
    return [clash.text for view in views for clash in view.card.clashes]


def _strip(conference: Conference, draft: DraftSlot, language: str) -> tuple[Markup | str, str]:
    """The strip of the slot: the conference's clock, and beneath it that of each place a speaker is at."""
    if draft.start is None or draft.end is None:
        return "", ""
    zones = dict.fromkeys(speaker.zone for speaker in draft.speakers if speaker.zone)
    picture = build_strip(
        dates.local_date(draft.start, conference.zone),
        conference.zone,
        conference.zone,
        spans=[(draft.start, draft.end)],
        places=[(zone, None) for zone in zones if zone != conference.zone],
        subject="session",
        language=language,
    )
    return strip_svg(picture), strip_text(picture)
