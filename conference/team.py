"""Who may do what in a conference: roles, permissions, and giving a colleague a role by mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from conference import audit, outbox
from conference.addresses import address_key
from conference.auth import make_sign_in_link
from conference.db import locked, transaction
from conference.errors import Conflict, NotFound
from conference.i18n import _
from conference.tables import Conference, Organiser, Role, TeamMember
from conference.texts import pick
from conference.viewer import SignedInOrganiser

INVITATION_LIFETIME = timedelta(days=7)


class Permission(StrEnum):
    """Something a page of the organiser's desk needs."""

    SEE = "see"
    PROGRAMME = "programme"  # rooms, tracks, speakers, sessions, schedule, releases, resources
    REGISTRATION = "registration"  # registrations, questions, opening and closing
    MANAGE = "manage"  # the conference itself and its team


# The one place that says what a role may do.
ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.PROGRAMME: frozenset({Permission.SEE, Permission.PROGRAMME}),
    Role.REGISTRATION: frozenset({Permission.SEE, Permission.REGISTRATION}),
    Role.VIEWER: frozenset({Permission.SEE}),
}


def role_names() -> dict[Role, str]:
    """The roles as people call them, in the language in force."""
    return {
        Role.OWNER: _("Owner"),
        Role.PROGRAMME: _("Programme"),
        Role.REGISTRATION: _("Registration"),
        Role.VIEWER: _("Viewer"),
    }


def role_meanings() -> dict[Role, str]:
    """What each role may do, in a line."""
    return {
        Role.OWNER: _("Everything: the conference itself, its team, the programme and the registrations."),
        Role.PROGRAMME: _("Rooms, tracks, speakers, sessions, the schedule, releases and resources."),
        Role.REGISTRATION: _("The registration form, registrations and seats, and the mail."),
        Role.VIEWER: _("Sees everything the team sees, and changes nothing."),
    }


def may(role: Role, permission: Permission) -> bool:
    """Whether a team member with ``role`` has ``permission``."""
    return permission in ROLE_PERMISSIONS[role]


class LastOwner(Conflict):
    """A conference keeps at least one owner."""


@dataclass(frozen=True)
class Member:
    """A row of the team page."""

    organiser_id: int
    name: str
    email: str
    role: Role


async def role_of(conference_id: int, organiser_id: int) -> Role | None:
    """The organiser's role in the conference, None for someone outside its team."""
    member = (
        await TeamMember.select(TeamMember.role)
        .where((TeamMember.conference == conference_id) & (TeamMember.organiser == organiser_id))
        .first()
    )
    return Role(member["role"]) if member else None


async def team_of(conference_id: int) -> list[Member]:
    """Everyone in the conference's team, owners first."""
    rows = await TeamMember.select(
        TeamMember.role,
        TeamMember.organiser._.id.as_alias("organiser_id"),
        TeamMember.organiser._.name.as_alias("name"),
        TeamMember.organiser._.email.as_alias("email"),
    ).where(TeamMember.conference == conference_id)
    members = [Member(row["organiser_id"], row["name"], row["email"], Role(row["role"])) for row in rows]
    return sorted(members, key=lambda member: (list(Role).index(member.role), member.email))


async def give_role(
    conference: Conference, email: str, name: str, role: Role, *, actor: SignedInOrganiser, now: datetime
) -> None:
    """Give the person behind ``email`` a role, and mail them a link to sign in with.

    A person unknown so far gets an account; one already in the team gets the new role. Raises LastOwner when the
    last owner would lose that role.
    """
    key = address_key(email)
    async with locked(Conference, conference.id):
        organiser = await Organiser.objects().where(Organiser.email_key == key).first()
        if organiser is None:
            organiser = Organiser(email=email, email_key=key, name=name, created_at=now)
            await organiser.save()
        mine = (TeamMember.conference == conference.id) & (TeamMember.organiser == organiser.id)
        member = await TeamMember.objects().where(mine).first()
        before = member.role if member else ""
        if before == Role.OWNER and role != Role.OWNER:
            await _refuse_if_last_owner(conference.id, organiser.id)
        if member is None:
            member = TeamMember(conference=conference.id, organiser=organiser.id, created_at=now)
        member.role = role
        await member.save()
        link = await make_sign_in_link(organiser.id, now=now, lifetime=INVITATION_LIFETIME)
        await outbox.queue_mail(
            kind="team-invitation",
            to=organiser.email,
            to_name=organiser.name,
            language=organiser.language or "en",
            zone=organiser.zone or conference.zone,
            payload={
                "conference": pick(conference.name, organiser.language or "en"),
                "role": role.value,
                "invited_by": actor.label,
                "link": link.reference,
                "expires_at": link.expires_at.isoformat(),
            },
            idempotency_key=f"team-invitation:{link.code}",
            conference_id=conference.id,
            now=now,
        )
        await _note_given(conference, organiser, before, role, actor, now)


