"""A team's own words for the mails of its conference: kept by kind and language, sent instead of the built-in ones."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from conference import audit, texts, timezones
from conference.codes import new_code
from conference.db import locked
from conference.errors import NotFound, StaleEdit
from conference.i18n import _
from conference.mail import link_ref
from conference.mail.kinds import KINDS, example
from conference.mail.own_words import OwnWords
from conference.tables import Conference, MailTemplate
from conference.viewer import SignedInOrganiser

OWN_WORDS = "own_words"
"""In a payload: the words of a test mail, which are kept nowhere else."""


async def words_for(conference_id: int | None, kind: str, language: str) -> OwnWords | None:
    """The team's words for this kind in this language, or its base language; None for the built-in ones. One query."""
    if conference_id is None or kind not in KINDS:
        return None
    wanted = [language, language.split("-")[0]]
    rows = await MailTemplate.select(MailTemplate.language, MailTemplate.subject, MailTemplate.body).where(
        (MailTemplate.conference == conference_id)
        & (MailTemplate.kind == kind)
        & MailTemplate.language.is_in(wanted)
    )
    found = {row["language"]: OwnWords(row["subject"], row["body"]) for row in rows}
    return next((found[code] for code in wanted if code in found), None)


async def written(conference_id: int) -> set[tuple[str, str]]:
    """Kinds and languages for which the team has its own words. One query."""
    rows = await MailTemplate.select(MailTemplate.kind, MailTemplate.language).where(
        MailTemplate.conference == conference_id
    )
    return {(row["kind"], row["language"]) for row in rows}


async def template_of(conference_id: int, kind: str, language: str) -> MailTemplate | None:
    """The team's words for this kind in exactly this language, with their revision."""
    return await MailTemplate.objects().where(_this(conference_id, kind, language)).first()


async def change_words(
    conference: Conference,
    kind: str,
    language: str,
    words: OwnWords,
    *,
    revision: int,
    actor: SignedInOrganiser,
    now: datetime,
) -> None:
    """Send these words from now on, also in mails that wait already. ``revision`` is what was read, 0 for the built-in
    words. Raises StaleEdit when a colleague was quicker."""
    async with locked(Conference, conference.id):
        row = await template_of(conference.id, kind, language)
        _refuse_stale(row, revision, words)
        before = {"subject": row.subject, "body": row.body} if row else {}
        if row is None:
            row = MailTemplate(conference=conference.id, kind=kind, language=language, revision=0)
        row.subject, row.body, row.changed_at = words.subject, words.body, now
        row.revision += 1
        await row.save()
        await audit.record(
            conference_id=conference.id,
            actor=actor,
            action="mail-template-changed",
            subject=f"mail:{kind} ({language})",
            before=before,
            after={"subject": words.subject, "body": words.body},
            now=now,
        )


async def remove_words(
    conference: Conference,
    kind: str,
    language: str,
    *,
    revision: int,
    actor: SignedInOrganiser,
    now: datetime,
) -> None:
    """Go back to the built-in words. Raises NotFound when they are in use, and StaleEdit."""
    async with locked(Conference, conference.id):
        row = await template_of(conference.id, kind, language)
        if row is None:
            raise NotFound(_("This mail has its built-in words."))
        _refuse_stale(row, revision, OwnWords("", ""))
        await MailTemplate.delete().where(_this(conference.id, kind, language))
        await audit.record(
            conference_id=conference.id,
            actor=actor,
            action="mail-template-removed",
            subject=f"mail:{kind} ({language})",
            before={"subject": row.subject, "body": row.body},
            now=now,
        )


def _this(conference_id: int, kind: str, language: str) -> Any:
    return (
        (MailTemplate.conference == conference_id)
        & (MailTemplate.kind == kind)
        & (MailTemplate.language == language)
    )


def _refuse_stale(row: MailTemplate | None, revision: int, mine: OwnWords) -> None:
    if (row.revision if row else 0) != revision:
        raise StaleEdit(
            _("A colleague has changed these words since you opened them."),
            mine={"subject": mine.subject, "body": mine.body},
            theirs={"subject": row.subject, "body": row.body} if row else {},
        )


def example_payload(conference: Conference, kind: str) -> dict[str, Any]:
    """Facts to try a kind of mail with: this conference's, and a session on the morning of its first day."""
    morning = datetime.combine(conference.starts_on, time(9), UTC)
    start = morning - timezones.offset_at(morning, conference.zone)
    home = {
        "name": texts.decode(conference.name),
        "zone": conference.zone,
        "url": link_ref(f"/{conference.slug}/"),
        "reply_to": conference.contact_email,
        "slug": conference.slug,
    }
    return example(kind, home, start)


def key_of_test(actor: SignedInOrganiser) -> str:
    """An idempotency key for a test mail: every press of the button sends one."""
    return f"mail-template-test:{actor.id}:{new_code(12)}"
