"""What organisers type about that which sessions are to leave behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conference.forms import Typed
from conference.i18n import _, ngettext
from sessions.desk_words import kind_names
from sessions.forms import DeskForm, local_values, read_local
from sessions.packs.collecting.expectations import SUGGESTED, RulesFacts
from sessions.packs.collecting.owed import EXPECTED_KINDS, OWING_KINDS
from sessions.packs.licences import LICENCES
from sessions.packs.resource_words import access_name, kind_name
from sessions.packs.tables import PackAccess

MOST_DAYS = 365


@dataclass
class RulesForm(DeskForm):
    """What is expected, as typed: a box ``x_<kind of session>_<kind of resource>`` for each. ``is_first``: nothing was ever
    said, and what is ticked is a suggestion."""

    facts: RulesFacts | None = None
    is_first: bool = False

    @classmethod
    def of(cls, facts: RulesFacts, revision: int, languages: Sequence[str]) -> RulesForm:
        """What is expected now; at ``revision`` 0 what is suggested."""
        expects = facts.expects if revision else SUGGESTED
        return cls(
            {
                "revision": str(revision),
                "due_days": str(facts.due_days),
                "licence": facts.licence,
                "access": facts.access.value,
                **local_values("note", facts.note),
                **{f"x_{kind}_{what}": "yes" for kind, whats in expects.items() for what in whats},
            },
            tuple(languages),
            is_first=not revision,
        )

    @classmethod
    def from_post(cls, values: Mapping[str, str], before: RulesFacts, languages: Sequence[str]) -> RulesForm:
        """What was posted."""
        typed = Typed(values)
        days = typed.whole_number("due_days", least=0, most=MOST_DAYS)
        licence = typed.choice("licence", list(LICENCES), required=False)
        access = typed.choice("access", [one.value for one in PackAccess])
        note = read_local(typed, "note", languages, before.note, most=2000, lines=True)
        expects = {
            kind: tuple(what for what in EXPECTED_KINDS if typed.ticked(f"x_{kind}_{what}"))
            for kind in OWING_KINDS
        }
        form = cls(dict(typed.values), tuple(languages), typed.errors)
        if not form.errors and days is not None:
            said = {kind: whats for kind, whats in expects.items() if whats}
            form.facts = RulesFacts(said, days, licence, PackAccess(access), note)
        return form


def expected_options() -> list[tuple[str, str]]:
    """(kind of resource, name) of what can be expected."""
    return [(kind, kind_name(kind)) for kind in EXPECTED_KINDS]


def session_kinds() -> list[tuple[str, str]]:
    """(kind of session, name) of what leaves anything behind."""
    names = kind_names()
    return [(kind, names[kind]) for kind in OWING_KINDS]


def rules_in_words(facts: RulesFacts) -> dict[str, str]:
    """The rules in words, by label."""
    licence = LICENCES.get(facts.licence)
    expected = {
        name: ", ".join(kind_name(what) for what in facts.expects.get(kind, ()))
        for kind, name in session_kinds()
    }
    days = ngettext("one day", "%(count)s days", facts.due_days) % {"count": facts.due_days}
    return expected | {
        _("Time after the session"): days,
        _("Licence offered first"): _(licence.name) if licence else "",
        _("Open to"): access_name(facts.access),
        _("What speakers read beside the upload"): "\n".join(facts.note[code] for code in sorted(facts.note)),
    }
