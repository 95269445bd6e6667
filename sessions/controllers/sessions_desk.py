"""The desk's pages about sessions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, dates, i18n, texts
from conference.conferences import languages_of
from conference.errors import DomainError, StaleEdit
from conference.forms import whole_number
from conference.guards import requires
from conference.i18n import _, current_language
from conference.team import Permission
from conference.timezones import LocalTimeError
from conference.web import AnyRequest, page_number, see_other, typed
from sessions.controllers.desk import AT_THE_DESK, Desk, page_links
from sessions.controllers.speaker_page import session_answers
from sessions.desk_lists import SessionFilter, people_of, session_lines
from sessions.desk_words import differences, kind_names, session_words
from sessions.drafting import (
    SessionFacts,
    SessionWasReleased,
    add_session,
    change_session,
    delete_session,
    facts_of,
    session_by_code,
    set_session_state,
)
from sessions.programme.days import role_name
from sessions.rooms import rooms_of
from sessions.schedule.placing import PlacingRefused
from sessions.schedule.session_slots import slot_facts, slots_of, was_released
from sessions.session_form import People, SessionForm, SlotForm, other_languages
from sessions.session_page import clash_words, slot_views
from sessions.tables import AppearanceRole, Session, SessionState
from sessions.tracks import tracks_of

SEE, CHANGE = [requires(Permission.SEE)], [requires(Permission.PROGRAMME)]


@dataclass(frozen=True)
class Choices:
    """What a session's form offers; rooms and tracks are row ids by code, their names by code and by row id."""

    people: People
    rooms: Mapping[str, int]
    room_names: Mapping[str, str]
    tracks: Mapping[str, int]
    track_names: Mapping[str, str]

    def words(self, facts: SessionFacts) -> dict[str, str]:
        """The session's facts in words."""
        by_id = {row: self.track_names[code] for code, row in self.tracks.items()}
        return session_words(facts, people=self.people.labels, tracks=by_id)

    def room_words(self) -> dict[int, str]:
        """Names of the rooms by row id."""
        return {row: self.room_names[code] for code, row in self.rooms.items()}


async def choices_of(desk: Desk) -> Choices:
    """What the forms of this conference's sessions offer. Three queries."""
    language, languages = current_language(), languages_of(desk.conference)
    rooms, tracks = await rooms_of(desk.conference.id), await tracks_of(desk.conference.id)
    return Choices(
        people=People(await people_of(desk.conference.id)),
        rooms={room.code: room.id for room in rooms},
        room_names={room.code: texts.pick(room.name, language, languages) for room in rooms},
        tracks={track.code: track.id for track in tracks},
        track_names={track.code: texts.pick(track.name, language, languages) for track in tracks},
    )


