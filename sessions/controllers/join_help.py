"""Cannot get in? What to check, on a page that works for anyone with the link, and a form that calls the team."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from markupsafe import Markup

from conference import dates, i18n, texts
from conference.conferences import languages_of
from conference.i18n import _
from conference.markup import to_html
from conference.throttle import TooManyTries
from conference.viewer import FindHolder, Viewer
from conference.web import AnyRequest, network_of, reader_zone, see_other, typed
from sessions.controllers.join_pages import PRIVATE, AtTheDoor, at_the_door, join_view
from sessions.door import passing
from sessions.door.calls import call_team
from sessions.door.forms import LONGEST_TEXT, CallForm, trouble_names
from sessions.door.rules import door_rules_of
from sessions.programme.joining import Entry, Moment
from sessions.tables import Room

MOST_BYTES = 100_000


@dataclass(frozen=True)
class RoomHelp:
    """What a room asks of people, and how to take part in it by phone; both empty where nothing is said."""

    getting_in: Markup
    dial_in: str
    is_full: bool


class JoinHelpController(Controller):
    path = "/join/{code:str}/help"
    request_max_body_size = MOST_BYTES

    @get("/", name="join:help")
    async def show(
        self,
        request: AnyRequest,
        code: FromPath[str],
        viewer: NamedDependency[Viewer],
        attending_by_key: NamedDependency[FindHolder],
    ) -> Template:
        stands = await at_the_door(request, code, viewer, attending_by_key)
        known = _known(stands)
        return await _help_page(request, stands, CallForm.blank(known))

    @post("/", name="join:call", status_code=303)
    async def call(
        self,
        request: AnyRequest,
        code: FromPath[str],
        viewer: NamedDependency[Viewer],
        attending_by_key: NamedDependency[FindHolder],
    ) -> Template | Redirect:
        stands = await at_the_door(request, code, viewer, attending_by_key)
        zone, _is_chosen = reader_zone(request, stands.placing.conference.zone)
        form = CallForm.from_post(await typed(request), zone)
        if form.call is None:
            return await _help_page(request, stands, form, 422)
        try:
            await call_team(stands.placing, form.call, network=network_of(request), now=stands.now)
        except TooManyTries as error:
            form.errors["email"] = error.message
            return await _help_page(request, stands, form, error.http_status)
        answer = see_other(
            stands.visitor.keep_key(f"/join/{code}/help"),
            _("The team has been told, and writes to %(email)s. Keep an eye on your mail.")
            % {"email": form.call.email},
        )
        answer.headers.update(PRIVATE)
        return answer


def _known(stands: AtTheDoor) -> str:
    """The name of whoever this is known to be."""
    person = stands.visitor.viewer.attending.get(stands.placing.conference.id) or stands.visitor.holder
    return person.name if person else ""


async def _help_page(request: AnyRequest, stands: AtTheDoor, form: CallForm, status: int = 200) -> Template:
    placing, door, now = stands.placing, stands.door, stands.now
    rules, _revision = await door_rules_of(placing.conference.id)
    language, languages = i18n.current_language(), languages_of(placing.conference)
    return await join_view(
        request,
        stands,
        "join_help.html",
        status=status,
        moment=door.moment.value,
        opens_at=door.opens_at,
        closes_at=door.closes_at,
        opens_in=dates.relative_words(door.opens_at, now, language),
        entry=stands.arrival.entry.value,
        person=_known(stands),
        room=await _room_help(stands, now),
        getting_in=_as_html(texts.pick(rules.getting_in, language, languages)),
        troubles=list(trouble_names().items()),
        longest=LONGEST_TEXT,
        form=form,
    )


async def _room_help(stands: AtTheDoor, now: datetime) -> RoomHelp:
    """The room's own words. A number to dial lets people in, so it is for those who may go in, while the door is open."""
    placing = stands.placing
    language, languages = i18n.current_language(), languages_of(placing.conference)
    row = (
        await Room.select(Room.getting_in, Room.dial_in, Room.capacity)
        .where((Room.conference == placing.conference.id) & (Room.code == placing.slot.room))
        .first()
    )
    if row is None:
        return RoomHelp(Markup(""), "", False)
    may_go_in = stands.door.moment == Moment.OPEN and stands.arrival.entry == Entry.ENTITLED
    dial_in = texts.pick(row["dial_in"], language, languages) if may_go_in else ""
    inside = (await passing.attendance_of([placing.slot.id])).get(placing.slot.id)
    is_full = row["capacity"] is not None and inside is not None and inside.inside >= row["capacity"]
    return RoomHelp(_as_html(texts.pick(row["getting_in"], language, languages)), dial_in, is_full)


def _as_html(text: str) -> Markup:
    return to_html(text, top=3) if text else Markup("")
