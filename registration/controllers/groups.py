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
from conference.i18n import _, ngettext
from conference.tables import Conference
from conference.web import AnyRequest, page, reader_zone, see_other, typed
from registration.asking.categories import Category
from registration.controllers.attendee import MOST_BYTES, OWN_PAGE, SENT_AWAY, private
from registration.controllers.places_shown import is_shut_out, left_words, places_now
from registration.controllers.register import choices_now, seated_programme
from registration.groups import Colleague, group_rules, members_of, register_colleagues
from registration.queries import Offer, offer_of
from registration.seating.offers import SeatChoice, seat_choices
from registration.seating.seats import SeatsTaken
from registration.tables import Registration, RegistrationAccess
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
        cls,
        values: Mapping[str, str],
        slots: Mapping[str, ReleasedSlot],
        known: Collection[str],
        categories: Mapping[str, int],
    ) -> GroupForm:
        """``slots`` are those with seats, by code, and ``categories`` those that anybody may choose; ``known`` are the
        compared addresses of the group and of its contact."""
        typed = Typed(values)
        rows: dict[int, Colleague] = {}
        for number in range(1, ROWS + 1):
            name, email, seat, kind = (f"{part}_{number}" for part in ("name", "email", "seat", "category"))
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
            category = categories.get(typed.choice(kind, categories)) if categories else None
            rows[number] = Colleague(who, address, key, wanted, category)
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
        now, offer = clock.now(), await offer_of(conference)
        programme = await seated_programme(conference, offer)
        slots = {o.slot.code: o.slot for choice in seat_choices(programme, {}, now) for o in choice.options}
        known = {address_key(registration.email), *(one.email_key for one in await members_of(registration))}
        categories = {one.code: one.id for one in open_categories(offer)}
        form = GroupForm.from_post(await typed(request), slots, known, categories)
        if is_shut_out(offer, None):
            form.errors = {"": _("Only those invited can register.")}
        if form.errors:
            return await group_page(request, conference, registration, form, 422)
        try:
            waiting = await register_colleagues(registration.id, conference, programme, form.colleagues, now)
        except SeatsTaken as error:
            form.refuse_seats(error.slots)
        except Conflict as error:  # closed, full, by invitation only, or the group is large enough
            form.errors[""] = error.message
        if form.errors:
            return await group_page(request, conference, registration, form, 422)
        said = [_("A mail has gone to each. It asks them to confirm.")]
        if waiting:
            words = ngettext(
                "%(count)s of them is on the waiting list, since all places are taken.",
                "%(count)s of them are on the waiting list, since all places are taken.",
                waiting,
            )
            said.append(words % {"count": waiting})
        return see_other(f"/{conference.slug}/me/colleagues", " ".join(said))


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
    offer, language = await offer_of(conference), i18n.current_language()
    choices, places = await choices_now(conference, offer, clock.now()), await places_now(conference, offer)
    categories = open_categories(offer)
    own = next((one.code for one in categories if one.id == registration.category), "")
    zone, _is_chosen = reader_zone(request, registration.zone)
    left = max(0, rules.most_in_group - len(members))
    return private(
        page(
            request,
            "registration/group.html",
            conference=conference,
            status=status,
            members=members,
            rows=() if is_shut_out(offer, None) else range(1, min(left, ROWS) + 1),
            left=left,
            values=form.values,
            errors=form.errors,
            seats=seat_options(choices, zone, conference.zone, language),
            categories=[
                (one.code, texts.pick(one.facts.name, language, offer.languages)) for one in categories
            ],
            own_category=own,
            places_left=[] if places is None else left_words(offer, places),
        )
    )


def open_categories(offer: Offer) -> list[Category]:
    """As what a colleague can come whom the organisers have not invited."""
    return [one for one in offer.categories if one.facts.access is not RegistrationAccess.INVITATION]


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
