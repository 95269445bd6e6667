"""Mail handed over by a mail server: LMTP as RFC 2033 has it, spoken over a real socket."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from conference import db
from conference.benchmarks.server import meridian_environment
from conference.errors import InvalidInput
from conference.mail import intake, lmtp
from conference.mail.bounced import handle_bounce
from conference.mail.intake import MOST_OCTETS, MailHandler, Taken
from conference.mail.lmtp import MOST_RECIPIENTS, Place, listening, read_place
from conference.tables import HandledMail, MailState
from registration.calendars.replies import handle_calendar_reply
from tests.conference.test_mail_in import report
from tests.conference.test_outbox import NOW, queue, the_mail
from tests.people import KOLKATA_ATTENDEE
from tests.registration.cast import mails, make_scene
from tests.registration.test_replies import answer

OURS = ("meridian@conf.example.org", "bounce+*@conf.example.org")


class Server:
    """The mail server's side: speaks the protocol line by line."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def answer(self) -> str:
        """One reply, all its lines."""
        lines = []
        while True:
            line = (await asyncio.wait_for(self._reader.readline(), 10)).decode()
            lines.append(line.rstrip("\r\n"))
            if line[3:4] != "-":
                return "\n".join(lines)

    async def say(self, line: str) -> str:
        self.writer.write(line.encode() + b"\r\n")
        return await self.answer()

    async def hand_over(self, message: bytes, *recipients: str, sender: str = "") -> list[str]:
        """What is answered to each recipient, in the end."""
        assert (await self.say(f"MAIL FROM:<{sender}>")).startswith("250 ")
        taken = [one for one in recipients if (await self.say(f"RCPT TO:<{one}>")).startswith("250 ")]
        if not taken:
            return []
        assert (await self.say("DATA")).startswith("354 ")
        dotted = re.sub(rb"(?m)^\.", b"..", re.sub(rb"\r?\n", b"\r\n", message))
        self.writer.write(dotted + b"\r\n.\r\n")
        return [await self.answer() for _one in taken]


async def dealt_with(
    data: bytes, recipient: str, handlers: Sequence[MailHandler] = (handle_bounce, handle_calendar_reply)
) -> Taken:
    return await intake.take_in(data, handlers, now=NOW, recipient=recipient)


@asynccontextmanager
async def handing_over(
    take_in: lmtp.TakeIn = dealt_with, place: Place | None = None
) -> AsyncIterator[Server]:
    async with listening(place or Place(host="127.0.0.1"), take_in, OURS) as where:
        if place and place.path:
            reader, writer = await asyncio.open_unix_connection(place.path)
        else:
            reader, writer = await asyncio.open_connection("127.0.0.1", int(where.rpartition(":")[2]))
        server = Server(reader, writer)
        assert (await server.answer()).startswith("220 meridian")
        assert "ENHANCEDSTATUSCODES" in await server.say("LHLO mx.example.org")
        yield server
        writer.close()
        await writer.wait_closed()


async def test_it_says_what_rfc_2033_asks_for(database: db.Database) -> None:
    async with handing_over() as server:
        told = (await server.say("LHLO mx.example.org")).split("\n")
        assert {line[4:].split(" ")[0] for line in told[1:]} >= {
            *("PIPELINING", "ENHANCEDSTATUSCODES", "8BITMIME", "SIZE", "SMTPUTF8")
        }
        for wrong in ("HELO mx", "EHLO mx"):
            assert (await server.say(wrong)).startswith("500 ")
        assert (await server.say("DATA")).startswith("503 5.5.")
        assert (await server.say("RSET")).startswith("250 2.")
        assert (await server.say("QUIT")).startswith("221 2.")


