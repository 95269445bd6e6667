"""Answers from calendars: who is believed, what a decline asks, and that a seat goes only when the person says so."""

from __future__ import annotations

import mailbox
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from conference import db
from conference.mail import intake
from conference.tables import AuditEntry
from registration.calendars import agendas
from registration.calendars.replies import handle_calendar_reply, open_declines, settle_decline
from registration.calendars.reply_reading import MOST_OCTETS
from registration.calendars.sync import SETTLE, send_owed_invites
from registration.calendars.tables import AgendaItem, InviteReply
from registration.entries import withdrawing
from registration.entries.links import page_token
from registration.seating import seats
from registration.seating.tables import Seat
from registration.seating.waitlist import take_seat_or_wait
from registration.tables import Registration
from sessions.tables import Slot
from tests.pages import Browser, text_of
from tests.people import AUCKLAND_ATTENDEE, KOLKATA_ATTENDEE
from tests.registration.cast import REGISTERED, Scene, as_sent, mails, make_scene

LATER = REGISTERED + timedelta(hours=1)
THEIRS = KOLKATA_ATTENDEE.email


@pytest.fixture
async def scene(database: db.Database) -> Scene:
    return await make_scene()


def answer(
    slot: Slot | str,
    partstat: str = "DECLINED",
    *,
    sender: str = THEIRS,
    attendee: str = "",
    sequence: str = "SEQUENCE:0\r\n",
    at: datetime = LATER,
    method: str = "REPLY",
    more: str = "",
) -> EmailMessage:
    """As calendars send it: outlook.com leaves ORGANIZER out, so none of these has one."""
    code = slot if isinstance(slot, str) else slot.code
    stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    message = EmailMessage()
    message["From"] = f"Somebody <{sender}>"
    message["To"] = "team@conf.example.org"
    message["Subject"] = "Declined: something"
    message["Message-ID"] = f"<{code}.{partstat}.{sender}.{stamp}@mail.example.org>"
    message.set_content("See the attachment")
    body = (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Other//EN\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\n"
        f"UID:slot-{code}@conf.example.org\r\nDTSTAMP:{stamp}\r\n{sequence}"
        f"ATTENDEE;PARTSTAT={partstat}:mailto:{attendee or sender}\r\n{more}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    message.add_attachment(body.encode(), maintype="text", subtype="calendar", params={"method": method})
    return message


async def told(message: EmailMessage, now: datetime = LATER) -> str:
    return await handle_calendar_reply(message, now) or ""


async def kept() -> list[tuple[str, int]]:
    return [(row.partstat, row.sequence) for row in await InviteReply.objects().order_by(InviteReply.id)]


async def asked(registration: Registration, scene: Scene, now: datetime = LATER) -> list[str]:
    return [one.slot_code for one in await open_declines(registration, await scene.programme(), now)]


async def test_a_decline_is_asked_about_by_one_mail_and_gives_nothing_up(
    each_database: db.Database,
) -> None:
    scene = await make_scene()
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    assert "asked whether" in await told(answer(scene.bread_early))
    assert "noted" in await told(answer(scene.bread_early, at=LATER + timedelta(minutes=1)), LATER)

    assert await kept() == [("DECLINED", 0)]
    assert await Seat.count() == 1
    (mail,) = await mails("invite-declined")
    assert mail.recipient == THEIRS
    assert await asked(registration, scene) == [scene.bread_early.code]

    programme, code = await scene.programme(), scene.bread_early.code
    for _time in range(2):
        await settle_decline(registration.id, scene.conference, programme, code, LATER, frees=True)
    assert await Seat.count() == 0
    assert len(await mails("invite-cancelled")) == 1
    assert await asked(registration, scene) == []
    actions = [row.action for row in await AuditEntry.objects()]
    assert actions.count("invite-decline-settled") == 1


async def test_who_comes_all_the_same_keeps_the_seat_and_is_asked_no_more(scene: Scene) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    await told(answer(scene.bread_early))
    await settle_decline(
        registration.id,
        scene.conference,
        await scene.programme(),
        scene.bread_early.code,
        LATER,
        frees=False,
    )
    assert await Seat.count() == 1
    assert await asked(registration, scene) == []
    await told(answer(scene.bread_early))  # the same mail once more
    assert await asked(registration, scene) == []


async def test_the_last_answer_counts_in_the_order_they_were_given(scene: Scene) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    await told(answer(scene.bread_early, "TENTATIVE"))
    await told(
        answer(scene.bread_early, "DECLINED", at=LATER + timedelta(minutes=5)), LATER + timedelta(hours=1)
    )
    late = await told(answer(scene.bread_early, "ACCEPTED", at=LATER - timedelta(minutes=5)))
    assert "later answer" in late
    assert await kept() == [("DECLINED", 0)]
    accepted = answer(scene.bread_early, "ACCEPTED", at=LATER + timedelta(minutes=9))
    await told(accepted, LATER + timedelta(hours=1))
    assert await kept() == [("ACCEPTED", 0)]
    assert await asked(registration, scene) == []


async def test_an_item_of_the_agenda_is_asked_about_too(scene: Scene) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE)
    programme, code = await scene.programme(), scene.keynote.code
    await agendas.put_on_agenda(registration.id, programme, code, REGISTERED)
    await send_owed_invites(REGISTERED + SETTLE)
    assert "asked whether" in await told(answer(scene.keynote))
    await settle_decline(registration.id, scene.conference, programme, code, LATER, frees=True)
    assert await AgendaItem.count() == 0


