"""What the pages behind a join link share: who came through it, and the page around what it shows now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar.response import Redirect, Template

from conference import clock, dates, i18n
from conference.conferences import languages_of
from conference.errors import NotFound
from conference.headers import CONTENT_SECURITY_POLICY
from conference.i18n import _
from conference.strip import build_strip
from conference.strip_picture import strip_svg
from conference.tables import RegistrationState
from conference.viewer import Attending, FindHolder, Viewer
from conference.web import AnyRequest, Reader, page, reader_zone
from sessions import queries
from sessions.programme import joining
from sessions.programme.days import Layout, TimeView
from sessions.programme.filters import address
from sessions.programme.joining import Arrival, Door
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSlot
from sessions.queries import ReleasedPlacing, latest_programme

PRIVATE = {"cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex"}
# Browsers hold the form's redirect against this rule too, and it leads to the meeting service, which is not named here.
LEADS_ON = {
    "content-security-policy": CONTENT_SECURITY_POLICY.replace(
        "form-action 'self'", "form-action 'self' https: http:"
    )
}
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
class AtTheDoor:
    """Somebody before the door of a slot: how it stands ``now``, and as whom they may go in."""

    placing: ReleasedPlacing
    visitor: Visitor
    door: Door
    arrival: Arrival
    now: datetime

    @property
    def is_team(self) -> bool:
        """Whether they belong to the team, who may always go in."""
        return self.visitor.viewer.is_team(self.placing.conference.id)

    @property
    def here(self) -> str:
        """The address of the door, with the key they came by."""
        return self.visitor.keep_key(f"/join/{self.placing.slot.code}")


@dataclass(frozen=True)
class OtherSlot:
    """Another time at which the session can be joined."""

    url: str
    day: str
    time: TimeView


async def at_the_door(
    request: AnyRequest, code: str, viewer: Viewer, attending_by_key: FindHolder
) -> AtTheDoor:
    """Who stands before which door. Raises NotFound."""
    placing = await queries.placing_by_code(code)
    if placing is None:
        raise NotFound(
            _(
                "No session is behind this link. Perhaps a letter got lost: please open it again from where you found it."
            )
        )
    key = request.query_params.get("key", "")
    holder = await attending_by_key(placing.conference.id, key) if 0 < len(key) <= LONGEST_KEY else None
    now = clock.now()
    return AtTheDoor(
        placing,
        Visitor(viewer, holder, key if holder else "", bool(key) and holder is None),
        joining.door_of(
            placing.session, placing.slot, early_minutes=placing.conference.early_entry_minutes, now=now
        ),
        joining.arrival(viewer, placing.conference.id, placing.slot, holder),
        now,
    )


def send_on(url: str) -> Redirect:
    """To the vendor, who is not told where the person came from; kept by no cache, for tomorrow it leads elsewhere."""
    return Redirect(url, status_code=303, headers=PRIVATE)


async def join_view(
    request: AnyRequest,
    stands: AtTheDoor,
    template: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **context: Any,
) -> Template:
    """A page behind a join link: the session, when it is on both clocks, and what ``template`` says of it now."""
    placing, visitor, now = stands.placing, stands.visitor, stands.now
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
        f"sessions/{template}",
        conference=conference,
        status=status,
        at=slot.start,
        headers={**PRIVATE, **(headers or {})},
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
        here=stands.here,
        help_url=visitor.keep_key(f"/join/{slot.code}/help"),
        recording_url=visitor.keep_key(f"/join/{slot.code}/recording"),
        **context,
    )


def _other(layout: Layout, visitor: Visitor, slot: ReleasedSlot) -> OtherSlot:
    day = dates.long_day(dates.local_date(slot.start, layout.zone), layout.language)
    return OtherSlot(visitor.keep_key(f"/join/{slot.code}"), day, layout.time(slot))
