"""A photo as people send it, made into two small pictures that hold nothing but what is seen. Pure, and slow: use a thread.

Whatever comes is decoded and encoded anew, so that no octet of what was sent is ever served: no metadata (places, names,
previews of what was cut away), no second file hidden in the first, no page for a browser that guesses.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageOps

from conference.errors import InvalidInput
from conference.i18n import _

LARGEST_BYTES = 15_000_000
"""Octets of the file as it is sent."""
ACCEPT = "image/jpeg,image/png,image/webp"
"""For the ``accept`` attribute of a file input. Telephones turn their own formats into JPEG when they see it."""
MEDIA_TYPE = "image/webp"
LARGE, SMALL = 800, 160
"""Longest edges in pixels: on a page of its own, and in lists (52 CSS pixels on a screen of three to one)."""
SMALLEST = 96
"""Shortest edge in pixels that may be sent: below it faces are squares."""
_FORMATS = ("JPEG", "PNG", "WEBP")
# A JPEG is decoded at a fraction of its size; the others whole, at four octets a pixel.
_MOST_PIXELS = {"JPEG": 64_000_000, "PNG": 25_000_000, "WEBP": 25_000_000}
# A progressive JPEG may go over the whole picture once per scan: real ones have about ten, a bomb thousands.
_MOST_SCANS = 100
_WIDEST, _WIDEST_MARK = 4 / 3, 3.0


class PictureRefused(InvalidInput):
    """The file cannot become a photo; the message says why."""

    http_status = 422


@dataclass(frozen=True)
class Picture:
    """Two encodings of one picture (WebP), and the size of the large one in pixels."""

    large: bytes
    small: bytes
    width: int
    height: int


def made_picture(data: bytes, *, is_mark: bool = False) -> Picture:
    """The file's picture, turned upright, cut to a shape near a square and made small.

    ``is_mark`` is for an organisation's sign: its shape is kept, since half a name is no name, unless it is
    very long. Only the first frame of a moving picture is kept. Raises PictureRefused.
    """
    if len(data) > LARGEST_BYTES:
        raise PictureRefused(
            _("The photo is larger than %(most)s MB.") % {"most": LARGEST_BYTES // 1_000_000}
        )
    try:
        upright = _decoded(data)
    except PictureRefused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureRefused(_("The photo has more pixels than are accepted.")) from error
    except Exception as error:  # foreign octets: Pillow's decoders let out whatever they stumbled over
        raise _unreadable() from error
    whole = _cut(upright, _WIDEST_MARK if is_mark else _WIDEST, 0.5 if is_mark else 0.3)
    large = _within(whole, LARGE)
    return Picture(_encoded(large), _encoded(_within(whole, SMALL)), *large.size)


def _unreadable() -> PictureRefused:
    return PictureRefused(_("This file is no picture that can be read. Please send a JPEG, PNG or WebP."))


def _decoded(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
        kind = "JPEG" if opened.format in ("JPEG", "MPO") else opened.format or ""
        width, height = opened.size
        if width * height > _MOST_PIXELS.get(kind, 0):
            raise PictureRefused(
                _("The photo has %(width)s × %(height)s pixels, which is more than is accepted.")
                % {"width": width, "height": height}
            )
        if min(width, height) < SMALLEST:
            raise PictureRefused(
                _(
                    "The photo is only %(width)s × %(height)s pixels. Please send one of at least %(least)s × %(least)s."
                )
                % {"width": width, "height": height, "least": SMALLEST}
            )
        if max(width, height) > 12 * min(width, height):
            raise PictureRefused(_("The photo is too long and narrow to be shown."))
        if kind == "JPEG":
            if data.count(b"\xff\xda") > _MOST_SCANS:
                raise _unreadable()
            opened.draft("RGB", (2 * LARGE, 2 * LARGE))
        opened.load()
        upright = ImageOps.exif_transpose(opened)
        has_alpha = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
        return upright.convert("RGBA" if has_alpha else "RGB")


def _cut(picture: Image.Image, widest: float, from_top: float) -> Image.Image:
    """The middle of a picture wider than ``widest`` times its height, or as much higher than wide.

    ``from_top`` says how much of what is cut goes off the top: heads are above the middle.
    """
    width, height = picture.size
    kept_width, kept_height = min(width, round(height * widest)), min(height, round(width * widest))
    left, top = (width - kept_width) // 2, round((height - kept_height) * from_top)
    return picture.crop((left, top, left + kept_width, top + kept_height))


def _within(picture: Image.Image, longest: int) -> Image.Image:
    small = picture.copy()
    small.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return small


def _encoded(picture: Image.Image) -> bytes:
    # A fresh picture: an encoder that finds a profile or a comment in ``info`` would write it.
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    out = io.BytesIO()
    bare.save(out, "WEBP", quality=82, method=4)
    return out.getvalue()
