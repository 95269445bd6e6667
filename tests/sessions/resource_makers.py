"""Rows of packs and resources for tests, made with as few words as the test needs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from conference import texts
from conference.codes import new_code
from conference.tables import Conference
from sessions.packs.search_index import index_resources
from sessions.packs.tables import PackItem, PackState, Resource, ResourceFile, ResourcePack, StoredContent
from tests.makers import NOW

OUT: dict[str, Any] = {"state": PackState.PUBLISHED, "published_at": NOW - timedelta(days=1)}
"""Columns of a pack that anyone may open."""


async def make_pack_row(conference: Conference, title: str = "Everything", **columns: Any) -> ResourcePack:
    """A pack, being put together unless ``columns`` say otherwise."""
    columns = {"code": new_code(), "changed_at": NOW, **columns}
    pack = ResourcePack(conference=conference.id, title=texts.encode({"en": title}), **columns)
    await pack.save()
    return pack


async def make_resource_row(
    conference: Conference, *packs: ResourcePack, title: str = "Slides", **columns: Any
) -> Resource:
    """A resource at the beginning of each pack, without a file."""
    columns = {"code": new_code(), "created_at": NOW, "datestamp": NOW, **columns}
    resource = Resource(conference=conference.id, title=texts.encode({"en": title}), **columns)
    await resource.save()
    for pack in packs:
        await PackItem(pack=pack.id, resource=resource.id).save()
    return resource


async def make_file_row(resource: Resource, filename: str = "slides.pdf", **content: Any) -> ResourceFile:
    """The resource's file; ``content`` are columns of its content. Nothing is put into a store."""
    content = {"key": f"ab/{resource.code}", "sha512": "0" * 128, "size": 1, "crc32": 0, **content}
    stored = StoredContent(touched_at=NOW, **content)
    await stored.save()
    file = ResourceFile(
        resource=resource.id,
        content=stored.id,
        filename=filename,
        media_type="application/octet-stream",
        uploaded_at=NOW,
    )
    await file.save()
    return file


async def shelve(pack: ResourcePack, title: str | dict[str, str], **columns: Any) -> Resource:
    """A resource of the pack as people find it: with a licence, a language, and in the index."""
    conference = await Conference.objects().get(Conference.id == pack.conference)
    assert conference is not None
    said = {"licence": "CC-BY-4.0", "first_out_at": NOW, "languages": '["en"]', "kind": "slides", **columns}
    made = await make_resource_row(conference, pack, **said)
    made.title = texts.encode({"en": title} if isinstance(title, str) else title)
    await made.save([Resource.title])
    await index_resources([made.id])
    return made
