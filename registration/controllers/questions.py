"""What the registration form asks: the organiser's own questions, and the purposes consent is asked for."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock
from conference.conferences import languages_of
from conference.errors import NotFound, StaleEdit
from conference.guards import requires
from conference.i18n import _
from conference.tables import Conference, Role
from conference.team import Permission, may
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, see_other, typed
from registration.asking.consents import CodeTaken, add_purpose, change_purpose
from registration.asking.file_limits import DEFAULT
from registration.asking.question_forms import PurposeForm, QuestionForm
from registration.asking.questions import (
    ConditionRefused,
    add_question,
    change_question,
    move_question,
)
from registration.asking.tables import QuestionKind
from registration.controllers.attendee import AT_THE_DESK, MOST_BYTES
from registration.controllers.question_pages import (
    file_values,
    kind_names,
    language_pairs,
    per_language,
    question_page,
    values_of,
)
from registration.queries import Asked, Purpose, purposes_of, questions_of


class QuestionsController(Controller):
    path = "/organise/{slug:str}/questions"
    dependencies = AT_THE_DESK
    request_max_body_size = MOST_BYTES

    @get("/", name="questions:list", guards=[requires(Permission.SEE)])
    async def show(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        role: NamedDependency[Role],
    ) -> Template:
        return page(
            request,
            "registration/desk_questions.html",
            conference=conference,
            organiser=organiser,
            section="questions",
            questions=await questions_of(conference),
            purposes=await purposes_of(conference),
            kinds=kind_names(),
            may_change=may(role, Permission.REGISTRATION),
        )

    @get("/new", name="questions:new", guards=[requires(Permission.REGISTRATION)])
    async def new(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template:
        blank = {"kind": QuestionKind.TEXT.value, "is_active": "yes", **file_values(DEFAULT)}
        form = QuestionForm(blank)
        return await question_page(request, conference, organiser, form)

    @post("/new", name="questions:add", guards=[requires(Permission.REGISTRATION)], status_code=303)
    async def add(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template | Redirect:
        form = QuestionForm.from_post({**await typed(request), "is_active": "yes"}, languages_of(conference))
        if form.facts is None:
            return await question_page(request, conference, organiser, form, 422)
        try:
            await add_question(conference, form.facts, actor=organiser, now=clock.now())
        except ConditionRefused as error:
            form.errors["show_question"] = error.message
            return await question_page(request, conference, organiser, form, 422)
        return back(conference, _("The form asks one question more."))

    @get("/{code:str}", name="questions:edit", guards=[requires(Permission.REGISTRATION)])
    async def edit(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Template:
        question = await _question(conference, code)
        return await question_page(
            request, conference, organiser, QuestionForm(values_of(question)), code=code
        )

    @post("/{code:str}", name="questions:change", guards=[requires(Permission.REGISTRATION)], status_code=303)
    async def change(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Template | Redirect:
        form = QuestionForm.from_post(await typed(request), languages_of(conference))
        question = await _question(conference, code)
        if form.facts is None:
            return await question_page(request, conference, organiser, form, 422, code=code)
        try:
            await change_question(
                conference, code, form.facts, revision=form.revision, actor=organiser, now=clock.now()
            )
        except ConditionRefused as error:
            form.errors["show_question"] = error.message
            return await question_page(request, conference, organiser, form, 422, code=code)
        except StaleEdit as error:
            form.errors[""] = error.message
            form.values = {**form.values, "revision": str(question.revision)}
            return await question_page(
                request, conference, organiser, form, 409, code=code, theirs=values_of(question)
            )
        return back(conference, _("The question is saved."))

    @post(
        "/{code:str}/move", name="questions:move", guards=[requires(Permission.REGISTRATION)], status_code=303
    )
    async def move(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Redirect:
        by = -1 if (await typed(request)).get("to") == "up" else 1
        await move_question(conference, code, by, actor=organiser, now=clock.now())
        return back(conference, "")

    @get("/purposes/new", name="purposes:new", guards=[requires(Permission.REGISTRATION)])
    async def new_purpose(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template:
        return purpose_page(request, conference, organiser, PurposeForm({"is_active": "yes"}))

    @post("/purposes/new", name="purposes:add", guards=[requires(Permission.REGISTRATION)], status_code=303)
    async def add_purpose(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template | Redirect:
        form = PurposeForm.from_post(await typed(request), languages_of(conference))
        if form.is_valid:
            try:
                await add_purpose(conference, form.code, form.wording, actor=organiser, now=clock.now())
            except CodeTaken as error:
                form.errors["code"] = error.message
            else:
                return back(conference, _("The form asks for one consent more."))
        return purpose_page(request, conference, organiser, form, 422)

    @get("/purposes/{code:str}", name="purposes:edit", guards=[requires(Permission.REGISTRATION)])
    async def edit_purpose(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Template:
        form = PurposeForm(purpose_values(await _purpose(conference, code)))
        return purpose_page(request, conference, organiser, form, code=code)

    @post(
        "/purposes/{code:str}",
        name="purposes:change",
        guards=[requires(Permission.REGISTRATION)],
        status_code=303,
    )
    async def change_purpose(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Template | Redirect:
        purpose = await _purpose(conference, code)
        form = PurposeForm.from_post(await typed(request), languages_of(conference), code)
        if not form.is_valid:
            return purpose_page(request, conference, organiser, form, 422, code=code)
        try:
            await change_purpose(
                conference,
                code,
                form.wording,
                is_active=form.is_active,
                revision=form.revision,
                actor=organiser,
                now=clock.now(),
            )
        except StaleEdit as error:
            form.errors[""] = error.message
            form.values = {**form.values, "revision": str(purpose.revision)}
            theirs = purpose_values(purpose)
            return purpose_page(request, conference, organiser, form, 409, code=code, theirs=theirs)
        return back(
            conference, _("The wording is saved. Consents given so far keep the words they were given to.")
        )


def back(conference: Conference, flash: str) -> Redirect:
    """To the list."""
    return see_other(f"/organise/{conference.slug}/questions", flash)


def purpose_values(purpose: Purpose) -> dict[str, str]:
    """A purpose as its form shows it."""
    values = {f"wording_{language}": text for language, text in purpose.wording.items()}
    values["revision"] = str(purpose.revision)
    if purpose.is_active:
        values["is_active"] = "yes"
    return values


def purpose_page(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    form: PurposeForm,
    status: int = 200,
    *,
    code: str = "",
    theirs: dict[str, str] | None = None,
) -> Template:
    """A purpose as a form; ``code`` is empty for a new one."""
    return page(
        request,
        "registration/desk_purpose.html",
        conference=conference,
        organiser=organiser,
        section="questions",
        status=status,
        code=code,
        values=form.values,
        errors=form.errors,
        theirs=per_language(theirs, "wording", conference) if theirs else None,
        theirs_active=bool(theirs and theirs.get("is_active")),
        languages=language_pairs(conference),
        wording=per_language(form.values, "wording", conference),
    )


async def _question(conference: Conference, code: str) -> Asked:
    found = next((one for one in await questions_of(conference) if one.code == code), None)
    if found is None:
        raise NotFound(_("There is no such question."))
    return found


async def _purpose(conference: Conference, code: str) -> Purpose:
    found = next((one for one in await purposes_of(conference) if one.code == code), None)
    if found is None:
        raise NotFound(_("There is no such purpose."))
    return found
