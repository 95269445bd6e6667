"""Whom a release concerns among those who registered: a value the composition root provides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Affected:
    """How many people hold what a release moves. Each person counts once: ``seats`` hold a seat and get a calendar
    update by mail, ``agendas`` are the others who have it on their agenda, whose private calendar follows by itself.

    ``zones`` says how many of both are where: (zone, people), the most first.
    """

    seats: int = 0
    agendas: int = 0
    zones: tuple[tuple[str, int], ...] = ()

    @property
    def people(self) -> int:
        """All of them."""
        return self.seats + self.agendas


FindAffected = Callable[[int, Collection[int]], Awaitable[Affected]]
"""Who is affected when slots (row ids) of a conference (row id) get another time or are cancelled.

The composition root provides it as the dependency ``affected_by``.
"""
