"""Speakers who said yes are reminded of their own sessions, once, on their own clock."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from conference import clock, db
from conference.mail.words import render
from conference.outbox import deliver_due
from conference.tables import AuditEntry, MailState, OutgoingMail, Role
from sessions.releases.publishing import release_programme
from sessions.speakers.links import ensure_link, speak_path
from sessions.speakers.reminder_choices import choose_reminders
from sessions.speakers.slot_reminders import RECHECKS, remind_of_slots
from sessions.tables import Appearance, AppearanceState, Session, SessionState, Slot, Speaker
from tests.conference.test_outbox import settings_for
from tests.makers import (
    NOW,
    make_conference,
    make_member,
    make_organiser,
    make_room,
    make_session,
    make_slot,
    make_speaker,
)
from tests.pages import make_settings, open_browser, sign_in_as
from tests.people import BERLIN_ORGANISER

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


class Stage:
    """Ruth in New York speaks at ten in London on THE_DAY; she has said yes."""

    slot: Slot
    session: Session
    ruth: Speaker

    async def set(self, state: AppearanceState = AppearanceState.CONFIRMED) -> Stage:
        self.conference = await make_conference()
        self.organiser = await make_organiser()
        room = await make_room(self.conference)
        self.ruth = await make_speaker(self.conference, email="ruth@example.org")
        self.session = await make_session(self.conference, "Bridges", speakers=(self.ruth,))
        self.slot = await make_slot(self.conference, self.session, room, "10:00")
        await self.answer(state)
        await self.publish(NOW)
        return self

    async def answer(self, state: AppearanceState) -> None:
        await Appearance.update({Appearance.state: state.value, Appearance.answered_at: NOW}).where(
            Appearance.session == self.session.id
        )

    async def publish(self, now: datetime) -> None:
        await self.conference.refresh()
        await release_programme(self.conference, "", actor=self.organiser, now=now, despite_clashes=True)
        await self.conference.refresh()

    async def move(self, hours: int, now: datetime) -> None:
        by = timedelta(hours=hours)
        values: dict[Any, Any] = {
            Slot.local_start: self.slot.local_start + by,
            Slot.start: self.slot.start + by,
            Slot.end: self.slot.end + by,
        }
        await Slot.update(values).where(Slot.id == self.slot.id)
        await self.publish(now)


async def reminders() -> list[OutgoingMail]:
    return (
        await OutgoingMail.objects().where(OutgoingMail.kind == "speaker-session").order_by(OutgoingMail.id)
    )


def payload_of(mail: OutgoingMail) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(mail.payload)
    return found


async def test_a_speaker_is_reminded_a_day_and_an_hour_before(each_database: db.Database) -> None:
    stage = await Stage().set()
    start = stage.slot.start
    for moment in (start - DAY - MINUTE, start - DAY, start - DAY + MINUTE, start - HOUR, start, start + DAY):
        await asyncio.gather(*(remind_of_slots(moment) for _worker in range(3)))
    found = await reminders()
    assert [(mail.recipient, mail.created_at) for mail in found] == [
        ("ruth@example.org", start - DAY),
        ("ruth@example.org", start - HOUR),
    ]
    mail = found[0]
    said = render(
        mail.kind, payload_of(mail), "en", mail.zone, name="Ruth", base_url="https://conf.example.org"
    )
    assert said.subject == "Thu 25 Jun, 05:00 (New York): you speak in “Bridges”"
    assert "Conference time: 10:00–10:45 (London, BST, UTC+1)" in said.text
    assert f"/speak/join/{stage.slot.code}?key={stage.ruth.code}." in said.text
    assert "Your part: presenter" in said.text


@pytest.mark.parametrize(
    "state", [AppearanceState.INVITED, AppearanceState.PLANNED, AppearanceState.DECLINED]
)
async def test_who_has_not_said_yes_is_not_reminded(database: db.Database, state: AppearanceState) -> None:
    stage = await Stage().set(state)
    assert await remind_of_slots(stage.slot.start - HOUR) == 0


async def test_a_moved_session_is_told_anew_and_the_mail_that_waits_does_not_go(
    each_database: db.Database, tmp_path: Path
) -> None:
    stage = await Stage().set()
    start = stage.slot.start
    await remind_of_slots(start - DAY)
    await stage.move(3, start - DAY + HOUR)
    await deliver_due(settings_for(tmp_path), start - DAY + HOUR, rechecks=RECHECKS)
    assert await remind_of_slots(start - DAY + HOUR) == 0
    assert await remind_of_slots(start + 3 * HOUR - DAY) == 1
    await deliver_due(settings_for(tmp_path), start + 3 * HOUR - DAY, rechecks=RECHECKS)
    assert [mail.state for mail in await reminders()] == [MailState.SUPPRESSED, MailState.SENT]


@pytest.mark.parametrize("what", ["declined", "cancelled", "readdressed"])
async def test_a_reminder_that_is_overtaken_does_not_go(
    database: db.Database, tmp_path: Path, what: str
) -> None:
    stage = await Stage().set()
    now = stage.slot.start - HOUR
    await remind_of_slots(now)
    if what == "declined":
        await stage.answer(AppearanceState.DECLINED)
    elif what == "cancelled":
        await Session.update({Session.state: SessionState.CANCELLED.value}).where(
            Session.id == stage.session.id
        )
        await stage.publish(now)
    else:
        await Speaker.update({Speaker.email: "new@example.org"}).where(Speaker.id == stage.ruth.id)
    await deliver_due(settings_for(tmp_path), now, rechecks=RECHECKS)
    assert [mail.state for mail in await reminders()] == [MailState.SUPPRESSED]


async def test_more_speakers_are_looked_at_by_as_many_queries(database: db.Database) -> None:
    stage = await Stage().set()
    now = stage.slot.start - HOUR
    await remind_of_slots(now)
    costs = []
    for _turn in range(2):
        with db.count_queries() as counted:
            assert await remind_of_slots(now) == 0
        costs.append(counted.total)
        for name in ("Asha", "Wiremu"):
            speaker = await make_speaker(stage.conference, name)
            appearance = Appearance(
                session=stage.session.id,
                speaker=speaker.id,
                state=AppearanceState.CONFIRMED,
                answered_at=NOW,
            )
            await appearance.save()
        await remind_of_slots(now)
    assert costs == [3, 3]
    assert len(await reminders()) == 5


async def choose(stage: Stage, *wanted: str) -> None:
    await choose_reminders(stage.ruth.id, wanted, actor="Ruth", now=NOW)


async def test_a_speaker_gets_what_they_chose_each_once_and_nothing_else(each_database: db.Database) -> None:
    stage = await Stage().set()
    start = stage.slot.start
    await choose(stage, "minutes")
    for before in (DAY, HOUR, 10 * MINUTE, 9 * MINUTE):
        await remind_of_slots(start - before)
    assert [json.loads(mail.payload)["reminder"] for mail in await reminders()] == ["minutes"]
    await choose(stage)
    await choose(stage)
    assert await remind_of_slots(start - 8 * MINUTE) == 0
    entries = await AuditEntry.objects().where(AuditEntry.action == "speaker-reminders-chosen")
    assert [json.loads(entry.after)["reminders"] for entry in entries] == [["minutes"], []]


async def test_a_reminder_no_longer_wanted_does_not_go(database: db.Database, tmp_path: Path) -> None:
    stage = await Stage().set()
    now = stage.slot.start - HOUR
    await remind_of_slots(now)
    await choose(stage, "day")
    await deliver_due(settings_for(tmp_path), now, rechecks=RECHECKS)
    assert [mail.state for mail in await reminders()] == [MailState.SUPPRESSED]


def ticked(page: str) -> list[tuple[str, bool]]:
    """The kinds that a page offers, and whether each is chosen."""
    boxes = re.findall(r'name="(day|hour|minutes)" value="yes"( checked)?', page)
    return [(kind, bool(checked)) for kind, checked in boxes]


async def test_a_speaker_chooses_behind_their_link_and_the_team_at_the_desk(
    database: db.Database, data_dir: Path
) -> None:
    stage = await Stage().set()
    async with open_browser(make_settings(data_dir)) as browser:
        ruth = await ensure_link(stage.ruth.id, clock.now())
        here = f"{speak_path(ruth)}/reminders"
        assert "Choose my reminders" in (await browser.get(speak_path(ruth))).text
        assert ticked((await browser.get(here)).text) == [("day", True), ("hour", True), ("minutes", False)]
        saved = await browser.post_form(here, {"minutes": "yes", "hour": "yes", "nonsense": "yes"})
        assert saved.headers["location"] == here
        stands = await Speaker.objects().get(Speaker.id == ruth.id)
        assert stands is not None
        assert (stands.remind_day, stands.remind_hour, stands.remind_minutes) == (False, True, True)

        owner = await make_member(stage.conference, BERLIN_ORGANISER, Role.OWNER)
        await sign_in_as(browser, owner)
        desk = f"/organise/{stage.conference.slug}/speakers/{ruth.code}"
        page = (await browser.get(desk)).text
        assert ticked(page) == [("day", False), ("hour", True), ("minutes", True)]
        assert (await browser.post_form(f"{desk}/reminders", {"day": "yes"})).status_code == 303
        stands = await Speaker.objects().get(Speaker.id == ruth.id)
        assert stands is not None
        assert (stands.remind_day, stands.remind_hour, stands.remind_minutes) == (True, False, False)
        entry = await AuditEntry.objects().order_by(AuditEntry.id, ascending=False).first()
        assert entry is not None
        assert (entry.actor, entry.action) == (owner.label, "speaker-reminders-chosen")
        stopped = await browser.post_form(here, {"day": "yes", "stop": "all"})
        assert "no more reminders" in (await browser.get(stopped.headers["location"])).text
