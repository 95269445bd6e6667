"""Pure: ``data/metadata.json`` of a bag: everything that was said, in all languages, so that a bag can come back as it went."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from conference import dates
from sessions.packs.describing.resource_record import ResourceRecord

if TYPE_CHECKING:
    from sessions.packs.bags.bag_contents import Contents

FORMAT = "meridian-bag-metadata"
"""By this name the file is known for what it is."""
VERSION = 1


def written(contents: Contents, paths: Mapping[str, str]) -> bytes:
    """The file. ``paths`` are those of resources below ``data/``, by code."""
    host = contents.host
    said = {
        "format": FORMAT,
        "version": VERSION,
        "title": contents.title,
        "description": contents.about,
        "identifier": contents.url,
        "modified": dates.iso_utc(contents.changed_at),
        "conference": {
            "slug": host.slug,
            "name": host.name,
            "url": host.url,
            "organiser": host.organiser,
            "languages": list(host.languages),
        },
        "packs": [
            {
                "code": pack.code,
                "url": pack.url,
                "title": pack.title,
                "note": pack.note,
                "access": pack.access,
                "session": pack.session,
                "items": [{"resource": item.record.code, "note": item.note} for item in pack.items],
            }
            for pack in contents.packs
        ],
        "resources": [_resource(record, paths) for record in contents.records],
    }
    return (json.dumps(said, ensure_ascii=False, indent=2) + "\n").encode()


def _resource(record: ResourceRecord, paths: Mapping[str, str]) -> dict[str, Any]:
    inside = {other.relation: other.code for other in record.related if other.code in paths}
    original = next((other.code for other in record.related if other.is_original and other.code in paths), "")
    said: dict[str, Any] = {
        "code": record.code,
        "url": record.url,
        "kind": record.kind,
        "title": record.title,
        "description": record.description,
        "languages": list(record.languages),
        "creators": [
            {
                name: value
                for name, value in (
                    ("name", maker.name),
                    ("role", maker.role),
                    ("orcid", maker.orcid),
                    ("speaker", maker.speaker),
                )
                if value
            }
            for maker in record.makers
        ],
        "licence": record.licence_code,
        "licence_url": record.licence.url if record.licence else "",
        "rights_holder": record.rights_holder,
        "issued": record.issued,
        "accessibility": list(record.accessibility),
        "topics": list(record.topics),
        "chapters": [{"at": at, "title": title} for at, title in record.chapters],
        "session": {"code": record.session.code, "title": record.session.title} if record.session else None,
        "belongs_to": inside.get("of", ""),
        "translation_of": original,
        "path": paths[record.code],
    }
    if record.file is None:
        return said | {"link": record.link}
    file = record.file
    return said | {
        "file": {
            "filename": file.filename,
            "media_type": file.media_type,
            "size": file.size,
            "sha512": file.sha512,
        }
    }
