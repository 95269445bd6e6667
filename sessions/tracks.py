"""Rules about tracks: adding, changing, ordering and deleting them; and which text can be read on a colour."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from conference import audit, texts
from conference.codes import new_code
from conference.db import locked
from conference.errors import Conflict, NotFound, StaleEdit
from conference.i18n import _, ngettext
from conference.tables import Conference
from conference.texts import LocalText
from conference.viewer import SignedInOrganiser
from sessions.schedule.draft_changes import touch_draft
from sessions.tables import Session, Track

_COLOUR = re.compile(r"#[0-9a-f]{6}")
# Colours to begin with, told apart also by people who see few of them (Okabe and Ito, darkened to carry white text).
FIRST_COLOURS = ("#0b5d8a", "#a04b00", "#00694f", "#8a3a6b", "#6b5a00", "#3b3f8f", "#9c1c26", "#4a4f57")


class TrackInUse(Conflict):
    """Sessions belong to the track."""


def is_colour(value: str) -> bool:
    """Whether ``value`` is a colour as stored: ``#`` and six small hexadecimal digits."""
    return _COLOUR.fullmatch(value) is not None


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, 'contrast ratio')."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def text_on(colour: str) -> str:
    """Black or white, whichever reads better on the colour: one of them always has a contrast above 4.5."""
    return max(("#ffffff", "#000000"), key=lambda text: contrast(text, colour))


@dataclass(frozen=True)
class TrackFacts:
    """What an organiser says of a track; ``colour`` is "#rrggbb" or ""."""

    name: LocalText = field(default_factory=dict)
    colour: str = ""

    def as_columns(self) -> dict[str, Any]:
        """The facts as the columns of ``Track`` hold them."""
        return {"name": texts.encode(self.name), "colour": self.colour}


def facts_of(track: Track) -> TrackFacts:
    """The facts a row holds."""
    return TrackFacts(texts.decode(track.name), track.colour)


async def tracks_of(conference_id: int) -> list[Track]:
    """The conference's tracks in their order."""
    return (
        await Track.objects()
        .where(Track.conference == conference_id)
        .order_by(Track.position)
        .order_by(Track.id)
    )


async def track_by_code(conference_id: int, code: str) -> Track:
    """The track of this code. Raises NotFound."""
    track = (
        await Track.objects().where((Track.conference == conference_id) & (Track.code == code[:12])).first()
    )
    if track is None:
        raise _not_there()
    return track


async def add_track(
    conference: Conference, facts: TrackFacts, *, actor: SignedInOrganiser, now: datetime
) -> Track:
    """Add a track after the others."""
    async with locked(Conference, conference.id):
        others = await tracks_of(conference.id)
        track = Track(
            conference=conference.id,
            code=new_code(),
            position=max((other.position for other in others), default=-1) + 1,
            **facts.as_columns(),
        )
        await track.save()
        await _record("track-added", track, actor=actor, after=facts, now=now)
        await touch_draft(conference.id, actor=actor, now=now)
    return track


async def change_track(
    track_id: int, facts: TrackFacts, *, revision: int, actor: SignedInOrganiser, now: datetime
) -> None:
    """Change the track as seen at ``revision``. Raises StaleEdit, NotFound."""
    async with locked(Track, track_id):
        track = await Track.objects().where(Track.id == track_id).first()
        if track is None:
            raise _not_there()
        before = facts_of(track)
        if track.revision != revision:
            raise StaleEdit(
                _("Someone else changed this track meanwhile."),
                mine=facts.as_columns(),
                theirs=before.as_columns(),
            )
        if facts == before:
            return
        changes: dict[Any, Any] = {**facts.as_columns(), "revision": revision + 1}
        await Track.update(changes).where(Track.id == track_id)
        await _record("track-changed", track, actor=actor, before=before, after=facts, now=now)
        await touch_draft(track.conference, actor=actor, now=now)


async def shift_track(track_id: int, by: int, *, actor: SignedInOrganiser, now: datetime) -> None:
    """Move the track ``by`` places: −1 one up, 1 one down. Nothing happens at the end of the list."""
    track = await Track.objects().where(Track.id == track_id).first()
    if track is None:
        raise _not_there()
    async with locked(Conference, track.conference):
        order = await tracks_of(track.conference)
        at = next((index for index, other in enumerate(order) if other.id == track_id), None)
        if at is None or not 0 <= at + by < len(order):
            return
        order.insert(at + by, order.pop(at))
        for position, other in enumerate(order):
            if other.position != position:
                await Track.update({Track.position: position}).where(Track.id == other.id)
        await audit.record(
            conference_id=track.conference,
            actor=actor,
            action="track-moved",
            subject=f"track:{track.code}",
            before={"position": at},
            after={"position": at + by},
            now=now,
        )
        await touch_draft(track.conference, actor=actor, now=now)


async def delete_track(track_id: int, *, actor: SignedInOrganiser, now: datetime) -> None:
    """Delete a track that no session belongs to. Raises TrackInUse, NotFound."""
    async with locked(Track, track_id):
        track = await Track.objects().where(Track.id == track_id).first()
        if track is None:
            raise _not_there()
        used = await Session.count().where(Session.track == track_id)
        if used:
            raise TrackInUse(
                ngettext(
                    "One session belongs to this track. Give it another track first.",
                    "%(count)d sessions belong to this track. Give them another track first.",
                    used,
                )
                % {"count": used}
            )
        await Track.delete().where(Track.id == track_id)
        await _record("track-deleted", track, actor=actor, before=facts_of(track), now=now)
        await touch_draft(track.conference, actor=actor, now=now)


def _not_there() -> NotFound:
    return NotFound(_("There is no such track. It may have been deleted meanwhile."))


async def _record(
    action: str,
    track: Track,
    *,
    actor: SignedInOrganiser,
    before: TrackFacts | None = None,
    after: TrackFacts | None = None,
    now: datetime,
) -> None:
    await audit.record(
        conference_id=track.conference,
        actor=actor,
        action=action,
        subject=f"track:{track.code}",
        before=before.as_columns() if before else None,
        after=after.as_columns() if after else None,
        now=now,
    )
