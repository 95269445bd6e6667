"""Which mail came back: the address it returns to says so, and reports that keep nothing else are still understood."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from pathlib import Path

import pytest

from conference.mail.bounced import handle_bounce
from conference.mail.bounces import read_report
from conference.mail.intake import take_in
from conference.mail.returning import is_ours, keys_in_addresses, return_address
from conference.mail.suppressions import suppressed, unsubscribed_among, unsubscription_hash
from conference.outbox import deliver_due
from conference.tables import MailState
from tests.conference.test_mail_in import report
from tests.conference.test_outbox import NOW, queue, settings_for, the_mail
from tests.makers import make_conference
from tests.smtp import smtp_server

KEY = "k3v9x2abk3v9x2abk3v9"
OURS = ("meridian@conf.example.org", "bounce+*@conf.example.org")


def test_the_envelope_names_the_mail_where_the_settings_ask_for_it() -> None:
    assert return_address("", "team@x.example", KEY) == "team@x.example"
    assert return_address("back@x.example", "team@x.example", KEY) == "back@x.example"
    assert return_address("b+*@x.example", "team@x.example", KEY) == f"b+{KEY}@x.example"


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        (f"bounce+{KEY}@conf.example.org", [KEY]),
        (f'"Bounce" <BOUNCE+{KEY.upper()}@conf.example.org>', [KEY]),
        (f"{KEY}@x.example, b-{KEY[::-1]}@x.example", [KEY, KEY[::-1]]),
        (f"b={KEY}=zoe@x.example", [KEY]),
        (f"prefix{KEY}@x.example", []),
        (f"{KEY}", []),
        ("zoe@b.example", []),
    ],
)
def test_a_key_is_found_in_an_address_and_nowhere_else(line: str, keys: list[str]) -> None:
    assert keys_in_addresses(line) == keys


@pytest.mark.parametrize(
    ("recipient", "expected"),
    [
        ("meridian@conf.example.org", True),
        ("MERIDIAN@relay.internal", True),
        ("meridian+anything@conf.example.org", True),
        (f"bounce+{KEY}@conf.example.org", True),
        ("bounce@conf.example.org", True),  # Exim hands it over without its suffix
        ("bouncer@conf.example.org", False),
        ("zoe@conf.example.org", False),
        ("", False),
    ],
)
def test_mail_is_taken_for_our_addresses_alone(recipient: str, expected: bool) -> None:
    assert is_ours(recipient, *OURS) is expected


@pytest.mark.usefixtures("database")
async def test_the_server_is_told_which_mail_it_is_and_reports_without_our_headers_are_understood(
    tmp_path: Path,
) -> None:
    await queue()
    async with smtp_server(has_dsn=True) as mailbox:
        settings = replace(settings_for(tmp_path, mailbox.url), mail_return="bounce+*@conf.example.org")
        done = await deliver_due(settings, NOW)
    assert done.sent == 1
    row, (envelope,) = await the_mail(), mailbox.received
    assert envelope.mail_from == f"bounce+{row.message_id}@conf.example.org"
    assert mailbox.mail_options == [[f"ENVID={row.message_id}", "RET=HDRS"]]
    assert str(mailbox.messages[0]["From"]).endswith("<meridian@conf.example.org>")

    cut = report("x" * 20)
    by_envelope = cut.replace(
        b"Reporting-MTA: dns; mx.b.example", f"Original-Envelope-Id: {row.message_id.upper()}".encode()
    )
    by_address = cut.replace(
        b"Subject: Und", f"To: <bounce+{row.message_id}@conf.example.org>\nSubject: Und".encode()
    )
    for data in (by_envelope, by_address):
        found = read_report(message_from_bytes(data))
        assert found is not None
        assert found.mail_keys[0] == row.message_id
    assert "gets no more mail" in (await take_in(by_address, [handle_bounce], now=NOW)).words
    assert (await the_mail()).state == MailState.REFUSED
    assert await suppressed("zoe@b.example") is not None


@pytest.mark.usefixtures("database")
async def test_a_server_that_knows_no_reports_is_asked_for_none(tmp_path: Path) -> None:
    await queue()
    async with smtp_server() as mailbox:
        await deliver_due(settings_for(tmp_path, mailbox.url), NOW)
    assert mailbox.mail_options == [[]]
    assert [envelope.mail_from for envelope in mailbox.received] == ["meridian@conf.example.org"]


@pytest.mark.usefixtures("database")
async def test_a_complaint_whose_headers_are_gone_is_known_by_the_address_it_went_out_with() -> None:
    conference = await make_conference()
    await queue(conference_id=conference.id, is_promotional=True)
    key = (await the_mail()).message_id
    complaint = f"""Message-ID: <fbl.2@big.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: message/feedback-report

Feedback-Type: abuse
Version: 1
Original-Mail-From: <bounce+{key}@conf.example.org>

--b
Content-Type: text/rfc822-headers

Subject: [redacted]
--b--
"""
    assert "gets no more news" in (await take_in(complaint.encode(), [handle_bounce], now=NOW)).words
    mark = unsubscription_hash(conference.id, "zoe@b.example")
    assert await unsubscribed_among([mark]) == {mark}
