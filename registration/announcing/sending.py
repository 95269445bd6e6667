"""The job that tells those registered of packs that are out: begun once for each pack, gone on with wherever it stopped.

Which packs are told of together is written before the first mail, in the transaction that marks them as told of; how far the
mails have come in the transaction that queues them. So nobody is told twice, however many processes work, and whenever one is
killed.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from conference import texts
from conference.conferences import languages_of
from conference.db import locked, locking
from conference.mail import link_ref
from conference.mail.rechecking import Rechecks, Waiting
from conference.outbox import mail_row, queue_news
from conference.tables import Conference, OutgoingMail
from registration.announcing.choosing import OutPack, Reader, concerning, is_time
from registration.announcing.tables import PackAnnouncement
from registration.attending.tables import Presence
from registration.calendars.sync import conference_facts
from registration.entries.links import page_ref
from registration.reminding.people import holdings_of
from registration.tables import Registration, RegistrationStatus
from sessions.packs.showing import is_embargoed, is_out
from sessions.packs.tables import PackAccess, PackItem, PackState, ResourcePack, ResourceState
from sessions.tables import Slot

KIND = "packs-out"
BATCH = 100
"""People in one transaction: some milliseconds in which others wait to write."""
BATCHES = 40
"""In one run, so that other jobs have their turn."""
BREATH = 0.01
"""Seconds between two transactions, for those who wait to write."""
USELESS_AFTER = timedelta(days=14)


async def announce_packs(now: datetime) -> int:
    """Tell of what came out and is not told of yet; how many mails were queued. A job."""
    await _begin(now)
    queued = 0
    unfinished = (
        await PackAnnouncement.select(PackAnnouncement.id)
        .where(PackAnnouncement.finished_at.is_null())
        .order_by(PackAnnouncement.id)
    )
    batches = 0
    for row in unfinished:
        while batches < BATCHES:
            if batches:
                await asyncio.sleep(BREATH)
            batches += 1
            count = await _tell_batch(row["id"], now)
            if count is None:
                break
            queued += count
    return queued


async def _begin(now: datetime) -> None:
    """Write down which packs are told of together, conference by conference."""
    rows = await ResourcePack.select(ResourcePack.conference).where(_untold(now))
    for conference_id in sorted({row["conference"] for row in rows}):
        async with locked(Conference, conference_id):
            found = await _packs(_untold(now) & (ResourcePack.conference == conference_id), now)
            if not is_time(found, now):
                continue
            codes = [pack.code for pack in found]
            await ResourcePack.update({ResourcePack.announced_at: now}).where(ResourcePack.code.is_in(codes))
            await PackAnnouncement(conference=conference_id, packs=json.dumps(codes), begun_at=now).save()


def _untold(now: datetime) -> Any:
    """What is out and was not told of. Whether it can be opened is asked of each."""
    return (
        ResourcePack.announced_at.is_null()
        & (ResourcePack.state == PackState.PUBLISHED.value)
        & (ResourcePack.access != PackAccess.TEAM.value)
        & (ResourcePack.published_at <= now)
    )


async def _packs(of_these: Any, now: datetime) -> list[OutPack]:
    """The packs that are out and can be opened, in the organisers' order. Two queries."""
    rows = (
        await ResourcePack.objects()
        .where(of_these & (ResourcePack.access != PackAccess.TEAM.value))
        .order_by(ResourcePack.position, ResourcePack.id)
    )
    shown = [
        pack
        for pack in rows
        if is_out(pack.state, pack.published_at, pack.expires_at, now)
        and not is_embargoed(pack.embargo_until, now)
    ]
    kinds: dict[int, list[str]] = defaultdict(list)
    for item in (
        await PackItem.select(PackItem.pack, PackItem.resource._.kind.as_alias("kind"))
        .where(
            PackItem.pack.is_in([*(pack.id for pack in shown), 0])
            & (PackItem.resource._.state == ResourceState.READY.value)
        )
        .order_by(PackItem.position, PackItem.id)
    ):
        kinds[item["pack"]].append(item["kind"])
    return [
        OutPack(
            code=pack.code,
            title=texts.decode(pack.title),
            access=pack.access,
            session=pack.session,
            out_at=max(moment for moment in (pack.published_at, pack.embargo_until) if moment is not None),
            expires_at=pack.expires_at,
            kinds=tuple(dict.fromkeys(kinds[pack.id])),
        )
        for pack in shown
        if kinds[pack.id]
    ]


