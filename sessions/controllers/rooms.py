"""The desk's pages about rooms."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, texts
from conference.conferences import languages_of
from conference.errors import StaleEdit
from conference.guards import requires
from conference.i18n import _, current_language
from conference.team import Permission
from conference.web import AnyRequest, see_other, typed
from sessions.controllers.desk import AT_THE_DESK, Desk
from sessions.desk_lists import room_lines
from sessions.desk_words import differences, room_words
from sessions.forms import RoomForm
from sessions.privacy import host_of
from sessions.room_hours import decode_hours, hours_in_words
from sessions.rooms import (
    RoomInUse,
    add_room,
    change_room,
    delete_room,
    facts_of,
    room_by_code,
    rooms_of,
    shift_room,
)
from sessions.tables import Room

SEE, CHANGE = [requires(Permission.SEE)], [requires(Permission.PROGRAMME)]


class RoomsController(Controller):
    path = "/organise/{slug:str}/rooms"
    dependencies = AT_THE_DESK

    @get("/", guards=SEE, name="rooms:list")
    async def show(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template:
        return await _list(request, desk)

    @get("/new", guards=CHANGE, name="rooms:new")
    async def new(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template:
        return _form(request, desk, RoomForm({}, languages_of(desk.conference)))

    @post("/new", guards=CHANGE, name="rooms:add")
    async def add(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template | Redirect:
        sent = await typed(request)
        form = RoomForm.from_post(sent, languages_of(desk.conference), zone=desk.conference.zone)
        if sent.get("do") == "add-hours":
            return _more_hours(request, desk, form)
        if form.facts is None:
            return _form(request, desk, form, status=422)
        room = await add_room(desk.conference, form.facts, actor=desk.organiser, now=clock.now())
        return see_other(desk.path("rooms"), _("%(name)s is added.") % {"name": _name(room)})

    @get("/{code:str}", guards=SEE, name="rooms:edit")
    async def edit(self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]) -> Template:
        room = await room_by_code(desk.conference.id, code)
        form = RoomForm.of(facts_of(room), languages_of(desk.conference), room.revision)
        return _form(request, desk, form, room)

    @post("/{code:str}", guards=CHANGE, name="rooms:change")
    async def change(
        self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]
    ) -> Template | Redirect:
        room = await room_by_code(desk.conference.id, code)
        sent = await typed(request)
        form = RoomForm.from_post(
            sent, languages_of(desk.conference), facts_of(room), zone=desk.conference.zone
        )
        if sent.get("do") == "add-hours":
            return _more_hours(request, desk, form, room)
        if form.facts is None or sent.get("do") == "edit":
            return _form(request, desk, form, room, status=422 if form.errors else 200)
        try:
            await change_room(
                room.id, form.facts, revision=form.revision, actor=desk.organiser, now=clock.now()
            )
        except StaleEdit as stale:
            room = await room_by_code(desk.conference.id, code)
            return desk.stale_page(
                request,
                "rooms",
                action=desk.path("rooms", code),
                back=desk.path("rooms", code),
                kept=form.kept,
                revision_field="revision",
                revision=room.revision,
                differences=differences(room_words(form.facts), room_words(facts_of(room))),
                message=stale.message,
            )
        name = texts.pick(form.facts.name, current_language())
        return see_other(desk.path("rooms"), _("%(name)s is saved.") % {"name": name})

    @post("/{code:str}/move", guards=CHANGE, name="rooms:move")
    async def move(self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]) -> Redirect:
        room = await room_by_code(desk.conference.id, code)
        by = 1 if (await typed(request)).get("to") == "down" else -1
        await shift_room(room.id, by, actor=desk.organiser, now=clock.now())
        return see_other(desk.path("rooms"))

    @post("/{code:str}/delete", guards=CHANGE, name="rooms:delete")
    async def delete(
        self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]
    ) -> Template | Redirect:
        room = await room_by_code(desk.conference.id, code)
        try:
            await delete_room(desk.conference, room.id, actor=desk.organiser, now=clock.now())
        except RoomInUse as refusal:
            form = RoomForm.of(facts_of(room), languages_of(desk.conference), room.revision)
            return _form(request, desk, form, room, refusal=refusal.message, status=refusal.http_status)
        return see_other(desk.path("rooms"), _("%(name)s is deleted.") % {"name": _name(room)})


def _name(room: Room) -> str:
    return texts.pick(room.name, current_language())


async def _list(request: AnyRequest, desk: Desk) -> Template:
    lines = await room_lines(desk.conference.id, await rooms_of(desk.conference.id))
    language = current_language()
    hours = {line.room.id: hours_in_words(decode_hours(line.room.open_hours), language) for line in lines}
    return desk.page(request, "rooms.html", "rooms", lines=lines, hours=hours, host_of=host_of)


def _more_hours(request: AnyRequest, desk: Desk, form: RoomForm, room: Room | None = None) -> Template:
    form.errors = {}  # nothing is being saved yet
    form.add_rows("open_from", "open_until")
    return _form(request, desk, form, room)


def _form(
    request: AnyRequest,
    desk: Desk,
    form: RoomForm,
    room: Room | None = None,
    *,
    refusal: str = "",
    status: int = 200,
) -> Template:
    vendor = host_of(form.value("vendor_url"))
    if not desk.may_change:
        form.values["vendor_url"] = ""
    return desk.page(
        request,
        "room.html",
        "rooms",
        form=form,
        room=room,
        vendor=vendor,
        name=_name(room) if room else "",
        refusal=refusal,
        status=status,
    )
