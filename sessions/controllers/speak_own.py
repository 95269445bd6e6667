"""What the pages behind a speaker's link share: whose they are, on whose clock, answers that no cache keeps."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from litestar.di import Provide
from litestar.response import Redirect, Template

from conference import clock, dates, i18n, timezones
from conference.tables import Conference
from conference.web import AnyRequest, Reader, page, reader_zone, see_other
from sessions.speakers.links import LinkExpired, LinkUnknown, speaker_by_token
from sessions.tables import Speaker

PRIVATE = {"cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex"}
"""Headers of every answer below /speak: its address is a secret."""


@dataclass(frozen=True)
class Own:
    """A speaker on their own page. ``zone`` is theirs, else what this browser chose, else the conference's."""

    speaker: Speaker
    conference: Conference
    token: str
    zone: str
    language: str
    now: datetime

    @property
    def path(self) -> str:
        """The page's address."""
        return f"/speak/{self.token}"

    @property
    def first_noon(self) -> datetime:
        """An instant on the conference's first day, for which offsets of zones are told."""
        return datetime.combine(self.conference.starts_on, time(12), tzinfo=UTC)

    def to(self, where: str, flash: str = "", *, kind: str = "success") -> Redirect:
        """To a place below the page (such as ``#s-k3v9x2ab`` or ``/profile``), with a word about what was done."""
        answer = see_other(f"{self.path}{where}", flash, kind=kind)
        answer.headers.update(PRIVATE)
        return answer


async def provide_own(request: AnyRequest) -> Own:
    """Dependency ``own``: whose link stands in the address. Raises LinkUnknown, LinkExpired."""
    token, now = str(request.path_params["token"]), clock.now()
    speaker, conference = await speaker_by_token(token, now)
    zone = timezones.normalise(speaker.zone) if speaker.zone else None
    zone = zone or reader_zone(request, conference.zone)[0]
    return Own(speaker, conference, token, zone, i18n.current_language(), now)


def own_view(request: AnyRequest, own: Own, template: str, *, status: int = 200, **context: Any) -> Template:
    """A page below the link, on the speaker's clock."""
    reader = Reader(
        own.zone,
        dates.zone_name(own.zone, own.first_noon, own.language),
        bool(own.speaker.zone),
        None,
        own.path,
    )
    return page(
        request,
        f"sessions/speak/{template}",
        conference=own.conference,
        status=status,
        at=own.first_noon,
        headers=PRIVATE,
        viewer=reader,
        speaker=own.speaker,
        here=own.path,
        conference_zone=own.conference.zone,
        **context,
    )


def gone(request: AnyRequest, error: LinkUnknown | LinkExpired) -> Template:
    """The link is of no use (any more): says why, and offers a new one by mail."""
    return page(
        request,
        "sessions/speak/gone.html",
        status=error.http_status,
        headers=PRIVATE,
        message=error.message,
        is_unknown=isinstance(error, LinkUnknown),
        values={},
        errors={},
    )


OWN = {"own": Provide(provide_own)}
"""Dependencies of every route below ``/speak/{token}``."""
GONE: MutableMapping[int | type[Exception], Any] = {LinkUnknown: gone, LinkExpired: gone}
MOST_BYTES = 500_000
"""Of a form here, other than a photo."""
