"""A full workshop that many leave at the same moment: their seats are offered to those who wait, in order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from conference import clock
from conference.benchmarks.load import Plan, run_apart
from conference.benchmarks.weight import fetch
from conference.codes import hash_secret, new_code, new_token
from conference.settings import Settings
from conference.tables import OutgoingMail
from registration.benchmarks.made import SLUG, add_people, publish_conference
from registration.benchmarks.results import Asked, Result, processes_told
from registration.entries.access import cookie_name
from registration.entries.tables import AttendeeSignIn
from registration.seating.tables import Seat, WaitlistEntry, WaitState
from sessions.queries import latest_programme

LEAVING = 500
AT_ONCE = 500
CLIENTS = 32
PROCESSES = (1, 2)


def promotions(folder: Path, asked: Asked) -> Iterator[Result]:
    """Of a full workshop everybody leaves, and twice as many wait. Every seat given up must be offered, by mail, to one
    person, and to those who came first."""
    leaving = min(LEAVING, asked.people)
    for processes in PROCESSES:
        for place in asked.places(folder / str(processes)):
            slot, cookies = place.prepare(partial(_full_workshop, seats=leaving))
            with place.serving(workers=processes) as server:
                given = fetch(server.url, f"/{SLUG}/register").cookies
                token = given.partition("csrftoken=")[2].partition(";")[0]
                content = urlencode({"_csrf_token": token, "slot": slot, "take": "no"})
                kind = {"Content-Type": "application/x-www-form-urlencoded"}
                requests = [
                    ("POST", f"/{SLUG}/me/seats", {**kind, "Cookie": f"{given}; {cookie}"}, content)
                    for cookie in cookies
                ]
                seen = run_apart(Plan(server.url, requests, CLIENTS, once=True))
            if seen.statuses != {"303": leaving}:
                raise RuntimeError(f"{leaving} gave up their seats and were answered {seen.statuses}")
            place.prepare(partial(_look, leaving=leaving))
            name = f"Seats given up and offered on, a second, {place.engine}, {processes_told(processes)}"
            yield Result(name, f"{seen.per_second:,.0f}")
            yield Result("… median and slowest answer", f"{seen.median_ms:.0f} / {seen.slowest_ms:.0f} ms")


async def _full_workshop(settings: Settings, *, seats: int) -> tuple[str, list[str]]:
    """The code of a slot in which so many sit and twice as many wait, and the cookies of those who sit."""
    conference, now = await publish_conference(settings, seats=seats), clock.now()
    programme = await latest_programme(conference)
    if programme is None:
        raise RuntimeError("the made-up conference is not published")
    slot = next(slot for _session, slot in programme.placings if slot.seats is not None)
    people: list[int] = []
    for first in range(0, 3 * seats, AT_ONCE):  # as many as one statement takes on PostgreSQL
        people += await add_people(conference, range(first, min(first + AT_ONCE, 3 * seats)), now)
    seated, waiting = people[:seats], people[seats:]
    secrets = [new_token() for _person in seated]
    for rows in (
        [Seat(slot=slot.id, registration=person, taken_at=now) for person in seated],
        [
            AttendeeSignIn(
                registration=person,
                token_hash=hash_secret(secret),
                created_at=now,
                expires_at=now + timedelta(days=1),
            )
            for person, secret in zip(seated, secrets, strict=True)
        ],
        [
            WaitlistEntry(
                conference=conference.id,
                slot=slot.id,
                registration=person,
                code=new_code(12),
                state=WaitState.WAITING,
                joined_at=now,
            )
            for person in waiting
        ],
    ):
        await type(rows[0]).insert(*rows)
    return slot.code, [f"{cookie_name(conference.id)}={secret}" for secret in secrets]


async def _look(_settings: Settings, *, leaving: int) -> None:
    line = await WaitlistEntry.select(WaitlistEntry.state).order_by(WaitlistEntry.id)
    expected = [WaitState.OFFERED.value] * leaving + [WaitState.WAITING.value] * leaving
    offers = await OutgoingMail.count().where(OutgoingMail.kind == "waitlist-offer")
    if [row["state"] for row in line] != expected or offers != leaving or await Seat.count():
        raise RuntimeError(f"{leaving} left, {offers} offers were mailed, and the line stands otherwise")
