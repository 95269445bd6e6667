"""Reads used by more than one page."""

from __future__ import annotations

from collections import OrderedDict

from conference.tables import Conference
from sessions import snapshot
from sessions.snapshot import ReleasedProgramme
from sessions.tables import Release

_KEPT = 32  # decoded programmes; each is immutable, so one per release serves every request
_programmes: OrderedDict[tuple[int, int], ReleasedProgramme] = OrderedDict()


async def latest_programme(conference: Conference) -> ReleasedProgramme | None:
    """The conference's latest release, None while nothing is published. No query when it is at hand."""
    if not conference.release_number:
        return None
    return await released_programme(conference.id, conference.release_number)


async def released_programme(conference_id: int, number: int) -> ReleasedProgramme | None:
    """The programme of release ``number``, None where there is none."""
    key = (conference_id, number)
    if key in _programmes:
        _programmes.move_to_end(key)
        return _programmes[key]
    row = (
        await Release.select(Release.snapshot)
        .where((Release.conference == conference_id) & (Release.number == number))
        .first()
    )
    if row is None:
        return None
    programme = _programmes[key] = snapshot.decode(row["snapshot"])
    while len(_programmes) > _KEPT:
        _programmes.popitem(last=False)
    return programme


def forget_programmes() -> None:
    """Forget what is at hand (another database is bound: tests, restore)."""
    _programmes.clear()
