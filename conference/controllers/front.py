"""The front page: which conferences there are."""

from __future__ import annotations

from dataclasses import dataclass

from litestar import Controller, get
from litestar.response import Template

from conference import clock, dates, texts
from conference.conferences import languages_of, listed_conferences
from conference.i18n import current_language
from conference.tables import Conference, RegistrationState
from conference.web import AnyRequest, page


@dataclass(frozen=True)
class ConferenceCard:
    """A conference in the list, in the reader's language; ``days`` are those of the conference's own calendar."""

    name: str
    tagline: str
    url: str
    days: str
    place: str
    is_open: bool


class FrontController(Controller):
    path = "/"

    @get("/", name="front:conferences")
    async def conferences(self, request: AnyRequest) -> Template:
        today = clock.now()
        rows = await listed_conferences()
        coming = [c for c in rows if c.ends_on >= dates.local_date(today, c.zone)]
        past = [c for c in rows if c not in coming]
        return page(
            request,
            "conference/front.html",
            coming=[_card(conference) for conference in reversed(coming)],
            past=[_card(conference) for conference in past],
        )


def _card(conference: Conference) -> ConferenceCard:
    language, languages = current_language(), languages_of(conference)
    return ConferenceCard(
        name=texts.pick(conference.name, language, languages),
        tagline=texts.pick(conference.tagline, language, languages),
        url=f"/{conference.slug}/",
        days=dates.day_range(conference.starts_on, conference.ends_on, language),
        place=dates.city_name(conference.zone, language),
        is_open=conference.registration_state == RegistrationState.OPEN,
    )
