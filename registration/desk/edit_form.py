"""The form in which the team changes a person's registration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from conference.addresses import address_key
from conference.forms import Typed
from registration.asking.answering import answer_fields
from registration.asking.form_files import NO_FILES, FormFiles
from registration.asking.forms import DetailsForm
from registration.desk.editing import Edited
from registration.desk.lists import Category
from registration.queries import Asked, Mine, Offer


@dataclass
class EditForm:
    """The registration as typed; ``edited`` is there when nothing is wrong."""

    values: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    edited: Edited | None = None
    files: FormFiles = NO_FILES

    @classmethod
    def of(cls, mine: Mine, questions: Sequence[Asked], categories: Sequence[Category]) -> EditForm:
        """The registration as it stands."""
        kept = mine.registration
        codes = {category.id: category.code for category in categories}
        values = {
            "name": kept.name,
            "email": kept.email,
            "country": kept.country,
            "zone": kept.zone,
            "language": kept.language,
            "organisation": kept.organisation,
            "category": codes.get(kept.category, ""),
            "note": kept.organiser_note,
            "revision": str(kept.revision),
        }
        for question in questions:
            values |= answer_fields(question, mine.answers.get(question.id, ""))
        return cls(values)

    @classmethod
    def from_post(
        cls,
        values: Mapping[str, str],
        offer: Offer,
        categories: Sequence[Category],
        files: FormFiles = NO_FILES,
    ) -> EditForm:
        """Read what was typed. No answer is required: the team cannot know what the person would say."""
        typed = Typed(values)
        email = typed.email("email")
        code = typed.choice("category", [category.code for category in categories], required=False)
        note = typed.text("note", most=5000)
        said = DetailsForm.from_post(values, lenient(offer), files)
        errors = {**said.errors, **typed.errors}
        if errors:
            return cls(values, errors, None, files)
        category = next((one.id for one in categories if one.code == code), None)
        edited = Edited(
            said.details, email, address_key(email), category, note, beyond_limit="beyond_limit" in values
        )
        return cls(values, {}, edited, files)


def lenient(offer: Offer) -> Offer:
    """The offer with no question that must be answered."""
    return replace(
        offer, questions=tuple(replace(question, is_required=False) for question in offer.questions)
    )