async def test_an_invite_that_changed_since_is_answered_anew(scene: Scene) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    await told(answer(scene.bread_early))
    await scene.move(scene.bread_early, "12:00")
    await scene.publish(LATER)
    await send_owed_invites(LATER)
    assert await asked(registration, scene) == []  # they declined the old time
    assert "another version" in await told(answer(scene.bread_early, "TENTATIVE"))
    assert "asked whether" in await told(answer(scene.bread_early, sequence="SEQUENCE:1\r\n"))
    assert await asked(registration, scene) == [scene.bread_early.code]


async def test_no_answer_counts_from_others_or_to_what_was_never_sent(scene: Scene) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    await scene.confirmed(AUCKLAND_ATTENDEE, scene.bread_late)
    early = scene.bread_early
    refused = {
        "forged sender": answer(early, sender="evil@example.org", attendee=THEIRS),
        "no invite of theirs": answer(early, sender=AUCKLAND_ATTENDEE.email),
        "never sent": answer(scene.maps_slot),
        "a future version": answer(early, sequence="SEQUENCE:7\r\n"),
        "no number": answer(early, sequence="SEQUENCE:x\r\n"),
        "negative": answer(early, sequence="SEQUENCE:-1\r\n"),
        "another site": answer("x@evil.example.org#"),
        "no answer in it": answer(early, "NEEDS-ACTION"),
        "two attendees": answer(early, more=f"ATTENDEE;PARTSTAT=DECLINED:mailto:{THEIRS}\r\n"),
        "another one too": answer(early, more="ATTENDEE;PARTSTAT=DECLINED:mailto:evil@example.org\r\n"),
        "another's delegate": answer(early, "DELEGATED", sender="evil@example.org"),
        "too large": answer(early, more="X-A:" + "a" * MOST_OCTETS + "\r\n"),
        "an endless number": answer(early, sequence="SEQUENCE:" + "9" * 400 + "\r\n"),
        "broken": answer(early, more="END:VTODO\r\n"),
    }
    for name, message in refused.items():
        assert (await told(message)).startswith("answer from a calendar refused: "), name
    assert await kept() == []

    await seats.give_up_seat(registration.id, scene.conference, await scene.programme(), early.code, LATER)
    assert "taken back" in await told(answer(early))
    await withdrawing.withdraw(registration.id, scene.conference, await scene.programme(), LATER)
    assert "refused" in await told(answer(early))
    assert await mails("invite-declined") == []


async def test_what_is_no_answer_is_left_to_others(scene: Scene) -> None:
    plain = EmailMessage()
    plain["From"] = THEIRS
    plain.set_content("I cannot come.")
    for message in (plain, answer(scene.keynote, method="REQUEST"), answer(scene.keynote, method="REFRESH")):
        assert await handle_calendar_reply(message, LATER) is None


async def test_a_proposed_time_is_turned_down_once_and_gives_nothing_up(scene: Scene) -> None:
    await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    early = scene.bread_early
    moved = "DTSTART:20260625T180000Z\r\nDTEND:20260625T190000Z\r\n"
    forged = answer(early, "TENTATIVE", method="COUNTER", sender="evil@example.org", attendee=THEIRS)
    assert "refused" in await told(forged)
    for minutes in range(2):
        proposal = answer(
            early, "TENTATIVE", method="COUNTER", more=moved, at=LATER + timedelta(minutes=minutes)
        )
        assert await told(proposal, LATER + timedelta(minutes=9)) == (
            f"another time proposed for {early.code}: told that it is fixed"
        )
    (mail,) = await mails("invite-countered")
    body = as_sent(mail).get_body(("plain",))
    words = " ".join(body.get_content().split()) if body else ""
    assert "Thursday 25 June 2026, 15:30–16:30 (Kolkata, IST, UTC+5:30)" in words
    assert "The session takes place more than once" in words
    assert await Seat.count() == 1

    refused = answer(early, "DECLINED", method="COUNTER", more=moved, at=LATER + timedelta(minutes=20))
    assert "asked whether" in await told(refused, LATER + timedelta(hours=1))
    assert len(await mails("invite-countered")) == 1


