"""What a team does with mails in its outbox: send them again, hold them back, let them go, one or many."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from conference import audit
from conference.db import transaction
from conference.errors import Conflict, NotFound
from conference.i18n import _
from conference.mail import trouble
from conference.mail.desk import Wanted
from conference.tables import MailState, OutgoingMail
from conference.viewer import SignedInOrganiser

# As every last reply, read beside the words of mail servers.
HELD_BY_TEAM = "Held back by the team."
_AGAIN = {
    OutgoingMail.state: MailState.QUEUED,
    OutgoingMail.attempts: 0,
    OutgoingMail.lease_until: None,
}
_HELD = {OutgoingMail.state: MailState.HELD, OutgoingMail.last_reply: HELD_BY_TEAM}
STOPPED = (MailState.HELD, MailState.REFUSED, MailState.SUPPRESSED)


async def send_again(conference_id: int, code: str, *, actor: SignedInOrganiser, now: datetime) -> None:
    """Queue a mail once more that was refused, held or kept unsent; its three days of trying begin again.

    Raises NotFound, and Conflict when it is none of these.
    """
    await _change_one(
        conference_id,
        code,
        STOPPED,
        {**_AGAIN, OutgoingMail.next_attempt_at: now},
        action="mail-sent-again",
        refusal=_("Only a mail that was refused or held can be sent again."),
        actor=actor,
        now=now,
    )


async def hold(conference_id: int, code: str, *, actor: SignedInOrganiser, now: datetime) -> None:
    """Keep a waiting mail back until somebody lets it go. Raises NotFound, and Conflict when it does not wait."""
    await _change_one(
        conference_id,
        code,
        (MailState.QUEUED,),
        _HELD,
        action="mails-held",
        refusal=_("Only a mail that waits can be held back. This one has left already."),
        actor=actor,
        now=now,
    )


async def _change_one(
    conference_id: int,
    code: str,
    states: tuple[MailState, ...],
    values: dict[Any, Any],
    *,
    action: str,
    refusal: str,
    actor: SignedInOrganiser,
    now: datetime,
) -> None:
    this = (OutgoingMail.conference == conference_id) & (OutgoingMail.message_id == code)
    async with transaction():
        row = await OutgoingMail.select(OutgoingMail.recipient).where(this).first()
        if row is None:
            raise NotFound(_("There is no such mail."))
        if not row["recipient"]:
            raise Conflict(_("To whom this mail went has been erased: it cannot be sent any more."))
        changed = (
            await OutgoingMail.update(values)
            .where(this & OutgoingMail.state.is_in([state.value for state in states]))
            .returning(OutgoingMail.id)
        )
        if not changed:
            raise Conflict(refusal)
        await audit.record(
            conference_id=conference_id,
            actor=actor,
            action=action,
            subject=f"mail:{row['recipient']}"[:120],
            now=now,
        )


async def send_all_again(
    conference_id: int, wanted: Wanted, *, actor: SignedInOrganiser, now: datetime
) -> int:
    """Queue every refused mail among those wanted once more; how many."""
    values = {**_AGAIN, OutgoingMail.next_attempt_at: now}
    return await _change_all(
        conference_id, wanted, MailState.REFUSED, values, action="mails-sent-again", actor=actor, now=now
    )


async def hold_all(conference_id: int, wanted: Wanted, *, actor: SignedInOrganiser, now: datetime) -> int:
    """Hold back every waiting mail among those wanted; how many."""
    return await _change_all(
        conference_id, wanted, MailState.QUEUED, _HELD, action="mails-held", actor=actor, now=now
    )


async def release_all(conference_id: int, wanted: Wanted, *, actor: SignedInOrganiser, now: datetime) -> int:
    """Let every held mail among those wanted go; how many."""
    values = {**_AGAIN, OutgoingMail.next_attempt_at: now}
    return await _change_all(
        conference_id, wanted, MailState.HELD, values, action="mails-released", actor=actor, now=now
    )


async def _change_all(
    conference_id: int,
    wanted: Wanted,
    state: MailState,
    values: dict[Any, Any],
    *,
    action: str,
    actor: SignedInOrganiser,
    now: datetime,
) -> int:
    async with transaction():
        changed = (
            await OutgoingMail.update(values)
            .where(replace(wanted, state=state).where(conference_id) & (OutgoingMail.recipient != ""))
            .returning(OutgoingMail.id)
        )
        if changed:
            await audit.record(
                conference_id=conference_id,
                actor=actor,
                action=action,
                subject=f"mail:{wanted.kind or 'all'}",
                after={"mails": len(changed)},
                now=now,
            )
    return len(changed)


async def try_now(conference_id: int, *, actor: SignedInOrganiser, now: datetime) -> bool:
    """Have the resting queue tried at once; False when it does not rest."""
    async with transaction():
        if changed := await trouble.try_now(now):
            await audit.record(
                conference_id=conference_id,
                actor=actor,
                action="mail-tried-now",
                subject="mail:queue",
                now=now,
            )
    return changed
