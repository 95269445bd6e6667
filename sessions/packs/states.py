"""How far a pack has come beside being published: to be looked at by a colleague, withdrawn for good."""

from __future__ import annotations

from datetime import datetime

from conference.i18n import _, lazy
from conference.tables import Conference
from conference.texts import LocalText
from conference.viewer import SignedInOrganiser
from sessions.packs.held_packs import NotReady, held_pack, record, resources_of, stamp, write_pack
from sessions.packs.tables import GoneReason, PackState
from sessions.packs.tombstones import bury

STATE_NAMES: dict[str, str] = {
    PackState.COLLECTING: lazy("Being put together"),
    PackState.REVIEW: lazy("To be looked at"),
    PackState.PUBLISHED: lazy("Published"),
    PackState.WITHDRAWN: lazy("Withdrawn"),
}


def state_names() -> dict[str, str]:
    """What each state is called."""
    return {str(state): _(name) for state, name in STATE_NAMES.items()}


async def ask_for_review(
    conference: Conference, code: str, *, actor: SignedInOrganiser, now: datetime
) -> None:
    """Mark the pack as whole, for a colleague to look at. Nothing happens when it is so already, or is out. Raises NotFound."""
    async with held_pack(conference, code) as pack:
        if pack.state in (PackState.REVIEW, PackState.PUBLISHED):
            return
        await write_pack(pack, {"state": PackState.REVIEW.value}, now)
        await record(conference, actor, "pack-to-be-reviewed", f"pack:{code}", now)


async def withdraw_pack(
    conference: Conference, code: str, words: LocalText, *, actor: SignedInOrganiser, now: datetime
) -> None:
    """Take a pack that was published away for good: its address says so for ever, with the organisers' ``words``.

    Nothing happens when it is withdrawn already. Raises NotFound, and NotReady for a pack that nobody has ever seen.
    """
    async with held_pack(conference, code) as pack:
        if pack.state == PackState.WITHDRAWN:
            return
        if pack.first_out_at is None:
            raise NotReady(_("Nobody has seen this pack yet: take it apart or remove it instead."))
        await write_pack(pack, {"state": PackState.WITHDRAWN.value, "published_at": None}, now)
        await bury(conference, pack, GoneReason.WITHDRAWN, words=words, now=now)
        await stamp(await resources_of(pack), now)
        await record(conference, actor, "pack-withdrawn", f"pack:{code}", now, after={"words": words})
