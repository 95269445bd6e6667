"""What a session's page at the desk does with its slots."""

from __future__ import annotations

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock
from conference.errors import StaleEdit
from conference.guards import requires
from conference.i18n import _
from conference.team import Permission
from conference.timezones import LocalTimeError
from conference.web import AnyRequest, see_other, typed
from sessions.controllers.desk import AT_THE_DESK, Desk
from sessions.controllers.sessions_desk import choices_of, note_refusal, session_page
from sessions.desk_words import differences, slot_words
from sessions.drafting import session_by_code
from sessions.schedule.placing import PlacingRefused
from sessions.schedule.session_slots import (
    SlotKept,
    add_slot,
    change_slot,
    remove_slot,
    set_slot_cancelled,
    slot_by_code,
    slot_facts,
)
from sessions.session_form import SlotForm
from sessions.session_page import clash_words
from sessions.tables import Slot


class SessionSlotsController(Controller):
    path = "/organise/{slug:str}/sessions/{code:str}/slots"
    dependencies = AT_THE_DESK
    guards = [requires(Permission.PROGRAMME)]  # noqa: RUF012  # Litestar reads it from the class and never writes

    @post("/", name="session-slots:add")
    async def add(
        self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]
    ) -> Template | Redirect:
        session = await session_by_code(desk.conference.id, code)
        choices = await choices_of(desk)
        form = SlotForm.from_post(
            "slot", await typed(request), rooms=choices.rooms, zone=desk.conference.zone
        )
        if form.facts is not None:
            try:
                slot = await add_slot(
                    session.id, form.facts, fold=form.fold, actor=desk.organiser, now=clock.now()
                )
            except (LocalTimeError, PlacingRefused) as refusal:
                note_refusal(form, refusal)
            else:
                return await _done(desk, code, slot, _("The slot is added."))
        return await session_page(request, desk, session, slot_form=form, status=422)

    @post("/{slot_code:str}", name="session-slots:change")
    async def change(
        self,
        request: AnyRequest,
        desk: NamedDependency[Desk],
        code: FromPath[str],
        slot_code: FromPath[str],
    ) -> Template | Redirect:
        session = await session_by_code(desk.conference.id, code)
        slot = await slot_by_code(session.id, slot_code)
        choices = await choices_of(desk)
        sent = await typed(request)
        form = SlotForm.from_post(slot.code, sent, rooms=choices.rooms, zone=desk.conference.zone)
        if sent.get("do") == "edit":
            return await session_page(request, desk, session, slot_form=form)
        if form.facts is not None:
            try:
                await change_slot(
                    slot.id,
                    form.facts,
                    fold=form.fold,
                    revision=form.revision,
                    actor=desk.organiser,
                    now=clock.now(),
                )
            except (LocalTimeError, PlacingRefused) as refusal:
                note_refusal(form, refusal)
            except StaleEdit as stale:
                slot = await slot_by_code(session.id, slot_code)
                rooms = choices.room_words()
                return desk.stale_page(
                    request,
                    "sessions",
                    action=desk.path("sessions", code, "slots", slot_code),
                    back=desk.path("sessions", code),
                    kept=[pair for pair in form.values.items() if pair[0] != form.name("revision")],
                    revision_field=form.name("revision"),
                    revision=slot.revision,
                    differences=differences(
                        slot_words(form.facts, rooms), slot_words(slot_facts(slot), rooms)
                    ),
                    message=stale.message,
                )
            else:
                return await _done(
                    desk, code, await slot_by_code(session.id, slot_code), _("The slot is saved.")
                )
        return await session_page(request, desk, session, slot_form=form, status=422)

    @post("/{slot_code:str}/remove", name="session-slots:remove")
    async def remove(
        self,
        request: AnyRequest,
        desk: NamedDependency[Desk],
        code: FromPath[str],
        slot_code: FromPath[str],
    ) -> Template | Redirect:
        session = await session_by_code(desk.conference.id, code)
        slot = await slot_by_code(session.id, slot_code)
        try:
            await remove_slot(slot.id, actor=desk.organiser, now=clock.now())
        except SlotKept as refusal:
            return await session_page(
                request, desk, session, refusal=refusal.message, status=refusal.http_status
            )
        return see_other(desk.path("sessions", code), _("The slot is removed."))

    @post("/{slot_code:str}/state", name="session-slots:state")
    async def state(
        self,
        request: AnyRequest,
        desk: NamedDependency[Desk],
        code: FromPath[str],
        slot_code: FromPath[str],
    ) -> Redirect:
        session = await session_by_code(desk.conference.id, code)
        slot = await slot_by_code(session.id, slot_code)
        cancelled = (await typed(request)).get("state") == "cancelled"
        await set_slot_cancelled(slot.id, cancelled, actor=desk.organiser, now=clock.now())
        told = (
            _("This slot is cancelled. People are told when you publish the next release.")
            if cancelled
            else _("This slot is restored.")
        )
        return see_other(desk.path("sessions", code), told)


async def _done(desk: Desk, code: str, slot: Slot, told: str) -> Redirect:
    """Back to the session's page, with the clashes named at once."""
    clashes = await clash_words(desk.conference, slot)
    return see_other(
        desk.path("sessions", code),
        " ".join([told, *(f"{clash}." for clash in clashes)]),
        kind="warning" if clashes else "success",
    )
