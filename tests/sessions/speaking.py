"""A speaker and her own page, for the tests of what she sees and does there."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from conference import clock
from conference.tables import Conference
from conference.viewer import SignedInOrganiser
from sessions.releases.publishing import release_programme
from sessions.speakers.links import ensure_link, speak_path
from sessions.tables import (
    Appearance,
    Room,
    Session,
    Slot,
    Speaker,
)
from tests.makers import (
    NOW,
    make_conference,
    make_organiser,
    make_room,
    make_session,
    make_slot,
    make_speaker,
)
from tests.people import KOLKATA_ATTENDEE, NEW_YORK_SPEAKER

NAUGHTY = (
    "<script>alert(1)</script>",
    "‮gnirts desrever‬",
    "Z̷̡a͢lgo ﷽ 🏳️‍🌈",
    "'; DROP TABLE speaker; --",
    "{{ 7 * 7 }} %(name)s %s {0}",
    '=HYPERLINK("https://evil.example")',
    "line\r\nBcc: everyone@example.org",
    "\0\x1b[31m\ud800".encode("utf-8", "replace").decode(),
)


@dataclass
class Scene:
    """Ruth, in New York, is invited to a panel at 10:00 in London (05:00 for her) with Anjali, and to Bread, unscheduled."""

    petra: SignedInOrganiser
    conference: Conference
    ruth: Speaker
    panel: Session
    bread: Session
    slot: Slot
    room: Room
    here: str

    async def speaker(self) -> Speaker:
        found = await Speaker.objects().where(Speaker.id == self.ruth.id).first()
        assert found is not None
        return found

    async def states(self) -> list[str]:
        rows = (
            await Appearance.select(Appearance.state)
            .where(Appearance.speaker == self.ruth.id)
            .order_by(Appearance.id)
        )
        return [row["state"] for row in rows]

    async def publish(self) -> None:
        fresh = await Conference.objects().where(Conference.id == self.conference.id).first()
        assert fresh is not None
        await release_programme(fresh, "", actor=self.petra, now=NOW, despite_clashes=True)


@asynccontextmanager
async def speaking() -> AsyncIterator[Scene]:
    """The scene, at NOW."""
    with clock.fixed_at(NOW):
        petra = await make_organiser()
        conference = await make_conference(owner=petra)
        room = await make_room(conference)
        ruth = await make_speaker(
            conference, NEW_YORK_SPEAKER.name, email=NEW_YORK_SPEAKER.email, internal_notes="Prefers tea"
        )
        anjali = await make_speaker(conference, KOLKATA_ATTENDEE.name, zone="Asia/Kolkata")
        panel = await make_session(conference, "Bridges & <Roads>", speakers=(ruth, anjali))
        bread = await make_session(conference, "Bread", speakers=(ruth,))
        await Appearance.update({Appearance.state: "invited", Appearance.invited_at: NOW}).where(
            Appearance.speaker == ruth.id
        )
        slot = await make_slot(conference, panel, room)
        ruth = await ensure_link(ruth.id, NOW)
        yield Scene(petra, conference, ruth, panel, bread, slot, room, speak_path(ruth))


def fields(page: str, button: str) -> dict[str, str]:
    """The hidden fields of the form with this button."""
    form = next(part for part in page.split("<form")[1:] if button in part.split("</form>")[0])
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form.split("</form>")[0]))
