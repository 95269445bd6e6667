"""Why no mail leaves: noted where it is noticed, gone with the next success, told on every page of operation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from conference.tables import MailState, MailTrouble, OutgoingMail

WAY = "smtp"
CONNECTION, SIGN_IN = "connection", "sign-in"
PAUSE = timedelta(minutes=5)  # of the whole queue, when the server cannot be reached
SIGN_IN_PAUSE = timedelta(minutes=30)  # when it does not let us in: asking more often locks accounts
STUCK_AFTER = timedelta(
    minutes=15
)  # a mail that is due for so long, with nothing noted, has nobody to send it


_WHY = {
    CONNECTION: "the mail server cannot be reached",
    SIGN_IN: "the mail server does not accept our name and password",
    "idle": "nothing sends what is due",
}


@dataclass(frozen=True)
class Stuck:
    """Mail is stuck: since when (aware UTC), of which kind, and the server's words.

    ``kind`` is ``connection``, ``sign-in``, or ``idle`` (nobody sends: no words, no next try).
    """

    kind: str
    since: datetime
    words: str = ""
    retry_at: datetime | None = None
    waiting: int = 0

    @property
    def line(self) -> str:
        """The health line, in English as all that operators read; the server's words are not in it."""
        return f"mail: stuck since {self.since:%Y-%m-%dT%H:%M:%SZ}, {_WHY[self.kind]}, {self.waiting} waiting"


async def resting(now: datetime) -> MailTrouble | None:
    """The trouble for which the queue rests at this moment, None when it may be tried. One query."""
    row = await _row()
    return row if row is not None and row.retry_at > now else None


async def _row() -> MailTrouble | None:
    return await MailTrouble.objects().where(MailTrouble.name == WAY).first()


async def note(words: str, *, is_sign_in: bool, now: datetime) -> None:
    """The server cannot be reached, or does not let us in: the queue rests. The first time is remembered."""
    kind = SIGN_IN if is_sign_in else CONNECTION
    retry_at = now + (SIGN_IN_PAUSE if is_sign_in else PAUSE)
    row = MailTrouble(name=WAY, kind=kind, words=words, since=now, retry_at=retry_at)
    await MailTrouble.insert(row).on_conflict(
        target=MailTrouble.name,
        action="DO UPDATE",
        values=[MailTrouble.kind, MailTrouble.words, MailTrouble.retry_at],
    )


async def over() -> None:
    """A mail has left, or the server has answered: nothing stands in the way."""
    await MailTrouble.delete().where(MailTrouble.name == WAY)


async def try_now(now: datetime) -> bool:
    """Let the queue be tried at once; False when it does not rest."""
    changed = (
        await MailTrouble.update({MailTrouble.retry_at: now})
        .where((MailTrouble.name == WAY) & (MailTrouble.retry_at > now))
        .returning(MailTrouble.id)
    )
    return bool(changed)


async def stuck(now: datetime) -> Stuck | None:
    """Whether mail is stuck, since when and why; None when it flows. At most three queries."""
    row = await _row()
    due = (OutgoingMail.state == MailState.QUEUED.value) & (OutgoingMail.next_attempt_at <= now)
    if row is not None:
        waiting = await OutgoingMail.count().where(due)
        return Stuck(row.kind, row.since, row.words, row.retry_at, waiting)
    oldest = (
        await OutgoingMail.select(OutgoingMail.next_attempt_at, OutgoingMail.attempted_at)
        .where(due & (OutgoingMail.next_attempt_at <= now - STUCK_AFTER))
        .order_by(OutgoingMail.next_attempt_at)
        .first()
    )
    if oldest is None:
        return None
    latest = (
        await OutgoingMail.select(OutgoingMail.attempted_at)
        .where(OutgoingMail.attempted_at > now - STUCK_AFTER)
        .first()
    )
    if latest is not None:  # a long queue that moves is not stuck
        return None
    return Stuck("idle", oldest["next_attempt_at"], waiting=await OutgoingMail.count().where(due))
