"""Pictures as people send them, decoded with care and encoded anew. Pure, and slow: use a thread, one at a time.

No octet of what was sent is kept: no metadata (places, names, previews of what was cut away), no second file hidden in
the first, no page for a browser that guesses.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable

from PIL import Image, ImageOps

from conference.errors import InvalidInput
from conference.i18n import _

ONE_AT_A_TIME = asyncio.Semaphore(1)
"""Decoding takes tens of megabytes: one at a time is quick enough, and many at once are an attack."""
_FORMATS = ("JPEG", "PNG", "WEBP")
# A JPEG is decoded at a fraction of its size; the others whole, at four octets a pixel.
_MOST_PIXELS = {"JPEG": 64_000_000, "PNG": 25_000_000, "WEBP": 25_000_000}
_MOST_DECODED = 25_000_000
# A progressive JPEG may go over the whole picture once per scan: real ones have about ten, a bomb thousands.
_MOST_SCANS = 100
_READABLE = 2400  # pixels of the shorter edge to which large JPEGs may shrink: an A4 sheet at 300 dpi


class PictureRefused(InvalidInput):
    """The file is no picture that can be taken; the message says why."""

    http_status = 422


def decoded(data: bytes, wanted: int, check: Callable[[int, int], None] | None = None) -> Image.Image:
    """The first frame of the picture, upright, in RGB or RGBA, with nothing beside it.

    A JPEG may come smaller than it is, with edges of at least ``wanted`` pixels. ``check`` is asked about width and
    height before anything is decoded. Raises PictureRefused, also by way of ``check``.
    """
    try:
        return _decoded(data, wanted, check)
    except PictureRefused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureRefused(_("The picture has more pixels than are accepted.")) from error
    except Exception as error:  # foreign octets: Pillow's decoders let out whatever they stumbled over
        raise _unreadable() from error


def encoded_anew(data: bytes, extension: str) -> bytes:
    """The picture alone, in the same format (``jpg``, ``png`` or ``webp``), large enough for its writing to be read.

    Raises PictureRefused.
    """
    picture = decoded(data, _READABLE)
    out = io.BytesIO()
    if extension == "jpg":
        bare(picture.convert("RGB")).save(out, "JPEG", quality=88)
    elif extension == "png":
        bare(picture).save(out, "PNG")
    else:
        bare(picture).save(out, "WEBP", quality=88, method=2)
    return out.getvalue()


def bare(picture: Image.Image) -> Image.Image:
    """A fresh picture: an encoder that finds a profile or a comment in ``info`` would write it."""
    fresh = Image.new(picture.mode, picture.size)
    fresh.paste(picture)
    return fresh


def _unreadable() -> PictureRefused:
    return PictureRefused(_("This file is no picture that can be read. Please send a JPEG, PNG or WebP."))


def _decoded(data: bytes, wanted: int, check: Callable[[int, int], None] | None) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
        kind = "JPEG" if opened.format in ("JPEG", "MPO") else opened.format or ""
        width, height = opened.size
        if width * height > _MOST_PIXELS.get(kind, 0):
            raise _too_many(width, height)
        if check is not None:
            check(width, height)
        if kind == "JPEG":
            if data.count(b"\xff\xda") > _MOST_SCANS:
                raise _unreadable()
            opened.draft("RGB", (wanted, wanted))
        if opened.size[0] * opened.size[1] > _MOST_DECODED:
            raise _too_many(width, height)
        opened.load()
        upright = ImageOps.exif_transpose(opened)
        has_alpha = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
        return upright.convert("RGBA" if has_alpha else "RGB")


def _too_many(width: int, height: int) -> PictureRefused:
    return PictureRefused(
        _("The picture has %(width)s × %(height)s pixels, which is more than is accepted.")
        % {"width": width, "height": height}
    )
