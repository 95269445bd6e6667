"""Complete registrations, sent as fast as the server takes them, on each database and by one process and two."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from conference.benchmarks.load import Plan, Seen, run_apart
from conference.benchmarks.places import Place
from conference.benchmarks.weight import fetch
from conference.settings import Settings
from conference.tables import AuditEntry, OutgoingMail
from registration.benchmarks.made import SLUG, publish_conference
from registration.benchmarks.results import Asked, Result, processes_told
from registration.seating.tables import Seat
from registration.tables import Registration
from sessions.tables import SessionKind, Slot

CLIENTS = 32
PROCESSES = (1, 2)
A_SECOND = 600  # more than can be done, so that the time is filled
GOAL = 300

Request = tuple[str, str, dict[str, str], str]


def registrations(folder: Path, asked: Asked) -> Iterator[Result]:
    """Registrations with two workshop seats each; every one answered must be there afterwards, with its mail and its
    entry in the log. A commit that was answered survives a power cut: SQLite's synchronous=FULL, PostgreSQL as it comes."""
    for processes in PROCESSES:
        for place in asked.places(folder / str(processes)):
            rates = [_registered(place, processes, int(asked.seconds * A_SECOND))]
            rate, seen = rates[0].per_second, rates[0]
            name = f"Registrations a second, {place.engine}, {processes_told(processes)}"
            has_goal = not place.database_url and processes == 1
            yield Result(
                name, f"{rate:,.0f}", f"≥ {GOAL}" if has_goal else "", rate >= GOAL if has_goal else None
            )
            yield Result("… median and slowest answer", f"{seen.median_ms:.0f} / {seen.slowest_ms:.0f} ms")


def _registered(place: Place, processes: int, count: int) -> Seen:
    place.prepare(publish_conference)
    workshops = place.prepare(workshop_slots)
    before = place.prepare(_counted)
    with place.serving(workers=processes) as server:
        form = fetch(server.url, f"/{SLUG}/register")
        token = form.cookies.partition("csrftoken=")[2].partition(";")[0]
        requests = [_registration(number, token, form.cookies, workshops) for number in range(count)]
        seen = run_apart(Plan(server.url, requests, CLIENTS, once=True))
    after = place.prepare(_counted)
    kept = {name: after[name] - before[name] for name in after}
    if kept != {"registrations": count, "seats": 2 * count, "mails": count, "entries": count}:
        raise RuntimeError(f"{count} were sent, {kept} were kept, the answers were {seen.statuses}")
    return seen


async def _counted(_settings: Settings) -> dict[str, int]:
    return {
        "registrations": await Registration.count(),
        "seats": await Seat.count(),
        "mails": await OutgoingMail.count(),
        "entries": await AuditEntry.count(),
    }


def _registration(number: int, token: str, cookies: str, workshops: dict[str, str]) -> Request:
    fields = {
        "_csrf_token": token,
        "name": f"Anjali Menon {number}",
        "email": f"anjali.{number}@example.org",
        "country": "IN",
        "zone": "Asia/Kolkata",
        "language": "en",
        "organisation": "The Quilon Public Library",
        **{f"seat_{session}": slot for session, slot in workshops.items()},
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookies}
    return ("POST", f"/{SLUG}/register", headers, urlencode(fields))


async def workshop_slots(_settings: Settings) -> dict[str, str]:
    """The slot of each workshop with seats, by the session's code."""
    rows = (
        await Slot.select(Slot.code.as_alias("slot"), Slot.session._.code.as_alias("session"))
        .where(Slot.seats.is_not_null() & (Slot.session.kind == SessionKind.WORKSHOP.value))
        .order_by(Slot.id)
    )
    return {row["session"]: row["slot"] for row in rows}
