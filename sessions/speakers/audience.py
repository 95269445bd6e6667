"""Speakers as the desk looks at them: what each still owes, and which of them a filter means.

One look at a conference's speakers serves their list, the chase list and the mails to them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from conference import texts
from conference.addresses import AddressRefused, parse_address
from conference.texts import LocalText
from sessions.tables import Appearance, AppearanceState, ConsentState, SessionState, Speaker, SpeakerKind


class Missing(StrEnum):
    """Something a speaker still owes."""

    ANSWER = "answer"  # to an appearance that takes place
    RECORDING = "recording"  # a word on being recorded
    PUBLISHING = "publishing"  # a word on what they show being published
    AVAILABILITY = "availability"
    ZONE = "zone"
    BIOGRAPHY = "biography"
    PHOTO = "photo"
    EMAIL = "email"


@dataclass(frozen=True)
class Appears:
    """An appearance in a session that is not cancelled. ``kind`` is the session's, ``track`` its track's code or ""."""

    session: str
    session_title: LocalText
    kind: str
    track: str
    role: str
    state: str
    is_recorded: bool = True
    recording: str = ConsentState.UNKNOWN.value
    publishing: str = ConsentState.UNKNOWN.value
    invited_at: datetime | None = None
    reminded_at: datetime | None = None


@dataclass(frozen=True)
class SpeakerRow:
    """A speaker with all that the desk's lists ask about. ``email`` "" is also an address that no mail can reach."""

    id: int
    code: str
    name: str
    kind: str = SpeakerKind.PERSON.value
    job_title: str = ""
    organisation: str = ""
    country: str = ""
    zone: str = ""
    language: str = ""
    email: str = ""
    photo_key: str = ""
    has_biography: bool = False
    availability_given_at: datetime | None = None
    appears: tuple[Appears, ...] = ()

    @property
    def coming(self) -> tuple[Appears, ...]:
        """The appearances they have not declined."""
        return tuple(one for one in self.appears if one.state != AppearanceState.DECLINED)

    @property
    def waiting(self) -> tuple[Appears, ...]:
        """The appearances they have not answered."""
        open_states = (AppearanceState.PLANNED, AppearanceState.INVITED)
        return tuple(one for one in self.appears if one.state in open_states)

    @property
    def states(self) -> tuple[str, ...]:
        """The states of their appearances, each once, the least settled first."""
        return tuple(state.value for state in AppearanceState if any(a.state == state for a in self.appears))

    @property
    def missing(self) -> frozenset[Missing]:
        """What they still owe; nothing where they appear in nothing, or declined everything."""
        if not self.coming:
            return frozenset()
        unknown = ConsentState.UNKNOWN
        facts = {
            Missing.ANSWER: bool(self.waiting),
            Missing.RECORDING: any(a.is_recorded and a.recording == unknown for a in self.coming),
            Missing.PUBLISHING: any(a.publishing == unknown for a in self.coming),
            Missing.AVAILABILITY: self.kind == SpeakerKind.PERSON and self.availability_given_at is None,
            Missing.ZONE: not self.zone,
            Missing.BIOGRAPHY: not self.has_biography,
            Missing.PHOTO: not self.photo_key,
            Missing.EMAIL: not self.email,
        }
        return frozenset(what for what, owed in facts.items() if owed)


@dataclass(frozen=True)
class Filter:
    """Which speakers are meant; "" and () narrow nothing. What is said of an appearance must hold of one and the same.

    ``missing`` is a Missing or "anything"; ``session`` and ``track`` are codes; ``codes`` are the speakers' own.
    ``language`` is that of mails and ``country`` a code; "-" means none chosen.
    """

    q: str = ""
    state: str = ""
    role: str = ""
    session: str = ""
    track: str = ""
    kind: str = ""
    missing: str = ""
    language: str = ""
    country: str = ""
    codes: tuple[str, ...] = ()

    @property
    def query(self) -> dict[str, str]:
        """The filter as an address says it, without ``codes``."""
        return {f.name: value for f in fields(self) if f.name != "codes" and (value := getattr(self, f.name))}

    @property
    def is_open(self) -> bool:
        """Whether everyone is meant."""
        return not self.query and not self.codes


