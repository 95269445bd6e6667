"""The desk's pages about what sessions are to leave behind: by their kind, and the exceptions of one."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock, texts
from conference.conferences import languages_of
from conference.errors import NotFound, StaleEdit
from conference.i18n import _, current_language
from conference.web import AnyRequest, see_other, typed
from sessions.controllers.desk import AT_THE_DESK, Desk
from sessions.controllers.pack_pages import PROGRAMME, session_choices
from sessions.desk_words import differences
from sessions.packs.collecting.expectations import change_rules, exceptions_in, expect_of_session, rules_of
from sessions.packs.collecting.expected_form import RulesForm, expected_options, rules_in_words, session_kinds
from sessions.packs.collecting.owed import EXPECTED_KINDS, OWING_KINDS, expected_kinds
from sessions.packs.collecting.owing import owing_session
from sessions.packs.resource_words import access_options, kind_name, licence_options


class ResourceRulesController(Controller):
    path = "/organise/{slug:str}/resources/expected"
    dependencies = AT_THE_DESK
    guards = PROGRAMME

    @get("/", name="resource-rules:show")
    async def show(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template:
        rules, revision = await rules_of(desk.conference.id)
        return await _page(request, desk, RulesForm.of(rules, revision, languages_of(desk.conference)))

    @post("/", name="resource-rules:change", status_code=303)
    async def change(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Template | Redirect:
        rules, _revision = await rules_of(desk.conference.id)
        form = RulesForm.from_post(await typed(request), rules, languages_of(desk.conference))
        if form.facts is None or "edit" in form.values.get("do", ""):
            return await _page(request, desk, form, status=422 if form.errors else 200)
        try:
            await change_rules(
                desk.conference, form.facts, revision=form.revision, actor=desk.organiser, now=clock.now()
            )
        except StaleEdit as stale:
            theirs, revision = await rules_of(desk.conference.id)
            page = desk.path("resources", "expected")
            return desk.stale_page(
                request,
                "resources",
                action=page,
                back=page,
                kept=form.kept,
                revision_field="revision",
                revision=revision,
                differences=differences(rules_in_words(form.facts), rules_in_words(theirs)),
                message=stale.message,
            )
        return see_other(desk.path("resources", "chase"), _("What is expected is saved."))

    @get("/{session:str}", name="resource-rules:session")
    async def session(
        self, request: AnyRequest, desk: NamedDependency[Desk], session: FromPath[str]
    ) -> Template:
        language, languages = current_language(), languages_of(desk.conference)
        found = await owing_session(desk.conference, session)
        if found is None:
            raise NotFound(_("There is no such session."))
        rules, _revision = await rules_of(desk.conference.id)
        by_rule = rules.expects.get(found.kind, ()) if found.kind in OWING_KINDS else ()
        return desk.page(
            request,
            "resource_expected.html",
            "resources",
            action=desk.path("resources", "expected", found.code),
            title=texts.pick(found.title, language, languages) or _("Untitled"),
            kind=found.kind,
            options=expected_options(),
            values={f"x_{kind}": "yes" for kind in expected_kinds(found, rules.expects)},
            by_rule=[kind_name(kind) for kind in by_rule],
            there=sorted({kind_name(one.kind) for one in found.there}),
        )

    @post("/{session:str}", name="resource-rules:expect", status_code=303)
    async def expect(
        self, request: AnyRequest, desk: NamedDependency[Desk], session: FromPath[str]
    ) -> Redirect:
        sent = await typed(request)
        kinds = [kind for kind in EXPECTED_KINDS if sent.get(f"x_{kind}")]
        await expect_of_session(desk.conference, session, kinds, actor=desk.organiser, now=clock.now())
        return see_other(desk.path("resources", "chase"), _("What is expected of the session is saved."))


async def _page(request: AnyRequest, desk: Desk, form: RulesForm, *, status: int = 200) -> Template:
    language = current_language()
    exceptions = await exceptions_in(desk.conference.id)
    sessions = [
        (choice.code, texts.pick(choice.title, language) or choice.code)
        for choice in await session_choices(desk)
    ]
    return desk.page(
        request,
        "resource_rules.html",
        "resources",
        form=form,
        action=desk.path("resources", "expected"),
        session_kinds=session_kinds(),
        options=expected_options(),
        licence_names=[(code, name) for code, name, _means in licence_options()],
        access_options=access_options(),
        differing=[
            (
                code,
                title,
                [kind_name(kind) for kind in EXPECTED_KINDS if exceptions[code].get(kind) is True],
                [kind_name(kind) for kind in EXPECTED_KINDS if exceptions[code].get(kind) is False],
            )
            for code, title in sessions
            if code in exceptions
        ],
        others=[(code, title) for code, title in sessions if code not in exceptions],
        status=status,
    )
