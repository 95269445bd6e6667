"""What the organiser says of a sheet: what each column is, what holds where a row says nothing, what people are sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from conference import timezones
from conference.forms import Typed
from conference.i18n import _
from registration.importing.columns import LEFT_OUT, SEVERAL
from registration.importing.reading import MailChoice, Plan
from registration.queries import Offer


@dataclass
class ColumnsForm:
    """``values`` has a field ``column_<number>`` for each column; ``plan`` is there when nothing is wrong."""

    values: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    plan: Plan | None = None

    @classmethod
    def of(cls, plan: Plan) -> ColumnsForm:
        """The form as the organiser left it, or with what was guessed."""
        columns = {f"column_{number}": target for number, target in enumerate(plan.columns)}
        return cls({**columns, **{name: str(value) for name, value in plan.as_options().items()}})

    @classmethod
    def from_post(
        cls, values: Mapping[str, str], width: int, targets: Collection[str], offer: Offer
    ) -> ColumnsForm:
        """``targets`` are what a column may be, ``width`` is the number of columns."""
        typed = Typed(values)
        columns = [
            typed.choice(f"column_{number}", {*targets, LEFT_OUT}, required=False) for number in range(width)
        ]
        for number, target in enumerate(columns):
            if target and target not in SEVERAL and target in columns[:number]:
                typed.errors[f"column_{number}"] = _("Another column is this already.")
        if not typed.errors:
            typed.errors |= _missing(columns)
        mail = typed.choice("mail", [choice.value for choice in MailChoice])
        country = typed.raw("country")
        if country and not timezones.zones_of_country(country):
            typed.errors["country"] = _("Please choose a country.")
        language = typed.choice("language", offer.languages, required=False)
        category = typed.choice("category", [category.code for category in offer.categories], required=False)
        if typed.errors:
            return cls(values, typed.errors)
        return cls(values, {}, Plan(tuple(columns), MailChoice(mail), country, language, category))


def _missing(columns: Sequence[str]) -> dict[str, str]:
    if "email" not in columns:
        return {"": _("Please say which column holds the e-mail addresses.")}
    if not {"name", "first", "last"} & set(columns):
        return {"": _("Please say which column holds the names.")}
    return {}
