"""Complete registrations, sent as fast as the server takes them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

from conference.benchmarks.load import Plan, run_apart
from conference.benchmarks.server import running_server
from conference.benchmarks.weight import fetch
from conference.settings import Settings
from registration.benchmarks.made import SLUG, prepare, publish_conference
from registration.benchmarks.results import Asked, Result
from sessions.tables import SessionKind, Slot

CLIENTS = 32
REGISTRATIONS_A_SECOND = 400  # more than can be done, so that the time is filled


def registrations(folder: Path, asked: Asked) -> Iterator[Result]:
    """Registrations with two workshop seats each; every one answered must be there afterwards."""
    data_dir = folder / "data"
    prepare(data_dir, publish_conference)
    workshops = prepare(data_dir, _workshops)
    count = int(asked.seconds * REGISTRATIONS_A_SECOND)
    with running_server(data_dir, environ={"MERIDIAN_RUN_JOBS": "no"}) as server:
        form = fetch(server.url, f"/{SLUG}/register")
        token = form.cookies.partition("csrftoken=")[2].partition(";")[0]
        requests = [_registration(number, token, form.cookies, workshops) for number in range(count)]
        seen = run_apart(Plan(server.url, requests, CLIENTS, once=True))
    with closing(sqlite3.connect(data_dir / "meridian.sqlite")) as database:
        kept = {
            table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - names from here
            for table in ("registration", "seat", "outgoing_mail")
        }
    if kept != {"registration": count, "seat": 2 * count, "outgoing_mail": count}:
        raise RuntimeError(
            f"{count} registrations were sent, {kept} were kept, the answers were {seen.statuses}"
        )
    rate = seen.per_second
    yield Result(f"Complete registrations, {CLIENTS} clients, a second", f"{rate:,.0f}", "≥ 150", rate >= 150)
    yield Result("… median and slowest answer", f"{seen.median_ms:.0f} / {seen.slowest_ms:.0f} ms")


def _registration(
    number: int, token: str, cookies: str, workshops: dict[str, str]
) -> tuple[str, str, dict[str, str], str]:
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


async def _workshops(_settings: Settings) -> dict[str, str]:
    rows = (
        await Slot.select(Slot.code.as_alias("slot"), Slot.session._.code.as_alias("session"))
        .where(Slot.seats.is_not_null() & (Slot.session.kind == SessionKind.WORKSHOP.value))
        .order_by(Slot.id)
    )
    return {row["session"]: row["slot"] for row in rows}
