"""The form of a schedule's rules."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from conference.forms import FilledForm, Typed, whole_number
from conference.i18n import _, current_language, ngettext
from conference.timezones import countries
from sessions.schedule.conflict_kinds import DEFAULT_LEVELS, ConflictKind, Level
from sessions.schedule.limits import WHOLE_DAY, RuleFacts

MOST_PLACES = 60
"""Rows for the expected audience."""

LONGEST_MINUTES = 240
"""Of a gap, and of a day's edge."""

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::00)?", re.ASCII)


@dataclass
class RulesForm(FilledForm):
    """The form of a schedule's rules; ``facts`` are there when nothing is wrong."""

    facts: RuleFacts | None = None

    @property
    def revision(self) -> int:
        """The revision the form was made from; −1 when it names none, which is older than any."""
        found = whole_number(self.value("revision"))
        return -1 if found is None else found

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What was typed, to be sent once more by a page that asks about it."""
        return [
            (name, value)
            for name, value in self.values.items()
            if value and name not in ("_csrf_token", "revision", "do")
        ]

    @property
    def audience_rows(self) -> list[int]:
        """Numbers of the rows for countries."""
        return self.rows("audience_country", "audience_share", most=MOST_PLACES)

    def level(self, kind: ConflictKind) -> str:
        """The level chosen for the rule."""
        return self.value(f"level_{kind}") or DEFAULT_LEVELS[kind].value

    @classmethod
    def of(cls, facts: RuleFacts, revision: int) -> RulesForm:
        """The form as it stands."""
        values = {
            "day_starts": _clock(facts.day_starts),
            "day_ends": _clock(facts.day_ends),
            "speaker_earliest": _clock(facts.speaker_earliest),
            "speaker_latest": _clock(facts.speaker_latest),
            "bearable_from": _clock(facts.bearable_from),
            "bearable_until": _clock(facts.bearable_until),
            "edge_minutes": str(facts.edge_minutes),
            "gap_minutes": str(facts.gap_minutes),
            "revision": str(revision),
            **{f"level_{kind}": facts.level(kind).value for kind in ConflictKind},
        }
        by_share = sorted(facts.expected_audience.items(), key=lambda pair: (-pair[1], pair[0]))
        for number, (place, share) in enumerate(by_share):
            values[f"audience_country_{number}"] = place
            values[f"audience_share_{number}"] = str(share)
        return cls(values)

    @classmethod
    def from_post(cls, values: Mapping[str, str], before: RuleFacts) -> RulesForm:
        """Read what was typed. ``before`` are the facts that stand."""
        typed = Typed(values)
        levels = {kind: typed.choice(f"level_{kind}", set(Level)) for kind in ConflictKind}
        day_starts, day_ends = _minutes(typed, "day_starts"), _minutes(typed, "day_ends", is_end=True)
        known = {code for code, _name in countries(current_language())} | set(before.expected_audience)
        facts = RuleFacts(
            levels={
                kind: Level(level)
                for kind, level in levels.items()
                if level and level != DEFAULT_LEVELS[kind]
            },
            day_starts=day_starts,
            # A day that ends before it begins ends on the next.
            day_ends=day_ends if day_ends > day_starts else day_ends + WHOLE_DAY,
            speaker_earliest=_minutes(typed, "speaker_earliest"),
            speaker_latest=_minutes(typed, "speaker_latest", is_end=True),
            bearable_from=_minutes(typed, "bearable_from"),
            bearable_until=_minutes(typed, "bearable_until", is_end=True),
            edge_minutes=typed.whole_number("edge_minutes", required=True, most=LONGEST_MINUTES) or 0,
            gap_minutes=typed.whole_number("gap_minutes", required=True, most=LONGEST_MINUTES) or 0,
            expected_audience=_audience(typed, known),
        )
        return cls(dict(typed.values), errors=typed.errors, facts=None if typed.errors else facts)


def _clock(minutes: int) -> str:
    """Minutes of the day as a field of type time takes them; midnight at the end of a day is 00:00."""
    hours, rest = divmod(minutes % WHOLE_DAY, 60)
    return f"{hours:02}:{rest:02}"


def _minutes(typed: Typed, name: str, *, is_end: bool = False) -> int:
    """Minutes of the day; 00:00 ends a day at its end, not at its beginning."""
    found = _CLOCK.fullmatch(typed.raw(name))
    if found is None:
        typed.errors[name] = _("Please give a time, such as 09:00.")
        return 0
    minutes = int(found[1]) * 60 + int(found[2])
    return WHOLE_DAY if is_end and not minutes else minutes


def _audience(typed: Typed, known: Collection[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for number in range(MOST_PLACES):
        place_field, share_field = f"audience_country_{number}", f"audience_share_{number}"
        place, share = typed.raw(place_field), typed.raw(share_field)
        if not place and not share:
            continue
        if not place:
            typed.errors[place_field] = _("Please choose the country of this share.")
        elif place not in known:
            typed.errors[place_field] = _("Please choose one of the options.")
        elif place in found:
            typed.errors[place_field] = _("This country stands in the list already.")
        elif (parts := typed.whole_number(share_field, required=True, least=1)) is not None:
            found[place] = parts
    return found


def rule_words(kind: ConflictKind) -> str:
    """What breaks the rule, in a sentence."""
    return {
        ConflictKind.ROOM: _("Two sessions are in one room at once."),
        ConflictKind.CHAIR: _("Someone who chairs a session is needed in another at the same time."),
        ConflictKind.INTERPRETER: _("An interpreter is needed in two sessions at once."),
        ConflictKind.SPEAKER: _("A speaker is in two sessions at once."),
        ConflictKind.ROOM_CLOSED: _("A session is in a room outside the hours it is open."),
        ConflictKind.BLOCKER: _("A session stands where a blocker keeps the room free."),
        ConflictKind.UNAVAILABLE: _("A speaker has said that the time does not suit them."),
        ConflictKind.OUTSIDE_DAY: _("A session is outside the conference’s day."),
        ConflictKind.CAPACITY: _("A session has more seats than its room holds."),
        ConflictKind.ANTISOCIAL: _("It is an antisocial hour where a speaker is."),
        ConflictKind.GAP: _("A speaker has too little time to get from one room to another."),
        ConflictKind.TRACK: _("Two sessions of one track are on at once."),
        ConflictKind.IF_NEEDED: _("A speaker has said that the time suits them only if needed."),
    }[kind]


def level_choices() -> list[tuple[str, str]]:
    """What may follow when a rule is broken, as choices of a form."""
    return [
        (Level.BLOCK.value, _("Refuse the placing")),
        (Level.BLOCK_RELEASE.value, _("Block the release")),
        (Level.WARN.value, _("Warn")),
        (Level.IGNORE.value, _("Ignore")),
    ]


def field_labels(form: RulesForm) -> dict[str, str]:
    """What each field of limits and of the audience is called, for the list of what needs attention."""
    labels = {
        "day_starts": _("The day begins"),
        "day_ends": _("The day ends"),
        "speaker_earliest": _("Nobody speaks before"),
        "speaker_latest": _("Nobody speaks after"),
        "bearable_from": _("Their day begins"),
        "bearable_until": _("Their day ends"),
        "edge_minutes": _("Minutes of early and late"),
        "gap_minutes": _("Minutes between two rooms"),
    }
    for number in form.audience_rows:
        row = {"number": number + 1}
        labels[f"audience_country_{number}"] = _("Country %(number)s") % row
        labels[f"audience_share_{number}"] = _("Share of country %(number)s") % row
    return labels


def facts_in_words(facts: RuleFacts, country_names: Mapping[str, str]) -> dict[str, str]:
    """The rules in words by label, so that two versions can be shown side by side."""
    names = dict(level_choices())
    minutes = {
        name: ngettext("%(count)d minute", "%(count)d minutes", count) % {"count": count}
        for name, count in (("edge", facts.edge_minutes), ("gap", facts.gap_minutes))
    }
    return {
        **{rule_words(kind): names[facts.level(kind)] for kind in ConflictKind},
        _("The conference’s day"): _span(facts.day_starts, facts.day_ends),
        _("Speakers’ hours"): _span(facts.speaker_earliest, facts.speaker_latest),
        _("Attendees’ hours"): _span(facts.bearable_from, facts.bearable_until),
        _("Early and late"): minutes["edge"],
        _("Between two rooms"): minutes["gap"],
        _("Expected audience"): "\n".join(
            f"{country_names.get(place, place)}: {share}"
            for place, share in sorted(facts.expected_audience.items(), key=lambda pair: (-pair[1], pair[0]))
        ),
    }


def _span(start: int, end: int) -> str:
    return f"{_clock(start)}–{_clock(end)}"