class SessionsDeskController(Controller):
    path = "/organise/{slug:str}/sessions"
    dependencies = AT_THE_DESK

    @get("/", guards=SEE, name="sessions-desk:list")
    async def show(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template:
        query = {name: request.query_params.get(name, "")[:200] for name in ("q", "kind", "track", "state")}
        wanted = SessionFilter(query["q"], query["kind"], query["track"], query["state"])
        lines = await session_lines(desk.conference, wanted, page_number(request))
        before, after = page_links(desk.path("sessions"), lines, **query)
        language = current_language()
        return desk.page(
            request,
            "sessions.html",
            "sessions",
            lines=lines,
            wanted=wanted,
            before=before,
            after=after,
            kinds=kind_names(),
            tracks=[
                (track.code, texts.pick(track.name, language, languages_of(desk.conference)))
                for track in await tracks_of(desk.conference.id)
            ],
            short_day=lambda start: dates.short_day(dates.local_date(start, desk.conference.zone), language),
            duration=lambda minutes: dates.duration_words(minutes, language),
        )

    @get("/new", guards=CHANGE, name="sessions-desk:new")
    async def new(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template:
        choices = await choices_of(desk)
        form = SessionForm.blank(languages_of(desk.conference))
        form.values["kind"] = (
            kind if (kind := request.query_params.get("kind", "")) in kind_names() else "talk"
        )
        slot = SlotForm.blank(choices.rooms, desk.conference.zone)
        return _new_page(request, desk, choices, form, slot)

    @post("/new", guards=CHANGE, name="sessions-desk:add")
    async def add(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template | Redirect:
        choices, sent = await choices_of(desk), await typed(request)
        form = SessionForm.from_post(
            sent, languages_of(desk.conference), people=choices.people, tracks=choices.tracks
        )
        slot = SlotForm.from_post("slot", sent, rooms=choices.rooms, zone=desk.conference.zone)
        if _asks_for_rows(form, sent.get("do", "")):
            slot.errors.clear()
            return _new_page(request, desk, choices, form, slot)
        if form.facts is not None and slot.facts is not None:
            try:
                session = await add_session(
                    desk.conference,
                    form.facts,
                    slot.facts,
                    fold=slot.fold,
                    actor=desk.organiser,
                    now=clock.now(),
                )
            except (LocalTimeError, PlacingRefused) as refusal:
                note_refusal(slot, refusal)
            else:
                told = _("“%(title)s” is added.") % {"title": _title(desk, session)}
                clashes = await clash_words(desk.conference, (await slots_of(session.id))[0])
                return see_other(
                    desk.path("sessions", session.code),
                    " ".join([told, *(f"{clash}." for clash in clashes)]),
                    kind="warning" if clashes else "success",
                )
        return _new_page(request, desk, choices, form, slot, status=422)

    @get("/{code:str}", guards=SEE, name="sessions-desk:edit")
    async def edit(self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]) -> Template:
        return await session_page(request, desk, await session_by_code(desk.conference.id, code))

    @post("/{code:str}", guards=CHANGE, name="sessions-desk:change")
    async def change(
        self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]
    ) -> Template | Redirect:
        session = await session_by_code(desk.conference.id, code)
        choices, sent = await choices_of(desk), await typed(request)
        form = SessionForm.from_post(
            sent,
            languages_of(desk.conference),
            await facts_of(session),
            people=choices.people,
            tracks=choices.tracks,
        )
        if _asks_for_rows(form, sent.get("do", "")):
            return await session_page(request, desk, session, form=form)
        if form.facts is None or sent.get("do") == "edit":
            return await session_page(request, desk, session, form=form, status=422 if form.errors else 200)
        try:
            await change_session(
                session.id, form.facts, revision=form.revision, actor=desk.organiser, now=clock.now()
            )
        except StaleEdit as stale:
            session = await session_by_code(desk.conference.id, code)
            return desk.stale_page(
                request,
                "sessions",
                action=desk.path("sessions", code),
                back=desk.path("sessions", code),
                kept=form.kept,
                revision_field="revision",
                revision=session.revision,
                differences=differences(choices.words(form.facts), choices.words(await facts_of(session))),
                message=stale.message,
            )
        title = texts.pick(form.facts.title, current_language(), form.languages)
        return see_other(desk.path("sessions", code), _("“%(title)s” is saved.") % {"title": title})

    @post("/{code:str}/state", guards=CHANGE, name="sessions-desk:state")
    async def state(self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]) -> Redirect:
        session = await session_by_code(desk.conference.id, code)
        cancelled = (await typed(request)).get("state") == SessionState.CANCELLED
        state = SessionState.CANCELLED if cancelled else SessionState.ACTIVE
        await set_session_state(session.id, state, actor=desk.organiser, now=clock.now())
        told = (
            _("The session is cancelled. People are told when you publish the next release.")
            if cancelled
            else _("The session is restored.")
        )
        return see_other(desk.path("sessions", code), told)

    @post("/{code:str}/delete", guards=CHANGE, name="sessions-desk:delete")
    async def delete(
        self, request: AnyRequest, desk: NamedDependency[Desk], code: FromPath[str]
    ) -> Template | Redirect:
        session = await session_by_code(desk.conference.id, code)
        try:
            await delete_session(session.id, actor=desk.organiser, now=clock.now())
        except SessionWasReleased as refusal:
            return await session_page(
                request, desk, session, refusal=refusal.message, status=refusal.http_status
            )
        return see_other(
            desk.path("sessions"), _("“%(title)s” is deleted.") % {"title": _title(desk, session)}
        )


