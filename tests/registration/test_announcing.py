"""Those registered are told once, in one mail, that packs they care about are out: on both databases, whoever is killed."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from conference import db
from conference.mail.rechecking import Waiting
from conference.mail.suppressions import unsubscribe, unsubscription_hash
from conference.tables import MailState
from registration.announcing import sending
from registration.announcing.choosing import MOST_WAIT, SETTLE, OutPack, Reader, concerning, is_time
from registration.announcing.sending import announce_packs
from registration.announcing.tables import PackAnnouncement
from registration.attending.tables import Presence
from registration.calendars import agendas
from registration.entries import withdrawing
from registration.tables import Registration
from sessions.packs.resource_packs import publish_pack, unpublish_pack
from sessions.packs.tables import PackAccess, PackState, ResourcePack
from tests.makers import make_organiser
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE
from tests.registration.cast import REGISTERED, Scene, as_sent, mails, make_scene
from tests.sessions.resource_makers import make_pack_row, make_resource_row

OUT = REGISTERED + timedelta(days=60)
LATER = OUT + SETTLE
ANJALI, WIREMU = KOLKATA_ATTENDEE.email, AUCKLAND_ATTENDEE.email


async def a_pack(scene: Scene, title: str, **columns: Any) -> ResourcePack:
    """A pack with slides in it, not yet published."""
    pack = await make_pack_row(scene.conference, title, **columns)
    await make_resource_row(scene.conference, pack, kind="slides", licence="CC0-1.0", url="https://x.example")
    return pack


async def out(scene: Scene, title: str, at: Any = OUT, **columns: Any) -> ResourcePack:
    """A pack that is published at ``at``."""
    pack = await a_pack(scene, title, **columns)
    await publish_pack(scene.conference, pack.code, actor=await make_organiser(), now=at)
    return pack


async def told() -> dict[str, list[str]]:
    """Who was told of which packs, by address; everyone in one mail."""
    found: dict[str, list[str]] = {}
    for mail in await mails("packs-out"):
        assert mail.recipient not in found
        found[mail.recipient] = [one["title"]["en"] for one in json.loads(mail.payload)["packs"]]
    return found


async def run(now: Any) -> None:
    while await announce_packs(now):
        pass


def test_a_pack_waits_a_moment_for_others_and_not_for_ever() -> None:
    first, second = (
        OutPack(code, {}, "public", None, OUT + gap)
        for code, gap in (("a", timedelta()), ("b", 9 * SETTLE / 10))
    )
    assert not is_time([], OUT)
    assert not is_time([first], OUT + SETTLE - timedelta(seconds=1))
    assert is_time([first], OUT + SETTLE)
    assert not is_time([first, second], OUT + SETTLE)
    late = OutPack("c", {}, "public", None, OUT + MOST_WAIT)
    assert is_time([first, late], OUT + MOST_WAIT)


def test_packs_concern_those_of_their_sessions_who_may_open_them() -> None:
    packs = [
        OutPack("whole", {}, "registered", None, OUT),
        OutPack("mine", {}, "public", 7, OUT),
        OutPack("other", {}, "public", 8, OUT),
        OutPack("there", {}, "attended", 7, OUT),
        OutPack("team", {}, "team", None, OUT),
    ]

    def codes(reader: Reader) -> list[str]:
        return [pack.code for pack in concerning(packs, reader, 3)]

    assert codes(Reader()) == ["whole"]
    assert codes(Reader(frozenset({7}))) == ["whole", "mine"]
    assert codes(Reader(frozenset({7}), was_there=True)) == ["whole", "mine", "there"]


async def test_each_is_told_once_of_what_they_starred_sat_in_or_were_in(each_database: db.Database) -> None:
    scene = await make_scene()
    anjali = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_late)
    wiremu = await scene.confirmed(AUCKLAND_ATTENDEE)
    await agendas.put_on_agenda(wiremu.id, await scene.programme(), scene.keynote.code, REGISTERED)
    await out(scene, "Toolkit", access=PackAccess.REGISTERED)
    await out(scene, "Bread", session=scene.bread_late.session)
    await out(scene, "Opening", session=scene.keynote.session, at=OUT + timedelta(minutes=3))
    await out(scene, "Minutes of the team", access=PackAccess.TEAM)
    await out(
        scene, "Maps, for those who were there", session=scene.maps_slot.session, access=PackAccess.ATTENDED
    )
    await run(LATER)
    assert await told() == {}  # more may come in a moment
    await run(LATER + timedelta(minutes=3))
    assert await told() == {ANJALI: ["Toolkit", "Bread"], WIREMU: ["Toolkit", "Opening"]}
    await run(LATER + timedelta(days=3))
    assert len(await mails("packs-out")) == 2
    (mail,) = [mail for mail in await mails("packs-out") if mail.recipient == ANJALI]
    assert (mail.language, mail.zone, mail.is_promotional) == (anjali.language, anjali.zone, True)
    text = as_sent(mail).get_body(("plain",))
    assert text is not None
    assert "To take home from" in as_sent(mail)["Subject"]
    assert "- Toolkit\n  Slides\n" in text.get_content()


async def test_who_was_there_is_told_only_if_they_agreed_to_that_being_noted(
    each_database: db.Database,
) -> None:
    scene = await make_scene()
    for person, agreed in ((KOLKATA_ATTENDEE, True), (AUCKLAND_ATTENDEE, False)):
        registration = await scene.confirmed(person)
        await Registration.update({Registration.notes_presence: agreed}).where(
            Registration.id == registration.id
        )
        await Presence(
            registration=registration.id, slot=scene.maps_slot.id, first_at=OUT, last_at=OUT
        ).save()
    await out(scene, "Maps", session=scene.maps_slot.session, access=PackAccess.ATTENDED)
    await run(LATER)
    assert await told() == {ANJALI: ["Maps"]}


async def test_nobody_is_told_before_a_pack_is_seen_and_opens_or_of_one_published_in_silence(
    each_database: db.Database,
) -> None:
    scene = await make_scene()
    await scene.confirmed(KOLKATA_ATTENDEE)
    later = OUT + timedelta(days=2)
    await out(scene, "Dated", published_at=later)
    await out(scene, "Closed", embargo_until=later)
    await out(scene, "Over", expires_at=OUT + timedelta(minutes=1))
    quiet = await a_pack(scene, "Quiet")
    await publish_pack(scene.conference, quiet.code, is_told=False, actor=await make_organiser(), now=OUT)
    await run(LATER)
    assert await told() == {}
    await run(later + SETTLE)
    assert await told() == {ANJALI: ["Dated", "Closed"]}


async def test_a_pack_taken_back_and_published_again_is_not_told_of_twice(each_database: db.Database) -> None:
    scene = await make_scene()
    await scene.confirmed(KOLKATA_ATTENDEE)
    actor = await make_organiser()
    pack = await out(scene, "Toolkit")
    await unpublish_pack(scene.conference, pack.code, actor=actor, now=OUT)
    await run(LATER)
    assert await told() == {}  # it was out by mistake, for a moment
    for at in (LATER, LATER + timedelta(days=1)):
        await publish_pack(scene.conference, pack.code, actor=actor, now=at)
        await run(at + SETTLE)
        await unpublish_pack(scene.conference, pack.code, actor=actor, now=at + SETTLE)
    assert await told() == {ANJALI: ["Toolkit"]}


async def test_two_workers_and_a_killed_one_tell_everyone_once(
    each_database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await make_scene()
    monkeypatch.setattr(sending, "BATCH", 1)
    people = [await scene.confirmed(person) for person in (KOLKATA_ATTENDEE, AUCKLAND_ATTENDEE)]
    await out(scene, "Toolkit")
    monkeypatch.setattr(sending, "BATCHES", 1)
    assert await announce_packs(LATER) == 1  # and is killed
    await out(scene, "Second", at=LATER)  # an announcement of its own
    monkeypatch.setattr(sending, "BATCHES", 50)
    await asyncio.gather(*(announce_packs(LATER) for _worker in range(3)))
    assert await told() == {ANJALI: ["Toolkit"], WIREMU: ["Toolkit"]}
    (announcement,) = await PackAnnouncement.objects()
    assert announcement.through == max(person.id for person in people)
    assert announcement.finished_at == LATER


async def test_what_is_withdrawn_between_two_batches_is_no_news_to_the_rest(
    database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await make_scene()
    for person in (KOLKATA_ATTENDEE, AUCKLAND_ATTENDEE):
        await scene.confirmed(person)
    pack = await out(scene, "Toolkit")
    monkeypatch.setattr(sending, "BATCH", 1)
    monkeypatch.setattr(sending, "BATCHES", 1)
    await announce_packs(LATER)
    await ResourcePack.update({ResourcePack.state: PackState.WITHDRAWN.value}).where(
        ResourcePack.id == pack.id
    )
    await run(LATER)
    assert await told() == {ANJALI: ["Toolkit"]}
    (announcement,) = await PackAnnouncement.objects()
    assert announcement.finished_at == LATER


async def test_a_pack_that_goes_while_the_mail_waits_is_told_no_more(each_database: db.Database) -> None:
    scene = await make_scene()
    await scene.confirmed(KOLKATA_ATTENDEE)
    toolkit, figures = await out(scene, "Toolkit"), await out(scene, "Figures")
    await run(LATER)
    (mail,) = await mails("packs-out")
    waiting = {mail.id: Waiting(json.loads(mail.payload), mail.recipient, mail.conference)}
    assert await sending.packs_now(waiting, LATER) == {}

    await unpublish_pack(scene.conference, toolkit.code, actor=await make_organiser(), now=LATER)
    left = (await sending.packs_now(waiting, LATER))[mail.id]
    assert left == {**waiting[mail.id].payload, "packs": waiting[mail.id].payload["packs"][1:]}

    # Told as open to everyone, it is now only for the team: nothing is left to say.
    await ResourcePack.update({ResourcePack.access: PackAccess.TEAM.value}).where(
        ResourcePack.id == figures.id
    )
    assert await sending.packs_now(waiting, LATER) == {mail.id: None}
    assert await sending.packs_now({1: Waiting({"packs": [{"title": {}}]}, "", None)}, LATER) == {}


async def test_who_wants_no_news_or_has_withdrawn_gets_none(each_database: db.Database) -> None:
    scene = await make_scene()
    await scene.confirmed(KOLKATA_ATTENDEE)
    gone = await scene.confirmed(AUCKLAND_ATTENDEE)
    await unsubscribe(scene.conference.id, unsubscription_hash(scene.conference.id, ANJALI), now=REGISTERED)
    await withdrawing.withdraw(gone.id, scene.conference, await scene.programme(), REGISTERED)
    await out(scene, "Toolkit")
    await run(LATER)
    (mail,) = await mails("packs-out")
    assert (mail.recipient, mail.state) == (ANJALI, MailState.SUPPRESSED)


async def test_the_number_of_queries_does_not_grow_with_the_people(database: db.Database) -> None:
    scene = await make_scene()
    counts = []
    for at, people in ((OUT, [KOLKATA_ATTENDEE]), (LATER + timedelta(days=1), [AUCKLAND_ATTENDEE])):
        for person in people:
            await scene.confirmed(person, scene.bread_late)
        await out(scene, "Toolkit", at=at)
        with db.count_queries() as counted:
            await announce_packs(at + SETTLE)
        counts.append(counted.total)
    assert counts[0] == counts[1] <= 25
