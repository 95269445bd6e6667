"""How to cite what a conference leaves behind: BibTeX, RIS, CSL-JSON and plain text, of resources and whole packs alike.

All four say the same of the same ``Work``. Text is UTF-8 throughout: every program of the last fifteen years reads it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from conference.i18n import _
from sessions.packs.describing.resource_record import Maker, ResourceRecord
from sessions.packs.licences import Licence
from sessions.packs.resource_words import kind_name
from sessions.packs.tables import ResourceKind

PACK = "pack"
"""The ``kind`` of a work that is a whole pack."""


@dataclass(frozen=True)
class Work:
    """What is cited. ``key`` is its code; ``kind`` a ResourceKind or PACK; ``issued`` "2026", "2026-06", "2026-06-25" or "";
    ``language`` BCP 47 or ""; ``url`` its whole address."""

    key: str
    kind: str
    title: str
    url: str
    makers: tuple[Maker, ...] = ()
    issued: str = ""
    conference: str = ""
    publisher: str = ""
    language: str = ""
    licence: Licence | None = None
    is_heard: bool = False

    @property
    def date(self) -> tuple[int, ...]:
        """Year, month and day, as far as they are known."""
        return tuple(int(part) for part in self.issued.split("-")) if self.issued else ()

    def makers_in(self, part: str) -> tuple[Maker, ...]:
        """Those with this part in it."""
        return tuple(maker for maker in self.makers if maker.part == part)


def work_of(record: ResourceRecord) -> Work:
    """The resource as it is cited: by the title in its own language."""
    return Work(
        key=record.code,
        kind=record.kind,
        title=record.own_title(),
        url=record.url,
        makers=record.makers,
        issued=record.issued,
        conference=record.host.own_name,
        publisher=record.publisher,
        language=record.language,
        licence=record.licence,
        is_heard=record.media_type.startswith("audio/"),
    )


# (CSL type, RIS type): what reference managers call it. CSL 1.0.2; RIS as Zotero, EndNote and Mendeley read it.
_DOCUMENT = ("document", "GEN")
_TYPES: dict[str, tuple[str, str]] = {
    ResourceKind.SLIDES: ("speech", "SLIDE"),
    ResourceKind.RECORDING: ("motion_picture", "VIDEO"),
    ResourceKind.CASE_STUDY: ("report", "RPRT"),
    ResourceKind.GUIDELINE: ("report", "RPRT"),
    ResourceKind.DATASET: ("dataset", "DATA"),
    ResourceKind.LINK: ("webpage", "ELEC"),
    PACK: ("collection", "GEN"),
}


def _types(work: Work) -> tuple[str, str]:
    if work.is_heard:
        return "song", "SOUND"  # what CSL calls everything that is only heard
    return _TYPES.get(work.kind, _DOCUMENT)


def _kind_word(work: Work) -> str:
    return _("Resource pack") if work.kind == PACK else kind_name(work.kind)


def _one_line(text: str) -> str:
    """Text that cannot end the line it stands on, nor hide what follows it."""
    return " ".join("".join(" " if character < " " else character for character in text).split())


# --- BibTeX -------------------------------------------------------------------------------------------------------------

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# BibTeX counts braces also after a backslash, so one that people typed must be named and not escaped.
_TEX = str.maketrans(
    {
        "\\": r"{\textbackslash}",
        "{": r"{\textbraceleft}",
        "}": r"{\textbraceright}",
        "~": r"{\textasciitilde}",
        "^": r"{\textasciicircum}",
        **{mark: f"\\{mark}" for mark in "&%$#_"},
    }
)


def _tex(text: str) -> str:
    return _one_line(text).translate(_TEX)


def _tex_name(maker: Maker) -> str:
    """ "Family, Given"; in braces what must not be taken apart, since " and " and commas part names (BibTeX 4)."""
    family, given = maker.parts_of_name
    is_safe = not re.search(r"(?i)[,]|\band\b|\bothers\b", f"{family} {given}")
    if given and is_safe:
        return f"{_tex(family)}, {_tex(given)}"
    return f"{{{_tex(maker.name)}}}"


def bibtex(works: Sequence[Work]) -> str:
    """An entry for each work, readable by BibTeX, biblatex and reference managers."""
    return "\n".join(map(_bibtex_entry, works))


def _bibtex_entry(work: Work) -> str:
    authors, editors = work.makers_in("author"), work.makers_in("editor")
    others = [*work.makers_in("translator"), *work.makers_in("contributor")]
    fields: list[tuple[str, str]] = [
        ("author", " and ".join(map(_tex_name, authors))),
        ("author+an:orcid", _orcid_annotation(authors)),
        ("editor", " and ".join(map(_tex_name, editors))),
        ("editor+an:orcid", _orcid_annotation(editors)),
        # A second pair of braces keeps styles from making small letters of a title's capitals.
        ("title", f"{{{_tex(work.title)}}}"),
        ("howpublished", _tex(_kind_word(work))),
        ("eventtitle", _tex(work.conference)),
        ("organization", _tex(work.publisher)),
        ("year", f"{work.date[0]:04}" if work.date else ""),
        ("month", _MONTHS[work.date[1] - 1] if len(work.date) > 1 else ""),
        ("day", str(work.date[2]) if len(work.date) > 2 else ""),
        # biblatex reads an address as it is: nothing in ours needs escaping.
        ("url", work.url),
        ("langid", work.language),
        ("language", work.language),
        ("note", _tex(_note(work, [maker.name for maker in others]))),
        ("copyright", _tex(work.licence.url) if work.licence else ""),
    ]
    lines = [
        f"  {name} = {value}" if name == "month" else f"  {name} = {{{value}}}"
        for name, value in fields
        if value
    ]
    return f"@misc{{{work.key},\n" + ",\n".join(lines) + "\n}\n"


def _orcid_annotation(makers: Sequence[Maker]) -> str:
    # biblatex 3.7 "Data Annotations": which name has it, and a literal value in quotes.
    return "; ".join(f'{place}="{maker.orcid}"' for place, maker in enumerate(makers, 1) if maker.orcid)


def _note(work: Work, others: Sequence[str]) -> str:
    parts = [_("With") + " " + ", ".join(others)] if others else []
    if work.licence:
        parts.append(_(work.licence.name))
    return ". ".join(parts)


# --- RIS ----------------------------------------------------------------------------------------------------------------

_RIS_PART = {"author": "AU", "editor": "A2", "translator": "A4", "contributor": "A3"}


def ris(works: Sequence[Work]) -> str:
    """A record for each work. Lines end with CR LF, as the format says; every tag is followed by two spaces, a dash and a
    space, without which readers lose the record silently."""
    return "".join(map(_ris_record, works))


def _ris_record(work: Work) -> str:
    lines = [("TY", _types(work)[1]), ("ID", work.key), ("TI", work.title)]
    lines += [(_RIS_PART[maker.part], _ris_name(maker)) for maker in work.makers]
    lines.append(("T2", work.conference))
    if work.date:
        lines.append(("PY", f"{work.date[0]:04}"))
        lines.append(
            ("DA", "/".join([f"{part:02}" for part in work.date] + [""] * (3 - len(work.date)) + [""]))
        )
    lines += [("PB", work.publisher), ("LA", work.language), ("M3", _kind_word(work)), ("UR", work.url)]
    if work.licence:
        lines.append(("N1", f"{_(work.licence.name)} ({work.licence.url})"))
    lines += [
        ("N1", f"{maker.name}: https://orcid.org/{maker.orcid}") for maker in work.makers if maker.orcid
    ]
    written = "".join(f"{tag}  - {_one_line(value)}\r\n" for tag, value in lines if value.strip())
    return f"{written}ER  - \r\n\r\n"


def _ris_name(maker: Maker) -> str:
    family, given = maker.parts_of_name
    return f"{family}, {given}" if given else maker.name


# --- CSL-JSON -----------------------------------------------------------------------------------------------------------

_CSL_PART = {"author": "author", "editor": "editor", "translator": "translator", "contributor": "contributor"}


def csl_items(works: Sequence[Work]) -> list[dict[str, Any]]:
    """The works as Citation Style Language 1.0.2 has them (csl-data.json)."""
    return [_csl_item(work) for work in works]


def csl_json(works: Sequence[Work]) -> str:
    """A file of ``csl_items``."""
    return json.dumps(csl_items(works), ensure_ascii=False, indent=2) + "\n"


def _csl_item(work: Work) -> dict[str, Any]:
    item: dict[str, Any] = {"id": work.key, "type": _types(work)[0], "title": _one_line(work.title)}
    for part, name in _CSL_PART.items():
        if makers := work.makers_in(part):
            item[name] = [_csl_name(maker) for maker in makers]
    if work.date:
        item["issued"] = {"date-parts": [list(work.date)]}
    told = {
        "genre": _kind_word(work),
        "event-title": work.conference,
        "publisher": work.publisher,
        "language": work.language,
        "URL": work.url,
    }
    item |= {name: _one_line(value) for name, value in told.items() if value}
    # The schema takes nothing more on a name or an item, and "custom" for all that it does not know.
    orcids = {maker.name: f"https://orcid.org/{maker.orcid}" for maker in work.makers if maker.orcid}
    custom: dict[str, Any] = {"license": work.licence.url} if work.licence else {}
    custom |= {"orcid": orcids} if orcids else {}
    return item | ({"custom": custom} if custom else {})


def _csl_name(maker: Maker) -> dict[str, str]:
    family, given = maker.parts_of_name
    return {"family": family, "given": given} if given else {"literal": _one_line(maker.name)}


# --- plain --------------------------------------------------------------------------------------------------------------


def plain_text(works: Sequence[Work]) -> str:
    """A line for each work, in the reader's language as far as it has words of ours."""
    return "".join(f"{plain_line(work)}\n" for work in works)


