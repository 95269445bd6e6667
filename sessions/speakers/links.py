"""The secret links of a speaker: their own page and the rooms they speak in; how long they work, having one mailed.

Both are derived from the server's secret and share a generation, so that none lies in a table and a new one ends the
old. The page's link is looked up by its hash; a room's names its speaker, and opens nothing but rooms.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, time, timedelta

from piccolo.query.functions import Lower

from conference import audit
from conference.addresses import address_key
from conference.auth import count_try
from conference.codes import derived_token, hash_secret
from conference.db import locked, transaction
from conference.errors import Gone, NotFound
from conference.i18n import _
from conference.mail import Ref, link_ref, token_ref
from conference.tables import Conference
from conference.timezones import zone
from conference.viewer import SignedInOrganiser
from sessions.speakers.letters import mail_link
from sessions.tables import Appearance, AppearanceState, SessionState, Slot, Speaker

LINKS_LAST = timedelta(days=60)
"""How long a link works beyond the conference's last day."""
AT_LEAST = timedelta(days=7)
"""How long a link asked for after that works."""
_PAGE = "speak"
_ROOM = "speak-join"
_LONGEST_TOKEN = 100


class LinkExpired(Gone):
    """The link was good once, and is too old now."""


class LinkUnknown(NotFound):
    """No speaker has this link: mistyped, cut off by a mail program, or replaced by a newer one."""


def page_token(code: str, generation: int) -> str:
    """The token of ``/speak/{token}``."""
    return derived_token(_PAGE, code, generation)


def page_ref(speaker: Speaker) -> Ref:
    """The own page's address as a mail's payload names it. The speaker must have a link (``ensure_link``)."""
    return link_ref("/speak/", token_ref(_PAGE, speaker.code, speaker.link_generation))


def reminders_ref(speaker: Speaker) -> Ref:
    """The address, as a mail's payload names it, at which the speaker chooses reminders. The speaker must have a link."""
    return link_ref("/speak/", token_ref(_PAGE, speaker.code, speaker.link_generation), "/reminders")


def speak_path(speaker: Speaker) -> str:
    """The address of the speaker's own page from the site's root; "" while they have no link (see ``ensure_link``)."""
    if not speaker.link_generation:
        return ""
    return f"/speak/{page_token(speaker.code, speaker.link_generation)}"


def room_path(speaker: Speaker, slot: str) -> str:
    """The address by which the speaker enters the room of a slot (its code), from the site's root."""
    return f"/speak/join/{slot}?key={speaker.code}.{_room_proof(speaker.code, speaker.link_generation)}"


def room_ref(speaker: Speaker, slot: str) -> Ref:
    """The same address as a mail's payload names it."""
    proof = token_ref(_ROOM, speaker.code, speaker.link_generation)
    return link_ref(f"/speak/join/{slot}?key={speaker.code}.", proof)


def _room_proof(code: str, generation: int) -> str:
    return derived_token(_ROOM, code, generation)


def links_last_until(conference: Conference) -> datetime:
    """When the links of a conference's speakers end (UTC): some time after its last day has ended on its own clock."""
    last_midnight = datetime.combine(
        conference.ends_on + timedelta(days=1), time(), tzinfo=zone(conference.zone)
    )
    return last_midnight.astimezone(UTC) + LINKS_LAST


async def ensure_link(speaker_id: int, now: datetime) -> Speaker:
    """The speaker with a link that works: the one they have, else a new one. Joins the caller's transaction.

    Raises NotFound.
    """
    async with locked(Speaker, speaker_id):
        speaker, conference = await _speaker_and_conference(speaker_id)
        end = max(links_last_until(conference), now + AT_LEAST)
        expires_at = speaker.link_expires_at
        if not speaker.link_generation or expires_at is None or expires_at <= now:
            await _give_link(speaker, end)
        elif expires_at < links_last_until(conference):  # the conference was put off since
            speaker.link_expires_at = end
            await speaker.save([Speaker.link_expires_at])
        return speaker


async def renew_link(speaker_id: int, *, actor: SignedInOrganiser | str, now: datetime) -> Speaker:
    """Give the speaker a new link; from now on the old one is unknown. Raises NotFound."""
    async with locked(Speaker, speaker_id):
        speaker, conference = await _speaker_and_conference(speaker_id)
        await _give_link(speaker, max(links_last_until(conference), now + AT_LEAST))
        await audit.record(
            conference_id=conference.id,
            actor=actor,
            action="speaker-link-renewed",
            subject=f"speaker:{speaker.code}",
            now=now,
        )
        return speaker


