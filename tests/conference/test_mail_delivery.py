"""Which mails go when: turns of domains, rates, addresses that get none, people who want no news, and why mail is stuck."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest

from conference.db import count_queries
from conference.mail import trouble
from conference.mail.due import DueMail, due_mails, in_turns
from conference.mail.failures import is_hard, next_wait
from conference.mail.suppressions import (
    lift,
    suppress,
    suppressed,
    suppression_hash,
    unsubscribe,
    unsubscription_hash,
    without_addresses,
)
from conference.mail.unsubscribing import mark_in, unsubscribe_path
from conference.outbox import Delivered, deliver_due
from conference.tables import AuditEntry, MailState, OutgoingMail, Suppression, SuppressionSource
from tests.conference.test_outbox import NOW, queue, settings_for, the_mail
from tests.makers import make_conference, make_organiser
from tests.smtp import smtp_server


def _mails(*domains: str, kind: str = "invite") -> list[DueMail]:
    return [DueMail(number, kind, domain) for number, domain in enumerate(domains)]


def test_domains_take_turns_and_none_gets_more_than_it_takes() -> None:
    mails = _mails("big", "big", "big", "small", "other", "big")
    order = [mail.id for mail in in_turns(mails, limit=9, left={}, most=9)]
    assert order == [0, 3, 4, 1, 2, 5]
    spared = [mail.id for mail in in_turns(mails, limit=9, left={"big": 1, "other": 0}, most=9)]
    assert spared == [0, 3]
    assert len(in_turns(mails, limit=2, left={}, most=9)) == 2


def test_who_waits_before_a_page_goes_first() -> None:
    mails = [*_mails("a", kind="registration-confirm"), *_mails("a", "a")]
    assert [mail.kind for mail in in_turns(mails, limit=2, left={"a": 2}, most=9)] == [
        "registration-confirm",
        "invite",
    ]


def test_waits_differ_by_mail_but_not_by_chance_and_fit_before_a_mail_is_useless() -> None:
    waits = {next_wait(2, f"mail{number}") for number in range(40)}
    assert len(waits) > 20
    assert all(timedelta(minutes=22) < wait < timedelta(minutes=38) for wait in waits)
    assert next_wait(2, "mail1") == next_wait(2, "mail1")
    assert next_wait(2, "mail1", timedelta(minutes=8)) == timedelta(minutes=4)
    assert next_wait(2, "mail1", timedelta(seconds=8)) == timedelta(minutes=1)


@pytest.mark.parametrize(
    ("status", "code", "answer"),
    [
        ("5.1.1", 550, True),
        ("5.1.10", None, True),
        ("5.2.1", 550, True),
        ("", 550, True),
        ("", 554, False),
        ("5.1.8", 550, False),
        ("5.2.2", 552, False),
        ("5.0.0", 550, False),
    ],
)
def test_only_a_refusal_of_the_address_itself_is_hard(status: str, code: int | None, answer: bool) -> None:
    assert is_hard(status, code) is answer


def test_the_reason_kept_names_nobody() -> None:
    words = "550 5.1.1 <zoe@b.example>: user zoe@b.example unknown (to=zoe@b.example)"
    assert without_addresses(words) == "550 5.1.1 <…>: user … unknown (to=…)"


@pytest.mark.usefixtures("each_database")
async def test_a_busy_domain_waits_for_the_next_minute_and_holds_nobody_up(tmp_path: Path) -> None:
    for number in range(5):
        await queue(to=f"p{number}@busy.example")
    await queue(to="anna@free.example", now=NOW)
    async with smtp_server() as server:
        settings = dataclasses.replace(settings_for(tmp_path, server.url), mail_per_domain=2)
        assert await deliver_due(settings, NOW) == Delivered(sent=3)
        assert server.recipients == ["p0@busy.example", "anna@free.example", "p1@busy.example"]
        assert await deliver_due(settings, NOW + timedelta(seconds=20)) == Delivered()
        assert await deliver_due(settings, NOW + timedelta(seconds=90)) == Delivered(sent=2)


@pytest.mark.usefixtures("each_database")
async def test_many_mails_go_by_several_connections_and_each_goes_once(tmp_path: Path) -> None:
    for number in range(60):
        await queue(to=f"p{number}@b{number % 7}.example")
    async with smtp_server() as server:
        settings = dataclasses.replace(settings_for(tmp_path, server.url), mail_per_domain=0)
        assert await deliver_due(settings, NOW) == Delivered(sent=60)
        assert sorted(server.recipients) == sorted(f"p{n}@b{n % 7}.example" for n in range(60))
        assert server.connections == 3


@pytest.mark.usefixtures("database")
async def test_a_server_that_takes_one_connection_gets_everything_by_it(tmp_path: Path) -> None:
    for number in range(45):
        await queue(to=f"p{number}@b{number % 7}.example")
    async with smtp_server(most_connections=1) as server:
        settings = dataclasses.replace(settings_for(tmp_path, server.url), mail_per_domain=0)
        done = await deliver_due(settings, NOW)
        assert (done.sent, done.paused) == (45, "")
        assert await trouble.resting(NOW) is None


@pytest.mark.usefixtures("each_database")
async def test_without_a_server_many_mails_wait_as_they_were(tmp_path: Path, unused_tcp_port: int) -> None:
    for number in range(60):
        await queue(to=f"p{number}@b.example")
    done = await deliver_due(settings_for(tmp_path, f"smtp://127.0.0.1:{unused_tcp_port}"), NOW)
    assert done.total == 0
    assert str(unused_tcp_port) in done.paused
    rows = await OutgoingMail.select(OutgoingMail.state, OutgoingMail.attempts)
    assert {(row["state"], row["attempts"]) for row in rows} == {(MailState.QUEUED.value, 0)}


@pytest.mark.usefixtures("each_database")
async def test_an_address_that_does_not_exist_is_written_to_once(tmp_path: Path) -> None:
    conference, organiser = await make_conference(), await make_organiser()
    await queue(to="gone@b.example")
    async with smtp_server() as server:
        server.replies = {"gone@b.example": "550 5.1.1 <gone@b.example> unknown"}
        settings = settings_for(tmp_path, server.url)
        assert await deliver_due(settings, NOW) == Delivered(refused=1)
        await queue(to="Gone@b.example", key="two")
        assert await deliver_due(settings, NOW + timedelta(hours=1)) == Delivered(suppressed=1)
        assert server.received == []
        kept = await the_mail("Gone@b.example")
        assert (kept.state, kept.last_reply) == (
            MailState.SUPPRESSED,
            "Not sent: this address does not work. 550 5.1.1 <…> unknown",
        )
        found = await suppressed(" gone@B.example ")
        assert found is not None
        assert (found.source, found.since.date()) == (SuppressionSource.REFUSAL, NOW.date())

        await lift("GONE@b.example", conference_id=conference.id, actor=organiser, now=NOW)
        assert await suppressed("gone@b.example") is None
        server.replies = {}
        await queue(to="gone@b.example", key="three")
        assert await deliver_due(settings, NOW + timedelta(hours=2)) == Delivered(sent=1)
    assert await AuditEntry.count().where(AuditEntry.action == "mail-suppression-lifted") == 1


@pytest.mark.usefixtures("database")
async def test_the_list_holds_no_address() -> None:
    assert await suppress("zoe@b.example", "550 zoe@b.example", SuppressionSource.BOUNCE, now=NOW) is True
    assert await suppress("ZOE@b.example", "again", SuppressionSource.BOUNCE, now=NOW) is False
    (row,) = await Suppression.select()
    assert row["address_hash"] == suppression_hash("zoe@b.example")
    assert "zoe" not in str(row)


@pytest.mark.usefixtures("each_database")
async def test_news_carries_a_way_out_and_is_not_sent_to_who_took_it(tmp_path: Path) -> None:
    conference = await make_conference()
    await queue(is_promotional=True, conference_id=conference.id)
    await queue(to="anna@b.example", conference_id=conference.id)
    async with smtp_server() as server:
        await deliver_due(settings_for(tmp_path, server.url), NOW)
        by_address = {message["To"].addresses[0].addr_spec: message for message in server.messages}
        news, own = by_address["zoe@b.example"], by_address["anna@b.example"]
        path = unsubscribe_path(conference.slug, conference.id, "zoe@b.example")
        assert news["List-Unsubscribe"] == f"<https://conf.example.org{path}>"
        assert news["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert path in str(news.get_body(("plain",))).replace("=\n", "")
        assert own["List-Unsubscribe"] is None
        mark = mark_in(path.rsplit("/", 1)[1], conference.id)
        assert mark == unsubscription_hash(conference.id, "zoe@b.example")

        await queue(is_promotional=True, conference_id=conference.id, key="waiting already")
        assert await unsubscribe(conference.id, mark, now=NOW) is True
        assert await unsubscribe(conference.id, mark, now=NOW) is False
        await queue(is_promotional=True, conference_id=conference.id, key="news")
        await queue(conference_id=conference.id, key="about their own registration")
        assert await deliver_due(settings_for(tmp_path, server.url), NOW) == Delivered(sent=1, suppressed=1)
    kept = await OutgoingMail.objects().where(OutgoingMail.state == MailState.SUPPRESSED.value)
    assert {row.last_reply for row in kept} == {"Not sent: this person wants no more news of the conference."}
    assert len(kept) == 2


def test_a_link_of_another_conference_or_with_a_letter_changed_means_nobody() -> None:
    token = unsubscribe_path("wil", 7, "zoe@b.example").rsplit("/", 1)[1]
    assert mark_in(token, 7) is not None
    assert mark_in(token, 8) is None
    assert mark_in(token[:-1] + ("A" if token[-1] != "A" else "B"), 7) is None
    assert mark_in("", 7) is None
    assert mark_in("\udcff" * 65, 7) is None


@pytest.mark.usefixtures("each_database")
async def test_trouble_is_remembered_since_it_began_and_over_with_the_next_mail(tmp_path: Path) -> None:
    await queue()
    await queue(to="anna@b.example")
    assert await trouble.stuck(NOW) is None
    async with smtp_server(password="right") as server:
        wrong = settings_for(tmp_path, server.url.replace("://", "://meridian:wrong@"))
        await deliver_due(wrong, NOW)
        later = NOW + timedelta(hours=1)
        await deliver_due(wrong, later)
        found = await trouble.stuck(later)
        assert found is not None
        assert (found.kind, found.waiting) == ("sign-in", 2)
        assert found.since - NOW < timedelta(seconds=5)
        assert found.words.endswith("535 5.7.8 Authentication credentials invalid")
        assert found.retry_at is not None
        assert found.retry_at - trouble.SIGN_IN_PAUSE - later < timedelta(seconds=5)

        right = settings_for(tmp_path, server.url.replace("://", "://meridian:right@"))
        assert await deliver_due(right, later + timedelta(minutes=1)) == Delivered()
        assert await trouble.try_now(later + timedelta(minutes=1)) is True
        assert await deliver_due(right, later + timedelta(minutes=1)) == Delivered(sent=2)
    assert await trouble.stuck(later + timedelta(minutes=1)) is None
    assert await trouble.try_now(later) is False


@pytest.mark.usefixtures("database")
async def test_mail_that_nobody_sends_is_stuck(tmp_path: Path) -> None:
    await queue()
    assert await trouble.stuck(NOW + timedelta(minutes=14)) is None
    found = await trouble.stuck(NOW + timedelta(minutes=16))
    assert found is not None
    assert (found.kind, found.since, found.waiting) == ("idle", NOW, 1)


@pytest.mark.usefixtures("each_database")
async def test_what_is_due_costs_the_same_for_one_mail_and_for_forty() -> None:
    async def queries() -> int:
        with count_queries() as counted:
            await due_mails(NOW, limit=100, per_minute=30)
        return counted.total

    await queue(to="p@b.example")
    few = await queries()
    for number in range(40):
        await queue(to=f"p{number}@b{number % 7}.example")
    assert await queries() == few
