"""Rules about tracks, and the text that reads best on a colour."""

from __future__ import annotations

import pytest

from conference import db
from conference.errors import StaleEdit
from conference.tables import AuditEntry, Conference
from sessions.tables import Session, Track
from sessions.tracks import (
    FIRST_COLOURS,
    TrackFacts,
    TrackInUse,
    add_track,
    change_track,
    contrast,
    delete_track,
    facts_of,
    is_colour,
    shift_track,
    text_on,
    tracks_of,
)
from tests.makers import NOW, make_conference, make_organiser, make_session


def test_contrast_is_that_of_the_guidelines() -> None:
    # Values of the WCAG's own examples and of common checkers.
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#ff0000", "#ffffff") == pytest.approx(4.0, abs=0.01)
    assert contrast("#123456", "#123456") == 1


def test_on_every_colour_either_black_or_white_can_be_read() -> None:
    shades = ("00", "33", "66", "77", "99", "cc", "ff")
    colours = [f"#{r}{g}{b}" for r in shades for g in shades for b in shades]
    assert min(contrast(text_on(colour), colour) for colour in colours) >= 4.5
    assert (text_on("#ffff00"), text_on("#000080")) == ("#000000", "#ffffff")


def test_the_colours_offered_first_carry_white_text() -> None:
    assert all(is_colour(colour) and text_on(colour) == "#ffffff" for colour in FIRST_COLOURS)
    assert len(set(FIRST_COLOURS)) == len(FIRST_COLOURS)


@pytest.mark.parametrize("junk", ["", "red", "#fff", "#FFFFFF", "#12345g", "#123456;", "#１２３４５６"])
def test_what_is_no_colour_is_known(junk: str) -> None:
    assert not is_colour(junk)


async def test_tracks_are_added_changed_ordered_and_deleted(each_database: db.Database) -> None:
    petra = await make_organiser()
    conference = await make_conference()
    first = await add_track(conference, TrackFacts({"en": "A"}, "#0b5d8a"), actor=petra, now=NOW)
    second = await add_track(conference, TrackFacts({"en": "B"}), actor=petra, now=NOW)
    await shift_track(second.id, -1, actor=petra, now=NOW)
    await change_track(first.id, TrackFacts({"en": "C"}, ""), revision=1, actor=petra, now=NOW)
    assert [facts_of(track).name["en"] for track in await tracks_of(conference.id)] == ["B", "C"]
    with pytest.raises(StaleEdit):
        await change_track(first.id, TrackFacts({"en": "D"}), revision=1, actor=petra, now=NOW)
    await delete_track(second.id, actor=petra, now=NOW)
    assert await Track.count() == 1
    actions = [row["action"] for row in await AuditEntry.select(AuditEntry.action).order_by(AuditEntry.id)]
    assert actions[-5:] == ["track-added", "track-added", "track-moved", "track-changed", "track-deleted"]


async def test_a_track_with_sessions_is_not_deleted(each_database: db.Database) -> None:
    petra = await make_organiser()
    conference = await make_conference()
    track = await add_track(conference, TrackFacts({"en": "A"}), actor=petra, now=NOW)
    session = await make_session(conference, track=track.id)
    with pytest.raises(TrackInUse, match="One session belongs"):
        await delete_track(track.id, actor=petra, now=NOW)
    await Session.update({Session.track: None}).where(Session.id == session.id)
    await delete_track(track.id, actor=petra, now=NOW)
    assert await Track.count() == 0


async def test_whoever_looks_at_the_draft_is_told_of_each_change_of_tracks(
    each_database: db.Database,
) -> None:
    petra = await make_organiser()
    conference = await make_conference()

    async def version() -> int:
        rows = await Conference.select(Conference.draft_version).where(Conference.id == conference.id)
        return int(rows[0]["draft_version"])

    seen = [await version()]
    tracks = [await add_track(conference, TrackFacts({"en": name}), actor=petra, now=NOW) for name in "AB"]
    seen.append(await version())
    await change_track(tracks[0].id, TrackFacts({"en": "C"}), revision=1, actor=petra, now=NOW)
    seen.append(await version())
    await shift_track(tracks[1].id, -1, actor=petra, now=NOW)
    seen.append(await version())
    await delete_track(tracks[1].id, actor=petra, now=NOW)
    seen.append(await version())
    assert seen == sorted(set(seen))
