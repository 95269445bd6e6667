"""A citation as a file to save."""

from __future__ import annotations

from collections.abc import Mapping

from litestar.response import Response

from conference.filenames import content_disposition
from sessions.packs.describing.citations import FORMATS, Work


def citation_file(work: Work, extension: str, headers: Mapping[str, str]) -> Response[bytes]:
    """The citation in one of the formats, as a file to save."""
    written = FORMATS[extension]
    return Response(
        written.write([work]).encode(),
        headers={
            **headers,
            "content-type": f"{written.media_type}; charset=utf-8",
            "content-disposition": content_disposition(f"{work.key}.{extension}"),
            "access-control-allow-origin": "*",  # what the page says to everyone, for reference managers in browsers
        },
    )
