"""Who may register, when and how many: the rules as the team sees and changes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from conference import clock, dates, i18n, timezones
from conference.errors import StaleEdit
from conference.forms import Typed
from conference.guards import requires
from conference.i18n import _
from conference.tables import Conference, RegistrationState, Role
from conference.team import Permission, may
from conference.timezones import LocalTimeError
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, reader_zone, see_other, typed
from registration.asking.categories import categories_of
from registration.controllers.attendee import AT_THE_DESK, MOST_BYTES
from registration.entries.opening_rules import change_rules, rules_of
from registration.opening import Rules, stage_of
from registration.places.counting import limits_of, places_of
from registration.tables import RegistrationAccess


@dataclass
class RulesForm:
    """The rules as typed: wall times of the conference's zone."""

    values: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)

    @classmethod
    def from_post(cls, values: Mapping[str, str], zone: str) -> RulesForm:
        typed = Typed(values)
        access = typed.choice("access", [access.value for access in ACCESS])
        opens, closes = (_instant(typed, name, zone) for name in ("opens", "closes"))
        if opens and closes and closes <= opens:
            typed.errors["closes"] = _("Registration would close before it opens.")
        capacity = typed.whole_number("capacity", least=1)
        hours = typed.whole_number("offer_hours", required=True, least=1, most=MOST_HOURS) or 0
        revision = typed.whole_number("revision") or 0
        if typed.errors:
            return cls(values, typed.errors)
        interest = typed.ticked("takes_interest")
        rules = Rules(RegistrationAccess(access), opens, closes, capacity, interest, hours, revision)
        return cls(values, {}, rules)

    @property
    def is_valid(self) -> bool:
        return not self.errors


ACCESS = tuple(RegistrationAccess)
MOST_HOURS = 24 * 14  # that an offer may stand


def _instant(typed: Typed, name: str, zone: str) -> datetime | None:
    wall = typed.wall_clock(name, required=False)
    if wall is None:
        return None
    try:
        return timezones.to_utc(wall, zone)
    except LocalTimeError as error:
        typed.errors[name] = error.message
        return None


class OpeningController(Controller):
    path = "/organise/{slug:str}/registration"
    dependencies = AT_THE_DESK
    request_max_body_size = MOST_BYTES

    @get("/", name="opening:show", guards=[requires(Permission.SEE)])
    async def show(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
    ) -> Template:
        rules = await rules_of(conference.id)
        form = RulesForm(values_of(rules, conference.zone))
        return await rules_page(request, conference, organiser, role, form)

    @post("/", name="opening:change", guards=[requires(Permission.REGISTRATION)], status_code=303)
    async def change(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
    ) -> Template | Redirect:
        form = RulesForm.from_post(await typed(request), conference.zone)
        if not form.is_valid:
            return await rules_page(request, conference, organiser, role, form, 422)
        try:
            await change_rules(conference, form.rules, actor=organiser, now=clock.now())
        except StaleEdit as error:
            form.errors[""] = error.message
            now_kept = await rules_of(conference.id)
            form.values = {**form.values, "revision": str(now_kept.revision)}
            return await rules_page(request, conference, organiser, role, form, 409, theirs=now_kept)
        return see_other(
            f"/organise/{conference.slug}/registration", _("The rules of registration are saved.")
        )


def values_of(rules: Rules, zone: str) -> dict[str, str]:
    """The rules as the form's fields hold them."""
    return {
        "access": rules.access.value,
        "opens": _wall(rules.opens_at, zone),
        "closes": _wall(rules.closes_at, zone),
        "capacity": "" if rules.capacity is None else str(rules.capacity),
        "takes_interest": "yes" if rules.takes_interest else "",
        "offer_hours": str(rules.offer_hours),
        "revision": str(rules.revision),
    }


def _wall(instant: datetime | None, zone: str) -> str:
    return timezones.wall_time(instant, zone).strftime("%Y-%m-%dT%H:%M") if instant else ""


async def rules_page(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    role: Role,
    form: RulesForm,
    status: int = 200,
    *,
    theirs: Rules | None = None,
) -> Template:
    """The rules as a form, with where registration stands now."""
    language, now = i18n.current_language(), clock.now()
    kept = theirs or await rules_of(conference.id)
    limits = await limits_of(conference.id)
    places = await places_of(conference.id, limits, now)
    tallies = list(places.tallies.values())
    own, _is_chosen = reader_zone(request, organiser.zone or conference.zone)
    return page(
        request,
        "registration/desk_rules.html",
        conference=conference,
        organiser=organiser,
        section="registration",
        status=status,
        values=form.values,
        errors=form.errors,
        theirs=_told(theirs, conference.zone, language) if theirs else None,
        access_options=list(access_names().items()),
        stage=stage_of(conference.registration_state == RegistrationState.OPEN, kept, now).value,
        kept=kept,
        categories=await categories_of(conference.id),
        places=places,
        access_of={name: words[0] for name, words in category_access_names().items()},
        taken=sum(tally.taken for tally in tallies),
        offered=sum(tally.offered for tally in tallies),
        waiting=sum(tally.waiting + tally.unconfirmed for tally in tallies),
        told=_told(kept, own, language),
        told_home=_told(kept, conference.zone, language),
        zone_label=dates.zone_name(conference.zone, now, language),
        own_zone_label=dates.zone_name(own, now, language) if own != conference.zone else "",
        may_change=may(role, Permission.REGISTRATION),
    )


def _told(rules: Rules, zone: str, language: str) -> dict[str, str]:
    """The rules in words, with times on the zone's clock."""
    return {
        "access": access_names()[rules.access.value][0],
        "opens": moment(rules.opens_at, zone, language),
        "closes": moment(rules.closes_at, zone, language),
        "capacity": _("no limit") if rules.capacity is None else str(rules.capacity),
    }


def moment(instant: datetime | None, zone: str, language: str) -> str:
    """``Thursday 25 June 2026, 14:30`` on the zone's clock; "" for None."""
    if instant is None:
        return ""
    day = dates.long_day(dates.local_date(instant, zone), language)
    return dates.day_and_time(day, dates.clock_time(instant, zone, language), language)


def moment_named(instant: datetime | None, zone: str, language: str) -> str:
    """``Thursday 25 June 2026, 14:30 (India Standard Time)``; "" for None."""
    return (
        f"{moment(instant, zone, language)} ({dates.zone_name(zone, instant, language)})" if instant else ""
    )


def category_access_names() -> dict[str, tuple[str, str]]:
    """Who may choose a category: a name and a word more of each."""
    return {
        RegistrationAccess.OPEN.value: (
            _("Whoever may register"),
            _("Nothing is asked beyond what holds for the conference."),
        ),
        RegistrationAccess.APPROVAL.value: (
            _("Whoever you approve"),
            _("Who confirms their address waits for your word; workshops they chose are wishes until then."),
        ),
        RegistrationAccess.INVITATION.value: (
            _("Only those you invite as this"),
            _("On the form it can be chosen with the link in such an invitation alone."),
        ),
    }


def access_names() -> dict[str, tuple[str, str]]:
    """Who may register: a name and a word more of each."""
    return {
        RegistrationAccess.OPEN.value: (
            _("Everybody"),
            _("Who confirms their address takes part."),
        ),
        RegistrationAccess.APPROVAL.value: (
            _("Everybody, once you have approved them"),
            _(
                "Who confirms their address waits for your word; seats are chosen after that. Whom you invite has your yes already."
            ),
        ),
        RegistrationAccess.INVITATION.value: (
            _("Only those you invite"),
            _("The form opens with the link in the invitation alone."),
        ),
    }
