"""Stars: slots that a reader has marked for themselves, kept in their own browser, without an account."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from conference.viewer import Attending
from sessions.programme.filters import Placing
from sessions.programme.snapshot import ReleasedProgramme

COOKIE = "stars"
MOST = 200
"""Stars that one browser keeps: with codes of eight characters well below the 4096 octets of a cookie (RFC 6265 6.1)."""
_SIGNED_IN = "me"  # shorter than any code
_LONGEST_CODE = 12


@dataclass(frozen=True)
class Stars:
    """What the cookie says: the slots' codes, in the order in which they were starred.

    ``is_with_agenda``: this browser has signed in, so that the person's agenda, which the server keeps, counts as well.
    The script of the programme then asks the server for it.
    """

    codes: tuple[str, ...] = ()
    is_with_agenda: bool = False

    def changed(self, code: str, *, starring: bool) -> Stars:
        """With the slot starred or not. Beyond MOST the oldest star goes."""
        others = tuple(other for other in self.codes if other != code)
        codes = (*others, code)[-MOST:] if starring else others
        return Stars(codes, self.is_with_agenda)

    @property
    def value(self) -> str:
        """The cookie's value, "" when there is nothing to keep."""
        return ".".join([*([_SIGNED_IN] if self.is_with_agenda else []), *self.codes])


def read_stars(value: str) -> Stars:
    """The stars in a cookie's value. What is no code is passed over: anyone can write anything into a cookie."""
    parts = value[:4096].split(".")
    codes = [part for part in parts if _is_code(part)]
    return Stars(tuple(dict.fromkeys(codes))[-MOST:], _SIGNED_IN in parts)


def _is_code(part: str) -> bool:
    return len(_SIGNED_IN) < len(part) <= _LONGEST_CODE and part.isascii() and part.isalnum()


def starred_placings(programme: ReleasedProgramme, codes: Iterable[str]) -> list[Placing]:
    """The slots of these codes that the programme knows, in order of time and room."""
    wanted = set(codes)
    return [pair for pair in programme.placings if pair[1].code in wanted]


def clashes(placings: Sequence[Placing]) -> dict[str, tuple[Placing, ...]]:
    """For each slot (by code) those others that are on at the same time; what is cancelled is at no time.

    ``placings`` in order of their start. Back to back is no clash.
    """
    found: dict[str, list[Placing]] = {}
    standing = [pair for pair in placings if not pair[1].is_cancelled and not pair[0].is_cancelled]
    for index, one in enumerate(standing):
        for other in standing[index + 1 :]:
            if other[1].start >= one[1].end:
                break
            found.setdefault(one[1].code, []).append(other)
            found.setdefault(other[1].code, []).append(one)
    return {code: tuple(others) for code, others in found.items()}


@dataclass(frozen=True)
class Agenda:
    """What a signed-in person has chosen, as codes of slots: ``free`` ones they may take off, ``seats`` they hold."""

    free: frozenset[str]
    seats: frozenset[str]


@dataclass(frozen=True)
class AgendaKeeper:
    """How this package reaches the agenda of someone signed in: the dependency ``agenda_keeper``, which the composition
    root provides.

    ``read`` says what is on it; ``star`` puts a slot that needs no seat on it (True) or takes it off, and raises a
    DomainError that says why not; ``changed`` says how many of the person's sessions have moved or been cancelled today.
    """

    read: Callable[[Attending], Awaitable[Agenda]]
    star: Callable[[Attending, ReleasedProgramme, str, bool], Awaitable[None]]
    changed: Callable[[Attending, ReleasedProgramme, datetime], Awaitable[int]]
