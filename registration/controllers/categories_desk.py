"""The kinds of attendee, as the team makes and changes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from conference import clock
from conference.conferences import languages_of
from conference.errors import NotFound, StaleEdit
from conference.forms import Typed
from conference.guards import requires
from conference.i18n import _
from conference.tables import Conference
from conference.team import Permission
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page, see_other, typed
from registration.asking.categories import (
    Category,
    CategoryFacts,
    add_category,
    categories_of,
    change_category,
    move_category,
)
from registration.controllers.attendee import AT_THE_DESK, MOST_BYTES
from registration.controllers.opening_desk import category_access_names
from registration.controllers.question_pages import language_pairs, per_language
from registration.tables import RegistrationAccess


@dataclass
class CategoryForm:
    """A category as typed."""

    values: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    facts: CategoryFacts | None = None
    revision: int = 0

    @classmethod
    def from_post(cls, values: Mapping[str, str], languages: Sequence[str]) -> CategoryForm:
        typed = Typed(values)
        name = typed.local_text("name", languages, required=True, most=100)
        description = typed.local_text("description", languages, most=300)
        capacity = typed.whole_number("capacity", least=1)
        access = typed.choice("access", [access.value for access in RegistrationAccess])
        revision = typed.whole_number("revision") or 0
        if typed.errors:
            return cls(values, typed.errors, None, revision)
        facts = CategoryFacts(
            name, description, capacity, typed.ticked("is_active"), RegistrationAccess(access)
        )
        return cls(values, {}, facts, revision)


class CategoriesController(Controller):
    path = "/organise/{slug:str}/registration/categories"
    dependencies = AT_THE_DESK
    request_max_body_size = MOST_BYTES

    @get("/new", name="categories:new", guards=[requires(Permission.REGISTRATION)])
    async def new(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template:
        return category_page(
            request, conference, organiser, CategoryForm({"is_active": "yes", "access": "open"})
        )

    @post("/new", name="categories:add", guards=[requires(Permission.REGISTRATION)], status_code=303)
    async def add(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
    ) -> Template | Redirect:
        values = {**await typed(request), "is_active": "yes"}
        form = CategoryForm.from_post(values, languages_of(conference))
        if form.facts is None:
            return category_page(request, conference, organiser, form, 422)
        await add_category(conference, form.facts, actor=organiser, now=clock.now())
        return _back(conference, _("The category is saved."))

    @get("/{code:str}", name="categories:edit", guards=[requires(Permission.REGISTRATION)])
    async def edit(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Template:
        category = await _known(conference, code)
        return category_page(request, conference, organiser, CategoryForm(values_of(category)), code=code)

    @post(
        "/{code:str}", name="categories:change", guards=[requires(Permission.REGISTRATION)], status_code=303
    )
    async def change(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Template | Redirect:
        form = CategoryForm.from_post(await typed(request), languages_of(conference))
        category = await _known(conference, code)
        if form.facts is None:
            return category_page(request, conference, organiser, form, 422, code=code)
        try:
            await change_category(
                conference, code, form.facts, revision=form.revision, actor=organiser, now=clock.now()
            )
        except StaleEdit as error:
            category = await _known(conference, code)
            form.errors[""] = error.message
            form.values = {**form.values, "revision": str(category.revision)}
            return category_page(request, conference, organiser, form, 409, code=code, theirs=category)
        return _back(conference, _("The category is saved."))

    @post(
        "/{code:str}/move",
        name="categories:move",
        guards=[requires(Permission.REGISTRATION)],
        status_code=303,
    )
    async def move(
        self,
        request: AnyRequest,
        conference: NamedDependency[Conference],
        organiser: NamedDependency[SignedInOrganiser],
        code: FromPath[str],
    ) -> Redirect:
        by = -1 if (await typed(request)).get("to") == "up" else 1
        await move_category(conference, code, by, actor=organiser, now=clock.now())
        return _back(conference, "")


def _back(conference: Conference, flash: str) -> Redirect:
    return see_other(f"/organise/{conference.slug}/registration", flash)


async def _known(conference: Conference, code: str) -> Category:
    found = next((one for one in await categories_of(conference.id) if one.code == code), None)
    if found is None:
        raise NotFound(_("There is no such category."))
    return found


def values_of(category: Category) -> dict[str, str]:
    """A category as its form shows it."""
    facts = category.facts
    values = {f"name_{language}": text for language, text in facts.name.items()}
    values |= {f"description_{language}": text for language, text in facts.description.items()}
    values["capacity"] = "" if facts.capacity is None else str(facts.capacity)
    values["access"] = facts.access.value
    values["revision"] = str(category.revision)
    if facts.is_active:
        values["is_active"] = "yes"
    return values


def category_page(
    request: AnyRequest,
    conference: Conference,
    organiser: SignedInOrganiser,
    form: CategoryForm,
    status: int = 200,
    *,
    code: str = "",
    theirs: Category | None = None,
) -> Template:
    """A category as a form; ``code`` is empty for a new one."""
    return page(
        request,
        "registration/desk_category.html",
        conference=conference,
        organiser=organiser,
        section="registration",
        status=status,
        code=code,
        values=form.values,
        errors=form.errors,
        theirs=theirs.facts if theirs else None,
        access_options=[(value, *words) for value, words in category_access_names().items()],
        languages=language_pairs(conference),
        name=per_language(form.values, "name", conference),
        description=per_language(form.values, "description", conference),
    )
