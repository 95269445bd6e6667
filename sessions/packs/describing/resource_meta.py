"""What stands in the head of a page for programs that read pages: Highwire and Dublin Core tags, and COinS in its body."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from sessions.packs.describing.citations import Work
from sessions.packs.describing.dublin_core import Statement


class MetaTag(NamedTuple):
    """A ``<meta>`` of the page's head; ``language`` of the content, or ""."""

    name: str
    content: str
    language: str = ""


def highwire(work: Work, *, file_url: str = "", media_type: str = "") -> list[MetaTag]:
    """The tags that Google Scholar, Zotero and others read (scholar.google.com/intl/en/scholar/inclusion.html)."""
    tags = [MetaTag("citation_title", work.title)]
    for maker in work.makers_in("author") or work.makers:
        family, given = maker.parts_of_name
        tags.append(MetaTag("citation_author", f"{family}, {given}" if given else maker.name))
        if maker.orcid:
            # Belongs to the author right before it.
            tags.append(MetaTag("citation_author_orcid", f"https://orcid.org/{maker.orcid}"))
    tags += [
        MetaTag("citation_publication_date", work.issued.replace("-", "/")),
        MetaTag("citation_conference_title", work.conference),
        MetaTag("citation_publisher", work.publisher),
        MetaTag("citation_language", work.language),
        MetaTag("citation_public_url", work.url),
        MetaTag("citation_pdf_url", file_url if media_type == "application/pdf" else ""),
    ]
    return [tag for tag in tags if tag.content]


def dublin_core_tags(statements: Sequence[Statement]) -> list[MetaTag]:
    """Dublin Core in HTML (DC-HTML, 2008): with the link to the schema that the page's head has beside them."""
    return [MetaTag(f"DC.{one.element}", one.value, one.language) for one in statements]


def coins(work: Work) -> str:
    """The ``title`` of the empty span by which reference managers find a citation in a page (ANSI/NISO Z39.88-2004)."""
    pairs = [
        ("ctx_ver", "Z39.88-2004"),
        ("rft_val_fmt", "info:ofi/fmt:kev:mtx:dc"),
        ("rft.title", work.title),
        *(("rft.creator", maker.name) for maker in work.makers),
        ("rft.date", work.issued),
        ("rft.publisher", work.publisher),
        ("rft.source", work.conference),
        ("rft.language", work.language),
        ("rft.identifier", work.url),
        ("rft.rights", work.licence.url if work.licence else ""),
    ]
    return urlencode([pair for pair in pairs if pair[1]])
