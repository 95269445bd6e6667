"""Mail that comes in: reports are read as servers write them, believed only where they can be, and counted once."""

from __future__ import annotations

import io
import mailbox
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conference.errors import InvalidInput
from conference.mail.bounced import handle_bounce
from conference.mail.bounces import ReportKind, read_report
from conference.mail.intake import (
    MOST_OCTETS,
    Taken,
    mail_in,
    message_in_stream,
    messages_in_maildir,
    messages_in_mbox,
    take_in,
)
from conference.mail.suppressions import suppressed, unsubscribed_among, unsubscription_hash
from conference.tables import HandledMail, MailState, OutgoingMail
from tests.conference.test_outbox import NOW, queue, the_mail
from tests.makers import make_conference


def report(key: str, *, action: str = "failed", status: str = "5.1.1", final: str = "zoe@b.example") -> bytes:
    """A report as Postfix writes it (RFC 3464)."""
    return f"""Return-Path: <>
Message-ID: <20260501.1@mx.b.example>
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.b.example
Arrival-Date: Fri, 1 May 2026 09:00:00 +0000

Final-Recipient: rfc822; {final}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <{final}>: no such
 user

--b
Content-Type: message/rfc822

Message-ID: <{key}@conf.example.org>
Subject: Your page

Hello
--b--
""".encode()


COMPLAINT = """Message-ID: <fbl.1@big.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an email abuse report.
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: <zoe@b.example>

--b
Content-Type: text/rfc822-headers

Message-ID: <{key}@conf.example.org>
--b--
"""
QMAIL = """Message-ID: <q1@mx.b.example>
Subject: failure notice

Hi. This is the qmail-send program at mx.b.example.
I'm afraid I wasn't able to deliver your message to the following addresses.

<zoe@b.example>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Message-ID: <{key}@conf.example.org>
Subject: Your page
"""
EXIM = """Message-ID: <e1@mx.b.example>
X-Failed-Recipients: zoe@b.example
Subject: Mail delivery failed

A message that you sent could not be delivered.

------ This is a copy of the message, including all the headers. ------

Message-ID: <{key}@conf.example.org>
"""


async def dealt_with(data: bytes) -> str:
    return (await take_in(data, [handle_bounce], now=NOW)).words


@pytest.mark.usefixtures("each_database")
async def test_a_report_marks_the_mail_and_silences_the_address_once() -> None:
    await queue()
    row = await the_mail()
    data = report(row.message_id)
    line = await dealt_with(data)
    assert (
        line
        == f"mail {row.message_id} came back: 5.1.1 550 5.1.1 <…>: no such user; the address gets no more mail"
    )
    row = await the_mail()
    assert (row.state, row.last_reply) == (
        MailState.REFUSED,
        "It came back: 5.1.1 550 5.1.1 <zoe@b.example>: no such user",
    )
    assert await suppressed("zoe@b.example") is not None
    assert await dealt_with(data) == "done before"
    assert await HandledMail.count() == 1


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("action", "status", "state", "is_silenced"),
    [
        ("failed", "5.2.2", MailState.REFUSED, False),
        ("failed", "5.7.1", MailState.REFUSED, False),
        ("failed", "4.4.7", MailState.REFUSED, False),
        ("delayed", "4.4.1", MailState.QUEUED, False),
        ("delivered", "2.0.0", MailState.QUEUED, False),
        ("failed", "5.1.10", MailState.REFUSED, True),
    ],
)
async def test_what_a_status_means(action: str, status: str, state: MailState, is_silenced: bool) -> None:
    await queue()
    await dealt_with(report((await the_mail()).message_id, action=action, status=status))
    assert (await the_mail()).state == state
    assert (await suppressed("zoe@b.example") is not None) is is_silenced


@pytest.mark.usefixtures("database")
async def test_a_report_that_does_not_know_our_message_changes_nothing() -> None:
    await queue()
    assert await dealt_with(report("a" * 20)) == "a report, but of no mail in the outbox"
    assert (await the_mail()).state == MailState.QUEUED
    assert await suppressed("zoe@b.example") is None


@pytest.mark.usefixtures("database")
async def test_a_failure_behind_a_forwarding_address_does_not_silence_the_one_we_wrote_to() -> None:
    await queue()
    key = (await the_mail()).message_id
    assert "came back" in await dealt_with(report(key, final="elsewhere@c.example"))
    assert (await the_mail()).state == MailState.REFUSED
    assert await suppressed("zoe@b.example") is None
    assert await suppressed("elsewhere@c.example") is None


