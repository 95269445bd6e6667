"""Writing speakers, parts and appearances as a programme has them: only what differs is written.

Every function is part of ``restoring`` and runs inside its transaction.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from conference import texts
from conference.tables import Conference
from sessions.programme.snapshot import ReleasedProgramme, ReleasedSession, ReleasedSpeaker
from sessions.releases.kept_drafts import AppearanceKey
from sessions.releases.restored_rows import Counts, write_coded
from sessions.tables import Appearance, AppearanceState, SessionPart, Speaker


async def restore_speakers(
    conference: Conference, programme: ReleasedProgramme, counts: Counts
) -> dict[str, int]:
    """What the public knows of each speaker; row ids of all speakers by code. Addresses, needs, notes and photos are in
    no release and stay as they are."""
    wanted = {speaker.code: _columns(speaker) for speaker in programme.speakers}
    return await write_coded(Speaker, conference, wanted, counts)


def _columns(speaker: ReleasedSpeaker) -> dict[str, Any]:
    return {
        "kind": speaker.kind,
        "name": speaker.name,
        "pronouns": speaker.pronouns,
        "job_title": speaker.job_title,
        "organisation": speaker.organisation,
        "country": speaker.country,
        "zone": speaker.zone,
        "biography": texts.encode(speaker.biography),
        "links": json.dumps([dict(link) for link in speaker.links], ensure_ascii=False),
        "orcid": speaker.orcid,
    }


async def restore_people(
    programme: ReleasedProgramme,
    sessions: Mapping[str, int],
    speakers: Mapping[str, int],
    answers: Mapping[AppearanceKey, Mapping[str, Any]],
    counts: Counts,
    *,
    is_whole: bool,
) -> None:
    """Each session's parts, and who appears in it. An appearance that stays keeps what the speaker answered; one that
    comes back has its ``answers``, where they are known. Whoever declined stays declined: no release undoes a person's no.
    """
    ids = [sessions[session.code] for session in programme.sessions]
    if not ids:
        return
    parts: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in (
        await SessionPart.select(SessionPart.id, SessionPart.session, SessionPart.title)
        .where(SessionPart.session.is_in(ids))
        .order_by(SessionPart.position, SessionPart.id)
    ):
        parts[row["session"]].append(row)
    appearances: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in (
        await Appearance.select(
            Appearance.id,
            Appearance.session,
            Appearance.speaker,
            Appearance.role,
            Appearance.part,
            Appearance.position,
            Appearance.state,
        )
        .where(Appearance.session.is_in(ids))
        .order_by(Appearance.position, Appearance.id)
    ):
        appearances[row["session"]].append(row)
    for session in programme.sessions:
        own = sessions[session.code]
        part_ids, is_new = await _write_parts(own, session, parts[own])
        changed = await _write_appearances(
            own, session, speakers, part_ids, appearances[own], answers, is_new=is_new, is_whole=is_whole
        )
        counts.changed += is_new or changed


async def _write_parts(
    session_id: int, session: ReleasedSession, rows: list[dict[str, Any]]
) -> tuple[list[int], bool]:
    """Row ids of the parts in their order, and whether they were written anew."""
    if [texts.decode(row["title"]) for row in rows] == [dict(title) for title in session.parts]:
        return [row["id"] for row in rows], False
    await SessionPart.delete().where(SessionPart.session == session_id)
    ids = []
    for position, title in enumerate(session.parts):
        part = SessionPart(session=session_id, title=texts.encode(title), position=position)
        await part.save()
        ids.append(part.id)
    return ids, True


async def _write_appearances(
    session_id: int,
    session: ReleasedSession,
    speakers: Mapping[str, int],
    parts: list[int],
    rows: list[dict[str, Any]],
    answers: Mapping[AppearanceKey, Mapping[str, Any]],
    *,
    is_new: bool,
    is_whole: bool,
) -> bool:
    """Whether anything was written. ``is_new``: the parts were written anew, so every link to one is lost."""
    there = {(row["speaker"], row["role"]): row for row in rows}
    wanted = {(speakers[a.speaker], a.role): a for a in session.appearances}
    changed = False
    for (speaker, role), row in there.items():
        has_declined = row["state"] == AppearanceState.DECLINED
        if (speaker, role) not in wanted and (is_whole or not has_declined):
            await Appearance.delete().where(Appearance.id == row["id"])
            changed = True
    in_order = [(row["speaker"], row["role"]) for row in rows if (row["speaker"], row["role"]) in wanted]
    is_reordered = in_order != [key for key in wanted if key in there]
    for position, (key, appearance) in enumerate(wanted.items()):
        part = None if appearance.part is None else parts[appearance.part]
        row = there.get(key, {})
        if not row:
            known = answers.get((session.code, appearance.speaker, appearance.role), {})
            await Appearance(
                session=session_id,
                speaker=key[0],
                role=key[1],
                part=part,
                position=position,
                **dict(known),
            ).save()
            changed = True
        elif is_new or is_reordered or row["part"] != part or row["position"] != position:
            await Appearance.update({Appearance.part: part, Appearance.position: position}).where(
                Appearance.id == row["id"]
            )
            changed = changed or is_reordered or row["part"] != part
    return changed
