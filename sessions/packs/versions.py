"""The history of a resource: each version as a row, with what changed, by whom and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from conference.viewer import SignedInOrganiser
from sessions.packs.tables import Resource, ResourceFile, ResourceVersion

FACTS = (
    "kind",
    "title",
    "description",
    "languages",
    "creators",
    "licence",
    "rights_holder",
    "issued",
    "accessibility",
    "url",
    "chapters",
)
"""The columns of ``Resource`` that a version remembers. Its topics and relations are of today only."""
FILE = "file"
"""What ``ResourceVersion.changes`` calls a new file."""


def facts_of(resource: Resource) -> dict[str, Any]:
    """What a resource says of itself, by column."""
    return {name: getattr(resource, name) for name in FACTS}


def changed_facts(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The names of the columns that differ, in their order."""
    return [name for name in FACTS if name in after and before.get(name) != after[name]]


async def note_version(
    resource_id: int,
    changes: Sequence[str],
    *,
    actor: SignedInOrganiser | str,
    note: str = "",
    now: datetime,
) -> int:
    """Remember the resource as it stands now as its next version, inside the transaction that changed it; its number.

    The first call for a resource makes version 1, whatever ``changes`` are.
    """
    resource = await Resource.objects().get(Resource.id == resource_id)
    if resource is None:
        raise LookupError(f"resource {resource_id}")
    is_first = not await ResourceVersion.exists().where(ResourceVersion.resource == resource_id)
    number = 1 if is_first else resource.version + 1
    file = (
        await ResourceFile.select(ResourceFile.id)
        .where((ResourceFile.resource == resource_id) & ResourceFile.is_current.eq(True))
        .first()
    )
    await ResourceVersion(
        resource=resource_id,
        number=number,
        made_at=now,
        actor=actor if isinstance(actor, str) else actor.label,
        note=note,
        changes=json.dumps([] if is_first else list(changes)),
        facts=json.dumps(facts_of(resource), ensure_ascii=False),
        file=file["id"] if file else None,
    ).save()
    await Resource.update({Resource.version: number, Resource.datestamp: now.replace(microsecond=0)}).where(
        Resource.id == resource_id
    )
    return number
