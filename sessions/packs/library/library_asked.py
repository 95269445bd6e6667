"""Pure: what a reader asks the library for, read from an address and written back into one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from urllib.parse import urlencode

from conference.texts import clean_line
from sessions.packs.licences import LICENCES
from sessions.packs.search_words import LONGEST_SEARCH, Search, read_search
from sessions.packs.tables import ResourceKind

FILTERS = ("kind", "language", "topic", "conference", "licence")
"""What may be asked for beside words, as addresses call it. Several of one are alternatives."""
_MOST_VALUES = 20  # of one filter
_LAST_PAGE = 10_000

# What a filter's value looks like; topics and conferences that do not exist find nothing.
_SHAPES = {
    "kind": "|".join(kind.value for kind in ResourceKind),
    "language": "[a-z]{2,3}",  # of a tag such as pt-BR the first part: who looks for Portuguese finds all of it
    "topic": "[a-z0-9]{1,12}",
    "conference": "[a-z0-9-]{1,60}",
    "licence": "|".join(re.escape(code) for code in LICENCES),
}

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Asked:
    """What to show. ``chosen`` maps filters to their values; ``newest`` asks for the newest first though there are words."""

    words: str = ""
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    newest: bool = False
    page: int = 1

    @cached_property
    def search(self) -> Search:
        """What the words look for."""
        return read_search(self.words)

    @property
    def is_filtered(self) -> bool:
        """Whether anything is asked for at all."""
        return bool(self.search) or bool(self.chosen)

    def values(self, name: str) -> tuple[str, ...]:
        """The values chosen of a filter."""
        return self.chosen.get(name, ())

    def without(self, name: str, value: str = "") -> Asked:
        """The same from its first page, without a filter's ``value``, or without all of it; "q" are the words."""
        if name == "q":
            return replace(self, words="", newest=False, page=1)
        left = tuple(one for one in self.values(name) if value and one != value)
        rest = {other: values for other, values in self.chosen.items() if other != name}
        return replace(self, chosen={**rest, name: left} if left else rest, page=1)

    def on(self, page: int) -> Asked:
        """The same, on another page."""
        return replace(self, page=page)

    def sorted(self, *, newest: bool) -> Asked:
        """The same from its first page, in the other order."""
        return replace(self, newest=newest, page=1)

    def pairs(self) -> Pairs:
        """What stands in the address, always in the same order."""
        found = [("q", self.words)] if self.words else []
        found += [(name, value) for name in FILTERS for value in self.values(name)]
        if self.newest:
            found.append(("sort", "newest"))
        if self.page > 1:
            found.append(("page", str(self.page)))
        return found

    def address(self, path: str) -> str:
        """``path`` asking for this."""
        pairs = self.pairs()
        return f"{path}?{urlencode(pairs)}" if pairs else path


def read_asked(pairs: Iterable[tuple[str, str]]) -> Asked:
    """What an address asks for. What cannot be a filter's value is passed over: an old link still shows something."""
    words, newest, page = "", False, 1
    chosen: dict[str, list[str]] = {}
    for name, value in pairs:
        if name == "q":
            words = clean_line(value[: LONGEST_SEARCH * 4])[:LONGEST_SEARCH]
        elif name == "sort":
            newest = value == "newest"
        elif name == "page":
            page = int(value) if re.fullmatch("[1-9][0-9]{0,4}", value) else 1
        elif name in _SHAPES and re.fullmatch(_SHAPES[name], value):
            values = chosen.setdefault(name, [])
            if value not in values and len(values) < _MOST_VALUES:
                values.append(value)
    return Asked(
        words=words,
        chosen={name: tuple(chosen[name]) for name in FILTERS if name in chosen},
        newest=newest,
        page=min(page, _LAST_PAGE),
    )
