"""YAML as values that know the line they stand in: nothing in a file is constructed, and scalars stay text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import yaml

from conference.i18n import _
from conference.texts import clean_line
from sessions.interchange.model import Doubts, ImportRefused, unique_key

_DEEPEST = 20
_MOST_VALUES = 500_000  # after every alias is written out
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # only its tokens are used: no tag builds anything
# What YAML does not allow unescaped and a text file may still hold.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff\ud800-\udfff]")


@dataclass(slots=True)
class Value:
    """A value of the file with the line it stands in. Scalars stay text: ``NO`` is Norway and ``10:30`` a time."""

    line: int
    size: int = 1
    text: str | None = None  # of a scalar; None for null
    items: list[Value] | None = None
    fields: dict[str, Value] | None = None
    used: set[str] = field(default_factory=set)


def parsed(text: str, doubts: Doubts | None = None) -> Value | None:
    """The document's value, built from YAML events: nothing is constructed, nothing recurses, aliases are counted.

    A name given twice is refused; with ``doubts``, for files that others wrote, both are kept as far as they say anything.
    """
    stack: list[
        tuple[Value, Value | None]
    ] = []  # open collections, each with the key that waits for its value
    anchors: dict[str, Value] = {}
    names: list[str | None] = []
    root: Value | None = None
    try:
        for event in yaml.parse(_UNPRINTABLE.sub("", text), Loader=_Loader):
            line = event.start_mark.line + 1 if event.start_mark else 0
            if isinstance(event, yaml.DocumentStartEvent) and root is not None:
                raise refused(line, _("a second document begins"))
            if isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)) and event.tag not in (
                None,
                "!",
            ):
                raise refused(line, _("tags such as “%(tag)s” are not read") % {"tag": str(event.tag)[:40]})
            if isinstance(event, yaml.CollectionStartEvent):
                if len(stack) >= _DEEPEST:
                    raise refused(line, _("it nests too deeply"))
                is_map = isinstance(event, yaml.MappingStartEvent)
                value = Value(line, fields={} if is_map else None, items=None if is_map else [])
                stack.append((value, None))
                names.append(event.anchor)
                continue
            if isinstance(event, yaml.CollectionEndEvent):
                value = stack.pop()[0]
                anchor = names.pop()
            elif isinstance(event, yaml.ScalarEvent):
                is_null = event.implicit[0] and event.value in ("", "~", "null", "Null", "NULL")
                value, anchor = Value(line, text=None if is_null else event.value), event.anchor
            elif isinstance(event, yaml.AliasEvent):
                known = anchors.get(event.anchor or "")
                if known is None:
                    raise refused(
                        line, _("“*%(name)s” stands for nothing") % {"name": str(event.anchor)[:40]}
                    )
                value, anchor = known, None
            else:
                continue
            if anchor:
                anchors[anchor] = value
            if stack:
                _put(stack, value, doubts)
                if stack[-1][0].size > _MOST_VALUES:
                    raise refused(line, _("it grows too large"))
            else:
                root = value
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ImportRefused(
            _("The file is not well-formed YAML: %(reason)s in line %(line)d.")
            % {
                "reason": getattr(error, "problem", None) or _("something is wrong"),
                "line": mark.line + 1 if mark else 1,
            }
        ) from None
    return root


def _put(stack: list[tuple[Value, Value | None]], value: Value, doubts: Doubts | None) -> None:
    parent, key = stack[-1]
    parent.size += value.size
    if parent.items is not None:
        parent.items.append(value)
    elif key is None:
        if value.text is None:
            raise refused(value.line, _("a field has no name"))
        stack[-1] = (parent, value)
    elif parent.fields is not None:
        name = clean_line(key.text or "")
        if name in parent.fields:
            if doubts is None:
                raise refused(key.line, _("“%(name)s” is given twice") % {"name": name[:40]})
            name = _second(parent.fields, name, value, key.line, doubts)
        parent.fields[name] = value
        stack[-1] = (parent, None)


def _second(fields: dict[str, Value], name: str, value: Value, line: int, doubts: Doubts) -> str:
    """The name under which a second value of one name is kept: a record beside the first, a word in its place."""
    where = _("line %(line)d") % {"line": line}
    known = fields[name]
    if value.fields is not None or value.items is not None:
        doubts.add("twice", where, _("“%(name)s” is given twice; both were taken.") % {"name": name[:60]})
        return unique_key(name, fields)
    if value.text and known.text and value.text != known.text:
        doubts.add(
            "twice", where, _("“%(name)s” is given twice; the later one was taken.") % {"name": name[:60]}
        )
    elif not value.text:
        value.text, value.line = known.text, known.line
    return name


def refused(line: int, reason: str) -> ImportRefused:
    """The error that names the line; ``reason`` goes on after a colon."""
    return ImportRefused(_("Line %(line)d cannot be read: %(reason)s.") % {"line": line, "reason": reason})
