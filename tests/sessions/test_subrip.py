"""SubRip captions become WebVTT, and what is broken in them is told with its line; chapters are read the same way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from conference.filetypes import FileRefused, sniff
from conference.storage import open_storage
from sessions.packs.collecting.captions import MOST_BYTES, read_captions
from sessions.packs.collecting.chapters import (
    as_typed,
    chapters_column,
    chapters_from,
    chapters_of_file,
    read_chapters,
)
from sessions.packs.collecting.file_checks import look_at
from sessions.packs.collecting.subrip import to_webvtt

WHOLE = """1
00:00:01,000 --> 00:00:03,500
<i>Hello</i> & <font color="red">welcome</font>

2
00:00:04,000 --> 00:00:06,000 X1:40 X2:600 Y1:20 Y2:50
{\\an8}one < two
said <b>Zoë</b> <script>alert(1)</script>

3
1:00:00.5 --> 1:00:02,000
Fish &amp; chips
"""
WRITTEN = """WEBVTT

00:00:01.000 --> 00:00:03.500
<i>Hello</i> &amp; welcome

00:00:04.000 --> 00:00:06.000
one &lt; two
said <b>Zoë</b> &lt;script&gt;alert(1)&lt;/script&gt;

01:00:00.500 --> 01:00:02.000
Fish &amp; chips
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"\n\n"])
def test_subrip_is_written_as_webvtt_that_players_read(newline: str, start: bytes) -> None:
    written = to_webvtt(start + WHOLE.replace("\n", newline).encode(), "a.srt")
    assert written.decode() == WRITTEN
    assert len(read_captions(written, "a.vtt")) == 3


def test_cues_out_of_order_and_without_numbers_are_put_in_order() -> None:
    text = "00:00:05,000 --> 00:00:06,000\nB\n\n00:00:01,000 --> 00:00:02,000\nA\n"
    assert [cue.text for cue in read_captions(to_webvtt(text.encode(), "a.srt"), "a.vtt")] == ["A", "B"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1\n00:00:01,000 -> 00:00:02,000\nHello\n", "In line 2: a time that is not written like"),
        ("1\n00:61:01,000 --> 00:62:02,000\nHello\n", "In line 2: a time that is not written like"),
        (WHOLE + "\n4\n00:00:09,000 --> 00:00:08,000\nBack\n", "In line 15: this cue ends before it begins"),
        (WHOLE + "\n4\n01:00:09,000 --> 01:00:10,000\nA\n\nB\n", "In line 18: this line belongs to no cue"),
        (
            "1\n00:00:01,000 --> 00:00:02,000\nA\n2\n00:00:03,000 --> 00:00:04,000\nB\n",
            "In line 5: an empty line is missing",
        ),
        ("\n \n", "there is no cue in it"),
    ],
)
def test_what_is_broken_is_told_with_its_line(text: str, told: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        to_webvtt(text.encode(), "<b>.srt")
    assert told in refusal.value.message


def test_another_encoding_is_told_with_its_line() -> None:
    with pytest.raises(FileRefused, match="In line 3: it is not written in UTF-8"):
        to_webvtt("1\n00:00:01,000 --> 00:00:02,000\nZoë\n".encode("latin-1"), "a.srt")


async def test_a_file_in_the_store_takes_the_place_of_the_one_that_came(data_dir: Path) -> None:
    storage = open_storage("", data_dir)

    async def octets() -> AsyncIterator[bytes]:
        yield WHOLE.encode()

    came = await storage.put_stream(octets())
    kept = await look_at(came, "Opening.srt", storage=storage)
    assert (kept.filename, kept.file_type.media_type, kept.stored.size) == (
        "Opening.vtt",
        "text/vtt",
        len(WRITTEN.encode()),
    )
    assert not await _is_there(storage, came.key)
    assert await _is_there(storage, kept.stored.key)


def test_a_broken_first_cue_is_no_reason_to_call_it_something_else() -> None:
    assert sniff(b"1\n0:0:1 --> 0:0:2\nHello\n", "a.srt").extension == "srt"
    with pytest.raises(FileRefused):
        sniff(b"Dear team,\nthe slides follow.\n", "a.srt")


async def _is_there(storage: Any, key: str) -> bool:
    try:
        return bool(b"".join([chunk async for chunk in storage.stream(key, 0, 5)]))
    except Exception:  # whatever the store says of a key it does not have
        return False


def test_chapters_are_typed_pasted_or_read_from_a_file() -> None:
    chapters = ((0, "Welcome"), (750, "Questions & answers"), (3723, "Thanks"))
    typed = "0:00 Welcome\n\n 12:30.250 – Questions & answers\n1:02:03 Thanks"
    assert read_chapters(typed) == chapters
    file = (
        "WEBVTT\n\n00:00.000 --> 12:30.000\n<v Zoë>Welcome\n\n12:30.000 --> 01:02:03.000\nQuestions &amp; answers\n\n"
        "01:02:03.000 --> 01:05:00.000\nThanks\n"
    )
    assert chapters_of_file(file.encode(), "a.vtt") == chapters
    assert read_chapters(file) == chapters
    assert read_chapters(as_typed(chapters)) == chapters
    assert chapters_from(chapters_column(chapters)) == chapters
    assert read_chapters(" \n") == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("0:00 Welcome\nQuestions", "In line 2: it does not begin with a time"),
        ("0:00 Welcome\n0:00 Again", "In line 2: this chapter does not begin after"),
        ("0:75 Welcome", "In line 1: it does not begin with a time"),
        (
            "\n".join(f"{n}:00 x" for n in range(60))
            + "\n"
            + "\n".join(f"{h}:00:00 x" for h in range(1, 150)),
            "more than 200",
        ),
        ("WEBVTT\n\n00:00.000 --> 00:05.000\n<c></c>\n", "In line 3: this chapter has no title"),
        ("WEBVTT\n\n00:00 --> 00:05.000\nA\n", "In line 3: a time that is not written"),
    ],
)
def test_chapters_that_cannot_be_read_are_told_with_their_line(text: str, told: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        read_chapters(text)
    assert told in refusal.value.message


@pytest.mark.parametrize("evil", ["<font ", "{\\", "<", "&", "<b", "--", "1\n"])
def test_a_file_made_to_be_slow_is_not(evil: str) -> None:
    """What is tried again at every octet would take minutes; these take no longer than captions of a day."""
    body = evil * (MOST_BYTES // len(evil) - 100)
    started = perf_counter()
    for read, start in (
        (to_webvtt, "1\n00:00:01,000 --> 00:00:02,000\n"),
        (chapters_of_file, "WEBVTT\n\n00:01.000 --> 00:02.000\n"),
    ):
        with suppress(FileRefused):
            read((start + body).encode(), "a")
    assert perf_counter() - started < 20
