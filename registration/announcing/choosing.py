"""Pure: when packs that came out are told of, and whom each of them concerns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from conference.texts import LocalText
from conference.viewer import Attending, Viewer
from sessions.packs.showing import may_open

SETTLE = timedelta(minutes=10)
"""Packs rarely come out alone: nobody is written to before so long nothing more came out."""
MOST_WAIT = timedelta(hours=1)
"""So long at most the first of them waits for the others."""


@dataclass(frozen=True)
class OutPack:
    """A pack that is out and can be opened. ``session`` is the row id of its session, None: it is the whole conference's;
    ``out_at`` since when it can be opened; ``kinds`` those of its resources, each once."""

    code: str
    title: LocalText
    access: str
    session: int | None
    out_at: datetime
    expires_at: datetime | None = None
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reader:
    """Somebody registered. ``sessions`` are the row ids of those they have a seat in, starred, or were in."""

    sessions: frozenset[int] = frozenset()
    was_there: bool = False


def is_time(packs: Collection[OutPack], now: datetime) -> bool:
    """Whether the packs that came out may be told of now, or whether more may follow in a moment."""
    if not packs:
        return False
    moments = [pack.out_at for pack in packs]
    return now - max(moments) >= SETTLE or now - min(moments) >= MOST_WAIT


def concerning(packs: Iterable[OutPack], reader: Reader, conference_id: int) -> Sequence[OutPack]:
    """The packs that the reader cares about and may open: those of their sessions, and those of the whole conference."""
    attending = Attending("", "", "", was_there=reader.was_there)
    viewer = Viewer(attending={conference_id: attending})
    return [
        pack
        for pack in packs
        if (pack.session is None or pack.session in reader.sessions)
        and may_open(pack.access, viewer, conference_id)
    ]
