"""A photo as people send it, made into two small pictures that hold nothing but what is seen. Pure, and slow: use a thread."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image

from conference.i18n import _
from conference.pictures import PictureRefused, bare, decoded

LARGEST_BYTES = 15_000_000
"""Octets of the file as it is sent."""
ACCEPT = "image/jpeg,image/png,image/webp"
"""For the ``accept`` attribute of a file input. Telephones turn their own formats into JPEG when they see it."""
MEDIA_TYPE = "image/webp"
LARGE, SMALL = 800, 160
"""Longest edges in pixels: on a page of its own, and in lists (52 CSS pixels on a screen of three to one)."""
SMALLEST = 96
"""Shortest edge in pixels that may be sent: below it faces are squares."""
_WIDEST, _WIDEST_MARK = 4 / 3, 3.0


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
    upright = decoded(data, 2 * LARGE, _check)
    whole = _cut(upright, _WIDEST_MARK if is_mark else _WIDEST, 0.5 if is_mark else 0.3)
    large = _within(whole, LARGE)
    return Picture(_encoded(large), _encoded(_within(whole, SMALL)), *large.size)


def _check(width: int, height: int) -> None:
    if min(width, height) < SMALLEST:
        raise PictureRefused(
            _(
                "The photo is only %(width)s × %(height)s pixels. Please send one of at least %(least)s × %(least)s."
            )
            % {"width": width, "height": height, "least": SMALLEST}
        )
    if max(width, height) > 12 * min(width, height):
        raise PictureRefused(_("The photo is too long and narrow to be shown."))


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
    out = io.BytesIO()
    bare(picture).save(out, "WEBP", quality=82, method=4)
    return out.getvalue()
