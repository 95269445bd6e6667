"""Kinds of attendee, such as library staff or students, each perhaps with a number of places of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conference import texts
from conference.codes import new_code
from conference.errors import NotFound, StaleEdit
from conference.i18n import _
from conference.tables import Conference
from conference.texts import LocalText
from conference.viewer import SignedInOrganiser
from registration.asking.form_changes import note_change
from registration.locks import places_locked
from registration.tables import AttendeeCategory, RegistrationAccess


@dataclass(frozen=True)
class CategoryFacts:
    """What an organiser says of a category. ``capacity`` None is no limit of its own; ``access`` adds to the conference's."""

    name: LocalText
    description: LocalText
    capacity: int | None = None
    is_active: bool = True
    access: RegistrationAccess = RegistrationAccess.OPEN

    def as_columns(self) -> dict[str, Any]:
        """The facts as the columns of ``AttendeeCategory`` hold them."""
        return {
            "name": texts.encode(self.name),
            "description": texts.encode(self.description),
            "capacity": self.capacity,
            "is_active": self.is_active,
            "access": self.access.value,
        }


@dataclass(frozen=True)
class Category:
    """A category as it stands."""

    id: int
    code: str
    facts: CategoryFacts
    revision: int


async def categories_of(conference_id: int) -> tuple[Category, ...]:
    """Every category, those no longer offered included, in order. One query."""
    rows = (
        await AttendeeCategory.objects()
        .where(AttendeeCategory.conference == conference_id)
        .order_by(AttendeeCategory.position)
        .order_by(AttendeeCategory.id)
    )
    return tuple(Category(row.id, row.code, _facts_of(row), row.revision) for row in rows)


def _facts_of(row: AttendeeCategory) -> CategoryFacts:
    return CategoryFacts(
        texts.decode(row.name),
        texts.decode(row.description),
        row.capacity,
        row.is_active,
        RegistrationAccess(row.access),
    )


async def add_category(
    conference: Conference, facts: CategoryFacts, *, actor: SignedInOrganiser | str, now: datetime
) -> str:
    """Offer one more category, after the others; its code."""
    async with places_locked(conference.id):
        last = await AttendeeCategory.count().where(AttendeeCategory.conference == conference.id)
        row = AttendeeCategory(conference=conference.id, code=new_code(), position=last, **facts.as_columns())
        await row.save()
        await note_change(
            conference, actor, "category-added", f"category:{row.code}", {}, facts.as_columns(), now
        )
    return row.code


async def change_category(
    conference: Conference,
    code: str,
    facts: CategoryFacts,
    *,
    revision: int,
    actor: SignedInOrganiser | str,
    now: datetime,
) -> None:
    """Change a category as seen at ``revision``; who is in it stays in it. Raises NotFound, StaleEdit."""
    async with places_locked(conference.id):
        row = await _category(conference, code)
        before, after = _facts_of(row).as_columns(), facts.as_columns()
        if row.revision != revision:
            raise StaleEdit(_("Someone else changed this category meanwhile."), mine=after, theirs=before)
        changes: dict[Any, Any] = {**after, "revision": revision + 1}
        await AttendeeCategory.update(changes).where(AttendeeCategory.id == row.id)
        await note_change(conference, actor, "category-changed", f"category:{code}", before, after, now)


async def move_category(
    conference: Conference, code: str, by: int, *, actor: SignedInOrganiser | str, now: datetime
) -> None:
    """Move a category up (``by`` -1) or down (+1); at the end of the list nothing happens. Raises NotFound."""
    async with places_locked(conference.id):
        row = await _category(conference, code)
        order = [category.id for category in await categories_of(conference.id)]
        place = order.index(row.id)
        to = min(max(place + by, 0), len(order) - 1)
        if to == place:
            return
        order.insert(to, order.pop(place))
        for position, category_id in enumerate(order):
            await AttendeeCategory.update({AttendeeCategory.position: position}).where(
                AttendeeCategory.id == category_id
            )
        await note_change(
            conference,
            actor,
            "category-moved",
            f"category:{code}",
            {"position": place},
            {"position": to},
            now,
        )


async def _category(conference: Conference, code: str) -> AttendeeCategory:
    row = await (
        AttendeeCategory.objects()
        .where((AttendeeCategory.conference == conference.id) & (AttendeeCategory.code == code))
        .first()
    )
    if row is None:
        raise NotFound(_("There is no such category."))
    return row
