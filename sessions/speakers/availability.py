"""Rules about when a speaker can: giving it, taking it back, and which hours they are asked about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from conference import audit, timezones
from conference.codes import hash_secret
from conference.db import locked
from conference.errors import InvalidInput, NotFound, StaleEdit
from conference.i18n import _
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from sessions.schedule.draft_changes import touch_draft
from sessions.schedule.limits import WHOLE_DAY, RuleFacts, conference_days
from sessions.schedule.surroundings import rule_facts_of
from sessions.speakers.availability_grid import Stretch, Suits, joined
from sessions.speakers.records import slots_of_speaker
from sessions.tables import Availability, Slot, Speaker

MOST_STRETCHES = 2000
MOST_DAYS = 31
"""Days of a conference that speakers are asked about."""
_USUAL = (8 * 60, 20 * 60)  # where neither rules nor slots say when the conference's day is


class TooManyStretches(InvalidInput):
    """More pieces of time than any person means."""

    http_status = 422


@dataclass(frozen=True)
class Given:
    """What a speaker has said. ``at`` None: nothing yet, and nothing is assumed."""

    at: datetime | None
    stretches: tuple[Stretch, ...] = ()

    @property
    def mark(self) -> str:
        """Differs (in all likelihood) when what was said differs: a form names it, so that an old one is noticed."""
        told = [f"{s.start.timestamp():.0f}-{s.end.timestamp():.0f}-{s.kind}" for s in self.stretches]
        return hash_secret(" ".join([str(self.at is not None), *told]))[:16]


async def availability_of(speaker: Speaker) -> Given:
    """What the speaker has said. One query."""
    rows = await (
        Availability.select(Availability.start, Availability.end, Availability.kind)
        .where(Availability.speaker == speaker.id)
        .order_by(Availability.start)
    )
    stretches = joined(Stretch(row["start"], row["end"], Suits(row["kind"])) for row in rows)
    return Given(speaker.availability_given_at, stretches)


async def give_availability(
    speaker_id: int,
    stretches: tuple[Stretch, ...],
    *,
    seen: str,
    actor: SignedInOrganiser | str,
    now: datetime,
) -> None:
    """Keep these as all the times that suit the speaker; none at all means that no time does.

    ``seen`` is the ``mark`` of what stood when the form was made. Raises StaleEdit, TooManyStretches, NotFound.
    """
    kept = joined(stretches)
    if len(kept) > MOST_STRETCHES:
        raise TooManyStretches(_("These are too many pieces of time. Please mark longer stretches."))
    await _change(speaker_id, Given(now, kept), seen=seen, actor=actor, now=now)


async def take_availability_back(
    speaker_id: int, *, seen: str, actor: SignedInOrganiser | str, now: datetime
) -> None:
    """Forget what the speaker said: as before they ever answered. Raises StaleEdit, NotFound."""
    await _change(speaker_id, Given(None), seen=seen, actor=actor, now=now)


async def _change(
    speaker_id: int, after: Given, *, seen: str, actor: SignedInOrganiser | str, now: datetime
) -> None:
    async with locked(Speaker, speaker_id):
        speaker = await Speaker.objects().where(Speaker.id == speaker_id).first()
        if speaker is None:
            raise NotFound(_("There is no such speaker. They may have been deleted meanwhile."))
        before = await availability_of(speaker)
        if before.mark == after.mark:
            return
        if before.mark != seen:
            raise StaleEdit(
                _("Your availability was saved meanwhile, perhaps in another window."),
                mine=_recorded(after),
                theirs=_recorded(before),
            )
        await Availability.delete().where(Availability.speaker == speaker_id)
        if after.stretches:
            await Availability.insert(
                *(
                    Availability(speaker=speaker_id, start=s.start, end=s.end, kind=s.kind)
                    for s in after.stretches
                )
            )
        await Speaker.update({Speaker.availability_given_at: after.at}).where(Speaker.id == speaker_id)
        await audit.record(
            conference_id=speaker.conference,
            actor=actor,
            action="availability-given" if after.at else "availability-taken-back",
            subject=f"speaker:{speaker.code}",
            before=_recorded(before),
            after=_recorded(after),
            now=now,
        )
        await touch_draft(
            speaker.conference,
            slots=await slots_of_speaker(speaker_id),
            actor=actor if isinstance(actor, SignedInOrganiser) else None,
            now=now,
        )


def _recorded(given: Given) -> dict[str, Any]:
    """What was said as the record keeps it: in words of ISO 8601, UTC."""
    if given.at is None:
        return {"times": None}
    told = {Suits.AVAILABLE: "", Suits.IF_NEEDED: " if needed"}
    return {
        "times": [f"{s.start:%Y-%m-%dT%H:%MZ}/{s.end:%Y-%m-%dT%H:%MZ}{told[s.kind]}" for s in given.stretches]
        or ["none"]
    }


async def hours_asked(conference: Conference) -> tuple[tuple[datetime, datetime], ...]:
    """When the conference is on (UTC, half-open), at most ``MOST_DAYS``. Two queries.

    The conference's own day where its rules give one; else from its first to its last slot of any day.
    """
    rules = await rule_facts_of(conference.id)
    rows = await Slot.select(Slot.start, Slot.end, Slot.is_cancelled).where(
        (Slot.conference == conference.id) & Slot.start.is_not_null()
    )
    last = min(conference.ends_on, conference.starts_on + timedelta(days=MOST_DAYS - 1))
    slots = [(row["start"], row["end"]) for row in rows if not row["is_cancelled"]]
    return tuple(asked_days(conference.starts_on, last, conference.zone, rules, slots))


def asked_days(
    first: date, last: date, zone: str, rules: RuleFacts, slots: list[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    """The conference's days from ``first`` to ``last``, each as long as its rules say, else as its ``slots`` show."""
    if (rules.day_starts, rules.day_ends) == (0, WHOLE_DAY):
        opens, closes = _USUAL
        minutes = [_minutes(start, end, zone) for start, end in slots]
        if minutes:
            opens, closes = min(start for start, _end in minutes), max(end for _start, end in minutes)
        rules = replace(rules, day_starts=opens, day_ends=closes)
    return list(conference_days(first, last, zone, rules))


def _minutes(start: datetime, end: datetime, zone: str) -> tuple[int, int]:
    """A slot's start and end as minutes of the day it begins on, on the zone's clock; at most to the next midnight."""
    begins = timezones.wall_time(start, zone)
    minute = begins.hour * 60 + begins.minute
    return minute, min(WHOLE_DAY, minute + int((end - start).total_seconds()) // 60)
