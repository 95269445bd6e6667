"""Reminders that all fall due at once: how fast they are worked out, how fast they leave, what pages wait meanwhile."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from conference import clock, conferences
from conference.benchmarks.load import Plan, Seen, run_apart
from conference.benchmarks.places import Place
from conference.benchmarks.server import free_port
from conference.settings import Settings
from conference.tables import Conference, MailState, OutgoingMail, RegistrationState
from registration.benchmarks.made import SLUG, USUAL, add_people, bench_programme
from registration.benchmarks.results import Asked, Result
from registration.calendars.tables import AgendaItem
from registration.reminding.sending import send_reminders
from sessions.imports.new_conference import import_programme
from sessions.interchange.model import SlotFacts
from sessions.queries import forget_programmes, latest_programme
from sessions.releases.publishing import release_programme

PEOPLE = 5_000
SESSIONS_EACH = 10
READERS = 4
STARTS_IN = timedelta(minutes=50)  # so that the reminder of an hour before is due
PUBLISHED = timedelta(days=3)  # before now: what people have just heard of, they are not reminded of
AT_ONCE = 500


def reminders(folder: Path, asked: Asked) -> Iterator[Result]:
    """``PEOPLE`` with ten sessions each, of which the first begins for all of them within the hour."""
    for place in asked.places(folder):
        yield from _reminders(place, min(PEOPLE, asked.people), asked.seconds)


def _reminders(place: Place, people: int, length: float) -> Iterator[Result]:
    slot = place.prepare(partial(_people_waiting, people=people))
    paths = (f"/{SLUG}/programme", f"/{SLUG}/register", f"/join/{slot}")
    requests = [("GET", path, {"Accept-Encoding": "gzip"}, "") for path in paths]
    with place.serving() as server:
        calm = run_apart(Plan(server.url, requests, READERS, length))
    seconds, queued = place.prepare(_queue_all)
    if queued != people:
        raise RuntimeError(f"{queued} of {people} reminders were queued")
    rate = queued / seconds
    yield Result(
        f"Reminders of {people:,} people worked out and queued, a second, {place.engine}", f"{rate:,.0f}"
    )
    with mail_sink() as port:
        smtp = f"smtp://127.0.0.1:{port}"
        with place.serving(jobs=True, SMTP_URL=smtp, MAIL_PER_DOMAIN="0") as server:
            before, began = place.prepare(_sent), time.perf_counter()
            busy = run_apart(Plan(server.url, requests, READERS, length))
            after, seconds = place.prepare(_sent), time.perf_counter() - began
    yield Result(
        f"Reminders sent, a second, while pages are read, {place.engine}",
        f"{(after - before) / seconds:,.0f}",
    )
    yield Result("Pages read meanwhile, beside a server that sends nothing", f"{_share(busy, calm):.0%}")
    yield Result(
        "… their median and slowest answer",
        f"{busy.median_ms:.0f} / {busy.slowest_ms:.0f} ms",
        "≤ 100 ms",
        busy.median_ms <= 100,
    )


def _share(busy: Seen, calm: Seen) -> float:
    if set(busy.statuses) != {"200"} or set(calm.statuses) != {"200"}:
        raise RuntimeError(f"the pages answered {busy.statuses} and {calm.statuses}")
    return busy.per_second / calm.per_second


@contextmanager
def mail_sink() -> Iterator[int]:
    """A mail server that takes everything, on the port that it yields."""
    port = free_port()
    command = (sys.executable, "-m", "conference.benchmarks.sink", str(port))
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - our own command
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


async def _sent(_settings: Settings) -> int:
    return int(await OutgoingMail.count().where(OutgoingMail.state == MailState.SENT.value))


async def _queue_all(_settings: Settings) -> tuple[float, int]:
    """How long it took, and how many were looked at."""
    began, looked_at = time.perf_counter(), 0
    while count := await send_reminders(clock.now()):
        looked_at += count
    return time.perf_counter() - began, looked_at


async def _people_waiting(_settings: Settings, *, people: int) -> str:
    """Registrations that wait to be reminded; the code of the slot that begins first."""
    now = clock.now()
    conference = await _publish(now)
    programme = await latest_programme(conference)
    slots = [slot for _session, slot in programme.placings if slot.seats is None] if programme else []
    mine = slots[:: USUAL.rooms][:SESSIONS_EACH]  # one after the other, each in the first of the rooms
    for start in range(0, people, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, people))
        ids = await add_people(conference, numbers, now - PUBLISHED, remind_day=False, remind_digest=False)
        items = [
            AgendaItem(registration=number, slot=slot.id, chosen_at=now - PUBLISHED)
            for number in ids
            for slot in mine
        ]
        await AgendaItem.insert(*items)
    return mine[0].code


async def _publish(now: datetime) -> Conference:
    forget_programmes()  # as publish_conference does
    made = bench_programme(now, USUAL)
    starts = [slot.local_start for session in made.sessions for slot in session.slots if slot.local_start]
    later = (now + STARTS_IN).replace(second=0, microsecond=0, tzinfo=None) - min(starts)
    sessions = tuple(
        replace(session, slots=tuple(_moved(slot, later) for slot in session.slots))
        for session in made.sessions
    )
    facts = replace(made.conference, zone="UTC")
    published = now - PUBLISHED
    imported = await import_programme(
        replace(made, conference=facts, sessions=sessions),
        slug=SLUG,
        owner=None,
        uid_host="bench.example.org",
        now=published,
    )
    conference, actor = imported.conference, "command line"
    await release_programme(conference, "", actor=actor, now=published, despite_clashes=True)
    await conferences.set_registration_state(conference, RegistrationState.OPEN, actor=actor, now=published)
    return conference


def _moved(slot: SlotFacts, by: timedelta) -> SlotFacts:
    return replace(slot, local_start=slot.local_start and slot.local_start + by)
