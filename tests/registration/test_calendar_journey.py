"""One invitation's life over real sockets: out by SMTP, answered, in by LMTP, moved, given back, withdrawn."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from conference import db
from conference.mail import intake
from conference.mail.bounced import handle_bounce
from conference.mail.intake import Taken
from conference.outbox import deliver_due
from registration.calendars.replies import handle_calendar_reply, settle_decline
from registration.calendars.sync import send_owed_invites
from registration.entries import withdrawing
from registration.seating.tables import Seat
from tests.conference.test_lmtp import handing_over
from tests.conference.test_outbox import settings_for
from tests.people import KOLKATA_ATTENDEE
from tests.readers import Event, Readers
from tests.registration.cast import REGISTERED, calendars_in, make_scene
from tests.smtp import smtp_server

OURS = "meridian@conf.example.org"


def reply_to(invite: bytes, partstat: str, at: datetime) -> bytes:
    """What Exchange sends back: the invite's UID and SEQUENCE, its own zone and words, no ORGANIZER."""
    lines = invite.decode().replace("\r\n ", "").split("\r\n")
    kept = [line for line in lines if line.startswith(("UID:", "SEQUENCE:", "SUMMARY:"))]
    body = "\r\n".join(
        [
            *("BEGIN:VCALENDAR", "METHOD:REPLY", "PRODID:Microsoft Exchange Server 2010", "VERSION:2.0"),
            *("BEGIN:VEVENT", f"ATTENDEE;PARTSTAT={partstat}:MAILTO:{KOLKATA_ATTENDEE.email.upper()}"),
            *kept,
            f"DTSTAMP:{at:%Y%m%dT%H%M%SZ}",
            *("END:VEVENT", "END:VCALENDAR", ""),
        ]
    )
    message = EmailMessage()
    message["From"] = f"Anjali Menon <{KOLKATA_ATTENDEE.email}>"
    message["To"] = OURS
    message["Message-ID"] = f"<{partstat}.{at:%H%M%S}@exchange.example>"
    message.set_content("")
    message.add_alternative(body.encode(), maintype="text", subtype="calendar", params={"method": "REPLY"})
    return message.as_bytes()


async def test_the_whole_life_of_an_invitation(
    each_database: db.Database, readers: Readers, tmp_path: Path
) -> None:
    scene = await make_scene()
    now = REGISTERED

    async def take_in(data: bytes, recipient: str) -> Taken:
        handlers = [handle_bounce, handle_calendar_reply]
        return await intake.take_in(data, handlers, now=now, recipient=recipient)

    async with smtp_server() as mailbox, handing_over(take_in) as lmtp:
        settings = settings_for(tmp_path, mailbox.url)

        async def arrived() -> list[tuple[str, Event]]:
            """(METHOD, event) of each calendar file that has just come to the person, read by every reader."""
            seen = len(mailbox.received)
            while (await deliver_due(settings, now)).total:
                pass
            files = [file for message in mailbox.messages[seen:] for file in calendars_in(message)]
            return [
                (re.findall(r"METHOD:(\w+)", file.decode())[0], (await readers.read(file))[0])
                for file in files
            ]

        registration = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early, now=now)
        ((method, first),) = await arrived()
        assert (method, first.sequence, first.status) == ("REQUEST", 0, "CONFIRMED")
        invite = next(file for message in mailbox.messages for file in calendars_in(message))
        assert OURS.encode() in invite  # where its answers go

        now += timedelta(hours=1)
        accepted = reply_to(invite, "ACCEPTED", now)
        assert await lmtp.hand_over(accepted, OURS, sender=KOLKATA_ATTENDEE.email) == [
            f"250 2.0.0 accepted {scene.bread_early.code}: noted"
        ]

        now += timedelta(hours=1)
        await scene.move(scene.bread_early, "12:00")
        assert await arrived() == []  # a draft concerns nobody
        await scene.publish(now)
        await send_owed_invites(now)
        ((method, moved),) = await arrived()
        assert (method, moved.uid, moved.sequence) == ("REQUEST", first.uid, 1)
        assert moved.start == first.start + 3600

        stale = reply_to(invite, "DECLINED", now + timedelta(minutes=1))
        invite = calendars_in(mailbox.messages[-1])[0]
        now += timedelta(hours=1)
        (told,) = await lmtp.hand_over(stale, OURS)
        assert "another version of the invite" in told
        declined = reply_to(invite, "DECLINED", now)
        for _time in range(2):  # the answer was lost, and the server hands it over again
            (told,) = await lmtp.hand_over(declined, OURS)
        assert told == "250 2.0.0 done before"
        assert await Seat.count() == 1
        assert await arrived() == []
        assert "Are you not coming?" in str(mailbox.messages[-1]["Subject"])

        programme = await scene.programme()
        await settle_decline(
            registration.id, scene.conference, programme, scene.bread_early.code, now, frees=True
        )
        ((method, gone),) = await arrived()
        assert (method, gone.uid, gone.sequence, gone.status) == ("CANCEL", first.uid, 2, "")
        assert await Seat.count() == 0

        await withdrawing.withdraw(registration.id, scene.conference, programme, now)
        assert await arrived() == []
        again = await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early, now=now)
        ((method, back),) = await arrived()
        assert (method, back.uid, back.sequence) == ("REQUEST", first.uid, 3)
        assert again.code != registration.code
