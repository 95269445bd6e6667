"""What the registration form says of places: whether all are taken, how many wait, as what one may come."""

from __future__ import annotations

from dataclasses import dataclass

from conference import clock, texts
from conference.i18n import _, current_language, labelled, ngettext
from conference.tables import Conference
from registration.asking.categories import Category
from registration.entries.tables import Invitation
from registration.places.counting import places_of
from registration.queries import Offer
from registration.seating.sharing import Places
from registration.tables import RegistrationAccess


async def places_now(conference: Conference, offer: Offer) -> Places | None:
    """What has become of the places; None, and no query, where nothing limits them."""
    return await places_of(conference.id, offer.limits, clock.now()) if offer.limits.is_any else None


def is_shut_out(offer: Offer, invitation: Invitation | None) -> bool:
    """Whether somebody with this invitation, or without any, can come as nothing at all."""
    if offer.rules.access is RegistrationAccess.INVITATION and invitation is None:
        return True
    return bool(offer.categories) and not any(_is_open(one, invitation) for one in offer.categories)


def is_bound(offer: Offer, invitation: Invitation | None) -> bool:
    """Whether the invitation is what lets the person in, so that it holds for its own address alone."""
    if invitation is None:
        return False
    own = next((one for one in offer.categories if one.id == invitation.category), None)
    return offer.rules.access is RegistrationAccess.INVITATION or (
        own is not None and own.facts.access is RegistrationAccess.INVITATION
    )


def _is_open(category: Category, invitation: Invitation | None) -> bool:
    is_invited = invitation is not None and invitation.category == category.id
    return category.facts.access is not RegistrationAccess.INVITATION or is_invited


@dataclass(frozen=True)
class CategoryChoice:
    """A category on the form: ``note`` says beside it what it takes, or that one would wait."""

    code: str
    name: str
    note: str
    can_be_chosen: bool


def category_choices(
    offer: Offer, places: Places | None, invitation: Invitation | None
) -> list[CategoryChoice]:
    """Every category that is offered, those included that need an invitation this person has not."""
    language = current_language()
    found = []
    for category in offer.categories:
        can_be_chosen = _is_open(category, invitation)
        told = [texts.pick(category.facts.description, language, offer.languages)]
        if not can_be_chosen:
            told.append(_("By invitation only."))
        else:
            if needs_approval(offer, category.id, invitation):
                told.append(_("The organisers decide who comes as this."))
            if places is not None and is_full(places, category.id):
                told.append(line_words(places, category.id))
        name = texts.pick(category.facts.name, language, offer.languages)
        note = " · ".join(words for words in told if words)
        found.append(CategoryChoice(category.code, name, note, can_be_chosen))
    return found


def needs_approval(offer: Offer, category: int | None, invitation: Invitation | None) -> bool:
    """Whether the organisers say yes or no to somebody in the category; who is invited as such has their yes."""
    if not offer.limits.door(category).needs_approval:
        return False
    return invitation is None or invitation.category not in (None, category)


def is_full(places: Places, category: int | None) -> bool:
    """Whether the category is full while the conference as a whole is not: that is said once, above the form."""
    return places.has_place_for(None) and not places.has_place_for(category)


def line_words(places: Places, category: int | None = None) -> str:
    """``All 30 places are taken; you can join the waiting list (12 people wait).``; of the category, or of all."""
    limit = places.full_for(category).places
    tallies = [places.tally(category)] if category is not None else list(places.tallies.values())
    waiting = sum(tally.waiting + tally.unconfirmed for tally in tallies)
    return f"{taken_words(limit)} {waiting_words(waiting)}"


def taken_words(limit: int) -> str:
    """That all places are taken."""
    words = ngettext("The one place is taken.", "All %(count)s places are taken.", limit)
    return words % {"count": limit}


def waiting_words(waiting: int) -> str:
    """That one can wait, and how many do."""
    if not waiting:
        return _("You can join the waiting list; nobody is on it yet.")
    words = ngettext(
        "You can join the waiting list; one person is before you.",
        "You can join the waiting list; %(count)s people are before you.",
        waiting,
    )
    return words % {"count": waiting}


def left_words(offer: Offer, places: Places) -> list[str]:
    """How many more can come, where that is few: of everybody, and in each category that has its own number of places."""
    language = current_language()
    found = []
    for category in (None, *(one for one in offer.categories if one.id in places.limits)):
        left = places.left_for(category.id if category else None)
        if left is None:
            continue
        words = (
            ngettext("%(count)s place is left.", "%(count)s places are left.", left) % {"count": left}
            if left
            else _("No place is left.")
        )
        name = texts.pick(category.facts.name, language, offer.languages) if category else ""
        found.append(f"{labelled(name)} {words}" if name else words)
    return found
