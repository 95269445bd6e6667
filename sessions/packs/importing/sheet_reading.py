"""A zip of files with a sheet that says what they are: a row for each file or link. Blocking."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sessions.interchange.model import Doubts, ImportRefused
from sessions.interchange.sheet_rows import LOOKED_AT, Row, csv_rows, workbook_rows
from sessions.packs.importing.archive import Archive
from sessions.packs.importing.plans import line_of, local_of
from sessions.packs.importing.reasons import Refused
from sessions.packs.resource_words import is_language_tag
from sessions.programme.search import fold

_NAMES = re.compile(r"(?i)([^/]+/)?(metadata|resources)\.(csv|tsv|xlsx|ods|xls)")
_MOST_OCTETS = 20_000_000
_ORCID = re.compile(
    r"[(<\[]?\s*(?:https?://orcid\.org/)?([0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9Xx])\s*[)>\]]?"
)

COLUMNS: dict[str, tuple[str, ...]] = {
    "file": ("file", "filename", "path", "fichier", "ملف"),
    "link": ("link", "url", "address", "lien", "رابط"),
    "title": ("title", "titre", "العنوان"),
    "description": ("description", "abstract", "about"),
    "kind": ("kind", "type", "genre"),
    "languages": ("languages", "language", "langue", "langues", "lang"),
    "creators": ("creators", "creator", "authors", "author", "speakers", "speaker", "auteurs", "auteur"),
    "licence": ("licence", "license", "rights"),
    "rights_holder": ("rights holder", "copyright"),
    "issued": ("date", "issued", "year"),
    "accessibility": ("accessibility", "accessibility features"),
    "topics": ("topics", "topic", "subjects", "keywords"),
    "session": ("session", "talk"),
    "pack": ("pack", "collection"),
    "note": ("note", "notes"),
    "belongs_to": ("belongs to", "captions of", "of"),
}
"""What columns may be called, folded. Those that hold text may have a language behind them: ``title_fr``, ``title (fr)``."""
_IN_LANGUAGES = ("title", "description", "note")
_BY_HEADING = {heading: name for name, headings in COLUMNS.items() for heading in headings}


@dataclass
class SheetRow:
    """A row: ``raw`` as ``plans.judged`` takes it; the pack it belongs into by title, and the note it has there."""

    line: int
    raw: dict[str, Any]
    file: str = ""
    pack: str = ""
    note: dict[str, str] = field(default_factory=dict)


def sheet_name(archive: Archive) -> str | None:
    """The sheet's name in the archive; None where there is none. The one nearest the top counts."""
    found = [name for name in archive.names if _NAMES.fullmatch(name)]
    return min(found, key=lambda name: (name.count("/"), name), default=None)


def sheet_rows(archive: Archive, name: str, language: str) -> list[SheetRow]:
    """The rows of the sheet. Raises Refused where it cannot be read, or has no heading that is known."""
    content = archive.read(name, _MOST_OCTETS)
    try:
        if name.lower().endswith(("csv", "tsv")):
            rows = list(csv_rows(content, Doubts(), _known))
        else:
            sheets = [rows for _name, rows in workbook_rows(content) if rows]
            rows = max(
                sheets, key=lambda one: max(_known(cells) for _line, cells in one[:LOOKED_AT]), default=[]
            )
    except ImportRefused as refusal:
        raise Refused("sheet", {"words": refusal.message}) from refusal
    best = max(range(min(len(rows), LOOKED_AT)), key=lambda at: (_known(rows[at][1]), -at), default=None)
    if best is None or not _known(rows[best][1]):
        raise Refused("no-title-column")
    headings = [heading_of(cell) for cell in rows[best][1]]
    return [_row(one, headings, language) for one in rows[best + 1 :]]


def heading_of(cell: str) -> tuple[str, str]:
    """Which column a heading names, and in what language: ("title", "fr"). ("", "") for none."""
    words = " ".join(fold(cell[:60]).replace("_", " ").split())
    if words in _BY_HEADING:
        return _BY_HEADING[words], ""
    match = re.fullmatch(r"(.+?)[ (\[:]+([a-z]{2,3}(?:-[a-z0-9]{2,8})?)[)\]]?", words)
    if match and (name := _BY_HEADING.get(match[1].strip())) in _IN_LANGUAGES and is_language_tag(match[2]):
        return name or "", match[2]
    return "", ""


def _known(cells: Sequence[str]) -> int:
    found = {heading_of(cell)[0] for cell in cells} - {""}
    return len(found) if found & {"file", "link", "title"} else 0


def _row(row: Row, headings: Sequence[tuple[str, str]], language: str) -> SheetRow:
    line, cells = row
    said: dict[str, Any] = {}
    for (name, code), cell in zip(headings, cells, strict=False):
        if not name or not cell.strip():
            continue
        if name in _IN_LANGUAGES:
            said.setdefault(name, {}).setdefault(code or language, cell)
        else:
            said.setdefault(name, cell)
    for name in ("languages", "accessibility", "topics"):
        if name in said:
            said[name] = _parts(said[name], ",;\n" if name != "topics" else ";\n")
    if "creators" in said:
        said["creators"] = [_person(part) for part in _parts(said["creators"], ";\n")]
    file = line_of(said.pop("file", ""), 1000).removeprefix("./")
    belongs = line_of(said.get("belongs_to", ""), 1000)
    raw = {**said, "code": f"line {line}", "belongs_to": belongs.removeprefix("./")}
    note = local_of(said.get("note"), 1000, language=language)
    return SheetRow(line, raw, file, line_of(said.get("pack", ""), 200), note)


def _parts(cell: str, marks: str) -> list[str]:
    return [part.strip() for part in re.split(f"[{marks}]", cell) if part.strip()]


def _person(words: str) -> dict[str, str]:
    """``Zoë Müller (0000-0002-1825-0097)``"""
    found = _ORCID.search(words)
    name = _ORCID.sub("", words).strip(" ,") if found else words
    return {"name": name, "orcid": found[1] if found else ""}
