"""The Dublin Core of a resource: what harvesters, bags and search engines' meta tags are told, all from one list.

Only the fifteen plain elements (DCMES 1.1), which is all that ``oai_dc`` allows; all optional and repeatable.
"""

from __future__ import annotations

from typing import NamedTuple

from conference.texts import LocalText
from sessions.packs.describing.resource_record import ResourceRecord
from sessions.packs.tables import ResourceKind


class Statement(NamedTuple):
    """An ``element`` of Dublin Core with its value; ``language`` (BCP 47) where the value is text in one, else ""."""

    element: str
    value: str
    language: str = ""


# The DCMI Type Vocabulary (dublincore.org/specifications/dublin-core/dcmi-type-vocabulary).
_TYPES: dict[str, str] = {
    ResourceKind.RECORDING: "MovingImage",
    ResourceKind.DATASET: "Dataset",
    ResourceKind.LINK: "InteractiveResource",
}
# What a file is says more than what it is for.
_TYPES_OF_MEDIA = {"video": "MovingImage", "audio": "Sound", "image": "StillImage"}


def dcmi_type(kind: str, media_type: str = "") -> str:
    """The DCMI type of a resource of this kind: a recording that is only heard is Sound, a picture StillImage."""
    return _TYPES_OF_MEDIA.get(media_type.partition("/")[0]) or _TYPES.get(kind, "Text")


def statements(record: ResourceRecord) -> list[Statement]:
    """Everything that Dublin Core can say of the resource, in the order of the elements' own list. Nothing is empty."""
    licence, host = record.licence, record.host
    session = record.session
    said = [
        *_texts("title", record.title),
        *(Statement("creator", maker.name) for maker in record.makers if maker.part in {"author", "editor"}),
        *(statement for topic in record.topics for statement in _texts("subject", topic)),
        *_texts("description", record.description),
        Statement("publisher", record.publisher),
        *(
            Statement("contributor", maker.name)
            for maker in record.makers
            if maker.part not in {"author", "editor"}
        ),
        Statement("date", record.issued),
        Statement("type", dcmi_type(record.kind, record.media_type)),
        Statement("type", record.kind),
        Statement("format", record.media_type),
        Statement("format", duration(record.seconds)),
        Statement("identifier", record.url),
        Statement("source", record.link),
        *(Statement("language", language) for language in record.languages),
        *_texts("relation", host.name),
        Statement("relation", f"{host.url}/sessions/{session.code}" if session else ""),
        Statement("rights", licence.url if licence else ""),
        Statement("rights", f"© {record.rights_holder}" if record.rights_holder else ""),
    ]
    return list(dict.fromkeys(statement for statement in said if statement.value))


def duration(seconds: int) -> str:
    """A length as ISO 8601 writes it, "PT1H5M9S"; "" for none."""
    if seconds <= 0:
        return ""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = ((hours, "H"), (minutes, "M"), (rest, "S"))
    return "PT" + "".join(f"{number}{unit}" for number, unit in parts if number)


def _texts(element: str, text: LocalText) -> list[Statement]:
    return [Statement(element, value, language) for language, value in text.items() if value]
