"""Rules about speakers: adding, changing and deleting them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from conference import audit, texts
from conference.codes import new_code
from conference.db import locked, transaction
from conference.errors import Conflict, NotFound, StaleEdit
from conference.i18n import _, ngettext
from conference.tables import Conference
from conference.texts import LocalText
from conference.viewer import SignedInOrganiser
from sessions.privacy import masked_text
from sessions.schedule.draft_changes import touch_draft
from sessions.tables import Appearance, Slot, Speaker, SpeakerKind


class SpeakerInUse(Conflict):
    """The speaker appears in sessions."""


@dataclass(frozen=True)
class SpeakerFacts:
    """What is said of a speaker. ``biography`` is Markdown; ``language`` that of mails to them, "" the conference's first.

    ``email``, ``access_needs``, ``technical_needs`` and ``internal_notes`` are private; the last is the team's alone.
    """

    name: str
    kind: str = SpeakerKind.PERSON.value
    pronouns: str = ""
    job_title: str = ""
    organisation: str = ""
    country: str = ""
    zone: str = ""
    biography: LocalText = field(default_factory=dict)
    links: tuple[Mapping[str, str], ...] = ()
    orcid: str = ""
    language: str = ""
    email: str = ""
    access_needs: str = ""
    technical_needs: str = ""
    internal_notes: str = ""

    def as_columns(self) -> dict[str, Any]:
        """The facts as the columns of ``Speaker`` hold them."""
        return asdict(self) | {
            "biography": texts.encode(self.biography),
            "links": json.dumps(self.links, ensure_ascii=False),
        }

    def as_recorded(self) -> dict[str, Any]:
        """The facts as the audit log may keep them: what is private unreadable, yet a change of it visible."""
        private = ("email", "access_needs", "technical_needs", "internal_notes")
        return self.as_columns() | {name: masked_text(getattr(self, name)) for name in private}


def facts_of(speaker: Speaker) -> SpeakerFacts:
    """The facts a row holds."""
    return SpeakerFacts(
        name=speaker.name,
        kind=speaker.kind,
        pronouns=speaker.pronouns,
        job_title=speaker.job_title,
        organisation=speaker.organisation,
        country=speaker.country,
        zone=speaker.zone,
        biography=texts.decode(speaker.biography),
        links=tuple(json.loads(speaker.links)),
        orcid=speaker.orcid,
        language=speaker.language,
        email=speaker.email,
        access_needs=speaker.access_needs,
        technical_needs=speaker.technical_needs,
        internal_notes=speaker.internal_notes,
    )


async def speaker_by_code(conference_id: int, code: str) -> Speaker:
    """The speaker of this code. Raises NotFound."""
    speaker = (
        await Speaker.objects()
        .where((Speaker.conference == conference_id) & (Speaker.code == code[:12]))
        .first()
    )
    if speaker is None:
        raise _not_there()
    return speaker


async def slots_of_speaker(speaker_id: int) -> list[str]:
    """The codes of the slots of every session the speaker appears in. Two queries."""
    sessions = await Appearance.select(Appearance.session).where(Appearance.speaker == speaker_id)
    if not sessions:
        return []
    rows = await Slot.select(Slot.code).where(
        Slot.session.is_in(sorted({row["session"] for row in sessions}))
    )
    return [row["code"] for row in rows]


async def add_speaker(
    conference: Conference, facts: SpeakerFacts, *, actor: SignedInOrganiser, now: datetime
) -> Speaker:
    """Add a speaker."""
    async with transaction():
        speaker = Speaker(conference=conference.id, code=new_code(), **facts.as_columns())
        await speaker.save()
        await _record("speaker-added", speaker, actor=actor, after=facts, now=now)
        await touch_draft(conference.id, actor=actor, now=now)
    return speaker


async def change_speaker(
    speaker_id: int, facts: SpeakerFacts, *, revision: int, actor: SignedInOrganiser | str, now: datetime
) -> None:
    """Change the speaker as seen at ``revision``. Raises StaleEdit, NotFound.

    ``actor`` is a name where no organiser did it: a speaker on their own page.
    """
    async with locked(Speaker, speaker_id):
        speaker = await Speaker.objects().where(Speaker.id == speaker_id).first()
        if speaker is None:
            raise _not_there()
        before = facts_of(speaker)
        if speaker.revision != revision:
            raise StaleEdit(
                _("Someone else changed this speaker meanwhile."),
                mine=facts.as_recorded(),
                theirs=before.as_recorded(),
            )
        if facts == before:
            return
        changes: dict[Any, Any] = {**facts.as_columns(), "revision": revision + 1}
        await Speaker.update(changes).where(Speaker.id == speaker_id)
        await _record("speaker-changed", speaker, actor=actor, before=before, after=facts, now=now)
        await touch_draft(
            speaker.conference,
            slots=await slots_of_speaker(speaker_id),
            actor=actor if isinstance(actor, SignedInOrganiser) else None,
            now=now,
        )


async def delete_speaker(speaker_id: int, *, actor: SignedInOrganiser, now: datetime) -> str:
    """Delete a speaker who appears in no session; the key of their photo, whose files are to be removed now.

    Raises SpeakerInUse, NotFound.
    """
    async with locked(Speaker, speaker_id):
        speaker = await Speaker.objects().where(Speaker.id == speaker_id).first()
        if speaker is None:
            raise _not_there()
        used = await Appearance.count().where(Appearance.speaker == speaker_id)
        if used:
            raise SpeakerInUse(
                ngettext(
                    "This speaker appears in a session. Take them out of it first.",
                    "This speaker appears %(count)d times in sessions. Take them out of these first.",
                    used,
                )
                % {"count": used}
            )
        await Speaker.delete().where(Speaker.id == speaker_id)
        await _record("speaker-deleted", speaker, actor=actor, before=facts_of(speaker), now=now)
        await touch_draft(speaker.conference, actor=actor, now=now)
    return speaker.photo_key


def _not_there() -> NotFound:
    return NotFound(_("There is no such speaker. They may have been deleted meanwhile."))


async def _record(
    action: str,
    speaker: Speaker,
    *,
    actor: SignedInOrganiser | str,
    before: SpeakerFacts | None = None,
    after: SpeakerFacts | None = None,
    now: datetime,
) -> None:
    await audit.record(
        conference_id=speaker.conference,
        actor=actor,
        action=action,
        subject=f"speaker:{speaker.code}",
        before=before.as_recorded() if before else None,
        after=after.as_recorded() if after else None,
        now=now,
    )
