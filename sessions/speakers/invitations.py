"""Rules about asking speakers to take part: inviting them, reminding them, sending them the link to their page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from conference import audit, texts
from conference.db import locked
from conference.errors import Conflict, NotFound
from conference.i18n import _
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from sessions.schedule.draft_changes import touch_draft
from sessions.speakers.letters import ToldSession, can_be_mailed, mail_invitation, mail_link, mail_reminder
from sessions.speakers.links import ensure_link, page_ref, renew_link
from sessions.tables import Appearance, AppearanceState, SessionState, Slot, Speaker

NOT_AGAIN_WITHIN = timedelta(minutes=10)
"""A second press in this time is taken for a slip: nobody is reminded twice in a row."""
MOST_AT_ONCE = 2000


class CannotBeMailed(Conflict):
    """The speaker has no address that mail can be sent to."""


@dataclass
class Invited:
    """What became of the speakers who were to be invited, by name."""

    invited: list[str] = field(default_factory=list)
    reminded: list[str] = field(default_factory=list)
    without_address: list[str] = field(default_factory=list)
    not_waiting: list[str] = field(default_factory=list)  # nothing to ask: no session yet, or all answered


async def invite_speakers(
    conference: Conference,
    codes: Iterable[str],
    *,
    again: bool = False,
    actor: SignedInOrganiser,
    now: datetime,
) -> Invited:
    """Invite the speakers of these codes to whatever they have not been invited to yet, one mail to each.

    With ``again`` those who were invited and have not answered are reminded. Someone without an address stays as they
    are: an invitation that cannot arrive is none. Codes of other conferences are passed over.
    """
    rows = await (
        Speaker.select(Speaker.id)
        .where(
            (Speaker.conference == conference.id)
            & Speaker.code.is_in([code[:12] for code in dict.fromkeys(codes)][:MOST_AT_ONCE] or [""])
        )
        .order_by(Speaker.name)
        .order_by(Speaker.id)
    )
    done = Invited()
    for row in rows:
        async with locked(Speaker, row["id"]):
            await _invite(conference, row["id"], done, again=again, actor=actor, now=now)
    return done


async def _invite(
    conference: Conference,
    speaker_id: int,
    done: Invited,
    *,
    again: bool,
    actor: SignedInOrganiser,
    now: datetime,
) -> None:
    speaker = await Speaker.objects().where(Speaker.id == speaker_id).first()
    if speaker is None:
        return
    waiting = await waiting_appearances(speaker_id)
    planned = [row for row in waiting if row["state"] == AppearanceState.PLANNED]
    asked = [row for row in waiting if row["state"] == AppearanceState.INVITED]
    if not planned and not (again and asked):
        done.not_waiting.append(speaker.name)
        return
    if not can_be_mailed(speaker):
        done.without_address.append(speaker.name)
        return
    if not planned:
        if all(_just_mailed(row, now) for row in asked):
            return
        await remind_speaker(speaker, conference, asked, actor=actor, now=now)
        done.reminded.append(speaker.name)
        return
    speaker = await ensure_link(speaker_id, now)
    told = await told_sessions(planned)
    await Appearance.update(
        {Appearance.state: AppearanceState.INVITED, Appearance.invited_at: now, Appearance.reminded_at: None}
    ).where(
        Appearance.id.is_in([row["id"] for row in planned])
        & (Appearance.state == AppearanceState.PLANNED.value)  # not one noted down by a colleague meanwhile
    )
    await mail_invitation(speaker, conference, page_ref(speaker), told, now)
    await _record("speaker-invited", speaker, planned, actor, now)
    await touch_draft(conference.id, slots=await slots_in(planned), actor=actor, now=now)
    done.invited.append(speaker.name)


async def remind_speaker(
    speaker: Speaker,
    conference: Conference,
    asked: Collection[dict[str, Any]],
    *,
    actor: SignedInOrganiser | str,
    now: datetime,
) -> None:
    """Remind the speaker of these appearances (rows of ``waiting_appearances``), inside the caller's lock."""
    speaker = await ensure_link(speaker.id, now)
    told = await told_sessions(asked)
    await Appearance.update({Appearance.reminded_at: now}).where(
        Appearance.id.is_in([row["id"] for row in asked])
    )
    await mail_reminder(speaker, conference, page_ref(speaker), told, now)
    await _record("speaker-reminded", speaker, asked, actor, now)


