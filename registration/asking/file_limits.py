"""Which files may answer a question: how large, and of which kinds from a short list of harmless ones. Pure but for words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from babel.lists import format_list

from conference import dates
from conference.i18n import _, locale_of
from conference.uploads import FileRule

DEFAULT_BYTES = 5_000_000
MOST_BYTES = 20_000_000
MOST_TOGETHER = 25_000_000
"""Octets of one file as a question limits it at first and at most, and of all files of one form."""

# Keys of ``conference.filetypes.FILE_TYPES``. No recordings: they are large, and belong to packs.
KINDS: dict[str, tuple[str, ...]] = {
    "pdf": ("pdf",),
    "picture": ("jpg", "png", "webp"),
    "document": ("docx", "odt"),
    "sheet": ("xlsx", "ods", "csv"),
    "slides": ("pptx", "odp"),
    "text": ("txt", "md"),
}
DEFAULT_KINDS = ("pdf", "picture", "document")
_ALSO = {"jpg": ("jpeg",)}  # what else people call it


@dataclass(frozen=True)
class FileLimits:
    """``most_bytes`` in octets; ``kinds`` are keys of KINDS."""

    most_bytes: int = DEFAULT_BYTES
    kinds: tuple[str, ...] = DEFAULT_KINDS

    @property
    def rule(self) -> FileRule:
        """What the field of a form takes."""
        return FileRule(self.most_bytes, frozenset(self._extensions))

    @property
    def accept(self) -> str:
        """For the ``accept`` attribute of a file input."""
        return ",".join(f".{name}" for one in self._extensions for name in (one, *_ALSO.get(one, ())))

    @property
    def _extensions(self) -> list[str]:
        return [extension for kind in self.kinds for extension in KINDS[kind]]

    def as_column(self) -> dict[str, Any]:
        """As ``Question.limits`` holds it."""
        return {"most_bytes": self.most_bytes, "kinds": list(self.kinds)}

    @classmethod
    def from_column(cls, limits: Mapping[str, Any]) -> FileLimits:
        """What ``as_column`` wrote; the default of what is not there."""
        kinds = tuple(kind for kind in limits.get("kinds", ()) if kind in KINDS)
        return cls(limits.get("most_bytes", DEFAULT_BYTES), kinds or DEFAULT_KINDS)


DEFAULT = FileLimits()


def kind_names() -> dict[str, str]:
    """What the kinds of file are called, with the endings of their names."""
    return {
        "pdf": _("PDF"),
        "picture": _("picture (JPEG, PNG, WebP)"),
        "document": _("text document (Word, LibreOffice)"),
        "sheet": _("spreadsheet (Excel, LibreOffice, CSV)"),
        "slides": _("slides (PowerPoint, LibreOffice)"),
        "text": _("plain text"),
    }


def limit_words(limits: FileLimits, language: str) -> str:
    """What may be sent, in a sentence."""
    names = kind_names()
    listed = format_list([names[kind] for kind in limits.kinds], "or", locale_of(language))
    return _("%(kinds)s. At most %(size)s.") % {
        "kinds": capitalised(listed),
        "size": dates.file_size_words(limits.most_bytes, language),
    }


def capitalised(words: str) -> str:
    """The words with a large first letter, and the others as they are."""
    return words[:1].upper() + words[1:]