def plain_line(work: Work) -> str:
    """ "Zoë Müller, CILIP (2026-06-25): Title [Slides]. Conference, publisher. Licence. Address": names and date as they are
    written, since what a style does with them differs everywhere."""
    main = work.makers_in("author") or work.makers_in("editor") or work.makers
    names = ", ".join(_one_line(maker.name) for maker in main)
    when = f"({work.issued})" if work.issued else ""
    title = f"{_one_line(work.title)} [{_kind_word(work)}]"
    # Without a name the title leads, as every style has it.
    lead = (
        f"{' '.join(part for part in (names, when) if part)}: {title}" if names else f"{title} {when}".strip()
    )
    place = ", ".join(dict.fromkeys(part for part in (work.conference, work.publisher) if part))
    sentences = [lead, _one_line(place)]
    if work.licence:
        sentences.append(_(work.licence.name))
    return ". ".join(sentence for sentence in sentences if sentence) + f". {work.url}"


# --- files --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CitationFormat:
    """A way to write citations down. ``name`` is English: pass it to gettext where it is shown."""

    extension: str
    name: str
    media_type: str
    write: Callable[[Sequence[Work]], str]


FORMATS: dict[str, CitationFormat] = {
    one.extension: one
    for one in (
        CitationFormat("bib", "BibTeX", "application/x-bibtex", bibtex),
        CitationFormat("ris", "RIS", "application/x-research-info-systems", ris),
        CitationFormat("json", "CSL-JSON", "application/vnd.citationstyles.csl+json", csl_json),
        CitationFormat("txt", "Text", "text/plain", plain_text),
    )
}
