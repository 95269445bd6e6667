"""What the address of a resource or pack says when the thing is no longer there, and what was at it once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from conference import texts
from conference.errors import Gone
from conference.i18n import current_language
from conference.texts import LocalText
from sessions.packs.describing.resource_record import ResourceRecord
from sessions.packs.tables import (
    GoneReason,
    PackAccess,
    PackState,
    ResourcePack,
    ResourceState,
    Tombstone,
)
from sessions.packs.tombstones import tombstone_of, what_became


@dataclass(frozen=True)
class Afterlife:
    """What became of something that readers could see once. ``reason`` None: the organisers took it back, perhaps for a while.

    ``title`` is told only where everyone knew it and nobody asked for it to be forgotten. ``conference`` is a row id, None
    where the conference itself is gone; ``replaced_by`` is the code of what took its place, or "".
    """

    is_pack: bool
    kind: str = ""
    reason: GoneReason | None = None
    gone_at: datetime | None = None
    title: LocalText | None = None
    words: LocalText | None = None
    replaced_by: str = ""
    conference: int | None = None

    def refusal(self) -> NoLonger:
        """The same in one sentence, where a page is not what was asked for."""
        said = texts.pick(self.words, current_language())
        return NoLonger(f"{what_became(self.reason)} {said}".strip(), self)


class NoLonger(Gone):
    """What was at an address is gone; ``gone`` says what became of it."""

    def __init__(self, message: str, gone: Afterlife) -> None:
        super().__init__(message)
        self.gone = gone


async def afterlife_of(code: str, record: ResourceRecord | None, now: datetime) -> Afterlife | None:
    """What became of the thing at this code; None where nothing was ever to be seen. ``record`` is the resource, where its row
    is still there, and hidden."""
    stone = await tombstone_of(code)
    if stone is not None:
        return _of_stone(stone, record, now)
    if record is None:
        return await _of_pack(code, now)
    if record.first_out_at is None or record.first_out_at > now or _is_the_teams(record):
        return None
    title = record.title if _was_known(record, now) else None
    gone = Afterlife(False, record.kind, title=title, conference=record.host.id)
    if record.state != ResourceState.READY:
        return gone
    for pack in record.packs:
        if pack.state == PackState.WITHDRAWN and (stone := await tombstone_of(pack.code)):
            return Afterlife(
                False,
                record.kind,
                GoneReason.WITHDRAWN,
                stone.gone_at,
                title,
                texts.decode(stone.words),
                conference=record.host.id,
            )
    ended = [pack.expires_at for pack in record.packs if _has_expired(pack.state, pack.expires_at, now)]
    if ended:
        return Afterlife(
            False,
            record.kind,
            GoneReason.EXPIRED,
            max(at for at in ended if at is not None),
            title,
            conference=record.host.id,
        )
    return gone


def _of_stone(stone: Tombstone, record: ResourceRecord | None, now: datetime) -> Afterlife:
    # At somebody's wish nothing of the thing is told any more, and no words about it either.
    is_told = stone.reason != GoneReason.CONSENT
    return Afterlife(
        is_pack=stone.subject == "pack",
        kind=stone.kind,
        reason=GoneReason(stone.reason),
        gone_at=stone.gone_at,
        title=record.title if record is not None and is_told and _was_known(record, now) else None,
        words=texts.decode(stone.words) if is_told else None,
        replaced_by=stone.replaced_by,
        conference=stone.conference,
    )


async def _of_pack(code: str, now: datetime) -> Afterlife | None:
    """What became of a pack that left no tombstone: it expired, or was taken back."""
    if not code.isascii() or not code.isalnum() or len(code) > 12:
        return None
    pack = await ResourcePack.objects().where(ResourcePack.code == code).first()
    if pack is None or pack.first_out_at is None or pack.first_out_at > now:
        return None
    if pack.access == PackAccess.TEAM:
        return None  # nobody else learns that it exists
    has_expired = _has_expired(pack.state, pack.expires_at, now)
    return Afterlife(
        is_pack=True,
        reason=GoneReason.EXPIRED if has_expired else None,
        gone_at=pack.expires_at if has_expired else None,
        title=texts.decode(pack.title),
        conference=pack.conference,
    )


def _was_known(record: ResourceRecord, now: datetime) -> bool:
    """Whether everyone could read what it is called: it stands in a pack for all that was out."""
    return any(
        pack.access == PackAccess.PUBLIC and pack.first_out_at is not None and pack.first_out_at <= now
        for pack in record.packs
    )


def _is_the_teams(record: ResourceRecord) -> bool:
    """Whether nobody else may have learnt that it exists."""
    return bool(record.packs) and all(pack.access == PackAccess.TEAM for pack in record.packs)


def _has_expired(state: str, expires_at: datetime | None, now: datetime) -> bool:
    return state == PackState.PUBLISHED and expires_at is not None and expires_at <= now
