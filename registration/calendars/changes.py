"""What has changed for a person on this very day: for a banner, since a mail may be read too late."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from conference import dates, texts
from registration.calendars.invites import Told
from registration.calendars.tables import InviteMethod, InviteSent
from registration.tables import Registration
from sessions.programme.snapshot import ReleasedProgramme

RECENT = timedelta(hours=24)


@dataclass(frozen=True)
class Changed:
    """A session of theirs that was moved or cancelled. Times are aware; ``start`` and ``end`` are None when cancelled.

    ``session`` is the code of its page, "" where it stands in no release any more (then ``title`` is empty too).
    """

    slot_id: int
    session: str
    title: texts.LocalText
    was_start: datetime
    was_end: datetime
    start: datetime | None = None
    end: datetime | None = None


async def changes_today(
    registration: Registration, programme: ReleasedProgramme | None, now: datetime
) -> tuple[Changed, ...]:
    """What the last 24 hours changed of the person's today, by their clock, the night after it too; in order of time. One
    query."""
    history = (await told_to([registration.id])).get(registration.id, [])
    return recent_changes(history, programme, registration.zone, now)


async def changes_for(
    code: str, zone: str, programme: ReleasedProgramme, now: datetime
) -> tuple[Changed, ...]:
    """As ``changes_today``, of the registration with this code. One query where nothing was sent lately, else two."""
    lately = await (
        InviteSent.select(InviteSent.registration)
        .where((InviteSent.registration._.code == code) & (InviteSent.sent_at > now - RECENT))
        .first()
    )
    if lately is None:
        return ()
    number = lately["registration"]
    return recent_changes((await told_to([number])).get(number, []), programme, zone, now)


async def told_to(registration_ids: Collection[int]) -> dict[int, list[Told]]:
    """Every message ever sent to these people's calendars, in order of SEQUENCE. One query, none for nobody."""
    if not registration_ids:
        return {}
    rows = (
        await InviteSent.select(
            InviteSent.registration,
            InviteSent.slot,
            InviteSent.method,
            InviteSent.sequence,
            InviteSent.start,
            InviteSent.end,
            InviteSent.facts,
            InviteSent.sent_at,
        )
        .where(InviteSent.registration.is_in(sorted(registration_ids)))
        .order_by(InviteSent.sequence)
        .order_by(InviteSent.id)
    )
    history: dict[int, list[Told]] = {}
    for row in rows:
        told = Told(
            slot_id=row["slot"],
            method=InviteMethod(row["method"]),
            sequence=row["sequence"],
            start=row["start"],
            end=row["end"],
            facts=row["facts"],
            sent_at=row["sent_at"],
        )
        history.setdefault(row["registration"], []).append(told)
    return history


def recent_changes(
    history: Iterable[Told],
    programme: ReleasedProgramme | None,
    zone: str,
    now: datetime,
    is_of_day: Callable[[datetime], bool] | None = None,
) -> tuple[Changed, ...]:
    """As ``changes_today``, from every message ever sent to the person, in order of SEQUENCE; ``is_of_day`` tells the
    starts of another day. Pure."""
    by_slot: dict[int, list[Told]] = {}
    for told in history:
        by_slot.setdefault(told.slot_id, []).append(told)
    known = programme.slot_by_id if programme else {}
    is_of_day = is_of_day or (lambda start: _is_today(start, zone, now))
    found = []
    for slot_id, messages in by_slot.items():
        last = messages[-1]
        before = next((one for one in reversed(messages) if one.sent_at <= now - RECENT), messages[0])
        if last.sent_at <= now - RECENT or before is last or before.method is not InviteMethod.REQUEST:
            continue
        session, slot = known.get(slot_id, (None, None))
        is_off = session is None or slot is None or session.is_cancelled or slot.is_cancelled
        if last.method is InviteMethod.REQUEST and (last.start, last.end) == (before.start, before.end):
            continue
        if last.method is InviteMethod.CANCEL and not is_off:
            continue  # they gave it up themselves
        moments = [before.start] if last.method is InviteMethod.CANCEL else [before.start, last.start]
        if not any(is_of_day(moment) for moment in moments):
            continue
        if max(before.end, last.end) <= now:
            continue
        changed = Changed(
            slot_id,
            session.code if session else "",
            session.title if session else {},
            before.start,
            before.end,
        )
        if last.method is InviteMethod.REQUEST:
            changed = Changed(
                slot_id, changed.session, changed.title, before.start, before.end, last.start, last.end
            )
        found.append(changed)
    return tuple(sorted(found, key=lambda one: (one.start or one.was_start, one.slot_id)))


def _is_today(start: datetime, zone: str, now: datetime) -> bool:
    return dates.local_date(start, zone) == dates.local_date(now, zone) or (
        dates.lived_day(start, zone) == dates.lived_day(now, zone)
    )
