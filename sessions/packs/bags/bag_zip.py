"""A bag as the zip it travels in: laid out, its files asked about, written to a file by the command line."""

from __future__ import annotations

import asyncio
import hashlib
import pickle
from collections import OrderedDict
from threading import Lock
from typing import BinaryIO

from conference.conferences import facts_of
from conference.errors import NotFound
from conference.i18n import _, current_language, use_language
from conference.storage import Storage, StorageUnavailable
from conference.tables import Conference
from conference.web import make_environment
from conference.zip_layout import ZipBroken, ZipLayout
from sessions.packs.bags.bag import bag_members
from sessions.packs.bags.bag_contents import Contents, bag_of
from sessions.packs.bags.bag_page import page_maker
from sessions.packs.bags.bagging import damaged, everything

_ASKED_AT_ONCE = 16  # files about which the store is asked at the same time
_environment = make_environment()


_MOST_KEPT = 16_000_000  # octets of zips that are kept in memory, without the stored files in them
_kept: OrderedDict[bytes, tuple[str, ZipLayout]] = OrderedDict()
_keeping = Lock()


def laid_out(contents: Contents) -> tuple[str, ZipLayout]:
    """The bag's name, and its zip, in the language in force. A second or so for a thousand resources: to be called in a thread.

    The last ones are kept: whoever resumes a download, or fetches it over several lines, asks for the same one many times.
    """
    key = hashlib.sha256(current_language().encode() + pickle.dumps(contents)).digest()
    with _keeping:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    bag = bag_of(contents, page_maker(_environment))
    made = bag.name, ZipLayout(bag_members(bag), bag.day)
    with _keeping:
        _kept[key] = made
        while len(_kept) > 1 and sum(layout.weight for _name, layout in _kept.values()) > _MOST_KEPT:
            _kept.popitem(last=False)
    return made


async def check_files(storage: Storage, layout: ZipLayout) -> None:
    """Asked before the first octet leaves: an error page is kinder than a download that breaks.

    Raises StorageUnavailable when a file is missing, has another length than it should, or is known to be damaged.
    """
    at_once = asyncio.Semaphore(_ASKED_AT_ONCE)

    async def is_there(key: str, size: int) -> bool:
        async with at_once:
            try:
                return await storage.size(key) == size
            except StorageUnavailable:
                return False

    keys = layout.keys
    if not all(await asyncio.gather(*(is_there(*one) for one in keys.items()))) or await damaged([*keys]):
        raise StorageUnavailable(_("A file of this pack cannot be found just now. Please try again later."))


async def write_everything(slug: str, out: BinaryIO, *, storage: Storage, base_url: str) -> None:
    """Write the bag of all packs of the conference, in its first language. Raises NotFound, StorageUnavailable; what was
    written until then is no zip."""
    conference = await Conference.objects().where(Conference.slug == slug).first()
    if conference is None:
        raise NotFound(_("There is no conference at /%(slug)s/.") % {"slug": slug})
    with use_language(facts_of(conference).languages[0]):
        contents = await everything(conference, base_url=base_url)
        if not contents.records:
            raise NotFound(_("There are no resources yet."))
        _name, layout = await asyncio.to_thread(laid_out, contents)
    await check_files(storage, layout)
    try:
        async for chunk in layout.stream(storage.stream):
            await asyncio.to_thread(out.write, chunk)
    except ZipBroken as error:
        raise StorageUnavailable(str(error)) from error
