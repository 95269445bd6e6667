"""A person registers colleagues from their own page, and sees how far each of them is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from conference import clock, i18n, texts
from conference.addresses import address_key
from conference.errors import Conflict, NotFound
from conference.forms import Typed
from conference.i18n import _
from conference.tables import Conference
from conference.web import AnyRequest, page, reader_zone, see_other, typed
from registration.controllers.attendee import MOST_BYTES, OWN_PAGE, SENT_AWAY, private
from registration.controllers.register import seated_programme
from registration.groups import Colleague, group_rules, members_of, register_colleagues
from registration.queries import offer_of
from registration.seating.offers import SeatChoice, seat_choices
from registration.seating.passing_on import spoken_for_in
from registration.seating.seats import SeatsTaken
from registration.tables import Registration
from registration.views import when
from sessions.programme.snapshot import ReleasedSlot

ROWS = 5  # on one form; whoever has more sends it again


@dataclass
class GroupForm:
    """Rows of name, address and workshop. An empty row is none; ``errors`` are by the fields of the rows."""

    values: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    colleagues: tuple[Colleague, ...] = ()
    rows: dict[int, Colleague] = field(default_factory=dict)

    @classmethod
    def from_post(
        cls, values: Mapping[str, str], slots: Mapping[str, ReleasedSlot], known: Collection[str]
    ) -> GroupForm:
        """``slots`` are those with seats, by code; ``known`` the compared addresses of the group and of its contact."""
        typed = Typed(values)
        rows: dict[int, Colleague] = {}
        for number in range(1, ROWS + 1):
            name, email, seat = (f"{part}_{number}" for part in ("name", "email", "seat"))
            if not typed.raw(name) and not typed.raw(email):
                continue
            who, address = typed.line(name, required=True), typed.email(email)
            code = typed.raw(seat)
            if code and code not in slots:
                typed.errors[seat] = _("This session can no longer be booked. Please choose another.")
            if not address:
                continue
            key = address_key(address)
            if any(key == other.email_key for other in rows.values()):
                typed.errors[email] = _("This address stands in another row already.")
            elif key in known:
                typed.errors[email] = _("This address is registered in your group already.")
            wanted = (slots[code],) if code in slots else ()
            rows[number] = Colleague(who, address, key, wanted)
        if not rows and not typed.errors:
            typed.errors["name_1"] = _("Please fill in at least one row.")
        return cls(values, typed.errors, tuple(rows.values()), rows)

    def refuse_seats(self, taken: Collection[int]) -> None:
        """Say beside each row whose workshop has become full."""
        for number, colleague in self.rows.items():
            if any(slot.id in taken for slot in colleague.seats):
                self.errors[f"seat_{number}"] = _("There are not enough seats left at this time.")


class GroupController(Controller):
    """Colleagues of somebody who is registered."""

    path = "/{slug:str}/me/colleagues"
    dependencies = OWN_PAGE
    exception_handlers = SENT_AWAY
    request_max_body_size = MOST_BYTES

    @get("/", name="me:colleagues")
    async def show(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        registration: NamedDependency[Registration],
    ) -> Template:
        return await group_page(request, conference, registration, GroupForm({}))

    @post("/", name="me:register-colleagues", status_code=303)
    async def register(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        registration: NamedDependency[Registration],
    ) -> Template | Redirect:
        now = clock.now()
        programme = await seated_programme(conference, await offer_of(conference))
        slots = {o.slot.code: o.slot for choice in seat_choices(programme, {}, now) for o in choice.options}
        known = {address_key(registration.email), *(one.email_key for one in await members_of(registration))}
        form = GroupForm.from_post(await typed(request), slots, known)
        if form.errors:
            return await group_page(request, conference, registration, form, 422)
        try:
            await register_colleagues(registration.id, conference, programme, form.colleagues, now)
        except SeatsTaken as error:
            form.refuse_seats(error.slots)
        except Conflict as error:  # closed, full, by invitation only, or the group is large enough
            form.errors[""] = error.message
        if form.errors:
            return await group_page(request, conference, registration, form, 422)
        return see_other(
            f"/{conference.slug}/me/colleagues", _("A mail has gone to each. It asks them to confirm.")
        )


async def group_page(
    request: AnyRequest,
    conference: Conference,
    registration: Registration,
    form: GroupForm,
    status: int = 200,
) -> Template:
    """The colleagues so far, and rows for more. Raises NotFound where the conference registers no groups."""
    rules, members = await group_rules(conference.id), await members_of(registration)
    if not rules.takes_groups:
        raise NotFound(_("This conference does not register groups."))
    now = clock.now()
    programme = await seated_programme(conference, await offer_of(conference))
    choices = seat_choices(programme, await spoken_for_in(programme), now)
    zone, _is_chosen = reader_zone(request, registration.zone)
    left = max(0, rules.most_in_group - len(members))
    return private(
        page(
            request,
            "registration/group.html",
            conference=conference,
            status=status,
            members=members,
            rows=range(1, min(left, ROWS) + 1),
            left=left,
            values=form.values,
            errors=form.errors,
            seats=seat_options(choices, zone, conference.zone, i18n.current_language()),
        )
    )


def seat_options(
    choices: Sequence[SeatChoice], zone: str, home: str, language: str
) -> list[tuple[str, list[tuple[str, str]]]]:
    """The slots with a seat left, under the titles of their sessions."""
    return [
        (
            texts.pick(choice.session.title, language),
            [
                (option.slot.code, when(option.slot.start, option.slot.end, zone, home, language).here)
                for option in choice.options
                if not option.is_full
            ],
        )
        for choice in choices
        if not all(option.is_full for option in choice.options)
    ]
