"""One link per slot, for ever: a countdown before, the room during, the recording after.

The vendor's address leaves the server in the Location header of a redirect and nowhere else.

Looking must not count as coming: programs that check mail follow its links, also while the door is open. So somebody
is let in and noted at once only in a browser that we know to be theirs, because it is signed in or because the button
was pressed in it before. Anyone else who holds a personal key is led straight in as long as there is nothing to count
or note; where there is (a room of limited capacity, presence for a certificate), they press one button.
"""

from __future__ import annotations

import hmac

from litestar import Controller, HttpMethod, get, post, route
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import dates, i18n
from conference.codes import hash_secret
from conference.viewer import FindHolder, PresenceKeeper, Viewer
from conference.web import AnyRequest, secret_cookie, settings_of
from sessions import queries
from sessions.controllers.join_pages import LEADS_ON, PRIVATE, AtTheDoor, at_the_door, join_view, send_on
from sessions.door import passing
from sessions.packs.queries import published_packs
from sessions.programme import joining
from sessions.programme.joining import Entry, Moment
from sessions.queries import VendorLinks

DOOR_COOKIE = "door"
"""Marks a browser in which somebody went in by a button: the hash of the personal key they hold."""
_DOOR_COOKIE_LASTS = 24 * 3600  # seconds
MOST_BYTES = 100_000


class JoinController(Controller):
    path = "/join/{code:str}"
    request_max_body_size = MOST_BYTES

    # HEAD is answered here, since elsewhere it is asked as a GET, and looking is not coming.
    @route("/", http_method=[HttpMethod.GET, HttpMethod.HEAD], name="join:room")
    async def room(
        self,
        request: AnyRequest,
        code: FromPath[str],
        viewer: NamedDependency[Viewer],
        attending_by_key: NamedDependency[FindHolder],
        presence_keeper: NamedDependency[PresenceKeeper],
    ) -> Template | Redirect:
        stands = await at_the_door(request, code, viewer, attending_by_key)
        links = await queries.vendor_links(stands.placing)
        if stands.door.moment == Moment.BEFORE and stands.is_team and "early" in request.query_params:
            if links.room:
                return send_on(links.room)
        elif stands.door.moment == Moment.OPEN and stands.arrival.entry == Entry.ENTITLED and links.room:
            if _is_surely_the_person(request, stands):
                return await _let_in(request, stands, links, presence_keeper)
            if not await _has_to_press(stands, links):
                return send_on(links.room)
            return await join_view(request, stands, "join_go_in.html", headers=LEADS_ON, person=_name(stands))
        return await _how_it_stands(request, stands, links, presence_keeper)

    @post("/", name="join:go-in", status_code=303)
    async def go_in(
        self,
        request: AnyRequest,
        code: FromPath[str],
        viewer: NamedDependency[Viewer],
        attending_by_key: NamedDependency[FindHolder],
        presence_keeper: NamedDependency[PresenceKeeper],
    ) -> Template | Redirect:
        stands = await at_the_door(request, code, viewer, attending_by_key)
        links = await queries.vendor_links(stands.placing)
        if stands.door.moment != Moment.OPEN or stands.arrival.entry != Entry.ENTITLED or not links.room:
            return Redirect(stands.here, status_code=303, headers=PRIVATE)
        answer = await _let_in(request, stands, links, presence_keeper)
        if isinstance(answer, Redirect) and stands.visitor.key:
            answer.cookies.append(_door_cookie(request, stands.visitor.key))
        return answer

    @get("/recording", name="join:recording")
    async def recording(
        self,
        request: AnyRequest,
        code: FromPath[str],
        viewer: NamedDependency[Viewer],
        attending_by_key: NamedDependency[FindHolder],
    ) -> Template | Redirect:
        stands = await at_the_door(request, code, viewer, attending_by_key)
        links = await queries.vendor_links(stands.placing)
        if not links.recording:
            return Redirect(stands.here, status_code=303, headers=PRIVATE)
        entry = joining.recording_entry(viewer, stands.placing.conference.id, stands.visitor.holder)
        if entry == Entry.ENTITLED:
            return send_on(links.recording)
        return await join_view(request, stands, "join_gate.html", status=403, entry=entry, wants="recording")


