"""The privacy notice of a conference: made of what the site really asks, keeps and does, after the organisers' own words. Pure but for words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from conference import dates, texts
from conference.conferences import ConferenceFacts
from conference.i18n import _, current_language, direction
from conference.texts import LocalText
from registration.queries import Offer
from registration.rights.retention import RetentionKind, due_on, kind_words


@dataclass(frozen=True)
class PrivacyFactsSaid:
    """What only the organisers know. ``revision`` 0: nothing was ever saved."""

    recipients: LocalText = field(default_factory=dict)
    authority: LocalText = field(default_factory=dict)
    authority_url: str = ""
    revision: int = 0


def literal(text: str) -> str:
    """A person's words inside Markdown, meaning nothing but themselves; in an order of their own within a right-to-left text."""
    plain = re.sub(r"([\\`*_{}\[\]<>()#+!|~-])", r"\\\1", " ".join(text.split()))
    # U+2068 FIRST STRONG ISOLATE: the end of an English question stays at its end.
    return f"\u2068{plain}\u2069" if plain and direction(current_language()) == "rtl" else plain


def notice(
    facts: ConferenceFacts,
    offer: Offer,
    periods: Mapping[RetentionKind, int],
    said: PrivacyFactsSaid,
) -> str:
    """Markdown in the language in force, in short sentences: what, why, how long, who sees it, how to stop."""
    parts = [
        _("%(organiser)s runs this conference and is responsible for your data.")
        % {"organiser": literal(facts.organiser_name) or _("the organisers of this conference")},
        *_section(_("What is kept, and why"), _kept()),
        *_section(_("What the form asks"), _asked(offer, facts.languages)),
        *_section(_("Only if you agree"), _purposes(offer, facts.languages)),
        *_section(_("How long"), _how_long(facts, periods)),
        "# " + _("Who sees it"),
        _(
            "The conference’s team, and nobody else: there is no advertising, no tracking and no list of attendees. "
            "To enter a session you are led to the meeting service that the team has chosen, which has a notice of "
            "its own."
        ),
    ]
    if recipients := texts.pick(said.recipients, current_language(), facts.languages):
        parts += ["## " + _("Who works for the team"), recipients]
    parts += _section(_("Your rights"), _rights(facts, said))
    return "\n\n".join(parts)


def _section(title: str, lines: list[str]) -> list[str]:
    return ["# " + title, "\n".join(f"- {line}" for line in lines)] if lines else []


def _kept() -> list[str]:
    return [
        _(
            "**If you only read the pages:** nothing about you. The time zone and language you choose are kept in "
            "your own browser."
        ),
        _(
            "**If you register:** what you give in the form, your seats and agenda, and the mails we send you. We need it "
            "to give you your place: that is the contract between us (GDPR 6(1)(b))."
        ),
        _(
            "**If you go into a session:** for a day, a mark that tells the door that somebody is in already and names "
            "nobody; after that a number. When you came is noted only if you agreed to it, for your certificate."
        ),
        _("**If you ask for help at a door:** your name, address and words, for 30 days."),
        _(
            "**If you speak:** what stands on the programme is public; your address and the team’s notes are not."
        ),
        _("**If you complain:** your words, and your address if you give one, to answer you (GDPR 6(1)(c))."),
        _(
            "**To keep the site safe:** who changed what, and for a day how often a link or a sign-in was tried (GDPR 6(1)(f))."
        ),
    ]


def _asked(offer: Offer, languages: tuple[str, ...]) -> list[str]:
    language = current_language()
    lines = [_("Name, e-mail address, country, time zone and language. Your organisation, if you wish.")]
    for question in offer.questions:
        label = literal(texts.pick(question.label, language, languages))
        lines.append(label if question.is_required else _("%(question)s (if you wish)") % {"question": label})
    return lines


def _purposes(offer: Offer, languages: tuple[str, ...]) -> list[str]:
    language = current_language()
    return [literal(texts.pick(one.wording, language, languages)) for one in offer.purposes]


def _how_long(facts: ConferenceFacts, periods: Mapping[RetentionKind, int]) -> list[str]:
    language, words = current_language(), kind_words()
    lines = [
        _("%(what)s: until %(day)s.")
        % {
            "what": words[kind].title,
            "day": dates.long_day(due_on(facts.ends_on, days), language),
        }
        for kind, days in sorted(periods.items(), key=lambda pair: (pair[1], pair[0]))
    ]
    rest = (
        _("Everything else: until you have it erased.")
        if lines
        else _("Until you have it erased, or the organisers delete it.")
    )
    return [
        *lines,
        rest,
        _("Copies for emergencies: until newer ones replace them."),
        _(
            "After that a count remains, and a scrambled form of your address that nobody can read: it keeps unwanted mail stopped and shows that you had agreed."
        ),
    ]


def _rights(facts: ConferenceFacts, said: PrivacyFactsSaid) -> list[str]:
    home = f"/{facts.slug}"
    lines = [
        _("[See all that is held about you](%(link)s), take it along, or have it erased, at any time.")
        % {"link": f"{home}/me/data/ask"},
        _(
            "Correct it, or take back what you agreed to, [on your own page](%(link)s): one button, as easy as agreeing."
        )
        % {"link": f"{home}/me"},
        _("Stop news with the link at the foot of each."),
        _("[Complain to the organisers](%(link)s): they answer within a month.")
        % {"link": f"{home}/complaints"},
    ]
    if facts.contact_email:
        lines.append(
            _("Write to %(contact)s about anything else, such as objecting.")
            % {"contact": f"[{literal(facts.contact_email)}](<mailto:{facts.contact_email}>)"}
        )
    name = literal(texts.pick(said.authority, current_language(), facts.languages))
    if name and said.authority_url:
        name = f"[{name}](<{said.authority_url}>)"
    lines.append(
        _("Complain to the supervisory authority: %(name)s.") % {"name": name}
        if name
        else _("Complain to the data protection authority of the country you live or work in.")
    )
    return lines
