"""One link per slot, for ever: a countdown before, the room during, the recording after.

The vendor's address leaves the server in the Location header of a redirect and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, dates, i18n
from conference.conferences import languages_of
from conference.errors import NotFound
from conference.i18n import _
from conference.strip import build_strip
from conference.strip_picture import strip_svg
from conference.tables import RegistrationState
from conference.viewer import Attending, FindHolder, Viewer
from conference.web import AnyRequest, Reader, page, reader_zone
from sessions import queries
from sessions.packs.queries import published_packs
from sessions.programme import joining
from sessions.programme.days import Layout, TimeView
from sessions.programme.filters import address
from sessions.programme.joining import Door, Entry, Moment
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSlot
from sessions.queries import ReleasedPlacing, VendorLinks, latest_programme

PRIVATE = {"cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex"}
LONGEST_KEY = 200


@dataclass(frozen=True)
class Visitor:
    """Who came through the link. ``key`` is the personal key that proved ``holder``, else ""."""

    viewer: Viewer
    holder: Attending | None
    key: str
    has_dead_key: bool

    def keep_key(self, path: str) -> str:
        """``path`` as a link from here, for one who holds a key."""
        return address(path, {"key": self.key})


@dataclass(frozen=True)
class OtherSlot:
    """Another time at which the session can be joined."""

    url: str
    day: str
    time: TimeView


class JoinController(Controller):
    path = "/join/{code:str}"

    @get("/", name="join:room")
    async def room(
        self,
        request: AnyRequest,
        code: FromPath[str],
        viewer: NamedDependency[Viewer],
        attending_by_key: NamedDependency[FindHolder],
    ) -> Template | Redirect:
        placing, visitor = await _arrive(request, code, viewer, attending_by_key)
        now = clock.now()
        door = joining.door_of(
            placing.session,
            placing.slot,
            early_minutes=placing.conference.early_entry_minutes,
            now=now,
        )
        own = placing.conference.id
        entry = joining.room_entry(viewer, own, placing.slot, visitor.holder)
        links = await queries.vendor_links(placing)
        is_early = door.moment == Moment.BEFORE and viewer.is_team(own) and "early" in request.query_params
        if (door.moment == Moment.OPEN or is_early) and entry == Entry.ENTITLED and links.room:
            return _send_on(links.room)
        return await _join_page(request, placing, visitor, door, entry, links, now)

    @get("/recording", name="join:recording")
    async def recording(
        self,
        request: AnyRequest,
        code: FromPath[str],
        viewer: NamedDependency[Viewer],
        attending_by_key: NamedDependency[FindHolder],
    ) -> Template | Redirect:
        placing, visitor = await _arrive(request, code, viewer, attending_by_key)
        links = await queries.vendor_links(placing)
        if not links.recording:
            return Redirect(visitor.keep_key(f"/join/{code}"), status_code=303, headers=PRIVATE)
        entry = joining.recording_entry(viewer, placing.conference.id, visitor.holder)
        if entry == Entry.ENTITLED:
            return _send_on(links.recording)
        return await _page(
            request,
            placing,
            visitor,
            clock.now(),
            "sessions/join_gate.html",
            status=403,
            entry=entry,
            wants="recording",
        )


async def _arrive(
    request: AnyRequest, code: str, viewer: Viewer, attending_by_key: FindHolder
) -> tuple[ReleasedPlacing, Visitor]:
    placing = await queries.placing_by_code(code)
    if placing is None:
        raise NotFound(
            _(
                "No session is behind this link. Perhaps a letter got lost: please open it again from where you found it."
            )
        )
    key = request.query_params.get("key", "")
    holder = await attending_by_key(placing.conference.id, key) if 0 < len(key) <= LONGEST_KEY else None
    return placing, Visitor(viewer, holder, key if holder else "", bool(key) and holder is None)


def _send_on(url: str) -> Redirect:
    """To the vendor, who is not told where the person came from; kept by no cache, for tomorrow it leads elsewhere."""
    return Redirect(url, status_code=303, headers=PRIVATE)


async def _join_page(
    request: AnyRequest,
    placing: ReleasedPlacing,
    visitor: Visitor,
    door: Door,
    entry: Entry,
    links: VendorLinks,
    now: datetime,
) -> Template:
    own = placing.conference.id
    if door.moment == Moment.OPEN:
        if entry != Entry.ENTITLED:
            return await _page(
                request,
                placing,
                visitor,
                now,
                "sessions/join_gate.html",
                status=403,
                entry=entry,
                wants="room",
            )
        return await _page(request, placing, visitor, now, "sessions/join_no_room.html")
    if door.moment == Moment.BEFORE:
        return await _page(
            request,
            placing,
            visitor,
            now,
            "sessions/join_wait.html",
            entry=entry,
            opens_at=door.opens_at,
            left=joining.time_left(door.opens_at, now),
            opens_in=dates.relative_words(door.opens_at, now, i18n.current_language()),
            early_minutes=placing.conference.early_entry_minutes,
            refresh=joining.refresh_seconds(door, now),
            may_enter_early=visitor.viewer.is_team(own) and bool(links.room),
        )
    if door.moment == Moment.CANCELLED:
        return await _page(request, placing, visitor, now, "sessions/join_cancelled.html")
    session = placing.session.code
    return await _page(
        request,
        placing,
        visitor,
        now,
        "sessions/join_over.html",
        has_recording=bool(links.recording),
        may_watch=joining.recording_entry(visitor.viewer, own, visitor.holder) == Entry.ENTITLED,
        packs=[pack for pack in await published_packs(own, now) if pack.session in (session, "")],
    )


async def _page(
    request: AnyRequest,
    placing: ReleasedPlacing,
    visitor: Visitor,
    now: datetime,
    template: str,
    *,
    status: int = 200,
    **context: Any,
) -> Template:
    conference, slot = placing.conference, placing.slot
    language = i18n.current_language()
    known = visitor.viewer.attending.get(conference.id) or visitor.holder
    zone, is_chosen = reader_zone(request, known.zone if known and known.zone else conference.zone)
    programme = await latest_programme(conference) or ReleasedProgramme(0, now, conference.zone)
    home = f"/{conference.slug}"
    layout = Layout(programme, zone, language, languages_of(conference), home, now)
    picture = build_strip(
        dates.local_date(slot.start, zone),
        zone,
        conference.zone,
        spans=[(slot.start, slot.end)],
        now=now,
        subject="session",
        language=language,
    )
    return page(
        request,
        template,
        conference=conference,
        status=status,
        at=slot.start,
        headers=PRIVATE,
        viewer=Reader(
            zone,
            dates.zone_name(zone, slot.start, language),
            is_chosen,
            None,
            request.url.path,
            tuple(request.query_params.multi_items())[:20],
        ),
        row=layout.row(placing.session, slot),
        day=dates.long_day(dates.local_date(slot.start, zone), language),
        conference_zone=conference.zone,
        home=home,
        server_now=now,
        strip_svg=strip_svg(picture),
        others=[_other(layout, visitor, other) for other in joining.other_slots(placing.session, slot, now)],
        is_registration_open=conference.registration_state == RegistrationState.OPEN,
        has_dead_key=visitor.has_dead_key,
        knows_visitor=known is not None,
        here=visitor.keep_key(f"/join/{slot.code}"),
        recording_url=visitor.keep_key(f"/join/{slot.code}/recording"),
        **context,
    )


def _other(layout: Layout, visitor: Visitor, slot: ReleasedSlot) -> OtherSlot:
    day = dates.long_day(dates.local_date(slot.start, layout.zone), layout.language)
    return OtherSlot(visitor.keep_key(f"/join/{slot.code}"), day, layout.time(slot))
