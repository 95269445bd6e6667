"""Rules about a conference as a whole: creating one, changing its facts, opening and closing registration."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from conference import audit, texts
from conference.db import first, is_unique_violation, locked, transaction
from conference.errors import Conflict, NotFound, StaleEdit
from conference.i18n import _
from conference.tables import Conference, RegistrationState, Role, TeamMember
from conference.texts import LocalText
from conference.viewer import SignedInOrganiser

# First parts of addresses that belong to Meridian itself.
RESERVED_SLUGS = frozenset(
    [
        "api",
        "calendar",
        "demo",
        "favicon.ico",
        "healthz",
        "join",
        "metrics",
        "new",
        "oai",
        "organise",
        "readyz",
        "resources",
        "robots.txt",
        "schema",
        "sign-in",
        "sign-out",
        "sitemap.xml",
        "speak",
        "static",
        "verify",
    ]
)


class SlugTaken(Conflict):
    """Another conference, or Meridian itself, has this address."""

    http_status = 422


class SlugFixed(Conflict):
    """What is published keeps its address: it stands in calendars, mails and other people's pages."""

    http_status = 422


@dataclass(frozen=True)
class ConferenceFacts:
    """What an organiser says of a conference. ``starts_on`` and ``ends_on`` are days of ``zone``, both inclusive."""

    slug: str
    name: LocalText
    zone: str
    starts_on: date
    ends_on: date
    languages: tuple[str, ...] = ("en",)
    tagline: LocalText = field(default_factory=dict)
    description: LocalText = field(default_factory=dict)
    audience: LocalText = field(default_factory=dict)
    themes: tuple[str, ...] = ()
    organiser_name: str = ""
    organiser_url: str = ""
    contact_email: str = ""
    partners: tuple[Mapping[str, str], ...] = ()
    privacy: LocalText = field(default_factory=dict)
    early_entry_minutes: int = 15
    is_listed: bool = True

    def as_columns(self) -> dict[str, Any]:
        """The facts as the columns of ``Conference`` hold them."""
        columns = asdict(self)
        for name in ("name", "tagline", "description", "audience", "privacy"):
            columns[name] = texts.encode(columns[name])
        for name in ("languages", "themes", "partners"):
            columns[name] = json.dumps(columns[name], ensure_ascii=False)
        return columns


def facts_of(conference: Conference) -> ConferenceFacts:
    """The facts a row holds."""
    return ConferenceFacts(
        slug=conference.slug,
        name=texts.decode(conference.name),
        zone=conference.zone,
        starts_on=conference.starts_on,
        ends_on=conference.ends_on,
        languages=languages_of(conference),
        tagline=texts.decode(conference.tagline),
        description=texts.decode(conference.description),
        audience=texts.decode(conference.audience),
        themes=tuple(json.loads(conference.themes)),
        organiser_name=conference.organiser_name,
        organiser_url=conference.organiser_url,
        contact_email=conference.contact_email,
        partners=tuple(json.loads(conference.partners)),
        privacy=texts.decode(conference.privacy),
        early_entry_minutes=conference.early_entry_minutes,
        is_listed=conference.is_listed,
    )


def languages_of(conference: Conference) -> tuple[str, ...]:
    """The conference's languages; the first is its default."""
    return tuple(json.loads(conference.languages)) or ("en",)


async def create_conference(
    facts: ConferenceFacts, *, actor: SignedInOrganiser | None, uid_host: str, now: datetime
) -> Conference:
    """Create a conference whose owner is ``actor`` (None: from the command line, without an owner yet).

    ``uid_host`` is kept for life as the right-hand side of its calendar UIDs. Raises SlugTaken.
    """
    async with _one_per_slug(), transaction():
        await _refuse_taken_slug(facts.slug, 0)
        conference = Conference(**facts.as_columns(), uid_host=uid_host, created_at=now)
        await conference.save()
        if actor is not None:
            member = TeamMember(conference=conference.id, organiser=actor.id, role=Role.OWNER, created_at=now)
            await member.save()
        await audit.record(
            conference_id=conference.id,
            actor=actor or "command line",
            action="conference-created",
            subject=f"conference:{facts.slug}",
            after=facts.as_columns(),
            now=now,
        )
    return conference


