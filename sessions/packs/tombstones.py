"""What remains of a thing that was published and is not any more: its address, the reason, the moment."""

from __future__ import annotations

from datetime import datetime

from conference import texts
from conference.errors import Gone
from conference.i18n import _, current_language
from conference.tables import Conference
from conference.texts import LocalText
from sessions.packs.tables import GoneReason, Resource, ResourcePack, Tombstone


async def bury(
    conference: Conference,
    gone: Resource | ResourcePack,
    reason: GoneReason,
    *,
    words: LocalText | None = None,
    replaced_by: str = "",
    now: datetime,
) -> None:
    """Leave a tombstone for a resource or pack, inside the transaction that takes it away.

    What no reader has ever seen leaves none. One that is there already is written anew.
    """
    was_open = isinstance(gone, Resource) and gone.is_open is not None
    if not was_open and (gone.first_out_at is None or gone.first_out_at > now):
        return
    await unearth(gone.code)
    is_pack = isinstance(gone, ResourcePack)
    await Tombstone(
        code=gone.code,
        subject="pack" if is_pack else "resource",
        kind="" if isinstance(gone, ResourcePack) else gone.kind,
        conference=conference.id,
        conference_slug=conference.slug,
        reason=reason,
        words=texts.encode(words or {}),
        replaced_by=replaced_by,
        gone_at=now,
        datestamp=now.replace(microsecond=0),
        was_open=was_open,
    ).save()


async def unearth(code: str) -> None:
    """Remove the tombstone of something that is there again."""
    await Tombstone.delete().where(Tombstone.code == code)


async def tombstone_of(code: str) -> Tombstone | None:
    """The tombstone at this code, if there is one."""
    if not code.isascii() or not code.isalnum() or len(code) > 12:
        return None
    return await Tombstone.objects().where(Tombstone.code == code).first()


async def gone_or_never(code: str) -> Gone | None:
    """The refusal for a code at which something was once; None where nothing ever was."""
    stone = await tombstone_of(code)
    if stone is None:
        return None
    said = texts.pick(stone.words, current_language())
    return Gone(f"{what_became(GoneReason(stone.reason))} {said}".strip())


def what_became(reason: GoneReason | None) -> str:
    """One sentence for the reader. None: it was taken back, perhaps for a while."""
    match reason:
        case None:
            return _("What was at this address is not published at the moment. It may come back.")
        case GoneReason.DELETED:
            return _("What was at this address has been deleted.")
        case GoneReason.WITHDRAWN:
            return _("What was at this address has been withdrawn.")
        case GoneReason.CONSENT:
            return _("What was at this address has been taken down at the wish of a person in it.")
        case GoneReason.EXPIRED:
            return _("What was at this address was there for a limited time, which is over.")
        case GoneReason.REPLACED:
            return _("What was at this address has been replaced.")
