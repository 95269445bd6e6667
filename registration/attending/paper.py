"""A certificate of attendance as a PDF: tagged (PDF/UA-1), in any script, the same bytes for the same certificate.

Typst sets it from ``templates/certificate/certificate.typ`` with the fonts in ``static/vendor/fonts``: every script's own,
so that no name turns into boxes. Nothing is fetched, and people's words reach it as data, never as markup.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from unicodedata import category

from conference import dates, i18n, texts
from conference.assets import asset_folder
from conference.i18n import _
from registration.attending.facts import CertificateFacts

if TYPE_CHECKING:
    from typst import Compiler

# Marks that order text of both directions; in the PDF the template says which way each piece runs.
_MARKS = dict.fromkeys(map(ord, "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))


@dataclass(frozen=True)
class Issued:
    """A certificate as it was issued. ``code`` is what anyone may check it by."""

    code: str
    facts: CertificateFacts
    issued_at: datetime


def spaced(code: str) -> str:
    """``k3v9 x2ab 7qmw``: the code as people read it out."""
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))


def words_of(issued: Issued, language: str, base_url: str) -> dict[str, Any]:
    """What stands on the paper, in ``language``, piece by piece as the template asks for it."""
    facts = issued.facts
    with i18n.use_language(language):
        here, home = dates.city_name(facts.zone, language), dates.city_name(facts.home, language)
        is_elsewhere = facts.zone != facts.home
        address = f"{base_url}/verify/{issued.code}"
        signer = facts.issuer
        words = {
            "language": language,
            "title": _("Certificate of attendance"),
            "certifies": _("This certifies that"),
            "name": facts.name,
            "attended": _("attended the online conference"),
            "conference": texts.pick(facts.conference, language),
            "days": dates.day_range(facts.starts_on, facts.ends_on, language),
            "for": _("for a total of"),
            "total": dates.duration_words(facts.minutes, language),
            "sessions": _("Sessions"),
            "headings": [
                _("Session"),
                _("Time in %(place)s") % {"place": here},
                *([_("Time in %(place)s") % {"place": home}] if is_elsewhere else []),
                _("Attended"),
            ],
            "rows": [
                [
                    texts.pick(one.title, language),
                    _time(one.start, one.end, facts.zone, language),
                    *([_time(one.start, one.end, facts.home, language)] if is_elsewhere else []),
                    dates.duration_words(one.minutes, language),
                ]
                for one in facts.sessions
            ],
            "rule": _(
                "A session counts from when the person came in, not before it started, until it ended or until "
                "they said that they left. Time in two sessions at once counts once. Recordings do not count."
            ),
            "issued": _("Issued on %(day)s")
            % {"day": dates.long_day(dates.local_date(issued.issued_at, facts.home), language)},
            "organisation": signer.organisation,
            "signed_by": signer.signed_by,
            "signed_as": texts.pick(signer.signed_as or {}, language),
            "check": _("Anyone can check here whether this certificate is genuine and still holds:"),
            "address": address.removeprefix("https://").removeprefix("http://"),
            "link": address,
            "code_label": i18n.labelled(_("Code")),
            "code": spaced(issued.code),
            "picture": _("QR code that leads to the address for checking"),
            "qr": _qr(address),
        }
    return {key: _bare(value) for key, value in words.items()}


def _time(start: datetime, end: datetime, zone: str, language: str) -> dict[str, str]:
    """The day, and the hours on their own: figures run left to right in every language."""
    return {
        "day": dates.short_day(dates.local_date(start, zone), language),
        "hours": dates.time_range(start, end, zone, language),
    }


def _qr(address: str) -> str:
    import segno  # like typst: a tenth of a second that no start needs

    made: str = segno.make(address, error="m", micro=False).svg_inline(border=0, omitsize=True)
    return made.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)


def _bare(value: Any) -> Any:
    """The words without what no font has a shape for: marks of direction, emoji."""
    if isinstance(value, dict):
        return {key: _bare(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_bare(inner) for inner in value]
    if not isinstance(value, str):
        return value
    return "".join(one for one in value.translate(_MARKS) if not (one > "\u2fff" and category(one) == "So"))


def as_pdf(issued: Issued, language: str, base_url: str) -> bytes:
    """The certificate. Blocks for some hundredths of a second: call it in a thread.

    A character that none of the fonts has makes it a PDF that is tagged all the same and no PDF/UA.
    """
    import typst  # large: loaded when the first certificate is made

    inputs = {"words": json.dumps(words_of(issued, language, base_url), ensure_ascii=False)}
    compiler = _compiler()
    try:
        made = compiler.compile(format="pdf", sys_inputs=inputs, pdf_standards="ua-1")
    except typst.TypstError:
        made = compiler.compile(format="pdf", sys_inputs=inputs)
    if not isinstance(made, bytes):
        raise TypeError("typst makes a PDF of one piece")
    return made


@cache
def _compiler() -> Compiler:
    from typst import Compiler, Fonts

    fonts = Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[asset_folder("static") / "vendor" / "fonts"],
    )
    folder = asset_folder("templates") / "certificate"
    return Compiler(folder / "certificate.typ", root=folder, font_paths=fonts, ignore_system_fonts=True)
