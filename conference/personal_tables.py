"""Which tables of the ground hold people, and what of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jinja2 import TemplateError
from piccolo.columns.combination import WhereRaw
from piccolo.table import Table

from conference import audit_words
from conference.forgetting import forget_entries
from conference.i18n import _, lazy
from conference.mail import words as mail_words
from conference.mail.desk import kind_names, masked, state_names
from conference.mail.forgetting import forget_mails
from conference.mail.suppressions import suppression_hash, unsubscription_hash
from conference.mail.templates import words_for
from conference.personal_data import (
    Condition,
    Fact,
    Held,
    NotHeld,
    Person,
    Row,
    Rows,
    Whose,
    belonging,
    choice,
    ending_with_address,
    hashed,
    instant,
    itself,
    language,
    like_literal,
    number,
    structure,
    text,
    yes_no,
    zone,
)
from conference.tables import (
    AuditEntry,
    Conference,
    FailedSignIn,
    HandledMail,
    Job,
    LeavingFile,
    MailTemplate,
    MailTrouble,
    Organiser,
    OutgoingMail,
    SignIn,
    SignInLink,
    Suppression,
    SuppressionSource,
    TeamMember,
    Unsubscription,
)
from conference.team import role_names

_ACCOUNT_STAYS = lazy("An organiser’s account belongs to the team, and is not part of taking part.")
_MAIL_STAYS = lazy("So that mail to you stays stopped. Only a scrambled form of the address is kept.")


# --- mails -----------------------------------------------------------------------------------------------------------


async def add_subjects(rows: list[dict[str, Any]]) -> None:
    """Put beside each mail its subject as it was read, "" where its words can no longer be made."""
    own: dict[tuple[int | None, str, str], Any] = {}
    for row in rows:
        key = (row["conference"], row["kind"], row["language"])
        if key not in own:
            own[key] = await words_for(*key)
        try:
            row["subject"] = mail_words.render(
                row["kind"],
                masked(json.loads(row["payload"])),
                row["language"],
                row["zone"],
                name=row["recipient_name"],
                base_url="https://x.invalid",
                own_words=own[key],
            ).subject
        except (TemplateError, ValueError, LookupError, TypeError):
            row["subject"] = ""
        await asyncio.sleep(
            0
        )  # making a mail's words takes a millisecond or two; others get their turn between


def mails_to(person: Person) -> Condition | None:
    """Mails of the conference to one of the person's addresses, or with the code of a registration of theirs."""
    tests, values = [], []
    if person.addresses:
        tests.append(f"lower(recipient) IN ({', '.join('{}' for _address in person.addresses)})")
        values += sorted(person.addresses)
    for code in sorted(person.codes):  # an address that was mended later: the code tells whose mail it was
        tests += ["idempotency_key LIKE {}", "CAST(payload AS VARCHAR) LIKE {}"]
        values += [f"%{code}%", f"%{code}%"]
    if not tests:
        return None
    return (OutgoingMail.conference == person.conference) & WhereRaw(f"({' OR '.join(tests)})", *values)


# --- the record of changes -------------------------------------------------------------------------------------------


def entries_about(person: Person) -> Condition | None:
    """Entries about the person's registrations, by them, or that hold an address of theirs."""
    labels = [f"registration:{code}" for code in sorted(person.codes)]
    tests, values = [], []
    if labels:
        marks = ", ".join("{}" for _label in labels)
        tests = [f"subject IN ({marks})", f"actor IN ({marks})"]
        values = [*labels, *labels]
    for address in sorted(person.addresses):
        for column in ("subject", "before", "after"):
            tests.append(f"lower(CAST({column} AS VARCHAR)) LIKE {{}} ESCAPE '\\'")
            values.append(f"%{like_literal(address)}%")
    if not tests:
        return None
    return (AuditEntry.conference == person.conference) & WhereRaw(f"({' OR '.join(tests)})", *values)


async def _forget_mails(person: Person, now: datetime) -> None:
    """Mails to them as a speaker stay while they speak: another role, with another page."""
    ids = person.ids(OutgoingMail)
    if not ids:
        return
    theirs = OutgoingMail.id.is_in(list(ids))
    rows = await OutgoingMail.select(OutgoingMail.id, OutgoingMail.kind).where(theirs)
    other = ("team-", "organiser-", *(("speaker-",) if person.rows.get("speaker") else ()))
    await forget_mails([row["id"] for row in rows if not str(row["kind"]).startswith(other)], now)


LOOKED_FOR: Mapping[type[Table], Rows] = {OutgoingMail: mails_to, AuditEntry: entries_about}
"""Tables that are searched through for a person: once, when the person is looked up."""


def _by(row: Row) -> str:
    return "team" if not str(row["actor"]).startswith("registration:") else "self"


_DONE = Fact(
    "action",
    lazy("What"),
    lambda row: row["action"],
    lambda row, _to: audit_words.done_words(row["action"]),
    ("action",),
)
_BY = Fact(
    "by",
    lazy("By"),
    _by,
    lambda row, _to: _("you") if _by(row) == "self" else _("the team, or the site by itself"),
    ("actor",),
)
_TRIED = Fact(
    "tried",
    lazy("What"),
    lambda row: str(row["key"]).partition(":")[0],
    lambda row, _to: str(row["key"]).partition(":")[0],
    ("key",),
)


def _source_names() -> dict[str, str]:
    return {
        SuppressionSource.REFUSAL.value: _("A mail that was refused"),
        SuppressionSource.BOUNCE.value: _("A mail that came back"),
    }


