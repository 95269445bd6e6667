"""Inviting and reminding speakers, their links, what they answer and ask: the rules, on both engines."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from conference import db
from conference.codes import hash_secret
from conference.errors import NotFound
from conference.mail.words import render
from conference.tables import AuditEntry, Conference, OutgoingMail, Role
from conference.throttle import TooManyTries
from conference.viewer import SignedInOrganiser
from sessions.speakers.asking import MOST_OPEN, TooManyRequests, ask_for_change
from sessions.speakers.invitations import CannotBeMailed, invite_speakers, send_link
from sessions.speakers.links import (
    LinkExpired,
    LinkUnknown,
    ensure_link,
    links_last_until,
    renew_link,
    request_link,
    room_path,
    speak_path,
    speaker_by_key,
    speaker_by_token,
)
from sessions.speakers.own_answers import TooLateToAnswer, answer_appearance, answer_consents
from sessions.speakers.reminders import is_due, remind_unconfirmed
from sessions.tables import (
    Appearance,
    AppearanceRole,
    AppearanceState,
    ConsentState,
    DraftChange,
    Session,
    SessionState,
    Slot,
    Speaker,
    SpeakerRequest,
)
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
from tests.people import KOLKATA_ATTENDEE

CONFIRMED, DECLINED = AppearanceState.CONFIRMED, AppearanceState.DECLINED


class Scene:
    """Ruth (New York) speaks in Bridges at 10:00 and in Bread, not scheduled yet; Petra owns the conference."""

    petra: SignedInOrganiser
    conference: Conference
    ruth: Speaker
    bridges: Session
    bread: Session
    slot: Slot

    async def invite(self, *codes: str, again: bool = False, now: datetime = NOW) -> Any:
        return await invite_speakers(
            self.conference, codes or (self.ruth.code,), again=again, actor=self.petra, now=now
        )

    async def speaker(self) -> Speaker:
        found = await Speaker.objects().where(Speaker.id == self.ruth.id).first()
        assert found is not None
        return found

    async def token(self) -> str:
        return speak_path(await self.speaker()).rpartition("/")[2]


async def make_scene(**speaker: Any) -> Scene:
    scene = Scene()
    scene.petra = await make_organiser()
    scene.conference = await make_conference(owner=scene.petra)
    scene.ruth = await make_speaker(scene.conference, **speaker)
    scene.bridges = await make_session(scene.conference, "Bridges", speakers=(scene.ruth,))
    scene.bread = await make_session(scene.conference, "Bread", speakers=(scene.ruth,))
    scene.slot = await make_slot(scene.conference, scene.bridges, await make_room(scene.conference))
    return scene


async def mails(kind: str) -> list[OutgoingMail]:
    return await OutgoingMail.objects().where(OutgoingMail.kind == kind).order_by(OutgoingMail.id)


async def states() -> list[str]:
    return [row["state"] for row in await Appearance.select(Appearance.state).order_by(Appearance.id)]


def read(mail: OutgoingMail) -> str:
    """The mail as its recipient reads it."""
    words = render(
        mail.kind,
        json.loads(mail.payload),
        mail.language,
        mail.zone,
        name=mail.recipient_name,
        base_url="https://conf.example.org",
    )
    return f"{words.subject}\n\n{words.text}"


# --- inviting -----------------------------------------------------------------------------------------------------


async def test_an_invitation_is_one_mail_with_every_session_in_the_speaker_s_time(
    each_database: db.Database,
) -> None:
    scene = await make_scene()
    done = await scene.invite()
    assert (done.invited, done.reminded, done.without_address, done.not_waiting) == (
        ["Ruth Okafor"],
        [],
        [],
        [],
    )
    (mail,) = await mails("speaker-invitation")
    assert (mail.recipient, mail.zone, mail.language) == (scene.ruth.email, "America/New_York", "en")
    text = read(mail)
    assert text.startswith("Will you speak at Working Internationally?")
    assert "Thursday 25 June 2026, 05:00–05:45 (New York, EDT, UTC−4)" in text
    assert "Conference time: 10:00–10:45 (London, BST, UTC+1)" in text
    assert text.index("Bridges") < text.index("Bread") < text.index("Not scheduled yet")
    assert f"https://conf.example.org{speak_path(await scene.speaker())}" in text
    assert speak_path(await scene.speaker()).removeprefix("/speak/") not in mail.payload
    assert await states() == ["invited", "invited"]
    changed = await DraftChange.select(DraftChange.slots, DraftChange.actor)
    assert changed == [{"slots": f'["{scene.slot.code}"]', "actor": "Petra Vogel"}]
    entry = await AuditEntry.objects().where(AuditEntry.action == "speaker-invited").first()
    assert entry is not None
    assert json.loads(entry.after) == {"sessions": sorted([scene.bridges.code, scene.bread.code])}


async def test_inviting_twice_at_once_sends_one_mail(each_database: db.Database) -> None:
    scene = await make_scene()
    await asyncio.gather(*(scene.invite() for _press in range(4)))
    assert len(await mails("speaker-invitation")) == 1
    again = await scene.invite()
    assert again.not_waiting == ["Ruth Okafor"]


async def test_a_session_added_later_is_invited_to_by_itself(database: db.Database) -> None:
    scene = await make_scene()
    await scene.invite()
    await make_session(scene.conference, "Maps", speakers=(scene.ruth,))
    await scene.invite(now=NOW + timedelta(days=1))
    _first, second = await mails("speaker-invitation")
    assert [session["title"] for session in json.loads(second.payload)["sessions"]] == [{"en": "Maps"}]


async def test_again_is_a_reminder_unless_it_was_a_slip(database: db.Database) -> None:
    scene = await make_scene()
    await scene.invite()
    await scene.invite(again=True, now=NOW + timedelta(minutes=1))
    assert await mails("speaker-reminder") == []
    done = await scene.invite(again=True, now=NOW + timedelta(days=1))
    assert done.reminded == ["Ruth Okafor"]
    (mail,) = await mails("speaker-reminder")
    assert read(mail).startswith("Still open: will you speak at Working Internationally?")


async def test_who_cannot_be_mailed_stays_uninvited_and_is_named(database: db.Database) -> None:
    scene = await make_scene(email="")
    done = await scene.invite()
    assert (done.without_address, await states()) == (["Ruth Okafor"], ["planned", "planned"])
    with pytest.raises(CannotBeMailed, match="Ruth Okafor has no e-mail address"):
        await send_link(scene.conference, scene.ruth.code, actor=scene.petra, now=NOW)
    # A record imported with something that is no address is no bug.
    await Speaker.update({Speaker.email: "ruth at example"}).where(Speaker.id == scene.ruth.id)
    assert (await scene.invite()).without_address == ["Ruth Okafor"]


async def test_codes_of_another_conference_and_cancelled_sessions_are_passed_over(
    database: db.Database,
) -> None:
    scene = await make_scene()
    elsewhere = await make_conference("elsewhere")
    other = await make_speaker(elsewhere, "Someone Else")
    await make_session(elsewhere, speakers=(other,))
    done = await scene.invite(other.code, "nobody", "x" * 5000)
    assert (done.invited, await mails("speaker-invitation")) == ([], [])
    await Session.update({Session.state: SessionState.CANCELLED}).where(
        Session.conference == scene.conference.id
    )
    assert (await scene.invite()).not_waiting == ["Ruth Okafor"]


# --- reminders ----------------------------------------------------------------------------------------------------

OPENS = datetime(2026, 6, 24, 23, tzinfo=UTC)  # midnight in London


@pytest.mark.parametrize(
    ("invited", "reminded", "now", "due"),
    [
        (None, None, -30, False),
        (-60, None, -54, False),
        (-60, None, -53, True),
        (-60, -53, -52, False),
        (-60, -53, -15, False),
        (-60, -53, -14, True),
        (-60, -14, -8, False),  # two in all
        (-16, None, -14, False),  # asked two days ago
        (-16, None, -9, True),
        (-16, -9, -2, False),
        (-60, -15, -14, False),  # yesterday, by hand
        (-60, -15, -12, True),
        (-60, None, 0, False),  # it has begun
    ],
)
def test_reminders_come_after_a_week_and_before_the_conference(
    invited: int | None, reminded: int | None, now: int, due: bool
) -> None:
    def day(number: int | None) -> datetime | None:
        return None if number is None else OPENS + timedelta(days=number)

    assert is_due(day(invited), day(reminded), OPENS, OPENS + timedelta(days=now)) is due


async def test_over_all_the_weeks_a_speaker_is_reminded_twice(each_database: db.Database) -> None:
    scene = await make_scene()
    await scene.invite()
    sent = []
    for hours in range(0, 24 * 60, 6):
        moment = NOW + timedelta(hours=hours)
        if await remind_unconfirmed(moment):
            sent.append(moment)
    assert sent == [NOW + timedelta(days=7), datetime(2026, 6, 11, 3, tzinfo=UTC)]
    assert len(await mails("speaker-reminder")) == 2


async def test_a_job_run_twice_at_once_reminds_once_and_leaves_the_answered_alone(
    each_database: db.Database,
) -> None:
    scene = await make_scene()
    await scene.invite()
    await answer_appearance(scene.ruth.id, scene.bread.code, "presenter", CONFIRMED, now=NOW)
    later = NOW + timedelta(days=8)
    counts = await asyncio.gather(*(remind_unconfirmed(later) for _process in range(3)))
    assert sum(counts) == 1
    (mail,) = await mails("speaker-reminder")
    assert [session["title"] for session in json.loads(mail.payload)["sessions"]] == [{"en": "Bridges"}]


# --- links --------------------------------------------------------------------------------------------------------


async def test_a_link_names_its_speaker_until_it_expires_and_only_its_hash_is_kept(
    each_database: db.Database,
) -> None:
    scene = await make_scene()
    assert speak_path(scene.ruth) == ""
    speaker = await ensure_link(scene.ruth.id, NOW)
    token = await scene.token()
    assert speaker.link_hash == hash_secret(token)
    assert (
        speaker.link_expires_at == links_last_until(scene.conference) == datetime(2026, 8, 24, 23, tzinfo=UTC)
    )
    found, conference = await speaker_by_token(token, NOW)
    assert (found.id, conference.id) == (scene.ruth.id, scene.conference.id)
    assert speak_path(await ensure_link(scene.ruth.id, NOW)) == f"/speak/{token}"
    with pytest.raises(LinkExpired):
        await speaker_by_token(token, speaker.link_expires_at)
    for wrong in ("", token[:-1], token + "A", token.swapcase(), scene.ruth.code, "é", "\0", "x" * 100_000):
        with pytest.raises(LinkUnknown):
            await speaker_by_token(wrong, NOW)


async def test_a_new_link_ends_the_old_one_and_its_rooms(each_database: db.Database) -> None:
    scene = await make_scene()
    old = await ensure_link(scene.ruth.id, NOW)
    token = await scene.token()
    key = room_path(old, scene.slot.code).partition("key=")[2]
    assert (await speaker_by_key(key, NOW)).id == scene.ruth.id
    await renew_link(scene.ruth.id, actor=scene.petra, now=NOW)
    with pytest.raises(LinkUnknown):
        await speaker_by_token(token, NOW)
    for wrong in (
        key,
        key.partition(".")[0],
        f"{key.partition('.')[0]}.",
        f".{key}",
        token,
        "",
        "é.é",
        "x" * 9000,
    ):
        with pytest.raises(LinkUnknown):
            await speaker_by_key(wrong, NOW)
    assert (await speaker_by_token(await scene.token(), NOW))[0].id == scene.ruth.id


async def test_an_expired_link_is_replaced_and_a_put_off_conference_keeps_it(database: db.Database) -> None:
    scene = await make_scene()
    await ensure_link(scene.ruth.id, NOW)
    token = await scene.token()
    await Conference.update({Conference.ends_on: scene.conference.ends_on + timedelta(days=200)}).where(
        Conference.id == scene.conference.id
    )
    longer = await ensure_link(scene.ruth.id, NOW)
    assert (await scene.token(), longer.link_expires_at) == (token, datetime(2027, 3, 13, 0, tzinfo=UTC))
    await ensure_link(scene.ruth.id, NOW + timedelta(days=400))
    assert await scene.token() != token


async def test_a_link_asked_for_goes_to_the_address_on_record_alone(each_database: db.Database) -> None:
    scene = await make_scene(email="Ruth.Okafor@example.org")
    await request_link("nobody@example.org", network="", now=NOW)
    await request_link("ruth_okafor@example.org", network="", now=NOW)  # no wildcard
    await request_link("%@example.org", network="", now=NOW)
    assert await mails("speaker-link") == []
    for _time in range(3):
        await request_link(" ruth.okafor@EXAMPLE.org ", network="", now=NOW)
    (mail,) = await mails("speaker-link")
    assert mail.recipient == "Ruth.Okafor@example.org"
    assert f"https://conf.example.org/speak/{await scene.token()}" in read(mail)
    with pytest.raises(TooManyTries):
        for _time in range(9):
            await request_link("ruth.okafor@example.org", network="", now=NOW)
    await request_link("ruth.okafor@example.org", network="", now=NOW + timedelta(days=200))
    assert len(await mails("speaker-link")) == 1  # long over


async def test_the_team_sends_a_link_or_a_new_one(database: db.Database) -> None:
    scene = await make_scene()
    assert await send_link(scene.conference, scene.ruth.code, actor=scene.petra, now=NOW)
    token = await scene.token()
    assert not await send_link(scene.conference, scene.ruth.code, actor=scene.petra, now=NOW)
    assert await send_link(scene.conference, scene.ruth.code, renew=True, actor=scene.petra, now=NOW)
    assert await scene.token() != token
    assert len(await mails("speaker-link")) == 2
    with pytest.raises(NotFound):
        await send_link(scene.conference, "nobody", actor=scene.petra, now=NOW)


# --- answers ------------------------------------------------------------------------------------------------------


async def test_declining_is_told_to_those_who_make_the_programme(each_database: db.Database) -> None:
    scene = await make_scene()
    await make_member(scene.conference, KOLKATA_ATTENDEE, Role.VIEWER)
    await scene.invite()
    ruth, bridges = scene.ruth.id, scene.bridges.code
    reason = "A wedding.\r\nSee https://evil.example"
    for _press in range(2):
        await answer_appearance(ruth, bridges, "presenter", DECLINED, reason=reason, now=NOW)
    (mail,) = await mails("speaker-answered")
    assert mail.recipient == scene.petra.email
    text = read(mail)
    assert text.startswith("Ruth Okafor cannot take part in “Bridges”")
    assert "A wedding." in text
    assert "https://evil.example" not in text
    entries = await AuditEntry.select(AuditEntry.actor, AuditEntry.after).where(
        AuditEntry.action == "appearance-declined"
    )
    assert [row["actor"] for row in entries] == ["Ruth Okafor"]
    assert "wedding" not in str(entries)
    row = await Appearance.objects().where(Appearance.session == scene.bridges.id).first()
    assert row is not None
    assert (row.state, row.answered_at, row.answer_note) == ("declined", NOW, reason)
    # Minds may change: the reason goes with the answer.
    await answer_appearance(ruth, bridges, "presenter", CONFIRMED, now=NOW + timedelta(days=1))
    assert await states() == ["confirmed", "invited"]
    assert (await Appearance.select(Appearance.answer_note))[0]["answer_note"] == ""
    last = await DraftChange.objects().order_by(DraftChange.version, ascending=False).first()
    assert last is not None
    assert (last.slots, last.organiser) == (f'["{scene.slot.code}"]', None)


async def test_each_role_is_answered_for_itself(database: db.Database) -> None:
    scene = await make_scene()
    await Appearance(session=scene.bridges.id, speaker=scene.ruth.id, role=AppearanceRole.CHAIR).save()
    await answer_appearance(scene.ruth.id, scene.bridges.code, "chair", DECLINED, now=NOW)
    assert await states() == ["planned", "planned", "declined"]
    for session, role in ((scene.bridges.code, "host"), ("nothing", "chair"), ("", ""), ("x" * 999, "é")):
        with pytest.raises(NotFound):
            await answer_appearance(scene.ruth.id, session, role, CONFIRMED, now=NOW)
    other = await make_speaker(scene.conference, "Someone Else")
    with pytest.raises(NotFound):
        await answer_appearance(other.id, scene.bridges.code, "chair", CONFIRMED, now=NOW)


async def test_an_answer_stands_once_the_session_has_begun_or_is_cancelled(database: db.Database) -> None:
    scene = await make_scene()
    await answer_appearance(scene.ruth.id, scene.bridges.code, "presenter", CONFIRMED, now=NOW)
    with pytest.raises(TooLateToAnswer, match="has begun"):
        await answer_appearance(
            scene.ruth.id, scene.bridges.code, "presenter", DECLINED, now=scene.slot.start
        )
    # Asked for what stands already, there is nothing to refuse.
    await answer_appearance(scene.ruth.id, scene.bridges.code, "presenter", CONFIRMED, now=scene.slot.end)
    await Session.update({Session.state: SessionState.CANCELLED}).where(Session.id == scene.bread.id)
    with pytest.raises(TooLateToAnswer, match="cancelled"):
        await answer_appearance(scene.ruth.id, scene.bread.code, "presenter", CONFIRMED, now=NOW)


async def test_consents_hold_for_the_session_and_may_be_taken_back_at_any_time(
    each_database: db.Database,
) -> None:
    scene = await make_scene()
    await Appearance(session=scene.bridges.id, speaker=scene.ruth.id, role=AppearanceRole.CHAIR).save()
    given, refused = ConsentState.GIVEN, ConsentState.REFUSED
    for _press in range(2):
        await answer_consents(scene.ruth.id, scene.bridges.code, recording=given, publishing=given, now=NOW)
    after = scene.slot.end + timedelta(days=30)
    await answer_consents(scene.ruth.id, scene.bridges.code, recording=given, publishing=refused, now=after)
    rows = await Appearance.select(Appearance.recording_consent, Appearance.publishing_consent).order_by(
        Appearance.id
    )
    assert [tuple(row.values()) for row in rows] == [
        ("given", "refused"),
        ("unknown", "unknown"),
        ("given", "refused"),
    ]
    entries = await (
        AuditEntry.select(AuditEntry.before, AuditEntry.after, AuditEntry.at)
        .where(AuditEntry.action == "speaker-consents-answered")
        .order_by(AuditEntry.id)
    )
    assert [(json.loads(row["before"]), json.loads(row["after"]), row["at"]) for row in entries] == [
        (
            {"recording_consent": "unknown", "publishing_consent": "unknown"},
            {"recording_consent": "given", "publishing_consent": "given"},
            NOW,
        ),
        ({"publishing_consent": "given"}, {"publishing_consent": "refused"}, after),
    ]


# --- asking -------------------------------------------------------------------------------------------------------


async def test_a_request_reaches_the_team_once_and_names_its_session(each_database: db.Database) -> None:
    scene = await make_scene()
    words = "Could it begin an hour later? 🙏 <b>=cmd|' /C calc'!A0</b>"
    for _press in range(2):
        await ask_for_change(scene.ruth.id, words, session=scene.bridges.code, now=NOW)
    await ask_for_change(scene.ruth.id, "My name is Ruth A. Okafor.", now=NOW)
    rows = await SpeakerRequest.select(SpeakerRequest.text, SpeakerRequest.session).order_by(
        SpeakerRequest.id
    )
    assert [tuple(row.values()) for row in rows] == [
        (words, scene.bridges.id),
        ("My name is Ruth A. Okafor.", None),
    ]
    first, second = await mails("speaker-answered")
    assert read(first).startswith("Ruth Okafor asks for a change of “Bridges”")
    assert read(second).startswith("Ruth Okafor asks for a change\n")
    assert "later" not in str(await AuditEntry.select(AuditEntry.after))
    with pytest.raises(NotFound):
        await ask_for_change(scene.ruth.id, "Hello", session="nothing", now=NOW)


async def test_there_is_an_end_to_asking_without_an_answer(database: db.Database) -> None:
    scene = await make_scene()
    for number in range(MOST_OPEN):
        await ask_for_change(scene.ruth.id, f"Request {number}", now=NOW)
    with pytest.raises(TooManyRequests):
        await ask_for_change(scene.ruth.id, "One more", now=NOW)
    await SpeakerRequest.update({SpeakerRequest.answered_at: NOW}).where(SpeakerRequest.text == "Request 3")
    await ask_for_change(scene.ruth.id, "One more", now=NOW)


def test_the_words_of_every_mail_stand_in_every_interface_language() -> None:
    """The templates have all their facts, whatever the language."""
    facts = {
        "name": {"en": "Working Internationally"},
        "zone": "Europe/London",
        "url": "x",
        "reply_to": "t@example.org",
    }
    when = {"start": NOW.isoformat(), "end": (NOW + timedelta(hours=1)).isoformat()}
    sessions = [
        {"title": {"en": "Bridges"}, "role": "chair", "times": [when]},
        {"title": {}, "role": "x", "times": []},
    ]
    payload = {
        "conference": facts,
        "page": "x",
        "sessions": sessions,
        "expires_at": NOW.isoformat(),
        "what": "declined",
        "speaker": "Ruth",
        "session": {"en": "Bridges"},
        "words": "",
    }
    for kind in ("speaker-invitation", "speaker-reminder", "speaker-link", "speaker-answered"):
        for language in ("en", "fr", "ar"):
            words = render(
                kind, payload, language, "Asia/Kolkata", name="", base_url="https://conf.example.org"
            )
            assert words.subject
            assert "\n\n\n" not in words.text
