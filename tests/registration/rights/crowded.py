"""Somebody of whom every table knows something, made through the rules where there is one."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from conference import audit
from conference.codes import new_code
from conference.mail.suppressions import suppress, unsubscribe, unsubscription_hash
from conference.tables import FailedSignIn, SuppressionSource
from registration.asking.categories import CategoryFacts, add_category
from registration.asking.consents import add_purpose, give_consent, withdraw_consent
from registration.asking.questions import QuestionFacts, add_question
from registration.asking.tables import Answer, QuestionKind
from registration.attending.tables import Certificate, Presence
from registration.calendars.agendas import put_on_agenda
from registration.calendars.private_feeds import add_programme_feed
from registration.calendars.tables import InviteReply
from registration.entries import confirming, registrations
from registration.entries.interest import note_interest
from registration.entries.invitations import Invitee, invite
from registration.entries.links import page_token
from registration.entries.registrations import Agreement, Details, Entry
from registration.entries.withdrawing import withdraw
from registration.groups import Colleague, GroupRules, change_group_rules, register_colleagues
from registration.importing.reasons import Reason, encode
from registration.importing.tables import ImportedRow, RegistrationImport, RowOutcome
from registration.reminding.tables import ReminderKind, ReminderPlan, ReminderSent
from registration.rights.data_links import request_data_link
from registration.rights.evidence import evidence_hash
from registration.rights.tables import Complaint, ErasedConsent
from registration.seating.tables import WaitlistEntry
from registration.tables import AttendeeCategory, Registration
from sessions.door.tables import DoorCall
from tests.makers import NOW
from tests.people import Person
from tests.registration.cast import REGISTERED, Scene, the_registration

# A name and an organisation that stand nowhere else: what is left of them can be searched for.
SARASWATI = Person("Saraswati Thiruvanantham", "Saraswati.T@kollam.example", "Asia/Kolkata", "IN")
KEY = "saraswati.t@kollam.example"
ORGANISATION = "Kollam Taluk Granthasala"
MESSAGE = "I bring my granddaughter Meenakshi"
TRACES = ("saraswati", "thiruvanantham", "kollam", "granthasala", "meenakshi")
"""What nobody may find of her any more, in small letters."""


async def crowded(scene: Scene, now: datetime = REGISTERED, *, gets_mail: bool = False) -> Registration:
    """Her confirmed registration: every table of attendees holds something of hers, also from an earlier one.

    Unless she ``gets_mail``, a mail server has called her address unknown.
    """
    conference = await scene.fresh()
    await invite(conference, [Invitee(SARASWATI.email, SARASWATI.name)], actor=scene.organiser, now=now)
    await note_interest(conference, SARASWATI.email, "en", SARASWATI.zone, now)
    question = await add_question(
        conference, QuestionFacts(QuestionKind.TEXT, {"en": "Who comes with you?"}, {}), actor="test", now=NOW
    )
    purpose = await add_purpose(conference, "updates", {"en": "You may write to me."}, actor="test", now=NOW)
    await add_category(
        conference, CategoryFacts({"en": "Library staff"}, {}, None), actor=scene.organiser, now=NOW
    )
    category = await AttendeeCategory.objects().where(AttendeeCategory.conference == conference.id).first()
    assert category is not None
    programme = await scene.programme()
    details = Details(
        SARASWATI.name,
        SARASWATI.country,
        SARASWATI.zone,
        "en",
        ORGANISATION,
        {question.id: MESSAGE},
        {question.id: json.dumps({"label": {"en": "Who comes with you?"}, "choices": []})},
    )
    entry = Entry(
        details,
        SARASWATI.email,
        KEY,
        [Agreement(purpose.id, "You may write to me.", "en")],
        [programme.slot_by_id[scene.bread_early.id][1]],
        category=category.id,
    )
    await registrations.register(conference, programme, entry, now - timedelta(hours=3))
    first = await Registration.objects().where(Registration.name == SARASWATI.name).first()
    assert first is not None
    await withdraw(first.id, conference, programme, now - timedelta(hours=2))
    made = await registrations.register(conference, programme, entry, now)
    registration = await the_registration(made.code or "")
    await confirming.confirm(conference, programme, page_token(registration.code, 1), now)
    number = registration.id
    await put_on_agenda(number, programme, scene.keynote.code, now)
    await withdraw_consent(number, purpose.id, now)
    await give_consent(number, Agreement(purpose.id, "You may write to me.", "en"), now)
    await add_programme_feed(number, programme, {}, now)
    rules = GroupRules(takes_groups=True, most_in_group=5, revision=0)
    await change_group_rules(conference, rules, actor=scene.organiser, now=now)
    await register_colleagues(
        number, conference, programme, [Colleague("Babu", "babu@other.example", "babu@other.example")], now
    )
    # The library a colleague works for is what they were registered with, and theirs to keep.
    another: dict[Any, Any] = {"organisation": "Another", "searched": "babu another"}
    await Registration.update(another).where(Registration.name == "Babu")
    await _by_hand(scene, number, now)
    if not gets_mail:
        await suppress(KEY, f"550 no such user <{KEY}>", SuppressionSource.BOUNCE, now=now)
    return await the_registration(registration.code)


async def _by_hand(scene: Scene, number: int, now: datetime) -> None:
    """Rows whose rules need more of a story than a test of rights has room for."""
    conference = scene.conference
    await Registration.update({Registration.organiser_note: f"Met {SARASWATI.name} in Kochi."}).where(
        Registration.id == number
    )
    await Answer.update({Answer.file_name: "Saraswati.pdf", Answer.file_size: 7}).where(
        Answer.registration == number
    )
    slot = scene.bread_early.id
    await WaitlistEntry(
        conference=conference.id,
        slot=scene.maps_slot.id,
        registration=number,
        code=new_code(12),
        joined_at=now,
    ).save()
    await request_data_link(conference, KEY, name=SARASWATI.name, language="en", zone=SARASWATI.zone, now=now)
    await ErasedConsent(
        conference=conference.id,
        address_hash=evidence_hash(conference.id, KEY),
        wording="You could write to me.",
        language="en",
        given_at=now,
        erased_on=now.date(),
    ).save()
    sheet = RegistrationImport(conference=conference.id, code=new_code(), at=now)
    await sheet.save()
    await ImportedRow(
        conference=conference.id,
        sheet=sheet.id,
        line=2,
        cells=json.dumps([SARASWATI.name, SARASWATI.email]),
        email_key=KEY,
        outcome=RowOutcome.KNOWN,
        reasons=encode([Reason("known")]),
    ).save()
    await InviteReply(registration=number, slot=slot, partstat="ACCEPTED", replied_at=now).save()
    await ReminderSent(
        registration=number,
        slot_code=scene.bread_early.code,
        kind=ReminderKind.DAY,
        start=scene.bread_early.start,
        queued_at=now,
    ).save()
    await ReminderPlan(registration=number, look_at=now, changed_at=now).save()
    await Presence(registration=number, slot=slot, first_at=now, last_at=now).save()
    await Certificate(
        registration=number,
        code=new_code(16),
        minutes=60,
        facts=json.dumps({"name": SARASWATI.name}),
        issued_at=now,
    ).save()
    await Complaint(
        conference=conference.id,
        code=new_code(12),
        name=SARASWATI.name,
        email=SARASWATI.email,
        text=f"It rained on {MESSAGE}.",
        made_at=now,
    ).save()
    await DoorCall(
        conference=conference.id,
        code=new_code(12),
        name=SARASWATI.name,
        email=SARASWATI.email,
        text=f"Nothing but {MESSAGE} on the screen.",
        asked_at=now,
    ).save()
    await unsubscribe(conference.id, unsubscription_hash(conference.id, KEY), now=now)
    await FailedSignIn(key=f"link:{KEY}", at=now).save()
    await audit.record(
        conference_id=conference.id,
        actor=scene.organiser,
        action="mail-suppression-lifted",
        subject=f"mail:{KEY}",
        now=now,
    )
