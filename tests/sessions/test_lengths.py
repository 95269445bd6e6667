"""How long recordings are: told by good files, never by broken ones, and never at the price of reading them whole."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions.packs.reading.lengths import TIMED, seconds_of


async def length(data: bytes, media_type: str, *, size: int | None = None) -> tuple[int, int]:
    """The length found, and how many octets were read for it. ``size`` as if so many stood there, zeros after ``data``."""
    whole, read_octets = size or len(data), 0

    async def read(start: int, end: int) -> bytes:
        nonlocal read_octets
        assert 0 <= start <= end <= whole
        read_octets += end - start
        return data[start:end].ljust(end - start, b"\0")

    return await seconds_of(read, whole, media_type), read_octets


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def movie(seconds: int, *, wide: bool = False) -> bytes:
    head = b"\1\0\0\0" + struct.pack(">QQIQ", 0, 0, 600, seconds * 600)
    narrow = b"\0\0\0\0" + struct.pack(">IIII", 0, 0, 600, seconds * 600)
    return box(b"moov", box(b"udta", b"x" * 30) + box(b"mvhd", (head if wide else narrow) + b"\0" * 80))


FTYP = box(b"ftyp", b"mp42\0\0\0\0mp42isom")


@pytest.mark.parametrize("wide", [False, True])
async def test_films_say_it_at_either_end(wide: bool) -> None:
    first = FTYP + movie(1830, wide=wide) + box(b"mdat", b"\0" * 1000)
    last = FTYP + box(b"mdat", b"\0" * 1000) + movie(1830, wide=wide)
    for data in (first, last):
        assert (await length(data, "video/mp4"))[0] == 1830


async def test_a_film_of_gigabytes_is_not_read_for_it() -> None:
    huge = 5 * 1024**3
    head = FTYP + movie(7200) + struct.pack(">I4sQ", 1, b"mdat", huge)
    found, read_octets = await length(head, "video/mp4", size=huge + len(head))
    assert found == 7200
    assert read_octets < 300


def element(name: int, body: bytes) -> bytes:
    return name.to_bytes((name.bit_length() + 7) // 8) + (len(body) | 1 << 28).to_bytes(4) + body


async def test_webm_says_it_in_its_info() -> None:
    info = element(
        0x1549A966, element(0x2AD7B1, (1_000_000).to_bytes(3)) + element(0x4489, struct.pack(">d", 95_400.0))
    )
    start = element(0x1A45DFA3, element(0x4282, b"webm"))
    unknown = (0x18538067).to_bytes(4) + b"\x01\xff\xff\xff\xff\xff\xff\xff"
    assert (await length(start + unknown + element(0xEC, b"\0" * 40) + info, "video/webm"))[0] == 95
    assert (await length(start + unknown + element(0xEC, b"\0" * 40), "video/webm"))[0] == 0


async def test_sound_says_it_too() -> None:
    page = b"OggS\0\2" + struct.pack("<q", 0) + b"\0" * 20
    end = b"OggS\0\4" + struct.pack("<q", 48_000 * 61) + b"\0" * 40
    assert (await length(page + b"OpusHead" + b"\0" * 60 + end, "audio/ogg"))[0] == 61
    vorbis = b"\x01vorbis\0\0\0\0\2" + struct.pack("<I", 44_100)
    end = b"OggS\0\4" + struct.pack("<q", 44_100 * 5) + b"\0" * 40
    assert (await length(page + vorbis + b"\0" * 60 + end, "audio/ogg"))[0] == 5
    frame = b"\xff\xfb\x90\x00"  # MPEG 1, layer III, 128 kbit/s, 44.1 kHz
    tag = b"ID3\4\0\0\0\0\1\0" + b"\0" * 128
    assert (await length(tag + frame + b"\0" * 159_996, "audio/mpeg"))[0] == 10
    counted = frame + b"\0" * 32 + b"Xing\0\0\0\1" + struct.pack(">I", 3829)
    assert (await length(counted + b"\0" * 500, "audio/mpeg"))[0] == 100


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (FTYP, "video/mp4"),
        (FTYP + box(b"moov", b""), "video/mp4"),
        (FTYP + box(b"moov", box(b"mvhd", b"\0" * 100)), "video/mp4"),
        (FTYP + movie(10**6), "video/mp4"),
        (FTYP + struct.pack(">I4s", 0, b"mdat"), "video/mp4"),
        (struct.pack(">I4s", 8, b"free") * 5000, "video/mp4"),
        (b"", "video/webm"),
        (b"OggS", "audio/ogg"),
        (b"\xff" * 5000, "audio/mpeg"),
        (b"\0" * 5000, "audio/mpeg"),
        (b"%PDF-1.4", "application/pdf"),
    ],
)
async def test_a_claim_that_leads_nowhere_is_no_length(data: bytes, media_type: str) -> None:
    assert (await length(data, media_type))[0] == 0


@settings(max_examples=200)
@given(
    st.binary(max_size=3000),
    st.sampled_from(TIMED),
    st.sampled_from([b"", FTYP, b"OggS", b"\x1a\x45\xdf\xa3", b"ID3"]),
)
async def test_no_octets_break_it(data: bytes, media_type: str, start: bytes) -> None:
    found, read_octets = await length(start + data, media_type)
    assert found >= 0
    assert read_octets < 400_000
