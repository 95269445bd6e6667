"""Run as a process of its own: a file on disk, a picture of its first page on standard output.

What strangers' PDFs and pictures do to a decoder ends with this process: it may take no more than so much memory, time and
disk. Nothing of the project is imported here, which keeps the start quick. Nothing in a PDF runs: PDFium is built without
JavaScript, and no form is set up.

Written are a line of JSON ({"pages", "width", "height"}, the last two of the page or picture itself) and the picture as WebP;
nothing where none can be made.
"""

from __future__ import annotations

import io
import json
import resource
import sys

from PIL import Image, ImageOps

MOST_MEMORY = 1_000_000_000  # bytes
MOST_PIXELS = 64_000_000
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


def limit(most_seconds: int) -> None:
    """Bind this process to its limits, before anything is read; ``most_seconds`` of the processor."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (most_seconds, most_seconds))
    resource.setrlimit(
        resource.RLIMIT_FSIZE, (0, 0)
    )  # pipes are not files: nothing is to be written elsewhere
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def first_page(path: str, longest: int) -> tuple[Image.Image, dict[str, int]]:
    """The first page of a PDF, its longer edge ``longest`` pixels."""
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    page = document[0]
    width, height = page.get_size()
    if not (0 < width < 1e6 and 0 < height < 1e6):
        raise ValueError("a page without a size")
    # No more pixels than wanted, however large the page says it is; of a sliver at least something.
    scale = longest / max(width, height)
    picture = page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
    return picture, {"pages": len(document), "width": round(width), "height": round(height)}


def small_picture(path: str, longest: int) -> tuple[Image.Image, dict[str, int]]:
    """A picture, upright, within ``longest`` pixels; of a moving one the first frame."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2  # at twice as many Pillow refuses
    with Image.open(path, formats=_FORMATS) as opened:
        opened.draft("RGB", (longest, longest))
        told = opened.size
        upright = ImageOps.exif_transpose(opened)
        whole = upright.convert(
            "RGBA" if "A" in upright.getbands() or "transparency" in upright.info else "RGB"
        )
    whole.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    is_turned = (told[0] > told[1]) != (whole.width > whole.height)
    width, height = reversed(told) if is_turned else told
    return whole, {"pages": 0, "width": width, "height": height}


def main(media_type: str, path: str, longest: int, most_seconds: int) -> None:
    """Write the picture, or nothing."""
    limit(most_seconds)
    try:
        make = first_page if media_type == "application/pdf" else small_picture
        picture, told = make(path, longest)
        # A fresh picture: an encoder that finds a profile or a comment in ``info`` would write it.
        bare = Image.new(picture.mode, picture.size)
        bare.paste(picture)
        out = io.BytesIO()
        bare.save(out, "WEBP", quality=78, method=4)
    except (Exception, MemoryError):  # foreign octets: decoders let out whatever they stumbled over
        return
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + out.getvalue())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
