"""What people type on the pages of this package, read and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from conference import texts, timezones
from conference.addresses import address_key
from conference.codes import hash_secret
from conference.forms import Typed
from conference.i18n import _, current_language, lazy
from registration.asking.answering import read_answers
from registration.asking.form_files import NO_FILES, FormFiles
from registration.entries.registrations import Agreement, Details, Entry
from registration.queries import Offer, Purpose
from registration.seating.allocation import clashes
from registration.seating.offers import SeatChoice
from registration.seating.seats import placing
from sessions.programme.snapshot import ReleasedSlot

NO_SEAT = "none"
WORDS_CHANGED = lazy(
    "The words beside this box were changed meanwhile. Please read them again before you tick it."
)


@dataclass
class DetailsForm:
    """What a person says of themself: their name, where they are, and the answers to the organiser's questions."""

    values: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    details: Details = field(default_factory=lambda: Details("", "", "", ""))
    files: FormFiles = NO_FILES

    @classmethod
    def from_post(cls, values: Mapping[str, str], offer: Offer, files: FormFiles = NO_FILES) -> DetailsForm:
        typed = Typed(values)
        details = _details(typed, offer, files)
        return cls(values, typed.errors, details, files)

    @property
    def is_valid(self) -> bool:
        return not self.errors


@dataclass
class RegistrationForm:
    """The registration form. ``errors`` are in the order of its fields; the key "" is for the form as a whole."""

    values: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    details: Details = field(default_factory=lambda: Details("", "", "", ""))
    email: str = ""
    agreements: tuple[Agreement, ...] = ()
    seats: tuple[ReleasedSlot, ...] = ()
    waits: tuple[ReleasedSlot, ...] = ()
    category: int | None = None
    files: FormFiles = NO_FILES

    @classmethod
    def from_post(
        cls,
        values: Mapping[str, str],
        offer: Offer,
        choices: Sequence[SeatChoice],
        files: FormFiles = NO_FILES,
    ) -> RegistrationForm:
        typed = Typed(values)
        # Read in the order of the page, so that the list of errors runs down it.
        typed.line("name", required=True)
        email = typed.email("email")
        category = _category(typed, offer)
        details = _details(typed, offer, files)
        agreements = _agreements(typed, offer)
        seats, waits = _seats(typed, choices)
        return cls(values, typed.errors, details, email, agreements, seats, waits, category, files)

    @property
    def is_valid(self) -> bool:
        return not self.errors

    def entry(self, notice: int | None = None) -> Entry:
        """The form as the rule ``register`` takes it; only of a valid form. ``notice``: the privacy notice's version."""
        key, agreements = address_key(self.email), [replace(one, notice=notice) for one in self.agreements]
        return Entry(self.details, self.email, key, agreements, self.seats, self.waits, self.category)

    def refuse_seats(self, taken: frozenset[int], choices: Sequence[SeatChoice]) -> None:
        """Note beside each field that its seat went to someone else."""
        for choice in choices:
            if any(option.slot.id in taken and option.slot in self.seats for option in choice.options):
                open_still = any(
                    option.slot.id not in taken and not option.is_full for option in choice.options
                )
                self.errors[seat_field(choice)] = (
                    _("The last seat at this time has just gone to someone else. Please choose another time.")
                    if open_still
                    else _(
                        "The last seat has just gone to someone else. You can join the waiting list instead."
                    )
                )


def agreement_to(purpose: Purpose, languages: Sequence[str], notice: int | None = None) -> Agreement:
    """A consent to the words as this reader sees them, under this version of the privacy notice."""
    wording, language = texts.pick_with_language(purpose.wording, current_language(), languages)
    return Agreement(purpose.id, wording, language, notice)


def words_mark(agreement: Agreement) -> str:
    """What a form carries of the words beside a box, to tell whether they are still those that were read."""
    return hash_secret(f"{agreement.language}\x1f{agreement.wording}")[:16]


def is_of_these_words(agreement: Agreement, mark: str) -> bool:
    """Whether a form with this mark showed these words. One without a mark was made by who knows them."""
    return mark in ("", words_mark(agreement))


