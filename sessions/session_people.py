"""Who appears in a session, and in which part of it, as rows: those who stay keep their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conference import texts
from conference.texts import LocalText
from sessions.tables import Appearance, AppearanceRole, SessionPart


@dataclass(frozen=True)
class AppearanceFacts:
    """A speaker (row id) in a session. ``part`` is an index into the session's parts, None = the whole of it."""

    speaker: int
    role: str = AppearanceRole.PRESENTER.value
    part: int | None = None


async def write_people(
    session_id: int, titles: Sequence[LocalText], appearances: Sequence[AppearanceFacts]
) -> None:
    """Write a session's parts and appearances, inside the transaction of its change. A speaker who stays keeps their row, and with it what they answered and when;
    also when only the role is another: they said yes to the session."""
    parts = await _part_rows(session_id, titles)
    rows = await Appearance.select(Appearance.id, Appearance.speaker, Appearance.role).where(
        Appearance.session == session_id
    )
    kept = _kept_rows({(row["speaker"], row["role"]): row["id"] for row in rows}, appearances)
    if gone := sorted({row["id"] for row in rows} - set(kept.values())):
        await Appearance.delete().where(Appearance.id.is_in(gone))
    new = []
    for position, told in enumerate(appearances):
        part = None if told.part is None else parts[told.part]
        if (row_id := kept.get(position)) is None:
            new.append(
                Appearance(
                    session=session_id, speaker=told.speaker, role=told.role, part=part, position=position
                )
            )
            continue
        changes: dict[Any, Any] = {"role": told.role, "part": part, "position": position}
        await Appearance.update(changes).where(Appearance.id == row_id)
    if new:
        await Appearance.insert(*new)


async def _part_rows(session_id: int, titles: Sequence[LocalText]) -> list[int]:
    """Row ids of the session's parts, which now have these titles in this order."""
    rows = (
        await SessionPart.select(SessionPart.id)
        .where(SessionPart.session == session_id)
        .order_by(SessionPart.position)
        .order_by(SessionPart.id)
    )
    ids = [row["id"] for row in rows]
    for row_id in ids[len(titles) :]:
        await SessionPart.delete().where(SessionPart.id == row_id)
    for position, title in enumerate(titles):
        if position < len(ids):
            changes: dict[Any, Any] = {"title": texts.encode(title), "position": position}
            await SessionPart.update(changes).where(SessionPart.id == ids[position])
        else:
            part = SessionPart(session=session_id, title=texts.encode(title), position=position)
            await part.save()
            ids.append(part.id)
    return ids[: len(titles)]


def _kept_rows(held: Mapping[tuple[int, str], int], wanted: Sequence[AppearanceFacts]) -> dict[int, int]:
    """Which row (by speaker and role) goes on for which appearance (by its place): the same role first."""
    kept = {
        place: held[told.speaker, told.role]
        for place, told in enumerate(wanted)
        if (told.speaker, told.role) in held
    }
    free = {pair: row for pair, row in held.items() if row not in kept.values()}
    for place, told in enumerate(wanted):
        if place not in kept:
            pair = next((pair for pair in free if pair[0] == told.speaker), None)
            if pair is not None:
                kept[place] = free.pop(pair)
    return kept
