"""The files of one form as it was sent: newly chosen, kept from an earlier try, there already, taken away. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class KeptFile:
    """A file that was sent and may become an answer. ``reference`` names it in a form sent again; ``size`` in octets."""

    reference: str
    key: str
    name: str
    media_type: str
    size: int


@dataclass(frozen=True)
class StandingFile:
    """A file that answers a question already. ``size`` in octets."""

    key: str
    name: str
    media_type: str
    size: int


@dataclass(frozen=True)
class FormFiles:
    """What a form says of files, by the question's row id. ``errors`` says why a file was not taken."""

    sent: Mapping[int, KeptFile] = field(default_factory=dict)
    standing: Mapping[int, StandingFile] = field(default_factory=dict)
    removed: frozenset[int] = frozenset()
    errors: Mapping[int, str] = field(default_factory=dict)

    def name_for(self, question: int) -> str:
        """The file that would answer the question, "" for none."""
        if question in self.sent:
            return self.sent[question].name
        return self.standing[question].name if self.stands(question) else ""

    def stands(self, question: int) -> bool:
        """Whether the answer there is stays as it is."""
        return question in self.standing and question not in self.sent and question not in self.removed


NO_FILES = FormFiles()