def read_filter(values: Mapping[str, str], codes: Collection[str] = ()) -> Filter:
    """The filter that an address or form names; what it does not know finds nobody rather than everybody."""
    named = {f.name: values.get(f.name, "")[:200].strip() for f in fields(Filter) if f.name != "codes"}
    return Filter(**named, codes=tuple(dict.fromkeys(code[:12] for code in codes)))


def chosen(rows: Iterable[SpeakerRow], wanted: Filter) -> list[SpeakerRow]:
    """The speakers that the filter means, in the order they came."""
    words = wanted.q.casefold().split()
    codes = set(wanted.codes)
    return [row for row in rows if (not codes or row.code in codes) and _is_meant(row, wanted, words)]


def _is_meant(row: SpeakerRow, wanted: Filter, words: Sequence[str]) -> bool:
    told = " ".join((row.name, row.organisation, row.job_title, row.zone)).casefold()
    if not all(word in told for word in words):
        return False
    for want, has in ((wanted.language, row.language), (wanted.country, row.country)):
        if want and (want if want != "-" else "") != has:
            return False
    if wanted.missing and not (
        row.missing if wanted.missing == "anything" else wanted.missing in row.missing
    ):
        return False
    asked = (wanted.state, wanted.role, wanted.session, wanted.track, wanted.kind)
    if not any(asked):
        return True
    return any(
        all(
            not want or want == has
            for want, has in zip(asked, (a.state, a.role, a.session, a.track, a.kind), strict=True)
        )
        for a in row.appears
    )


_SPEAKERS = (
    Speaker.id,
    Speaker.code,
    Speaker.name,
    Speaker.kind,
    Speaker.job_title,
    Speaker.organisation,
    Speaker.country,
    Speaker.zone,
    Speaker.language,
    Speaker.email,
    Speaker.photo_key,
    Speaker.biography,
    Speaker.availability_given_at,
)
_APPEARANCES = (
    Appearance.speaker,
    Appearance.role,
    Appearance.state,
    Appearance.recording_consent,
    Appearance.publishing_consent,
    Appearance.invited_at,
    Appearance.reminded_at,
    Appearance.session._.code.as_alias("session_code"),
    Appearance.session._.title.as_alias("session_title"),
    Appearance.session._.kind.as_alias("kind"),
    Appearance.session._.state.as_alias("session_state"),
    Appearance.session._.is_recorded.as_alias("is_recorded"),
    Appearance.session._.track._.code.as_alias("track"),
)


async def speaker_rows(conference_id: int) -> list[SpeakerRow]:
    """Every speaker of the conference, by name. Two queries."""
    appears: dict[int, list[Appears]] = defaultdict(list)
    for row in (
        await Appearance.select(*_APPEARANCES)
        .where(Appearance.session._.conference == conference_id)
        .order_by(Appearance.id)
    ):
        if row["session_state"] != SessionState.CANCELLED:
            appears[row["speaker"]].append(_appears(row))
    rows = await Speaker.select(*_SPEAKERS).where(Speaker.conference == conference_id)
    found = [_speaker(row, tuple(appears[row["id"]])) for row in rows]
    return sorted(found, key=lambda row: (row.name.casefold(), row.code))


def _appears(row: Mapping[str, Any]) -> Appears:
    return Appears(
        session=row["session_code"],
        session_title=texts.decode(row["session_title"]),
        kind=row["kind"],
        track=row["track"] or "",
        role=row["role"],
        state=row["state"],
        is_recorded=bool(row["is_recorded"]),
        recording=row["recording_consent"],
        publishing=row["publishing_consent"],
        invited_at=row["invited_at"],
        reminded_at=row["reminded_at"],
    )


def _speaker(row: Mapping[str, Any], appears: tuple[Appears, ...]) -> SpeakerRow:
    plain = {f.name: row[f.name] for f in fields(SpeakerRow) if f.name in row and f.name != "email"}
    return SpeakerRow(
        **plain,
        email=_reachable(row["email"]),
        has_biography=any(json.loads(row["biography"] or "{}").values()),
        appears=appears,
    )


@lru_cache(maxsize=4096)
def _reachable(email: str) -> str:
    try:
        return parse_address(email).address if email else ""
    except AddressRefused:  # an imported record may hold anything
        return ""
