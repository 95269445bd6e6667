"""What every part of our own YAML is read with: texts by language, links, references, and fields nobody asked for."""

from __future__ import annotations

from conference.i18n import _, is_language
from conference.texts import LocalText, clean, clean_line
from sessions.interchange.model import Doubts, LinkFacts
from sessions.interchange.yaml_document import Value, refused
from sessions.interchange.yaml_fields import address_of, field_of, line_of, listed, needed, words_of


class Fields:
    """The languages, the keys known so far by kind ("room", "track", "speaker", "session"), and doubts."""

    def __init__(self) -> None:
        self.doubts = Doubts()
        self.languages: tuple[str, ...] = ("en",)
        self.keys: dict[str, set[str]] = {}

    def text(self, value: Value | None, *, one_line: bool = False) -> LocalText:
        """A text: plain, in the conference's first language; or a map language -> text."""
        tidy = clean_line if one_line else clean
        if value is None:
            return {}
        if value.fields is not None:
            texts = {}
            for code, inner in value.fields.items():
                if not is_language(code):
                    raise refused(inner.line, _("“%(code)s” is not a language") % {"code": code[:40]})
                if text := tidy(line_of(inner) if one_line else words_of(inner)):
                    texts[code] = text
            return texts
        text = tidy(words_of(value))
        return {self.languages[0]: text} if text else {}

    def links(self, value: Value) -> tuple[LinkFacts, ...]:
        """The value's ``links``: addresses, or maps of address and title."""
        links = []
        for entry in listed(value, "links"):
            if entry.fields is None:
                links.append(LinkFacts(address_of(entry)))
            else:
                links.append(
                    LinkFacts(address_of(needed(entry, "url")), line_of(field_of(entry, "title"))[:200])
                )
                self.leftovers(entry)
        return tuple(links)

    def reference(self, kind: str, value: Value | None) -> str | None:
        """The key that the value names, which must be known."""
        if value is None or not (key := line_of(value)):
            return None
        if key not in self.keys[kind]:
            raise refused(value.line, _("there is no %(kind)s “%(key)s”") % {"kind": kind, "key": key[:60]})
        return key

    def leftovers(self, *values: Value | None) -> None:
        """Doubts for the fields that nothing asked for."""
        for value in values:
            for name, inner in (value.fields or {}).items() if value else ():
                if value and name not in value.used:
                    self.doubts.add(
                        "field",
                        _("line %(line)d") % {"line": inner.line},
                        _("The field “%(name)s” is not known here and was left out.") % {"name": name[:60]},
                    )
