"""Speakers affected by a release get one mail, on their own clock; nobody else gets any."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from conference import codes, db
from conference.mail.words import RenderedMail, render
from conference.tables import Conference, OutgoingMail
from sessions.releases.publishing import preview_release, release_programme
from sessions.releases.telling import reach_of, tell_speakers
from sessions.tables import Release, Session, SessionState, Slot, Speaker
from tests.makers import NOW, make_conference, make_room, make_session, make_slot, make_speaker

LATER = NOW + timedelta(days=1)
BASE = "http://conf.example.org"


async def publish(conference: Conference, **options: Any) -> Release:
    row = await Conference.objects().where(Conference.id == conference.id).first()
    assert row is not None
    return await release_programme(row, "", actor="test", now=NOW, tells_speakers=True, **options)


async def mails() -> list[OutgoingMail]:
    return (
        await OutgoingMail.objects().where(OutgoingMail.kind == "speaker-release").order_by(OutgoingMail.id)
    )


def rendered(mail: OutgoingMail) -> RenderedMail:
    return render(
        mail.kind, json.loads(mail.payload), mail.language, mail.zone, name=mail.recipient_name, base_url=BASE
    )


async def two_talks() -> tuple[Conference, list[Speaker], list[Slot]]:
    """Ruth, who is in New York, at 14:00 in London; Omar at 16:00."""
    conference = await make_conference()
    room = await make_room(conference)
    speakers = [
        await make_speaker(conference, email="ruth@example.org"),
        await make_speaker(conference, "Omar Haddad", email="omar@example.org", zone="", language="fr"),
    ]
    slots = []
    for speaker, title, at in zip(speakers, ("Bridges", "Roads"), ("14:00", "16:00"), strict=True):
        session = await make_session(conference, title, speakers=(speaker,))
        slots.append(await make_slot(conference, session, room, at))
    return conference, speakers, slots


async def test_each_speaker_is_told_once_per_release_and_only_when_affected(
    each_database: db.Database,
) -> None:
    conference, _speakers, [ruths, _omars] = await two_talks()
    await publish(conference)
    assert await tell_speakers(NOW) == 2
    assert await tell_speakers(NOW) == 0
    assert sorted(mail.recipient for mail in await mails()) == ["omar@example.org", "ruth@example.org"]

    hour = timedelta(hours=1)
    await Slot.update({Slot.start: ruths.start + hour, Slot.end: ruths.end + hour}).where(Slot.id == ruths.id)
    await publish(conference)
    assert await tell_speakers(LATER) == 1
    # A worker killed before it could say that it had finished begins anew, and nobody hears twice.
    await Release.update({Release.tells_speakers: True}).where(Release.number == 2)
    assert await tell_speakers(LATER) == 0
    third = (await mails())[2:]
    assert [mail.recipient for mail in third] == ["ruth@example.org"]


async def test_the_mail_has_both_times_on_both_clocks_and_the_link(database: db.Database) -> None:
    conference, speakers, [ruths, _omars] = await two_talks()
    await publish(conference)
    await tell_speakers(NOW)
    hour = timedelta(hours=1)
    await Slot.update({Slot.start: ruths.start + hour, Slot.end: ruths.end + hour}).where(Slot.id == ruths.id)
    await publish(conference)
    await tell_speakers(NOW)
    mail = rendered((await mails())[2])
    assert mail.subject == "Working Internationally: what changed for your sessions"
    for words in (
        "Hello Ruth Okafor,",
        "- Bridges",
        "New time:",
        "Thursday 25 June 2026, 10:00–10:45 (New York, EDT, UTC-4)",
        "Conference time: 15:00–15:45 (London, BST, UTC+1)",
        "Old time, no longer valid:",
        "Thursday 25 June 2026, 09:00–09:45 (New York, EDT, UTC-4)",
    ):
        assert words in mail.text.replace("\u2212", "-"), mail.text
    assert "  Room: Main stage\n  Old time, no longer valid:\n" in mail.text
    speaker = await Speaker.objects().where(Speaker.id == speakers[0].id).first()
    assert speaker is not None
    token = codes.derived_token("speak", speaker.code, speaker.link_generation)
    assert f"{BASE}/speak/{token}" in mail.text
    assert token not in (await mails())[2].payload
    assert "Roads" not in mail.text


async def test_a_speaker_without_zone_is_told_on_the_conferences_clock_in_their_language(
    database: db.Database,
) -> None:
    conference, _speakers, _slots = await two_talks()
    await publish(conference)
    await tell_speakers(NOW)
    omar = next(mail for mail in await mails() if mail.recipient == "omar@example.org")
    assert (omar.language, omar.zone) == ("fr", "Europe/London")
    assert "25 juin 2026" in rendered(omar).text


async def test_every_kind_of_change_has_words_in_the_mail(database: db.Database) -> None:
    conference, _speakers, [ruths, omars] = await two_talks()
    await publish(conference)
    await tell_speakers(NOW)
    side = await make_room(conference, "Side room")
    await Slot.update({Slot.room: side.id}).where(Slot.id == ruths.id)
    await Session.update({Session.title: '{"en": "Tunnels"}'}).where(Session.id == ruths.session)
    await Session.update({Session.state: SessionState.CANCELLED.value}).where(Session.id == omars.session)
    await publish(conference)
    await tell_speakers(NOW)
    texts = [rendered(mail).text for mail in (await mails())[2:]]
    assert any("Now in Side room, before in Main stage." in text for text in texts)
    assert any("Was called “Bridges”." in text for text in texts)
    assert len(texts) == 2


async def test_who_has_no_address_is_named_to_the_organiser_and_gets_no_mail(database: db.Database) -> None:
    conference, speakers, _slots = await two_talks()
    await Speaker.update({Speaker.email: "not an address"}).where(Speaker.id == speakers[0].id)
    preview = await preview_release(conference, now=NOW)
    reach = await reach_of(conference, preview.told)
    assert [(row.notice.speaker.name, row.has_address, row.zone) for row in reach] == [
        ("Omar Haddad", True, "Europe/London"),
        ("Ruth Okafor", False, "America/New_York"),
    ]
    await publish(conference)
    assert await tell_speakers(NOW) == 1
    assert [mail.recipient for mail in await mails()] == ["omar@example.org"]


async def test_a_release_from_the_command_line_tells_nobody(database: db.Database) -> None:
    conference, _speakers, _slots = await two_talks()
    await release_programme(conference, "", actor="command line", now=NOW)
    assert await tell_speakers(NOW) == 0
    assert await mails() == []


async def test_a_speaker_deleted_meanwhile_is_passed_over(database: db.Database) -> None:
    conference, speakers, _slots = await two_talks()
    await publish(conference)
    await Speaker.delete().where(Speaker.id == speakers[0].id)
    assert await tell_speakers(NOW) == 1


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
async def test_the_mail_can_be_written_in_every_language(database: db.Database, language: str) -> None:
    conference, speakers, _slots = await two_talks()
    await Speaker.update({Speaker.language: language, Speaker.name: "Nasty <b> http://evil.example"}).where(
        Speaker.id == speakers[0].id
    )
    await publish(conference)
    await tell_speakers(NOW)
    mail = rendered(next(mail for mail in await mails() if mail.recipient == "ruth@example.org"))
    assert mail.subject
    assert "http://evil.example" not in mail.text
    assert "<b>" not in mail.html