async def test_a_report_is_taken_once_and_each_recipient_answered(each_database: db.Database) -> None:
    await queue()
    row = await the_mail()
    data = report(row.message_id)
    async with handing_over() as server:
        assert (await server.say("MAIL FROM:<>")).startswith("250 2.")
        assert await server.say("RCPT TO:<somebody@conf.example.org>") == "550 5.1.1 no such mailbox here"
        await server.say("RSET")
        answers = await server.hand_over(
            data, "meridian@conf.example.org", "MERIDIAN+x@relay.internal", "nobody@conf.example.org"
        )
        assert len(answers) == 2
        assert answers[0].startswith(f"250 2.0.0 mail {row.message_id} came back: 5.1.1 ")
        assert answers[1] == "250 2.0.0 done before"
        assert await server.hand_over(data, OURS[0]) == ["250 2.0.0 done before"]  # after a lost answer
    assert (await the_mail()).state == MailState.REFUSED
    assert await HandledMail.count() == 1


async def test_the_address_it_came_back_to_names_the_mail_when_the_report_does_not(
    database: db.Database,
) -> None:
    await queue()
    row = await the_mail()
    data = report("x" * 20).replace(b"Message-ID: <" + b"x" * 20, b"X-Cut: <")
    async with handing_over() as server:
        (first,) = await server.hand_over(data, f"Bounce+{row.message_id.upper()}@conf.example.org")
    assert "the address gets no more mail" in first


async def test_an_answer_from_a_calendar_comes_in_the_same_way(database: db.Database) -> None:
    scene = await make_scene()
    await scene.confirmed(KOLKATA_ATTENDEE, scene.bread_early)
    message = answer(scene.bread_early).as_bytes()
    async with handing_over() as server:
        (told,) = await server.hand_over(message, OURS[0], sender=KOLKATA_ATTENDEE.email)
    assert told == f"250 2.0.0 declined {scene.bread_early.code}: asked whether the place is free"
    assert len(await mails("invite-declined")) == 1


async def test_what_is_too_large_or_broken_stops_nothing(database: db.Database) -> None:
    await queue()
    good = report((await the_mail()).message_id)
    two = ("meridian@conf.example.org", "meridian+a@conf.example.org")
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(3000)
    )
    async with handing_over() as server:
        large = await server.hand_over(b"Subject: x\n\n" + b"a" * 900 + (b"b" * 900 + b"\n") * 3000, *two)
        assert [line[:9] for line in large] == ["552 5.5.0"] * 2
        long_line = await server.hand_over(b"Subject: x\n\n" + b"a" * (MOST_OCTETS + 5000) + b"\n", *two)
        assert [line[:4] for line in long_line] in (["500 "] * 2, ["552 "] * 2)
        assert (await server.hand_over(b"a" * 200_000, OURS[0]))[0].startswith("250 2.0.0 left alone")
        for hostile in (b"", nested, b"\xff\xfe\x00" * 99, b"Message-ID: <\n\n", b".\n..\n"):
            assert len(await server.hand_over(hostile, *two)) == 2
        assert "the address gets no more mail" in (await server.hand_over(good, OURS[0]))[0]
        assert (await server.say("MAIL FROM:<>")).startswith("250 ")
        server.writer.write(b"RCPT TO:<bounce+\xff\xfe@conf.example.org>\r\n")
        if (await server.answer()).startswith("250 "):
            assert (await server.say("DATA")).startswith("354 ")
            server.writer.write(b"x\r\n.\r\n")
            assert (await server.answer()).startswith("250 2.0.0 ")
        assert (await server.say("x" * 5000)).startswith("500 ")
        assert (await server.say("NOOP")).startswith("250 2.")


async def test_what_breaks_on_our_side_is_asked_for_again_and_the_others_go_on(database: db.Database) -> None:
    broken_for = ["meridian+b@conf.example.org"]

    async def take_in(data: bytes, recipient: str) -> Taken:
        if recipient == "meridian+c@conf.example.org":
            raise RuntimeError("worse")
        return Taken("no database", True) if recipient in broken_for else Taken("fine")

    async with handing_over(take_in) as server:
        answers = await server.hand_over(b"x\n", OURS[0], *broken_for)
        assert answers == ["250 2.0.0 fine", "451 4.3.0 no database"]
        answers = await server.hand_over(b"x\n", "meridian+c@conf.example.org", OURS[0])
        assert answers == ["451 4.3.0 not now", "250 2.0.0 fine"]
        assert await server.hand_over(b"x\n", OURS[0]) == ["250 2.0.0 fine"]
        for command in ("MAIL FROM:<>", f"RCPT TO:<{OURS[0]}>", "RCPT TO:<meridian+d@x.example>"):
            assert (await server.say(command)).startswith("250 ")
        assert (await server.say("DATA now")).startswith("501 5.5.0 ")
        assert (await server.say("NOOP")).startswith("250 ")


