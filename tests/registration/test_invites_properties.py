"""Whatever a team releases and a person does, their calendar ends up true and never has to doubt a message."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from registration.calendars.feeds import FeedSource, feed_entries
from registration.calendars.invites import Told, booked, owed
from registration.calendars.tables import InviteMethod
from sessions.programme.feeds import CalendarPlace, uid_of
from sessions.programme.snapshot import ReleasedProgramme
from sessions.releases.stamping import stamp
from tests.sessions.test_differences import JUNE
from tests.sessions.test_releases_properties import drafts

PLACE = CalendarPlace("x", "https://conf.example.org", "conf.example.org", "Europe/London", ("en",))
slot_ids = st.integers(0, 7)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("release"), drafts()),
        st.tuples(st.sampled_from(["take", "take", "drop"]), slot_ids),
        st.tuples(st.sampled_from(["renew", "leave"]), st.none()),
    ),
    max_size=14,
)


@dataclass
class World:
    """A programme, a person, and their calendar, which believes a message only above the last SEQUENCE of its UID."""

    programme: ReleasedProgramme | None = None
    wanted: set[int] = field(default_factory=set)
    told: dict[int, Told] = field(default_factory=dict)
    generation: int = 1
    floor: int = 0
    calendar: dict[str, tuple[int, datetime | None]] = field(default_factory=dict)

    def step(self, name: str, what: Any) -> None:
        if name == "release":
            number = self.programme.number + 1 if self.programme else 1
            self.programme = stamp(self.programme, replace(what, number=number, released_at=JUNE)).programme
        elif name == "take":
            self.wanted.add(what)
        elif name == "drop":
            self.wanted.discard(what)
        elif name == "renew":
            self.generation += 1
        else:
            self.wanted.clear()

    def send(self) -> None:
        """What is owed reaches the calendar."""
        for one in owed(booked(self.programme, self.wanted, self.generation), self.told, self.floor):
            is_on = one.method is InviteMethod.REQUEST
            uid = uid_of(f"slot{one.slot_id}", "conf.example.org")
            if uid in self.calendar:
                assert one.sequence > self.calendar[uid][0]
            self.calendar[uid] = (one.sequence, one.start if is_on else None)
            self.told[one.slot_id] = Told(
                one.slot_id, one.method, one.sequence, one.start, one.end, one.facts, JUNE
            )

    def leave(self) -> None:
        """The registration is gone, and the next is another one that knows nothing of it."""
        self.floor = max([self.floor, *(last.sequence + 1 for last in self.told.values())])
        self.told = {}

    def truth(self) -> dict[str, datetime]:
        known = self.programme.slot_by_id if self.programme else {}
        found = [known[number] for number in self.wanted if number in known]
        return {
            uid_of(slot.code, "conf.example.org"): slot.start
            for session, slot in found
            if not slot.is_cancelled and not session.is_cancelled
        }


@given(steps, st.data())
def test_a_calendar_that_gets_every_message_shows_what_is_true(
    taken: list[tuple[str, Any]], data: st.DataObject
) -> None:
    world = World()
    for name, what in taken:
        world.step(name, what)
        if name == "leave" or data.draw(st.booleans()):
            world.send()
        if name == "leave":
            world.leave()
    world.send()
    shown = {uid: start for uid, (_sequence, start) in world.calendar.items() if start is not None}
    assert shown == world.truth()
    before = dict(world.calendar)
    world.send()  # once more is nothing more
    assert world.calendar == before


@given(steps)
def test_the_feed_beside_the_invites_keeps_every_uid_and_never_falls_behind(
    taken: list[tuple[str, Any]],
) -> None:
    world = World()
    seen: set[str] = set()
    for name, what in taken:
        if name == "leave":
            continue
        world.step(name, what)
        world.send()
        if world.programme is None:
            continue
        source = FeedSource(
            world.programme, PLACE, "en", lambda _slot: "", seats=world.wanted, told=world.told
        )
        entries = {entry.uid: entry for entry in feed_entries(source)}
        assert seen <= entries.keys()
        seen |= {uid for uid in entries if uid in world.calendar}
        assert {uid: one.start for uid, one in entries.items() if one.status == "confirmed"} == world.truth()
        for uid, (sequence, _start) in world.calendar.items():
            assert entries[uid].sequence >= sequence
