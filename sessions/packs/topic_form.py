"""The conference's topics as typed: a row for each, empty rows for more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conference.forms import Typed
from conference.texts import LocalText
from sessions.forms import DeskForm
from sessions.packs.topics import TopicLine

MOST_TOPICS = 100
MOST_NAME = 100


@dataclass
class TopicsForm(DeskForm):
    """All topics. ``topics`` are (code, name), with an empty code for a new one and an empty name for one to be removed."""

    topics: list[tuple[str, LocalText]] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The fields of a row, without its number."""
        return tuple(f"name_{code}" for code in self.languages)

    @property
    def topic_rows(self) -> list[int]:
        """Numbers of the rows to show."""
        return self.rows(*self.names, "topic", most=MOST_TOPICS)

    @classmethod
    def of(cls, topics: Sequence[TopicLine], languages: Sequence[str]) -> TopicsForm:
        """The topics as they stand."""
        values = {}
        for number, topic in enumerate(topics):
            values[f"topic_{number}"] = topic.code
            for code, name in topic.name.items():
                values[f"name_{code}_{number}"] = name
        return cls(values, tuple(languages))

    @classmethod
    def from_post(
        cls, values: Mapping[str, str], before: Sequence[TopicLine], languages: Sequence[str]
    ) -> TopicsForm:
        """What was posted. Names in languages that are no longer the conference's are kept."""
        typed = Typed(values)
        known = {topic.code: topic.name for topic in before}
        topics: list[tuple[str, LocalText]] = []
        for number in range(MOST_TOPICS):
            code = typed.raw(f"topic_{number}")
            code = code if code in known else ""
            names = {
                language: name
                for language in languages
                if (name := typed.line(f"name_{language}_{number}", most=MOST_NAME))
            }
            if names:
                others = {tag: text for tag, text in known.get(code, {}).items() if tag not in languages}
                topics.append((code, others | names))
            elif code:
                topics.append((code, {}))
        form = cls(dict(typed.values), tuple(languages), typed.errors)
        if not form.errors:
            form.topics = topics
        return form
