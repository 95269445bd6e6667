"""The outbox against a real SMTP server: who gets what, once, and what happens when something breaks."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import os
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest

from conference import db
from conference.addresses import AddressRefused
from conference.errors import BadSetting
from conference.mail import link_ref, token_ref
from conference.mail.failures import Failure, Verdict, judge, next_wait
from conference.mail.smtp import mail_server
from conference.mail.trouble import PAUSE, SIGN_IN_PAUSE, resting
from conference.outbox import LEASE, Delivered, deliver_due, queue_mail
from conference.settings import Settings
from conference.tables import MailState, OutgoingMail
from tests.smtp import smtp_server

NOW = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
HOME = {
    "name": {"en": "Working Internationally"},
    "zone": "Europe/London",
    "reply_to": "team@library.example",
}


def settings_for(folder: Path, smtp_url: str = "") -> Settings:
    settings = Settings.from_environment(
        {"MERIDIAN_DATA_DIR": str(folder), "MERIDIAN_BASE_URL": "https://conf.example.org"}
    )
    return dataclasses.replace(settings, smtp_url=smtp_url)


async def queue(to: str = "zoe@b.example", key: str = "", **changes: Any) -> bool:
    facts: dict[str, Any] = {
        "kind": "registration-link",
        "to": to,
        "to_name": "Zoë Müller",
        "language": "en",
        "zone": "Asia/Kolkata",
        "payload": {"conference": HOME, "page": link_ref("/wil/me/", token_ref("page", to))},
        "idempotency_key": key or f"link:{to}",
        "now": NOW,
    }
    return await queue_mail(**(facts | changes))


async def the_mail(to: str = "zoe@b.example") -> OutgoingMail:
    row = await OutgoingMail.objects().get(OutgoingMail.recipient == to)
    assert row is not None
    return row


@pytest.mark.usefixtures("each_database")
async def test_one_key_makes_one_mail_however_many_ask_at_once() -> None:
    answers = await asyncio.gather(*(queue(key="seat:1") for _ in range(8)))
    assert sorted(answers) == [False] * 7 + [True]
    assert await OutgoingMail.count() == 1


@pytest.mark.usefixtures("each_database")
async def test_a_known_key_inside_a_transaction_leaves_the_transaction_whole() -> None:
    await queue(key="seat:1")
    async with db.transaction():
        assert await queue(key="seat:1") is False
        assert await queue(to="anna@b.example") is True
    assert await OutgoingMail.count() == 2


@pytest.mark.usefixtures("each_database")
async def test_a_mail_goes_the_way_of_the_transaction_that_caused_it() -> None:
    with pytest.raises(RuntimeError, match="full"):
        await _queue_and_fail()
    assert await OutgoingMail.count() == 0


async def _queue_and_fail() -> None:
    async with db.transaction():
        await queue()
        raise RuntimeError("full")


@pytest.mark.usefixtures("each_database")
async def test_what_is_stored_are_plain_facts_without_secrets() -> None:
    payload = {
        "conference": HOME,
        "page": link_ref("/me/", token_ref("page", 7)),
        "at": NOW,
        "x": "a\x00\ud800b",
    }
    await queue(to="Zoe@Bücher.example", payload=payload, to_name="Zoë\r\nBcc: x")
    row = await the_mail("Zoe@xn--bcher-kva.example")
    assert json.loads(row.payload) == {
        "conference": HOME,
        "page": {"$link": ["/me/", {"$token": ["page", "7"]}]},
        "at": "2026-05-01T09:00:00+00:00",
        "x": "ab",
    }
    assert row.recipient_name == "Zoë Bcc: x"
    assert (row.state, row.attempts, row.next_attempt_at, row.created_at) == ("queued", 0, NOW, NOW)


@pytest.mark.usefixtures("database")
async def test_what_cannot_be_a_mail_is_refused_when_queued() -> None:
    with pytest.raises(AddressRefused):
        await queue(to="nobody")
    with pytest.raises(ValueError, match="must know its zone"):
        await queue(payload={"at": NOW.replace(tzinfo=None)})
    with pytest.raises(ValueError, match="idempotency key"):
        await queue(key="k" * 201)
    assert await OutgoingMail.count() == 0


@pytest.mark.usefixtures("each_database")
async def test_a_due_mail_arrives_and_the_servers_words_are_kept(tmp_path: Path) -> None:
    await queue()
    await queue(to="later@b.example", now=NOW + timedelta(minutes=1))
    async with smtp_server() as server:
        done = await deliver_due(settings_for(tmp_path, server.url), NOW)
    assert done == Delivered(sent=1)
    assert server.recipients == ["zoe@b.example"]
    assert server.received[0].mail_from == "meridian@conf.example.org"
    row = await the_mail()
    message = server.messages[0]
    assert message["Message-ID"] == f"<{row.message_id}@conf.example.org>"
    assert message["Subject"] == "Your page at Working Internationally"
    assert (row.state, row.attempts, row.last_reply) == (MailState.SENT, 1, "2.0.0 kept")
    assert row.lease_until is None
    assert row.sent_at is not None
    assert NOW <= row.sent_at < NOW + timedelta(minutes=1)


@pytest.mark.usefixtures("database")
async def test_an_invite_arrives_with_its_calendar_byte_for_byte(tmp_path: Path) -> None:
    file = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:Métadonnées\r\nEND:VCALENDAR\r\n".encode()
    await queue(calendar=file, calendar_method="REQUEST")
    async with smtp_server() as server:
        await deliver_due(settings_for(tmp_path, server.url), NOW)
    part = next(p for p in server.messages[0].walk() if p.get_content_type() == "text/calendar")
    assert part.get_param("method") == "REQUEST"
    assert part.get_payload(decode=True) == file


@pytest.mark.usefixtures("database")
async def test_each_answer_has_its_consequence_and_none_stops_the_others(tmp_path: Path) -> None:
    answers = {
        "good@a.example": "250 2.1.5 OK",
        "greylisted@b.example": "451 4.7.1 try later",
        "unknown@c.example": "550 5.1.1 no such user",
        "full@d.example": "552 5.2.2 mailbox full",
        "policy@e.example": "550 5.7.26 not aligned",
        "also-good@f.example": "250 2.1.5 OK",
    }
    for address in answers:
        await queue(to=address)
    async with smtp_server() as server:
        server.replies = answers
        done = await deliver_due(settings_for(tmp_path, server.url), NOW)
    assert done == Delivered(sent=2, retried=3, refused=1)
    assert server.recipients == ["good@a.example", "also-good@f.example"]
    assert server.connections == 1
    states = {
        row.recipient: (row.state, row.last_reply)
        for row in await OutgoingMail.objects()
        if row.recipient not in server.recipients
    }
    assert states == {
        "greylisted@b.example": (MailState.QUEUED, "451 4.7.1 try later"),
        "unknown@c.example": (MailState.REFUSED, "550 5.1.1 no such user"),
        "full@d.example": (MailState.QUEUED, "552 5.2.2 mailbox full"),
        "policy@e.example": (MailState.QUEUED, "550 5.7.26 not aligned"),
    }


@pytest.mark.usefixtures("database")
async def test_a_mail_put_off_is_tried_again_later_and_given_up_after_three_days(tmp_path: Path) -> None:
    await queue()
    async with smtp_server() as server:
        settings = settings_for(tmp_path, server.url)
        server.replies = {"zoe@b.example": "451 later"}
        moment = NOW
        waits: list[timedelta] = []
        while (row := await the_mail()).state == MailState.QUEUED:
            assert len(waits) < 40
            assert await deliver_due(settings, moment - timedelta(seconds=1)) == Delivered()
            await deliver_due(settings, moment)
            row = await the_mail()
            waits.append(row.next_attempt_at - moment)
            moment = row.next_attempt_at
    for wait, usual in zip(waits, (5, 30, 120, 360, 360, 360), strict=False):
        assert 0.7 < wait / timedelta(minutes=usual) < 1.3
    assert row.state == MailState.REFUSED
    assert row.last_reply == "Given up after three days: 451 later"
    assert timedelta(days=3) <= moment - NOW < timedelta(days=3, hours=8)


@pytest.mark.usefixtures("database")
async def test_a_server_that_wants_us_slower_spares_the_rest_of_that_domain(tmp_path: Path) -> None:
    for address in ["one@busy.example", "two@busy.example", "three@free.example"]:
        await queue(to=address)
    async with smtp_server() as server:
        server.replies = {"one@busy.example": "451 4.7.28 too many of you"}
        done = await deliver_due(settings_for(tmp_path, server.url), NOW)
    assert done == Delivered(sent=1, retried=1)
    assert server.recipients == ["three@free.example"]
    assert (await the_mail("two@busy.example")).next_attempt_at >= NOW + timedelta(minutes=3)


@pytest.mark.usefixtures("each_database")
async def test_a_connection_lost_after_the_final_dot_sends_the_same_message_again(tmp_path: Path) -> None:
    await queue()
    await queue(to="anna@b.example")
    async with smtp_server() as server:
        settings = settings_for(tmp_path, server.url)
        server.drop_after_data = ["zoe@b.example"]
        assert await deliver_due(settings, NOW) == Delivered(sent=1, retried=1)
        assert await deliver_due(settings, NOW + timedelta(minutes=7)) == Delivered(sent=1)
    assert server.recipients == ["zoe@b.example", "anna@b.example", "zoe@b.example"]
    first, _other, again = server.received
    assert first.content == again.content
    assert server.messages[0]["Message-ID"] == server.messages[2]["Message-ID"]


@pytest.mark.usefixtures("each_database")
async def test_a_process_killed_while_sending_is_followed_by_another_after_its_lease(tmp_path: Path) -> None:
    await queue()
    async with smtp_server() as server:
        settings = settings_for(tmp_path, server.url)
        async with SlowMailbox() as slow:
            killed = asyncio.create_task(deliver_due(settings_for(tmp_path, slow.url), NOW))
            await slow.reached.wait()
            killed.cancel()
            with pytest.raises(asyncio.CancelledError):
                await killed
        assert (await the_mail()).state == MailState.SENDING
        assert await deliver_due(settings, NOW + LEASE - timedelta(seconds=30)) == Delivered()
        assert await deliver_due(settings, NOW + LEASE + timedelta(minutes=1)) == Delivered(sent=1)
    row = await the_mail()
    assert (row.state, row.attempts) == (MailState.SENT, 2)
    assert server.messages[0]["Message-ID"] == f"<{row.message_id}@conf.example.org>"


class SlowMailbox:
    """A server that takes a connection and never says anything more than its greeting."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self._writers: list[asyncio.StreamWriter] = []

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        writer.write(b"220 slow.example ESMTP\r\n")
        await reader.readline()
        self.reached.set()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> SlowMailbox:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._server.close()
        for writer in self._writers:
            writer.close()
        await self._server.wait_closed()


