"""The desk's page about what a conference asks of its schedule."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from conference import clock, timezones
from conference.errors import StaleEdit
from conference.guards import requires
from conference.i18n import _, current_language
from conference.team import Permission
from conference.web import AnyRequest, see_other, typed
from sessions.controllers.desk import AT_THE_DESK, Desk
from sessions.desk_words import differences
from sessions.schedule.conflict_kinds import ConflictKind
from sessions.schedule.rules import change_rules, schedule_rules
from sessions.schedule.rules_form import RulesForm, facts_in_words, field_labels, level_choices, rule_words


class ScheduleRulesController(Controller):
    path = "/organise/{slug:str}/schedule/rules"
    dependencies = AT_THE_DESK

    @get("/", guards=[requires(Permission.SEE)], name="schedule-rules:show")
    async def show(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template:
        return _page(request, desk, RulesForm.of(*await schedule_rules(desk.conference.id)))

    @post("/", guards=[requires(Permission.PROGRAMME)], name="schedule-rules:change")
    async def change(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template | Redirect:
        sent = await typed(request)
        before, _revision = await schedule_rules(desk.conference.id)
        form = RulesForm.from_post(sent, before)
        if sent.get("do") == "add-country":
            form.errors = {}  # nothing is being saved yet
            form.add_rows("audience_country", "audience_share")
            return _page(request, desk, form)
        if form.facts is None or sent.get("do") == "edit":
            return _page(request, desk, form, status=422 if form.errors else 200)
        try:
            await change_rules(
                desk.conference, form.facts, revision=form.revision, actor=desk.organiser, now=clock.now()
            )
        except StaleEdit as stale:
            theirs, revision = await schedule_rules(desk.conference.id)
            names = dict(timezones.countries(current_language()))
            return desk.stale_page(
                request,
                "schedule",
                action=desk.path("schedule", "rules"),
                back=desk.path("schedule", "rules"),
                kept=form.kept,
                revision_field="revision",
                revision=revision,
                differences=differences(facts_in_words(form.facts, names), facts_in_words(theirs, names)),
                message=stale.message,
            )
        return see_other(desk.path("schedule", "rules"), _("The rules are saved."))


def _page(request: AnyRequest, desk: Desk, form: RulesForm, *, status: int = 200) -> Template:
    countries = list(timezones.countries(current_language()))
    known = {code for code, _name in countries}
    # A file may have named zones: large countries keep several.
    others = {form.value(f"audience_country_{number}") for number in form.audience_rows} - known - {""}
    return desk.page(
        request,
        "schedule_rules.html",
        "schedule",
        status=status,
        form=form,
        rules=[(kind.value, rule_words(kind), form.level(kind)) for kind in ConflictKind],
        levels=level_choices(),
        labels=field_labels(form),
        countries=countries + [(name, name) for name in sorted(others)],
    )
