"""The form in which the team writes to speakers: to whom, and what, in each language of the conference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from conference.forms import FilledForm, Typed
from conference.i18n import _
from conference.mail import one_line
from sessions.speakers.audience import Filter, read_filter
from sessions.speakers.message_contents import MessageFacts
from sessions.speakers.placeholders import BLOCKS, unknown_placeholders, uses

MOST_CHOSEN = 2000
_KEPT = ("q", "state", "role", "session", "track", "kind", "missing", "language", "country")


@dataclass
class MessageForm(FilledForm):
    """What was typed; ``facts`` are there when nothing is wrong. ``wanted`` says to whom."""

    wanted: Filter = field(default_factory=Filter)
    facts: MessageFacts | None = None

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What was typed, to be sent once more by the page that shows it."""
        texts = [
            (f"{name}_{code}", self.value(f"{name}_{code}"))
            for code in self.languages
            for name in ("subject", "body")
        ]
        own = [*self.wanted.query.items(), *([("chosen", "yes")] if self.wanted.codes else [])]
        return [
            *((name, value) for name, value in texts if value),
            *own,
            *(("speaker", code) for code in self.wanted.codes),
        ]

    @classmethod
    def blank(cls, wanted: Filter, languages: tuple[str, ...]) -> MessageForm:
        """An empty mail to those the filter means."""
        return cls({name: getattr(wanted, name) for name in _KEPT}, languages, {}, wanted)

    @classmethod
    def from_post(
        cls, values: Mapping[str, str], codes: Sequence[str], languages: tuple[str, ...]
    ) -> MessageForm:
        """Read what was typed. A language is written in whole, subject and text, or not at all."""
        typed = Typed(values)
        # Every box unticked means nobody, and not everybody.
        wanted = read_filter(values, list(codes)[:MOST_CHOSEN] or ([""] if values.get("chosen") else []))
        typed_subject = typed.local_text("subject", languages, most=200)
        # What a mail's header may not hold (marks that reverse what is shown) is no subject.
        subject = {code: line for code, text in typed_subject.items() if (line := one_line(text))}
        body = typed.local_text("body", languages, most=10_000, lines=True)
        for code in languages:
            for name, text, other in (("subject", subject, body), ("body", body, subject)):
                field = f"{name}_{code}"
                if field in typed.errors:
                    continue
                if code in other and code not in text:
                    typed.errors[field] = _("Please fill this in as well, or leave this language out.")
                elif unknown := unknown_placeholders(text.get(code, "")):
                    typed.errors[field] = _(
                        "%(placeholder)s is no placeholder. There are {name}, {conference}, {sessions} and {link}."
                    ) % {"placeholder": unknown[0]}
            if any(uses(subject.get(code, ""), name) for name in BLOCKS):
                typed.errors[f"subject_{code}"] = _(
                    "{sessions} and {link} belong into the text, not the subject."
                )
        if not typed.errors and not body:
            typed.errors[f"subject_{languages[0]}"] = _("Please fill this in.")
            typed.errors[f"body_{languages[0]}"] = _("Please fill this in.")
        facts = None if typed.errors else MessageFacts(subject, body)
        return cls(dict(typed.values), languages, typed.errors, wanted, facts)
