"""Who speaks: everyone, and each on a page of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from conference import dates, timezones
from conference.i18n import _, locale_of
from conference.markup import summary, to_html
from conference.tables import Conference
from conference.texts import pick_with_language
from conference.web import AnyRequest
from sessions.controllers.visits import IN_CONFERENCE, Visit, not_here, visit
from sessions.programme.days import Row, TimeView, role_name, time_view
from sessions.programme.snapshot import ReleasedSpeaker
from sessions.programme.structured_data import as_script, speaker_data
from sessions.speakers.orcid import orcid_url
from sessions.speakers.photos import Photo, photos_in
from sessions.tables import SpeakerKind

NO_PHOTOS: Mapping[str, Photo] = {}


@dataclass(frozen=True)
class PhotoView:
    """A photo in the size that the page shows; ``width`` and ``height`` in pixels of the file."""

    url: str
    width: int
    height: int
    words: str


@dataclass(frozen=True)
class SpeakerView:
    """A speaker as lists show them. ``place`` is what their zone is called after, "" where it is unknown."""

    name: str
    url: str
    is_organisation: bool
    pronouns: str
    about: str
    country: str
    place: str
    initials: str
    photo: PhotoView | None
    titles: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class AppearanceView:
    """A time at which a speaker appears: the row, their role, and the time on their own clock."""

    row: Row
    role: str
    theirs: TimeView | None


class SpeakersController(Controller):
    path = "/{slug:str}/speakers"
    dependencies = IN_CONFERENCE

    @get("/", name="speakers:list")
    async def speakers(self, request: AnyRequest, conference: NamedDependency[Conference]) -> Template:
        return speakers_page(await visit(request, conference), await photos_in(conference.id))

    @get("/{code:str}", name="speakers:show")
    async def speaker(
        self, request: AnyRequest, conference: NamedDependency[Conference], code: FromPath[str]
    ) -> Template:
        return speaker_page(await visit(request, conference), code, await photos_in(conference.id))


def speakers_page(visited: Visit, photos: Mapping[str, Photo] = NO_PHOTOS) -> Template:
    """Everyone who speaks: people, then organisations. ``photos`` are by speaker's code."""
    titles: dict[str, dict[str, str]] = {}
    for session in visited.programme.sessions:
        if session.is_cancelled:
            continue
        title = visited.layout.text(session.title)
        for appearance in session.appearances:
            url = f"{visited.home}/sessions/{session.code}"
            titles.setdefault(appearance.speaker, {})[url] = title
    views = [
        _view(
            visited,
            speaker,
            photos.get(speaker.code),
            titles=tuple((title, url) for url, title in titles[speaker.code].items()),
        )
        for speaker in visited.programme.speakers
        if speaker.code in titles
    ]
    groups = (
        (_("People"), [view for view in views if not view.is_organisation]),
        (_("Organisations"), [view for view in views if view.is_organisation]),
    )
    return visited.page("sessions/speakers.html", groups=[group for group in groups if group[1]])


def speaker_page(visited: Visit, code: str, photos: Mapping[str, Photo] = NO_PHOTOS) -> Template:
    """One speaker's page. Raises NotFound."""
    speaker = visited.programme.speaker_by_code.get(code)
    if speaker is None:
        raise not_here(_("There is no such speaker in this programme."))
    biography, language = pick_with_language(speaker.biography, visited.language, visited.facts.languages)
    appearances = _appearances(visited, speaker)
    at = appearances[0].row.slot.start if appearances else visited.first_moment
    return visited.page(
        "sessions/speaker.html",
        at=at,
        speaker=_view(visited, speaker, photos.get(code), is_large=True),
        orcid_url=orcid_url(speaker.orcid),
        biography_html=to_html(biography),
        biography_language=language if language != visited.language else "",
        summary=summary(biography),
        appearances=appearances,
        structured=as_script(
            speaker_data(visited.site, speaker, [(one.row.session, one.row.slot) for one in appearances])
        ),
        their_zone=dates.zone_name(speaker.zone, at, visited.language) if _zone(speaker) else "",
        links=[link for link in speaker.links if link.get("url", "").startswith(("http://", "https://"))],
    )


def _zone(speaker: ReleasedSpeaker) -> str:
    return timezones.normalise(speaker.zone) or "" if speaker.zone else ""


def _view(
    visited: Visit,
    speaker: ReleasedSpeaker,
    photo: Photo | None,
    *,
    is_large: bool = False,
    titles: tuple[tuple[str, str], ...] = (),
) -> SpeakerView:
    country = locale_of(visited.language).territories.get(speaker.country, "") if speaker.country else ""
    zone = _zone(speaker)
    return SpeakerView(
        name=speaker.name,
        url=f"{visited.home}/speakers/{speaker.code}",
        is_organisation=speaker.kind == SpeakerKind.ORGANISATION,
        pronouns=speaker.pronouns,
        about=", ".join(part for part in (speaker.job_title, speaker.organisation) if part),
        country=str(country),
        place=dates.city_name(zone, visited.language) if zone and "/" in zone else "",
        initials=_initials(speaker.name),
        photo=_photo(visited, speaker, photo, is_large=is_large) if photo else None,
        titles=titles,
    )


def _photo(visited: Visit, speaker: ReleasedSpeaker, photo: Photo, *, is_large: bool) -> PhotoView:
    words = _("Sign of %(name)s") if speaker.kind == SpeakerKind.ORGANISATION else _("Photo of %(name)s")
    width, height = (photo.width, photo.height) if is_large else photo.small_size
    url = photo.path(visited.conference.slug, speaker.code, small=not is_large)
    return PhotoView(url, width, height, words % {"name": speaker.name})


def _initials(name: str) -> str:
    """First letters of the first and the last word, for the place of a portrait."""
    words = [word for word in name.split() if word[0].isalpha()]
    chosen = words[:1] + words[-1:] if len(words) > 1 else words
    return "".join(word[0].upper() for word in chosen)


def _appearances(visited: Visit, speaker: ReleasedSpeaker) -> list[AppearanceView]:
    zone, found = _zone(speaker), []
    for session, slot in visited.programme.placings:
        roles = [a.role for a in session.appearances if a.speaker == speaker.code]
        if not roles:
            continue
        differs = zone and timezones.offset_at(slot.start, zone) != timezones.offset_at(
            slot.start, visited.conference.zone
        )
        found.append(
            AppearanceView(
                row=visited.layout.row(session, slot),
                role=", ".join(dict.fromkeys(map(role_name, roles))),
                theirs=time_view(slot.start, slot.end, zone, visited.conference.zone, visited.language)
                if differs
                else None,
            )
        )
    return found
