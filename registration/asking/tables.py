"""Tables of what people are asked and answered: questions, answers with their files, consents."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import (
    JSON,
    BigInt,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    Serial,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from conference.tables import Conference
from registration.tables import Registration


class QuestionKind(StrEnum):
    """Kinds of question an organiser may ask."""

    TEXT = "text"
    LONG_TEXT = "long-text"
    NUMBER = "number"
    YES_NO = "yes-no"
    CHOICE = "choice"  # one of several
    SEVERAL = "several"  # any of several
    DATE = "date"
    TIME = "time"
    FILE = "file"
    COUNTRY = "country"
    PHONE = "phone"
    URL = "url"


class Question(Table):
    """A question of the organiser's own on the registration form.

    Unique: code.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    code = Varchar(length=12, default=None, null=False, unique=True)
    kind = Varchar(length=20, choices=QuestionKind, default=QuestionKind.TEXT, null=False)
    label = JSON(default="{}", null=False)  # LocalText
    help = JSON(default="{}", null=False)  # LocalText
    choices = JSON(default="[]", null=False)  # list of LocalText, for kind choice
    show_if = JSON(default="{}", null=False)  # {"question": code, "is": [values]}; {} = always asked
    limits = JSON(default="{}", null=False)  # such as {"least": 0, "most": 10} of a number; {} = none
    is_required = Boolean(default=False, null=False)
    is_active = Boolean(default=True, null=False)  # removed questions keep their answers readable
    position = Integer(default=0, null=False)
    revision = Integer(default=1, null=False)


class Answer(Table):
    """What a person answered, and what they were asked. ``value`` is text; of several choices, a JSON list of them.

    Unique: (registration, question).
    """

    id: Serial
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.cascade, index=True)
    question = ForeignKey(Question, null=False, on_delete=OnDelete.cascade, index=True)
    value = Text(default="", null=False)
    asked = JSON(default="{}", null=False)  # {"label", "choices"} as the person saw them; {} = as they stand
    file_key = Varchar(length=120, default="", null=False)  # of the store, for kind file
    file_name = Varchar(length=150, default="", null=False)
    file_type = Varchar(length=120, default="", null=False)
    file_size = BigInt(default=0, null=False)  # octets


class AnswerFile(Table):
    """A file sent to answer a question: there from before its first octet is stored until it is gone from the store.

    It belongs to the answer whose ``file_key`` names it. One that no answer names is removed after ``kept_until``, so
    that whoever deletes answers need not think of the store.

    Unique: code, key.
    """

    id: Serial
    conference = ForeignKey(Conference, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    code = Varchar(length=12, default=None, null=False, unique=True)
    key = Varchar(length=120, default=None, null=False, unique=True)  # of the store
    name = Varchar(length=150, default="", null=False)
    media_type = Varchar(length=120, default="", null=False)
    size = BigInt(default=0, null=False)  # octets; while it is on its way, the most it may have
    crc32 = BigInt(default=0, null=False)
    is_whole = Boolean(default=False, null=False)  # all of it is in the store
    is_taken = Boolean(default=False, null=False)  # it has become an answer, and can become no other
    kept_until = Timestamptz(null=False)


class ConsentPurpose(Table):
    """Something the conference asks consent for: one purpose, one box, never ticked beforehand.

    Unique: (conference, code).
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    code = Varchar(
        length=30, default=None, null=False
    )  # such as "updates"; the form's field is consent_<code>
    wording = JSON(default="{}", null=False)  # LocalText: the exact words beside the box
    is_active = Boolean(default=True, null=False)
    position = Integer(default=0, null=False)
    revision = Integer(default=1, null=False)


class Consent(Table):
    """That a person consented: to which words, in which language, when; and when they took it back (GDPR 7(1))."""

    id: Serial
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.cascade, index=True)
    # Piccolo would name the index like the table consent_purpose; a migration makes it under a name of its own.
    purpose = ForeignKey(ConsentPurpose, null=False, on_delete=OnDelete.cascade, index=False)
    wording = Text(default=None, null=False)
    language = Varchar(length=16, default=None, null=False)
    given_at = Timestamptz(null=False)
    withdrawn_at = Timestamptz(default=None, null=True)
    notice = Integer(
        default=None, null=True
    )  # the privacy notice's version in force then (``NoticeVersion.number``)
