"""What the programme's filters offer, and those in force, each with the way out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conference.i18n import language_name
from sessions.programme.days import Layout
from sessions.programme.filters import Filters, address

_KIND_ORDER = ("keynote", "plenary", "panel", "workshop", "talk", "networking", "break")

Choices = dict[str, list[tuple[str, str]]]


@dataclass(frozen=True)
class Chip:
    """A filter in force: ``name`` as in addresses, ``text`` what was chosen (of ``type``: the kind's code), ``url`` of
    the page without it."""

    name: str
    text: str
    url: str


def choices_of(layout: Layout) -> Choices:
    """What may be chosen, as (code, text): only what the programme has more than one of."""
    programme = layout.programme
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


def chips_of(filters: Filters, layout: Layout, path: str, kept: Mapping[str, str]) -> list[Chip]:
    """The filters in force. ``kept`` is the whole query of the page at ``path``."""
    programme = layout.programme
    texts = {"q": filters.words, "type": filters.kind, "hours": "bearable"}
    if filters.track:
        texts["track"] = layout.text(programme.track_by_code[filters.track].name)
    if filters.room:
        texts["room"] = layout.text(programme.room_by_code[filters.room].name)
    if filters.spoken:
        texts["spoken"] = language_name(filters.spoken, layout.language)
    return [Chip(name, texts[name], address(path, kept, **{name: ""})) for name in filters.query()]
