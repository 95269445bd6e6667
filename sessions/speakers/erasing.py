"""A speaker is erased: the whole record where nothing public needs it, else all that is private, and the name where they wish."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from piccolo.columns.combination import WhereRaw

from conference import audit, leaving_files
from conference.conferences import touch_public
from conference.forgetting import GONE
from conference.tables import AuditEntry, Conference
from sessions.packs.held_packs import stamp, write_pack
from sessions.packs.placing import packs_with
from sessions.packs.removing import delete_resources
from sessions.packs.search_index import index_resources
from sessions.packs.tables import Resource, ResourceChase, ResourceVersion, Upload
from sessions.schedule.draft_changes import touch_draft
from sessions.speakers.photos import photo_of
from sessions.speakers.records import slots_of_speaker
from sessions.tables import Appearance, Availability, KeptDraft, Release, Speaker, SpeakerRequest

WITHHELD = "N. N."
"""Nomen nescio: what programmes in any language print for somebody who is not named."""

_PRIVATE: dict[Any, Any] = {
    Speaker.email: "",
    Speaker.access_needs: "",
    Speaker.technical_needs: "",
    Speaker.internal_notes: "",
    Speaker.guid: "",
    Speaker.language: "",
    Speaker.link_hash: None,
    Speaker.link_expires_at: None,
    Speaker.availability_given_at: None,
}
_PUBLIC: dict[Any, Any] = {
    Speaker.name: WITHHELD,
    Speaker.pronouns: "",
    Speaker.job_title: "",
    Speaker.organisation: "",
    Speaker.country: "",
    Speaker.biography: "{}",
    Speaker.links: "[]",
    Speaker.orcid: "",
    Speaker.photo_key: "",
}
_KEPT_OF_RELEASED = ("code", "kind", "zone")


async def is_published(speaker: Speaker) -> bool:
    """Whether a release names the speaker, or a resource that readers have seen. Two queries."""
    here = speaker.conference
    if await Release.exists().where(
        (Release.conference == here) & Release.snapshot.like(f'%"code":"{speaker.code}"%')
    ):
        return True
    return bool(await _credited(speaker, "AND first_out_at IS NOT NULL"))


async def erase_speakers(
    conference: Conference, numbers: Sequence[int], *, withholds_name: bool, now: datetime
) -> None:
    """Erase these speakers (row ids). Joins the transaction that erases the person.

    Who was never published goes with all that is theirs. Of others everything private goes; their name, photo and biography
    stay with their talks unless ``withholds_name``: then programme, resources and every release say N. N.
    """
    for speaker in await Speaker.objects().where(Speaker.id.is_in(list(numbers) or [0])).order_by(Speaker.id):
        slots = await slots_of_speaker(speaker.id)
        stays = await is_published(speaker)
        await _forget_entries(conference, speaker, is_named=stays and not withholds_name)
        for table in (Availability, SpeakerRequest, ResourceChase, Upload):
            await table.delete().where(WhereRaw("speaker = {}", speaker.id))
        if stays and not withholds_name:
            await _blank(speaker, _PRIVATE)
        else:
            await _uncredit(conference, speaker, now)
            await _leave_photo(speaker, now)
            if stays:
                await _blank(speaker, {**_PRIVATE, **_PUBLIC})
                await _withhold_in_releases(conference, speaker, now)
            else:
                await _drop_handed_in(conference, speaker, now)
                await Speaker.delete().where(Speaker.id == speaker.id)
        await _forget_kept_drafts(conference, speaker)
        await touch_public(conference.id)
        await touch_draft(conference.id, slots=slots, actor=None, now=now)
        await audit.record(
            conference_id=conference.id,
            actor="privacy",
            action="speaker-erased",
            subject=f"speaker:{speaker.code if stays else 'erased'}",
            after={"stays_published": stays, "name_withheld": stays and withholds_name},
            now=now,
        )


async def _blank(speaker: Speaker, values: dict[Any, Any]) -> None:
    await Speaker.update({**values, Speaker.revision: speaker.revision + 1}).where(Speaker.id == speaker.id)
    await Appearance.update({Appearance.answer_note: ""}).where(Appearance.speaker == speaker.id)


async def _leave_photo(speaker: Speaker, now: datetime) -> None:
    if photo := photo_of(speaker.photo_key):
        await leaving_files.note([photo.key, photo.small_key], now)


async def _forget_entries(conference: Conference, speaker: Speaker, *, is_named: bool) -> None:
    """The record of changes says that a speaker's record was changed, and not any more how, nor what they did by name."""
    about = (AuditEntry.conference == conference.id) & (AuditEntry.subject == f"speaker:{speaker.code}")
    await AuditEntry.update({AuditEntry.before: "{}", AuditEntry.after: "{}"}).where(about)
    if not is_named:
        done = (AuditEntry.conference == conference.id) & (AuditEntry.actor == speaker.name)
        await AuditEntry.update({AuditEntry.actor: GONE}).where(done)
        for row in await AuditEntry.select(AuditEntry.id, AuditEntry.before, AuditEntry.after).where(
            (AuditEntry.conference == conference.id)
            & WhereRaw(
                "(CAST(before AS VARCHAR) LIKE {} OR CAST(after AS VARCHAR) LIKE {})",
                f"%{_as_json(speaker.name)}%",
                f"%{_as_json(speaker.name)}%",
            )
        ):
            await AuditEntry.update(
                {
                    AuditEntry.before: _unnamed(row["before"], speaker.name, GONE),
                    AuditEntry.after: _unnamed(row["after"], speaker.name, GONE),
                }
            ).where(AuditEntry.id == row["id"])


