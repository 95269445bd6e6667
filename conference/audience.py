"""Who comes, as far as the programme needs to know: a value the composition root provides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from conference import timezones


@dataclass(frozen=True)
class Audience:
    """How many people (or shares of them) are in each zone. ``is_expected``: an estimate, nobody has registered yet."""

    zones: Mapping[str, float] = field(default_factory=dict)
    is_expected: bool = False

    @property
    def size(self) -> float:
        """All of them together."""
        return sum(self.zones.values())


FindAudience = Callable[[int], Awaitable[Audience]]
"""Who has registered for a conference, by its id. The composition root provides it as the dependency ``audience_of``."""


def expected_audience(shares: Mapping[str, float]) -> Audience:
    """The audience that an organiser expects, by country (ISO 3166-1) or IANA zone; unknown places are passed over.

    A country counts where most of its people live.
    """
    zones: dict[str, float] = {}
    for place, share in shares.items():
        zone = timezones.normalise(place) or next(iter(timezones.zones_of_country(place)), None)
        if zone is not None and share > 0:
            zones[zone] = zones.get(zone, 0) + share
    return Audience(zones, is_expected=True)
