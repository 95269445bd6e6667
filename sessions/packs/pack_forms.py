"""What organisers type about packs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conference import texts
from conference.forms import Typed
from conference.texts import LocalText
from sessions.forms import DeskForm, local_values
from sessions.packs.resource_facts import PackFacts
from sessions.packs.tables import PackAccess, ResourcePack


@dataclass
class PackForm(DeskForm):
    """A pack as typed. ``facts`` is None while anything is wrong; ``values`` goes back into the form."""

    facts: PackFacts | None = None

    @classmethod
    def blank(cls, languages: Sequence[str], session: str = "", title: LocalText | None = None) -> PackForm:
        """A new pack, perhaps for a session (its code) whose title it takes."""
        values = {"session": session, "access": PackAccess.PUBLIC.value, **local_values("title", title or {})}
        return cls(values, tuple(languages))

    @classmethod
    def from_row(cls, pack: ResourcePack, session: str, languages: Sequence[str]) -> PackForm:
        """The pack as it stands; ``session`` is its session's code."""
        return cls(
            {
                "session": session,
                "access": pack.access,
                "revision": str(pack.revision),
                **local_values("title", texts.decode(pack.title)),
                **local_values("note", texts.decode(pack.note)),
            },
            tuple(languages),
        )

    @classmethod
    def from_post(
        cls, values: Mapping[str, str], languages: Sequence[str], sessions: Mapping[str, int]
    ) -> PackForm:
        """What was posted; ``sessions`` maps the codes of sessions that may be chosen to their row ids."""
        typed = Typed(values)
        title = typed.local_text("title", languages, required=True, most=200)
        note = typed.local_text("note", languages, most=5000, lines=True)
        access = typed.choice("access", [item.value for item in PackAccess])
        session = typed.choice("session", list(sessions), required=False)
        form = cls(typed.values, tuple(languages), typed.errors)
        if not form.errors:
            form.facts = PackFacts(title, note, PackAccess(access), sessions[session] if session else None)
        return form
