"""For whoever runs the server."""

from __future__ import annotations

import re

from piccolo.apps.migrations.tables import Migration

from conference import clock, db
from conference.db import pending_migrations
from conference.operation import Metric, as_text, resident_bytes
from conference.tables import Job, MailState, OutgoingMail
from tests.makers import NOW, make_conference, make_organiser
from tests.pages import Browser
from tests.people import BERLIN_ORGANISER


async def test_it_is_alive_and_ready(browser: Browser) -> None:
    alive, ready = await browser.get("/healthz"), await browser.get("/readyz")
    assert (alive.status_code, alive.text, ready.status_code) == (200, "ok\n", 200)
    assert alive.headers["cache-control"] == "no-store"
    assert "set-cookie" not in alive.headers


async def test_it_is_not_ready_while_a_migration_is_missing(browser: Browser) -> None:
    await Migration.delete().where(Migration.app_name == "sessions")
    answer = await browser.get("/readyz")
    assert answer.status_code == 503
    assert "migrations have not run" in answer.text
    assert (await browser.get("/healthz")).status_code == 200


async def test_it_is_not_ready_when_the_database_is_gone(browser: Browser) -> None:
    await db.close_pool()
    answer = await browser.get("/readyz")
    assert answer.status_code == 503
    assert (await browser.get("/healthz")).status_code == 200
    await db.open_pool()
    assert (await browser.get("/readyz")).status_code == 200


async def test_pending_migrations_are_told_on_both_engines(each_database: db.Database) -> None:
    assert await pending_migrations() == []
    await Migration.delete().where(Migration.app_name == "registration")
    missing = await pending_migrations()
    assert missing
    assert {name.partition(":")[0] for name in missing} == {"registration"}


async def test_the_numbers_tell_the_mail_the_jobs_and_the_cache(browser: Browser) -> None:
    await make_organiser()
    with clock.fixed_at(NOW):
        await browser.post_form("/organise/sign-in", {"email": BERLIN_ORGANISER.email})
    await Job(name="send-mail", run_at=NOW, last_run_at=NOW, last_error='No "route"').save()
    await make_conference()
    for _ in range(3):
        await browser.get("/libraries/privacy")
    from datetime import timedelta

    with clock.fixed_at(NOW + timedelta(seconds=90)):
        answer = await browser.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    numbers = dict(line.rsplit(" ", 1) for line in answer.text.split("\n") if line and line[0] != "#")
    assert numbers['meridian_mails{state="queued"}'] == "1"
    assert numbers['meridian_mails{state="sent"}'] == "0"
    assert numbers["meridian_mail_oldest_waiting_seconds"] == "90"
    assert numbers['meridian_job_last_run_seconds{job="send-mail"}'] == "90"
    assert numbers['meridian_job_failed{job="send-mail"}'] == "1"
    assert int(numbers["process_resident_memory_bytes"]) > 20_000_000
    named = set(re.findall(r"# TYPE (\S+)", answer.text))
    assert {name.partition("{")[0] for name in numbers} <= named
    assert BERLIN_ORGANISER.email not in answer.text
    await OutgoingMail.update({OutgoingMail.state: MailState.SENT.value}).where(OutgoingMail.id > 0)
    assert "meridian_mail_oldest_waiting_seconds 0\n" in (await browser.get("/metrics")).text


def test_labels_cannot_break_out_of_their_quotes() -> None:
    text = as_text([Metric("m", "Meaning.", "gauge", {(("l", 'a"\\\nb'),): 1.5})])
    assert text == '# HELP m Meaning.\n# TYPE m gauge\nm{l="a\\"\\\\\\nb"} 1.5\n'


def test_memory_is_that_of_this_process() -> None:
    assert 10_000_000 < resident_bytes() < 4_000_000_000


async def test_crawlers_stay_out_of_what_is_not_public(browser: Browser) -> None:
    answer = await browser.get("/robots.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    for path in ("/organise/", "/join/", "/calendar/", "/speak/"):
        assert f"Disallow: {path}\n" in answer.text


async def test_the_icon_is_there(browser: Browser) -> None:
    answer = await browser.get("/favicon.ico")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert answer.content.startswith(b"<svg")


async def test_pages_are_no_part_of_the_interface_for_programs(browser: Browser) -> None:
    described = (await browser.get("/schema")).json()
    assert described == (await browser.get("/schema/openapi.json")).json()
    assert described["info"]["title"] == "Meridian"
    assert [path for path in described.get("paths", {}) if not path.startswith("/api/")] == []


async def test_every_answer_carries_the_safe_headers(browser: Browser) -> None:
    for path in ("/organise/sign-in", "/healthz", "/nothing-here", "/favicon.ico"):
        headers = (await browser.get(path)).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