def _agreements(typed: Typed, offer: Offer) -> tuple[Agreement, ...]:
    """The consents ticked; where the words were changed since the form was opened, they are asked for anew."""
    given = []
    for purpose in offer.purposes:
        if not typed.ticked(f"consent_{purpose.code}"):
            continue
        agreement = agreement_to(purpose, offer.languages)
        if is_of_these_words(agreement, typed.raw(f"words_{purpose.code}")):
            given.append(agreement)
        else:
            typed.errors[f"consent_{purpose.code}"] = _(WORDS_CHANGED)
    return tuple(given)


def seat_field(choice: SeatChoice) -> str:
    """The form's field for the seat in a session."""
    return f"seat_{choice.session.code}"


def _details(typed: Typed, offer: Offer, files: FormFiles) -> Details:
    name = typed.line("name", required=True)
    country = _country(typed)
    zone = _zone(typed, country)
    language = typed.choice("language", offer.languages, required=False) or offer.languages[0]
    organisation = typed.line("organisation")
    given = read_answers(typed, offer.questions, files)
    return Details(name, country, zone, language, organisation, given.values, given.asked, given.files)


def _category(typed: Typed, offer: Offer) -> int | None:
    by_code = {category.code: category.id for category in offer.categories}
    return by_code.get(typed.choice("category", by_code.keys())) if by_code else None


def _country(typed: Typed) -> str:
    value = typed.raw("country").upper()
    if timezones.zones_of_country(value):
        return value
    typed.errors["country"] = _("Please choose your country.")
    return ""


def _zone(typed: Typed, country: str) -> str:
    kept = timezones.zones_of_country(country)
    if not typed.raw("zone") and len(kept) == 1:
        return kept[0]  # the country keeps one zone: nothing to choose
    if not typed.raw("zone"):
        typed.errors["zone"] = _("Please choose your time zone.")
        return ""
    return typed.zone("zone")


def wait_value(slot_code: str) -> str:
    """What the form sends for a place in the line of a full slot instead of a seat."""
    return f"wait-{slot_code}"


def _seats(
    typed: Typed, choices: Sequence[SeatChoice]
) -> tuple[tuple[ReleasedSlot, ...], tuple[ReleasedSlot, ...]]:
    """The slots in which a seat is wanted, and those whose line the person joins."""
    waits: list[tuple[SeatChoice, ReleasedSlot]] = []
    found: list[tuple[SeatChoice, ReleasedSlot]] = []
    known = set()
    for choice in choices:
        name = seat_field(choice)
        by_code = {option.slot.code: option for option in choice.options}
        known |= {name, *(f"seat_{code}" for code in by_code)}
        chosen = typed.raw(name)
        ticked = [code for code in by_code if typed.raw(f"seat_{code}") not in ("", NO_SEAT)]
        wanted = {chosen, *ticked} - {"", NO_SEAT}
        if not wanted:
            continue
        in_line = [option.slot for code, option in by_code.items() if wanted == {wait_value(code)}]
        if in_line:
            waits.append((choice, in_line[0]))
            continue
        if len(wanted) > 1 or not wanted <= by_code.keys():
            typed.errors[name] = _("Please choose one of the times.")
            continue
        option = by_code[wanted.pop()]
        if option.is_full:
            typed.errors[name] = _("There is no seat left at this time. Please choose another.")
        else:
            found.append((choice, option.slot))
    for name, value in typed.values.items():
        if name.startswith("seat_") and name not in known and value not in ("", NO_SEAT):
            typed.errors[""] = _(
                "A session you chose can no longer be booked. Please look at the list again."
            )
    _refuse_clashes(typed, [*found, *waits])
    return tuple(slot for _choice, slot in found), tuple(slot for _choice, slot in waits)


def _refuse_clashes(typed: Typed, found: Sequence[tuple[SeatChoice, ReleasedSlot]]) -> None:
    by_slot = {slot.code: choice for choice, slot in found}
    for one, other in clashes(placing(choice.session, slot) for choice, slot in found):
        title = texts.pick(by_slot[one.slot].session.title, current_language())
        typed.errors[seat_field(by_slot[other.slot])] = _(
            "This is at the same time as “%(title)s”. Please choose another time for one of them."
        ) % {"title": title}


@dataclass
class AddressForm:
    """An e-mail address alone."""

    values: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    email_key: str = ""
    email: str = ""  # ready to be sent to

    @classmethod
    def from_post(cls, values: Mapping[str, str]) -> AddressForm:
        typed = Typed(values)
        email = typed.email("email")
        return cls(values, typed.errors, address_key(email) if email else "", email)

    @property
    def is_valid(self) -> bool:
        return not self.errors