async def test_there_is_an_end_to_recipients_and_commands_may_come_all_at_once(database: db.Database) -> None:
    async def take_in(data: bytes, recipient: str) -> Taken:
        return Taken("fine")

    async with handing_over(take_in) as server:
        count = MOST_RECIPIENTS + 1
        commands = ["MAIL FROM:<>", *[f"RCPT TO:<meridian+{n}@x.example>" for n in range(count)], "DATA"]
        server.writer.write("".join(f"{command}\r\n" for command in commands).encode())
        answers = [await server.answer() for _command in commands]
        assert answers[-2] == "452 4.5.3 too many recipients"
        assert answers[-1].startswith("354 ")
        server.writer.write(b"x\r\n.\r\nNOOP\r\n")
        assert [await server.answer() for _n in range(MOST_RECIPIENTS)] == [
            "250 2.0.0 fine"
        ] * MOST_RECIPIENTS
        assert (await server.answer()).startswith("250 2.")


async def test_a_socket_of_a_killed_process_is_replaced_and_one_in_use_is_not(
    database: db.Database, tmp_path: Path
) -> None:
    place = Place(path=tmp_path / "lmtp.sock")
    assert place.path
    async with handing_over(place=place) as server:
        assert (await server.hand_over(b"Subject: x\n\nhello\n", OURS[0]))[0].startswith(
            "250 2.0.0 left alone"
        )
        with pytest.raises(InvalidInput, match="Another process"):
            async with listening(place, dealt_with, OURS):
                pass
        assert (await server.say("NOOP")).startswith("250 ")
        os.link(place.path, tmp_path / "left.sock")
    assert not place.path.exists()
    os.rename(tmp_path / "left.sock", place.path)  # nobody listens behind it
    async with handing_over(place=place):
        pass
    place.path.write_text("a file")
    with pytest.raises(InvalidInput, match="no socket"):
        async with listening(place, dealt_with, OURS):
            pass


@pytest.mark.parametrize(
    "wrong", ["", "2424", "mx.example.org:24", "0.0.0.0:24", "192.0.2.1:24", "127.0.0.1:x"]
)
def test_only_this_machine_may_hand_mail_over(wrong: str) -> None:
    with pytest.raises(InvalidInput):
        read_place(wrong)


def test_a_place_is_an_address_or_a_path() -> None:
    assert read_place("127.0.0.1:2424") == Place(host="127.0.0.1", port=2424)
    assert str(read_place("[::1]:0")) == "[::1]:0"
    assert read_place("unix:/run/meridian/lmtp.sock") == Place(path=Path("/run/meridian/lmtp.sock"))


async def test_the_command_serves_until_it_is_told_to_stop(data_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.sock"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "conference", "mail-in", "--lmtp", str(path)),
        env={**meridian_environment(data_dir, 8123), "PYTHONPATH": os.getcwd()},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    said = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
    assert said.startswith("Taking mail in for meridian@")
    reader, writer = await asyncio.open_unix_connection(path)
    server = Server(reader, writer)
    await server.answer()
    await server.say("LHLO mx")
    recipient = said.split(" ")[4]
    assert (await server.hand_over(b"Subject: hello\n\nhello\n", recipient))[0].startswith(
        "250 2.0.0 left alone"
    )
    process.send_signal(signal.SIGTERM)
    _out, errors = await asyncio.wait_for(process.communicate(), 60)
    writer.close()
    assert process.returncode == 0, errors.decode()
    assert "Traceback" not in errors.decode()
    assert recipient not in errors.decode()
    assert not path.exists()