@pytest.mark.usefixtures("each_database")
async def test_two_deliverers_at_once_send_each_mail_once(tmp_path: Path) -> None:
    people = sorted(f"p{number:02}@b.example" for number in range(20))
    for address in people:
        await queue(to=address)
    async with smtp_server() as server:
        settings = settings_for(tmp_path, server.url)
        one, two = await asyncio.gather(deliver_due(settings, NOW), deliver_due(settings, NOW))
    assert sorted(server.recipients) == people
    assert one.sent + two.sent == len(people)
    assert await OutgoingMail.count().where(OutgoingMail.state == MailState.SENT.value) == len(people)


@pytest.mark.usefixtures("database")
async def test_a_wrong_password_pauses_the_whole_queue_and_blames_no_mail(tmp_path: Path) -> None:
    for number in range(3):
        await queue(to=f"p{number}@b.example")
    async with smtp_server(password="right") as server:
        wrong = settings_for(tmp_path, server.url.replace("://", "://meridian:wrong@"))
        done = await deliver_due(wrong, NOW)
        assert done.paused.endswith(": 535 5.7.8 Authentication credentials invalid")
        assert (done.sent, done.retried, done.refused, done.held) == (0, 0, 0, 0)
        assert await deliver_due(wrong, NOW + timedelta(minutes=1)) == Delivered()
        rows = await OutgoingMail.objects()
        assert {(row.state, row.attempts) for row in rows} == {("queued", 0)}
        right = settings_for(tmp_path, server.url.replace("://", "://meridian:right@"))
        assert await deliver_due(right, NOW + PAUSE) == Delivered()
        assert await deliver_due(right, NOW + SIGN_IN_PAUSE + timedelta(minutes=1)) == Delivered(sent=3)


