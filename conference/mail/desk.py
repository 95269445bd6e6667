"""A conference's mail as its team sees it: what waits, what left, what was refused and in whose words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jinja2 import TemplateError
from piccolo.columns.combination import WhereRaw

from conference.errors import NotFound
from conference.i18n import _
from conference.mail import words as mail_words
from conference.mail.kinds import KINDS
from conference.mail.own_words import OwnWords
from conference.mail.templates import OWN_WORDS, words_for
from conference.tables import MailState, OutgoingMail

PAGE_SIZE = 50
HIDDEN = "~hidden~"  # stands where a secret stood; such characters may be part of a path


@dataclass(frozen=True)
class MailLine:
    """A mail in the list. ``code`` names it in addresses; ``reply`` is the mail server's last word; ``to`` is "" once erased."""

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

    @property
    def is_erased(self) -> bool:
        """Whether to whom it went and what it said is kept no more."""
        return not self.to


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
    return {kind.name: _(kind.title) for kind in KINDS.values()} | {
        "organiser-sign-in": _("Sign-in link"),
        "team-invitation": _("Role in the team"),
        "speaker-message": _("Mail to speakers"),
        "attendee-message": _("Mail to attendees"),
        "speaker-answer": _("Answer to a speaker"),
        "door-call": _("Call to the door of a room"),
        "door-answer": _("Answer to somebody at the door"),
        "complaint-made": _("Acknowledgement of a complaint"),
        "complaint-received": _("Word of a complaint"),
        "complaint-answered": _("Answer to a complaint"),
        "data-link": _("Link to one’s data"),
        "data-erased": _("Word that everything is erased"),
        "invite-declined": _("Question about a declined invitation"),
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


@dataclass(frozen=True)
class Wanted:
    """Which mails the list shows: of a state, of a kind, and to whom, by a part of the address or the name."""

    state: MailState | None = None
    kind: str = ""
    search: str = ""

    def where(self, conference_id: int) -> Any:
        """The condition on OutgoingMail."""
        meant: Any = OutgoingMail.conference == conference_id
        if self.state is not None:
            meant = meant & (OutgoingMail.state == self.state.value)
        if self.kind:
            meant = meant & (OutgoingMail.kind == self.kind)
        if self.search:
            part = "%" + self.search.lower().replace("\\", "").replace("%", "") + "%"
            columns = [
                f'lower("outgoing_mail"."{name}") LIKE {{}}' for name in ("recipient", "recipient_name")
            ]
            meant = meant & WhereRaw(f"({' OR '.join(columns)})", part, part)
        return meant


async def kinds_of(conference_id: int) -> list[str]:
    """The kinds of mail that the conference has in its outbox. One query."""
    rows = (
        await OutgoingMail.select(OutgoingMail.kind)
        .where(OutgoingMail.conference == conference_id)
        .group_by(OutgoingMail.kind)
    )
    return sorted(row["kind"] for row in rows)


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


async def mails_of(conference_id: int, wanted: Wanted, *, page: int = 1) -> tuple[list[MailLine], bool]:
    """A page of the mails that are wanted, and whether there are more. One query.

    Those that wait come in the order in which they are due, the others the latest first.
    """
    query = OutgoingMail.select(*_COLUMNS).where(wanted.where(conference_id))
    if wanted.state is MailState.QUEUED:
        query = query.order_by(OutgoingMail.next_attempt_at).order_by(OutgoingMail.id)
    else:
        query = query.order_by(OutgoingMail.id, ascending=False)
    rows = await query.offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE + 1)
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
    if _line(row).is_erased:
        return OpenedMail(_line(row), "", "", "", row["calendar_method"] or "")
    try:
        payload = json.loads(row["payload"])
        own_words = OwnWords(**payload[OWN_WORDS]) if OWN_WORDS in payload else None
        words = mail_words.render(
            row["kind"],
            masked(payload),
            row["language"],
            row["zone"],
            name=row["recipient_name"],
            base_url=base_url,
            own_words=own_words or await words_for(conference_id, row["kind"], row["language"]),
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
