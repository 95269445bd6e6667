"""Who is asking: the browser's organiser and its registrations, and personal join links, which need no browser."""

from __future__ import annotations

import hmac
from typing import Any, cast

from litestar.datastructures import Cookie

from conference import clock
from conference.codes import hash_secret
from conference.guards import organiser_of
from conference.settings import Settings
from conference.tables import TeamMember
from conference.viewer import NOBODY, Attending, Viewer
from conference.web import ORGANISER_COOKIE, AnyConnection, AnyRequest, secret_cookie
from registration.attending.tables import Presence
from registration.entries.confirming import SIGNS_IN, Welcome
from registration.entries.links import join_key
from registration.entries.tables import AttendeeSignIn
from registration.seating.tables import Seat
from registration.tables import Registration, RegistrationStatus

COOKIE_PREFIX = "attendee_"  # and the conference's id: one browser may hold several registrations
MOST_COOKIES = 8  # looked at per request


def cookie_name(conference_id: int) -> str:
    """The cookie that signs a browser in to a registration of this conference."""
    return f"{COOKIE_PREFIX}{conference_id}"


def sign_in_cookie(conference_id: int, welcome: Welcome, settings: Settings) -> Cookie:
    """The cookie of a browser newly signed in."""
    seconds = int((welcome.expires_at - clock.now()).total_seconds())
    return secret_cookie(cookie_name(conference_id), welcome.secret, settings, max_age=max(0, seconds))


async def provide_viewer(request: AnyRequest) -> Viewer:
    """Dependency ``viewer`` for every package. Without a cookie no query; asked once per request."""
    return await viewer_of(request)


async def viewer_of(connection: AnyConnection) -> Viewer:
    """Who is asking, from the cookies of the connection."""
    state = connection.scope.setdefault("state", {})
    if "viewer" not in state:
        state["viewer"] = await _look_up(connection)
    return cast(Viewer, state["viewer"])


async def _look_up(connection: AnyConnection) -> Viewer:
    secrets = [
        value
        for name, value in connection.cookies.items()
        if name.startswith(COOKIE_PREFIX) and name[len(COOKIE_PREFIX) :].isdecimal() and value
    ][:MOST_COOKIES]
    organiser = await organiser_of(connection) if connection.cookies.get(ORGANISER_COOKIE) else None
    if organiser is None and not secrets:
        return NOBODY
    team: frozenset[int] = frozenset()
    if organiser is not None:
        rows = await TeamMember.select(TeamMember.conference).where(TeamMember.organiser == organiser.id)
        team = frozenset(row["conference"] for row in rows)
    signed_in = await _signed_in(secrets) if secrets else []
    confirmed = [row for row in signed_in if row["status"] == RegistrationStatus.CONFIRMED]
    in_line = {row["conference"]: row["code"] for row in signed_in if row not in confirmed}
    return Viewer(organiser, await _attending(confirmed), team, in_line)


async def _signed_in(secrets: list[str]) -> list[dict[str, Any]]:
    """The registrations these cookies sign in to: of people who take part, and of people in line for a place."""
    rows: list[dict[str, Any]] = await AttendeeSignIn.select(
        AttendeeSignIn.registration._.id.as_alias("id"),
        AttendeeSignIn.registration._.conference.as_alias("conference"),
        AttendeeSignIn.registration._.code.as_alias("code"),
        AttendeeSignIn.registration._.name.as_alias("name"),
        AttendeeSignIn.registration._.zone.as_alias("zone"),
        AttendeeSignIn.registration._.notes_presence.as_alias("notes_presence"),
        AttendeeSignIn.registration._.status.as_alias("status"),
    ).where(
        AttendeeSignIn.token_hash.is_in([hash_secret(secret) for secret in secrets])
        & (AttendeeSignIn.expires_at > clock.now())
        & AttendeeSignIn.registration._.status.is_in([status.value for status in SIGNS_IN])
    )
    return rows


async def _attending(found: list[dict[str, Any]]) -> dict[int, Attending]:
    if not found:
        return {}
    seats: dict[int, set[str]] = {}
    for row in await Seat.select(Seat.registration, Seat.slot._.code.as_alias("code")).where(
        Seat.registration.is_in([row["id"] for row in found])
    ):
        seats.setdefault(row["registration"], set()).add(row["code"])
    noted = [row["id"] for row in found if row["notes_presence"]]
    there = (
        await Presence.select(Presence.registration).where(Presence.registration.is_in(noted))
        if noted
        else []
    )
    came = {row["registration"] for row in there}
    return {
        row["conference"]: Attending(
            row["code"],
            row["name"],
            row["zone"],
            frozenset(seats.get(row["id"], ())),
            notes_presence=bool(row["notes_presence"]),
            was_there=row["id"] in came,
        )
        for row in found
    }


async def attending_by_key(conference_id: int, key: str) -> Attending | None:
    """Whose personal join link this is: a confirmed registration of the conference, or None.

    The key holds the registration's code and a proof; nothing secret is stored to compare with.
    """
    code = key.partition(".")[0]
    if len(key) > 80 or not 0 < len(code) <= 12 or not key.isascii():
        return None
    row = await (
        Registration.select(
            Registration.id,
            Registration.name,
            Registration.zone,
            Registration.feed_generation,
            Registration.notes_presence,
        )
        .where(
            (Registration.code == code)
            & (Registration.conference == conference_id)
            & (Registration.status == RegistrationStatus.CONFIRMED.value)
        )
        .first()
    )
    if row is None or not hmac.compare_digest(join_key(code, row["feed_generation"]), key):
        return None
    seats = await Seat.select(Seat.slot._.code.as_alias("code")).where(Seat.registration == row["id"])
    return Attending(
        code,
        row["name"],
        row["zone"],
        frozenset(seat["code"] for seat in seats),
        notes_presence=row["notes_presence"],
    )
