"""What a speaker sees on their own page: their sessions on their own clock, what they answered, what they asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup

from conference import dates, texts, timezones
from conference.conferences import languages_of
from conference.i18n import _
from conference.strip import build_strip
from conference.strip_picture import strip_svg
from conference.tables import Conference
from sessions.programme.days import TimeView, role_name, special_role, time_view
from sessions.programme.filters import Placing
from sessions.programme.snapshot import ReleasedProgramme
from sessions.schedule.limits import RuleFacts
from sessions.schedule.surroundings import rule_facts_of
from sessions.speakers.availability import Given, availability_of
from sessions.speakers.own_answers import has_begun
from sessions.speakers.own_words import hardship
from sessions.tables import (
    Appearance,
    AppearanceState,
    ConsentState,
    SessionPart,
    SessionState,
    Slot,
    Speaker,
    SpeakerRequest,
)

NEAR = timedelta(days=7)


@dataclass(frozen=True)
class SlotView:
    """A placing. ``hardship`` says kindly that the hour is unusual for the speaker, "" when it is not.

    ``is_public`` means that this very time stands in the latest release, and not as cancelled; else it may still
    change. ``is_near``: the way into the room is worth showing.
    """

    code: str
    day: str
    time: TimeView
    differs: bool
    strip: Markup
    hardship: str
    is_public: bool
    is_cancelled: bool
    is_over: bool
    is_near: bool
    relative: str


@dataclass(frozen=True)
class AppearanceView:
    """What the speaker does in a session, and what they said to it."""

    role: str
    role_words: str
    part: str
    state: str
    note: str


@dataclass(frozen=True)
class PersonView:
    """Somebody else in the session."""

    name: str
    role: str


@dataclass(frozen=True)
class SessionView:
    """A session of the speaker's. ``url`` is its public page, "" while it is in no release."""

    code: str
    title: str
    title_language: str
    kind: str
    url: str
    is_cancelled: bool
    may_answer: bool
    appearances: tuple[AppearanceView, ...]
    slots: tuple[SlotView, ...]
    people: tuple[PersonView, ...]
    recording: str
    publishing: str

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is still awaited."""
        return self.may_answer and any(one.state in ("planned", "invited") for one in self.appearances)

    @property
    def is_declined(self) -> bool:
        """Whether the speaker takes no part in it."""
        return all(one.state == AppearanceState.DECLINED for one in self.appearances)

    @property
    def lacks_consent(self) -> bool:
        """Whether the speaker has not said what may become of it."""
        unknown = ConsentState.UNKNOWN in (self.recording, self.publishing)
        return unknown and not self.is_declined and not self.is_cancelled


@dataclass(frozen=True)
class RequestView:
    """Something the speaker asked for, and the answer so far."""

    text: str
    about: str
    asked: str
    answer: str


@dataclass(frozen=True)
class OwnPage:
    """Everything on the page, ready to show."""

    sessions: tuple[SessionView, ...]
    requests: tuple[RequestView, ...]
    given: Given


async def own_page(
    conference: Conference,
    speaker: Speaker,
    programme: ReleasedProgramme | None,
    *,
    zone: str,
    language: str,
    now: datetime,
) -> OwnPage:
    """The page of a speaker whose clock is ``zone``. Seven queries, however many sessions."""
    rows = await (
        Appearance.select(
            *Appearance.all_columns(exclude=[Appearance.session, Appearance.speaker]),
            Appearance.session,
            Appearance.session._.code.as_alias("code"),
            Appearance.session._.title.as_alias("title"),
            Appearance.session._.kind.as_alias("kind"),
            Appearance.session._.state.as_alias("session_state"),
        )
        .where(Appearance.speaker == speaker.id)
        .order_by(Appearance.id)
    )
    own: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        own[row["session"]].append(row)
    wanted = sorted(own) or [0]
    slots: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for slot in (
        await Slot.select(Slot.code, Slot.session, Slot.start, Slot.end, Slot.is_cancelled)
        .where(Slot.session.is_in(wanted))
        .order_by(Slot.start)
        .order_by(Slot.position)
    ):
        slots[slot["session"]].append(slot)
    people: dict[int, list[PersonView]] = defaultdict(list)
    for other in (
        await Appearance.select(
            Appearance.session, Appearance.role, Appearance.speaker._.name.as_alias("name")
        )
        .where(
            Appearance.session.is_in(wanted)
            & (Appearance.speaker != speaker.id)
            & (Appearance.state != AppearanceState.DECLINED.value)
        )
        .order_by(Appearance.position)
        .order_by(Appearance.id)
    ):
        people[other["session"]].append(PersonView(other["name"], special_role(other["role"])))
    parts = {
        row["id"]: row["title"]
        for row in await SessionPart.select(SessionPart.id, SessionPart.title).where(
            SessionPart.session.is_in(wanted)
        )
    }
    rules = await rule_facts_of(conference.id)
    told = _Teller(conference, programme, rules, zone, language, now)
    views = [told.session(mine, slots[session], people[session], parts) for session, mine in own.items()]
    return OwnPage(
        tuple(sorted(views, key=_order)),
        await _requests(speaker, conference, zone, language),
        await availability_of(speaker),
    )


def _order(view: SessionView) -> tuple[bool, bool, str, str]:
    """What takes place first, in order of time; then what has no time, then what the speaker takes no part in."""
    off = view.is_cancelled or view.is_declined
    return off, not view.slots, view.slots[0].time.iso if view.slots else "", view.title.casefold()


@dataclass(frozen=True)
class _Teller:
    conference: Conference
    programme: ReleasedProgramme | None
    rules: RuleFacts
    zone: str
    language: str
    now: datetime

    def session(
        self,
        mine: Sequence[Mapping[str, Any]],
        slots: Sequence[dict[str, Any]],
        people: Sequence[PersonView],
        parts: Mapping[int, Any],
    ) -> SessionView:
        row = mine[0]
        title, title_language = texts.pick_with_language(
            row["title"], self.language, languages_of(self.conference)
        )
        is_public = self.programme is not None and row["code"] in self.programme.session_by_code
        is_cancelled = row["session_state"] == SessionState.CANCELLED
        return SessionView(
            code=row["code"],
            title=title or _("Untitled"),
            title_language=title_language,
            kind=row["kind"],
            url=f"/{self.conference.slug}/sessions/{row['code']}" if is_public else "",
            is_cancelled=is_cancelled,
            may_answer=not is_cancelled and not has_begun(slots, self.now),
            appearances=tuple(
                AppearanceView(
                    role=one["role"],
                    role_words=role_name(one["role"]),
                    part=texts.pick(parts.get(one["part"]), self.language, languages_of(self.conference)),
                    state=one["state"],
                    note=one["answer_note"],
                )
                for one in mine
            ),
            slots=tuple(self.slot(slot) for slot in slots if slot["start"] is not None),
            people=tuple(people),
            recording=row["recording_consent"],
            publishing=row["publishing_consent"],
        )

    def slot(self, slot: Mapping[str, Any]) -> SlotView:
        start, end = slot["start"], slot["end"]
        day = dates.local_date(start, self.zone)
        strip = build_strip(
            day,
            self.zone,
            self.conference.zone,
            spans=[(start, end)],
            subject="session",
            language=self.language,
        )
        released = self.programme.slot_by_code.get(slot["code"]) if self.programme else None
        return SlotView(
            code=slot["code"],
            day=dates.long_day(day, self.language),
            time=time_view(start, end, self.zone, self.conference.zone, self.language),
            differs=timezones.offset_at(start, self.zone) != timezones.offset_at(start, self.conference.zone),
            strip=strip_svg(strip),
            hardship=hardship(start, end, self.zone, self.rules),
            is_public=released is not None
            and not (released[0].is_cancelled or released[1].is_cancelled)
            and (released[1].start, released[1].end) == (start, end),
            is_cancelled=slot["is_cancelled"],
            is_over=end <= self.now,
            is_near=start - NEAR <= self.now < end and not slot["is_cancelled"],
            relative=dates.relative_words(start, self.now, self.language) if start > self.now else "",
        )


async def _requests(
    speaker: Speaker, conference: Conference, zone: str, language: str
) -> tuple[RequestView, ...]:
    rows = await (
        SpeakerRequest.select(
            SpeakerRequest.text,
            SpeakerRequest.asked_at,
            SpeakerRequest.answer,
            SpeakerRequest.session._.title.as_alias("title"),
        )
        .where(SpeakerRequest.speaker == speaker.id)
        .order_by(SpeakerRequest.id, ascending=False)
        .limit(50)
    )
    return tuple(
        RequestView(
            text=row["text"],
            about=texts.pick(row["title"], language, languages_of(conference)),
            asked=dates.long_day(dates.local_date(row["asked_at"], zone), language),
            answer=row["answer"],
        )
        for row in rows
    )


async def talks_of(speaker: Speaker, programme: ReleasedProgramme) -> list[Placing]:
    """The placings of the latest release in which the speaker appears and which they have not declined. One query."""
    rows = await Appearance.select(Appearance.session._.code.as_alias("code")).where(
        (Appearance.speaker == speaker.id) & (Appearance.state != AppearanceState.DECLINED.value)
    )
    codes = {row["code"] for row in rows}
    return [(session, slot) for session, slot in programme.placings if session.code in codes]
