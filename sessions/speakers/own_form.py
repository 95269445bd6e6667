"""What a speaker says of themself: the form on their own page, and how two versions of it differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from conference import timezones
from conference.i18n import _, current_language, language_name
from sessions.desk_words import Difference, country_name, differences
from sessions.forms import SpeakerForm
from sessions.speakers.records import SpeakerFacts

NOT_THEIRS = ("name", "kind", "email", "internal_notes")
"""What only the team writes. The notes are not even shown."""


@dataclass
class OwnForm(SpeakerForm):
    """The form of a speaker's own page; ``facts`` are there when nothing is wrong."""

    @classmethod
    def of(cls, facts: SpeakerFacts, languages: tuple[str, ...], revision: int) -> OwnForm:
        """The form as it stands, without what is the team's."""
        whole = SpeakerForm.of(facts, languages, revision).values
        return cls({name: value for name, value in whole.items() if name not in NOT_THEIRS}, languages)

    @classmethod
    def from_post(
        cls, values: Mapping[str, str], languages: tuple[str, ...], before: SpeakerFacts | None = None
    ) -> OwnForm:
        """Read what was typed. What is the team's stays as it is in ``before``, whatever was sent under its name."""
        stands = before or SpeakerFacts(name="")
        sent = {name: value for name, value in values.items() if name not in NOT_THEIRS}
        read = SpeakerForm.from_post(sent | {"name": stands.name, "kind": stands.kind}, languages, stands)
        if "zone" in read.errors and timezones.zones_of_country(read.value("country")):
            read.errors["zone"] = _(
                "This country keeps several time zones. Please choose where you will be: they now come first in the list."
            )
        facts = read.facts and replace(read.facts, **{name: getattr(stands, name) for name in NOT_THEIRS})
        kept = {name: value for name, value in read.values.items() if name not in NOT_THEIRS}
        return cls(kept, languages, read.errors, facts)


def own_differences(mine: SpeakerFacts, theirs: SpeakerFacts) -> list[Difference]:
    """Where two versions of what a speaker may write differ, in words."""
    return differences(_words(mine), _words(theirs))


def _words(facts: SpeakerFacts) -> dict[str, str]:
    return {
        _("Pronouns"): facts.pronouns,
        _("Job title"): facts.job_title,
        _("Organisation"): facts.organisation,
        _("Country"): country_name(facts.country),
        _("Time zone"): facts.zone,
        _("Biography"): "\n".join(
            f"[{code}] {text}" if len(facts.biography) > 1 else text for code, text in facts.biography.items()
        ),
        _("Links"): "\n".join(
            f"{link.get('title', '')} {link.get('url', '')}".strip() for link in facts.links
        ),
        "ORCID": facts.orcid,
        _("Language of mails"): language_name(facts.language, current_language()) if facts.language else "",
        _("Access needs"): facts.access_needs,
        _("Technical needs"): facts.technical_needs,
    }