def _is_surely_the_person(request: AnyRequest, stands: AtTheDoor) -> bool:
    """Whether a person asks, and not a program that follows links or a browser that looks ahead."""
    if request.method != "GET" or "prefetch" in request.headers.get("sec-purpose", ""):
        return False
    if stands.arrival.person is None or stands.arrival.is_known_here:
        return True
    kept = request.cookies.get(DOOR_COOKIE, "")
    return bool(stands.visitor.key) and hmac.compare_digest(
        kept.encode("utf-8", "replace"), hash_secret(stands.visitor.key).encode()
    )


async def _has_to_press(stands: AtTheDoor, links: VendorLinks) -> bool:
    """Whether going in is more than a redirect: a place is taken in the room, or presence noted."""
    person = stands.arrival.person
    if person is None or stands.is_team:
        return False
    if person.notes_presence:
        return True
    slot = stands.placing.slot
    return links.capacity is not None and not await passing.is_in(slot, person.registration_code)


async def _let_in(
    request: AnyRequest, stands: AtTheDoor, links: VendorLinks, keeper: PresenceKeeper
) -> Template | Redirect:
    """Into the room, or the page that says that it is full. The team and those on stage have no need of a place."""
    person, slot = stands.arrival.person, stands.placing.slot
    if person is None:
        return send_on(links.room)
    capacity = None if stands.is_team else links.capacity
    if not await passing.go_in(slot, person.registration_code, capacity, stands.now):
        is_recorded = stands.placing.session.is_recorded
        return await join_view(
            request, stands, "join_full.html", capacity=links.capacity, is_recorded=is_recorded
        )
    if person.notes_presence:
        await keeper.note(stands.placing.conference.id, person.registration_code, slot.id, stands.now)
    return send_on(links.room)


async def _presence(stands: AtTheDoor, keeper: PresenceKeeper) -> str:
    """What to say of presence: "noted" when it will be, "asked" where the person may still agree, else ""."""
    person = stands.arrival.person
    if person is None:
        return ""
    if person.notes_presence:
        return "noted"
    return "asked" if await keeper.is_asked(stands.placing.conference.id) else ""


def _door_cookie(request: AnyRequest, key: str) -> Cookie:
    return secret_cookie(
        DOOR_COOKIE, hash_secret(key), settings_of(request), max_age=_DOOR_COOKIE_LASTS, path="/join"
    )


def _name(stands: AtTheDoor) -> str:
    return stands.arrival.person.name if stands.arrival.person else ""


async def _how_it_stands(
    request: AnyRequest, stands: AtTheDoor, links: VendorLinks, keeper: PresenceKeeper
) -> Template:
    """The face of the link for somebody who is not led on now."""
    door, entry, placing, now = stands.door, stands.arrival.entry, stands.placing, stands.now
    own = placing.conference.id
    if door.moment == Moment.OPEN:
        if entry != Entry.ENTITLED:
            return await join_view(request, stands, "join_gate.html", status=403, entry=entry, wants="room")
        return await join_view(request, stands, "join_no_room.html")
    if door.moment == Moment.BEFORE:
        return await join_view(
            request,
            stands,
            "join_wait.html",
            entry=entry,
            opens_at=door.opens_at,
            left=joining.time_left(door.opens_at, now),
            opens_in=dates.relative_words(door.opens_at, now, i18n.current_language()),
            early_minutes=placing.conference.early_entry_minutes,
            refresh=joining.refresh_seconds(door, now),
            may_enter_early=stands.is_team and bool(links.room),
            presence=await _presence(stands, keeper),
        )
    if door.moment == Moment.CANCELLED:
        return await join_view(request, stands, "join_cancelled.html")
    session = placing.session.code
    watches = joining.recording_entry(stands.visitor.viewer, own, stands.visitor.holder)
    return await join_view(
        request,
        stands,
        "join_over.html",
        has_recording=bool(links.recording),
        may_watch=watches == Entry.ENTITLED,
        packs=[pack for pack in await published_packs(own, now) if pack.session in (session, "")],
    )
