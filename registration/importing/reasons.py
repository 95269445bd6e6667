"""Why a row was refused, or what of it was left out: kept as a code with its facts, told in the reader's language."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from conference import dates, i18n, timezones
from conference.i18n import _, lazy

_WORDS = {
    # the row is refused
    "no-email": lazy("There is no e-mail address."),
    "bad-email": lazy("“%(value)s” is no e-mail address that mail can be sent to."),
    "no-name": lazy("There is no name."),
    "double": lazy("The same address stands in line %(line)s."),
    "no-country": lazy("There is no country."),
    "bad-country": lazy("“%(value)s” is no country we know."),
    "bad-category": lazy("“%(value)s” is none of the categories."),
    "withdrew": lazy("This person registered once and withdrew. Only they can register again."),
    "failed": lazy("Something went wrong here. Please try this row again."),
    # the person is registered already
    "known": lazy("Registered already; left as it is."),
    "known-pending": lazy("Registered already, and has not confirmed yet; left as it is."),
    "known-refused": lazy("The organisers refused this person before; left as it is."),
    # the person is added, but for this
    "zone-guessed": lazy("No time zone is given, and %(country)s has several: that of %(zone)s is taken."),
    "bad-zone": lazy("“%(value)s” is no time zone we know: that of %(zone)s is taken."),
    "bad-language": lazy("“%(value)s” is no language of this conference; %(language)s is taken."),
    "bad-answer": lazy("“%(value)s” is no answer to “%(question)s”; it is left out."),
    "not-asked": lazy("“%(question)s” is not asked of this person; the answer is left out."),
    "too-long": lazy("“%(value)s…” is too long and was cut."),
    "bad-seat": lazy("“%(value)s” is no session with seats; no seat is taken."),
    "which-seat": lazy(
        "“%(value)s” takes place several times; say which by its time or code. No seat is taken."
    ),
    "seat-over": lazy("“%(value)s” has begun or does not take place; no seat is taken."),
    "seat-clash": lazy("“%(value)s” is at the same time as “%(other)s”; no seat is taken in it."),
    "seat-full": lazy("“%(value)s” is full; the person is on its waiting list."),
    "seat-gone": lazy("“%(value)s” is full and begins soon; no seat is taken."),
    "in-line": lazy("All places are taken; the person is on the waiting list."),
}


@dataclass(frozen=True)
class Reason:
    """One of the codes above with what its sentence names."""

    code: str
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The sentence, in the language in force."""
        shown = dict(self.facts)
        language = i18n.current_language()
        if "language" in shown:
            shown["language"] = i18n.language_name(shown["language"], language)
        if "zone" in shown:
            shown["zone"] = dates.city_name(shown["zone"], language)
        if "country" in shown:
            shown["country"] = dict(timezones.countries(language)).get(shown["country"], shown["country"])
        return _(_WORDS[self.code]) % shown


def encode(reasons: Sequence[Reason]) -> str:
    """As ``ImportedRow.reasons`` holds them."""
    return json.dumps([[one.code, dict(one.facts)] for one in reasons], ensure_ascii=False)


def decode(column: str) -> list[Reason]:
    """What ``encode`` wrote."""
    return [Reason(code, facts) for code, facts in json.loads(column or "[]")]