@pytest.mark.usefixtures("database")
async def test_a_server_that_is_not_there_pauses_the_queue(tmp_path: Path, unused_tcp_port: int) -> None:
    await queue()
    done = await deliver_due(settings_for(tmp_path, f"smtp://127.0.0.1:{unused_tcp_port}"), NOW)
    assert str(unused_tcp_port) in done.paused
    row = await the_mail()
    assert (row.state, row.attempts) == (MailState.QUEUED, 0)
    assert await resting(NOW + PAUSE - timedelta(seconds=1)) is not None
    assert await resting(NOW + PAUSE + timedelta(minutes=1)) is None


@pytest.mark.usefixtures("database")
async def test_a_server_without_the_encryption_asked_for_gets_no_mail(tmp_path: Path) -> None:
    await queue()
    async with smtp_server() as server:
        settings = settings_for(tmp_path, server.url.replace("smtp://", "smtp+starttls://"))
        done = await deliver_due(settings, NOW)
    assert "STARTTLS" in done.paused
    assert server.received == []
    assert (await the_mail()).state == MailState.QUEUED


@pytest.mark.usefixtures("database")
async def test_a_server_that_falls_silent_does_not_hold_up_the_queue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conference.mail.smtp.COMMAND_SECONDS", 0.2)
    await queue()
    async with SlowMailbox() as server:
        done = await deliver_due(settings_for(tmp_path, server.url), NOW)
    assert done.paused.endswith(": SMTPReadTimeoutError: Timed out waiting for server response")
    assert (await the_mail()).state == MailState.QUEUED