HELD: tuple[Held, ...] = (
    Held(
        OutgoingMail,
        "mails",
        lazy("Mails to you"),
        Whose.ATTENDEE,
        itself(OutgoingMail),
        (
            text("subject", lazy("Subject")),
            choice("kind", lazy("Kind"), kind_names),
            text("to", lazy("To"), "recipient"),
            instant("written_at", lazy("Written"), "created_at"),
            choice("state", lazy("State"), state_names),
            instant("sent_at", lazy("Sent")),
            language("language", lazy("Language")),
            number("attempts", lazy("Attempts")),
            text("server_reply", lazy("The mail server’s words"), "last_reply"),
            text("calendar_method", lazy("Calendar message")),
            yes_no("is_news", lazy("News"), "is_promotional"),
        ),
        erase=_forget_mails,
        prepare=add_subjects,
        silent={
            "conference": "the file is of one conference",
            "payload": "what the mail was made of; it says no more than the mail itself",
            "calendar": "as the payload",
            "idempotency_key": "keeps a mail from being sent twice",
            "message_id": "as the key",
            "recipient_name": "stands in the registration",
            "zone": "stands in the registration",
            "domain": "is part of the address",
            "next_attempt_at": "of the mail's way alone",
            "lease_until": "of the mail's way alone",
            "attempted_at": "of the mail's way alone",
            "scrub_when_done": "of the mail's way alone",
        },
    ),
    Held(
        AuditEntry,
        "changes",
        lazy("The record of changes"),
        Whose.ATTENDEE,
        itself(AuditEntry),
        (
            _DONE,
            instant("at", lazy("When")),
            _BY,
            text("subject", lazy("About")),
            structure("before", lazy("Before")),
            structure("after", lazy("After")),
        ),
        erase=forget_entries,
        silent={"conference": "the file is of one conference", "organiser": "another person's"},
    ),
    Held(
        FailedSignIn,
        "tries",
        lazy("Tries to sign in or to be sent a link, kept for a day"),
        Whose.ATTENDEE,
        ending_with_address(FailedSignIn.key),
        (_TRIED, instant("at", lazy("When"))),
        is_deleted=True,
    ),
    Held(
        Suppression,
        "suppressions",
        lazy("Why mail to you is stopped"),
        Whose.ATTENDEE,
        hashed(Suppression.address_hash, lambda _conference, address: suppression_hash(address)),
        (
            text("reason", lazy("The mail server’s words")),
            choice("source", lazy("Known by"), _source_names),
            instant("since", lazy("Since")),
        ),
        stays=_MAIL_STAYS,
        silent={"address_hash": "a secret of the server makes it"},
    ),
    Held(
        Unsubscription,
        "unsubscriptions",
        lazy("News you do not want"),
        Whose.ATTENDEE,
        hashed(Unsubscription.address_hash, unsubscription_hash),
        (instant("since", lazy("Since"), "at"),),
        stays=_MAIL_STAYS,
        silent={
            "address_hash": "a secret of the server makes it",
            "conference": "the file is of one conference",
        },
    ),
    Held(
        Organiser,
        "organiser_account",
        lazy("Your organiser’s account"),
        Whose.ORGANISER,
        itself(Organiser),
        (
            text("name", lazy("Name")),
            text("email", lazy("E-mail")),
            zone("zone", lazy("Time zone")),
            language("language", lazy("Language")),
            yes_no("may_create", lazy("May create conferences")),
            instant("created_at", lazy("Since")),
        ),
        stays=_ACCOUNT_STAYS,
        silent={"email_key": "the address, for comparing", "password_hash": "a secret"},
    ),
    Held(
        TeamMember,
        "team_roles",
        lazy("Your role in the team"),
        Whose.ORGANISER,
        itself(TeamMember),
        (choice("role", lazy("Role"), role_names), instant("since", lazy("Since"), "created_at")),
        stays=_ACCOUNT_STAYS,
        silent={"conference": "the file is of one conference"},
    ),
    Held(
        SignIn,
        "organiser_sign_ins",
        lazy("Browsers signed in to the organiser’s desk"),
        Whose.ORGANISER,
        belonging(SignIn.organiser),
        (instant("since", lazy("Since"), "created_at"), instant("until", lazy("Until"), "expires_at")),
        stays=_ACCOUNT_STAYS,
        silent={"token_hash": "a secret"},
    ),
    Held(
        SignInLink,
        "organiser_sign_in_links",
        lazy("Links sent to sign in to the organiser’s desk"),
        Whose.ORGANISER,
        belonging(SignInLink.organiser),
        (
            instant("made_at", lazy("Made"), "created_at"),
            instant("until", lazy("Until"), "expires_at"),
            instant("used_at", lazy("Used")),
        ),
        stays=_ACCOUNT_STAYS,
        silent={"token_hash": "a secret", "code": "a secret is made of it"},
    ),
)

NOT_HELD: tuple[NotHeld, ...] = (
    NotHeld(Conference, "the event itself; the contact in it is the organisers' public one"),
    NotHeld(MailTemplate, "words of the team for everyone"),
    NotHeld(HandledMail, "a hash of a mail's name and a line that names nobody"),
    NotHeld(MailTrouble, "what the mail server said of itself"),
    NotHeld(Job, "when work is done"),
    NotHeld(LeavingFile, "that a file is to go, by a random name, until it is gone"),
)
