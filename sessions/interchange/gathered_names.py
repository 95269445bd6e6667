"""Rooms and tracks of gathered files by what those call them."""

from __future__ import annotations

from conference.texts import LocalText
from sessions.interchange.gathered import Text
from sessions.interchange.gathered_texts import Texts, plain_line
from sessions.interchange.incoming import slugified
from sessions.interchange.model import unique_key


class Named:
    """Rooms or tracks by what files call them; those that are only mentioned are added."""

    def __init__(self, fallback: str, texts: Texts) -> None:
        self.fallback = fallback
        self.texts = texts
        self.names: dict[str, LocalText] = {}
        self.keys: dict[str, str] = {}
        self.is_listed = False

    def learn(self, name: Text, ids: tuple[str, ...]) -> str:
        """Take in one of a list; "" where it has neither name nor id."""
        words = self.texts.line_in(name, self.fallback)
        called = [*ids, *words.values()]
        if not called:
            return ""
        key = next((self.keys[one] for one in called if one in self.keys), "")
        if not key:
            plain = next(iter(words.values()), called[0])
            key = unique_key(slugified(plain, 40) or self.fallback, self.names)
            self.names[key] = words or {self.texts.default: self.texts.line(called[0], self.fallback)}
        for one in called:
            self.keys.setdefault(one, key)
        return key

    def mentioned(self, called: str) -> tuple[str | None, bool]:
        """The key of what a session names, and whether it was known before."""
        if not called:
            return None, True
        if called in self.keys:
            return self.keys[called], True
        line = plain_line(called)
        if line in self.keys:
            return self.keys[line], True
        return self.learn(called, ()) or None, False
