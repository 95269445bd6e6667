"""Tables of people's rights over their data: complaints, what remains of the erased, links to a copy, retention."""

from __future__ import annotations

from piccolo.columns import JSON, Date, ForeignKey, Integer, OnDelete, Serial, Text, Timestamptz, Varchar
from piccolo.table import Table

from conference.tables import Conference, Organiser


class Complaint(Table):
    """Something a person complains about, such as what is done with their data.

    Unique: code.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    code = Varchar(length=12, default=None, null=False, unique=True)
    name = Varchar(length=200, default="", null=False)
    email = Varchar(length=254, default="", null=False)
    language = Varchar(length=16, default="en", null=False)
    text = Text(default=None, null=False)
    made_at = Timestamptz(null=False)
    answer = Text(default="", null=False)
    answered_at = Timestamptz(default=None, null=True)
    organiser = ForeignKey(Organiser, null=True, default=None, on_delete=OnDelete.set_null)


class ErasedRegistration(Table):
    """What remains of an erased registration: enough to count by, nothing that leads to the person."""

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    country = Varchar(length=2, default="", null=False)
    status = Varchar(length=12, default="", null=False)
    registered_on = Date(default=None, null=False)
    erased_on = Date(default=None, null=False)


class ErasedConsent(Table):
    """That somebody erased had consented, to which words, and until when: shown only to whoever knows the address (GDPR 7(1)).

    ``address_hash`` is keyed, so that nobody can tell from the table whose it was.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    address_hash = Varchar(length=64, default=None, null=False, index=True)
    purpose = Varchar(length=30, default="", null=False)  # its code
    wording = Text(default=None, null=False)
    language = Varchar(length=16, default=None, null=False)
    given_at = Timestamptz(null=False)
    withdrawn_at = Timestamptz(default=None, null=True)
    notice = Integer(default=None, null=True)  # the privacy notice's version in force when it was given
    erased_on = Date(default=None, null=False)


class DataLink(Table):
    """A link mailed to an address, which shows for a short time what is held about it. Derived from the code.

    Unique: code.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    code = Varchar(length=12, default=None, null=False, unique=True)
    email = Varchar(length=254, default=None, null=False)
    email_key = Varchar(length=254, default=None, null=False)
    created_at = Timestamptz(null=False)
    expires_at = Timestamptz(default=None, null=False, index=True)


class RetentionDue(Table):
    """That a kind of data was found to be due for deletion: what is deleted was due for a day at least, so that a clock that
    runs ahead for a moment deletes nothing.

    Unique: (conference, kind).
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    kind = Varchar(length=20, default=None, null=False)
    noted_at = Timestamptz(null=False)
    deleted = Integer(default=0, null=False)  # rows so far
    last_at = Timestamptz(default=None, null=True)


class PrivacyFacts(Table):
    """What only the organisers know for their privacy notice: who works for them, and which authority oversees them.

    Unique: conference.
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, unique=True)
    recipients = JSON(default="{}", null=False)  # LocalText, Markdown
    authority = JSON(default="{}", null=False)  # LocalText: its name
    authority_url = Varchar(length=500, default="", null=False)
    revision = Integer(default=1, null=False)


class NoticeVersion(Table):
    """The privacy notice of a conference as it was shown from ``since`` on: the organisers' own words, and what was made of
    the conference's facts in each language of the interface.

    Unique: (conference, number).
    """

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    number = Integer(default=None, null=False)  # from 1
    digest = Varchar(length=64, default=None, null=False)  # of all the words
    own = JSON(default="{}", null=False)  # LocalText, Markdown
    made = JSON(default="{}", null=False)  # language -> Markdown
    since = Timestamptz(null=False)