async def send_link(
    conference: Conference, code: str, *, renew: bool = False, actor: SignedInOrganiser, now: datetime
) -> bool:
    """Mail the speaker the link to their page; with ``renew`` a new one, which ends the old.

    False where it was sent a moment ago. Raises NotFound, CannotBeMailed.
    """
    found = await (
        Speaker.select(Speaker.id)
        .where((Speaker.conference == conference.id) & (Speaker.code == code[:12]))
        .first()
    )
    if found is None:
        raise NotFound(_("There is no such speaker. They may have been deleted meanwhile."))
    async with locked(Speaker, found["id"]):
        speaker = (
            await renew_link(found["id"], actor=actor, now=now)
            if renew
            else await ensure_link(found["id"], now)
        )
        if not can_be_mailed(speaker):
            raise CannotBeMailed(
                _("%(name)s has no e-mail address that mail can be sent to.") % {"name": speaker.name}
            )
        sent = await mail_link(speaker, conference, page_ref(speaker), now)
        if sent:
            await _record("speaker-link-sent", speaker, (), actor, now)
        return sent


async def waiting_appearances(speaker_id: int) -> list[dict[str, Any]]:
    """The speaker's appearances in sessions that take place, planned or invited: those nobody has answered. One query."""
    return await (
        Appearance.select(
            Appearance.id,
            Appearance.state,
            Appearance.role,
            Appearance.session,
            Appearance.invited_at,
            Appearance.reminded_at,
            Appearance.session._.code.as_alias("code"),
            Appearance.session._.title.as_alias("title"),
        )
        .where(
            (Appearance.speaker == speaker_id)
            & Appearance.state.is_in([AppearanceState.PLANNED.value, AppearanceState.INVITED.value])
            & (Appearance.session._.state == SessionState.ACTIVE.value)
        )
        .order_by(Appearance.id)
    )


async def told_sessions(rows: Collection[dict[str, Any]]) -> list[ToldSession]:
    """The sessions of these appearances as mails list them, in order of time, those without a time last. One query."""
    times: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for slot in await _slots(rows):
        if slot["start"] is not None and not slot["is_cancelled"]:
            times[slot["session"]].append((slot["start"], slot["end"]))
    told = [
        ToldSession(texts.decode(row["title"]), row["role"], tuple(sorted(times[row["session"]])))
        for row in rows
    ]
    return sorted(told, key=lambda one: (not one.times, [start.timestamp() for start, _end in one.times]))


async def slots_in(rows: Collection[dict[str, Any]]) -> list[str]:
    """The codes of the slots of these appearances' sessions. One query."""
    return [slot["code"] for slot in await _slots(rows)]


async def _slots(rows: Collection[dict[str, Any]]) -> list[dict[str, Any]]:
    sessions = sorted({row["session"] for row in rows})
    if not sessions:
        return []
    return await Slot.select(Slot.code, Slot.session, Slot.start, Slot.end, Slot.is_cancelled).where(
        Slot.session.is_in(sessions)
    )


def _just_mailed(row: dict[str, Any], now: datetime) -> bool:
    last = max((at for at in (row["invited_at"], row["reminded_at"]) if at), default=None)
    return last is not None and now - last < NOT_AGAIN_WITHIN


async def _record(
    action: str,
    speaker: Speaker,
    rows: Collection[dict[str, Any]],
    actor: SignedInOrganiser | str,
    now: datetime,
) -> None:
    await audit.record(
        conference_id=speaker.conference,
        actor=actor,
        action=action,
        subject=f"speaker:{speaker.code}",
        after={"sessions": sorted({row["code"] for row in rows})} if rows else None,
        now=now,
    )
