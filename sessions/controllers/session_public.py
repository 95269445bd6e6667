"""A session's own public page and its calendar file."""

from __future__ import annotations

from dataclasses import dataclass

from litestar.response import Response, Template

from conference import dates
from conference.calendar import google_link, outlook_link, subscribe_link
from conference.i18n import language_name
from conference.markup import summary, to_html
from conference.strip import build_strip
from conference.strip_picture import strip_svg
from conference.strip_words import strip_text
from conference.texts import LocalText
from sessions.controllers.downloads import calendar_file
from sessions.controllers.visits import Visit
from sessions.programme.days import PersonView, special_role
from sessions.programme.feeds import calendar_entry
from sessions.programme.snapshot import ReleasedAppearance, ReleasedSession, ReleasedSlot
from sessions.programme.structured_data import Known, as_script, session_data


@dataclass(frozen=True)
class SlotView:
    """One time of a session on its own page."""

    row: object
    day: str
    their_day: str
    length: str
    strip_svg: str
    strip_words: str
    calendar_url: str
    google_url: str
    outlook_url: str
    outlook_work_url: str
    apple_url: str
    join_url: str
    seats: int | None
    is_over: bool


@dataclass(frozen=True)
class PartView:
    """A part of a session with its own title and people."""

    title: str
    people: list[PersonView]


async def session_calendar(visited: Visit, session: ReleasedSession) -> Response[bytes]:
    placings = [(session, slot) for slot in session.slots]
    title = visited.layout.text(session.title)
    return await calendar_file(
        visited, placings, name=title, filename=f"{visited.conference.slug}-{session.code}.ics"
    )


def session_page(
    visited: Visit,
    session: ReleasedSession,
    packs: list[tuple[str, LocalText]],
    known: Known | None = None,
) -> Template:
    """A session's own page."""
    layout = visited.layout
    whole = [appearance for appearance in session.appearances if appearance.part is None]
    abstract = layout.text(session.abstract)
    track = visited.programme.track_by_code.get(session.track or "")
    live = [slot for slot in session.slots if not slot.is_cancelled]
    rows = [layout.row(session, slot) for slot in session.slots]
    return visited.page(
        "sessions/session.html",
        at=(live or list(session.slots))[0].start,
        session=session,
        row=rows[0],
        is_cancelled=not live,
        slots=[_slot_view(visited, session, slot) for slot in session.slots],
        people=[_person(visited, appearance) for appearance in whole],
        parts=[
            PartView(
                layout.text(title),
                [_person(visited, a) for a in session.appearances if a.part == index],
            )
            for index, title in enumerate(session.parts)
        ],
        abstract_html=to_html(abstract),
        abstract_language=_language_of(visited, session.abstract),
        summary=summary(abstract) or ", ".join(person.name for person in rows[0].people),
        track=track,
        spoken=language_name(session.language or visited.facts.languages[0], visited.language),
        needs_seat=any(slot.seats is not None for slot in live),
        calendar_url=f"{visited.home}/sessions/{session.code}.ics",
        structured=as_script(session_data(visited.site, visited.programme, session, known)),
        links=[link for link in session.links if link.get("url", "").startswith(("http://", "https://"))],
        packs=[(layout.text(title), f"{visited.home}/resources/{code}") for code, title in packs],
    )


def _language_of(visited: Visit, text: dict[str, str]) -> str:
    """The language of a text where it is not the page's, else ""."""
    for code in (visited.language, visited.language.split("-")[0], *visited.facts.languages):
        if text.get(code):
            return code if code != visited.language else ""
    return next(iter(text), "")


def _person(visited: Visit, appearance: ReleasedAppearance) -> PersonView:
    speaker = visited.programme.speaker_by_code.get(appearance.speaker)
    name = speaker.name if speaker else ""
    about = [speaker.job_title, speaker.organisation] if speaker else []
    words = ", ".join(part for part in [special_role(appearance.role), *about] if part)
    return PersonView(name, f"{visited.home}/speakers/{appearance.speaker}", words)


def _slot_view(visited: Visit, session: ReleasedSession, slot: ReleasedSlot) -> SlotView:
    zone, home, language = visited.zone, visited.conference.zone, visited.language
    entry = calendar_entry(visited.place, visited.programme, session, slot, language=language)
    picture = build_strip(
        dates.local_date(slot.start, zone),
        zone,
        home,
        spans=[(slot.start, slot.end)],
        now=visited.layout.now if slot.start <= visited.layout.now < slot.end else None,
        subject="session",
        language=language,
    )
    return SlotView(
        row=visited.layout.row(session, slot),
        day=dates.long_day(dates.local_date(slot.start, zone), language),
        their_day=dates.long_day(dates.local_date(slot.start, home), language),
        length=dates.duration_words(slot.minutes, language),
        strip_svg=strip_svg(picture),
        strip_words=strip_text(picture),
        calendar_url=f"{visited.home}/sessions/{session.code}.ics",
        google_url=google_link(entry),
        outlook_url=outlook_link(entry),
        outlook_work_url=outlook_link(entry, work=True),
        apple_url=subscribe_link(f"{visited.home_url}/sessions/{session.code}.ics"),
        join_url=f"/join/{slot.code}",
        seats=slot.seats,
        is_over=slot.end <= visited.layout.now,
    )