async def make_owner(
    slug: str, organiser: Organiser, *, actor: SignedInOrganiser | str, now: datetime
) -> None:
    """Make the person an owner of the conference at ``slug``, whatever role they had; an owner stays one.

    For whoever runs the server: nobody is mailed. Raises NotFound when there is no such conference.
    """
    found = await Conference.objects().where(Conference.slug == slug).first()
    if found is None:
        raise NotFound(_("There is no conference at /%(slug)s/.") % {"slug": slug})
    async with locked(Conference, found.id):
        mine = (TeamMember.conference == found.id) & (TeamMember.organiser == organiser.id)
        member = await TeamMember.objects().where(mine).first()
        before = member.role if member else ""
        if before == Role.OWNER:
            return
        if member is None:
            member = TeamMember(conference=found.id, organiser=organiser.id, created_at=now)
        member.role = Role.OWNER
        await member.save()
        await _note_given(found, organiser, before, Role.OWNER, actor, now)


async def change_role(
    conference: Conference, organiser_id: int, role: Role, *, actor: SignedInOrganiser, now: datetime
) -> None:
    """Give a member of the team another role. Raises NotFound when they are not in it, LastOwner for the last owner."""
    async with locked(Conference, conference.id):
        member = await _member(conference, organiser_id)
        before = member.role
        if before == role:
            return
        if before == Role.OWNER:
            await _refuse_if_last_owner(conference.id, organiser_id)
        await TeamMember.update({TeamMember.role: role.value}).where(TeamMember.id == member.id)
        await _note_given(conference, member.organiser, before, role, actor, now)


async def take_role(
    conference: Conference, organiser_id: int, *, actor: SignedInOrganiser, now: datetime
) -> None:
    """Remove a person from the team. Raises NotFound when they are not in it, LastOwner for the last owner."""
    async with locked(Conference, conference.id):
        member = await _member(conference, organiser_id)
        if member.role == Role.OWNER:
            await _refuse_if_last_owner(conference.id, organiser_id)
        await TeamMember.delete().where(TeamMember.id == member.id)
        await audit.record(
            conference_id=conference.id,
            actor=actor,
            action="role-taken",
            subject=f"organiser:{member.organiser.email}",
            before={"role": member.role},
            now=now,
        )


async def _note_given(
    conference: Conference,
    organiser: Organiser,
    before: str,
    role: Role,
    actor: SignedInOrganiser | str,
    now: datetime,
) -> None:
    await audit.record(
        conference_id=conference.id,
        actor=actor,
        action="role-given",
        subject=f"organiser:{organiser.email}",
        before={"role": before},
        after={"role": role.value},
        now=now,
    )


async def _member(conference: Conference, organiser_id: int) -> TeamMember:
    """Their membership, with the organiser's account. Raises NotFound."""
    mine = (TeamMember.conference == conference.id) & (TeamMember.organiser == organiser_id)
    member = await TeamMember.objects(TeamMember.organiser).where(mine).first()
    if member is None:
        raise NotFound(_("This person is not in the team."))
    return member


async def _refuse_if_last_owner(conference_id: int, organiser_id: int) -> None:
    others = await TeamMember.count().where(
        (TeamMember.conference == conference_id)
        & (TeamMember.role == Role.OWNER.value)
        & (TeamMember.organiser != organiser_id)
    )
    if not others:
        raise LastOwner(_("A conference needs an owner: make someone else owner first."))


async def add_organiser(
    email: str, name: str, *, may_create: bool, now: datetime, password_hash: str | None = None
) -> Organiser:
    """The account of the person behind ``email``, made where there is none; ``may_create`` is never taken away."""
    key = address_key(email)
    async with transaction():
        organiser = await Organiser.objects().where(Organiser.email_key == key).first()
        if organiser is None:
            organiser = Organiser(email=email, email_key=key, name=name, created_at=now)
        organiser.name = name or organiser.name
        organiser.may_create = organiser.may_create or may_create
        organiser.password_hash = password_hash or organiser.password_hash
        await organiser.save()
        return organiser
