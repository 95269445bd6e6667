"""What a conference expects its sessions to leave behind: by kind of session, and the exceptions of single ones."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from conference import texts
from conference.db import locked
from conference.errors import NotFound, StaleEdit
from conference.i18n import _
from conference.tables import Conference
from conference.texts import LocalText
from conference.viewer import SignedInOrganiser
from sessions.packs.collecting.owed import EXPECTED_KINDS, OWING_KINDS
from sessions.packs.held_packs import record
from sessions.packs.tables import Expected, PackAccess, ResourceKind, ResourceRules
from sessions.tables import Session, SessionKind

DUE_DAYS = 14
_TALKS = (SessionKind.KEYNOTE, SessionKind.PLENARY, SessionKind.PANEL, SessionKind.TALK, SessionKind.WORKSHOP)
SUGGESTED: dict[str, tuple[str, ...]] = {
    kind.value: (ResourceKind.SLIDES.value, ResourceKind.RECORDING.value, ResourceKind.CAPTIONS.value)
    for kind in _TALKS
} | {SessionKind.WORKSHOP.value: (ResourceKind.SLIDES.value, ResourceKind.HANDOUT.value)}
"""What the form offers a conference that has said nothing yet. Nothing is expected before somebody saves it."""


@dataclass(frozen=True)
class RulesFacts:
    """What is expected, by kind of session; until how many days after a session's end; what speakers are offered first.

    ``licence`` is "" where none is offered first; ``access`` that of a session's own pack when it is made.
    """

    expects: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    due_days: int = DUE_DAYS
    licence: str = ""
    access: PackAccess = PackAccess.PUBLIC
    note: LocalText = field(default_factory=dict)

    def as_columns(self) -> dict[str, Any]:
        """The facts as the columns of ``ResourceRules`` hold them."""
        expects = {kind: list(self.expects[kind]) for kind in OWING_KINDS if self.expects.get(kind)}
        return {
            "expects": json.dumps(expects),
            "due_days": self.due_days,
            "licence": self.licence,
            "access": self.access.value,
            "note": texts.encode(self.note),
        }


async def rules_of(conference_id: int) -> tuple[RulesFacts, int]:
    """The conference's rules and their revision; nothing is expected, and 0, where it has said nothing yet. One query."""
    row = await ResourceRules.objects().where(ResourceRules.conference == conference_id).first()
    if row is None:
        return RulesFacts(), 0
    stored: dict[str, list[str]] = json.loads(row.expects)
    expects = {
        kind: tuple(what for what in EXPECTED_KINDS if what in stored.get(kind, ())) for kind in OWING_KINDS
    }
    facts = RulesFacts(
        {kind: whats for kind, whats in expects.items() if whats},
        row.due_days,
        row.licence,
        PackAccess(row.access),
        texts.decode(row.note),
    )
    return facts, row.revision


async def change_rules(
    conference: Conference, facts: RulesFacts, *, revision: int, actor: SignedInOrganiser, now: datetime
) -> None:
    """Change what is expected, as seen at ``revision`` (0: as it is before anybody has said anything). Raises StaleEdit."""
    async with locked(Conference, conference.id):
        before, found = await rules_of(conference.id)
        was, columns = before.as_columns(), facts.as_columns()
        if found != revision:
            raise StaleEdit(_("Someone else changed what is expected meanwhile."), mine=columns, theirs=was)
        changes: dict[Any, Any] = {**columns, "revision": revision + 1}
        if found:
            await ResourceRules.update(changes).where(ResourceRules.conference == conference.id)
        else:
            await ResourceRules(conference=conference.id, **changes).save()
        subject = f"conference:{conference.slug}"
        await record(
            conference,
            actor,
            "resources-expected",
            subject,
            now,
            before=was if found else None,
            after=columns,
        )


async def expect_of_session(
    conference: Conference, code: str, kinds: Collection[str], *, actor: SignedInOrganiser, now: datetime
) -> None:
    """Expect exactly these ``kinds`` of one session, whatever the rules say of its kind. Raises NotFound.

    What the rules say as well needs no row, so that the session follows them when they change.
    """
    async with locked(Conference, conference.id):
        session = (
            await Session.objects()
            .where((Session.conference == conference.id) & (Session.code == code[:12]))
            .first()
        )
        if session is None:
            raise NotFound(_("There is no such session."))
        rules, _revision = await rules_of(conference.id)
        before = await exceptions_of(session.id)
        by_rule, wanted = set(rules.expects.get(session.kind, ())), set(kinds) & set(EXPECTED_KINDS)
        after = {kind: kind in wanted for kind in EXPECTED_KINDS if (kind in wanted) != (kind in by_rule)}
        if after == before:
            return
        await Expected.delete().where(Expected.session == session.id)
        if after:
            await Expected.insert(
                *(
                    Expected(session=session.id, kind=kind, is_waived=not is_owed)
                    for kind, is_owed in after.items()
                )
            )
        subject = f"session:{session.code}"
        await record(conference, actor, "session-expected", subject, now, before=before, after=after)


async def exceptions_of(session_id: int) -> dict[str, bool]:
    """The kinds of resource that one session owes, or does not, in spite of the rules. One query."""
    rows = await Expected.select(Expected.kind, Expected.is_waived).where(Expected.session == session_id)
    found = {row["kind"]: not row["is_waived"] for row in rows}
    return {kind: found[kind] for kind in EXPECTED_KINDS if kind in found}


async def exceptions_in(conference_id: int) -> dict[str, dict[str, bool]]:
    """The exceptions of every session of the conference that has any, by its code. One query."""
    found: dict[str, dict[str, bool]] = {}
    for row in await Expected.select(
        Expected.kind, Expected.is_waived, Expected.session._.code.as_alias("code")
    ).where(Expected.session._.conference == conference_id):
        found.setdefault(row["code"], {})[row["kind"]] = not row["is_waived"]
    return found