@pytest.mark.usefixtures("database")
async def test_who_calls_news_spam_gets_no_more_of_it() -> None:
    conference = await make_conference()
    await queue(conference_id=conference.id, is_promotional=True)
    key = (await the_mail()).message_id
    assert "gets no more news" in await dealt_with(COMPLAINT.format(key=key).encode())
    mark = unsubscription_hash(conference.id, "zoe@b.example")
    assert await unsubscribed_among([mark]) == {mark}
    assert await suppressed("zoe@b.example") is None


@pytest.mark.usefixtures("database")
async def test_the_words_of_older_servers_are_known() -> None:
    await queue()
    key = (await the_mail()).message_id
    assert await dealt_with(QMAIL.format(key=key).encode()) == (
        f"mail {key} came back: 5.1.1 Sorry, no mailbox here by that name. (#5.1.1); the address gets no more mail"
    )
    assert "came back" in await dealt_with(EXIM.format(key=key).encode())


def test_a_person_who_writes_about_a_failed_mail_is_no_report() -> None:
    data = b"Subject: Undelivered Mail Returned to Sender\n\n550 5.1.1 <zoe@b.example> Action: failed\n"
    assert read_report(message_from_bytes(data)) is None


def test_a_report_is_read_as_its_sender_meant_it() -> None:
    found = read_report(message_from_bytes(report("k3v9x2abk3v9x2abk3v9")))
    assert found is not None
    (fate,) = found.fates
    assert (fate.kind, set(fate.addresses), fate.status) == (ReportKind.FAILED, {"zoe@b.example"}, "5.1.1")
    assert found.mail_keys == ("k3v9x2abk3v9x2abk3v9",)


@settings(max_examples=150)
@given(st.binary(max_size=400), st.integers(0, 900))
def test_nothing_that_comes_in_breaks_the_reading(noise: bytes, at: int) -> None:
    whole = report("k3v9x2abk3v9x2abk3v9")
    for data in (noise, whole[:at] + noise + whole[at:], whole[:at] + noise):
        found = read_report(message_from_bytes(data))
        assert found is None or len(found.fates) <= 50


@pytest.mark.usefixtures("database")
async def test_hostile_mail_is_said_and_stops_nothing() -> None:
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(3000)
    )
    await queue()
    good = report((await the_mail()).message_id)
    lines = [
        line
        async for line in mail_in(
            iter([nested, b"x" * (MOST_OCTETS + 1), b"", good]), [handle_bounce], now=NOW
        )
    ]
    assert [line[:2] for line in lines] == ["1:", "2:", "3:", "4:"]
    assert lines[1] == f"2: left alone: larger than {MOST_OCTETS} octets"
    assert "left alone" in lines[2]
    assert "the address gets no more mail" in lines[3]


@pytest.mark.usefixtures("database")
async def test_what_breaks_leaves_nothing_and_can_be_given_again() -> None:
    async def broken(_message: Message, _now: object) -> str | None:
        raise RuntimeError("out of order")

    data = b"Message-ID: <a@b>\n\nhello"
    assert await take_in(data, [broken], now=NOW) == Taken("could not be read: RuntimeError", True)
    assert await HandledMail.count() == 0
    assert (await take_in(data, [handle_bounce], now=NOW)).words.startswith("left alone")
    assert await OutgoingMail.count() == 0


def test_every_way_in_gives_the_same_messages(tmp_path: Path) -> None:
    wanted = [b"Message-ID: <1@x>\n\none\n", b"Message-ID: <2@x>\n\ntwo\n"]
    box = mailbox.mbox(tmp_path / "box")
    folder = mailbox.Maildir(tmp_path / "dir")
    for data in wanted:
        box.add(data)
        folder.add(data)
    box.close()
    assert [data.rstrip() for data in messages_in_mbox(tmp_path / "box")] == [
        data.rstrip() for data in wanted
    ]
    assert sorted(messages_in_maildir(tmp_path / "dir")) == wanted
    assert list(message_in_stream(io.BytesIO(b"From x@y Fri\n" + wanted[0]))) == [wanted[0]]
    with pytest.raises(InvalidInput):
        list(messages_in_mbox(tmp_path / "nowhere"))
    with pytest.raises(InvalidInput):
        list(messages_in_maildir(tmp_path))
