"""Which tables of registration hold people, and what of them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from conference import texts
from conference.i18n import _, lazy
from conference.personal_data import (
    Fact,
    Held,
    NotHeld,
    Person,
    Row,
    Telling,
    Whose,
    addressed,
    belonging,
    blanked,
    choice,
    country,
    day,
    hashed,
    instant,
    itself,
    language,
    local_text,
    number,
    octets,
    structure,
    text,
    yes_no,
    zone,
)
from registration.announcing.tables import PackAnnouncement
from registration.asking.answering import answer_words
from registration.asking.tables import Answer, AnswerFile, Consent, ConsentPurpose, Question, QuestionKind
from registration.attending.tables import CertificateRules
from registration.calendars.tables import SequenceFloor
from registration.desk.tables import AttendeeMessage, RegistrationExport
from registration.desk.words import status_names
from registration.entries.tables import AttendeeSignIn, Interest, Invitation
from registration.importing.reasons import decode
from registration.importing.rows import outcome_names
from registration.importing.tables import ImportedRow, RegistrationImport
from registration.rights.evidence import evidence_hash
from registration.rights.reasons import ONE_CONFERENCE, SECRET
from registration.rights.tables import (
    Complaint,
    DataLink,
    ErasedConsent,
    ErasedRegistration,
    NoticeVersion,
    PrivacyFacts,
    RetentionDue,
)
from registration.tables import Attendee, AttendeeCategory, Registration, RegistrationGroup, RegistrationRules

# --- answers ---------------------------------------------------------------------------------------------------------


async def add_questions(rows: list[dict[str, Any]]) -> None:
    """Put beside each answer the question as the person was asked it."""
    for row in rows:
        asked = json.loads(row["asked"] or "{}")
        row["label"] = asked.get("label") or texts.decode(row["question_label"])
        row["choices"] = asked.get("choices") or json.loads(row["question_choices"] or "[]")


def _answer_words(row: Row, to: Telling) -> str:
    choices = [texts.decode(choice) for choice in row["choices"]]
    return answer_words(QuestionKind(row["question_kind"]), choices, row["value"], to.language)


async def _forget_address(person: Person, _now: datetime) -> None:
    """The address goes once no conference has a registration of theirs."""
    for attendee in person.ids(Attendee):
        if not await Registration.exists().where(Registration.attendee == attendee):
            await Attendee.delete().where(Attendee.id == attendee)


_GROUPS = addressed(RegistrationGroup.conference, RegistrationGroup.contact_key)
_COMPLAINTS = addressed(Complaint.conference, Complaint.email)

HELD: tuple[Held, ...] = (
    Held(
        Attendee,
        "address",
        lazy("Your address"),
        Whose.ATTENDEE,
        itself(Attendee),
        (text("email", lazy("E-mail")), instant("known_since", lazy("Known since"), "created_at")),
        erase=_forget_address,
        silent={"email_key": "the address, for comparing"},
    ),
    Held(
        Registration,
        "registrations",
        lazy("Your registration"),
        Whose.ATTENDEE,
        itself(Registration),
        (
            text("name", lazy("Name")),
            text("email", lazy("E-mail")),
            text("code", lazy("Code")),
            choice("status", lazy("State"), status_names),
            text("organisation", lazy("Organisation")),
            country("country", lazy("Country")),
            zone("zone", lazy("Time zone")),
            language("language", lazy("Language")),
            local_text("category", lazy("You come as"), "category_name"),
            text("group", lazy("Registered by a colleague of"), "group_name"),
            instant("registered_at", lazy("Registered"), "created_at"),
            instant("confirmed_at", lazy("Confirmed")),
            instant("decided_at", lazy("Decided by the organisers")),
            instant("withdrawn_at", lazy("Withdrawn")),
            instant("changed_at", lazy("Last changed")),
            instant("link_until", lazy("Your link works until"), "link_expires_at"),
            yes_no("remind_day", lazy("Reminder a day before")),
            yes_no("remind_hour", lazy("Reminder an hour before")),
            yes_no("remind_minutes", lazy("Reminder ten minutes before")),
            yes_no("remind_digest", lazy("Your day, on its morning")),
            yes_no("presence_noted", lazy("Presence noted for a certificate"), "notes_presence"),
            text("team_note", lazy("The team’s note"), "organiser_note"),
        ),
        silent={
            "conference": ONE_CONFERENCE,
            "attendee": "told as the person",
            "category": "told by its name",
            "in_group": "told by its name",
            "searched": "what is told already, once more for searching",
            "link_generation": SECRET,
            "link_hash": SECRET,
            "feed_generation": SECRET,
            "feed_hash": SECRET,
            "synced_release": "how far your calendar was brought up to date; the invites say it",
        },
        also=(
            Registration.category._.name.as_alias("category_name"),
            Registration.in_group._.name.as_alias("group_name"),
        ),
        is_deleted=True,
    ),
    Held(
        Answer,
        "answers",
        lazy("Your answers"),
        Whose.ATTENDEE,
        belonging(Answer.registration),
        (
            Fact(
                "question",
                lazy("Question"),
                lambda row: row["label"],
                lambda row, to: texts.pick(row["label"], to.language),
                ("question", "asked"),
            ),
            Fact("answer", lazy("Answer"), lambda row: row["value"], _answer_words, ("value",)),
            Fact(
                "still_asked",
                lazy("Still asked"),
                lambda row: bool(row["question_active"]),
                lambda row, _to: "" if row["question_active"] else _("No"),
                (),
            ),
            text("file_name", lazy("File")),
            text("file_type", lazy("Kind of file")),
            octets("file_size", lazy("Size")),
        ),
        silent={"file_key": "where the file lies; the file itself can be had on your own page"},
        also=(
            Answer.question._.label.as_alias("question_label"),
            Answer.question._.choices.as_alias("question_choices"),
            Answer.question._.kind.as_alias("question_kind"),
            Answer.question._.is_active.as_alias("question_active"),
        ),
        prepare=add_questions,
        is_deleted=True,
    ),
    Held(
        Consent,
        "consents",
        lazy("What you agreed to"),
        Whose.ATTENDEE,
        belonging(Consent.registration),
        (
            text("words", lazy("The words you agreed to"), "wording"),
            language("language", lazy("Language")),
            text("purpose", lazy("Purpose"), "purpose_code"),
            instant("given_at", lazy("Given")),
            instant("withdrawn_at", lazy("Taken back")),
            number("notice", lazy("Version of the privacy notice")),
        ),
        silent={"purpose": "told by its code"},
        also=(Consent.purpose._.code.as_alias("purpose_code"),),
        is_deleted=True,
    ),
    Held(
        AttendeeSignIn,
        "sign_ins",
        lazy("Browsers signed in to your page"),
        Whose.ATTENDEE,
        belonging(AttendeeSignIn.registration),
        (instant("since", lazy("Since"), "created_at"), instant("until", lazy("Until"), "expires_at")),
        silent={"token_hash": SECRET},
        is_deleted=True,
    ),
    Held(
        RegistrationGroup,
        "groups",
        lazy("Colleagues you registered"),
        Whose.ATTENDEE,
        _GROUPS,
        (
            text("name", lazy("Organisation")),
            text("contact", lazy("E-mail"), "contact_key"),
            instant("since", lazy("Since"), "created_at"),
        ),
        silent={"conference": ONE_CONFERENCE, "code": "names the group and nothing else"},
        erase=blanked(
            RegistrationGroup, _GROUPS, {RegistrationGroup.name: "", RegistrationGroup.contact_key: ""}
        ),
    ),
    Held(
        ImportedRow,
        "imported_rows",
        lazy("In a list from which the organisers registered people"),
        Whose.ATTENDEE,
        addressed(ImportedRow.conference, ImportedRow.email_key),
        (
            text("email", lazy("E-mail"), "email_key"),
            number("line", lazy("Line")),
            structure("said", lazy("What it said"), "cells"),
            choice("outcome", lazy("What became of it"), outcome_names),
            Fact(
                "remarks",
                lazy("Remarks"),
                lambda row: json.loads(row["reasons"]),
                lambda row, _to: " ".join(reason.words for reason in decode(row["reasons"])),
                ("reasons",),
            ),
        ),
        is_deleted=True,
        silent={"conference": ONE_CONFERENCE, "sheet": "which list it was"},
    ),
    Held(
        Interest,
        "interest",
        lazy("You asked to be told when registration opens"),
        Whose.ATTENDEE,
        addressed(Interest.conference, Interest.email),
        (
            text("email", lazy("E-mail")),
            language("language", lazy("Language")),
            zone("zone", lazy("Time zone")),
            instant("asked_at", lazy("Asked"), "created_at"),
            instant("confirmed_at", lazy("Confirmed")),
            instant("told_at", lazy("Told")),
        ),
        silent={
            "conference": ONE_CONFERENCE,
            "code": SECRET,
            "email_key": "the address, for comparing",
        },
        is_deleted=True,
    ),
    Held(
        Invitation,
        "invitations",
        lazy("You were invited to register"),
        Whose.ATTENDEE,
        addressed(Invitation.conference, Invitation.email),
        (
            text("name", lazy("Name")),
            text("email", lazy("E-mail")),
            local_text("category", lazy("As"), "category_name"),
            instant("invited_at", lazy("Invited"), "created_at"),
            instant("sent_at", lazy("Sent")),
        ),
        silent={
            "conference": ONE_CONFERENCE,
            "category": "told by its name",
            "code": SECRET,
            "generation": SECRET,
            "email_key": "the address, for comparing",
            "registration": "told as the registration",
        },
        also=(Invitation.category._.name.as_alias("category_name"),),
        is_deleted=True,
    ),
    Held(
        Complaint,
        "complaints",
        lazy("Your complaints"),
        Whose.ATTENDEE,
        _COMPLAINTS,
        (
            text("code", lazy("Reference")),
            text("name", lazy("Name")),
            text("email", lazy("E-mail")),
            language("language", lazy("Language")),
            text("text", lazy("Your words")),
            instant("made_at", lazy("Made")),
            text("answer", lazy("The team’s answer")),
            instant("answered_at", lazy("Answered")),
        ),
        silent={"conference": ONE_CONFERENCE, "organiser": "another person's"},
        erase=blanked(
            Complaint,
            _COMPLAINTS,
            {Complaint.name: "", Complaint.email: "", Complaint.text: "", Complaint.answer: ""},
        ),
    ),
    Held(
        DataLink,
        "data_links",
        lazy("Links to your data that were sent to you"),
        Whose.ATTENDEE,
        addressed(DataLink.conference, DataLink.email),
        (
            text("email", lazy("E-mail")),
            instant("asked_at", lazy("Asked"), "created_at"),
            instant("until", lazy("Until"), "expires_at"),
        ),
        silent={"conference": ONE_CONFERENCE, "code": SECRET, "email_key": "the address, for comparing"},
        is_deleted=True,
    ),
    Held(
        ErasedConsent,
        "earlier_consents",
        lazy("What you had agreed to before you were erased"),
        Whose.ATTENDEE,
        hashed(ErasedConsent.address_hash, evidence_hash),
        (
            text("words", lazy("The words you agreed to"), "wording"),
            language("language", lazy("Language")),
            text("purpose", lazy("Purpose")),
            instant("given_at", lazy("Given")),
            instant("withdrawn_at", lazy("Taken back")),
            number("notice", lazy("Version of the privacy notice")),
            day("erased_on", lazy("Erased")),
        ),
        stays=lazy(
            "So that it can be shown that you had agreed. Only a scrambled form of the address is kept with it."
        ),
        silent={"conference": ONE_CONFERENCE, "address_hash": "a secret of the server makes it"},
    ),
)

NOT_HELD: tuple[NotHeld, ...] = (
    NotHeld(RegistrationRules, "who may register, and when"),
    NotHeld(CertificateRules, "whether certificates are given, and who signs them"),
    NotHeld(AttendeeCategory, "a kind of attendee"),
    NotHeld(Question, "what everybody is asked"),
    NotHeld(RegistrationExport, "a list that an organiser takes away, deleted after an hour"),
    NotHeld(RegistrationImport, "a list from which people are registered; each row has a table of its own"),
    NotHeld(
        AnswerFile, "where files lie; an answer says whose, and those of no answer are gone within hours"
    ),
    NotHeld(ConsentPurpose, "what everybody is asked consent for"),
    NotHeld(AttendeeMessage, "words of the team to many; each mail itself is among the mails"),
    NotHeld(PackAnnouncement, "which packs are told of together; each mail itself is among the mails"),
    NotHeld(SequenceFloor, "a number of the conference's calendars"),
    NotHeld(PrivacyFacts, "what the organisers say of themselves"),
    NotHeld(NoticeVersion, "what the privacy notice said"),
    NotHeld(RetentionDue, "when which kind of data is due to be deleted"),
    NotHeld(ErasedRegistration, "what remains of an erased registration: counts, and nobody"),
)
