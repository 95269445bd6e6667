"""What sessions still owe, as the desk and the speakers see it, and the one letter to those who owe."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from conference import clock, db
from conference.errors import InvalidInput, StaleEdit
from conference.tables import AuditEntry, Conference, OutgoingMail
from conference.viewer import SignedInOrganiser
from sessions.packs.collecting.chase import (
    ChaseFilter,
    NobodyToAsk,
    OthersOwe,
    audience_of,
    chase,
    ledger_of,
)
from sessions.packs.collecting.expectations import RulesFacts, change_rules, expect_of_session, rules_of
from sessions.packs.collecting.owed import CONSENT, Debt
from sessions.packs.tables import Expected, PackAccess, ResourceChase, ResourceState
from sessions.speakers.links import ensure_link, speak_path
from sessions.tables import Appearance, AppearanceState, ConsentState, Session, Speaker
from tests.makers import (
    NOW,
    THE_DAY,
    make_conference,
    make_organiser,
    make_room,
    make_session,
    make_slot,
    make_speaker,
)
from tests.pages import Browser, sign_in_as, text_of
from tests.sessions.resource_makers import make_resource_row

RULES = RulesFacts(
    {"talk": ("slides", "recording")}, 14, "CC-BY-4.0", PackAccess.REGISTERED, {"en": "A4, *please*."}
)
AFTER = datetime.combine(THE_DAY, NOW.timetz()) + timedelta(days=20)
CODE = "abcdefgh2345"
DESK = "/organise/libraries/resources"


class Scene:
    """Ruth speaks twice and Anjali, who reads French, once; Sam has no address. Slides and recordings are expected."""

    conference: Conference
    petra: SignedInOrganiser
    ruth: Speaker
    anjali: Speaker
    sam: Speaker
    bridges: Session
    panel: Session

    async def make(self) -> Scene:
        self.petra = await make_organiser()
        self.conference = await make_conference(languages=("en", "fr"), owner=self.petra)
        self.ruth = await make_speaker(self.conference, email="ruth@example.org")
        self.anjali = await make_speaker(
            self.conference, "Anjali Menon", zone="Asia/Kolkata", language="fr", email="anjali@example.org"
        )
        self.sam = await make_speaker(self.conference, "Sam Lee", email="")
        self.bridges = await make_session(self.conference, speakers=(self.ruth, self.anjali, self.sam))
        self.panel = await make_session(self.conference, "Panel", speakers=(self.ruth,))
        given = ConsentState.GIVEN.value
        await Appearance.update(
            {Appearance.recording_consent: given, Appearance.publishing_consent: given}
        ).where(Appearance.speaker != self.anjali.id)
        await make_slot(self.conference, self.bridges, await make_room(self.conference), "10:00")
        await change_rules(self.conference, RULES, revision=0, actor=self.petra, now=NOW)
        return self

    async def fingerprint(self, wanted: ChaseFilter = ChaseFilter(), now: datetime = AFTER) -> str:  # noqa: B008
        return audience_of((await ledger_of(self.conference, now)).people(wanted), now).fingerprint

    async def ask(self, code: str = CODE, now: datetime = AFTER, **options: Any) -> int:
        expected = options.pop("expected", None) or await self.fingerprint(now=now)
        return await chase(
            self.conference, ChaseFilter(**options), code=code, expected=expected, actor=self.petra, now=now
        )


async def test_rules_are_kept_whole_and_a_stale_change_is_refused(each_database: db.Database) -> None:
    scene = await Scene().make()
    assert await rules_of(scene.conference.id) == (RULES, 1)
    with pytest.raises(StaleEdit):
        await change_rules(scene.conference, RulesFacts(), revision=0, actor=scene.petra, now=NOW)
    await change_rules(scene.conference, RulesFacts(), revision=1, actor=scene.petra, now=NOW)
    assert await rules_of(scene.conference.id) == (RulesFacts(), 2)
    assert await AuditEntry.count().where(AuditEntry.action == "resources-expected") == 2


async def test_exceptions_are_kept_only_where_they_differ_from_the_rules(each_database: db.Database) -> None:
    scene = await Scene().make()
    code = scene.bridges.code
    for kinds, kept in (
        (("slides", "handout"), {("handout", False), ("recording", True)}),
        (("slides", "recording"), set()),
        ((), {("slides", True), ("recording", True)}),
    ):
        await expect_of_session(scene.conference, code, kinds, actor=scene.petra, now=NOW)
        rows = await Expected.select().where(Expected.session == scene.bridges.id)
        assert {(row["kind"], bool(row["is_waived"])) for row in rows} == kept
    ledger = await ledger_of(scene.conference, AFTER)
    assert [one.session.code for one in ledger.owing] == [scene.panel.code]


async def test_who_owes_what_is_read_from_what_is_there(each_database: db.Database) -> None:
    scene = await Scene().make()
    ids = (scene.ruth.id, scene.anjali.id, scene.sam.id)
    bridges, panel = (await ledger_of(scene.conference, AFTER)).owing
    assert bridges.session.code == scene.bridges.code
    assert bridges.debts == (Debt("slides", ids), Debt("recording"), Debt(CONSENT, (scene.anjali.id,)))
    assert panel.debts == (Debt("slides", (scene.ruth.id,)), Debt("recording"))
    row: dict[str, Any] = {"session": scene.bridges.id, "kind": "slides", "licence": "CC0-1.0"}
    await make_resource_row(scene.conference, **row, state=ResourceState.OFFERED)
    film = await make_resource_row(scene.conference, **{**row, "kind": "recording"})
    await make_resource_row(scene.conference, **{**row, "kind": "captions"}, belongs_to=film.id)
    await make_resource_row(
        scene.conference, session=scene.panel.id, kind="slides", state=ResourceState.WITHDRAWN
    )
    bridges, panel = (await ledger_of(scene.conference, AFTER)).owing
    assert bridges.debts == (Debt(CONSENT, (scene.anjali.id,)),)
    assert panel.debts == (
        Debt("slides", (scene.ruth.id,)),
        Debt("recording"),
    )  # what was withdrawn is missing
    await Appearance.update({Appearance.state: AppearanceState.DECLINED.value}).where(
        Appearance.speaker == scene.anjali.id
    )
    assert len((await ledger_of(scene.conference, AFTER)).owing) == 1


async def test_each_who_owes_gets_one_letter_in_their_language_about_all_their_sessions(
    each_database: db.Database,
) -> None:
    scene = await Scene().make()
    assert await scene.ask() == 2
    rows = {row.recipient: row for row in await OutgoingMail.objects()}
    assert sorted(rows) == ["anjali@example.org", "ruth@example.org"]
    ruth, anjali = json.loads(rows["ruth@example.org"].payload), rows["anjali@example.org"]
    assert [(one["title"]["en"], one["what"], one["due"], one["is_overdue"]) for one in ruth["sessions"]] == [
        ("Bridges", ["slides"], "2026-07-09", True),
        ("Panel", ["slides"], "", False),
    ]
    assert (anjali.language, anjali.zone) == ("fr", "Asia/Kolkata")
    assert [one["what"] for one in json.loads(anjali.payload)["sessions"]] == [["slides", "consent"]]
    assert await ResourceChase.count() == 2
    asked = (await ledger_of(scene.conference, AFTER)).debtors
    assert (asked[scene.ruth.id].asked_at, asked[scene.sam.id].asked_at) == (AFTER, None)


async def test_one_press_asks_once_however_often_it_arrives(each_database: db.Database) -> None:
    scene = await Scene().make()
    expected = await scene.fingerprint()
    counts = await asyncio.gather(*(scene.ask(expected=expected) for _ in range(3)))
    assert counts == [2, 2, 2]
    assert (await OutgoingMail.count(), await ResourceChase.count()) == (2, 2)


async def test_two_colleagues_at_one_list_ask_each_speaker_once(each_database: db.Database) -> None:
    scene = await Scene().make()
    expected = await scene.fingerprint()
    outcomes = await asyncio.gather(
        scene.ask("firstcode234", expected=expected),
        scene.ask("secondcode23", expected=expected),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in outcomes) in (["NobodyToAsk", "int"], ["OthersOwe", "int"])
    assert await OutgoingMail.count() == 2
    with pytest.raises(NobodyToAsk):
        await scene.ask("thirdcode234")
    assert await scene.ask("thirdcode234", now=AFTER + timedelta(hours=2)) == 2


async def test_nobody_is_asked_for_other_things_than_were_shown(database: db.Database) -> None:
    scene = await Scene().make()
    expected = await scene.fingerprint()
    await make_resource_row(scene.conference, session=scene.panel.id, kind="slides", licence="CC0-1.0")
    with pytest.raises(OthersOwe):
        await scene.ask(expected=expected)
    with pytest.raises(InvalidInput):
        await scene.ask("'; drop table")
    assert await OutgoingMail.count() == 0
    wanted = ChaseFilter(codes=(scene.anjali.code,))
    assert [one.name for one in (await ledger_of(scene.conference, AFTER)).people(wanted)] == ["Anjali Menon"]


async def test_the_list_costs_the_same_for_one_session_and_for_thirty(database: db.Database) -> None:
    scene = await Scene().make()
    counts = []
    for _ in range(2):
        with db.count_queries() as counted:
            await ledger_of(scene.conference, AFTER)
        counts.append(counted.total)
        for number in range(30):
            speaker = await make_speaker(scene.conference, f"Speaker {number}")
            await make_session(scene.conference, speakers=(speaker,))
    assert counts == [8, 8]


async def test_the_desk_says_who_owes_what_and_writes_to_them(browser: Browser) -> None:
    petra = await make_organiser()
    await make_conference("empty", owner=petra)
    await sign_in_as(browser, petra)
    page = await browser.get("/organise/empty/resources/chase")
    assert "Nothing is expected yet" in page.text
    page = await browser.get("/organise/empty/resources/expected")
    assert re.search(r'name="x_talk_slides" value="yes" checked', page.text)  # a suggestion
    scene = await Scene().make()
    shown = text_of((await browser.get(f"{DESK}/chase")).text)
    assert "2 sessions owe something" in shown
    assert "Slides Ruth Okafor , Anjali Menon , Sam Lee" in shown
    assert "Recording for the team to add" in shown
    for query, found in (
        ("q=panel", "Panel"),
        ("what=consent", "Bridges"),
        ("kind=workshop", "Nothing found"),
    ):
        assert found in text_of((await browser.get(f"{DESK}/chase?{query}")).text)
    assert "no e-mail address" in text_of((await browser.get(f"{DESK}/chase?view=people")).text)
    page = await browser.get(f"{DESK}/chase/mail?speaker={scene.anjali.code}")
    assert "To one speaker" in page.text
    assert "Encore attendu de votre séance" in page.text
    fields = dict(re.findall(r'name="(once|expected|speaker)" value="([^"]*)"', page.text))
    answer = await browser.post_form(f"{DESK}/chase/mail", fields)
    assert answer.status_code == 303
    again = await browser.post_form(f"{DESK}/chase/mail", fields)
    assert again.status_code == 303
    [mail] = await OutgoingMail.objects().where(OutgoingMail.kind == "resource-chase")
    assert mail.recipient == "anjali@example.org"
    stale = await browser.post_form(f"{DESK}/chase/mail", {**fields, "once": "othercode234"})
    assert stale.status_code == 422
    assert "Asked less than an hour ago" in stale.text


async def test_what_is_expected_is_changed_at_the_desk(browser: Browser) -> None:
    scene = await Scene().make()
    await sign_in_as(browser, scene.petra)
    sent = {"revision": "1", "due_days": "400", "access": "public", "x_workshop_handout": "yes"}
    answer = await browser.post_form(f"{DESK}/expected", sent)
    assert answer.status_code == 422
    assert "Please give a whole number from 0 to 365." in answer.text
    answer = await browser.post_form(f"{DESK}/expected", {**sent, "due_days": "7"})
    assert answer.status_code == 303
    assert (await rules_of(scene.conference.id))[0] == RulesFacts({"workshop": ("handout",)}, 7)
    answer = await browser.post_form(f"{DESK}/expected", {**sent, "due_days": "9"})
    assert answer.status_code == 409
    assert "Someone else changed what is expected" in answer.text
    page = await browser.get(f"{DESK}/expected/{scene.panel.code}")
    assert "nothing" in text_of(page.text)
    await browser.post_form(f"{DESK}/expected/{scene.panel.code}", {"x_dataset": "yes"})
    page = await browser.get(f"{DESK}/expected/{scene.panel.code}")
    assert re.search(r'name="x_dataset" value="yes" checked', page.text)
    assert "Panel also: Data" in text_of((await browser.get(f"{DESK}/expected")).text)
    assert (await browser.get(f"{DESK}/expected/nosuch")).status_code == 404


async def test_speakers_read_on_their_page_what_is_expected_and_until_when(browser: Browser) -> None:
    scene = await Scene().make()
    path = speak_path(await ensure_link(scene.anjali.id, clock.now()))
    shown = text_of((await browser.get(path)).text)
    assert "Hand in for “Bridges”: Slides expected by Thursday 9 July 2026" in shown
    files = await browser.get(f"{path}/files")
    shown = text_of(files.text)
    assert "9 July 2026" in shown
    assert "<em>please</em>" in files.text
    assert re.search(r'value="CC-BY-4.0" checked', files.text)  # offered first
    assert re.search(r'<option value="slides" selected', files.text)  # the one kind that is missing
