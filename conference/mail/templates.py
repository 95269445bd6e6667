"""A team's own words for the mails of its conference: kept by kind and language, sent instead of the built-in ones."""

from __future__ import annotations

from conference.mail.own_words import OwnWords
from conference.tables import MailTemplate


async def words_for(conference_id: int | None, kind: str, language: str) -> OwnWords | None:
    """The team's words for this kind in this language, or its base language; None for the built-in ones. One query."""
    if conference_id is None:
        return None
    wanted = [language, language.split("-")[0]]
    rows = await MailTemplate.select(MailTemplate.language, MailTemplate.subject, MailTemplate.body).where(
        (MailTemplate.conference == conference_id)
        & (MailTemplate.kind == kind)
        & MailTemplate.language.is_in(wanted)
    )
    found = {row["language"]: OwnWords(row["subject"], row["body"]) for row in rows}
    return next((found[code] for code in wanted if code in found), None)
