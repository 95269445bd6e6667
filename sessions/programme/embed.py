"""A programme within somebody else's page: what may be chosen of it, read from an address and written into one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from conference import dates
from conference.timezones import normalise
from sessions.programme.filters import Placing
from sessions.programme.snapshot import ReleasedProgramme

VIEWS = ("list", "grid")
THEMES = ("auto", "light", "dark")
READERS_ZONE = "reader"
_MOST = 50  # values of one kind


@dataclass(frozen=True)
class EmbedOptions:
    """What is shown, and how. Empty values ask for nothing; ``days`` are the conference's dates, the rest codes.

    ``zone`` is an IANA name, "" for the conference's own, or READERS_ZONE: then a script within the frame asks for the
    reader's; without script they see the conference's.
    """

    language: str = ""
    zone: str = ""
    view: str = "list"
    theme: str = "auto"
    days: tuple[date, ...] = ()
    rooms: tuple[str, ...] = ()
    tracks: tuple[str, ...] = ()

    def query(self) -> list[tuple[str, str]]:
        """The options as the address has them, always in one order."""
        pairs = [
            ("lang", self.language),
            ("tz", self.zone),
            ("view", self.view if self.view != "list" else ""),
            ("theme", self.theme if self.theme != "auto" else ""),
            *(("day", day.isoformat()) for day in self.days),
            *(("room", code) for code in self.rooms),
            *(("track", code) for code in self.tracks),
        ]
        return [(name, value) for name, value in pairs if value]


def read_options(
    first: Callable[[str], str],
    every: Callable[[str], Sequence[str]],
    programme: ReleasedProgramme,
    languages: Iterable[str],
) -> EmbedOptions:
    """The options in an address: ``first`` gives a name's value, ``every`` all of its values. What is not known, such
    as a room that is no more, is passed over."""
    zone = first("tz")
    days = {dates.local_date(slot.start, programme.zone) for _session, slot in programme.placings}
    return EmbedOptions(
        language=first("lang") if first("lang") in set(languages) else "",
        zone=READERS_ZONE if zone == READERS_ZONE else (normalise(zone) or "") if zone else "",
        view=first("view") if first("view") in VIEWS else VIEWS[0],
        theme=first("theme") if first("theme") in THEMES else THEMES[0],
        days=tuple(day for day in sorted(days) if day.isoformat() in every("day")[:_MOST]),
        rooms=tuple(room.code for room in programme.rooms if room.code in every("room")[:_MOST]),
        tracks=tuple(track.code for track in programme.tracks if track.code in every("track")[:_MOST]),
    )


def embedded(programme: ReleasedProgramme, options: EmbedOptions) -> list[Placing]:
    """The placings that are shown, in order of time and room."""
    return [
        (session, slot)
        for session, slot in programme.placings
        if (not options.days or dates.local_date(slot.start, programme.zone) in options.days)
        and (not options.rooms or slot.room in options.rooms)
        and (not options.tracks or session.track in options.tracks)
    ]


def frame_snippet(address: str, title: str) -> str:
    """The HTML that shows the page at ``address`` in somebody else's page, without any script."""
    return (
        f'<iframe src="{escape(address)}" title="{escape(title)}" width="100%" height="900" '
        f'style="border:0" loading="lazy"></iframe>'
    )


def script_snippet(address: str, title: str, script: str, home: str) -> str:
    """The HTML whose ``script`` puts a frame as high as its content there. Where it does not run a link is shown."""
    return (
        f'<div data-meridian="{escape(address)}" data-title="{escape(title)}">'
        f'<a href="{escape(home)}">{escape(title)}</a></div>\n'
        f'<script async src="{escape(script)}"></script>'
    )
