"""The privacy notice of a conference that has not written its own: what Meridian does with people's data, in short."""

from __future__ import annotations

import re

from conference.conferences import ConferenceFacts
from conference.i18n import _


def _literal(text: str) -> str:
    """A person's words inside Markdown, meaning nothing but themselves."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~-])", r"\\\1", text)


def default_notice(facts: ConferenceFacts) -> str:
    """Markdown in the language in force, naming the organiser and the contact where they are known.

    It tells only what the software does by itself, so it stays true whoever runs the conference.
    """
    who = _literal(facts.organiser_name) or _("the organisers of this conference")
    contact = _literal(facts.contact_email)
    ask = (
        _("Write to %(contact)s to see, correct or delete what is held about you, or to complain.")
        % {"contact": f"[{contact}](<mailto:{facts.contact_email}>)"}
        if contact
        else _("Ask the organisers to see, correct or delete what is held about you, or to complain.")
    )
    kept = [
        _(
            "**If you only read the pages:** nothing about you. The time zone and language you choose are kept in "
            "your own browser."
        ),
        _(
            "**If you register:** your name, e-mail address, country, time zone, language and your answers, to give "
            "you your seats, your calendar and the mails that belong to them."
        ),
        _(
            "**If you tick a consent:** its exact words and when you gave it. You can take it back on your own page."
        ),
        _(
            "**If you go into a session:** for a day, a mark that tells the door that somebody is in already and names "
            "nobody; after that a number. When you came is noted only if you agreed to it, for your certificate."
        ),
        _("**If you ask for help at a door:** your name, address and words, for 30 days."),
        _(
            "**If you speak:** what stands on the programme is public; your address and the team’s notes are not."
        ),
    ]
    parts = [
        _("%(organiser)s runs this conference and is responsible for your data.") % {"organiser": who},
        "## " + _("What is kept, and why"),
        "\n".join(f"- {line}" for line in kept),
        "## " + _("Who sees it"),
        _(
            "The conference’s team, and nobody else: there is no advertising, no tracking and no list of attendees. "
            "To enter a session you are led to the meeting service that the team has chosen, which has a notice of "
            "its own."
        ),
        "## " + _("How to stop"),
        _("The link in each mail opens your own page, where you can change your details or withdraw."),
        ask,
    ]
    return "\n\n".join(parts)
