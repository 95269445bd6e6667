"""Drafts kept when a release was restored over them: whole, as text, so that restoring loses nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from conference.codes import new_code
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from sessions.programme import snapshot
from sessions.programme.snapshot import ReleasedAppearance, ReleasedProgramme, ReleasedSession
from sessions.releases.draft_programme import read_draft
from sessions.tables import Appearance, AppearanceState, KeptDraft, SessionKind, Slot

MOST = 10
"""Drafts kept per conference; older ones are forgotten."""

AppearanceKey = tuple[str, str, str]
"""A session's code, a speaker's code and a role: what an appearance is known by."""

_ANSWERS = (
    "state",
    "invited_at",
    "reminded_at",
    "answered_at",
    "answer_note",
    "recording_consent",
    "publishing_consent",
)
_INSTANTS = ("invited_at", "reminded_at", "answered_at")


@dataclass(frozen=True)
class DraftContent:
    """A draft as it was. ``programme`` is all of it, blockers and people who declined included, its sequences not
    counted; ``answers`` are the columns of each appearance that speakers and invitations fill; ``lengths`` the minutes
    of the slots (by code) that have no place."""

    programme: ReleasedProgramme
    answers: Mapping[AppearanceKey, Mapping[str, Any]]
    lengths: Mapping[str, int]

    def public(self) -> ReleasedProgramme:
        """What of it a release would have held."""
        sessions = (s for s in self.programme.sessions if s.kind != SessionKind.BLOCKER)
        return replace(
            self.programme, sessions=tuple(replace(s, appearances=self._coming(s)) for s in sessions)
        )

    def _coming(self, session: ReleasedSession) -> tuple[ReleasedAppearance, ...]:
        return tuple(
            a
            for a in session.appearances
            if self.answers.get((session.code, a.speaker, a.role), {}).get("state")
            != AppearanceState.DECLINED
        )


@dataclass(frozen=True)
class Kept:
    """A kept draft. ``replaced_by`` is "release:<number>" or "kept:<code>"; ``by`` who restored that, "" if unknown."""

    code: str
    replaced_by: str
    kept_at: datetime
    by: str
    content: DraftContent

    def public(self) -> ReleasedProgramme:
        """What of it a release would have held."""
        return self.content.public()


@dataclass(frozen=True)
class KeptLine:
    """A kept draft as lists show it."""

    code: str
    replaced_by: str
    kept_at: datetime
    by: str


async def read_content(conference: Conference, *, now: datetime) -> DraftContent:
    """The whole draft as it stands. Nine queries."""
    draft = await read_draft(conference, number=0, now=now, whole=True)
    rows = await Appearance.select(
        Appearance.session._.code.as_alias("session_code"),
        Appearance.speaker._.code.as_alias("speaker_code"),
        Appearance.role,
        *(getattr(Appearance, name) for name in _ANSWERS),
    ).where(Appearance.session._.conference == conference.id)
    waiting = await Slot.select(Slot.code, Slot.length_minutes).where(
        (Slot.conference == conference.id) & Slot.start.is_null()
    )
    return DraftContent(
        draft.programme,
        {
            (row["session_code"], row["speaker_code"], row["role"]): {name: row[name] for name in _ANSWERS}
            for row in rows
        },
        {row["code"]: row["length_minutes"] for row in waiting},
    )


async def keep_draft(
    conference: Conference,
    content: DraftContent,
    replaced_by: str,
    *,
    actor: SignedInOrganiser | str,
    now: datetime,
) -> str:
    """Keep the content, inside the caller's transaction; the code it is found by. The oldest make room."""
    row = KeptDraft(
        conference=conference.id,
        code=new_code(),
        replaced_by=replaced_by,
        content=_encode(content),
        kept_at=now,
        organiser=actor.id if isinstance(actor, SignedInOrganiser) else None,
    )
    await row.save()
    ids = (
        await KeptDraft.select(KeptDraft.id)
        .where(KeptDraft.conference == conference.id)
        .order_by(KeptDraft.id, ascending=False)
    )
    if surplus := [old["id"] for old in ids[MOST:]]:
        await KeptDraft.delete().where(KeptDraft.id.is_in(surplus))
    return row.code


async def kept_draft(conference_id: int, code: str) -> Kept | None:
    """The kept draft of this code, None where there is none."""
    row = (
        await KeptDraft.select(*_LISTED, KeptDraft.content)
        .where((KeptDraft.conference == conference_id) & (KeptDraft.code == code[:12]))
        .first()
    )
    if row is None:
        return None
    return Kept(row["code"], row["replaced_by"], row["kept_at"], row["by"] or "", _decode(row["content"]))


async def kept_drafts(conference_id: int) -> list[KeptLine]:
    """The kept drafts of a conference, the latest first."""
    rows = (
        await KeptDraft.select(*_LISTED)
        .where(KeptDraft.conference == conference_id)
        .order_by(KeptDraft.id, ascending=False)
    )
    return [KeptLine(row["code"], row["replaced_by"], row["kept_at"], row["by"] or "") for row in rows]


_LISTED = (
    KeptDraft.code,
    KeptDraft.replaced_by,
    KeptDraft.kept_at,
    KeptDraft.organiser._.name.as_alias("by"),
)


def _encode(content: DraftContent) -> str:
    return json.dumps(
        {
            "programme": json.loads(snapshot.encode(content.programme)),
            "answers": [[*key, dict(answers)] for key, answers in content.answers.items()],
            "lengths": dict(content.lengths),
        },
        default=lambda instant: instant.isoformat(),
        ensure_ascii=False,
    )


def _decode(stored: str) -> DraftContent:
    raw: dict[str, Any] = json.loads(stored)
    answers: dict[AppearanceKey, dict[str, Any]] = {}
    for session, speaker, role, columns in raw["answers"]:
        known = {name: value for name, value in columns.items() if name in _ANSWERS}
        for name in _INSTANTS:
            known[name] = datetime.fromisoformat(known[name]) if known.get(name) else None
        answers[session, speaker, role] = known
    return DraftContent(snapshot.decode(json.dumps(raw["programme"])), answers, raw["lengths"])
