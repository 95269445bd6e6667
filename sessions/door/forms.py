"""Forms at the door: calling the team, and what the team says of its doors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from conference import i18n
from conference.codes import new_code
from conference.forms import Typed
from conference.i18n import _
from sessions.door.calls import Call
from sessions.door.facts import MOST_EARLY_MINUTES, DoorFacts
from sessions.door.tables import DoorTrouble
from sessions.forms import DeskForm, local_values, note_vendor, read_local

LONGEST_TEXT = 2000


def trouble_names() -> dict[str, str]:
    """What keeps people out, as they say it, in the language in force."""
    return {
        DoorTrouble.LINK.value: _("The link does not let me in"),
        DoorTrouble.ROOM.value: _("The meeting service asks for something, or does not start"),
        DoorTrouble.SOUND.value: _("I am in, but hear or see nothing"),
        DoorTrouble.ACCESS.value: _("I need captions, an interpreter, or help with a screen reader"),
        DoorTrouble.OTHER.value: _("Something else"),
    }


@dataclass
class CallForm:
    """What somebody before the door typed; ``call`` is there when nothing is wrong."""

    values: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    call: Call | None = None

    @classmethod
    def blank(cls, name: str) -> CallForm:
        """The form as it opens, with a code of its own."""
        return cls({"code": new_code(12), "name": name})

    @classmethod
    def from_post(cls, values: Mapping[str, str], zone: str) -> CallForm:
        """Read what was typed by somebody on the clock of ``zone``."""
        typed = Typed(values)
        code = typed.line("code", most=12)
        if len(code) != 12 or not (code.isascii() and code.isalnum()):
            code = new_code(12)
        call = Call(
            code=code,
            name=typed.line("name", required=True),
            email=typed.email("email"),
            trouble=DoorTrouble(typed.choice("trouble", list(DoorTrouble)) or DoorTrouble.OTHER),
            text=typed.text("text", most=LONGEST_TEXT),
            language=i18n.current_language(),
            zone=zone,
        )
        kept = {**typed.values, "code": code}
        return cls(kept, typed.errors, None if typed.errors else call)


@dataclass
class DoorForm(DeskForm):
    """What the team says of its doors; ``facts`` are there when nothing is wrong."""

    facts: DoorFacts | None = None

    @classmethod
    def of(cls, facts: DoorFacts, languages: tuple[str, ...], revision: int) -> DoorForm:
        """The form as it stands."""
        values = {
            **local_values("getting_in", facts.getting_in),
            "stage_early_minutes": str(facts.stage_early_minutes),
            "help_email": facts.help_email,
            "revision": str(revision),
        }
        return cls(values, languages)

    @classmethod
    def from_post(
        cls,
        values: Mapping[str, str],
        languages: tuple[str, ...],
        before: DoorFacts,
        vendors: Iterable[str],
    ) -> DoorForm:
        """Read what was typed. ``vendors`` are hosts that may stand in no text."""
        typed = Typed(values)
        facts = DoorFacts(
            typed.whole_number("stage_early_minutes", required=True, least=0, most=MOST_EARLY_MINUTES) or 0,
            read_local(typed, "getting_in", languages, before.getting_in, most=5000, lines=True),
            typed.email("help_email", required=False),
        )
        note_vendor(typed, "getting_in", facts.getting_in, vendors)
        return cls(dict(typed.values), languages, typed.errors, None if typed.errors else facts)
