"""A conference's mail as its team sees it: what waits, what left, what was refused and in whose words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jinja2 import TemplateError

from conference import audit, outbox
from conference.db import transaction
from conference.errors import Conflict, NotFound
from conference.i18n import _
from conference.mail import words as mail_words
from conference.tables import MailState, OutgoingMail
from conference.viewer import SignedInOrganiser

PAGE_SIZE = 50
HIDDEN = "~hidden~"  # stands where a secret stood; such characters may be part of a path


@dataclass(frozen=True)
class MailLine:
    """A mail in the list. ``code`` names it in addresses; ``reply`` is the mail server's last word."""

    code: str
    kind: str
    to: str
    name: str
    state: MailState
    attempts: int
    reply: str
    created_at: datetime
    sent_at: datetime | None
    next_at: datetime


@dataclass(frozen=True)
class OpenedMail:
    """One mail with its words; secrets in it are masked. ``fault`` says why there are no words."""

    line: MailLine
    subject: str
    text: str
    fault: str
    calendar_method: str


def kind_names() -> dict[str, str]:
    """Kinds of mail in words; one that is missing here is shown by its own name."""
    return {
        "organiser-sign-in": _("Sign-in link"),
        "team-invitation": _("Role in the team"),
        "registration-confirm": _("Please confirm"),
        "registration-confirmed": _("Registration confirmed"),
        "interest-confirm": _("Interest: please confirm"),
        "interest-open": _("Registration is open"),
        "registration-refused": _("Registration refused"),
        "registration-link": _("Link to a registration"),
        "registration-withdrawn": _("Registration withdrawn"),
        "waitlist-offer": _("Offer of a seat"),
        "speaker-release": _("Changes for a speaker"),
        "speaker-message": _("Mail to speakers"),
        "speaker-answer": _("Answer to a speaker"),
        "invite": _("Calendar invitation"),
        "invite-updated": _("Calendar update"),
        "invite-cancelled": _("Calendar cancellation"),
        "release-digest": _("Changes after a release"),
        "agenda-invites": _("Changes of an agenda"),
    }


def state_names() -> dict[MailState, str]:
    """States in words."""
    return {
        MailState.QUEUED: _("Waiting"),
        MailState.SENDING: _("On its way"),
        MailState.SENT: _("Sent"),
        MailState.REFUSED: _("Refused"),
        MailState.HELD: _("Held"),
        MailState.SUPPRESSED: _("Not sent"),
    }


_COLUMNS = (
    OutgoingMail.message_id,
    OutgoingMail.kind,
    OutgoingMail.recipient,
    OutgoingMail.recipient_name,
    OutgoingMail.state,
    OutgoingMail.attempts,
    OutgoingMail.last_reply,
    OutgoingMail.created_at,
    OutgoingMail.sent_at,
    OutgoingMail.next_attempt_at,
)


async def counts_by_state(conference_id: int) -> dict[MailState, int]:
    """How many of the conference's mails are in each state. One query."""
    rows = (
        await OutgoingMail.select(OutgoingMail.state, _count())
        .where(OutgoingMail.conference == conference_id)
        .group_by(OutgoingMail.state)
    )
    found = {MailState(row["state"]): int(row["count"]) for row in rows}
    return {state: found.get(state, 0) for state in MailState}


def _count() -> Any:
    from piccolo.query.functions.aggregate import Count

    return Count()


async def mails_of(
    conference_id: int, *, state: MailState | None = None, page: int = 1
) -> tuple[list[MailLine], bool]:
    """A page of the conference's mails, the latest first, and whether there are older ones. One query."""
    query = OutgoingMail.select(*_COLUMNS).where(OutgoingMail.conference == conference_id)
    if state is not None:
        query = query.where(OutgoingMail.state == state.value)
    rows = await (
        query.order_by(OutgoingMail.id, ascending=False).offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE + 1)
    )
    return [_line(row) for row in rows[:PAGE_SIZE]], len(rows) > PAGE_SIZE


def _line(row: Mapping[str, Any]) -> MailLine:
    return MailLine(
        code=row["message_id"],
        kind=row["kind"],
        to=row["recipient"],
        name=row["recipient_name"],
        state=MailState(row["state"]),
        attempts=row["attempts"],
        reply=row["last_reply"],
        created_at=row["created_at"],
        sent_at=row["sent_at"],
        next_at=row["next_attempt_at"],
    )


async def open_mail(conference_id: int, code: str, *, base_url: str) -> OpenedMail:
    """The mail with the words its recipient reads, in their language, secrets masked. Raises NotFound."""
    row = (
        await OutgoingMail.select(
            *_COLUMNS,
            OutgoingMail.payload,
            OutgoingMail.language,
            OutgoingMail.zone,
            OutgoingMail.calendar_method,
        )
        .where((OutgoingMail.conference == conference_id) & (OutgoingMail.message_id == code))
        .first()
    )
    if row is None:
        raise NotFound(_("There is no such mail."))
    subject = text = fault = ""
    try:
        words = mail_words.render(
            row["kind"],
            masked(json.loads(row["payload"])),
            row["language"],
            row["zone"],
            name=row["recipient_name"],
            base_url=base_url,
        )
        subject, text = words.subject, words.text
    except (TemplateError, ValueError, LookupError, TypeError) as error:
        # A payload that its template cannot tell: the outbox holds such a mail, and the page says the same of it.
        fault = f"{type(error).__name__}: {error}"[:300]
    return OpenedMail(_line(row), subject, text, fault, row["calendar_method"] or "")


def masked(payload: Any) -> Any:
    """The payload with every reference to a secret replaced: whoever reads the page gets no key to anyone's things."""
    if isinstance(payload, Mapping):
        if set(payload) == {"$token"}:
            return HIDDEN
        return {key: masked(value) for key, value in payload.items()}
    if isinstance(payload, list):
        return [masked(value) for value in payload]
    return payload


async def send_again(conference_id: int, code: str, *, actor: SignedInOrganiser, now: datetime) -> None:
    """Queue a refused or held mail once more. Raises NotFound, and Conflict when it is neither."""
    async with transaction():
        row = (
            await OutgoingMail.select(OutgoingMail.id, OutgoingMail.recipient)
            .where((OutgoingMail.conference == conference_id) & (OutgoingMail.message_id == code))
            .first()
        )
        if row is None:
            raise NotFound(_("There is no such mail."))
        if not await outbox.send_again(row["id"], now):
            raise Conflict(_("Only a mail that was refused or held can be sent again."))
        await audit.record(
            conference_id=conference_id,
            actor=actor,
            action="mail-sent-again",
            subject=f"mail:{row['recipient']}",
            now=now,
        )