async def _speaker_and_conference(speaker_id: int) -> tuple[Speaker, Conference]:
    speaker = await Speaker.objects().where(Speaker.id == speaker_id).first()
    conference = (
        await Conference.objects().where(Conference.id == speaker.conference).first() if speaker else None
    )
    if speaker is None or conference is None:
        raise NotFound(_("There is no such speaker. They may have been deleted meanwhile."))
    return speaker, conference


async def _give_link(speaker: Speaker, expires_at: datetime) -> None:
    speaker.link_generation += 1
    speaker.link_hash = hash_secret(page_token(speaker.code, speaker.link_generation))
    speaker.link_expires_at = expires_at
    await speaker.save([Speaker.link_generation, Speaker.link_hash, Speaker.link_expires_at])


async def speaker_by_token(token: str, now: datetime) -> tuple[Speaker, Conference]:
    """Whose page it is, and the conference. Changes nothing: mail scanners look. Raises LinkUnknown, LinkExpired."""
    speaker = None
    if 0 < len(token) <= _LONGEST_TOKEN:
        speaker = await Speaker.objects().where(Speaker.link_hash == hash_secret(token)).first()
    conference = (
        await Conference.objects().where(Conference.id == speaker.conference).first() if speaker else None
    )
    if speaker is None or conference is None:
        raise LinkUnknown(_("We do not know this link. It may be cut off, or replaced by a newer one."))
    if speaker.link_expires_at is None or speaker.link_expires_at <= now:
        raise LinkExpired(_("This link has expired."))
    return speaker, conference


async def speaker_by_key(key: str, now: datetime) -> Speaker:
    """Whose link to a room it is, by its ``key``. Raises LinkUnknown, LinkExpired."""
    code, _dot, proof = key.partition(".")
    speaker = None
    if 0 < len(code) <= 12 and len(key) <= _LONGEST_TOKEN and key.isascii():
        speaker = await Speaker.objects().where(Speaker.code == code).first()
    if (
        speaker is None
        or not speaker.link_generation
        or not hmac.compare_digest(_room_proof(code, speaker.link_generation), proof)
    ):
        raise LinkUnknown(_("We do not know this link. It may be cut off, or replaced by a newer one."))
    if speaker.link_expires_at is None or speaker.link_expires_at <= now:
        raise LinkExpired(_("This link has expired."))
    return speaker


async def slot_of_speaker(speaker: Speaker, code: str) -> tuple[Slot, bool] | None:
    """The slot of this code, of a session that the speaker is in, and whether they have declined; else None.

    The slot of a cancelled session counts as cancelled itself.
    """
    slot = (
        await Slot.objects().where((Slot.code == code[:12]) & (Slot.conference == speaker.conference)).first()
    )
    if slot is None:
        return None
    rows = await Appearance.select(
        Appearance.state, Appearance.session._.state.as_alias("session_state")
    ).where((Appearance.session == slot.session) & (Appearance.speaker == speaker.id))
    slot.is_cancelled |= any(row["session_state"] == SessionState.CANCELLED for row in rows)
    declined = all(row["state"] == AppearanceState.DECLINED for row in rows)
    return (slot, declined) if rows else None


async def request_link(email: str, *, network: str, now: datetime) -> None:
    """Mail whoever speaks under this address the links to their pages; someone unknown is answered just the same.

    A link that still works is sent again as it is, so that nobody can put out of force what another has in their
    mailbox; one that has expired is replaced, unless its conference has long been over. Raises AddressRefused,
    TooManyTries.
    """
    key = address_key(email)
    await count_try(f"speak:{key}", f"network:{network}", now=now)
    async with transaction():
        rows = await (
            Speaker.select(Speaker.id, Speaker.email, Speaker.conference)
            .where(Lower(Speaker.email) == key.lower())
            .order_by(Speaker.id)
        )
        for row in rows:
            conference = await Conference.objects().where(Conference.id == row["conference"]).first()
            if conference is not None and now < links_last_until(conference):
                speaker = await ensure_link(row["id"], now)
                await mail_link(speaker, conference, page_ref(speaker), now)
