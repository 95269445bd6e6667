"""Links to what lies elsewhere, looked at now and then, so that the team learns of dead ones before readers do.

The address comes from people: nothing inside our own network is ever asked. The name is resolved here, and the connection made to
the very address that was found to be public, at each step of a redirect anew.
"""

from __future__ import annotations

import asyncio
import http.client
import ipaddress
import logging
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urljoin, urlsplit

from sessions.packs.tables import LinkCheck, Resource, ResourceState

logger = logging.getLogger("meridian.resources")
SECONDS = 10.0
MOST_STEPS = 5
AT_A_TIME = 10
WELL, ILL = timedelta(days=7), timedelta(days=1)
DEAD_AFTER = 3  # failures in a row; 404 and 410 are believed at once

IsAllowed = Callable[[str], bool]


class Trouble(StrEnum):
    """Why a link could not be followed to its end."""

    NOT_PUBLIC = "not-public"
    NO_SUCH_HOST = "no-such-host"
    NO_ANSWER = "no-answer"
    CERTIFICATE = "certificate"
    TOO_MANY_STEPS = "too-many-steps"
    REFUSED = "refused"  # an answer, and not a good one


@dataclass(frozen=True)
class Look:
    """What came of one look. ``status`` is HTTP's, 0 without an answer; ``trouble`` "" where all is well."""

    status: int
    trouble: str


def is_public_address(address: str) -> bool:
    """Whether an IP address belongs to the open internet: no private, local, shared, multicast or reserved one."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None) or getattr(parsed, "sixtofour", None)
    if mapped is not None:
        parsed = mapped
    return parsed.is_global and not parsed.is_multicast


def look(url: str, is_allowed: IsAllowed = is_public_address) -> Look:
    """Follow the link as a browser would, without reading what is there. Blocks for up to a minute: run it in a thread."""
    for _step in range(MOST_STEPS):
        try:
            status, location = _ask(url, "HEAD", is_allowed)
            if status in (403, 405, 501):  # servers that know no HEAD
                status, location = _ask(url, "GET", is_allowed)
        except _NotAllowed:
            return Look(0, Trouble.NOT_PUBLIC)
        except socket.gaierror:
            return Look(0, Trouble.NO_SUCH_HOST)
        except ssl.SSLCertVerificationError:
            return Look(0, Trouble.CERTIFICATE)
        except (OSError, http.client.HTTPException, ValueError):
            return Look(0, Trouble.NO_ANSWER)
        if 300 <= status < 400 and location:
            url = urljoin(url, location)
            continue
        # 401, 403 and 429 are a door that stands there: a person may get through.
        is_well = status < 400 or status in (401, 403, 429)
        return Look(status, "" if is_well else Trouble.REFUSED)
    return Look(0, Trouble.TOO_MANY_STEPS)


async def check_links(now: datetime) -> int:
    """Look at the links that are due, a bounded number; how many were looked at."""
    await _begin_with_new_ones(now)
    due = (
        await LinkCheck.objects().where(LinkCheck.next_at <= now).order_by(LinkCheck.next_at).limit(AT_A_TIME)
    )
    if not due:
        return 0
    urls = {
        row["id"]: row["url"]
        for row in await Resource.select(Resource.id, Resource.url).where(
            Resource.id.is_in([check.resource for check in due])
        )
    }
    looks = await asyncio.gather(*(asyncio.to_thread(look, urls.get(check.resource, "")) for check in due))
    for check, seen in zip(due, looks, strict=True):
        await note_look(check, urls.get(check.resource, ""), seen, now=now)
    return len(due)


async def note_look(check: LinkCheck, url: str, seen: Look, *, now: datetime) -> None:
    """Write what came of a look: a link is dead after three failures in a row, or when its server says that it is gone."""
    failures = 0 if not seen.trouble else (check.failures if check.url == url else 0) + 1
    is_dead = seen.status in (404, 410) or seen.trouble == Trouble.NOT_PUBLIC or failures >= DEAD_AFTER
    await LinkCheck.update(
        {
            LinkCheck.url: url,
            LinkCheck.status: seen.status,
            LinkCheck.trouble: str(seen.trouble),
            LinkCheck.failures: failures,
            LinkCheck.checked_at: now,
            LinkCheck.dead_since: (check.dead_since or now) if is_dead else None,
            LinkCheck.next_at: now + (ILL if seen.trouble else WELL),
        }
    ).where(LinkCheck.id == check.id)


async def dead_links(resource_ids: Sequence[int]) -> dict[int, datetime]:
    """Since when which of the resources (row ids) lead nowhere."""
    rows = await LinkCheck.select(LinkCheck.resource, LinkCheck.dead_since).where(
        LinkCheck.resource.is_in([*resource_ids, 0]) & LinkCheck.dead_since.is_not_null()
    )
    return {row["resource"]: row["dead_since"] for row in rows}


async def _begin_with_new_ones(now: datetime) -> None:
    known = await LinkCheck.select(LinkCheck.resource)
    fresh = (
        await Resource.select(Resource.id, Resource.url)
        .where(
            (Resource.url != "")
            & (Resource.state == ResourceState.READY.value)
            & Resource.id.not_in([*(row["resource"] for row in known), 0])
        )
        .limit(100)
    )
    for row in fresh:
        check = LinkCheck(resource=row["id"], url=row["url"], next_at=now)
        await LinkCheck.insert(check).on_conflict(target=LinkCheck.resource, action="DO NOTHING")


class _NotAllowed(Exception):
    """The address is not one we ask."""


def _ask(url: str, method: str, is_allowed: IsAllowed) -> tuple[int, str]:
    """Status and Location of one request. Raises _NotAllowed, OSError, HTTPException, ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise _NotAllowed
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(is_allowed(address) for address in addresses):
        raise _NotAllowed
    # Connected to the address that was looked at, not to the name: it could mean another one a moment later.
    line = socket.create_connection((addresses[0], port), timeout=SECONDS)
    connection = http.client.HTTPConnection(parts.hostname, port, timeout=SECONDS)
    try:
        if parts.scheme == "https":
            line = ssl.create_default_context().wrap_socket(line, server_hostname=parts.hostname)
        connection.sock = line
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"User-Agent": "Meridian link check", "Accept": "*/*", "Range": "bytes=0-0"}
        connection.request(method, path.encode("ascii", "ignore").decode(), headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Location", "")
    finally:
        connection.close()
        line.close()
