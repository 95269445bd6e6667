"""Resources as ``ResourceRecord``: read whole, however many, in the same number of queries."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from conference import dates, texts
from conference.conferences import facts_of
from conference.tables import Conference
from sessions.packs.describing.resource_record import (
    Host,
    InPack,
    Maker,
    PublishedSession,
    Related,
    ResourceRecord,
    names_a_body,
)
from sessions.packs.queries import current_files
from sessions.packs.resource_facts import Creator, creators_from
from sessions.packs.tables import (
    LinkCheck,
    PackItem,
    Resource,
    ResourceKind,
    ResourceState,
    ResourceTopic,
    ResourceVersion,
)
from sessions.programme.snapshot import ReleasedProgramme
from sessions.queries import latest_programme
from sessions.tables import SpeakerKind


async def record_of(code: str, *, base_url: str) -> ResourceRecord | None:
    """The resource of this code, whatever its state; None where there is none."""
    if not code.isascii() or not code.isalnum() or len(code) > 12:
        return None
    row = await Resource.select(Resource.id).where(Resource.code == code).first()
    return (await records_of([row["id"]], base_url=base_url)).get(row["id"]) if row else None


async def records_of(ids: Iterable[int], *, base_url: str) -> dict[int, ResourceRecord]:
    """The resources (row ids) in the given order, whatever their state. Six queries, however many, and one for each release
    that is not at hand. ``base_url`` has no slash at its end."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return {}
    rows = {row["id"]: row for row in await Resource.select().where(Resource.id.is_in(wanted))}
    hosts = {
        conference.id: conference
        for conference in await Conference.objects().where(
            Conference.id.is_in(list({row["conference"] for row in rows.values()} | {0}))
        )
    }
    programmes = {
        conference_id: await latest_programme(conference) for conference_id, conference in hosts.items()
    }
    described = {conference_id: host_of(conference, base_url) for conference_id, conference in hosts.items()}
    kin = await _kin(rows)
    packs = await packs_by_resource([*rows, *(one["id"] for one in kin)])
    files, topics = await current_files(rows), await _topics(rows)
    return {
        row_id: _record(
            rows[row_id],
            described[rows[row_id]["conference"]],
            programmes[rows[row_id]["conference"]],
            base_url,
            packs=packs.get(row_id, ()),
            file=files.get(row_id),
            topics=tuple(name for name, _code in topics.get(row_id, ())),
            topic_codes=tuple(code for _name, code in topics.get(row_id, ())),
            related=tuple(_related(rows[row_id], kin, packs)),
        )
        for row_id in wanted
        if row_id in rows
    }


async def packs_by_resource(ids: Iterable[int]) -> dict[int, tuple[InPack, ...]]:
    """The packs in which each of the resources stands, in the organisers' order."""
    rows = (
        await PackItem.select(PackItem.resource.as_alias("resource"), *PackItem.pack.all_columns())
        .where(PackItem.resource.is_in([*ids, 0]))
        .order_by(PackItem.pack._.position, PackItem.pack)
    )
    found: dict[int, tuple[InPack, ...]] = defaultdict(tuple)
    for row in rows:
        found[row["resource"]] += (
            InPack(
                id=row["pack.id"],
                code=row["pack.code"],
                title=texts.decode(row["pack.title"]),
                state=row["pack.state"],
                access=row["pack.access"],
                published_at=row["pack.published_at"],
                embargo_until=row["pack.embargo_until"],
                expires_at=row["pack.expires_at"],
                first_out_at=row["pack.first_out_at"],
            ),
        )
    return found


async def silent_since(resource_id: int) -> datetime | None:
    """Since when the address of a link has not answered; None while it does, or nobody has looked yet."""
    row = await LinkCheck.select(LinkCheck.dead_since).where(LinkCheck.resource == resource_id).first()
    return row["dead_since"] if row else None


async def with_loose_captions(record: ResourceRecord) -> ResourceRecord:
    """A recording without captions of its own, with those that stand beside it in a pack and belong to nothing, where it is
    the pack's only recording: they can be of nothing else. Any other record as it is."""
    if not record.is_watched or any(
        one.relation == "with" and one.kind == ResourceKind.CAPTIONS for one in record.related
    ):
        return record
    kinds = (ResourceKind.RECORDING.value, ResourceKind.CAPTIONS.value)
    rows = (
        await PackItem.select(
            PackItem.pack,
            *[
                getattr(PackItem.resource._, name).as_alias(name)
                for name in ("id", "code", "kind", "title", "languages", "belongs_to")
            ],
        )
        .where(
            PackItem.pack.is_in([*(pack.id for pack in record.packs), 0])
            & PackItem.resource._.kind.is_in(list(kinds))
            & (PackItem.resource._.state == ResourceState.READY.value)
        )
        .order_by(PackItem.position, PackItem.id)
    )
    recordings: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        if row["kind"] == ResourceKind.RECORDING:
            recordings[row["pack"]].add(row["id"])
    loose = {
        row["id"]: row
        for row in rows
        if row["kind"] == ResourceKind.CAPTIONS
        and row["belongs_to"] is None
        and recordings[row["pack"]] <= {record.id}
    }
    packs = {pack.id: pack for pack in record.packs}
    found = [
        Related(
            relation="with",
            id=row["id"],
            code=row["code"],
            kind=row["kind"],
            title=texts.decode(row["title"]),
            languages=tuple(json.loads(row["languages"])),
            packs=(packs[row["pack"]],),
        )
        for row in loose.values()
    ]
    return replace(record, related=(*record.related, *found))


