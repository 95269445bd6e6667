"""How long a recording is, read from a few octets of its file. Pure but for the reading, which is handed in.

Nothing is decoded, and no file can make it read more than some hundred kilobytes: a claim that leads nowhere is no length.
"""

from __future__ import annotations

import struct
from collections.abc import Awaitable, Callable

Read = Callable[[int, int], Awaitable[bytes]]
"""Octets of the file from a position to before another."""

TIMED = ("video/mp4", "audio/mp4", "video/webm", "audio/ogg", "audio/mpeg")
_HEAD = 64 * 1024
_MOST_BOXES = 300
_LONGEST = 7 * 24 * 3600  # seconds: what says more is broken


async def seconds_of(read: Read, size: int, media_type: str) -> int:
    """The length in whole seconds, at least 1; 0 where the file does not say."""
    try:
        if media_type in ("video/mp4", "audio/mp4"):
            seconds = await _of_mp4(read, size)
        elif media_type == "video/webm":
            seconds = _of_webm(await read(0, min(size, _HEAD)))
        elif media_type == "audio/ogg":
            seconds = await _of_ogg(read, size)
        elif media_type == "audio/mpeg":
            seconds = await _of_mp3(read, size)
        else:
            seconds = 0.0
    except (struct.error, IndexError, ZeroDivisionError, OverflowError, ValueError):
        return 0
    return max(1, round(seconds)) if 0 < seconds <= _LONGEST else 0


async def _of_mp4(read: Read, size: int) -> float:
    """ISO/IEC 14496-12: the duration in the movie header (mvhd) within moov, which may stand at either end."""
    position, end = 0, size
    for _box in range(_MOST_BOXES):
        if position + 8 > end:
            break
        head = await read(position, min(position + 40, end))
        length, kind = struct.unpack(">I4s", head[:8])
        skipped = 8
        if length == 1:  # a length that needs 64 bits stands after the kind
            length, skipped = struct.unpack(">Q", head[8:16])[0], 16
        elif length == 0:
            length = end - position
        if length < skipped:
            break
        if kind == b"mvhd":
            body = head[skipped:]
            wide = body[0] == 1
            scale, duration = struct.unpack(">IQ" if wide else ">II", body[20:32] if wide else body[12:20])
            return 0.0 if duration in (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF) else float(duration / scale)
        if kind == b"moov":
            position, end = position + skipped, min(position + length, end)
        else:
            position += length
    return 0.0


_SEGMENT, _INFO, _SCALE, _DURATION = 0x18538067, 0x1549A966, 0x2AD7B1, 0x4489


def _of_webm(head: bytes) -> float:
    """RFC 9559: Duration within Info, in units of TimestampScale nanoseconds."""
    scale, position = 1_000_000, 0
    for _element in range(_MOST_BOXES):
        name, position = _number(head, position, keeps_mark=True)
        length, position = _number(head, position)
        if name in (_SEGMENT, _INFO):
            continue  # what is inside
        body = head[position : position + length]
        if name == _SCALE:
            scale = int.from_bytes(body)
        elif name == _DURATION:
            duration = struct.unpack(">f" if length == 4 else ">d", body)[0]
            return float(duration * scale / 1e9)
        position += length
    return 0.0


def _number(data: bytes, position: int, *, keeps_mark: bool = False) -> tuple[int, int]:
    """RFC 8794 4: a number whose first octet's leading zeros say how many octets it has, and the place after it."""
    first = data[position]
    length = 9 - first.bit_length()
    if length > 8:
        raise ValueError("no number")
    value = int.from_bytes(data[position : position + length])
    return (value if keeps_mark else value & ((1 << 7 * length) - 1)), position + length


async def _of_ogg(read: Read, size: int) -> float:
    """RFC 3533: the place in time of the last page, in samples; of Opus always 48,000 a second (RFC 7845 4)."""
    head = await read(0, min(size, 200))
    if b"OpusHead" in head:
        rate = 48_000
    else:
        place = head.index(b"\x01vorbis") + 12
        rate = struct.unpack("<I", head[place : place + 4])[0]
    tail = await read(max(0, size - _HEAD), size)
    place = tail.rindex(b"OggS") + 6
    return float(struct.unpack("<q", tail[place : place + 8])[0] / rate)


_RATES = (44_100, 48_000, 32_000)
_KILOBITS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)  # MPEG 1, layer III
_KILOBITS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)  # MPEG 2 and 2.5, layer III


async def _of_mp3(read: Read, size: int) -> float:
    """ISO/IEC 11172-3: from the count of frames in the first one (Xing, Info), else from its rate, as if all had it."""
    head = await read(0, min(size, 10))
    start = 0
    if head[:3] == b"ID3":  # ID3v2 6.2: seven bits in each octet
        start = 10 + sum(octet << shift for octet, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
    start = min(start, size)
    frame = await read(start, min(size, start + 4096))
    place = next(
        (at for at in range(len(frame) - 4) if frame[at] == 0xFF and frame[at + 1] & 0xE0 == 0xE0), None
    )
    if place is None:
        return 0.0
    version, bits = frame[place + 1] >> 3 & 3, frame[place + 2]
    is_first = version == 3
    rate = _RATES[bits >> 2 & 3] >> (0 if is_first else 1 if version == 2 else 2)
    for mark in (b"Xing", b"Info"):
        at = frame.find(mark, place, place + 200)
        if at >= 0 and frame[at + 7] & 1:
            frames = struct.unpack(">I", frame[at + 8 : at + 12])[0]
            return float(frames * (1152 if is_first else 576) / rate)
    kilobits = (_KILOBITS if is_first else _KILOBITS_2)[bits >> 4]
    return (size - start) * 8 / (kilobits * 1000)
