"""What search engines read of resources and packs: schema.org as JSON-LD. Only what the pages say as well."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from conference.dates import iso_utc
from sessions.packs.describing.dublin_core import duration
from sessions.packs.describing.resource_record import Host, InPack, Maker, ResourceRecord
from sessions.packs.licences import LICENCES
from sessions.packs.tables import ResourceKind
from sessions.programme.structured_data import without_blanks

Data = dict[str, Any]
_LONGEST = 500  # characters of a description
_MOST_ITEMS = 150  # told within a pack's data: a page for people must stay light


def resource_data(
    record: ResourceRecord,
    language: str,
    *,
    packs: Sequence[InPack] = (),
    file_url: str = "",
    preview_url: str = "",
    is_free: bool = True,
) -> Data:
    """A resource. ``packs`` are those the reader may know; ``file_url`` and ``preview_url`` are whole addresses, empty where
    the file is not there for everyone."""
    return (
        {"@context": "https://schema.org"}
        | brief_data(record, language)
        | without_blanks(
            {
                "description": record.text(record.description, language)[:_LONGEST]
                or (record.text(record.title, language) if record.is_watched else ""),
                "keywords": [record.text(topic, language) for topic in record.topics],
                "datePublished": record.issued,
                "dateModified": iso_utc(record.datestamp) if record.datestamp else "",
                "version": str(record.version),
                "author": [_who(record, maker) for maker in record.makers if maker.part == "author"],
                "editor": [_who(record, maker) for maker in record.makers if maker.part == "editor"],
                "translator": [_who(record, maker) for maker in record.makers if maker.part == "translator"],
                "contributor": [
                    _who(record, maker) for maker in record.makers if maker.part == "contributor"
                ],
                "publisher": {"@type": "Organization", "name": record.publisher},
                "copyrightHolder": {"@type": "Person", "name": record.rights_holder}
                if record.rights_holder
                else None,
                "accessibilityFeature": list(record.accessibility),
                "isAccessibleForFree": is_free,
                "encodingFormat": record.media_type,
                "contentSize": f"{record.file.size} B" if record.file and file_url else "",
                "contentUrl": file_url,
                "thumbnailUrl": preview_url,
                "duration": duration(record.seconds),
                # Asked for of every video: when it was first to be seen.
                "uploadDate": iso_utc(record.first_out_at)
                if record.first_out_at and record.is_watched
                else "",
                "hasPart": _clips(record),
                "recordedAt": _session(record, language) if record.is_watched else None,
                "about": _session(record, language) if not record.is_watched else None,
                "isPartOf": [
                    *(
                        {"@type": "Collection", "@id": url, "url": url, "name": name}
                        for url, name in _places(record, packs, language)
                    ),
                ],
                "workTranslation": _kin(record, "translation", is_original=False),
                "translationOfWork": _kin(record, "translation", is_original=True),
                "subjectOf": _event(record.host, language),
            }
        )
    )


def brief_data(record: ResourceRecord, language: str) -> Data:
    """A resource within the data of a pack: the rest stands on its own page."""
    licence = record.licence
    return without_blanks(
        {
            "@type": types_of(record),
            "@id": record.url,
            "url": record.url,
            "name": record.text(record.title, language),
            "inLanguage": list(record.languages),
            "learningResourceType": record.kind,
            "license": licence.url if licence else "",
        }
    )


def types_of(record: ResourceRecord) -> list[str]:
    """What schema.org calls it: everything here is to learn from, and some of it is more."""
    more = "AudioObject" if record.media_type.startswith("audio/") else "VideoObject"
    if record.is_watched:
        return [more, "LearningResource"]
    if record.kind == ResourceKind.DATASET:
        return ["Dataset", "LearningResource"]
    return ["LearningResource"]


def pack_data(
    host: Host,
    language: str,
    *,
    url: str,
    name: str,
    description: str,
    changed_at: datetime,
    records: Sequence[ResourceRecord],
) -> Data:
    """A pack: a collection, and the list of what is in it in the organisers' order."""
    licences = dict.fromkeys(record.licence_code for record in records if record.licence_code)
    return {"@context": "https://schema.org"} | without_blanks(
        {
            "@type": ["Collection", "ItemList"],
            "@id": url,
            "url": url,
            "name": name,
            "description": description[:_LONGEST],
            "dateModified": iso_utc(changed_at),
            "inLanguage": list(dict.fromkeys(tag for record in records for tag in record.languages)),
            "license": [LICENCES[code].url for code in licences if code in LICENCES],
            "publisher": {"@type": "Organization", "name": host.organiser or host.own_name},
            "isAccessibleForFree": True,
            "about": _event(host, language),
            "numberOfItems": len(records),
            "itemListElement": [
                {"@type": "ListItem", "position": place, "item": brief_data(record, language)}
                for place, record in enumerate(records[:_MOST_ITEMS], 1)
            ],
        }
    )


def _who(record: ResourceRecord, maker: Maker) -> Data:
    return without_blanks(
        {
            "@type": "Organization" if maker.is_organisation else "Person",
            "@id": f"https://orcid.org/{maker.orcid}" if maker.orcid else "",
            "name": maker.name,
            "url": f"{record.host.url}/speakers/{maker.speaker}" if maker.speaker else "",
        }
    )


def _clips(record: ResourceRecord) -> list[Data]:
    """The chapters. A clip ends where the next begins; the last at the end, as far as that is known."""
    ends = [at for at, _title in record.chapters[1:]] + [record.seconds]
    return [
        without_blanks(
            {
                "@type": "Clip",
                "name": title,
                "startOffset": at,
                "endOffset": end if end > at else None,
                "url": f"{record.url}?t={at}",
            }
        )
        for (at, title), end in zip(record.chapters, ends, strict=False)
    ]


def _session(record: ResourceRecord, language: str) -> Data | None:
    if record.session is None:
        return None
    url = f"{record.host.url}/sessions/{record.session.code}"
    return {"@type": "Event", "@id": url, "url": url, "name": record.text(record.session.title, language)}


def _event(host: Host, language: str) -> Data:
    name = host.name.get(language) or host.own_name
    return {"@type": "EducationEvent", "@id": f"{host.url}/", "url": f"{host.url}/", "name": name}


def _places(record: ResourceRecord, packs: Sequence[InPack], language: str) -> list[tuple[str, str]]:
    return [(f"{record.host.url}/resources/{pack.code}", record.text(pack.title, language)) for pack in packs]


def _kin(record: ResourceRecord, relation: str, *, is_original: bool) -> list[Data]:
    base = record.url.rpartition("/")[0]
    return [
        {"@type": "LearningResource", "@id": f"{base}/{one.code}", "inLanguage": list(one.languages)}
        for one in record.related
        if one.relation == relation and one.is_original is is_original
    ]
