"""The organiser's desk: my conferences, a new one, one conference's overview and its record of changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from conference import audit_words, clock, conferences, dates, desk, team
from conference.conference_form import ConferenceForm, field_labels
from conference.errors import Forbidden, InvalidInput
from conference.guards import AT_THE_DESK, SIGNED_IN, requires, signed_in
from conference.i18n import _, current_language
from conference.mail import trouble
from conference.tables import Conference, RegistrationState, Role
from conference.team import Permission, may
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, page_number, reader_zone, see_other, settings_of, typed
from conference.zone_choices import zone_pairs


class DeskController(Controller):
    path = "/organise"
    guards = (signed_in,)
    dependencies = SIGNED_IN

    @get("/", name="desk:home")
    async def home(self, request: AnyRequest, organiser: NamedDependency[SignedInOrganiser]) -> Template:
        now = clock.now()
        cards = [
            desk.card(conference, role, dates.local_date(now, conference.zone))
            for conference, role in await conferences.conferences_of(organiser.id)
        ]
        return page(
            request,
            "conference/desk.html",
            organiser=organiser,
            coming=sorted((card for card in cards if not card.is_over), key=lambda card: card.starts_on),
            past=[card for card in cards if card.is_over],
            role_names=team.role_names(),
            may_create=organiser.may_create,
        )

    @get("/new", name="desk:new")
    async def new(self, request: AnyRequest, organiser: NamedDependency[SignedInOrganiser]) -> Template:
        _refuse_unless_may_create(organiser)
        # Their own zone is a good guess; a server's is none.
        zone, is_chosen = reader_zone(request, organiser.zone)
        form = ConferenceForm.blank(
            zone=zone if is_chosen or organiser.zone else "",
            language=current_language(),
            contact=organiser.email,
        )
        return _new_page(request, organiser, form)

    @post("/new", name="desk:create")
    async def create(
        self, request: AnyRequest, organiser: NamedDependency[SignedInOrganiser]
    ) -> Redirect | Template:
        _refuse_unless_may_create(organiser)
        values = await typed(request)
        form = ConferenceForm.from_post(values)
        if values.get("step") == "languages":
            form.errors = {key: text for key, text in form.errors.items() if key == "languages"}
            return _new_page(request, organiser, form, status=422 if form.errors else 200)
        if form.facts is None:
            return _new_page(request, organiser, form, status=422)
        try:
            conference = await conferences.create_conference(
                form.facts, actor=organiser, uid_host=settings_of(request).base_host, now=clock.now()
            )
        except conferences.SlugTaken as error:
            form.errors["slug"] = error.message
            return _new_page(request, organiser, form, status=422)
        return see_other(
            f"/organise/{conference.slug}/", _("Your conference is there. Here is what comes next.")
        )


class OverviewController(Controller):
    path = "/organise/{slug:str}"
    dependencies = AT_THE_DESK

    @get("/", name="desk:overview", guards=[requires(Permission.SEE)])
    async def overview(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
    ) -> Template:
        counts = await _counts(request, conference.id)
        members = await team.team_of(conference.id)
        recent, _has_more = await audit_words.entries_of(conference.id, size=6)
        today = dates.local_date(clock.now(), conference.zone)
        return page(
            request,
            "conference/overview.html",
            conference=conference,
            organiser=organiser,
            section="overview",
            card=desk.card(conference, role, today),
            steps=desk.next_steps(conference, counts, len(members)),
            counts=counts,
            team_size=len(members),
            may_open=may(role, Permission.REGISTRATION),
            stuck=await trouble.stuck(clock.now()),
            files_away=await request.app.state.storage.away_lately(),
            may_change=may(role, Permission.REGISTRATION),
            role_name=team.role_names()[role],
            recent=recent,
        )

    @post(
        "/registration-state",
        name="desk:registration-state",
        guards=[requires(Permission.REGISTRATION)],
    )
    async def set_registration_state(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Redirect:
        wanted = (await typed(request)).get("state", "")
        if wanted not in list(RegistrationState):
            raise InvalidInput(_("Registration is either open or closed."))
        state = RegistrationState(wanted)
        await conferences.set_registration_state(conference, state, actor=organiser, now=clock.now())
        is_open = state == RegistrationState.OPEN
        flash = _("Registration is open.") if is_open else _("Registration is closed.")
        return see_other(f"/organise/{conference.slug}/", flash)

    @get("/log", name="desk:log", guards=[requires(Permission.SEE)])
    async def log(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template:
        number = page_number(request)
        entries, has_more = await audit_words.entries_of(conference.id, page=number)
        return page(
            request,
            "conference/log.html",
            conference=conference,
            organiser=organiser,
            section="log",
            entries=entries,
            newer=f"?page={number - 1}" if number > 1 else "",
            older=f"?page={number + 1}" if has_more else "",
            number=number,
        )


async def _counts(request: AnyRequest, conference_id: int) -> Mapping[str, int]:
    """What the packages above count for the overview (see ``desk.CountsOf``)."""
    counts: dict[str, int] = {}
    for count in getattr(request.app.state, "desk_counts", ()):
        counts.update(await count(conference_id))
    return counts


def _refuse_unless_may_create(organiser: SignedInOrganiser) -> None:
    if not organiser.may_create:
        raise Forbidden(_("Your account may not create conferences. Whoever runs this server can allow it."))


def _new_page(
    request: AnyRequest, organiser: SignedInOrganiser, form: ConferenceForm, *, status: int = 200
) -> Template:
    context: dict[str, Any] = {
        "form": form,
        "labels": field_labels(),
        "zones": zone_pairs(),
        "base_url": settings_of(request).base_url,
    }
    return page(request, "conference/new.html", organiser=organiser, status=status, **context)