async def change_conference(
    conference_id: int, facts: ConferenceFacts, *, revision: int, actor: SignedInOrganiser, now: datetime
) -> None:
    """Change the facts as seen at ``revision``; nothing happens when none differs.

    Raises StaleEdit, SlugTaken, and SlugFixed for another address once something is published.
    """
    async with _one_per_slug(), locked(Conference, conference_id):
        conference = await Conference.objects().where(Conference.id == conference_id).first()
        if conference is None:
            raise NotFound(_("There is no such conference."))
        before = facts_of(conference).as_columns()
        if conference.revision != revision:
            raise StaleEdit(
                _("Someone else changed these facts meanwhile."), mine=facts.as_columns(), theirs=before
            )
        if facts.slug != conference.slug:
            if conference.release_number:
                raise SlugFixed(_("The programme is published, so its address stays as it is."))
            await _refuse_taken_slug(facts.slug, conference_id)
        if facts.as_columns() == before:
            return
        changes: dict[Any, Any] = {
            **facts.as_columns(),
            "revision": revision + 1,
            "public_version": conference.public_version + 1,
        }
        await Conference.update(changes).where(Conference.id == conference_id)
        await audit.record(
            conference_id=conference_id,
            actor=actor,
            action="conference-changed",
            subject=f"conference:{facts.slug}",
            before=before,
            after=facts.as_columns(),
            now=now,
        )


@asynccontextmanager
async def _one_per_slug() -> AsyncIterator[None]:
    """Two people may choose one address at once; the database lets the first through, whatever we looked up before."""
    try:
        yield
    except Exception as error:  # each engine has its own word for it
        if is_unique_violation(error):
            raise _slug_taken() from error
        raise


def _slug_taken() -> SlugTaken:
    return SlugTaken(_("This address is taken. Please choose another."))


async def _refuse_taken_slug(slug: str, own_id: int) -> None:
    taken = await Conference.exists().where((Conference.slug == slug) & (Conference.id != own_id))
    if taken or slug in RESERVED_SLUGS:
        raise _slug_taken()


async def set_registration_state(
    conference: Conference, state: RegistrationState, *, actor: SignedInOrganiser | str, now: datetime
) -> None:
    """Open or close registration. Nothing happens where it stands so already."""
    async with locked(Conference, conference.id):
        before = (
            await Conference.select(Conference.registration_state)
            .where(Conference.id == conference.id)
            .first()
        )
        if before is None or before["registration_state"] == state:
            return
        await Conference.update({Conference.registration_state: state.value}).where(
            Conference.id == conference.id
        )
        await touch_public(conference.id)
        await audit.record(
            conference_id=conference.id,
            actor=actor,
            action="registration-state-set",
            subject=f"conference:{conference.slug}",
            before=before,
            after={"registration_state": state.value},
            now=now,
        )


async def touch_public(conference_id: int) -> None:
    """Say that public pages of the conference have changed. Call it inside the transaction of the change."""
    await Conference.update({Conference.public_version: Conference.public_version + 1}).where(
        Conference.id == conference_id
    )


@dataclass(frozen=True)
class VersionsOf:
    """How often the public pages of a conference have changed, and its draft programme."""

    id: int
    slug: str
    public: int
    draft: int


_VERSIONS = "SELECT id, slug, public_version, draft_version FROM conference"  # after every write: Piccolo takes twice as long


async def versions_of_all() -> list[VersionsOf]:
    """The versions of every conference. One query."""
    rows: list[dict[str, Any]] = await Conference.raw(_VERSIONS)
    return [VersionsOf(row["id"], row["slug"], row["public_version"], row["draft_version"]) for row in rows]


async def conference_by_slug(slug: str) -> Conference | None:
    """The conference at an address."""
    return await first(Conference, Conference.slug, slug)


async def listed_conferences() -> list[Conference]:
    """Those the front page shows: listed and published or open, the latest first."""
    return (
        await Conference.objects()
        .where(Conference.is_listed.eq(True))
        .order_by(Conference.starts_on, ascending=False)
    )


async def conferences_of(organiser_id: int) -> list[tuple[Conference, Role]]:
    """The conferences an organiser helps to run, with their role, the latest first."""
    members = await TeamMember.objects(TeamMember.conference).where(TeamMember.organiser == organiser_id)
    found = [(member.conference, Role(member.role)) for member in members]
    return sorted(found, key=lambda pair: pair[0].starts_on, reverse=True)
