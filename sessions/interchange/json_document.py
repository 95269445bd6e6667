"""JSON as values that know the line they stand in, the same as YAML's: scalars stay text, nothing recurses."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from itertools import accumulate

from conference.i18n import _
from conference.texts import clean_line
from sessions.interchange.model import Doubts, ImportRefused
from sessions.interchange.yaml_document import Value

_DEEPEST = 40
_MOST_VALUES = 1_500_000
# RFC 8259, but control characters in strings pass: people paste texts by hand, and they are cleaned afterwards.
_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
    (?P<mark>[][{}:,])
    |"(?P<string>[^"\\]*(?:\\.[^"\\]*)*)"
    |(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![0-9A-Za-z.+-]))
    |(?P<word>true|false|null)(?![0-9A-Za-z])
    )""",
    re.VERBOSE | re.DOTALL,
)
_BLANK = re.compile(r"[ \t\r\n]*")


def parsed(text: str, doubts: Doubts) -> Value:
    """The document's value. A name given twice in one object keeps its later value, with a doubt.

    Raises ImportRefused, naming the line, for what is not JSON or nests too deeply to be a programme.
    """
    return _Reading(text, doubts).value()


class _Reading:
    def __init__(self, text: str, doubts: Doubts) -> None:
        self.text = text
        self.doubts = doubts
        self.line_ends = list(accumulate(len(line) for line in text.splitlines(keepends=True)))
        self.stack: list[tuple[Value, str | None]] = []  # open collections, each with the name that waits
        self.root: Value | None = None
        self.count = 0

    def value(self) -> Value:
        place, state = 0, "value"
        while state != "done":
            found = _TOKEN.match(self.text, place)
            if found is None:
                raise self._refused(_blank_end(self.text, place))
            start, place = found.start(found.lastgroup or 0), found.end()
            state = self._step(state, found, start)
        if _blank_end(self.text, place) != len(self.text):
            raise self._refused(_blank_end(self.text, place))
        if self.root is None:
            raise self._refused(0)
        return self.root

    def _step(self, state: str, found: re.Match[str], start: int) -> str:
        """Take one taken. States are what may come next: value, first (value or "]"), name, first-name, colon, comma."""
        kind, taken = found.lastgroup, found.group(found.lastgroup or 0)
        if kind == "mark":
            if taken in "{[" and state in ("value", "first"):
                return self._open(taken, start)
            if taken == "]" and state in ("first", "comma") and self._is_in(list_wanted=True):
                return self._close()
            if taken == "}" and state in ("first-name", "comma") and self._is_in(list_wanted=False):
                return self._close()
            if taken == ":" and state == "colon":
                return "value"
            if taken == "," and state == "comma":
                return "value" if self.stack[-1][0].items is not None else "name"
            raise self._refused(start)
        if state in ("name", "first-name") and kind == "string":
            self.stack[-1] = (self.stack[-1][0], clean_line(self._string(taken, start)))
            return "colon"
        if state not in ("value", "first"):
            raise self._refused(start)
        words = self._string(taken, start) if kind == "string" else None if taken == "null" else taken
        self._put(Value(self._line(start), text=words), start)
        return "comma" if self.stack else "done"

    def _is_in(self, *, list_wanted: bool) -> bool:
        return bool(self.stack) and (self.stack[-1][0].items is not None) == list_wanted

    def _open(self, mark: str, start: int) -> str:
        if len(self.stack) >= _DEEPEST:
            raise ImportRefused(_("The file nests too deeply to be a programme."))
        is_list = mark == "["
        value = Value(self._line(start), items=[] if is_list else None, fields=None if is_list else {})
        self._put(value, start)
        self.stack.append((value, None))
        return "first" if is_list else "first-name"

    def _close(self) -> str:
        self.stack.pop()
        return "comma" if self.stack else "done"

    def _put(self, value: Value, start: int) -> None:
        self.count += 1
        if self.count > _MOST_VALUES:
            raise ImportRefused(_("The file holds too much to be a programme."))
        if not self.stack:
            self.root = value
            return
        parent, name = self.stack[-1]
        if parent.items is not None:
            parent.items.append(value)
        elif parent.fields is not None and name is not None:
            if name in parent.fields:
                self.doubts.add(
                    "twice",
                    _("line %(line)d") % {"line": self._line(start)},
                    _("“%(name)s” is given twice; the later one was taken.") % {"name": name[:60]},
                )
            parent.fields[name] = value

    def _string(self, raw: str, start: int) -> str:
        if "\\" not in raw:
            return raw
        try:
            decoded: str = json.loads(f'"{raw}"', strict=False)
        except ValueError:
            raise self._refused(start) from None
        return decoded

    def _line(self, place: int) -> int:
        return bisect_right(self.line_ends, place) + 1

    def _refused(self, place: int) -> ImportRefused:
        return ImportRefused(
            _("The file is not well-formed JSON: something is wrong in line %(line)d.")
            % {"line": min(self._line(place), max(len(self.line_ends), 1))}
        )


def _blank_end(text: str, place: int) -> int:
    found = _BLANK.match(text, place)
    return found.end() if found else place
