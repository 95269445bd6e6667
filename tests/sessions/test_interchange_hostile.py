"""Files that are broken, mistyped, endless or hostile: read or refused with a reason, in seconds, and never a fault."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from sessions.interchange.model import ImportRefused
from sessions.interchange.reading import Hints, NamedBytes, read_programme
from tests.shared import data_path

HINTS = Hints(first_day=date(2026, 6, 25))
LONGEST = 20  # seconds of processor time
SAMPLES = [
    "schedules/nixvegas-fixture-pretalx.json",
    "schedules/global-azure-linz-2025-sessionize.json",
    "schedules/seagl-2023-osem-api.json",
    "schedules/indico-event.json",
    "schedules/orconf-2019.json",
    "schedules/klimacamp-speakers.json",
    "schedules/submission-frab-event.json",
    "schedules/klimacamp-schedule.xcal",
    "schedules/writethedocs-portland-2020-schedule.yaml",
    "schedules/devfest-ukraine-2014-speakers.yml",
    "library/code4lib-2018-schedule.yml",
    "library/code4lib-2026-speakers-example.csv",
    "csv/orconf-2019-schedule.csv",
    "csv/pycones-2018-talks.csv",
    "ics/conference/nightlybuild-2014.ics",
    "ics/conference/klimacamp-event-37.ics",
]
ODD: list[Any] = [None, True, -1, 1e308, 10**40, "", " ", "x" * 500, "\x00", "=1", [], {}, [[]], {"a": {}}, ["\ud800"], "9999-12-31T23:59:59+14:00", "0001-01-01T00:00:00Z", "24:00", "P99999D"]  # fmt: skip


def read_or_refused(name: str, content: bytes) -> bool:
    """Whether it was read; a refusal has a reason. Whatever else is raised is a fault."""
    begins = time.process_time()
    reason = ""
    try:
        incoming = read_programme([NamedBytes(name, content)], HINTS)
    except ImportRefused as refusal:
        reason = refusal.message
        incoming = None
    assert time.process_time() - begins < LONGEST
    if incoming is None:
        assert reason
        return False
    for session in incoming.programme.sessions:
        assert session.slots
        assert all(0 < slot.length_minutes <= 7 * 24 * 60 for slot in session.slots)
    return True


def mangled(content: bytes, chance: random.Random) -> Iterator[bytes]:
    """The file cut short, with noise in it, with parts twice, and in the wrong encoding."""
    for _time in range(4):
        yield content[: chance.randrange(len(content))]
        noisy = bytearray(content)
        for _byte in range(20):
            noisy[chance.randrange(len(noisy))] = chance.randrange(256)
        yield bytes(noisy)
        start = chance.randrange(len(content))
        part = content[start : start + chance.randrange(400)]
        yield content[:start] + part * 3 + content[start:]
    yield content.decode("utf-8", "replace").encode("utf-16")
    yield content.decode("utf-8", "replace").encode("latin-1", "replace")
    yield content.replace(b"\n", b"\r")
    yield b"\xef\xbb\xbf" + content


@pytest.mark.parametrize("name", SAMPLES)
def test_broken_files_are_read_or_refused(name: str) -> None:
    content = data_path(name).read_bytes()
    short = name.rpartition("/")[2]
    for broken in mangled(content, random.Random(short)):
        read_or_refused(short, broken)
        read_or_refused("unnamed", broken)


def changed(value: Any, chance: random.Random, share: float) -> Any:
    """The value with some of what is in it replaced by something of another type."""
    if chance.random() < share:
        return chance.choice(ODD)
    if isinstance(value, dict):
        return {key: changed(one, chance, share) for key, one in value.items() if chance.random() > share / 2}
    if isinstance(value, list):
        return [changed(one, chance, share) for one in value[:12]]
    return value


@pytest.mark.parametrize("name", [name for name in SAMPLES if name.endswith(".json")] + ["schedules/coscup-2023.json", "schedules/pyconfr-2025.json", "schedules/jev22-everything.json"])  # fmt: skip
def test_missing_fields_nulls_and_odd_types_are_read_or_refused(name: str) -> None:
    document = json.loads(data_path(name).read_bytes())
    chance = random.Random(name)
    read = 0
    for share in (0.002, 0.01, 0.05, 0.2) * 3:
        odd = changed(document, chance, share)
        read += read_or_refused("x.json", json.dumps(odd).encode())
    assert read  # a few odd values do not spoil the whole


def nested(opening: str, closing: str, inner: str, depth: int = 60_000) -> str:
    return opening * depth + inner + closing * depth


ENDLESS: dict[str, Callable[[], str]] = {
    "lists.json": lambda: nested("[", "]", ""),
    "maps.json": lambda: nested('{"sessions":', "}", "1"),
    "lists.yaml": lambda: nested("[", "]", ""),
    "bomb.yaml": lambda: "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
    "elements.xml": lambda: "<icalendar>" + nested("<vevent>", "</vevent>", "") + "</icalendar>",
    "entities.xcal": lambda: '<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;">]><icalendar><vevent>&c;</vevent></icalendar>',
    "components.ics": lambda: "BEGIN:VEVENT\n" * 60_000,
    "rule.ics": lambda: calendar("RRULE:FREQ=DAILY;COUNT=999999"),
    "often.ics": lambda: calendar("RRULE:FREQ=SECONDLY"),
    "dates.ics": lambda: calendar("RDATE:" + ",".join(["20260625T100000Z"] * 50_000)),
    "one-line.ics": lambda: "BEGIN:VCALENDAR\nX" + ";A=b" * 500_000,
    "folded.ics": lambda: "BEGIN:VCALENDAR\nX:" + "\n a" * 300_000,
    "quotes.csv": lambda: 'title,start\n"' + "a," * 500_000,
    "columns.csv": lambda: ",".join(["title"] * 100_000) + "\n" + ",".join(["x"] * 100_000),
    "rows.csv": lambda: "title,start,room,speaker\n" + "T,10:00,R,A\n" * 20_000,
    "same.csv": lambda: "id,title\n" + "1,T\n" * 20_000,
    "many.csv": lambda: "title\n" + "T\n" * 60_000,
    "names.csv": lambda: "title,speakers\nT," + "A and B (" * 20_000,
    "html.csv": lambda: "title,abstract\nT," + "<b><p>" * 100_000,
    "spaces.txt": lambda: " " * 3_000_000 + "x",
    "comments.yaml": lambda: "#\n" * 1_000_000 + "a: b",
    "comments.xml": lambda: "<!--" * 500_000,
    "strings.json": lambda: '["' + "\\u0041" * 1_000_000 + '"]',
    "numbers.json": lambda: "[" + "1," * 600_000 + "1]",
    "guids.json": lambda: json.dumps([{"id": "same", "title": f"T{n}", "start": "10:00"} for n in range(15_000)]),
}  # fmt: skip


def calendar(inside: str) -> str:
    return f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20260625T100000Z\n{inside}\nSUMMARY:x\nEND:VEVENT\nEND:VCALENDAR\n"


@pytest.mark.parametrize("name", sorted(ENDLESS))
def test_endless_files_end(name: str) -> None:
    read_or_refused(name, ENDLESS[name]().encode())


def test_files_of_other_kinds_say_what_they_are() -> None:
    for content, reason in (
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04 not really", "cannot be read"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"  ", "empty"),
        (b"\x00\x01\x02", ""),
        (b"[]", "empty list"),
        (b"null", ""),
        (b"[1, 2]", "not of sessions"),
        (b'{"a": 1}', "“a”"),
    ):
        for name in ("x", "x.json", "x.xml") if reason not in ("", "empty list") else ("x.json",):
            with pytest.raises(ImportRefused) as refused:
                read_programme([NamedBytes(name, content)], HINTS)
            if name == "x":
                assert reason in refused.value.message
    with pytest.raises(ImportRefused, match="no file"):
        read_programme([])


def test_naughty_strings_everywhere() -> None:
    naughty = json.loads(data_path("adversarial/strings/blns.json").read_bytes())
    rows = [
        {"title": one or "x", "speaker": one, "room": one, "track": one, "start": one, "abstract": one}
        for one in naughty
    ]
    assert read_or_refused("x.json", json.dumps(rows).encode())
