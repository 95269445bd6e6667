"""Reads used by more than one page."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from conference import texts
from conference.conferences import languages_of
from conference.db import Database, connection_scope, current_engine
from conference.tables import Conference
from conference.texts import LocalText
from registration.asking import conditions
from registration.asking.categories import Category, categories_of
from registration.asking.conditions import Condition
from registration.asking.file_limits import DEFAULT, FileLimits
from registration.asking.tables import Answer, Consent, ConsentPurpose, Question, QuestionKind
from registration.calendars.invites import Told
from registration.calendars.sync import last_told
from registration.calendars.tables import AgendaItem
from registration.entries.opening_rules import rules_of
from registration.opening import Rules
from registration.places.counting import Limits, limits_of
from registration.seating.tables import Seat
from registration.tables import Registration
from sessions.programme.snapshot import ReleasedProgramme


@dataclass(frozen=True)
class Asked:
    """A question as the form shows it."""

    id: int
    code: str
    kind: QuestionKind
    label: LocalText
    help: LocalText
    choices: tuple[LocalText, ...]
    is_required: bool
    is_active: bool
    revision: int
    show_if: Condition | None = None
    least: int | None = None  # of a number
    most: int | None = None
    file: FileLimits = DEFAULT  # of a file


@dataclass(frozen=True)
class Purpose:
    """Something consent is asked for."""

    id: int
    code: str
    wording: LocalText
    is_active: bool
    revision: int = 1


@dataclass(frozen=True)
class Offer:
    """What a conference's registration form asks, beside name and place."""

    languages: tuple[str, ...]
    questions: tuple[Asked, ...] = ()
    purposes: tuple[Purpose, ...] = ()
    rules: Rules = field(default_factory=Rules)
    categories: tuple[Category, ...] = ()
    limits: Limits = field(default_factory=Limits)


# The last offer of each conference, per database; every change of one moves the conference's public version.
_offers: WeakKeyDictionary[Database, dict[int, tuple[int, Offer]]] = WeakKeyDictionary()


async def offer_of(conference: Conference) -> Offer:
    """What the form asks now, and of whom. Five queries, none while nothing public has changed since the last time."""
    kept = _offers.setdefault(current_engine(), {})
    version, offer = kept.get(conference.id, (-1, None))
    if offer is None or version != conference.public_version:
        offer = Offer(
            languages_of(conference),
            tuple(question for question in await questions_of(conference) if question.is_active),
            tuple(purpose for purpose in await purposes_of(conference) if purpose.is_active),
            await rules_of(conference.id),
            tuple(one for one in await categories_of(conference.id) if one.facts.is_active),
            await limits_of(conference.id),
        )
        kept[conference.id] = (conference.public_version, offer)
    return offer


async def questions_of(conference: Conference) -> tuple[Asked, ...]:
    """Every question ever asked, those asked no more included, in order."""
    rows = (
        await Question.select()
        .where(Question.conference == conference.id)
        .order_by(Question.position)
        .order_by(Question.id)
    )
    return tuple(
        Asked(
            id=row["id"],
            code=row["code"],
            kind=QuestionKind(row["kind"]),
            label=texts.decode(row["label"]),
            help=texts.decode(row["help"]),
            choices=tuple(texts.decode(choice) for choice in json.loads(row["choices"])),
            is_required=row["is_required"],
            is_active=row["is_active"],
            revision=row["revision"],
            show_if=conditions.decode(row["show_if"]),
            least=json.loads(row["limits"]).get("least"),
            most=json.loads(row["limits"]).get("most"),
            file=FileLimits.from_column(json.loads(row["limits"])),
        )
        for row in rows
    )


async def purposes_of(conference: Conference) -> tuple[Purpose, ...]:
    """Every purpose consent was ever asked for, in order."""
    rows = (
        await ConsentPurpose.select()
        .where(ConsentPurpose.conference == conference.id)
        .order_by(ConsentPurpose.position)
        .order_by(ConsentPurpose.id)
    )
    return tuple(
        Purpose(row["id"], row["code"], texts.decode(row["wording"]), row["is_active"], row["revision"])
        for row in rows
    )


async def taken_seats(slot_ids: Collection[int]) -> dict[int, int]:
    """How many seats are taken in each of these slots (row ids); one query, none where there is nothing to ask."""
    if not slot_ids:
        return {}
    marks = ", ".join("{}" for _slot in slot_ids)
    rows = await Seat.raw(
        f"SELECT slot, COUNT(*) AS taken FROM seat WHERE slot IN ({marks}) GROUP BY slot",  # noqa: S608 - only placeholders are put in
        *slot_ids,
    )
    return {row["slot"]: row["taken"] for row in rows}


@dataclass(frozen=True)
class Chosen:
    """What one registration is in: ``seats`` and ``agenda`` are row ids of slots; ``told``, the last invite of each, by the same."""

    seats: frozenset[int]
    agenda: frozenset[int]
    told: Mapping[int, Told]


@dataclass(frozen=True)
class Mine:
    """Everything of one registration. ``seats`` and ``agenda`` are row ids of slots; ``told`` by the same."""

    registration: Registration
    seats: frozenset[int]
    agenda: frozenset[int]
    told: Mapping[int, Told] = field(default_factory=dict)
    answers: Mapping[int, str] = field(default_factory=dict)
    consents: Mapping[int, Consent] = field(default_factory=dict)


async def registration_by_code(conference_id: int, code: str) -> Registration | None:
    """The registration, whatever its state."""
    return await (
        Registration.objects()
        .where((Registration.conference == conference_id) & (Registration.code == code))
        .first()
    )


async def chosen_by(registration_id: int) -> Chosen:
    """What the person is in, for their calendar. Three queries."""
    async with connection_scope():
        seats = await Seat.select(Seat.slot).where(Seat.registration == registration_id)
        agenda = await AgendaItem.select(AgendaItem.slot).where(AgendaItem.registration == registration_id)
        told = await last_told(registration_id)
    return Chosen(frozenset(row["slot"] for row in seats), frozenset(row["slot"] for row in agenda), told)


async def everything_of(registration: Registration) -> Mine:
    """What the own page shows: five queries, whatever the programme holds."""
    async with connection_scope():
        chosen = await chosen_by(registration.id)
        answers = await Answer.select(Answer.question, Answer.value).where(
            Answer.registration == registration.id
        )
        consents = await Consent.objects().where(
            (Consent.registration == registration.id) & Consent.withdrawn_at.is_null()
        )
    return Mine(
        registration,
        chosen.seats,
        chosen.agenda,
        chosen.told,
        {row["question"]: row["value"] for row in answers},
        {consent.purpose: consent for consent in consents},
    )


async def seats_by_slot(programme: ReleasedProgramme | None) -> dict[int, int]:
    """Taken seats of every slot that has a limit."""
    limited = (
        [slot.id for _session, slot in programme.placings if slot.seats is not None] if programme else []
    )
    return await taken_seats(limited)
