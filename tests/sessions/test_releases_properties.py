"""What holds of any two programmes: differences, calendars' sequences, who is told. Made up by hypothesis."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from conference.texts import LocalText
from sessions.programme import snapshot
from sessions.programme.snapshot import (
    ReleasedAppearance,
    ReleasedProgramme,
    ReleasedRoom,
    ReleasedSession,
    ReleasedSlot,
    ReleasedSpeaker,
)
from sessions.releases.change_words import describe
from sessions.releases.differences import ChangeKind, changes_between, compare
from sessions.releases.notices import notices, rescheduled
from sessions.releases.stamping import is_same, stamp
from tests.sessions.test_differences import JUNE, MAY, TEN

QUARTER = timedelta(minutes=15)
titles = st.builds(lambda text: {"en": text}, st.sampled_from(["Bridges", "Roads", "Tunnels"]))
speakers = st.lists(st.sampled_from(["ruth", "omar", "aiko"]), unique=True, max_size=3)


@st.composite
def slots(draw: st.DrawFn, number: int) -> ReleasedSlot:
    start = TEN + draw(st.integers(0, 40)) * QUARTER
    return ReleasedSlot(
        id=number,
        code=f"slot{number}",
        guid=f"slot{number}",
        room=draw(st.sampled_from(["main", "side"])),
        start=start,
        end=start + draw(st.integers(1, 4)) * QUARTER,
        local_start=(start + timedelta(hours=1)).replace(tzinfo=None),
        seats=draw(st.sampled_from([None, 20])),
        is_cancelled=draw(st.booleans()),
    )


@st.composite
def sessions(draw: st.DrawFn, number: int) -> ReleasedSession:
    title: LocalText = draw(titles)
    placed = draw(st.lists(st.sampled_from([2 * number, 2 * number + 1]), unique=True))
    return ReleasedSession(
        id=number,
        code=f"ses{number}",
        guid=f"ses{number}",
        kind=draw(st.sampled_from(["talk", "workshop", "break"])),
        title=title,
        state=draw(st.sampled_from(["active", "active", "cancelled"])),
        appearances=tuple(ReleasedAppearance(code, "presenter") for code in draw(speakers)),
        slots=tuple(draw(slots(code)) for code in sorted(placed)),
    )


@st.composite
def drafts(draw: st.DrawFn) -> ReleasedProgramme:
    numbers = sorted(draw(st.sets(st.integers(0, 3))))
    return ReleasedProgramme(
        number=1,
        released_at=MAY,
        zone="Europe/London",
        rooms=(
            ReleasedRoom("main", {"en": "Main stage"}),
            ReleasedRoom("side", {"en": draw(st.sampled_from(["Side room", "Room 2"]))}, position=1),
        ),
        speakers=tuple(
            ReleasedSpeaker(code, draw(st.sampled_from([code, f"Dr {code}"])))
            for code in ("aiko", "omar", "ruth")
        ),
        sessions=tuple(draw(sessions(number)) for number in numbers),
    )


def released(previous: ReleasedProgramme | None, draft: ReleasedProgramme) -> ReleasedProgramme:
    number = previous.number + 1 if previous else 1
    return stamp(previous, replace(draft, number=number, released_at=JUNE if previous else MAY)).programme


@given(drafts())
def test_a_programme_does_not_differ_from_itself(draft: ReleasedProgramme) -> None:
    first = released(None, draft)
    assert compare(first, first) == []
    assert is_same(stamp(first, first).programme, first)
    assert notices(first, first) == []
    assert rescheduled(first, first) == set()


@given(drafts(), drafts())
def test_the_same_draft_twice_is_the_same_release(one: ReleasedProgramme, other: ReleasedProgramme) -> None:
    first = released(None, one)
    second = released(first, other)
    third = released(second, other)
    assert is_same(third, second)
    assert compare(second, third) == []


@given(drafts(), drafts())
def test_what_is_stored_reads_back_as_it_was(one: ReleasedProgramme, other: ReleasedProgramme) -> None:
    second = released(released(None, one), other)
    assert snapshot.decode(snapshot.encode(second)) == second


@given(drafts(), drafts())
def test_a_sequence_grows_by_one_exactly_where_a_calendar_must_follow(
    one: ReleasedProgramme, other: ReleasedProgramme
) -> None:
    first = released(None, one)
    second = released(first, other)
    moved = rescheduled(first, second)
    for code, (_session, slot) in second.slot_by_code.items():
        if code not in first.slot_by_code:
            assert slot.sequence == 0
            continue
        old = first.slot_by_code[code][1]
        is_moved = (slot.start, slot.end, slot.room, slot.is_cancelled) != (
            old.start,
            old.end,
            old.room,
            old.is_cancelled,
        )
        assert slot.sequence == old.sequence + is_moved
        if slot.id in moved:
            assert is_moved
        if is_moved:
            assert slot.revised_at == JUNE


@given(drafts(), drafts())
def test_no_slot_ever_disappears(one: ReleasedProgramme, other: ReleasedProgramme) -> None:
    first = released(None, one)
    second = released(first, other)
    assert first.slot_by_code.keys() <= second.slot_by_code.keys()
    for code in first.slot_by_code.keys() - {s.code for session in other.sessions for s in session.slots}:
        assert second.slot_by_code[code][1].is_cancelled


@given(drafts(), drafts())
def test_each_thing_that_a_reader_would_notice_is_told_and_has_words(
    one: ReleasedProgramme, other: ReleasedProgramme
) -> None:
    first = released(None, one)
    stamped = stamp(first, replace(other, number=2, released_at=JUNE))
    found = changes_between(first, stamped)
    kinds = {(change["session"], change["kind"]) for change in found}
    for change in found:
        assert describe(change, "Asia/Kolkata", "en").endswith(".")
    for session in stamped.programme.sessions:
        old = first.session_by_code.get(session.code)
        on = {slot.code: slot for slot in session.slots if not slot.is_cancelled}
        if old is None:
            is_news = not session.is_cancelled and session.kind != "break"
            assert ((session.code, ChangeKind.NEW) in kinds) == is_news
            continue
        was_on = {slot.code: slot for slot in old.slots if not slot.is_cancelled}
        assert ((session.code, ChangeKind.RETITLED) in kinds) == (session.title != old.title)
        if on and not was_on:
            assert (session.code, ChangeKind.RESTORED) in kinds
        if was_on and not on:
            assert kinds & {(session.code, ChangeKind.CANCELLED), (session.code, ChangeKind.REMOVED)}
        for code in on.keys() & was_on.keys():
            new, before = on[code], was_on[code]
            told = {change["kind"] for change in found if change.get("slot") == code}
            assert (ChangeKind.MOVED in told) == (new.start != before.start)
            assert (ChangeKind.LENGTH in told) == (new.start == before.start and new.end != before.end)
            assert (ChangeKind.ROOM_CHANGED in told) == (new.room != before.room)


@given(drafts(), drafts())
def test_to_and_back_is_told_by_opposites(one: ReleasedProgramme, other: ReleasedProgramme) -> None:
    first, second = released(None, one), released(None, other)

    def moves(here: ReleasedProgramme, there: ReleasedProgramme) -> Counter[tuple[str, str, str]]:
        return Counter(
            (change["slot"], change["before"]["start"], change["after"]["start"])
            for change in compare(here, there)
            if change["kind"] == ChangeKind.MOVED
        )

    back = Counter({(slot, after, before): n for (slot, before, after), n in moves(second, first).items()})
    assert moves(first, second) == back


@given(drafts(), drafts())
def test_only_speakers_of_what_changed_are_told_and_each_once(
    one: ReleasedProgramme, other: ReleasedProgramme
) -> None:
    first = released(None, one)
    second = released(first, other)
    told = notices(first, second)
    assert len({notice.speaker.code for notice in told}) == len(told)
    for notice in told:
        for line in notice.lines:
            appears = [
                programme.session_by_code[line.session].appearances
                for programme in (first, second)
                if line.session in programme.session_by_code
            ]
            assert notice.speaker.code in {a.speaker for people in appears for a in people}


@given(drafts(), drafts())
def test_a_clock_that_is_set_back_makes_no_revision_older(
    one: ReleasedProgramme, other: ReleasedProgramme
) -> None:
    first = stamp(None, replace(one, number=1, released_at=JUNE)).programme
    second = stamp(first, replace(other, number=2, released_at=MAY)).programme
    for code, (_session, slot) in first.slot_by_code.items():
        assert second.slot_by_code[code][1].revised_at == slot.revised_at
