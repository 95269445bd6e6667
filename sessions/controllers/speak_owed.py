"""What a speaker is still to give, for the pages behind their link."""

from __future__ import annotations

from conference.conferences import languages_of
from sessions.controllers.speak_own import Own
from sessions.packs.collecting.expectations import RulesFacts, rules_of
from sessions.packs.collecting.owed_words import OwnDebt, own_debts
from sessions.packs.collecting.owing import owing_in


async def debts_of_own(own: Own) -> tuple[RulesFacts, list[OwnDebt]]:
    """What the conference expects, and what the speaker still owes of it."""
    rules, _revision = await rules_of(own.conference.id)
    owing = await owing_in(own.conference, rules, own.now, speaker=own.speaker.id)
    languages = languages_of(own.conference)
    return rules, own_debts(owing, own.speaker.id, zone=own.zone, language=own.language, languages=languages)