@dataclass(frozen=True)
class PastVersion:
    """A version of a resource: what changed with it (names of columns, "file"), and what was said of it to readers."""

    number: int
    made_at: datetime
    changes: tuple[str, ...]
    note: str


async def versions_of(resource_id: int) -> list[PastVersion]:
    """The versions of the resource, the newest first."""
    rows = (
        await ResourceVersion.select(
            ResourceVersion.number, ResourceVersion.made_at, ResourceVersion.changes, ResourceVersion.note
        )
        .where(ResourceVersion.resource == resource_id)
        .order_by(ResourceVersion.number, ascending=False)
    )
    return [
        PastVersion(row["number"], row["made_at"], tuple(json.loads(row["changes"])), row["note"])
        for row in rows
    ]


def host_of(conference: Conference, base_url: str) -> Host:
    """What a record says of its conference."""
    facts = facts_of(conference)
    return Host(
        id=conference.id,
        slug=conference.slug,
        name=facts.name,
        url=f"{base_url}/{conference.slug}",
        zone=conference.zone,
        languages=facts.languages,
        organiser=facts.organiser_name,
    )


async def _kin(rows: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of all that belongs to the resources, to which they belong, and what is the same in another language."""
    above = {row[name] for row in rows.values() for name in ("belongs_to", "translation_of")} - {None}
    originals = {row["translation_of"] for row in rows.values()} - {None}
    below = [*rows, *originals]
    return (
        await Resource.select(
            Resource.id,
            Resource.code,
            Resource.kind,
            Resource.title,
            Resource.languages,
            Resource.belongs_to,
            Resource.translation_of,
        )
        .where(
            (Resource.state == ResourceState.READY.value)
            & (
                Resource.id.is_in([*above, 0])
                | Resource.belongs_to.is_in(list(rows))
                | Resource.translation_of.is_in(below)
            )
        )
        .order_by(Resource.id)
    )


def _related(
    row: dict[str, Any], kin: list[dict[str, Any]], packs: dict[int, tuple[InPack, ...]]
) -> Iterable[Related]:
    original = row["translation_of"] or row["id"]
    for other in kin:
        if other["id"] == row["id"]:
            continue
        if other["id"] == row["belongs_to"]:
            relation = "of"
        elif other["belongs_to"] == row["id"]:
            relation = "with"
        elif other["id"] == original or other["translation_of"] == original:
            relation = "translation"
        else:
            continue
        yield Related(
            relation=relation,
            id=other["id"],
            code=other["code"],
            kind=other["kind"],
            title=texts.decode(other["title"]),
            languages=tuple(json.loads(other["languages"])),
            packs=packs.get(other["id"], ()),
            is_original=other["id"] == row["translation_of"],
        )


async def _topics(ids: Iterable[int]) -> dict[int, list[tuple[texts.LocalText, str]]]:
    """The names and codes of the topics of each resource, in the conference's order."""
    found: dict[int, list[tuple[texts.LocalText, str]]] = defaultdict(list)
    for row in (
        await ResourceTopic.select(
            ResourceTopic.resource,
            ResourceTopic.topic._.name.as_alias("name"),
            ResourceTopic.topic._.code.as_alias("code"),
        )
        .where(ResourceTopic.resource.is_in([*ids, 0]))
        .order_by(ResourceTopic.topic._.position, ResourceTopic.topic)
    ):
        found[row["resource"]].append((texts.decode(row["name"]), row["code"]))
    return found


def _record(
    row: dict[str, Any],
    host: Host,
    programme: ReleasedProgramme | None,
    base_url: str,
    **known: Any,
) -> ResourceRecord:
    extent = json.loads(row["extent"])
    first_out = row["first_out_at"]
    return ResourceRecord(
        id=row["id"],
        code=row["code"],
        url=f"{base_url}/resources/{row['code']}",
        kind=row["kind"],
        state=row["state"],
        title=texts.decode(row["title"]),
        host=host,
        description=texts.decode(row["description"]),
        languages=tuple(json.loads(row["languages"])),
        makers=tuple(_maker(person, programme) for person in creators_from(row["creators"])),
        licence_code=row["licence"],
        rights_holder=row["rights_holder"],
        issued=row["issued"] or (dates.local_date(first_out, host.zone).isoformat() if first_out else ""),
        accessibility=tuple(json.loads(row["accessibility"])),
        link=row["url"],
        seconds=int(extent.get("seconds", 0)),
        pages=int(extent.get("pages", 0)),
        width=int(extent.get("width", 0)),
        height=int(extent.get("height", 0)),
        chapters=tuple((int(one["at"]), one["title"]) for one in json.loads(row["chapters"])),
        session=_session(row["session"], programme),
        first_out_at=first_out,
        datestamp=row["datestamp"],
        version=row["version"],
        **known,
    )


def _maker(person: Creator, programme: ReleasedProgramme | None) -> Maker:
    """The person, as a speaker only where the published programme has them."""
    speaker = programme.speaker_by_code.get(person.speaker) if programme and person.speaker else None
    return Maker(
        name=person.name,
        role=person.role,
        orcid=person.orcid,
        speaker=speaker.code if speaker else "",
        is_organisation=speaker.kind == SpeakerKind.ORGANISATION if speaker else names_a_body(person.name),
    )


def _session(session_id: int | None, programme: ReleasedProgramme | None) -> PublishedSession | None:
    """A session is named only as it was published."""
    if session_id is None or programme is None:
        return None
    found = next((one for one in programme.sessions if one.id == session_id), None)
    return PublishedSession(found.code, found.title) if found else None