async def test_a_place_passed_on_to_somebody_else_is_asked_about(scene: Scene, browser: Browser) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    delegate = 'ATTENDEE;DELEGATED-FROM="mailto:x@y.example":mailto:colleague@example.org\r\n'
    assert "asked whether" in await told(answer(scene.bread_early, "DELEGATED", more=delegate), REGISTERED)
    theirs = answer(scene.bread_early, "ACCEPTED", sender="colleague@example.org")
    assert "nobody of this address" in await told(theirs, REGISTERED)
    (mail,) = await mails("invite-declined")
    body = as_sent(mail).get_body(("plain",))
    assert body is not None
    assert "/libraries/register" in body.get_content()
    await browser.post_form(f"/libraries/me/{page_token(registration.code, 1)}")
    shown = text_of((await browser.get("/libraries/me")).text)
    assert "Your calendar passed this on" in shown
    assert "needs a registration of their own" in shown
    assert await Seat.count() == 1


async def test_several_answers_in_one_mail_count_each_for_itself(scene: Scene) -> None:
    await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early, scene.maps_slot)
    stamp = LATER.strftime("%Y%m%dT%H%M%SZ")
    events = [
        ("slot-unknown@conf.example.org", "DECLINED", ""),
        (f"slot-{scene.bread_early.code}@conf.example.org", "ACCEPTED", "RECURRENCE-ID;VALUE=DATE:9999\r\n"),
        (f"slot-{scene.bread_early.code}@conf.example.org", "DECLINED", ""),
        (f"slot-{scene.maps_slot.code}@conf.example.org", "TENTATIVE", "RECURRENCE-ID:garbage;;\r\n"),
    ]
    body = "".join(
        f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:{stamp}\r\nSEQUENCE:0\r\n{more}"
        f"ATTENDEE;PARTSTAT={partstat}:mailto:{THEIRS}\r\nEND:VEVENT\r\n"
        for uid, partstat, more in events
    )
    message = EmailMessage()
    message["From"] = THEIRS
    file = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REPLY\r\n{body}END:VCALENDAR\r\n".encode()
    message.set_content("")
    for kind in ("calendar", "calendar"):  # once to be read and once to be opened
        message.add_attachment(file, maintype="text", subtype=kind)
    assert (await told(message)).split("; ") == [
        "answer from a calendar refused: nobody of this address was sent such an invite",
        f"declined {scene.bread_early.code}: asked whether the place is free",
        f"tentative {scene.maps_slot.code}: noted",
    ]
    assert sorted(await kept()) == [("DECLINED", 0), ("TENTATIVE", 0)]


async def test_a_mailbox_file_is_read_once(scene: Scene, tmp_path: Path) -> None:
    await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    path = tmp_path / "replies.mbox"
    box = mailbox.mbox(path)
    for partstat in ("TENTATIVE", "DECLINED"):
        box.add(answer(scene.bread_early, partstat).as_bytes())
    box.close()
    lines = []
    for _time in range(2):
        messages = intake.messages_in_mbox(path)
        lines.append([line async for line in intake.mail_in(messages, [handle_calendar_reply], now=LATER)])
    assert [line.split(": ", 1)[1].split(" ")[0] for line in lines[0]] == ["tentative", "declined"]
    assert [line.split(": ", 1)[1] for line in lines[1]] == ["done before", "done before"]
    assert len(await mails("invite-declined")) == 1


async def test_the_question_stands_on_the_own_page_and_is_answered_there(
    scene: Scene, browser: Browser
) -> None:
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    await told(answer(scene.bread_early), REGISTERED)
    await browser.post_form(f"/libraries/me/{page_token(registration.code, 1)}")
    shown = await browser.get("/libraries/me")
    assert "Your calendar declined this" in text_of(shown.text)
    assert "Shall we give it to the next person?" in text_of(shown.text)

    kept_on = await browser.post_form("/libraries/me/declined", {"slot": scene.keynote.code, "frees": "yes"})
    assert kept_on.status_code == 303
    assert await Seat.count() == 1
    done = await browser.post_form("/libraries/me/declined", {"slot": scene.bread_early.code, "frees": "yes"})
    assert done.status_code == 303
    assert await Seat.count() == 0
    assert "Your calendar declined this" not in text_of((await browser.get("/libraries/me")).text)


async def test_the_next_in_line_is_offered_the_seat_only_when_the_person_says_so(
    each_database: db.Database,
) -> None:
    scene = await make_scene(seats=1)
    registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    other = await scene.confirmed(AUCKLAND_ATTENDEE)
    programme, code = await scene.programme(), scene.bread_early.code
    assert not await take_seat_or_wait(other.id, scene.conference, programme, code, REGISTERED)
    assert "asked whether" in await told(answer(scene.bread_early))
    assert await mails("waitlist-offer") == []
    await settle_decline(registration.id, scene.conference, programme, code, LATER, frees=True)
    assert [mail.recipient for mail in await mails("waitlist-offer")] == [AUCKLAND_ATTENDEE.email]
