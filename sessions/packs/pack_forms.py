"""What organisers type about packs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from conference import texts
from conference.forms import Typed
from conference.i18n import _
from conference.texts import LocalText
from conference.timezones import LocalTimeError, to_utc, wall_time
from sessions.forms import DeskForm, local_values, read_local
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
    def from_row(cls, pack: ResourcePack, session: str, languages: Sequence[str], zone: str) -> PackForm:
        """The pack as it stands; ``session`` is its session's code, ``zone`` the conference's, on whose clock dates are."""
        dated = {
            "out_from": pack.published_at,
            "embargo_until": pack.embargo_until,
            "expires_at": pack.expires_at,
        }
        wall = {
            name: wall_time(moment, zone).strftime("%Y-%m-%dT%H:%M")
            for name, moment in dated.items()
            if moment
        }
        return cls(
            {
                "session": session,
                "access": pack.access,
                "revision": str(pack.revision),
                **local_values("title", texts.decode(pack.title)),
                **local_values("note", texts.decode(pack.note)),
                **wall,
            },
            tuple(languages),
        )

    @classmethod
    def from_post(
        cls, values: Mapping[str, str], languages: Sequence[str], sessions: Mapping[str, int], zone: str
    ) -> PackForm:
        """What was posted; ``sessions`` maps the codes of sessions that may be chosen to their row ids. Dates are on the clock
        of ``zone``."""
        typed = Typed(values)
        title = typed.local_text("title", languages, required=True, most=200)
        note = typed.local_text("note", languages, most=5000, lines=True)
        access = typed.choice("access", [item.value for item in PackAccess])
        session = typed.choice("session", list(sessions), required=False)
        out_from, embargo, expires = (
            _instant(typed, name, zone) for name in ("out_from", "embargo_until", "expires_at")
        )
        if expires and any(earlier and earlier >= expires for earlier in (out_from, embargo)):
            typed.errors["expires_at"] = _("This is before people can open it.")
        form = cls(typed.values, tuple(languages), typed.errors)
        if not form.errors:
            belongs = sessions[session] if session else None
            form.facts = PackFacts(title, note, PackAccess(access), belongs, out_from, embargo, expires)
        return form


@dataclass
class NoteForm(DeskForm):
    """What a pack says of one thing in it, as typed; ``seen`` is what it said when the form was made."""

    note: LocalText | None = None
    seen: LocalText = field(default_factory=dict)

    @classmethod
    def of(cls, note: LocalText, languages: Sequence[str]) -> NoteForm:
        """The note as it stands."""
        return cls({"seen": texts.encode(note), **local_values("note", note)}, tuple(languages), seen=note)

    @classmethod
    def from_post(cls, values: Mapping[str, str], languages: Sequence[str]) -> NoteForm:
        """What was posted."""
        typed = Typed(values)
        seen = _text_of(typed.raw("seen"))
        note = read_local(typed, "note", languages, seen, most=1000, lines=True)
        form = cls(dict(typed.values), tuple(languages), typed.errors, seen=seen)
        if not form.errors:
            form.note = note
        return form


def _text_of(told: str) -> LocalText:
    """A text per language as a hidden field carries it; one that cannot be read is none."""
    try:
        found = json.loads(told or "{}")
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(code): text for code, text in found.items() if isinstance(text, str)}


def _instant(typed: Typed, name: str, zone: str) -> datetime | None:
    """The instant of a wall-clock time; of an hour that the clocks repeat, the first."""
    wall = typed.wall_clock(name, required=False)
    if wall is None:
        return None
    try:
        return to_utc(wall, zone, fold=0)
    except LocalTimeError as error:
        typed.errors[name] = str(error)
        return None
