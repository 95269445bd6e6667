"""What a team says of its doors, as plain values. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from conference import texts
from conference.texts import LocalText

STAGE_EARLY_MINUTES = 60
MOST_EARLY_MINUTES = 240


@dataclass(frozen=True)
class DoorFacts:
    """What a team says of its doors. ``getting_in`` is Markdown; ``help_email`` "" means the contact address."""

    stage_early_minutes: int = STAGE_EARLY_MINUTES
    getting_in: LocalText = field(default_factory=dict)
    help_email: str = ""

    def as_columns(self) -> dict[str, Any]:
        """The facts as the columns of ``DoorRules`` hold them."""
        return {
            "stage_early_minutes": self.stage_early_minutes,
            "getting_in": texts.encode(self.getting_in),
            "help_email": self.help_email,
        }


def names_vendor(words: str, hosts: Iterable[str]) -> bool:
    """Whether a text for people names one of these hosts, which stand in no page."""
    return any(host.casefold() in words.casefold() for host in hosts)