async def _tell_batch(announcement_id: int, now: datetime) -> int | None:
    """Look at the next people of an announcement; how many mails were queued, None when there was nobody left."""
    async with locked(PackAnnouncement, announcement_id):
        announcement = await PackAnnouncement.objects().get(PackAnnouncement.id == announcement_id)
        if announcement is None or announcement.finished_at is not None:
            return None
        conference = await Conference.objects().get(Conference.id == announcement.conference)
        # Nobody is erased, withdraws or changes their address between here and the end.
        people = await locking(
            Registration.objects()
            .where(
                (Registration.conference == announcement.conference)
                & (Registration.id > announcement.through)
                & (Registration.status == RegistrationStatus.CONFIRMED.value)
            )
            .order_by(Registration.id)
            .limit(BATCH)
        )
        # Asked again: what was withdrawn or closed meanwhile is no news.
        packs = await _packs(ResourcePack.code.is_in([*json.loads(announcement.packs), ""]), now)
        if conference is None or not people or not packs:
            await PackAnnouncement.update({PackAnnouncement.finished_at: now}).where(
                PackAnnouncement.id == announcement_id
            )
            return None
        readers = await _readers(people)
        mails = []
        for person in people:
            if told := concerning(packs, readers[person.id], conference.id):
                mails.append(_mail(conference, announcement_id, person, told, now))
        await PackAnnouncement.update({PackAnnouncement.through: people[-1].id}).where(
            PackAnnouncement.id == announcement_id
        )
        return await queue_news(mails, conference.id)


async def _readers(people: Iterable[Registration]) -> dict[int, Reader]:
    """What these people had to do with sessions, by the registration's row id. Four queries at most."""
    ids = [person.id for person in people]
    agreed = [person.id for person in people if person.notes_presence]
    slots: dict[int, set[int]] = defaultdict(set)
    for registration_id, holdings in (await holdings_of(ids)).items():
        slots[registration_id] |= {holding.slot_id for holding in holdings}
    there: set[int] = set()
    for row in (
        await Presence.select(Presence.registration, Presence.slot).where(Presence.registration.is_in(agreed))
        if agreed
        else []
    ):
        slots[row["registration"]].add(row["slot"])
        there.add(row["registration"])
    sessions = await _sessions_of({slot for held in slots.values() for slot in held})
    return {
        registration_id: Reader(
            frozenset(sessions[slot] for slot in slots[registration_id] if slot in sessions),
            registration_id in there,
        )
        for registration_id in ids
    }


async def _sessions_of(slots: Collection[int]) -> dict[int, int]:
    if not slots:
        return {}
    rows = await Slot.select(Slot.id, Slot.session).where(Slot.id.is_in(sorted(slots)))
    return {row["id"]: row["session"] for row in rows}


def _mail(
    conference: Conference,
    announcement_id: int,
    person: Registration,
    packs: Sequence[OutPack],
    now: datetime,
) -> OutgoingMail:
    payload = {
        "conference": conference_facts(conference),
        "packs": [
            {
                "code": pack.code,
                "title": pack.title,
                "url": link_ref(f"/{conference.slug}/resources/{pack.code}"),
                "kinds": list(pack.kinds),
                "until": pack.expires_at,
                "is_public": pack.access == PackAccess.PUBLIC,
            }
            for pack in packs
        ],
        "page": page_ref(conference.slug, person.code, person.link_generation),
    }
    return mail_row(
        kind=KIND,
        to=person.email,
        to_name=person.name,
        language=person.language or languages_of(conference)[0],
        zone=person.zone or conference.zone,
        payload=payload,
        idempotency_key=f"{KIND}:{announcement_id}:{person.code}",
        now=now,
        conference_id=conference.id,
        useless_after=now + USELESS_AFTER,
        is_promotional=True,
    )


async def packs_now(waiting: Mapping[int, Waiting], now: datetime) -> dict[int, Mapping[str, Any] | None]:
    """What waiting mails should say at ``now``, where a pack was withdrawn, closed or emptied meanwhile. Two queries."""
    told = {number: mail.payload["packs"] for number, mail in waiting.items() if _names_packs(mail)}
    codes = {pack["code"] for packs in told.values() for pack in packs}
    found = {pack.code: pack for pack in await _packs(ResourcePack.code.is_in([*sorted(codes), ""]), now)}
    changed: dict[int, Mapping[str, Any] | None] = {}
    for number, packs in told.items():
        left = [pack for pack in packs if _is_still_so(pack, found.get(pack["code"]))]
        if len(left) < len(packs):
            changed[number] = {**waiting[number].payload, "packs": left} if left else None
    return changed


def _names_packs(mail: Waiting) -> bool:
    """Not so of a team's test of its own words."""
    return all("code" in pack for pack in mail.payload["packs"])


def _is_still_so(told: Mapping[str, Any], pack: OutPack | None) -> bool:
    """Whether the pack is still there, and not open to fewer people than when the mail was written."""
    return pack is not None and (not told["is_public"] or pack.access == PackAccess.PUBLIC)


RECHECKS: Rechecks = {KIND: packs_now}
"""For the composition root."""