def _asks_for_rows(form: SessionForm, do: str) -> bool:
    """Whether a button changed the form itself rather than saving it; the form then has the rows it asked for."""
    if do == "add-person":
        form.add_rows("person")
    elif do == "add-part":
        form.add_rows(*(f"part_{code}" for code in form.languages))
    elif do == "add-link":
        form.add_rows("link_url", "link_title")
    elif do.startswith("up-") and (row := whole_number(do[3:], 3)) is not None:
        form.move_up(row)
    else:
        return False
    form.errors.clear()  # nobody asked for it to be saved yet
    return True


def note_refusal(form: SlotForm, refusal: DomainError) -> None:
    """Write a refused placing beside the field at fault."""
    part = refusal.field if isinstance(refusal, PlacingRefused) else "start"
    form.errors[form.name(part)] = refusal.message
    form.facts = None


def _title(desk: Desk, session: Session) -> str:
    return texts.pick(session.title, current_language(), languages_of(desk.conference))


def _form_context(desk: Desk, choices: Choices, form: SessionForm) -> dict[str, object]:
    language = current_language()
    own = languages_of(desk.conference)
    return {
        "form": form,
        "kinds": list(kind_names().items()),
        "roles": [(role.value, role_name(role.value)) for role in AppearanceRole],
        "tracks": list(choices.track_names.items()),
        "people": sorted(choices.people.labels.values(), key=str.casefold),
        "rooms": list(choices.room_names.items()),
        "own_languages": [(code, i18n.language_name(code, language)) for code in own],
        "other_languages": other_languages(own, language),
    }


def _new_page(
    request: AnyRequest,
    desk: Desk,
    choices: Choices,
    form: SessionForm,
    slot: SlotForm,
    *,
    status: int = 200,
) -> Template:
    errors = {**form.errors, **slot.errors}
    return desk.page(
        request,
        "session_new.html",
        "sessions",
        slot=slot,
        errors=errors,
        status=status,
        **_form_context(desk, choices, form),
    )


async def session_page(
    request: AnyRequest,
    desk: Desk,
    session: Session,
    *,
    form: SessionForm | None = None,
    slot_form: SlotForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> Template:
    """A session's page, with ``form`` or ``slot_form`` (of one of its slots, or the new one) as it was typed."""
    choices = await choices_of(desk)
    zone = desk.conference.zone
    if form is None:
        form = SessionForm.of(
            await facts_of(session),
            languages_of(desk.conference),
            session.revision,
            people=choices.people,
            tracks=choices.tracks,
        )
    if not desk.may_change:
        form.values["recording_url"] = ""
    slots = await slots_of(session.id)
    forms = {
        slot.id: slot_form
        if slot_form is not None and slot_form.prefix == slot.code
        else SlotForm.of(
            slot.code, slot_facts(slot), slot.revision, slot.start, rooms=choices.rooms, zone=zone
        )
        for slot in slots
    }
    new = (
        slot_form
        if slot_form is not None and slot_form.prefix == "slot"
        else SlotForm.blank(choices.rooms, zone, minutes=slots[-1].length_minutes if slots else 45)
    )
    return desk.page(
        request,
        "session.html",
        "sessions",
        session=session,
        title=_title(desk, session),
        slots=await slot_views(desk.conference, slots, forms),
        new_slot=new,
        new_slot_open=bool(new.errors),
        errors={**form.errors, **(slot_form.errors if slot_form else {})},
        is_cancelled=session.state == SessionState.CANCELLED,
        is_released=await was_released(desk.conference.id, session.code),
        refusal=refusal,
        status=status,
        **await session_answers(desk, session),
        **_form_context(desk, choices, form),
    )
