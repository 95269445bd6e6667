"""The programmes of a conference by name: the draft, each release, each draft kept when a release replaced it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from conference.forms import whole_number
from conference.tables import Conference
from sessions.programme.snapshot import ReleasedProgramme
from sessions.queries import latest_programme, released_programme
from sessions.releases.draft_programme import read_draft
from sessions.releases.kept_drafts import kept_draft
from sessions.releases.stamping import stamp

DRAFT = "draft"
KEPT = "kept-"


@dataclass(frozen=True)
class NamedProgramme:
    """A programme to look at. ``name`` stands in addresses: "draft", a release's number, or "kept-" and a code.

    ``at`` is when it was published or kept; now, for the draft.
    """

    name: str
    programme: ReleasedProgramme
    at: datetime

    @property
    def is_draft(self) -> bool:
        """Whether it is the present draft."""
        return self.name == DRAFT

    @property
    def is_kept(self) -> bool:
        """Whether it is a draft that a release replaced."""
        return self.name.startswith(KEPT)


async def named_programme(conference: Conference, name: str, *, now: datetime) -> NamedProgramme | None:
    """The programme of this name, None where there is none. The draft is taken by itself, as a first release of it
    would be: what it lacks is not there."""
    if name == DRAFT:
        draft = await read_draft(conference, number=conference.release_number + 1, now=now)
        return NamedProgramme(name, stamp(None, draft.programme).programme, now)
    if name.startswith(KEPT):
        kept = await kept_draft(conference.id, name.removeprefix(KEPT))
        if kept is None:
            return None
        return NamedProgramme(name, stamp(None, kept.public()).programme, kept.kept_at)
    number = whole_number(name, 8)
    programme = await released_programme(conference.id, number) if number and str(number) == name else None
    return NamedProgramme(name, programme, programme.released_at) if programme else None


async def next_release(conference: Conference, *, now: datetime) -> NamedProgramme:
    """The draft as publishing it now would make it: what the latest release has and it lacks is cancelled in it."""
    draft = await read_draft(conference, number=conference.release_number + 1, now=now)
    return NamedProgramme(DRAFT, stamp(await latest_programme(conference), draft.programme).programme, now)
