"""What a conference asks of its schedule: the rules, what they block, and their page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conference import db
from conference.db import count_queries
from conference.errors import StaleEdit
from conference.tables import AuditEntry, Conference, Role
from sessions.schedule.conflicts import ConflictKind, Level, find_conflicts
from sessions.schedule.draft import placings_of
from sessions.schedule.draft_changes import touch_draft
from sessions.schedule.limits import RuleFacts
from sessions.schedule.placings_cache import standing
from sessions.schedule.rules import change_rules, release_blockers, schedule_rules
from sessions.schedule.rules_form import RulesForm
from sessions.schedule.surroundings import surroundings_of
from sessions.tables import (
    Appearance,
    AppearanceRole,
    AppearanceState,
    Availability,
    AvailabilityKind,
    ScheduleRules,
    SessionKind,
    Speaker,
    SpeakerKind,
)
from tests.makers import (
    NOW,
    THE_DAY,
    make_conference,
    make_member,
    make_organiser,
    make_room,
    make_session,
    make_slot,
    make_speaker,
    make_track,
)
from tests.pages import Browser, make_settings, open_browser, sign_in_as, text_of
from tests.people import AUCKLAND_ATTENDEE, BERLIN_ORGANISER

RULES = "/organise/libraries/schedule/rules"
STRICT = RuleFacts(
    levels={ConflictKind.ROOM: Level.BLOCK, ConflictKind.TRACK: Level.IGNORE},
    day_starts=8 * 60,
    day_ends=25 * 60,
    speaker_earliest=8 * 60,
    speaker_latest=20 * 60,
    bearable_from=6 * 60,
    bearable_until=23 * 60,
    edge_minutes=90,
    gap_minutes=15,
    expected_audience={"GB": 40, "KE": 25, "IN": 35},
)


async def versions(conference: Conference) -> tuple[int, int]:
    """How often the draft and the public pages have changed."""
    row = (
        await Conference.select(Conference.draft_version, Conference.public_version)
        .where(Conference.id == conference.id)
        .first()
    )
    assert row is not None
    return row["draft_version"], row["public_version"]


# --- the rules -------------------------------------------------------------------------------------------------------


async def test_a_conference_that_says_nothing_has_the_defaults(each_database: db.Database) -> None:
    conference = await make_conference()
    assert await schedule_rules(conference.id) == (RuleFacts(), 0)
    around = await surroundings_of(conference)
    serious = {kind for kind in ConflictKind if around.rules.level(kind) is Level.BLOCK_RELEASE}
    assert serious == {"room", "speaker", "chair", "interpreter"}
    assert {around.rules.level(kind) for kind in ConflictKind if kind not in serious} == {Level.WARN}


async def test_rules_are_kept_and_change_with_a_revision_and_a_record(each_database: db.Database) -> None:
    petra = await make_organiser()
    conference, other = await make_conference(), await make_conference("other")
    before = await versions(conference)
    await change_rules(conference, STRICT, revision=0, actor=petra, now=NOW)
    assert await schedule_rules(conference.id) == (STRICT, 1)
    await change_rules(conference, STRICT, revision=1, actor=petra, now=NOW)  # nothing to change
    await change_rules(conference, RuleFacts(edge_minutes=90, bearable_from=360, bearable_until=1380), revision=1, actor=petra, now=NOW)  # fmt: skip
    facts, revision = await schedule_rules(conference.id)
    assert (facts.level(ConflictKind.ROOM), facts.expected_audience, revision) == (Level.BLOCK_RELEASE, {}, 2)
    assert await schedule_rules(other.id) == (RuleFacts(), 0)
    actions = await AuditEntry.select(AuditEntry.action).where(AuditEntry.subject == "schedule-rules")
    assert [entry["action"] for entry in actions] == ["schedule-rules-changed"] * 2
    # The public programme is filtered by attendees' hours; they changed in the first of the two only.
    draft, public = await versions(conference)
    assert (draft - before[0], public - before[1]) == (2, 1)


async def test_of_two_who_change_the_rules_at_once_one_gets_both_versions(each_database: db.Database) -> None:
    petra = await make_organiser()
    conference = await make_conference()
    for revision in (0, 1):
        outcomes = await asyncio.gather(
            *(
                change_rules(
                    conference,
                    RuleFacts(gap_minutes=minutes + revision),
                    revision=revision,
                    actor=petra,
                    now=NOW,
                )
                for minutes in (20, 30)
            ),
            return_exceptions=True,
        )
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "StaleEdit"]
        [stale] = [outcome for outcome in outcomes if isinstance(outcome, StaleEdit)]
        assert {stale.mine["gap_minutes"], stale.theirs["gap_minutes"]} == {20 + revision, 30 + revision}
    assert await ScheduleRules.count().where(ScheduleRules.conference == conference.id) == 1


async def test_a_rule_that_is_no_more_is_passed_over(each_database: db.Database) -> None:
    conference = await make_conference()
    await ScheduleRules(
        conference=conference.id, levels='{"astrology": "block", "room": "shout", "gap": "ignore"}'
    ).save()
    facts, _revision = await schedule_rules(conference.id)
    assert facts == RuleFacts({ConflictKind.GAP: Level.IGNORE})


# --- what the draft is measured against ------------------------------------------------------------------------------


async def test_the_draft_is_measured_against_everything_that_was_said(each_database: db.Database) -> None:
    petra = await make_organiser()
    conference = await make_conference()
    room, other_room = (
        await make_room(conference, capacity=20, open_hours='[{"from": "2026-06-25T09:00", "until": "2026-06-25T12:00"}]'),
        await make_room(conference, "Workshop room"),
    )  # fmt: skip
    track = await make_track(conference)
    aiko = await make_speaker(conference, "Aiko Tanaka", zone="Asia/Tokyo")
    ruth = await make_speaker(conference, availability_given_at=NOW)
    await Availability(
        speaker=ruth.id,
        start=datetime(2026, 6, 25, 8, tzinfo=UTC),
        end=datetime(2026, 6, 25, 12, tzinfo=UTC),
        kind=AvailabilityKind.IF_NEEDED,
    ).save()
    one = await make_session(conference, "One", speakers=(aiko, ruth), track=track.id)
    two = await make_session(conference, "Two", speakers=(aiko,), track=track.id)
    blocker = await make_session(conference, "Technical check", kind=SessionKind.BLOCKER)
    three = await make_session(conference, "Three", speakers=(ruth,))
    slots = {
        "one": await make_slot(conference, one, room, "11:30", minutes=60, seats=30),  # room closes at 12:00
        "two": await make_slot(conference, two, other_room, "12:00", minutes=30),
        "check": await make_slot(conference, blocker, other_room, "12:15", minutes=30),
        "three": await make_slot(conference, three, other_room, "18:00", minutes=30),
        "late": await make_slot(conference, two, other_room, "16:00", minutes=30),
    }
    name_of = {slot.id: name for name, slot in slots.items()}
    await change_rules(
        conference, RuleFacts(day_starts=9 * 60, day_ends=17 * 60), revision=0, actor=petra, now=NOW
    )
    found = find_conflicts((await placings_of(conference.id)).placements, await surroundings_of(conference))
    told = {
        (conflict.kind.value, *(name_of[slot] for slot in conflict.slots), *conflict.speakers)
        for conflict in found
    }
    assert told == {
        ("room-closed", "one"),
        ("capacity", "one"),
        ("antisocial", "one", ruth.id),  # 06:30 in New York
        ("if-needed", "one", ruth.id),
        ("speaker", "one", "two", aiko.id),
        ("track", "one", "two"),
        ("blocker", "two", "check"),
        ("unavailable", "three", ruth.id),
        ("outside-day", "three"),
        ("antisocial", "late", aiko.id),  # 00:00 in Tokyo
    }


async def test_roles_count_and_neither_organisations_nor_who_has_declined(each_database: db.Database) -> None:
    conference = await make_conference()
    rooms = [await make_room(conference), await make_room(conference, "Workshop room")]
    chair, union, gone = (
        await make_speaker(conference, "Ann Lee", zone="Europe/London"),
        await make_speaker(conference, "The Union", zone="Asia/Tokyo", kind=SpeakerKind.ORGANISATION),
        await make_speaker(conference, "Tom Reid", zone="Europe/London"),
    )
    sessions = [await make_session(conference, title, speakers=(chair, union, gone)) for title in "AB"]
    for session, room in zip(sessions, rooms, strict=True):
        await make_slot(conference, session, room, "10:00")
    placements = (await placings_of(conference.id)).placements
    assert {(c.kind, c.speakers) for c in find_conflicts(placements, await surroundings_of(conference))} == {
        (ConflictKind.SPEAKER, (chair.id, gone.id))
    }
    mine = Appearance.session == sessions[0].id
    await Appearance.update({Appearance.role: AppearanceRole.CHAIR.value}).where(
        mine & (Appearance.speaker == chair.id)
    )
    await Appearance.update({Appearance.state: AppearanceState.DECLINED.value}).where(
        mine & (Appearance.speaker == gone.id)
    )
    placements = (await placings_of(conference.id)).placements
    assert {(c.kind, c.speakers) for c in find_conflicts(placements, await surroundings_of(conference))} == {
        (ConflictKind.CHAIR, (chair.id,))
    }


async def test_who_has_not_said_when_they_can_is_never_missed(each_database: db.Database) -> None:
    conference = await make_conference()
    speaker = await make_speaker(conference, zone="Europe/London")
    await make_slot(
        conference, await make_session(conference, speakers=(speaker,)), await make_room(conference)
    )
    placements = (await placings_of(conference.id)).placements
    assert find_conflicts(placements, await surroundings_of(conference)) == []
    await Speaker.update({Speaker.availability_given_at: NOW}).where(Speaker.id == speaker.id)
    [conflict] = find_conflicts(placements, await surroundings_of(conference))
    assert conflict.kind is ConflictKind.UNAVAILABLE


async def test_reading_what_a_schedule_is_measured_against_costs_the_same_for_one_speaker_and_many(
    each_database: db.Database,
) -> None:
    conference = await make_conference()
    costs = []
    for _round in range(3):
        await make_speaker(conference, availability_given_at=NOW)
        await make_room(conference)
        with count_queries() as queries:
            await surroundings_of(conference)
        costs.append(queries.total)
    assert costs == [4, 4, 4]


async def test_what_speakers_say_of_themselves_is_minded_at_once(each_database: db.Database) -> None:
    petra = await make_organiser()
    conference = await make_conference()
    ruth = await make_speaker(conference, zone="Europe/London")
    session = await make_session(conference, speakers=(ruth,))
    slot = await make_slot(conference, session, await make_room(conference))

    async def told() -> list[str]:
        now = await standing(conference)
        assert now.conflicts == find_conflicts(
            (await placings_of(conference.id)).placements, await surroundings_of(conference)
        )
        return [conflict.kind.value for conflict in now.conflicts]

    assert await told() == []
    await Speaker.update({Speaker.zone: "Asia/Tokyo", Speaker.availability_given_at: NOW}).where(
        Speaker.id == ruth.id
    )
    await touch_draft(conference.id, slots=[slot.code], actor=petra, now=NOW)
    assert await told() == ["unavailable"]
    await Speaker.update({Speaker.zone: "America/New_York"}).where(Speaker.id == ruth.id)
    await Availability(speaker=ruth.id, start=NOW, end=datetime(2027, 1, 1, tzinfo=UTC)).save()
    await touch_draft(conference.id, slots=[slot.code], actor=petra, now=NOW)
    assert await told() == ["antisocial"]


# --- what blocks a release -------------------------------------------------------------------------------------------


async def test_a_release_is_blocked_by_what_the_rules_say_and_by_nothing_else(
    each_database: db.Database,
) -> None:
    petra = await make_organiser()
    conference = await make_conference()
    room = await make_room(conference, capacity=10)
    assert await release_blockers(await make_conference("empty")) == []
    first = await make_slot(conference, await make_session(conference, "Opening"), room, "10:00")
    second = await make_slot(
        conference, await make_session(conference, "Fundraising"), room, "10:30", seats=40
    )
    [line] = await release_blockers(conference)
    assert (line.code, line.other, line.day, line.time, line.title) == (
        second.code,
        first.code,
        THE_DAY,
        "10:30",
        "Fundraising",
    )
    assert (line.text, line.level_words) == (
        "Main stage is taken by “Opening”, 10:00–10:45",
        "Blocks the release",
    )
    rules = RuleFacts({ConflictKind.ROOM: Level.WARN, ConflictKind.CAPACITY: Level.BLOCK})
    await change_rules(conference, rules, revision=0, actor=petra, now=NOW)
    [line] = await release_blockers(conference)
    assert (line.text, line.other, line.level) == ("40 seats, and Main stage holds 10", "", "block")


# --- the form --------------------------------------------------------------------------------------------------------


def test_the_form_says_back_what_it_was_made_from() -> None:
    form = RulesForm.from_post(RulesForm.of(STRICT, 3).values, RuleFacts())
    assert (form.facts, form.revision, form.errors) == (STRICT, 3, {})
    whole_day = RulesForm.of(RuleFacts(), 0)
    assert (whole_day.value("day_starts"), whole_day.value("day_ends")) == ("00:00", "00:00")
    assert RulesForm.from_post(whole_day.values, STRICT).facts == RuleFacts()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"day_starts": "25:00"}, "day_starts"),
        ({"speaker_latest": ""}, "speaker_latest"),
        ({"bearable_from": "nine"}, "bearable_from"),
        ({"edge_minutes": "-1"}, "edge_minutes"),
        ({"gap_minutes": "241"}, "gap_minutes"),
        ({"level_room": "shout"}, "level_room"),
        ({"audience_country_5": "QQ", "audience_share_5": "1"}, "audience_country_5"),
        ({"audience_country_5": "GB", "audience_share_5": "1"}, "audience_country_5"),
        ({"audience_country_5": "FR", "audience_share_5": ""}, "audience_share_5"),
        ({"audience_country_5": "FR", "audience_share_5": "0"}, "audience_share_5"),
        ({"audience_share_5": "7"}, "audience_country_5"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(changed: dict[str, str], field: str) -> None:
    form = RulesForm.from_post({**RulesForm.of(STRICT, 1).values, **changed}, STRICT)
    assert set(form.errors) == {field}
    assert form.facts is None


# --- the page --------------------------------------------------------------------------------------------------------


@pytest.fixture
async def browser(database: db.Database, tmp_path: Path) -> AsyncIterator[Browser]:
    async with open_browser(make_settings(tmp_path / "web")) as browser:
        yield browser


@pytest.fixture
async def conference(browser: Browser) -> Conference:
    """A conference whose programme the signed-in organiser works on."""
    conference = await make_conference()
    await sign_in_as(browser, await make_member(conference, BERLIN_ORGANISER, Role.PROGRAMME))
    return conference


async def test_the_page_shows_the_rules_and_saves_them(browser: Browser, conference: Conference) -> None:
    page = await browser.get(RULES)
    assert page.status_code == 200
    assert "Two sessions are in one room at once." in page.text
    sent = RulesForm.of(STRICT, 0).values
    answer = await browser.post_form(RULES, sent)
    assert (answer.status_code, answer.headers["location"]) == (303, RULES)
    assert await schedule_rules(conference.id) == (STRICT, 1)
    page = await browser.get(RULES)
    assert "The rules are saved." in page.text
    assert '<option value="GB" selected>' in page.text


async def test_a_mistake_comes_back_as_it_was_typed(browser: Browser, conference: Conference) -> None:
    sent = RulesForm.of(STRICT, 0).values | {"gap_minutes": "1000"}
    page = await browser.post_form(RULES, sent)
    assert page.status_code == 422
    assert 'value="1000"' in page.text
    assert "Please give a whole number from 0 to 240." in text_of(page.text)
    assert await schedule_rules(conference.id) == (RuleFacts(), 0)


async def test_more_rows_for_countries_without_script(browser: Browser, conference: Conference) -> None:
    sent = RulesForm.of(STRICT, 0).values | {"do": "add-country", "gap_minutes": "1000"}
    before = (await browser.get(RULES)).text.count('name="audience_share_')
    page = await browser.post_form(RULES, sent)
    assert (page.status_code, page.text.count('name="audience_share_') > before) == (200, True)
    assert 'value="1000"' in page.text
    assert await schedule_rules(conference.id) == (RuleFacts(), 0)


async def test_a_stale_form_is_answered_with_both_versions(browser: Browser, conference: Conference) -> None:
    colleague = await make_organiser(AUCKLAND_ATTENDEE)
    await change_rules(conference, RuleFacts(gap_minutes=25), revision=0, actor=colleague, now=NOW)
    sent = RulesForm.of(RuleFacts(gap_minutes=35), 0).values
    page = await browser.post_form(RULES, sent)
    assert page.status_code == 409
    told = text_of(page.text)
    assert "35 minutes" in told
    assert "25 minutes" in told
    assert (await browser.post_form(RULES, sent | {"revision": "1"})).status_code == 303
    assert (await schedule_rules(conference.id))[0].gap_minutes == 35


async def test_a_viewer_sees_the_rules_and_changes_none(browser: Browser, conference: Conference) -> None:
    await browser.post_form("/organise/sign-out")
    await sign_in_as(browser, await make_member(conference, AUCKLAND_ATTENDEE, Role.VIEWER))
    page = await browser.get(RULES)
    assert page.status_code == 200
    assert "<fieldset disabled>" in page.text
    assert '<button class="visually-hidden"' not in page.text
    assert (await browser.post_form(RULES, RulesForm.of(STRICT, 0).values)).status_code == 403


async def test_a_room_is_given_hours_without_script(browser: Browser, conference: Conference) -> None:
    room = await make_room(conference, vendor_url="https://vendor.example/room")
    address = f"/organise/libraries/rooms/{room.code}"
    sent = {"name_en": "Main stage", "revision": "1", "open_from_0": "2026-06-25T09:00", "open_until_0": "2026-06-25T08:00"}  # fmt: skip
    page = await browser.post_form(address, sent)
    assert page.status_code == 422
    assert "The room must close after it opens." in page.text
    page = await browser.post_form(address, sent | {"do": "add-hours"})
    assert (page.status_code, page.text.count('name="open_from_')) == (200, 6)
    skipped = {"open_from_0": "2026-03-29T01:30", "open_until_0": "2026-03-29T03:00"}
    page = await browser.post_form(address, sent | skipped)
    assert page.status_code == 422
    assert "2026-03-29 01:30 does not exist in Europe/London" in text_of(page.text)
    assert (await browser.post_form(address, sent | {"open_until_0": "2026-06-25T12:30"})).status_code == 303
    assert "Thu 25 Jun, 09:00–12:30" in text_of((await browser.get("/organise/libraries/rooms")).text)


async def test_a_sessions_page_tells_its_clashes_and_what_they_do(
    browser: Browser, conference: Conference
) -> None:
    room = await make_room(conference)
    ruth = await make_speaker(conference)
    await make_slot(conference, await make_session(conference, "Opening"), room, "10:00")
    session = await make_session(conference, "Fundraising", speakers=(ruth,))
    await make_slot(conference, session, room, "10:30")
    told = text_of((await browser.get(f"/organise/libraries/sessions/{session.code}")).text)
    assert "Main stage is taken by “Opening”, 10:00–10:45 (Blocks the release)" in told
    assert "It is 05:30 for Ruth Okafor (New York)" in told


async def test_a_blocker_stays_one_when_its_page_is_saved(browser: Browser, conference: Conference) -> None:
    session = await make_session(conference, "Technical check", kind=SessionKind.BLOCKER)
    page = await browser.get(f"/organise/libraries/sessions/{session.code}")
    assert '<option value="blocker" selected>Blocker (private)</option>' in page.text
