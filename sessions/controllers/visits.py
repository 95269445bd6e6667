"""A reader's visit to a public page: the conference, its latest release, and that release laid out for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from litestar.di import Provide
from litestar.response import Template

from conference import clock, dates, i18n
from conference.conferences import ConferenceFacts, facts_of
from conference.errors import NotFound
from conference.guards import provide_conference
from conference.i18n import _
from conference.markup import summary
from conference.pagecache import KEPT
from conference.tables import Conference, RegistrationState
from conference.timezones import at_clock, normalise
from conference.web import AnyRequest, page, reader_zone, settings_of
from sessions.programme.days import Layout
from sessions.programme.feeds import CalendarPlace
from sessions.programme.snapshot import ReleasedProgramme
from sessions.programme.structured_data import Site
from sessions.queries import latest_programme

IN_CONFERENCE = {"conference": Provide(provide_conference)}
"""Dependencies of every route below ``/{slug}``."""


PRIVATE = {"cache-control": "private, no-store", "x-robots-tag": "noindex"}
"""Headers of an answer that depends on who asks: never shared, and not for search engines."""


@dataclass(frozen=True)
class Visit:
    """One reader at one conference. ``home`` is its path, ``home_url`` its whole address, both without a slash at the end."""

    request: AnyRequest
    conference: Conference
    facts: ConferenceFacts
    programme: ReleasedProgramme
    layout: Layout
    home_url: str

    @property
    def is_released(self) -> bool:
        """Whether anything is published yet."""
        return self.programme.number > 0

    @property
    def home(self) -> str:
        """The conference's path."""
        return self.layout.home

    @property
    def zone(self) -> str:
        """The reader's zone."""
        return self.layout.zone

    @property
    def language(self) -> str:
        """The page's language."""
        return self.layout.language

    @property
    def place(self) -> CalendarPlace:
        """What calendar entries say of the conference."""
        return CalendarPlace(
            slug=self.conference.slug,
            base_url=settings_of(self.request).base_url,
            uid_host=self.conference.uid_host,
            zone=self.conference.zone,
            languages=self.facts.languages,
        )

    @property
    def site(self) -> Site:
        """What search engines are told of the conference's place on the web."""
        text = self.layout.text
        return Site(
            base_url=settings_of(self.request).base_url,
            home_url=self.home_url,
            name=text(self.facts.name),
            language=self.language,
            languages=self.facts.languages,
            zone=self.conference.zone,
            description=text(self.facts.tagline) or summary(text(self.facts.description)),
            organiser_name=self.facts.organiser_name,
            organiser_url=self.facts.organiser_url,
            is_open=self.conference.registration_state == RegistrationState.OPEN,
        )

    @property
    def first_moment(self) -> datetime:
        """The first start, by which zones are named on the conference's pages."""
        starts = [slot.start for _session, slot in self.programme.placings if not slot.is_cancelled]
        if starts:
            return min(starts)
        noon = datetime.combine(self.facts.starts_on, time(12))
        return at_clock(noon, self.conference.zone)

    def page(
        self,
        template: str,
        *,
        at: datetime | None = None,
        asked: Mapping[str, str] | None = None,
        kept: float | None = None,
        **context: Any,
    ) -> Template:
        """A page that is the same for every reader of this language and zone.

        ``asked`` is what the page understood of its address's query beside zone and language, ``kept`` for how many
        seconds it stays true (None: as long as the cache likes).
        """
        return page(
            self.request,
            template,
            conference=self.conference,
            shared=True,
            at=at or self.first_moment,
            headers=self.kept(asked or {}, kept),
            **self._frame(),
            **context,
        )

    def own_page(
        self,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **context: Any,
    ) -> Template:
        """A page that shows something of this one reader, and that no cache keeps."""
        return page(
            self.request,
            template,
            conference=self.conference,
            at=self.first_moment,
            status=status,
            headers=headers or {"cache-control": "no-store"},
            **self._frame(),
            **context,
        )

    def _frame(self) -> dict[str, Any]:
        """What every page of the programme stands on."""
        path = self.request.url.path.rstrip("/")
        address = f"{settings_of(self.request).base_url}{path}" + ("/" if path == self.home else "")
        is_translated = "lang" in self.request.query_params and self.language in self.facts.languages
        return {
            "about": self.facts,
            "home": self.home,
            "address": address,
            "canonical": f"{address}?lang={self.language}" if is_translated else address,
            "is_released": self.is_released,
            "conference_zone": self.conference.zone,
            "place": dates.city_name(self.conference.zone, self.language),
        }

    def kept(self, asked: Mapping[str, str], seconds: float | None = None) -> dict[str, str]:
        """The header that tells the page cache how long to keep the answer: not at all where the address holds
        something that was not understood (``asked`` is what was), so that made-up addresses never fill the cache."""
        known = {**asked, "lang": self.language, "tz": ""}
        for name, value in self.request.query_params.multi_items():
            expected = known.pop(name, None)
            if expected is None or (expected != value and (name != "tz" or normalise(value) is None)):
                return {KEPT: "0"}
        return {} if seconds is None else {KEPT: f"{max(seconds, 1):.0f}"}


async def visit(
    request: AnyRequest, conference: Conference, programme: ReleasedProgramme | None = None
) -> Visit:
    """The visit that a request is, to ``programme`` or else to the latest release. A conference without a release has
    an empty programme with number 0."""
    facts = facts_of(conference)
    now = clock.now()
    if programme is None:
        programme = await latest_programme(conference) or ReleasedProgramme(0, now, conference.zone)
    home = f"/{conference.slug}"
    layout = Layout(
        programme=programme,
        zone=reader_zone(request, conference.zone)[0],
        language=i18n.current_language(),
        languages=facts.languages,
        home=home,
        now=now,
    )
    return Visit(request, conference, facts, programme, layout, settings_of(request).base_url + home)


def not_here(message: str = "") -> NotFound:
    """The refusal for an address that names nothing."""
    return NotFound(message or _("There is nothing at this address."))
