"""Who is in a recording has a say: nothing of it is published without their word, and all of it goes when they take it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from conference.i18n import _
from conference.tables import Conference
from sessions.packs.held_packs import NotReady, record, stamp, write_pack
from sessions.packs.placing import packs_with
from sessions.packs.tables import (
    GoneReason,
    PackAccess,
    PackState,
    Resource,
    ResourceKind,
    ResourcePack,
    ResourceState,
)
from sessions.packs.tombstones import bury
from sessions.tables import Appearance, AppearanceState, ConsentState

OF_A_RECORDING = (ResourceKind.RECORDING.value, ResourceKind.CAPTIONS.value, ResourceKind.TRANSCRIPT.value)
"""Kinds in which people are heard or seen: captions and transcripts hold their words."""


async def check_consents(resource_ids: Sequence[int], packs: Sequence[ResourcePack]) -> None:
    """Refuse (NotReady) to show recordings whose people have not all agreed, where one of the packs is published.

    Everyone must have agreed to being recorded; for a pack that is open to all also to publishing. A pack for the team alone asks
    for nothing.
    """
    shown = [pack for pack in packs if pack.state == PackState.PUBLISHED and pack.access != PackAccess.TEAM]
    if not shown or not resource_ids:
        return
    is_public = any(pack.access == PackAccess.PUBLIC for pack in shown)
    rows = await Resource.select(Resource.session).where(
        Resource.id.is_in(list(resource_ids))
        & Resource.kind.is_in(list(OF_A_RECORDING))
        & Resource.session.is_not_null()
    )
    if missing := await who_has_not_agreed([row["session"] for row in rows], is_public=is_public):
        raise NotReady(
            _("Not everyone in the recording has agreed to this yet: %(names)s.")
            % {"names": ", ".join(missing[:8])}
        )


async def who_has_not_agreed(session_ids: Sequence[int], *, is_public: bool) -> list[str]:
    """The names of those who take part in the sessions and have not agreed, each once, by name."""
    given = ConsentState.GIVEN.value
    lacks = Appearance.recording_consent != given
    if is_public:
        lacks = lacks | (Appearance.publishing_consent != given)  # type: ignore[assignment]  # Where | Where is an Or
    rows = await Appearance.select(Appearance.speaker._.name.as_alias("name")).where(
        Appearance.session.is_in([*session_ids, 0])
        & (Appearance.state != AppearanceState.DECLINED.value)
        & lacks
    )
    return sorted({row["name"] for row in rows})


async def take_down_recordings(
    conference: Conference, session_id: int, *, is_all: bool, actor: str, now: datetime
) -> int:
    """Withdraw what was recorded of the session from every pack at once, inside the transaction in which somebody took their
    consent back: all of it, or (not ``is_all``) what is open to everyone. Each leaves a tombstone. How many those were."""
    found = await Resource.objects().where(
        (Resource.session == session_id)
        & Resource.kind.is_in(list(OF_A_RECORDING))
        & (Resource.state == ResourceState.READY.value)
    )
    gone = 0
    for resource in found:
        packs = await packs_with(resource.id)
        shown = [pack.access for pack in packs if pack.state == PackState.PUBLISHED]
        if not (PackAccess.PUBLIC in shown or (is_all and set(shown) - {PackAccess.TEAM})):
            continue  # nobody sees it; whoever publishes it is asked for everyone's word again
        await Resource.update(
            {Resource.state: ResourceState.WITHDRAWN.value, Resource.revision: resource.revision + 1}
        ).where(Resource.id == resource.id)
        await bury(conference, resource, GoneReason.CONSENT, now=now)
        for pack in packs:
            await write_pack(pack, {}, now)
        await stamp([resource.id], now)
        await record(conference, actor, "recording-taken-down", f"resource:{resource.code}", now)
        gone += 1
    return gone