@pytest.mark.usefixtures("database")
async def test_one_bad_row_is_held_and_logged_and_the_others_leave(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await queue(to="bad@b.example", payload={})
    await queue(to="odd@b.example", kind="no-such-kind")
    await queue()
    async with smtp_server() as server:
        with caplog.at_level(logging.ERROR):
            done = await deliver_due(settings_for(tmp_path, server.url), NOW)
    assert done == Delivered(sent=1, held=2)
    bad = await the_mail("bad@b.example")
    assert bad.state == MailState.HELD
    assert bad.last_reply.startswith("This mail could not be made: UndefinedError")
    assert f"outgoing mail {bad.id}" in caplog.text


@pytest.mark.usefixtures("database")
async def test_a_mail_that_would_come_too_late_is_not_sent(tmp_path: Path) -> None:
    await queue(useless_after=NOW + timedelta(minutes=15))
    async with smtp_server() as server:
        done = await deliver_due(settings_for(tmp_path, server.url), NOW + timedelta(minutes=15))
    assert done == Delivered(refused=1)
    assert server.received == []
    assert (await the_mail()).last_reply == "Not sent: it would have come too late."


@pytest.mark.usefixtures("database")
async def test_without_a_server_mails_become_files_for_their_owner_alone(tmp_path: Path) -> None:
    await queue()
    assert await deliver_due(settings_for(tmp_path), NOW) == Delivered(sent=1)
    row = await the_mail()
    (file,) = (tmp_path / "mail").iterdir()
    assert file.name == f"2026-05-01T090000Z-{row.message_id}.eml"
    message = message_from_bytes(file.read_bytes(), policy=default)
    assert message["Subject"] == "Your page at Working Internationally"
    assert message["To"].addresses[0].addr_spec == "zoe@b.example"
    assert (row.state, row.last_reply) == (MailState.SENT, f"written to {file.name}")
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("database")
async def test_a_folder_that_cannot_be_written_puts_the_mail_off(tmp_path: Path) -> None:
    await queue()
    (tmp_path / "mail").write_text("in the way")
    assert await deliver_due(settings_for(tmp_path), NOW) == Delivered(retried=1)
    os.unlink(tmp_path / "mail")
    assert await deliver_due(settings_for(tmp_path), NOW + timedelta(minutes=7)) == Delivered(sent=1)


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (aiosmtplib.SMTPDataError(451, "4.3.0 busy"), Failure(Verdict.RETRY, "451 4.3.0 busy")),
        (aiosmtplib.SMTPDataError(421, "closing"), Failure(Verdict.RETRY, "421 closing", slow_domain=True)),
        (aiosmtplib.SMTPDataError(554, "no"), Failure(Verdict.REFUSED, "554 no")),
        (aiosmtplib.SMTPDataError(550, "5.7.1\nspam"), Failure(Verdict.POLICY, "550 5.7.1 spam")),
        (aiosmtplib.SMTPSenderRefused(553, "no", "us@x"), Failure(Verdict.HELD, "553 no")),
        (
            aiosmtplib.SMTPSenderRefused(530, "sign in", "us@x"),
            Failure(Verdict.PAUSE, "530 sign in", is_sign_in=True),
        ),
        (
            aiosmtplib.SMTPRecipientsRefused([aiosmtplib.SMTPRecipientRefused(550, "5.1.1 who", "x@y")]),
            Failure(Verdict.REFUSED, "550 5.1.1 who", is_hard=True),
        ),
        (TimeoutError(), Failure(Verdict.RETRY, "TimeoutError:")),
        (
            aiosmtplib.SMTPServerDisconnected("gone"),
            Failure(Verdict.RETRY, "SMTPServerDisconnected: gone"),
        ),
    ],
)
def test_what_a_failure_means(error: Exception, failure: Failure) -> None:
    assert judge(error) == failure


def test_waits_grow_and_then_stay() -> None:
    assert [next_wait(n) for n in (1, 2, 3, 4, 9)] == [
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(hours=6),
        timedelta(hours=6),
    ]


def test_the_servers_address_is_read_from_its_url() -> None:
    server = mail_server("smtp+starttls://me%40x.example:p%2Fw@mail.example")
    assert (server.host, server.port, server.username, server.password) == (
        "mail.example",
        587,
        "me@x.example",
        "p/w",
    )
    assert (server.start_tls, server.use_tls) == (True, False)
    assert (mail_server("smtps://mail.example").port, mail_server("smtp://mail.example").port) == (465, 25)
    assert mail_server("smtp://localhost:2525").port == 2525


@pytest.mark.parametrize(
    "url", ["smtp://user:secret@mail.example", "http://mail.example", "smtp://", "mail.example:25"]
)
def test_a_url_that_would_leak_or_lead_nowhere_is_refused(url: str) -> None:
    with pytest.raises(BadSetting, match="MERIDIAN_SMTP_URL"):
        mail_server(url)
