"""Complaints: anybody may make one, it is acknowledged at once, and the team answers within a month.

GDPR 12(3) gives a month for requests; the UK's Data (Use and Access) Act 2025 wants a complaint acknowledged within thirty
days. The acknowledgement leaves with the complaint itself.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from conference import audit
from conference.db import locked, transaction
from conference.errors import Conflict, InvalidInput, NotFound
from conference.i18n import _
from conference.mail import link_ref
from conference.outbox import queue_mail
from conference.tables import Conference, Role
from conference.team import team_of
from conference.throttle import count_tries
from conference.viewer import SignedInOrganiser
from registration.calendars.sync import conference_facts
from registration.rights.tables import Complaint

MOST_FROM_A_NETWORK = 8  # in the throttle's quarter of an hour
MOST_A_CONFERENCE = 60  # the same, from everywhere: the team's mailbox is no target
LONGEST = 5000  # characters
_CODE = re.compile(r"[a-z0-9]{12}")


@dataclass(frozen=True)
class Words:
    """What somebody complains about. ``email`` may be empty: then the answer stands on the complaint's page."""

    text: str
    name: str = ""
    email: str = ""


class AnsweredAlready(Conflict):
    """Somebody else of the team has answered meanwhile."""


def answer_due(made_at: datetime) -> datetime:
    """A month after the complaint, by the calendar (UTC): 31 January is answered by 28 February."""
    moment = made_at.astimezone(UTC)
    year, month = (moment.year + 1, 1) if moment.month == 12 else (moment.year, moment.month + 1)
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))


async def complain(
    conference: Conference, code: str, words: Words, *, language: str, zone: str, network: str, now: datetime
) -> None:
    """Keep the complaint under ``code``, acknowledge it, and tell the team; the same form sent twice is one complaint.

    The mails hold none of its words: a form that mailed what strangers type to whom they like would be misused. Raises
    TooManyTries, InvalidInput.
    """
    if not _CODE.fullmatch(code):
        raise InvalidInput(_("This form has expired. Please open it again."))
    await count_tries(
        {f"complaint:{network}": MOST_FROM_A_NETWORK, f"complaints:{conference.id}": MOST_A_CONFERENCE},
        now=now,
    )
    async with transaction():
        row = Complaint(
            conference=conference.id,
            code=code,
            name=words.name,
            email=words.email,
            language=language,
            text=words.text,
            made_at=now,
        )
        written = (
            await Complaint.insert(row)
            .on_conflict(target=Complaint.code, action="DO NOTHING")
            .returning(Complaint.id)
        )
        if not written:
            return
        if words.email:
            await _mail(
                conference,
                "complaint-made",
                words.email,
                language,
                zone,
                code,
                now,
                page=_page(conference, code),
            )
        desk = link_ref(f"/organise/{conference.slug}/privacy/complaints/{code}")
        for address, tongue in await _team(conference):
            await _mail(
                conference, "complaint-received", address, tongue, conference.zone, code, now, page=desk
            )


def _page(conference: Conference, code: str) -> dict[str, list[object]]:
    return link_ref(f"/{conference.slug}/complaints/{code}")


async def _team(conference: Conference) -> list[tuple[str, str]]:
    """Where the team reads its mail: the conference's contact, else its owners."""
    if conference.contact_email:
        return [(conference.contact_email, "en")]
    return [(one.email, "en") for one in await team_of(conference.id) if one.role is Role.OWNER]


async def _mail(
    conference: Conference,
    kind: str,
    to: str,
    language: str,
    zone: str,
    code: str,
    now: datetime,
    *,
    page: object,
    **facts: object,
) -> None:
    await queue_mail(
        kind=kind,
        to=to,
        to_name="",
        language=language,
        zone=zone,
        payload={
            "conference": conference_facts(conference),
            "code": code,
            "page": page,
            "made_at": now,
            "due": answer_due(now),
            **facts,
        },
        idempotency_key=f"{kind}:{code}:{to}"[:200],
        now=now,
        conference_id=conference.id,
    )


async def complaint_by_code(conference: Conference, code: str) -> Complaint:
    """The complaint. Raises NotFound."""
    found = (
        await Complaint.objects()
        .where((Complaint.conference == conference.id) & (Complaint.code == code[:12]))
        .first()
    )
    if found is None:
        raise NotFound(_("There is no complaint of this reference."))
    return found


async def complaints_of(conference: Conference) -> list[Complaint]:
    """Every complaint, those to be answered first, the oldest of them at the top. One query."""
    rows = await Complaint.objects().where(Complaint.conference == conference.id).order_by(Complaint.id)
    waiting = [row for row in rows if row.answered_at is None]
    return [*waiting, *reversed([row for row in rows if row.answered_at is not None])]


async def answer(
    conference: Conference, code: str, text: str, *, actor: SignedInOrganiser, now: datetime
) -> bool:
    """Answer the complaint, by mail where it gave an address; False when this very answer stands already.

    Raises AnsweredAlready, NotFound.
    """
    known = await complaint_by_code(conference, code)
    async with locked(Complaint, known.id):
        complaint = await complaint_by_code(conference, code)
        if complaint.answered_at is not None:
            if complaint.answer == text:
                return False
            raise AnsweredAlready(_("Somebody else has answered this complaint meanwhile."))
        complaint.answer, complaint.answered_at, complaint.organiser = text, now, actor.id
        await complaint.save([Complaint.answer, Complaint.answered_at, Complaint.organiser])
        if complaint.email:
            blocks = [
                [line for line in part.splitlines() if line] for part in text.split("\n\n") if part.strip()
            ]
            await _mail(
                conference,
                "complaint-answered",
                complaint.email,
                complaint.language,
                conference.zone,
                complaint.code,
                now,
                page=_page(conference, complaint.code),
                blocks=blocks,
            )
        await audit.record(
            conference_id=conference.id,
            actor=actor,
            action="complaint-answered",
            subject=f"complaint:{code}",
            now=now,
        )
    return True
