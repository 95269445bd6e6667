"""What the desk's pages about rooms, tracks, speakers and sessions share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from litestar.di import NamedDependency, Provide
from litestar.response import Template

from conference.guards import provide_conference, provide_organiser, provide_role
from conference.tables import Conference, Role
from conference.team import Permission, may
from conference.viewer import SignedInOrganiser
from conference.web import AnyRequest, page
from sessions.desk_lists import Page
from sessions.desk_words import Difference


async def provide_desk(
    conference: NamedDependency[Conference],
    organiser: NamedDependency[SignedInOrganiser],
    role: NamedDependency[Role],
) -> Desk:
    """Dependency ``desk``: who works on which conference."""
    return Desk(conference, organiser, may(role, Permission.PROGRAMME))


AT_THE_DESK = {
    "conference": Provide(provide_conference),
    "organiser": Provide(provide_organiser),
    "role": Provide(provide_role),
    "desk": Provide(provide_desk),
}
"""Dependencies of every route here."""


@dataclass(frozen=True)
class Desk:
    """An organiser at work on a conference. ``may_change`` is false for those who may only look."""

    conference: Conference
    organiser: SignedInOrganiser
    may_change: bool

    def path(self, section: str, *more: str) -> str:
        """The address of a page of this desk."""
        return "/".join((f"/organise/{self.conference.slug}", section, *more))

    def page(
        self, request: AnyRequest, template: str, section: str, *, status: int = 200, **context: Any
    ) -> Template:
        """A page of this desk."""
        return page(
            request,
            f"sessions/desk/{template}",
            conference=self.conference,
            organiser=self.organiser,
            status=status,
            section=section,
            may_change=self.may_change,
            here=self.path(section),
            **context,
        )

    def stale_page(
        self,
        request: AnyRequest,
        section: str,
        *,
        action: str,
        back: str,
        kept: list[tuple[str, str]],
        revision_field: str,
        revision: int | str,
        differences: list[Difference],
        message: str,
    ) -> Template:
        """409: both versions side by side, and the choice between them. ``kept`` is what the person had typed."""
        return self.page(
            request,
            "stale.html",
            section,
            status=409,
            action=action,
            back=back,
            kept=kept,
            revision_field=revision_field,
            revision=revision,
            differences=differences,
            message=message,
        )


def page_links(address: str, shown: Page[Any], **query: str) -> tuple[str, str]:
    """The addresses of the pages before and after, "" where there is none."""

    def link(number: int) -> str:
        if not 1 <= number <= shown.pages:
            return ""
        return f"{address}?{urlencode({**{k: v for k, v in query.items() if v}, 'page': number})}"

    return link(shown.number - 1), link(shown.number + 1)
