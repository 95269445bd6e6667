"""Captions: what a player can show is read, what it cannot is told with the line a person has to mend."""

from __future__ import annotations

import pytest

from conference.filetypes import FileRefused
from sessions.packs.collecting.captions import MOST_BYTES, Cue, read_captions

WHOLE = """WEBVTT - Opening

STYLE
::cue { color: papayawhip }

NOTE made by hand

intro
00:00.000 --> 00:04.500 align:start
<v Zoë>Hello &amp; welcome
to everyone

01:00:00.000 --> 01:00:02.000
Goodbye
"""


def test_cues_are_read_whatever_stands_around_them() -> None:
    assert read_captions(WHOLE.encode(), "a.vtt") == [
        Cue(0.0, 4.5, "<v Zoë>Hello &amp; welcome\nto everyone", 9),
        Cue(3600.0, 3602.0, "Goodbye", 13),
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_every_line_end_and_a_byte_order_mark_are_fine(newline: str, start: bytes) -> None:
    data = start + WHOLE.replace("\n", newline).encode()
    assert len(read_captions(data, "a.vtt")) == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1\n00:00:01,000 --> 00:00:02,000\nHello\n", "line 1: its first line"),
        ("WEBVTTX\n\n00:01.000 --> 00:02.000\nHello\n", "line 1: its first line"),
        ("WEBVTT\n\n1\n00:00:01,000 --> 00:00:02,000\nHello\n", "line 4: times are written with a comma"),
        ("WEBVTT\n\n1:00.000 --> 00:02.000\nHello\n", "line 3: a time that is not written"),
        ("WEBVTT\n\n00:61.000 --> 01:02.000\nHello\n", "line 3: a time that is not written"),
        ("WEBVTT\n\n00:01.000 -> 00:02.000\nHello\n", "line 3: a cue without"),
        ("WEBVTT\n\n00:02.000 --> 00:02.000\nHello\n", "line 3: this cue ends before"),
        (
            "WEBVTT\n\n00:05.000 --> 00:06.000\nA\n\n00:01.000 --> 00:02.000\nB\n",
            "line 6: this cue begins before",
        ),
        (
            "WEBVTT\n\n00:05.000 --> 00:06.000\nA\n00:07.000 --> 00:08.000\nB\n",
            "line 4: an empty line is missing",
        ),
        ("WEBVTT\n", "there is no cue"),
        ("WEBVTT\n\nNOTE nothing here\n", "there is no cue"),
    ],
)
def test_what_no_player_shows_is_told_with_its_line(text: str, told: str) -> None:
    with pytest.raises(FileRefused, match="is not captions") as refusal:
        read_captions(text.encode(), "a.vtt")
    assert told in refusal.value.message


def test_another_encoding_and_an_absurd_length_are_told() -> None:
    with pytest.raises(FileRefused, match="line 4: it is not written in UTF-8"):
        read_captions("WEBVTT\n\n00:01.000 --> 00:02.000\nZoë\n".encode("latin-1"), "a.vtt")
    with pytest.raises(FileRefused, match="far longer"):
        read_captions(b"WEBVTT\n" + b"x" * MOST_BYTES, "a.vtt")
