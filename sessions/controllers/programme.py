"""The public programme, and a session's own page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response, Template

from conference import dates
from conference.calendar import google_link, outlook_link
from conference.i18n import _, language_name
from conference.markup import summary, to_html
from conference.strip import build_strip
from conference.strip_picture import strip_svg
from conference.strip_words import strip_text
from conference.tables import Conference
from conference.texts import LocalText
from conference.web import AnyRequest
from sessions.controllers.downloads import calendar_file
from sessions.controllers.visits import IN_CONFERENCE, Visit, not_here, visit
from sessions.programme.days import ONE_DAY_ABOVE, DayView, PersonView, by_day, chosen_day, special_role
from sessions.programme.feeds import calendar_entry
from sessions.programme.filters import Filters, Placing, address, read_filters, selected
from sessions.programme.grid import Grid, grid_of
from sessions.programme.snapshot import ReleasedAppearance, ReleasedSession, ReleasedSlot
from sessions.queries import packs_of_session


@dataclass(frozen=True)
class DayLink:
    """A day in the programme's list of days."""

    label: str
    url: str
    count: int
    is_shown: bool


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
    join_url: str
    seats: int | None
    is_over: bool


@dataclass(frozen=True)
class PartView:
    """A part of a session with its own title and people."""

    title: str
    people: list[PersonView]


class ProgrammeController(Controller):
    path = "/{slug:str}"
    dependencies = IN_CONFERENCE

    @get("/programme", name="programme:show")
    async def programme(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Template:
        return programme_page(await visit(request, conference))

    @get("/sessions/{code:str}", name="session:show")
    async def session(
        self, request: AnyRequest, conference: NamedDependency[Conference], code: FromPath[str]
    ) -> Response[bytes] | Template:
        visited = await visit(request, conference)
        wanted = code.removesuffix(".ics")
        session = visited.programme.session_by_code.get(wanted)
        if session is None:
            raise not_here(_("There is no such session in this programme."))
        if code.endswith(".ics"):
            return await _session_calendar(visited, session)
        return session_page(visited, session, await packs_of_session(session.id))


def programme_page(visited: Visit) -> Template:
    """The programme as the address asks for it."""
    query = visited.request.query_params
    view = "grid" if query.get("view") == "grid" else "list"
    filters = read_filters(query, visited.programme)
    found = selected(visited.programme, filters)
    days = by_day(found, visited.zone)
    shown, is_whole = list(days), True
    if len(found) > ONE_DAY_ABOVE or query.get("day", "") in {day.isoformat() for day in days}:
        today = dates.local_date(visited.layout.now, visited.zone)
        only = chosen_day(list(days), query.get("day", ""), today)
        shown, is_whole = [only] if only else [], len(days) < 2
    day_views = visited.layout.days(placing for day in shown for placing in days[day])
    path = f"{visited.home}/programme"
    kept = {**filters.query(), "view": "grid" if view == "grid" else ""}
    return visited.page(
        "sessions/programme.html",
        view=view,
        filters=filters,
        choices=_choices(visited),
        count=len(found),
        total=len(visited.programme.placings),
        days=day_views,
        grids=_grids(visited, day_views) if view == "grid" else [],
        day_links=_day_links(visited, days, shown, path, kept) if len(days) > 1 else [],
        is_whole=is_whole,
        asked_day=query.get("day", "") if not is_whole else "",
        list_url=address(path, {**kept, "day": query.get("day", "")[:10]}, view=""),
        grid_url=address(path, {**kept, "day": query.get("day", "")[:10]}, view="grid"),
        plain_url=address(path, {}, view=kept["view"]),
        calendar_url=address(f"{visited.home}/programme.ics", filters.query()),
    )


async def _session_calendar(visited: Visit, session: ReleasedSession) -> Response[bytes]:
    placings = [(session, slot) for slot in session.slots]
    title = visited.layout.text(session.title)
    return await calendar_file(
        visited, placings, name=title, filename=f"{visited.conference.slug}-{session.code}.ics"
    )


def session_page(visited: Visit, session: ReleasedSession, packs: list[tuple[str, LocalText]]) -> Template:
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
        join_url=f"/join/{slot.code}",
        seats=slot.seats,
        is_over=slot.end <= visited.layout.now,
    )


def _choices(visited: Visit) -> dict[str, list[tuple[str, str]]]:
    """What the filters offer: only what the programme has more than one of."""
    programme, layout = visited.programme, visited.layout
    present_kinds = {session.kind for session in programme.sessions}
    spoken = {session.language for session in programme.sessions if session.language}
    offers = {
        "track": [(track.code, layout.text(track.name)) for track in programme.tracks],
        "type": [(kind, kind) for kind in _KIND_ORDER if kind in present_kinds]
        + [(kind, kind) for kind in sorted(present_kinds - set(_KIND_ORDER))],
        "room": [(room.code, layout.text(room.name)) for room in programme.rooms],
        "spoken": sorted(
            ((code, language_name(code, layout.language)) for code in spoken), key=lambda pair: pair[1]
        ),
    }
    return {name: pairs if len(pairs) > 1 else [] for name, pairs in offers.items()}


_KIND_ORDER = ("keynote", "plenary", "panel", "workshop", "talk", "networking", "break")


def _grids(visited: Visit, days: tuple[DayView, ...]) -> list[tuple[DayView, Grid]]:
    return [(day, grid_of(day, visited.layout)) for day in days]


def _day_links(
    visited: Visit, days: dict[date, list[Placing]], shown: list[date], path: str, kept: dict[str, str]
) -> list[DayLink]:
    return [
        DayLink(
            label=dates.short_day(day, visited.language),
            url=address(path, kept, day=day.isoformat()),
            count=len(placings),
            is_shown=shown == [day],
        )
        for day, placings in days.items()
    ]


__all__ = ["Filters", "ProgrammeController"]
