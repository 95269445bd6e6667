"""Reads used by more than one page."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from conference.forms import is_web_address
from conference.tables import Conference
from sessions.programme import snapshot
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSession, ReleasedSlot
from sessions.tables import Appearance, AppearanceState, ConsentState, Release, Room, Session, Slot

_AROUND = timedelta(days=31)  # slots may stand outside a conference's days
_KEPT = 32  # decoded programmes; each is immutable, so one per release serves every request
_programmes: OrderedDict[tuple[int, int], ReleasedProgramme] = OrderedDict()


async def latest_programme(conference: Conference) -> ReleasedProgramme | None:
    """The conference's latest release, None while nothing is published. No query when it is at hand."""
    if not conference.release_number:
        return None
    return await released_programme(conference.id, conference.release_number)


async def programmes_soon(now: datetime, within: timedelta) -> list[tuple[Conference, ReleasedProgramme]]:
    """The conferences of which a released slot begins after ``now`` and ``within`` that time. One query, and the programmes
    that are not at hand."""
    today = now.date()
    rows = await Conference.objects().where(
        (Conference.release_number > 0)
        & (Conference.ends_on >= today - _AROUND)
        & (Conference.starts_on <= today + _AROUND)
    )
    found = []
    for conference in rows:
        programme = await latest_programme(conference)
        if programme and any(now < slot.start <= now + within for _session, slot in programme.placings):
            found.append((conference, programme))
    return found


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


@dataclass(frozen=True)
class ReleasedPlacing:
    """A slot in the latest release of its conference."""

    conference: Conference
    session: ReleasedSession
    slot: ReleasedSlot


async def placing_by_code(code: str) -> ReleasedPlacing | None:
    """The slot of this code as last published, None where no programme has it (yet)."""
    if not code.isascii() or not code.isalnum() or len(code) > 12:
        return None
    row = await Slot.select(Slot.conference).where(Slot.code == code).first()
    if row is None:
        # A slot taken out of the draft lives on in releases, as cancelled, and so does its link.
        rows = await Release.select(
            Release.conference, Release.number, Release.conference._.release_number.as_alias("latest")
        ).where(Release.snapshot.like(f'%"code":"{code}"%'))
        row = next((row for row in rows if row["number"] == row["latest"]), None)
    if row is None:
        return None
    conference = await Conference.objects().where(Conference.id == row["conference"]).first()
    programme = await latest_programme(conference) if conference else None
    if conference is None or programme is None or code not in programme.slot_by_code:
        return None
    return ReleasedPlacing(conference, *programme.slot_by_code[code])


@dataclass(frozen=True)
class VendorLinks:
    """Where a slot's room and its session's recording really are: for redirects only. "" where nothing is set.

    ``capacity`` is how many attendees the room takes at once, None: any number.
    """

    room: str
    recording: str
    capacity: int | None = None


async def vendor_links(placing: ReleasedPlacing) -> VendorLinks:
    """The vendors' links as they stand now, whatever stood when the programme was published."""
    own = placing.conference.id
    room = (
        await Room.select(Room.vendor_url, Room.capacity)
        .where((Room.conference == own) & (Room.code == placing.slot.room))
        .first()
    )
    session = (
        await Session.select(Session.recording_url)
        .where((Session.conference == own) & (Session.code == placing.session.code))
        .first()
    )
    recording = session["recording_url"] if session else ""
    if recording and await _somebody_refuses(own, placing.session.code):
        recording = ""
    links = (room["vendor_url"] if room else "", recording)
    usable_room, recording = (link if is_web_address(link) else "" for link in links)
    return VendorLinks(usable_room, recording, room["capacity"] if room else None)


async def _somebody_refuses(conference_id: int, session: str) -> bool:
    """Whether anybody who takes part in the session does not want its recording to be seen."""
    return await Appearance.exists().where(
        (Appearance.session._.conference == conference_id)
        & (Appearance.session._.code == session)
        & (Appearance.state != AppearanceState.DECLINED.value)
        & (Appearance.recording_consent == ConsentState.REFUSED.value)
    )
