"""The audience as the editor's script weighs times with it: people whose clocks agree all day, counted together. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from conference.audience import Audience
from sessions.schedule.editor_day import Differences, differences


@dataclass(frozen=True)
class NightGroup:
    """People whose clocks agree on a day. ``zones`` are theirs, most people first; ``steps`` says by how many minutes
    they are ahead of the conference's clock from which minute of its day on."""

    share: float
    zones: tuple[str, ...]
    steps: Differences


def night_groups(audience: Audience, day: date, conference_zone: str) -> list[NightGroup]:
    """The audience of a day of the conference's calendar, the largest group first; shares (0 to 1) are a whole."""
    if not (size := audience.size):
        return []
    zones = sorted(audience.zones, key=lambda zone: (-audience.zones[zone], zone))
    together: dict[Differences, list[str]] = {}
    for zone, steps in differences(zones, day, conference_zone).items():
        together.setdefault(steps, []).append(zone)
    groups = [
        NightGroup(sum(audience.zones[zone] for zone in members) / size, tuple(members), steps)
        for steps, members in together.items()
    ]
    return sorted(groups, key=lambda group: (-group.share, group.zones))
