"""Packs as BagIt bags in a zip, for readers and for the team: sent as they are put together, from any octet on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

from litestar.response import Response

from conference.downloads import ranged_response
from conference.errors import DomainError
from conference.filenames import content_disposition
from conference.i18n import _
from conference.storage import Storage
from conference.tables import Conference
from conference.web import AnyRequest, settings_of
from conference.zip_layout import ZipBroken
from sessions.controllers.visits import not_here
from sessions.packs.bags.bag_contents import Contents
from sessions.packs.bags.bag_zip import check_files, laid_out
from sessions.packs.bags.bagging import pack_contents
from sessions.packs.tables import ResourcePack

logger = logging.getLogger("meridian.resources")


async def pack_as_zip(request: AnyRequest, conference: Conference, pack: ResourcePack) -> Response[Any]:
    """The pack, for somebody who may open it: the same octets each time until the pack changes."""
    contents = await pack_contents(conference, pack, base_url=settings_of(request).base_url)
    if not contents.records:
        raise not_here(_("There is nothing in this pack yet."))
    return await bag_as_zip(request, contents)


async def bag_as_zip(request: AnyRequest, contents: Contents) -> Response[Any]:
    """The contents as an answer to a GET or HEAD, in the reader's language. Raises StorageUnavailable where a file is missing."""
    name, layout = await asyncio.to_thread(laid_out, contents)
    storage: Storage = request.app.state.storage
    if (
        "range" not in request.headers
    ):  # whoever resumes has been through this, and meets a missing file at its place
        await check_files(storage, layout)

    def read(start: int, end: int) -> AsyncIterator[bytes]:
        return _told(layout.stream(storage.stream, start, end), contents.url)

    return await ranged_response(
        request,
        read,
        size=layout.size,
        media_type="application/zip",
        headers={
            "etag": layout.etag,
            "cache-control": "private, no-cache",
            "vary": "accept-language, cookie",
            "content-disposition": content_disposition(f"{name}.zip"),
        },
    )


async def _told(chunks: AsyncIterator[bytes], what: str) -> AsyncIterator[bytes]:
    """The octets; that a download broke off is written down, and the connection is cut, so that nobody takes it for whole."""
    try:
        async for chunk in chunks:
            yield chunk
    except (DomainError, ZipBroken) as error:
        logger.error("the download of %s broke off: %s", what, error)
        raise