async def _drop_handed_in(conference: Conference, speaker: Speaker, now: datetime) -> None:
    """What they handed in and no reader has seen; its bytes are swept when nothing else needs them."""
    unseen = await Resource.objects().where(
        (Resource.speaker == speaker.id) & Resource.first_out_at.is_null()
    )
    await delete_resources(conference, unseen, now=now)


# --- resources ---------------------------------------------------------------------------------------------------------


async def _credited(speaker: Speaker, further: str = "") -> list[int]:
    """Row ids of resources that credit the speaker, or that they handed in."""
    rows = await Resource.raw(
        "SELECT id FROM resource WHERE conference = {}"  # noqa: S608 - written here, values are arguments
        f" AND (speaker = {{}} OR CAST(creators AS VARCHAR) LIKE {{}} OR CAST(creators AS VARCHAR) LIKE {{}}) {further}",
        speaker.conference,
        speaker.id,
        f'%"{speaker.code}"%',
        f'%"{_as_json(speaker.name)}"%',
    )
    return [row["id"] for row in rows]


async def _uncredit(conference: Conference, speaker: Speaker, now: datetime) -> None:
    """Resources, and their earlier versions, credit N. N. (a licence's attribution may be asked away: CC BY 4.0, 3(a)(3))."""
    numbers = await _credited(speaker)
    for resource in await Resource.objects().where(Resource.id.is_in(numbers or [0])):
        values: dict[Any, Any] = {
            Resource.creators: _without_creator(resource.creators, speaker),
            Resource.revision: resource.revision + 1,
        }
        for column in (Resource.licence_agreed_by, Resource.rights_holder):
            if getattr(resource, column._meta.name) in (speaker.name, speaker.email):
                values[column] = WITHHELD
        await Resource.update(values).where(Resource.id == resource.id)
    for version in await ResourceVersion.objects().where(ResourceVersion.resource.is_in(numbers or [0])):
        facts = json.loads(version.facts)
        if "creators" in facts:
            told = facts["creators"]
            people = _without_creator(told if isinstance(told, str) else json.dumps(told), speaker)
            facts["creators"] = people if isinstance(told, str) else json.loads(people)
        for name in ("licence_agreed_by", "rights_holder"):
            if facts.get(name) in (speaker.name, speaker.email) and facts.get(name):
                facts[name] = WITHHELD
        await ResourceVersion.update(
            {
                ResourceVersion.facts: json.dumps(facts, ensure_ascii=False),
                ResourceVersion.actor: WITHHELD if version.actor == speaker.name else version.actor,
            }
        ).where(ResourceVersion.id == version.id)
    await index_resources(numbers)
    await stamp(numbers, now)
    packs = {pack.id: pack for number in numbers for pack in await packs_with(number)}
    for pack in packs.values():
        await write_pack(pack, {}, now)


def _without_creator(stored: str, speaker: Speaker) -> str:
    people = [
        {"name": WITHHELD, **({"role": person["role"]} if person.get("role") else {})}
        if person.get("speaker") == speaker.code or person.get("name") == speaker.name
        else person
        for person in json.loads(stored)
    ]
    return json.dumps(people, ensure_ascii=False)


# --- releases ----------------------------------------------------------------------------------------------------------


async def _withhold_in_releases(conference: Conference, speaker: Speaker, now: datetime) -> None:
    """Every release says N. N., and the latest is published once more: processes keep a release they have read for good."""
    rows = await Release.objects().where(Release.conference == conference.id).order_by(Release.number)
    for row in rows:
        await Release.update(
            {
                Release.snapshot: _without_released(row.snapshot, speaker.code),
                Release.changes: _unnamed(row.changes, speaker.name, WITHHELD),
                Release.note: row.note.replace(speaker.name, WITHHELD),
            }
        ).where(Release.id == row.id)
    if not rows:
        return
    latest, number = rows[-1], rows[-1].number + 1
    raw = json.loads(_without_released(latest.snapshot, speaker.code))
    raw["number"], raw["released_at"] = number, now.isoformat()
    await Release(
        conference=conference.id, number=number, snapshot=_compact(raw), changes="[]", released_at=now
    ).save()
    await Conference.update({Conference.release_number: number}).where(Conference.id == conference.id)


async def _forget_kept_drafts(conference: Conference, speaker: Speaker) -> None:
    """Drafts kept for going back would bring the name back: they go."""
    await KeptDraft.delete().where(
        (KeptDraft.conference == conference.id) & KeptDraft.content.like(f'%"{speaker.code}"%')
    )


def _without_released(stored: str, code: str) -> str:
    raw = json.loads(stored)
    raw["speakers"] = [
        {**_emptied(row), "name": WITHHELD} if row["code"] == code else row for row in raw["speakers"]
    ]
    return _compact(raw)


def _emptied(row: dict[str, Any]) -> dict[str, Any]:
    """The speaker with nothing but what holds the programme together."""
    return {name: value if name in _KEPT_OF_RELEASED else type(value)() for name, value in row.items()}


def _unnamed(stored: str, name: str, instead: str) -> str:
    """JSON without the name in any of its texts."""
    return json.dumps(_walked(json.loads(stored or "null"), (name,), instead), ensure_ascii=False)


def _walked(value: Any, names: Collection[str], instead: str) -> Any:
    if isinstance(value, str):
        for name in names:
            value = value.replace(name, instead)
        return value
    if isinstance(value, dict):
        return {key: _walked(inner, names, instead) for key, inner in value.items()}
    if isinstance(value, list):
        return [_walked(inner, names, instead) for inner in value]
    return value


def _as_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _compact(raw: Any) -> str:
    """As ``snapshot.encode`` writes it: equal programmes give equal text."""
    return json.dumps(raw, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
